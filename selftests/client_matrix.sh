#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 3000
#
# "rtun connect" against Debian's pptpd and pppd: each method of authentication with no,
# 40 and 128 bits of MPPE, stateful mode offered and not.  What cannot be ends with the
# status and the words that the manual promises.
#
# Stateless mode is what both ask for first, so it is what comes of an offer of
# stateful mode as well, unless it is all that ours agrees to.
#
#	   client                              server
#	+-----------+                       +-----------+
#	| rtun      | 192.0.2.1   192.0.2.2 | pptpd     |
#	|   pptp-.. |--- c0 ---------- s0 --| pppd ppp0 |
#	+-----------+                       +-----------+
#	  10.8.0.2  ======== tunnel ========  10.8.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/wire.sh"

ktap_header
need rtun pptpd pppd jq tcpdump
need_module rtun
need_module ppp_mppe

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
net_state "$CLIENT" > "$TMP/before"
password=$(client_password jack.pw "$PPTPD_PASSWORD")
wire_start "$SERVER" s0

declare -A name_of=([pap]=pap [chap]=chap [mschap]=mschap1 [mschapv2]=mschap2)
dial() { client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$password" "$@"; }
comes_up() { wait_connected 120 || { tail -n 40 "$PPPD_LOG"; return 1; }; }
is()
{
	[ "$(in_ns "$CLIENT" rtun -j session show "$(client_device)" | rtun_field 0.encoding)" = "$2" ] &&
		client_says "ok \($1\)" && return
	in_ns "$CLIENT" rtun -j session show
	client_show
	return 1
}
pings()
{
	in_ns "$CLIENT" ping -q -M 'do' -s 1372 -c 3 -i 0.2 -W 5 10.8.0.1 &&
	in_ns "$SERVER" ping -q -M 'do' -s 1372 -c 3 -i 0.2 -W 5 10.8.0.2
}
ends()
{
	kill -INT "$CLIENT_PID"
	client_exits 30 0 && busywait 30 pptpd_serves 0 && busywait 10 same_state "$CLIENT" "$TMP/before"
}

# cell METHOD ENCODING PPPD-OPTIONS [WORD...]: pptpd runs with these, the client with the words
cell()
{
	local method=$1 encoding=$2 what="$1, $3"
	shift 3

	[ $# -eq 0 ] || what+=" ($*)"
	dial allow "${name_of[$method]}" "$@"
	check "$what: it connects" comes_up || { ends; return; }
	check "$what: it says ${name_of[$method]}, $encoding" is "${name_of[$method]}" "$encoding"
	check "$what: packets of 1400 octets go both ways" pings
	check "$what: it ends, and leaves nothing" ends
}

# no_cell METHOD PPPD-OPTIONS STATUS REGEX [WORD...]
no_cell()
{
	local method=$1 what="$1, $2" status=$3 why=$4
	shift 4

	[ $# -eq 0 ] || what+=" ($*)"
	dial "$@"
	check "$what: it ends with status $status" client_exits 120 "$status"
	check "... and says why: $why" says "^Error: .*$why" cat "$CLIENT_ERR"
	never_was() { ! client_connected && busywait 30 pptpd_serves 0 && busywait 10 same_state "$CLIENT" "$TMP/before"; }
	check "... was never connected, and leaves nothing" never_was
}

# server METHOD [PPPD-OPTION...]
server()
{
	[ -z "$PPTPD_NS" ] || pptpd_stop
	pptpd_start "$SERVER" 192.0.2.2 "$@" || ktap_fail "pptpd starts with $*"
}

# --- Without encryption ---

for method in pap chap mschap mschapv2; do
	server $method
	cell $method none 'no MPPE' encryption auto
	case $method in
	mschap*) no_cell $method 'no MPPE' 2 'encryption is required and cannot be had: the peer does not speak CCP' encryption required;;
	*) no_cell $method 'no MPPE' 2 "the peer wants authentication with $method.*only mschap2 and mschap1 give keys" encryption required;;
	esac
done

# --- With encryption ---

both='mppe 128,40 mppe-stateful yes'
for stateful in nomppe-stateful mppe-stateful; do
	for method in mschap mschapv2; do
		server $method require-mppe-128 $stateful
		cell $method 'MPPE128 stateless' "require-mppe-128 $stateful" encryption required
		# shellcheck disable=SC2086 # a word each
		cell $method 'MPPE128 stateless' "require-mppe-128 $stateful" encryption auto $both
	done
	server mschapv2 require-mppe-40 nomppe-128 $stateful
	# shellcheck disable=SC2086 # a word each
	cell mschapv2 'MPPE40 stateless' "require-mppe-40 $stateful" encryption required $both
	no_cell mschapv2 "require-mppe-40 $stateful" 2 '128 bit, stateless' encryption required
done

# Stateful mode, where it is all that is agreed to.
for bits in 128 40; do
	other=nomppe-128
	[ $bits = 40 ] || other=nomppe-40
	server mschapv2 require-mppe-$bits $other mppe-stateful
	cell mschapv2 "MPPE$bits stateful" "require-mppe-$bits mppe-stateful" encryption required \
		mppe $bits mppe-stateful only mppe-resync linux
done

# --- What cannot be ---

for method in pap chap; do
	for bits in 40 128; do
		server $method require-mppe-$bits
		no_cell $method "require-mppe-$bits" 6 . encryption auto
		check "... pppd says why" says 'MPPE required, but MS-CHAP\[v2\]' cat "$PPPD_LOG"
		no_cell $method "require-mppe-$bits" 2 "the peer wants authentication with $method" encryption required
	done
done
# RFC 3079 section 2.1 makes the short keys of the LAN Manager hash, which pppd has not.
server mschap require-mppe-40 nomppe-128
# shellcheck disable=SC2086 # a word each
no_cell mschap require-mppe-40 6 . encryption auto $both
check "... pppd says why" says 'MPPE required, but both 40-bit and 128-bit disabled' cat "$PPPD_LOG"

# --- Down ---

pptpd_stop
# pptpd closes the TCP connection when the call is cleared, without a message.
wire_judge 1 2 7 8 12 15

ktap_finish
