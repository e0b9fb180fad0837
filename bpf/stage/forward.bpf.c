// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Plain traffic: what no feature claims. To the box itself it is the kernel's; between ports it is routed from here
 * if the configuration allows it (RFC 1812 section 5.2, RFC 8200). */
#include "lib/csum.h"
#include "stage/rewrite.h"
#include "stage/stages.h"

/* Sum of the pseudo header that stands in an L4 checksum that nobody has completed yet. */
static __always_inline __u16 pseudo_of(const struct pkt *p)
{
	__u64 sum = bpf_htons(p->proto);

	if (p->family == 6)
		sum += csum_words(p->t.src, 4) + csum_words(p->t.dst, 4);
	else
		sum += (__u64)p->t.src[0] + p->t.dst[0];
	return csum_fold64(sum);
}

static __always_inline bool hop_decrement(struct xdp_md *ctx, struct pkt *p)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (p->family == 6) {
		struct ip6_hdr *ip = at(data, p->l3);

		if ((void *)(ip + 1) > end)
			return false;
		ip->hop--;
	} else {
		struct ip4_hdr *ip = at(data, p->l3);

		if ((void *)(ip + 1) > end)
			return false;
		/* TTL is the low byte of its 16-bit word in memory. */
		ip->check = csum_apply(ip->check, csum_delta(ip->ttl, ip->ttl - 1));
		ip->ttl--;
	}
	return true;
}

/* RFC 4291 section 2.5.6, RFC 1812 section 5.3.7, RFC 3927 section 7: sources that do not leave their link. */
static __always_inline bool never_forwarded(const struct pkt *p)
{
	__be32 src = p->t.src[0];

	if (p->family == 6)
		return (src & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000) || (src & 0xff) == 0xff ||
		       (!src && !p->t.src[1] && !p->t.src[2] && bpf_ntohl(p->t.src[3]) <= 1);
	return (src & 0xff) == 0 || (src & 0xff) == 127 || (src & 0xff) >= 224 ||
	       (src & bpf_htonl(0xffff0000)) == bpf_htonl(0xa9fe0000);
}

/* What is forwarded even where plain traffic is not: what a feature let out of a tunnel, and what the inside or a tenant
 * sends to a destination that is steered into one. */
static __always_inline bool permitted(const struct pkt *p)
{
	return p->allowed || (p->tunnel && (p->role & ROLE_INSIDE || p->table));
}

__noinline int forward(struct xdp_md *ctx, struct pkt *p)
{
	enum verdict v;
	__u32 total;

	if (!p)
		return V_DROP;
	if (IS_SLOT(p->table)) /* pods reach what a feature gives them, and nothing else */
		return drop(p, R_VXLAN_INNER_LOCAL);
	if (!p->routed) {
		p->nh_family = p->family;
		p->nh_table = p->table;
		for (int i = 0; i < 4; i++)
			p->nh[i] = p->family == 6 || i == 0 ? p->t.dst[i] : 0;
		v = resolve(ctx, p);
	} else {
		v = resolve_via(ctx, p);
	}
	if (v == V_PASS) /* nothing rewritten goes to the kernel, and nothing of a tenant: it knows one table only */
		return p->rewritten || p->table ? drop(p, R_REWRITTEN_LOCAL) : V_PASS;
	if (!p->forward && !permitted(p))
		return drop(p, R_FORWARD_DENIED);
	if (never_forwarded(p))
		return drop(p, R_BAD_HEADER);
	if (v != V_CONTINUE)
		return v;
	if (p->ttl <= 1 && !p->hopped)
		return report(p, R_HOP_LIMIT, p->family == 6 ? ICMP6_TIME : ICMP4_TIME, 0, 0);
	total = p->l4 + p->l4_len - p->l3;
	if (total > p->out_mtu) {
		if (p->df)
			return p->family == 6 ? report(p, R_TOO_BIG, ICMP6_TOO_BIG, 0, p->out_mtu)
					      : report(p, R_TOO_BIG, ICMP4_UNREACH, 4, p->out_mtu);
		p->frag_mtu = p->out_mtu;
	}
	if (p->frag == WHOLE && needs_completion(ctx, p, pseudo_of(p)))
		complete_checksum(ctx, p);
	else if (p->proto == P_IP4 || p->proto == P_IP6)
		complete_inner(ctx, p);
	if (!p->hopped && !hop_decrement(ctx, p))
		return drop(p, R_TRUNCATED);
	return V_EMIT;
}
