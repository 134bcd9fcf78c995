#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What "make bench" runs after bench.sh: L2TPv3 sessions by the thousand, each with a device, of
# ours and of the kernel's own driver, and ours on one device for all (PPP), made and deleted by
# the same program in the same way.  How long that takes, how much memory the kernel needs for
# it, what a datagram costs when it is always the same session and when it is another each time.
# Figures are lines "bench: {...}", as in bench.sh.
#
#	RTUN_SCALE	how many sessions, several numbers one after the other (1 100 1000)
#	RTUN_COUNT	datagrams of each cost (4000)
#
#	A 192.168.9.1 === many1, many2, ... === B, where all of 10.100.0.0/16 is
#	  va 10.0.0.1 ----------------------- vb 10.0.0.2
#
# The one device is A's, many0; B's are one each there, too.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/gen/pair.sh"
. "$SELFTESTS/gen/l2tp.sh"
. "$SELFTESTS/vm/planes.sh"

scale=${RTUN_SCALE:-1 100 1000} count=${RTUN_COUNT:-4000}
if [ -n "${RTUN_HOST-}" ]; then
	clock=-c unit=ns
else
	clock='' unit=instructions
fi
ktap_header
"$CTL" serve /dev/null /dev/null </dev/null >/dev/null 2>&1
need ip python3
need_gen pktcost manysessions
need_module rtun

figure() # MEASURE VALUE UNIT [SIZE]
{
	printf 'bench: {"plane":"%s","measure":"%s","sessions":%d,%s"round":1,"value":%s,"unit":"%s"}\n' \
		"$kind l2tp-udp" "$1" "$number" "${4:+\"size\":$4,}" "$2" "$3" >>"$TMP/figures"
}

hosts()
{
	local end ns name

	l2_hosts 1600 || return
	for end in A B; do
		ns=${!end}
		ip -n "$ns" addr add 192.168.9.${l2_num[$end]}/32 dev lo
		# No thousands of devices that look for neighbours and routers.
		in_ns "$ns" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
	done
	ip -n "$B" route add local 10.100.0.0/16 dev lo && pings 10.0.0.2
	# A neighbour for each device; these are the whole machine's.
	for name in gc_thresh1 gc_thresh2 gc_thresh3; do
		name=net.ipv4.neigh.default.$name
		at_exit sysctl -qw "$name=$(sysctl -n "$name")"
		sysctl -qw "$name=200000"
	done
}

# KiB of the kernel's own, without what allocators keep for later
memory()
{
	local cache

	sync
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done
	awk '/^(Slab|Percpu|VmallocUsed|KernelStack):/ { sum += $2 } END { print sum }' /proc/meminfo
}

tunnels()
{
	local end

	for end in A B; do
		if [ $kind != in-tree ]; then
			XPORT=udp FAM=4 l2_tunnel $end ${l2_num[$end]} || return
		else
			ip -n "${!end}" l2tp add tunnel tunnel_id ${l2_num[$end]} peer_tunnel_id $((3 - l2_num[$end])) \
				encap udp local 10.0.0.${l2_num[$end]} remote 10.0.0.$((3 - l2_num[$end])) \
				udp_sport 1701 udp_dport 1701 udp_csum on || return
		fi
	done
}

# A's device for all of them
device() { ctl "$A" link-add name=many0 mode=multipoint && ip -n "$A" link set many0 mtu 1500 up; }

# Each device up, and behind each of A's an address whose neighbour is known
links()
{
	local end

	if [ $kind = multipoint ]; then
		seq $number | sed 's/.*/link set many& mtu 1500 up/' | ip -n "$B" -batch - &&
		ip -n "$A" route add 10.100.0.0/16 dev many0 src 192.168.9.1
		return
	fi
	for end in A B; do
		seq $number | sed "s/.*/link set many& address 02:00:00:00:00:0${l2_num[$end]} mtu 1500 up/" |
			ip -n "${!end}" -batch - || return
	done
	seq $number | awk '{ to = sprintf("10.100.%d.%d", int($1 / 256), $1 % 256)
		print "route add " to "/32 dev many" $1 " src 192.168.9.1"
		print "neigh add " to " lladdr 02:00:00:00:00:02 dev many" $1 " nud permanent" }' |
		ip -n "$A" -batch -
}

last() { echo 10.100.$((number / 256)).$((number % 256)); }
cost() # MEASURE ADDRESS SIZE
{
	local line packets=$((count > number ? count : number))

	line=$("$GEN/pktcost" $clock "$A" "$B" "$2" "$3" $packets) || { echo "$line"; return 1; }
	figure "$1" "${line##* }" "$unit" "$3"
}

# Less than a thousand say nothing of time and memory.
made()
{
	local took

	took=$(in_ns "$A" "$GEN/manysessions" $driver add 1 $number) || { echo "$took"; return 1; }
	in_ns "$B" "$GEN/manysessions" ${driver/multipoint/ppp} add 2 $number || return
	[ $number -ge 1000 ] || return 0
	figure make "$took" ms
}

# What the allocators keep of sessions that were is there already, whose turn it ever was.
needed()
{
	local before after few=$((number < 1000 ? number : 1000))

	sleep 2 # those deleted are freed later
	before=$(memory)
	in_ns "$A" "$GEN/manysessions" $driver add 1 $few >/dev/null || return
	after=$(memory)
	[ $few -lt 1000 ] || figure memory "$(awk -v k=$((after - before)) -v n=$few 'BEGIN { printf "%.1f", k / n }')" KiB
}

deleted()
{
	local took few=$((number < 1000 ? number : 1000))

	took=$(in_ns "$A" "$GEN/manysessions" $driver del 1 $few) || { echo "$took"; return 1; }
	[ $few -lt 1000 ] || figure delete1000 "$took" ms
}

# With their tunnel, and all of them at once
devices() { ip -n "$A" -o link | grep -c 'many[1-9]'; }
deleted_together()
{
	local began took few=$((number < 1000 ? number : 1000))

	began=${EPOCHREALTIME/[.,]/}
	if [ $kind != in-tree ]; then
		ctl "$A" tunnel-del id=1
	else
		ip -n "$A" l2tp del tunnel tunnel_id 1
	fi
	while [ "$(devices)" != 0 ]; do :; done
	took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	[ $few -lt 1000 ] || figure delete-tunnel1000 "$took" ms
}

down()
{
	if [ $kind != in-tree ]; then
		ctl "$A" flush && ctl "$B" flush && { [ $kind = rtun ] || ip -n "$A" link del many0; }
	else
		ip -n "$B" l2tp del tunnel tunnel_id 2
	fi
	busywait 600 eval '! ip -n "$A" -o link | grep -q many && ! ip -n "$B" -o link | grep -q many'
}

measured() # WHAT CMD...
{
	local what=$1
	shift

	: >"$TMP/figures"
	check "$kind, $number sessions: $what" "$@" || figure failed 0 "$what"
	cat "$TMP/figures"
}

version() { printf 'bench: {"version":"%s","value":"%s"}\n' "$1" "$2"; }
version kernel "$(uname -r)"
version rtun "$(modinfo -F version rtun)"
check "two hosts with a link are there" busily hosts
modprobe -a l2tp_netlink l2tp_eth
"$GEN/manysessions" l2tp del 1 0 >/dev/null

for number in $scale; do
	for kind in rtun in-tree multipoint; do
		driver=${kind/in-tree/l2tp}
		check "$kind: a tunnel" tunnels || continue
		[ $kind != multipoint ] || check "multipoint: a device" device || continue
		measured "made" made
		check "$kind, $number sessions: all up" links
		for size in 64 1400; do
			measured "one, $size octets" cost cost-one "$(last)" $size
			measured "all, $size octets" cost cost-all "10.100.0.1+$number" $size
		done
		measured "deleted" deleted
		measured "some made again" needed
		measured "deleted with their tunnel" deleted_together
		check "$kind, $number sessions: all gone" down
	done
done
ktap_finish
