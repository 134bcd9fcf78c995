# shellcheck shell=bash disable=SC2034 # what it sets is for the scripts
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "rtun connect" and "rtun daemon" under test; sourced after lib.sh.
#
#	client_password NAME TEXT	file NAME in TMP, mode 0600; prints its path
#	client_start NS WORD...		rtun connect WORD... in NS, in the background;
#					output in CLIENT_OUT, errors in CLIENT_ERR
#	client_says TEXT		true when the output has this extended regex
#	client_connected		... when it says connected
#	client_ended			... when it has ended
#	client_exits SECONDS STATUS	wait for its end; true when with that status
#	client_device			the interface it made
#	client_show			its whole output, for diagnostics
#	daemon_start NS [WORD...]	rtun daemon, with a socket of its own
#	daemon_client NAME		its state: one word of "rtun -j client show"
#	net_state NS			what a client may change: links, addresses,
#					routes, rules, tunnels, sessions
#	rtun_field PATH			a value out of JSON on standard input, as 0.stats.rx_bytes

CLIENT_PID='' CLIENT_OUT=$TMP/client.out CLIENT_ERR=$TMP/client.err

client_password()
{
	(umask 077 && printf '%s\n' "$2" > "$TMP/$1")
	echo "$TMP/$1"
}

client_start()
{
	local ns=$1
	shift

	# A shell without job control has its background commands ignore SIGINT.
	in_background "$ns" "$CLIENT_OUT" "$CLIENT_ERR" rtun connect "$@"
	CLIENT_PID=$BG_PID
}

in_background()
{
	local ns=$1 out=$2 err=$3
	shift 3

	bg in_ns "$ns" env --default-signal=INT,QUIT "$@" >"$out" 2>"$err"
}

client_says() { grep -qE -- "$1" "$CLIENT_OUT"; }

client_connected() { client_says ': connected  '; }

client_ended() { lib_gone "$CLIENT_PID"; }

client_show() { cat "$CLIENT_OUT" "$CLIENT_ERR"; }

client_device() { sed -n 's/.*: connected  \([^ ]*\)  .*/\1/p' "$CLIENT_OUT"; }

client_exits()
{
	local status

	if ! busywait "$1" client_ended; then
		echo "it still runs after $1 s:"
		client_show
		return 1
	fi
	wait "$CLIENT_PID"
	status=$?
	[ "$status" -eq "$2" ] && return 0
	echo "it ended with status $status, not $2:"
	client_show
	return 1
}

# wait_connected SECONDS: with its words when it does not
wait_connected()
{
	settled() { client_connected || client_ended; }
	busywait "$1" settled
	client_connected || { client_show; return 1; }
}

net_state()
{
	ip -n "$1" -o link show | sed 's/ state [A-Z]*//'
	ip -n "$1" -o addr show
	ip -n "$1" route show table all
	ip -n "$1" rule show
	in_ns "$1" rtun tunnel show
	in_ns "$1" rtun session show
}

# same_state NS FILE: as it was when net_state wrote FILE
same_state() { net_state "$1" | diff "$2" -; }

DAEMON_PID='' DAEMON_LOG=$TMP/daemon.log
export RTUN_SOCKET=$TMP/rtun.sock

daemon_start()
{
	local ns=$1
	shift

	in_background "$ns" "$DAEMON_LOG" "$DAEMON_LOG" rtun daemon "$@"
	DAEMON_PID=$BG_PID
	busywait 30 rtun client show
}

rtun_field()
{
	local key path='' IFS=.

	for key in $1; do
		case $key in
		[0-9]*) path+="[$key]";;
		*) path+=".$key";;
		esac
	done
	jq -er ".$path"
}

daemon_field() { rtun -j client show "$1" | rtun_field "0.$2"; }

daemon_running() { [ "$(daemon_field "$1" running)" = true ]; }

daemon_not_running() { [ "$(daemon_field "$1" running)" = false ]; }
