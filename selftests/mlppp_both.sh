#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 600
# Multilink between a client and a server of rtun, two daemons: packets of 1500 octets over one
# link that is narrower; two links of 20 Mbit/s, of which one is cut under iperf3 and comes back;
# limits of links; two users from one address.
#
#	   client                              server
#	+-----------+ 10.0.0.1     10.0.0.2 +-----------+
#	| rtun      |--- va0 ------- vb0 ---| rtun      |
#	|  office   |--- va1 ------- vb1 ---| <pptp-..> |
#	+-----------+ 10.0.1.1     10.0.1.2 +-----------+
#	  10.9.0.2  ===== tunnel =====  10.9.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"

ktap_header
need rtun iperf3 jq tc
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" va0 10.0.0.1/24 "$SERVER" vb0 10.0.0.2/24
link_ns "$CLIENT" va1 10.0.1.1/24 "$SERVER" vb1 10.0.1.2/24
for i in 0 1; do
	busywait 10 says 'fe80::.* scope link' ip -n "$CLIENT" -6 addr show dev va$i >/dev/null
	busywait 10 says 'fe80::.* scope link' ip -n "$SERVER" -6 addr show dev vb$i >/dev/null
done
# but for what is done to the links between the two
state() { server_state "$1" | sed 's/ mtu [0-9]*//; s/ qdisc [a-z]*//'; }
state "$CLIENT" > "$TMP/client.before"
state "$SERVER" > "$TMP/server.before"
same() { state "$1" | diff "$TMP/$2.before" -; }

at_server() { RTUN_SOCKET=$TMP/server.sock "$@"; }
at_client() { RTUN_SOCKET=$TMP/client.sock "$@"; }
show() { at_client rtun -d client show; at_server rtun -d active show; tail -n 40 "$TMP/server.log" "$TMP/client.log"; }
JACK=$(client_password jack.pw "$SERVER_PASSWORD") JILL=$(client_password jill.pw jill-pass)
# client NAME WORD...
client() { at_client rtun client add "$1" type pptp user jack password-file "$JACK" "${@:2}"; }
links() { at_client rtun -j client show "$1" | jq '[.[0].links[]? | select(.up)] | length'; }
has_links() { [ "$(links "$1")" = "$2" ]; }
running() { at_client daemon_running "$1"; }
# comes NAME LINKS
comes() { busywait 60 running "$1" && busywait 60 has_links "$1" "$2" || { show; return 1; }; }
served() { [ "$(at_server server_active)" = "$1" ]; }
ended() { at_client rtun client del "$1" && busywait 30 served 0 && busywait 5 same "$CLIENT" client; }
mtu_of() { ip -n "$1" -j link show dev "$2" | rtun_field 0.mtu; }
pings()
{
	local size
	for size in 0 1000 $(($1 - 28)); do
		in_ns "$CLIENT" ping -q -M 'do' -s "$size" -c 5 -i 0.2 -W 5 10.9.0.1 &&
		in_ns "$SERVER" ping -q -M 'do' -s "$size" -c 5 -i 0.2 -W 5 10.9.0.2 || return
	done
}

DAEMON_LOG=$TMP/server.log
check "the server starts" at_server server_start "$SERVER" "server set pptp mrru 1614" ||
	{ cat "$DAEMON_LOG"; ktap_finish; }
server=$DAEMON_PID
DAEMON_LOG=$TMP/client.log RTUN_STATE=$TMP/client.state
check "the client's daemon starts" at_client daemon_start "$CLIENT" || { cat "$DAEMON_LOG"; ktap_finish; }
client=$DAEMON_PID
RTUN_SOCKET=$TMP/client.sock bg rtun monitor > "$TMP/events"

# --- One link, over a path that is too narrow for what is inside ---

ip -n "$CLIENT" link set va0 mtu 1480
ip -n "$SERVER" link set vb0 mtu 1480
client office connect-to 10.0.0.2 mrru 1614 encryption no
check "multilink over one link comes up" comes office 1 || ktap_finish
check "the interface of the client takes what both put together" test "$(mtu_of "$CLIENT" office)" = 1614
check "1500 octets with DF go both ways" pings 1500
check "and as much as it takes" pings 1614
check "none of them was too large for the path" \
	says '"tx_too_big":0' in_ns "$CLIENT" rtun -j -s session show office
check "it ends" ended office
client office connect-to 10.0.0.2 mrru 1614 encryption required
check "with MPPE it comes up" comes office 1 || ktap_finish
check "4 octets of it are MPPE's" test "$(mtu_of "$CLIENT" office)" = 1610
check "1500 octets with DF go both ways, encrypted" pings 1500
check "and as much as it takes, encrypted" pings 1610
check "it ends, too" ended office
ip -n "$CLIENT" link set va0 mtu 1500
ip -n "$SERVER" link set vb0 mtu 1500

# --- Two links, of which one is cut ---

rate() { for i in 0 1; do tc -n "$CLIENT" qdisc "$1" dev va$i root netem rate 20mbit limit 100 && tc -n "$SERVER" qdisc "$1" dev vb$i root netem rate 20mbit limit 100 || return; done; }
check "the links have 20 Mbit/s" rate add
client office connect-to 10.0.0.2,10.0.1.2 mrru 1614 link-rate 20M encryption no
check "multilink over two links comes up" comes office 2 || ktap_finish
check "the server has one session of two links" says '^1 2$' \
	eval 'at_server rtun -j active show | jq -r "\"\(length) \(.[0].links | length)\""'
check "packets go both ways" pings 1500
session=$(at_client daemon_field office session_id) active=$(at_server active_field 0.id)
carried() { in_ns "$CLIENT" rtun -j -s bundle show office | jq -r '[.[0].links[].tx_fragments] | min'; }
bg in_ns "$SERVER" iperf3 -s -1 -B 10.9.0.1 --forceflush
busywait 20 in_ns "$SERVER" grep -q ':1451 00000000:0000 0A' /proc/net/tcp
bg in_ns "$CLIENT" timeout 200 iperf3 -J -c 10.9.0.1 -t 25 > "$TMP/iperf"
iperf=$BG_PID
used() { [ "$(carried)" -gt 100 ]; }
check "TCP uses both" busywait 30 used
ip -n "$CLIENT" link set va1 down
cut_at=$SECONDS
lost() { has_links office 1; }
check "a link is cut, and left after a while" busywait 180 lost || show
ktap_say "after $((SECONDS - cut_at)) s"
check "the transfer ends as if nothing were" wait "$iperf"
steady() { jq -r '.intervals[].sum.bytes' "$TMP/iperf" | tr '\n' ' '; jq -e '[.intervals[-12:][].sum.bytes] | min > 100000' "$TMP/iperf"; }
check "it went on all the time" steady
check "it is the same session at both ends" test \
	"$(at_client daemon_field office session_id) $(at_server active_field 0.id)" = "$session $active"
check "packets go both ways over what is left" pings 1500
ip -n "$CLIENT" link set va1 up
check "the link comes back, and is dialed again" busywait 180 has_links office 2 || show
check "packets go both ways over both" pings 1500
check "still the same session" test \
	"$(at_client daemon_field office session_id) $(at_server active_field 0.id)" = "$session $active"
events() { grep -q 'link down: 10\.0\.1\.2' "$TMP/events" && [ "$(grep -c 'link up: 10\.0\.1\.2' "$TMP/events")" = 2 ] || { cat "$TMP/events"; return 1; }; }
check "monitor tells of both" events
check "other rates are taken while it is up" at_client rtun client set office link-rate 20M,5M
rates() { in_ns "$CLIENT" rtun -j bundle show office | jq -c '[.[0].links[].rate] | sort'; }
check "and the kernel has them" test "$(rates)" = "[5000,20000]"
check "still the same session after that" test "$(at_client daemon_field office session_id)" = "$session"

# --- Limits, and another user ---

at_server rtun secret set jack max-links 1 || ktap_say "no max-links"
at_client rtun client del office
busywait 30 served 0
client office connect-to 10.0.0.2,10.0.1.2 mrru 1614 encryption no
check "a user who may have one link has one" comes office 1
refused() { grep -q 'max-links' "$TMP/server.log"; }
check "the server says why there is no other" busywait 60 refused || show
check "the one carries" pings 1500
at_client rtun client add jill type pptp user jill password-file "$JILL" encryption no connect-to 10.0.0.2,10.0.1.2 mrru 1614
check "another user from the same host has a session of her own" comes jill 2
check "the server has two" served 2
check "the first is as it was" pings 1500
at_client rtun client del jill
check "the second goes, and the first stays" busywait 30 served 1
check "it ends at last" ended office

kill -TERM "$client" "$server"
gone() { lib_gone "$client" && lib_gone "$server"; }
check "both daemons end" busywait 30 gone
check "nothing is left here" same "$CLIENT" client
check "and nothing there" same "$SERVER" server

ktap_finish
