# shellcheck shell=bash disable=SC2034 # ktap_finished is for lib.sh, KSFT_* are for all
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KTAP output for the selftests: the Kernel Test Anything Protocol, version 1, as
# in Documentation/dev-tools/ktap.rst.  lib.sh sources this; a script that needs
# no namespaces may source it alone.
#
#	ktap_header			first line of the script's output
#	ktap_plan N			how many results will follow; may be left out, then
#					ktap_finish prints the plan it counted
#	ktap_pass "what holds"
#	ktap_fail "what holds"
#	ktap_skip "what holds" WHY...	a failure when RTUN_EXPECT_ALL=1
#	ktap_skip_all WHY...		the whole script; ends it
#	ktap_say TEXT...		diagnostics, "# " before each line
#	ktap_finish			totals; exits 0 passed, 1 failed, 4 all skipped
#
# Results are counted in variables: call these from the script's own shell, not
# from a pipeline or a subshell.

KSFT_PASS=0 KSFT_FAIL=1 KSFT_SKIP=4

ktap_planned='' ktap_passed=0 ktap_failed=0 ktap_skipped=0
ktap_finished=''

ktap_header()
{
	echo "KTAP version 1"
}

ktap_plan()
{
	ktap_planned=$1
	echo "1..$1"
}

ktap_say()
{
	local line

	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$*"
}

ktap_count()
{
	echo $((ktap_passed + ktap_failed + ktap_skipped))
}

ktap_pass()
{
	ktap_passed=$((ktap_passed + 1))
	printf 'ok %d %s\n' "$(ktap_count)" "$*"
}

ktap_fail()
{
	ktap_failed=$((ktap_failed + 1))
	printf 'not ok %d %s\n' "$(ktap_count)" "$*"
}

ktap_skip()
{
	local name=$1
	shift

	# Where everything is expected to be there, a skip hides a broken machine.
	if [ "${RTUN_EXPECT_ALL:-0}" = 1 ]; then
		ktap_say "would be skipped, but RTUN_EXPECT_ALL=1: $*"
		ktap_fail "$name"
		return
	fi
	ktap_skipped=$((ktap_skipped + 1))
	printf 'ok %d %s # SKIP %s\n' "$(ktap_count)" "$name" "$*"
}

ktap_skip_all()
{
	if [ "${RTUN_EXPECT_ALL:-0}" = 1 ]; then
		ktap_fail "what the script needs is there: $*"
		ktap_finish
	fi
	ktap_finished=1
	[ -n "$ktap_planned" ] || echo "1..0 # SKIP $*"
	exit $KSFT_SKIP
}

ktap_finish()
{
	local count
	count=$(ktap_count)

	ktap_finished=1
	[ -n "$ktap_planned" ] || echo "1..$count"
	echo "# Totals: pass:$ktap_passed fail:$ktap_failed xfail:0 xpass:0 skip:$ktap_skipped error:0"

	[ "$ktap_failed" -eq 0 ] || exit $KSFT_FAIL
	if [ "$count" -eq 0 ]; then
		echo "# no test was run"
		exit $KSFT_FAIL
	fi
	if [ -n "$ktap_planned" ] && [ "$count" -ne "$ktap_planned" ]; then
		echo "# planned $ktap_planned tests, ran $count"
		exit $KSFT_FAIL
	fi
	[ "$ktap_passed" -gt 0 ] || exit $KSFT_SKIP
	exit $KSFT_PASS
}
