#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest that counts instructions (boot.sh --icount): what one more fragment costs while
# others are held, because one before them is missing: here, and in ppp_generic.
#
#	A bundle of two links: 10.0.0.1, 10.0.1.1 --- 10.0.0.2 B, which sends on one
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/gen/pair.sh"
. "$SELFTESTS/gen/bundle.sh"

ktap_header
# The clock jumps while the guest waits for a file: have them read before anything waits.
"$CTL" serve /dev/null /dev/null </dev/null >/dev/null 2>&1
need ip jq python3
need_module rtun
need_gen fragcost
need_gen intree_ppp

COUNT=16
check "two hosts with two links are there" bundle_hosts 2
# once without anybody, so that all of it is in memory
"$GEN/fragcost" "$B" 10.0.0.2 10.0.0.1 100 100 100 100 >/dev/null

cost() # NAME BACKLOG TUNNEL SESSION
{
	local line
	line=$("$GEN/fragcost" "$B" 10.0.0.2 10.0.0.1 "$3" "$4" "$2" $COUNT) || { echo "$line"; return 1; }
	printf '%-12s %5d held  %7d instructions a fragment\n' "$1" "$2" "${line##* }" >> "$TMP/costs"
}
ours()
{
	local n=$1 held
	bundle_end "$A" 1 2 "l2tpv2 l2tpv2" mp-loss-time=10000 mp-memory=4194304 && cost rtun "$n" 100 100 || return
	equal "$(ctl "$A" session-get id=7 | jq -r '[.session.stats.drops[]?] | add // 0')" 0 || return
	held=$(field "$A" session.mp-class.0.rx-held session-get id=7)
	at_least "$held" $((n * 20)) && ctl "$A" flush
}
# All of what is measured has to be held: 128 fragments are the most there.
theirs()
{
	local n=$1 peer unit
	bg in_ns "$A" "$GEN/intree_ppp" -m -M 1500 10.0.0.1,10.0.0.2,100,200,100,200 10.0.1.1,10.0.1.2,101,201,101,201 >"$TMP/peer"
	peer=$BG_PID
	busywait 20 grep -q ready "$TMP/peer" || { cat "$TMP/peer"; return 1; }
	unit=$(sed -n 's/^unit //p' "$TMP/peer")
	ip -n "$A" link set "$unit" up && cost ppp_generic "$n" 100 100 || return
	stop_bg "$peer"
}
for n in 0 1 10 100 1000; do
	check "rtun with $n held" ours $n
done
check "our module unloads" modprobe -r rtun
need_module l2tp_ppp
need_module ppp_generic
for n in 0 1 10 100 1000; do
	check "ppp_generic with $n held" theirs $n
done
while read -r line; do
	ktap_say "$line"
done < "$TMP/costs"
ktap_finish
