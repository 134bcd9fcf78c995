#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Our PPTP server against Debian's pptp-linux and pppd as its client: MS-CHAPv2 with
# MPPE of 128 bits up and down, the data path, a wrong password, who is there, who is
# made to go, what is kept of it.
#
#	   client                              server
#	+-----------+                       +-----------+
#	| pptp,pppd | 192.0.2.1   192.0.2.2 | rtun      |
#	|    ppp0   |--- c0 ---------- s0 --| <pptp-..> |
#	+-----------+                       +-----------+
#	  10.9.0.2  ======== tunnel ========  10.9.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"
. "$SELFTESTS/peers/pptp_linux.sh"

ktap_header
need rtun pptp pppd iperf3 jq
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
# Both ends of the link are up when they have their addresses.
busywait 10 says 'fe80::.* scope link' ip -n "$SERVER" -6 addr show dev s0 >/dev/null
server_state "$SERVER" > "$TMP/before"
check "the server starts" server_start "$SERVER" || { cat "$DAEMON_LOG"; ktap_finish; }
check "it says where it listens" says '\*:1723' rtun -j server show

# --- Up ---

dial() { pptp_dial "$CLIENT" 192.0.2.2 mschapv2 jack "$SERVER_PASSWORD" require-mppe-128 usepeerdns; }
comes_up() { pptp_settles 60; pptp_up || { pptp_show; cat "$DAEMON_LOG"; return 1; }; }
dial
check "the client connects with MS-CHAPv2 and MPPE" comes_up || ktap_finish
check "it has the first address of the pool" test "$(pptp_address)" = 10.9.0.2
check "pppd has seen our proof of the password" grep -q 'rcvd \[CHAP Success.*S=' "$PPTP_LOG"
check "pppd encrypts with 128 bits, stateless" grep -q 'MPPE 128-bit stateless compression enabled' "$PPTP_LOG"
check "it was told the name server" grep -q 'primary *DNS address 10\.9\.0\.53' "$PPTP_LOG"
dev='<pptp-jack>'
check "the device is of kind rtun and named after the user" says '^ +rtun ' ip -n "$SERVER" -d link show "$dev"
check "it has the addresses" says '10\.9\.0\.1 peer 10\.9\.0\.2/32' ip -n "$SERVER" -o -4 addr show dev "$dev"

check "active show has the user" says 'jack +pptp +192\.0\.2\.1 +10\.9\.0\.2 +[0-9hms]+ +MPPE128 stateless' rtun active show
active_is() { local got; got=$(active_field "0.$1"); [ "$got" = "$2" ] || { echo "$1 is $got, not $2"; return 1; }; }
check "... and its interface, in JSON" active_is interface "$dev"
check "... that was made for it" active_is dynamic true
check "session show has it, too" says "$dev" in_ns "$SERVER" rtun session show
check "the lease is in use" says '10\.9\.0\.2' rtun lease show
check "its record has begun" test "$(record_field 0.user)" = jack

# --- The data path ---

check "1400 octets with DF go out and come back" in_ns "$CLIENT" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 10.9.0.1
check "... from the server too" in_ns "$SERVER" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 10.9.0.2
session() { in_ns "$SERVER" rtun -j -s session show "$dev" | rtun_field "0.stats.$1"; }
tx=$(session tx_bytes) rx=$(session rx_bytes)
iperf()
{
	bg in_ns "$SERVER" iperf3 -s -1 -B 10.9.0.1 --forceflush
	local server=$BG_PID
	busywait 20 in_ns "$SERVER" grep -q ':1451 00000000:0000 0A' /proc/net/tcp &&
	in_ns "$CLIENT" timeout 60 iperf3 -c 10.9.0.1 -t 2 "$@"
	local status=$?
	stop_bg "$server"
	return "$status"
}
check "iperf3 runs towards the server" iperf
check "iperf3 runs from the server" iperf -R
grew() { echo "tx $tx -> $(session tx_bytes), rx $rx -> $(session rx_bytes)"
	[ $(($(session tx_bytes) - tx)) -gt 50000 ] && [ $(($(session rx_bytes) - rx)) -gt 50000 ]; }
check "the counters of the session in rtun.ko grew by it" grew
check "everything was encrypted" test "$(session tx_encrypted)" = "$(session tx_packets)"

# --- The client ends it ---

pptp_hangup
check "the client hangs up" busywait 20 pptp_down
check "the server has nobody" busywait 20 server_serves 0
check "the reason is kept" test "$(record_field 0.cause)" = peer-terminated
counted() { [ "$(record_field 0.octets_in)" -gt 50000 ] && [ "$(record_field 0.octets_out)" -gt 50000 ]; }
check "and the octets of both directions" counted

# --- A wrong password ---

pptp_dial "$CLIENT" 192.0.2.2 mschapv2 jack wrong require-mppe-128
check "a wrong password is refused" busywait 60 pptp_down
check "pppd was told so" grep -qE 'rcvd \[CHAP Failure.*E=691' "$PPTP_LOG"
check "there is no session of it" server_serves 0
check "the log says who it was" grep -q 'authentication failed (mschap2)' "$DAEMON_LOG"

# --- The administrator ends it ---

# After the failures just made the answer may be held back for a while.
dial
check "jack connects again" comes_up
check "and has the address that he had" test "$(pptp_address)" = 10.9.0.2
check "active kill finds him" rtun active kill jack
check "pppd was told: LCP Terminate-Request" busywait 20 grep -q 'rcvd \[LCP TermReq' "$PPTP_LOG"
check "the client has ended" busywait 30 pptp_down
check "the server has nobody again" busywait 20 server_serves 0
check "the record says who it was" test "$(record_field 0.cause)" = admin-kill
check_not "nobody is left to kill" rtun active kill jack

# --- An interface of his own; a client that dies ---

check "an interface is kept for jack" rtun interface add jacks user jack
dial
check "jack connects" comes_up
check "and has it" test "$(active_field 0.interface)" = jacks
pptp_dies
check "a killed client's session ends with its TCP connection" busywait 20 server_serves 0
check "as such" test "$(record_field 0.cause)" = connection-lost

# --- Down ---

kill -TERM "$DAEMON_PID"
ended() { lib_gone "$DAEMON_PID"; }
check "the daemon ends" busywait 20 ended
check "no device, address, route, session or tunnel is left" busywait 5 server_same "$SERVER" "$TMP/before"

ktap_finish
