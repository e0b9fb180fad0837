/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* NAT64: its instances, in two sets. Their pool4 addresses are pool addresses of the session core. */
#pragma once
#include "lib/kernel.h"

#define MAX_NAT64 16

struct nat64_instance {
	__be32 pool6[4] DOC("translation prefix, zero behind its length");
	__u32  pool6_len DOC("32, 40, 48, 56, 64 or 96 (RFC 6052 section 2.2); 0 = no such instance");
	__u32  pool4_first DOC("first entry in sg_pool, within the set");
	__u32  pool4_count DOC("number of entries");
	__u32  timeout[4] DOC("jiffies by enum session_clock");
	__u32  pad;
	__u64  inside DOC("bit per side: from where clients are served");
};

/* Purpose: instances, key = set * MAX_NAT64 + number. Writer: daemon, only in the set not in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * MAX_NAT64);
	__type(key, __u32);
	__type(value, struct nat64_instance);
} sg_nat64 __weak SEC(".maps");
