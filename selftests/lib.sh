# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every selftest sources: hosts are network namespaces with names of their
# own, background programs and namespaces are cleaned up by one EXIT trap, and
# results go through ktap.sh.  The calls, in the order a script uses them:
#
#	. "$(dirname "$0")/lib.sh"	sets SELFTESTS (this folder), GEN (the small C
#					programs of gen/), TMP (a private folder that
#					goes away at the end)
#	ktap_header
#	need CMD...			skip the script when a command is missing
#	need_module rtun		load it, or skip; not "need": it is no command
#	need_gen NAME...		skip when gen/NAME was not built
#	new_ns VAR [SUFFIX]		new namespace, name into VAR, lo up
#	link_ns NSA DEVA ADDR/LEN NSB DEVB ADDR/LEN
#					a veth pair between two of them, up
#	in_ns NS CMD...			run there (a command, not a shell function)
#	bg CMD...			run in the background, killed at the end; its
#					process id is in BG_PID.  Use "bg in_ns NS CMD..."
#	stop_bg PID [SIGNAL]		end one of these now and wait for it
#	busywait SECONDS CMD...		repeat until CMD succeeds
#	at_exit CMD...			run at the end, last given first
#	check "what holds" CMD...	pass or fail by CMD's status; its output becomes
#					diagnostics when it fails
#	check_not "what holds" CMD...	the other way round
#	says REGEX CMD...		true when CMD's output has a line with this
#					extended regular expression; shows the output
#	says_not REGEX CMD...		true when it has none
#	all_answered FILE		true when what ping (not -q) wrote there until it was
#					interrupted has an answer to each packet, but perhaps
#					to the last ones: no more than were ever under way
#	run_gtest PROGRAM SUITE		a line for each test of a GoogleTest program, and one for
#					its own verdict: "Suite.what_holds" becomes "what holds"
#	ktap_finish
#
# CMD of these may be a shell function; it runs in the
# script's own shell.  Time limits count both seconds and tries, so that a slow
# machine, or an emulated one whose clock runs ahead, gets its share of tries.

# Kernel drivers and tools print nothing that depends on the locale.
export LC_ALL=C

SELFTESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=ktap.sh
. "$SELFTESTS/ktap.sh"

# "make -C selftests" builds into gen/ itself; the Makefile above it into build/.
GEN=${RTUN_GEN:-$SELFTESTS/gen}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/rtun-selftest.XXXXXX")
BG_PID=''

lib_pids=() lib_ns=() lib_at_exit=()

at_exit()
{
	local word line=''

	for word; do
		line+="$(printf '%q' "$word") "
	done
	lib_at_exit=("$line" "${lib_at_exit[@]}")
}

# What still runs in a namespace would keep it, and its devices, alive.
lib_kill_ns()
{
	local pids

	pids=$(ip netns pids "$1" 2>/dev/null) || return 0
	# shellcheck disable=SC2086 # one word a process
	[ -z "$pids" ] || kill "-$2" $pids 2>/dev/null
}

lib_gone()
{
	! kill -0 "$1" 2>/dev/null
}

lib_ns_empty()
{
	[ -z "$(ip netns pids "$1" 2>/dev/null)" ]
}

stop_bg()
{
	local pid=$1 signal=${2:-TERM} p rest=()

	kill "-$signal" "$pid" 2>/dev/null
	kill -CONT "$pid" 2>/dev/null	# a stopped one would not hear SIGTERM
	if ! busywait 5 lib_gone "$pid" >/dev/null; then
		kill -KILL "$pid" 2>/dev/null
	fi
	wait "$pid" 2>/dev/null
	for p in "${lib_pids[@]}"; do
		[ "$p" = "$pid" ] || rest+=("$p")
	done
	lib_pids=("${rest[@]}")
}

lib_cleanup()
{
	local status=$? line pid ns

	trap - EXIT
	trap '' INT TERM HUP
	if [ -z "$ktap_finished" ]; then
		ktap_fail "the script runs to its end"
		ktap_say "ended early with status $status"
		status=$KSFT_FAIL
	fi
	for line in "${lib_at_exit[@]}"; do
		eval "$line" >/dev/null 2>&1
	done
	# All at once, then one by one: there may be dozens.
	[ ${#lib_pids[@]} -eq 0 ] || kill -TERM "${lib_pids[@]}" 2>/dev/null
	for pid in "${lib_pids[@]}"; do
		stop_bg "$pid"
	done
	for ns in "${lib_ns[@]}"; do
		lib_kill_ns "$ns" TERM
		lib_kill_ns "$ns" CONT
		busywait 5 lib_ns_empty "$ns" >/dev/null || lib_kill_ns "$ns" KILL
		ip netns del "$ns" 2>/dev/null
	done
	rm -rf "$TMP"
	exit "$status"
}
trap lib_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

need()
{
	local cmd

	for cmd; do
		command -v "$cmd" >/dev/null || ktap_skip_all "$cmd is not installed"
	done
}

need_module()
{
	local why

	[ ! -d "/sys/module/${1//-/_}" ] || return 0
	why=$(modprobe "$1" 2>&1) || ktap_skip_all "module $1 does not load: $why"
}

need_gen()
{
	local name

	for name; do
		[ -x "$GEN/$name" ] || ktap_skip_all "$GEN/$name is not built: make -C selftests"
	done
}

new_ns()
{
	local -n new_ns_name=$1

	new_ns_name="rtun-$$-${#lib_ns[@]}-${2:-ns}"
	ip netns add "$new_ns_name" || return
	lib_ns+=("$new_ns_name")
	ip -n "$new_ns_name" link set lo up
	# Addresses work at once, and no router solicitation disturbs a counter.
	in_ns "$new_ns_name" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.router_solicitations=0
}

link_ns()
{
	local nsa=$1 deva=$2 addra=$3 nsb=$4 devb=$5 addrb=$6

	ip link add "$deva" netns "$nsa" type veth peer name "$devb" netns "$nsb" || return
	ip -n "$nsa" addr add "$addra" dev "$deva" &&
	ip -n "$nsb" addr add "$addrb" dev "$devb" &&
	ip -n "$nsa" link set "$deva" up &&
	ip -n "$nsb" link set "$devb" up
}

# "exec" of ip netns exec: the process id of a background in_ns is the command's.
in_ns()
{
	local ns=$1
	shift
	ip netns exec "$ns" "$@"
}

bg()
{
	if [ "$1" = in_ns ]; then
		local ns=$2
		shift 2
		ip netns exec "$ns" "$@" &
	else
		"$@" &
	fi
	BG_PID=$!
	lib_pids+=("$BG_PID")
}

busywait()
{
	local seconds=$1 start=$EPOCHREALTIME tries=0 now status
	shift

	while :; do
		"$@" >"$TMP/busywait.out" 2>&1
		status=$?
		tries=$((tries + 1))
		now=$EPOCHREALTIME
		if [ "$status" -eq 0 ] ||
		   { [ $((${now/[.,]/} - ${start/[.,]/})) -ge $((seconds * 1000000)) ] &&
		     [ "$tries" -ge $((seconds * 5)) ]; }; then
			cat "$TMP/busywait.out"
			return "$status"
		fi
		sleep 0.05
	done
}

check()
{
	local name=$1 status
	shift

	"$@" >"$TMP/check.out" 2>&1
	status=$?
	if [ "$status" -eq 0 ]; then
		ktap_pass "$name"
	else
		ktap_fail "$name"
		ktap_say "status $status of: $*"
		[ ! -s "$TMP/check.out" ] || ktap_say "$(tail -n 40 "$TMP/check.out")"
	fi
	return "$status"
}

check_not()
{
	local name=$1 status
	shift

	"$@" >"$TMP/check.out" 2>&1
	status=$?
	if [ "$status" -ne 0 ]; then
		ktap_pass "$name"
		return 0
	fi
	ktap_fail "$name"
	ktap_say "succeeded, which it must not: $*"
	[ ! -s "$TMP/check.out" ] || ktap_say "$(tail -n 40 "$TMP/check.out")"
	return 1
}

says()
{
	local regex=$1
	shift

	"$@" >"$TMP/says.out" 2>&1
	cat "$TMP/says.out"
	grep -qE -- "$regex" "$TMP/says.out"
}

says_not()
{
	! says "$@"
}

all_answered()
{
	awk '/ icmp_seq=[0-9]+ .*time=/ { match($0, /icmp_seq=[0-9]+/); n = substr($0, RSTART + 9, RLENGTH - 9) + 0
			if (!seen[n]++) got++
			if (n > last) last = n }
	     / packets transmitted/ { sent = $1; print }
	     /, pipe [0-9]+$/ { pipe = $NF }
	     END { for (i = 1; i <= last; i++) if (!seen[i]) print "no answer to " i
		   exit !(got > 0 && got == last && sent - last <= (pipe ? pipe : 1)) }' "$1"
}

# "[       OK ] Suite.what_holds (12 ms)", or "[  FAILED  ] ...", "[  SKIPPED ] ...": a
# line a test; what stands before it since the last result is what it has to say.
run_gtest()
{
	local program=$1 suite=$2 line name status words=''

	timeout 300 "$program" --gtest_color=no >"$TMP/gtest.out" 2>&1
	status=$?
	while IFS= read -r line; do
		if [[ $line =~ ^\[\ *(OK|FAILED|SKIPPED)\ *\]\ $suite\.([a-z0-9_]+).*\([0-9]+\ ms\)$ ]]; then
			name=${BASH_REMATCH[2]//_/ }
			case ${BASH_REMATCH[1]} in
			OK) ktap_pass "$name" ;;
			SKIPPED) ktap_skip "$name" "${words//$'\n'/ }" ;;
			FAILED)
				ktap_say "$words"
				ktap_fail "$name"
				;;
			esac
			words=''
		else
			words+=$line$'\n'
		fi
	done <"$TMP/gtest.out"
	# A crash or a time-out ends the list early: gtest's own verdict counts as well.
	check "the program of the tests ends with success" test "$status" -eq 0
	[ "$status" -eq 0 ] || ktap_say "status $status: $(tail -n 5 "$TMP/gtest.out")"
}
