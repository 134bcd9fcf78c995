#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.1 (what the kernel does of it, owner.sh does, too)
# INIT: systemd
# UML: no (systemd is process 1)
#
# "rtun daemon" as the service that it is installed as, under the real systemd: a
# session of its PPTP server with Debian's pptp-linux and pppd survives restarts and
# kill -9, packets all the while, has one record, and ends with a stop.
#
#	  client                         this guest
#	+----------+                  +-------------+
#	| pptp     | 192.0.2.2   .1   | systemd     |
#	| pppd     |--- c0 ------ s0--|  rtun.serv. |
#	|    ppp0  |                  | <pptp-jack> |
#	+----------+                  +-------------+
#	  10.9.0.2  ===== tunnel =====  10.9.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"
. "$SELFTESTS/peers/pptp_linux.sh"
# The daemon's own.
unset RTUN_SOCKET
# An emulated machine may take its time.
export SYSTEMD_BUS_TIMEOUT=300s

ktap_header
if [ "$(cat /proc/1/comm)" != systemd ] || [ -z "${RTUN_VM-}" ]; then
	ktap_skip_all "this is for a guest whose process 1 is systemd"
fi
need rtun pptp pppd jq systemctl
need_module rtun

# --- The host: a client in a namespace, rtun installed here ---

new_ns CLIENT client
ip link add s0 type veth peer name c0 netns "$CLIENT"
at_exit ip link del s0
ip addr add 192.0.2.1/24 dev s0
ip link set s0 up
ip -n "$CLIENT" addr add 192.0.2.2/24 dev c0
ip -n "$CLIENT" link set c0 up

install -m 755 "$(command -v rtun)" /usr/sbin/rtun
mkdir -p /etc/rtun
# configure [SED]: users jack and jill, and a change of it
configure()
{
	server_conf
	sed -i "${1-}" "$SERVER_CONF"
	install -m 600 "$SERVER_CONF" /etc/rtun/rtun.conf
}
configure
units=/run/systemd/system
cp "$SELFTESTS/../etc/rtun.service" $units/
# The guest has no journal, and nothing of a machine's boot to wait for.
mkdir -p $units/rtun.service.d "$SERVER_DIR"
cat > $units/rtun.service.d/guest.conf <<-EOT
	[Unit]
	DefaultDependencies=no
	[Service]
	StandardOutput=append:$TMP/daemon.log
	StandardError=append:$TMP/daemon.log
	Environment=RTUN_STATE=$SERVER_DIR
	ReadWritePaths=$SERVER_DIR
	PrivateTmp=no
EOT
# shellcheck disable=SC2317 # at_exit
tidy()
{
	systemctl stop rtun
	rm -rf "$units/rtun.service" "$units/rtun.service.d" /usr/sbin/rtun /etc/rtun
	systemctl daemon-reload
}
at_exit tidy
systemctl daemon-reload

main_pid() { systemctl show -P MainPID rtun; }
another_serves() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$pid" ] && rtun active show >/dev/null; }
remember() { pid=$(main_pid) id=$(active_field 0.session_id) key=$(active_field 0.id) uptime=$(active_field 0.uptime); }
# Another process serves, and the session is the old one.
goes_on()
{
	busywait 60 another_serves && server_serves 1 && [ "$(active_field 0.session_id)" = "$id" ] &&
		[ "$(active_field 0.id)" = "$key" ] && [ "$(active_field 0.uptime)" -ge "$uptime" ] && return
	echo "process $(main_pid), before $pid; session $(active_field 0.session_id), before $id"
	systemctl status rtun
	tail -n 20 "$TMP/daemon.log"
	return 1
}
dial() { pptp_dial "$CLIENT" 192.0.2.1 mschapv2 "$1" "$2" require-mppe-128; }
comes_up() { pptp_settles 120; pptp_up || { pptp_show; tail -n 20 "$TMP/daemon.log"; return 1; }; }

# --- Up ---

check "the service starts" systemctl start rtun || { systemctl status rtun; cat "$TMP/daemon.log"; ktap_finish; }
dial jack "$SERVER_PASSWORD"
check "jack connects" comes_up || ktap_finish
JACK_PID=$PPTP_PID
check "systemd keeps the control connection" busywait 20 says '^NFileDescriptorStore=1$' systemctl show rtun
check "nothing secret stands in the kernel's memory of it" \
	says_not "jack's pass" rtun -j -d session show
negotiations() { grep -cE 'rcvd \[(LCP|IPCP|CCP) ConfReq' "$PPTP_LOG"; }
before=$(negotiations)
jack_log=$PPTP_LOG

# One packet after the other all the time, each of which has to come back.
bg in_ns "$CLIENT" env --default-signal=INT ping -i 0.05 10.9.0.1 > "$TMP/ping"
ping=$BG_PID

# --- Restarts and deaths ---

for n in 1 2 3; do
	remember
	check "restart $n: systemctl restart succeeds" systemctl restart rtun
	check "restart $n: the session goes on" goes_on
done
for n in 1 2 3; do
	remember
	kill -KILL "$pid"
	check "kill -9, $n: the session goes on under another one" goes_on
done
check "it says so" says 'jack still connected from 192.0.2.2: <pptp-jack> 10.9.0.1 -> 10.9.0.2' cat "$TMP/daemon.log"
kill -INT "$ping"
wait "$ping"
check "every packet came back" all_answered "$TMP/ping"
nothing_negotiated() { [ "$(negotiations)" = "$before" ] || { tail -n 40 "$PPTP_LOG"; return 1; }; }
check "pppd was asked for nothing" nothing_negotiated
check "packets are encrypted still" test "$(active_field 0.encoding)" = "MPPE128 stateless"
one_record() { [ "$(rtun -j accounting show | jq length)" = 1 ] && [ "$(record_field 0.stopped)" = null ]; }
check "there is one record of it, and it goes on" one_record

# --- A new session beside it ---

UNIT=1
dial jill jill-pass
check "jill connects" comes_up
check "and has another address" test "$(pptp_address)" = 10.9.0.3
check "there are two sessions" server_serves 2
pptp_hangup
check "jill hangs up" busywait 30 server_serves 1
UNIT=0 PPTP_UNIT=0 PPTP_PID=$JACK_PID PPTP_LOG=$jack_log

# --- Settings that changed meanwhile ---

remember
configure '/^profile add staff/s/$/ session-timeout 8h/'
check "restart with another session-timeout: succeeds" systemctl restart rtun
check "the session goes on" goes_on
remember
configure '/^secret add jack/s/$/ disabled yes/'
check "restart with jack disabled: succeeds" systemctl restart rtun
check "the session ends" busywait 60 server_serves 0
check "pppd was told: LCP Terminate-Request" busywait 20 grep -q 'rcvd \[LCP TermReq' "$PPTP_LOG"
check "and the record says why" says '"cause": *"user-removed"' rtun -j accounting show
check "the client has ended" busywait 60 pptp_down

# --- Stop ---

configure
check "restart with jack: succeeds" systemctl restart rtun
dial jack "$SERVER_PASSWORD"
check "jack connects again" comes_up
check "systemctl stop succeeds" systemctl stop rtun
check "no tunnel is left" says_not . rtun tunnel show
check "no interface is left" says_not . ip -o link show type rtun
check "pppd was told: LCP Terminate-Request" busywait 20 grep -q 'rcvd \[LCP TermReq' "$PPTP_LOG"
check "it started and stopped without a failure" says '^Result=success$' systemctl show rtun

ktap_finish
