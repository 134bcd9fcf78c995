#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# UML: long (what the kernel does of it, mppe.sh does, too)
#
# Stateful MPPE between our PPTP server and Debian's pptp-linux and pppd, whose kernel
# has another idea of what a flushed packet is (mppe-resync linux): many packets, and
# losses in both directions.  And the flow-control alarm: when acknowledgements do not
# come within static-rtt, a session negotiates anew and asks for stateless mode first,
# as Cisco's does.
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

comes_up() { pptp_settles 60; pptp_up || { pptp_show; cat "$DAEMON_LOG"; return 1; }; }
session() { in_ns "$SERVER" rtun -j -s session show | rtun_field "0.$1"; }
is() { [ "$(session encoding)" = "$1" ] && [ "$(active_field 0.encoding)" = "$1" ]; }
# 300 packets: the key changes with every 256th
pings() { in_ns "$1" ping -q -i 0.01 -c 300 -W 5 "$2"; }
both() { pings "$CLIENT" 10.9.0.1 && pings "$SERVER" "$(active_field 0.address)"; }
# hears NS ADDRESS: packets pass again
hears() { in_ns "$1" ping -q -c 3 -i 0.2 -W 1 "$2" | grep -q ' 0% packet loss'; }
# lossy NS DEV: GRE gets lost, TCP does not.
lossy()
{
	tc -n "$1" qdisc add dev "$2" clsact &&
	tc -n "$1" filter add dev "$2" egress protocol ip u32 match ip protocol 47 0xff action drop
}
lossless() { tc -n "$1" qdisc del dev "$2" clsact; }
dial() { pptp_dial "$CLIENT" 192.0.2.2 mschapv2 jack "$SERVER_PASSWORD" "$@" mppe-stateful; }

# --- The alarm ---

check "the server starts, with stateful mode only" server_start "$SERVER" \
	'server set pptp mppe-stateful only static-rtt 3000' || { cat "$DAEMON_LOG"; ktap_finish; }
dial require-mppe-128
check "the client connects" comes_up || ktap_finish
check "in stateful mode" is 'MPPE128 stateful'
check "packets pass both ways" both
id=$(session id)
check "packets of the client get lost" lossy "$CLIENT" c0
in_ns "$SERVER" ping -q -c 3 -i 0.2 -W 1 "$(active_field 0.address)" >/dev/null
check "which raises the alarm" busywait 20 says 'negotiating anew, for stateless' cat "$DAEMON_LOG"
check "none get lost any more" lossless "$CLIENT" c0
check "the session becomes stateless" busywait 60 is 'MPPE128 stateless' || { pptp_show; cat "$DAEMON_LOG"; }
check "it is the session that it was" test -n "$id" -a "$(session id)" = "$id"
check "packets pass to the client" busywait 20 hears "$SERVER" "$(active_field 0.address)"
check "packets pass both ways, still" both
pptp_hangup
check "the client hangs up" busywait 30 pptp_down

# --- Losses ---

check "the server does as Linux has it" server_load \
	'server set pptp mppe 128,40 mppe-stateful only mppe-resync linux'
for bits in 128 40; do
	other=nomppe-128
	[ $bits = 40 ] || other=nomppe-40
	dial require-mppe-$bits $other
	check "the client connects, with $bits bits" comes_up || continue
	check "in stateful mode" is "MPPE$bits stateful"
	check "packets pass both ways" both
	address=$(active_field 0.address)
	check "packets of the client get lost" lossy "$CLIENT" c0
	in_ns "$CLIENT" ping -q -c 3 -i 0.2 -W 1 10.9.0.1 >/dev/null
	check "none get lost any more" lossless "$CLIENT" c0
	check "packets pass from the client again" busywait 20 hears "$CLIENT" 10.9.0.1
	check "packets of the server get lost" lossy "$SERVER" s0
	in_ns "$SERVER" ping -q -c 3 -i 0.2 -W 1 "$address" >/dev/null
	check "none get lost any more" lossless "$SERVER" s0
	check "packets pass from the server again" busywait 20 hears "$SERVER" "$address"
	check "packets pass both ways, still" both
	check "in stateful mode, still" is "MPPE$bits stateful"
	pptp_hangup
	check "the client hangs up" busywait 30 pptp_down
done
check "nothing is left" busywait 20 server_same "$SERVER" "$TMP/before"

ktap_finish
