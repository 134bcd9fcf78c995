#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is on the wire, as tshark reads it: Ethernet pseudowires with cookie and
# numbered sublayer, VLAN pseudowires (RFC 4719, type 4), whose tag is there and not
# at the device.  The in-tree driver has no type 4: two of our own ends.
#
#	A rt0 192.168.9.1 ============= rt0 192.168.9.2 B
#	  va 10.0.0.1, fd00::1 -------- vb 10.0.0.2, fd00::2
#	  session 7, tag 100 from A, 200 from B

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip ping tcpdump tshark ethtool python3
need_module rtun

XPORT=udp FAM=4
check "two hosts with a link are there" l2_hosts 1600
# Sums are made before the wire, not by a card that is not there.
in_ns "$A" ethtool -K va tx off >/dev/null
in_ns "$B" ethtool -K vb tx off >/dev/null

proto() { if [ $XPORT = udp ]; then echo "udp port 1701"; elif [ $FAM = 4 ]; then echo "ip proto 115"; else echo "ip6 proto 115"; fi; }

# What passes while it is captured, and what tshark says of it, in $TMP/fields: the
# protocols, then what the names below say.  It does not know what was agreed on
# without control messages: it is told.  It takes seconds to start: once a capture.
FIELDS=(frame.protocols l2tp.sid l2tp.cookie l2tp.l2_spec_s l2tp.l2_spec_sequence vlan.id
	_ws.malformed udp.checksum.status ip.checksum.status icmp.checksum.status icmpv6.checksum.status)
traffic()
{
	local status f args=()

	capture "$A" va "$(proto)" || return
	pings -s 18 192.168.9.2 && pings -s 1372 192.168.9.2 && pings -6 fd09::2 &&
	in_ns "$B" ping -q -W 5 -c 1 192.168.9.1 && "$@"
	status=$?
	# The last of them may be on its way to the file.
	busywait 5 eval '[ "$(tcpdump -n -r "$TMP/cap" 2>/dev/null | wc -l)" -ge 14 ]'
	capture_ends
	for f in "${FIELDS[@]}"; do args+=(-e "$f"); done
	tshark -n -r "$TMP/cap" -d l2tp.pw_type==0,eth -o "l2tp.cookie_size:$COOKIE" -o "l2tp.l2_specific:$SUBLAYER" \
		-o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields -E separator='|' "${args[@]}" \
		>"$TMP/fields" 2>/dev/null || return
	return $status
}
# column N,N...: of these fields
column() { cut -d '|' -f "$1" "$TMP/fields"; }
# Each frame was understood down to the packet inside, and none is complained of: a
# checksum's status is 0 when it is wrong, 1 when it is right.
understood()
{
	awk -F '|' -v least="$1" '
		$7 != "" || $1 !~ /:l2tp:ethertype:.*(icmp|icmpv6|arp|loop)/ { print "not understood: " $0; bad = 1 }
		$8 ~ /0/ || $9 ~ /0/ || $10 ~ /0/ || $11 ~ /0/ { print "bad checksum: " $0; bad = 1 }
		END { print NR, "frames"; exit bad || NR < least }' "$TMP/fields"
}
consecutive()
{
	awk -F '|' '
		$2 in last && $5 != (last[$2] + 1) % 16777216 { print "after", last[$2], "comes", $5; bad = 1 }
		{ last[$2] = $5 }
		END { exit bad || NR < 10 }' "$TMP/fields"
}

plain()
{
	COOKIE=None SUBLAYER=None
	check "$1: two ends come up" l2_pair
	check "$1: packets pass" traffic
	check "$1: tshark understands each frame and all its sums" understood 14
	l2_down >/dev/null
}

numbered()
{
	COOKIE="8 Byte Cookie" SUBLAYER="Default L2-Specific"
	l2_ses[A]="cookie-tx=0102030405060708 cookie-rx=a1b2c3d4e5f60718"
	l2_ses[B]="cookie-rx=0102030405060708 cookie-tx=a1b2c3d4e5f60718"
	check "$1: two ends with cookies and numbers come up" l2_pair l2spec=default flags=+seq-tx,+seq-rx
	check "$1: packets pass" traffic
	check "$1: tshark understands each frame and all its sums" understood 14
	check "$1: each has the session id and the cookie of its direction" equal "$(column 2-4 | sort -u | xargs)" \
		"$(printf '0x%08x|0102030405060708|1\n0x%08x|a1b2c3d4e5f60718|1\n' "$(l2_id B 7)" "$(l2_id A 7)" | sort | xargs)"
	check "$1: numbers rise by one in each direction" consecutive
	l2_down >/dev/null
}

tags()
{
	ip -n "$A" link add link rt0 name rt0.5 type vlan id 5 && ip -n "$B" link add link rt0 name rt0.5 type vlan id 5 &&
	ip -n "$A" addr add 192.168.5.1/24 dev rt0.5 && ip -n "$B" addr add 192.168.5.2/24 dev rt0.5 &&
	ip -n "$A" link set rt0.5 up && ip -n "$B" link set rt0.5 up && pings 192.168.5.2
}

vlan()
{
	COOKIE=None SUBLAYER=None
	l2_ses[A]="vlan=100" l2_ses[B]="vlan=200"
	check "$1: two ends of type vlan come up" l2_pair pw-type=eth-vlan
	check "$1: packets pass, also those of VLANs at the devices" traffic tags
	check "$1: tshark understands each frame and all its sums" understood 14
	check "$1: each frame of A has tag 100, each of B tag 200, around the device's own" equal "$(column 2,6 | sort -u | xargs)" \
		"$(printf '0x%08x|%s\n' "$(l2_id A 7)" 200 "$(l2_id A 7)" 200,5 "$(l2_id B 7)" 100 "$(l2_id B 7)" 100,5 | sort | xargs)"
	capture "$B" rt0
	pings 192.168.9.2 >/dev/null
	captured 'ICMP echo request' >/dev/null
	capture_ends
	check "$1: at the device there is none" eval '! tcpdump -ne -r "$TMP/cap" 2>/dev/null | grep vlan'
	check "$1: nothing was dropped" equal "$(counter "$A" 7 drops.vlan-tag) $(counter "$B" 7 drops.vlan-tag)" "0 0"
	l2_down >/dev/null
}

refusals()
{
	check "a tunnel is there" l2_tunnel A 2
	check "type vlan needs its tag" refused "$A" "VLAN" session-new tunnel-id=2 id=20 pw-type=eth-vlan
	check "a tag needs type vlan" refused "$A" "tag" session-new tunnel-id=2 id=20 pw-type=eth vlan=5
	ctl "$A" tunnel-del id=2
}

for XPORT in udp ip; do
	for FAM in 4 6; do
		[ $XPORT$FAM != udp4 ] || plain "$(l2_name)"
		numbered "$(l2_name)"
		vlan "$(l2_name)"
	done
done
refusals
ktap_finish
