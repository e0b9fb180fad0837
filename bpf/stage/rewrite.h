/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Rewrite, the hot half: an established packet of a session, TCP, UDP or echo, whole and without options, from one
 * family to the other (RFC 7915 sections 4.1, 4.2, 5.1, 5.2) or with other addresses in place (RFC 3022). The caller has
 * checked hop limit and size. L4 bytes never move: only the head grows or shrinks. */
#pragma once
#include "layout/pkt.h"
#include "lib/csum.h"
#include "stage/emit.h"
#include "stage/session.h"
#include "stage/stages.h"

#define CHECK_OFF(proto) ((proto) == P_TCP ? 16 : (proto) == P_UDP ? 6 : 2)

/* The echo message's type in the other family. */
static __always_inline __u8 echo_type(__u8 type, bool outside)
{
	if (outside)
		return type == ICMP4_ECHO ? ICMP6_ECHO : ICMP6_ECHO_REPLY;
	return type == ICMP6_ECHO ? ICMP4_ECHO : ICMP4_ECHO_REPLY;
}

/* What the sum of an echo message of `len` bytes grows by: identifier, type, and the pseudo header that only ICMPv6
 * has (RFC 4443 section 2.3). */
static __always_inline __u16 echo_delta(const struct session *s, __u8 type, __u16 len, bool outside)
{
	__u16 pseudo6 = csum_fold64((__u64)s->pseudo_in + bpf_htons(len));
	__u16 id = outside ? csum_delta(s->out.sport, s->in.sport) : csum_delta(s->in.sport, s->out.sport);
	__u16 kind = csum_delta(type, echo_type(type, outside)); /* the low byte of the first word in memory */

	return csum_fold64((__u64)id + kind + (outside ? pseudo6 : (__u16)~pseudo6));
}

/* Ports, echo identifier and type, checksum: the L4 header in place. False: not there. */
static __always_inline bool rewrite_l4(struct xdp_md *ctx, struct pkt *p, const struct session *s, bool outside)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *l4 = at(data, p->l4);
	__u16 delta = outside ? s->delta_out_in : s->delta_in_out;
	bool partial = p->port_flags & PORT_GENERIC && p->port_flags & PORT_PARTIAL;
	__sum16 *check;

	if (p->proto == P_TCP) {
		struct tcp_hdr *tcp = (void *)l4;

		if ((void *)(tcp + 1) > end)
			return false;
		check = &tcp->check;
		tcp->sport = outside ? s->in.dport : s->out.sport;
		tcp->dport = outside ? s->in.sport : s->out.dport;
	} else if (p->proto == P_UDP) {
		struct udp_hdr *udp = (void *)l4;

		if ((void *)(udp + 1) > end)
			return false;
		check = &udp->check;
		udp->sport = outside ? s->in.dport : s->out.sport;
		udp->dport = outside ? s->in.sport : s->out.dport;
	} else {
		struct icmp_hdr *icmp = (void *)l4;
		__be16 id = outside ? s->in.sport : s->out.sport;

		if ((void *)(icmp + 1) > end)
			return false;
		if (s->family_in == s->family_out) { /* ICMP of IPv4 has no pseudo header */
			icmp->check = csum_apply(icmp->check, s->family_in == 6 ? delta : csum_delta(icmp->id, id));
			icmp->id = id;
			return true;
		}
		/* Of a first fragment the length of the whole message is not known yet: release() adds it. */
		icmp->check = csum_apply(icmp->check,
					 echo_delta(s, p->icmp_type, p->frag ? 0 : p->l4_len, outside));
		icmp->id = id;
		icmp->type = echo_type(p->icmp_type, outside);
		return true;
	}
	if (p->proto == P_UDP && !*check && s->family_in == s->family_out)
		return true; /* without a checksum, as it came */
	if (partial) { /* the skb keeps CHECKSUM_PARTIAL: only the pseudo header is in the field */
		__u16 old = outside ? s->pseudo_out : s->pseudo_in, new = outside ? s->pseudo_in : s->pseudo_out;

		if (*check == csum_fold64((__u64)old + bpf_htons(p->l4_len))) {
			*check = csum_apply_partial(*check, csum_delta(old, new));
			return true;
		}
	}
	*check = csum_apply(*check, delta);
	if (p->proto == P_UDP && !*check)
		*check = 0xffff; /* RFC 768 */
	return true;
}

/* True if the frame's L4 checksum is still only the pseudo header's sum, and has to be completed here, because a
 * redirect in native mode loses the note that says so. A right checksum that equals it by chance is recomputed to
 * the same value. */
static __always_inline bool needs_completion(struct xdp_md *ctx, const struct pkt *p, __u16 pseudo)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *l4 = at(data, p->l4);
	__u32 off = CHECK_OFF(p->proto);

	if ((p->port_flags & (PORT_PARTIAL | PORT_GENERIC)) != PORT_PARTIAL || (p->proto != P_TCP && p->proto != P_UDP))
		return false;
	if ((void *)(l4 + off + 2) > end)
		return false;
	return *(__sum16 *)(l4 + off) == csum_fold64((__u64)pseudo + bpf_htons(p->l4_len));
}

/* The IPv4 header of a packet that came as IPv6. `df`: more than 1260 bytes (RFC 7915 section 5.1). */
static __always_inline void write_ip4(struct ip4_hdr *ip, __u8 tos, __u16 l4_len, __u16 id, bool df, __u8 ttl,
				      __u8 proto, __be32 src, __be32 dst)
{
	ip->ver_ihl = 0x45;
	ip->tos = tos;
	ip->len = bpf_htons(IP4_LEN + l4_len);
	ip->id = df ? 0 : id;
	ip->frag = df ? bpf_htons(IP4_DF) : 0;
	ip->ttl = ttl;
	ip->proto = proto;
	ip->check = 0;
	ip->src = src;
	ip->dst = dst;
	ip->check = csum_ip4(ip);
}

static __always_inline void write_ip6(struct ip6_hdr *ip, __u8 tos, __u16 len, __u8 hop, __u8 next, const __be32 *src,
				      const __be32 *dst)
{
	ip->ver_tc_flow = bpf_htonl(0x60000000 | (__u32)tos << 20);
	ip->len = bpf_htons(len);
	ip->next = next;
	ip->hop = hop;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		ip->src[i] = src[i];
		ip->dst[i] = dst[i];
	}
}

/* RFC 7915 section 5.1: packets of at most 1260 bytes may be fragmented behind us, and need an identification. */
#define DF_ABOVE 1260

static __always_inline enum verdict rewrite_6to4(struct xdp_md *ctx, struct pkt *p, const struct session *s,
						 const struct adjacency *a)
{
	void *data, *end;
	struct ip4_hdr *ip;
	__u32 l2 = l2_len(a);
	bool df = IP4_LEN + p->l4_len > DF_ABOVE;

	if (!rewrite_l4(ctx, p, s, false))
		return drop(p, R_TRUNCATED);
	if (bpf_xdp_adjust_head(ctx, p->l3 + IP6_LEN - l2 - IP4_LEN))
		return drop(p, R_HEADROOM);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	ip = at(data, l2);
	if ((void *)(ip + 1) > end)
		return drop(p, R_TRUNCATED);
	write_ip4(ip, p->tos, p->l4_len, df ? 0 : bpf_get_prandom_u32(), df, p->ttl - 1, proto_of(p->proto, 4),
		  s->out.src[0], s->out.dst[0]);
	if (!l2_write(ctx, a, bpf_htons(ETH_IP4)))
		return drop(p, R_TRUNCATED);
	return transmit(p, a, false);
}

static __always_inline enum verdict rewrite_4to6(struct xdp_md *ctx, struct pkt *p, const struct session *s,
						 const struct adjacency *a)
{
	void *data, *end;
	struct ip6_hdr *ip;
	__u32 l2 = l2_len(a);

	if (!rewrite_l4(ctx, p, s, true))
		return drop(p, R_TRUNCATED);
	if (p->padding && bpf_xdp_adjust_tail(ctx, -(int)p->padding))
		return drop(p, R_INTERNAL);
	if (bpf_xdp_adjust_head(ctx, (int)(p->l3 + IP4_LEN) - (int)(l2 + IP6_LEN)))
		return drop(p, R_HEADROOM);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	ip = at(data, l2);
	if ((void *)(ip + 1) > end)
		return drop(p, R_TRUNCATED);
	write_ip6(ip, p->tos, p->l4_len, p->ttl - 1, proto_of(p->proto, 6), s->in.dst, s->in.src);
	if (!l2_write(ctx, a, bpf_htons(ETH_IP6)))
		return drop(p, R_TRUNCATED);
	return transmit(p, a, false);
}

/* The other addresses, in the IPv4 header without options that is there. */
static __always_inline void readdress_ip4(struct ip4_hdr *ip, const struct session *s, bool outside)
{
	ip->src = outside ? s->in.dst[0] : s->out.src[0];
	ip->dst = outside ? s->in.src[0] : s->out.dst[0];
	ip->ttl--;
	ip->check = 0;
	ip->check = csum_ip4(ip);
}

static __always_inline void readdress_ip6(struct ip6_hdr *ip, const struct session *s, bool outside)
{
#pragma unroll
	for (int i = 0; i < 4; i++) {
		ip->src[i] = outside ? s->in.dst[i] : s->out.src[i];
		ip->dst[i] = outside ? s->in.src[i] : s->out.dst[i];
	}
	ip->hop--;
}

/* NAT44, NAT66: addresses, ports and hop limit in place. */
static __always_inline enum verdict rewrite_same(struct xdp_md *ctx, struct pkt *p, const struct session *s,
						 const struct adjacency *a, bool outside)
{
	void *data, *end;
	__u32 l2 = l2_len(a);

	if (!rewrite_l4(ctx, p, s, outside))
		return drop(p, R_TRUNCATED);
	if (p->l3 != l2 && bpf_xdp_adjust_head(ctx, (int)p->l3 - (int)l2))
		return drop(p, R_HEADROOM);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (p->family == 6) {
		struct ip6_hdr *ip = at(data, l2);

		if ((void *)(ip + 1) > end)
			return drop(p, R_TRUNCATED);
		readdress_ip6(ip, s, outside);
	} else {
		struct ip4_hdr *ip = at(data, l2);

		if ((void *)(ip + 1) > end)
			return drop(p, R_TRUNCATED);
		readdress_ip4(ip, s, outside);
	}
	if (!l2_write(ctx, a, p->family == 6 ? bpf_htons(ETH_IP6) : bpf_htons(ETH_IP4)))
		return drop(p, R_TRUNCATED);
	return transmit(p, a, false);
}
