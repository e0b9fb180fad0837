// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Egress: may a session of an older configuration go on? It may while its pool has its address and port, and while any
 * policy allows its source and destination: one that would now choose another address changes nothing for it. */
#include "feature/egress/egress.h"

static __always_inline bool forward_stands(const struct pkt *p, const struct session *s)
{
	struct egress_forward_key k = { .port = s->out.sport, .proto = proto_of(s->proto, s->family_out), .set = p->set };
	struct egress_forward *f;
	__u32 diff = 0;

	for (int i = 0; i < 4; i++)
		k.addr[i] = s->out.src[i];
	f = bpf_map_lookup_elem(&sg_egress_fwd, &k);
	for (int i = 0; f && i < 4; i++)
		diff |= f->addr[i] ^ s->in.src[i];
	return f && !diff && f->port == s->in.sport && f->table == s->table;
}

__noinline int egress_allowed(struct xdp_md *ctx, struct pkt *p)
{
	struct egress_query q = {};
	struct egress_settings *e;
	struct egress_pool *pool;
	struct class_value *c;
	struct session *s;

	use_args(ctx, p);
	if (!p)
		return 0;
	s = session_at(REF_NUMBER(p->ref));
	e = egress_settings_of(p);
	if (!s || !e)
		return 0;
	c = class_of_address(p, s->family_out, s->out.src);
	if (s->instance & EGRESS_FORWARD) {
		if (!forward_stands(p, s))
			return 0;
	} else {
		if (!pool_has(p, c, CLASS_EGRESS_POOL, s->instance, s->out.sport))
			return 0;
		q.identity = s->identity;
		q.table = s->table;
		q.family = s->family_in;
		for (int i = 0; i < 4; i++) {
			q.src[i] = s->in.src[i];
			q.dst[i] = s->in.dst[i];
		}
		if (!egress_find(p, &q))
			return 0;
	}
	pool = egress_pool_of(p, s->instance);
	if (!pool)
		return 0;
	s->in_sides = e->inside;
	s->flags = is_pool(class_of_address(p, s->family_out, s->out.dst)) ? SESSION_HAIRPIN : 0;
	for (int k = 0; k < 4; k++)
		s->timeout[k] = pool->timeout[k];
	return 1;
}
