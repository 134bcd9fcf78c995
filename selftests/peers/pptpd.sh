# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's pptpd and pppd as a PPTP server in a namespace; sourced after lib.sh.
#
#	pptpd_start NS ADDRESS AUTH [PPPD-OPTION...]
#			listens on ADDRESS; AUTH is pap, chap, mschap or mschapv2.
#			Users: jack, password "jack's pass"; jill, password jill-pass.
#			Inside: 10.8.0.1 here, 10.8.0.2 and up at the clients, name
#			servers 10.8.0.53 and 10.8.0.54, MTU 1450.  CCP, and
#			with it encryption, only with an option require-mppe*.
#	pptpd_stop	all of it, gone when this returns
#	pptpd_kill NAME	kill -9 what is called so: pptpd, pptpctrl or pppd
#	pptpd_freeze, pptpd_thaw
#			SIGSTOP and SIGCONT to all of it
#	pptpd_listens, pptpd_serves N
#			true when it does; when it has N connections
#
# The logs are in PPTPD_LOG (pptpd, pptpctrl) and PPPD_LOG (pppd, every packet).
# Its configuration is in TMP; the files of /etc/ppp are bound over with private
# ones for these processes only.

PPTPD_NS='' PPTPD_DIR='' PPTPD_LOG='' PPPD_LOG=''
PPTPD_PASSWORD="jack's pass"

pptpd_auth_options()
{
	case $1 in
	pap) echo require-pap refuse-chap refuse-mschap refuse-mschap-v2;;
	chap) echo refuse-pap require-chap refuse-mschap refuse-mschap-v2;;
	mschap) echo refuse-pap refuse-chap require-mschap refuse-mschap-v2;;
	mschapv2) echo refuse-pap refuse-chap refuse-mschap require-mschap-v2;;
	*) echo "pptpd.sh: no method $1" >&2; return 1;;
	esac
}

pptpd_start()
{
	local ns=$1 address=$2 auth=$3 dir=$TMP/pptpd option ccp=noccp
	shift 3

	for option; do
		case $option in
		require-mppe*) ccp=; modprobe -q ppp_mppe;;
		esac
	done
	PPTPD_NS=$ns PPTPD_DIR=$dir PPTPD_LOG=$dir/pptpd.log PPPD_LOG=$dir/pppd.log
	mkdir -p "$dir/ppp"
	# what another configuration led to is no business of this one
	rm -f "$PPPD_LOG"
	cat > "$dir/pptpd.conf" <<-EOT
		option $dir/options
		speed 115200
		listen $address
		connections 20
		localip 10.8.0.1
		remoteip 10.8.0.2-40
		debug
	EOT
	{
		cat <<-EOT
			name server
			auth
			nodefaultroute
			noipx
			$ccp
			nobsdcomp
			nodeflate
			novj
			novjccomp
			mtu 1450
			mru 1450
			ms-dns 10.8.0.53
			ms-dns 10.8.0.54
			lcp-echo-interval 0
			nolock
			nologfd
			logfile $PPPD_LOG
			debug
		EOT
		# shellcheck disable=SC2046 # an option a line
		printf '%s\n' $(pptpd_auth_options "$auth")
		for option; do
			echo "$option"
		done
	} > "$dir/options"
	: > "$dir/ppp/options"
	# user server secret addresses
	printf 'jack server "%s" *\njill server jill-pass *\n' "$PPTPD_PASSWORD" > "$dir/ppp/chap-secrets"
	cp "$dir/ppp/chap-secrets" "$dir/ppp/pap-secrets"
	chmod 600 "$dir"/ppp/*-secrets
	modprobe -q ppp_async
	[ -c /dev/ppp ] || mknod /dev/ppp c 108 0
	pptpd_launch
}

# Again with the same configuration after pptpd_stop.
pptpd_launch()
{
	# ip netns exec gives each command mounts of its own.
	# shellcheck disable=SC2016 # the inner shell expands these
	bg in_ns "$PPTPD_NS" sh -c 'mount --bind "$1/ppp" /etc/ppp && exec pptpd -f -c "$1/pptpd.conf" -p "$1/pid" >> "$1/pptpd.log" 2>&1' \
		sh "$PPTPD_DIR"
	PPTPD_PID=$BG_PID
	if ! busywait 30 pptpd_listens; then
		ktap_say "pptpd does not listen: $(cat "$PPTPD_LOG")"
		return 1
	fi
}

# Port 1723 in the listening state
pptpd_listens()
{
	in_ns "$PPTPD_NS" grep -q ':06BB 00000000:0000 0A' /proc/net/tcp
}

pptpd_pids()
{
	local pid comm

	for pid in $(ip netns pids "$PPTPD_NS"); do
		comm=$(cat "/proc/$pid/comm" 2>/dev/null)
		case $comm in
		pptpd|pptpctrl|pppd) [ "$comm" != "${1:-$comm}" ] || echo "$pid";;
		esac
	done
}

pptpd_serves()
{
	[ "$(pptpd_pids pptpctrl | wc -l)" -eq "$1" ]
}

pptpd_signal()
{
	local signal=$1 pids
	shift

	pids=$(pptpd_pids "$@")
	# shellcheck disable=SC2086 # one word a process
	[ -z "$pids" ] || kill "-$signal" $pids 2>/dev/null
}

pptpd_kill() { pptpd_signal KILL "$1"; }
pptpd_freeze() { pptpd_signal STOP; }
pptpd_thaw() { pptpd_signal CONT; }

pptpd_gone()
{
	[ -z "$(pptpd_pids)" ]
}

pptpd_stop()
{
	pptpd_thaw
	stop_bg "$PPTPD_PID"
	pptpd_signal TERM
	busywait 10 pptpd_gone || pptpd_signal KILL
	busywait 5 pptpd_gone
}
