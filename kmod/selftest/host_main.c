// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the tests of the cores on the host; see host.h for how to build it.
 * Exit status 0: all hold.
 */
#include "selftest.h"

#define ENTRY(name, what) { what, rtun_selftest_##name },

int main(void)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} tests[] = {
		RTUN_SELFTESTS(ENTRY)
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
