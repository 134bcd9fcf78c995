#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Multilink in short: a bundle over PPTP and L2TP carries packets of all sizes, survives
# the death of its first link, and drops what no honest peer sends.  mlppp*.sh have all
# of it.
#
#	A rt0 192.168.9.1 ====== bundle ====== rt0 192.168.9.2 B
#	  va0 10.0.0.1 --------- link 10 ------ vb0 10.0.0.2
#	  va1 10.0.1.1 --------- link 11 ------ vb1 10.0.1.2

# shellcheck disable=SC2034,SC2086,SC2154 # gen/bundle.sh and gen/pair.sh have the rest
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/bundle.sh"

ktap_header
need ip jq ping python3
need_module rtun

COUNT=150 MTU=3000
pings() { in_ns "$A" ping -q -W 5 -c 3 -i 0.02 -M 'do' "$@"; }
sizes() { pings -s 18 192.168.9.2 && pings -s $((MTU - 28)) 192.168.9.2 && pings -6 -s 1000 fd09::2; }
counted() { equal "$(ctr "$A" drops.$1)" "$2"; }
frag() { ctl "$B" l2tp 10.0.1.2 10.0.1.1 v=2 tunnel=101 session=101 "$@"; }

check "two hosts with two links are there" bundle_hosts 2
for header in "" flags=+mp-short-rx,+mp-short-tx; do
	for mode in whole balance; do
		check "${header:-long headers}, $mode: a bundle comes up" \
			bundle "pptp l2tpv2" mp-mode=$mode mrru=3000 peer-mrru=3000 $header
		check "packets of all sizes pass" sizes
		check "a stream passes" stream size=1300 gap=500
		check "in order and complete" whole
		check "over both links" eval 'at_least "$(counter "$B" 10 rx-fragments)" 20 && at_least "$(counter "$B" 11 rx-fragments)" 20'
		check "nothing was lost or dropped" eval 'equal "$(ctr "$B" rx-lost)" 0 && equal "$(ctl "$B" session-get id=7 | jq ".session.stats.drops | length")" 0'
		[ $mode = balance ] || bundle_down
	done
	check "its first link dies" eval 'ctl "$A" session-del id=10 && ctl "$B" session-del id=10'
	check "the other one carries on" sizes
	bundle_down
done

check "a bundle of one end" bundle_end "$A" 1 2 "pptp l2tpv2" mp-loss-time=50
check "a fragment without a beginning" frag mp=e:0 data=0021
check "is dropped for that" busywait 5 counted mp-orphan 1
check "a beginning without an end" frag mp=b:1 data=0021
check "is given up" busywait 5 counted mp-incomplete 1
check "a jump" frag mp=be:100000 data=0021
check "is not believed" busywait 5 counted mp-far 1
check "less than a header" frag data=ff03003dc0
check "is too short" busywait 5 counted mp-truncated 1
check "all of it goes" ctl "$A" flush
ktap_finish
