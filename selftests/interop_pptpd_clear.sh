#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Clients that would rather be encrypted, and Debian's pptpd and pppd that do not
# encrypt: with "required" there is no tunnel, with "auto" there is one in clear.
#
#	   client                              server
#	+-----------+                       +-----------+
#	| rtun      | 192.0.2.1   192.0.2.2 | pptpd     |
#	|           |--- c0 ---------- s0 --| pppd      |
#	+-----------+                       +-----------+
#	  10.8.0.2  ======== tunnel ========  10.8.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun pptpd pppd jq
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
net_state "$CLIENT" > "$TMP/before"
password=$(client_password jack.pw "$PPTPD_PASSWORD")
dial() { client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$password" "$@"; }

# --- CCP is unknown to it ---

check "pptpd starts and demands mschapv2" pptpd_start "$SERVER" 192.0.2.2 mschapv2 || ktap_finish
dial encryption required
check "a client that requires encryption ends with status 2" client_exits 60 2
check "... and says that the peer does not speak CCP" \
	says 'encryption is required and cannot be had: the peer does not speak CCP' cat "$CLIENT_ERR"
check_not "it was never connected" client_connected
check "no device, address, route, session or tunnel is left" busywait 5 same_state "$CLIENT" "$TMP/before"

dial encryption auto
check "one that does not connects" wait_connected 60 || { tail -n 40 "$PPPD_LOG"; ktap_finish; }
check "... and says why it is not encrypted" client_says 'not encrypted \(the peer does not speak CCP'
dev=$(client_device)
encoding() { [ "$(in_ns "$CLIENT" rtun -j session show "$dev" | rtun_field 0.encoding)" = none ]; }
check "the session says that there is none" encoding
check "packets go" in_ns "$CLIENT" ping -q -c 3 -i 0.2 -W 5 10.8.0.1
kill -INT "$CLIENT_PID"
check "Ctrl-C ends it with status 0" client_exits 20 0
check "pptpd stops" pptpd_stop

# --- A method without keys ---

check "pptpd starts again and demands chap" pptpd_start "$SERVER" 192.0.2.2 chap || ktap_finish
dial encryption required
check "a client that requires encryption ends with status 2" client_exits 60 2
check "... and says that chap gives no keys" \
	says 'the peer wants authentication with chap.*only mschap2 and mschap1 give keys' cat "$CLIENT_ERR"
check "it did not show its password" says_not 'CHAP Response' cat "$PPPD_LOG"
dial encryption required allow chap,pap
check "allowing only such methods is a mistake in the command" client_exits 20 1
check "nothing is left" busywait 5 same_state "$CLIENT" "$TMP/before"

ktap_finish
