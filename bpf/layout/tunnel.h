/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Tunnels: what is put in front of a packet that leaves encapsulated, and which destinations are reached through
 * which tunnel. An adjacency names its tunnel; everything that does not depend on the packet is a template. */
#pragma once
#include "lib/kernel.h"

#define MAX_TUNNELS  4096 /* of one rule set */
#define MAX_SEGMENTS 16
#define TUNNEL_BYTES 304 /* IPv6 header, SRH with MAX_SEGMENTS; a multiple of 8 */

enum tunnel_kind { TUNNEL_NONE, TUNNEL_SRV6, TUNNEL_VXLAN };

#define DSCP_COPY 0xff /* the outer DSCP is the inner one */

struct tunnel {
	__be32 dst[4] DOC("outer destination, which is routed: first segment or node; IPv4 in the first word");
	__be32 src[4] DOC("outer source; IPv4 in the first word");
	__u8   kind DOC("enum tunnel_kind; TUNNEL_NONE = no such tunnel");
	__u8   family DOC("of the outer header, 4 or 6");
	__u8   hop_limit DOC("of the outer header (RFC 2473 section 6.3: not the inner one)");
	__u8   dscp DOC("DSCP of the outer header, or DSCP_COPY; ECN is always copied (RFC 6040 section 4.1)");
	__u16  len DOC("bytes in front of the packet");
	__u16  pad;
	__u8   bytes[TUNNEL_BYTES] DOC("the headers, with zeros where the packet decides: lengths, sums, flow");
};

/* Purpose: tunnels, key = set * MAX_TUNNELS + number; number 0 of each set is none. Writer: daemon, only in the set not
 * in force. Reader: packets that leave encapsulated. Full: the configuration is refused. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * MAX_TUNNELS);
	__type(key, __u32);
	__type(value, struct tunnel);
} sg_tunnel __weak SEC(".maps");

/* Path MTU that a router of the core told for packets to an outer destination (RFC 8201 section 4). */
struct path_mtu {
	__u32 mtu DOC("bytes of the outer packet");
	__u32 until DOC("jiffies; not believed any longer");
};

struct path_mtu_key {
	__be32 dst[4] DOC("outer destination, with several segments the last; IPv4 in the first word");
};

/* Purpose: path MTUs below the link's. Writer: packets. Reader: resolve. Full: the oldest is forgotten. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct path_mtu_key);
	__type(value, struct path_mtu);
} sg_path_mtu __weak SEC(".maps");

/* Destinations that are reached through a tunnel. The kernel has a blackhole or a seg6 route for each of them, so that
 * its longest match decides between these and plain routes; only then is this table asked. Keys as in class.h. */
struct steer4_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u16  set, table;
	__be32 addr;
};

struct steer6_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u16  set, table;
	__be32 addr[4];
};

#define STEER_BUCKETS 16

/* A flow takes the tunnel of its bucket: weights are buckets, and a change of one tunnel moves no other flow. */
struct steer_value {
	__u16 tunnel[STEER_BUCKETS] DOC("numbers within the set; 0 = none");
};

/* Purpose: steering. Writer: daemon, only in the set not in force. Reader: resolve. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct steer4_key);
	__type(value, struct steer_value);
} sg_steer4 __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct steer6_key);
	__type(value, struct steer_value);
} sg_steer6 __weak SEC(".maps");
