#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Our PPTP server against pptp-linux and pppd with every method of authentication,
# with and without MPPE, from two clients behind one address, and with what pppd can
# do to the order of its packets.
#
#	   client                              server
#	+-----------+                       +-----------+
#	| pptp,pppd | 192.0.2.1   192.0.2.2 | rtun      |
#	| ppp0 ppp1 |--- c0 ---------- s0 --| <pptp-..> |
#	+-----------+                       +-----------+
#	  10.9.0.x  ======== tunnels =======  10.9.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"
. "$SELFTESTS/peers/pptp_linux.sh"

ktap_header
need rtun pptp pppd jq
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
check "the server starts with all methods" server_start "$SERVER" \
	'server set pptp authentication mschap2,mschap1,chap,pap' || { cat "$DAEMON_LOG"; ktap_finish; }

comes_up() { pptp_settles 60; pptp_up || { pptp_show; cat "$DAEMON_LOG"; return 1; }; }
ours() { [ "$(active_field 0.authentication)" = "$1" ] && [ "$(active_field 0.encoding)" = "$2" ] ||
	{ rtun -j active show; return 1; }; }
# one METHOD OUR-NAME ENCODING [PPPD-OPTION...]
one()
{
	local method=$1 name=$2 encoding=$3 what=$1
	shift 3

	[ $# -eq 0 ] || what="$method, $*"
	pptp_dial "$CLIENT" 192.0.2.2 "$method" jack "$SERVER_PASSWORD" "$@"
	check "$what: it connects" comes_up || return
	check "$what: active show says $name, $encoding" ours "$name" "$encoding"
	check "$what: packets go both ways" in_ns "$CLIENT" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 10.9.0.1
	pptp_hangup
	check "$what: it ends" busywait 20 pptp_down
	check "$what: nobody is left" busywait 20 server_serves 0
	pptp_dial "$CLIENT" 192.0.2.2 "$method" jack "not $SERVER_PASSWORD" "$@"
	check "$what: a wrong password is refused" busywait 90 pptp_down
	check "$what: nobody is there" server_serves 0
}
one pap pap none
one chap chap none
one mschap mschap1 none
one mschapv2 mschap2 none
one mschap mschap1 'MPPE128 stateless' require-mppe-128
one mschapv2 mschap2 'MPPE128 stateless' require-mppe-128

# --- Encryption that is demanded ---

SERVER_ENCRYPTION=require check "encryption is required from now on" server_load \
	'server set pptp authentication mschap2,mschap1,chap,pap'
pptp_dial "$CLIENT" 192.0.2.2 chap jack "$SERVER_PASSWORD"
check "a client in clear does not get in" busywait 60 pptp_down
check "nobody is there" server_serves 0

# --- Two clients behind one address ---

pptp_dial "$CLIENT" 192.0.2.2 mschapv2 jack "$SERVER_PASSWORD" require-mppe-128
check "jack connects" comes_up
jack=$PPTP_PID
UNIT=1 pptp_dial "$CLIENT" 192.0.2.2 mschapv2 jill jill-pass require-mppe-128
check "jill connects from the same address" comes_up
check "both are there" server_serves 2
check "each has a device" says 'pptp-jill' ip -n "$SERVER" link show
check "packets of both go both ways" in_ns "$SERVER" ping -q -c 5 -i 0.2 -W 5 10.9.0.2
check "... and of the other" in_ns "$SERVER" ping -q -c 5 -i 0.2 -W 5 10.9.0.3
kill -TERM "$jack"
check "one goes" busywait 20 server_serves 1
check "the other stays" in_ns "$SERVER" ping -q -c 5 -i 0.2 -W 5 "$(pptp_address | cut -d/ -f1)"
pptp_hangup
check "the other goes" busywait 20 server_serves 0

ktap_finish
