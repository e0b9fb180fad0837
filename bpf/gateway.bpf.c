// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The gateway: where every frame of every port enters. Established packets stay in this file's inlined stages:
 * parse -> index -> session -> rewrite -> emit. Everything else goes to slow(). Each received frame is counted
 * once here, and once more by what became of it. */
#include "lib/count.h"
#include "stage/emit.h"
#include "stage/event.h"
#include "stage/index.h"
#include "stage/parse.h"
#include "stage/rewrite.h"
#include "stage/session.h"
#include "stage/stages.h"

char _license[] SEC("license") = "Dual BSD/GPL";

/* An established packet, or V_CONTINUE with pkt->ref filled in. */
static __always_inline enum verdict fast(struct xdp_md *ctx, struct pkt *p)
{
	struct adjacency *a;
	struct session *s;
	__u32 adj, resolved, len;
	bool outside, same;

	if (!p->family || !p->simple || p->tier)
		return V_CONTINUE;
	p->ref = index_find(p->family, &p->t, p->proto, p->table);
	if (!p->ref) {
		p->missed = 1;
		return V_CONTINUE;
	}
	s = session_slot(REF_NUMBER(p->ref));
	if (!s || !session_matches(s, p->ref, p))
		return V_CONTINUE;
	if (s->epoch != p->epoch || s->flags || s->tcp & TCP_RESET || session_expired(s, p->now))
		return V_CONTINUE;
	outside = REF_OUTSIDE(p->ref);
	if (!session_side(s, p, outside))
		return V_CONTINUE;
	adj = outside ? s->adj_in : s->adj_out;
	resolved = outside ? s->resolved_in : s->resolved_out;
	if (!adj || p->now - resolved >= p->hz || p->ttl <= 1)
		return V_CONTINUE;
	a = bpf_map_lookup_elem(&sg_adj, &adj);
	if (!a || a->flags & PORT_DOOR || a->tunnel)
		return V_CONTINUE;
	same = s->family_in == s->family_out;
	len = p->l4_len + ((outside ? s->family_in : s->family_out) == 6 ? IP6_LEN : IP4_LEN);
	/* RFC 7915 section 4: IPv4 packets that may be fragmented are cut to what every IPv6 link carries. */
	if (len > a->mtu || (!same && outside && !p->df && len > IP6_MIN_MTU))
		return V_CONTINUE;
	session_touch(s, p->now, p->hz);
	if (needs_completion(ctx, p, outside ? s->pseudo_out : s->pseudo_in))
		complete_checksum(ctx, p);
	if (same)
		return rewrite_same(ctx, p, s, a, outside);
	return outside ? rewrite_4to6(ctx, p, s, a) : rewrite_6to4(ctx, p, s, a);
}

static __always_inline int finish(struct pkt *p, enum verdict v)
{
	struct port_count *c;

	if (p->in_port == NO_PORT)
		return XDP_PASS;
	c = port_count(p->in_port);
	if (!c)
		return XDP_DROP;
	switch (v) {
	case V_FORWARD:
		c->forwarded++;
		return XDP_REDIRECT;
	case V_DOOR:
		c->doored++;
		return XDP_REDIRECT;
	case V_REPORTED:
		return XDP_REDIRECT;
	case V_PASS:
		c->passed++;
		return XDP_PASS;
	case V_ANSWER:
		c->answered++;
		/* Not XDP_TX where it can be helped: a veth wakes its peer for that only if the peer has an XDP program, not
		 * for mere NAPI (veth_xdp_flush, Linux 6.18), and the answer would lie in the ring until the next redirect. */
		return p->port_flags & PORT_DOOR ? XDP_TX : bpf_redirect(p->ifindex, 0);
	case V_TAKEN:
		return XDP_DROP;
	default:
		count_drop(p->in_port, p->reason);
		if (p->events)
			event_drop(p);
		return XDP_DROP;
	}
}

SEC("xdp.frags")
int gateway(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct pkt *p = bpf_map_lookup_elem(&sg_pkt, &zero);
	enum verdict v;

	if (!p || !pkt_begin(ctx, p))
		return XDP_PASS;
	v = parse(ctx, p);
	count_received(p);
	if (v == V_CONTINUE)
		v = fast(ctx, p);
	if (v == V_CONTINUE)
		v = slow(ctx, p);
	return finish(p, v);
}
