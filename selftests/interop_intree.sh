#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PEER: peers/intree_guest.sh
#
# The data path against the other implementation in a kernel: the in-tree pptp
# driver.  One kernel has one owner of GRE version 1, so it is in a second guest.
#
#	first guest                              second guest
#	+----------+ 192.0.2.1       192.0.2.2 +---------------+
#	| rtun     |------ virtio-net link ----| pppd, pptp.ko |
#	+----------+                           +---------------+
#	 10.8.0.2   ======== tunnel =========   10.8.0.1
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/vm/pair.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun iperf3 jq python3
[ -n "${VM_PAIR-}" ] || ktap_skip_all "it needs a pair of guests: run.sh --vm"
need_module rtun

new_ns CLIENT client
check "the link to the other guest is up" pair_up 192.0.2.1/24 "$CLIENT"
at_exit ip -n "$CLIENT" link set "$PAIR_DEV" netns 1
check "the other guest listens" pair_wait 120 listening
# what the kernel does with the link by itself is done
busywait 20 says 'fe80::.* scope link *$' ip -n "$CLIENT" -6 addr show scope link >/dev/null
net_state "$CLIENT" > "$TMP/before"
client_start "$CLIENT" type pptp connect-to 192.0.2.2 user jack \
	password-file "$(client_password jack.pw secret)"
check "the client connects" wait_connected 90 || ktap_finish
dev=$(client_device)
pair_set connected

session() { in_ns "$CLIENT" rtun -j -s session show "$dev" | rtun_field "0.stats.$1"; }
check "1400 octets with DF go out and come back" in_ns "$CLIENT" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 10.8.0.1
check "and from the other side" pair_wait 60 pinged
check "TCP towards the in-tree driver" in_ns "$CLIENT" timeout 90 iperf3 -c 10.8.0.1 -t 3
check "TCP from the in-tree driver" in_ns "$CLIENT" timeout 90 iperf3 -c 10.8.0.1 -t 3 -R
check "UDP from the in-tree driver" in_ns "$CLIENT" timeout 90 iperf3 -c 10.8.0.1 -t 3 -R -u -b 2M -l 1400
counted() { [ "$(session rx_bytes)" -gt 200000 ] && [ "$(session tx_bytes)" -gt 50000 ]; }
check "the counters of the session grew" counted
delivered() { in_ns "$CLIENT" rtun -s session show "$dev"; [ "$(session rx_lost)" = 0 ] && [ "$(session dropped)" = 0 ]; }
check "nothing was lost or dropped on the way" delivered
check_not "the in-tree pptp module is not loaded here" test -d /sys/module/pptp

kill -INT "$CLIENT_PID"
check "Ctrl-C ends it with status 0" client_exits 20 0
pair_set closed
check "nothing is left" busywait 5 same_state "$CLIENT" "$TMP/before"
ktap_finish
