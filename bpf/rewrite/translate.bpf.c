// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Whole packets and first fragments of a session, in the general tier (RFC 7915 sections 4, 5; RFC 3022). */
#include "rewrite/rewrite.h"

#define MSS_OPTIONS 40 /* bytes of options that a TCP header can have */

/* Of one family, the packet keeps its size. */
static __always_inline enum verdict check_same_size(struct pkt *p)
{
	__u32 size = p->l4 + p->l4_len - p->l3;

	p->frag_mtu = 0;
	if (size <= p->out_mtu)
		return V_CONTINUE;
	if (p->family == 6)
		return report(p, R_TOO_BIG, ICMP6_TOO_BIG, 0, p->out_mtu < IP6_MIN_MTU ? IP6_MIN_MTU : p->out_mtu);
	if (p->df)
		return report(p, R_TOO_BIG, ICMP4_UNREACH, 4, p->out_mtu);
	p->frag_mtu = p->out_mtu;
	return V_CONTINUE;
}

/* Does the translated packet fit? Sets pkt->frag_mtu where it may be cut; else the sender is told. */
static __always_inline enum verdict check_size(struct pkt *p, bool outside)
{
	__u32 size = p->l4_len + (outside ? IP6_LEN + (p->frag ? FRAG_LEN : 0) : IP4_LEN);
	__u32 mtu = p->out_mtu;

	p->frag_mtu = 0;
	if (!outside) {
		if (size <= mtu)
			return V_CONTINUE;
		/* RFC 7915 section 5: no IPv6 sender goes below 1280, so what is as small is cut behind us. */
		if (p->frag || p->atomic || size <= DF_ABOVE) {
			p->frag_mtu = mtu;
			return V_CONTINUE;
		}
		mtu += IP6_LEN - IP4_LEN;
		return report(p, R_TOO_BIG, ICMP6_TOO_BIG, 0, mtu < IP6_MIN_MTU ? IP6_MIN_MTU : mtu);
	}
	if (p->df) {
		if (size <= mtu)
			return V_CONTINUE;
		mtu -= size - p->l4_len - IP4_LEN;
		return report(p, R_TOO_BIG, ICMP4_UNREACH, 4, mtu);
	}
	if (size > (mtu < IP6_MIN_MTU ? mtu : IP6_MIN_MTU))
		p->frag_mtu = mtu < IP6_MIN_MTU ? mtu : IP6_MIN_MTU;
	return V_CONTINUE;
}

/* RFC 7915 section 4.5: IPv6 has no UDP without checksum. Of a first fragment only its own part is summed; the rest
 * is added when it is released. The caller has written the new ports. */
static __always_inline enum verdict udp_compute(struct xdp_md *ctx, struct pkt *p, const struct session *s)
{
	__sum16 check = 0;
	int sum;

	/* rewrite_l4() has added to a field that held nothing. */
	if (bpf_xdp_store_bytes(ctx, p->l4 + CHECK_OFF(P_UDP), &check, 2))
		return drop(p, R_TRUNCATED);
	sum = sum_bytes(ctx, p->l4, p->l4_len);
	if (sum < 0)
		return drop(p, R_TRUNCATED);
	check = (__sum16)~csum_fold64((__u64)sum + s->pseudo_in + (p->frag ? 0 : bpf_htons(p->l4_len)));
	if (!check)
		check = 0xffff;
	if (bpf_xdp_store_bytes(ctx, p->l4 + CHECK_OFF(P_UDP), &check, 2))
		return drop(p, R_TRUNCATED);
	return V_CONTINUE;
}

struct mss_search {
	struct xdp_md *ctx;
	__u32 off, end;
	__u32 at; /* where the option's value is, 0 = there is none */
};

static long mss_step(__u32 i, struct mss_search *f)
{
	__u8 o[2];

	if (f->off + 4 > f->end || bpf_xdp_load_bytes(f->ctx, f->off, o, 2) || !o[0])
		return 1;
	if (o[0] == 1) {
		f->off++;
		return 0;
	}
	if (o[0] == 2 && o[1] == 4)
		f->at = f->off + 2;
	f->off += o[1];
	return f->at || o[1] < 2;
}

/* The largest segment that fits both links once translated. Of the way that the packet takes the MTU is known, whether it
 * has an adjacency yet or not; of the way back only by its adjacency, or by the port that the packet came in by. */
static __always_inline __u32 mss_limit(const struct pkt *p, const struct session *s)
{
	bool outside = REF_OUTSIDE(p->ref), hairpin = !outside && s->flags & SESSION_HAIRPIN;
	__u32 adj = outside ? s->adj_out : s->adj_in, mtu = outside ? 65535 : p->port_mtu, most;
	struct adjacency *back = bpf_map_lookup_elem(&sg_adj, &adj); /* number 0 is free, with an MTU of 0 */
	__u32 head_in = TCP_LEN + (s->family_in == 6 ? IP6_LEN : IP4_LEN);
	__u32 head_out = TCP_LEN + (s->family_out == 6 ? IP6_LEN : IP4_LEN);

	if (back && back->mtu)
		mtu = back->mtu;
	most = mtu - (outside ? head_out : head_in);
	if (!hairpin && p->out_mtu - (outside ? head_in : head_out) < most)
		most = p->out_mtu - (outside ? head_in : head_out);
	return most;
}

/* TCP maximum segment size (RFC 879): no side sends what would not fit on the other. Only SYNs carry it. */
static __noinline int clamp_mss(struct xdp_md *ctx, struct pkt *p, const struct session *s)
{
	struct mss_search f = { .ctx = ctx, .off = p->l4 + TCP_LEN };
	__u16 pseudo = REF_OUTSIDE(p->ref) ? s->pseudo_out : s->pseudo_in;
	__u32 most = mss_limit(p, s);
	struct tcp_hdr tcp;
	__be16 mss, least = bpf_htons(most);
	__u16 delta;
	__sum16 check;

	if (bpf_xdp_load_bytes(ctx, p->l4, &tcp, sizeof(tcp)) || (tcp.off >> 4) * 4 > p->l4_len)
		return 0;
	f.end = p->l4 + (tcp.off >> 4) * 4;
	bpf_loop(MSS_OPTIONS, mss_step, &f, 0);
	if (!f.at || bpf_xdp_load_bytes(ctx, f.at, &mss, 2) || bpf_ntohs(mss) <= most)
		return 0;
	bpf_xdp_store_bytes(ctx, f.at, &least, 2);
	if (tcp.check == csum_fold64((__u64)pseudo + bpf_htons(p->l4_len)) && p->port_flags & PORT_GENERIC)
		return 1; /* still CHECKSUM_PARTIAL: the field holds no sum of the options */
	delta = csum_delta(mss, least);
	if ((f.at - p->l4) & 1) /* at an odd offset the bytes of the sum change places */
		delta = delta << 8 | delta >> 8;
	check = csum_apply(tcp.check, delta);
	bpf_xdp_store_bytes(ctx, p->l4 + CHECK_OFF(P_TCP), &check, 2);
	return 1;
}

static __always_inline bool udp_length_right(struct xdp_md *ctx, const struct pkt *p)
{
	__be16 len;

	return !bpf_xdp_load_bytes(ctx, p->l4 + 4, &len, 2) && bpf_ntohs(len) == p->l4_len;
}

__noinline int session_translate(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s;
	bool outside, hairpin, same, zero_udp = false;
	enum verdict v;

	if (!p)
		return V_DROP;
	outside = REF_OUTSIDE(p->ref);
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return drop(p, R_INTERNAL);
	same = same_family(s);
	hairpin = !outside && s->flags & SESSION_HAIRPIN;
	if (!hairpin) {
		v = session_resolve(ctx, p, outside);
		if (v != V_CONTINUE)
			return v;
		v = same ? check_same_size(p) : check_size(p, outside);
		if (v != V_CONTINUE)
			return v;
	}
	if (p->proto == P_UDP) {
		__sum16 check;

		if (bpf_xdp_load_bytes(ctx, p->l4 + CHECK_OFF(P_UDP), &check, 2))
			return drop(p, R_TRUNCATED);
		if (!check && p->family == 6) /* RFC 8200 section 8.1 */
			return drop(p, R_BAD_HEADER);
		zero_udp = !check && !same;
		if (zero_udp && p->frag == WHOLE && !udp_length_right(ctx, p))
			return drop(p, R_BAD_HEADER); /* no checksum could be right */
	}
	if (p->frag == WHOLE && needs_completion(ctx, p, outside ? s->pseudo_out : s->pseudo_in))
		complete_checksum(ctx, p);
	if (p->frag == FIRST_FRAGMENT) {
		/* Turned round, the length that ICMPv6 sums has been neither taken out nor put in: nothing is missing. */
		p->hold = !same && !hairpin && !p->hairpin && (zero_udp || p->proto == P_ICMP || p->proto == P_ICMP6);
		v = fragment_open(ctx, p);
		if (v != V_CONTINUE)
			return v;
	}
	if (p->proto == P_TCP && p->tcp_flags & TCP_SYN && p->frag == WHOLE)
		clamp_mss(ctx, p, s);
	if (!rewrite_l4(ctx, p, s, outside))
		return drop(p, R_TRUNCATED);
	if (zero_udp) {
		v = udp_compute(ctx, p, s);
		if (v != V_CONTINUE)
			return v;
	}
	v = session_header(ctx, p, outside);
	if (v != V_CONTINUE)
		return v;
	if (hairpin) {
		p->hairpin = 1;
		return V_AGAIN;
	}
	return p->hold ? fragment_hold(ctx, p) : V_EMIT;
}
