// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Egress, from the inside: the policy of source and destination names the pool that the packet leaves with. */
#include "feature/egress/egress.h"

/* No policy applies: plain traffic, unless this side needs one. Pods have no other way. */
static __always_inline int unmatched(struct xdp_md *ctx, struct pkt *p, const struct egress_settings *e)
{
	if (IS_SLOT(p->table) || e->only >> (p->side & 63) & 1)
		return drop(p, R_EGRESS_NO_POLICY);
	return forward(ctx, p);
}

/* Is the destination a pod that this slot has been heard from? Clusters carry such packets themselves: sent out with a
 * pool address they would at best reach some other host of that address. */
static __noinline bool to_pod(const struct pkt *p)
{
	struct pod_key k = { .slot = p->table & 0xfff, .family = p->family };

	for (int i = 0; i < 4; i++)
		k.addr[i] = p->family == 6 || i == 0 ? p->t.dst[i] : 0;
	return bpf_map_lookup_elem(&sg_pod, &k);
}

/* An error about a translated packet belongs to its session, whoever sends it: routers between clients and this box
 * need no policy of their own (RFC 5508 REQ-5). Errors about anything else are plain traffic. */
static __noinline int error_or_unmatched(struct xdp_md *ctx, struct pkt *p, const struct egress_settings *e)
{
	struct tuple t = p->t;
	__u8 proto = p->proto;

	if (error_find(ctx, p) == V_CONTINUE)
		return V_CONTINUE;
	p->ref = 0;
	p->reason = R_NONE;
	p->proto = proto;
	p->t = t;
	return unmatched(ctx, p, e);
}

static __always_inline enum verdict decide(struct pkt *p, const struct egress_action *a, const struct egress_settings *e)
{
	struct egress_pool *pool = egress_pool_of(p, a->pool);
	struct decision *d = decision_begin(p);
	struct class_value *c;
	struct bib *b;

	if (!d || !pool)
		return drop(p, R_INTERNAL);
	d->feature = FEATURE_EGRESS;
	d->family_in = d->family_out = p->family;
	d->instance = a->pool;
	d->policy = a->policy;
	d->table = p->table;
	d->in_sides = e->inside;
	d->pool_first = p->family == 6 ? pool->first6 : pool->first4;
	d->pool_count = p->family == 6 ? pool->count6 : pool->count4;
	for (int k = 0; k < 4; k++) {
		d->timeout[k] = pool->timeout[k];
		d->in.src[k] = p->family == 6 || k == 0 ? p->t.src[k] : 0;
		d->in.dst[k] = d->out.dst[k] = p->family == 6 || k == 0 ? p->t.dst[k] : 0;
	}
	d->in.sport = p->t.sport;
	d->in.dport = d->out.dport = p->t.dport;
	if (!d->pool_count)
		return drop(p, R_EGRESS_NO_ADDRESS);
	if (is_pool(class_of_address(p, p->family, d->out.dst)))
		d->flags |= SESSION_HAIRPIN;
	d->bib = bib_of_inside(d);
	if (!d->bib)
		return V_COMMIT;
	b = bpf_map_lookup_elem(&sg_bib, &d->bib);
	if (!b || b->life != LIFE_LIVE)
		return drop(p, R_SESSION_RACE);
	for (int k = 0; k < 4; k++)
		d->out.src[k] = b->out[k];
	d->out.sport = b->out_port;
	/* An address or port that the pool no longer has: see nat64/decide.bpf.c. */
	c = class_of_address(p, p->family, b->out);
	if (!pool_has(p, c, CLASS_EGRESS_POOL, d->instance, b->out_port)) {
		d->replaces = d->bib;
		d->bib = 0;
	}
	return V_COMMIT;
}

__noinline int egress_inside(struct xdp_md *ctx, struct pkt *p)
{
	struct egress_settings *e;
	struct egress_action *a;
	enum verdict v;

	if (!p)
		return V_DROP;
	e = egress_settings_of(p);
	if (!e)
		return drop(p, R_INTERNAL);
	a = egress_action(p);
	if (!a)
		return p->is_error ? error_or_unmatched(ctx, p, e) : unmatched(ctx, p, e);
	if (IS_SLOT(p->table) && to_pod(p))
		return drop(p, R_VXLAN_INNER_LOCAL);
	p->nh_family = p->family;
	p->nh_table = 0;
	for (int i = 0; i < 4; i++)
		p->nh[i] = p->family == 6 || i == 0 ? p->t.dst[i] : 0;
	v = p->owner == OWNER_EGRESS ? resolve(ctx, p) : V_CONTINUE;
	if (v == V_PASS && IS_SLOT(p->table))
		return drop(p, R_VXLAN_INNER_LOCAL);
	if (v == V_PASS) /* to this box itself */
		return p->rewritten || p->table ? drop(p, R_REWRITTEN_LOCAL) : V_PASS;
	if (v != V_CONTINUE)
		return v;
	if (p->is_error)
		return error_find(ctx, p);
	v = admit(ctx, p);
	if (v != V_CONTINUE)
		return v;
	if (p->frag == LATER_FRAGMENT)
		return fragment_find(ctx, p);
	if (!has_ports(p))
		return drop(p, p->proto == P_ICMP || p->proto == P_ICMP6 ? R_ICMP_UNTRANSLATABLE : R_EGRESS_PROTO);
	v = decide(p, a, e);
	return v == V_COMMIT ? may_open(p) : v;
}
