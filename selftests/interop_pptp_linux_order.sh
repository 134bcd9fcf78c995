#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Our PPTP server against what pptp-linux does to the order of its packets on purpose,
# --test-type 1, 2 and 3 (acceptance test A16).  A numbered stream goes through the
# tunnel; what came over the wire in which order is seen in front of the server, and
# its kernel's counters have to say the same.
#
#	   client                              server
#	+-----------+                       +-----------+
#	| pptp,pppd | 192.0.2.1   192.0.2.2 | rtun      |
#	|    ppp0   |--- c0 ---------- s0 --| <pptp-..> |
#	+-----------+                       +-----------+
#	  10.9.0.2  ======== tunnel ========  10.9.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"
. "$SELFTESTS/peers/pptp_linux.sh"

ktap_header
need rtun pptp pppd jq python3 taskset
need_module rtun

COUNT=200 RATE=20
[ -z "${RTUN_SMALL-}" ] || COUNT=150

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
# What is missing is waited for as long as a guest may stand still.
check "the server starts" server_start "$SERVER" 'server set pptp reorder-time 10000' || { cat "$DAEMON_LOG"; ktap_finish; }

comes_up() { pptp_settles 60; pptp_up || { pptp_show; cat "$DAEMON_LOG"; return 1; }; }

# The stream, and pings behind it that make the client let go of what it holds.
stream()
{
	local recv pings

	bg in_ns "$SERVER" "$SELFTESTS/gen/numbered.py" recv 10.9.0.1 7000 quiet=6 > "$TMP/numbers"
	recv=$BG_PID
	busywait 20 grep -q ready "$TMP/numbers" || return
	bg in_ns "$CLIENT" ping -q -i 0.05 10.9.0.1 > "$TMP/pings"
	pings=$BG_PID
	in_ns "$CLIENT" "$SELFTESTS/gen/numbered.py" send 10.9.0.1 7000 count="$COUNT" size=200 gap=2000 &&
	busywait 120 lib_gone "$recv"
	stop_bg "$pings" INT
}
number() { tail -n 1 "$TMP/numbers" | jq ".$1"; }
wire() { tail -n 1 "$TMP/wire" | jq "$1"; }
# kept NAME: of the session, as it was when the stream was over
kept() { jq ".[0].stats.$1 // 0" "$TMP/session"; }
delivered()
{
	in_ns "$SERVER" rtun -j -s session show '<pptp-jack>' > "$TMP/session"
	[ "$(($(kept rx_packets) + $(kept rx_control)))" = "$(wire .packets)" ]
}
is() { [ "$1" = "$2" ] || { echo "$1, expected $2"; cat "$TMP/wire" "$TMP/numbers" "$TMP/session"; return 1; }; }
at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }
shapes() { wire '.shapes | keys | join(", ")'; }

# mode TYPE WHAT SHAPE HELD LOST [PPPD-OPTION...]: the client's mode TYPE, which makes
# of the order the SHAPE again and again; each time the server holds HELD, and LOST
# never leave the client.
mode()
{
	local type=$1 what="type $1, $2" shape=$3 held=$4 lost=$5 watch tests
	shift 5

	bg in_ns "$SERVER" "$SELFTESTS/gen/grewatch.py" s0 > "$TMP/wire"
	watch=$BG_PID
	check "$what: somebody looks at the wire" busywait 20 grep -q ready "$TMP/wire" || return
	# On one processor the link keeps the order that the client has made.
	taskset -pc 0 $$ >/dev/null
	PPTP_WORDS="--nohostroute --loglevel 2 --test-type $type --test-rate $RATE" \
		pptp_dial "$CLIENT" 192.0.2.2 mschapv2 jack "$SERVER_PASSWORD" "$@"
	taskset -pc "0-$(($(nproc --all) - 1))" $$ >/dev/null
	check "$what: the client connects" comes_up || { stop_bg "$watch"; return; }
	check "$what: the stream ends" stream
	stop_bg "$watch"
	# What is held behind a gap comes when that is given up.
	check "$what: all that the wire had is delivered" busywait 20 delivered
	tests=$(wire ".shapes[\"$shape\"] // 0")

	check "$what: the wire has the order of this mode and no other" is "$(shapes)" "\"$shape\""
	check "$what: ... more than once" test "$shape" = '' -o "$tests" -ge $((COUNT / RATE / 2))
	check "$what: $lost of each are missing there" is "$(wire .missing)" $((lost * tests))
	if [ "$lost" = 0 ]; then
		check "$what: every datagram arrives" is "$(number lost)" 0
		check "$what: the kernel held as many as came early" is "$(kept rx_buffered)" "$(wire .early)"
		check "$what: ... $held for each test" is "$(kept rx_buffered)" $((held * tests))
	else
		# How long a gap keeps what comes behind it is a matter of time.
		check "$what: no datagram is lost but those" at_least "$(wire .missing)" "$(number lost)"
		check "$what: the kernel held $held for each test at least" at_least "$(kept rx_buffered)" $((held * tests))
	fi
	check "$what: ... once" is "$(number twice)" 0
	check "$what: ... behind the one before it" is "$(number disorder)" 0
	check "$what: it gave up what was missing and no other" is "$(kept rx_lost)" $((lost * tests))
	check "$what: none was late, twice there or too far" \
		is "$(($(kept drops.seq_late) + $(kept drops.seq_dup) + $(kept drops.seq_far)))" 0
	check "$what: it believed no jump" is "$(kept rx_resync)" 0
	pptp_hangup
	check "$what: it ends" busywait 20 pptp_down
	check "$what: nobody is left" busywait 20 server_serves 0
}
mode 0 "in order" '' 0 0
mode 1 "a swap of two" '1 0' 1 0
mode 2 "one before ten" '10 0 1 2 3 4 5 6 7 8 9' 1 0
mode 2 "one before ten, encrypted" '10 0 1 2 3 4 5 6 7 8 9' 1 0 require-mppe-128
# Of the ten that it holds it sends nine: the first is lost in the client itself.
check "what is missing is waited for two seconds" server_load 'server set pptp reorder-time 2000'
mode 3 "ten backwards" '9 8 7 6 5 4 3 2 1 0' 10 1

ktap_finish
