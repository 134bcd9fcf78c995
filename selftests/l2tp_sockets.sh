#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The UDP sockets that tunnels of one address share, and the one that is connected to
# the peer of one of them: whose it is, that nobody else gets the port, and that no
# packet is lost when tunnels come and go.
#
#	A va 10.0.0.1, fd00::1 -------- vb 10.0.0.2, fd00::2 B
#	  rt0 192.168.9.1   tunnel 1, session 7   rt0 192.168.9.2
#	  rt1 192.168.10.1  tunnel 2, session 8   rt1 192.168.10.2
#
# Tunnel 2 has the ports of tunnel 1, or one of its own at A's end.

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip ping python3 ss
need_module rtun

STREAM=1000 ROUNDS=15
[ -z "${RTUN_SMALL-}" ] || STREAM=300 ROUNDS=4

XPORT=udp FAM=4
check "two hosts with a link are there" l2_hosts

users() { cat /sys/module/rtun/refcnt; }
no_users() { [ "$(users)" = 0 ]; }

# The peers of B's connected sockets, as "10.0.0.1:1701", one a line
connected() { in_ns "$B" ss -Huan state established 'sport = 1701' | awk '{ print $NF }'; }
at() { if [ "$FAM" = 4 ]; then echo "10.0.0.$1:$2"; else echo "[fd00::$1]:$2"; fi; }
connected_to() { equal "$(connected)" "$1"; }

# tunnel2 [PORT]: tunnel 2, from that port of A's
tunnel2()
{
	l2_tunnel A 2 ${1:+local-port=$1} && l2_tunnel B 2 ${1:+peer-port=$1} || return
	local end
	for end in A B; do
		ctl "${!end}" session-new tunnel-id=2 id=8 local-id="$(l2_id $end 8)" \
			peer-id="$(l2_id "$(l2_other $end)" 8)" &&
		l2_device $end rt1 8 mtu=1400 &&
		ip -n "${!end}" addr add "192.168.10.${l2_num[$end]}/24" dev rt1 || return
	done
}
no_tunnel2() { ctl "$A" tunnel-del id=2 && ctl "$B" tunnel-del id=2; }

# Numbered datagrams from A to B's ADDRESS while CMD runs; none must be lost.
nothing_lost()
{
	local addr=$1 recv send
	shift

	bg in_ns "$B" "$SELFTESTS/gen/numbered.py" recv "$addr" 7000 >"$TMP/numbers"
	recv=$BG_PID
	busywait 20 grep -q ready "$TMP/numbers" || return
	bg in_ns "$A" "$SELFTESTS/gen/numbered.py" send "$addr" 7000 count="$STREAM" gap=1000
	send=$BG_PID
	"$@" || return
	busywait 60 lib_gone "$send" && busywait 20 lib_gone "$recv" && cat "$TMP/numbers" &&
	grep -q '"lost": 0, "twice": 0' "$TMP/numbers"
}
# Tunnel 1 or 2 of B, without a session, goes and comes while there are packets
come_and_go()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		l2_tunnel B "$@" >/dev/null && ctl "$B" tunnel-del id="$1" || return
	done
}

# Tries in B to get the port, by any option, until there is a file
thief()
{
	in_ns "$B" python3 -c '
import os, socket, sys
addr, stop, tries = sys.argv[1], sys.argv[2], 0
v6 = ":" in addr
while not tries or not os.path.exists(stop):
    for options in (), (2,), (15,), (2, 15):    # SO_REUSEADDR, SO_REUSEPORT
        for to in addr, "::" if v6 else "0.0.0.0":
            s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
            for option in options:
                s.setsockopt(socket.SOL_SOCKET, option, 1)
            tries += 1
            try:
                s.bind((to, 1701))
            except OSError:
                s.close()
            else:
                sys.exit(f"bound to {to} with {options} at try {tries}")
print("tried", tries)' "$(l2_addr B)" "$TMP/stop"
}
thief_and_rounds()
{
	rm -f "$TMP/stop" "$TMP/thief"
	{ thief >"$TMP/thief" 2>&1; echo "status $?" >>"$TMP/thief"; } &
	come_and_go "$@"
	local status=$?
	touch "$TMP/stop"
	busywait 20 heard thief status && cat "$TMP/thief" && heard thief 'status 0' || return
	return $status
}

# From A with what session 7 of B awaits
hand() { ctl "$A" l2tp "$(l2_addr A)" "$(l2_addr B)" session="$(l2_id B 7)" eth=02:00:00:00:00:55,ff "$@"; }
counts()
{
	local what=$1 before
	shift

	before=$(counter "$B" 7 "$what")
	"$@" && busywait 10 eval '[ "$(counter "$B" 7 '"$what"')" -gt '"$before"' ]'
}

one_tunnel()
{
	check "$1: two ends come up" l2_pair
	check "$1: B has a socket that is connected to its peer" connected_to "$(at 1 1701)"
	check "$1: packets pass" pings 192.168.9.2
	check "$1: many of them" nothing_lost 192.168.9.2 true
	check "$1: a stranger's port is counted" counts drops.peer-addr hand sport=1702
	check "$1: nobody else gets the port" eval 'touch "$TMP/stop" && thief'
	check "$1: a peer that may float" ctl "$B" tunnel-set id=1 flags=+peer-float
	check "$1: is heard from another port" counts rx-packets hand sport=1702
	check "$1: and from its own" pings 192.168.9.2
	check "$1: and no longer" eval 'ctl "$B" tunnel-set id=1 flags=-peer-float && counts drops.peer-addr hand sport=1702'

	check "$1: A's tunnel goes" ctl "$A" tunnel-del id=1
	in_ns "$B" ping -q -c 3 -i 0.1 -W 1 192.168.9.1 >/dev/null
	check "$1: B is told by ICMP that nobody listens" eval 'in_ns "$A" nstat -az UdpNoPorts Udp6NoPorts | grep -q "NoPorts *[1-9]"'
	check "$1: A's tunnel comes again" again_a
	check "$1: and packets pass" busywait 10 pings 192.168.9.2

	# What the socket knows of the route must not outlive the address.
	check "$1: B's address goes" ip -n "$B" addr del "$(l2_addr B)/$plen" dev vb
	check_not "$1: nothing is received" pings -W 1 192.168.9.2
	check "$1: it comes again" ip -n "$B" addr add "$(l2_addr B)/$plen" dev vb $nodad
	check "$1: and packets pass" busywait 10 pings 192.168.9.2
	l2_down >/dev/null
	check "$1: no socket is left" eval '[ -z "$(in_ns "$B" ss -Huan "sport = 1701")" ]'
}
again_a()
{
	l2_tunnel A 1 && l2_session A 7 && l2_device A rt0 7 mtu=1400 &&
	ip -n "$A" addr add 192.168.9.1/24 dev rt0
}

whose()
{
	l2_tun[B]=flags=+peer-float
	check "$1: a peer that may float has no connected socket" eval 'l2_pair && connected_to ""'
	l2_down >/dev/null
	check "$1: nor has a tunnel of all addresses" \
		eval 'ctl "$B" tunnel-new xport=l2tpv3-udp remote$FAM="$(l2_addr A)" id=1 && connected_to "" && ctl "$B" tunnel-del id=1'
	check "$1: one without a route has" \
		eval 'ctl "$B" tunnel-new xport=l2tpv3-udp local$FAM="$(l2_addr B)" remote$FAM="$far" id=1 && [ -n "$(connected)" ]'
	check "$1: a second tunnel has none" eval 'l2_tunnel B 2 && [ "$(connected | wc -l)" = 1 ]'
	check "$1: nor when the first one goes" eval 'ctl "$B" tunnel-del id=1 && connected_to ""'
	check "$1: the next one has" eval 'l2_tunnel B 1 && connected_to "$(at 1 1701)"'
	check "$1: it goes last" eval 'ctl "$B" tunnel-del id=2 && connected_to "$(at 1 1701)" && ctl "$B" tunnel-del id=1 && connected_to ""'
}

# two_tunnels NAME [PORT]
two_tunnels()
{
	local name=$1 port=${2-}

	check "$name: two tunnels come up" eval 'l2_pair && tunnel2 '"$port"
	check "$name: the connected socket is the first one's" connected_to "$(at 1 1701)"
	check "$name: packets pass in both" eval 'pings 192.168.9.2 && pings 192.168.10.2'
	check "$name: the first one loses nothing while another comes and goes" \
		nothing_lost 192.168.9.2 come_and_go 3 ${port:+peer-port=$port}
	check "$name: the second one loses nothing when the first one goes" nothing_lost 192.168.10.2 ctl "$B" tunnel-del id=1
	check "$name: which takes its connected socket along" connected_to ""
	check "$name: nor while that comes and goes" nothing_lost 192.168.10.2 come_and_go 1
	check "$name: nobody else gets the port meanwhile" thief_and_rounds 1
	ctl "$A" tunnel-del id=1
	no_tunnel2 >/dev/null
}

for FAM in 4 6; do
	if [ $FAM = 4 ]; then
		plen=24 nodad='' far=10.77.0.1
	else
		plen=64 nodad=nodad far=fd77::1
	fi
	one_tunnel "$(l2_name)"
	whose "$(l2_name)"
	two_tunnels "$(l2_name), other ports" 1702
	two_tunnels "$(l2_name), the same ports"
done

# --- what they hold -------------------------------------------------------------

for FAM in 4 6; do
	check "$(l2_name): two ends come up" l2_pair
	check "$(l2_name): packets pass" pings 192.168.9.2
	check "$(l2_name): the device goes under the tunnel" timeout 5 ip -n "$B" link del vb
	check "$(l2_name): and the tunnel then" l2_down
	check "$(l2_name): a link again" eval 'link_ns "$A" va 10.0.0.1/24 "$B" vb 10.0.0.2/24 &&
		ip -n "$A" addr add fd00::1/64 dev va nodad && ip -n "$B" addr add fd00::2/64 dev vb nodad'
done
check "nothing is left" busywait 15 no_users

ktap_finish
