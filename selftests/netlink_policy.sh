#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the generic netlink family refuses: first what gen/policywalk.py makes of
# uapi/rtun.yaml, every attribute of every request in every way that is wrong by
# itself; then what is wrong only together with something else, by hand.
#
#	A va 10.0.0.1, fd00::1 -------- vb 10.0.0.2, fd00::2 B
#	tunnel 1: L2TPv3 over UDP, session 7; tunnel 2: PPTP; tunnel 3: L2TPv2;
#	tunnel 4: L2TPv3 over protocol 115

# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip python3
python3 -c 'import yaml' 2>/dev/null || ktap_skip_all "python3-yaml is not installed"
need_module rtun

XPORT=udp FAM=4
check "two hosts with a link are there" l2_hosts
objects()
{
	l2_tunnel A 1 && l2_session A 7 && ctl "$A" owner-bind name=x &&
	ctl "$A" tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2 id=2 &&
	ctl "$A" tunnel-new xport=l2tpv2 local4=10.0.0.1 remote4=10.0.0.2 id=3 local-id=33 peer-id=34 &&
	ctl "$A" tunnel-new xport=l2tpv3-ip local4=10.0.0.1 remote4=10.0.0.2 id=4
}
check "tunnels of all kinds are there" objects

# --- the walk -----------------------------------------------------------------

in_ns "$A" "$SELFTESTS/gen/policywalk.py" >"$TMP/walk" 2>"$TMP/walk.err"
walked=$?
while IFS= read -r line; do
	case $line in
	ok\ *) ktap_pass "${line#ok }";;
	not\ ok\ *) ktap_fail "${line#not ok }";;
	*) ktap_say "$line";;
	esac
done <"$TMP/walk"
check "the walk goes to its end" eval '[ "$walked" = 0 ] || { cat "$TMP/walk.err"; false; }'
check "and was long" eval '[ "$(grep -c "^ok\|^not ok" "$TMP/walk")" -ge 100 ]'

# --- together -----------------------------------------------------------------------

# Refused with words (REGEX), of which the error's own name is none, and a place;
# and the generation stays.
no()
{
	local regex=$1 before after status=0
	shift

	before=$(field "$A" info.generation info-get)
	if ctl "$A" "$@" >"$TMP/no" 2>&1; then
		echo "was not refused: $*"
		return 1
	fi
	cat "$TMP/no"
	grep -qiE -- "$regex" "$TMP/no" || { echo "it does not say $regex"; status=1; }
	grep -qE '\(.*\).* (at|missing) [0-9]' "$TMP/no" || { echo "neither words nor place"; status=1; }
	after=$(field "$A" info.generation info-get)
	[ "$before" = "$after" ] || { echo "something changed"; status=1; }
	return $status
}
four="local4=10.0.0.1 remote4=10.0.0.2" six="local6=fd00::1 remote6=fd00::2"

check "a tunnel of two families at the remote end" no "address|family" tunnel-new xport=l2tpv3-udp remote4=10.0.0.2 remote6=fd00::2
check "a tunnel of two families" no "address|family" tunnel-new xport=l2tpv3-udp local6=fd00::1 remote4=10.0.0.2
check "a tunnel of the two other families" no "address|family" tunnel-new xport=l2tpv3-ip local4=10.0.0.1 remote6=fd00::2
check "a tunnel to nowhere" no "peer's address" tunnel-new xport=l2tpv3-udp local4=10.0.0.1
check "PPTP over IPv6" no "IPv6|address" tunnel-new xport=pptp $six
check "PPTP from anywhere" no "local address" tunnel-new xport=pptp remote4=10.0.0.2
check "a peer that is a group" no "address of a host" tunnel-new xport=l2tpv3-udp local6=fd00::1 remote6=ff02::1
check "a peer that is nobody" no "address of a host" tunnel-new xport=l2tpv3-udp local6=fd00::1 remote6=::
check "a peer of IPv4 in IPv6" no "address" tunnel-new xport=l2tpv3-udp remote6=::ffff:10.0.0.2
check "an address of IPv4 that is not here" no "not an address of this host" tunnel-new xport=l2tpv3-udp local4=10.9.9.9 remote4=10.0.0.2
check "an address of IPv6 that is not here" no "not an address of this host" tunnel-new xport=l2tpv3-ip local6=fd00::99 remote6=fd00::2
check "ports of PPTP" no "port" tunnel-new xport=pptp $four local-port=1701
check "ports of protocol 115" no "port" tunnel-new xport=l2tpv3-ip $four local-port=1701
check "a peer's port of protocol 115" no "port" tunnel-new xport=l2tpv3-ip $four peer-port=1701
check "version 2 without its tunnel id" no "tunnel id|id.* is missing" tunnel-new xport=l2tpv2 $four peer-id=1
check "version 2 without the peer's" no "tunnel id|id.* is missing" tunnel-new xport=l2tpv2 $four local-id=1
check "a tunnel id of 0" no "id" tunnel-new xport=l2tpv2 $four local-id=0 peer-id=1
check "a tunnel id of 17 bits" no "id|range" tunnel-new xport=l2tpv2 $four local-id=65536 peer-id=1
check "a peer's tunnel id of 0" no "id" tunnel-new xport=l2tpv2 $four local-id=5 peer-id=0
check "a peer's tunnel id of 17 bits" no "id|range" tunnel-new xport=l2tpv2 $four local-id=5 peer-id=65536
check "a tunnel id that is taken" no "id" tunnel-new xport=l2tpv2 local4=10.0.0.1 remote4=10.0.0.9 local-id=33 peer-id=1
check "no checksum where there is no UDP" no "checksum|UDP" tunnel-new xport=l2tpv3-ip $four flags=+zero-csum-tx
check "nor in PPTP" no "checksum|UDP" tunnel-new xport=pptp $four flags=+zero-csum-tx
check "ids by peer, and a peer that moves" no "float|scoped|peer" tunnel-new xport=l2tpv3-udp $four flags=+peer-float,+scoped-ids
check "ids by peer in version 2" no "scoped|L2TPv3|version" tunnel-new xport=l2tpv2 $four local-id=5 peer-id=6 flags=+scoped-ids
check "a peer of PPTP that moves" no "float|L2TP|PPTP" tunnel-new xport=pptp $four flags=+peer-float
check "a tunnel of nobody that dies with its owner" eval 'A=$B no "owner" tunnel-new xport=l2tpv3-udp remote4=10.0.0.1 flags=+die-with-owner'
check "checksums of protocol 115, later" no "checksum|UDP" tunnel-set id=4 flags=+zero-csum-tx
check "ids by peer, later" no "at creation only" tunnel-set id=1 flags=+scoped-ids
check "an end with its owner, later" no "at creation only" tunnel-set id=1 flags=+die-with-owner

s="session-new tunnel-id=1"
check "a pseudowire type between those that exist" no "type" $s pw-type=6
check "Ethernet in PPTP" no "L2TP" session-new tunnel-id=2 pw-type=eth
check "Ethernet in version 2" no "type|pseudowire|version" session-new tunnel-id=3 pw-type=eth
check "type vlan without a tag" no "tag|vlan" $s pw-type=eth-vlan
check "a tag without type vlan" no "vlan" $s pw-type=eth vlan=5
check "a tag in PPTP" no "vlan|L2TP|PPTP" session-new tunnel-id=2 vlan=5
check "a sublayer in PPTP" no "sublayer|L2TPv3" session-new tunnel-id=2 l2spec=default
check "a sublayer in version 2" no "sublayer|L2TPv3" session-new tunnel-id=3 l2spec=default
check "numbers without a sublayer" no "sublayer" $s flags=+seq-tx
check "asking for numbers without a sublayer" no "sublayer" $s flags=+seq-rx
check "the same in a session that is there" no "sublayer" session-set id=7 flags=+seq-tx
check "numbers for PPTP, which always has them" no "L2TP|number" session-new tunnel-id=2 flags=+seq-tx
for n in 01 0102 010203 0102030405 010203040506 01020304050607; do
	check "a cookie of $((${#n} / 2)) octets to send" no "cookie" $s cookie-tx=$n
	check "a cookie of $((${#n} / 2)) octets to await" no "cookie" $s cookie-rx=$n
	check "the same of a session that is there" no "cookie" session-set id=7 cookie-rx=$n
done
check "a cookie in PPTP" no "cookie|L2TPv3" session-new tunnel-id=2 cookie-tx=01020304
check "a cookie in version 2" no "cookie|L2TPv3" session-new tunnel-id=3 cookie-rx=01020304
check "a window to send in, in L2TP" no "window|PPTP" $s tx-window=16
check "a round trip of L2TP" no "PPTP|round|rtt|acknowledge" $s static-rtt=100
check "a keepalive of Ethernet in PPP" no "Ethernet|keepalive" session-new tunnel-id=3 keepalive=1000
check "compression of PPP in Ethernet" no "PPP" $s flags=+acfc-tx
check "network protocols of PPP in Ethernet" no "PPP" $s np=+ipv4
check "a call id of 17 bits in PPTP" no "range|call id|65535" session-new tunnel-id=2 local-id=65536
check "a peer's call id of 17 bits in PPTP" no "range|id|65535" session-new tunnel-id=2 peer-id=65536
check "a session id of 17 bits in version 2" no "range|id|65535" session-new tunnel-id=3 local-id=65536
check "a peer's session id of 17 bits in version 2" no "range|id|65535" session-new tunnel-id=3 peer-id=65536
check "a peer's session id of 0 in version 2" no "id" session-new tunnel-id=3 peer-id=0
check "a peer's session id of 0 in version 3" no "id" $s peer-id=0
check "a session id that is taken" no "id" $s local-id="$(l2_id A 7)"
check "the peer's id does not change" no "does not change" session-set id=7 peer-id=5
check "a frame of PPP in Ethernet" no "carries Ethernet" frame session-id=7 data=c02101010004
check "a device of PPP for a session of Ethernet" refused "$A" "Ethernet" link-add name=rt7 session=7 mode=ppp
check "a device of Ethernet for a session of PPP" eval 'ctl "$A" session-new tunnel-id=3 id=30 && refused "$A" "PPP" link-add name=rt7 session=30 mode=eth'
check "and what is right is taken after all that" ctl "$A" session-set id=7 cookie-rx=01020304 cookie-grace=1 circuit=1 keepalive=0 dead-time=3600000
ctl "$A" flush
ktap_finish
