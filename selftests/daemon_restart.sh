#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.12 (what the kernel does of it, owner.sh does, too)
# INIT: systemd
# UML: no (systemd is process 1)
#
# "rtun daemon" as the service that it is installed as, under the real systemd: a
# call to Debian's pptpd survives restarts and kill -9, packets all the while, and
# ends with a stop.
#
#	   this guest                       server
#	+-------------+                  +-----------+
#	| systemd     | 192.0.2.1   .2   | pptpd     |
#	|  rtun.serv. |--- c0 ------ s0--| pptpctrl  |
#	|     office  |                  | pppd ppp0 |
#	+-------------+                  +-----------+
#	   10.8.0.2  ===== tunnel =====  10.8.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"
# The daemon's own.
unset RTUN_SOCKET
# An emulated machine may take its time.
export SYSTEMD_BUS_TIMEOUT=300s

ktap_header
if [ "$(cat /proc/1/comm)" != systemd ] || [ -z "${RTUN_VM-}" ]; then
	ktap_skip_all "this is for a guest whose process 1 is systemd"
fi
need rtun pptpd pppd jq systemctl
need_module rtun

# --- The host: a server in a namespace, rtun installed here ---

new_ns SERVER server
ip link add c0 type veth peer name s0 netns "$SERVER"
at_exit ip link del c0
ip addr add 192.0.2.1/24 dev c0
ip link set c0 up
ip -n "$SERVER" addr add 192.0.2.2/24 dev s0
ip -n "$SERVER" link set s0 up
check "pptpd starts and demands MPPE" \
	pptpd_start "$SERVER" 192.0.2.2 mschapv2 require-mppe-128 || ktap_finish

install -m 755 "$(command -v rtun)" /usr/sbin/rtun
mkdir -p /etc/rtun
(umask 077; echo "$PPTPD_PASSWORD" > /etc/rtun/office.pw)
configure()
{
	(umask 077; echo "client add office type pptp connect-to 192.0.2.2 user jack \
password-file /etc/rtun/office.pw encryption required $*" > /etc/rtun/rtun.conf)
}
configure
units=/run/systemd/system
cp "$SELFTESTS/../etc/rtun.service" $units/
# The guest has no journal, and nothing of a machine's boot to wait for.
mkdir -p $units/rtun.service.d
cat > $units/rtun.service.d/guest.conf <<-EOT
	[Unit]
	DefaultDependencies=no
	[Service]
	StandardOutput=append:$TMP/daemon.log
	StandardError=append:$TMP/daemon.log
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

connected() { [ "$(rtun -j client show office | rtun_field 0.status)" = connected ]; }
up() { busywait 60 connected || { cat "$TMP/daemon.log"; return 1; }; }
main_pid() { systemctl show -P MainPID rtun; }
session() { rtun -j -s session show office | rtun_field "0.$1"; }
# Another process serves, and the call is the old one.
goes_on()
{
	[ "$(main_pid)" != "$pid" ] && up && [ "$(session session_id)" = "$id" ] &&
		[ "$(session stats.tx_packets)" -ge "$packets" ] && pptpd_serves 1 && return
	echo "process $(main_pid), before $pid; session $(session session_id), before $id"
	systemctl status rtun
	tail -n 20 "$TMP/daemon.log"
	return 1
}
remember() { pid=$(main_pid) id=$(session session_id) packets=$(session stats.tx_packets); }
another_serves() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$pid" ] && rtun client show >/dev/null; }

# --- Up ---

check "the service starts" systemctl start rtun || { systemctl status rtun; cat "$TMP/daemon.log"; ktap_finish; }
check "the client is connected" up || ktap_finish
check "systemd keeps its control connection" says '^NFileDescriptorStore=1$' systemctl show rtun
check "nothing secret stands in the kernel's memory of it" \
	says_not "jack's pass" rtun -j -d session show office
negotiations() { grep -c 'rcvd \[LCP ConfReq' "$PPPD_LOG"; }
before=$(negotiations)

# One packet after the other all the time, each of which has to come back.
bg ping -i 0.05 10.8.0.1 > "$TMP/ping"
ping=$BG_PID

# --- Restarts and deaths ---

for n in 1 2 3; do
	remember
	check "restart $n: systemctl restart succeeds" systemctl restart rtun
	check "restart $n: the call goes on" goes_on
done
for n in 1 2 3 4 5; do
	remember
	kill -KILL "$pid"
	check "kill -9, $n: systemd starts another one" busywait 60 another_serves
	check "kill -9, $n: the call goes on" goes_on
done
check "it says so" says 'office: still connected: office 10.8.0.2 -> 10.8.0.1' cat "$TMP/daemon.log"
kill -INT "$ping"
wait "$ping"
check "every packet came back" all_answered "$TMP/ping"
nothing_negotiated() { [ "$(negotiations)" = "$before" ] || { tail -n 40 "$PPPD_LOG"; return 1; }; }
check "pppd was asked for nothing" nothing_negotiated
check "packets are encrypted still" [ "$(session mppe.tx.bits)" = 128 ]

# --- Settings that changed meanwhile ---

remember
configure add-default-route yes
check "restart with a default route: succeeds" systemctl restart rtun
check "the call goes on" goes_on
check "and has the route" says '^default dev office' ip route show default
remember
configure max-mtu 1300
check "restart with another MTU: succeeds" systemctl restart rtun
check "the client is connected" up
another_call() { [ "$(session session_id)" != "$id" ]; }
check "by another call" another_call
check "pptpd has one connection" busywait 20 pptpd_serves 1
check "the default route has gone" says_not '^default' ip route show

# --- The server ends it while nobody is there ---

remember
systemctl kill -s STOP --kill-whom=main rtun
pptpd_kill pptpctrl
kill -KILL "$pid"
check "the server has hung up meanwhile: the client dials anew" busywait 60 another_serves
check "... and is connected" up
check "... by another call" another_call

# --- Stop ---

terminated() { grep -c 'rcvd \[LCP TermReq' "$PPPD_LOG"; }
terminations=$(terminated)
check "systemctl stop succeeds" systemctl stop rtun
check "no tunnel is left" says_not . rtun tunnel show
check "no interface is left" says_not . ip -o link show type rtun
was_told() { [ "$(terminated)" -gt "$terminations" ]; }
check "pppd was told: LCP Terminate-Request" busywait 10 was_told
check "pptpd has no connection any more" busywait 20 pptpd_serves 0
check "it started and stopped without a failure" says '^Result=success$' systemctl show rtun

ktap_finish
