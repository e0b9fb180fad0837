/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the features' decide() functions share. All of it only reads; a decision goes into sg_decision. */
#pragma once
#include "layout/pkt.h"
#include "lib/port_table.h"
#include "stage/session.h"
#include "stage/stages.h"

/* An empty decision about the packet. */
static __always_inline struct decision *decision_begin(const struct pkt *p)
{
	__u32 zero = 0;
	struct decision *d = bpf_map_lookup_elem(&sg_decision, &zero);

	if (!d)
		return NULL;
	__builtin_memset(d, 0, sizeof(*d));
	d->proto = p->proto;
	d->identity = p->identity;
	return d;
}

/* The table that destinations of a packet of `table` are classified in: pods ask for what everybody asks for. */
static __always_inline __u16 class_table(__u32 table)
{
	return IS_SLOT(table) ? 0 : table;
}

static __always_inline struct class_value *class4_of(const struct pkt *p, __be32 addr)
{
	struct class4_key k = { .prefixlen = 32 + 32, .set = p->set, .table = 0, .addr = addr };

	return bpf_map_lookup_elem(&sg_class4, &k);
}

static __always_inline struct class_value *class6_of(const struct pkt *p, const __be32 addr[4])
{
	struct class6_key k = { .prefixlen = 32 + 128, .set = p->set };

	for (int i = 0; i < 4; i++)
		k.addr[i] = addr[i];
	return bpf_map_lookup_elem(&sg_class6, &k);
}

/* A pool address of any feature: whoever sends to it reaches somebody inside, and nobody may send from it. */
static __always_inline bool is_pool(const struct class_value *c)
{
	return c && c->flags & CLASS_POOL;
}

/* Do the rules in force give this pool address and port to the instance of the feature that `kind` stands for? */
static __always_inline bool pool_has(const struct pkt *p, const struct class_value *c, __u8 kind, __u16 instance,
				     __be16 port)
{
	struct pool_address *a;
	__u32 position;

	if (!c || c->kind != kind || c->instance != instance)
		return false;
	position = p->set * MAX_POOL + c->number;
	a = bpf_map_lookup_elem(&sg_pool, &position);
	return a && bpf_ntohs(port) >= a->port_min && bpf_ntohs(port) <= a->port_max;
}

/* The BIB entry of an inside transport address, 0 = none. */
static __always_inline __u32 bib_of_inside(const struct decision *d)
{
	struct bib_key k = {};
	__u32 *number;

	for (int i = 0; i < 4; i++)
		k.addr[i] = d->in.src[i];
	k.port = d->in.sport;
	k.proto = proto_of(d->proto, 4);
	k.feature = d->feature;
	k.table = d->table;
	k.instance = d->instance;
	number = bpf_map_lookup_elem(&sg_bib_in, &k);
	return number ? *number : 0;
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

/* RFC 6146 section 3.5.2.2, CLOSED: a SYN opens a session; any other segment passes where the BIB knows the client,
 * such as that of a connection that was silent for too long. Its session stays under the transitory time. A reset
 * opens nothing. */
static __always_inline enum verdict may_open(struct pkt *p)
{
	__u32 zero = 0;
	struct decision *d = bpf_map_lookup_elem(&sg_decision, &zero);

	if (!d)
		return drop(p, R_INTERNAL);
	if (p->proto != P_TCP || (!(p->tcp_flags & TCP_RST) && (p->tcp_flags & TCP_SYN || d->bib)))
		return V_COMMIT;
	return drop(p, R_TCP_NOT_OPEN);
}
