#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.12 (what the kernel does of it, interop_pptp_linux.sh and interop_pptpd_mppe.sh do, too)
# UML: long (what the kernel does of it, interop_pptp_linux.sh and interop_pptpd_mppe.sh do, too)
#
# One daemon that serves Debian's pptp-linux and pppd, and dials Debian's pptpd and pppd:
# IPv4 and IPv6 (IPv6CP) over both tunnels, and from one end to the other; the end of one
# is not the end of the other.
#
#	   client                  hub                     office
#	+-----------+        +---------------+         +-----------+
#	| pptp,pppd | .2  .1 |     rtun      | .1   .2 | pptpd     |
#	|    ppp0   |---c0 h0|               |h1 --- o0| pppd      |
#	+-----------+        | <pptp-jack> up|         +-----------+
#	      192.0.2.0/24   +---------------+   198.51.100.0/24
#	  10.9.0.2  == tunnel ==  10.9.0.1
#	                       10.8.0.2  == tunnel ==  10.8.0.1
#	  2001:db8:1::1                            2001:db8:2::1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"
. "$SELFTESTS/peers/pptp_linux.sh"
. "$SELFTESTS/peers/pptpd.sh"

ktap_header
need rtun pptp pptpd pppd jq
need_module rtun

new_ns CLIENT client
new_ns HUB hub
new_ns OFFICE office
link_ns "$CLIENT" c0 192.0.2.2/24 "$HUB" h0 192.0.2.1/24
link_ns "$HUB" h1 198.51.100.1/24 "$OFFICE" o0 198.51.100.2/24
for dev in h0 h1; do
	busywait 10 says 'fe80::.* scope link' ip -n "$HUB" -6 addr show dev "$dev" >/dev/null
done
in_ns "$HUB" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
server_state "$HUB" > "$TMP/before"

# --- Both come up ---

check "pptpd starts" pptpd_start "$OFFICE" 198.51.100.2 mschapv2 require-mppe-128 +ipv6 || ktap_finish
SERVER_ENCRYPTION='yes use-ipv6 yes'
check "the daemon starts" server_start "$HUB" \
	"client add up type pptp connect-to 198.51.100.2 user jack password \"$PPTPD_PASSWORD\" encryption required ipv6 yes" ||
	{ cat "$DAEMON_LOG"; ktap_finish; }
check "its client connects" busywait 60 daemon_running up || { cat "$DAEMON_LOG"; ktap_finish; }
pptp_dial "$CLIENT" 192.0.2.1 mschapv2 jack "$SERVER_PASSWORD" require-mppe-128 +ipv6
comes_up() { pptp_settles 60; pptp_up || { pptp_show; cat "$DAEMON_LOG"; return 1; }; }
check "its server is connected to" comes_up || ktap_finish
served='<pptp-jack>'
both() { in_ns "$HUB" rtun -j session show | jq -e 'length == 2 and all(.encoding == "MPPE128 stateless")'; }
check "there are two sessions, both encrypted" both

# --- IPv6CP ---

# local_of NS DEV: its link-local address
local_of() { ip -n "$1" -j -6 addr show dev "$2" scope link | jq -er '.[0].addr_info[0].local'; }
has_local() { local_of "$1" "$2" >/dev/null; }
for end in "$CLIENT ppp0" "$HUB $served" "$HUB up" "$OFFICE ppp0"; do
	# shellcheck disable=SC2086 # two words
	check "a link-local address: ${end#* }" busywait 10 has_local $end
done
# What pppd says of the other end, with all its zeros, is what the other end has.
told()
{
	local id

	id=$(python3 -c 'import ipaddress, sys; print(ipaddress.ip_address(sys.argv[1]).exploded[-19:])' \
		"$(local_of "$HUB" "$2")")
	grep -q "remote LL address fe80::$id\$" "$1" && return
	grep 'LL address' "$1"
	ip -n "$HUB" -6 addr show dev "$2"
	return 1
}
check "the client's pppd knows ours" busywait 10 told "$PPTP_LOG" "$served"
check "the office's pppd knows ours" busywait 10 told "$PPPD_LOG" up
pings() { in_ns "$1" ping -q -c 3 -i 0.2 -W 5 -s "$2" "$3"; }
check "IPv6 to the client" pings "$HUB" 56 "$(local_of "$CLIENT" ppp0)%$served"
check "IPv6 from the client" pings "$CLIENT" 56 "$(local_of "$HUB" "$served")%ppp0"
check "IPv6 to the office" pings "$HUB" 56 "$(local_of "$OFFICE" ppp0)%up"
check "IPv6 from the office" pings "$OFFICE" 56 "$(local_of "$HUB" up)%ppp0"

# --- From one end to the other ---

routes()
{
	ip -n "$CLIENT" addr add 2001:db8:1::1/128 dev lo &&
	ip -n "$OFFICE" addr add 2001:db8:2::1/128 dev lo &&
	ip -n "$CLIENT" route add 2001:db8:2::1/128 dev ppp0 src 2001:db8:1::1 &&
	ip -n "$OFFICE" route add 2001:db8:1::1/128 dev ppp0 src 2001:db8:2::1 &&
	ip -n "$HUB" route add 2001:db8:1::1/128 dev "$served" &&
	ip -n "$HUB" route add 2001:db8:2::1/128 dev up &&
	ip -n "$CLIENT" route add 10.8.0.1/32 dev ppp0 &&
	ip -n "$OFFICE" route add 10.9.0.2/32 dev ppp0
}
check "there are routes through the hub" routes
check "IPv6 goes through both tunnels" pings "$CLIENT" 1352 2001:db8:2::1
check "IPv4 goes through both tunnels" pings "$CLIENT" 1372 10.8.0.1
counted() { in_ns "$HUB" rtun -j -s session show "$1" | jq -e '.[0].stats | .rx_packets > 5 and .tx_packets > 5'; }
check "the session that is served counted them" counted "$served"
check "the one that is dialled, too" counted up

# --- One ends, the other goes on ---

tunnel_up() { in_ns "$HUB" rtun -j session show up | jq -e '.[0].id'; }
id=$(tunnel_up)
check "the user is made to go" rtun active kill jack
check "its client ends" busywait 30 pptp_down
check "nobody is served" busywait 10 server_serves 0
check "the client of the same daemon goes on" pings "$OFFICE" 1372 10.8.0.2
check "... with the session that it had" test "$(tunnel_up)" = "$id"
pptp_dial "$CLIENT" 192.0.2.1 mschapv2 jack "$SERVER_PASSWORD" require-mppe-128
check "the user comes again, without IPv6" comes_up
check "the client is disabled" rtun client disable up
check "its server is quiet" busywait 30 pptpd_serves 0
check "the user goes on" pings "$CLIENT" 1372 10.9.0.1
pptp_hangup
check "and hangs up" busywait 30 pptp_down
check "nothing is left" busywait 20 server_same "$HUB" "$TMP/before"
check "pptpd stops" pptpd_stop

ktap_finish
