/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Counting: the packet equation of each port, and the reasons of drops. Per CPU, so plain additions. */
#pragma once
#include "layout/pkt.h"

static __always_inline struct port_count *port_count(__u32 port)
{
	return bpf_map_lookup_elem(&sg_count, &port);
}

/* A frame of a port of ours, once it is parsed. */
static __always_inline void count_received(const struct pkt *p)
{
	struct port_count *c = p->in_port == NO_PORT ? NULL : port_count(p->in_port);

	if (c)
		c->received++;
}

static __always_inline void count_drop(__u32 port, __u16 reason)
{
	struct port_count *c = port_count(port);
	__u32 key = port * REASON_SLOTS + (reason & (REASON_SLOTS - 1));
	__u64 *n = bpf_map_lookup_elem(&sg_drops, &key);

	if (c)
		c->dropped++;
	if (n)
		*n += 1;
}

/* One frame handed to a port; `extra` says that no received frame stands for it. */
static __always_inline void count_sent(__u32 port, bool extra)
{
	struct port_count *c = port_count(port);

	if (!c)
		return;
	c->sent++;
	if (extra)
		c->originated++;
}
