#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What "make bench" runs, in a guest that counts instructions (boot.sh --icount) or on
# the host by the clock (RTUN_HOST=1): tunnels of ours, the kernel's own, those of user
# space and other kinds, one after the other over the same veth: what a datagram costs
# and what one TCP flow gets.  Each figure is a line "bench: {...}"; scripts/bench
# gathers them.  A tunnel that does not come up is a failed test and a line of its own.
#
#	RTUN_ROUNDS	how often everything is done (2)
#	RTUN_SECONDS	of each TCP flow (1)
#	RTUN_COUNT	datagrams of each cost (4000)
#	RTUN_PLANES	only those whose name matches this extended regular expression
#	RTUN_QUICK	nothing of user space
#	RTUN_PROFILE	for boot.sh --profile: nothing but costs, of 64 octets and of what is not
#			in user space, once
#
# The picture is in planes.sh.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/gen/pair.sh"
. "$SELFTESTS/gen/l2tp.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/pptp_linux.sh"
. "$SELFTESTS/vm/planes.sh"

rounds=${RTUN_ROUNDS:-2} seconds=${RTUN_SECONDS:-1} count=${RTUN_COUNT:-4000}
curve="64 256 512 1024 1400" ends="64 1400"
if [ -n "${RTUN_HOST-}" ]; then
	clock=-c unit=ns
else
	clock='' unit=instructions
fi
if [ -n "${RTUN_PROFILE-}" ]; then
	curve=64 ends=64 rounds=1 count=1600 RTUN_QUICK=1
fi
ktap_header
# The clock jumps while the guest waits for a file: have them read before anything waits.
"$CTL" serve /dev/null /dev/null </dev/null >/dev/null 2>&1
need ip ethtool python3 iperf3 jq wg pppd pptpd pptp
need_gen pktcost intree_ppp intree_pptp.so

intree_modules="pptp l2tp_ip l2tp_ip6 l2tp_eth l2tp_ppp l2tp_netlink l2tp_core"
without_intree()
{
	local module

	for module in $intree_modules; do
		[ ! -d "/sys/module/$module" ] || modprobe -r "$module" || return
	done
}

# GRE version 1 and protocol 115 have one owner in a kernel: ours and theirs take turns.
ours_begin()
{
	local end

	without_intree && modprobe rtun || return
	for end in A B; do
		serve "${!end}" && servers+=("$BG_PID") && ctl "${!end}" owner-bind name=bench || return
	done
}
ours_end()
{
	local pid ns fd

	for pid in "${servers[@]}"; do
		stop_bg "$pid"
	done
	servers=()
	for ns in "$A" "$B"; do
		for fd in "${ctl_in[$ns]}" "${ctl_out[$ns]}"; do
			exec {fd}>&-
		done
		unset 'ctl_in[$ns]' 'ctl_out[$ns]'
		rm -f "$TMP/$ns.in" "$TMP/$ns.out"
	done
	modprobe -r rtun
}

hosts()
{
	new_ns A a && new_ns B b &&
	link_ns "$A" va 10.0.0.1/24 "$B" vb 10.0.0.2/24 &&
	ip -n "$A" link set va mtu 1600 && ip -n "$B" link set vb mtu 1600 && second_link &&
	in_ns "$A" ping -qc 1 10.0.0.2
}

# --- Measures -------------------------------------------------------------------------

version() { printf 'bench: {"version":"%s","value":"%s"}\n' "$1" "$2"; }
figure() # PLANE MEASURE VALUE UNIT [SIZE]
{
	printf 'bench: {"plane":"%s","measure":"%s",%s"round":%d,"value":%s,"unit":"%s"}\n' \
		"$1" "$2" "${5:+\"size\":$5,}" "$round" "$3" "$4"
}

cost() # PLANE ADDRESS SIZES COUNT
{
	local size line

	for size in $3; do
		symbols "$1" "$size" "$4"
		line=$("$GEN/pktcost" $clock "$A" "$B" "$2" "$size" "$4") || { echo "$size octets: $line"; return 1; }
		figure "$1" cost "${line##* }" "$unit" "$size" >>"$TMP/figures"
	done
}

mbit() # ADDRESS
{
	in_ns "$A" timeout 300 iperf3 -J -c "$1" -t "$seconds" >"$TMP/iperf" &&
		jq -e '.end.sum_received.bits_per_second / 1e5 | round / 10' "$TMP/iperf" ||
		{ cat "$TMP/iperf" >&2; return 1; }
}

tcp() # PLANE MEASURE ADDRESS
{
	local got

	got=$(mbit "$3") && figure "$1" "$2" "$got" Mbit/s >>"$TMP/figures"
}

# Each device that is up at both ends; those of the tunnel do not outlive it.
no_offloads()
{
	local ns dev what

	for ns in "$A" "$B"; do
		for dev in $(ip -n "$ns" -o link show up | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p'); do
			[ "$dev" != lo ] || continue
			# One by one: what a device cannot change is off already.
			for what in tso gso gro tx rx; do
				in_ns "$ns" ethtool -K "$dev" $what off >/dev/null 2>&1
			done
			! in_ns "$ns" ethtool -k "$dev" | grep -E '^(tcp-seg|generic-).*-offload: on' || return
		done
	done
}
# As veth has them when it is made
offloads_again()
{
	local i

	for i in '' 2; do
		in_ns "$A" ethtool -K va$i tso on gso on gro $gro tx on rx on >/dev/null
		in_ns "$B" ethtool -K vb$i tso on gso on gro $gro tx on rx on >/dev/null
	done
}

measured() # PLANE WHAT CMD...
{
	local name=$1 what=$2
	shift 2

	: >"$TMP/figures"
	check "$name: $what, round $round" "$@" || figure "$name" failed 0 "$what"
	cat "$TMP/figures"
}

wanted() { [[ $1 =~ ${RTUN_PLANES:-.} ]]; }

plane() # NAME ADDRESS SIZES COUNT CMD...
{
	local name=$1 address=$2 sizes=$3 count=$4
	shift 4

	wanted "$name" || return 0
	if check "$name comes up, round $round" busily "$@" &&
	   check "$name answers, round $round" busywait 20 pings "$address"; then
		measured "$name" cost cost "$name" "$address" "$sizes" "$count"
	else
		figure "$name" failed 0 up
		plane_down
		return
	fi
	if [ -z "${RTUN_PROFILE-}" ]; then
		measured "$name" tcp tcp "$name" tcp "$address"
		if check "$name: no device has offloads, round $round" no_offloads; then
			measured "$name" tcp-plain tcp "$name" tcp-plain "$address"
		else
			figure "$name" failed 0 tcp-plain
		fi
		offloads_again
	fi
	plane_down
}

# --- What is measured -------------------------------------------------------------------

references()
{
	local kind

	plane "veth" 10.0.0.2 "$curve" "$count" true
	if wanted "veth, no offloads"; then
		no_offloads
		measured "veth, no offloads" cost cost "veth, no offloads" 10.0.0.2 "$curve" "$count"
		offloads_again
	fi
	for kind in gre gretap vxlan wireguard; do
		plane $kind 192.168.9.2 "$ends" "$count" reference $kind
	done
}

ours()
{
	local to=192.168.9.2

	plane "rtun pptp" $to "$curve" "$count" pptp
	plane "rtun pptp mppe" $to "$curve" "$count" pptp_mppe ''
	plane "rtun pptp mppe stateful" $to "$ends" "$count" pptp_mppe :stateful
	plane "rtun mlppp 1 link" $to "$ends" "$count" mlppp 1
	plane "rtun mlppp 2 links" $to "$ends" "$count" mlppp 2
	plane "rtun mlppp 2 links cut" $to "$ends" "$count" mlppp 2 mp-mode=balance
	XPORT=udp
	plane "rtun l2tp-udp" $to "$curve" "$count" l2tp l2spec=default $ours
	plane "rtun l2tp-udp numbered" $to "$ends" "$count" l2tp l2spec=default $ours,+seq-tx,+seq-rx
	XPORT=ip
	plane "rtun l2tp-ip" $to "$ends" "$count" l2tp l2spec=default $ours
	plane "rtun l2tp-ip numbered" $to "$ends" "$count" l2tp l2spec=default $ours,+seq-tx,+seq-rx
}

intree()
{
	local to=192.168.9.2

	plane "in-tree pptp" $to "$curve" "$count" intree_pptp
	plane "in-tree pptp mppe" $to "$curve" "$count" intree_mppe
	plane "in-tree mlppp 1 link" $to "$ends" "$count" intree_mlppp 1
	plane "in-tree mlppp 2 links" $to "$ends" "$count" intree_mlppp 2
	plane "in-tree l2tp-udp" $to "$curve" "$count" intree_l2tp udp
	plane "in-tree l2tp-udp numbered" $to "$ends" "$count" intree_l2tp udp seq both
	plane "in-tree l2tp-ip" $to "$ends" "$count" intree_l2tp ip
	plane "in-tree l2tp-ip numbered" $to "$ends" "$count" intree_l2tp ip seq both
}

# Slow: fewer datagrams.
user()
{
	local few=$((count < 1500 ? count : 1500))

	plane "user-space pptp" 10.8.0.1 "$ends" "$few" user_pptp
	plane "user-space pptp mppe" 10.8.0.1 "$ends" "$few" user_pptp require-mppe-128
}

version kernel "$(uname -r)"
version rtun "$(modinfo -F version rtun)"
version iperf3 "$(iperf3 --version | sed -n '1s/^iperf \([^ ]*\).*/\1/p')"
version pppd "$(pppd --version 2>&1 | sed 's/.*version //;1q')"
version pptpd "$(pptpd --version 2>&1 | sed 's/.*v//;1q')"
version pptp-linux "$(command pptp --version 2>&1 | sed 's/.*version //;1q')"
version wg "$(wg --version | sed 's/.*tools v\([^ ]*\).*/\1/;1q')"

XPORT=udp FAM=4 servers=() round=0
check "two hosts with two links are there" busily hosts
gro=$(in_ns "$A" ethtool -k va | sed -n 's/^generic-receive-offload: \([a-z]*\).*/\1/p')
bg in_ns "$B" iperf3 -s >/dev/null 2>&1
check "a server for TCP" busywait 20 in_ns "$B" sh -c 'ss -Hltn sport = 5201 | grep -q .'
ktap_say "veth has GRO $gro"
# What the first use reads from disk is not measured.
mbit 10.0.0.2 >/dev/null 2>&1

for ((round = 1; round <= rounds; round++)); do
	references
	if check "rtun has the kernel, round $round" busily ours_begin; then
		ours
	fi
	check "rtun leaves, round $round" ours_end
	# -i: what keeps pptp out (etc/modprobe.d) does not mean this.
	if check "the kernel's own drivers load, round $round" modprobe -ai pptp l2tp_ip l2tp_eth; then
		intree
	fi
	check "they leave, round $round" without_intree
	[ -n "${RTUN_QUICK-}" ] || user
done
ktap_finish
