#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every verb that the program asks of the kernel, from its own netlink room against
# the module: test_netlink_live of tools/, whose results become KTAP lines here. It
# makes a network namespace of its own:
#
#      192.0.2.1 -- tunnel "here" --> lo <-- tunnel "there" -- 192.0.2.2
. "$(dirname "$0")/lib.sh"

ktap_header
need test_netlink_live
need_module rtun

timeout 300 test_netlink_live --gtest_color=no >"$TMP/out" 2>&1
status=$?
# "[       OK ] Live.what_holds (12 ms)", or "[  FAILED  ] ...": a line a test; what
# stands before it since the last result is what a failed one has to say.
words=''
while IFS= read -r line; do
	if [[ $line =~ ^\[\ *(OK|FAILED)\ *\]\ Live\.([a-z0-9_]+).*\([0-9]+\ ms\)$ ]]; then
		name=${BASH_REMATCH[2]//_/ }
		if [ "${BASH_REMATCH[1]}" = OK ]; then
			ktap_pass "$name"
		else
			ktap_say "$words"
			ktap_fail "$name"
		fi
		words=''
	else
		words+=$line$'\n'
	fi
done <"$TMP/out"
# A crash or a time-out ends the list early: gtest's own verdict counts as well.
check "the program of the tests ends with success" test "$status" -eq 0
[ "$status" -eq 0 ] || ktap_say "status $status: $(tail -n 5 "$TMP/out")"
ktap_finish
