/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Congestion marks at the end of a tunnel (RFC 6040 section 4.2). Plain C, also built natively. */
#pragma once
#include <linux/types.h>

#define ECN_NOT 0
#define ECN_1   1 /* ECT(1) */
#define ECN_0   2 /* ECT(0) */
#define ECN_CE  3

/* The ECN field that the inner packet leaves with, or -1: it is to be dropped. Both arguments are whole traffic classes. */
static __always_inline int ecn_decapsulate(__u8 outer, __u8 inner)
{
	outer &= 3;
	inner &= 3;
	if (outer == ECN_CE)
		return inner == ECN_NOT ? -1 : ECN_CE;
	if (outer == ECN_1 && inner == ECN_0)
		return ECN_1;
	return inner;
}
