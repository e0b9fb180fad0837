/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Egress: which policy does a packet from the inside fall under, and which pool does it leave with? Sources (prefixes,
 * or identities of a slot) name a policy set; each set has its destinations, with the winner of all its policies
 * already worked out by the control plane. */
#pragma once
#include "lib/kernel.h"

#define MAX_EGRESS_POOLS 64 /* of one rule set */

struct egress_src4_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u16  set, table;
	__be32 addr;
};

struct egress_src6_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u16  set, table;
	__be32 addr[4];
};

struct egress_identity_key {
	__u16 set, table; /* table: the slot's, SLOT_TABLE(n) */
	__u32 identity;
};

/* Purpose: policy set of a source. Writer: daemon, only in the set not in force. Reader: first packets. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct egress_src4_key);
	__type(value, __u32);
} sg_egress_src4 __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct egress_src6_key);
	__type(value, __u32);
} sg_egress_src6 __weak SEC(".maps");

/* Purpose: policy set of an identity; asked before the source's prefix. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct egress_identity_key);
	__type(value, __u32);
} sg_egress_id __weak SEC(".maps");

struct egress_dst4_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u16  set, policies; /* number of the policy set */
	__be32 addr;
};

struct egress_dst6_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u16  set, policies;
	__be32 addr[4];
};

struct egress_action {
	__u16 policy DOC("number of the winning policy; 0 = none applies to this destination");
	__u16 pool DOC("number of its pool");
};

/* Purpose: what a policy set says of a destination. Writer: daemon, only in the set not in force. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct egress_dst4_key);
	__type(value, struct egress_action);
} sg_egress_dst4 __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct egress_dst6_key);
	__type(value, struct egress_action);
} sg_egress_dst6 __weak SEC(".maps");

struct egress_pool {
	__u32 first4 DOC("first IPv4 address in sg_pool, within the set");
	__u32 count4;
	__u32 first6 DOC("first IPv6 address in sg_pool, within the set");
	__u32 count6;
	__u32 timeout[4] DOC("jiffies by enum session_clock");
};

/* Purpose: pools, key = set * MAX_EGRESS_POOLS + number. Writer: daemon, only in the set not in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * MAX_EGRESS_POOLS);
	__type(key, __u32);
	__type(value, struct egress_pool);
} sg_egress_pool __weak SEC(".maps");

struct egress_settings {
	__u64 inside DOC("bit per side: where packets may fall under a policy");
	__u64 only DOC("bit per side: where packets without a policy are dropped, whatever the firewall says");
};

/* Purpose: settings, key = set. Writer: daemon, only in the set not in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct egress_settings);
} sg_egress __weak SEC(".maps");

/* A port of a pool address that always leads to one inside host (static BIB entry). */
struct egress_forward_key {
	__be32 addr[4] DOC("pool address; IPv4 in the first word");
	__be16 port;
	__u8   proto, pad;
	__u16  set, pad2;
};

struct egress_forward {
	__be32 addr[4] DOC("inside host");
	__be16 port;
	__u16  table DOC("its table");
};

/* Purpose: static forwards. Writer: daemon, only in the set not in force. Reader: first packets from the outside. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct egress_forward_key);
	__type(value, struct egress_forward);
} sg_egress_fwd __weak SEC(".maps");
