#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# INIT: systemd
# UML: no (systemd is process 1)
# TIMEOUT: 1500
#
# Two LANs joined by rtun at both ends (BCP, RFC 3518): one daemon dials, the other one
# serves, and each makes its end of the tunnel a port of a bridge.  First by one call in
# clear, then by a bundle of two links that is encrypted; both daemons are killed under
# a ping.
#
#	HA h0 192.168.20.1 (VLAN 5: .55.1)            h0 192.168.20.2 HB
#	    |                                             |
#	 pclient + lan = br0 CLIENT         SERVER br0 = pserver + <pptp-jack>
#	                     c0 192.0.2.1 ------- s0 192.0.2.2
#	                     c1 198.51.100.1 ---- s1 198.51.100.2 (a link of the bundle)

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/services.sh"

ktap_header
if [ "$(cat /proc/1/comm)" != systemd ] || [ -z "${RTUN_VM-}" ]; then
	ktap_skip_all "this is for a guest whose process 1 is systemd"
fi
need rtun ip bridge ping jq tcpdump tshark systemctl
need_module rtun

equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }
at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }

# --- Two hosts with a bridge each, and a LAN behind each ---

new_ns CLIENT client
new_ns SERVER server
new_ns HA ha
new_ns HB hb
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
link_ns "$CLIENT" c1 198.51.100.1/24 "$SERVER" s1 198.51.100.2/24
# Room for a whole frame of the LAN in one packet, where there is no bundle to cut it.
ip -n "$CLIENT" link set c0 mtu 1700
ip -n "$SERVER" link set s0 mtu 1700

# Outside the first namespace a bridge sends BPDUs but hears none: the kernel's LLC drops
# them.  So both remain roots, and what arrives is looked for at the tunnel's interface.
lan()
{
	local ns=$1 host=$2 i=$3 port=p$4

	ip link add h0 netns "$host" type veth peer name "$port" netns "$ns" &&
	ip -n "$ns" link add br0 type bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600 &&
	ip -n "$ns" link set "$port" master br0 && ip -n "$ns" link set br0 up && ip -n "$ns" link set "$port" up &&
	ip -n "$host" link set h0 up && ip -n "$host" link add link h0 name h0.5 type vlan id 5 &&
	ip -n "$host" link set h0.5 up &&
	ip -n "$host" addr add "192.168.20.$i/24" dev h0 && ip -n "$host" addr add "192.168.55.$i/24" dev h0.5 &&
	ip -n "$host" addr add "fd20::$i/64" dev h0 nodad
}
check "a LAN behind the client" lan "$CLIENT" "$HA" 1 client
check "a LAN behind the server" lan "$SERVER" "$HB" 2 server

conf()
{
	(umask 077
	cat > /etc/rtun/server.conf <<-EOT
		profile add lans bridge br0 bridge-path-cost 50 bridge-port-priority 64 use-encryption $1
		secret add jack password jack-pass profile lans
		server set pptp enabled yes $2
	EOT
	cat > /etc/rtun/client.conf <<-EOT
		profile add lans bridge br0 bridge-horizon 1 use-encryption $1
		client add lan type pptp user jack password jack-pass profile lans $3
	EOT
	)
}
logs() { tail -n 40 "$TMP/client.log" "$TMP/server.log"; return 1; }
served() { ip -n "$SERVER" -j link show type rtun | jq -er '.[0].ifname'; }
master() { [ "$(ip -n "$1" -j link show dev "$2" | jq -r '.[0].master')" = br0 ]; }
forwarding() { [ "$(bridge -n "$1" link show | grep -c 'state forwarding')" = 2 ]; }
ports() { busywait 60 forwarding "$CLIENT" && busywait 60 forwarding "$SERVER" && return; bridge -n "$CLIENT" link show; bridge -n "$SERVER" link show; return 1; }
in_bridges() { master "$CLIENT" lan && master "$SERVER" "$(served)"; }
comes_up() { busywait 120 connected 1 && busywait 20 serves 1 && return; logs; }
pings() { in_ns "$HA" ping -q -W 5 -i 0.1 "$@"; }
frames() { tshark -n -r "$1" -T fields "${@:2}" 2>/dev/null; }
watch() { bg in_ns "$1" tcpdump -i "$2" -U -w "$3" "${@:4}" 2>"$3.said"; busywait 20 grep -q listening "$3.said"; }

bpdu_arrives()
{
	local dev

	dev=$(served) && watch "$SERVER" "$dev" "$TMP/bpdu" -Q 'in' stp || return
	busywait 30 eval '[ -n "$(frames "$TMP/bpdu" -Y stp -e frame.number)" ]' >/dev/null
	local status=$?
	stop_bg "$BG_PID"
	return "$status"
}
# The MTU of the LANs is that of Ethernet all the way
mtus() { equal "$(in_ns "$CLIENT" cat /sys/class/net/{lan,br0}/mtu; in_ns "$SERVER" cat /sys/class/net/{"$(served)",br0}/mtu)" "$(printf '1500\n%.0s' 1 2 3 4)"; }

carries()
{
	check "$1: 1500 octets with DF, after ARP" pings -c 5 -M 'do' -s 1472 192.168.20.2
	check "$1: tagged frames of 1500 octets" pings -c 5 -M 'do' -s 1472 192.168.55.2
	check "$1: IPv6, after its neighbour discovery" pings -6 -c 5 -s 1400 fd20::2
	check "$1: BPDUs" bpdu_arrives
}

another() { [ "$(main_pid "$1")" != 0 ] && [ "$(main_pid "$1")" != "$2" ] && "$3" "$1" show >/dev/null; }
# Everything of the kernel's that is to stay the same
things() { in_ns "$1" rtun -j session show | jq -c '[.[] | [.id, .interface]] | sort'; ip -n "$1" -j link show type rtun | jq -c '.[] | [.ifindex, .ifname, .address, .master, .mtu]'; }
killed()
{
	local who=$1 asks=$2 pid

	pid=$(main_pid "$who")
	kill -KILL "$pid"
	busywait 60 another "$who" "$pid" "$asks" && busywait 60 connected 1 && busywait 60 serves 1 && return
	logs
}
survive()
{
	things "$CLIENT" >"$TMP/things.client"
	things "$SERVER" >"$TMP/things.server"
	bg in_ns "$HA" env --default-signal=INT ping -i 0.2 -s 1000 192.168.20.2 >"$TMP/ping"
	local ping=$BG_PID
	busywait 20 grep -q 'icmp_seq=3 ' "$TMP/ping"
	check "$1: the server's daemon is killed, and another goes on" killed server ours
	check "$1: the client's daemon is killed, and another goes on" killed client theirs
	check "$1: the client still bridges" grep -q 'still connected: lan in bridge br0' "$TMP/client.log"
	check "$1: so does the server" grep -q 'jack still connected from .* in bridge br0' "$TMP/server.log"
	local seq=$(($(grep -c 'icmp_seq=' "$TMP/ping") + 5))
	busywait 30 grep -q "icmp_seq=$seq " "$TMP/ping"
	kill -INT "$ping"
	wait "$ping" 2>/dev/null
	check "$1: a ping has lost nothing of it" grep -q ' 0% packet loss' "$TMP/ping" || tail -n 3 "$TMP/ping"
	check "$1: devices, bridges and sessions are the same at the client" eval 'things "$CLIENT" | diff "$TMP/things.client" -'
	check "$1: and at the server" eval 'things "$SERVER" | diff "$TMP/things.server" -'
}
gone() { [ -z "$(ip -n "$1" -o link show type rtun)" ]; }
stops()
{
	check "$1: the client is disabled" theirs client disable lan
	check "$1: its interface leaves its bridge" busywait 30 gone "$CLIENT"
	check "$1: the server's, too" busywait 30 gone "$SERVER"
	systemctl stop rtun-client
	systemctl stop rtun-server
	: >"$TMP/client.log"
	: >"$TMP/server.log"
}

install_services "$CLIENT" "$SERVER"

# --- One call, in clear ---

conf no 'max-mtu 1600 max-mru 1600' 'connect-to 192.0.2.2 max-mtu 1600 max-mru 1600'
watch "$SERVER" s0 "$TMP/wire" proto 47
WIRE=$BG_PID
check "the server starts" starts server || ktap_finish
check "the client starts" starts client || ktap_finish
check "they come up" comes_up || ktap_finish
check "both interfaces are ports" in_bridges
check "the ports forward" ports
carries "one call"
check "no interface limits the LANs" mtus
check "the port is what the profile says: its cost and priority" says 'cost 50 .*' bridge -n "$SERVER" -d link show dev "$(served)"
check "its priority" says 'priority 16 ' bridge -n "$SERVER" link show dev "$(served)"
check "the client's is isolated" says 'isolated on' bridge -n "$CLIENT" -d link show dev lan
check "the client shows its bridge" equal "$(theirs -j client show lan | rtun_field 0.bridge)" br0
check "what was agreed" says 'bridging tx tagged,tinygram,management rx tagged,tinygram,management' theirs -d client show lan
check "and who is where" equal "$(theirs -j client show lan | rtun_field 0.mac_address)" "$(ours -j active show | rtun_field 0.remote_mac_address)"
check "the server shows its bridge" says 'in bridge br0' ours -d active show
check "its interface has the address that the client knows" equal \
	"$(in_ns "$SERVER" cat "/sys/class/net/$(served)/address")" "$(theirs -j client show lan | rtun_field 0.remote_mac_address)"
stop_bg "$WIRE"
check "tshark knows what was negotiated" at_least "$(frames "$TMP/wire" -Y 'bcp_ncp' -e frame.number | wc -l)" 4
check "and the frames" at_least "$(frames "$TMP/wire" -Y 'bcp_bpdu && icmp' -e frame.number | wc -l)" 6
check "it finds nothing malformed" equal "$(frames "$TMP/wire" -Y '_ws.malformed' -e frame.number)" ""
survive "one call"
carries "one call, taken over"
stops "one call"

# --- A bundle, encrypted ---

ip -n "$CLIENT" link set c0 mtu 1500
ip -n "$SERVER" link set s0 mtu 1500
conf require 'mrru 1600 max-links 2' 'connect-to 192.0.2.2,198.51.100.2 mrru 1600'
check "the server starts again" starts server || ktap_finish
check "the client starts again" starts client || ktap_finish
check "a bundle comes up" comes_up || ktap_finish
two_links() { [ "$(ours -j active show | jq '.[0].links | length')" = 2 ]; }
check "of two links" busywait 60 two_links || logs
check "whose interfaces are ports" in_bridges
check "the ports forward" ports
check "it is encrypted" equal "$(ours -j active show | rtun_field 0.encoding)" "MPPE128 stateless"
carries bundle
check "no interface limits the LANs" mtus
survive bundle
check "both links are there" busywait 60 two_links || logs
carries "bundle, taken over"

# --- A bridge that is not there ---

ours profile set lans bridge nowhere
check "the server's session ends with its bridge" busywait 30 eval 'grep -q "there is no bridge \"nowhere\"" "$TMP/server.log"' || logs
ours profile set lans bridge br0
check "it comes back with it" comes_up
stops bundle

ktap_finish
