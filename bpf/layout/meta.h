/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What stands pinned: a daemon that starts finds out whether it may adopt it. */
#pragma once
#include "lib/kernel.h"

struct meta {
	__u8 layout[32] DOC("SHA-256 of the layouts of all maps, as the generator computes it");
	__u8 object[32] DOC("SHA-256 of the object file that the programs were loaded from");
};

/* Purpose: identity of the pinned maps and programs. Writer and reader: daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct meta);
} sg_meta __weak SEC(".maps");
