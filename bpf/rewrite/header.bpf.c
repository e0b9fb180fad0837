// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What all translations share: the way to the other side, and the other side's header in front of the L4 header:
 * another family's (RFC 7915 sections 4.1, 5.1), or other addresses in the one that is there (RFC 3022). */
#include "rewrite/rewrite.h"

__noinline int session_resolve(struct xdp_md *ctx, struct pkt *p, __u32 outside)
{
	struct session *s;
	enum verdict v;
	__u32 adj, resolved;

	if (!p)
		return V_DROP;
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return drop(p, R_INTERNAL);
	adj = outside ? s->adj_in : s->adj_out;
	resolved = outside ? s->resolved_in : s->resolved_out;
	if (adj && p->now - resolved < p->hz) {
		struct adjacency *a = bpf_map_lookup_elem(&sg_adj, &adj);

		if (!a)
			return drop(p, R_INTERNAL);
		p->adj = adj;
		p->tunnel = a->tunnel;
		p->out_mtu = a->mtu;
		p->out_port = a->port;
		return V_CONTINUE;
	}
	/* Asked again once a second by a packet of the session: right even while the daemon is dead. */
	p->nh_family = outside ? s->family_in : s->family_out;
	p->nh_table = outside ? s->table : 0;
	for (int i = 0; i < 4; i++)
		p->nh[i] = outside ? s->in.src[i] : s->out.dst[i];
	v = resolve(ctx, p);
	if (v == V_PASS) /* the binding's far end is this box itself: nothing rewritten goes to the kernel */
		return drop(p, R_NO_ROUTE);
	if (v != V_CONTINUE)
		return v;
	if (outside) {
		s->adj_in = p->adj;
		s->resolved_in = p->now;
	} else {
		s->adj_out = p->adj;
		s->resolved_out = p->now;
	}
	return V_CONTINUE;
}

/* IPv6 to IPv4: identification and flags (RFC 7915 sections 5.1 and 5.1.1). */
static __always_inline enum verdict header_6to4(struct xdp_md *ctx, struct pkt *p, const struct session *s)
{
	bool fragment = p->frag || p->atomic, df = !fragment && IP4_LEN + p->l4_len > DF_ABOVE;
	void *data, *end;
	struct ip4_hdr *ip;

	if (bpf_xdp_adjust_head(ctx, (int)p->l4 - IP4_LEN - (int)p->l3))
		return drop(p, R_HEADROOM);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	ip = at(data, p->l3);
	if ((void *)(ip + 1) > end)
		return drop(p, R_TRUNCATED);
	write_ip4(ip, p->tos, p->l4_len,
		  fragment ? bpf_htons(p->frag_id) : df ? 0 : bpf_get_prandom_u32(), df, p->ttl - 1,
		  p->proto == P_ICMP6 ? P_ICMP : p->proto, s->out.src[0], s->out.dst[0]);
	if (p->frag) {
		ip->frag = bpf_htons((p->more ? IP4_MF : 0) | p->frag_off / 8);
		ip->check = 0;
		ip->check = csum_ip4(ip);
	}
	p->l4 = p->l3 + IP4_LEN;
	return V_CONTINUE;
}

/* IPv4 to IPv6, with a fragment header where the packet is a fragment or has to become some (sections 4.1, 4). */
static __always_inline enum verdict header_4to6(struct xdp_md *ctx, struct pkt *p, const struct session *s)
{
	bool fragment = p->frag || p->frag_mtu;
	__u32 len = IP6_LEN + (fragment ? FRAG_LEN : 0);
	__u8 next = p->proto == P_ICMP ? P_ICMP6 : p->proto;
	void *data, *end;
	struct ip6_hdr *ip;
	struct frag_hdr *fh;

	if (bpf_xdp_adjust_head(ctx, (int)p->l4 - (int)len - (int)p->l3))
		return drop(p, R_HEADROOM);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	ip = at(data, p->l3);
	fh = (void *)(ip + 1);
	if ((void *)(fh + 1) > end)
		return drop(p, R_TRUNCATED);
	write_ip6(ip, p->tos, p->l4_len + len - IP6_LEN, p->ttl - 1, fragment ? EXT_FRAG : next, s->in.dst, s->in.src);
	if (fragment) {
		fh->next = next;
		fh->zero = 0;
		fh->off = bpf_htons(p->frag_off | p->more);
		fh->id = bpf_htonl(p->frag_id);
	}
	p->l4 = p->l3 + len;
	return V_CONTINUE;
}

/* Addresses and hop limit in place; options, extension and fragment headers stay as they are. */
static __always_inline enum verdict header_same(struct xdp_md *ctx, struct pkt *p, const struct session *s, bool outside)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (p->family == 6) {
		struct ip6_hdr *ip = at(data, p->l3);

		if ((void *)(ip + 1) > end)
			return drop(p, R_TRUNCATED);
		readdress_ip6(ip, s, outside);
	} else {
		struct ip4_hdr *ip = at(data, p->l3), old;
		__u16 delta;

		if ((void *)(ip + 1) > end)
			return drop(p, R_TRUNCATED);
		old = *ip;
		readdress_ip4(ip, s, outside);
		/* The sum covers the options as well: it grows by what has changed. */
		delta = csum_fold64((__u64)csum_delta(csum_fold64((__u64)old.src + old.dst),
						      csum_fold64((__u64)ip->src + ip->dst)) +
				    csum_delta(old.ttl, ip->ttl));
		ip->check = csum_apply(old.check, delta);
	}
	return V_CONTINUE;
}

__noinline int session_header(struct xdp_md *ctx, struct pkt *p, __u32 outside)
{
	enum verdict v;
	struct session *s;

	if (!p)
		return V_DROP;
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return drop(p, R_INTERNAL);
	/* Bytes behind the IP length are padding of the link, or worse: they do not travel on. */
	if (p->frame_len > p->l4 + p->l4_len &&
	    bpf_xdp_adjust_tail(ctx, (int)(p->l4 + p->l4_len) - (int)p->frame_len))
		return drop(p, R_INTERNAL);
	if (same_family(s))
		v = header_same(ctx, p, s, outside);
	else
		v = outside ? header_4to6(ctx, p, s) : header_6to4(ctx, p, s);
	p->frame_len = p->l4 + p->l4_len;
	return v;
}
