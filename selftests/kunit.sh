#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# UML: only (rtun_kunit.ko, and KUnit)
#
# The KUnit suites of rtun_kunit.ko: the cores that know no packets, and what may be in
# each request.  They run when the module is loaded and say how in the kernel's log;
# here their KTAP becomes results, one a case, and one for each command of a case that
# is there for all commands.

. "$(dirname "$0")/lib.sh"

ktap_header
need dmesg modprobe modinfo
need_module rtun
# Where the debug kernel runs it must be there; elsewhere nobody has built it.
[[ $(uname -r) = *-uml ]] || modinfo -n rtun_kunit >/dev/null 2>&1 ||
	ktap_skip_all "no rtun_kunit.ko: scripts/build-kmod uml"

at_exit modprobe -r kunit
at_exit modprobe -r rtun_kunit
check "KUnit is there" modprobe kunit enable=1
mark="rtun selftest $$ asks for the suites"
echo "$mark" >/dev/kmsg
check "the module with the suites loads" modprobe rtun_kunit
dmesg --notime | sed "1,/$mark/d" >"$TMP/log"

# "    ok 3 name", deeper by four blanks where it is one of many; what a line of
# diagnostics says stands before the result that it belongs to.  One line a result:
# VERDICT SUITE DEPTH NAME; lines of diagnostics begin with "#".
awk '/^ *# Subtest: / { at = index($0, "#"); subtest[at] = $3 }
     /^ *(not )?ok [0-9]+/ { at = match($0, /[no]/); verdict = $1; sub(/^ *(not )?ok [0-9]+ -? */, "")
		skipped = sub(/ # SKIP.*/, "")
		print (skipped ? "skip" : verdict), (at > 4 ? subtest[5] : "suite"), int(at / 4), (at > 8 ? subtest[9] " " : "") $0
		next }
     /^ *1\.\.[0-9]+$/ || /KTAP version/ || /# Subtest: / { next }
     { sub(/^ *# /, ""); print "#", $0 }' "$TMP/log" >"$TMP/results"

declare -A ran
while read -r verdict suite depth name; do
	case $verdict in
	ok) ktap_pass "$suite $name";;
	not) ktap_fail "$suite $name";;
	skip) ktap_skip "$suite $name" "KUnit has skipped it";;
	'#') ktap_say "$suite $depth $name"; continue;;
	esac
	[ "$depth" -ne 1 ] || ran[$suite]=$((${ran[$suite]-0} + 1))
done <"$TMP/results"

# As many as are in the sources: a suite that has run nothing passes otherwise.
cases() { [ "${ran[$1]-0}" -eq "$2" ] || { echo "${ran[$1]-0} cases, expected $2"; tail -n 30 "$TMP/log"; return 1; }; }
check "the suite of the cores has run all of its nine" cases rtun_cores 9
check "the suite of the policy has run all of its five" cases rtun_policy 5
commands() { grep -c "^ok rtun_policy 2 $1 [A-Z_]*$" "$TMP/results" | grep -qx 18; }
check "every attribute was offered to each of 18 commands" commands attributes
check "and malformed ones, too" commands malformed
ktap_finish
