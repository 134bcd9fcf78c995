// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the tests of the cores on the host; see host.h for how to build it.
 * Exit status 0: all hold.
 */
#include "selftest.h"

int main(void)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} tests[] = {
		{ "sequence numbers compare across the wrap", rtun_selftest_seq },
		{ "reordering keeps order and bounds", rtun_selftest_reorder },
		{ "the send window keeps to RFC 2637", rtun_selftest_window },
		{ "multilink packets are put together", rtun_selftest_reassemble },
		{ "multilink packets are shared out", rtun_selftest_share },
		{ "RC4 is that of RFC 6229", rtun_selftest_rc4 },
		{ "SHA-1 is that of FIPS 180-4", rtun_selftest_sha1 },
		{ "MPPE keeps in step as RFC 3078 says", rtun_selftest_crypt },
		{ "bridged frames are those of RFC 3518", rtun_selftest_bcp },
	};
	int failed = 0;
	size_t i;

	printf("KTAP version 1\n1..%zu\n", sizeof(tests) / sizeof(*tests));
	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		bool ok = tests[i].run();

		printf("%sok %zu %s\n", ok ? "" : "not ", i + 1,
		       tests[i].name);
		failed += !ok;
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
