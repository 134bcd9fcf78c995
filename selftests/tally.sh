#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   tally.sh [-f] FILE...
#
# Counts the results in KTAP logs and prints "PASSED FAILED SKIPPED".  A result
# that only sums up the indented ones before it is not counted, unless it failed
# while none of those did (a script that died).  With -f it also prints, on
# standard error, the name of each failed test and the first lines of what it says.

names=0
[ "${1-}" != -f ] || { names=1; shift; }

awk -v names="$names" '
function name_of(line) {
	sub(/^ *(not )?ok [0-9]+ *(- )?/, "", line)
	return line
}
/^# selftests: / { script = $3 }
FNR == 1 { last = 0; bad_inside = 0 }
{ told = (left && /^ *# / && !/^ *# Totals:/) }
told { sub(/^ */, ""); list[failed] = list[failed] "\n    " substr($0, 1, 400); left-- }
!told { left = 0 }
/^ *(not )?ok [0-9]+/ {
	match($0, /^ */)
	depth = RLENGTH
	bad = ($0 ~ /^ *not ok/)
	skip = (!bad && $0 ~ /# *[Ss][Kk][Ii][Pp]/)
	parent = (depth < last)
	# a result of the same depth that follows starts a new sum
	if (parent) {
		if (bad && !bad_inside) { failed++; list[failed] = name_of($0) }
		bad_inside = 0
	} else if (bad) {
		failed++
		list[failed] = (depth ? script ": " : "") name_of($0)
		left = 5
		if (depth) bad_inside = 1
	} else if (skip) {
		skipped++
	} else {
		passed++
	}
	last = depth
}
END {
	printf "%d %d %d\n", passed, failed, skipped
	if (names)
		for (i = 1; i <= failed; i++)
			print "  " list[i] > "/dev/stderr"
}' "$@" /dev/null
