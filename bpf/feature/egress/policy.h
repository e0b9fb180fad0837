/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which policy do a source and a destination fall under? */
#pragma once
#include "layout/pkt.h"
#include "stage/session.h"

/* Who asks, and for what: a packet from the inside, or the inside tuple of a session. */
struct egress_query {
	__be32 src[4], dst[4];
	__u32 identity;
	__u16 table;
	__u8  family;
};

/* Number of the policy set of a source, 0 = none. */
static __noinline __u32 egress_policies(const struct pkt *p, const struct egress_query *q)
{
	__u32 *set = NULL;

	if (q->identity) {
		struct egress_identity_key k = { .set = p->set, .table = q->table, .identity = q->identity };

		set = bpf_map_lookup_elem(&sg_egress_id, &k);
		if (set)
			return *set;
	}
	if (q->family == 6) {
		struct egress_src6_key k = { .prefixlen = 32 + 128, .set = p->set, .table = q->table };

		for (int i = 0; i < 4; i++)
			k.addr[i] = q->src[i];
		set = bpf_map_lookup_elem(&sg_egress_src6, &k);
	} else {
		struct egress_src4_key k = { .prefixlen = 32 + 32, .set = p->set, .table = q->table, .addr = q->src[0] };

		set = bpf_map_lookup_elem(&sg_egress_src4, &k);
	}
	return set ? *set : 0;
}

/* What that set says of a destination. NULL: nothing, or that no policy applies. */
static __noinline struct egress_action *egress_action_of(const struct pkt *p, const struct egress_query *q, __u32 policies)
{
	struct egress_action *a;

	if (q->family == 6) {
		struct egress_dst6_key k = { .prefixlen = 32 + 128, .set = p->set, .policies = policies };

		for (int i = 0; i < 4; i++)
			k.addr[i] = q->dst[i];
		a = bpf_map_lookup_elem(&sg_egress_dst6, &k);
	} else {
		struct egress_dst4_key k = { .prefixlen = 32 + 32, .set = p->set, .policies = policies, .addr = q->dst[0] };

		a = bpf_map_lookup_elem(&sg_egress_dst4, &k);
	}
	return a && a->policy ? a : NULL;
}

static __always_inline struct egress_action *egress_find(const struct pkt *p, const struct egress_query *q)
{
	__u32 policies = egress_policies(p, q);

	return policies ? egress_action_of(p, q, policies) : NULL;
}
