#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 1200
# Multilink PPP in the kernel (RFC 1990, RFC 2686): a bundle of several links between
# two ends of rtun, over PPTP and L2TP.
#
#	A rt0 192.168.9.1 ====== bundle ====== rt0 192.168.9.2 B
#	  va0 10.0.0.1 --------- link 10 ------ vb0 10.0.0.2
#	  va1 10.0.1.1 --------- link 11 ------ vb1 10.0.1.2
#	  va2 10.0.2.1 --------- link 12 ------ vb2 10.0.2.2

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/bundle.sh"

ktap_header
need ip tc jq ping tshark tcpdump python3
need_module rtun

COUNT=600 GAP=500
LOSS=1
# few packets: of these, too, some must be lost
[ -z "${RTUN_SMALL-}" ] || COUNT=150 LOSS=5
pings() { in_ns "$A" ping -q -W 5 -i 0.02 "$@"; }
check "two hosts with three links are there" bundle_hosts 3

# --- what passes ------------------------------------------------------------------
both_ways()
{
	pings -c 5 192.168.9.2 && pings -c 5 -M 'do' -s $((MTU - 28)) 192.168.9.2 &&
	pings -6 -c 3 -s $((MTU - 48)) fd09::2 && in_ns "$B" ping -q -W 5 -c 3 -i 0.02 -s 1000 192.168.9.1
}
# Since the last time it was asked.
spread()
{
	local i n

	for i in 0 1; do
		n=$(counter "$B" $((10 + i)) rx-fragments)
		echo "link $i: $((n - ${seen[i]:-0}))"
		[ "$n" -gt "${seen[i]:-0}" ] || return 1
		seen[i]=$n
	done
}
no_drops() { ctl "$B" session-get id=7 | jq -c .session.stats.drops; equal "$(ctl "$B" session-get id=7 | jq '.session.stats.drops | add // 0')" 0; }

for kind in "pptp pptp" "l2tpv2 l2tpv2" "l2tpv2-numbered pptp"; do
	for words in "" "flags=+mp-short-rx,+mp-short-tx" "mp-classes-rx=16 mp-classes-tx=16" \
		     "flags=+mp-short-rx,+mp-short-tx mp-classes-rx=4 mp-classes-tx=4"; do
		check "$kind, ${words:-plain}: a bundle comes up" bundle "$kind" $words || continue
		for mode in whole balance round-robin; do
			seen=()
			check "$mode" ctl "$A" session-set id=7 mp-mode=$mode
			check "$kind, ${words:-plain}, $mode: packets of all sizes, both families, both ways" both_ways
			check "$mode: a stream arrives whole and in order" stream size=1300 gap=$GAP
			check "in order and complete" whole
			check "over both links" spread
		done
		check "nothing was dropped" no_drops
		bundle_down >/dev/null
		[ -z "${RTUN_SMALL-}" ] || break
	done
done

# --- one link, and more than fits into a frame of it --------------------------------
MTU=3000
check "a bundle of one link with an MRRU of 3000 over 1500" bundle pptp mrru=3000 peer-mrru=3000
check "3000 octets with DF go through" both_ways
nstat_a() { in_ns "$A" awk '/^Ip:/ { if (!n++) { for (i = 1; i <= NF; i++) if ($i == "'"$1"'" || "Ip" $i == "'"$1"'") c = i } else print $c }' /proc/net/snmp; }
check "outer packets were not fragmented" equal "$(nstat_a FragCreates)" 0
big() { in_ns "$A" ping -q -W 2 -c 1 -M 'do' -s 3100 192.168.9.2; }
check_not "3128 octets do not" big
listening() { in_ns "$B" ss -Hltn 'sport = :7100' | grep -q .; }
check "TCP segments of 3000" eval 'bg in_ns "$B" timeout 30 python3 -c "
import socket
s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((\"192.168.9.2\", 7100)); s.listen(1)
c,_=s.accept(); n=0
while True:
    d=c.recv(65536)
    if not d: break
    n+=len(d)
open(\"$TMP/got\",\"w\").write(str(n))
" && busywait 10 listening && in_ns "$A" timeout 30 python3 -c "
import socket
s=socket.create_connection((\"192.168.9.2\", 7100), 10)
s.sendall(bytes(500000)); s.close()" && busywait 20 test -s "$TMP/got" && equal "$(cat "$TMP/got")" 500000'
bundle_down >/dev/null
MTU=1400

# --- on the wire ------------------------------------------------------------------
wire()
{
	bg in_ns "$B" tcpdump -i vb0 -U -w "$TMP/cap" udp port 1701
	busywait 10 test -s "$TMP/cap" || return
	pings -c 2 -s 1300 192.168.9.2 || return
	busywait 20 eval '[ "$(tcpdump -n -r "$TMP/cap" 2>/dev/null | wc -l)" -ge 4 ]' || return
	stop_bg "$BG_PID"
	tshark -n -r "$TMP/cap" -o udp.check_checksum:FALSE -d udp.port==1701,l2tp -V >"$TMP/decoded" 2>/dev/null
	grep -E 'Multilink|Sequence number|First|Last|Malformed' "$TMP/decoded" | sort | uniq -c
	says_not Malformed cat "$TMP/decoded" >/dev/null && grep -q "PPP Multilink Protocol" "$TMP/decoded"
}
check "for tshark a bundle of one link comes up" bundle "l2tpv2" mp-mode=balance mp-min-fragment=64
check "tshark knows the headers and finds nothing malformed" wire
bundle_down >/dev/null
check "likewise with short headers" bundle "l2tpv2" flags=+mp-short-rx,+mp-short-tx
check "a stream passes" stream size=300 gap=$GAP
check "in order and complete" whole
bundle_down >/dev/null

# --- links differ -----------------------------------------------------------------
for skew in 5 20 50; do
	check "links that differ by $skew ms: a bundle comes up" bundle "l2tpv2 l2tpv2" mp-mode=balance mp-loss-time=200
	check "one link is slow" netem A 1 delay ${skew}ms
	PIN=1
	check "a stream" stream size=1200 gap=$((GAP * 2))
	PIN=''
	check "$skew ms of skew: in order and complete" whole
	check "fragments waited for others" at_least "$(ctr "$B" rx-buffered)" 10
	check "nothing counts as lost" equal "$(ctr "$B" rx-lost)" 0
	netem_off A 1
	bundle_down >/dev/null
done

# --- losses -----------------------------------------------------------------------
# What is lost inside is no more than what was lost outside, times FRAGMENTS of a packet: each
# fragment lost costs one packet at the most.  A link that is seen to reorder for the first
# time costs what was given up by then: late ones are counted as such.
outside() { echo $(($(dropped 0) + $(dropped 1))); }
loss_begins() { lost_before=$(outside) late_before=$(ctr "$B" drops.mp-late); }
loss_bounded()
{
	local outside late
	outside=$(($(outside) - lost_before))
	late=$(($(ctr "$B" drops.mp-late) - late_before))
	cat "$TMP/numbers"
	echo "netem dropped $outside, late $late"
	[ "$outside" -gt 0 ] && ordered && [ "$(number lost)" -le $((outside * ${1:-1} + late)) ]
}
for kind in "pptp pptp" "l2tpv2 l2tpv2"; do
	for mode in whole balance; do
		check "$kind, $mode: a bundle comes up" bundle "$kind" mp-mode=$mode mp-loss-time=100
		check "1 % loss on each link" eval 'netem A 0 delay 5ms loss 2% && netem A 1 delay 10ms loss 2%'
		loss_begins
		check "a stream" stream size=1200 gap=$((GAP * 2))
		check "$kind, $mode: in order, lost is what the links lost" loss_bounded
		check "and it is counted" at_least "$(ctr "$B" rx-lost)" 1
		check "5 % late on each link" eval 'netem A 0 delay 20ms reorder 95% && netem A 1 delay 20ms reorder 95%'
		check "a stream" stream size=1200 gap=$((GAP * 2))
		check "$kind, $mode: late ones: in order, none twice" ordered
		check "5 % late and $LOSS % lost on each link" eval "netem A 0 delay 20ms reorder 95% loss $LOSS% && netem A 1 delay 20ms reorder 95% loss $LOSS%"
		loss_begins
		check "a stream" stream size=1200 gap=$((GAP * 2))
		check "$kind, $mode: late and lost: in order, lost is what the links lost" \
			loss_bounded "$([ $mode = whole ] && echo 1 || echo 2)"
		ktap_say "lost inside $(number lost), outside $(($(outside) - lost_before)), late $(($(ctr "$B" drops.mp-late) - late_before))"
		netem_off A 0; netem_off A 1
		bundle_down >/dev/null
	done
done

# --- links join and leave ---------------------------------------------------------
check "a bundle of two" bundle "pptp pptp" mp-mode=balance mp-loss-time=100
check "a third link is made" eval '
	ctl "$A" tunnel-new xport=pptp local4=10.0.2.1 remote4=10.0.2.2 id=3 &&
	ctl "$A" session-new tunnel-id=3 id=12 local-id=102 peer-id=202 &&
	ctl "$B" tunnel-new xport=pptp local4=10.0.2.2 remote4=10.0.2.1 id=3 &&
	ctl "$B" session-new tunnel-id=3 id=12 local-id=202 peer-id=102'
fragments() { counter "$1" "$2" $3-fragments; } # NS LINK DIRECTION
sends() { busywait 20 eval '[ "$(fragments "$A" '"$1"' tx)" -ge '$(($(fragments "$A" $1 tx) + $2))' ]'; } # LINK N: so many more
arrived() { busywait 20 eval 'equal "$(fragments "$B" '"$1"' rx)" "$(fragments "$A" '"$1"' tx)"'; }
churn()
{
	local recv n
	bg in_ns "$B" "$SELFTESTS/gen/numbered.py" recv 192.168.9.2 7000 >"$TMP/numbers"
	recv=$BG_PID
	busywait 20 grep -q ready "$TMP/numbers" || return
	bg in_ns "$A" "$SELFTESTS/gen/numbered.py" send 192.168.9.2 7000 count=6000 size=900 gap=$((GAP * 2))
	# joins at the receiver first, leaves at the sender first: nothing is lost then
	for n in 1 2 3 4 5; do
		ctl "$B" session-set id=12 bundle=7 && ctl "$A" session-set id=12 bundle=7 &&
		sends 12 10 && ctl "$A" session-set id=12 bundle=0 && arrived 12 && ctl "$B" session-set id=12 bundle=0 || return
	done
	ctl "$B" session-set id=12 bundle=7 && ctl "$A" session-set id=12 bundle=7 || return
	busywait 90 lib_gone "$recv"
}
check "a link joins and leaves under traffic, six times" churn
check "nothing is lost, out of order or twice" whole
check "the first link dies under traffic" eval '
	bg in_ns "$B" "$SELFTESTS/gen/numbered.py" recv 192.168.9.2 7000 >"$TMP/numbers"; recv=$BG_PID
	busywait 20 grep -q ready "$TMP/numbers" &&
	bg in_ns "$A" "$SELFTESTS/gen/numbered.py" send 192.168.9.2 7000 count=$((COUNT * 2)) size=900 gap=$((GAP * 2))
	sends 10 50 && ctl "$A" session-del id=10 && ctl "$B" session-del id=10 && busywait 90 lib_gone $recv'
check "it costs what was under way" eval 'ordered && at_most "$(number lost)" 20'
check "the others carry on" pings -c 5 192.168.9.2
check "two links are left" equal "$(field "$A" session.links session-get id=7)" 2
bundle_down >/dev/null

# A link that is dead without a word: what it was given is lost, the rest goes on.
check "a bundle of two" bundle "l2tpv2 l2tpv2" mp-mode=round-robin mp-loss-time=50
check "one link is cut" netem A 1 loss 100%
check "a stream" stream size=500 gap=$((GAP * 2))
half() { ordered && [ "$(number got)" -ge $(($(number sent) * 2 / 5)) ]; }
check "what went over the other one arrives in order" half
netem_off A 1
bundle_down >/dev/null

# With probes it is given nothing more as soon as it does not answer, and its share
# again when it does.
echoes=flags=+echo-reply
check "a bundle that asks its links" bundle "l2tpv2:$echoes l2tpv2:$echoes" mp-mode=round-robin mp-loss-time=50 mp-probe=50
check "a stream one way" stream size=500 gap=$((GAP * 2))
check "in order and complete: no link is taken for silent" whole
alike() { local x y; x=$(counter "$A" 10 tx-fragments) y=$(counter "$A" 11 tx-fragments); echo "$x and $y"; [ $((x - y)) -le 20 ] && [ $((y - x)) -le 20 ]; }
check "both carry the same" alike
check "a link is cut, both ways" eval 'netem A 1 loss 100% && netem B 1 loss 100%'
before=$(counter "$A" 11 tx-fragments)
check "a longer stream" eval 'COUNT=$((COUNT * 3)); stream size=500 gap=$((GAP * 2)); COUNT=$((COUNT / 3))'
most() { ordered && [ "$(number got)" -ge $(($(number sent) * 3 / 4)) ]; }
check "most of it arrives, in order" most
silent=$(($(counter "$A" 11 tx-fragments) - before))
check "the silent link got no more of it" at_most "$silent" $((COUNT * 3 / 4))
check "it is there again" eval 'netem_off A 1 && netem_off B 1'
back() { local n; n=$(counter "$A" 11 tx-fragments); pings -c 20 192.168.9.2 >/dev/null; [ "$(counter "$A" 11 tx-fragments)" -gt $((n + 5)) ]; }
check "and carries its share" busywait 10 back
bundle_down >/dev/null

# --- null fragments ---------------------------------------------------------------
check "a bundle with null fragments for idle links" bundle "pptp pptp" mp-idle=20 mp-mode=whole
check "a link much slower than the other is idle" eval '
	ctl "$A" session-set id=10 link-rate=100000 && ctl "$A" session-set id=11 link-rate=64 link-latency=500000'
check "a stream" stream size=200 gap=$((GAP * 2))
check "in order and complete" whole
check "null fragments went over the idle link" at_least "$(counter "$A" 11 tx-null-fragments)" 1
check "and were no packets" eval 'at_least "$(counter "$B" 11 rx-null-fragments)" 1 && no_drops'
bundle_down >/dev/null

# --- everything changes at once ------------------------------------------------------
# Two processors send both ways while links join, leave, die and are made, and the
# bundle's options change.
stress()
{
	local n end far pids=() rounds=0
	for n in 0 1; do
		for end in A B; do
			[ $end = A ] && far=2 || far=1
			bg in_ns "${!end}" taskset -c $((n % $(nproc))) "$SELFTESTS/gen/numbered.py" send \
				192.168.9.$far $((7001 + n)) count=$((COUNT * 4)) size=$((300 + 900 * n)) gap=$GAP
			pids+=("$BG_PID")
		done
	done
	while kill -0 "${pids[@]}" 2>/dev/null; do
		ctl "$B" session-set id=11 bundle=0 && ctl "$A" session-set id=7 mp-mode=balance mp-memory=20000 &&
		ctl "$A" session-del id=10 && ctl "$B" session-set id=7 mp-loss-time=5 mp-idle=5 mp-probe=10 &&
		ctl "$A" session-new tunnel-id=1 id=10 local-id=100 peer-id=200 &&
		ctl "$A" session-set id=10 bundle=7 link-rate=5000 && ctl "$B" session-set id=11 bundle=7 &&
		ctl "$A" session-set id=7 mp-mode=whole mp-memory=1000000 && ctl "$B" session-set id=7 mp-loss-time=100 &&
		ctl "$A" session-set id=11 bundle=0 && ctl "$A" session-set id=11 bundle=7 || return
		rounds=$((rounds + 1))
	done >/dev/null
	echo "$rounds rounds"
	[ "$rounds" -ge 2 ]
}
check "a bundle of two" bundle "pptp l2tpv2"
check "links come, go and die while two processors send" stress
check "and packets pass again" busywait 20 pings -c 5 192.168.9.2
held_is() { equal "$(field "$A" session.mp-class.0.rx-held session-get id=7)/$(field "$B" session.mp-class.0.rx-held session-get id=7)" 0/0; }
check "nothing is held in the end" busywait 10 held_is
bundle_down >/dev/null

# --- what is refused --------------------------------------------------------------
check "a bundle of two" bundle "pptp l2tpv2"
check "no addresses" refused "$A" "multilink has no outer packets" tunnel-new xport=mlppp local4=10.0.0.1 remote4=10.0.0.2
check "no policy" refused "$A" "multilink has no outer packets" tunnel-set id=100 ttl=5
check "no ids on the wire" refused "$A" "no id on the wire" session-new tunnel-id=100 local-id=5
check "no slots" refused "$A" "MP_MEMORY" session-set id=7 reorder-slots=4
check "no link of itself" refused "$A" "no link of another" session-set id=7 bundle=7
check "no bundle of a session that is none" refused "$A" "not a bundle" session-set id=10 bundle=11
check "no bundle that is not there" refused "$A" "no such bundle" session-set id=10 bundle=77
check "MRRU of a session that is no bundle" refused "$A" "only a bundle" session-set id=10 mp-mode=balance
check "its headers are given at creation" refused "$A" "at creation only" session-set id=7 flags=+mp-short-rx
check "its MRRU too" refused "$A" "at creation only" session-set id=7 mrru=1600
check "an MRRU below 512" refused "$A" "" session-new tunnel-id=100 mrru=511
check "five classes with short headers" refused "$A" "room for 4" session-new tunnel-id=100 flags=+mp-short-rx mp-classes-rx=5
check "one class" refused "$A" "one class is none" session-new tunnel-id=100 mp-classes-tx=1
check "address and control inside" refused "$A" "no address and control" session-set id=7 flags=-acfc-tx
check "what is its links' to hand over" refused "$A" "its links are to hand over" session-set id=7 flags=+peer-offload
check "a device on a link" refused "$A" "is a link of a bundle" link-add name=rt1 session=10
check "join a second bundle" eval 'ctl "$A" session-new tunnel-id=100 id=8 && refused "$A" "another bundle" session-set id=10 bundle=8'
check "nothing of it changed anything" both_ways
check "the bundle's tunnel goes, the links stay" eval 'ctl "$A" tunnel-del id=100 && equal "$(field "$A" session.bundle session-get id=10)" 0'
check "and their end too" bundle_down
ktap_finish
