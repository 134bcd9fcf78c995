#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets that no honest peer sends, by the thousand, to sessions of every kind: all
# transports and payloads, mutated at every layer, from good ones that are shown to be
# good.  What is sent depends on the seed alone.
#
#	gen/fuzzpackets.c --- TAP fz0 (NAPI, pages, GRO) --- A: 28 sessions, their devices
#	                  --- TAP fz1 (whole packets) ---      gen/fuzzpackets.py
#
# RTUN_FUZZ_SEED and RTUN_FUZZ_PACKETS are for who wants other packets, or more.  A
# failure says the seed; a batch depends on those before it.
#
# KERNEL: uml (what it is to find shows on the debug kernel)
# TIMEOUT: 7200

# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/lib.sh"

ktap_header
need ip python3
need_gen fuzzpackets
need_module rtun

SEED=${RTUN_FUZZ_SEED:-1}
PACKETS=${RTUN_FUZZ_PACKETS:-4000}

new_ns A a
in_ns "$A" "$SELFTESTS/gen/fuzzpackets.py" "$GEN/fuzzpackets" "$SEED" "$PACKETS" \
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

ktap_finish
