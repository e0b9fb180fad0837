// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The edge of the SR domain (RFC 8754 section 5.1): from outside nobody reaches a SID, with or without a segment routing
 * header; inside, only nodes of the domain send to them. */
#include "feature/srv6/srv6.h"

__noinline int srv6_admitted(struct xdp_md *ctx, struct pkt *p)
{
	struct srv6_source_key k = { .prefixlen = 32 + 128 };

	use_args(ctx, p);
	if (!p)
		return V_DROP;
	if (!(p->role & ROLE_CORE))
		return drop(p, R_SRV6_EDGE_FILTER);
	k.set = p->set;
	for (int i = 0; i < 4; i++)
		k.addr[i] = p->t.src[i];
	return bpf_map_lookup_elem(&sg_srv6_source, &k) ? V_CONTINUE : drop(p, R_SRV6_EDGE_SOURCE);
}

/* An address of another node. Between core ports the domain's traffic is routed, whatever plain traffic may. */
__noinline int srv6_domain(struct xdp_md *ctx, struct pkt *p)
{
	if (!p)
		return V_DROP;
	if (!(p->role & ROLE_CORE))
		return drop(p, R_SRV6_EDGE_FILTER);
	p->allowed = 1;
	return forward(ctx, p);
}
