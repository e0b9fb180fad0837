/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the benchmark's programs and rig.ts agree on. Layouts are written out in programs.ts. */
#pragma once
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#define MAX_FIELDS 6
#define HEADERS    64 /* bytes at the front of each frame that are written anew */
#define CHUNK      128 /* packets between two time stamps: a multiple of the batch of 64 */
#define MAX_CHUNKS 8192

/* A 16-bit field of the frame that depends on the flow: add + ((flow >> shift) & mask). */
struct field {
	__u16 off, shift, mask, add;
	__u16 in_l3, in_l4; /* whether it is part of the IPv4 header's and of the transport's checksum */
};

struct gen_config {
	__u32 ifindex; /* where frames go, 0 = dropped at once: the generator alone */
	__u32 flows, base, random;
	__u32 fields;
	__u32 l3_off, l3_sum, l4_off, l4_sum; /* where checksums stand, and the sums of everything that never changes */
	__u32 unused;
	struct field field[MAX_FIELDS];
	__u64 headers[HEADERS / 8];
};

struct gen_state {
	__u64 sent, last_ns, random;
	__u32 chunks, next;
};
