# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "rtun connect" against Debian's pptpd and pppd.  The body of interop_pptpd_*.sh,
# each of which sets
#
#	AUTH	what pppd demands: pap, chap, mschap, mschapv2
#	METHOD	how rtun calls it
#
#	   client                              server
#	+-----------+                       +-----------+
#	| rtun      | 192.0.2.1   192.0.2.2 | pptpd     |
#	|    pptp-  |--- c0 ---------- s0 --| pptpctrl  |
#	|    out0   |                       | pppd ppp0 |
#	+-----------+                       +-----------+
#	  10.8.0.2  ======== tunnel ========  10.8.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun pptpd pppd iperf3 jq
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
net_state "$CLIENT" > "$TMP/before"
check "pptpd starts and demands $AUTH" pptpd_start "$SERVER" 192.0.2.2 "$AUTH" || ktap_finish

# --- Up ---

client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack use-peer-dns yes \
	password-file "$(client_password jack.pw "$PPTPD_PASSWORD")" allow "$METHOD"
check "the client connects with $METHOD" wait_connected 60 || { tail -n 40 "$PPPD_LOG"; ktap_finish; }
dev=$(client_device)

said_in_order()
{
	local all
	all=$(tr '\n' ' ' < "$CLIENT_OUT")
	[[ $all == *"dialing ... connected (192.0.2.2:1723, call "*"verifying password... ok ($METHOD)"*"connected  $dev  10.8.0.2 -> 10.8.0.1  mtu 1450"* ]] ||
		{ client_show; return 1; }
}
check "it says dialing, verifying password, connected, in this order" said_in_order
check "it shows the name servers it asked for" client_says '10\.8\.0\.53.*10\.8\.0\.54'

used()
{
	case $AUTH in
	pap) grep -q 'rcvd \[PAP AuthReq' "$PPPD_LOG";;
	chap) grep -q 'auth chap MD5' "$PPPD_LOG" && grep -q 'sent \[CHAP Success' "$PPPD_LOG";;
	mschap) grep -q 'auth chap MS>' "$PPPD_LOG" && grep -q 'sent \[CHAP Success' "$PPPD_LOG";;
	mschapv2) grep -q 'auth chap MS-v2' "$PPPD_LOG" && grep -q 'sent \[CHAP Success.*S=' "$PPPD_LOG";;
	esac
}
check "pppd saw this method and accepted the password" used

# --- The data path is ours ---

check "the device is of kind rtun" says '^ +rtun ' ip -n "$CLIENT" -d link show "$dev"
check "it has the negotiated addresses" says '10\.8\.0\.2 peer 10\.8\.0\.1/32' \
	ip -n "$CLIENT" -o -4 addr show dev "$dev"
check "1400 octets with DF go out and come back" in_ns "$CLIENT" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 10.8.0.1
check "... from the server too" in_ns "$SERVER" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 10.8.0.2
check "a packet as large as the MTU goes" in_ns "$CLIENT" ping -q -M 'do' -s 1422 -c 2 -i 0.2 -W 5 10.8.0.1
check_not "a larger one is refused here" in_ns "$CLIENT" ping -q -M 'do' -s 1423 -c 1 -W 1 10.8.0.1

session() { in_ns "$CLIENT" rtun -j -s session show "$dev" | rtun_field "0.stats.$1"; }
tx=$(session tx_bytes) rx=$(session rx_bytes)
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
grew() { echo "tx $tx -> $(session tx_bytes), rx $rx -> $(session rx_bytes)"
	[ $(($(session tx_bytes) - tx)) -gt 50000 ] && [ $(($(session rx_bytes) - rx)) -gt 50000 ]; }
check "the counters of the session in rtun.ko grew by it" grew
link_counts() { [ "$(ip -n "$CLIENT" -j -s link show "$dev" | rtun_field 0.stats64.tx.bytes)" = "$(session tx_bytes)" ]; }
check "the device counts the same octets" link_counts
nothing_dropped() { [ "$(session dropped)" = 0 ] || { in_ns "$CLIENT" rtun -s session show "$dev"; return 1; }; }
check "nothing was dropped" nothing_dropped

check "rtun holds no /dev/ppp" says_not /dev/ppp find "/proc/$CLIENT_PID/fd" -printf '%l\n'
check_not "the in-tree pptp module is not loaded" test -d /sys/module/pptp
idle() { [ "$(awk '{ print $14 + $15 }' "/proc/$CLIENT_PID/stat")" -le $((ticks + 20)) ]; }
ticks=$(awk '{ print $14 + $15 }' "/proc/$CLIENT_PID/stat")
in_ns "$CLIENT" ping -qfc 500 10.8.0.1 >/dev/null
check "packets take none of its time" idle

# --- Down ---

kill -INT "$CLIENT_PID"
check "Ctrl-C ends it with status 0" client_exits 20 0
check "it says that it was terminated by the user" client_says 'terminated \(by user\)  up '
check "pppd was told: LCP Terminate-Request" busywait 10 grep -q 'rcvd \[LCP TermReq' "$PPPD_LOG"
check "pptpd has no connection any more" busywait 20 pptpd_serves 0
check "no device, address, route, session or tunnel is left" busywait 5 same_state "$CLIENT" "$TMP/before"
check "nothing was written to standard error" test ! -s "$CLIENT_ERR"

ktap_finish
