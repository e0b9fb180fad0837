/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Adjacencies: how to reach a next hop. A new MAC address or MTU is one write here and touches no session. */
#pragma once
#include "lib/kernel.h"

#define MAX_ADJ 16384
#define ADJ_NONE 0 /* number 0 is never handed out */

struct adj_key {
	__u32 ifindex DOC("device of the route, as the kernel names it");
	__u32 family DOC("AF_INET or AF_INET6, of the next hop");
	__u16 mtu DOC("largest packet that it carries, bytes");
	__u16 tunnel DOC("key in sg_tunnel, 0 = none");
	__u8  nh[16] DOC("next hop, network byte order; IPv4 in the first four bytes");
};

struct adjacency {
	__u32 ifindex DOC("device that the frame is handed to (the lower one of a VLAN)");
	__u32 port DOC("number of the port, for its counters");
	__u8  dmac[6], smac[6];
	__u16 vlan DOC("tag to push, 0 = none");
	__u16 mtu DOC("largest layer 3 packet, bytes; within its tunnel, if it has one");
	__u16 flags DOC("bits of enum port_flag of that port");
	__u16 tunnel DOC("key in sg_tunnel: what is put in front of the packet, 0 = nothing");
	__u32 used DOC("jiffies of the last look-up; a session asks once a second while it has packets");
	__u32 life DOC("enum session_life");
	struct adj_key key DOC("its entry in sg_adj_num");
};
_Static_assert(sizeof(struct adjacency) == 64, "one cache line");

/* Purpose: next hops by number, as sessions name them. Writer: packets (resolve), daemon on neighbour events.
 * Reader: every forwarded packet. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_ADJ);
	__type(key, __u32);
	__type(value, struct adjacency);
} sg_adj __weak SEC(".maps");

/* Purpose: number of a next hop. Writer: packets (BPF_NOEXIST), sweep. Reader: resolve. Full: ADJ_FULL. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ADJ);
	__type(key, struct adj_key);
	__type(value, __u32);
} sg_adj_num __weak SEC(".maps");

/* Purpose: freed adjacency numbers. Writer: sweep, resolve. Reader: resolve. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, MAX_ADJ);
	__type(value, __u32);
} sg_adj_free __weak SEC(".maps");
