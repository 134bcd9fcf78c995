#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest that counts instructions (boot.sh --icount), so that it repeats: what one
# TCP flow gets out of a bundle over links of a given rate, beside one link of it.
#
#	A rt0 192.168.9.1 ====== bundle ====== rt0 192.168.9.2 B
#	  va0 [20 Mbit/s] ------ link 10 ------ vb0
#	  va1 [20 or 5 Mbit/s] - link 11 ------ vb1
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/gen/pair.sh"
. "$SELFTESTS/gen/bundle.sh"

seconds=${RTUN_SECONDS:-8}
ktap_header
# The clock jumps while the guest waits for a file: have them read before anything waits.
"$CTL" serve /dev/null /dev/null </dev/null >/dev/null 2>&1
need ip tc iperf3 jq python3
need_module rtun

check "two hosts with two links are there" bundle_hosts 2
bg in_ns "$B" iperf3 -s >/dev/null
check "a server for TCP" busywait 20 in_ns "$B" sh -c 'ss -Hltn sport = 5201 | grep -q .'

# A link's rate, both ways, with a queue of 300 packets, those on their way included.
rate() # LINK MBIT [NETEM WORD...]
{
	local i=$1 mbit=$2 end
	shift 2
	for end in A B; do
		tc -n "${!end}" qdisc replace dev v${end,,}$i root netem rate ${mbit}mbit limit 300 "$@" || return
	done
}
mbit() { in_ns "$A" timeout 120 iperf3 -J -c 192.168.9.2 -O 2 -t "$seconds" | jq '.end.sum_received.bits_per_second / 1e5 | round / 10'; }
# NAME "RATES" "XPORTS" WORD...
line()
{
	local name=$1 xports=$2 got
	shift 2
	check "$name: comes up" bundle "$xports" "$@" || return
	got=$(mbit)
	ktap_say "$(printf '%-52s %6s Mbit/s   lost %s' "$name" "$got" "$(ctr "$B" rx-lost)")"
	ctl "$A" flush && ctl "$B" flush
}

rate 0 20; rate 1 20
for t in ${RTUN_XPORTS:-pptp l2tpv2}; do
	line "$t: one link of 20" "$t"
	line "$t: 20 + 20, whole" "$t $t" mp-mode=whole
	line "$t: 20 + 20, whole, rates known" "$t:link-rate=20000 $t:link-rate=20000" mp-mode=whole
	line "$t: 20 + 20, balance, rates known" "$t:link-rate=20000 $t:link-rate=20000" mp-mode=balance
	for skew in 5 20 50; do
		rate 1 20 delay ${skew}ms
		line "$t: 20 + 20, $skew ms apart, balance" \
			"$t:link-rate=20000 $t:link-rate=20000,link-latency=${skew}000" mp-mode=balance mp-loss-time=200
	done
	rate 1 5
	line "$t: 20 + 5, balance, rates known" "$t:link-rate=20000 $t:link-rate=5000" mp-mode=balance
	line "$t: 20 + 5, whole, rates known" "$t:link-rate=20000 $t:link-rate=5000" mp-mode=whole
	rate 1 20
done

# One link is cut under a flow.
link=pptp:link-rate=20000,flags=+echo-reply
check "a bundle" bundle "$link $link" mp-mode=balance mp-loss-time=100 mp-probe=100
bg in_ns "$A" iperf3 -J -c 192.168.9.2 -t 12 -i 0.5 >"$TMP/cut"
pid=$BG_PID
sleep 4
rate 1 20 loss 100%
busywait 60 lib_gone "$pid"
ktap_say "cut at 4 s: Mbit/s each half second: $(jq -c '[.intervals[].sum.bits_per_second / 1e6 | round]' "$TMP/cut")"
check "the flow goes on" eval '[ "$(jq "[.intervals[-4:][].sum.bytes] | min > 0" "$TMP/cut")" = true ]'
ctl "$A" flush && ctl "$B" flush

# What the processor can do, over veth without a rate.
for i in 0 1; do netem_off A $i; netem_off B $i; done
seconds=2
line "no rate: 1 link" pptp
line "no rate: 2 links, whole" "pptp pptp" mp-mode=whole
line "no rate: 2 links, round-robin" "pptp pptp" mp-mode=round-robin
ktap_finish
