#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 3000
#
# Our PPTP server against Debian's pptp-linux and pppd: each method of authentication
# with no, 40 and 128 bits of MPPE, stateful mode offered and not, and with the options
# that NetworkManager's plugin gives.  What cannot be is refused, and why is said.
#
# Stateless mode is what both ask for first, so it is what comes of an offer of
# stateful mode as well, unless it is all that ours agrees to.
#
#	   client                              server
#	+-----------+                       +-----------+
#	| pptp,pppd | 192.0.2.1   192.0.2.2 | rtun      |
#	|    ppp0   |--- c0 ---------- s0 --| <pptp-..> |
#	+-----------+                       +-----------+
#	  10.9.0.x  ======== tunnel ========  10.9.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"
. "$SELFTESTS/peers/pptp_linux.sh"
. "$SELFTESTS/peers/wire.sh"

ktap_header
need rtun pptp pppd jq tcpdump
need_module rtun
need_module ppp_mppe

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
busywait 10 says 'fe80::.* scope link' ip -n "$SERVER" -6 addr show dev s0 >/dev/null
server_state "$SERVER" > "$TMP/before"
wire_start "$SERVER" s0
serve_all='server set pptp authentication mschap2,mschap1,chap,pap mppe 128,40 mppe-stateful yes'
check "the server starts with all that it can" server_start "$SERVER" "$serve_all" ||
	{ cat "$DAEMON_LOG"; ktap_finish; }

declare -A name_of=([pap]=pap [chap]=chap [mschap]=mschap1 [mschapv2]=mschap2)
dial() { local method=$1; shift; pptp_dial "$CLIENT" 192.0.2.2 "$method" jack "$SERVER_PASSWORD" "$@"; }
comes_up() { pptp_settles 120; pptp_up || { pptp_show; tail -n 20 "$DAEMON_LOG"; return 1; }; }
# The session of the kernel has it as well as the daemon.
is()
{
	[ "$(active_field 0.authentication)" = "$1" ] && [ "$(active_field 0.encoding)" = "$2" ] &&
	[ "$(in_ns "$SERVER" rtun -j session show | rtun_field 0.encoding)" = "$2" ] && return
	rtun -j active show
	in_ns "$SERVER" rtun -j session show
	return 1
}
pings()
{
	in_ns "$CLIENT" ping -q -M 'do' -s 1372 -c 3 -i 0.2 -W 5 10.9.0.1 &&
	in_ns "$SERVER" ping -q -M 'do' -s 1372 -c 3 -i 0.2 -W 5 "$(active_field 0.address)"
}
ends()
{
	pptp_hangup
	busywait 30 pptp_down && busywait 30 server_serves 0 && busywait 10 half_open 0 &&
	[ "$(record_field 0.cause)" = peer-terminated ] && return
	rtun -j accounting show limit 1
	return 1
}
half_open() { [ "$(rtun -j server show | rtun_field 0.half_open)" = "$1" ]; }

# cell METHOD ENCODING [PPPD-OPTION...]
cell()
{
	local method=$1 encoding=$2 what=$1
	shift 2

	[ $# -eq 0 ] || what="$method, ${WHAT:-$*}"
	dial "$method" "$@"
	check "$what: it connects" comes_up || { ends; return; }
	check "$what: active show and session show say ${name_of[$method]}, $encoding" is "${name_of[$method]}" "$encoding"
	check "$what: packets of 1400 octets go both ways" pings
	check "$what: it ends, and leaves nobody" ends
}

# no_cell WHERE REGEX METHOD [PPPD-OPTION...]: it ends before it is up, and the file (the
# client's log, the server's) says why.
no_cell()
{
	local where=$1 why=$2 method=$3
	shift 3

	: > "$TMP/seen"
	local lines
	lines=$(wc -l < "$DAEMON_LOG")
	dial "$method" "$@"
	never_up() { busywait 120 pptp_down && ! grep -q 'local  IP address' "$PPTP_LOG" &&
		busywait 30 server_serves 0 && busywait 30 half_open 0; }
	check "$method, ${WHAT:-$*}: there is no session" never_up
	if [ "$where" = client ]; then
		check "... the client says why: $why" says "$why" cat "$PPTP_LOG"
	else
		check "... the server says why: $why" says "$why" tail -n "+$((lines + 1))" "$DAEMON_LOG"
	fi
}

# --- Without encryption ---

for method in pap chap mschap mschapv2; do
	cell $method none
done

# --- With encryption ---

for method in mschap mschapv2; do
	for stateful in nomppe-stateful mppe-stateful; do
		cell $method 'MPPE128 stateless' require-mppe-128 $stateful
	done
done
for stateful in nomppe-stateful mppe-stateful; do
	cell mschapv2 'MPPE40 stateless' require-mppe-40 nomppe-128 $stateful
done
cell mschapv2 'MPPE128 stateless' require-mppe mppe-stateful

# --- What cannot be ---

for method in pap chap; do
	for bits in 40 128; do
		no_cell client 'MPPE required, but MS-CHAP\[v2\]' $method require-mppe-$bits
	done
done
# RFC 3079 section 2.1 makes the short keys of the LAN Manager hash, which pppd has not.
no_cell client 'MPPE required, but both 40-bit and 128-bit disabled' mschap require-mppe-40 nomppe-128

# --- As NetworkManager's plugin has it ---

# nm METHOD ENCODING PPPD-OPTION...
nm()
{
	local method=$1 encoding=$2
	shift 2

	WHAT="NetworkManager: $*" PPTP_WORDS='--loglevel 0 --logstring nm-pptp-service-1' cell "$method" "$encoding" \
		ipparam nm-pptp-service-1 noipdefault nodefaultroute usepeerdns nobsdcomp nodeflate novj \
		lcp-echo-failure 5 lcp-echo-interval 30 "$@"
}
nm mschapv2 'MPPE128 stateless' require-mppe-128
nm mschapv2 'MPPE128 stateless' require-mppe-128 mppe-stateful
nm mschapv2 'MPPE40 stateless' require-mppe-40 nomppe-128
nm mschapv2 'MPPE128 stateless' require-mppe
nm mschapv2 none nomppe
nm pap none nomppe
nm chap none nomppe

# --- A server that wants stateful mode ---

check "only stateful mode is agreed to from now on" server_load \
	'server set pptp authentication mschap2 mppe 128,40 mppe-stateful only mppe-resync linux'
cell mschapv2 'MPPE128 stateful' require-mppe-128 mppe-stateful
cell mschapv2 'MPPE40 stateful' require-mppe-40 nomppe-128 mppe-stateful
no_cell server 'MPPE required but peer negotiation failed' mschapv2 require-mppe-128 nomppe-stateful

# --- A server that demands encryption, and one that allows 128 bits only ---

SERVER_ENCRYPTION=require check "encryption is required from now on" server_load "$serve_all"
for method in pap chap; do
	WHAT='a server that requires encryption' no_cell server 'mschap|encryption' $method
done
for method in mschap mschapv2; do
	WHAT='noccp, a server that requires encryption' no_cell server 'does not speak CCP' $method
done
cell mschapv2 'MPPE128 stateless' require-mppe-128
check "only 128 bits are allowed from now on" server_load \
	'server set pptp authentication mschap2 mppe 128 mppe-stateful no'
# pppd is told 128 bits, and gives up.
no_cell server 'MPPE required but peer negotiation failed' mschapv2 require-mppe-40 nomppe-128
no_cell client 'rcvd \[LCP TermReq|No auth is possible|refus' pap

# --- Down ---

# pptp closes the TCP connection after the call, without a message.
wire_judge 1 2 7 8 12 13
kill -INT "$DAEMON_PID"
check "the daemon ends" busywait 30 lib_gone "$DAEMON_PID"
check "no device, address, route, session or tunnel is left" busywait 10 server_same "$SERVER" "$TMP/before"

ktap_finish
