// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The last segment is this node: an inner packet comes out (RFC 8986 sections 4.4 to 4.8, 4.16.3), an echo request is
 * answered (RFC 9259 section 2.2), and anything else is an error. */
#include "feature/srv6/srv6.h"
#include "lib/csum.h"

/* Section 4.1.1: the pointer is the offset of the upper-layer header, whatever stands in front of it. */
static __always_inline enum verdict refuse(struct pkt *p)
{
	return report(p, R_SRV6_UPPER_LAYER, ICMP6_PARAM, 4, p->l4 - p->l3);
}

static __always_inline bool takes(const struct sid *sid, __u8 proto)
{
	switch (sid->behavior) {
	case SID_END:
	case SID_END_X:
		return sid->flavors & SID_USD && (proto == P_IP4 || proto == P_IP6);
	case SID_END_DX4:
	case SID_END_DT4:
		return proto == P_IP4;
	case SID_END_DX6:
	case SID_END_DT6:
		return proto == P_IP6;
	case SID_END_DT46:
		return proto == P_IP4 || proto == P_IP6;
	}
	return false;
}

/* The request becomes its reply, without what stood between the IPv6 header and it. */
static __noinline int answer_echo(struct xdp_md *ctx, struct pkt *p)
{
	struct icmp_hdr icmp;
	struct ip6_hdr ip;
	__be32 src;
	int sum;

	/* Nothing else of the packet is looked at by anybody: it must be whole. The destination is the last segment. */
	sum = sum_bytes(ctx, p->l4, p->l4_len);
	if (sum < 0 || bpf_xdp_load_bytes(ctx, p->l3, &ip, sizeof(ip)) ||
	    bpf_xdp_load_bytes(ctx, p->l4, &icmp, sizeof(icmp)))
		return drop(p, R_TRUNCATED);
	if (csum_fold64(csum_words(ip.src, 8) + bpf_htons(p->l4_len) + bpf_htons(P_ICMP6) + sum) != 0xffff)
		return drop(p, R_BAD_HEADER);
	icmp.type = ICMP6_ECHO_REPLY;
	icmp.check = csum_apply(icmp.check, csum_delta(bpf_htons(ICMP6_ECHO << 8), bpf_htons(ICMP6_ECHO_REPLY << 8)));
	for (int i = 0; i < 4; i++) {
		src = ip.src[i];
		ip.src[i] = ip.dst[i];
		ip.dst[i] = src;
	}
	ip.len = bpf_htons(p->l4_len);
	ip.next = P_ICMP6;
	ip.hop = 64;
	if (bpf_xdp_store_bytes(ctx, p->l4, &icmp, sizeof(icmp)) ||
	    bpf_xdp_adjust_head(ctx, (int)p->l4 - IP6_LEN - (int)p->l3) ||
	    bpf_xdp_store_bytes(ctx, p->l3, &ip, sizeof(ip)))
		return drop(p, R_TRUNCATED);
	p->frame_len -= p->l4 - IP6_LEN - p->l3;
	p->rewritten = 1;
	p->allowed = 1;
	p->hopped = 1; /* it begins here */
	return V_AGAIN;
}

__noinline int srv6_upper(struct xdp_md *ctx, struct pkt *p)
{
	struct sid *sid;
	enum verdict v;

	if (!p)
		return V_DROP;
	sid = sid_of(p);
	if (!sid)
		return drop(p, R_INTERNAL);
	if (p->frag) /* RFC 8986 has no reassembly; Sixgate's own tunnels never fragment the outer packet */
		return drop(p, R_SRV6_UPPER_LAYER);
	if (p->proto == P_ICMP6 && p->icmp_type == ICMP6_ECHO) {
		count_sid(p);
		return answer_echo(ctx, p);
	}
	if (!takes(sid, p->proto))
		return refuse(p);
	count_sid(p);
	v = decapsulate(ctx, p, p->l4, p->proto == P_IP4 ? 4 : 6);
	if (v != V_CONTINUE)
		return v;
	p->side = SIDE_SRV6;
	p->outer = p->set * MAX_SIDS + (p->pool & (MAX_SIDS - 1));
	p->role = ROLE_INSIDE | ROLE_OUTSIDE;
	p->table = sid->table;
	p->allowed = 1;
	if (sid->ifindex) {
		p->routed = 1;
		p->out_ifindex = sid->ifindex;
		p->nh_family = sid->nh_family;
		p->nh_table = sid->table;
		for (int i = 0; i < 4; i++)
			p->nh[i] = sid->nh[i];
	}
	return V_AGAIN;
}
