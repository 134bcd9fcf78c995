#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A device that many sessions share: what goes to whom by its prefixes, who may say what,
# what is refused, and the end of sessions and devices.
#
#	A rt0 192.168.9.1 --- session 7 --- rt7 192.168.9.2 S1, 10.9.1.1, fd09::2
#	                  \-- session 8 --- rt8 192.168.9.3 S2, 10.9.8.1, fd09::3
#
# The tunnel's other end is B, whose devices live in S1 and S2.

# shellcheck disable=SC2016,SC2034
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"

ktap_header
need ip ping python3
need_gen stream
need_module rtun

equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }
pings() { in_ns "$1" ping -q -W 5 -i 0.1 -c 3 "${@:2}"; }
prefixes() { field "$A" session.prefixes session-get id="$1"; }
index() { in_ns "$A" cat /sys/class/net/rt0/ifindex; }
join() { ctl "$A" session-attach id="$1" ifindex="$(index)"; }
dev_packets() { in_ns "$A" cat "/sys/class/net/rt0/statistics/$1_packets"; }

hosts()
{
	new_ns A a && new_ns B b && new_ns S1 s1 && new_ns S2 s2 && serve "$A" && serve "$B" &&
	link_ns "$A" va 10.0.0.1/24 "$B" vb 10.0.0.2/24 && in_ns "$A" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.send_redirects=0 &&
	ctl "$A" owner-bind name=a && ctl "$B" owner-bind name=b &&
	ctl "$A" tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2 id=1 &&
	ctl "$B" tunnel-new xport=pptp local4=10.0.0.2 remote4=10.0.0.1 id=1
}
subscriber() # SESSION NS HOST ADDRESS...
{
	local addr

	ctl "$A" session-new tunnel-id=1 id="$1" local-id="10$1" peer-id="20$1" np=+ipv4,+ipv6 &&
	ctl "$B" session-new tunnel-id=1 id="$1" local-id="20$1" peer-id="10$1" np=+ipv4,+ipv6 &&
	ctl "$B" link-add name="rt$1" session="$1" && ip -n "$B" link set "rt$1" netns "$2" &&
	ip -n "$2" addr add "192.168.9.$3/24" dev "rt$1" && ip -n "$2" link set "rt$1" up &&
	ip -n "$2" addr add "fd09::$3/64" dev "rt$1" nodad && ip -n "$2" route add default dev "rt$1" &&
	for addr in "${@:4}"; do
		ip -n "$2" addr add "$addr" dev lo || return
	done
}
concentrator()
{
	ctl "$A" link-add name=rt0 mode=multipoint && ip -n "$A" addr add 192.168.9.1/24 dev rt0 &&
	ip -n "$A" addr add fd09::1/64 dev rt0 nodad && ip -n "$A" link set rt0 up &&
	ip -n "$A" route add 10.9.0.0/16 dev rt0
}

check "a concentrator and two subscribers" eval 'hosts && subscriber 7 "$S1" 2 10.9.1.1/32 && subscriber 8 "$S2" 3 10.9.8.1/32'
check "a device for all of them" concentrator
check "it is no point-to-point device, and has a carrier" eval '! says_not POINTOPOINT ip -n "$A" link show rt0 || true;
	says_not POINTOPOINT ip -n "$A" link show rt0 && equal "$(in_ns "$A" cat /sys/class/net/rt0/carrier)" 1'

# --- who is where ------------------------------------------------------------

check "prefixes before there is a device" ctl "$A" session-set id=7 prefixes=192.168.9.2/32,10.9.0.0/16,fd09::2/128
check "they are shown" equal "$(prefixes 7)" "['192.168.9.2/32', '10.9.0.0/16', 'fd09::2/128']"
check "both sessions join" eval 'join 7 && join 8'
check "the first is heard" pings "$A" 192.168.9.2
check_not "the second has no prefix" pings "$A" 192.168.9.3
check "prefixes of a session that has joined" ctl "$A" session-set id=8 prefixes=192.168.9.3/32,10.9.8.0/24,fd09::3/128
check "the second is heard" pings "$A" 192.168.9.3
check "the first still is" pings "$A" 192.168.9.2
check "and over IPv6, both" eval 'pings "$A" fd09::2 && pings "$A" fd09::3'
check "one reaches the other" pings "$S1" 192.168.9.3
check "over IPv6, too" pings "$S2" fd09::2
check "what is behind the first" pings "$A" 10.9.1.1
check "the longest prefix decides" pings "$A" 10.9.8.1
check "large packets, in fragments" pings "$S1" -s 4000 192.168.9.3

carries() # FROM TO ADDRESS
{
	local sent

	bg in_ns "$2" "$GEN/stream" recv "$3" 7000 >"$TMP/got"
	busywait 20 grep -q ready "$TMP/got" && sent=$(in_ns "$1" "$GEN/stream" send "$3" 7000 300000) &&
	busywait 60 grep -q "got ${sent#sent }" "$TMP/got"
}
check "a stream from subscriber to subscriber" carries "$S1" "$S2" 192.168.9.3
check "from the concentrator, over IPv6" carries "$A" "$S1" fd09::2
quiet() { equal "$(counter "$A" "$1" drops)" '{}'; }
check "nothing was dropped" eval 'quiet 7 && quiet 8'
counted() { equal "$(dev_packets "$1")" $(($(counter "$A" 7 "$1-packets") + $(counter "$A" 8 "$1-packets"))); }
check "the device counts what its sessions count" busywait 10 eval 'counted rx && counted tx'

# --- who is not ----------------------------------------------------------------

check "to nobody's address: the sender is told" says 'Unreachable|1 errors|\+[1-9][0-9]* errors' eval 'pings "$A" 192.168.9.77 2>&1 || true'
check "it is counted" eval '[ "$(stray "$A" drops.tx-no-prefix)" -ge 1 ]'
check "over IPv6 likewise" says 'nreachable|\+[1-9][0-9]* errors' eval 'pings "$A" fd09::77 2>&1 || true'
ip -n "$S1" addr add 192.168.9.3/32 dev lo
check_not "in the name of another one" in_ns "$S1" ping -q -W 1 -c 2 -i 0.2 -I 192.168.9.3 192.168.9.1
check "such packets are dropped, and counted" eval '[ "$(counter "$A" 7 drops.source)" -ge 2 ]'
ip -n "$S1" addr del 192.168.9.3/32 dev lo
check "nor of a prefix within its own that is another's" eval 'ip -n "$S1" addr add 10.9.8.7/32 dev lo &&
	! in_ns "$S1" ping -q -W 1 -c 1 -I 10.9.8.7 192.168.9.1'

# --- what is refused -------------------------------------------------------------

before=$(prefixes 8)
check "a prefix that another session has" refused "$A" "another session of the device has one of these prefixes" \
	session-set id=8 prefixes=10.1.0.0/16,192.168.9.2/32
check "bits behind the length" refused "$A" "a prefix has bits behind its length" session-set id=8 prefixes=10.1.2.3/24
check "too long a length" refused "$A" "a prefix is not longer than an address" session-set id=8 prefixes=10.1.2.3/33
check "the same twice" refused "$A" "a prefix is there twice" session-set id=8 prefixes=10.1.2.3/32,10.1.2.3/32
check "half a prefix" refused "$A" "not a number of prefixes" session-set id=8 "$(python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import rtunctl; print({v: k for k, v in rtunctl.ATTRS["session"].items()}["prefixes"])' "$SELFTESTS/gen")"=0220
check "too many of them" refused "$A" "" session-set id=8 prefixes="$(printf '10.1.%d.0/24,' {1..64})10.1.65.0/24"
check "64 are not" ctl "$A" session-set id=8 prefixes="$(printf '10.1.%d.0/24,' {1..63})10.1.64.0/24"
check "they are all shown" equal "$(prefixes 8 | tr -cd / | wc -c)" 64
check "the old ones again" ctl "$A" session-set id=8 prefixes=192.168.9.3/32,10.9.8.0/24,fd09::3/128
check "nothing else has changed" equal "$(prefixes 8)" "$before"
check "a prefix of the other one is taken when a request with it fails later" refused "$A" "only L2TP" \
	session-set id=8 prefixes=10.2.0.0/16 cookie-rx=11223344
check "which leaves nothing" eval 'ctl "$A" session-set id=7 prefixes=192.168.9.2/32,10.9.0.0/16,10.2.0.0/16,fd09::2/128 && equal "$(prefixes 8)" "$before"'
check "a session that joins with another's prefix" eval 'ctl "$A" session-new tunnel-id=1 id=9 local-id=109 peer-id=209 np=+ipv4 prefixes=10.77.0.0/16,10.2.0.0/16 &&
	refused "$A" "another session of the device has one of its prefixes" session-attach id=9 ifindex="$(index)"'
check "and none of its own is taken then" eval 'ctl "$A" session-set id=8 prefixes=192.168.9.3/32,10.9.8.0/24,fd09::3/128,10.77.0.0/16 && ctl "$A" session-del id=9'
check "bridged frames" refused "$A" "carries IP and takes no bridged frames" session-set id=8 np=-ipv4,-ipv6,+bridge
check "a device that dies with one of many" refused "$A" "outlives its sessions" link-add name=rt5 mode=multipoint session=8 die
check "one on demand" refused "$A" "on demand is of mode ppp" link-add name=rt5 mode=multipoint on-demand
check "all of it is still there" eval 'pings "$A" 192.168.9.2 && pings "$A" 192.168.9.3 && pings "$A" 10.9.8.1'

# --- the end of this and that ------------------------------------------------------

check "a session that leaves is not reached" eval 'ctl "$A" session-detach id=8 && ! pings "$A" 192.168.9.3'
check "the other one is, and has what it had" eval 'pings "$A" 192.168.9.2 && pings "$A" 10.9.8.7'
check "it keeps its prefixes, and comes back with them" eval 'join 8 && pings "$A" 192.168.9.3 && pings "$A" 10.9.8.1'
check "a session that is deleted gives them to others" eval 'ctl "$A" session-del id=8 && ctl "$B" session-del id=8 && ip -n "$S2" link del rt8 &&
	ctl "$A" session-set id=7 prefixes=192.168.9.2/32,192.168.9.3/32,fd09::2/128'
check "another one takes its place" eval 'subscriber 8 "$S2" 3 && ctl "$A" session-set id=7 prefixes=192.168.9.2/32,fd09::2/128 &&
	ctl "$A" session-set id=8 prefixes=192.168.9.3/32 && join 8 && pings "$A" 192.168.9.3'
bg in_ns "$S1" ping -q -f -s 1000 192.168.9.3 >/dev/null
flood=$BG_PID
check "under a flood: prefixes change two hundred times" eval 'ctl "$A" times 200 session-set id=8 prefixes=192.168.9.3/32,10.9.{i}.0/24'
check "sessions come and go" eval 'for _ in {1..20}; do ctl "$A" session-detach id=8 && join 8 || return; done'
check "the device is deleted" ip -n "$A" link del rt0
check "its sessions are not" eval 'equal "$(field "$A" session.ifindex session-get id=7)" 0 && equal "$(field "$A" session.ifindex session-get id=8)" 0'
check "another one has them again" eval 'concentrator && join 7 && join 8 && pings "$A" 192.168.9.3'
check "in another namespace" eval 'ip -n "$A" link set rt0 netns "$S2" && ip -n "$S2" link set rt0 up && ip -n "$S2" addr add 192.168.19.1/24 dev rt0 &&
	ctl "$A" session-set id=7 prefixes=192.168.19.2/32 && ip -n "$S1" addr add 192.168.19.2/24 dev rt7 && pings "$S1" 192.168.19.1'
stop_bg "$flood" INT
check "a namespace ends with the device in it, and a flood through it" eval 'bg in_ns "$S1" ping -q -f 192.168.19.1 >/dev/null; sleep 0.5; ip netns pids "$S2" | xargs -r kill; ip netns del "$S2"'
check "its sessions have no device then" busywait 20 eval 'equal "$(field "$A" session.ifindex session-get id=7)" 0'
check "all is taken down" eval 'ctl "$A" tunnel-del id=1 && ctl "$B" tunnel-del id=1'
ktap_finish
