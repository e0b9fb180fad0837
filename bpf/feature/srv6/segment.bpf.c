// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Changes of the segment routing header. parse_deep() has seen to it that the header lies within the packet. */
#include "feature/srv6/srv6.h"

#define MAX_FRONT 504 /* bytes of headers in front of a segment routing header that can be moved */

/* The header goes; what stands in front of it moves up. */
__noinline int srv6_pop(struct xdp_md *ctx, struct pkt *p)
{
	__u32 zero = 0, front, len;
	struct scratch *room = bpf_map_lookup_elem(&sg_scratch, &zero);
	struct srh srh;
	__be16 payload;

	if (!p || !room)
		return V_DROP;
	front = p->srh;
	if (bpf_xdp_load_bytes(ctx, p->l3 + front, &srh, sizeof(srh)))
		return drop(p, R_TRUNCATED);
	len = (srh.len + 1) * 8;
	if (bpf_xdp_load_bytes(ctx, p->l3 + 4, &payload, 2))
		return drop(p, R_TRUNCATED);
	payload = bpf_htons(bpf_ntohs(payload) - len);
	if (bpf_xdp_store_bytes(ctx, p->l3 + 4, &payload, 2) ||
	    bpf_xdp_store_bytes(ctx, p->l3 + p->srh_prev, &srh.next, 1))
		return drop(p, R_TRUNCATED);
	barrier_var(front);
	if (front < IP6_LEN || front > MAX_FRONT)
		return drop(p, R_BAD_HEADER);
	if (bpf_xdp_load_bytes(ctx, p->l3, room->bytes, front))
		return drop(p, R_TRUNCATED);
	if (bpf_xdp_adjust_head(ctx, len))
		return drop(p, R_HEADROOM);
	front = p->srh;
	barrier_var(front);
	if (front < IP6_LEN || front > MAX_FRONT || bpf_xdp_store_bytes(ctx, p->l3, room->bytes, front))
		return drop(p, R_TRUNCATED);
	p->frame_len -= len;
	p->l4 -= len;
	if (p->next_off == p->srh)
		p->next_off = p->srh_prev;
	else if (p->next_off > p->srh)
		p->next_off -= len;
	p->srh = 0;
	p->source_route = 0;
	p->rewritten = 1;
	return V_CONTINUE;
}

__noinline int srv6_advance(struct xdp_md *ctx, struct pkt *p, __u32 psp)
{
	struct srh srh;
	__be32 next[4];
	__u8 hop;

	if (!p)
		return V_DROP;
	if (bpf_xdp_load_bytes(ctx, p->l3 + p->srh, &srh, sizeof(srh)))
		return drop(p, R_TRUNCATED);
	if (p->ttl <= 1) /* S05 */
		return report(p, R_HOP_LIMIT, ICMP6_TIME, 0, 0);
	/* S08, S09. A reduced list (RFC 8754 section 4.1.1) lacks the first segment: Segments Left may be one more. */
	if ((int)srh.last > (int)srh.len / 2 - 1 || srh.left > srh.last + 1)
		return report(p, R_SRV6_SEGMENTS_LEFT, ICMP6_PARAM, 0, p->srh + 3);
	srh.left--;
	hop = p->ttl - 1;
	if (bpf_xdp_load_bytes(ctx, p->l3 + p->srh + SRH_LEN + 16 * srh.left, next, 16) ||
	    bpf_xdp_store_bytes(ctx, p->l3 + p->srh + 3, &srh.left, 1) ||
	    bpf_xdp_store_bytes(ctx, p->l3 + 24, next, 16) || bpf_xdp_store_bytes(ctx, p->l3 + 7, &hop, 1))
		return drop(p, R_TRUNCATED);
	p->rewritten = 1;
	p->hopped = 1;
	return psp && !srh.left ? srv6_pop(ctx, p) : V_CONTINUE;
}
