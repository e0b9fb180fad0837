// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* lib/ecn.h against the table of RFC 6040 (figure 4), for every pair of traffic classes: their DSCP counts for nothing. */
#include "check.h"
#include "lib/ecn.h"

enum { NOT_ECT = 0, ECT_1 = 1, ECT_0 = 2, CE = 3, DROP = -1 };

/* Figure 4: a line for each arriving inner header, a column for each arriving outer header, in the figure's order. */
static const int order[] = { NOT_ECT, ECT_0, ECT_1, CE };
static const int figure[4][4] = {
	{ NOT_ECT, NOT_ECT, NOT_ECT, DROP },
	{ ECT_0, ECT_0, ECT_1, CE },
	{ ECT_1, ECT_1, ECT_1, CE },
	{ CE, CE, CE, CE },
};

void test_ecn(void)
{
	for (int line = 0; line < 4; line++)
		for (int column = 0; column < 4; column++)
			for (int dscp = 0; dscp < 64 * 64; dscp++) {
				uint8_t inner = (uint8_t)((dscp & 63) << 2 | order[line]);
				uint8_t outer = (uint8_t)((dscp >> 6) << 2 | order[column]);
				int got = ecn_decapsulate(outer, inner);

				CHECK(got == figure[line][column], "inner %02x in outer %02x: %d", inner, outer, got);
			}
}
