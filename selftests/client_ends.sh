#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "rtun connect" with a server that ends, falls silent or talks nonsense, at each
# step that a connection has, and with one that is not there at all.  The client
# must say why, end with the status that the manual promises, and leave nothing
# behind.
#
#	+--------+ 192.0.2.1            192.0.2.100+ +--------+
#	| client |--- c0 ---------------------- s0 ---| server |
#	+--------+                                    +--------+
#
# The server has an address, and a mock server on it (peers/pptp_mock.py), for
# each place where a story can end.  What waits for a timeout is slow, so all
# clients run at once.
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun jq python3
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
# Packets to .77 go out and nobody takes them.
ip -n "$CLIENT" neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev c0
password=$(client_password pw secret)
net_state "$CLIENT" > "$TMP/before"

# END, the status of the client, what it says on standard error
ends='accept 6 closed
sccrq 6 closed
version 6 version
garbage 6 .
short 6 .
ocrq 6 closed
busy 6 busy
call-close 6 closed
call-cdn 6 .
call-stop 6 .
lcp-terminate 6 go away
lcp-nak 6 .
auth-close 6 .
auth-terminate 6 changed my mind
auth-reject 5 authentication failed
ipcp-terminate 6 no addresses left
ipcp-refuse 6 .
lcp-silent 4 GRE
auth-silent 5 .
silent 4 .
ocrq-silent 4 .'

# The same for those where the client was connected before: it says so on standard
# output, as the last line of its progress.
ends_of_a_connection='open-terminate 6 that was all
open-cdn 6 .
open-stop 6 .
open-close 6 .
open-silent 4 echo'

# Nobody there: where to, status, words
nobody='198.51.100.1 4 unreachable
192.0.2.2 4 refused
no-such-host.invalid 4 no-such-host
192.0.2.77 4 .'

declare -A client_of
connect() # NAME HOST
{
	in_background "$CLIENT" "$TMP/$1.out" "$TMP/$1.err" rtun connect type pptp connect-to "$2" \
		user jack password-file "$password" keepalive-timeout 5
	client_of[$1]=$BG_PID
}

number=100
while read -r end _; do
	address=192.0.2.$number
	number=$((number + 1))
	ip -n "$SERVER" addr add "$address/24" dev s0
	bg in_ns "$SERVER" python3 "$SELFTESTS/peers/pptp_mock.py" "$address" "$end" > "$TMP/$end.mock" 2>&1
	busywait 30 grep -q listening "$TMP/$end.mock"
	connect "$end" "$address"
done <<<"$ends"$'\n'"$ends_of_a_connection"
while read -r host _; do
	connect "$host" "$host"
done <<<"$nobody"

# ended NAME STATUS
ended()
{
	CLIENT_PID=${client_of[$1]} CLIENT_OUT=$TMP/$1.out CLIENT_ERR=$TMP/$1.err
	client_exits 200 "$2"
}

# one_error REGEX
one_error()
{
	client_show
	[ "$(wc -l < "$CLIENT_ERR")" -eq 1 ] && grep -qE "^Error: .*$1" "$CLIENT_ERR"
}

refused()
{
	ended "$1" "$2" && one_error "$3" && return
	[ ! -e "$TMP/$1.mock" ] || sed 's/^/server: /' "$TMP/$1.mock"
	return 1
}

disconnected()
{
	ended "$1" "$2" && client_show && client_connected && client_says ": disconnected \(.*$3" && return
	sed 's/^/server: /' "$TMP/$1.mock"
	return 1
}

while read -r end status words; do
	check "a server that ends at \"$end\" gives status $status, and a reason" refused "$end" "$status" "$words"
done <<<"$ends"
while read -r end status words; do
	check "a server that ends at \"$end\" gives status $status, and a reason" disconnected "$end" "$status" "$words"
done <<<"$ends_of_a_connection"
while read -r host status words; do
	check "$host is unreachable: status $status, and a reason" refused "$host" "$status" "$words"
done <<<"$nobody"
check "no device, address, route or tunnel is left of them" busywait 10 same_state "$CLIENT" "$TMP/before"

ktap_finish
