# shellcheck shell=bash disable=SC2034,SC2154,SC2086,SC2016 # variables of those who source this; words; eval
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two hosts with several links between them, and a multilink bundle over these, for
# the kernel's selftests.  lib.sh and pair.sh come first.
#
#	bundle_hosts N		namespaces A and B with N links: vaI 10.0.I.1, vbI 10.0.I.2,
#				I = 0, 1, ...; nobody speaks IPv6 outside, neighbours are known
#	bundle "XPORT..." [WORD...]	a link session 10+I over each, and a bundle 7 of them with
#				a device rt0 (192.168.9.1, .2; fd09::1, ::2) of MTU $MTU; the words go
#				to session-new of the bundle, on both sides.  An XPORT: pptp, l2tpv2, or
#				l2tpv2-numbered, with ":" and words for session-set of the link behind it
#	bundle_down
#	bundle_link NS I	what is said of a link there
#	ctr NS NAME		a counter of the bundle
#	wires NS DIRECTION	packets each vaI or vbI sent (tx) or received (rx) since the
#				last time it was asked
#	stream [WORD...]	numbered datagrams from A to B inside: $TMP/numbers has what came;
#				with PIN=1 from one processor, which keeps a link's order
#	number NAME		of it
#	ordered			none came out of order, none twice

MTU=1400

known() { ip -n "$1" neigh replace "$3" lladdr "$(in_ns "$4" cat "/sys/class/net/$5/address")" nud permanent dev "$2"; }

bundle_hosts()
{
	local n=$1 i

	LINKS=$n
	new_ns A a && new_ns B b && serve "$A" && serve "$B" || return
	for i in "$A" "$B"; do
		in_ns "$i" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	done
	for ((i = 0; i < n; i++)); do
		link_ns "$A" va$i 10.0.$i.1/24 "$B" vb$i 10.0.$i.2/24 &&
		known "$A" va$i 10.0.$i.2 "$B" vb$i && known "$B" vb$i 10.0.$i.1 "$A" va$i || return
	done
	ctl "$A" owner-bind name=x && ctl "$B" owner-bind name=x
}

bundle_end()
{
	local ns=$1 own=$2 far=$3 xports=$4 i=0 kind words flags ids
	shift 4

	ctl "$ns" tunnel-new xport=mlppp id=100 &&
	ctl "$ns" session-new tunnel-id=100 id=7 np=+ipv4,+ipv6 "$@" || return
	for kind in $xports; do
		words=${kind#*:} kind=${kind%%:*} flags=''
		[ "$words" != "$kind" ] || words=''
		[ "$kind" != l2tpv2-numbered ] || { kind=l2tpv2 flags=flags=+seq-tx,+seq-rx; }
		ids="local-id=$((own * 100 + i)) peer-id=$((far * 100 + i))"
		[ $kind != pptp ] || ids=''
		ctl "$ns" tunnel-new xport=$kind local4=10.0.$i.$own remote4=10.0.$i.$far id=$((i + 1)) \
			$ids &&
		ctl "$ns" session-new tunnel-id=$((i + 1)) id=$((10 + i)) local-id=$((own * 100 + i)) \
			peer-id=$((far * 100 + i)) $flags &&
		ctl "$ns" session-set id=$((10 + i)) bundle=7 ${words//,/ } || return
		i=$((i + 1))
	done
	ctl "$ns" link-add name=rt0 session=7 die mtu=$MTU &&
	in_ns "$ns" sysctl -qw net.ipv6.conf.rt0.disable_ipv6=0 && ip -n "$ns" link set rt0 up &&
	ip -n "$ns" addr add 192.168.9.$own peer 192.168.9.$far dev rt0 &&
	ip -n "$ns" addr add fd09::$own peer fd09::$far dev rt0 nodad
}

bundle()
{
	local xports=$1
	shift

	bundle_end "$A" 1 2 "$xports" "$@" && bundle_end "$B" 2 1 "$xports" "$@"
}
bundle_down() { ctl "$A" flush owner-name=x 2>/dev/null || ctl "$A" flush; ctl "$B" flush; }

ctr() { counter "$1" 7 "$2"; }

stream()
{
	local recv

	bg in_ns "$B" "$SELFTESTS/gen/numbered.py" recv 192.168.9.2 7000 >"$TMP/numbers"
	recv=$BG_PID
	busywait 20 grep -q ready "$TMP/numbers" &&
	in_ns "$A" ${PIN:+taskset -c 0} "$SELFTESTS/gen/numbered.py" send 192.168.9.2 7000 count=$COUNT "$@" &&
	busywait 60 lib_gone "$recv" && cat "$TMP/numbers"
}
number() { sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$TMP/numbers"; }
ordered() { cat "$TMP/numbers"; [ "$(number disorder)" = 0 ] && [ "$(number twice)" = 0 ]; }
whole() { ordered && [ "$(number lost)" = 0 ]; }
netem() { local end=$1 i=$2; shift 2; tc -n "${!end}" qdisc replace dev v${end,,}$i root netem limit 10000 "$@"; }
netem_off() { local end=$1 i=$2; tc -n "${!end}" qdisc del dev v${end,,}$i root; }
dropped() { tc -n "$A" -s -j qdisc show dev va$1 | jq '[.[] | select(.kind == "netem") | .drops] | add // 0'; }
equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }
at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }
at_most() { [ "$1" -le "$2" ] || { echo "$1, expected $2 at most"; return 1; }; }
