#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Devices that wait for a session: their carrier, what they tell when there is
# something to send, and that a session can come and go.
#
#	A va 10.0.0.1 ---- vb 10.0.0.2 B	as gen/pair.sh makes them
#
# Owner "a" of A hears of all events.

# Conditions in single quotes are for eval.
# shellcheck disable=SC2016,SC2034,SC2086
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"

ktap_header
need ip python3 ping
need_module rtun

says() { grep -q -- "$1" || { echo "not found: $1"; return 1; }; }
told() { grep -c '"type": "demand"' "$TMP/a"; }
told_more() { [ "$(told)" -gt "$1" ] || { echo "told $(told) times, not more than $1"; return 1; }; }
drops() { stray "$A" drops.tx-no-session; }
speak() { in_ns "$A" ping -q -c 1 -W 1 10.77.0.2; return 0; }
carrier() { [ "$(in_ns "$A" cat /sys/class/net/dm0/carrier)" = 1 ]; }

check "two ends come up" pair
check "it has no session to die with" refused "$A" "outlives its sessions" link-add name=dm0 on-demand session=7 die
check "it carries no Ethernet" refused "$A" "mode ppp" link-add name=dm0 on-demand mode=eth
check "a device on demand is made" ctl "$A" link-add name=dm0 on-demand
ip -n "$A" link set dm0 up
ip -n "$A" addr add 10.77.0.1 peer 10.77.0.2/32 dev dm0
check "it has a carrier" carrier

before=$(told)
speak > /dev/null
check "what it is to send is told of" busywait 5 told_more "$before"
index=$(in_ns "$A" cat /sys/class/net/dm0/ifindex)
check "with its number" heard a "\"type\": \"demand\".*\"value\": $index"
check "and dropped, which is counted" [ "$(drops)" -ge 1 ]

before=$(told)
dropped=$(drops)
in_ns "$A" ping -q -c 20 -i 0.01 -W 1 10.77.0.2 > /dev/null
check "twenty packets at once are dropped" eval '[ "$(drops)" -ge $((dropped + 20)) ]'
many() { [ $(($(told) - before)) -le 3 ] || { echo "told $(($(told) - before)) times"; return 1; }; }
check "and told of once a second at the most" many

before=$(told)
in_ns "$A" ping -q -c 1 -W 1 -I dm0 224.0.0.5 > /dev/null 2>&1
in_ns "$A" ping -q -c 1 -W 1 -I dm0 ff02::1 > /dev/null 2>&1
speak > /dev/null
busywait 5 told_more "$before"
check "what is for all on the link is no reason" eval '[ "$(told)" -eq $((before + 1)) ]'

check "a session is given to it" ctl "$A" session-new tunnel-id=1 id=50 peer-id=7
check "and attached" ctl "$A" session-attach id=50 ifindex="$index"
check "it has a carrier while the session is not open" carrier
ctl "$A" session-set id=50 np=+ipv4 > /dev/null
check "and when it is" carrier
before=$(told)
speak > /dev/null
check "with a session nothing is told" eval '[ "$(told)" -eq "$before" ]'
check "another cannot be attached" refused "$A" "a session already" session-attach id=7 ifindex="$index"
ctl "$A" session-del id=50 > /dev/null
check "a deleted session leaves the device" ip -n "$A" link show dm0
check "with its carrier" busywait 5 carrier
check "and its address" eval 'ip -n "$A" -o addr show dm0 | says 10.77.0.1'
again() { speak > /dev/null; told_more "$before"; }
check "and it tells again" busywait 10 again
check "it can be deleted" ip -n "$A" link del dm0

ktap_finish
