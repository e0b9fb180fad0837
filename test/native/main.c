// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Runs one group of the native tests: native GROUP [SEED]. Prints the seed and the number of checks; exit status 0 if
 * all held, 1 if one did not, 2 for a wrong command line. */
#include "check.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FAILURES 20

static uint64_t checks, failures, state = 1;

void tally(bool ok, const char *file, int line, const char *format, ...)
{
	va_list args;

	checks++;
	if (ok)
		return;
	printf("%s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (++failures == MOST_FAILURES)
		exit(1);
}

void random_seed(uint64_t seed)
{
	state = seed ? seed : 1; /* zero is the one state that never changes */
}

uint64_t random64(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

uint32_t random_in(uint32_t low, uint32_t high)
{
	return low + (uint32_t)((random64() >> 32) % ((uint64_t)high - low + 1));
}

uint16_t random16_edgy(void)
{
	static const uint16_t edges[] = { 0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff };
	uint64_t r = random64();

	return r >> 63 ? edges[(r >> 32) % 6] : (uint16_t)(r >> 16);
}

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "csum-sums", test_csum_sums }, { "csum-deltas", test_csum_deltas }, { "rfc6052", test_rfc6052 },
	{ "icmp-4to6", test_icmp_4to6 }, { "icmp-6to4", test_icmp_6to4 },     { "hdr", test_hdr },
	{ "ecn", test_ecn },
};

int main(int argc, char **argv)
{
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x5136a7e0;

	for (unsigned int i = 0; argc > 1 && i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (strcmp(groups[i].name, argv[1]))
			continue;
		random_seed(seed);
		groups[i].run();
		printf("%s: seed 0x%" PRIx64 ", %" PRIu64 " checks, %" PRIu64 " failed\n", groups[i].name, seed, checks,
		       failures);
		return failures ? 1 : 0;
	}
	fprintf(stderr, "usage: native GROUP [SEED]\n");
	return 2;
}
