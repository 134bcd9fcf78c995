#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TIMEOUT: 1800
# UML: only (it has fault injection, and sees what that breaks)
#
# Allocations that fail: each one of each command, and those of a packet's way through
# each transport (gen/faults.py has what is looked at).  RTUN_FAULTS=all: in finer steps;
# RTUN_FAULTS_PART=REGEX: of the commands only those parts.
#
#	A rt0 192.168.9.1 ============== rt0 192.168.9.2 B	as pair.sh, l2tp.sh and
#	  va 10.0.0.1 ---------------------- vb 10.0.0.2	bundle.sh make them

# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"
. "$(dirname "$0")/gen/bundle.sh"

debug=/sys/kernel/debug
step=256 device=9 namespace=29
[ "${RTUN_FAULTS-}" != all ] || step=16 device=1 namespace=1

ktap_header
need ip python3
need_module rtun
[[ $(uname -r) = *-uml ]] || [ -w $debug/failslab/probability ] || ktap_skip_all "the kernel injects no faults"

injects()
{
	local kind

	[ -w /proc/self/fail-nth ] || { echo "no fail-nth"; return 1; }
	for kind in failslab fail_page_alloc; do
		echo 0 >$debug/$kind/probability && echo 0 >$debug/$kind/verbose &&
		echo N >$debug/$kind/ignore-gfp-wait || return
	done
	echo 0 >$debug/fail_page_alloc/min-order
}
restore()
{
	local kind

	for kind in failslab fail_page_alloc; do
		echo Y >$debug/$kind/ignore-gfp-wait
		echo 2 >$debug/$kind/verbose
	done
	echo 1 >$debug/fail_page_alloc/min-order
}
at_exit restore
check "the kernel injects faults" injects || ktap_finish

# What faults.py prints, as results
faults() # NAME NS|"" WORD...
{
	local name=$1 ns=$2 line status n
	shift 2

	n=$(ktap_count)
	${ns:+in_ns "$ns"} "$SELFTESTS/gen/faults.py" "$@" >"$TMP/faults" 2>&1
	status=$?
	while IFS= read -r line; do
		case $line in
		"ok "*) ktap_pass "$name${line#ok }";;
		"not ok "*) ktap_fail "$name${line#not ok }";;
		*) ktap_say "$line";;
		esac
	done <"$TMP/faults"
	[ "$status" -eq 0 ] && [ "$(ktap_count)" -gt "$n" ] || ktap_fail "${name}faults.py ends with status $status, after results"
}

down()
{
	ctl "$A" flush && ctl "$B" flush
}

# --- Commands -------------------------------------------------------------------------

check "a host, and one that it knows" l2_hosts
faults "" "$A" commands $device "${RTUN_FAULTS_PART-}"
faults "" "$A" namespaces $namespace

# --- Packets --------------------------------------------------------------------------

# From outside: a namespace's own /sys has nothing to inject with.
packets() { faults "$1: " "" packets "$A" "$B" 192.168.9.2 $step "${@:2}"; }

both() { ctl "$A" "$@" && ctl "$B" "$@"; }

for FAM in 4 6; do
	for XPORT in udp ip; do
		check "$(l2_name): a pseudowire with numbers" l2_pair l2spec=default flags=+seq-tx,+seq-rx
		packets "$(l2_name)" passes
		check "it goes" l2_down
	done
done
check "a pair over PPTP" pair tx-window=0
packets "PPTP" passes
packets "PPTP, many at once" segments
key=00112233445566778899aabbccddeeff
check "encryption, anew each packet" eval 'both session-set id=7 mppe-rx=128:$key && both session-set id=7 mppe-tx=128:$key'
packets "MPPE, stateless" passes
packets "MPPE, stateless, many at once" segments
check "encryption that must stay in step" eval 'both session-set id=7 mppe-tx=0 mppe-rx=128:$key:stateful &&
	both session-set id=7 mppe-tx=128:$key:stateful'
packets "MPPE, stateful" passes
check "it goes" down
check "two hosts with two links" bundle_hosts 2
check "a bundle that cuts" bundle "pptp l2tpv2-numbered" mp-mode=balance
packets "MLPPP"
packets "MLPPP, many at once" segments
check "it goes" down
ktap_finish
