#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 3000
#
# Our PPTP server with thousands of sessions, each of a user of its own, encrypted, all
# of one daemon of ours: all come up, each carries packets, all go, and nothing is left.
# How long it took, and how much a session needs, is printed and decides nothing.
# RTUN_SESSIONS is how many (2000), RTUN_AT_ONCE how many of them are dialled at one time
# (50): PPP gives up after half a minute, in which an emulated machine makes few sessions.
#
#	   client                              server
#	+-----------+                       +-----------+
#	| rtun      | 192.0.2.1   192.0.2.2 | rtun      |
#	| c1...c2000|--- c0 ---------- s0 --| <pptp-..> |
#	+-----------+                       +-----------+
#	  10.9.x.y  ======== tunnels =======  10.9.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"

ktap_header
need rtun jq python3
need_module rtun
N=2000 AT_ONCE=${RTUN_AT_ONCE:-50}
[ -z "${RTUN_SMALL-}" ] || N=20
N=${RTUN_SESSIONS:-$N}
# A TCP connection of each, at each end.
ulimit -n 65536 || ktap_skip_all "so many files cannot be open"

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
busywait 10 says 'fe80::.* scope link' ip -n "$SERVER" -6 addr show dev s0 >/dev/null
busywait 10 says 'fe80::.* scope link' ip -n "$CLIENT" -6 addr show dev c0 >/dev/null
# One link for all of them, and a burst from each.
in_ns "$SERVER" sysctl -qw net.core.netdev_max_backlog=20000 2>/dev/null ||
	sysctl -qw net.core.netdev_max_backlog=20000
server_state "$SERVER" > "$TMP/before.server"
server_state "$CLIENT" > "$TMP/before.client"

# --- What is asked, what is counted ---

SERVER_SOCKET=$TMP/server.sock CLIENT_SOCKET=$TMP/client.sock
ours() { RTUN_SOCKET=$SERVER_SOCKET rtun "$@"; }
theirs() { RTUN_SOCKET=$CLIENT_SOCKET rtun "$@"; }
users()
{
	local i

	for ((i = 1; i <= N; i++)); do
		echo "secret add user$i password pass-$i"
	done
}
clients()
{
	local i

	for ((i = 1; i <= N; i++)); do
		echo "client add c$i type pptp connect-to 192.0.2.2 user user$i password pass-$i encryption required"
	done
}
server_is() { ours -j server show | rtun_field "0.$1"; }
# KiB of a process, and of all that the kernel cannot give back
resident() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; }
kernel_kib() { awk '/^(SUnreclaim|Percpu|VmallocUsed):/ { sum += $2 } END { print sum }' /proc/meminfo; }
# Seconds of processor time of a process: in it, and in the kernel for it
processor() { awk -v hz="$(getconf CLK_TCK)" '{ printf "%.2f + %.2f s", $14 / hz, $15 / hz }' "/proc/$1/stat"; }
# so_many NUMBER COMMAND...: until it says that number; no end of patience as long as it changes.
so_many()
{
	local want=$1 now last='' tries=0
	shift

	while "$@" > "$TMP/so_many" && now=$(tail -n 1 "$TMP/so_many") && [ "$now" != "$want" ]; do
		[ "$now" != "$last" ] || tries=$((tries + 1))
		[ "$now" = "$last" ] || tries=0
		[ "$tries" -lt 120 ] || break
		last=$now
		# Who asks without a pause takes the processor from those who work.
		sleep 0.5
	done
	[ "$now" = "$want" ] || { echo "it is $now, not $want"; return 1; }
}
microseconds() { local now=$EPOCHREALTIME; echo "${now/[.,]/}"; }
per() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }

# --- Two daemons ---

# shellcheck disable=SC2034 # for server.sh
SERVER_CONF=$TMP/server.conf
server_conf()
{
	(umask 077 && {
		echo "pool add ppp ranges 10.9.0.2-10.9.63.254"
		echo "profile add staff local-address 10.9.0.1 remote-address ppp use-encryption require"
		echo "server set pptp enabled yes default-profile staff max-half-open 65535 max-half-open-per-host 65535 connection-rate 0"
		users
	} > "$SERVER_CONF")
}
RTUN_SOCKET=$SERVER_SOCKET DAEMON_LOG=$TMP/server.log
check "the server starts with $N users" server_start "$SERVER" || { cat "$DAEMON_LOG"; ktap_finish; }
server_pid=$DAEMON_PID server_empty=$(resident "$DAEMON_PID")
(umask 077; clients > "$TMP/clients"; head -n "$AT_ONCE" "$TMP/clients" > "$TMP/client.conf"; mkdir "$TMP/client.state")
loaded=$AT_ONCE
kernel_empty=$(kernel_kib)
began=$(microseconds)
RTUN_SOCKET=$CLIENT_SOCKET DAEMON_LOG=$TMP/client.log RTUN_STATE=$TMP/client.state
check "the client starts" daemon_start "$CLIENT" config "$TMP/client.conf" ||
	{ cat "$DAEMON_LOG"; ktap_finish; }
client_pid=$DAEMON_PID

# --- All up ---

# So many are up, and as many more as may be are dialled.
dial_more()
{
	local now

	now=$(server_is sessions)
	if [ "$loaded" -lt "$N" ] && [ $((now + AT_ONCE)) -ge $((loaded + AT_ONCE / 2)) ]; then
		loaded=$((now + AT_ONCE))
		(umask 077; head -n "$loaded" "$TMP/clients" > "$TMP/client.conf")
		theirs config load "$TMP/client.conf" > "$TMP/loaded" 2>&1 || cat "$TMP/loaded"
	fi
	echo "$now"
}
# at_least NUMBER sessions; no end of patience as long as it is more and more.
at_least()
{
	local now last='' tries=0

	while dial_more > "$TMP/up"; do
		now=$(tail -n 1 "$TMP/up")
		[[ $now =~ ^[0-9]+$ ]] || now=0
		[ "$now" -lt "$1" ] || return 0
		[ "$now" != "$last" ] || tries=$((tries + 1))
		[ "$now" = "$last" ] || tries=0
		if [ "$tries" -ge 120 ]; then
			cat "$TMP/up"
			tail -n 20 "$TMP/server.log" "$TMP/client.log"
			return 1
		fi
		last=$now
		sleep 0.5
	done
}
# How fast it goes on, at each quarter: a rate that falls is a sign of work that grows with
# the number of sessions.
for quarter in 1 2 3 4; do
	check "$((N * quarter / 4)) of $N sessions come up" at_least $((N * quarter / 4)) || break
	ktap_say "after $(per $(($(microseconds) - began)) 1000000) s; processor time so far: server $(processor "$server_pid"), client $(processor "$client_pid")"
done
took=$(($(microseconds) - began))
ktap_say "$N sessions in $(per $took 1000000) s: $(per $((N * 1000000)) $took) a second"
connected() { theirs -j client show | jq '[.[] | select(.status == "connected")] | length'; }
check "the client says the same" so_many "$N" connected
ktap_say "resident memory of a session: server $(per $(($(resident "$server_pid") - server_empty)) "$N") KiB" \
	"(of $(resident "$server_pid") KiB), client $(per $(($(resident "$client_pid") - server_empty)) "$N") KiB" \
	"(of $(resident "$client_pid") KiB)"
ktap_say "memory of the kernel for a session, both ends: $(per $(($(kernel_kib) - kernel_empty)) "$N") KiB"
ktap_say "connections that it took: $(ours -j -s server show | rtun_field 0.counters.connections)"
check "nobody is half open" test "$(server_is half_open)" = 0
ours -j active show > "$TMP/active"
distinct() { [ "$(jq -r "[.[].$1] | unique | length" "$TMP/active")" = "$N" ]; }
check "each is another user's" distinct name
check "with an address of its own" distinct address
check "and a device of its own" distinct interface
check "all are encrypted" test "$(jq '[.[] | select(.encoding == "MPPE128 stateless")] | length' "$TMP/active")" = "$N"
leases() { ours -j lease show | jq "[.[]${1+ | select(.pool == \"$1\")}] | length"; }
check "there are $N leases of the pool" test "$(leases ppp)" = "$N"

# --- Each carries packets ---

bg in_ns "$SERVER" "$SELFTESTS/gen/udpmany.py" serve 10.9.0.1 7 > "$TMP/echo"
echo_pid=$BG_PID
busywait 30 grep -q ready "$TMP/echo"
ways() { ip -n "$CLIENT" -o -4 addr show | awk '$6 == "10.9.0.1/32" { print $2, $4 }'; }
ways > "$TMP/ways"
all_answer() { in_ns "$CLIENT" "$SELFTESTS/gen/udpmany.py" ask 10.9.0.1 7 < "$TMP/ways" > "$TMP/answers" 2>&1; local s=$?; cat "$TMP/answers"; return $s; }
check "there are $N ways to it" test "$(wc -l < "$TMP/ways")" = "$N"
began=$(microseconds)
check "a datagram through each of them comes back" all_answer
ktap_say "$(head -n 1 "$TMP/answers"), in $(per $(($(microseconds) - began)) 1000000) s"
stop_bg "$echo_pid"
carried()
{
	in_ns "$1" rtun -j -s session show | jq '[.[].stats | select(.rx_packets > 0 and .tx_packets > 0 and .dropped == 0)] | length'
}
check "the server's counters say so, and nothing was dropped" so_many "$N" carried "$SERVER"
check "and the client's" so_many "$N" carried "$CLIENT"

# --- All down ---

began=$(microseconds)
kill -INT "$client_pid"
down() { so_many 0 server_is sessions && busywait 120 lib_gone "$client_pid"; }
check "all $N go when the client ends" down
took=$(($(microseconds) - began))
ktap_say "$N sessions ended in $(per $took 1000000) s: $(per $((N * 1000000)) $took) a second"
ktap_say "resident memory of the server without them: $(resident "$server_pid") KiB, before $server_empty KiB"
half_open() { server_is half_open; }
check "nobody is half open" so_many 0 half_open
check "there is no lease" test "$(leases)" = 0
ours -j accounting show limit 100000 > "$TMP/records"
check "each has its record" test "$(jq '[.[].user] | unique | length' "$TMP/records")" = "$N"
ktap_say "as the server saw it: $(jq -r '[.[].cause] | group_by(.) | map("\(length) \(.[0])") | join(", ")' "$TMP/records")"
# A client whose Terminate-Request waits for its answer too long clears the call, and closes the
# connection when it has waited for that.
by_peer='.cause == "peer-terminated" or .cause == "call-cleared" or .cause == "connection-lost"'
check "that says that the peer ended it" test "$(jq "[.[] | select($by_peer)] | length" "$TMP/records")" = "$N"
check "and that packets went both ways" test \
	"$(jq '[.[] | select(.packets_in > 0 and .packets_out > 0)] | length' "$TMP/records")" = "$N"
client_clean() { server_state "$CLIENT" | diff "$TMP/before.client" -; }
server_clean() { server_state "$SERVER" | diff "$TMP/before.server" -; }
check "the client has no device, address, route, session or tunnel left" busywait 20 client_clean
check "nor has the server" busywait 20 server_clean
kill -INT "$server_pid"
check "the server ends" busywait 60 lib_gone "$server_pid"
check "the client's log has no error" says_not '[Ee]rror|failed' cat "$TMP/client.log"

ktap_finish
