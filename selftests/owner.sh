#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The death of owners: what stays, what goes, and who takes over.
#
#	A rt0 192.168.9.1 ==== rt0 192.168.9.2 B	as gen/pair.sh makes them
#	owners of A: "a" (tunnel 1), "mortal" (tunnel 2, dies with it; session 8,
#	device rt8, dies with session 8)

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"

ktap_header
need ip ping python3
need_module rtun

at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }
equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }
pings() { in_ns "$A" ping -q -W 5 -c 3 -i 0.2 192.168.9.2; }

# It hears of all that happens in A, and owns nothing.
watch() { bg in_ns "$A" "$CTL" listen events >"$TMP/watch" && busywait 20 heard watch listening; }

check "two ends come up" pair
check "someone watches" watch
check "an owner whose tunnel dies with it" end "$A" mortal \
	tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2 id=2 flags=+die-with-owner \
	-- session-new tunnel-id=2 id=8 peer-id=9 np=+ipv4 \
	-- session-new tunnel-id=2 id=9 peer-id=9 np=+ipv4 \
	-- link-add name=rt8 session=8 die -- link-add name=rt9 session=9
MORTAL=$BG_PID
check "its devices are there" ip -n "$A" link show rt8

# --- killed, and its objects stay ---------------------------------------------

stop_bg "$A_OWNER" KILL
check "the death of an owner is told" busywait 10 heard watch '"type": "owner-gone".*"name": "a"'
check "its name is listed without a socket" eval 'ctl "$A" dump owner-get | grep -q "\"name\": \"a\", \"portid\": 0, \"tunnels\": 1"'
check "its session stays" ctl "$A" session-get id=7
check "data flows" pings
ctl "$B" frame session-id=7 data=c0210901000800000000
no_owner() { [ "$(counter "$A" 7 drops.ctrl-no-owner)" -ge 1 ]; }
check "control frames for nobody are counted" busywait 10 no_owner
check "a tunnel can be made by nobody in its name" refused "$A" "bind one first" \
	tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2
check "echo requests are answered without an owner, if that was asked for" ctl "$A" session-set id=7 flags=+echo-reply
ctl "$B" frame session-id=7 data=c0210902000800000000
check "the answer reaches the other owner" busywait 10 heard b '"data": "c0210a02000800000000"'
ctl "$A" session-set id=7 flags=-echo-reply blob=c0ffee >/dev/null

# --- taken over ------------------------------------------------------------------

bg in_ns "$A" "$CTL" owner-bind name=a -- listen >"$TMP/a2"
A_OWNER=$BG_PID
check "another process takes the name" busywait 20 heard a2 listening
check "what the first one kept for it is there" equal "$(field "$A" session.blob session-get id=7)" c0ffee
ctl "$B" frame session-id=7 data=c2230103000477
check "frames go to the new one" busywait 10 heard a2 '"session-id": 7, "data": "c2230103000477"'

# --- killed, and its objects die with it -------------------------------------------

stop_bg "$MORTAL" KILL
gone() { ! ctl "$A" "$@" 2>/dev/null; }
check "what dies with its owner is gone" busywait 10 gone tunnel-get id=2
check "for the reason that it died" busywait 10 heard watch 'tunnel-del.*"id": 2.*"reason": "owner"'
check "with its sessions" gone session-get id=8
no_device() { ! ip -n "$A" link show "$1" >/dev/null 2>&1; }
check "and with the device that dies with its session" busywait 10 no_device rt8
check "the other device stays" ip -n "$A" link show rt9
check "without carrier" eval 'ip -n "$A" link set rt9 up; [ "$(in_ns "$A" cat /sys/class/net/rt9/carrier)" = 0 ]'
check "its name is forgotten" eval '! ctl "$A" dump owner-get | grep -q mortal'
check "the other owner's tunnel stays" pings

# --- gives its name back ---------------------------------------------------------

check "an owner that leaves" end "$A" leaver tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2 id=3 \
	flags=+die-with-owner -- owner-unbind name=leaver
check "is told too" busywait 10 heard watch '"type": "owner-gone".*"name": "leaver"'
check "and what would have died stays" ctl "$A" tunnel-get id=3
stop_bg "$BG_PID" KILL
# Deaths are told in their order: what this one would have taken is gone before the next is told.
check "another one dies after it" end "$A" next tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2 id=5
stop_bg "$BG_PID" KILL
check "which is told" busywait 10 heard watch '"type": "owner-gone".*"name": "next"'
check "also when the process ends then" ctl "$A" tunnel-get id=3

# --- too slow ----------------------------------------------------------------------

bg in_ns "$A" "$CTL" rcvbuf=2048 -- owner-bind name=slow -- tunnel-new xport=pptp local4=10.0.0.1 \
	remote4=10.0.0.2 id=4 -- session-new tunnel-id=4 id=40 local-id=400 -- listen >"$TMP/slow"
SLOW=$BG_PID
check "an owner with a small buffer" busywait 20 heard slow listening
kill -STOP "$SLOW"
frame=ff03c021$(printf '%02000d' 0)
check "30 frames for it while it sleeps" inject "$B" 10.0.0.2 10.0.0.1 call=400 seq=1 count=30 ppp="$frame"
overrun() { [ "$(counter "$A" 40 drops.ctrl-overrun)" -ge 5 ]; }
check "what does not fit is counted" busywait 10 overrun
check "and told, once" busywait 10 heard watch '"type": "ctrl-overrun", "session-id": 40'
check "no more than once" equal "$(grep -c ctrl-overrun "$TMP/watch")" 1
kill -CONT "$SLOW"
drained() { [ "$(grep -c '"data": "c021' "$TMP/slow")" -eq $((30 - $(counter "$A" 40 drops.ctrl-overrun))) ]; }
check "awake it reads what did fit" busywait 20 drained
check "a frame after it woke up" inject "$B" 10.0.0.2 10.0.0.1 call=400 seq=31 ppp=ff03c0210101000455
check "says how many were lost before it" busywait 10 heard slow '"data": "c0210101000455", "overrun": [1-9]|"overrun": [1-9].*"data": "c0210101000455"'

ktap_finish
