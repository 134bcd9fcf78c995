#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PEER: peers/intree_client_guest.sh
#
# Our PPTP server against the other implementation in a kernel as its client: pppd with
# the in-tree pptp driver, with MPPE and in clear.  One kernel has one owner of GRE
# version 1, so it is in a second guest.
#
#	first guest                              second guest
#	+----------+ 192.0.2.1       192.0.2.2 +---------------+
#	| rtun     |------ virtio-net link ----| pppd, pptp.ko |
#	+----------+                           +---------------+
#	 10.9.0.1   ======== tunnel =========   10.9.0.2
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/vm/pair.sh"
. "$SELFTESTS/peers/client.sh"
. "$SELFTESTS/peers/server.sh"

ktap_header
need rtun iperf3 jq tcpdump
[ -n "${VM_PAIR-}" ] || ktap_skip_all "it needs a pair of guests: run.sh --vm"
need_module rtun

new_ns SERVER server
check "the link to the other guest is up" pair_up 192.0.2.1/24 "$SERVER"
at_exit ip -n "$SERVER" link set "$PAIR_DEV" netns 1
check "the other guest is ready" pair_wait 120 ready
busywait 10 says 'fe80::.* scope link' ip -n "$SERVER" -6 addr show dev "$PAIR_DEV" >/dev/null
# what the kernel does with the link by itself is done
busywait 20 says 'fe80::.* scope link *$' ip -n "$SERVER" -6 addr show scope link >/dev/null
server_state "$SERVER" > "$TMP/before"
check "the server starts" server_start "$SERVER" 'server set pptp echo-interval 1 echo-timeout 60' ||
	{ cat "$DAEMON_LOG"; ktap_finish; }
pair_set listening

dev='<pptp-jack>'
# Counters as they were when stats was called last
stats() { in_ns "$SERVER" rtun -j -s session show "$dev" > "$TMP/stats"; }
session() { rtun_field "0.stats.$1" < "$TMP/stats"; }
encrypted() { rtun active show; [ "$(active_field 0.encoding)" = "$1" ] &&
	[ "$(in_ns "$SERVER" rtun -j session show "$dev" | rtun_field 0.encoding)" = "$1" ]; }
# connected NAME ADDRESS: what the other guest says; what it had received by then is kept
connected()
{
	local address

	pair_wait 200 "connected-$1" > "$TMP/connected"
	read -r address had < "$TMP/connected"
	echo "connected with \"$address\", $had packets received"
	[ "$address" = "$2" ] || { tail -n 40 "$DAEMON_LOG"; return 1; }
}
pings() { in_ns "$SERVER" ping -q -M 'do' -s 1372 -p 7274756e -c 5 -i 0.2 -W 5 10.9.0.2; }
# Both sides ping with the same words in their packets.
record_gre()
{
	bg in_ns "$SERVER" tcpdump -Z root -i "$PAIR_DEV" -w "$TMP/$1.pcap" -U 'proto 47' 2>"$TMP/$1.err"
	busywait 30 grep -q 'listening on' "$TMP/$1.err"
}
pings_recorded() { in_ns "$SERVER" tcpdump -r "$TMP/$1.pcap" 'greater 1400' 2>/dev/null | wc -l; }
all_recorded() { local n; n=$(pings_recorded "$1"); echo "$n packets"; [ "$n" -ge 20 ]; }
legible() { grep -qa rtunrtunrtun "$TMP/$1.pcap"; }

# --- With MPPE, until the client ends it ---

check "the client connects, and has the first address of the pool" connected encrypted 10.9.0.2 || ktap_finish
check "active show has the user" says 'jack +pptp +192\.0\.2\.2 +10\.9\.0\.2 +[0-9hms]+ +MPPE128 stateless' rtun active show
check "active show and session show say MPPE of 128 bits" encrypted 'MPPE128 stateless'
check "active show says MS-CHAPv2" test "$(active_field 0.authentication)" = mschap2
check "the device has the addresses" says '10\.9\.0\.1 peer 10\.9\.0\.2/32' ip -n "$SERVER" -o -4 addr show dev "$dev"
check "the packets on the wire are recorded" record_gre encrypted
check "1400 octets with DF go out and come back" pings
pair_set pinged-encrypted
check "and from the other side" pair_wait 120 answered-encrypted
check "all of them are on the wire" busywait 20 all_recorded encrypted
stop_bg "$BG_PID"
check_not "none can be read there" legible encrypted

iperf() { in_ns "$SERVER" timeout 120 iperf3 -c 10.9.0.2 -t 2 "$@"; }
check "TCP towards the in-tree driver" iperf
check "TCP from the in-tree driver" iperf -R
check "UDP towards the in-tree driver" iperf -u -b 2M -l 1372
check "UDP from the in-tree driver" iperf -u -b 2M -l 1372 -R
counted() { echo "rx $(session rx_bytes) tx $(session tx_bytes)"
	[ "$(session rx_bytes)" -gt 300000 ] && [ "$(session tx_bytes)" -gt 300000 ]; }
check "the counters of the session are shown" stats
check "they grew" counted
all_encrypted() { cat "$TMP/stats"
	[ "$(session tx_encrypted)" = "$(session tx_packets)" ] && [ "$(session rx_encrypted)" = "$(session rx_packets)" ]; }
check "everything was encrypted, both ways" all_encrypted
delivered() { cat "$TMP/stats"; [ "$(session rx_lost)" = 0 ] && [ "$(session dropped)" = 0 ]; }
check "nothing was lost or dropped on the way here" delivered
# IPCP that was sent again may be among what the other side counts, so not just as many.
all_arrived()
{
	local now sent

	now=$(pair_wait 60 received) sent=$(session tx_packets)
	echo "sent $sent, received there $now, $had of them before the first"
	[ "$sent" -gt 0 ] && [ $((now - had)) -ge "$sent" ]
}
pair_set measured
check "nothing was lost on the way there" all_arrived
check_not "the in-tree pptp module is not loaded here" test -d /sys/module/pptp

check "the client goes" busywait 120 server_serves 0
check "the record says that it ended the call" test "$(record_field 0.cause)" = peer-terminated
kept() { rtun -j accounting show limit 1; [ "$(record_field 0.octets_in)" -gt 300000 ] && [ "$(record_field 0.octets_out)" -gt 300000 ]; }
check "and has the octets of both directions" kept
device_gone() { ! ip -n "$SERVER" link show "$dev"; }
check "its device has gone with it" busywait 20 device_gone

# --- In clear, until the server ends it ---

pair_set gone
check "the client connects in clear, and has its address again" connected clear 10.9.0.2 || ktap_finish
check "active show and session show say no encryption" encrypted none
check "the packets on the wire are recorded, once more" record_gre clear
check "1400 octets with DF go out and come back in clear" pings
pair_set pinged-clear
check "and from the other side in clear" pair_wait 120 answered-clear
check "all of them are on the wire in clear" busywait 20 all_recorded clear
stop_bg "$BG_PID"
check "there they can be read" legible clear
clear_stats() { stats && delivered && [ "$(session rx_packets)" -ge 10 ]; }
check "nothing was lost or dropped in clear" clear_stats
check "active kill finds the user" rtun active kill jack
check "nobody is left" busywait 60 server_serves 0
check "the record says who ended it" test "$(record_field 0.cause)" = admin-kill

# --- Down ---

# A daemon that goes stops its connections, too: not before the client has.
check "the client has stopped its connection" pair_wait 120 over
kill -TERM "$DAEMON_PID"
check "the daemon ends" busywait 20 lib_gone "$DAEMON_PID"
check "no device, address, route, session or tunnel is left" busywait 10 server_same "$SERVER" "$TMP/before"
ktap_finish
