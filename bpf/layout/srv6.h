/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* SRv6: the SIDs of this node, in two sets, and the edge filter's list of allowed sources. */
#pragma once
#include "lib/kernel.h"

#define MAX_SIDS 4096 /* of one rule set */

/* RFC 8986 section 4. */
enum sid_behavior {
	SID_NONE,
	SID_END,
	SID_END_X,
	SID_END_DX4,
	SID_END_DX6,
	SID_END_DT4,
	SID_END_DT6,
	SID_END_DT46,
};

/* RFC 8986 section 4.16. */
enum sid_flavor { SID_PSP = 1, SID_USP = 2, SID_USD = 4 };

struct sid {
	__u8   behavior DOC("enum sid_behavior");
	__u8   flavors DOC("bits of enum sid_flavor");
	__u16  table DOC("End.DT*: table that the inner destination is looked up in, 0 = main");
	__u32  ifindex DOC("End.X, End.DX*: device of the adjacency");
	__be32 nh[4] DOC("End.X, End.DX*: next hop, network byte order; IPv4 in the first word");
	__u8   nh_family DOC("4 or 6");
	__u8   pad[3];
	__be32 addr4 DOC("source of ICMP errors about the inner packet; 0 = none");
	__be32 addr6[4] DOC("source of ICMPv6 errors about the inner packet; :: = none");
};

/* Purpose: local SIDs, key = set * MAX_SIDS + number. Writer: daemon, only in the set not in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * MAX_SIDS);
	__type(key, __u32);
	__type(value, struct sid);
} sg_sid __weak SEC(".maps");

struct sid_count {
	__u64 packets DOC("processed successfully (RFC 8986 section 6)");
	__u64 bytes DOC("of their layer 3 packets as received");
};

/* Purpose: packets of each SID, key as sg_sid. Writer: packets, per CPU. Reader: daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * MAX_SIDS);
	__type(key, __u32);
	__type(value, struct sid_count);
} sg_sid_count __weak SEC(".maps");

struct srv6_source_key {
	__u32  prefixlen; /* 32 + prefix length */
	__u32  set;
	__be32 addr[4];
};

/* Purpose: who may send to our SIDs on core ports (RFC 8754 section 5.1). A set without any entry for ::/0 or a prefix
 * lets nobody in, so the daemon always writes one. Writer: daemon. Reader: packets to a SID. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 2048);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct srv6_source_key);
	__type(value, __u32);
} sg_srv6_source __weak SEC(".maps");
