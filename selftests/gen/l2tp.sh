# shellcheck shell=bash disable=SC2034 # A, B and R are for those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two ends of L2TPv3 pseudowires without a control channel, over UDP or protocol
# 115, on IPv4 or IPv6, for the kernel's selftests.  lib.sh and pair.sh come
# first; "ctl", "field", "counter" and so on are theirs.
#
#	XPORT=udp|ip FAM=4|6		which transport the following calls mean
#	l2_hosts [MTU]			namespaces A and B with a link va --- vb, an
#					address of each family at each end, and a
#					rtunctl.py that serves each
#	l2_addr A|B			the outer address of an end
#	l2_tunnel A|B ID WORD...	a tunnel of that end to the other one
#	l2_session A|B ID WORD...	a session in tunnel 1 with the wire ids of that
#					end, which ID makes
#	l2_device A|B DEV ID WORD...	an Ethernet device on a session, up, which dies
#					with it
#	l2_pair WORD...			tunnel 1, session 7 and device rt0 with
#					192.168.9.1, .2/24, fd09::1, ::2/64 at both
#					ends; the words are for both session-new.  What
#					is in l2_tun[A], l2_ses[A] is for A's tunnel and
#					session alone, [B] likewise, and forgotten then
#	l2_down				tunnel 1 of both ends away
#	l2_name				"L2TPv3 over UDP on IPv4" and so on
#	quiet NS SESSION		nothing was dropped or lost, but for what came
#					before there was a device
#	watch A|B			a listener that hears of events; told NAME PATTERN
#					waits until it has heard one
#	capture NS DEV FILTER...	tcpdump into $TMP/cap
#	captured REGEX			waits until it has written a packet that tcpdump -v
#					describes so
#	capture_ends

declare -A l2_tun=([A]='' [B]='') l2_ses=([A]='' [B]='')
declare -A l2_num=([A]=1 [B]=2)

l2_hosts()
{
	local mtu=${1-9200}

	new_ns A a && new_ns B b && serve "$A" && serve "$B" &&
	link_ns "$A" va 10.0.0.1/24 "$B" vb 10.0.0.2/24 &&
	ip -n "$A" addr add fd00::1/64 dev va nodad && ip -n "$B" addr add fd00::2/64 dev vb nodad &&
	ip -n "$A" link set va mtu "$mtu" && ip -n "$B" link set vb mtu "$mtu"
}

l2_other() { if [ "$1" = A ]; then echo B; else echo A; fi; }

l2_addr()
{
	if [ "$FAM" = 4 ]; then echo "10.0.0.${l2_num[$1]}"; else echo "fd00::${l2_num[$1]}"; fi
}

l2_name()
{
	local over=UDP

	[ "$XPORT" = udp ] || over="protocol 115"
	echo "L2TPv3 over $over on IPv$FAM"
}

l2_tunnel()
{
	local end=$1 id=$2
	shift 2

	ctl "${!end}" tunnel-new "xport=l2tpv3-$XPORT" "local$FAM=$(l2_addr "$end")" \
		"remote$FAM=$(l2_addr "$(l2_other "$end")")" id="$id" "$@"
}

# Session ids of all four octets, different in the two directions.
l2_id() { echo $((l2_num[$1] * 0x41000000 + $2)); }

l2_session()
{
	local end=$1 id=$2
	shift 2

	ctl "${!end}" session-new tunnel-id=1 id="$id" local-id="$(l2_id "$end" "$id")" \
		peer-id="$(l2_id "$(l2_other "$end")" "$id")" "$@"
}

l2_device()
{
	local end=$1 dev=$2 id=$3
	shift 3

	ctl "${!end}" link-add name="$dev" session="$id" mode=eth die \
		address="02:00:00:00:${l2_num[$end]}0:$(printf '%02x' "$id")" "$@" &&
	ip -n "${!end}" link set "$dev" up
}

l2_pair()
{
	local end

	for end in A B; do
		# shellcheck disable=SC2086 # words
		l2_tunnel $end 1 ${l2_tun[$end]} && l2_session $end 7 "$@" ${l2_ses[$end]} &&
		l2_device $end rt0 7 mtu=1400 &&
		ip -n "${!end}" -batch - <<-EOF || return
			addr add 192.168.9.${l2_num[$end]}/24 dev rt0
			addr add fd09::${l2_num[$end]}/64 dev rt0 nodad
		EOF
		l2_tun[$end]='' l2_ses[$end]=''
	done
}

l2_down()
{
	ctl "$A" tunnel-del id=1 && ctl "$B" tunnel-del id=1
}

quiet()
{
	local drops

	drops=$(field "$1" session.stats.drops session-get id="$2")
	# Who comes up asks for its neighbours before the other end is ready.
	drops=$(sed "s/'\(device-down\|no-device\)': [0-9]*,* *//g;s/, }/}/" <<<"$drops")
	[ "$drops" = "{}" ] || [ "$drops" = 0 ] || { echo "dropped: $drops"; return 1; }
	[ "$(counter "$1" "$2" rx-lost)" = 0 ] || { ctl "$1" session-get id="$2"; return 1; }
}

watch()
{
	local ns=${!1}

	: >"$TMP/events-$1"
	bg in_ns "$ns" "$CTL" listen events >"$TMP/events-$1"
	busywait 20 heard "events-$1" listening
}

told() { busywait 10 heard "events-$1" "$2" || { tail -n 20 "$TMP/events-$1"; return 1; }; }

capture()
{
	local ns=$1 dev=$2
	shift 2

	rm -f "$TMP/cap"
	bg in_ns "$ns" tcpdump -Z root -i "$dev" -U --immediate-mode -w "$TMP/cap" "$@" 2>"$TMP/cap.err"
	CAPTURE=$BG_PID
	busywait 20 grep -q 'listening on' "$TMP/cap.err"
}

capture_has() { tcpdump -nve -r "$TMP/cap" 2>/dev/null | tr '\n' ' ' | grep -qE -- "$1"; }

captured()
{
	busywait 10 capture_has "$1" || { tcpdump -nve -r "$TMP/cap" 2>/dev/null | head -n 10; return 1; }
}

capture_ends() { stop_bg "$CAPTURE" INT; }

at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }
equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }

# From A, unless it is said
pings() { in_ns "$A" ping -q -W 5 -c 2 -i 0.1 "$@"; }
no_ping() { ! in_ns "$A" ping -q -W 0.5 -c 1 "$@"; }

carrier() { in_ns "$1" cat "/sys/class/net/$2/carrier" 2>/dev/null; }
carrier_is() { [ "$(carrier "$1" "$2")" = "$3" ]; }
