// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The way of a packet that the index does not know or that the fast tier does not handle: whose is it? The feature
 * that owns the session or the destination decides; what nobody claims is the kernel's, or plain traffic. */
#include "lib/count.h"
#include "stage/decide.h"
#include "stage/event.h"
#include "stage/index.h"
#include "stage/note.h"
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
	__u16 table = class_table(p->table);

	if (p->family == 6) {
		struct class6_key k = { .prefixlen = 32 + 128, .set = p->set, .table = table };

		for (int i = 0; i < 4; i++)
			k.addr[i] = p->t.dst[i];
		return bpf_map_lookup_elem(&sg_class6, &k);
	} else {
		struct class4_key k = { .prefixlen = 32 + 32, .set = p->set, .table = table, .addr = p->t.dst[0] };

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

static __always_inline enum pkt_owner owner_of(const struct class_value *c)
{
	switch (c->kind) {
	case CLASS_NAT64_POOL6:
		return OWNER_NAT64_POOL6;
	case CLASS_NAT64_POOL4:
		return OWNER_NAT64_POOL4;
	case CLASS_EGRESS_POOL:
		return OWNER_EGRESS_POOL;
	case CLASS_SRV6_SID:
		return OWNER_SRV6_SID;
	case CLASS_SRV6_LOCATOR:
		return OWNER_SRV6_LOCATOR;
	case CLASS_SRV6_DOMAIN:
		return OWNER_SRV6_DOMAIN;
	case CLASS_TUNNEL_END:
		return OWNER_TUNNEL_END;
	}
	return OWNER_PLAIN;
}

/* Nobody's destination: may egress policies have a word? */
static __always_inline enum pkt_owner owner_of_rest(const struct pkt *p)
{
	__u32 set = p->set;
	struct egress_settings *e = bpf_map_lookup_elem(&sg_egress, &set);

	return e && (e->inside >> (p->side & 63) & 1) ? OWNER_EGRESS : OWNER_PLAIN;
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
		return p->rewritten ? drop(p, R_REWRITTEN_LOCAL) : answer(ctx, p);
	v = parse_deep(ctx, p);
	if (v != V_CONTINUE)
		return v;
	if (p->family == 6 && p->proto == P_ICMP6 && p->icmp_type == ICMP6_NS && p->ttl == 255 && !p->rewritten)
		return answer(ctx, p); /* sent to one address: is it still there (RFC 4861 section 7.3)? */
	p->owner = OWNER_PLAIN;
	if (p->routed)
		return V_CONTINUE;
	if (!p->ref && !p->missed && p->frag != LATER_FRAGMENT && !p->is_error)
		p->ref = index_lookup(p);
	s = session_of(p);
	if (s) {
		if (p->trace)
			copy_session(p, s);
		p->instance = s->instance;
		p->feature = s->feature;
		p->owner = OWNER_SESSION;
		return V_CONTINUE;
	}
	c = class_of(p);
	if (!c || !c->kind) {
		p->owner = owner_of_rest(p);
		return V_CONTINUE;
	}
	p->instance = c->instance;
	p->pool = c->number;
	p->owner = owner_of(c);
	return V_CONTINUE;
}

/* A session is known: what is left to ask does not depend on the configuration, unless that has changed. */
static __always_inline int decide_session(struct xdp_md *ctx, struct pkt *p)
{
	/* Other messages of ICMP have no identifier: their key is that of an echo session whose identifier is 0. */
	if (!has_ports(p))
		return drop(p, R_ICMP_UNTRANSLATABLE);
	return admit(ctx, p);
}

/* What should become of it? Changes no map but sg_decision. V_CONTINUE: pkt->ref names its session. */
static __always_inline int decide(struct xdp_md *ctx, struct pkt *p)
{
	if (p->hairpin && p->owner == OWNER_PLAIN) /* rewritten, so never the kernel's or plain traffic */
		return drop(p, R_POOL_NO_SESSION);
	switch (p->owner) {
	case OWNER_SESSION:
		return decide_session(ctx, p);
	case OWNER_NAT64_POOL6:
		return nat64_pool6(ctx, p);
	case OWNER_NAT64_POOL4:
		return nat64_pool4(ctx, p);
	case OWNER_EGRESS:
		return egress_inside(ctx, p);
	case OWNER_EGRESS_POOL:
		return egress_pool(ctx, p);
	case OWNER_SRV6_SID:
		return srv6_sid(ctx, p);
	case OWNER_SRV6_LOCATOR:
		return drop(p, p->role & ROLE_CORE ? R_SRV6_NO_SID : R_SRV6_EDGE_FILTER);
	case OWNER_SRV6_DOMAIN:
		return srv6_domain(ctx, p);
	case OWNER_TUNNEL_END:
		return vxlan_end(ctx, p);
	}
	return forward(ctx, p);
}

__noinline int still_allowed(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s;

	if (!p)
		return 0;
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return 0;
	return s->feature == FEATURE_NAT64 ? nat64_allowed(ctx, p) : egress_allowed(ctx, p);
}

/* The packet has been rewritten in place: what is it now? */
__noinline int parse_again(struct xdp_md *ctx, struct pkt *p)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *first;

	if (!p)
		return V_DROP;
	first = at(data, p->l3);
	if ((void *)(first + 1) > end)
		return drop(p, R_TRUNCATED);
	return parse_l3(p, data, end, bpf_htons(*first >> 4 == 6 ? ETH_IP6 : ETH_IP4));
}

static __always_inline int leave(struct xdp_md *ctx, struct pkt *p)
{
	int v = emit(ctx, p);

	if (v == V_DROP && p->parked) /* the held fragment goes with it */
		count_drop(p->parked_port, p->reason);
	return v;
}

__noinline int slow(struct xdp_md *ctx, struct pkt *p)
{
	if (!p)
		return V_DROP;
	for (int i = 0; i < MAX_PASSES; i++) {
		int v = classify(ctx, p);

		note(p, TRACE_CLASSIFY, v);
		if (v == V_CONTINUE) {
			v = decide(ctx, p);
			note(p, TRACE_DECIDE, v);
		}
		if (v == V_COMMIT) {
			v = commit(ctx, p);
			note(p, TRACE_COMMIT, v);
		}
		if (v == V_CONTINUE) {
			v = session_rewrite(ctx, p);
			note(p, TRACE_REWRITE, v);
		}
		if (v == V_REPORT)
			return icmp_error(ctx, p);
		if (v == V_EMIT)
			return leave(ctx, p);
		if (v != V_AGAIN)
			return v;
		v = parse_again(ctx, p);
		note(p, TRACE_PARSE, v);
		if (v != V_CONTINUE)
			return v;
	}
	return drop(p, R_TOO_MANY_PASSES);
}
