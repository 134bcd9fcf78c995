#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Path MTU (RFC 1191, RFC 8201), learned from the ICMP errors of a real router in
# between, for every transport: PPTP, L2TPv3 over UDP and protocol 115 on IPv4 and
# IPv6.
#
#	A rt0 192.168.9.1 =========================== rt0 192.168.9.2 B
#	  va 10.0.1.1, fd01::1 --- ra  R  rb --- vb 10.0.2.2, fd02::2
#	                MTU 1500          MTU 1400

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip ping python3
need_module rtun

network()
{
	new_ns A a && new_ns B b && new_ns R r && serve "$A" && serve "$B" &&
	link_ns "$A" va 10.0.1.1/24 "$R" ra 10.0.1.254/24 &&
	link_ns "$B" vb 10.0.2.2/24 "$R" rb 10.0.2.254/24 &&
	ip -n "$A" addr add fd01::1/64 dev va nodad && ip -n "$R" addr add fd01::fe/64 dev ra nodad &&
	ip -n "$B" addr add fd02::2/64 dev vb nodad && ip -n "$R" addr add fd02::fe/64 dev rb nodad &&
	ip -n "$R" link set rb mtu 1400 && ip -n "$B" link set vb mtu 1400 &&
	in_ns "$R" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 &&
	ip -n "$A" route add 10.0.2.0/24 via 10.0.1.254 && ip -n "$B" route add 10.0.1.0/24 via 10.0.2.254 &&
	ip -n "$A" -6 route add fd02::/64 via fd01::fe && ip -n "$B" -6 route add fd01::/64 via fd02::fe
}

# ends NAME FAM TUNNEL-WORDS SESSION-WORDS LINK-WORDS
ends()
{
	local fam=$1 tun=$2 ses=$3 dev=$4 a=10.0.1.1 b=10.0.2.2

	[ "$fam" = 4 ] || a=fd01::1 b=fd02::2
	ctl "$A" owner-bind name=x && ctl "$B" owner-bind name=x &&
	ctl "$A" tunnel-new $tun local$fam=$a remote$fam=$b id=1 &&
	ctl "$B" tunnel-new $tun local$fam=$b remote$fam=$a id=1 &&
	ctl "$A" session-new tunnel-id=1 id=7 local-id=100 peer-id=200 $ses &&
	ctl "$B" session-new tunnel-id=1 id=7 local-id=200 peer-id=100 $ses || return
	local n ns
	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		ctl "$ns" link-add name=rt0 session=7 die mtu=1440 $dev &&
		ip -n "$ns" addr add 192.168.9.$n/24 dev rt0 && ip -n "$ns" link set rt0 up || return
	done
}

# An echo request of SIZE octets, its IP header included, that may not be cut
sized() { in_ns "$A" ping -q -W 2 -c 1 -M 'do' -s $(($1 - 28)) 192.168.9.2; }
unsized() { ! sized "$1"; }
flush() { ip -n "$A" route flush cache; ip -n "$A" -6 route flush cache; }

learned()
{
	local name=$1 fam=$2 overhead fits slack=0
	shift
	# An acknowledgement rides on a PPTP packet, or not.
	[ "$name" != PPTP ] || slack=4

	check "$name: two ends with a router between them come up" ends "$@" || return
	check "$name: events are listened to" watch A
	overhead=$(field "$A" session.overhead session-get id=7)
	check "$name: the overhead is told" at_least "$overhead" 20
	fits=$((1400 - overhead - $([ "$4" = mode=eth ] && echo 14 || echo 0)))	# a frame's header, too
	check "$name: small packets pass" busywait 20 sized 500
	check "$name: with DF unset a packet that is larger than the path passes in fragments" busywait 20 sized 1420
	check "$name: DF is set" ctl "$A" tunnel-set id=1 df=set
	flush
	# The first is lost to the router, which tells of it; then the sender is told.
	sized 1420 >/dev/null
	check "$name: the path MTU is learned from the router" \
		busywait 10 eval 'sized 1420; [ "$(field "$A" tunnel.pmtu tunnel-get id=1)" = 1400 ]'
	check "$name: and told" told A '"type": "pmtu", "tunnel-id": 1, "value": 1400'
	check "$name: a packet that is larger is refused" busywait 10 unsized 1420
	check "$name: and counted" at_least "$(counter "$A" 7 drops.tx-too-big)" 1
	check "$name: its sender was told the size that fits" \
		busywait 10 eval 'ip -n "$A" route get 192.168.9.2 | grep -q "mtu '$fits'"'
	check "$name: which passes" sized $fits
	ip -n "$A" route flush cache
	# Not the sender's own table, which was emptied: the device knows.
	check "$name: one octet more does not" unsized $((fits + slack + 1))
	ip -n "$A" route flush cache
	check "$name: a larger one of IPv6 is refused too, and its size told" v6_told $fits
	check "$name: DF is unset" ctl "$A" tunnel-set id=1 df=unset
	ip -n "$A" route flush cache
	check "$name: then larger ones pass" busywait 10 sized 1420
	stop_bg "$BG_PID"
	ctl "$A" tunnel-del id=1 && ctl "$B" tunnel-del id=1
	ctl "$A" owner-unbind name=x && ctl "$B" owner-unbind name=x
	flush
}
v6_told()
{
	ip -n "$A" addr replace fd09::1/64 dev rt0 nodad && ip -n "$B" addr replace fd09::2/64 dev rt0 nodad &&
	busywait 10 in_ns "$A" ping -q -6 -W 2 -c 1 fd09::2 || return
	told_v6() { in_ns "$A" ping -q -6 -W 1 -c 1 -M 'do' -s $((1420 - 48)) fd09::2; ip -n "$A" -6 route get fd09::2 | grep -q "mtu $1"; }
	busywait 10 told_v6 "$1"
}

check "two hosts and a router are there" network
learned "PPTP" 4 xport=pptp np=+ipv4,+ipv6 "" || true
for FAM in 4 6; do
	for XPORT in udp ip; do
		learned "$(l2_name)" $FAM "xport=l2tpv3-$XPORT" "" mode=eth || true
	done
done
learned "L2TPv2 on IPv4" 4 "xport=l2tpv2 local-id=1 peer-id=1" "np=+ipv4,+ipv6" "" || true

# An ICMP error that no packet of ours has caused
check "a tunnel is there" ends 4 xport=l2tpv3-udp "" mode=eth
forged()
{
	in_ns "$R" python3 - <<-EOF2
	import socket, struct, sys
	sys.dont_write_bytecode = True
	sys.path.insert(0, "$SELFTESTS/gen")
	from greinject import checksum, ipv4
	inner = ipv4("10.0.1.1", "10.0.9.9", 17, struct.pack("!HHHH", 1701, 1701, 60, 0))
	icmp = struct.pack("!BBHHH", 3, 4, 0, 0, 600) + inner
	icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
	s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
	for n in range(100):
	    s.sendto(ipv4("10.0.1.254", "10.0.1.1", 1, icmp), ("10.0.1.1", 0))
	EOF2
}
check "errors about other peers are sent" forged
check "they change nothing" equal "$(field "$A" tunnel.pmtu tunnel-get id=1)" 1500
check "and the tunnel carries" busywait 20 sized 500
ctl "$A" tunnel-del id=1
ctl "$B" tunnel-del id=1

ktap_finish
