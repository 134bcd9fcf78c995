#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 1200
# Offloads on and off below the tunnel and on its device: one header for many packets
# (L2TPv3 over UDP), and one whose numbers count on (PPTP); a pseudowire between bridges; and
# the in-tree driver as the other end.  See gen/offloads.sh; offloads_*.sh have the rest.

# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"
. "$(dirname "$0")/gen/offloads.sh"
. "$(dirname "$0")/gen/intree_l2tp.sh"

ktap_header
need ip ping tc python3 ethtool tcpdump taskset bridge
need_gen stream
need_module rtun

check "two hosts, and one behind each, are there" offload_hosts
all_offloads 4 big big udp l2spec=default flags=+peer-offload
all_offloads 4 big not_big pptp flags=+peer-offload

# A pseudowire between two bridges; the hosts behind are on one network.
FAM=4 XPORT=udp
bridged()
{
	local n ns

	v3 flags=+peer-offload || return
	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		ip -n "$ns" addr flush dev rt0 && ip -n "$ns" link add br0 type bridge &&
		ip -n "$ns" link set rt0 master br0 && ip -n "$ns" link set "$([ $n = 1 ] && echo ac || echo bd)" master br0 &&
		ip -n "$ns" link set br0 up || return
	done
	ip -n "$C" addr add 192.168.3.1/24 dev ca && ip -n "$D" addr add 192.168.3.2/24 dev db &&
	busywait 20 in_ns "$C" ping -q -c 1 -W 1 192.168.3.2
}
check "a pseudowire between two bridges" bridged
look "$B" vb
check "a stream between the hosts behind" carries "$C" "$D" 192.168.3.2
check "in packets that are many" big
lists_cut off
look "$B" vb
check "another one, without lists" carries "$C" "$D" 192.168.3.2
check "with one header, they still are many" big
lists_cut on
check "datagrams, 40 at a time" datagrams "$C" "$D" 192.168.3.2 1200 40
tunnels_cut off && joins on
check "the same, cut and joined" carries "$C" "$D" 192.168.3.2
check "the other way" carries "$D" "$C" 192.168.3.1
joins off && tunnels_cut on
check "nothing was dropped or lost" fine
l2_down >/dev/null
ip -n "$A" link del br0 && ip -n "$B" link del br0

# A peer of another kind gets what it can take, whatever the link could carry.  It drops what is
# not the next, so nothing else is sent meanwhile: timers of neighbours and of IPv6 run on any processor.
TRUNK_US=10.0.0.1 TRUNK_THEM=10.0.0.2
check "the in-tree module is there" modprobe -a l2tp_eth l2tp_netlink
check "the devices to come are without IPv6" eval 'in_ns "$A" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 &&
	in_ns "$B" sysctl -qw net.ipv6.conf.default.disable_ipv6=1'
known() { ip -n "${!1}" neigh replace "192.168.9.$3" lladdr "02:00:00:00:09:0$3" dev "$2" nud permanent; } # A|B DEV END
lacks() { echo $(($(packets A rt0 tx) - $(packets B l2e0 rx))); }
while read -r seq words <&3; do
	name="in-tree, sequence $seq"
	check "$name: that end" intree_session "$B" udp 4 - - default $seq
	check "$name: ours" our_session "$A" udp 4 l2spec=default $words
	# It takes nothing before the number that it begins with.
	check "$name: it hears us" eval 'known A rt0 2 && known B l2e0 1 &&
		busywait 20 in_ns "$A" ping -q -c 1 -W 1 192.168.9.2'
	lacked=$(lacks)
	look "$B" vb
	check "$name: a stream to there" carries "$A" "$B" 192.168.9.2
	check "$name: in packets that are many" big
	check "$name: a stream from there" carries "$B" "$A" 192.168.9.1
	check "$name: datagrams, 40 at a time" datagrams "$A" "$B" 192.168.9.2 1200 40
	check "$name: nothing is lost" quiet "$A" 7
	check "$name: it has all that we sent" busywait 10 eval 'at_most "$(lacks)" "$lacked"'
	ctl "$A" tunnel-del id=1
	intree_down "$B"
done 3<<-EOF
	none
	both flags=+seq-tx,+seq-rx
EOF

# Frames that only say they are ours are not cut by us, or their headers would be changed.
check "the link takes no packets that are many" eval 'tunnels_cut off && below A va tso off gso off'
for type in 0x880b 0x00d2 0x00d3 0x00d4; do
	bg in_ns "$B" tcpdump -Z root -i vb -U --immediate-mode -c 1 -w "$TMP/forged" 'greater 900 and not ip and not ip6' 2>"$TMP/forged.err"
	busywait 20 grep -q 'listening on' "$TMP/forged.err"
	check "type $type: a forged packet is sent" says 'sent|refused' in_ns "$A" "$SELFTESTS/gen/forgedgso.py" va $type
	check "type $type: nothing of it arrives" eval 'pings 10.0.0.2 && ! lib_gone "$BG_PID" && stop_bg "$BG_PID" INT'
done
ktap_finish
