#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "rtun connect" with Debian's pptpd: refused for its password, its user, its
# methods; then connected, and one of the two is killed, frozen or interrupted.
# Nothing may stay behind.
#
#	+--------+ 192.0.2.1     192.0.2.2 +--------+
#	| client |--- c0 ------------ s0 ---| server |
#	+--------+                          +--------+
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
bad=$(client_password bad 'not the password')
net_state "$CLIENT" > "$TMP/before"
nothing_left() { busywait 10 same_state "$CLIENT" "$TMP/before"; }

# fails STATUS ERROR-REGEX WORD...
fails()
{
	local status=$1 error=$2
	shift 2

	client_start "$CLIENT" type pptp connect-to 192.0.2.2 "$@"
	client_exits 60 "$status" && client_show &&
		[ "$(wc -l < "$CLIENT_ERR")" -eq 1 ] && grep -qE "^Error: .*$error" "$CLIENT_ERR"
}

# --- Refused ---

for auth in pap:pap chap:chap mschap:mschap1 mschapv2:mschap2; do
	pptpd_start "$SERVER" 192.0.2.2 "${auth%:*}" || ktap_fail "pptpd starts for ${auth%:*}"
	check "a wrong password is refused with ${auth#*:}: status 5" \
		fails 5 'authentication failed' user jack password-file "$bad"
	check "an unknown user is refused with ${auth#*:}: status 5" \
		fails 5 'authentication failed' user nobody-here password-file "$good"
	[ "$auth" = mschapv2:mschap2 ] || pptpd_stop
done
check "methods that the server does not offer: status 5" \
	fails 5 . user jack password-file "$good" allow pap
check "nothing is left of these" nothing_left

# --- The server goes away ---

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
check "and the reason is its silence" client_says 'disconnected .*echo'
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
