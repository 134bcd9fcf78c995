# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "rtun connect" against Debian's pptpd and pppd with MPPE, the kernel's ppp_mppe
# at the other end.  The body of interop_pptpd_mppe*.sh, each of which sets
#
#	AUTH, METHOD	as interop_pptpd.sh
#	DEMAND		pppd's options
#	ENCRYPTION	the client's words
#	ENCODING	what it then says
#	BITS		of the key
#
#	   client                              server
#	+-----------+                       +-----------+
#	| rtun      | 192.0.2.1   192.0.2.2 | pptpd     |
#	|    pptp-  |--- c0 ---------- s0 --| pptpctrl  |
#	|    out1   |                       | pppd ppp0 |
#	+-----------+                       +-----------+
#	  10.8.0.2  ==== encrypted tunnel ==  10.8.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun pptpd pppd iperf3 jq tcpdump
need_module rtun
need_module ppp_mppe

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
net_state "$CLIENT" > "$TMP/before"
# shellcheck disable=SC2086 # an option a word
check "pptpd starts and demands $AUTH with $DEMAND" \
	pptpd_start "$SERVER" 192.0.2.2 "$AUTH" $DEMAND || ktap_finish
password=$(client_password jack.pw "$PPTPD_PASSWORD")

# --- Up ---

# shellcheck disable=SC2086 # a word each
client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$password" \
	allow "$METHOD" $ENCRYPTION
check "the client connects with $METHOD and $ENCRYPTION" wait_connected 60 ||
	{ tail -n 60 "$PPPD_LOG"; ktap_finish; }
dev=$(client_device)
said_in_order()
{
	local all
	all=$(tr '\n' ' ' < "$CLIENT_OUT")
	[[ $all == *"ok ($METHOD)"*"encryption $ENCODING "*"connected  $dev  10.8.0.2 -> 10.8.0.1  mtu 1446"* ]] ||
		{ client_show; return 1; }
}
check "it says $ENCODING before it is connected" said_in_order
check "pppd has agreed to the same" says "MPPE $BITS-bit stateless compression enabled" \
	cat "$PPPD_LOG"
before_ipcp() { sed '/IPCP ConfReq/q' "$PPPD_LOG" | grep -q 'sent \[CCP ConfAck'; }
check "CCP was open before IPCP began" before_ipcp

session() { in_ns "$CLIENT" rtun -j -s session show "$dev" | rtun_field "0.$1"; }
field_is() { [ "$(session "$1")" = "$2" ] || { session "$1"; return 1; }; }
check "the session says its encoding" field_is encoding "${ENCODING% (*}"
check "... the length of both keys" field_is mppe.tx.bits "$BITS"
check "... and" field_is mppe.rx.bits "$BITS"
check "... that they change with each packet" field_is mppe.rx.mode stateless
check "... and that it has to be encrypted" field_is mppe.required true

# --- The data path ---

# What would be seen in clear: 72 74 75 6e is "rtun".
bg in_ns "$CLIENT" tcpdump -Z root -i c0 -w "$TMP/wire.pcap" -U proto 47 2>"$TMP/tcpdump.err"
tcpdump=$BG_PID
check "the wire is listened to" busywait 20 grep -q 'listening on' "$TMP/tcpdump.err"
check "1400 octets with DF go out and come back" in_ns "$CLIENT" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 -p 7274756e 10.8.0.1
check "... from the server too" in_ns "$SERVER" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 -p 7274756e 10.8.0.2
check "a packet as large as the MTU goes" in_ns "$CLIENT" ping -q -M 'do' -s 1418 -c 2 -i 0.2 -W 5 -p 7274756e 10.8.0.1
check_not "a larger one is refused here" in_ns "$CLIENT" ping -q -M 'do' -s 1419 -c 1 -W 1 10.8.0.1
stop_bg "$tcpdump"
check "the wire has seen GRE" says '[1-9][0-9]* packets captured' cat "$TMP/tcpdump.err"
check_not "... and nothing of what the packets hold" grep -q 'rtunrtun' "$TMP/wire.pcap"

encrypted=$(session mppe.encrypted) decrypted=$(session mppe.decrypted)
iperf()
{
	bg in_ns "$SERVER" iperf3 -s -1 -B 10.8.0.1 --forceflush
	local server=$BG_PID
	busywait 20 in_ns "$SERVER" grep -q ':1451 00000000:0000 0A' /proc/net/tcp &&
	in_ns "$CLIENT" timeout 60 iperf3 -c 10.8.0.1 -t 2 "$@"
	local status=$?
	stop_bg "$server"
	return "$status"
}
check "iperf3 runs towards the server" iperf
check "iperf3 runs from the server" iperf -R
grew()
{
	echo "encrypted $encrypted -> $(session mppe.encrypted), decrypted $decrypted -> $(session mppe.decrypted)"
	[ $(($(session mppe.encrypted) - encrypted)) -gt 100 ] &&
	[ $(($(session mppe.decrypted) - decrypted)) -gt 100 ]
}
check "all of it was encrypted and decrypted" grew
all_encrypted() { [ "$(session mppe.encrypted)" = "$(session stats.tx_packets)" ]; }
check "not one packet left in clear" all_encrypted
nothing_dropped() { [ "$(session mppe.dropped)" = 0 ] || { in_ns "$CLIENT" rtun -s -d session show "$dev"; return 1; }; }
check "none was dropped for its encryption" nothing_dropped

# --- Down ---

kill -INT "$CLIENT_PID"
check "Ctrl-C ends it with status 0" client_exits 20 0
check "pptpd has no connection any more" busywait 20 pptpd_serves 0
check "no device, address, route, session or tunnel is left" busywait 5 same_state "$CLIENT" "$TMP/before"

# --- A client that has not named this key, or wants none ---

if [ "$BITS" -lt 128 ]; then
	client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$password" \
		allow "$METHOD" encryption required
	check "without the word for $BITS bits the client ends with status 2" client_exits 60 2
	check "... and says what is missing, and what the server said" \
		says 'encryption is required and cannot be had: the peer .*128 bit, stateless' cat "$CLIENT_ERR"
	check_not "it was never connected" client_connected
fi
client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$password" \
	allow "$METHOD" encryption no
check "a client that does not encrypt is sent away" busywait 60 client_ended
check_not "... before it was connected" client_connected
check "nothing of them is left" busywait 5 same_state "$CLIENT" "$TMP/before"

ktap_finish
