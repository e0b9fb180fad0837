// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Answers for addresses that are not the kernel's: pool addresses are announced by nobody else. ARP (RFC 826) and
 * neighbour solicitations (RFC 4861 section 7.2.4), on the sides that the class of the address names. */
#include "lib/csum.h"
#include "stage/stages.h"

static __always_inline struct port *port_of(const struct pkt *p)
{
	struct port_key key = { .ifindex = p->ifindex, .vlan = p->vlan };

	return bpf_map_lookup_elem(&sg_ports, &key);
}

/* Does the class say that its address is answered for on this port? */
static __always_inline bool announced(const struct class_value *c, const struct pkt *p)
{
	return c && ((c->flags & CLASS_ANNOUNCE_OUTSIDE && p->role & ROLE_OUTSIDE) ||
		     (c->flags & CLASS_ANNOUNCE_INSIDE && p->role & ROLE_INSIDE));
}

static __always_inline bool answer_l2(void *data, void *end, const struct port *port)
{
	struct eth_hdr *eth = data;

	if ((void *)(eth + 1) > end)
		return false;
	for (int i = 0; i < 6; i++) {
		eth->dst[i] = eth->src[i];
		eth->src[i] = port->mac[i];
	}
	return true;
}

static __always_inline enum verdict answer_arp(struct xdp_md *ctx, struct pkt *p)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct class4_key k = { .prefixlen = 32 + 32, .set = p->set, .table = p->table };
	struct arp_hdr *arp = at(data, p->l3);
	struct class_value *c;
	struct port *port;
	__be32 target;

	if ((void *)(arp + 1) > end || arp->htype != bpf_htons(1) || arp->ptype != bpf_htons(ETH_IP4) ||
	    arp->hlen != 6 || arp->plen != 4 || arp->op != bpf_htons(1))
		return V_PASS;
	target = k.addr = arp->tpa;
	c = bpf_map_lookup_elem(&sg_class4, &k);
	port = port_of(p);
	if (!announced(c, p) || !port)
		return V_PASS;
	if (!answer_l2(data, end, port))
		return V_PASS;
	arp->op = bpf_htons(2);
	for (int i = 0; i < 6; i++) {
		arp->tha[i] = arp->sha[i];
		arp->sha[i] = port->mac[i];
	}
	arp->tpa = arp->spa;
	arp->spa = target;
	return V_ANSWER;
}

struct ns_hdr { /* RFC 4861 sections 4.3, 4.4: the same form both ways */
	__u8   type, code;
	__sum16 check;
	__be32 flags;
	__be32 target[4];
};

struct lladdr_opt { /* RFC 4861 section 4.6.1 */
	__u8 type, len, mac[6];
};

#define NA_LEN       (sizeof(struct ns_hdr) + sizeof(struct lladdr_opt))
#define NA_SOLICITED 0x40000000
#define NA_OVERRIDE  0x20000000

static __always_inline __u64 nd_pseudo(const struct ip6_hdr *ip, __u16 len)
{
	return csum_words(ip->src, 4) + csum_words(ip->dst, 4) + bpf_htons(len) + bpf_htons(P_ICMP6);
}

static __always_inline enum verdict answer_ns(struct xdp_md *ctx, struct pkt *p)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct class6_key k = { .prefixlen = 32 + 128, .set = p->set, .table = p->table };
	struct ip6_hdr *ip = at(data, p->l3);
	struct ns_hdr *ns = (void *)(ip + 1);
	struct lladdr_opt *opt;
	struct class_value *c;
	struct port *port = port_of(p);
	bool unspecified;
	int sum;

	/* RFC 4861 section 7.1.1: hop limit 255, code 0, 24 bytes, a right checksum. */
	if (p->proto != P_ICMP6 || p->icmp_type != ICMP6_NS || p->icmp_code || p->ttl != 255 || !port)
		return V_PASS;
	if ((void *)(ns + 1) > end || p->l4_len < sizeof(*ns))
		return V_PASS;
	for (int i = 0; i < 4; i++)
		k.addr[i] = ns->target[i];
	c = bpf_map_lookup_elem(&sg_class6, &k);
	if (!announced(c, p))
		return V_PASS;
	sum = sum_bytes(ctx, p->l4, p->l4_len);
	if (sum < 0 || csum_fold64(nd_pseudo(ip, p->l4_len) + sum) != 0xffff)
		return V_PASS;
	if (bpf_xdp_adjust_tail(ctx, (int)(p->l3 + IP6_LEN + NA_LEN) - (int)p->frame_len))
		return V_PASS;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	ip = at(data, p->l3);
	ns = (void *)(ip + 1);
	opt = (void *)(ns + 1);
	if ((void *)(opt + 1) > end || !answer_l2(data, end, port))
		return drop(p, R_TRUNCATED);
	unspecified = !(p->t.src[0] | p->t.src[1] | p->t.src[2] | p->t.src[3]);
	for (int i = 0; i < 4; i++) {
		ip->src[i] = ns->target[i];
		ip->dst[i] = p->t.src[i];
	}
	if (unspecified) { /* a duplicate address probe: tell all nodes (section 7.2.4) */
		__u8 *mac = data;

		ip->dst[0] = bpf_htonl(0xff020000);
		ip->dst[3] = bpf_htonl(1);
		mac[0] = mac[1] = 0x33;
		mac[2] = mac[3] = mac[4] = 0;
		mac[5] = 1;
	}
	ip->len = bpf_htons(NA_LEN);
	ip->hop = 255;
	ns->type = ICMP6_NA;
	ns->code = 0;
	ns->check = 0;
	ns->flags = bpf_htonl(NA_OVERRIDE | (unspecified ? 0 : NA_SOLICITED));
	opt->type = 2;
	opt->len = 1;
	for (int i = 0; i < 6; i++)
		opt->mac[i] = port->mac[i];
	ns->check = (__sum16)~csum_fold64(nd_pseudo(ip, NA_LEN) + csum_words((__be32 *)ns, NA_LEN / 4));
	return V_ANSWER;
}

__noinline int answer(struct xdp_md *ctx, struct pkt *p)
{
	void *data, *end;
	__be16 *type;

	if (!p)
		return V_DROP;
	if (p->family == 6)
		return answer_ns(ctx, p);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	type = at(data, p->l3 - 2);
	if (p->family || (void *)(type + 1) > end || *type != bpf_htons(ETH_ARP))
		return V_PASS;
	return answer_arp(ctx, p);
}
