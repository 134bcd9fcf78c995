# shellcheck shell=bash disable=SC2034,SC2154,SC2086 # variables of those who source this; words
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The in-tree L2TPv3 driver as the other end, for the selftests: what "ip l2tp" is
# to be told for each arrangement, on its side and on ours.
#
#	arrangements		one a line: cookie of ours, cookie of theirs ("-": none),
#				sublayer none|default, sequence none|both
#	intree_session NS ENCAP FAM COOKIE-OURS COOKIE-THEIRS SUBLAYER SEQ
#				an in-tree tunnel 3 (peer 4) and session 200 (peer 100),
#				device l2e0 with 192.168.9.2; ENCAP udp|ip; TRUNK_US and
#				TRUNK_THEM are the outer addresses
#	intree_down NS
#	our_words COOKIE-OURS COOKIE-THEIRS SUBLAYER SEQ	for session-new

arrangements()
{
	local cookies sub

	for cookies in "- -" "a1b2c3d4 11223344" "0102030405060708 f1f2f3f4f5f6f7f8"; do
		for sub in "none none" "default none" "default both"; do
			echo "$cookies $sub"
		done
	done
}

intree_session()
{
	local ns=$1 encap=$2 fam=$3 ours=$4 theirs=$5 sub=$6 seq=$7 ports=''

	[ "$encap" = ip ] || ports="udp_sport 1701 udp_dport 1701"
	ip ${ns:+-n "$ns"} l2tp add tunnel tunnel_id 3 peer_tunnel_id 4 encap "$encap" \
		local "$TRUNK_THEM" remote "$TRUNK_US" $ports || return
	[ "$theirs" = - ] || theirs="cookie $theirs"
	[ "$ours" = - ] || ours="peer_cookie $ours"
	ip ${ns:+-n "$ns"} l2tp add session name l2e0 tunnel_id 3 session_id 200 peer_session_id 100 \
		${theirs#-} ${ours#-} l2spec_type "$sub" seq "$seq" &&
	ip ${ns:+-n "$ns"} link set l2e0 address 02:00:00:00:09:02 mtu 1500 up &&
	ip ${ns:+-n "$ns"} addr add 192.168.9.2/24 dev l2e0 &&
	ip ${ns:+-n "$ns"} link add link l2e0 name l2e0.5 type vlan id 5 &&
	ip ${ns:+-n "$ns"} addr add 192.168.5.2/24 dev l2e0.5 &&
	ip ${ns:+-n "$ns"} link set l2e0.5 up
}

intree_down()
{
	ip ${1:+-n "$1"} l2tp del session tunnel_id 3 session_id 200
	ip ${1:+-n "$1"} l2tp del tunnel tunnel_id 3
}

our_words()
{
	local words="l2spec=$3"

	[ "$1" = - ] || words+=" cookie-tx=$1"
	[ "$2" = - ] || words+=" cookie-rx=$2"
	[ "$4" = none ] || words+=" flags=+seq-tx,+seq-rx"
	echo "$words"
}

# our_session NS ENCAP FAM WORDS...: our end, device rt0
our_session()
{
	local ns=$1 encap=$2 fam=$3
	shift 3

	ctl "$ns" tunnel-new xport=l2tpv3-$encap local$fam=$TRUNK_US remote$fam=$TRUNK_THEM id=1 &&
	ctl "$ns" session-new tunnel-id=1 id=7 local-id=100 peer-id=200 "$@" &&
	ctl "$ns" link-add name=rt0 session=7 mode=eth die address=02:00:00:00:09:01 mtu=1500 &&
	ip -n "$ns" link set rt0 up && ip -n "$ns" addr add 192.168.9.1/24 dev rt0 &&
	ip -n "$ns" link add link rt0 name rt0.5 type vlan id 5 &&
	ip -n "$ns" addr add 192.168.5.1/24 dev rt0.5 && ip -n "$ns" link set rt0.5 up
}

# The same packets in either direction: exchange NS ADDRESS-END
exchange()
{
	local ping=(ping -q -W 5 -c 2 -i 0.1) end=$2

	[ -z "$1" ] || ping=(in_ns "$1" "${ping[@]}")
	# The in-tree receiver takes numbers from 0 on: ours may begin before the wrap.
	busywait 20 "${ping[@]}" "192.168.9.$end" &&
	"${ping[@]}" -s 18 "192.168.9.$end" &&
	"${ping[@]}" -M 'do' -s 1472 "192.168.9.$end" &&
	"${ping[@]}" -s 1400 "192.168.5.$end"
}
