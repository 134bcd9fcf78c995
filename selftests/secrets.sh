#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.12 (it is about the program)
# UML: long (it is about the program)
#
# A password is never seen: not in the list of processes, not in what the program
# prints in any form, not in logs, not in what the kernel gives back.
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
PPTPD_PASSWORD=Xyzzy-4711-plugh
secret=$PPTPD_PASSWORD
pptpd_start "$SERVER" 192.0.2.2 mschapv2
file=$(client_password jack.pw "$secret")

# clean CMD...: what it prints is something, and has not the password,
# nor its hexadecimal or base64 forms
clean()
{
	"$@" > "$TMP/printed" 2>&1
	[ -s "$TMP/printed" ] || { echo "it prints nothing"; return 1; }
	! grep -aiF -e "$secret" -e "$(printf %s "$secret" | od -An -v -tx1 | tr -d " \n")" -e "$(printf %s "$secret" | base64)" "$TMP/printed"
}
process() { tr '\0' '\n' < "/proc/$1/cmdline"; tr '\0' '\n' < "/proc/$1/environ"; cat "/proc/$1/status"; }

# --- rtun connect ---

client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$file"
check "connect is up" wait_connected 60
check "its command line and environment have no password" clean process "$CLIENT_PID"
check "its output has none" clean client_show
kill -INT "$CLIENT_PID"
check "connect ends" client_exits 20 0
# The password on standard input, as from a pipe.
from_input()
{
	: > "$CLIENT_OUT"
	# shellcheck disable=SC2016 # the inner shell expands these
	bg in_ns "$CLIENT" sh -c 'exec rtun connect type pptp connect-to 192.0.2.2 user jack < "$1" > "$2" 2> "$3"' \
		sh "$file" "$CLIENT_OUT" "$CLIENT_ERR"
	CLIENT_PID=$BG_PID
	wait_connected 60 && kill -TERM "$CLIENT_PID" && client_exits 20 0
}
check "connect takes it from standard input" from_input
printf 'not-%s\n' "$secret" > "$TMP/wrong.pw"
chmod 600 "$TMP/wrong.pw"
client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack password-file "$TMP/wrong.pw"
check "connect with a wrong one fails" client_exits 60 5
check "its error has neither" clean client_show

# --- The daemon, password in a file of its own and in the configuration ---

(umask 077 && cat > "$TMP/rtun.conf" <<-EOT
	client add one type pptp connect-to 192.0.2.2 user jack password-file $file
	client add two type pptp connect-to 192.0.2.2 user jack password $secret
EOT
)
check "the daemon starts with its configuration" daemon_start "$CLIENT" config "$TMP/rtun.conf"
rtun -j monitor > "$TMP/monitor" 2>&1 &
monitor=$!
lib_pids+=("$monitor")
check "the first client is up" busywait 60 daemon_running one
check "the second client is up" busywait 60 daemon_running two
rtun client disable two
busywait 20 daemon_not_running two
rtun client enable two
check "the second client is up again" busywait 60 daemon_running two
check "monitor has said something" busywait 10 test -s "$TMP/monitor"
stop_bg "$monitor"

check "the daemon's command line and environment have no password" clean process "$DAEMON_PID"
check "its log has none" clean cat "$DAEMON_LOG" "$TMP/monitor"
for options in '' -d -j '-j -d' '-j -s' -o; do
	# shellcheck disable=SC2086 # several options
	check "client show${options:+ with $options} has none" clean rtun $options client show
	# shellcheck disable=SC2086
	check "session show${options:+ with $options} has none" clean in_ns "$CLIENT" rtun $options session show
	# shellcheck disable=SC2086
	check "tunnel show${options:+ with $options} has none" clean in_ns "$CLIENT" rtun $options tunnel show
done
check "export has none" clean rtun export
check "export says where one is hidden" says '\(hidden\)' rtun export
check "export with -j has none" clean rtun -j export
check "the kernel's messages have none" clean dmesg
check "export shows it to who asks for that" says "$secret" rtun export show-secrets
rtun config save "$TMP/saved.conf"
check "config save keeps it, or the file would be of no use" grep -q "$secret" "$TMP/saved.conf"
check "in a file of mode 0600" test "$(stat -c %a "$TMP/saved.conf")" = 600
check "the control socket is closed to others" test "$(stat -c %a "$RTUN_SOCKET" | tail -c 2)" = 0

stop_bg "$DAEMON_PID"
pptpd_stop
ktap_finish
