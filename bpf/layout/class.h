/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whose is this destination? One longest-prefix table a family says which feature owns an address: the registry
 * by which a feature hooks in without editing another. What is not in it is the kernel's or plain traffic. */
#pragma once
#include "lib/kernel.h"

enum class_kind {
	CLASS_NONE,
	CLASS_NAT64_POOL6,
	CLASS_NAT64_POOL4,
	CLASS_EGRESS_POOL,
	CLASS_SRV6_SID,
	CLASS_SRV6_LOCATOR, /* ours, but no SID of it */
	CLASS_SRV6_DOMAIN,  /* of other nodes of the SR domain */
	CLASS_TUNNEL_END,   /* an outer source of ours, or a slot: the rest of its traffic is the kernel's */
};

enum class_flag {
	CLASS_POOL = 1,             /* a pool address: nobody's source but after a turn in here */
	CLASS_ANNOUNCE_INSIDE = 2,  /* neighbour discovery is answered on inside ports */
	CLASS_ANNOUNCE_OUTSIDE = 4, /* ARP and neighbour discovery are answered on outside ports */
};

/* `set` and `table` stand before the address and are always matched whole: both rule sets and all tenants share
 * one trie. */
struct class4_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u16  set, table;
	__be32 addr;
};

struct class6_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u16  set, table;
	__be32 addr[4];
};

struct class_value {
	__u8  kind DOC("enum class_kind");
	__u8  flags DOC("bits of enum class_flag");
	__u16 instance DOC("instance of the feature");
	__u32 number DOC("pool address: its position in sg_pool; SID: its number in sg_sid; slot: its number; all in the set");
};

/* Purpose: destination classes. Writer: daemon, only in the set that is not in force. Reader: packets that the
 * index does not know. Full: the configuration is refused. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct class4_key);
	__type(value, struct class_value);
} sg_class4 __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct class6_key);
	__type(value, struct class_value);
} sg_class6 __weak SEC(".maps");
