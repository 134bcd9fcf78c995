#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The generic netlink family: what it refuses and in which words, what its
# answers and notifications contain, filters of dumps, generation, permissions.
#
#	A va 10.0.0.1 ---- vb 10.0.0.2 B	as gen/pair.sh makes them
#
# Owner "a" of A hears of all events, so what it printed is what was notified.

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"

ktap_header
need ip python3 setpriv unshare
need_module rtun

at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }
equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }
says() { grep -q -- "$1" || { echo "not found: $1"; return 1; }; }
generation() { field "$A" info.generation info-get; }

check "two ends come up" pair

# --- words that are refused ---------------------------------------------------

new="tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2"
ses="session-new tunnel-id=1"
check "a tunnel needs an owner" refused "$A" "bind one first" $new
check "this socket gets a name" ctl "$A" owner-bind name=c
check "and the same name again" ctl "$A" owner-bind name=c
check "but no second one" refused "$A" "bound to another" owner-bind name=d
check "nor one that is in use" refused "$B" "held by a live socket" owner-bind name=b
check "a name is not empty" refused "$B" "printable" owner-bind name=
check "a name is 31 octets long at most" refused "$B" "Numerical result" owner-bind name=12345678901234567890123456789012
check "only who has a name can give it back" refused "$A" "not bound" owner-unbind name=a
check "an unknown command is refused" refused "$A" "Operation not supported" event
check "an attribute of a number nobody knows is refused" refused "$A" "nknown attribute" $new 99=00000000
check "a missing attribute is named" refused "$A" "the peer's address is missing" tunnel-new xport=pptp local4=10.0.0.1
check "and an empty object" refused "$A" "the transport is missing" tunnel-new empty
check "and no object at all" refused "$A" "the tunnel is missing" tunnel-new
check "a read-only attribute is refused" refused "$A" "is read-only" $new pmtu=1400
check "what is given at creation does not change" refused "$A" "at creation only" tunnel-set id=1 remote4=10.0.0.3
check "nor does what its end depends on" refused "$A" "at creation only" tunnel-set id=1 flags=+die-with-owner
check "an unknown transport is refused" refused "$A" "out of range" tunnel-new xport=77 local4=10.0.0.1 remote4=10.0.0.2
check "an unknown flag of a tunnel is refused" refused "$A" "Invalid" $new flags=+0x80
check "an unknown flag of a session is refused" refused "$A" "Invalid" session-set id=7 flags=+0x100000
check "an unknown network protocol is refused" refused "$A" "Invalid" session-set id=7 np=+0x4
check "the local address must be here" refused "$A" "not an address of this host" tunnel-new xport=pptp local4=10.9.9.9 remote4=10.0.0.2
check "the peer is no multicast group" refused "$A" "not the address of a host" tunnel-new xport=pptp local4=10.0.0.1 remote4=224.0.0.1
check "the ECN bits are no part of TOS" refused "$A" "reserved bit" tunnel-set id=1 tos=3
check "a device that does not exist is refused" refused "$A" "no device with this index" tunnel-set id=1 oif=99999
check "an id that is taken is refused" refused "$A" "a tunnel with this id exists" $new id=1
check "a tunnel that is not there" refused "$A" "no such tunnel" tunnel-get id=1234
check "a session that is not there" refused "$A" "no such session" session-del id=1234
check "a session's tunnel that is not there" refused "$A" "no such tunnel" session-new tunnel-id=1234
check "a call id that is taken" refused "$A" "receives with this call id" $ses local-id=100
check "a call id of 17 bits" refused "$A" "out of range" $ses local-id=65536
check "the id of a session that is taken" refused "$A" "a session with this id exists" $ses id=7
check "slots that are no power of two" refused "$A" "power of two" session-set id=7 reorder-slots=100
check "too many slots" refused "$A" "out of range" session-set id=7 reorder-slots=2048
check "a window of nothing" refused "$A" "out of range" session-set id=7 peer-window=0
check "another id of the peer" refused "$A" "does not change" session-set id=7 peer-id=77
check "a blob of more than 4096 octets" refused "$A" "out of range" session-set id=7 "blob=$(printf '%08194d' 0)"
check "a frame of a data protocol" refused "$A" "belong to the device" frame session-id=7 data=002145
check "a frame without a protocol field" refused "$A" "does not begin with a PPP protocol" frame session-id=7 data=c121ff
check "a frame of one octet" refused "$A" "out of range" frame session-id=7 data=c0
check "a frame that is too long" refused "$A" "out of range" frame session-id=7 "data=$(printf 'c021%08192d' 0)"
check "attaching to what is no device of ours" refused "$A" "not a device of kind rtun" session-attach id=7 ifindex=1
check "attaching to a device in use" refused "$A" "a session already" session-attach id=7 \
	ifindex="$(in_ns "$A" cat /sys/class/net/rt0/ifindex)"
check "a dump of tunnels takes no tunnel" refused "$A" "lists all tunnels" dump tunnel-get id=1
check "a dump of sessions takes no session" refused "$A" "or a tunnel's" dump session-get id=7
check "a dump of the sessions of no tunnel" refused "$A" "no such tunnel" dump session-get tunnel-id=99
check "a device that dies needs a session to die with" refused "$A" "needs one" link-add name=rt1 die
check "a device on a session that is not there" refused "$A" "no such session" link-add name=rt1 session=99
check_not "and none is left behind" ip -n "$A" link show rt1
check "a device on a session that has one" refused "$A" "has a device already" link-add name=rt1 session=7
check "a device's transport is read-only" refused "$A" "read-only" link-add name=rt1 4=01
check "a device does not change its session" refused "$A" "is said at its creation" link-set name=rt0 session=20
before=$(generation)
check "a refused change changes nothing, not even in part" refused "$A" "power of two" session-set id=7 ack-delay=7 reorder-slots=3
check "as can be seen" equal "$(field "$A" session.ack-delay session-get id=7)" 100
check "nor does it count" equal "$(generation)" "$before"

# --- what is answered ------------------------------------------------------------

check "a session without the peer's id can be made" ctl "$A" $ses id=20 blob=00ff10
check "its call id is picked" at_least "$(field "$A" session.local-id session-get id=20)" 1
check "it cannot send" refused "$A" "peer's id is not known" frame session-id=20 data=c02101010004
check "it is given the peer's id" ctl "$A" session-set id=20 peer-id=0
check "which is shown, also when it is 0" eval 'ctl "$A" session-get id=20 | says "\"peer-id\": 0"'
check "the same again is no change of it" ctl "$A" session-set id=20 peer-id=0
check "the blob is kept" equal "$(field "$A" session.blob session-get id=20)" 00ff10
check "and replaced" ctl "$A" session-set id=20 blob=ab
check "as can be seen" equal "$(field "$A" session.blob session-get id=20)" ab
check "and taken away" ctl "$A" session-set id=20 blob=
check "as can be seen" equal "$(field "$A" session.blob session-get id=20)" 0
check "the magic number is not shown" eval '! ctl "$A" session-get id=20 | grep -q magic'
check "bits change one by one" ctl "$A" session-set id=20 flags=+pfc-rx,+acfc-tx
check "and the others stay" ctl "$A" session-set id=20 flags=-pfc-rx,+echo-reply
check "as can be seen" eval 'ctl "$A" session-get id=20 | says "\[\"acfc-tx\", \"echo-reply\"\]"'

check "a tunnel's policy can be set" ctl "$A" tunnel-set id=1 ttl=9 tos=0x10 df=inherit fwmark=7 blob=0102
check "and is shown" eval 'ctl "$A" tunnel-get id=1 | says "\"fwmark\": 7, \"oif\": 0, \"ttl\": 9, \"tos\": 16, \"df\": 2,.*\"blob\": \"0102\""'
check "the owner is shown" equal "$(field "$A" tunnel.owner tunnel-get id=1)" a
check "and listed with its tunnels" eval 'ctl "$A" dump owner-get | says "\"name\": \"a\", \"portid\": [1-9][0-9]*, \"tunnels\": 1"'

# --- generation, notifications ----------------------------------------------------

before=$(generation)
check "a tunnel more" ctl "$A" $new id=2 flags=+die-with-owner
check "a change counts" equal "$(generation)" $((before + 1))
check "and is in the answers" equal "$(field "$A" generation tunnel-get id=2)" $((before + 1))
check "reading does not count" equal "$(generation)" $((before + 1))
check "the new tunnel was notified" busywait 10 heard a '"cmd": "tunnel-new", "tunnel": .*"id": 2'
check "the change of a session was notified" heard a '"cmd": "session-set", "session": .*"id": 20'
for i in 1 2 3; do ctl "$A" session-new tunnel-id=2 id=$((30 + i)) >/dev/null; done
check "all sessions are listed" equal "$(ctl "$A" dump session-get | wc -l)" 5
check "or those of one tunnel" equal "$(ctl "$A" dump session-get tunnel-id=2 | wc -l)" 3
check "a deleted session is notified with the reason" eval 'ctl "$A" session-del id=31 && busywait 10 heard a "session-del.*\"id\": 31, \"tunnel-id\": 2.*\"reason\": \"request\""'
lives() { grep -oE '"session-(new|del)", "session": \{"id": 33,' "$TMP/a" | sed 's/"session-\(...\).*/\1/' | xargs; }
lived() { [ "$(lives | wc -w)" -ge 3 ]; }
check "another session takes the id of one that is deleted" eval 'ctl "$A" session-del id=33 && ctl "$A" session-new tunnel-id=2 id=33 && busywait 10 lived'
check "it comes after the end of that was told" equal "$(lives)" "new del new"
check "with its tunnel a session goes for another one" eval 'ctl "$A" tunnel-del id=2 && busywait 10 heard a "session-del.*\"id\": 32.*\"reason\": \"tunnel\""'
check "the tunnel too" heard a 'tunnel-del.*"id": 2.*"reason": "request"'
check "its sessions are gone" equal "$(ctl "$A" dump session-get | wc -l)" 2

# --- many ------------------------------------------------------------------------

blob=$(printf '%08192d' 0)
count=150
[ -z "${RTUN_SMALL-}" ] || count=40
many()
{
	local i
	for ((i = 0; i < count; i++)); do
		ctl "$A" session-new tunnel-id=3 blob="$blob" || return
	done
}
ctl "$A" $new id=3 >/dev/null
many >"$TMP/many"
check "many sessions with large blobs are made" equal "$(wc -l <"$TMP/many")" $count
check "their call ids all differ" equal "$(grep -o '"local-id": [0-9]*' "$TMP/many" | sort -u | wc -l)" $count
check "they are not handed out in order" eval '! grep -o "\"local-id\": [0-9]*" "$TMP/many" | sort -c -k2n'
ctl "$A" dump session-get tunnel-id=3 >"$TMP/dump"
check "a dump over many messages has each once" equal "$(grep -o '"id": [0-9]*' "$TMP/dump" | sort -u | wc -l)" $count
check "and is consistent" eval '! grep -q inconsistent "$TMP/dump"'
check "the owner's tunnels can be flushed" ctl "$A" flush name=c
check "the other owner's stay" equal "$(ctl "$A" dump tunnel-get | wc -l)" 1
check "an owner nobody knows is refused" refused "$A" "no such owner" flush name=nobody

# --- permissions --------------------------------------------------------------------

check_not "without CAP_NET_ADMIN nothing is answered" in_ns "$A" setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$CTL" info-get
check "nor are events told" eval 'in_ns "$A" setpriv --bounding-set=-net_admin --inh-caps=-net_admin \
	"$CTL" listen events seconds=1 2>&1 | says "Operation not permitted"'
check "which others hear" in_ns "$A" "$CTL" listen events seconds=1
check "who is root of a user namespace may have tunnels in its own network" unshare -Urn "$CTL" info-get
check "but is nobody in a network that another one owns" eval 'in_ns "$A" unshare -Ur "$CTL" info-get 2>&1 | says "Operation not permitted"'
check "nor hears of events there" eval 'in_ns "$A" unshare -Ur "$CTL" listen events seconds=1 2>&1 | says "Operation not permitted"'
check "nor sees anything of others from its own" eval 'unshare -Urn "$CTL" dump tunnel-get | equal "$(wc -l)" 0'

# --- the module ------------------------------------------------------------------------

check_not "the module does not unload while there are tunnels" rmmod rtun
ctl "$A" flush && ctl "$B" flush
check "without tunnels, GRE version 1 is free" modprobe pptp
check "with the in-tree module loaded a tunnel is refused, and who has to go is said" refused "$A" "modprobe -r pptp" $new
modprobe -r pptp
check "when it is gone, the tunnel is made" ctl "$A" $new
check_not "and then the in-tree module is refused" modprobe pptp

ctl "$A" flush
check "with nothing left the module unloads" modprobe -r rtun
check "the first request loads it" in_ns "$A" "$CTL" info-get
modprobe -r rtun
check "so does the first device" ip -n "$A" link add rt1 type rtun
check "devices alone do not keep it" modprobe -r rtun
check_not "and go with it" ip -n "$A" link show rt1
modprobe rtun

ktap_finish
