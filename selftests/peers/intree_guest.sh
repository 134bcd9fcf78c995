#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The second guest of interop_intree.sh: a PPTP server whose data path is the
# kernel's own pptp driver.  The control connection is the mock server's; once the
# call is up it starts a pppd on an in-kernel channel with the call ids of the
# call (gen/intree_pptp.c).
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../vm/pair.sh
. "$SELFTESTS/vm/pair.sh"

ktap_header
need pppd python3 iperf3
need_gen intree_pptp.so
need_module pptp

check "the link to the other guest is up" pair_up 192.0.2.2/24
mkdir -p "$TMP/ppp"
printf 'jack server secret *\n' > "$TMP/ppp/chap-secrets"
chmod 600 "$TMP/ppp/chap-secrets"
: > "$TMP/ppp/options"
mount --bind "$TMP/ppp" /etc/ppp
at_exit umount /etc/ppp

bg python3 "$SELFTESTS/peers/pptp_mock.py" 192.0.2.2 exec -- \
	pppd plugin "$GEN/intree_pptp.so" intree_pptp "192.0.2.2,{peer},{call},{peer_call}" \
	nodetach name server auth require-mschap-v2 10.8.0.1:10.8.0.2 mtu 1450 mru 1450 \
	noccp novj nobsdcomp nodeflate noipv6 nodefaultroute lcp-echo-interval 0 \
	logfile "$TMP/pppd.log" debug > "$TMP/mock.log" 2>&1
mock=$BG_PID
busywait 30 grep -q listening "$TMP/mock.log"
pair_set listening
bg iperf3 -s --forceflush > "$TMP/iperf3.log" 2>&1

pair_wait 200 connected
check "the other guest is connected" test -e /pair/connected
check "the in-tree pptp driver has the call" says '^[1-9]' cat /sys/module/pptp/refcnt
check "1400 octets with DF go back" ping -q -M 'do' -s 1372 -c 5 -i 0.2 -W 5 10.8.0.2
pair_set pinged
pair_wait 300 closed
check "pppd heard the Terminate-Request" busywait 20 grep -q 'rcvd \[LCP TermReq' "$TMP/pppd.log"
check "the mock server saw the call end" busywait 20 grep -q 'the command ended\|closed the connection\|over' "$TMP/mock.log"
[ "$ktap_failed" -eq 0 ] || cat "$TMP/mock.log" "$TMP/pppd.log"
stop_bg "$mock"
ktap_finish
