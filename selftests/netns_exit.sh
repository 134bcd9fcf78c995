#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Network namespaces that end under live tunnels, and devices that live in
# another one than their session.
#
#	A rt0 192.168.9.1 ==== rt0 192.168.9.2 B	as gen/pair.sh makes them
#	C holds A's rt0 for a while
#
# With PPTP at first, then with the transports of gen/l2tp.sh, which have sockets of
# their own, or protocol 115.

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip ping python3
need_module rtun

equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }
users() { cat /sys/module/rtun/refcnt; }
no_users() { [ "$(users)" = 0 ]; }
no_ns() { ! ip netns list | grep -q "^$1"; }

# Ends what runs in a namespace, and with it the namespace.
end_ns()
{
	ip netns pids "$1" | xargs -r kill -KILL
	ip netns del "$1"
}

# Packets in both directions, as fast as they go
flood()
{
	bg in_ns "$A" ping -q -f -s 1000 192.168.9.2 >/dev/null
	bg in_ns "$B" ping -q -f -s 1000 192.168.9.1 >/dev/null
	busywait 10 flowing
}
flowing() { [ "$(counter "$B" 7 rx-packets)" -ge 50 ]; }

# --- a device elsewhere ---------------------------------------------------------

check "two ends come up" pair
new_ns C c
serve "$C"
move() { ip -n "$A" link set rt0 netns "$C" && ip -n "$C" addr add 192.168.9.1 peer 192.168.9.2 dev rt0 && ip -n "$C" link set rt0 up; }
check "a device moves to another namespace" move
check "its session keeps it" in_ns "$C" ping -q -W 5 -c 3 -i 0.2 192.168.9.2
check "from outside too" in_ns "$B" ping -q -W 5 -c 3 -i 0.2 192.168.9.1
check "the session tells in which namespace it is" eval 'ctl "$A" session-get id=7 | grep -q "\"netnsid\": [0-9]"'
check "the session is not known there" refused "$C" "no such session" session-get id=7
check "a session there cannot take the device" eval '! ctl "$C" session-attach id=7 ifindex="$(in_ns "$C" cat /sys/class/net/rt0/ifindex)"'
check "a device that dies with its session, elsewhere" ctl "$A" session-new tunnel-id=1 id=8 peer-id=1 np=+ipv4
ctl "$A" link-add name=rt8 session=8 die && ip -n "$A" link set rt8 netns "$C"
check "detached, a device loses its carrier" eval 'ctl "$A" session-detach id=7 && [ "$(in_ns "$C" cat /sys/class/net/rt0/carrier)" = 0 ]'
check "and the session stays" ctl "$A" session-get id=7
check "a device of another namespace cannot be attached" refused "$A" "no device with this index" session-attach id=7 ifindex=77777
check "moved back and attached it carries again" eval 'ip -n "$C" link set rt0 netns "$A" && ctl "$A" session-attach id=7 ifindex="$(in_ns "$A" cat /sys/class/net/rt0/ifindex)" && ip -n "$A" addr replace 192.168.9.1 peer 192.168.9.2 dev rt0 && ip -n "$A" link set rt0 up && in_ns "$A" ping -q -W 5 -c 2 192.168.9.2'
check "and again elsewhere" move

# --- the session's namespace ends ---------------------------------------------------

bg in_ns "$B" ping -q -f 192.168.9.1 >/dev/null
check "the namespace of the session ends under traffic" end_ns "$A"
no_carrier() { [ "$(in_ns "$C" cat /sys/class/net/rt0/carrier)" = 0 ]; }
check "its device, elsewhere, loses its carrier" busywait 10 no_carrier
check "and drops what is sent" eval '! in_ns "$C" ping -q -c 1 -W 1 192.168.9.2'
no_device() { ! ip -n "$C" link show rt8 >/dev/null 2>&1; }
check "the device that dies with its session is deleted there" busywait 10 no_device
check "the other end does not care" ctl "$B" session-get id=7
end_ns "$C"

# --- the device's namespace ends -----------------------------------------------------

new_ns D d
check "B's device moves" ip -n "$B" link set rt0 netns "$D"
check "the namespace of the device ends" end_ns "$D"
lost() { ! ctl "$B" session-get id=7 | grep -q ifindex; }
check "the session has no device any more" busywait 10 lost
check "and is still there" ctl "$B" session-get id=7
end_ns "$B"
check "with the last tunnel the module is free" busywait 15 no_users

# --- under traffic, in both orders -----------------------------------------------------

for first in A B; do
	check "two ends come up again" pair
	check "packets flow in both directions" flood
	[ $first = A ] && second=$B || second=$A
	both=$(users)
	check "end $first goes" end_ns "${!first}"
	check "and lets the module go, under the other's packets" busywait 15 eval '[ "$(users)" -lt "$both" ]'
	check "then the other one" end_ns "$second"
	check "and nothing is left" busywait 15 no_users
done

# --- devices and sessions deleted under traffic ---------------------------------------

check "two ends come up a last time" pair
check "packets flow" flood
again()
{
	local i
	for i in 1 2 3 4 5; do
		ip -n "$B" link del rt0 && attach "$B" rt0 7 192.168.9.2 192.168.9.1 || return
		ctl "$A" session-set id=7 np=-ipv4 && ctl "$A" session-set id=7 np=+ipv4 || return
		ctl "$A" session-set id=7 reorder-slots=$((1 << i)) || return
	done
}
check "a device is deleted and made under traffic, five times" again
check "a session is deleted under traffic" ctl "$A" session-del id=7
check "the module does not unload with a tunnel left" eval '! rmmod rtun'
check "all tunnels are flushed" eval 'ctl "$A" flush && ctl "$B" flush'
check "the module is free" busywait 15 no_users

# --- L2TP: sockets and protocol 115 go with their namespaces -----------------------------

l2tp_ends()
{
	check "$1: two ends come up" eval 'l2_hosts && l2_pair'
	new_ns C c
	check "$1: A's device moves" move_eth
	bg in_ns "$C" ping -q -i 0.002 -s 1000 192.168.9.2 >/dev/null
	bg in_ns "$B" ping -q -i 0.002 -s 1000 192.168.9.1 >/dev/null
	check "$1: packets flow in both directions" busywait 10 flowing
	both=$(users)
	check "$1: the namespace of the session ends under them" end_ns "$A"
	check "$1: its device, which dies with it, is deleted elsewhere" \
		busywait 10 eval '! ip -n "$C" link show rt0 >/dev/null 2>&1'
	check "$1: the module is used less" busywait 15 eval '[ "$(users)" -lt "$both" ]'
	new_ns D d
	check "$1: B's device moves" ip -n "$B" link set rt0 netns "$D"
	check "$1: the namespace of the device ends" end_ns "$D"
	check "$1: and the session, which stays, has none" busywait 10 lost
	check "$1: the other end goes, then the third" eval 'end_ns "$B" && end_ns "$C"'
	check "$1: and nothing is left" busywait 15 no_users
}
move_eth() { ip -n "$A" link set rt0 netns "$C" && ip -n "$C" addr add 192.168.9.1/24 dev rt0 && ip -n "$C" link set rt0 up; }

XPORT=udp FAM=4
l2tp_ends "$(l2_name)"
XPORT=ip FAM=6
l2tp_ends "$(l2_name)"

ktap_finish
