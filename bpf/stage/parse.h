/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Parse: from bytes to struct pkt. Trusts no length field: every header lies in the linear part of the frame, and
 * the IP length within the frame. What the fast tier does not handle only clears pkt->simple; extension headers
 * and fragments are read by parse_deep(), outside the hot way. */
#pragma once
#include "layout/pkt.h"
#include "lib/csum.h"

/* Fills in what stands in the knobs; the port is known only after the VLAN tag has been read. */
static __always_inline bool pkt_begin(struct xdp_md *ctx, struct pkt *p)
{
	__u32 zero = 0;
	struct knobs *k = bpf_map_lookup_elem(&sg_knobs, &zero);
	__u64 rules;

	if (!k)
		return false;
	p->ifindex = ctx->ingress_ifindex;
	p->now = (__u32)bpf_jiffies64();
	p->hz = k->hz;
	rules = *(volatile __u64 *)&k->rules;
	p->set = RULES_SET(rules);
	p->epoch = RULES_EPOCH(rules);
	p->tier = k->tier;
	p->door = k->door;
	p->fib = k->fib;
	p->forward = k->forward;
	p->events = k->events;
	p->frame_len = bpf_xdp_get_buff_len(ctx);
	p->reason = 0;
	p->trace = 0;
	p->hairpin = 0;
	p->created = 0;
	p->extra = 0;
	p->rewritten = 0;
	p->allowed = 0;
	p->routed = 0;
	p->hopped = 0;
	p->identity = 0;
	p->outer = 0;
	p->tunnel = 0;
	p->in_port = NO_PORT;
	return true;
}

/* L4 header at `h`: ports or echo identifier, flags. The caller knows that eight bytes are there. */
static __always_inline enum verdict parse_l4(struct pkt *p, void *h, void *end)
{
	if (p->proto == P_TCP) {
		struct tcp_hdr *tcp = h;

		if ((void *)(tcp + 1) > end || p->l4_len < TCP_LEN)
			return drop(p, R_TRUNCATED);
		p->t.sport = tcp->sport;
		p->t.dport = tcp->dport;
		p->tcp_flags = tcp->flags;
		if (tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST))
			p->simple = 0;
	} else if (p->proto == P_UDP) {
		struct udp_hdr *udp = h;

		if ((void *)(udp + 1) > end || p->l4_len < UDP_LEN)
			return drop(p, R_TRUNCATED);
		if (bpf_ntohs(udp->len) < UDP_LEN) /* 0 only in a jumbogram (RFC 2675), which none of our links carries */
			return drop(p, R_BAD_HEADER);
		p->t.sport = udp->sport;
		p->t.dport = udp->dport;
		if (!udp->check)
			p->simple = 0;
	} else if (p->proto == (p->family == 6 ? P_ICMP6 : P_ICMP)) {
		struct icmp_hdr *icmp = h;
		bool echo;

		if ((void *)(icmp + 1) > end || p->l4_len < ICMP_LEN)
			return drop(p, R_TRUNCATED);
		p->icmp_type = icmp->type;
		p->icmp_code = icmp->code;
		echo = p->family == 6 ? icmp->type == ICMP6_ECHO || icmp->type == ICMP6_ECHO_REPLY
				      : icmp->type == ICMP4_ECHO || icmp->type == ICMP4_ECHO_REPLY;
		if (echo) {
			p->t.sport = icmp->id; /* in both directions: see struct tuple */
		} else {
			p->simple = 0;
			/* RFC 4443 section 2.1: errors are types below 128; RFC 1122 section 3.2.2 names the five of IPv4. */
			p->is_error = p->family == 6 ? icmp->type < 128
						     : icmp->type == ICMP4_UNREACH || icmp->type == ICMP4_TIME ||
							       icmp->type == ICMP4_PARAM || icmp->type == 4 || icmp->type == 5;
		}
	} else {
		p->simple = 0;
	}
	return V_CONTINUE;
}

/* IEEE 802.3: a frame has at least 46 bytes behind its header, a bare acknowledgement fewer. */
#define MAX_PADDING 46

static __always_inline enum verdict parse_ip4(struct pkt *p, void *data, void *end)
{
	struct ip4_hdr *ip = at(data, p->l3);
	__u16 frag, total, ihl;
	__u32 padding;

	if ((void *)(ip + 1) > end)
		return drop(p, R_TRUNCATED);
	ihl = (ip->ver_ihl & 0xf) * 4;
	total = bpf_ntohs(ip->len);
	if ((ip->ver_ihl >> 4) != 4 || ihl < IP4_LEN || total < ihl)
		return drop(p, R_BAD_HEADER);
	if (p->l3 + total > p->frame_len)
		return drop(p, R_TRUNCATED);
	p->family = 4;
	p->proto = ip->proto;
	p->ttl = ip->ttl;
	p->tos = ip->tos;
	p->l4 = p->l3 + ihl;
	p->l4_len = total - ihl;
	p->next_off = 9;
	p->t.src[0] = ip->src;
	p->t.dst[0] = ip->dst;
	frag = bpf_ntohs(ip->frag);
	p->df = !!(frag & IP4_DF);
	p->more = !!(frag & IP4_MF);
	p->frag_off = (frag & IP4_OFFSET) * 8;
	p->frag_id = bpf_ntohs(ip->id);
	p->frag = p->frag_off ? LATER_FRAGMENT : p->more ? FIRST_FRAGMENT : WHOLE;
	padding = p->frame_len - p->l3 - total;
	p->padding = padding > MAX_PADDING ? 0 : padding;
	if (p->frag || ihl != IP4_LEN || padding > MAX_PADDING)
		p->simple = 0;
	if (ihl != IP4_LEN || p->frag)
		return V_CONTINUE; /* parse_deep() goes on */
	if (csum_ip4(ip)) /* RFC 1812 section 4.2.2.5; after 4->6 nobody could find out any more */
		return drop(p, R_BAD_HEADER);
	return parse_l4(p, ip + 1, end);
}

static __always_inline enum verdict parse_ip6(struct pkt *p, void *data, void *end)
{
	struct ip6_hdr *ip = at(data, p->l3);
	__u32 first, total;

	if ((void *)(ip + 1) > end)
		return drop(p, R_TRUNCATED);
	first = bpf_ntohl(ip->ver_tc_flow);
	total = IP6_LEN + bpf_ntohs(ip->len);
	if (first >> 28 != 6)
		return drop(p, R_BAD_HEADER);
	if (p->l3 + total > p->frame_len)
		return drop(p, R_TRUNCATED);
	p->family = 6;
	p->proto = ip->next;
	p->ttl = ip->hop;
	p->tos = first >> 20;
	p->l4 = p->l3 + IP6_LEN;
	p->l4_len = total - IP6_LEN;
	p->next_off = 6;
	p->df = 1;
	p->more = 0;
	p->frag = WHOLE;
	p->frag_off = 0;
	p->frag_id = 0;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		p->t.src[i] = ip->src[i];
		p->t.dst[i] = ip->dst[i];
	}
	if (p->l3 + total != p->frame_len)
		p->simple = 0;
	if (p->proto != P_TCP && p->proto != P_UDP && p->proto != P_ICMP6) {
		p->simple = 0;
		return V_CONTINUE; /* parse_deep() goes on */
	}
	return parse_l4(p, ip + 1, end);
}

/* Layer 3 and what can be seen of layer 4 without walking headers. Also used again after a rewrite in place. */
static __always_inline enum verdict parse_l3(struct pkt *p, void *data, void *end, __be16 ethertype)
{
	p->simple = 1;
	p->is_error = 0;
	p->ref = 0;
	p->missed = 0;
	p->frag_mtu = 0;
	p->parked = 0;
	p->atomic = 0;
	p->ext_behind = 0;
	p->hold = 0;
	p->padding = 0;
	p->source_route = 0;
	p->srh = 0;
	p->t.sport = 0;
	p->t.dport = 0;
	p->tcp_flags = 0;
	if (ethertype == bpf_htons(ETH_IP6))
		return parse_ip6(p, data, end);
	if (ethertype == bpf_htons(ETH_IP4))
		return parse_ip4(p, data, end);
	p->family = 0;
	p->simple = 0;
	return V_CONTINUE;
}

/* The whole way from the first byte. V_PASS: not for a port of ours. */
static __always_inline enum verdict parse(struct xdp_md *ctx, struct pkt *p)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct eth_hdr *eth = data;
	struct port_key key = { .ifindex = p->ifindex };
	struct port *port;
	__be16 type;

	if ((void *)(eth + 1) > end)
		return V_PASS;
	type = eth->type;
	p->l3 = ETH_LEN;
	if (type == bpf_htons(ETH_VLAN)) {
		struct vlan_hdr *tag = (void *)(eth + 1);

		if ((void *)(tag + 1) > end)
			return V_PASS;
		key.vlan = bpf_ntohs(tag->tci) & 0xfff;
		type = tag->type;
		p->l3 = ETH_LEN + VLAN_LEN;
	}
	port = bpf_map_lookup_elem(&sg_ports, &key);
	if (!port)
		return V_PASS;
	p->in_port = port->number;
	p->side = port->number;
	p->table = port->table;
	p->role = port->role;
	p->port_flags = port->flags;
	p->port_mtu = port->mtu;
	p->vlan = key.vlan;
	p->group = eth->dst[0] & 1;
	p->family = 0;
	/* Another station's frame, or a group address: neither is forwarded (RFC 1812 section 5.3.4). */
	if (*(__u32 *)eth->dst != *(__u32 *)port->mac || *(__u16 *)(eth->dst + 4) != *(__u16 *)(port->mac + 4)) {
		enum verdict v = parse_l3(p, data, end, type);

		p->simple = 0;
		return v == V_DROP || !p->group ? V_PASS : V_CONTINUE;
	}
	if (p->frame_len > (__u32)p->port_mtu + p->l3)
		return drop(p, R_FRAME_TOO_LONG);
	return parse_l3(p, data, end, type);
}
