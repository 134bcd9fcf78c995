#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ethernet pseudowires over UDP against the kernel's own driver, l2tp_eth, as "ip
# l2tp" configures it: each family, cookies of 0, 4 and 8 octets, without sublayer,
# with it, and numbered.  Protocol 115 has one owner in a kernel: for it there is
# l2tp_intree_ip.sh.
#
#	A rt0 192.168.9.1 ============= l2e0 192.168.9.2 P
#	  rt0.5 192.168.5.1 =========== l2e0.5 192.168.5.2
#	  va 10.0.0.1, fd00::1 -------- vp 10.0.0.2, fd00::2
#	  rtun                          l2tp_core, l2tp_eth

# shellcheck disable=SC2034,SC2046,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"
. "$(dirname "$0")/gen/intree_l2tp.sh"

ktap_header
need ip ping python3
need_module rtun
need_module l2tp_eth

hosts()
{
	new_ns A a && new_ns P p && serve "$A" &&
	link_ns "$A" va 10.0.0.1/24 "$P" vp 10.0.0.2/24 &&
	ip -n "$A" addr add fd00::1/64 dev va nodad && ip -n "$P" addr add fd00::2/64 dev vp nodad &&
	ip -n "$A" link set va mtu 1700 && ip -n "$P" link set vp mtu 1700
}
check "two hosts with a link are there" hosts

for fam in 4 6; do
	TRUNK_US=10.0.0.1 TRUNK_THEM=10.0.0.2
	[ $fam = 4 ] || TRUNK_US=fd00::1 TRUNK_THEM=fd00::2
	while read -r ours theirs sub seq <&3; do
		[ "$ours" = - ] && size=0 || size=$((${#ours} / 2))
		name="UDP on IPv$fam, cookies of $size octets, sublayer $sub, sequence $seq"
		check "$name: the in-tree end comes up" intree_session "$P" udp $fam $ours $theirs $sub $seq
		check "$name: ours does" our_session "$A" udp $fam $(our_words $ours $theirs $sub $seq)
		check "$name: frames of all kinds pass from here" exchange "$A" 2
		check "$name: and from there" exchange "$P" 1
		check "$name: nothing was dropped or lost here" quiet "$A" 7
		ctl "$A" tunnel-del id=1
		intree_down "$P"
	done 3< <(arrangements)
done

# What one end does and the other does not
TRUNK_US=10.0.0.1 TRUNK_THEM=10.0.0.2
check "the in-tree end has another cookie" intree_session "$P" udp 4 a1b2c3d4 11223344 none none
check "than ours awaits" our_session "$A" udp 4 cookie-tx=a1b2c3d4 cookie-rx=11223345
in_ns "$P" ping -q -W 1 -c 2 192.168.9.1 >/dev/null
check "and its frames are dropped for that" at_least "$(counter "$A" 7 drops.cookie)" 1
ctl "$A" tunnel-del id=1
intree_down "$P"
ktap_finish
