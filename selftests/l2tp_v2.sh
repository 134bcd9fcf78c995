#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The data path of L2TP version 2 (RFC 2661 section 3.1 and 5.4) between two ends of
# rtun: PPP over UDP, with and without numbers, on IPv4 and IPv6.
#
#	A rt0 192.168.9.1 ============= rt0 192.168.9.2 B
#	  va 10.0.0.1, fd00::1 -------- vb 10.0.0.2, fd00::2
#	  tunnel 11, session 100        tunnel 12, session 200

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip ping tcpdump tshark python3
need_module rtun

XPORT=udp FAM=4
check "two hosts with a link are there" l2_hosts 1600

v2_end()
{
	local end=$1 ns=${!1} own=$2 far=$3
	shift 3

	ctl "$ns" owner-bind name=v2 &&
	ctl "$ns" tunnel-new xport=l2tpv2 "local$FAM=$(l2_addr $end)" "remote$FAM=$(l2_addr "$(l2_other $end)")" id=1 \
		local-id=$((own + 10)) peer-id=$((far + 10)) &&
	ctl "$ns" session-new tunnel-id=1 id=7 local-id=$((own * 100)) peer-id=$((far * 100)) np=+ipv4,+ipv6 "$@" &&
	ctl "$ns" link-add name=rt0 session=7 die mtu=1440 && ip -n "$ns" link set rt0 up &&
	ip -n "$ns" addr add 192.168.9.$own peer 192.168.9.$far dev rt0 &&
	ip -n "$ns" addr add fd09::$own peer fd09::$far dev rt0 nodad
}
v2_pair() { v2_end A 1 2 "$@" && v2_end B 2 1 "$@"; }

both_ways()
{
	pings -s 18 192.168.9.2 && pings -M 'do' -s 1412 192.168.9.2 && pings -6 -s 1300 fd09::2 &&
	in_ns "$B" ping -q -W 5 -c 2 -i 0.1 -s 1000 192.168.9.1
}
seen()
{
	tshark -n -r "$TMP/cap" -o udp.check_checksum:FALSE -T fields -e l2tp.tunnel -e l2tp.session -e l2tp.seq_bit -e icmp.type 2>/dev/null |
		grep -P "$1" || { tshark -n -r "$TMP/cap" 2>/dev/null | head; return 1; }
}

# The owner of B's tunnel is its "serve", which does not print what it hears: that
# the frame went there is what its counter says.
control()
{
	local before
	before=$(counter "$B" 7 rx-control)
	ctl "$A" frame session-id=7 data=c0210101000401 &&
	busywait 10 eval '[ "$(counter "$B" 7 rx-control)" -gt '"$before"' ]'
}

for FAM in 4 6; do
	for words in "" "flags=+seq-tx,+seq-rx"; do
		name="IPv$FAM${words:+, numbered}"
		check "$name: two ends come up" v2_pair $words
		check "$name: the device is of PPP kind" says 'link/ppp' ip -n "$A" link show rt0
		capture "$A" va udp port 1701
		check "$name: IPv4 and IPv6 pass in both directions" both_ways
		captured 'UDP|l2tp' >/dev/null
		capture_ends
		check "$name: tshark sees version 2 with these ids" seen "^12\t200\t${words:+1}"
		check "$name: and those of the other direction" seen "^11\t100\t"
		check "$name: nothing was dropped at A" quiet "$A" 7
		check "$name: nor at B" quiet "$B" 7
		check "$name: a control frame of one owner is the other one's" control
		check "$name: a closed network protocol is not sent" ctl "$A" session-set id=7 np=-ipv4
		check "$name: as the device's packets show" no_ping 192.168.9.2
		check "$name: which are counted" at_least "$(counter "$A" 7 drops.tx-np-closed)" 1
		l2_down >/dev/null
		ctl "$A" owner-unbind name=v2
		ctl "$B" owner-unbind name=v2
	done
done

ktap_finish
