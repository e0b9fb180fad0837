/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Encapsulation: the headers of a tunnel for one inner packet. XDP and the door read the inner packet and write the
 * headers each with their own helpers; what is in them comes from here, so that both send the same bytes. */
#pragma once
#include "layout/tunnel.h"
#include "layout/vxlan.h"
#include "lib/csum.h"
#include "lib/hdr.h"

/* What the headers of the inner packet say. Read in two steps: the layer 3 header, then encap_l4() tells where eight
 * bytes of layer 4 are. */
struct encap {
	struct ip6_hdr ip6;
	struct ip4_hdr ip4;
	__be16 l4[4];  /* ports, length and checksum of UDP; zero where they do not count */
	__u8  family;  /* 4 or 6: filled in by the caller */
	__u8  proto;
	__u16 total;   /* bytes of the inner packet */
	__u16 l4_off;  /* where its L4 header begins, 0: a fragment, or behind headers that are not walked */
	__u8  bytes[TUNNEL_BYTES]; /* the result */
};

/* Purpose: the encapsulation under way; too much for the stack. Writer and reader: one program of one CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2); /* 0 XDP, 1 door */
	__type(key, __u32);
	__type(value, struct encap);
} sg_encap __weak SEC(".maps");

/* Takes in the layer 3 header. Returns where eight bytes of the L4 header are to be read from, 0 = they do not count. */
static __always_inline __u32 encap_l4(struct encap *e)
{
	for (int i = 0; i < 4; i++)
		e->l4[i] = 0;
	if (e->family == 6) {
		e->proto = e->ip6.next;
		e->total = IP6_LEN + bpf_ntohs(e->ip6.len);
		e->l4_off = IP6_LEN;
		if (e->proto != P_TCP && e->proto != P_UDP && e->proto != P_ICMP6)
			e->l4_off = 0;
	} else {
		e->proto = e->ip4.proto;
		e->total = bpf_ntohs(e->ip4.len);
		e->l4_off = (e->ip4.ver_ihl & 0xf) * 4;
		if (e->ip4.frag & bpf_htons(IP4_MF | IP4_OFFSET))
			e->l4_off = 0;
	}
	return e->proto == P_TCP || e->proto == P_UDP ? e->l4_off : 0;
}

/* RFC 6437 section 3, RFC 6438: one flow, one value. Fragments count by their addresses only. */
static __always_inline __u32 encap_flow(const struct encap *e)
{
	__u32 h = (__u32)e->l4[0] << 16 ^ e->l4[1] ^ e->proto;

	if (e->family == 6)
		for (int i = 0; i < 4; i++)
			h = (h ^ e->ip6.src[i]) * 0x9e3779b1u ^ e->ip6.dst[i];
	else
		h = (h ^ e->ip4.src) * 0x9e3779b1u ^ e->ip4.dst;
	h = (h ^ h >> 15) * 0x85ebca6bu;
	return h ^ h >> 13;
}

/* DSCP and ECN of the outer header. */
static __always_inline __u8 encap_tos(const struct encap *e, const struct tunnel *t)
{
	__u8 tos = e->family == 6 ? bpf_ntohl(e->ip6.ver_tc_flow) >> 20 : e->ip4.tos;

	return t->dscp == DSCP_COPY ? tos : t->dscp << 2 | (tos & 3);
}

/* Sum of an L4 segment whose own checksum is right, from headers alone: it is what the pseudo header lacks to all ones
 * (what Linux calls local checksum offload). False: it has to be added up. */
static __always_inline bool encap_l4_sum(const struct encap *e, __u64 *sum)
{
	__u64 pseudo;
	__u16 len = bpf_htons(e->total - e->l4_off);

	if (!e->l4_off || (e->proto == P_UDP && !e->l4[3]))
		return false;
	if (e->family == 4 && e->proto == P_ICMP) {
		*sum = 0xffff;
		return true;
	}
	if (e->proto != P_TCP && e->proto != P_UDP && !(e->family == 6 && e->proto == P_ICMP6))
		return false;
	pseudo = (__u64)bpf_htons(e->proto) + len;
	if (e->family == 6)
		pseudo += csum_words(e->ip6.src, 4) + csum_words(e->ip6.dst, 4);
	else
		pseudo += (__u64)e->ip4.src + e->ip4.dst;
	*sum = (__u16)~csum_fold64(pseudo);
	return true;
}

/* Writes the headers into e->bytes. VXLAN over IPv6 has a UDP checksum (RFC 8200 section 8.1), which encap_udp6() adds. */
static __always_inline void encap_headers(struct encap *e, const struct tunnel *t)
{
	__u16 len = t->len, payload;
	__u8 inner = e->family == 6 ? P_IP6 : P_IP4, tos = encap_tos(e, t);
	__u32 flow = encap_flow(e);
	struct udp_hdr *udp;

	for (int i = 0; i < TUNNEL_BYTES / 8; i++)
		((__u64 *)e->bytes)[i] = ((const __u64 *)t->bytes)[i];
	if (t->family == 6) {
		struct ip6_hdr *ip = (void *)e->bytes;

		payload = e->total + len - IP6_LEN;
		ip->ver_tc_flow = bpf_htonl(0x60000000 | (__u32)tos << 20 | (flow & 0xfffff));
		ip->len = bpf_htons(payload);
		udp = (void *)(ip + 1);
	} else {
		struct ip4_hdr *ip = (void *)e->bytes;

		payload = e->total + len - IP4_LEN;
		ip->tos = tos;
		ip->len = bpf_htons(payload + IP4_LEN);
		ip->check = 0;
		ip->check = csum_ip4(ip);
		udp = (void *)(ip + 1);
	}
	if (t->kind == TUNNEL_VXLAN) {
		udp->sport = bpf_htons(0xc000 | (flow >> 16 & 0x3fff)); /* RFC 7348 section 5: entropy for ECMP */
		udp->len = bpf_htons(payload);
		*(__be16 *)(e->bytes + (t->family == 6 ? 68 : 48)) = bpf_htons(e->family == 6 ? ETH_IP6 : ETH_IP4);
	} else if (len == IP6_LEN) { /* H.Encaps.Red of one segment: no SRH (RFC 8986 section 5.2) */
		e->bytes[6] = inner;
	} else {
		e->bytes[IP6_LEN] = inner;
	}
}

/* The outer UDP checksum, from the sum of the inner L4 bytes (or of the whole inner packet, `whole`). */
static __always_inline void encap_udp6(struct encap *e, __u64 sum, bool whole)
{
	struct ip6_hdr *ip = (void *)e->bytes;
	struct udp_hdr *udp = (void *)(ip + 1);
	__sum16 check;

	/* Outer pseudo header; UDP, VXLAN and inner Ethernet headers: 30 bytes from the UDP header on. */
	sum += csum_words(ip->src, 4) + csum_words(ip->dst, 4) + bpf_htons(P_UDP) + udp->len;
	udp->check = 0;
	sum += csum_words((__be32 *)udp, 7) + *(__be16 *)(e->bytes + 68);
	if (!whole)
		sum += e->family == 6 ? csum_words((__be32 *)&e->ip6, 10) : 0xffff; /* a right IPv4 header sums to all ones */
	check = (__sum16)~csum_fold64(sum);
	udp->check = check ? check : 0xffff;
}
