#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hand-made and spoilt L2TP packets: each is dropped under the one reason that
# the uAPI header gives for it, and nothing else changes.
#
#	A va 10.0.0.1, fd00::1 -------- vb 10.0.0.2, fd00::2 B
#	the injector                    tunnel 1, whose peer is A
#	                                session 8: Ethernet, cookie of 4 octets
#	                                session 9: Ethernet, sublayer, numbered
#	                                session 10: type vlan
#	                                tunnel 2, session 18: version 2, PPP
#	                                session 19: PPP, numbered
#
# "grown" of rtunctl.py says which counters grew: a test names all that may.

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip tcpdump python3
need_module rtun

XPORT=udp FAM=4
check "two hosts with a link are there" l2_hosts 9200
in_ns "$B" sysctl -qw net.ipv6.conf.default.disable_ipv6=1

cookie=cookie=a1b2c3d4
mac8=02:00:00:00:20:08 peer8=02:00:00:00:00:55

# From A, or from a stranger when it is spoofed
hand()
{
	local src word

	src=$(l2_addr A)
	for word; do
		[ "$word" != spoof=1 ] || src=${src%1}77
	done
	ctl "$A" l2tp "$src" "$(l2_addr B)" over=$XPORT "$@"
}

# Exactly WHAT grows by what is sent; a regular expression where there are
# alternatives.
grew_by()
{
	local session=$1 what=$2 growth=''
	shift 2

	ctl "$B" grown "$session" >/dev/null
	"$@" || return
	something() { growth=$(ctl "$B" grown "$session"); [ -n "$growth" ]; }
	busywait 10 something >/dev/null
	[[ $growth =~ ^($what)$ ]] || { echo "grown: ${growth:-nothing}, expected $what, for: ${*:2}"; return 1; }
}
# "bad" SESSION REASON WORD...: one packet more was dropped for it, and nothing
# else; of "stray:REASON" no session heard
bad() { local s=$1 why=$2; shift 2; grew_by "$s" "${why}[+]1" hand "$@"; }
good8() { grew_by 8 "rx-packets[+]1" hand session=8 $cookie eth=$peer8,$mac8; }

# Each length from FIRST to LAST octets behind the UDP or IP header, one reason
cut_from_to()
{
	local session=$1 why=$2 first=$3 last=$4 n
	shift 4

	for ((n = first; n <= last; n++)); do
		bad "$session" "$why" cut=$n "$@" || return
	done
}

# --- version 3 ---------------------------------------------------------------

v3_up()
{
	l2_tunnel B 1 &&
	ctl "$B" session-new tunnel-id=1 id=8 local-id=8 peer-id=8 cookie-rx=a1b2c3d4 &&
	ctl "$B" session-new tunnel-id=1 id=9 local-id=9 peer-id=9 l2spec=default flags=+seq-tx,+seq-rx \
		reorder-timeout=10000 &&
	ctl "$B" session-new tunnel-id=1 id=10 local-id=10 peer-id=10 pw-type=eth-vlan vlan=7 &&
	l2_device B rt9 9 && l2_device B rt10 10
}

v3()
{
	local name=$1 head=0 mac9=02:00:00:00:20:09 mac10=02:00:00:00:20:0a
	[ $XPORT = ip ] || head=4

	check "$name: B has sessions for the injector" v3_up
	check "$name: a frame for a session without a device" bad 8 no-device session=8 $cookie eth=$peer8,ff
	ctl "$B" link-add name=rt8 session=8 mode=eth die address=$mac8
	check "$name: a frame for a device that is down" bad 8 device-down session=8 $cookie eth=$peer8,ff
	ip -n "$B" link set rt8 up
	check "$name: a good one is delivered" good8
	check "$name: a broadcast too" grew_by 8 "rx-packets[+]1" hand session=8 $cookie eth=$peer8,ff
	check "$name: and a tagged one" grew_by 8 "rx-packets[+]1" hand session=8 $cookie eth=$peer8,$mac8 vlan=5
	check "$name: and one of 8000 octets" grew_by 8 "rx-packets[+]1" hand session=8 $cookie eth=$peer8,$mac8 size=8000

	# Over UDP an empty datagram is no packet of ours: the socket's own business.
	check "$name: cut at every length before its session id ends" \
		cut_from_to 8 stray:l2tp-truncated $((head ? 1 : 0)) $((head + 3)) session=8 $cookie eth=$peer8,ff
	check "$name: cut at every length within the cookie" \
		cut_from_to 8 l2tp-truncated $((head + 4)) $((head + 7)) session=8 $cookie eth=$peer8,ff
	check "$name: cut at every length within the Ethernet header" \
		cut_from_to 8 eth-truncated $((head + 8)) $((head + 21)) session=8 $cookie eth=$peer8,ff
	check "$name: cut at every length within the sublayer" \
		cut_from_to 9 l2tp-truncated $((head + 4)) $((head + 7)) session=9 seq=1 eth=$peer8,ff
	if [ $XPORT = udp ]; then
		check "$name: of version 1" bad 8 stray:l2tp-version head=1 session=8 $cookie eth=$peer8,ff
		check "$name: of version 4" bad 8 stray:l2tp-version head=4 session=8 $cookie eth=$peer8,ff
		check "$name: of version 15" bad 8 stray:l2tp-version head=15 session=8 $cookie eth=$peer8,ff
		check "$name: of version 2, whose tunnel nobody has" bad 8 "stray:(no-session|l2tp-version)" v=2 tunnel=1 session=8 data=ff03c021
		check "$name: a control message" bad 8 stray:l2tp-control head=0xc803 session=0 size=12
		check "$name: a control message of version 2" bad 8 stray:l2tp-control v=2 head=0xc802 size=12
	else
		check "$name: a control message" bad 8 stray:l2tp-control session=0 size=16
	fi
	check "$name: a session id nobody has" bad 8 stray:no-session session=0x12345678 $cookie eth=$peer8,ff
	check "$name: a wrong cookie" bad 8 cookie session=8 cookie=a1b2c3d5 eth=$peer8,ff
	check "$name: a cookie in wrong order" bad 8 cookie session=8 cookie=d4c3b2a1 eth=$peer8,ff
	check "$name: no cookie" bad 8 cookie session=8 eth=$peer8,ff
	check "$name: a stranger with id and cookie" bad 8 "(stray:)?peer-addr" spoof=1 session=8 $cookie eth=$peer8,ff
	[ $XPORT = ip ] ||
	check "$name: a wrong port" bad 8 "(stray:)?peer-addr" sport=1702 session=8 $cookie eth=$peer8,ff
	[ $XPORT$FAM = udp6 ] && check "$name: no UDP checksum" bad 8 "(stray:)?udp-csum" csum=zero session=8 $cookie eth=$peer8,ff
	[ $XPORT$FAM = udp4 ] && check "$name: no UDP checksum is legal" grew_by 8 "rx-packets[+]1" hand csum=zero session=8 $cookie eth=$peer8,ff
	check "$name: from the device's own address" bad 8 eth-loop session=8 $cookie eth=$mac8,ff
	ctl "$B" session-set id=8 circuit=0
	check "$name: while the circuit is down" bad 8 circuit-down session=8 $cookie eth=$peer8,ff
	ctl "$B" session-set id=8 circuit=1
	check "$name: a frame without a tag for type vlan" bad 10 vlan-tag session=10 eth=$peer8,$mac10
	check "$name: one with a tag is delivered" grew_by 10 "rx-packets[+]1" hand session=10 vlan=7 eth=$peer8,$mac10
	check "$name: one cut within the tag" cut_from_to 10 "(vlan-tag|eth-truncated)" $((head + 18)) $((head + 21)) \
		session=10 vlan=7 eth=$peer8,$mac10

	# Put together of fragments a packet is a list of buffers, captured it is a clone.
	ip -n "$A" link set va mtu 1500
	check "$name: in fragments a good one is delivered" \
		grew_by 8 "rx-packets[+]1" hand session=8 $cookie eth=$peer8,$mac8 size=8000
	check "$name: in fragments one with a wrong cookie" bad 8 cookie session=8 cookie=a1b2c3d5 eth=$peer8,$mac8 size=8000
	check "$name: in fragments one for nobody" bad 8 stray:no-session session=0x12345678 $cookie eth=$peer8,ff size=8000
	check "$name: somebody captures" capture "$B" vb
	check "$name: in fragments, captured, a good one is delivered" \
		grew_by 8 "rx-packets[+]1" hand session=8 $cookie eth=$peer8,$mac8 size=8000
	ip -n "$A" link set va mtu 9200
	check "$name: captured, a good one is delivered" good8
	check "$name: captured, a large one too" grew_by 8 "rx-packets[+]1" hand session=8 $cookie eth=$peer8,$mac8 size=8000
	check "$name: captured, one with a wrong cookie" bad 8 cookie session=8 cookie=a1b2c3d5 eth=$peer8,ff
	check "$name: captured, one that is cut" bad 9 l2tp-truncated cut=$((head + 5)) session=9 seq=1 eth=$peer8,ff
	capture_ends

	numbers "$name" 9 0xffffff session=9 eth=$peer8,$mac9
	check "$name: not numbered" bad 9 seq-missing session=9 sub=0 eth=$peer8,$mac9

	check "$name: a thousand packets of noise are sent" hand random=1 count=1000
	check "$name: and a thousand with the right session and no cookie" hand random=2 count=1000 session=8
	check "$name: and a thousand for the numbered session" hand random=3 count=1000 session=9
	check "$name: and empty ones" hand cut=0 count=10
	[ $XPORT = ip ] || check "$name: and a thousand of version 2" hand random=4 count=1000 v=2 tunnel=1 session=8
	check "$name: none of which was delivered without its cookie" says_not 'rx-packets' ctl "$B" grown 8
	check "$name: after all these the session is unharmed" good8
	ctl "$B" tunnel-del id=1
}
# The sequence of SESSION, whose numbers end at MASK; the words make a packet that
# is good but for its number.  A session that was silent for a second believes a
# jump, and a restart: what is wrong comes in one go with a good one, and a guest
# that was not quick enough gets some more tries.
numbers()
{
	local name=$1 session=$2 mask=$3 next=0x7000 before sum
	shift 3
	local words=("$@") key=seq
	[ "$session" != 19 ] || key=ns

	seq_good() { grew_by $session "rx-packets[+]1" hand $key=$((next = (next + 1) & mask)) "${words[@]}"; }
	# behind REASON STEP: a good one, and STEP from there one that is dropped for it
	behind()
	{
		local tries
		for ((tries = 0; tries < 5; tries++)); do
			ctl "$B" grown $session >/dev/null
			next=$(((next + 1) & mask))
			hand $key=$next count=2 step=$2 "${words[@]}" || return
			sum=''
			both() { sum+=" $(ctl "$B" grown $session)"; [[ $sum == *rx-packets+1* && $sum == *$why+1* ]]; }
			local why=$1
			! busywait 2 both >/dev/null || return 0
			# Both were believed: the session is there now.
			next=$(((next + $2) & mask))
		done
		echo "$sum"
		return 1
	}
	check "$name: a first number is believed" seq_good
	check "$name: the next one is awaited" seq_good
	check "$name: the same number again is late" behind seq-late 0
	check "$name: an older one too" behind seq-late -1
	check "$name: a number 4096 ahead" behind seq-far 4097
	check "$name: one half the space ahead" behind seq-far $((mask / 2 - 1))
	check "$name: one far behind" behind seq-far -5000
	check "$name: one ahead is held, the same again a duplicate" \
		bad $session seq-dup $key=$(((next + 2) & mask)) count=2 step=0 "${words[@]}"
	before=$(counter "$B" $session rx-packets)
	hand $key=$(((next + 1) & mask)) "${words[@]}"
	check "$name: the missing one brings both" busywait 10 eval '[ "$(counter "$B" '$session' rx-packets)" -eq '$((before + 2))' ]'
	next=$(((next + 2) & mask))
	# To the end of the space, in steps that are believed at the third number.
	hand $key=$((mask - 6)) count=8 "${words[@]}"
	next=0
	ctl "$B" grown $session >/dev/null
	check "$name: three numbers from afar are believed, and the space ends without a gap" \
		busywait 10 resumed $session $key "${words[@]}"
	check "$name: nothing was lost in all that" equal "$(counter "$B" $session rx-lost)" 0
}
# The numbers went on to 0 behind the last one; what follows is the one after "next".
resumed() { grew_by "$1" "rx-packets[+]1" hand "$2=$((next = next + 1))" "${@:3}"; }

# --- version 2 ------------------------------------------------------------------------

# Its header is of one piece: what is wrong in it may be seen before the session is
# looked up.

v2_up()
{
	ctl "$B" tunnel-new xport=l2tpv2 "local$FAM=$(l2_addr B)" "remote$FAM=$(l2_addr A)" id=2 local-id=21 peer-id=12 &&
	ctl "$B" session-new tunnel-id=2 id=18 local-id=18 peer-id=81 np=+ipv4 &&
	ctl "$B" session-new tunnel-id=2 id=19 local-id=19 peer-id=91 np=+ipv4 flags=+seq-tx,+seq-rx reorder-timeout=10000 &&
	ctl "$B" link-add name=rt18 session=18 die && ctl "$B" link-add name=rt19 session=19 die &&
	ip -n "$B" link set rt18 up && ip -n "$B" link set rt19 up
}

v2()
{
	local name="L2TPv2 on IPv$FAM" to="v=2 tunnel=21 session=18" ip=ip4=192.168.9.1,192.168.9.9

	check "$name: B has sessions for the injector" v2_up
	check "$name: a good one is delivered" grew_by 18 "rx-packets[+]1" hand $to $ip
	check "$name: with a length too" grew_by 18 "rx-packets[+]1" hand $to $ip length=1
	check "$name: and what is behind it does not matter" grew_by 18 "rx-packets[+]1" hand $to $ip length=1 pad=9
	check "$name: with an offset of 0, too" grew_by 18 "rx-packets[+]1" hand $to $ip offset=0
	check "$name: with an offset of 5" grew_by 18 "rx-packets[+]1" hand $to $ip offset=5 length=1
	check "$name: with a number that nobody asked for" grew_by 18 "rx-packets[+]1" hand $to $ip ns=7 length=1
	check "$name: cut at every length before its session id ends" cut_from_to 18 stray:l2tp-truncated 1 5 $to $ip
	check "$name: cut at every length within its numbers and offset" cut_from_to 18 "(stray:)?l2tp-truncated" 6 11 $to $ip ns=1 offset=0
	check "$name: an offset beyond the end" bad 18 "(stray:)?l2tp-offset" $to $ip offset=2000:0
	check "$name: an offset one octet beyond the end" bad 18 "(stray:)?l2tp-offset" $to offset=1:0
	check "$name: a length beyond the datagram" bad 18 "(stray:)?l2tp-length" $to $ip length=2000
	check "$name: a length one octet beyond the datagram" bad 18 "(stray:)?l2tp-length" $to data=ff03c021 length=13
	check "$name: a length within the header" bad 18 "(stray:)?l2tp-(length|truncated)" $to $ip length=5
	check "$name: a length of nothing" bad 18 "(stray:)?l2tp-(length|truncated)" $to $ip length=0
	check "$name: a tunnel id nobody has" bad 18 stray:no-session v=2 tunnel=22 session=18 $ip
	check "$name: a session id nobody has" bad 18 stray:no-session v=2 tunnel=21 session=20 $ip
	check "$name: a session of it in version 3" bad 18 "stray:(no-session|l2tp-version)" session=18 $ip
	check "$name: a control message" bad 18 stray:l2tp-control $to head=0xc802 length=1
	check "$name: a stranger with the right ids" bad 18 "(stray:)?peer-addr" spoof=1 $to $ip
	check "$name: a wrong port" bad 18 "(stray:)?peer-addr" sport=1702 $to $ip
	check "$name: no frame" bad 18 ppp-truncated $to
	check "$name: half a protocol field" bad 18 ppp-truncated $to data=ff0300
	check "$name: an even protocol field" bad 18 ppp-proto $to data=ff030020
	check "$name: a network protocol that is not open" bad 18 np-closed $to data=ff030057
	check "$name: something else behind an IP protocol field" bad 18 ip-header $to data=ff030021ffff
	check "$name: an IP header that is cut" bad 18 ip-header $to data=ff03002145000020
	check "$name: a control frame and nobody to read it" bad 18 ctrl-no-owner $to data=ff03c0210101000401
	numbers "$name" 19 0xffff v=2 tunnel=21 session=19 $ip
	check "$name: not numbered" bad 19 seq-missing v=2 tunnel=21 session=19 $ip
	check "$name: a thousand packets of noise are sent" hand random=1 count=1000 v=2
	check "$name: and a thousand with the right ids" hand random=2 count=1000 $to
	ctl "$B" grown 18 >/dev/null
	check "$name: after all these the session is unharmed" grew_by 18 "rx-packets[+]1" hand $to $ip
	ctl "$B" tunnel-del id=2
}

for XPORT in udp ip; do
	for FAM in 4 6; do v3 "$(l2_name)"; done
done
XPORT=udp
for FAM in 4 6; do v2; done
check "and the box lives" ctl "$B" info-get

ktap_finish
