#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The second guest of l2tp_intree_ip.sh: in-tree sessions over protocol 115, one
# arrangement after the other, each until the first guest says that it is done.
# shellcheck disable=SC2034,SC2086,SC2154
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../vm/pair.sh
. "$SELFTESTS/vm/pair.sh"
# shellcheck source=../gen/intree_l2tp.sh
. "$SELFTESTS/gen/intree_l2tp.sh"

ktap_header
need ip ping
need_module l2tp_eth
need_module l2tp_ip
need_module l2tp_ip6

check "the link to the other guest is up" pair_up 192.0.2.2/24
ip addr add fd00::2/64 dev "$PAIR_DEV" nodad

n=0
for fam in 4 6; do
	TRUNK_US=192.0.2.1 TRUNK_THEM=192.0.2.2
	[ $fam = 4 ] || TRUNK_US=fd00::1 TRUNK_THEM=fd00::2
	while read -r ours theirs sub seq <&3; do
		n=$((n + 1))
		check "arrangement $n: the session is there" intree_session "" ip $fam $ours $theirs $sub $seq
		pair_set up-$n
		pair_wait 200 go-$n >/dev/null
		check "arrangement $n: frames of all kinds pass" exchange "" 1
		[ "$ktap_failed" -gt 0 ] || pair_set went-$n
		pair_wait 200 next-$n >/dev/null
		intree_down ""
	done 3< <(arrangements)
done
ktap_finish
