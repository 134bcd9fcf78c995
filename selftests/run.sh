#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the selftests, KTAP on standard output.
#
#   run.sh [options]
#     -l            list the tests
#     -a            run all, the long ones too
#     -e            run the long ones only
#     -t NAME       run this one, with or without .sh; may be repeated
#     -s            summary: results only, and what failed; the whole is in the log
#     --vm VERSION  run them in a guest with this kernel (see vm/boot.sh),
#                   not on this machine
#     --uml         the same with the debug kernel, which sees what goes wrong
#                   unseen elsewhere (see uml/build); without -t only the scripts
#                   that can run there
#     --log FILE    keep the whole output there
#
# On this machine they need root, the installed module, and the program on the
# PATH.  A script whose head has a line "# PEER: FILE" talks to a second machine
# and runs in a pair of guests, in whose other half runs FILE; without --vm it is
# skipped.  So is one with "# INIT: systemd", for whose guest that is process 1.  One with
# "# TIMEOUT: SECONDS" may take longer than the settings say.  One
# whose head has a line "# UML: no (WHY)" is not for the debug kernel;
# those with a peer are not either, and one with "# UML: long (WHY)" is one of the
# long ones there.  One with "# UML: only (WHY)" is for no other kernel.  One with
# "# KERNEL: VERSION (WHY)" is one of the long ones on other kernels than that.  With the
# debug kernel RTUN_SMALL=1 asks the scripts for few packets: a system call takes a
# hundred times as long.
#
# After each script there is a look for what it may have left behind.  The exit
# status is 0 when everything passed or was skipped, else 1.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/.." && pwd)

usage() { sed -n '/^#   run.sh/,/^# On this/{/^# On this/d;s/^#  \{0,1\}//;p}' "$here/run.sh"; }

tests=() list=list summary='' kernel='' log=''
while [ $# -gt 0 ]; do
	case "$1" in
	-l|--list) make -s --no-print-directory -C "$here" list-all; exit;;
	-a|--all) list='list-all'; shift;;
	-e|--extended) list='list-extended'; shift;;
	-t|--test) tests+=("${2%.sh}.sh"); shift 2;;
	-s|--summary) summary=1; shift;;
	--vm) kernel=$2; shift 2;;
	--uml) kernel=uml; shift;;
	--log) log=$2; shift 2;;
	-h|--help) usage; exit 0;;
	*) echo "run.sh: unknown option $1" >&2; usage >&2; exit 2;;
	esac
done
all=''
[ ${#tests[@]} -gt 0 ] || { all=1; mapfile -t tests < <(make -s --no-print-directory -C "$here" "$list"); }
for t in "${tests[@]}"; do
	[ -x "$here/$t" ] || { echo "run.sh: no test $t" >&2; exit 2; }
done
if [ -n "$log" ]; then
	mkdir -p "$(dirname "$log")" && : > "$log" || exit 2
else
	log=/dev/null
fi

# Standard input to log and screen.
show()
{
	if [ -n "$summary" ]; then
		tee -a "$log" | grep --line-buffered -E '^(not )?ok |^ *not ok |^boot.sh:'
	else
		tee -a "$log"
	fi
}

peer_of() { sed -n 's/^# PEER: *//p;10q' "$here/$1"; }

limit_of() { sed -n 's/^# TIMEOUT: *//p;20q' "$here/$1"; }

init_of() { sed -n 's/^# INIT: *//p;10q' "$here/$1"; }

# Has a guest of its own
alone() { [ -n "$(peer_of "$1")$(init_of "$1")" ]; }

# Why this one cannot run with the debug kernel, nothing when it can
not_uml()
{
	[ -z "$(peer_of "$1")" ] || { echo "two guests"; return; }
	sed -n 's/^# UML: no (\(.*\))$/\1/p;20q' "$here/$1"
	[ "$list" != list ] || uml_long "$1"
}

# Why this one can run with the debug kernel only, nothing when it is for others, too
only_uml() { sed -n 's/^# UML: only (\(.*\))$/\1/p;20q' "$here/$1"; }

# Why it is one of the long ones with this kernel, as with all others but one; nothing when
# it is none
elsewhere()
{
	local want

	want=$(sed -n 's/^# KERNEL: \([^ ]*\) .*/\1/p;20q' "$here/$1")
	case "$kernel." in
	uml.|"${want:-$kernel}".*) ;;
	*) sed -n 's/^# KERNEL: \([^ ]*\) (\(.*\))$/with \1 only: \2/p;20q' "$here/$1";;
	esac
}

uml_long() { sed -n 's/^# UML: long (\(.*\))$/\1/p;20q' "$here/$1"; }

# --- In guests ---

in_guests()
{
	local build=${RTUN_BUILD:-$top/build} single=() t why status=0 n=0 words

	export RTUN_GEN=${RTUN_GEN:-$build/selftests/gen} RTUN_VM=1
	echo "KTAP version 1"
	if [ "$kernel" = uml ]; then
		export RTUN_SMALL=1
		if [ -n "$all" ] && [ "$list" = list-extended ]; then
			for t in $(make -s --no-print-directory -C "$here" list); do
				[ -z "$(uml_long "$t")" ] || tests+=("$t")
			done
		fi
		for t in "${tests[@]}"; do
			why=$(not_uml "$t")
			if [ -n "$why" ] && { [ -n "$all" ] || [ -n "$(peer_of "$t")" ]; }; then
				echo "# not with the debug kernel: $t ($why)"
			else
				single+=("$t")
			fi
		done
		tests=("${single[@]}") single=()
	elif [ -n "$all" ] && [ "$list" = list ]; then
		for t in "${tests[@]}"; do
			why=$(elsewhere "$t")
			[ -n "$why" ] && echo "# not with kernel $kernel: $t ($why)" || single+=("$t")
		done
		tests=("${single[@]}") single=()
	elif [ -n "$all" ] && [ "$list" = list-extended ]; then
		for t in $(make -s --no-print-directory -C "$here" list); do
			[ -z "$(elsewhere "$t")" ] || tests+=("$t")
		done
	fi
	if [ "$kernel" != uml ] && [ -n "$all" ]; then
		for t in "${tests[@]}"; do
			why=$(only_uml "$t")
			[ -n "$why" ] && echo "# only with the debug kernel: $t ($why)" || single+=("$t")
		done
		tests=("${single[@]}") single=()
	fi
	for t in "${tests[@]}"; do
		alone "$t" || single+=("$t")
	done
	# Long enough for a machine that is busy with other things.
	words=(-k "$kernel" -t 4500 --path "$build/tools")

	# NAME PEER INIT TEST...
	guest() {
		local name=$1 peer=$2 init=$3 t pick=() got console=$build/logs/vm/$kernel-$1.console
		shift 3
		for t; do pick+=(-t "$t"); done
		n=$((n + 1))
		"$here/vm/boot.sh" "${words[@]}" --log "$console" \
			${peer:+--pair "$here/$peer"} ${init:+--init "$init"} "$here/run.sh" "${pick[@]}" 2>&1
		got=$?
		# A failed test does not hide what the kernel said.
		[ "$got" -ne 1 ] || "$here/vm/console.sh" "$console" >/dev/null || got=123
		case $got in
		0|1) echo "ok $n kernel $kernel: the guest with $name runs to its end and its kernel does not complain";;
		*) echo "not ok $n kernel $kernel: the guest with $name runs to its end and its kernel does not complain"
		   echo "# boot.sh: status $got";;
		esac
		[ "$got" -eq 0 ] || status=1
	}

	[ ${#single[@]} -eq 0 ] || guest all '' '' "${single[@]}"
	for t in "${tests[@]}"; do
		! alone "$t" || guest "${t%.sh}" "$(peer_of "$t")" "$(init_of "$t")" "$t"
	done
	echo "1..$n"
	return "$status"
}

# --- On this machine ---

namespaces() { ip netns list 2>/dev/null | cut -d ' ' -f 1 | sort; }

devices() { ip -o link show type rtun 2>/dev/null | cut -d : -f 2 | sort; }

# All but kernel threads, which are children of process 2.
processes() { ps --ppid 2 -p 2 -N -o pid= | tr -d ' ' | sort; }

users() { cat /sys/module/rtun/refcnt 2>/dev/null || echo 0; }

# What of the second list is not in the first
added() { comm -13 <(echo "$1") <(echo "$2"); }

# Prints what is there now and was not before.  Processes count only in a guest,
# where nobody else starts any.
left_behind()
{
	local p new

	new=$(added "$before_ns" "$(namespaces)")
	[ -z "$new" ] || echo "network namespaces: ${new//$'\n'/ }"
	new=$(added "$before_dev" "$(devices)")
	[ -z "$new" ] || echo "devices: ${new//$'\n'/ }"
	new=$(users)
	[ "$new" -le "$before_users" ] || echo "uses of the module: $new, before $before_users"
	if [ -n "${RTUN_VM-}" ]; then
		for p in $(added "$before_proc" "$(processes)"); do
			# Gone by now, or a subshell of this script.
			if [ ! -d "/proc/$p" ] || cmp -s "/proc/$p/cmdline" /proc/$$/cmdline; then continue; fi
			echo "process $p: $(tr '\0' ' ' < "/proc/$p/cmdline" 2>/dev/null)"
		done
	fi
}

settle()
{
	local tries left end=$((SECONDS + 10))

	# Devices of a namespace go some time after its name.
	for ((tries = 0; tries < 5 || SECONDS < end; tries++)); do
		left=$(left_behind)
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	echo "$left"
	return 1
}

here()
{
	local t status timeout limit start n=0 failed=0 out left why
	local before_ns before_dev before_users before_proc

	timeout=$(sed -n 's/^timeout=//p' "$here/settings")
	out=$(mktemp "${TMPDIR:-/tmp}/rtun-run.XXXXXX")
	# shellcheck disable=SC2064 # the name of now
	trap "rm -f '$out'" EXIT
	# Loaded by the first test that wants it; be it before the counting starts.
	modprobe rtun 2>/dev/null

	result() { # STATUS NAME
		n=$((n + 1))
		[ "$1" = ok ] || failed=1
		echo "$1 $n $2"
	}

	echo "KTAP version 1"
	for t in "${tests[@]}"; do
		echo "# selftests: $t"
		before_ns=$(namespaces) before_dev=$(devices) before_users=$(users)
		before_proc=$(processes)
		start=$SECONDS
		limit=$(limit_of "$t") limit=${limit:-$timeout}
		setpriv --pdeathsig TERM timeout -k 20 "$limit" "$here/$t" </dev/null 2>&1 | tee "$out" | sed -u 's/^/  /'
		status=${PIPESTATUS[0]}
		why=''
		# A status can lie; the lines are the result.
		[ "$status" -ne 0 ] || ! grep -q '^not ok' "$out" || status=1
		case $status in
		0) result ok "$t";;
		4) result ok "$t # SKIP";;
		124|137) result 'not ok' "$t # timeout after $limit s";;
		*) result 'not ok' "$t # exit=$status";;
		esac
		echo "# $t took $((SECONDS - start)) s"
		if left=$(settle); then
			result ok "$t leaves nothing behind"
		else
			result 'not ok' "$t leaves nothing behind"
			echo "# ${left//$'\n'/$'\n'# }"
			[ -z "${RTUN_VM-}" ] || sed -n 's/^process \([0-9]*\):.*/\1/p' <<<"$left" | xargs -r kill -KILL
		fi
	done
	if [ -n "${RTUN_VM-}" ] && [ -d /sys/module/rtun ]; then
		if why=$(modprobe -r rtun 2>&1); then
			result ok "the module unloads after all tests"
		else
			result 'not ok' "the module unloads after all tests"
			echo "# $why"
		fi
	fi
	echo "1..$n"
	return "$failed"
}

# Not a pipeline: what runs the tests must be this process's own child, so that it
# ends with it.
exec {screen}>&1
if [ -n "$kernel" ]; then run=in_guests; else run=here; fi
$run > >(show >&"$screen")
status=$?
wait $!
exit $status
