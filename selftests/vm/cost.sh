#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest that counts instructions (boot.sh --icount): what one UDP datagram
# costs on plain veth and through a tunnel, both system calls included.  "added"
# is what the tunnel costs beside plain veth without offloads.  Tunnels are made by
# hand, ours and those of the in-tree driver; veth under them has its offloads.
#
#	+---+ 10.0.0.1     10.0.0.2 +---+
#	| A |--- va -------- vb ---| B |
#	+---+ 192.168.9.1   .2      +---+
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/gen/pair.sh"
. "$SELFTESTS/gen/l2tp.sh"

rounds=${RTUN_ROUNDS:-2} count=${RTUN_COUNT:-8000}
ktap_header
# The clock jumps while the guest waits for a file: have them read before anything waits.
"$CTL" serve /dev/null </dev/null >/dev/null 2>&1
need ip ethtool python3
need_gen pktcost
need_module rtun

# For vm/profile.py: what the next span of the profiler is, and where functions lie.
spans=0
symbols()
{
	[ -n "${RTUN_PROFILE-}" ] || return 0
	[ -e /ctl/symbols ] || grep ' [tTwW] ' /proc/kallsyms | grep -v '\[' >/ctl/symbols
	{ echo "span $((spans++)) $*" && grep ' [tTwW] .*\[' /proc/kallsyms; } >>/ctl/symbols
}

declare -A plain
measure() # NAME ADDRESS
{
	local size line cost round

	for size in 64 1400; do
		for ((round = 1; round <= rounds; round++)); do
			symbols "$1" $size $count
			if ! line=$("$GEN/pktcost" "$A" "$B" "$2" "$size" "$count"); then
				echo "$1: $line"
				return 1
			fi
			cost=${line##* }
			: "${plain[$size]:=$cost}"
			ktap_say "$(printf '%-22s %5d octets  %7d instructions a packet, %+6d to plain veth' \
				"$1" "$size" "$cost" $((cost - plain[$size])))"
		done
	done
}
measured() { measure "$@" || ktap_fail "the cost of $1 can be measured"; }

offloads()
{
	in_ns "$A" ethtool -K va tso $1 gso $1 gro $1 tx $1 rx $1 >/dev/null
	in_ns "$B" ethtool -K vb tso $1 gso $1 gro $1 tx $1 rx $1 >/dev/null
}

# --- ours -----------------------------------------------------------------------

pptp()
{
	local n ns

	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		ctl "$ns" tunnel-new xport=pptp local4=10.0.0.$n remote4=10.0.0.$((3 - n)) id=1 &&
		ctl "$ns" session-new tunnel-id=1 id=7 local-id=$((100 * n)) peer-id=$((300 - 100 * n)) np=+ipv4 &&
		ctl "$ns" link-add name=rt0 session=7 die &&
		ip -n "$ns" addr add 192.168.9.$n peer 192.168.9.$((3 - n)) dev rt0 &&
		ip -n "$ns" link set rt0 mtu 1500 up || return
	done
}

# What is sent with one key is received with it.
pptp_mppe() # MODE
{
	local a=128:00112233445566778899aabbccddeeff$1 b=128:ffeeddccbbaa99887766554433221100$1

	pptp &&
	ctl "$A" session-set id=7 mppe-rx=$b && ctl "$B" session-set id=7 mppe-rx=$a &&
	ctl "$A" session-set id=7 mppe-tx=$a && ctl "$B" session-set id=7 mppe-tx=$b
}

# A bundle of so many links over PPTP; the second one has a veth pair of its own.
mlppp() # LINKS [WORD...]
{
	local links=$1 n ns i
	shift

	[ -e "$TMP/second" ] || { link_ns "$A" va2 10.0.1.1/24 "$B" vb2 10.0.1.2/24 &&
		ip -n "$A" link set va2 mtu 1600 && ip -n "$B" link set vb2 mtu 1600 && touch "$TMP/second" &&
		in_ns "$A" ping -qc 1 10.0.1.2 >/dev/null; } || return
	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		ctl "$ns" tunnel-new xport=mlppp id=100 && ctl "$ns" session-new tunnel-id=100 id=7 np=+ipv4 "$@" || return
		for ((i = 0; i < links; i++)); do
			ctl "$ns" tunnel-new xport=pptp local4=10.0.$i.$n remote4=10.0.$i.$((3 - n)) id=$((i + 1)) &&
			ctl "$ns" session-new tunnel-id=$((i + 1)) id=$((10 + i)) local-id=$((100 * n + i)) \
				peer-id=$((300 - 100 * n + i)) && ctl "$ns" session-set id=$((10 + i)) bundle=7 || return
		done
		ctl "$ns" link-add name=rt0 session=7 die && ip -n "$ns" link set rt0 mtu 1500 up &&
		ip -n "$ns" addr add 192.168.9.$n peer 192.168.9.$((3 - n)) dev rt0 || return
	done
}

l2tp()
{
	l2_pair "$@" && ip -n "$A" link set rt0 mtu 1500 && ip -n "$B" link set rt0 mtu 1500
}

ours() # NAME CMD...
{
	local name=$1
	shift

	check "$name comes up" "$@" || return
	pings 192.168.9.2 >/dev/null
	measured "$name" 192.168.9.2
	check "nothing was dropped" eval 'quiet "$A" 7 && quiet "$B" 7'
	ctl "$A" flush && ctl "$B" flush
}

# --- in-tree ----------------------------------------------------------------------

intree_end() # NS ENCAP N
{
	local ns=$1 n=$3 other=$((3 - $3)) ports=''

	[ "$2" = ip ] || ports="udp_sport 1701 udp_dport 1701"
	ip -n "$ns" l2tp add tunnel tunnel_id $n peer_tunnel_id $other encap "$2" \
		local 10.0.0.$n remote 10.0.0.$other $ports &&
	ip -n "$ns" l2tp add session name l2e0 tunnel_id $n session_id $n peer_session_id $other &&
	ip -n "$ns" link set l2e0 mtu 1500 up && ip -n "$ns" addr add 192.168.9.$n/24 dev l2e0
}

intree() # ENCAP
{
	both() { intree_end "$A" "$1" 1 && intree_end "$B" "$1" 2 && pings 192.168.9.2; }
	check "in-tree l2tp-$1 comes up" both "$1" || return
	measured "in-tree l2tp-$1" 192.168.9.2
	ip -n "$A" l2tp del tunnel tunnel_id 1
	ip -n "$B" l2tp del tunnel tunnel_id 2
}

XPORT=udp FAM=4
check "two hosts with a link are there" l2_hosts 1600
offloads off
in_ns "$A" ping -qc 1 10.0.0.2 >/dev/null
measured "veth, no offloads" 10.0.0.2
offloads on

ctl "$A" owner-bind name=cost && ctl "$B" owner-bind name=cost
ours "rtun pptp" pptp
ours "rtun pptp, MPPE 128" pptp_mppe ''
ours "rtun pptp, stateful" pptp_mppe :stateful
ours "rtun mlppp, 1 link" mlppp 1
ours "rtun mlppp, 2 links" mlppp 2
ours "rtun mlppp, 2 links, cut" mlppp 2 mp-mode=balance
XPORT=udp
ours "rtun l2tp-udp" l2tp l2spec=default
ours "rtun l2tp-udp, numbered" l2tp l2spec=default flags=+seq-tx,+seq-rx
XPORT=ip
ours "rtun l2tp-ip" l2tp l2spec=default
ours "rtun l2tp-ip, numbered" l2tp l2spec=default flags=+seq-tx,+seq-rx

intree udp
# Protocol 115 has one owner in a kernel.
check "our module unloads" modprobe -r rtun
intree ip
ktap_finish
