/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The session core: index -> session -> adjacency, and the BIB beside it. A session binds an inside tuple to an
 * outside tuple of any two families; NAT64 is one user, egress NAT another. */
#pragma once
#include "lib/kernel.h"

#define SESSIONS_DEFAULT 262144 /* the loader sizes the maps to the configured limit */

/* As received: an IPv4 packet has its addresses in the first word. */
struct tuple {
	__be32 src[4], dst[4];
	__be16 sport, dport; /* ICMP echo: the identifier is sport (RFC 6146 section 3.5.3), dport is 0 */
};

struct index4_key {
	__be32 src, dst;
	__be16 sport, dport;
	__u8   proto, pad;
	__u16  table; /* tenant of the port that received the packet; 0 = none */
};

struct index6_key {
	__be32 src[4], dst[4];
	__be16 sport, dport;
	__u8   proto, pad;
	__u16  table;
};

/* What the index answers: session number and direction. */
#define REF(number, outside) ((number) << 1 | (outside))
#define REF_NUMBER(ref)      ((ref) >> 1)
#define REF_OUTSIDE(ref)     ((ref)&1) /* 1 = the packet came from the outside */

/* Purpose: the two directions' keys. Writer: commit (BPF_NOEXIST: the inside key arbitrates between CPUs), sweep.
 * Reader: every packet. Full: SESSION_FULL; nothing is ever evicted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SESSIONS_DEFAULT * 2);
	__type(key, struct index4_key);
	__type(value, __u32);
} sg_index4 __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SESSIONS_DEFAULT * 2);
	__type(key, struct index6_key);
	__type(value, __u32);
} sg_index6 __weak SEC(".maps");

enum session_life { LIFE_FREE, LIFE_LIVE, LIFE_DEAD };
enum session_feature { FEATURE_NONE, FEATURE_NAT64, FEATURE_EGRESS };

/* OR-able facts of a TCP connection (RFC 6146 section 3.5.2 derives its states from them): they commute, so two
 * CPUs never lose one. */
enum tcp_bit {
	TCP_SYN_IN = 1,   /* SYN from the inside */
	TCP_SYN_OUT = 2,  /* SYN from the outside */
	TCP_FIN_IN = 4,
	TCP_FIN_OUT = 8,
	TCP_RESET = 16,
};

enum session_flag { SESSION_HAIRPIN = 1 };

/* Three cache lines: what both directions read, the inside tuple, and what packets write. */
struct session {
	struct tuple out DOC("as sent to the outside: source is the pool address");
	__u32 adj_in DOC("adjacency towards the inside, 0 = not resolved");
	__u32 adj_out DOC("adjacency towards the outside, 0 = not resolved");
	__u8  proto DOC("IP protocol of the inside tuple: 6, 17 or 58/1 for echo");
	__u8  feature DOC("enum session_feature");
	__u8  family_in DOC("4 or 6");
	__u8  family_out DOC("4 or 6");
	__u16 table DOC("of the inside: 0 = main, a tenant's, or a slot's");
	__u16 flags DOC("bits of enum session_flag");
	__u16 delta_in_out DOC("what a one's complement checksum grows by when a packet goes out");
	__u16 delta_out_in DOC("the same for a packet that comes in");
	__u32 bib DOC("BIB entry that it lives under, 0 = none");
	__u32 epoch DOC("configuration that allowed it last");

	struct tuple in DOC("as received from the inside: source is the client");
	__u16 pseudo_in DOC("folded sum of the inside tuple's addresses and protocol");
	__u16 pseudo_out DOC("folded sum of the outside tuple's addresses and protocol");
	__u32 instance DOC("instance of the feature");
	__u32 serial DOC("grows each time the slot is used again");
	__u64 in_sides DOC("bit per side: where packets from the inside may come in");
	__u32 identity DOC("security identity of the client in its slot, 0 = none");
	__u16 policy DOC("policy that decided, 0 = none");
	__u8  pool6_len DOC("NAT64: length of the translation prefix");
	__u8  pad1;

	__u32 life DOC("enum session_life");
	__u32 tcp DOC("bits of enum tcp_bit");
	__u32 last DOC("jiffies of the last packet that kept it alive, to the second");
	__u32 created DOC("jiffies");
	__u32 resolved_in DOC("jiffies of the last route look-up towards the inside");
	__u32 resolved_out DOC("jiffies of the last route look-up towards the outside");
	__u32 timeout[4] DOC("jiffies by enum session_clock; copied when the session is made or decided again");
	__u8  pad2[24];
};
_Static_assert(sizeof(struct session) == 192, "three cache lines");

/* Which of its timeouts a session is under. */
enum session_clock { CLOCK_TRANSITORY, CLOCK_ESTABLISHED, CLOCK_UDP, CLOCK_ICMP };

/* Purpose: sessions by number, 1 upwards, handed out densely. Writer: commit, packets (last line only), sweep.
 * Reader: packets, daemon (mmap). Full: SESSION_FULL. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SESSIONS_DEFAULT);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct session);
} sg_sess __weak SEC(".maps");

/* Purpose: freed session numbers. Writer: sweep. Reader: commit. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, SESSIONS_DEFAULT);
	__type(value, __u32);
} sg_sess_free __weak SEC(".maps");

#define BIB_DEAD 0x80000000u /* in bib.refs: being taken down, must not be joined */

/* One inside transport address and the outside transport address that stands for it (RFC 6146 section 3.1). */
struct bib {
	__be32 in[4] DOC("inside address");
	__be32 out[4] DOC("pool address");
	__be16 in_port, out_port;
	__u8  proto DOC("1, 6 or 17: ICMPv6 echo counts as ICMP");
	__u8  family_in, family_out;
	__u8  feature;
	__u16 table;
	__u16 pool DOC("number of the pool address: its port table in sg_ports_of");
	__u32 instance;
	__u32 life DOC("enum session_life");
	__u32 refs DOC("sessions under this entry; BIB_DEAD while it is taken down");
	__u32 freed DOC("jiffies when it died: its number rests for a second");
};

struct bib_key {
	__be32 addr[4];
	__be16 port;
	__u8   proto, feature;
	__u16  table, instance;
};

/* Purpose: BIB entries by number, 1 upwards. Writer: commit, sweep. Reader: first packets, daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SESSIONS_DEFAULT);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bib);
} sg_bib __weak SEC(".maps");

/* Purpose: the inside half of the BIB: endpoint-independent mapping. Writer: commit, sweep. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SESSIONS_DEFAULT);
	__type(key, struct bib_key);
	__type(value, __u32);
} sg_bib_in __weak SEC(".maps");

/* Purpose: freed BIB numbers. Writer: sweep. Reader: commit. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, SESSIONS_DEFAULT);
	__type(value, __u32);
} sg_bib_free __weak SEC(".maps");

/* Counters that grow by one with each use; numbers come from `next_*` until the free queue has some. */
struct core_state {
	__u32 next_session DOC("lowest session number never used");
	__u32 next_bib DOC("lowest BIB number never used");
	__u32 next_adj DOC("lowest adjacency number never used");
	__u32 serial DOC("serial number of the newest session");
	__s64 sessions DOC("sessions alive");
	__s64 bibs DOC("BIB entries alive");
	__u64 created DOC("sessions ever made");
	__u64 expired DOC("sessions that the sweep ended");
	__u64 heartbeat DOC("ticks of the sweep: a dead sweep is visible");
	__u64 tick_ktime DOC("nanoseconds of CLOCK_MONOTONIC at the last tick");
	__u32 tick_jiffies DOC("jiffies at the last tick, to turn jiffies into time");
	__u32 pad;
};

/* Purpose: state of the core. Writer: commit, sweep, by atomics. Reader: daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct core_state);
} sg_core __weak SEC(".maps");

#define MAX_POOL 256 /* pool addresses of all features together */

struct pool_address {
	__be32 addr[4] DOC("network byte order; IPv4 in the first word");
	__u16  port_min, port_max;
	__u32  number DOC("its port table in sg_ports_of");
};

/* Purpose: pool addresses, key = set * MAX_POOL + position. Writer: daemon, only in the set that is not in force.
 * Reader: commit. Full: the configuration is refused. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * MAX_POOL);
	__type(key, __u32);
	__type(value, struct pool_address);
} sg_pool __weak SEC(".maps");

/* What decide() found and commit() writes. decide() changes no map but this one. */
struct decision {
	struct tuple in DOC("as received from the inside");
	struct tuple out DOC("as sent to the outside; without source while bib is 0");
	__u8  feature, proto, family_in, family_out;
	__u16 table, instance;
	__u32 bib DOC("entry to live under, 0 = one is to be made");
	__u32 replaces DOC("entry that the configuration no longer allows: the one to be made takes its place; 0 = none");
	__u32 pool_first, pool_count;
	__u32 timeout[4];
	__u64 in_sides;
	__u16 flags DOC("bits of enum session_flag");
	__u16 outside DOC("1 = the packet decided about came from the outside");
	__u32 identity;
	__u16 policy;
	__be16 fixed_port DOC("static forward: the outside port to be claimed, 0 = any");
	__u8  pool6_len, pad[7];
};

/* Purpose: the decision on the packet under way. Writer and reader: one CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct decision);
} sg_decision __weak SEC(".maps");
