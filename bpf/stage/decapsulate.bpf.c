// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Decapsulate: everything in front of an inner IP packet goes; what a tunnel's end has to see to (RFC 6040, RFC 2473).
 * The caller says afterwards where the packet came from, and has it parsed again. */
#include "lib/csum.h"
#include "lib/ecn.h"
#include "stage/stages.h"

/* Writes the traffic class of the inner header at `off`. */
static __always_inline bool set_ecn(struct xdp_md *ctx, __u32 off, __u8 family, __u8 tos, __u8 ecn)
{
	__u8 head[2];
	__sum16 check;
	__u8 new = (tos & ~3) | ecn;

	if (family == 6) {
		if (bpf_xdp_load_bytes(ctx, off, head, 2))
			return false;
		head[0] = (head[0] & 0xf0) | new >> 4;
		head[1] = (head[1] & 0x0f) | new << 4;
		return !bpf_xdp_store_bytes(ctx, off, head, 2);
	}
	if (bpf_xdp_load_bytes(ctx, off + 10, &check, 2))
		return false;
	/* The second byte of the header's first word. */
	check = csum_apply(check, csum_delta(bpf_htons(tos), bpf_htons(new)));
	return !bpf_xdp_store_bytes(ctx, off + 1, &new, 1) && !bpf_xdp_store_bytes(ctx, off + 10, &check, 2);
}

__noinline int decapsulate(struct xdp_md *ctx, struct pkt *p, __u32 off, __u32 family)
{
	__u32 end;
	__u8 head[2], tos;
	int ecn;

	if (!p)
		return V_DROP;
	end = p->l4 + p->l4_len;
	if (off + (family == 6 ? IP6_LEN : IP4_LEN) > end || bpf_xdp_load_bytes(ctx, off, head, 2))
		return drop(p, R_TRUNCATED);
	if (head[0] >> 4 != family)
		return drop(p, R_BAD_HEADER);
	tos = family == 6 ? head[0] << 4 | head[1] >> 4 : head[1];
	ecn = ecn_decapsulate(p->tos, tos);
	if (ecn < 0)
		return drop(p, R_ECN_MISMATCH);
	if (ecn != (tos & 3) && !set_ecn(ctx, off, family, tos, ecn))
		return drop(p, R_TRUNCATED);
	/* What lies behind the outer packet is not the inner one's. */
	if (p->frame_len > end && bpf_xdp_adjust_tail(ctx, (int)end - (int)p->frame_len))
		return drop(p, R_INTERNAL);
	if (bpf_xdp_adjust_head(ctx, (int)off - (int)p->l3))
		return drop(p, R_HEADROOM);
	p->frame_len = end - (off - p->l3);
	p->rewritten = 1;
	p->hopped = 0;
	return V_CONTINUE;
}
