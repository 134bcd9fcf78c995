# shellcheck shell=bash disable=SC2034 # A, B and R are for those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two ends of rtun without a control channel, for the kernel's selftests.  What
# two programs would negotiate is written into both ends; each end's owner is a
# rtunctl.py that prints what the kernel tells it.  lib.sh comes first.
#
#	serve NS			a rtunctl.py there that ctl and inject talk to
#	ctl NS WORD...			rtunctl.py there; does not outlive the call
#	inject NS WORD...		greinject.py there
#	field NS PATH COMMAND...	one value of an answer
#	counter NS SESSION NAME		a counter, e.g. rx-lost or drops.seq-far
#	stray NS NAME			a counter of the namespace
#	end NS NAME WORD... -- ...	an owner NAME with these requests; its process id
#					is in BG_PID, what it hears in $TMP/NAME
#	heard NAME PATTERN		has it heard that?
#	attach NS DEV SESSION ADDR PEER	a device on a session, up
#	refused NS TEXT WORD...		the kernel refuses, and says TEXT
#	pair				namespaces A and B with a link (va 10.0.0.1,
#					vb 10.0.0.2), an end in each: owners a and b,
#					tunnel 1, session 7, device rt0 (192.168.9.1
#					and .2, fd09::1 and ::2)

CTL=$SELFTESTS/gen/rtunctl.py

declare -A ctl_in ctl_out

serve()
{
	local ns=$1 in out

	mkfifo "$TMP/$ns.in" "$TMP/$ns.out" && : >"$TMP/$ns.answer" &&
	exec {in}<>"$TMP/$ns.in" {out}<>"$TMP/$ns.out" || return
	bg in_ns "$ns" "$CTL" serve "$TMP/$ns.in" "$TMP/$ns.answer" >"$TMP/$ns.out"
	ctl_in[$ns]=$in ctl_out[$ns]=$out
	ctl_answer "$ns"
}

# Whole before any of it is printed: a reader who has seen enough, "| grep -q",
# would leave the rest to the next question.
ctl_answer()
{
	local line lines status

	if ! IFS= read -r -t 60 line <&"${ctl_out[$1]}"; then
		echo "no answer from rtunctl.py in $1" >&2
		return 1
	fi
	mapfile -t lines <"$TMP/$1.answer"
	[ ${#lines[@]} -eq 0 ] || printf '%s\n' "${lines[@]}"
	line=${line#== } status=${line%% *}
	[ "$status" = 0 ] || echo "${line#* }" >&2
	return "$status"
}

ctl()
{
	local ns=$1
	shift

	if [ -n "${ctl_in[$ns]-}" ]; then
		echo "$*" >&"${ctl_in[$ns]}"
		ctl_answer "$ns"
	else
		in_ns "$ns" "$CTL" "$@"
	fi
}

inject() { local ns=$1; shift; ctl "$ns" inject "$@"; }
field() { local ns=$1 path=$2; shift 2; ctl "$ns" field "$path" "$@"; }
counter() { field "$1" "session.stats.$3" session-get id="$2"; }
stray() { field "$1" "info.stats.$2" info-get; }

heard() { grep -qE -- "$2" "$TMP/$1"; }

end()
{
	local ns=$1 name=$2
	shift 2

	bg in_ns "$ns" "$CTL" owner-bind name="$name" -- "$@" -- listen events >"$TMP/$name" 2>&1
	busywait 20 heard "$name" listening || { cat "$TMP/$name"; return 1; }
}

attach()
{
	local ns=$1 dev=$2 session=$3 addr=$4 peer=$5

	ctl "$ns" link-add name="$dev" session="$session" &&
	ip -n "$ns" addr add "$addr" peer "$peer" dev "$dev" &&
	ip -n "$ns" link set "$dev" up
}

refused()
{
	local ns=$1 text=$2
	shift 2

	if ctl "$ns" "$@" >"$TMP/refused" 2>&1; then
		echo "was not refused: $*"
		return 1
	fi
	grep -qF -- "$text" "$TMP/refused" || { cat "$TMP/refused"; return 1; }
}

# Words for session-new that both ends share come as arguments.
pair()
{
	new_ns A a && new_ns B b && serve "$A" && serve "$B" &&
	link_ns "$A" va 10.0.0.1/24 "$B" vb 10.0.0.2/24 &&
	end "$A" a tunnel-new xport=pptp local4=10.0.0.1 remote4=10.0.0.2 id=1 \
		-- session-new tunnel-id=1 id=7 local-id=100 peer-id=200 np=+ipv4,+ipv6 "$@" &&
	A_OWNER=$BG_PID &&
	end "$B" b tunnel-new xport=pptp local4=10.0.0.2 remote4=10.0.0.1 id=1 \
		-- session-new tunnel-id=1 id=7 local-id=200 peer-id=100 np=+ipv4,+ipv6 "$@" &&
	B_OWNER=$BG_PID &&
	attach "$A" rt0 7 192.168.9.1 192.168.9.2 &&
	attach "$B" rt0 7 192.168.9.2 192.168.9.1 &&
	ip -n "$A" addr add fd09::1 peer fd09::2 dev rt0 nodad &&
	ip -n "$B" addr add fd09::2 peer fd09::1 dev rt0 nodad
}
