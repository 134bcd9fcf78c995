#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest that counts instructions (boot.sh --icount): what one UDP datagram
# costs on plain veth and through a tunnel, both system calls included.  "added"
# is what the tunnel costs beside plain veth without offloads.  Tunnels are made by
# hand, ours and those of the in-tree driver; veth under them has its offloads.  The
# picture is in planes.sh.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/gen/pair.sh"
. "$SELFTESTS/gen/l2tp.sh"
. "$SELFTESTS/vm/planes.sh"

rounds=${RTUN_ROUNDS:-2} count=${RTUN_COUNT:-8000}
ktap_header
# The clock jumps while the guest waits for a file: have them read before anything waits.
"$CTL" serve /dev/null /dev/null </dev/null >/dev/null 2>&1
need ip ethtool python3
need_gen pktcost
need_module rtun

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

ours() # NAME CMD...
{
	local name=$1
	shift

	check "$name comes up" "$@" || return
	pings 192.168.9.2 >/dev/null
	measured "$name" 192.168.9.2
	check "nothing was dropped" eval 'quiet "$A" 7 && quiet "$B" 7'
	plane_down
}

intree() # ENCAP
{
	both() { intree_l2tp "$1" && pings 192.168.9.2; }
	check "in-tree l2tp-$1 comes up" both "$1" || return
	measured "in-tree l2tp-$1" 192.168.9.2
	plane_down
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
ours "rtun l2tp-udp" l2tp l2spec=default $ours
ours "rtun l2tp-udp, numbered" l2tp l2spec=default $ours,+seq-tx,+seq-rx
XPORT=ip
ours "rtun l2tp-ip" l2tp l2spec=default $ours
ours "rtun l2tp-ip, numbered" l2tp l2spec=default $ours,+seq-tx,+seq-rx

intree udp
# Protocol 115 has one owner in a kernel.
check "our module unloads" modprobe -r rtun
intree ip
ktap_finish
