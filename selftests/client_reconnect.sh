#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.1 (what the kernel does of it, client_ends.sh does, too)
# UML: long (what the kernel does of it, client_ends.sh does, too)
#
# "rtun daemon": a client that dials again when the server was away, waits longer
# from try to try, and whose session carries packets when the daemon is dead.
#
#	+--------+ 192.0.2.1     192.0.2.2 +--------+
#	| client |--- c0 ------------ s0 ---| server |
#	+--------+                          +--------+
#	 10.8.0.2  ======== tunnel ========  10.8.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun pptpd pppd jq
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
good=$(client_password good "$PPTPD_PASSWORD")
net_state "$CLIENT" > "$TMP/before"
pings() { in_ns "$CLIENT" ping -q -c 3 -i 0.2 -W 5 10.8.0.1; }

check "the daemon starts without a configuration" daemon_start "$CLIENT"
check "it has no client" says_not . rtun -br client show
check "a client is added while there is no server" rtun client add office type pptp connect-to 192.0.2.2 \
	user jack password-file "$good" keepalive-timeout 5
tried() { [ "$(daemon_field office attempts)" -ge "$1" ]; }
check "it tries more than once" busywait 60 tried 3
check "it says why" says refused rtun -j client show office

# --- The waits grow ---

# The longest wait of all that were seen
longest=0
retry_grows()
{
	local now

	now=$(daemon_field office retry_in 2>/dev/null) || now=0
	[[ $now =~ ^[0-9]+$ ]] || now=0
	[ "$now" -le "$longest" ] || longest=$now
	echo "the longest wait was $longest s"
	[ "$longest" -ge 4 ]
}
check "it waits longer from try to try" busywait 30 retry_grows

# --- The server comes, goes, comes ---

pptpd_start "$SERVER" 192.0.2.2 mschapv2
check "it comes up by itself when the server does" busywait 90 daemon_running office
dev=$(daemon_field office interface)
check "its device has the client's name" test "$dev" = office
check "packets go" pings
check "client show says connected" says '^ *R +office +pptp' rtun client show
check "session show has its counters" says rx_packets in_ns "$CLIENT" rtun -j -s session show "$dev"
check "tunnel show names the owner" says owner in_ns "$CLIENT" rtun tunnel show

rtun -j monitor client > "$TMP/events" 2>&1 &
monitor=$!
lib_pids+=("$monitor")
pptpd_kill pppd
pptpd_stop
check "a server that goes away is noticed" busywait 60 daemon_not_running office
gone() { ! ip -n "$CLIENT" -o addr show | grep -q 10.8.0.2; }
check "the address is gone while it is down" busywait 10 gone
pptpd_launch
check "it is up again when the server is" busywait 120 daemon_running office
check "packets go again" pings
check "monitor told of it" busywait 10 grep -q '"client.up"' "$TMP/events"
stop_bg "$monitor"

pptpd_freeze
check "a frozen server is noticed" busywait 60 daemon_not_running office
pptpd_thaw
check "it is up again when the server wakes" busywait 120 daemon_running office

# --- disable, enable, del ---

check "disable takes it down" rtun client disable office
check "it is down" busywait 20 daemon_not_running office
check "and the server knows" busywait 20 pptpd_serves 0
check "enable brings it up" rtun client enable office
check "it is up" busywait 60 daemon_running office

# --- The daemon dies, its sessions do not ---

# A server hangs up when its TCP connection ends. This one does not get to know.
deaf()
{
	in_ns "$CLIENT" tc qdisc add dev c0 clsact &&
	in_ns "$CLIENT" tc filter add dev c0 egress protocol ip u32 match ip protocol 6 0xff action drop
}
check "TCP is cut" deaf
kill -KILL "$DAEMON_PID"
wait "$DAEMON_PID" 2>/dev/null
no_daemon() { rtun client show; [ $? -eq 3 ]; }
check "without a daemon client show has status 3" no_daemon
check "kill -9 of the daemon leaves the session carrying packets" pings
check "session show needs no daemon" says office in_ns "$CLIENT" rtun session show

check "and its device still has its address" says '10\.8\.0\.2' ip -n "$CLIENT" -o addr show dev office
in_ns "$CLIENT" tc qdisc del dev c0 clsact
check "a new daemon starts" daemon_start "$CLIENT"
check "it clears what its predecessor left" busywait 20 same_state "$CLIENT" "$TMP/before"
stop_bg "$DAEMON_PID"
check "SIGTERM ends the daemon and leaves nothing" busywait 20 same_state "$CLIENT" "$TMP/before"
pptpd_stop

ktap_finish
