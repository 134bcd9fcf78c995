#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 1200
# A bad underlay and numbered packets: PPTP, and L2TPv3 over UDP and protocol 115
# with sequencing.  netem is on A's side of the link, towards B; a numbered stream
# goes the same way inside.  With 50 ms to wait for what is missing, the tunnel
# delivers nothing out of order and nothing twice, loses nothing that is only
# late, and what it loses is what netem dropped: counted, not estimated.
#
#	A rt0 192.168.9.1 ============= rt0 192.168.9.2 B
#	  va 10.0.0.1 [netem] --------- vb 10.0.0.2
#
# The conditions have the names of the tables in which others were measured:
# late5: 5 % of the packets come 25 ms late; early5: all do but 5 %, which overtake.

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip tc jq python3 tcpdump tshark taskset
need_module rtun

COUNT=2000 GAP=400
[ -z "${RTUN_SMALL-}" ] || COUNT=300

# Neighbours are known and no one speaks IPv6: nothing but the stream is on the
# link, and each packet outside is one inside.
hosts()
{
	new_ns A a && new_ns B b && serve "$A" && serve "$B" &&
	in_ns "$A" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 &&
	in_ns "$B" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 &&
	link_ns "$A" va 10.0.0.1/24 "$B" vb 10.0.0.2/24 &&
	known "$A" va 10.0.0.2 "$B" vb && known "$B" vb 10.0.0.1 "$A" va &&
	ctl "$A" owner-bind name=x && ctl "$B" owner-bind name=x
}
known() { ip -n "$1" neigh replace "$3" lladdr "$(in_ns "$4" cat "/sys/class/net/$5/address")" nud permanent dev "$2"; }

# plane TUNNEL-WORDS SESSION-WORDS LINK-WORDS
plane()
{
	local n ns

	ctl "$A" tunnel-new $1 local4=10.0.0.1 remote4=10.0.0.2 id=1 &&
	ctl "$B" tunnel-new $1 local4=10.0.0.2 remote4=10.0.0.1 id=1 &&
	ctl "$A" session-new tunnel-id=1 id=7 local-id=100 peer-id=200 reorder-timeout=50 $2 &&
	ctl "$B" session-new tunnel-id=1 id=7 local-id=200 peer-id=100 reorder-timeout=50 $2 || return
	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		ctl "$ns" link-add name=rt0 session=7 die mtu=1400 $3 && ip -n "$ns" link set rt0 up &&
		ip -n "$ns" addr add 192.168.9.$n/24 dev rt0 || return
	done
	[ -z "$3" ] || { known "$A" rt0 192.168.9.2 "$B" rt0 && known "$B" rt0 192.168.9.1 "$A" rt0; }
}
plane_down() { ctl "$A" tunnel-del id=1 && ctl "$B" tunnel-del id=1; }

dropped() { tc -n "$A" -s -j qdisc show dev va | jq '[.[] | select(.kind == "netem") | .drops] | add'; }
number() { sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$TMP/numbers"; }

# One stream: $TMP/numbers has what arrived, OUTSIDE what netem dropped.
# With PIN=1 from one processor: what two of them queue at a veth pair arrives in disorder.
stream() # NETEM [ADDRESS [SIZES]]
{
	local recv to=${2:-192.168.9.2}

	bg in_ns "$B" "$SELFTESTS/gen/numbered.py" recv "$to" 7000 >"$TMP/numbers"
	recv=$BG_PID
	busywait 20 grep -q ready "$TMP/numbers" &&
	tc -n "$A" qdisc replace dev va root netem limit 10000 $1 &&
	in_ns "$A" ${PIN:+taskset -c 0} "$SELFTESTS/gen/numbered.py" send "$to" 7000 count=$COUNT size=${3:-200} gap=$GAP &&
	busywait 60 lib_gone "$recv" || return
	OUTSIDE=$(dropped)
	tc -n "$A" qdisc del dev va root
}

ordered() { cat "$TMP/numbers"; [ "$(number disorder)" = 0 ] && [ "$(number twice)" = 0 ]; }
same_loss() { cat "$TMP/numbers"; echo "netem dropped $OUTSIDE"; [ "$(number lost)" = "$OUTSIDE" ]; }

waits() { ctl "$A" session-set id=7 reorder-timeout="$1" && ctl "$B" session-set id=7 reorder-timeout="$1"; }

# Timers of a guest that stands still for a while are late, and then what waits
# 25 ms may lose against what waits 50: the best of some streams counts for what
# time decides, every one for what it does not.  A guest that is too slow for that
# gets ten times the time for both.
condition()
{
	local name=$1 how=$2 netem=$3 tries best='' row

	for tries in 1 2 3 4 5 6; do
		[ $tries != 5 ] || { netem=${netem//25ms/250ms} how+=" (10 times as slow)" GAP=4000; waits 500; }
		stream "$netem" >"$TMP/stream" 2>&1 || { cat "$TMP/stream"; return 1; }
		ordered >"$TMP/ordered" || { cat "$TMP/ordered"; return 1; }
		row="$(number lost)/$OUTSIDE of $(number sent)"
		! same_loss >"$TMP/loss" || { best=1; break; }
	done
	[ "$tries" -lt 5 ] || { GAP=400; waits 50; }
	cat "$TMP/loss"
	table+=("$(printf '%-34s %-8s lost %s' "$name" "$how" "$row")")
	[ -n "$best" ]
}

declare -A netem=(
	[clean]="delay 25ms" [late5]="delay 25ms reorder 95%" [early5]="delay 25ms reorder 5%"
	[loss1]="delay 25ms loss 1%" [dup1]="delay 25ms duplicate 1%"
	[all]="delay 25ms reorder 95% loss 1% duplicate 1%"
)
table=()
check "two hosts with a link are there" hosts
numbered="l2spec=default flags=+seq-tx,+seq-rx"
for p in "PPTP|xport=pptp|np=+ipv4|" \
	 "L2TPv3 over UDP, numbered|xport=l2tpv3-udp|$numbered|mode=eth" \
	 "L2TPv3 over protocol 115, numbered|xport=l2tpv3-ip|$numbered|mode=eth" \
	 "L2TPv2, numbered|xport=l2tpv2 local-id=1 peer-id=1|np=+ipv4 flags=+seq-tx,+seq-rx|"; do
	IFS='|' read -r name tun ses dev <<<"$p"
	check "$name: two ends come up" plane "$tun" "$ses" "$dev" || continue
	for how in clean late5 early5 loss1 dup1 all; do
		check "$name, $how: all in order, none twice, lost only what the link lost" condition "$name" $how "${netem[$how]}"
	done
	check "$name: early packets were held" at_least "$(counter "$B" 7 rx-buffered)" 10
	check "$name: the second of two was dropped as late or as a duplicate" \
		at_least $(($(counter "$B" 7 drops.seq-late) + $(counter "$B" 7 drops.seq-dup))) 1
	check "$name: no jump was believed" equal "$(counter "$B" 7 rx-resync)" 0
	plane_down >/dev/null
done

# The number of slots changes while two processors receive and packets are held: what is
# held and the size of what holds it are always of one time.
slots_change()
{
	local n slots pids=()

	tc -n "$A" qdisc replace dev va root netem limit 10000 delay 2ms reorder 50% || return
	for n in 0 1; do
		bg in_ns "$A" taskset -c $((n % $(nproc))) "$SELFTESTS/gen/numbered.py" send 192.168.9.2 $((7001 + n)) \
			count=$((COUNT * 5)) size=200 gap=$GAP
		pids+=("$BG_PID")
	done
	n=0
	while kill -0 "${pids[@]}" 2>/dev/null; do
		for slots in 2 256 0 1024 4; do
			ctl "$B" session-set id=7 reorder-slots=$slots || return
			n=$((n + 1))
		done
	done
	tc -n "$A" qdisc del dev va root
	echo "$n changes"
	[ "$n" -ge 20 ]
}
check "PPTP: two ends come up" plane xport=pptp np=+ipv4 ""
check "the number of slots changes under traffic" slots_change
check "packets were held" at_least "$(counter "$B" 7 rx-buffered)" 10
PIN=1
check "a stream passes after it" stream "${netem[clean]}"
PIN=''
check "in order, and whole" eval 'ordered && same_loss'

# Outer packets have the kernel's identifications, which one count gives to all that goes
# from there to there: those of two processors and of one tunnel after another are all
# different, and no further apart than what was sent, what the processors took in advance, and what
# the kernel's count goes on by itself, a number a tick at the most.
IDENT_BLOCK=64 TUNNELS=4
idents()
{
	local n i began=$EPOCHREALTIME pids=()

	bg in_ns "$A" tcpdump -i va -U -c $((TUNNELS * 200)) -w "$TMP/idents" src 10.0.0.1 and proto gre 2>"$TMP/tcpdump"
	pids=("$BG_PID")
	busywait 10 grep -q listening "$TMP/tcpdump" || return
	for ((i = 1; i <= TUNNELS; i++)); do
		for n in 0 1; do
			in_ns "$A" taskset -c $((n % $(nproc))) "$SELFTESTS/gen/numbered.py" send 192.168.9.2 7001 count=80 || return
		done
		[ $i = $TUNNELS ] || { plane_down && plane xport=pptp np=+ipv4 ""; } || return
	done
	busywait 60 lib_gone "${pids[0]}" || return
	tshark -n -r "$TMP/idents" -T fields -E occurrence=f -e ip.id 2>/dev/null >"$TMP/ids"
	python3 - "$TMP/ids" $((2 * TUNNELS * IDENT_BLOCK + (${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 1000)) <<-'EOT'
		import sys
		ids = [int(line, 16) for line in open(sys.argv[1])]
		spare = int(sys.argv[2])
		inside = sorted(set(ids))
		gap = max((b - a) % 65536 for a, b in zip(inside, inside[1:] + inside[:1]))
		print(f"{len(ids)} packets, {len(inside)} identifications, {65536 - gap + 1} from the first to the last, {spare} to spare")
		sys.exit(len(inside) != len(ids) or 65536 - gap + 1 > len(ids) + spare)
	EOT
}
check "identifications of outer packets come from one count" idents
plane_down >/dev/null

# The same link shows what it does when nobody puts in order.
check "without numbers two ends come up" plane xport=l2tpv3-udp "" mode=eth
check "a stream passes" stream "${netem[late5]}"
check "in disorder: the link is as bad as it should be" at_least "$(number disorder)" 1
check "a stream passes over a link that duplicates" stream "delay 5ms duplicate 5%"
check "partly twice" at_least "$(number twice)" 1

# A tunnel of the kernel's own inside, some of whose packets come in fragments.
gre_inside()
{
	local n ns

	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		ip -n "$ns" link add g0 type gre local 192.168.9.$n remote 192.168.9.$((3 - n)) nopmtudisc ignore-df &&
		ip -n "$ns" link set g0 mtu 4000 up && ip -n "$ns" addr add 192.168.10.$n/24 dev g0 || return
	done
}
check "a tunnel inside it comes up" gre_inside
PIN=1
check "a stream of large and small ones passes" stream "delay 25ms" 192.168.10.2 200,3000
check "none is overtaken by fragments" eval 'ordered && same_loss'
plane_down >/dev/null

ktap_say "lost inside / dropped by netem, of the datagrams sent"
for row in "${table[@]}"; do ktap_say "$row"; done
ktap_finish
