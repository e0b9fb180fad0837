// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* NAT64, the way in for everything that has a session: is it still allowed, and which translation is due? */
#include "feature/nat64/nat64.h"

/* The configuration has changed since the session was allowed. It goes on if its binding still belongs to one and
 * the same instance. */
static __always_inline bool still_allowed(const struct pkt *p, struct session *s)
{
	struct class6_key k = { .prefixlen = 32 + 128, .set = p->set, .table = s->table };
	struct class_value *in;
	struct nat64_instance *i;

	for (int w = 0; w < 4; w++)
		k.addr[w] = s->in.dst[w];
	in = bpf_map_lookup_elem(&sg_class6, &k);
	if (!in || in->kind != CLASS_NAT64_POOL6 || !pool4_has(p, in->instance, s->out.src[0], s->out.sport))
		return false;
	i = nat64_instance(p, in->instance);
	if (!i)
		return false;
	s->instance = in->instance;
	s->in_ports = i->inside;
	s->flags = class4_of(p, s->out.dst[0]) ? SESSION_HAIRPIN : 0;
	for (int c = 0; c < 4; c++)
		s->timeout[c] = i->timeout[c];
	s->epoch = p->epoch;
	return true;
}

/* Decides again about a session of an older configuration; ends it if it is no longer allowed. */
__noinline int nat64_renew(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s;

	use_args(ctx, p);
	if (!p)
		return V_DROP;
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return drop(p, R_INTERNAL);
	if (s->epoch == p->epoch || still_allowed(p, s))
		return V_CONTINUE;
	session_end(REF_NUMBER(p->ref), p->now);
	return drop(p, R_SESSION_REVOKED);
}

__noinline int nat64_rewrite(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s;
	enum verdict v;
	bool outside;

	if (!p)
		return V_DROP;
	if (p->is_error)
		return nat64_icmp_error(ctx, p);
	v = nat64_renew(ctx, p);
	if (v != V_CONTINUE)
		return v;
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return drop(p, R_INTERNAL);
	outside = REF_OUTSIDE(p->ref);
	if (!session_side(s, p, outside))
		return drop(p, R_POOL_WRONG_SIDE);
	if (outside && s->flags & SESSION_HAIRPIN && !p->hairpin) /* only a packet turned round has such a source */
		return drop(p, R_NAT64_BAD_SOURCE);
	session_touch(s, p->now, p->hz);
	if (p->frag == LATER_FRAGMENT)
		return nat64_fragment_later(ctx, p);
	if (p->proto == P_TCP)
		session_tcp(s, p->tcp_flags, outside, p->now);
	return nat64_translate(ctx, p);
}
