/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a user or a test may change while packets flow: one value, read once at the entry of each packet. */
#pragma once
#include "lib/kernel.h"

enum tier { TIER_ANY, TIER_GENERAL, TIER_DOOR };

struct knobs {
	__u64 rules DOC("epoch << 1 | set: one word, so that no packet sees the one without the other");
	__u32 hz DOC("jiffies a second of this kernel, measured at load");
	__u32 tier DOC("test knob: the fastest tier allowed, enum tier");
	__u32 door DOC("ifindex of the door's near end; 0 = no door yet");
	__u32 fib DOC("ifindex in whose name routes are looked up: the door's far end, the only device that forwards");
	__u32 forward DOC("1 = plain traffic between ports is forwarded");
	__u32 events DOC("events a second and CPU that monitor may get; 0 = nobody listens");
	__u64 netns DOC("cookie of our network namespace; tracepoints fire for all of them");
};

/* The epoch numbers the configurations in force: sessions of an older one are decided again. The set says which of
 * the two rule sets holds, so that a change is seen whole or not at all. */
#define RULES_SET(rules)   ((__u32)(rules)&1)
#define RULES_EPOCH(rules) ((__u32)((rules) >> 1))

/* Purpose: settings. Writer: daemon. Reader: every packet, once. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct knobs);
} sg_knobs __weak SEC(".maps");
