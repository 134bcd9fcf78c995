#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Multilink (RFC 1990) at our PPTP server, with Debian's pptp-linux, pppd and ppp_generic as
# the other end: calls to two addresses of the server are one session, in clear and with MPPE;
# packets of every size and TCP over both links; the first link dies, another comes, the daemon
# is killed and started again, the last link ends.
#
#	   client                              server
#	+-----------+ 192.0.2.1   192.0.2.2 +-----------+
#	| pptp,pppd |--- c0 ---------- s0 --| rtun      |
#	| pptp,pppd |             192.0.2.3 | <pptp-..> |
#	|   ppp0    |                       |           |
#	+-----------+                       +-----------+
#	  10.9.0.2  ===== two links =======  10.9.0.1
#
# TIMEOUT: 900
# UML: no (its kernel has no ppp_generic)
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
ip -n "$SERVER" addr add 192.0.2.3/24 dev s0
busywait 10 says 'fe80::.* scope link' ip -n "$SERVER" -6 addr show dev s0 >/dev/null
server_state "$SERVER" > "$TMP/before"
rm -f /run/pppd2.tdb /var/run/pppd2.tdb
check "the server starts" server_start "$SERVER" "server set pptp mrru 1500 max-links 2" ||
	{ cat "$DAEMON_LOG"; ktap_finish; }

links() { rtun -j active show | jq '.[0].links | length'; }
has_links() { [ "$(links)" = "$1" ]; }
# link UNIT ADDRESS [PPPD-OPTION...]: one more call
link()
{
	local unit=$1 to=$2
	shift 2
	UNIT=$unit pptp_dial "$CLIENT" "$to" mschapv2 jack "$SERVER_PASSWORD" \
		multilink 'mrru 1500' 'endpoint local:0badcafe' "$@"
}
seen() { has_links "$1" || { rtun active show; cat "$TMP"/pptp-*/pppd.log "$DAEMON_LOG" | tail -n 120; return 1; }; }
device() { ip -n "$CLIENT" -o -4 addr show dev ppp0 2>/dev/null | grep -q 'inet 10\.9\.0\.2 '; }
pings()
{
	local size
	for size in 0 100 1000 1400 1460; do
		in_ns "$CLIENT" ping -q -s "$size" -c 5 -i 0.2 -W 5 10.9.0.1 || return
		in_ns "$SERVER" ping -q -s "$size" -c 5 -i 0.2 -W 5 10.9.0.2 || return
	done
}
iperf()
{
	bg in_ns "$SERVER" iperf3 -s -1 -B 10.9.0.1 --forceflush
	local server=$BG_PID
	busywait 20 in_ns "$SERVER" grep -q ':1451 00000000:0000 0A' /proc/net/tcp &&
	in_ns "$CLIENT" timeout 90 iperf3 -c 10.9.0.1 -t 3 "$@"
	local status=$?
	stop_bg "$server"
	return "$status"
}

# bundle WHAT [PPPD-OPTION...]: its life
bundle()
{
	local what=$1 first key
	shift

	link 0 192.0.2.2 "$@"
	first=$PPTP_PID
	check "$what: one call comes up" busywait 60 device || { pptp_show; cat "$DAEMON_LOG"; return 1; }
	check "$what: it is a bundle of one link" seen 1
	key=$(active_field 0.id)
	link 1 192.0.2.3 "$@"
	check "$what: the second becomes a link of it" busywait 60 has_links 2 || { seen 2; return 1; }
	check "$what: there is one session" server_serves 1
	check "$what: one device of the server's" test "$(ip -n "$SERVER" -o link show type rtun | wc -l)" = 1
	check_not "$what: and one of the client's" ip -n "$CLIENT" link show dev ppp1
	check "$what: packets of all sizes go both ways" pings
	check "$what: TCP towards the server" iperf
	check "$what: TCP from the server" iperf -R

	kill_below "$first"
	check "$what: the first link dies, and the server knows" busywait 60 has_links 1
	check "$what: it is the same session" test "$(active_field 0.id)" = "$key"
	check "$what: which carries" pings
	link 2 192.0.2.2 "$@"
	check "$what: another call joins" busywait 60 has_links 2 || seen 2
	check "$what: both carry" pings
	check "$what: TCP over them" iperf
	link 3 192.0.2.3 "$@"
	check "$what: one more than max-links is refused" busywait 60 grep -q 'the most that max-links allows' "$DAEMON_LOG"
	check "$what: that is all there is to it" test "$(links) $(server_active)" = "2 1"
	check "$what: the other links carry on" pings
}

# The pptp of a pppd, and not pppd itself: that keeps the bundle.
kill_below()
{
	local child

	for child in $(pgrep -P "$1"); do
		kill_below "$child"
		kill -KILL "$child" 2>/dev/null
	done
	return 0
}
none_left() { [ -z "$(ip netns pids "$CLIENT")" ]; }
all_end()
{
	# shellcheck disable=SC2046 # a word each
	kill -TERM $(ip netns pids "$CLIENT") 2>/dev/null
	busywait 30 none_left || pptp_dies
	rm -f /run/pppd2.tdb
}

# --- In clear ---

bundle "in clear" || ktap_finish
tx=$(active_field 0.tx_bytes)
check "the octets of the session are those of all links" test "$tx" -gt 100000
check "the client ends all of it" all_end
check "the session ends with its last link" busywait 30 server_serves 0
counted() { [ "$(record_field 0.octets_in)" -gt 100000 ] && [ "$(record_field 0.octets_out)" -gt 100000 ]; }
check "its one record has the octets" counted
check "there is no other" test "$(rtun -j accounting show | jq length)" = 1
check "nothing is left in the kernel" busywait 5 server_same "$SERVER" "$TMP/before"

# --- Encrypted: above the bundle, with the keys of its first link ---

bundle "MPPE" require-mppe-128 || ktap_finish
check "everything is encrypted" test "$(active_field 0.encoding)" = "MPPE128 stateless"

# --- The end of the daemon; nobody keeps its connections here ---

kill -KILL "$DAEMON_PID"
daemon_ended() { lib_gone "$DAEMON_PID"; }
busywait 20 daemon_ended
check "the bundle outlives the daemon" says 'mlppp' in_ns "$SERVER" rtun tunnel show
check "the next one starts" server_start "$SERVER" "server set pptp mrru 1500"
check "and ends what has no connection any more" busywait 20 server_same "$SERVER" "$TMP/before"
check "its record is closed" test "$(record_field 0.cause)" = daemon-restarted
all_end

# --- A client that does not want it ---

UNIT=0 pptp_dial "$CLIENT" 192.0.2.2 mschapv2 jack "$SERVER_PASSWORD"
check "a client without multilink has a plain session" busywait 60 device || pptp_show
check "with no links" has_links 0
check "and it is said why" test -n "$(active_field 0.multilink_refused)"
check "packets go both ways" in_ns "$CLIENT" ping -q -c 5 -i 0.2 -W 5 10.9.0.1
check "it ends" all_end
check "the server has nobody" busywait 30 server_serves 0

kill -TERM "$DAEMON_PID"
check "the daemon ends" busywait 20 daemon_ended
check "no device, address, route, session or tunnel is left" busywait 5 server_same "$SERVER" "$TMP/before"

ktap_finish
