// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The way of a packet that the index does not know or that the fast tier does not handle: whose is it? The feature
 * that owns the session or the destination decides; what nobody claims is the kernel's, or plain traffic. */
#include "stage/event.h"
#include "stage/index.h"
#include "stage/parse.h"
#include "stage/session.h"
#include "stage/stages.h"

/* Link-local and group addresses never leave their link: they belong to the kernel's own protocols. */
static __always_inline bool link_only(const struct pkt *p)
{
	if (p->family == 6)
		return (p->t.dst[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000) ||
		       (p->t.dst[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
	return (p->t.dst[0] & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) || p->t.dst[0] == 0xffffffff ||
	       (p->t.dst[0] & bpf_htonl(0xffff0000)) == bpf_htonl(0xa9fe0000);
}

static __noinline struct class_value *class_of(const struct pkt *p)
{
	if (p->family == 6) {
		struct class6_key k = { .prefixlen = 32 + 128, .set = p->set, .table = p->table };

		for (int i = 0; i < 4; i++)
			k.addr[i] = p->t.dst[i];
		return bpf_map_lookup_elem(&sg_class6, &k);
	} else {
		struct class4_key k = { .prefixlen = 32 + 32, .set = p->set, .table = p->table, .addr = p->t.dst[0] };

		return bpf_map_lookup_elem(&sg_class4, &k);
	}
}

/* The keys are large: kept off the stack of slow(), which stands under every feature's. */
static __noinline __u32 index_lookup(struct pkt *p)
{
	return index_find(p->family, &p->t, p->proto, p->table);
}

/* Forgets a reference to a session that is not this packet's, or whose time is over: a miss, whether the sweep has
 * come by or not. */
static __always_inline struct session *session_of(struct pkt *p)
{
	struct session *s;

	if (!p->ref)
		return NULL;
	s = session_at(REF_NUMBER(p->ref));
	if (s && session_matches(s, p->ref, p) && !session_expired(s, p->now))
		return s;
	p->ref = 0;
	return NULL;
}

/* Whose packet is it? V_CONTINUE: pkt->owner says. */
__noinline int classify(struct xdp_md *ctx, struct pkt *p)
{
	struct class_value *c;
	struct session *s;
	enum verdict v;

	if (!p)
		return V_DROP;
	if (!p->family || link_only(p) || p->group)
		return answer(ctx, p);
	v = parse_deep(ctx, p);
	if (v != V_CONTINUE)
		return v;
	if (p->family == 6 && p->proto == P_ICMP6 && p->icmp_type == ICMP6_NS && p->ttl == 255)
		return answer(ctx, p); /* sent to one address: is it still there (RFC 4861 section 7.3)? */
	if (!p->ref && p->frag != LATER_FRAGMENT && !p->is_error)
		p->ref = index_lookup(p);
	s = session_of(p);
	if (s) {
		p->instance = s->instance;
		p->owner = s->feature == FEATURE_NAT64 ? OWNER_NAT64_SESSION : OWNER_PLAIN;
		return V_CONTINUE;
	}
	c = class_of(p);
	p->owner = OWNER_PLAIN;
	if (!c)
		return V_CONTINUE;
	p->instance = c->instance;
	p->pool = c->number;
	p->owner = c->kind == CLASS_NAT64_POOL6 ? OWNER_NAT64_POOL6 : OWNER_NAT64_POOL4;
	return V_CONTINUE;
}

/* What should become of it? Changes no map but sg_decision. V_CONTINUE: pkt->ref names its session. */
static __always_inline int decide(struct xdp_md *ctx, struct pkt *p)
{
	if (p->hairpin && p->owner == OWNER_PLAIN) /* rewritten, so never the kernel's or plain traffic */
		return drop(p, R_POOL_NO_SESSION);
	switch (p->owner) {
	case OWNER_NAT64_SESSION:
		return nat64_session(ctx, p);
	case OWNER_NAT64_POOL6:
		return nat64_pool6(ctx, p);
	case OWNER_NAT64_POOL4:
		return nat64_pool4(ctx, p);
	}
	return forward(ctx, p);
}

/* The packet has been rewritten in place: what is it now? */
__noinline int parse_again(struct xdp_md *ctx, struct pkt *p)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *first;

	if (!p)
		return V_DROP;
	p->passes++;
	first = at(data, p->l3);
	if ((void *)(first + 1) > end)
		return drop(p, R_TRUNCATED);
	return parse_l3(p, data, end, bpf_htons(*first >> 4 == 6 ? ETH_IP6 : ETH_IP4));
}

__noinline int slow(struct xdp_md *ctx, struct pkt *p)
{
	if (!p)
		return V_DROP;
	for (int i = 0; i < MAX_PASSES; i++) {
		int v = classify(ctx, p);

		if (v == V_CONTINUE)
			v = decide(ctx, p);
		if (v == V_COMMIT)
			v = commit(ctx, p);
		if (v == V_CONTINUE)
			v = nat64_rewrite(ctx, p);
		if (v == V_REPORT)
			return icmp_error(ctx, p);
		if (v != V_AGAIN)
			return v;
		v = parse_again(ctx, p);
		if (v != V_CONTINUE)
			return v;
	}
	return drop(p, R_NAT64_HAIRPIN_LOOP);
}
