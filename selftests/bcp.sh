#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 1200
# Bridged frames in PPP (BCP, RFC 3518) between two ends of rtun, over PPTP, L2TP and
# a multilink bundle: what a LAN carries, and hand-made frames.
#
#	HA h0 192.168.20.1 (VLAN 5: .55.1)          h0 192.168.20.2 HB
#	    |                                           |
#	   pa + rt0 = br0 A                         B br0 = pb + rt0
#	          rt0 ============ session 7 ============ rt0
#	          va0 10.0.0.1 ------------ vb0 10.0.0.2
#	          va1 10.0.1.1 ------------ vb1 10.0.1.2   (the bundle)
#
# Without the bridges, B's session is the injector's in A: call id 200.

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/bundle.sh"

ktap_header
need ip ping jq tcpdump tshark python3 bridge taskset
need_module rtun

FLAGS=+bcp-tinygram-rx,+bcp-tinygram-tx,+bcp-tagged-tx,+bcp-management-tx
KEY_A=00112233445566778899aabbccddeeff KEY_B=ffeeddccbbaa99887766554433221100
MAC_A=02:00:00:00:0a:01 MAC_B=02:00:00:00:0b:01
check "two hosts with two links are there" bundle_hosts 2
new_ns HA ha
new_ns HB hb

# --- ends -----------------------------------------------------------------------

session_pptp()
{
	local ns=$1 own=$2 far=$3

	ctl "$ns" tunnel-new xport=pptp local4=10.0.0.$own remote4=10.0.0.$far id=1 &&
	ctl "$ns" session-new tunnel-id=1 id=7 local-id=${own}00 peer-id=${far}00 np=+bridge flags=$FLAGS
}
# Packets without a number
session_l2tpv2()
{
	local ns=$1 own=$2 far=$3

	ctl "$ns" tunnel-new xport=l2tpv2 local4=10.0.0.$own remote4=10.0.0.$far id=1 local-id=$own peer-id=$far &&
	ctl "$ns" session-new tunnel-id=1 id=7 local-id=${own}00 peer-id=${far}00 np=+bridge flags=$FLAGS
}
# 1500 octets and their Ethernet header and tag, and the header of bridging, in 1600
session_bundle()
{
	local ns=$1 own=$2 far=$3 i

	ctl "$ns" tunnel-new xport=mlppp id=100 &&
	ctl "$ns" session-new tunnel-id=100 id=7 np=+bridge flags=$FLAGS mrru=1600 peer-mrru=1600 mp-mode=balance \
		mp-loss-time=2000 || return
	for i in 0 1; do
		ctl "$ns" tunnel-new xport=pptp local4=10.0.$i.$own remote4=10.0.$i.$far id=$((i + 1)) &&
		ctl "$ns" session-new tunnel-id=$((i + 1)) id=$((10 + i)) local-id=${own}0$i peer-id=${far}0$i &&
		ctl "$ns" session-set id=$((10 + i)) bundle=7 || return
	done
}
device() { ctl "$1" link-add name=rt0 session=7 die mode=eth address=$2 && ip -n "$1" link set rt0 up; }
ends() { session_$1 "$A" 1 2 && session_$1 "$B" 2 1 && device "$A" $MAC_A && device "$B" $MAC_B; }

# Outside the first namespace a bridge sends BPDUs but hears none: the kernel's LLC
# drops them.  So both remain roots, and what arrives is looked for at rt0.
lans()
{
	local end ns host port i=1

	for end in A B; do
		ns=${!end} host=H$end port=p${end,}
		ip link add h0 netns "${!host}" type veth peer name "$port" netns "$ns" &&
		ip -n "$ns" link add br0 type bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600 &&
		ip -n "$ns" link set rt0 master br0 && ip -n "$ns" link set "$port" master br0 &&
		ip -n "$ns" link set br0 up && ip -n "$ns" link set "$port" up &&
		ip -n "${!host}" link set h0 up && ip -n "${!host}" link add link h0 name h0.5 type vlan id 5 &&
		ip -n "${!host}" link set h0.5 up &&
		ip -n "${!host}" addr add "192.168.20.$i/24" dev h0 && ip -n "${!host}" addr add "192.168.55.$i/24" dev h0.5 &&
		ip -n "${!host}" addr add "fd20::$i/64" dev h0 nodad || return
		i=$((i + 1))
	done
	busywait 30 forwarding "$A" && busywait 30 forwarding "$B"
}
forwarding() { [ "$(bridge -n "$1" link show | grep -c 'state forwarding')" = 2 ]; }
down()
{
	local end

	ctl "$A" flush && ctl "$B" flush
	for end in A B; do
		ip -n "${!end}" link del br0 && ip -n "${!end}" link del "p${end,}" || return
	done 2>/dev/null
}

# All by one processor: what two of them queue at a veth pair arrives in disorder, which the
# rule of increasing sequences takes for a loss the first time it sees it on a link.
pings() { in_ns "$HA" taskset -c 0 ping -q -W 5 -i 0.05 "$@"; }
both() { ctl "$A" "$@" && ctl "$B" "$@"; }
no_drops() { both session-get id=7 | jq -c .session.stats.drops; equal "$(both session-get id=7 | jq -s 'map(.session.stats.drops | add // 0) | add')" 0; }

bulk()
{
	bg in_ns "$HB" taskset -c 0 timeout 60 python3 -c '
import socket, sys
s = socket.create_server(("192.168.20.2", 7100))
print("ready", flush=True)
c, _ = s.accept()
n = 0
while d := c.recv(65536):
    n += len(d)
print("got", n)' >"$TMP/bulk"
	busywait 20 grep -q ready "$TMP/bulk" &&
	in_ns "$HA" taskset -c 0 timeout 60 python3 -c '
import socket
s = socket.create_connection(("192.168.20.2", 7100), 20)
s.sendall(bytes(500000))
s.close()' && busywait 20 grep -q "got 500000" "$TMP/bulk"
}

# A frame of 60 octets whose last 44 are zeros, as a LAN has them
short_frame()
{
	in_ns "$HA" taskset -c 0 python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("h0", 0))
s.send((b"\xff" * 6 + s.getsockname()[4] + b"\x88\xb5rt").ljust(60, b"\0"))'
}
watch() { bg in_ns "$1" tcpdump -i "$2" -U -w "$3" "${@:4}" 2>"$3.said"; busywait 10 grep -q listening "$3.said"; }
frames() { tshark -n -r "$1" -T fields "${@:2}" 2>/dev/null; }

# How many BPDUs arrived at B until A has sent two more, or dropped them
bpdus()
{
	local counter=$1 before

	watch "$B" rt0 "$TMP/bpdu" -Q 'in' stp || return
	before=$(counter "$A" 7 "$counter")
	busywait 20 eval '[ "$(counter "$A" 7 "$counter")" -ge $((before + 2)) ]' >/dev/null
	[ "$counter" != tx-packets ] || busywait 20 eval '[ -n "$(frames "$TMP/bpdu" -Y stp -e frame.number)" ]' >/dev/null
	stop_bg "$BG_PID"
	frames "$TMP/bpdu" -Y stp -e frame.number | wc -l
}

# --- what a LAN carries ------------------------------------------------------------

encrypt()
{
	ctl "$A" session-set id=7 mppe-rx=128:$KEY_B && ctl "$B" session-set id=7 mppe-rx=128:$KEY_A &&
	ctl "$A" session-set id=7 mppe-tx=128:$KEY_A flags=+mppe-required &&
	ctl "$B" session-set id=7 mppe-tx=128:$KEY_B flags=+mppe-required
}

carries()
{
	local how=$1

	check "$how: 1500 octets with DF, after ARP" pings -c 3 -M 'do' -s 1472 192.168.20.2
	check "$how: tagged frames of 1500 octets" pings -c 3 -M 'do' -s 1472 192.168.55.2
	check "$how: IPv6, after its neighbour discovery" pings -6 -c 3 -s 1400 fd20::2
	check "$how: TCP, which comes in large pieces" bulk
	check "$how: BPDUs" at_least "$(bpdus tx-packets)" 1
	check "$how: a short frame is sent" eval 'watch "$HB" h0 "$TMP/short" ether proto 0x88b5 && short_frame'
	check "$how: and arrives as long as it was" busywait 20 eval '[ "$(frames "$TMP/short" -e frame.len)" = 60 ]'
	stop_bg "$BG_PID"
}

for kind in pptp l2tpv2 bundle; do
	check "$kind: two ends with bridged frames" ends $kind
	check "$kind: two LANs behind bridges, whose ports forward" lans
	watch "$B" vb0 "$TMP/wire" proto 47
	WIRE=$BG_PID
	carries "$kind"
	stop_bg "$WIRE"
	check "$kind: nothing was dropped" no_drops
	if [ $kind = pptp ]; then
		check "tshark knows the frames" at_least "$(frames "$TMP/wire" -Y 'bcp_bpdu && icmp' -e frame.number | wc -l)" 6
		check "the tagged ones" at_least "$(frames "$TMP/wire" -Y 'bcp_bpdu && vlan.id == 5' -e frame.number | wc -l)" 6
		check "and BPDUs" at_least "$(frames "$TMP/wire" -Y 'bcp_bpdu && stp' -e frame.number | wc -l)" 1
		check "it finds nothing malformed" equal "$(frames "$TMP/wire" -Y '_ws.malformed' -e frame.number)" ""
		check "no frame has an FCS of its LAN" equal "$(frames "$TMP/wire" -Y 'bcp_bpdu.flags.fcs_present == 1' -e frame.number)" ""
		check "the short one was compressed" equal "$(frames "$TMP/wire" -Y 'bcp_bpdu.flags.zeropad == 1' -e frame.number | wc -l)" 1
		check "the overhead that is told is that of the frames" equal "$(field "$A" session.overhead session-get id=7)" 42
	elif [ $kind = bundle ]; then
		check "both links carried fragments" eval 'at_least "$(counter "$B" 10 rx-fragments)" 10 && at_least "$(counter "$B" 11 rx-fragments)" 10'
	fi
	check "$kind: both ends encrypt" encrypt
	carries "$kind, encrypted"
	check "$kind: nothing was dropped of that" no_drops
	check "$kind: all of it was encrypted" at_least "$(counter "$B" 7 rx-encrypted)" 10
	check "$kind: what the peer does not take is not sent: tagged frames" eval \
		'ctl "$A" session-set id=7 flags=-bcp-tagged-tx,-bcp-management-tx && ! pings -c 1 -W 1 192.168.55.2'
	check "$kind: they are counted" at_least "$(counter "$A" 7 drops.tx-bcp-tagged)" 1
	check "$kind: others pass" pings -c 1 192.168.20.2
	check "$kind: nor BPDUs" equal "$(bpdus drops.tx-bcp-management)" 0
	check "$kind: they are counted" at_least "$(counter "$A" 7 drops.tx-bcp-management)" 2
	check "$kind: while BCP is closed nothing passes" eval 'both session-set id=7 np=-bridge && ! pings -c 1 -W 1 192.168.20.2'
	check "$kind: and the carrier is off" equal "$(in_ns "$A" cat /sys/class/net/rt0/carrier)" 0
	check "$kind: opened again, it does" eval 'both session-set id=7 np=+bridge && busywait 30 forwarding "$A" && busywait 30 forwarding "$B" && pings -c 1 192.168.20.2'
	check "$kind: all of it goes" down
done

# --- which device -----------------------------------------------------------------

check "a session of bridged frames" session_pptp "$A" 1 2
check "needs a device of mode eth" refused "$A" "carries bridged frames and needs a device of mode eth" \
	link-add name=rt9 session=7
check "it carries nothing else" refused "$A" "bridged frames or IP packets, not both" session-set id=7 np=+ipv4
check "with its device" device "$A" $MAC_A
check "not even instead of them" refused "$A" "of mode eth and takes no IP packets" session-set id=7 np=+ipv6,-bridge
check "which keeps its address" equal "$(in_ns "$A" cat /sys/class/net/rt0/address)" $MAC_A
check "without a device it may become one of IP" eval 'ctl "$A" session-detach id=7 && ctl "$A" session-set id=7 np=+ipv4,-bridge'
check "for which mode eth is the wrong one" refused "$A" "needs a device of mode ppp or multipoint, or bridge for its network protocol" \
	session-attach id=7 ifindex="$(in_ns "$A" cat /sys/class/net/rt0/ifindex)"
check "and which is not bridged on a device of mode ppp" eval \
	'ctl "$A" link-add name=rt9 session=7 && refused "$A" "carries IP and takes no bridged frames" session-set id=7 np=-ipv4,+bridge'
check "Ethernet pseudowires have no options of BCP" eval \
	'ctl "$A" tunnel-new xport=l2tpv3-ip local4=10.0.0.1 remote4=10.0.0.2 id=2 &&
	 refused "$A" "Ethernet has no options of PPP" session-new tunnel-id=2 flags=+bcp-tagged-tx'
ip -n "$A" link del rt0
ip -n "$A" link del rt9
ctl "$A" flush

# --- hand-made frames --------------------------------------------------------------

# MS: what is injected; it ends in nothing that LANs would add.
ETH=ffffffffffff02000000009988b5
seq=1
send() { inject "$A" 10.0.0.1 10.0.0.2 call=200 seq=$((seq++)) ppp="$1" "${@:2}"; }
# Frame HEX: what grows
becomes()
{
	local hex=$1 want=$2 got

	ctl "$B" grown 7 >/dev/null && send "$hex" "${@:3}" || return
	busywait 10 eval 'got=$(ctl "$B" grown 7); [ -n "$got" ] && echo "$got" >"$TMP/grown"' || { echo "nothing grew"; return 1; }
	equal "$(cat "$TMP/grown")" "$want"
}
# ...: delivered, so many octets long
arrives()
{
	local hex=$1 want=$2

	watch "$B" rt0 "$TMP/in" ether proto 0x88b5 && becomes "$hex" rx-packets+1 "${@:3}" || return
	busywait 10 eval '[ -n "$(frames "$TMP/in" -e frame.len)" ]'
	stop_bg "$BG_PID"
	equal "$(frames "$TMP/in" -e frame.len)" "$want"
}
zeros() { printf '%0*d' $((2 * $1)) 0; }

check "a session of B's, whose peer is an injector" session_pptp "$B" 2 1
check "a frame without a device" becomes "ff0300310001$ETH$(zeros 46)" no-device+1
check "its device" device "$B" $MAC_B
check "an ordinary frame" arrives "ff0300310001$ETH$(zeros 46)" 60
check "a long one" arrives "ff0300310001$ETH$(zeros 1500)" 1514
check "one without a payload" arrives "ff0300310001$ETH" 14
check "one marked as bridge control" arrives "ff0300311001$ETH$(zeros 46)" 60
check "one with an FCS" arrives "ff0300318001$ETH$(zeros 46)11223344" 60
check "one with pads" arrives "ff0300310301$ETH$(zeros 46)030303" 60
check "one with both" arrives "ff0300318f01$ETH$(zeros 46)11223344$(zeros 15)" 60
check "a compressed one is filled up" arrives "ff0300312001$ETH""0102" 60
check "with zeros" equal "$(frames "$TMP/in" -e data.data)" "0102$(zeros 44)"
check "with FCS and pads, too" arrives "ff030031a201$ETH""0102112233440202" 60
check "one that is long enough is not" arrives "ff0300312001$ETH$(zeros 80)" 94
check "nothing but the protocol field" becomes ff030031 bcp-truncated+1
check "half a header" becomes ff03003100 bcp-truncated+1
check "half an Ethernet header" becomes "ff0300310001${ETH:0:26}" bcp-length+1
check "nothing before its FCS and pads" becomes "ff0300318f01$ETH$(zeros 18)" bcp-length+1
check "a LAN identification" becomes "ff030031400100000001$ETH$(zeros 46)" bcp-lan-id+1
check "Token Ring" becomes "ff0300310003$ETH$(zeros 46)" bcp-mac-type+1
check "FDDI" becomes "ff0300310004$ETH$(zeros 46)" bcp-mac-type+1
check "MAC type 0" becomes "ff0300310000$ETH$(zeros 46)" bcp-mac-type+1
check "our own address" becomes "ff0300310001ffffffffffff${MAC_B//:/}88b5$(zeros 46)" eth-loop+1
check "a short protocol field that was not agreed on" becomes "ff03310001$ETH$(zeros 46)" ppp-proto+1
check "one that was" eval 'ctl "$B" session-set id=7 flags=+pfc-rx && arrives "ff03310001$ETH$(zeros 46)" 60'
check "a compressed frame, where that was not agreed on" eval \
	'ctl "$B" session-set id=7 flags=-bcp-tinygram-rx && becomes "ff0300312001$ETH""0102" bcp-tinygram+1'
check "an IP packet" becomes "ff0300214500001400000000400100000a0000010a000002" np-closed+1
check "a frame in clear, where it must be encrypted" eval \
	'ctl "$B" session-set id=7 mppe-rx=128:$KEY_A flags=+mppe-required && becomes "ff0300310001$ETH$(zeros 46)" mppe-clear+1'
check "an encrypted one" arrives "ff0300310001$ETH$(zeros 46)" 60 mppe=128:$KEY_A:0x9000:1
check "an encrypted one of another LAN" becomes "ff0300310003$ETH$(zeros 46)" bcp-mac-type+1 mppe=128:$KEY_A:0x9001:2
check "while BCP is closed" eval \
	'ctl "$B" session-set id=7 np=-bridge flags=-mppe-required && becomes "ff0300310001$ETH$(zeros 46)" np-closed+1'

ktap_finish
