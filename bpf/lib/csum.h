/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One's complement sums (RFC 1071, RFC 1624). A sum is of 16-bit words as they lie in memory, so it needs no byte
 * swapping; a `delta` is what such a sum grows by. Plain C, also built natively. */
#pragma once
#include <linux/types.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* Folds a sum of 16-bit words, or of 32-bit words, to 16 bits. */
static __always_inline __u16 csum_fold64(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

static __always_inline __u64 csum_words(const __be32 *w, int n)
{
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < n; i++)
		sum += w[i];
	return sum;
}

/* delta of replacing `from` by `to` (RFC 1624 equation 3). */
static __always_inline __u16 csum_delta(__u16 from, __u16 to)
{
	return csum_fold64((__u64)to + (__u16)~from);
}

/* A checksum field after its data grew by delta. */
static __always_inline __sum16 csum_apply(__sum16 check, __u16 delta)
{
	return (__sum16)~csum_fold64((__u64)(__u16)~check + delta);
}

/* The same for a field that is still CHECKSUM_PARTIAL: it holds the plain sum of the pseudo header. */
static __always_inline __sum16 csum_apply_partial(__sum16 check, __u16 delta)
{
	return csum_fold64((__u64)check + delta);
}

/* Checksum of an IPv4 header of five words whose check field is counted as it stands: 0 when it is right. */
static __always_inline __u16 csum_ip4(const void *header)
{
	return (__u16)~csum_fold64(csum_words(header, 5));
}
