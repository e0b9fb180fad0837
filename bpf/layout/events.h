/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What `monitor` sees: drops and new sessions. */
#pragma once
#include "layout/session.h"

enum event_kind { EVENT_DROP = 1, EVENT_SESSION = 2, EVENT_END = 3 };

struct event {
	__u64  ktime DOC("nanoseconds of CLOCK_MONOTONIC");
	__u8   kind DOC("enum event_kind");
	__u8   family DOC("of the addresses below");
	__u8   proto;
	__u8   tcp_flags;
	__u16  reason DOC("enum drop_reason");
	__u16  in_port;
	__be32 src[4], dst[4];
	__be16 sport, dport;
	__u32  session DOC("session number, 0 = none");
	__u32  length DOC("of the layer 3 packet");
	__u32  identity DOC("of the sender in its slot, 0 = none");
	__u16  table DOC("main 0, a tenant's, or a slot's");
	__u8   side DOC("port number or enum side");
	__u8   feature DOC("session: enum session_feature");
	__u16  policy DOC("session: that decided, 0 = none");
	__u16  instance DOC("session: of its feature");
	__u8   family_in, family_out DOC("session: of the tuples below");
	__u16  pad;
	struct tuple in DOC("session: as its client sends");
	struct tuple out DOC("session: as it is sent to the outside");
	__u32  lost DOC("events of this CPU that found no room or no tokens since the last one");
};

/* Purpose: events for monitor. Writer: packets, within a budget of knobs.events a second and CPU. Reader: daemon.
 * Full: counted in `lost`. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} sg_events __weak SEC(".maps");
