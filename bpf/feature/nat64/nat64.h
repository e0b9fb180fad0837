/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* NAT64 (RFC 6146, RFC 7915): what its files share. decide.bpf.c says which binding a packet belongs to, nat64.bpf.c
 * is the way in once that is known: to translate.bpf.c (whole packets, first fragments), fragment.bpf.c (later ones) or
 * icmp_error.bpf.c (errors that quote a packet), all of them over header.bpf.c. */
#pragma once
#include "layout/pkt.h"
#include "lib/csum.h"
#include "lib/rfc6052.h"
#include "stage/index.h"
#include "stage/rewrite.h"
#include "stage/session.h"
#include "stage/stages.h"

/* translate.bpf.c: whole packets and first fragments. */
int nat64_translate(struct xdp_md *ctx, struct pkt *p);
/* fragment.bpf.c: notes a first fragment before it is translated; pkt->frag_slot is its place. */
int nat64_fragment_open(struct xdp_md *ctx, struct pkt *p);
/* fragment.bpf.c: keeps a translated first fragment until the others have passed. V_TAKEN. */
int nat64_fragment_hold(struct xdp_md *ctx, struct pkt *p);
/* fragment.bpf.c: which session does a later fragment belong to? It has no ports. */
int nat64_fragment_find(struct xdp_md *ctx, struct pkt *p);
/* fragment.bpf.c: translates it. */
int nat64_fragment_later(struct xdp_md *ctx, struct pkt *p);
/* icmp_error.bpf.c: which session is an ICMP error about? */
int nat64_error_find(struct xdp_md *ctx, struct pkt *p);
/* icmp_error.bpf.c: translates it and what it quotes. */
int nat64_icmp_error(struct xdp_md *ctx, struct pkt *p);
/* header.bpf.c: route towards the destination in pkt->nh; remembered in the session. */
int nat64_resolve(struct xdp_md *ctx, struct pkt *p, __u32 outside);
/* header.bpf.c: puts the other family's header in front of the L4 header at pkt->l4. Fragment facts and
 * pkt->frag_mtu decide whether IPv6 needs a fragment header. */
int nat64_header(struct xdp_md *ctx, struct pkt *p, __u32 outside);

static __always_inline struct nat64_instance *nat64_instance(const struct pkt *p, __u32 number)
{
	__u32 key = p->set * MAX_NAT64 + (number & (MAX_NAT64 - 1));
	struct nat64_instance *i = bpf_map_lookup_elem(&sg_nat64, &key);

	return i && i->pool6_len ? i : NULL;
}

static __always_inline struct class_value *class4_of(const struct pkt *p, __be32 addr)
{
	struct class4_key k = { .prefixlen = 32 + 32, .set = p->set, .table = 0, .addr = addr };

	return bpf_map_lookup_elem(&sg_class4, &k);
}

/* Do the rules in force give this address and port of pool4 to the instance? */
static __always_inline bool pool4_has(const struct pkt *p, __u16 instance, __be32 addr, __be16 port)
{
	struct class_value *c = class4_of(p, addr);
	struct pool_address *a;
	__u32 position;

	if (!c || c->kind != CLASS_NAT64_POOL4 || c->instance != instance)
		return false;
	position = p->set * MAX_POOL + c->number;
	a = bpf_map_lookup_elem(&sg_pool, &position);
	return a && bpf_ntohs(port) >= a->port_min && bpf_ntohs(port) <= a->port_max;
}

/* RFC 6052 section 3.1 and RFC 1122 section 3.2.1.3: not unicast, or never on a wire. Network byte order. */
static __always_inline bool not_unicast4(__be32 addr)
{
	__u8 first = addr & 0xff;

	return first == 0 || first == 127 || first >= 224;
}

/* RFC 4291 section 2.5.6 and RFC 7915 section 5.1: sources that no packet of a client on another link can have. */
static __always_inline bool not_unicast6(const __be32 addr[4])
{
	return (addr[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000) ||
	       (addr[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000) ||
	       (!addr[0] && !addr[1] && !addr[2] && (!addr[3] || addr[3] == bpf_htonl(1)));
}

/* TCP, UDP, and echo messages: what has a port or an identifier to translate. */
static __always_inline bool has_ports(const struct pkt *p)
{
	if (p->proto == P_TCP || p->proto == P_UDP)
		return true;
	if (p->family == 6)
		return p->proto == P_ICMP6 && (p->icmp_type == ICMP6_ECHO || p->icmp_type == ICMP6_ECHO_REPLY);
	return p->proto == P_ICMP && (p->icmp_type == ICMP4_ECHO || p->icmp_type == ICMP4_ECHO_REPLY);
}
