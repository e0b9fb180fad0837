/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* VXLAN (RFC 7348) as clusters use it: a slot is one cluster's tunnel endpoint on this gateway; the VNI of a packet is
 * the sender's security identity, its outer source the sender's node. */
#pragma once
#include "lib/kernel.h"

#define MAX_SLOTS 64
/* Inside tuples of a slot live in a table of its own: pods of two clusters may have the same address. */
#define SLOT_TABLE(slot)  (0xf000u | (slot))
#define IS_SLOT(table)    ((table) >= 0xf000u)
#define VNI_WORLD 2 /* identity of replies, as agents of the clusters expect it */

struct slot {
	__be32 addr[4] DOC("tunnel endpoint; IPv4 in the first word");
	__u8   family DOC("of the underlay, 4 or 6; 0 = no such slot");
	__u8   pad;
	__be16 port DOC("UDP port");
	__be32 addr4 DOC("source of ICMP errors to pods; 0 = none");
	__be32 addr6[4] DOC("source of ICMPv6 errors to pods; :: = none");
};

/* Purpose: slots, key = set * MAX_SLOTS + number. Writer: daemon, only in the set not in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * MAX_SLOTS);
	__type(key, __u32);
	__type(value, struct slot);
} sg_slot __weak SEC(".maps");

struct node_key {
	__u16  set, slot;
	__be32 addr[4] DOC("outer address of the node; IPv4 in the first word");
};

/* Purpose: nodes of each slot: number of the tunnel to it. Writer: daemon, only in the set not in force. Reader: every
 * packet from a slot (its outer source must be here), resolve. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct node_key);
	__type(value, __u32);
} sg_node __weak SEC(".maps");

struct pod_key {
	__be32 addr[4] DOC("inner address; IPv4 in the first word");
	__u16  slot;
	__u16  family;
};

struct pod {
	__be32 node[4] DOC("outer address of its node");
};

/* Purpose: node of each pod, learned from its packets. Writer: packets from a slot, when it changes. Reader: resolve.
 * Full: the pod that was silent longest is forgotten until its next packet. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct pod_key);
	__type(value, struct pod);
} sg_pod __weak SEC(".maps");
