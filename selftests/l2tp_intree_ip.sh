#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PEER: peers/l2tp_ip_guest.sh
#
# Ethernet pseudowires over IP protocol 115 against the kernel's own drivers,
# l2tp_ip and l2tp_ip6, in a second guest: each family, cookies of 0, 4 and 8
# octets, without sublayer, with it, and numbered.
#
#	first guest                               second guest
#	+-----------+ 192.0.2.1       192.0.2.2 +--------------------+
#	| A: rtun   |------ virtio-net link ----| l2tp_eth, l2tp_ip  |
#	+-----------+ fd00::1           fd00::2 +--------------------+
#	 rt0 192.168.9.1   ====================   l2e0 192.168.9.2
#	 rt0.5 192.168.5.1 ==================== l2e0.5 192.168.5.2

# shellcheck disable=SC2034,SC2046,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/vm/pair.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"
. "$(dirname "$0")/gen/intree_l2tp.sh"

ktap_header
need ip ping python3
[ -n "${VM_PAIR-}" ] || ktap_skip_all "it needs a pair of guests: run.sh --vm"
need_module rtun

new_ns A a
serve "$A"
check "the link to the other guest is up" pair_up 192.0.2.1/24 "$A"
at_exit ip -n "$A" link set "$PAIR_DEV" netns 1
ip -n "$A" addr add fd00::1/64 dev "$PAIR_DEV" nodad

n=0
for fam in 4 6; do
	TRUNK_US=192.0.2.1 TRUNK_THEM=192.0.2.2
	[ $fam = 4 ] || TRUNK_US=fd00::1 TRUNK_THEM=fd00::2
	while read -r ours theirs sub seq <&3; do
		n=$((n + 1))
		[ "$ours" = - ] && size=0 || size=$((${#ours} / 2))
		name="protocol 115 on IPv$fam, cookies of $size octets, sublayer $sub, sequence $seq"
		check "$name: the in-tree end comes up" pair_wait 120 up-$n
		check "$name: ours does" our_session "$A" ip $fam $(our_words $ours $theirs $sub $seq)
		check "$name: frames of all kinds pass from here" exchange "$A" 2
		pair_set go-$n
		check "$name: and from there" pair_wait 120 went-$n
		check "$name: nothing was dropped or lost here" quiet "$A" 7
		ctl "$A" tunnel-del id=1
		pair_set next-$n
	done 3< <(arrangements)
done
check_not "the in-tree driver of protocol 115 is not loaded here" test -d /sys/module/l2tp_ip
ktap_finish
