# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's pptp-linux and pppd as a PPTP client in a namespace; sourced after lib.sh.
#
#	pptp_dial NS SERVER METHOD USER PASSWORD [PPPD-OPTION...]
#			calls once; METHOD is pap, chap, mschap or mschapv2, which
#			is all that it agrees to.  CCP, and with it encryption, only
#			with an option *mppe*.  Its device is UNIT (default ppp0),
#			PPTP_WORDS are for pptp(8) itself.
#	pptp_up		true when it has an address
#	pptp_down	true when it has ended
#	pptp_hangup	ends it in order (SIGTERM to pppd)
#	pptp_dies	kills all that runs in its namespace, without a last word
#	pptp_address	its inner address
#	pptp_show	its log, for diagnostics
#
# The log (pppd, every packet) is in PPTP_LOG.  The files of /etc/ppp are bound over
# with private ones for these processes only.

PPTP_NS='' PPTP_LOG='' PPTP_PID='' PPTP_UNIT=''

pptp_auth_options()
{
	case $1 in
	pap) echo refuse-chap refuse-mschap refuse-mschap-v2 refuse-eap;;
	chap) echo refuse-pap refuse-mschap refuse-mschap-v2 refuse-eap;;
	mschap) echo refuse-pap refuse-chap refuse-mschap-v2 refuse-eap;;
	mschapv2) echo refuse-pap refuse-chap refuse-mschap refuse-eap;;
	*) echo "pptp_linux.sh: no method $1" >&2; return 1;;
	esac
}

pptp_dial()
{
	local ns=$1 server=$2 method=$3 user=$4 password=$5 unit=${UNIT:-0} option ccp=noccp dir
	shift 5

	for option; do
		case $option in
		*mppe*) ccp=; modprobe -q ppp_mppe;;
		esac
	done
	dir=$TMP/pptp-$unit
	PPTP_NS=$ns PPTP_UNIT=$unit PPTP_LOG=$dir/pppd.log
	mkdir -p "$dir/ppp"
	rm -f "$PPTP_LOG"
	: > "$dir/ppp/options"
	# user server secret addresses
	printf '"%s" * "%s" *\n' "$user" "$password" > "$dir/ppp/chap-secrets"
	cp "$dir/ppp/chap-secrets" "$dir/ppp/pap-secrets"
	chmod 600 "$dir"/ppp/*-secrets
	{
		cat <<-EOT
			pty "pptp $server --nolaunchpppd ${PPTP_WORDS:---nohostroute --loglevel 2}"
			nodetach
			noauth
			unit $unit
			user "$user"
			nodefaultroute
			noipdefault
			$ccp
			nobsdcomp
			nodeflate
			novj
			novjccomp
			mtu 1450
			mru 1450
			lcp-echo-interval 0
			lcp-max-configure 20
			nolock
			nologfd
			logfile $PPTP_LOG
			debug
		EOT
		# shellcheck disable=SC2046 # an option a line
		printf '%s\n' $(pptp_auth_options "$method")
		for option; do
			echo "$option"
		done
	} > "$dir/options"
	modprobe -q ppp_async
	[ -c /dev/ppp ] || mknod /dev/ppp c 108 0
	# ip netns exec gives each command mounts of its own.
	# shellcheck disable=SC2016 # the inner shell expands these
	bg in_ns "$ns" sh -c 'mount --bind "$1/ppp" /etc/ppp && exec pppd file "$1/options" >> "$1/stdout" 2>&1' \
		sh "$dir"
	PPTP_PID=$BG_PID
}

pptp_address()
{
	ip -n "$PPTP_NS" -o -4 addr show dev "ppp$PPTP_UNIT" 2>/dev/null | awk '{ print $4 }'
}

pptp_up() { [ -n "$(pptp_address)" ]; }

pptp_down() { lib_gone "$PPTP_PID"; }

# Nothing of it can act on the death of another part: all are stopped before one is killed.
pptp_dies()
{
	local pids

	pids=$(ip netns pids "$PPTP_NS")
	# shellcheck disable=SC2086 # a word each
	kill -STOP $pids
	# shellcheck disable=SC2086
	kill -KILL $pids
}

pptp_hangup() { kill -TERM "$PPTP_PID" 2>/dev/null; }

pptp_show() { tail -n 60 "$PPTP_LOG" 2>/dev/null; }

# pptp_settles SECONDS: until it is up or has given up
pptp_settles()
{
	pptp_settled() { pptp_up || pptp_down; }
	busywait "$1" pptp_settled
}
