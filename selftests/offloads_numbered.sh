#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Offloads on and off below the tunnel and on its device, for numbered L2TPv3 over UDP whose
# packets cross many at a time with one header: see offloads.sh.

# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"
. "$(dirname "$0")/gen/offloads.sh"

ktap_header
need ip ping tc python3 ethtool tcpdump taskset
need_gen stream
need_module rtun

check "two hosts, and one behind each, are there" offload_hosts
all_offloads 6 big not_big udp l2spec=default flags=+seq-tx,+seq-rx,+peer-offload
all_offloads 4 big not_big v3ppp l2spec=default flags=+acfc-tx,+seq-tx,+seq-rx,+peer-offload

# What has to be cut where it arrives is still the peer's, whose address is one of this link alone.
link_local()
{
	local end

	ip -n "$A" addr add fe80::1/64 dev va nodad && ip -n "$B" addr add fe80::2/64 dev vb nodad || return
	l2_addr() { echo "fe80::${l2_num[$1]}"; }
	for end in A B; do
		l2_tun[$end]=oif=$(in_ns "${!end}" cat /sys/class/net/v${end,}/ifindex)
	done
	FAM=6
	udp l2spec=default flags=+seq-tx,+seq-rx,+peer-offload
}
check "link-local: two ends come up" link_local
check "link-local: they hear each other" busywait 20 pings -c 1 192.168.9.2
check "link-local: the link reorders" in_ns "$A" tc qdisc add dev va root netem delay 2ms reorder 60%
check "link-local: a stream of TCP" carries "$A" "$B" 192.168.9.2
check "link-local: its packets had to be put in order" at_most 1 "$(counter "$B" 7 rx-buffered)"
check "link-local: none was a stranger's" equal "$(field "$B" session.stats.drops session-get id=7 | grep -o peer-addr)" ""
ktap_finish
