# shellcheck shell=bash disable=SC2034,SC2086,SC2154 # variables of those who source this; words
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tunnels that are measured (cost.sh, bench.sh): ours, the kernel's own of the same kind, those
# of user space, and what else there is to compare with.  lib.sh, pair.sh and l2tp.sh come first,
# for the references and those with pppd also peers/pptpd.sh and peers/pptp_linux.sh.
#
#	+---+ 10.0.0.1     10.0.0.2 +---+
#	| A |--- va -------- vb ----| B |	MTU 1600, inside 1500
#	|   |--- va2 ------- vb2 ---|   |	10.0.1.1, .2: the second link of a bundle
#	+---+ 192.168.9.1   .2      +---+
#
#	offloads on|off		of va and vb
#	second_link		va2 and vb2, once
#	pptp, pptp_mppe, mlppp, l2tp		ours, in both ends
#	intree_pptp, intree_mppe, intree_mlppp, intree_l2tp	the kernel's
#	user_pptp		pptp-linux at A, pptpd at B; inside they are 10.8.0.2 and .1
#	reference KIND		gre, gretap, vxlan or wireguard
#	plane_down		whatever of these is up
#	busily CMD...		with something else to do: the clock of a guest that counts instructions
#				jumps to the end of every time limit while all wait for a file
#	symbols PLANE SIZE COUNT	with RTUN_PROFILE, for profile.py: what the next span of the
#				profiler is, and where functions lie

plane_pids=() spans=0

symbols()
{
	[ -n "${RTUN_PROFILE-}" ] || return 0
	[ -e /ctl/symbols ] || grep ' [tTwW] ' /proc/kallsyms | grep -v '\[' >/ctl/symbols
	{ echo "span $((spans++)) $*" && grep ' [tTwW] .*\[' /proc/kallsyms; } >>/ctl/symbols
}

busily()
{
	local pid status

	bg chrt -i 0 bash -c 'while :; do :; done'
	pid=$BG_PID
	"$@"
	status=$?
	stop_bg "$pid" KILL
	return $status
}

offloads()
{
	in_ns "$A" ethtool -K va tso $1 gso $1 gro $1 tx $1 rx $1 >/dev/null
	in_ns "$B" ethtool -K vb tso $1 gso $1 gro $1 tx $1 rx $1 >/dev/null
}

second_link()
{
	[ -e "$TMP/second" ] || { link_ns "$A" va2 10.0.1.1/24 "$B" vb2 10.0.1.2/24 &&
		ip -n "$A" link set va2 mtu 1600 && ip -n "$B" link set vb2 mtu 1600 && touch "$TMP/second" &&
		in_ns "$A" ping -qc 1 10.0.1.2 >/dev/null; }
}

# --- ours -----------------------------------------------------------------------

# What the daemon says of a peer that is an rtun as well
ours=flags=+peer-offload

pptp()
{
	local n ns

	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		ctl "$ns" tunnel-new xport=pptp local4=10.0.0.$n remote4=10.0.0.$((3 - n)) id=1 &&
		ctl "$ns" session-new tunnel-id=1 id=7 local-id=$((100 * n)) peer-id=$((300 - 100 * n)) np=+ipv4 $ours &&
		ctl "$ns" link-add name=rt0 session=7 die &&
		ip -n "$ns" addr add 192.168.9.$n peer 192.168.9.$((3 - n)) dev rt0 &&
		ip -n "$ns" link set rt0 mtu 1500 up || return
	done
}

# What is sent with one key is received with it.
pptp_mppe() # MODE
{
	local a=128:00112233445566778899aabbccddeeff$1 b=128:ffeeddccbbaa99887766554433221100$1

	pptp &&
	ctl "$A" session-set id=7 mppe-rx=$b && ctl "$B" session-set id=7 mppe-rx=$a &&
	ctl "$A" session-set id=7 mppe-tx=$a && ctl "$B" session-set id=7 mppe-tx=$b
}

# A bundle of so many links over PPTP; the second one has a veth pair of its own.
mlppp() # LINKS [WORD...]
{
	local links=$1 n ns i
	shift

	second_link || return
	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		ctl "$ns" tunnel-new xport=mlppp id=100 && ctl "$ns" session-new tunnel-id=100 id=7 np=+ipv4 "$@" || return
		for ((i = 0; i < links; i++)); do
			ctl "$ns" tunnel-new xport=pptp local4=10.0.$i.$n remote4=10.0.$i.$((3 - n)) id=$((i + 1)) &&
			ctl "$ns" session-new tunnel-id=$((i + 1)) id=$((10 + i)) local-id=$((100 * n + i)) \
				peer-id=$((300 - 100 * n + i)) $ours && ctl "$ns" session-set id=$((10 + i)) bundle=7 || return
		done
		ctl "$ns" link-add name=rt0 session=7 die && ip -n "$ns" link set rt0 mtu 1500 up &&
		ip -n "$ns" addr add 192.168.9.$n peer 192.168.9.$((3 - n)) dev rt0 || return
	done
}

l2tp()
{
	l2_pair "$@" && ip -n "$A" link set rt0 mtu 1500 && ip -n "$B" link set rt0 mtu 1500
}

# --- the kernel's -----------------------------------------------------------------

intree_end() # NS ENCAP N [SESSION-WORD...]
{
	local ns=$1 encap=$2 n=$3 other=$((3 - $3)) ports=''
	shift 3

	[ "$encap" = ip ] || ports="udp_sport 1701 udp_dport 1701 udp_csum on"
	ip -n "$ns" l2tp add tunnel tunnel_id $n peer_tunnel_id $other encap "$encap" \
		local 10.0.0.$n remote 10.0.0.$other $ports &&
	ip -n "$ns" l2tp add session name l2e0 tunnel_id $n session_id $n peer_session_id $other "$@" &&
	ip -n "$ns" link set l2e0 mtu 1500 up && ip -n "$ns" addr add 192.168.9.$n/24 dev l2e0
}

intree_l2tp() # ENCAP [SESSION-WORD...]
{
	local encap=$1
	shift

	intree_end "$A" "$encap" 1 "$@" && intree_end "$B" "$encap" 2 "$@"
}

# PPP units without negotiation, which cost what negotiated ones do.
intree_units() # OPTIONS CHANNELS-OF-A CHANNELS-OF-B
{
	local n ns channels unit

	for n in 1 2; do
		[ $n = 1 ] && ns=$A channels=$2 || ns=$B channels=$3
		rm -f "$TMP/units$n"
		bg in_ns "$ns" "$GEN/intree_ppp" $1 $channels >"$TMP/units$n" 2>&1
		plane_pids+=("$BG_PID")
		busywait 20 grep -q ready "$TMP/units$n" || { cat "$TMP/units$n"; return 1; }
		unit=$(sed -n 's/^unit //p' "$TMP/units$n")
		ip -n "$ns" addr add 192.168.9.$n peer 192.168.9.$((3 - n)) dev "$unit" &&
		ip -n "$ns" link set "$unit" mtu 1500 up || return
	done
}

# A kernel's call ids are one space: the two ends have different ones.
intree_pptp()
{
	intree_units '' 10.0.0.1,10.0.0.2,101,201 10.0.0.2,10.0.0.1,201,101
}

intree_mlppp() # LINKS
{
	local second_a='' second_b=''

	second_link || return
	[ "$1" = 1 ] || second_a=10.0.1.1,10.0.1.2,102,202 second_b=10.0.1.2,10.0.1.1,202,102
	intree_units "-m -M 1500" "10.0.0.1,10.0.0.2,101,201 $second_a" "10.0.0.2,10.0.0.1,201,101 $second_b"
}

# Keys come of a password: a pppd at each end.
intree_mppe() # [OPTION...]
{
	local n ns calls words

	modprobe -q ppp_mppe
	mkdir -p "$TMP/ppp"
	printf '* * secret *\n' >"$TMP/ppp/chap-secrets"
	chmod 600 "$TMP/ppp/chap-secrets"
	: >"$TMP/ppp/options"
	for n in 2 1; do
		[ $n = 1 ] && ns=$A calls=101,201 words="noauth user jack password secret" ||
			ns=$B calls=201,101 words="name server auth require-mschap-v2 192.168.9.2:192.168.9.1"
		# ip netns exec gives each command mounts of its own.
		# shellcheck disable=SC2016 # the inner shell expands these
		bg in_ns "$ns" sh -c 'mount --bind "$1/ppp" /etc/ppp && shift && exec pppd "$@"' sh "$TMP" \
			plugin "$GEN/intree_pptp.so" intree_pptp "10.0.0.$n,10.0.0.$((3 - n)),$calls" \
			nodetach $words require-mppe-128 "$@" mtu 1500 mru 1500 novj nobsdcomp nodeflate noipv6 \
			nodefaultroute lcp-echo-interval 0 nologfd >"$TMP/pppd$n.log" 2>&1
		plane_pids+=("$BG_PID")
	done
	busywait 30 eval 'ip -n "$A" -o addr show | grep -q "peer 192.168.9.2"' >/dev/null ||
		{ tail -n 20 "$TMP"/pppd[12].log; return 1; }
}

# --- user space -------------------------------------------------------------------

user_pptp() # [require-mppe-128]
{
	pptpd_start "$B" 10.0.0.2 mschapv2 mtu 1500 mru 1500 "$@" || return
	user_up=1
	pptp_dial "$A" 10.0.0.2 mschapv2 jack "$PPTPD_PASSWORD" mtu 1500 mru 1500 "$@"
	busywait 30 pptp_up || { pptp_show; return 1; }
}

# --- others ------------------------------------------------------------------------

reference() # KIND
{
	local n ns to

	[ "$1" != wireguard ] || (umask 077 && wg genkey >"$TMP/wg1" && wg genkey >"$TMP/wg2") || return
	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		to="local 10.0.0.$n remote 10.0.0.$((3 - n))"
		case $1 in
		vxlan) to="id 7 $to dstport 4789";;
		wireguard) to='';;
		esac
		ip -n "$ns" link add ref0 type $1 $to || return
		[ "$1" != wireguard ] || in_ns "$ns" wg set ref0 listen-port 5555 private-key "$TMP/wg$n" \
			peer "$(wg pubkey <"$TMP/wg$((3 - n))")" endpoint 10.0.0.$((3 - n)):5555 \
			allowed-ips 0.0.0.0/0 || return
		ip -n "$ns" addr add 192.168.9.$n/24 dev ref0 && ip -n "$ns" link set ref0 mtu 1500 up || return
	done
}

plane_down()
{
	local pid ns n

	for pid in "${plane_pids[@]}"; do
		stop_bg "$pid"
	done
	plane_pids=()
	if [ -n "${user_up-}" ]; then
		pptp_hangup
		busywait 10 pptp_down >/dev/null
		pptpd_stop >/dev/null
		user_up=''
	fi
	for n in 1 2; do
		[ $n = 1 ] && ns=$A || ns=$B
		[ -z "${ctl_in[$ns]-}" ] || [ ! -d /sys/module/rtun ] || ctl "$ns" flush
		! ip -n "$ns" link show l2e0 >/dev/null 2>&1 || ip -n "$ns" l2tp del tunnel tunnel_id $n
		ip -n "$ns" link del ref0 2>/dev/null
	done
	return 0
}
