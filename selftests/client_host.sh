#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a client does to its host: the pinned route that follows the host's own, and
# name servers in resolv.conf.  With Debian's pptpd, to which two routers lead.
#
#	+--------+ 192.0.2.1   192.0.2.2, .3 +--------+
#	| client |--- c0 ------------- s0 ---| server | 198.51.100.2
#	+--------+                           +--------+
#	 10.8.0.2   ======== tunnel ========  10.8.0.1

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/pptpd.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun pptpd pppd jq
need_module rtun

new_ns CLIENT client
new_ns SERVER server
link_ns "$CLIENT" c0 192.0.2.1/24 "$SERVER" s0 192.0.2.2/24
ip -n "$SERVER" addr add 192.0.2.3/24 dev s0
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
not_pinned() { [ -z "$(ip -n "$CLIENT" route show 198.51.100.2)" ]; }
as_it_was() { cmp "$resolv" "$TMP/resolv.conf"; }
has() { grep -q -- "$1" "$resolv" || { cat "$resolv"; return 1; }; }

check "the server starts" pptpd_start "$SERVER" 198.51.100.2 mschapv2
check "the daemon starts" daemon_start "$CLIENT"

# --- The host route follows ---

check "a client that takes the default route is added" rtun client add office type pptp connect-to 198.51.100.2 \
	user jack password-file "$good" add-default-route yes use-peer-dns exclusively
check "it comes up" busywait 90 daemon_running office
check "the way to the server is pinned" pinned 'via 192.0.2.2 dev c0'
check "packets go" pings
ip -n "$CLIENT" route replace default via 192.0.2.3 metric 100
check "another default gateway moves the pin" busywait 20 pinned 'via 192.0.2.3 dev c0'
check "packets go on" pings
ip -n "$CLIENT" link set c0 down
check "with its interface the pin is gone" busywait 20 not_pinned
ip -n "$CLIENT" link set c0 up
ip -n "$CLIENT" route add default via 192.0.2.2 metric 100
check "and comes back with it" busywait 20 pinned 'via 192.0.2.2 dev c0'
check "it is the same call" daemon_running office
check "and packets go" busywait 20 pings

# --- Name servers ---

check "the name servers are used" has '^nameserver 10.8.0.53'
check "and no others" has '^#rtun# nameserver 192.0.2.53'
kill -KILL "$DAEMON_PID"
wait "$DAEMON_PID" 2>/dev/null
check "kill -9 leaves them" has '^nameserver 10.8.0.53'
check "a new daemon starts" daemon_start "$CLIENT"
check "and restores the file to the octet" busywait 20 as_it_was
check "the pin is gone, too" busywait 20 not_pinned

stop_bg "$DAEMON_PID"
check "SIGTERM leaves nothing" busywait 20 same_state "$CLIENT" "$TMP/before"
check "nor in the resolver" as_it_was
pptpd_stop

ktap_finish
