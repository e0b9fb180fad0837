// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Parse, the cold half: IPv6 extension headers (RFC 8200 section 4), IPv4 options (RFC 791 section 3.1). */
#include "stage/parse.h"
#include "stage/stages.h"

#define MAX_EXT     8
#define MAX_OPTIONS 40
#define MAX_L4      (0x3ff - TCP_LEN) /* what at() reaches; longer chains of headers are refused */

static __always_inline enum verdict walk_ext(struct xdp_md *ctx, struct pkt *p)
{
	__u32 off = p->l3 + IP6_LEN, end = p->l4 + p->l4_len;
	__u8 next = p->proto;
	__u16 next_off = 6;

	for (int i = 0; i < MAX_EXT; i++) {
		__u8 h[8];
		__u32 len;

		if (next != EXT_HOP && next != EXT_DST && next != EXT_RT && next != EXT_FRAG)
			break;
		if (off + 8 > end || bpf_xdp_load_bytes(ctx, off, h, 8))
			return drop(p, R_TRUNCATED);
		if (next == EXT_FRAG) {
			__u16 fo = (__u16)h[2] << 8 | h[3];

			p->frag_off = fo & ~7;
			p->more = fo & 1;
			p->frag_id = (__u32)h[4] << 24 | (__u32)h[5] << 16 | (__u32)h[6] << 8 | h[7];
			p->frag = p->frag_off ? LATER_FRAGMENT : p->more ? FIRST_FRAGMENT : WHOLE;
			p->atomic = p->frag == WHOLE;
			p->ext_behind = h[0] == EXT_HOP || h[0] == EXT_DST || h[0] == EXT_RT || h[0] == EXT_AH;
			len = FRAG_LEN;
		} else {
			len = (h[1] + 1) * 8;
			if (next == EXT_RT && h[2] == RT_SRH && !p->srh) {
				p->srh = off - p->l3;
				p->srh_prev = next_off;
			}
			if (next == EXT_RT && h[3] && !p->source_route)
				p->source_route = off + 3 - p->l3;
		}
		next_off = off - p->l3;
		next = h[0];
		off += len;
		if (off > end)
			return drop(p, R_TRUNCATED);
		if (p->frag == LATER_FRAGMENT)
			break; /* what follows is payload from the middle of the datagram */
	}
	p->proto = next;
	p->next_off = next_off;
	p->l4_len = end - off;
	p->l4 = off;
	return V_CONTINUE;
}

struct options {
	struct xdp_md *ctx;
	__u32 l3, off, len;
	__u16 source_route;
	bool  bad;
};

/* A source route whose pointer has not passed its end is unexpired (RFC 791: types 131 and 137). */
static long option_step(__u32 i, struct options *w)
{
	__u8 o[3];

	if (w->off >= w->len)
		return 1;
	if (bpf_xdp_load_bytes(w->ctx, w->l3 + w->off, o, 1) || !o[0])
		return 1;
	if (o[0] == 1) {
		w->off++;
		return 0;
	}
	if (w->off + 2 > w->len || bpf_xdp_load_bytes(w->ctx, w->l3 + w->off, o, 2) || o[1] < 2 ||
	    w->off + o[1] > w->len) {
		w->bad = true;
		return 1;
	}
	if ((o[0] == 131 || o[0] == 137) && o[1] >= 3 && !bpf_xdp_load_bytes(w->ctx, w->l3 + w->off, o, 3) &&
	    o[2] <= o[1])
		w->source_route = w->off;
	w->off += o[1];
	return 0;
}

static __always_inline enum verdict walk_options(struct xdp_md *ctx, struct pkt *p)
{
	struct options w = { .ctx = ctx, .l3 = p->l3, .off = IP4_LEN, .len = p->l4 - p->l3 };

	bpf_loop(MAX_OPTIONS, option_step, &w, 0);
	p->source_route = w.source_route;
	return w.bad ? drop(p, R_BAD_HEADER) : V_CONTINUE;
}

/* RFC 791: the header checksum covers the options. */
static __always_inline enum verdict check_ip4(struct xdp_md *ctx, struct pkt *p)
{
	int sum = sum_bytes(ctx, p->l3, p->l4 - p->l3);

	return sum == 0xffff ? V_CONTINUE : drop(p, R_BAD_HEADER);
}

__noinline int parse_deep(struct xdp_md *ctx, struct pkt *p)
{
	enum verdict v = V_CONTINUE;
	void *data, *end;

	if (!p)
		return V_DROP;
	if (p->family == 6) {
		if (p->proto == P_TCP || p->proto == P_UDP || p->proto == P_ICMP6)
			return V_CONTINUE;
		v = walk_ext(ctx, p);
	} else if (p->family == 4) {
		if (p->l4 - p->l3 == IP4_LEN && !p->frag)
			return V_CONTINUE;
		v = check_ip4(ctx, p);
		if (v == V_CONTINUE && p->l4 - p->l3 > IP4_LEN)
			v = walk_options(ctx, p);
	}
	if (v != V_CONTINUE)
		return v;
	if (p->frag_off + p->l4_len > 65535 || (p->more && (!p->l4_len || p->l4_len & 7)))
		return drop(p, R_FRAG_BAD); /* RFC 8200 section 4.5, RFC 791 section 3.2 */
	if (p->l4 > MAX_L4)
		return drop(p, R_BAD_HEADER);
	if (p->frag == LATER_FRAGMENT)
		return V_CONTINUE;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	v = parse_l4(p, at(data, p->l4), end);
	if (v == V_DROP && p->frag == FIRST_FRAGMENT)
		return drop(p, R_FRAG_TINY);
	return v;
}
