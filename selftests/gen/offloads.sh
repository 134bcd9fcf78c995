# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2086 # eval; variables of those who source this; words
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets that are many (GSO, GRO) through the tunnel, with each kind of offload on and
# off below it and on its device, for the selftests: what arrives is what was sent, octet for
# octet, and is counted as what is on the wire.  lib.sh, pair.sh and l2tp.sh come first.
#
#	C --- ca ac --- A rt0 192.168.9.1 ===== rt0 192.168.9.2 B --- bd db --- D
#	 192.168.1.2       va 10.0.0.1, fd00::1 --- vb 10.0.0.2         192.168.2.2
#
#	offload_hosts			the four of them
#	udp, ip115, v3ppp, v2, pptp, mppe WORD...	two ends of that come up; the words are for session-new
#	all_offloads FAM WHOLE JOINED UP WORD...	a tunnel that UP and the words make carries all
#				there is.  WHOLE: "big" if what is sent many at a time arrives so,
#				else "not_big"; JOINED: what is received one by one becomes so
#	carries FROM TO ADDRESS [OCTETS]	a stream of TCP
#	datagrams FROM TO ADDRESS SIZE N	of UDP, N at a time
#	look NS DEV, then big or not_big	is something larger than the link's packets there?
#	tunnels_cut on|off, joins on|off	whether A's end of the link takes them whole, and
#				whether B's end joins them
#	fine				nothing was dropped or lost

octets=500000
case $(uname -r) in *uml*) octets=200000;; esac # its kernel checks each memory access
offload_hosts()
{
	XPORT=udp FAM=4
	l2_hosts 1600 && new_ns C c && new_ns D d &&
	link_ns "$C" ca 192.168.1.2/24 "$A" ac 192.168.1.1/24 &&
	link_ns "$B" bd 192.168.2.1/24 "$D" db 192.168.2.2/24 &&
	ip -n "$C" route add default via 192.168.1.1 && ip -n "$D" route add default via 192.168.2.1 &&
	in_ns "$A" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 &&
	in_ns "$B" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 &&
	ctl "$A" owner-bind name=x && ctl "$B" owner-bind name=x
}

# TCP sockets of this machine whose memory is not given back
sockets() { awk '/^TCP:/ { print $9 }' /proc/net/sockstat; }
sockets_before=$(sockets)
none_left() { at_most "$(sockets)" "$sockets_before"; }
at_most() { [ "$1" -le "$2" ] || { echo "$1, expected $2 at most"; return 1; }; }

# All by one processor: what two of them queue at a veth pair arrives in disorder.
stream() { in_ns "$1" taskset -c 0 "$GEN/stream" "${@:2}"; }
listen() # NS KIND ADDRESS
{
	: >"$TMP/got"
	bg in_ns "$1" taskset -c 0 "$GEN/stream" "$2" "$3" 7000 >"$TMP/got"
	LISTENER=$BG_PID
	busywait 20 grep -q ready "$TMP/got"
}
got() { busywait 60 lib_gone "$LISTENER" && grep -q "got $*" "$TMP/got" && return; echo "wanted: $*"; cat "$TMP/got"; return 1; }
carries() # FROM TO ADDRESS [OCTETS]
{
	local sent

	listen "$2" recv "$3" && sent=$(stream "$1" send "$3" 7000 "${4:-$octets}") || return
	got ${sent#sent }
}
datagrams() # FROM TO ADDRESS SIZE SEGMENTS
{
	listen "$2" recv-udp "$3" && stream "$1" send-udp "$3" 7000 400 "$4" "$5" && got 400
}

# Are there packets on the link that are larger than it carries?
look() # NS DEV
{
	rm -f "$TMP/big"
	bg in_ns "$1" tcpdump -Z root -i "$2" -U --immediate-mode -c 1 -w "$TMP/big" greater 3000 2>"$TMP/big.err"
	LOOKER=$BG_PID
	busywait 20 grep -q 'listening on' "$TMP/big.err"
}
big() { busywait 10 lib_gone "$LOOKER"; }
not_big() { ! lib_gone "$LOOKER" && stop_bg "$LOOKER" INT; }

# A veth pair joins what it receives only if its other end has no TSO.
joins() { if [ $1 = on ]; then below B vb gro on && below A va tso off; else below B vb gro off && below A va tso on; fi; }
below() { in_ns "${!1}" ethtool -K "$2" "${@:3}" >/dev/null; }
lists_cut() { below A va tx-gso-list $1; }
tunnels_cut() { lists_cut $1 && below A va tx-udp_tnl-segmentation $1 tx-udp_tnl-csum-segmentation $1; }

# Each packet of the wire is counted, not each that was handed over.
numbers() { echo "$(counter "$A" 7 tx-packets) $(counter "$B" 7 rx-packets) $(counter "$A" 7 tx-bytes) $(counter "$B" 7 rx-bytes)"; }
# ... while nothing is under way: devices that are new ask for routers
counts()
{
	local last='' now

	for _ in {1..20}; do
		now=$(numbers)
		[ "$now" != "$last" ] || break
		last=$now
		sleep 0.1
	done
	echo "$now"
}
counted() # BEFORE OCTETS [lossy]: the link may lose some, and TCP sends them again
{
	local before now tx rx tx_octets rx_octets

	read -ra before <<<"$1"
	read -ra now <<<"$(counts)"
	tx=$((now[0] - before[0])) rx=$((now[1] - before[1]))
	tx_octets=$((now[2] - before[2])) rx_octets=$((now[3] - before[3]))
	echo "sent $tx packets of $tx_octets octets, received $rx of $rx_octets"
	if [ -n "${3-}" ]; then
		[ $tx -ge $rx ] && [ $tx_octets -ge $rx_octets ]
	else
		[ $tx = $rx ] && [ $tx_octets = $rx_octets ]
	fi && [ $rx -ge $(($2 / 1460)) ] && [ $rx_octets -ge $(($2 + rx * 40)) ]
}
# ... by the device as well
packets() { in_ns "${!1}" cat "/sys/class/net/$2/statistics/$3_packets"; } # A|B DEV tx|rx
dev_counted() { equal "$(packets "$1" rt0 tx) $(packets "$1" rt0 rx)" \
	"$(counter "${!1}" 7 tx-packets) $(counter "${!1}" 7 rx-packets)"; }

end() # A|B XPORT "TUNNEL-WORD..." WORD...: PPP over it
{
	local end=$1 ns=${!1} own=${l2_num[$1]} far other
	other=$(l2_other "$1") far=${l2_num[$other]}

	ctl "$ns" tunnel-new "xport=$2" "local$FAM=$(l2_addr "$end")" "remote$FAM=$(l2_addr "$other")" id=1 $3 &&
	ctl "$ns" session-new tunnel-id=1 id=7 local-id=$((100 * own)) peer-id=$((100 * far)) np=+ipv4,+ipv6 "${@:4}" &&
	ctl "$ns" link-add name=rt0 session=7 die && ip -n "$ns" link set rt0 mtu 1500 up &&
	ip -n "$ns" addr add 192.168.9.$own/24 dev rt0 && ip -n "$ns" addr add fd09::$own/64 dev rt0 nodad
}
v2() { end A l2tpv2 "local-id=11 peer-id=12" "$@" && end B l2tpv2 "local-id=12 peer-id=11" "$@"; }
v3ppp() { end A l2tpv3-udp "" pw-type=ppp "$@" && end B l2tpv3-udp "" pw-type=ppp "$@"; }
pptp() { end A pptp "" "$@" && end B pptp "" "$@"; }
mppe()
{
	local key_a=128:00112233445566778899aabbccddeeff key_b=128:ffeeddccbbaa99887766554433221100

	pptp "$@" &&
	ctl "$A" session-set id=7 mppe-rx=$key_b && ctl "$B" session-set id=7 mppe-rx=$key_a &&
	ctl "$A" session-set id=7 mppe-tx=$key_a && ctl "$B" session-set id=7 mppe-tx=$key_b
}
v3() { l2_pair "$@" && ip -n "$A" link set rt0 mtu 1500 && ip -n "$B" link set rt0 mtu 1500; }
udp() { XPORT=udp; v3 "$@"; }
ip115() { XPORT=ip; v3 "$@"; }
fine() { quiet "$A" 7 && quiet "$B" 7 && busywait 10 dev_counted A && busywait 10 dev_counted B; }

all_offloads()
{
	local whole=$2 joined=$3 up=$4 words df before name sender
	FAM=$1
	shift 4
	words=$*

	name="$up, IPv$FAM, ${words:-plain}"
	check "$name: two ends come up" $up $words
	check "$name: they hear each other" busywait 20 pings -c 1 192.168.9.2

	look "$B" vb
	before=$(counts)
	check "$name: a stream of TCP" carries "$A" "$B" 192.168.9.2
	check "$name: in packets that are$([ $whole = big ] || echo ' not') many" $whole
	check "$name: each of the wire is counted" counted "$before" "$octets"
	check "$name: the other way" carries "$B" "$A" 192.168.9.1
	check "$name: of IPv6" carries "$A" "$B" fd09::2
	check "$name: datagrams, 40 at a time" datagrams "$A" "$B" 192.168.9.2 1200 40
	check "$name: of IPv6" datagrams "$A" "$B" fd09::2 1111 40
	check "$name: fragments inside" pings -s 8000 192.168.9.2

	check "$name: below it the tunnel is cut" tunnels_cut off
	look "$B" vb
	check "$name: a stream of TCP" carries "$A" "$B" 192.168.9.2
	check "$name: in packets of the wire" not_big
	check "$name: of IPv6" carries "$A" "$B" fd09::2
	check "$name: datagrams, 40 at a time" datagrams "$A" "$B" 192.168.9.2 1200 40
	check "$name: who receives joins them" joins on
	look "$B" vb
	before=$(counts)
	check "$name: a stream of TCP" carries "$A" "$B" 192.168.9.2
	check "$name: is$([ $joined = big ] || echo ' not') joined before IP has it" $joined
	# a veth pair has 256 places for what it is to join
	check "$name: each of the wire is counted" counted "$before" "$octets" lossy
	check "$name: of IPv6" carries "$A" "$B" fd09::2
	check "$name: datagrams" datagrams "$A" "$B" 192.168.9.2 1200 40
	check "$name: fragments inside" pings -s 8000 192.168.9.2
	check "$name: nothing was dropped or lost" fine

	check "$name: nothing is offloaded below" eval 'joins off && below A va tx off sg off tso off gso off'
	check "$name: a stream of TCP" carries "$A" "$B" 192.168.9.2
	check "$name: of IPv6" carries "$A" "$B" fd09::2
	check "$name: datagrams, 40 at a time" datagrams "$A" "$B" 192.168.9.2 1200 40
	check "$name: nor on the tunnel's device" eval 'below A rt0 tx off sg off tso off gso off && below B rt0 gro off'
	check "$name: a stream of TCP" carries "$A" "$B" 192.168.9.2
	check "$name: all is offloaded again" eval 'below A va tx on sg on tso on gso on && tunnels_cut on &&
		below A rt0 tx on sg on tso on gso on && below B rt0 gro on'

	check "$name: routes to the hosts behind" eval 'ip -n "$A" route add 192.168.2.0/24 via 192.168.9.2 &&
		ip -n "$B" route add 192.168.1.0/24 via 192.168.9.1'
	look "$B" vb
	check "$name: a stream that is forwarded" carries "$C" "$D" 192.168.2.2
	check "$name: in packets that are$([ $whole = big ] || echo ' not') many" $whole
	check "$name: the other way" carries "$D" "$C" 192.168.1.2
	check "$name: datagrams that are forwarded, 40 at a time" datagrams "$C" "$D" 192.168.2.2 1200 40

	# The path shrinks under a stream: it is fragmented outside, then with DF its sender is told.
	for df in unset set; do
		check "$name: df $df" eval 'ctl "$A" tunnel-set id=1 df='$df' && ctl "$B" tunnel-set id=1 df='$df
		listen "$B" recv 192.168.9.2
		bg stream "$A" send 192.168.9.2 7000 $((octets * 2)) >"$TMP/sent"
		sender=$BG_PID
		busywait 20 eval '[ "$(counter "$B" 7 rx-bytes)" -gt 0 ]'
		ip -n "$A" link set va mtu 1400 && ip -n "$B" link set vb mtu 1400
		check "$name: the path shrinks under a stream, which arrives" eval 'busywait 60 lib_gone "$sender" && got $(sed "s/sent //" "$TMP/sent")'
		check "$name: so does another one" carries "$A" "$B" 192.168.9.2
		ip -n "$A" link set va mtu 1600 && ip -n "$B" link set vb mtu 1600
		ip -n "$A" route flush cache
	done
	case $up$words in
	pptp* | mppe* | *+seq-rx*)
		# some overtake others that are many: they are put in order, one by one
		before=$(counter "$B" 7 rx-buffered)
		check "$name: the link reorders" in_ns "$A" tc qdisc add dev va root netem delay 2ms reorder 60%
		check "$name: a stream of TCP" carries "$A" "$B" 192.168.9.2
		check "$name: its packets had to be put in order" at_most $((before + 1)) "$(counter "$B" 7 rx-buffered)"
		in_ns "$A" tc qdisc del dev va root
		;;
	esac
	check "$name: it is taken down" l2_down
	check "$name: all memory of sockets is given back" busywait 20 none_left
}
