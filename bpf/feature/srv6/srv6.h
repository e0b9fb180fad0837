/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* SRv6 (RFC 8754, RFC 8986): what its files share. filter.bpf.c says who may speak to the domain, endpoint.bpf.c what a
 * SID of this node does, segment.bpf.c changes segment routing headers, upper.bpf.c is for what stands behind them.
 * The headend is the core's: a destination that is steered (stage/resolve.bpf.c) and a tunnel's headers (lib/encap.h). */
#pragma once
#include "layout/pkt.h"
#include "stage/stages.h"

/* filter.bpf.c: RFC 8754 section 5.1. V_CONTINUE: the packet may go on to a SID of this node. */
int srv6_admitted(struct xdp_md *ctx, struct pkt *p);
/* segment.bpf.c: the next segment becomes the destination (RFC 8986 section 4.1, S11 to S14). */
int srv6_advance(struct xdp_md *ctx, struct pkt *p, __u32 psp);
/* segment.bpf.c: takes the segment routing header away (RFC 8986 section 4.16.1). */
int srv6_pop(struct xdp_md *ctx, struct pkt *p);
/* upper.bpf.c: no segment is left; what stands behind is for this node (RFC 8986 section 4.1.1). */
int srv6_upper(struct xdp_md *ctx, struct pkt *p);

static __always_inline struct sid *sid_of(const struct pkt *p)
{
	__u32 key = p->set * MAX_SIDS + (p->pool & (MAX_SIDS - 1));

	return bpf_map_lookup_elem(&sg_sid, &key);
}

/* RFC 8986 section 6: processed successfully. */
static __always_inline void count_sid(const struct pkt *p)
{
	__u32 key = p->set * MAX_SIDS + (p->pool & (MAX_SIDS - 1));
	struct sid_count *c = bpf_map_lookup_elem(&sg_sid_count, &key);

	if (!c || p->trace)
		return;
	c->packets++;
	c->bytes += p->l4 + p->l4_len - p->l3;
}
