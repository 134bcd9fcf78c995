#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# INIT: systemd
# TIMEOUT: 600
# UML: no (systemd is process 1, and its kernel has no ppp_generic)
#
# "rtun daemon" as the service that it is installed as, under the real systemd, with
# multilink both ways: a client with two links to Debian's pptpd and pppd, in clear, and a
# session of two calls of Debian's pptp-linux and pppd, with MPPE.  Both survive restarts
# and kill -9, packets all the while; a link that goes meanwhile is missed and dialed again.
#
#	  office                       this guest                        client
#	+--------+ .2 .3         .1 +-------------+ .1 .4          .2 +---------+
#	| pptpd  |--- o0 ------ h0--| rtun.serv.  |--h1 ------- c0 ---| pptp x2 |
#	|  ppp0  |   192.0.2.0/24   |             |   198.51.100.0/24 |  pppd   |
#	+--------+                  +-------------+                   +---------+
#	  10.8.0.1 == 2 links ==  10.8.0.2   10.9.0.1 == 2 links ==  10.9.0.2
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"
. "$SELFTESTS/peers/pptp_linux.sh"
. "$SELFTESTS/peers/pptpd.sh"
# The daemon's own.
unset RTUN_SOCKET
# An emulated machine may take its time.
export SYSTEMD_BUS_TIMEOUT=300s

ktap_header
if [ "$(cat /proc/1/comm)" != systemd ] || [ -z "${RTUN_VM-}" ]; then
	ktap_skip_all "this is for a guest whose process 1 is systemd"
fi
need rtun pptp pptpd pppd jq systemctl
need_module rtun

# --- The host between two namespaces, rtun installed here ---

new_ns OFFICE office
new_ns CLIENT client
# leg NS THERE HERE NET OTHER...
leg()
{
	local ns=$1 there=$2 here=$3 net=$4 own=$5 more=$6

	ip link add "$here" type veth peer name "$there" netns "$ns"
	at_exit ip link del "$here"
	ip addr add "$net.1/24" dev "$here"
	ip link set "$here" up
	ip -n "$ns" addr add "$net.2/24" dev "$there"
	ip -n "$ns" link set "$there" up
	[ -z "$own" ] || ip addr add "$net.$own/24" dev "$here"
	[ -z "$more" ] || ip -n "$ns" addr add "$net.$more/24" dev "$there"
}
leg "$OFFICE" o0 h0 192.0.2 '' 3
leg "$CLIENT" c0 h1 198.51.100 4 ''
rm -f /run/pppd2.tdb /var/run/pppd2.tdb
check "pptpd starts" pptpd_start "$OFFICE" 0.0.0.0 mschapv2 multilink 'mrru 1500' 'endpoint local:0badcafe' || ktap_finish

install -m 755 "$(command -v rtun)" /usr/sbin/rtun
mkdir -p /etc/rtun
server_conf "server set pptp mrru 1500" \
	"client add office type pptp connect-to 192.0.2.2,192.0.2.3 user jack password \"$PPTPD_PASSWORD\" encryption no mrru 1500 mp-mode round-robin"
install -m 600 "$SERVER_CONF" /etc/rtun/rtun.conf
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
client_links() { rtun -j client show office | jq -c '[.[0].links[]? | select(.up) | .session_id] | sort'; }
server_links() { rtun -j active show | jq '.[0].links | length'; }
both() { [ "$(client_links | jq length) $(server_links)" = "2 2" ]; }
has_both() { busywait 90 both || { rtun -d client show; rtun -d active show; tail -n 40 "$TMP/daemon.log"; return 1; }; }
another_serves() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$pid" ] && rtun active show >/dev/null && daemon_running office && both; }
state() { echo "$(daemon_field office session_id) $(client_links) $(active_field 0.session_id) $(active_field 0.id)"; }
remember() { pid=$(main_pid) before=$(state); }
# Another process serves, with the same sessions and links.
goes_on()
{
	busywait 60 another_serves && [ "$(state)" = "$before" ] && return
	echo "process $(main_pid), before $pid; $(state), before $before"
	systemctl status rtun
	tail -n 30 "$TMP/daemon.log"
	return 1
}
# dial UNIT ADDRESS
dial()
{
	UNIT=$1 pptp_dial "$CLIENT" "$2" mschapv2 jack "$SERVER_PASSWORD" require-mppe-128 \
		multilink 'mrru 1500' 'endpoint local:0badbeef'
}
client_has() { ip -n "$CLIENT" -o -4 addr show dev ppp0 2>/dev/null | grep -q 'inet 10\.9\.0\.2 '; }

# --- Up ---

check "the service starts" systemctl start rtun || { systemctl status rtun; cat "$TMP/daemon.log"; ktap_finish; }
dial 0 198.51.100.1
check "a call comes up" busywait 120 client_has || { pptp_show; tail -n 40 "$TMP/daemon.log"; ktap_finish; }
dial 1 198.51.100.4
check "both have two links" has_both || ktap_finish
check "systemd keeps four control connections" busywait 20 says '^NFileDescriptorStore=4$' systemctl show rtun
check "nothing secret stands in the kernel's memory of them" \
	says_not "jack's pass" rtun -j -d session show
negotiations() { cat "$PPPD_LOG" "$TMP"/pptp-*/pppd.log | grep -cE 'rcvd \[(LCP|IPCP|CCP) ConfReq'; }
asked=$(negotiations)

# One packet after the other all the time, each of which has to come back.
bg in_ns "$CLIENT" env --default-signal=INT ping -i 0.05 -s 1400 10.9.0.1 > "$TMP/ping-client"
bg in_ns "$OFFICE" env --default-signal=INT ping -i 0.05 -s 1400 10.8.0.2 > "$TMP/ping-office"

# --- Restarts and deaths ---

for n in 1 2; do
	remember
	check "restart $n: systemctl restart succeeds" systemctl restart rtun
	check "restart $n: both go on" goes_on
done
for n in 1 2 3; do
	remember
	kill -KILL "$pid"
	check "kill -9, $n: both go on under another one" goes_on
done
pkill -INT -x ping
pings_ended() { ! pgrep -x ping; }
busywait 20 pings_ended
check "every packet of the server's came back" all_answered "$TMP/ping-client"
check "every packet of the client's came back" all_answered "$TMP/ping-office"
nothing_negotiated() { [ "$(negotiations)" = "$asked" ] || { tail -n 40 "$PPPD_LOG"; return 1; }; }
check "the pppds were asked for nothing" nothing_negotiated
check "the server's packets are encrypted still" test "$(active_field 0.encoding)" = "MPPE128 stateless"
one_record() { [ "$(rtun -j accounting show | jq length)" = 1 ] && [ "$(record_field 0.stopped)" = null ]; }
check "there is one record of the session, and it goes on" one_record

# --- A link goes while nobody is there ---

remember
links=$(client_links)
kill -STOP "$pid"
# shellcheck disable=SC2046 # a word each
kill -KILL $(pptpd_pids pptpctrl | head -n 1)
kill -KILL "$pid"
check "a link goes while nobody serves: the tunnel goes on" busywait 90 another_serves || rtun -d client show
check "it is the same one" test "$(daemon_field office session_id)" = "${before%% *}"
check "with another link" test "$(client_links)" != "$links"
check "which carries" in_ns "$OFFICE" ping -q -c 20 -i 0.1 -W 5 -s 1400 10.8.0.2

# --- Stop ---

check "systemctl stop succeeds" systemctl stop rtun
check "no tunnel is left" says_not . rtun tunnel show
check "no interface is left" says_not . ip -o link show type rtun
check "pppd was told: LCP Terminate-Request" busywait 20 grep -q 'rcvd \[LCP TermReq' "$PPPD_LOG"
check "it started and stopped without a failure" says '^Result=success$' systemctl show rtun
rm -f /run/pppd2.tdb /var/run/pppd2.tdb

ktap_finish
