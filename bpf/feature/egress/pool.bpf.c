// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Egress, to a pool address without a session: only a static forward opens one from the outside; filtering is address and
 * port dependent (RFC 4787 section 5), as users of source NAT expect. */
#include "feature/egress/egress.h"

static __always_inline struct egress_forward *forward_of(const struct pkt *p)
{
	struct egress_forward_key k = { .port = p->t.dport, .proto = p->proto, .set = p->set };

	for (int i = 0; i < 4; i++)
		k.addr[i] = p->family == 6 || i == 0 ? p->t.dst[i] : 0;
	return bpf_map_lookup_elem(&sg_egress_fwd, &k);
}

static __always_inline enum verdict decide(struct pkt *p, const struct egress_forward *f)
{
	struct egress_pool *pool = egress_pool_of(p, p->instance);
	struct egress_settings *e = egress_settings_of(p);
	struct decision *d = decision_begin(p);
	struct bib *b;

	if (!d || !pool || !e)
		return drop(p, R_INTERNAL);
	d->feature = FEATURE_EGRESS;
	d->family_in = d->family_out = p->family;
	d->instance = p->instance | EGRESS_FORWARD;
	d->table = f->table;
	d->in_sides = e->inside;
	d->pool_first = p->pool;
	d->pool_count = 1;
	d->fixed_port = p->t.dport;
	for (int k = 0; k < 4; k++) {
		d->timeout[k] = pool->timeout[k];
		d->in.src[k] = f->addr[k];
		d->in.dst[k] = d->out.dst[k] = p->family == 6 || k == 0 ? p->t.src[k] : 0;
		d->out.src[k] = p->family == 6 || k == 0 ? p->t.dst[k] : 0;
	}
	d->in.sport = f->port;
	d->in.dport = d->out.dport = p->t.sport;
	d->out.sport = p->t.dport;
	d->outside = 1;
	if (is_pool(class_of_address(p, p->family, d->in.dst)))
		d->flags |= SESSION_HAIRPIN;
	d->bib = bib_of_inside(d);
	b = d->bib ? bpf_map_lookup_elem(&sg_bib, &d->bib) : NULL;
	if (d->bib && (!b || b->life != LIFE_LIVE || b->out_port != d->out.sport || b->out[0] != d->out.src[0] ||
		       b->out[3] != d->out.src[3])) {
		/* One host behind two forwards: the older binding ends with its last session. */
		d->replaces = d->bib;
		d->bib = 0;
	}
	return V_COMMIT;
}

__noinline int egress_pool(struct xdp_md *ctx, struct pkt *p)
{
	struct egress_settings *e;
	struct egress_forward *f;
	enum verdict v;

	if (!p)
		return V_DROP;
	e = egress_settings_of(p);
	if (!e)
		return drop(p, R_INTERNAL);
	/* Inside clients reach a forward with the pool address as their source as well (hairpinning, RFC 4787 REQ-9). On a
	 * port of both roles their policy tells them from the outside. */
	if (!p->hairpin && e->inside >> (p->side & 63) & 1 && (!(p->role & ROLE_OUTSIDE) || egress_action(p)))
		return egress_inside(ctx, p);
	if (!(p->role & ROLE_OUTSIDE) && !p->hairpin)
		return drop(p, R_POOL_WRONG_SIDE);
	if (is_pool(class_of_address(p, p->family, p->t.src)) && !p->hairpin) /* only a packet turned round has it */
		return drop(p, R_BAD_SOURCE);
	if (p->is_error)
		return error_find(ctx, p);
	v = admit(ctx, p);
	if (v != V_CONTINUE)
		return v;
	if (p->frag == LATER_FRAGMENT)
		return fragment_find(ctx, p);
	f = has_ports(p) ? forward_of(p) : NULL;
	if (!f)
		return drop(p, R_POOL_NO_SESSION);
	v = decide(p, f);
	return v == V_COMMIT ? may_open(p) : v;
}
