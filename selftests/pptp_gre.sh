#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The data path of PPTP (RFC 2637 section 4) between two ends of rtun, and
# against hand-made packets.
#
#	A rt0 192.168.9.1 ============== rt0 192.168.9.2 B
#	  va 10.0.0.1 ---------------------- vb 10.0.0.2
#	              session 7, call ids 100 <-> 200
#	              session 8 of B: call id 300, its peer is the injector in A
#
# Numbers of session 8 are the injector's, so the test knows what is awaited.

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2015,SC2016,SC2034,SC2086
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"

ktap_header
need ip tc ping iperf3 tcpdump python3
need_module rtun

pings() { in_ns "$A" ping -q -W 5 "$@"; }

# So many replies of the pings sent
replies()
{
	in_ns "$A" ping -q -W 2 "$@" | sed -n 's/.* \([0-9]*\) received.*/\1/p'
}

at_least() { [ "$1" -ge "$2" ] || { echo "$1, expected $2 at least"; return 1; }; }
equal() { [ "$1" -eq "$2" ] || { echo "$1, expected $2"; return 1; }; }

bulk()
{
	bg in_ns "$B" iperf3 -s -1 >/dev/null
	busywait 10 listening &&
	in_ns "$A" iperf3 -c 192.168.9.2 -n 8M "$@" >"$TMP/iperf" 2>&1 || { cat "$TMP/iperf"; return 1; }
}
listening() { in_ns "$B" ss -Hltn 'sport = 5201' | grep -q .; }

# --- two ends -----------------------------------------------------------

check "two ends with static sessions come up" pair
check "1400 octets with DF pass from A to B" pings -c 3 -i 0.2 -M 'do' -s 1372 192.168.9.2
check "1400 octets with DF pass from B to A" in_ns "$B" ping -q -W 5 -c 3 -i 0.2 -M 'do' -s 1372 192.168.9.1
check "IPv6 passes" pings -6 -c 2 -i 0.2 -s 1300 fd09::2
ip -n "$A" link set rt0 mtu 1500 && ip -n "$B" link set rt0 mtu 1500
check "a packet larger than the path is fragmented outside, as DF is unset" pings -c 2 -i 0.2 -M 'do' -s 1472 192.168.9.2
# CVE-2026-43080: the outer packet's length has 16 bits.
check_not "an MTU is refused with which an outer packet would be too long" ip -n "$A" link set rt0 mtu 65458
check "the largest one is not" eval 'ip -n "$A" link set rt0 mtu 65457 && ip -n "$B" link set rt0 mtu 65457'
check "a packet of that size passes, and its answer" pings -c 1 -s 65429 192.168.9.2
ip -n "$A" link set rt0 mtu 1460 && ip -n "$B" link set rt0 mtu 1460
check "TCP in bulk passes from A to B" bulk
check "TCP in bulk passes from B to A" bulk -R
all_arrived() { [ "$(counter "$B" 7 rx-packets)" -eq "$(counter "$A" 7 tx-packets)" ]; }
check "nothing is lost on a link that loses nothing" busywait 10 all_arrived
of_device() { in_ns "$A" cat /sys/class/net/rt0/statistics/tx_packets; }
check "the device counts what the session counts" equal "$(of_device)" "$(counter "$A" 7 tx-packets)"
sent=$(of_device)
check "the session leaves its device" ctl "$A" session-detach id=7
check "which counts what it carried" equal "$(of_device)" "$sent"
check "the session gets its device back" ctl "$A" session-attach id=7 ifindex="$(in_ns "$A" cat /sys/class/net/rt0/ifindex)"
check "which counts on" eval 'pings -c 3 -i 0.2 192.168.9.2 >/dev/null && equal "$(of_device)" $((sent + 3))'
check "one-way traffic is acknowledged by bare acknowledgements" at_least "$(counter "$B" 7 tx-acks)" 1
acks_arrived() { [ "$(counter "$A" 7 rx-acks)" -eq "$(counter "$B" 7 tx-acks)" ]; }
check "they arrive and are counted" busywait 10 acks_arrived

# CVE-2025-38574: what is given to the device need not be as long as an IP header.
short()
{
	in_ns "$A" python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
for proto, first, header in (0x0800, b"\x45", 20), (0x86dd, b"\x60", 40):
    for n in range(1, header):
        s.sendto(first.ljust(n, b"\0"), ("rt0", proto))'
}
before=$(counter "$A" 7 drops.tx-proto)
check "packets shorter than their IP header are given to the device" short
check "which drops each of them" equal "$(counter "$A" 7 drops.tx-proto)" $((before + 58))

# --- bad links -------------------------------------------------------------

# Two arrive, then one that was sent before: the ring has them back in order.  It
# waits for longer than a guest that is kept waiting itself stands still.
ctl "$B" session-set id=7 reorder-timeout=5000
tc -n "$A" qdisc add dev va root netem delay 20ms reorder 50% gap 3
late=$(counter "$B" 7 drops.seq-late)
check "a link that reorders loses nothing" equal "$(replies -c 150 -i 0.01 192.168.9.2)" 150
check "what came early was held" at_least "$(counter "$B" 7 rx-buffered)" 10
check "nothing was late" equal "$(counter "$B" 7 drops.seq-late)" "$late"
tc -n "$A" qdisc replace dev va root netem duplicate 50%
check "a link that duplicates delivers each packet once" equal "$(in_ns "$A" ping -W 5 -c 100 -i 0.01 192.168.9.2 | grep -c DUP)" 0
check "the second of two is late" at_least "$(counter "$B" 7 drops.seq-late)" $((late + 10))
ctl "$B" session-set id=7 reorder-timeout=50
tc -n "$A" qdisc replace dev va root netem loss 10%
lost=$(counter "$B" 7 rx-lost)
check "a link that loses a tenth delivers the rest" at_least "$(replies -c 200 -i 0.01 192.168.9.2)" 140
check "gaps are given up and counted" at_least "$(counter "$B" 7 rx-lost)" $((lost + 3))
tc -n "$A" qdisc del dev va root
check "and all is well again" pings -c 5 -i 0.2 192.168.9.2
check "no jump was believed meanwhile" equal "$(counter "$B" 7 rx-resync)" 0

# --- hand-made packets ------------------------------------------------------

check "B makes a session for the injector" ctl "$B" session-new tunnel-id=1 id=8 local-id=300 peer-id=9 \
	reorder-timeout=10000 ack-delay=5000
next=1000
hand() { inject "$A" 10.0.0.1 10.0.0.2 call=300 "$@"; }

# "bad" SESSION-OR-0 REASON WORD...: exactly one packet more is dropped for it
bad()
{
	local session=$1 reason=$2 before
	shift 2

	drops() { if [ "$session" = 0 ]; then stray "$B" "drops.$reason"; else counter "$B" "$session" "drops.$reason"; fi; }
	before=$(drops)
	hand "$@" || return 1
	grown() { [ "$(drops)" -eq $((before + 1)) ]; }
	busywait 10 grown || { echo "$reason: $before, then $(drops)"; return 1; }
}
ip4=ip4=192.168.9.1,192.168.9.9

check "a frame before there is a device is dropped as no-device" bad 8 np-closed seq=$next $ip4
ctl "$B" session-set id=8 np=+ipv4
check "a network frame without a device" bad 8 no-device seq=$((next += 1)) $ip4
ctl "$B" link-add name=rt8 session=8
check "a network frame for a device that is down" bad 8 device-down seq=$((next += 1)) $ip4
ip -n "$B" link set rt8 up
good()
{
	local before
	before=$(counter "$B" 8 rx-packets)
	hand seq=$((next += 1)) $ip4
	arrived() { [ "$(counter "$B" 8 rx-packets)" -eq $((before + 1)) ]; }
	busywait 10 arrived
}
check "a good one is delivered" good
check "a header of another protocol type" bad 0 gre-proto seq=$next proto=0x0800
check "the checksum bit" bad 0 gre-flags flags0=0xb0 seq=$next
check "the routing bit" bad 0 gre-flags flags0=0x70 seq=$next
check "the strict source route bit" bad 0 gre-flags flags0=0x38 seq=$next
check "a recursion count" bad 0 gre-flags flags0=0x31 seq=$next
check "no key" bad 0 gre-flags flags0=0x10 seq=$next
check "a length beyond the datagram" bad 8 gre-length seq=$next ppp=ff03 len=3
check "a payload without a sequence number" bad 8 gre-length ack=1 ppp=ff03c021
check "neither payload nor acknowledgement" bad 8 gre-length pad=4
check "shorter than its own header" bad 8 gre-truncated seq=1 ack=1 cut=12 len=0
check "a call id nobody has" bad 0 no-session call=301 seq=1 ppp=ff03
stranger()
{
	local before
	before=$(stray "$B" drops.peer-addr)
	inject "$A" 10.0.0.77 10.0.0.2 spoof=1 call=300 seq=$next ppp=ff03 || return 1
	counted() { [ "$(stray "$B" drops.peer-addr)" -eq $((before + 1)) ]; }
	busywait 10 counted
}
check "a stranger with the right call id" stranger
# Right behind one in order: after a silence it would be a restart.
check "an old number" bad 8 seq-late seq=$((next += 1)) count=2 step=0 $ip4
# A session that was silent for a second believes a jump: each of these comes
# right behind a good one.  A guest that stood still between the two has believed
# it, and gets another try.
far()
{
	local step=$1 tries before resyncs

	for ((tries = 0; tries < 5; tries++)); do
		before=$(counter "$B" 8 drops.seq-far) resyncs=$(counter "$B" 8 rx-resync)
		hand seq=$((next += 1)) count=2 step="$step" $ip4 || return
		judged() { [ "$(counter "$B" 8 drops.seq-far)" -ne "$before" ] || [ "$(counter "$B" 8 rx-resync)" -ne "$resyncs" ]; }
		busywait 10 judged || return
		if [ "$(counter "$B" 8 rx-resync)" -eq "$resyncs" ]; then
			equal "$(counter "$B" 8 drops.seq-far)" $((before + 1))
			return
		fi
		next=$(((next + step) & 0xffffffff)) believed=$((believed + 1))
	done
	echo "believed each time"
	return 1
}
believed=0
check "a number 4096 ahead" far 4097
check "a number half the space ahead" far $((0x7fffffff))
check "a number far behind" far -5000
check "an empty frame" bad 8 ppp-truncated seq=$((next += 1))
check "half a protocol field" bad 8 ppp-truncated seq=$((next += 1)) ppp=ff0300
check "an even protocol field" bad 8 ppp-proto seq=$((next += 1)) ppp=ff030020
check "a compressed protocol field that was not agreed on" bad 8 ppp-proto seq=$((next += 1)) ppp=ff0321
check "a network protocol that is not open" bad 8 np-closed seq=$((next += 1)) ppp=ff030057
check "something else behind an IP protocol field" bad 8 ip-header seq=$((next += 1)) ppp=ff030021ffff
check "an IP header that is cut" bad 8 ip-header seq=$((next += 1)) ppp=ff03002145000020
check "congestion experienced outside, no ECN inside" bad 8 ecn seq=$((next += 1)) tos=3 $ip4
check "a control frame that is too long" bad 8 ctrl-too-long seq=$((next += 1)) "ppp=ff03c021$(printf '%08192d' 0)00"
# Where headers are in pages, what is read of them has to be pulled before, and is elsewhere
# then (CVE-2026-68121).  16 octets are GRE's, 4 are PPP's, 20 the inner IP's.
paged() # WORD...: good ones, cut after each of the first 41 octets
{
	local n before

	for ((n = 0; n <= 40; n++)); do
		before=$(counter "$B" 8 rx-packets)
		hand paged=va:$n seq=$((next += 1)) $ip4 "$@" || return
		arrived() { [ "$(counter "$B" 8 rx-packets)" -eq $((before + 1)) ]; }
		busywait 10 arrived || { echo "$n octets in one piece"; return 1; }
	done
}
ip -n "$A" link set va mtu 9000 && ip -n "$B" link set vb mtu 9000
check "with its headers in pages each is delivered" paged
check "and with an acknowledgement" paged ack=1
check "one for nobody is dropped" bad 0 no-session paged=va:0 call=301 seq=$next $ip4
check "one that says it is longer than it is" bad 8 gre-length paged=va:4 seq=$next ppp=ff03 len=6000
check "one whose IP header is cut" bad 8 ip-header paged=va:8 seq=$((next += 1)) ppp=ff03002145000020
ip -n "$A" link set va mtu 1500 && ip -n "$B" link set vb mtu 1500
check "after all these the session is unharmed" good
check "and has lost nothing" equal "$(counter "$B" 8 rx-lost)" 0

check "a number ahead is held" hand seq=$((next + 2)) $ip4
check "the same again is a duplicate" bad 8 seq-dup seq=$((next + 2)) $ip4
before=$(counter "$B" 8 rx-packets)
hand seq=$((next + 1)) $ip4
next=$((next + 2))
both() { [ "$(counter "$B" 8 rx-packets)" -eq $((before + 2)) ]; }
check "the missing one brings both" busywait 10 both

far=$(counter "$B" 8 drops.seq-far)
hand seq=$((next - 1000000)) count=4 $ip4
next=$((next - 1000000 + 3))
check "three consecutive numbers from afar are believed" busywait 10 eval '[ "$(counter "$B" 8 rx-resync)" -eq $((believed + 1)) ]'
check "the two before were not" equal "$(counter "$B" 8 drops.seq-far)" $((far + 2))
# Each of these is alone, until the session has been silent for long enough.
jumped() { hand seq=$((next += 1000000)) $ip4 && [ "$(counter "$B" 8 rx-resync)" -eq $((believed + 2)) ]; }
check "after a silence one in front is enough" busywait 10 jumped
check "and the session goes on there" good
check "and told" busywait 10 heard b '"type": "resync", "session-id": 8'

ctl "$B" session-set id=8 flags=+pfc-rx reorder-slots=0
before=$(counter "$B" 8 rx-packets)
hand seq=$((next += 1)) "ppp=21$(printf '4500001c0001000040110000c0a80901c0a80909000100010008%04d' 0)"
check "a compressed protocol field and no address field, once agreed" busywait 10 eval '[ "$(counter "$B" 8 rx-packets)" -eq $((before + 1)) ]'
lost=$(counter "$B" 8 rx-lost)
hand seq=$((next += 5)) $ip4
check "with no slots an early packet passes at once" busywait 10 eval '[ "$(counter "$B" 8 rx-packets)" -eq $((before + 2)) ]'
check "and what it overtook is lost" equal "$(counter "$B" 8 rx-lost)" $((lost + 4))

# --- acknowledgements --------------------------------------------------------

ctl "$B" session-set id=8 peer-window=16 ack-delay=5000
hand seq=$((next + 1)) count=8 $ip4
acked=$(counter "$B" 8 tx-acks)
hand seq=$((next + 9)) count=8 $ip4
next=$((next + 16))
check "half a window is acknowledged at once" busywait 3 eval '[ "$(counter "$B" 8 tx-acks)" -gt "$acked" ]'
ctl "$B" session-set id=8 ack-delay=50
acked=$(counter "$B" 8 tx-acks)
hand seq=$((next += 1)) $ip4
check "a single packet is acknowledged after the delay" busywait 10 eval '[ "$(counter "$B" 8 tx-acks)" -gt "$acked" ]'

# --- control frames ----------------------------------------------------------

hand seq=$((next += 1)) ppp=ff03c0210101000401
check "a control frame reaches the owner, from its protocol field on" busywait 10 heard b '"session-id": 8, "data": "c0210101000401"'
hand seq=$((next += 1)) ppp=80210101000402
check "one without address field too" busywait 10 heard b '"session-id": 8, "data": "80210101000402"'
hand seq=$((next += 1)) ppp=ff03003d1234
check "an unknown protocol goes to the owner, who rejects it" busywait 10 heard b '"session-id": 8, "data": "003d1234"'
check "the owner's frame arrives at the other end's owner" ctl "$A" frame session-id=7 data=c2230101000405
check "unchanged" busywait 10 heard b '"session-id": 7, "data": "c2230101000405"'
ctl "$B" session-set id=8 flags=+echo-reply magic=0x01020304
echoes=$(counter "$B" 8 rx-echo) sent=$(counter "$B" 8 tx-control)
hand seq=$((next += 1)) ppp=ff03c02109aa0008aabbccdd
check "an echo request is answered in the kernel" busywait 10 eval '[ "$(counter "$B" 8 rx-echo)" -eq $((echoes + 1)) ]'
check "with one frame" equal "$(counter "$B" 8 tx-control)" $((sent + 1))
hand seq=$((next += 1)) ppp=ff03c02109ab000801020304
check "one with our own magic number is the owner's business" busywait 10 heard b 'c02109ab000801020304'
# CVE-2006-4304: lengths of a kernel's own parser of LCP
for lcp in 09ac00ffaabbccdd 09ad0004 09ae0007aabbccdd 09af0000aabbccdd; do
	hand seq=$((next += 1)) "ppp=ff03c021$lcp"
	check "an echo request whose length is wrong, $lcp, is the owner's business" busywait 10 heard b "\"c021$lcp\""
done
check "and is not answered" equal "$(counter "$B" 8 rx-echo)" $((echoes + 1))
rated=$(counter "$B" 8 drops.ctrl-rate)
hand seq=$((next + 1)) count=120 ppp=ff03c0210101000401
next=$((next + 120))
check "a flood of control frames is limited" busywait 10 eval '[ "$(counter "$B" 8 drops.ctrl-rate)" -gt "$rated" ]'

# --- outer policy ------------------------------------------------------------

# What ping sends, answered or not, makes an outer packet like REGEX.
seen()
{
	local regex=$1 status
	shift

	rm -f "$TMP/cap"
	bg in_ns "$A" tcpdump -Z root -i va -U --immediate-mode -w "$TMP/cap" ip proto 47 and dst 10.0.0.2 2>"$TMP/cap.err"
	busywait 20 grep -q 'listening on' "$TMP/cap.err" || return
	in_ns "$A" ping -q -W 5 -c 1 "$@"
	in_cap() { tcpdump -nv -r "$TMP/cap" 2>/dev/null | grep -E -- "$regex"; }
	busywait 10 in_cap
	status=$?
	[ $status = 0 ] || tcpdump -nv -r "$TMP/cap" 2>/dev/null
	stop_bg "$BG_PID" INT
	return $status
}
check "TTL and TOS are set" ctl "$A" tunnel-set id=1 ttl=33 tos=0x20
check "and on the wire, whatever the inner packet has" seen '^[^(]*\(tos 0x20, ttl 33,.*flags \[none\].*proto GRE' -Q 0x48 192.168.9.2
check "an inner ECN codepoint goes outside (RFC 6040)" seen '\(tos 0x22,.* ttl 33,' -Q 0x02 192.168.9.2
check "DF is set as the inner packet has it" ctl "$A" tunnel-set id=1 df=inherit
check "set" seen 'flags \[DF\].*proto GRE' -M 'do' 192.168.9.2
check "not set" seen 'flags \[none\].*proto GRE' -M dont 192.168.9.2
check "the default comes back" ctl "$A" tunnel-set id=1 ttl=0 tos=0 df=unset
check "and is the namespace's own" seen "\\(tos 0x0, ttl $(in_ns "$A" sysctl -n net.ipv4.ip_default_ttl)," -Q 0x48 192.168.9.2
inherits()
{
	end "$A" inherit tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2 id=6 flags=+tos-inherit \
		-- session-new tunnel-id=6 id=60 local-id=600 peer-id=601 np=+ipv4 &&
	attach "$A" rt6 60 192.168.6.1 192.168.6.2
}
check "a tunnel that inherits TOS" inherits
check "copies the inner one, though nobody answers there" seen '\(tos 0x48,' -Q 0x48 -W 1 192.168.6.2
check "and another" seen '\(tos 0xb8,' -Q 0xb8 -W 1 192.168.6.2
ctl "$A" tunnel-del id=6

check "the path is told by TUNNEL_GET" equal "$(field "$A" tunnel.pmtu tunnel-get id=1)" 1500
ip -n "$A" route add 10.0.0.2 dev va mtu 1300
check "with DF set a packet that does not fit" ctl "$A" tunnel-set id=1 df=set
check_not "is not sent" pings -c 1 -M 'do' -s 1372 192.168.9.2
check "but counted" at_least "$(counter "$A" 7 drops.tx-too-big)" 1
check "its sender was told the size" eval 'ip -n "$A" route get 192.168.9.2 | grep -q "mtu 12[0-9][0-9]"'
check "the new path MTU is told" equal "$(field "$A" tunnel.pmtu tunnel-get id=1)" 1300
check "by an event too" heard a '"type": "pmtu", "tunnel-id": 1, "value": 1300'
ctl "$A" tunnel-set id=1 df=unset
check "TCP finds its way through" bulk
ip -n "$A" route del 10.0.0.2
ip -n "$A" route flush cache

ip -n "$A" route add 10.0.0.2 dev rt0
check_not "a tunnel routed into itself does not lock up" pings -c 2 -i 0.2 192.168.9.2
check "and is counted" at_least "$(counter "$A" 7 drops.tx-recursion)" 1
ip -n "$A" route del 10.0.0.2
check "and works again" pings -c 2 -i 0.2 192.168.9.2
ip -n "$A" route add unreachable 10.0.0.2
check_not "without a route to the peer nothing is sent" pings -c 1 192.168.9.2
check "which is counted" at_least "$(counter "$A" 7 drops.tx-no-route)" 1
ip -n "$A" route del unreachable 10.0.0.2
check "until there is one" pings -c 2 -i 0.2 192.168.9.2

# Two tunnels that carry each other: to the peer of the one through the other.
ip -n "$A" addr add 10.0.1.1/32 dev lo
ctl "$A" tunnel-set id=1 >/dev/null
loop()
{
	ip -n "$A" route add 10.0.1.2 dev rt0 &&
	end "$A" loop tunnel-new xport=pptp local4=10.0.1.1 remote4=10.0.1.2 id=2 \
		-- session-new tunnel-id=2 id=9 peer-id=1 np=+ipv4 &&
	attach "$A" rt9 9 192.168.8.1 192.168.8.2 &&
	ip -n "$A" route add 10.0.0.2 dev rt9
}
check "two tunnels are routed through each other" loop
bg in_ns "$A" ping -q -i 0.01 -c 100 192.168.9.2 >/dev/null
check_not "packets in the loop end somewhere" in_ns "$A" ping -q -i 0.01 -c 100 -W 1 192.168.8.2
check "as recursion" at_least "$(counter "$A" 9 drops.tx-recursion)" 1
ip -n "$A" route del 10.0.0.2 dev rt9
check "and the first works without the other" pings -c 2 -i 0.2 192.168.9.2

# --- noise --------------------------------------------------------------------

check "3000 packets of noise are sent" hand random=1 count=3000
check "they change nothing for the other session" pings -c 3 -i 0.2 192.168.9.2
check "and were dropped for many reasons" at_least "$(ctl "$B" info-get | grep -o 'gre-[a-z]*\|no-session' | sort -u | wc -l)" 3

ktap_finish
