#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sending out of order on purpose (RTUN_A_SESSION_DISORDER), both ways: what the wire
# has, that the other end puts it back in order and counts it, and that nothing which
# was held is ever lost.
#
#	A rt0 192.168.9.1 ============== rt0 192.168.9.2 B
#	  va 10.0.0.1 ---------------------- vb 10.0.0.2
#	              session 7, call ids 100 <-> 200

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"

ktap_header
need ip ping python3 jq
need_module rtun

COUNT=250 RATE=20
[ -z "${RTUN_SMALL-}" ] || COUNT=150

at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }
equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; cat "$TMP/wire" "$TMP/numbers"; return 1; }; }
number() { tail -n 1 "$TMP/numbers" | jq ".$1"; }
wire() { tail -n 1 "$TMP/wire" | jq "$1"; }

# stream FROM TO DEV ADDRESS: numbered datagrams; what the last of them held up leaves
# by itself, and is waited for.  One CPU sends them: two would not keep an order over veth
# that is held against what was to be done to it.
stream()
{
	local watch recv

	bg in_ns "$2" "$SELFTESTS/gen/grewatch.py" "$3" >"$TMP/wire"
	watch=$BG_PID
	bg in_ns "$2" "$SELFTESTS/gen/numbered.py" recv "$4" 7000 quiet=3 >"$TMP/numbers"
	recv=$BG_PID
	busywait 20 grep -q ready "$TMP/wire" && busywait 20 grep -q ready "$TMP/numbers" &&
	in_ns "$1" taskset -c 0 "$SELFTESTS/gen/numbered.py" send "$4" 7000 count="$COUNT" size=200 gap=1000 &&
	busywait 60 lib_gone "$recv"
	stop_bg "$watch"
}
bad_drops() { echo $(($(counter "$1" 7 drops.seq-late) + $(counter "$1" 7 drops.seq-dup) + $(counter "$1" 7 drops.seq-far))); }

# way NAME FROM TO DEV ADDRESS TYPE SHAPE EARLY: TYPE makes of the order the SHAPE, and
# EARLY of each come early
way()
{
	local what="$1, $6" from=$2 to=$3 dev=$4 address=$5 type=$6 shape=$7 early=$8 buffered held tests

	check "$what: it is set" ctl "$from" session-set id=7 disorder="$type" disorder-rate=$RATE
	buffered=$(counter "$to" 7 rx-buffered) held=$(counter "$from" 7 tx-held)
	check "$what: a stream passes" stream "$from" "$to" "$dev" "$address"
	tests=$(wire ".shapes[\"$shape\"] // 0")
	check "$what: the wire has this order and no other" equal "$(wire '.shapes | keys | join(",")')" "\"$shape\""
	check "$what: ... more than once" at_least "$tests" 2
	check "$what: nothing is missing there" equal "$(wire .missing)" 0
	check "$what: every datagram arrives" equal "$(number lost)" 0
	check "$what: ... once" equal "$(number twice)" 0
	check "$what: ... behind the one before it" equal "$(number disorder)" 0
	check "$what: the receiver held as many as came early" \
		equal $(($(counter "$to" 7 rx-buffered) - buffered)) "$(wire .early)"
	check "$what: ... $early each time" equal "$(wire .early)" $((early * tests))
	check "$what: the sender says that it held some" at_least $(($(counter "$from" 7 tx-held) - held)) "$tests"
	check "$what: none was given up" equal "$(counter "$to" 7 rx-lost)" 0
	check "$what: none was late, there twice, or too far" equal "$(bad_drops "$to")" 0
	check "$what: it is called off" ctl "$from" session-set id=7 disorder=none
}

# What is missing is waited for as long as a guest may stand still.
check "two ends come up" pair reorder-timeout=10000 || ktap_finish
check "in order unless it is asked for" stream "$A" "$B" vb 192.168.9.2
check "... on the wire" equal "$(wire .early)" 0
check "... and nothing is held" equal "$(counter "$A" 7 tx-held)" 0
early='10 0 1 2 3 4 5 6 7 8 9' reverse='10 9 8 7 6 5 4 3 2 1 0'
way "A to B" "$A" "$B" vb 192.168.9.2 swap '1 0' 1
way "A to B" "$A" "$B" vb 192.168.9.2 early "$early" 1
way "A to B" "$A" "$B" vb 192.168.9.2 reverse "$reverse" 10
way "B to A" "$B" "$A" va 192.168.9.1 swap '1 0' 1
way "B to A" "$B" "$A" va 192.168.9.1 early "$early" 1
way "B to A" "$B" "$A" va 192.168.9.1 reverse "$reverse" 10

# --- what nothing follows ---

check "it is shown" eval 'ctl "$A" session-set id=7 disorder=reverse disorder-rate=1 && [ "$(field "$A" session.disorder session-get id=7)" = reverse ] && [ "$(field "$A" session.disorder-rate session-get id=7)" = 1 ]'
held=$(counter "$A" 7 tx-held)
# With -W 0.1 ping waits for no answer.
pings() { in_ns "$A" ping -q -W 0.1 -c "$1" -i 0.01 192.168.9.2 >/dev/null; true; }
all_there() { [ "$(counter "$B" 7 rx-packets)" -eq "$(counter "$A" 7 tx-packets)" ]; }
check "four packets, of which three are held" pings 4
check "all arrive, though none follows" busywait 10 all_there
check "they were held" at_least $(($(counter "$A" 7 tx-held) - held)) 3
check "frames of the owner are numbered and go the same way" \
	eval 'for n in 1 2 3; do ctl "$A" frame session-id=7 data=c22301010004010$n || break; done'
for n in 1 2 3; do check "and arrive: $n" busywait 10 heard b "c22301010004010$n"; done

# --- the rate, the header and the window ---

# Two pass, one is held, one overtakes it and one passes; after it two more, of which the
# second is held: nothing was, so the time between them counts for nothing.
slow()
{
	local held

	held=$(counter "$A" 7 tx-held)
	ctl "$A" session-set id=7 disorder=swap disorder-rate=2 &&
	pings 4 && pings 1 && sleep 1.3 && pings 2 &&
	equal $(($(counter "$A" 7 tx-held) - held)) 2
}
check "a slow stream has the same rate" busywait 10 slow

# The second is held and leaves behind the third, the last leaves by itself.
headers()
{
	local watch tos df

	bg in_ns "$B" "$SELFTESTS/gen/grewatch.py" vb >"$TMP/wire"
	watch=$BG_PID
	busywait 20 grep -q ready "$TMP/wire" || return
	while read -r tos df; do
		in_ns "$A" ping -q -W 0.1 -c 1 -Q "$tos" -M "$df" 192.168.9.2
	done <<-END
		0x20 dont
		0x42 do
		0x80 dont
		0x28 dont
		0x4a do
	END
	busywait 10 all_there
	stop_bg "$watch"
	equal "$(wire .packets)" 5
}
held=$(counter "$A" 7 tx-held)
check "TOS, ECN and DF outside are to be those inside" \
	eval 'ctl "$A" tunnel-set id=1 flags=+tos-inherit df=inherit && ctl "$A" session-set id=7 disorder=swap disorder-rate=1'
check "five packets arrive, of which two are held" headers
check "they were held" at_least $(($(counter "$A" 7 tx-held) - held)) 2
check "each has its own, those that were held too" equal "$(wire .undressed)" 0
check "the default comes back" ctl "$A" tunnel-set id=1 flags=-tos-inherit df=unset

# The window begins with four, so ten cannot be held; what is dropped takes no number.
held=$(counter "$A" 7 tx-held)
check "a window smaller than what is to be held" \
	ctl "$A" session-set id=7 tx-window=8 static-rtt=60000 disorder=reverse disorder-rate=1
check "twenty packets" in_ns "$A" ping -q -W 5 -c 20 -i 0.05 192.168.9.2
check "some were held" at_least $(($(counter "$A" 7 tx-held) - held)) 6
check "and left before they made it full for others" equal "$(counter "$A" 7 drops.tx-window)" 0
check "there is no window any more" \
	ctl "$A" session-set id=7 tx-window=0 disorder=reverse disorder-rate=1

# A change, and the end, let go of it at once.
check "five more, most of them held" pings 5
check "calling it off lets them go" ctl "$A" session-set id=7 disorder=none
check "all are there" busywait 10 all_there
check "it is set again" ctl "$A" session-set id=7 disorder=early disorder-rate=1
check "five more" pings 5
total=$(counter "$A" 7 tx-packets)
check "the session ends" ctl "$A" session-del id=7
check "and what it held has left" busywait 10 eval '[ "$(counter "$B" 7 rx-packets)" -eq "$total" ]'

# --- what there is not ---

refuse() { check "$1" refused "$B" "$2" "${@:3}"; }
check "a tunnel of another kind" ctl "$B" tunnel-new xport=l2tpv3-udp local4=10.0.0.2 remote4=10.0.0.1 id=3
refuse "L2TP does not do it" "only PPTP can be sent out of order" session-new tunnel-id=3 disorder=swap
check_not "there is no fourth way" ctl "$B" session-set id=7 disorder=4
check_not "a rate of 0 is none" ctl "$B" session-set id=7 disorder-rate=0
check_not "nor is one beyond a million" ctl "$B" session-set id=7 disorder-rate=1000001

ktap_finish
