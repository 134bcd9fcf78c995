#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Multilink (RFC 1990) of our client, with Debian's pptpd, pppd and ppp_generic as the
# other end: two links to two addresses of one server are one interface; packets of every
# size and TCP over both; a link dies and is dialed again, one is taken away and added,
# the daemon is killed and goes on; with MPPE; and a server without multilink.
#
#	   client                              server
#	+-----------+ 192.0.2.1   192.0.2.2 +-----------+
#	| rtun      |--- c0 ---------- s0 --| pptpd     |
#	|   office  |             192.0.2.3 | pppd pppd |
#	+-----------+                       |   ppp0    |
#	                                    +-----------+
#	  10.8.0.2  ===== two links =======  10.8.0.1
#
# TIMEOUT: 900
# UML: no (its kernel has no ppp_generic)
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/pptpd.sh"

ktap_header
need rtun pptpd pppd iperf3 jq
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
ip -n "$SERVER" addr add 192.0.2.3/24 dev s0
busywait 10 says 'fe80::.* scope link' ip -n "$CLIENT" -6 addr show dev c0 >/dev/null
net_state "$CLIENT" > "$TMP/before"

both=192.0.2.2,192.0.2.3
configuration() { client_password up.conf "client add office type pptp connect-to $both user jack password \"$PPTPD_PASSWORD\" mrru 1500 $*"; }
# begin [WORD...]: a daemon whose client has these words as well
begin() { RTUN_STATE=$TMP/state daemon_start "$CLIENT" config "$(configuration "$@")"; }
daemon_ended() { lib_gone "$DAEMON_PID"; }
finish() { kill -TERM "$DAEMON_PID"; busywait 20 daemon_ended; }

server_up() { rm -f /run/pppd2.tdb /var/run/pppd2.tdb; pptpd_start "$SERVER" 0.0.0.0 mschapv2 multilink 'mrru 1500' 'endpoint local:0badcafe' "$@"; }
links() { rtun -j client show office | jq '[.[0].links[]? | select(.up)] | length'; }
has_links() { [ "$(links)" = "$1" ]; }
seen() { has_links "$1" || { rtun -d client show; tail -n 60 "$DAEMON_LOG" "$PPPD_LOG"; return 1; }; }
on_server() { [ "$(ip -n "$SERVER" -o link show | grep -c ' ppp[0-9]*:')" = "$1" ]; }
pings()
{
	local size
	for size in 0 100 1000 1400 $((mtu - 28)); do
		in_ns "$CLIENT" ping -q -M 'do' -s "$size" -c 5 -i 0.2 -W 5 10.8.0.1 || return
		in_ns "$SERVER" ping -q -s "$size" -c 5 -i 0.2 -W 5 10.8.0.2 || return
	done
}
iperf()
{
	bg in_ns "$SERVER" iperf3 -s -1 -B 10.8.0.1 --forceflush
	local server=$BG_PID
	busywait 20 in_ns "$SERVER" grep -q ':1451 00000000:0000 0A' /proc/net/tcp &&
	in_ns "$CLIENT" timeout 90 iperf3 -c 10.8.0.1 -t 3 "$@"
	local status=$?
	stop_bg "$server"
	return "$status"
}
# What each link has carried, smallest first
carried() { in_ns "$CLIENT" rtun -j -s bundle show office | jq -r "[.[0].links[].${1}_fragments] | min"; }
used()
{
	[ "$(carried rx)" -gt 50 ] && [ "$(carried tx)" -gt 50 ] && return
	in_ns "$CLIENT" rtun -s bundle show
	return 1
}
# The link that was lost is there again: another call than before
sessions() { rtun -j client show office | jq -c '[.[0].links[].session_id] | sort'; }
again() { has_links 2 && [ "$(sessions)" != "$calls" ]; }
same_bundle() { [ "$(daemon_field office session_id) $(ip -n "$CLIENT" -j link show office | rtun_field 0.ifindex)" = "$bundle" ]; }

# life WHAT MTU
life()
{
	local what=$1 mtu=$2 bundle calls

	check "$what: the client connects" busywait 60 daemon_running office || { seen 0; return 1; }
	check "$what: with two links" busywait 60 has_links 2 || { seen 2; return 1; }
	check "$what: one interface here" test "$(ip -n "$CLIENT" -o link show type rtun | wc -l)" = 1
	check "$what: one interface there" busywait 10 on_server 1
	check "$what: pptpd has two calls" pptpd_serves 2
	check "$what: the interface takes $mtu octets" says " mtu $mtu " ip -n "$CLIENT" link show office
	check "$what: packets of all sizes go both ways" pings || seen 2
	check "$what: TCP towards the server" iperf
	check "$what: TCP from the server" iperf -R
	check "$what: both links carry, both ways" used

	bundle="$(daemon_field office session_id) $(ip -n "$CLIENT" -j link show office | rtun_field 0.ifindex)"
	calls=$(sessions)
	# its pppd goes on without it: that keeps the bundle
	kill -KILL "$(pptpd_pids pptpctrl | head -n 1)"
	check "$what: a link dies and is dialed again" busywait 90 again || seen 2
	check "$what: it is the same bundle" same_bundle
	check "$what: which carries" pings || seen 2

	check "$what: a link is taken away" rtun client set office connect-to 192.0.2.3
	check "$what: pptpd loses one call" busywait 30 pptpd_serves 1
	check "$what: it is the same bundle" same_bundle
	check "$what: one link carries" pings || seen 1
	check "$what: a link is added" rtun client set office connect-to 192.0.2.3,192.0.2.2
	check "$what: both are there" busywait 60 has_links 2 || seen 2
	check "$what: it is the same bundle" same_bundle
	check "$what: both carry" pings || seen 2
}

# --- In clear ---

check "pptpd starts" server_up || ktap_finish
check "the daemon starts" begin encryption no mp-mode round-robin || { cat "$DAEMON_LOG"; ktap_finish; }
life "in clear" 1500 || ktap_finish
check "the log tells of the links" says "office: link down" cat "$DAEMON_LOG"
check "the client is removed" rtun client del office
check "pptpd has no connection any more" busywait 30 pptpd_serves 0
check "pppd was told: LCP Terminate-Request" busywait 10 grep -q 'rcvd \[LCP TermReq' "$PPPD_LOG"
check "nothing of it is left" busywait 5 same_state "$CLIENT" "$TMP/before"
check "the daemon ends" finish
check "pptpd ends" pptpd_stop

# --- Encrypted: above the bundle, with the keys of its first link ---

check "pptpd starts and demands MPPE" server_up require-mppe-128 || ktap_finish
rm -rf "$TMP/state"
check "the daemon starts" begin encryption required mp-mode balance || { cat "$DAEMON_LOG"; ktap_finish; }
life "MPPE" 1496 || ktap_finish
check "everything is encrypted" test "$(daemon_field office encoding)" = "MPPE128 stateless"
check "the client is removed" rtun client del office
check "nothing of it is left" busywait 30 same_state "$CLIENT" "$TMP/before"
check "the daemon ends" finish
check "pptpd ends" pptpd_stop

# --- A server that does not want it ---

check "pptpd starts without multilink" pptpd_start "$SERVER" 0.0.0.0 mschapv2 || ktap_finish
rm -rf "$TMP/state"
check "the daemon starts" begin encryption no mp-mode round-robin || { cat "$DAEMON_LOG"; ktap_finish; }
check "the client connects" busywait 60 daemon_running office || { seen 0; ktap_finish; }
check "by one call" pptpd_serves 1
check "and it is said why" says 'office: .*multilink' cat "$DAEMON_LOG"
check "packets go both ways" in_ns "$CLIENT" ping -q -c 5 -i 0.2 -W 5 10.8.0.1
check "the client is removed" rtun client del office
check "nothing of it is left" busywait 30 same_state "$CLIENT" "$TMP/before"
check "the daemon ends" finish

ktap_finish
