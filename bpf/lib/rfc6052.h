/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* IPv4 addresses in IPv6 prefixes (RFC 6052 section 2.2). Plain C, also built natively. */
#pragma once
#include <linux/types.h>

/* Where the four bytes go, by prefix length: behind the prefix, around byte 8, which stays zero. */
static __always_inline int rfc6052_byte(__u32 len, int i)
{
	int at = len / 8 + i;

	return len < 96 && at >= 8 ? at + 1 : at; /* /64: the first one lands on 8 and moves to 9 */
}

/* `out` = prefix with `addr` (network byte order) embedded; the suffix is zero. len: 32, 40, 48, 56, 64 or 96. */
static __always_inline void rfc6052_embed(__be32 out[4], const __be32 prefix[4], __u32 len, __be32 addr)
{
	const __u8 *a = (const __u8 *)&addr;

	out[0] = prefix[0];
	out[1] = prefix[1];
	out[2] = prefix[2];
	out[3] = prefix[3];
	if (len == 96) {
		out[3] = addr;
		return;
	}
	for (int i = 0; i < 4; i++)
		((__u8 *)out)[rfc6052_byte(len, i) & 15] = a[i];
}

/* The embedded address, network byte order; the suffix is ignored (section 2.3). */
static __always_inline __be32 rfc6052_extract(const __be32 in[4], __u32 len)
{
	__be32 addr = 0;

	if (len == 96)
		return in[3];
	for (int i = 0; i < 4; i++)
		((__u8 *)&addr)[i] = ((const __u8 *)in)[rfc6052_byte(len, i) & 15];
	return addr;
}
