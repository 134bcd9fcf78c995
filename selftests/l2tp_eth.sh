# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ethernet pseudowires (RFC 4719) between two ends of rtun, without a control
# channel: what passes, cookies and their change, the sublayer, circuit and peer
# as carrier.  The body of l2tp_udp.sh and l2tp_ip.sh, which set XPORT.
#
#	HA h0 192.168.20.1                            h0 192.168.20.2 HB
#	    |                                             |
#	   pa + rt0 = br0 A                           B br0 = pb + rt0
#	          rt0 192.168.9.1 ============= rt0 192.168.9.2
#	          va 10.0.0.1, fd00::1 -------- vb 10.0.0.2, fd00::2
#	          session 7
#
# The bridges and their hosts, and C, where A's device moves, are there for a
# part of it only.

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip ping tcpdump python3 bridge iperf3
need_module rtun

FAM=4
check "two hosts with a link are there" l2_hosts
new_ns C c
new_ns HA ha
new_ns HB hb

# Numbered datagrams from A to B while CMD runs; what became of them is then in
# $TMP/numbers.
streamed()
{
	local recv

	rm -f "$TMP/stop"
	bg in_ns "$B" "$SELFTESTS/gen/numbered.py" recv 192.168.9.2 7000 >"$TMP/numbers"
	recv=$BG_PID
	busywait 20 grep -q ready "$TMP/numbers" || return
	bg in_ns "$A" "$SELFTESTS/gen/numbered.py" send 192.168.9.2 7000 count="$STREAM" gap=2000
	"$@" || return
	busywait 60 lib_gone "$BG_PID" && busywait 20 lib_gone "$recv" && cat "$TMP/numbers"
}
STREAM=1000
[ -z "${RTUN_SMALL-}" ] || STREAM=300
number() { sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$TMP/numbers"; }

# --- frames -----------------------------------------------------------------

mtu() { ip -n "$A" link set rt0 mtu "$1" && ip -n "$B" link set rt0 mtu "$1"; }

bridged()
{
	local end ns host port

	for end in A B; do
		ns=${!end} host=H$end port=p${end,}
		ip link add h0 netns "${!host}" type veth peer name "$port" netns "$ns" &&
		ip -n "$ns" link add br0 type bridge &&
		ip -n "$ns" link set rt0 master br0 && ip -n "$ns" link set "$port" master br0 &&
		ip -n "$ns" link set br0 up && ip -n "$ns" link set "$port" up &&
		ip -n "${!host}" link set h0 up &&
		ip -n "${!host}" addr add "192.168.20.${l2_num[$end]}/24" dev h0 || return
	done
}
# A bridge adopts its ports' frames: addresses of rt0 itself are deaf meanwhile.
unbridged()
{
	local end

	for end in A B; do
		ip -n "${!end}" link set rt0 nomaster && ip -n "${!end}" link del br0 &&
		ip -n "${!end}" link del "p${end,}" || return
	done
}
learned() { bridge -n "$A" fdb show dev rt0 | grep -q "$(in_ns "$HB" cat /sys/class/net/h0/address)"; }

vlans()
{
	local end

	for end in A B; do
		ip -n "${!end}" link add link rt0 name rt0.5 type vlan id 5 &&
		ip -n "${!end}" addr add "192.168.5.${l2_num[$end]}/24" dev rt0.5 &&
		ip -n "${!end}" link set rt0.5 up || return
	done
}
moved()
{
	ip -n "$A" link set rt0 netns "$C" && ip -n "$C" addr add 192.168.9.1/24 dev rt0 &&
	ip -n "$C" link set rt0 up
}
renamed()
{
	ip -n "$C" link set rt0 down && ip -n "$C" link set rt0 name office && ip -n "$C" link set office up
}

frames()
{
	check "$1: two ends come up" l2_pair || return
	check "$1: the device is of Ethernet kind" says 'link/ether' ip -n "$A" link show rt0
	check "$1: frames of 64 octets pass" pings -s 18 192.168.9.2
	check "$1: from the other end too" in_ns "$B" ping -q -W 5 -c 2 -i 0.1 -s 18 192.168.9.1
	check "$1: IPv6 passes, with its neighbour discovery by multicast" pings -6 -s 1300 fd09::2
	mtu 1500
	check "$1: packets of 1500 octets pass" pings -M 'do' -s 1472 192.168.9.2
	check "$1: one of 1500 octets is no runt, nor is one of an odd size" pings -M 'do' -s 1471 192.168.9.2
	mtu 9000
	check "$1: jumbo frames pass" pings -M 'do' -s 8972 192.168.9.2
	ip -n "$A" link set va mtu 1500; ip -n "$B" link set vb mtu 1500
	mtu 1500
	check "$1: with DF unset the outer packet is fragmented where it must be" pings -M 'do' -s 1472 192.168.9.2
	ip -n "$A" link set va mtu 9200; ip -n "$B" link set vb mtu 9200
	in_ns "$B" sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
	check "$1: broadcasts pass" says ' from 192.168.9.2' in_ns "$A" ping -W 5 -c 1 -b 192.168.9.255
	ip -n "$A" neigh flush dev rt0
	check "$1: so does ARP" pings 192.168.9.2
	check "$1: so do multicasts" in_ns "$A" ping -q -W 5 -c 1 -6 ff02::1%rt0
	check "$1: VLANs are put on both devices" vlans
	check "$1: tagged frames pass" pings -s 1400 192.168.5.2
	check "$1: with the tag, as the other end's capture shows" tagged
	ip -n "$A" link del rt0.5; ip -n "$B" link del rt0.5
	mtu 1400

	check "$1: both devices are put into bridges with hosts behind them" bridged
	check "$1: the hosts reach each other" busywait 20 in_ns "$HA" ping -q -W 2 -c 2 -i 0.1 -s 1000 192.168.20.2
	check "$1: by addresses that the bridge learned at the pseudowire" learned
	check "$1: devices leave their bridges" unbridged
	check "$1: and carry for themselves again" pings 192.168.9.2

	check "$1: a device moves to another namespace" moved
	check "$1: and carries there" in_ns "$C" ping -q -W 5 -c 2 -i 0.1 192.168.9.2
	check "$1: the session tells where it is" says '"netnsid": [0-9]' ctl "$A" session-get id=7
	check "$1: it is renamed" renamed
	check "$1: and carries by its new name" in_ns "$C" ping -q -W 5 -c 2 -i 0.1 -I office 192.168.9.2
	check "$1: nothing was dropped at either end" eval 'quiet "$A" 7 && quiet "$B" 7'
	check "$1: the tunnels go" l2_down
	check_not "$1: and the device with its session, wherever it is" ip -n "$C" link show office
}
tagged()
{
	capture "$B" rt0 vlan 5 || return
	pings 192.168.5.2
	captured 'vlan 5, .* 192.168.5.1 > 192.168.5.2: ICMP echo request'
	local status=$?
	capture_ends
	return $status
}

# --- cookies ----------------------------------------------------------------------

four=a1b2c3d4 eight=0102030405060708 other=fedcba9876543210

# Old at first, one end after the other, as an administrator would.
rollover()
{
	local new

	for new in "$other" "$four" 11223344 "$eight"; do
		ctl "$B" session-set id=7 cookie-rx=$new && ctl "$A" session-set id=7 cookie-tx=$new || return
		ctl "$A" session-set id=7 cookie-rx=$new && ctl "$B" session-set id=7 cookie-tx=$new || return
	done
}

cookies()
{
	local a b

	while read -r a b; do
		l2_ses[A]="cookie-tx=${a#-} cookie-rx=${b#-}" l2_ses[B]="cookie-tx=${b#-} cookie-rx=${a#-}"
		check "$1: two ends with cookies of $((${#a} / 2)) and $((${#b} / 2)) octets come up" l2_pair
		check "$1: and carry" pings -s 1000 192.168.9.2
		l2_down >/dev/null
	done <<-EOF2
		$four $eight
		$eight -
		- $four
		$four 11223344
	EOF2

	l2_ses[A]="cookie-tx=$four cookie-rx=$eight" l2_ses[B]="cookie-tx=$eight cookie-rx=$four"
	check "$1: two ends with cookies come up" l2_pair
	pings 192.168.9.2 >/dev/null
	check "$1: all cookies change four times under a stream of datagrams" streamed rollover
	check "$1: of which none is lost" equal "$(number lost)" 0
	check "$1: nor is any dropped for its cookie" equal "$(counter "$B" 7 drops.cookie)" 0
	check "$1: a cookie is replaced without grace" ctl "$B" session-set id=7 cookie-grace=0 cookie-rx=$other
	check "$1: then the old one is refused" no_ping 192.168.9.2
	check "$1: and counted" at_least "$(counter "$B" 7 drops.cookie)" 1
	check "$1: until the peer has the new one" ctl "$A" session-set id=7 cookie-tx=$other
	check "$1: and all is well again" pings 192.168.9.2
	check "$1: a cookie is replaced with a grace of 300 ms" ctl "$B" session-set id=7 cookie-grace=300 cookie-rx=$four
	check "$1: after which the old one is refused" busywait 10 eval 'no_ping 192.168.9.2'
	check "$1: cookies can be taken away" eval 'ctl "$B" session-set id=7 cookie-rx= && ctl "$A" session-set id=7 cookie-tx='
	check "$1: and it carries without" pings 192.168.9.2
	check "$1: the dump shows the one that is left" equal "$(field "$B" session.cookie-tx session-get id=7)" "$eight"
	l2_down >/dev/null
	check "$1: a cookie of 5 octets is refused" l2_refused "" cookie-tx=0102030405
}
# A session-new of A that is refused, in words with TEXT
l2_refused()
{
	local text=$1
	shift
	l2_tunnel A 2 >/dev/null || return
	refused "$A" "$text" session-new tunnel-id=2 id=99 "$@"
	local status=$?
	ctl "$A" tunnel-del id=2
	cat "$TMP/refused"
	return $status
}

# --- sublayer and sequence ------------------------------------------------------------

sublayer()
{
	check "$1: two ends with the default sublayer come up" l2_pair l2spec=default
	check "$1: and carry" pings -s 1000 192.168.9.2
	l2_down >/dev/null
	check "$1: two ends that number in both directions come up" l2_pair l2spec=default flags=+seq-tx,+seq-rx
	check "$1: and carry" pings -s 1000 -c 10 192.168.9.2
	check "$1: with nothing lost" eval 'quiet "$A" 7 && quiet "$B" 7'
	check "$1: B is told to stop numbering" ctl "$B" session-set id=7 flags=-seq-tx
	check "$1: A takes nothing without number" no_ping 192.168.9.2
	check "$1: and counts it" at_least "$(counter "$A" 7 drops.seq-missing)" 1
	check "$1: A is told not to ask for numbers" ctl "$A" session-set id=7 flags=-seq-rx
	check "$1: and takes all" pings 192.168.9.2
	check "$1: B numbers again, A asks again" eval 'ctl "$B" session-set id=7 flags=+seq-tx && ctl "$A" session-set id=7 flags=+seq-rx'
	check "$1: and all is well" busywait 20 pings 192.168.9.2
	l2_down >/dev/null
	check "$1: numbers without a sublayer are refused, and it is said why" l2_refused sublayer flags=+seq-tx
	check "$1: asking for them too" l2_refused sublayer flags=+seq-rx
	l2_ses[A]="l2spec=default"
	check "$1: two ends disagree about the sublayer" l2_pair
	check "$1: and nothing passes" no_ping 192.168.9.2
	l2_down >/dev/null
}

# --- carrier ------------------------------------------------------------------------------

carriers()
{
	check "$1: two ends come up" l2_pair
	check "$1: the carrier is on" busywait 10 carrier_is "$A" rt0 1
	check "$1: events are listened to" watch A
	check "$1: the circuit goes down" ctl "$A" session-set id=7 circuit=0
	check "$1: and the carrier with it" busywait 10 carrier_is "$A" rt0 0
	check "$1: which is told" told A '"type": "carrier", "session-id": 7, "value": 0'
	check "$1: nothing passes" no_ping 192.168.9.2
	in_ns "$B" ping -q -W 1 -c 1 192.168.9.1 >/dev/null
	check "$1: what comes is counted" at_least "$(counter "$A" 7 drops.circuit-down)" 1
	check "$1: the circuit is up" ctl "$A" session-set id=7 circuit=1
	check "$1: and the carrier is" busywait 10 carrier_is "$A" rt0 1
	check "$1: which is told" told A '"type": "carrier", "session-id": 7, "value": 1'
	check "$1: packets pass" busywait 20 pings 192.168.9.2

	check "$1: both ends say that they are there" eval 'for ns in $A $B; do ctl $ns session-set id=7 keepalive=100; done'
	check "$1: A asks for it" ctl "$A" session-set id=7 dead-time=2000
	check "$1: they are sent and heard" busywait 20 eval '[ "$(counter "$A" 7 rx-keepalive)" -ge 3 ] && [ "$(counter "$B" 7 tx-keepalive)" -ge 3 ]'
	check "$1: the peer is alive" busywait 10 carrier_is "$A" rt0 1
	ip -n "$B" link set vb down
	check "$1: a peer that is silent is dead" told A '"type": "peer-alive", "session-id": 7, "value": 0'
	check "$1: the carrier is off" busywait 10 carrier_is "$A" rt0 0
	ip -n "$B" link set vb up
	ip -n "$B" addr replace fd00::2/64 dev vb nodad
	check "$1: it is heard again" told A '"type": "peer-alive", "session-id": 7, "value": 1'
	check "$1: the carrier is on" busywait 10 carrier_is "$A" rt0 1
	check "$1: packets pass" busywait 20 pings 192.168.9.2
	check "$1: no keepalive came out of the device" eval 'says_no_loopback'
	kill_watch
	l2_down >/dev/null
}
kill_watch() { stop_bg "$BG_PID"; }
# Frames of configuration testing stay in the pseudowire.
says_no_loopback()
{
	capture "$A" rt0 ether proto 0x9000 || return
	local before
	before=$(counter "$A" 7 rx-keepalive)
	busywait 10 eval '[ "$(counter "$A" 7 rx-keepalive)" -ge $(('"$before"' + 3)) ]'
	capture_ends
	[ -z "$(tcpdump -n -r "$TMP/cap" 2>/dev/null)" ]
}

# --- bulk ------------------------------------------------------------------------------------

bulk()
{
	local flags
	[ -z "${RTUN_SMALL-}" ] || return 0	# minutes there
	for flags in "" "l2spec=default flags=+seq-tx,+seq-rx"; do
		check "$1: two ends come up${flags:+ and number}" l2_pair $flags
		check "$1: TCP in bulk passes from A to B" iperf
		check "$1: and from B to A" iperf -R
		check "$1: nothing was lost or sent twice on the way" eval 'quiet "$A" 7 && quiet "$B" 7'
		l2_down >/dev/null
	done
}
iperf()
{
	bg in_ns "$B" iperf3 -s -1 >/dev/null
	busywait 10 listening && in_ns "$A" iperf3 -c 192.168.9.2 -n 2M "$@"
}
listening() { in_ns "$B" ss -Hltn 'sport = 5201' | grep -q .; }

for FAM in 4 6; do
	frames "$(l2_name)"
	cookies "$(l2_name)"
	sublayer "$(l2_name)"
	carriers "$(l2_name)"
	bulk "$(l2_name)"
done

ktap_finish
