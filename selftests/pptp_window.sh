#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The send window of PPTP, its adaptive time-out and the round trip (RFC 2637
# sections 4.2 and 4.4).  Nobody but the injector acknowledges what session 8
# sends, so that each number is the test's.
#
#	A rt0 192.168.9.1 ============== rt0 192.168.9.2 B
#	  rt8 192.168.7.1 ==== the injector, 192.168.7.2
#	  va 10.0.0.1 ---------------------- vb 10.0.0.2
#	              session 7, call ids 100 <-> 200
#	              session 8 of A: call ids 800 -> 801

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"

ktap_header
need ip tc ping tcpdump python3
need_module rtun

at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }
equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }

# --- the round trip -----------------------------------------------------------

check "two ends come up" pair
tc -n "$A" qdisc add dev va root netem delay 30ms
check "packets pass over a link that takes 30 ms" in_ns "$A" ping -q -W 5 -c 5 -i 0.1 192.168.9.2
rtt() { field "$A" session.rtt session-get id=7; }
check "the round trip is estimated without a window" at_least "$(rtt)" 30000
check "the other end, whose packets take as long to be acknowledged, sees it too" \
	at_least "$(field "$B" session.rtt session-get id=7)" 30000
tc -n "$A" qdisc del dev va root

# --- the window -----------------------------------------------------------------

window()
{
	ctl "$A" session-new tunnel-id=1 id=8 local-id=800 peer-id=801 np=+ipv4 tx-window=8 static-rtt=60000 &&
	attach "$A" rt8 8 192.168.7.1 192.168.7.2
}
# Ten packets: so many PASS, the rest is dropped as the window is full
ten()
{
	local sent drops pass=$1

	sent=$(counter "$A" 8 tx-packets) drops=$(counter "$A" 8 drops.tx-window)
	in_ns "$A" ping -q -W 0.2 -c 10 -i 0.01 192.168.7.2 >/dev/null
	equal "$(($(counter "$A" 8 tx-packets) - sent)) sent, $(($(counter "$A" 8 drops.tx-window) - drops)) dropped" \
		"$pass sent, $((10 - pass)) dropped"
}
acked() { inject "$B" 10.0.0.2 10.0.0.1 call=800 ack=$((($1) & 0xffffffff)); }
acks() { counter "$A" 8 rx-acks; }
alarms() { counter "$A" 8 tx-alarms; }
congested() { field "$A" session.congested session-get id=8; }

bg in_ns "$A" tcpdump -Z root -i va -U --immediate-mode -w "$TMP/cap" ip proto 47 and dst 10.0.0.2 2>"$TMP/cap.err"
busywait 20 grep -q 'listening on' "$TMP/cap.err"
check "a session with a window of 8 is there" window
check "it starts with half of it: four packets pass, six do not" ten 4
in_cap() { tcpdump -nv -r "$TMP/cap" 2>/dev/null | grep -o 'call 801, seq [0-9]*' >"$TMP/seqs" && [ "$(wc -l <"$TMP/seqs")" -ge 4 ]; }
check "four are on the wire" busywait 10 in_cap
stop_bg "$BG_PID" INT
first=$(sed -n '1s/.* //p' "$TMP/seqs")
check "numbered without a gap, as what is dropped takes no number" \
	equal "$(sed -n '4s/.* //p' "$TMP/seqs")" $(((first + 3) & 0xffffffff))
check "a frame of the owner passes over a full window" ctl "$A" frame session-id=8 data=c02109010004
check "and is counted as one" equal "$(counter "$A" 8 tx-control)" 1

check "a packet that was never sent is acknowledged" acked first+100
check "which is counted" busywait 10 eval '[ "$(counter "$A" 8 rx-acks-beyond)" = 1 ]'
check "and opens nothing" ten 0
check "all five are acknowledged" acked first+4
check "which is seen" busywait 10 eval '[ "$(acks)" = 2 ]'
check "the window has grown by one" ten 5
check "the same again" acked first+4
check "acknowledges nothing" ten 0
check "one of five is acknowledged" acked first+5
check "which is seen" busywait 10 eval '[ "$(acks)" = 4 ]'
check "and makes room for one" ten 1
check "no alarm yet" equal "$(alarms)" 0

# --- alarms ----------------------------------------------------------------------

check "who waits is told to wait no longer than 300 ms" ctl "$A" session-set id=8 static-rtt=300
check "that raises an alarm" busywait 10 eval '[ "$(alarms)" = 1 ]'
check "which is told, with the number of packets that count as lost" \
	busywait 10 heard a '"type": "alarm", "session-id": 8, "value": 5'
check "there is congestion" equal "$(congested)" 1
ctl "$A" session-set id=8 static-rtt=60000
check "the window is half of what it was, rounded up" ten 3
check "an acknowledgement comes" acked first+13
check "and congestion is over" busywait 10 eval '[ "$(congested)" = 0 ]'
check "the window has grown by one" ten 4
check "the window is set to 2, less than what is under way" ctl "$A" session-set id=8 tx-window=2
check "nothing passes" ten 0
check "all is acknowledged" acked first+17
check "which is seen" busywait 10 eval '[ "$(acks)" = 6 ]'
check "two pass" ten 2
alarms=$(alarms)
check "who waits is told to find out how long to" ctl "$A" session-set id=8 static-rtt=0
check "which is ten seconds at the most" busywait 20 eval '[ "$(alarms)" -gt '"$alarms"' ]'
check "there is no window any more" ctl "$A" session-set id=8 tx-window=0
check "all pass" ten 10
check "and there is no congestion" equal "$(congested)" 0
check "a window with packets under way" eval 'ctl "$A" session-set id=8 tx-window=8 static-rtt=60000 && ten 4'
check "goes with its session" ctl "$A" session-del id=8
ktap_finish
