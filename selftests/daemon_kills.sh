#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# INIT: systemd
# UML: no (systemd is process 1)
# TIMEOUT: 3000
#
# Two daemons as services under the real systemd, one that dials and one that serves,
# twenty sessions between them, and a transfer through one.  The daemon that serves is
# killed with kill -9 again and again, and so is the one that dials: no session is lost,
# no record is, the transfer goes on, and there can be new sessions.  RTUN_KILLS is how
# often each of them is (25).
#
#	   client                                server
#	+-------------+                       +-------------+
#	| rtun-client | 192.0.2.1   192.0.2.2 | rtun-server |
#	| c1...c20    |--- c0 ---------- s0 --| <pptp-..>   |
#	+-------------+                       +-------------+
#	  10.9.0.x    ======== tunnels =======  10.9.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"
. "$SELFTESTS/peers/services.sh"

ktap_header
if [ "$(cat /proc/1/comm)" != systemd ] || [ -z "${RTUN_VM-}" ]; then
	ktap_skip_all "this is for a guest whose process 1 is systemd"
fi
need rtun iperf3 jq systemctl
need_module rtun
KILLS=${RTUN_KILLS:-25} N=20

# --- Two hosts, and a service in each ---

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
busywait 10 says 'fe80::.* scope link' ip -n "$SERVER" -6 addr show dev s0 >/dev/null
server_state "$SERVER" > "$TMP/before.server"
server_state "$CLIENT" > "$TMP/before.client"

install_services "$CLIENT" "$SERVER"
(umask 077 && {
	echo "pool add ppp ranges 10.9.0.2-10.9.0.99"
	echo "profile add staff local-address 10.9.0.1 remote-address ppp use-encryption require"
	echo "server set pptp enabled yes default-profile staff max-half-open-per-host 100 connection-rate 0"
	for ((i = 1; i <= N + 1; i++)); do
		echo "secret add user$i password pass-$i"
	done
} > /etc/rtun/server.conf)
client_line() { echo "client add c$1 type pptp connect-to 192.0.2.2 user user$1 password pass-$1 encryption required"; }
(umask 077; for ((i = 1; i <= N; i++)); do client_line "$i"; done > /etc/rtun/client.conf)

# --- Up ---

check "the server starts" starts server || ktap_finish
check "its records are on the disk" test -s /var/lib/rtun-server/rtun.db
check "the client starts" starts client || ktap_finish
all_up() { busywait 120 serves "$N" && busywait 60 connected "$N" && return; cat "$TMP/client.log" "$TMP/server.log"; return 1; }
check "$N sessions are up" all_up || ktap_finish

# Which sessions there are, for as long as they are the same ones
sessions() { in_ns "$1" rtun -j session show | jq -c '[.[] | [.id, .call_id, .peer_call_id, .interface]] | sort'; }
sessions "$CLIENT" > "$TMP/sessions.client"
sessions "$SERVER" > "$TMP/sessions.server"
check "the kernel has $N of them in each host" test \
	"$(jq length "$TMP/sessions.client") $(jq length "$TMP/sessions.server")" = "$N $N"
active() { ours -j active show | jq -c '[.[] | [.name, .address, .interface, .session_id]] | sort'; }
active > "$TMP/active"
# Not those that "still" are, as a daemon says that finds them
negotiations() { grep 'connected from' "$TMP/server.log" | grep -vc ' still '; }
negotiated=$(negotiations)

# One TCP connection through one session, all the time.
bg in_ns "$SERVER" iperf3 -s -1 -B 10.9.0.1 --forceflush > "$TMP/iperf.server"
iperf_server=$BG_PID
busywait 30 in_ns "$SERVER" grep -q ':1451 00000000:0000 0A' /proc/net/tcp
address=$(ip -n "$CLIENT" -o -4 addr show dev c1 | awk '{ print $4 }')
ip -n "$CLIENT" route add 10.9.0.1 dev c1 src "${address%/*}" metric 0 2>/dev/null ||
	ip -n "$CLIENT" route replace 10.9.0.1 dev c1 src "${address%/*}"
bg in_ns "$CLIENT" env --default-signal=INT iperf3 -c 10.9.0.1 -B "${address%/*}" -t 3600 -b 2M -i 0 > "$TMP/iperf.client" 2>&1
iperf_client=$BG_PID
octets() { in_ns "$CLIENT" rtun -j -s session show c1 | rtun_field 0.stats.tx_bytes; }
moves_on() { [ "$(octets)" -gt "$octets" ] && ! lib_gone "$iperf_client"; }
octets=$(octets)
check "a transfer runs through one" busywait 60 moves_on

# --- Deaths ---

another_serves() { [ "$(main_pid "$who")" != 0 ] && [ "$(main_pid "$who")" != "$pid" ] && "$asks" "$who" show > /dev/null; }
# All of them are those from the beginning, and the two daemons know them all.
same_sessions() { sessions "$CLIENT" | diff "$TMP/sessions.client" - && sessions "$SERVER" | diff "$TMP/sessions.server" -; }
same_active() { active | diff "$TMP/active" -; }
survives()
{
	octets=$(octets)
	kill -KILL "$pid"
	busywait 60 another_serves && busywait 60 connected "$N" && busywait 60 serves "$N" &&
		same_sessions && same_active && busywait 60 moves_on && return
	systemctl status "rtun-$who"
	tail -n 20 "$TMP/client.log" "$TMP/server.log"
	return 1
}
# die client|server COMMAND: the command asks it
die()
{
	local who=$1 asks=$2 pid n

	for ((n = 1; n <= KILLS; n++)); do
		pid=$(main_pid "$who")
		check "kill -9 of the $who, $n: all $N sessions and the transfer go on" survives || break
	done
	ktap_say "$who: killed $((n - 1)) times, $(jq length "$TMP/sessions.$who") sessions, $(jq length <(sessions "${!3}")) after it"
	ktap_say "carried meanwhile through one: $(octets) octets"
}
keeps() { says "^NFileDescriptorStore=$N\$" systemctl show "rtun-$1"; }
die client theirs CLIENT
check "systemd keeps $N control connections of the client" keeps client
die server ours SERVER
check "systemd keeps $N control connections of the server" keeps server
negotiated_no_more() { [ "$(negotiations)" = "$negotiated" ]; }
check "nothing was negotiated anew" negotiated_no_more

# --- And afterwards ---

kill -INT "$iperf_client"
wait "$iperf_client" 2>/dev/null
stop_bg "$iperf_server"
check "the transfer was one connection to its end" says_not 'error - (unable|the server)|broken|reset' cat "$TMP/iperf.client"
pings() { in_ns "$CLIENT" ping -q -c 2 -i 0.2 -W 5 -I "c$1" 10.9.0.1; }
all_ping() { local i; for ((i = 1; i <= N; i++)); do pings "$i" || return; done; }
check "every session carries packets" all_ping
(umask 077; client_line $((N + 1)) >> /etc/rtun/client.conf)
check "a client is added" theirs config load /etc/rtun/client.conf
check "and comes up" busywait 60 connected $((N + 1))
check "and is served" serves $((N + 1))

records() { ours -j accounting show limit 1000; }
one_each() { [ "$(records | jq -c '[.[].user] | [length, (unique | length)]')" = "[$((N + 1)),$((N + 1))]" ] || { records; return 1; }; }
check "each session has one record" one_each
carried=$(octets)
check "the client stops" systemctl stop rtun-client
check "the server has nobody" busywait 60 serves 0
check "still each has one record" one_each
check "all say that the peer ended it" test "$(records | jq '[.[] | select(.cause == "peer-terminated")] | length')" = $((N + 1))
# Both ends count the same packets; a few may be on their way when we look.
enough() { local in; in=$(records | jq '.[] | select(.user == "user1") | .octets_in'); echo "$in, carried $carried"; [ "$in" -ge $((carried * 9 / 10)) ]; }
check "the record of the transfer has all its octets" enough
check "the server stops" systemctl stop rtun-server
client_clean() { server_state "$CLIENT" | diff "$TMP/before.client" -; }
server_clean() { server_state "$SERVER" | diff "$TMP/before.server" -; }
check "the client has no device, address, route, session or tunnel left" busywait 20 client_clean
check "nor has the server" busywait 20 server_clean

ktap_finish
