// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* NAT64, decide: which binding does a packet belong to (RFC 6146 section 3.5)? decide_* only reads; what it finds
 * goes into sg_decision, and commit() writes it down. */
#include "feature/nat64/nat64.h"

static __always_inline void decision_common(struct decision *d, const struct pkt *p, const struct nat64_instance *i)
{
	d->feature = FEATURE_NAT64;
	d->family_in = 6;
	d->family_out = 4;
	d->instance = p->instance;
	d->pool_first = i->pool4_first;
	d->pool_count = i->pool4_count;
	d->in_sides = i->inside;
	d->pool6_len = i->pool6_len;
	for (int k = 0; k < 4; k++)
		d->timeout[k] = i->timeout[k];
}

static __always_inline bool in_pool6(const __be32 addr[4], const struct nat64_instance *i)
{
	__u32 len = i->pool6_len;

	/* All lengths are whole bytes, and words but for 40, 48 and 56. */
	for (int w = 0; w < 4; w++) {
		__u32 bits = len > w * 32 ? len - w * 32 : 0;
		__u32 mask = bits >= 32 ? ~0u : bits ? ~(~0u >> bits) : 0;

		if ((addr[w] ^ i->pool6[w]) & bpf_htonl(mask))
			return false;
	}
	return true;
}

/* From the inside: client and destination give everything but the pool address, which the BIB has or commit claims. */
static __always_inline enum verdict decide_inside(struct pkt *p, const struct nat64_instance *i)
{
	struct decision *d = decision_begin(p);
	struct bib *b;

	if (!d)
		return drop(p, R_INTERNAL);
	decision_common(d, p, i);
	d->in = p->t;
	d->out.dst[0] = rfc6052_extract(p->t.dst, i->pool6_len);
	d->out.dport = p->t.dport;
	d->table = p->table;
	if (not_unicast4(d->out.dst[0]))
		return drop(p, R_NAT64_BAD_DEST);
	if (is_pool(class4_of(p, d->out.dst[0])))
		d->flags |= SESSION_HAIRPIN;
	d->bib = bib_of_inside(d);
	if (d->bib) {
		b = bpf_map_lookup_elem(&sg_bib, &d->bib);
		if (!b || b->life != LIFE_LIVE)
			return drop(p, R_SESSION_RACE);
		for (int k = 0; k < 4; k++)
			d->out.src[k] = b->out[k];
		d->out.sport = b->out_port;
		/* Other sessions may still hold an entry whose pool address or port has been taken out of the
		 * configuration; they end with their next packets. Nothing new lives under it. */
		if (!pool4_has(p, p->instance, b->out[0], b->out_port)) {
			d->replaces = d->bib;
			d->bib = 0;
		}
	}
	return V_COMMIT;
}

/* From the outside: endpoint-independent filtering, so a BIB entry is all that is asked for. */
static __always_inline enum verdict decide_outside(struct pkt *p, const struct nat64_instance *i)
{
	struct decision *d = decision_begin(p);
	bool icmp = p->proto == P_ICMP;
	__be16 port = icmp ? p->t.sport : p->t.dport;
	__u32 position = p->set * MAX_POOL + p->pool, number;
	struct pool_address *a = bpf_map_lookup_elem(&sg_pool, &position);
	struct bib *b;
	void *table;

	if (!d || !a)
		return drop(p, R_INTERNAL);
	number = a->number;
	table = bpf_map_lookup_elem(&sg_ports_of, &number);
	if (!table)
		return drop(p, R_INTERNAL);
	decision_common(d, p, i);
	d->bib = port_owner(table, p->proto, bpf_ntohs(port));
	b = d->bib ? bpf_map_lookup_elem(&sg_bib, &d->bib) : NULL;
	if (!b || b->life != LIFE_LIVE || b->feature != FEATURE_NAT64)
		return drop(p, R_POOL_NO_SESSION);
	/* An entry of an older configuration: its port is no longer in the range, or its table had another address. */
	if (b->out[0] != p->t.dst[0] || bpf_ntohs(port) < a->port_min || bpf_ntohs(port) > a->port_max)
		return drop(p, R_POOL_NO_SESSION);
	d->proto = proto_of(p->proto, 6);
	d->table = b->table;
	tuple_reverse(&d->out, &p->t, p->proto);
	d->out.src[1] = d->out.src[2] = d->out.src[3] = 0;
	d->out.dst[1] = d->out.dst[2] = d->out.dst[3] = 0;
	for (int k = 0; k < 4; k++)
		d->in.src[k] = b->in[k];
	d->in.sport = b->in_port;
	d->in.dport = d->out.dport;
	rfc6052_embed(d->in.dst, i->pool6, i->pool6_len, p->t.src[0]);
	if (is_pool(class4_of(p, p->t.src[0])))
		d->flags |= SESSION_HAIRPIN;
	d->outside = 1;
	return V_COMMIT;
}

__noinline int nat64_pool6(struct xdp_md *ctx, struct pkt *p)
{
	struct nat64_instance *i;
	enum verdict v;

	if (!p)
		return V_DROP;
	i = nat64_instance(p, p->instance);
	if (!i)
		return drop(p, R_INTERNAL);
	if (!(i->inside >> (p->side & 63) & 1))
		return drop(p, R_POOL_WRONG_SIDE);
	if (in_pool6(p->t.src, i) || not_unicast6(p->t.src))
		return drop(p, R_BAD_SOURCE);
	if (p->is_error)
		return error_find(ctx, p);
	v = admit(ctx, p);
	if (v != V_CONTINUE)
		return v;
	if (p->frag == LATER_FRAGMENT)
		return fragment_find(ctx, p);
	if (!has_ports(p))
		return p->proto == P_ICMP6 ? drop(p, R_ICMP_UNTRANSLATABLE) :
					     report(p, R_NAT64_PROTO, ICMP6_UNREACH, 4, 0);
	v = decide_inside(p, i);
	return v == V_COMMIT ? may_open(p) : v;
}

__noinline int nat64_pool4(struct xdp_md *ctx, struct pkt *p)
{
	struct nat64_instance *i;
	enum verdict v;

	if (!p)
		return V_DROP;
	i = nat64_instance(p, p->instance);
	if (!i)
		return drop(p, R_INTERNAL);
	if (!(p->role & ROLE_OUTSIDE) && !p->hairpin)
		return drop(p, R_POOL_WRONG_SIDE);
	if (not_unicast4(p->t.src[0]) && !p->is_error)
		return drop(p, R_BAD_HEADER);
	if (is_pool(class4_of(p, p->t.src[0])) && !p->hairpin) /* only a packet turned round has such a source */
		return drop(p, R_BAD_SOURCE);
	if (p->is_error)
		return error_find(ctx, p);
	v = admit(ctx, p);
	if (v != V_CONTINUE)
		return v;
	if (p->frag == LATER_FRAGMENT)
		return fragment_find(ctx, p);
	if (!has_ports(p))
		return drop(p, p->proto == P_ICMP ? R_ICMP_UNTRANSLATABLE : R_NAT64_PROTO);
	v = decide_outside(p, i);
	return v == V_COMMIT ? may_open(p) : v;
}
