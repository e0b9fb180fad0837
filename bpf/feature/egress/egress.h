/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Egress NAT (RFC 3022, RFC 4787): inside clients leave with an address of a pool that a policy chooses. policy.h finds
 * the policy, inside.bpf.c and pool.bpf.c decide for the two directions, allowed.bpf.c about sessions of an older
 * configuration. */
#pragma once
#include "feature/egress/policy.h"
#include "layout/pkt.h"
#include "stage/decide.h"
#include "stage/stages.h"

/* Sessions of a static forward have an instance of their own: their binding is not that of the host's own flows. */
#define EGRESS_FORWARD 0x8000

static __always_inline struct egress_pool *egress_pool_of(const struct pkt *p, __u32 number)
{
	__u32 key = p->set * MAX_EGRESS_POOLS + (number & (MAX_EGRESS_POOLS - 1));

	return bpf_map_lookup_elem(&sg_egress_pool, &key);
}

static __always_inline struct egress_settings *egress_settings_of(const struct pkt *p)
{
	__u32 set = p->set;

	return bpf_map_lookup_elem(&sg_egress, &set);
}

/* The class of an address of either family. */
static __always_inline struct class_value *class_of_address(const struct pkt *p, __u8 family, const __be32 addr[4])
{
	return family == 6 ? class6_of(p, addr) : class4_of(p, addr[0]);
}

/* The policy of a packet from the inside, NULL = none. */
static __always_inline struct egress_action *egress_action(const struct pkt *p)
{
	struct egress_query q = { .identity = p->identity, .table = p->table, .family = p->family };

	for (int i = 0; i < 4; i++) {
		q.src[i] = p->t.src[i];
		q.dst[i] = p->t.dst[i];
	}
	return egress_find(p, &q);
}
