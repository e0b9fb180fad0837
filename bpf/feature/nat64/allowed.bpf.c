// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* NAT64: may a session of an older configuration go on? */
#include "feature/nat64/nat64.h"

/* It may if its binding still belongs to one and the same instance. */
__noinline int nat64_allowed(struct xdp_md *ctx, struct pkt *p)
{
	struct class6_key k = { .prefixlen = 32 + 128 };
	struct class_value *in;
	struct nat64_instance *i;
	struct session *s;

	use_args(ctx, p);
	if (!p)
		return 0;
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return 0;
	k.set = p->set;
	k.table = class_table(s->table);
	for (int w = 0; w < 4; w++)
		k.addr[w] = s->in.dst[w];
	in = bpf_map_lookup_elem(&sg_class6, &k);
	if (!in || in->kind != CLASS_NAT64_POOL6 || !pool4_has(p, in->instance, s->out.src[0], s->out.sport))
		return 0;
	i = nat64_instance(p, in->instance);
	if (!i)
		return 0;
	s->instance = in->instance;
	s->in_sides = i->inside;
	s->pool6_len = i->pool6_len;
	s->flags = is_pool(class4_of(p, s->out.dst[0])) ? SESSION_HAIRPIN : 0;
	for (int c = 0; c < 4; c++)
		s->timeout[c] = i->timeout[c];
	return 1;
}
