#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Requests of generic netlink and of rtnetlink at random, good, bad and absurd, by several
# programs in two namespaces: who is refused is told why, and nothing has changed then; in
# the end the module unloads.  What is asked depends on the seed alone.
#
#	A va 10.0.0.1, fd00::1 -------- vb 10.0.0.2, fd00::2 B
#	      \__________ gen/fuzznetlink.py __________/
#
# RTUN_FUZZ_SEED and RTUN_FUZZ_REQUESTS are for who wants others, or more.
#
# KERNEL: uml (what it is to find shows on the debug kernel)
# TIMEOUT: 7200

# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/lib.sh"

ktap_header
need ip python3
python3 -c 'import yaml' 2>/dev/null || ktap_skip_all "python3-yaml is not installed"
need_module rtun

SEED=${RTUN_FUZZ_SEED:-1}
REQUESTS=${RTUN_FUZZ_REQUESTS:-1500}

new_ns A a && new_ns B b
link_ns "$A" va 10.0.0.1/24 "$B" vb 10.0.0.2/24
ip -n "$A" addr add fd00::1/64 dev va nodad
ip -n "$B" addr add fd00::2/64 dev vb nodad

"$SELFTESTS/gen/fuzznetlink.py" "$SEED" "$REQUESTS" "$A" 10.0.0.1 fd00::1 "$B" 10.0.0.2 fd00::2 \
	>"$TMP/fuzz" 2>"$TMP/fuzz.err"
fuzzed=$?
while IFS= read -r line; do
	case $line in
	ok\ *) ktap_pass "${line#ok }";;
	not\ ok\ *) ktap_fail "${line#not ok }";;
	*) ktap_say "${line#\# }";;
	esac
done <"$TMP/fuzz"
check "the fuzzer goes to its end" eval '[ "$fuzzed" = 0 ] || { tail -n 20 "$TMP/fuzz.err"; false; }'

check "with nothing left the module unloads" busywait 10 modprobe -r rtun
modprobe rtun

ktap_finish
