/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* NAT64 (RFC 6146): what its files share. decide.bpf.c says which binding a packet belongs to; allowed.bpf.c whether a
 * session still is. What becomes of the packets is the session core's (rewrite/). */
#pragma once
#include "layout/pkt.h"
#include "lib/rfc6052.h"
#include "stage/decide.h"

static __always_inline struct nat64_instance *nat64_instance(const struct pkt *p, __u32 number)
{
	__u32 key = p->set * MAX_NAT64 + (number & (MAX_NAT64 - 1));
	struct nat64_instance *i = bpf_map_lookup_elem(&sg_nat64, &key);

	return i && i->pool6_len ? i : NULL;
}

/* Do the rules in force give this address and port of pool4 to the instance? */
static __always_inline bool pool4_has(const struct pkt *p, __u16 instance, __be32 addr, __be16 port)
{
	return pool_has(p, class4_of(p, addr), CLASS_NAT64_POOL4, instance, port);
}
