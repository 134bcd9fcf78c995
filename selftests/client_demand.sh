#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.1 (what the kernel does of it, on_demand.sh does, too)
# UML: long (what the kernel does of it, on_demand.sh does, too)
#
# A client that dials on demand: an interface without a call, the first packet, the
# second of two servers, hanging up when nothing is carried.  With Debian's pptpd.
#
#	+--------+ 192.0.2.1       192.0.2.2 +--------+
#	| client |--- c0 ------------- s0 ---| server | 198.51.100.2
#	+--------+                           +--------+
#	 10.8.0.2   ======== tunnel ========  10.8.0.1

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun pptpd pppd jq
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
ip -n "$SERVER" addr add 198.51.100.2/32 dev lo
ip -n "$CLIENT" route add default via 192.0.2.2 metric 100
good=$(client_password good "$PPTPD_PASSWORD")
resolv=/etc/netns/$CLIENT/resolv.conf
lib_at_exit+=("rm -rf /etc/netns/$CLIENT")
mkdir -p "${resolv%/*}"
printf '# as it was\nnameserver 192.0.2.53\noptions timeout:1' > "$resolv"
cp "$resolv" "$TMP/resolv.conf"
net_state "$CLIENT" > "$TMP/before"

pings() { in_ns "$CLIENT" ping -q -c 3 -i 0.2 -W 5 10.8.0.1; }
pinned() { ip -n "$CLIENT" route show 198.51.100.2 | grep -q "$1" || { ip -n "$CLIENT" route show; return 1; }; }
status_is() { [ "$(daemon_field office status)" = "$1" ] || { daemon_field office status; return 1; }; }
as_it_was() { cmp "$resolv" "$TMP/resolv.conf"; }
has() { grep -q -- "$1" "$resolv" || { cat "$resolv"; return 1; }; }

check "the server starts" pptpd_start "$SERVER" 198.51.100.2 mschapv2
check "the daemon starts" daemon_start "$CLIENT"
check "a client that dials on demand is added" rtun client add office type pptp connect-to 192.0.2.99,198.51.100.2 \
	user jack password-file "$good" add-default-route yes default-route-distance 1 use-peer-dns yes \
	dial-on-demand yes idle-timeout 40 keepalive-timeout 0
check "it waits" busywait 20 status_is "waiting for packets..."
check "its interface is there" ip -n "$CLIENT" link show office
check "the default route has a gateway that nobody has" eval 'ip -n "$CLIENT" route show default | grep -q "via 10.112.112.1 dev office"'
check "the servers are pinned" pinned 'via 192.0.2.2 dev c0'
index=$(in_ns "$CLIENT" cat /sys/class/net/office/ifindex)
in_ns "$CLIENT" ping -q -c 1 -W 1 203.0.113.9 > /dev/null
check "a packet makes it dial, past the server that is not there" busywait 120 daemon_running office
check "packets go" pings
check "name servers are used beside the host's own" eval 'has "^nameserver 10.8.0.53" && has "^nameserver 192.0.2.53"'
check "monitor has six figures" eval 'in_ns "$CLIENT" timeout 20 rtun client monitor office | grep -q "^ *status connected  uptime .*  idle-time .*  encoding .*  mtu 14..  mru 1450"'
check "when nothing is carried it hangs up" busywait 200 status_is "waiting for packets..."
check "the server knows" busywait 20 pptpd_serves 0
check "the resolver is as it was" as_it_was
check "the interface is the same" eval '[ "$(in_ns "$CLIENT" cat /sys/class/net/office/ifindex)" = "$index" ]'
check "without the address" eval '! ip -n "$CLIENT" -o addr show dev office | grep -q 10.8.0'
in_ns "$CLIENT" ping -q -c 1 -W 1 203.0.113.9 > /dev/null
check "the next packet dials again" busywait 120 daemon_running office
check "packets go" pings
stop_bg "$DAEMON_PID"
check "SIGTERM leaves nothing" busywait 20 same_state "$CLIENT" "$TMP/before"
check "nor in the resolver" as_it_was
pptpd_stop

ktap_finish
