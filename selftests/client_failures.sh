#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "rtun connect" where it does not go well: refused, unreachable, cut off in every
# phase, frozen, killed.  It must say why, end with the status the manual
# promises, and leave nothing behind.
#
#	+--------+ 192.0.2.1             192.0.2.2   +--------+
#	| client |--- c0 ---------------------- s0 ---| server |
#	+--------+                       192.0.2.100+ +--------+
#
# .2 is Debian's pptpd or nobody; from .100 on there is a mock server for each
# place where a story can end (peers/pptp_mock.py).
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun pptpd pppd python3
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
good=$(client_password good "$PPTPD_PASSWORD")
bad=$(client_password bad 'not the password')
net_state "$CLIENT" > "$TMP/before"
nothing_left() { busywait 10 same_state "$CLIENT" "$TMP/before"; }
one_error() { cat "$CLIENT_ERR"; [ "$(wc -l < "$CLIENT_ERR")" -eq 1 ] && grep -qE "^Error: .*$1" "$CLIENT_ERR"; }

# --- Cut off at each step ---

# END STATUS and what standard error says; what waits for a timeout is slow, so
# all run at once.
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
lcp-terminate 6 go.away
lcp-nak 6 .
auth-close 6 .
auth-terminate 6 changed.my.mind
auth-reject 5 authentication.failed
ipcp-terminate 6 no.addresses.left
ipcp-refuse 6 .
open-terminate 6 that.was.all
open-cdn 6 .
open-stop 6 .
open-close 6 .
open-silent 4 .
lcp-silent 4 GRE
auth-silent 5 .
silent 4 .
ocrq-silent 4 .'

declare -A client_of
number=100
while read -r end _ _; do
	address=192.0.2.$number
	number=$((number + 1))
	ip -n "$SERVER" addr add "$address/24" dev s0
	bg in_ns "$SERVER" python3 "$SELFTESTS/peers/pptp_mock.py" "$address" "$end" > "$TMP/$end.mock" 2>&1
	busywait 30 grep -q listening "$TMP/$end.mock"
	in_background "$CLIENT" "$TMP/$end.out" "$TMP/$end.err" rtun connect type pptp connect-to "$address" \
		user jack password-file "$good" keepalive-timeout 5
	client_of[$end]=$BG_PID
done <<<"$ends"

fails_as_it_should()
{
	CLIENT_PID=${client_of[$1]} CLIENT_OUT=$TMP/$1.out CLIENT_ERR=$TMP/$1.err
	client_exits 150 "$2" && one_error "$3" && return
	echo "the server:"
	cat "$TMP/$1.mock"
	return 1
}
while read -r end status words; do
	check "a server that ends at \"$end\" gives status $status and says so" fails_as_it_should "$end" "$status" "$words"
done <<<"$ends"
CLIENT_OUT=$TMP/client.out CLIENT_ERR=$TMP/client.err
check "none of these leaves a device, address, route or tunnel" nothing_left

# --- Nobody there ---

fails() { # STATUS SECONDS ERROR-REGEX WORD...
	local status=$1 seconds=$2 error=$3
	shift 3
	client_start "$CLIENT" type pptp user jack "$@"
	client_exits "$seconds" "$status" && one_error "$error"
}
check "a server without a route is unreachable: status 4" \
	fails 4 20 unreachable connect-to 198.51.100.1 password-file "$good"
check "a port that nobody listens on is unreachable: status 4" \
	fails 4 20 refused connect-to 192.0.2.2 password-file "$good"
check "a name that does not exist is unreachable: status 4" \
	fails 4 120 no-such-host connect-to no-such-host.invalid password-file "$good"
ip -n "$CLIENT" neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev c0
ip -n "$CLIENT" -o link show > /dev/null
check "a server that does not answer at all is unreachable: status 4" \
	fails 4 200 . connect-to 192.0.2.77 password-file "$good"
ip -n "$CLIENT" neigh del 192.0.2.77 dev c0
check "nothing is left of these" nothing_left

# --- Refused by a real server ---

for auth in pap:pap chap:chap mschap:mschap1 mschapv2:mschap2; do
	pptpd_start "$SERVER" 192.0.2.2 "${auth%:*}" || ktap_fail "pptpd starts for ${auth%:*}"
	check "a wrong password is refused with ${auth#*:}: status 5" \
		fails 5 60 'authentication failed' connect-to 192.0.2.2 password-file "$bad"
	check "an unknown user is refused with ${auth#*:}: status 5" \
		fails 5 60 'authentication failed' user nobody-here connect-to 192.0.2.2 password-file "$good"
	[ "$auth" = mschapv2:mschap2 ] || pptpd_stop
done
check "methods that the server does not offer: status 5" \
	fails 5 60 . connect-to 192.0.2.2 password-file "$good" allow pap
check "nothing is left of these" nothing_left

# --- A real server that goes away ---

up()
{
	client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$good" "$@"
	wait_connected 60
}
for victim in pppd pptpctrl; do
	check "the client is up before $victim is killed" up
	pptpd_kill $victim
	check "a killed $victim ends the client with status 6" client_exits 60 6
	check "nothing is left when $victim was killed" nothing_left
done
check "the client is up before the server freezes" up keepalive-timeout 5
pptpd_freeze
check "a frozen server is noticed by LCP echoes: status 4" client_exits 60 4
check "and the reason is its silence" one_error echo
pptpd_thaw
check "nothing is left of the frozen one" nothing_left
check "the client is up before its link goes" up keepalive-timeout 0 echo-interval 3 echo-timeout 3
pptpd_freeze
check "a frozen server is noticed by PPTP echoes: status 4" client_exits 60 4
pptpd_thaw
check "nothing is left of this one" nothing_left

# --- The client goes away ---

check "the client is up before it is killed" up
kill -KILL "$CLIENT_PID"
wait "$CLIENT_PID" 2>/dev/null
check "kill -9 leaves nothing: what it made dies with it" nothing_left
check "the server notices" busywait 60 pptpd_serves 0
for signal in TERM HUP; do
	check "the client is up before SIG$signal" up
	kill "-$signal" "$CLIENT_PID"
	check "SIG$signal ends it as Ctrl-C does: status 0" client_exits 20 0
done
client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$good"
busywait 10 test -s "$CLIENT_OUT" || busywait 10 pptpd_serves 1
kill -INT "$CLIENT_PID"
check "Ctrl-C while it still dials ends it with status 0" client_exits 20 0
check "nothing is left of any of these" nothing_left
pptpd_stop

ktap_finish
