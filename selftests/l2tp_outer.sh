# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The outer packet of L2TPv3 pseudowires on both families: TTL, TOS and ECN, UDP
# checksums and ports, mark, VRF, source address, a peer that moves, sockets that
# are shared or taken, a tunnel routed into itself.  The body of l2tp_udp_outer.sh
# and l2tp_ip_outer.sh, which set XPORT.
#
#	A rt0 192.168.9.1 ============= rt0 192.168.9.2 B
#	  va 10.0.0.1, fd00::1 -------- vb 10.0.0.2, fd00::2
#	  also 10.0.0.3, fd00::3
#	  session 7

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip ping tcpdump python3 ss
need_module rtun

FAM=4
check "two hosts with a link are there" l2_hosts 1500
ip -n "$A" addr add 10.0.0.3/24 dev va
ip -n "$A" addr add fd00::3/64 dev va nodad

ipa() { ip -n "$A" "-$FAM" "$@"; }
peer() { l2_addr B; }
proto() { if [ $XPORT = udp ]; then echo "udp"; elif [ $FAM = 4 ]; then echo "ip proto 115"; else echo "ip6 proto 115"; fi; }

# tcpdump's words for the two families
tos_is() { if [ $FAM = 4 ]; then echo "tos 0x$1,"; elif [ "$1" = 0 ]; then echo "(flowlabel|hlim)"; else echo "class 0x$1,"; fi; }
ttl_is() { if [ $FAM = 4 ]; then echo "ttl $1,"; else echo "hlim $1,"; fi; }

# An echo request with these words for ping makes an outer packet like REGEX.
seen()
{
	local regex=$1 status
	shift

	capture "$A" va "$(proto)" and dst "$(peer)" || return
	in_ns "$A" ping -q -W 5 -c 1 "$@" 192.168.9.2
	captured "$regex"
	status=$?
	capture_ends
	return $status
}

# --- header fields ---------------------------------------------------------------

fields()
{
	local n
	check "$1: two ends come up" l2_pair
	n=$(in_ns "$A" sysctl -n net.ipv4.ip_default_ttl)
	check "$1: the hop limit is the namespace's default" seen "$(ttl_is "$n")"
	check "$1: TTL and TOS are set" ctl "$A" tunnel-set id=1 ttl=33 tos=0x20
	check "$1: and on the wire" seen "$(tos_is 20).*$(ttl_is 33)|$(ttl_is 33).*$(tos_is 20)"
	check "$1: fixed, whatever the inner packet has" seen "$(tos_is 20)" -Q 0x48
	check "$1: an inner ECN codepoint goes outside (RFC 6040)" seen "$(tos_is 22)" -Q 0x02
	check "$1: the tunnel is told to inherit TOS" ctl "$A" tunnel-set id=1 flags=+tos-inherit
	check "$1: and does" seen "$(tos_is 48)" -Q 0x48
	l2_down >/dev/null
	l2_tun[A]="flags=+tos-inherit"
	check "$1: an end that inherits TOS comes up" l2_pair
	check "$1: the inner TOS is outside" seen "$(tos_is 48)" -Q 0x48
	check "$1: and another" seen "$(tos_is b8)" -Q 0xb8
	[ $FAM = 6 ] || {
		check "$1: DF is not set" seen "flags \[none\]"
		check "$1: DF is set" ctl "$A" tunnel-set id=1 df=set
		check "$1: on the wire" seen "flags \[DF\]"
		check "$1: DF as the inner packet has it" ctl "$A" tunnel-set id=1 df=inherit
		check "$1: set" seen "flags \[DF\]" -M 'do'
		check "$1: not set" seen "flags \[none\]" -M dont
	}
	l2_down >/dev/null
}

# --- UDP ----------------------------------------------------------------------------

udp()
{
	local words
	check "$1: two ends come up" l2_pair
	check "$1: there is a UDP checksum" checksum !=
	l2_down >/dev/null
	l2_tun[A]="flags=+zero-csum-tx"
	check "$1: an end that sends no checksum comes up" l2_pair
	check "$1: there is none on the wire" checksum =
	if [ $FAM = 4 ]; then
		check "$1: which is legal" pings 192.168.9.2
		check "$1: nothing was dropped" quiet "$B" 7
	else
		check "$1: which is not legal unless it is agreed" no_ping 192.168.9.2
		dropped() { [ $(($(counter "$B" 7 drops.udp-csum) + $(stray "$B" drops.udp-csum))) -ge 1 ]; }
		check "$1: it is dropped for that" busywait 10 dropped
		l2_down >/dev/null
		l2_tun[A]="flags=+zero-csum-tx" l2_tun[B]="flags=+zero-csum6-rx"
		check "$1: with RFC 6936 agreed two ends come up" l2_pair
		check "$1: and carry" pings 192.168.9.2
	fi
	l2_down >/dev/null

	l2_tun[A]="local-port=17010 peer-port=17020" l2_tun[B]="local-port=17020 peer-port=17010"
	check "$1: two ends with other ports come up" l2_pair
	check "$1: and carry" pings 192.168.9.2
	check "$1: from and to these" seen '\.17010 > [^ ]*\.17020: '
	check "$1: two tunnels share a socket" l2_tunnel A 2 local-port=17010 peer-port=17021
	check "$1: which is one" equal "$(in_ns "$A" ss -Haun 'sport = 17010' | wc -l)" 1
	check "$1: the second tunnel's session" ctl "$A" session-new tunnel-id=2 id=8 local-id=8 peer-id=8
	check "$1: goes with its tunnel" ctl "$A" tunnel-del id=2
	check "$1: and the first one still carries" pings 192.168.9.2
	l2_down >/dev/null
	check "$1: the socket goes with the last tunnel" busywait 5 eval '[ -z "$(in_ns "$A" ss -Haun "sport = 17010")" ]'

	bg in_ns "$A" python3 -c "import socket,time
s = socket.socket(socket.AF_INET$([ $FAM = 4 ] || echo 6), socket.SOCK_DGRAM)
s.bind(('$(l2_addr A)', 1701))
time.sleep(600)"
	taken=$BG_PID
	busywait 10 eval '[ -n "$(in_ns "$A" ss -Haun "sport = 1701")" ]'
	check "$1: a port that somebody has is refused, and it is said" taken_refused
	stop_bg "$taken"
}
taken_refused()
{
	refused "$A" "in use" tunnel-new xport=l2tpv3-udp local$FAM="$(l2_addr A)" remote$FAM="$(peer)" id=3
	local status=$?
	cat "$TMP/refused"
	return $status
}
# Is there a checksum on the wire?  That it is right is tshark's to say, in
# l2tp_wire.sh.
checksum()
{
	local at="udp[6:2]" status

	[ $FAM = 4 ] || at="ip6[46:2]"
	capture "$A" va udp dst port 1701 and dst "$(peer)" and "$at" "$1" 0 || return
	in_ns "$A" ping -q -W 1 -c 1 192.168.9.2
	captured 'UDP|l2tp'
	status=$?
	capture_ends
	return $status
}

# --- routing --------------------------------------------------------------------------

routing()
{
	check "$1: two ends come up" l2_pair
	ipa rule add fwmark 7 table 77
	ipa route add "$(peer)" dev va table 77
	ipa route add unreachable "$(peer)"
	check "$1: without a route nothing is sent" no_ping 192.168.9.2
	check "$1: which is counted" at_least "$(counter "$A" 7 drops.tx-no-route)" 1
	check "$1: a mark is put on outer packets" ctl "$A" tunnel-set id=1 fwmark=7
	check "$1: and finds the route that is made for it" busywait 10 pings 192.168.9.2
	check "$1: the mark is taken away" ctl "$A" tunnel-set id=1 fwmark=0
	check "$1: and the route with it" no_ping 192.168.9.2
	ipa route del unreachable "$(peer)"
	ipa rule del fwmark 7 table 77
	ipa route flush table 77
	check "$1: packets pass again" busywait 10 pings 192.168.9.2

	check "$1: the peer is routed into the tunnel" ipa route add "$(peer)" dev rt0
	check_not "$1: no packet goes round" in_ns "$A" ping -q -i 0.1 -c 5 -W 1 192.168.9.2
	check "$1: they are counted" at_least "$(counter "$A" 7 drops.tx-recursion)" 1
	ipa route del "$(peer)" dev rt0
	check "$1: and it works again" busywait 10 pings 192.168.9.2
	l2_down >/dev/null
}

# Two tunnels of A, each of whose peers is reached through the other.
loop()
{
	check "$1: two ends come up" l2_pair
	local far=10.0.1.2 self=10.0.1.1
	[ $FAM = 4 ] || far=fd01::2 self=fd01::1
	ipa addr add $self/128 dev lo 2>/dev/null || ipa addr add $self/32 dev lo
	far_tunnel()
	{
		ctl "$A" tunnel-new xport=l2tpv3-$XPORT local$FAM=$self remote$FAM=$far id=2 &&
		ctl "$A" session-new tunnel-id=2 id=9 local-id=9 peer-id=9 &&
		l2_device A rt9 9 && ip -n "$A" addr add 192.168.8.1/24 dev rt9 &&
		ip -n "$A" neigh add 192.168.8.2 lladdr 02:00:00:00:00:99 dev rt9 &&
		ipa route add $far dev rt0 && ipa neigh replace $far lladdr 02:00:00:00:00:98 dev rt0 &&
		ipa route add "$(peer)" dev rt9 && ipa neigh replace "$(peer)" lladdr 02:00:00:00:00:97 dev rt9
	}
	check "$1: two tunnels are routed through each other" far_tunnel
	check_not "$1: packets in the loop end somewhere" in_ns "$A" ping -q -i 0.05 -c 10 -W 1 192.168.8.2
	check "$1: as recursion" at_least $(($(counter "$A" 9 drops.tx-recursion) + $(counter "$A" 7 drops.tx-recursion))) 1
	ctl "$A" tunnel-del id=2
	check "$1: and the first works without the other" busywait 10 pings 192.168.9.2
	ipa addr flush dev lo to $self
	l2_down >/dev/null
}

# --- VRF ------------------------------------------------------------------------------

vrf()
{
	local i
	vrf_up()
	{
		ip -n "$A" link add red type vrf table 10 && ip -n "$A" link set red up &&
		ip -n "$A" link set va master red &&
		ip -n "$A" addr replace fd00::1/64 dev va nodad
	}
	check "$1: the underlay is put into a VRF" vrf_up
	i=$(in_ns "$A" cat /sys/class/net/red/ifindex)
	l2_tun[A]="oif=$i"
	check "$1: a tunnel is bound to it" l2_pair
	check "$1: and carries" busywait 10 pings 192.168.9.2
	check "$1: from the other end too" in_ns "$B" ping -q -W 5 -c 2 -i 0.1 192.168.9.1
	l2_down >/dev/null
	ip -n "$A" link del red
	ip -n "$A" addr replace 10.0.0.1/24 dev va
	ip -n "$A" addr replace 10.0.0.3/24 dev va
	ip -n "$A" addr replace fd00::1/64 dev va nodad
	ip -n "$A" addr replace fd00::3/64 dev va nodad
}

# --- addresses ---------------------------------------------------------------------------

addresses()
{
	local self=10.0.0.3 net=10.0.0.0/24
	[ $FAM = 4 ] || self=fd00::3 net=fd00::/64

	any()
	{
		ctl "$A" tunnel-new xport=l2tpv3-$XPORT remote$FAM="$(peer)" id=1 &&
		ctl "$B" tunnel-new xport=l2tpv3-$XPORT local$FAM="$(peer)" remote$FAM=$self id=1 &&
		l2_session A 7 && l2_session B 7 && l2_device A rt0 7 && l2_device B rt0 7 &&
		ip -n "$A" addr add 192.168.9.1/24 dev rt0 && ip -n "$B" addr add 192.168.9.2/24 dev rt0
	}
	ipa route add "$(peer)" dev va src $self
	check "$1: a tunnel without a local address comes up" any
	check "$1: the route picks the address, which is the one the peer awaits" busywait 10 pings 192.168.9.2
	check "$1: what comes for another address of this host is taken too" other_address
	l2_down >/dev/null
	ipa route del "$(peer)" dev va src $self

	check "$1: two ends come up" l2_pair
	check "$1: events are listened to" watch B
	check "$1: a frame from another address" stranger
	strange() { [ $(($(counter "$B" 7 drops.peer-addr) + $(stray "$B" drops.peer-addr))) -ge 1 ]; }
	check "$1: is dropped for it" busywait 10 strange
	l2_down >/dev/null
	l2_tun[B]="flags=+peer-float"
	check "$1: an end that lets its peer move comes up" l2_pair
	before=$(counter "$B" 7 rx-packets)
	check "$1: a frame from another address" stranger
	check "$1: is delivered" busywait 10 eval '[ "$(counter "$B" 7 rx-packets)" -gt "$before" ]'
	check "$1: and where it came from is told" told B "\"type\": \"peer-addr\", \"tunnel-id\": 1, \"addr$FAM\": \"$self\""
	check "$1: what is sent goes where it went" pings 192.168.9.2
	[ $XPORT = ip ] || {
		# Not each change is told: as many as there are packets would be too many.
		moved()
		{
			ctl "$A" l2tp "$(l2_addr A)" "$(peer)" sport=1799 session="$(l2_id B 7)" eth=02:00:00:00:00:55,ff &&
			heard events-B '"type": "peer-addr".*"port": 1799'
		}
		check "$1: another port is told too" busywait 10 moved
	}
	stop_bg "$BG_PID"
	l2_down >/dev/null
}
stranger()
{
	local self=10.0.0.3
	[ $FAM = 4 ] || self=fd00::3
	ctl "$A" l2tp $self "$(peer)" over=$XPORT session="$(l2_id B 7)" eth=02:00:00:00:00:55,ff
}
# The tunnel of A has no local address: its first one is as good as the second.
other_address()
{
	local before
	before=$(counter "$A" 7 rx-packets)
	ctl "$B" l2tp "$(peer)" "$(l2_addr A)" over=$XPORT session="$(l2_id A 7)" eth=02:00:00:00:00:55,ff
	busywait 10 eval '[ "$(counter "$A" 7 rx-packets)" -gt '"$before"' ]'
}

# --- ids ---------------------------------------------------------------------------------

# Two peers, the two addresses of A, chose the same session id.
scoped()
{
	local self=10.0.0.3 how=flags=+scoped-ids nobodys
	[ $FAM = 4 ] || self=fd00::3
	first() { l2_tunnel B 1 $how && ctl "$B" session-new tunnel-id=1 id=7 local-id=99 peer-id=1; }
	second()
	{
		ctl "$B" tunnel-new xport=l2tpv3-$XPORT local$FAM="$(peer)" remote$FAM=$self id=2 $how &&
		ctl "$B" session-new tunnel-id=2 id=8 local-id=99 peer-id=1
	}
	devices() { l2_device B rt7 7 && l2_device B rt8 8; }
	from() { ctl "$A" l2tp "$1" "$(peer)" over=$XPORT session=99 eth=02:00:00:00:00:55,ff; }
	received() { equal "$(counter "$B" 7 rx-packets) $(counter "$B" 8 rx-packets)" "$*"; }

	check "$1: a session of a peer that picks our ids" first
	check "$1: and another peer's with the same one" second
	check "$1: not twice from one peer" refused "$B" "receives with this id" session-new tunnel-id=1 local-id=99 peer-id=2
	check "$1: each has a device" devices
	check "$1: one sends" from "$(l2_addr A)"
	check "$1: to its session" busywait 10 received 1 0
	check "$1: the other sends" from $self
	check "$1: to its own" busywait 10 received 1 1
	ctl "$B" tunnel-del id=1
	nobodys=$(stray "$B" drops.no-session)
	check "$1: one is gone, and still sends" from "$(l2_addr A)"
	check "$1: which is nobody's, and not the other's" busywait 10 eval '[ "$(stray "$B" drops.no-session)" -gt '"$nobodys"' ]'
	check "$1: the other goes on" eval 'from '$self' && busywait 10 eval "[ \"\$(counter $B 8 rx-packets)\" = 2 ]"'
	ctl "$B" tunnel-del id=2
}

for FAM in 4 6; do
	name=$(l2_name)
	fields "$name"
	[ $XPORT = ip ] || udp "$name"
	routing "$name"
	loop "$name"
	vrf "$name"
	addresses "$name"
	scoped "$name"
done

ktap_finish
