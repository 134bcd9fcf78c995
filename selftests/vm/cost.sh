#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest that counts instructions (boot.sh --icount): what one UDP datagram
# costs on plain veth and through a tunnel between rtun and rtun, both system
# calls included.  "added" is what the tunnel costs.
#
#	+---+ 10.0.0.1     10.0.0.2 +---+
#	| A |--- a0 -------- b0 ---| B |
#	+---+ 10.9.0.1     10.9.0.2 +---+
. "$(dirname "$0")/../lib.sh"

rounds=${RTUN_ROUNDS:-2} count=${RTUN_COUNT:-8000}
ktap_header
need python3 jq rtun ethtool
need_gen pktcost
need_module rtun

declare -A plain
measure() # NAME ADDRESS
{
	local size line cost round

	for size in 64 1400; do
		for ((round = 1; round <= rounds; round++)); do
			if ! line=$("$GEN/pktcost" "$A" "$B" "$2" "$size" "$count"); then
				echo "$1: $line"
				return 1
			fi
			cost=${line##* }
			: "${plain[$size]:=$cost}"
			ktap_say "$(printf '%-10s %5d octets  %7d instructions a packet, %+6d to plain veth' \
				"$1" "$size" "$cost" $((cost - plain[$size])))"
		done
	done
}

new_ns A a
new_ns B b
link_ns "$A" a0 10.0.0.1/24 "$B" b0 10.0.0.2/24
ip -n "$A" link set a0 mtu 1600
ip -n "$B" link set b0 mtu 1600
for end in "$A a0" "$B b0"; do
	read -r ns dev <<<"$end"
	in_ns "$ns" ethtool -K "$dev" tso off gso off gro off tx off rx off >/dev/null
done
in_ns "$A" ping -qc 1 10.0.0.2 >/dev/null
measure veth-noff 10.0.0.2 || ktap_fail "the cost of plain veth can be measured"

# side NS LOCAL REMOTE CALL PEER-CALL INNER PEER-INNER: one end of a tunnel made by
# hand, without control connection and negotiation
side()
{
	local ns=$1 ctl="$SELFTESTS/gen/rtunctl.py"

	ip -n "$ns" link add rtun0 type rtun &&
	in_ns "$ns" python3 "$ctl" owner-bind name=cost -- tunnel-new id=1 xport=pptp local4="$2" remote4="$3" \
		-- session-new id=1 tunnel-id=1 local-id="$4" peer-id="$5" np=+ipv4 \
		-- session-attach id=1 ifindex="$(in_ns "$ns" cat /sys/class/net/rtun0/ifindex)" >/dev/null &&
	ip -n "$ns" addr add "$6" peer "$7" dev rtun0 &&
	ip -n "$ns" link set rtun0 mtu 1500 up
}
both()
{
	side "$A" 10.0.0.1 10.0.0.2 101 201 10.9.0.1 10.9.0.2 &&
	side "$B" 10.0.0.2 10.0.0.1 201 101 10.9.0.2 10.9.0.1 &&
	in_ns "$A" ping -q -c 2 -i 0.2 10.9.0.2
}
check "a tunnel between rtun and rtun" both
measure rtun-pptp 10.9.0.2 || ktap_fail "the cost of the tunnel can be measured"
clean() { in_ns "$B" rtun -s session show; [ "$(in_ns "$B" rtun -j -s session show 1 | jq '.[0].stats.dropped')" = 0 ]; }
check "nothing was dropped" clean
ktap_finish
