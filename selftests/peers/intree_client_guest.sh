#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The second guest of interop_intree_client.sh: a PPTP client whose data path is the
# kernel's own pptp driver.  The control connection is pptp_call.py's; once the call is
# up it starts a pppd on an in-kernel channel with the call ids of the call
# (gen/intree_pptp.c).
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../vm/pair.sh
. "$SELFTESTS/vm/pair.sh"

ktap_header
need pppd python3 iperf3
need_gen intree_pptp.so
need_module pptp
need_module ppp_mppe

check "the link to the other guest is up" pair_up 192.0.2.2/24
mkdir -p "$TMP/ppp"
printf '"jack" * "jack'\''s pass" *\n' > "$TMP/ppp/chap-secrets"
chmod 600 "$TMP/ppp/chap-secrets"
: > "$TMP/ppp/options"
mount --bind "$TMP/ppp" /etc/ppp
at_exit umount /etc/ppp
bg iperf3 -s --forceflush > "$TMP/iperf3.log" 2>&1

driver_users() { says "^$1\$" cat /sys/module/pptp/refcnt; }
address() { ip -o -4 addr show dev ppp0 2>/dev/null | awk '{ print $4 }' | cut -d / -f 1; }
call_up() { [ -n "$(address)" ]; }
call_over() { lib_gone "$call"; }
# dial NAME [PPPD-OPTION...]: its address goes to the other guest as connected-NAME
dial()
{
	local name=$1
	shift

	pppd_log=$TMP/pppd-$name.log call_log=$TMP/call-$name.log
	bg python3 "$SELFTESTS/peers/pptp_call.py" 192.0.2.1 \
		pppd plugin "$GEN/intree_pptp.so" intree_pptp "{local},{peer},{call},{peer_call}" \
		nodetach noauth user jack refuse-eap refuse-pap refuse-chap refuse-mschap \
		noipdefault nodefaultroute mtu 1450 mru 1450 novj nobsdcomp nodeflate noipv6 \
		lcp-echo-interval 0 nologfd logfile "$pppd_log" debug "$@" > "$call_log" 2>&1
	call=$BG_PID
	settled() { call_up || call_over; }
	busywait 120 settled
	pair_set "connected-$name" "$(address) $(received)"
	call_up
}
received() { cat /sys/class/net/ppp0/statistics/rx_packets; }
pings() { ping -q -M 'do' -s 1372 -p 7274756e -c 5 -i 0.2 -W 5 10.9.0.1; }
no_errors() { local n; for n in rx_errors rx_dropped tx_errors tx_dropped; do echo "$n $(cat "/sys/class/net/ppp0/statistics/$n")"
	done | tee "$TMP/errors"; ! grep -qv ' 0$' "$TMP/errors"; }
# To a Call-Clear-Request, unless the server has disconnected what LCP has closed by then.
replied() { grep -q 'received Call-Disconnect-Notify' "$call_log" && grep -q 'received Stop-Reply' "$call_log"; }
ends_well() { busywait 60 call_over && wait "$call"; }

check "nobody uses the in-tree pptp driver yet" driver_users 0
pair_set ready
pair_wait 120 listening > /dev/null

# --- With MPPE, until the client ends it ---

check "the client connects with MS-CHAPv2 and MPPE" dial encrypted require-mppe-128
check "the in-tree pptp driver has the call" driver_users '[1-9][0-9]*'
check "pppd has seen the server's proof of the password" grep -q 'rcvd \[CHAP Success.*S=' "$pppd_log"
check "pppd encrypts with 128 bits, stateless" grep -q 'MPPE 128-bit stateless compression enabled' "$pppd_log"
pair_wait 120 pinged-encrypted > /dev/null
check "1400 octets with DF go to the server and back" pings
pair_set answered-encrypted
pair_wait 600 measured > /dev/null
pair_set received "$(received)"
check "the kernel counts no error and no loss" no_errors
echoed() { [ "$(grep -c 'received Echo-Request' "$call_log")" -ge 2 ]; }
check "the server asks again after its first Echo-Request was answered" busywait 60 echoed
kill -TERM "$call"
check "the client ends the call and the connection in order" ends_well
check "... with a Call-Disconnect-Notify and a Stop-Reply" replied
check "pppd had an answer to its Terminate-Request" grep -q 'rcvd \[LCP TermAck' "$pppd_log"
check "nobody uses the in-tree pptp driver any more" busywait 10 driver_users 0
[ "$ktap_failed" -eq 0 ] || cat "$call_log" "$pppd_log"
pair_wait 120 gone > /dev/null

# --- In clear, until the server ends it ---

check "the client connects in clear" dial clear noccp
check "the in-tree pptp driver has this call, too" driver_users '[1-9][0-9]*'
pair_wait 120 pinged-clear > /dev/null
check "1400 octets with DF go to the server and back in clear" pings
check "the kernel counts no error and no loss" no_errors
pair_set answered-clear
check "the call and the connection end in order" ends_well
pair_set over
check "pppd heard the Terminate-Request" grep -q 'rcvd \[LCP TermReq' "$pppd_log"
check "the server has disconnected the call, and answered the Stop-Request" replied
check "nobody uses the in-tree pptp driver at the end" busywait 10 driver_users 0
[ "$ktap_failed" -eq 0 ] || cat "$call_log" "$pppd_log"
ktap_finish
