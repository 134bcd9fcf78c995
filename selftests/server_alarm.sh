#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The flow-control alarm of a server that wants stateful MPPE: when acknowledgements do
# not come within static-rtt, the session negotiates anew and asks for stateless mode
# first, as Cisco's does.  Against Debian's pptp-linux and pppd.
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

ktap_header
need rtun pptp pppd jq tc
need_module rtun
need_module ppp_mppe

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
busywait 10 says 'fe80::.* scope link' ip -n "$SERVER" -6 addr show dev s0 >/dev/null
server_state "$SERVER" > "$TMP/before"
check "the server starts, with stateful mode only" server_start "$SERVER" \
	'server set pptp mppe-stateful only static-rtt 1000 receive-window 16' || { cat "$DAEMON_LOG"; ktap_finish; }

comes_up() { pptp_settles 60; pptp_up || { pptp_show; cat "$DAEMON_LOG"; return 1; }; }
encoding() { in_ns "$SERVER" rtun -j session show | rtun_field 0.encoding; }
is() { [ "$(encoding)" = "$1" ] && [ "$(active_field 0.encoding)" = "$1" ]; }
pings() { in_ns "$1" ping -q -c 3 -i 0.2 -W 5 "$2"; }
address() { active_field 0.address; }

pptp_dial "$CLIENT" 192.0.2.2 mschapv2 jack "$SERVER_PASSWORD" require-mppe-128 mppe-stateful
check "the client connects" comes_up || ktap_finish
check "in stateful mode" is 'MPPE128 stateful'
check "packets pass" pings "$CLIENT" 10.9.0.1
id=$(in_ns "$SERVER" rtun -j session show | rtun_field 0.id)

# GRE from the client gets lost, TCP does not.
in_ns "$CLIENT" tc qdisc add dev c0 clsact
in_ns "$CLIENT" tc filter add dev c0 egress protocol ip u32 match ip protocol 47 0xff action drop
in_ns "$SERVER" ping -q -c 3 -i 0.2 -W 1 "$(address)" >/dev/null
check "lost acknowledgements raise the alarm" busywait 20 says 'negotiating anew, for stateless' cat "$DAEMON_LOG"
in_ns "$CLIENT" tc qdisc del dev c0 clsact
check "the session becomes stateless" busywait 60 is 'MPPE128 stateless' || { pptp_show; cat "$DAEMON_LOG"; }
check "it is the session that it was" equal "$(in_ns "$SERVER" rtun -j session show | rtun_field 0.id)" "$id"
check "packets pass from the client" busywait 20 pings "$CLIENT" 10.9.0.1
check "packets pass to the client" pings "$SERVER" "$(address)"
pptp_hangup
check "the client hangs up" busywait 30 pptp_down
check "nothing is left" busywait 20 server_same "$SERVER" "$TMP/before"

ktap_finish
