// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Sums over payload: read through scratch, so that frames in several buffers are no special case. */
#include "lib/csum.h"
#include "lib/encap.h"
#include "stage/rewrite.h"
#include "stage/stages.h"

#define MAX_CHUNKS 18 /* 9,216 bytes: more than the largest frame */

__noinline int sum_bytes(struct xdp_md *ctx, __u32 off, __u32 len)
{
	__u32 zero = 0;
	struct scratch *b = bpf_map_lookup_elem(&sg_scratch, &zero);
	__s64 sum = 0;

	if (!b)
		return -1;
	for (int i = 0; i < MAX_CHUNKS && len; i++) {
		__u32 n = len > CHUNK ? CHUNK : len;

		barrier_var(n);
		if (n < 1 || n > CHUNK || bpf_xdp_load_bytes(ctx, off, b->bytes, n))
			return -1;
		*(__u32 *)(b->bytes + CHUNK) = 0;
		for (int k = 0; k < 3; k++) /* pad to a multiple of four: RFC 1071 */
			if (n + k <= CHUNK)
				b->bytes[n + k] = 0;
		sum = bpf_csum_diff(NULL, 0, (__be32 *)b->bytes, (n + 3) & ~3u, (__u32)sum);
		if (sum < 0)
			return -1;
		off += n;
		len -= n;
	}
	return len ? -1 : csum_fold64(sum);
}

__noinline int complete_checksum(struct xdp_md *ctx, struct pkt *p)
{
	__u32 off, len;
	__u16 pseudo;
	__sum16 check;
	int sum;

	if (!p)
		return V_DROP;
	off = p->l4 + CHECK_OFF(p->proto);
	len = p->l4_len;
	if (bpf_xdp_load_bytes(ctx, off, &pseudo, 2))
		return V_CONTINUE;
	sum = sum_bytes(ctx, p->l4, len);
	if (sum < 0)
		return V_CONTINUE;
	/* The field holds the pseudo header's sum, so it already stands in `sum` as one of its words. */
	check = (__sum16)~sum;
	if (p->proto == P_UDP && !check)
		check = 0xffff;
	bpf_xdp_store_bytes(ctx, off, &check, 2);
	return V_CONTINUE;
}

/* An IP packet in the packet: its sender's stack may have left its L4 checksum to a device that never saw it, and that
 * note ends here. Whole packets without options or extension headers. */
__noinline int complete_inner(struct xdp_md *ctx, struct pkt *p)
{
	__u32 zero = 0;
	struct encap *e = bpf_map_lookup_elem(&sg_encap, &zero);
	__u32 off;
	__u64 rest;
	__sum16 check;
	int sum;

	if (!p || !e)
		return V_DROP;
	if ((p->port_flags & (PORT_PARTIAL | PORT_GENERIC)) != PORT_PARTIAL || p->frag)
		return V_CONTINUE;
	e->family = p->proto == P_IP6 ? 6 : 4;
	if (e->family == 6 ? bpf_xdp_load_bytes(ctx, p->l4, &e->ip6, IP6_LEN)
			   : bpf_xdp_load_bytes(ctx, p->l4, &e->ip4, IP4_LEN))
		return V_CONTINUE;
	off = encap_l4(e); /* where TCP or UDP begins, 0 = neither */
	if (!off || e->total > p->l4_len || off + UDP_LEN > e->total)
		return V_CONTINUE;
	if (bpf_xdp_load_bytes(ctx, p->l4 + off + CHECK_OFF(e->proto), &check, 2))
		return V_CONTINUE;
	e->l4[3] = 1; /* only the pseudo header's sum is asked for */
	if (!encap_l4_sum(e, &rest) || check != (__u16)~rest)
		return V_CONTINUE;
	sum = sum_bytes(ctx, p->l4 + off, e->total - off);
	if (sum < 0)
		return V_CONTINUE;
	check = (__sum16)~sum;
	if (e->proto == P_UDP && !check)
		check = 0xffff;
	bpf_xdp_store_bytes(ctx, p->l4 + off + CHECK_OFF(e->proto), &check, 2);
	return V_CONTINUE;
}
