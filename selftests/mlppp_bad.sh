#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fragments of multilink that no honest peer sends (RFC 1990 section 4.1): each is
# counted under its reason, memory stays inside its bound, other bundles and the
# bundle's own packets afterwards are unharmed.  B makes them by hand, on a link of A's
# over L2TP version 2 without numbers.
#
#	A rt0: bundle 7, bundle 8 --- va0 10.0.0.1 ---- vb0 10.0.0.2 B
#	                          --- va1 10.0.1.1 ---- vb1 10.0.1.2

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/bundle.sh"

ktap_header
need ip jq ping python3
need_module rtun

FLOOD=20000
[ -z "${RTUN_SMALL-}" ] || FLOOD=2000
IP4=0021$(printf '%040d' 0)
frag() { ctl "$B" l2tp 10.0.${LINK:-0}.2 10.0.${LINK:-0}.1 v=2 tunnel=$((100 + ${LINK:-0})) session=$((100 + ${LINK:-0})) "$@"; }
grown() { ctl "$A" grown 7; }
# The counters of a session are read after its packets were counted: what the other
# end has sent is there when its own counter of a later ping is.
counts() # REASON N WORD...: it is dropped for that reason, N times
{
	local why=$1 n=$2 before
	shift 2
	before=$(ctr "$A" drops.$why)
	frag "$@" && busywait 5 eval '[ $(($(ctr "$A" drops.'$why') - '$before')) -ge '$n' ]' >/dev/null
	equal $(($(ctr "$A" drops.$why) - before)) "$n"
}
fresh() # WORD...: bundle 7 of A anew, with link 10 over vb0
{
	ctl "$A" flush && ctl "$B" flush
	bundle_end "$A" 1 2 "l2tpv2 l2tpv2" mp-loss-time=100 "$@" >/dev/null
}
held() { field "$A" session.mp-class.0.rx-held session-get id=7; }
empty() { busywait 5 eval 'equal "$(held)" 0'; }
both() { bundle_end "$B" 2 1 "l2tpv2 l2tpv2" >/dev/null; }
alive() { both && in_ns "$A" ping -q -W 5 -c 3 -i 0.05 192.168.9.2; }

check "two hosts with two links are there" bundle_hosts 2
check "a bundle" fresh

check "a fragment on a session that is no link is its owner's business" eval '
	ctl "$A" session-set id=11 bundle=0 && LINK=1 frag mp=be:0 data=$IP4 &&
	busywait 5 eval "equal \"\$(counter \"$A\" 11 rx-control)\" 1"'
check "no room for the header" eval '
	frag data=ff03003dc000 && busywait 5 eval "equal \"\$(ctr \"$A\" drops.mp-truncated)\" 1"'
check "an empty frame of it" eval 'frag data=ff03003d && busywait 5 eval "equal \"\$(ctr \"$A\" drops.mp-truncated)\" 2"'

check "a packet on a link without a header is the bundle's" eval '
	fresh && frag ip4=192.168.9.2,192.168.9.1 && busywait 5 eval "equal \"\$(ctr \"$A\" rx-packets)\" 1"'

check "E without B" fresh
check "is of no packet that began" counts mp-orphan 1 mp=e:0 data=$IP4
check "a middle without B" fresh
check "neither" counts mp-orphan 1 mp=:0 data=$IP4

check "B without E, then B" fresh mp-loss-time=10000
check "the first is given up" eval 'frag mp=b:0 data=$IP4 && counts mp-orphan 1 mp=be:1 data=$IP4'
check "B and no more" fresh
check "is given up after the loss time" eval 'frag mp=b:0 data=$IP4 && busywait 5 eval "equal \"\$(ctr \"$A\" drops.mp-incomplete)\" 1"'
check "and takes no memory" empty

check "twice the same" fresh mp-loss-time=10000
check "the second is a duplicate" eval 'frag mp=b:0 data=$IP4 && counts mp-dup 1 mp=b:0 data=$IP4'
check "one that overlaps is one too" counts mp-dup 1 mp=e:0 data=$IP4

check "behind a gap" fresh mp-loss-time=10000
check "a packet is held" eval 'frag mp=be:0 data=$IP4 && frag mp=be:2 data=$IP4 && busywait 5 eval "at_least \"\$(held)\" 1"'
check "but not longer than the bundle has the keys of before" eval '
	ctl "$A" session-set id=7 mppe-rx=128:00112233445566778899aabbccddeeff &&
	equal "$(held)" 0 && equal "$(field "$A" session.mp-class.0.rx-packets session-get id=7)" 2'

check "over the MRRU" fresh mp-loss-time=10000
check "two of 800 octets are too many" eval 'frag mp=b:0 size=800 && counts mp-oversize 2 mp=e:1 size=800'
check "in 65 fragments" fresh mrru=65535
many() { frag mp=b:0 data=$IP4 && frag mp=:1 size=10 count=70 && busywait 5 eval 'at_least "$(ctr "$A" drops.mp-oversize)" 65'; }
check "no packet has so many" many

check "a class that was not agreed on" fresh mp-classes-rx=2
check "is counted" counts mp-class 1 mp=be:0:3 data=$IP4
check "of the others one is class 1" eval 'frag mp=be:0:1 data=$IP4 && busywait 5 eval "equal \"\$(field \"$A\" session.mp-class.1.rx-packets session-get id=7)\" 1"'
check "without classes its bits do not matter" eval 'fresh && frag mp=be:0:3 data=$IP4 && busywait 5 eval "equal \"\$(field \"$A\" session.mp-class.0.rx-packets session-get id=7)\" 1"'

check "a jump" fresh
check "of one fragment is not believed" eval 'frag mp=be:0 data=$IP4 && counts mp-far 1 mp=be:100000 data=$IP4'
check "three in a row are" eval 'frag mp=be:100001 data=$IP4 && frag mp=be:100002 data=$IP4 &&
	busywait 5 eval "equal \"\$(ctr \"$A\" rx-resync)\" 1"'
check "backwards one is not either" eval 'at_least "$(($(ctr "$A" drops.mp-far) + $(ctr "$A" drops.mp-late)))" 1 &&
	counts mp-far 1 mp=be:5 data=$IP4'

# --- floods -----------------------------------------------------------------------
bounded() # the most that was held while WORD... ran
{
	local max=0 n pid
	bg ctl_alone "$@"
	pid=$BG_PID
	while kill -0 "$pid" 2>/dev/null; do
		n=$(held)
		[ "$n" -le "$max" ] || max=$n
	done
	echo "held at the most $max octets"
	[ "$max" -le 1048576 ]
}
ctl_alone() { in_ns "$B" "$SELFTESTS/gen/l2tpinject.py" 10.0.0.2 10.0.0.1 v=2 tunnel=100 session=100 "$@"; }
for flood in "mp=b:0:0 step=1" "mp=:1 step=1" "mp=e:0 step=2" "mp=b:0 step=2 size=1400" "mp=random:1:1000 size=200" "mp=random:2:16777216" "mp=be:0"; do
	check "a flood of $flood" fresh
	check "memory is bounded" bounded $flood count=$FLOOD
	check "it is all counted or delivered" eval 'busywait 5 empty'
	check "the bundle goes on" eval 'fresh && alive'
done
# All classes of a bundle share what it may hold.
all_held() { ctl "$A" session-get id=7 | jq '[.session["mp-class"][]["rx-held"]] | add'; }
full() { local n; n=$(all_held); echo "$n octets"; [ "$n" -gt 131072 ] && [ "$n" -le 262144 ]; }
check "four classes" fresh mp-classes-rx=4 mp-memory=262144 mp-loss-time=10000
check "a flood of each" eval 'for c in 0 1 2 3; do frag mp=b:0:$c step=2 size=1400 count=300 || break; done'
check "all of them together keep to the bundle's memory" busywait 5 full
check "null fragments at full speed" fresh
check "take no memory" eval 'bounded mp=be:0 count=$FLOOD && at_least "$(ctr "$A" rx-null-fragments)" $((FLOOD / 2)) && equal "$(held)" 0'

# Another bundle in the same namespace.
check "two bundles" eval '
	fresh && ctl "$A" session-set id=11 bundle=0 && ctl "$A" session-new tunnel-id=100 id=8 np=+ipv4 &&
	ctl "$A" session-set id=11 bundle=8'
check "a flood on one" bounded mp=b:0 step=2 size=1400 count=$FLOOD
other() { LINK=1 frag mp=be:0 data=$IP4 count=100 && busywait 5 eval 'equal "$(field "$A" session.mp-class.0.rx-packets session-get id=8)" 100'; }
check "the other one has all of its packets" other
# All bundles of a namespace hold 64 MiB together, each up to 16 KiB beyond that.  The
# first link of each, a session of the first tunnel, is flooded; the second one is silent,
# so that what is missing may still come.
BUNDLES=24
crowd()
{
	local i

	fresh mp-loss-time=10000 && both && ip -n "$A" link set va0 mtu 32000 && ip -n "$B" link set vb0 mtu 32000 || return
	for ((i = 0; i < BUNDLES; i++)); do
		ctl "$A" session-new tunnel-id=100 id=$((100 + i)) np=+ipv4 mrru=65535 mp-memory=4194304 mp-loss-time=10000 &&
		ctl "$A" session-new tunnel-id=1 id=$((200 + i)) local-id=$((500 + i)) peer-id=$((600 + i)) &&
		ctl "$A" session-set id=$((200 + i)) bundle=$((100 + i)) &&
		ctl "$A" session-new tunnel-id=2 id=$((300 + i)) local-id=$((500 + i)) peer-id=$((600 + i)) &&
		ctl "$A" session-set id=$((300 + i)) bundle=$((100 + i)) || return
	done
}
flood_all()
{
	in_ns "$B" "$SELFTESTS/gen/l2tpinject.py" 10.0.0.2 10.0.0.1 v=2 tunnel=100 session=500 sessions=$BUNDLES \
		csum=zero mp=b:0 step=2 size=30000 count=100
}
crowded() { ctl "$A" dump session-get tunnel-id=100 | jq -s 'map(.session | select(.id >= 100))'; }
all_crowded() { crowded | jq 'map(.["mp-class"][]["rx-held"]) | add'; }
most()
{
	local flood n max=0

	bg flood_all
	flood=$BG_PID
	while ! lib_gone "$flood"; do
		n=$(all_crowded)
		[ "$n" -le "$max" ] || max=$n
	done
	echo "held at the most $max octets; dropped for it: $(crowded | jq 'map(.stats.drops["mp-limit"] // 0) | add')"
	[ "$max" -gt $((48 << 20)) ] && [ "$max" -le $(((64 << 20) + BUNDLES * 16384)) ]
}
check "$BUNDLES bundles of 4 MiB each" crowd
check "a flood on all: together they keep to the namespace's memory" most
check "beside them a bundle has its own" eval 'in_ns "$A" ping -q -W 5 -c 3 -i 0.05 -s 1300 192.168.9.2'
check "memory is given back with them" eval 'ctl "$A" flush && ctl "$B" flush'

check "nothing is left held" eval 'equal "$(ctl "$A" info-get | jq .info.sessions)" 0'
ktap_finish
