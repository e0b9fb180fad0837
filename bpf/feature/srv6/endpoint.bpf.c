// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A packet whose destination is a SID of this node (RFC 8986 section 4). Line numbers are those of the RFC. */
#include "feature/srv6/srv6.h"

/* End and End.X with segments left (sections 4.1, 4.2). */
static __always_inline enum verdict end(struct xdp_md *ctx, struct pkt *p, const struct sid *sid)
{
	enum verdict v = srv6_advance(ctx, p, sid->flavors & SID_PSP);

	if (v != V_CONTINUE)
		return v;
	count_sid(p);
	p->allowed = 1;
	if (sid->behavior != SID_END_X)
		return V_AGAIN; /* S15: the next segment may be this node again */
	p->out_ifindex = sid->ifindex;
	p->nh_family = sid->nh_family;
	p->nh_table = sid->table;
	for (int i = 0; i < 4; i++)
		p->nh[i] = sid->nh[i];
	p->routed = 1;
	return forward(ctx, p);
}

__noinline int srv6_sid(struct xdp_md *ctx, struct pkt *p)
{
	struct sid *sid;
	enum verdict v;
	__u8 left = 0;

	if (!p)
		return V_DROP;
	v = p->hopped ? V_CONTINUE : srv6_admitted(ctx, p);
	if (v != V_CONTINUE)
		return v;
	sid = sid_of(p);
	if (!sid || !sid->behavior)
		return drop(p, R_INTERNAL);
	if (p->srh && bpf_xdp_load_bytes(ctx, p->l3 + p->srh + 3, &left, 1))
		return drop(p, R_TRUNCATED);
	/* RFC 8200 section 4.4: a routing header of another type that is not at its end. */
	if (p->source_route && p->source_route != p->srh + 3)
		return report(p, R_SRV6_SEGMENTS_LEFT, ICMP6_PARAM, 0, p->source_route - 1);
	if (left) {
		if (sid->behavior == SID_END || sid->behavior == SID_END_X)
			return end(ctx, p, sid);
		return report(p, R_SRV6_SEGMENTS_LEFT, ICMP6_PARAM, 0, p->srh + 3); /* 4.4 and others, S02 */
	}
	/* Section 4.16.2. Decapsulation (4.16.3) takes the header away together with all others. */
	if (p->srh && sid->flavors & SID_USP &&
	    !(sid->flavors & SID_USD && (p->proto == P_IP4 || p->proto == P_IP6))) {
		v = srv6_pop(ctx, p);
		if (v != V_CONTINUE)
			return v;
	}
	return srv6_upper(ctx, p);
}
