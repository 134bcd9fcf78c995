#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# UML: no (its kernel has no ppp_generic)
#
# Multilink against the other implementation in a kernel: ppp_generic, without a
# daemon and without negotiation, over two channels of the in-tree L2TP version 2.
# Its fragmenter feeds our reassembler and the other way round, with long and short
# headers (RFC 1990 section 3).
#
#	A rtun: rt0 192.168.9.1 ==== bundle ==== ppp0 192.168.9.2 B: ppp_generic
#	  va0 10.0.0.1 ------------------------- vb0 10.0.0.2
#	  va1 10.0.1.1 ------------------------- vb1 10.0.1.2

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/bundle.sh"

ktap_header
need ip tc jq ping iperf3 python3
need_module rtun
need_module l2tp_ppp
need_module ppp_generic
need_gen intree_ppp

COUNT=600 GAP=500
pings() { in_ns "$A" ping -q -W 5 -i 0.02 "$@"; }
check "two hosts with two links are there" bundle_hosts 2

# peer MRRU [OPTION...]: ppp_generic's end, device in PPP
peer()
{
	local mrru=$1
	shift
	[ -p "$TMP/peer.in" ] || mkfifo "$TMP/peer.in"
	bg in_ns "$B" "$GEN/intree_ppp" -c "$TMP/peer.in" -m -M "$mrru" "$@" 10.0.0.2,10.0.0.1,200,100,200,100 \
		10.0.1.2,10.0.1.1,201,101,201,101 >"$TMP/peer"
	PEER=$BG_PID
	busywait 20 grep -q ready "$TMP/peer" || { cat "$TMP/peer"; return 1; }
	PPP=$(sed -n 's/^unit //p' "$TMP/peer")
	ip -n "$B" link set "$PPP" mtu $MTU up && ip -n "$B" addr add 192.168.9.2 peer 192.168.9.1 dev "$PPP" &&
	in_ns "$B" sysctl -qw "net.ipv6.conf.$PPP.disable_ipv6=0" && ip -n "$B" addr add fd09::2 peer fd09::1 dev "$PPP" nodad
}
peer_down() { stop_bg "$PEER"; }
both_ways()
{
	pings -c 10 192.168.9.2 && pings -c 20 -M 'do' -s $((MTU - 28)) 192.168.9.2 &&
	pings -6 -c 5 -s $((MTU - 48)) fd09::2 && in_ns "$B" ping -q -W 5 -c 10 -i 0.02 -s 1000 192.168.9.1
}
errors() { in_ns "$B" cat "/sys/class/net/$PPP/statistics/rx_errors"; }
tcp() { in_ns "$A" timeout 60 iperf3 -c 192.168.9.2 -n "$1" "${@:2}" | tail -n 4; }
serve_tcp() { bg in_ns "$B" iperf3 -s; busywait 10 in_ns "$B" sh -c 'ss -Hltn sport = 5201 | grep -q .'; }
fragments() { local n; n=$(ctr "$A" rx-fragments); echo "$n fragments, $(ctr "$A" rx-packets) packets"; [ "$n" -gt "$(ctr "$A" rx-packets)" ]; }
no_drops() { ctl "$A" session-get id=7 | jq -c .session.stats.drops; equal "$(ctl "$A" session-get id=7 | jq '.session.stats.drops | add // 0')" 0; }
other_streams()
{
	local recv
	bg in_ns "$A" "$SELFTESTS/gen/numbered.py" recv 192.168.9.1 7000 >"$TMP/numbers"
	recv=$BG_PID
	busywait 20 grep -q ready "$TMP/numbers" &&
	in_ns "$B" "$SELFTESTS/gen/numbered.py" send 192.168.9.1 7000 count=$COUNT "$@" &&
	busywait 60 lib_gone "$recv" && cat "$TMP/numbers"
}

check "a server for TCP" serve_tcp
for header in long short; do
	flags='' option=''
	[ $header = long ] || flags=flags=+mp-short-rx,+mp-short-tx option=-s
	for mode in whole balance round-robin; do
		check "$header headers, $mode: ppp_generic's end" peer 1500 $option || continue
		check "$header headers, $mode: our end" bundle_end "$A" 1 2 "l2tpv2 l2tpv2" $flags mp-mode=$mode
		check "$header headers, $mode: packets of all sizes, both ways" both_ways
		check "a stream to it" stream size=1300 gap=$GAP
		check "$header headers, $mode: its reassembler has all of ours, in order" whole
		check "a stream from it" other_streams size=1300 gap=$GAP
		check "$header headers, $mode: our reassembler has all of its, in order" whole
		check "nothing was dropped here" no_drops
		check "and nothing there" equal "$(errors)" 0
		check "it cuts packets in parts" fragments
		check "TCP to it" tcp 1M
		check "TCP from it" tcp 1M -R
		ctl "$A" flush
		peer_down
	done
done

# More than fits into a frame of a link.
MTU=4000
check "MRRU 4000: ppp_generic's end" peer 4000
check "MRRU 4000: our end" bundle_end "$A" 1 2 "l2tpv2 l2tpv2" mrru=4000 peer-mrru=4000 mp-mode=whole
check "4000 octets in one packet, both ways" both_ways
ctl "$A" flush
peer_down
MTU=1400

# A bad underlay.
check "loss: ppp_generic's end" peer 1500
check "loss: our end" bundle_end "$A" 1 2 "l2tpv2 l2tpv2" mp-mode=balance mp-loss-time=300
for i in 0 1; do tc -n "$B" qdisc replace dev vb$i root netem limit 10000 delay $((5 + 10 * i))ms loss 1%; done
check "a stream from it over links that lose and differ" other_streams size=1300 gap=1000
lost_b() { tc -n "$B" -s -j qdisc show dev vb$1 | jq '[.[] | select(.kind == "netem") | .drops] | add // 0'; }
bounded() { local out=$(($(lost_b 0) + $(lost_b 1))); echo "outside $out"; [ "$out" -gt 0 ] && ordered && [ "$(number lost)" -le "$out" ]; }
check "in order, lost is no more than what the links lost" bounded
for i in 0 1; do tc -n "$B" qdisc del dev vb$i root; done

# A link of its dies.
check "its first link is cut" eval 'echo "cut 0" >"$TMP/peer.in"; busywait 5 grep -q "cut 0" "$TMP/peer" && ctl "$A" session-del id=10'
check "the other one carries on" both_ways
ctl "$A" flush
peer_down
ktap_finish
