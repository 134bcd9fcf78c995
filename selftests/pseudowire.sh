#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "rtun pseudowire" as its user types it, without a daemon, against the kernel's
# own driver as "ip l2tp" configures it.
#
#	A pw0 192.168.9.1 ============= l2e0 192.168.9.2 P
#	  va 10.0.0.1 ----------------- vp 10.0.0.2
#	  rtun                          l2tp_core, l2tp_eth

# shellcheck disable=SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/intree_l2tp.sh"

ktap_header
need rtun ip ping jq
need_module rtun
need_module l2tp_eth

TRUNK_US=10.0.0.1 TRUNK_THEM=10.0.0.2
hosts() { new_ns A a && new_ns P p && link_ns "$A" va 10.0.0.1/24 "$P" vp 10.0.0.2/24; }
check "two hosts with a link are there" hosts
pw() { in_ns "$A" rtun "$@"; }
# add [WORD...]: the same pseudowire, with what the words say
add()
{
	pw pseudowire add pw0 local 10.0.0.1 remote 10.0.0.2 encap udp tunnel-id 4 peer-tunnel-id 3 \
		session-id 100 peer-session-id 200 send-cookie a1b2c3d4 peer-cookie 1122334455667788 \
		sublayer default sequencing both "$@"
}
# no REGEX CMD...: refused, in words that say this
no()
{
	local out

	out=$("${@:2}" 2>&1) && { echo "was not refused"; return 1; }
	echo "$out"
	grep -qE -- "$1" <<<"$out"
}
check "sequencing without a sublayer is refused with the reason" no 'sublayer' \
	pw pseudowire add pw0 local 10.0.0.1 remote 10.0.0.2 session-id 1 peer-session-id 2 sequencing both
check "a cookie of 3 octets too" no 'cookie' add send-cookie 010203
check "session id 0 too" no 'session-id' pw pseudowire add pw0 local 10.0.0.1 remote 10.0.0.2 session-id 0 peer-session-id 2
nothing() { [ "$(pw -j pseudowire show | jq length)" = 0 ] && [ "$(pw -j tunnel show | jq length)" = 0 ]; }
check "and nothing was made" nothing

check "the in-tree end comes up" intree_session "$P" udp 4 a1b2c3d4 1122334455667788 default both
check "ours does" add
check "the device has its name" ip -n "$A" link show pw0
check "it is of kind rtun" says 'rtun' ip -n "$A" -d link show pw0
# 1500 - IP 20 - UDP 8 - L2TP 8 - cookie 4 - sublayer 4 - Ethernet 14
check "its MTU is what the path leaves" says 'mtu 1442 ' ip -n "$A" link show pw0
ip -n "$A" addr add 192.168.9.1/24 dev pw0
check "packets pass" busywait 10 in_ns "$A" ping -q -W 5 -c 2 -i 0.1 192.168.9.2
check "and back" in_ns "$P" ping -q -W 5 -c 2 -i 0.1 192.168.9.1
check "the largest one passes with DF" in_ns "$A" ping -q -W 5 -c 2 -i 0.1 -M 'do' -s 1414 192.168.9.2
check "a second one of the name is refused" no 'pw0' add
check "one with its session id too" no 'session' \
	pw pseudowire add pw1 local 10.0.0.1 remote 10.0.0.2 session-id 100 peer-session-id 201
shown() { pw -j -s -d pseudowire show pw0 | tee "$TMP/shown" | jq -e "$1" >/dev/null || { cat "$TMP/shown"; return 1; }; }
check "show tells its packets" shown '.[0].stats.rx_packets > 3 and .[0].stats.tx_packets > 3'
# Two processors send at the beginning: what was overtaken by the first is late.
check "and that none was dropped, but for a late one" shown '.[0].stats | .dropped == .drops.seq_late and .dropped <= 1'
check "in words too" says 'pw0' pw -s pseudowire show

check "the cookie we expect changes" pw pseudowire set pw0 peer-cookie 8877665544332211 cookie-grace 60
check "the peer's old one is taken for a while" in_ns "$A" ping -q -W 5 -c 2 -i 0.1 192.168.9.2
check "no longer when the grace is 0" pw pseudowire set pw0 cookie-grace 0
in_ns "$P" ping -q -W 1 -c 2 -i 0.1 192.168.9.1 >/dev/null
check "the peer's packets are dropped for the cookie" shown '.[0].stats.drops.cookie > 0'
check "it changes back" pw pseudowire set pw0 peer-cookie 1122334455667788
check "and packets pass" in_ns "$A" ping -q -W 5 -c 2 -i 0.1 192.168.9.2

check "disable takes the carrier" pw pseudowire disable pw0
check_not "and the packets" in_ns "$P" ping -q -W 1 -c 1 192.168.9.1
check "enable gives them back" pw pseudowire enable pw0
check "they pass" busywait 10 in_ns "$A" ping -q -W 2 -c 1 192.168.9.2

check "del takes it away" pw pseudowire del pw0
check "with session and tunnel" nothing
check_not "and device" ip -n "$A" link show pw0
check "what is not there is refused" no 'pw0' pw pseudowire del pw0
intree_down "$P"
ktap_finish
