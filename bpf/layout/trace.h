/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Trace: what the stages found out about a packet that was only asked about. */
#pragma once
#include "layout/session.h"

#define TRACE_STEPS 24 /* more than MAX_PASSES can have */
/* A traced packet's session is a copy in scratch, under a number that no slot has. */
#define TRACE_SESSION 0x40000000u

enum trace_stage {
	TRACE_PARSE,
	TRACE_CLASSIFY,
	TRACE_DECIDE,
	TRACE_COMMIT,
	TRACE_REWRITE,
	TRACE_ERROR, /* the ICMP error stands in the place of the packet, and has its way */
	TRACE_EMIT,
	TRACE_END, /* always the last: what becomes of the packet */
};

/* The packet after a stage; fields as in struct pkt. */
struct trace_step {
	__u8   stage DOC("enum trace_stage");
	__u8   verdict DOC("enum verdict");
	__u16  reason DOC("enum drop_reason, for verdicts that drop");
	__u8   family, proto, ttl, frag;
	__u8   owner DOC("enum pkt_owner");
	__u8   feature DOC("enum session_feature of its session");
	__u8   side, tcp_flags;
	__u8   err_type, err_code;
	__u16  role;
	__be32 src[4], dst[4];
	__be16 sport, dport;
	__u32  length DOC("of the layer 3 packet");
	__u32  table;
	__u32  instance DOC("of the session, else of the destination's class");
	__u32  number, identity;
	__u32  ref DOC("session and direction; TRACE_SESSION: the copy");
	__u32  session DOC("number of the session that the copy was made of, 0 = it would be made");
	__u32  tunnel, adj, out_ifindex, out_port, nh_table;
	__u16  out_mtu, frag_mtu;
	__be32 nh[4];
	__u8   nh_family;
	__u8   family_in DOC("of the session, 4 or 6"), family_out;
	__u8   pad;
	__u16  policy DOC("of the session; 0 = none");
	__u16  pad2;
	__u32  bib DOC("BIB entry of the session, 0 = it would be made");
	__u32  err_info DOC("second word of the ICMP error's header, host byte order");
	struct tuple in DOC("of the session; zeros without one");
	struct tuple out;
};

struct trace {
	__u32 steps;
	__u32 l3 DOC("where the layer 3 packet begins in what the program leaves behind");
	__u32 session DOC("number of the session that sess is a copy of, 0 = it would be made");
	__u32 serial DOC("last four bytes of the frame's source MAC address: whose run this was");
	__u8  neighbour[6] DOC("MAC address of the next hop; zeros = not resolved");
	__u8  pad[2];
	struct session sess;
	struct trace_step step[TRACE_STEPS];
};

/* Purpose: the last traced packet. Writer: the program trace. Reader: daemon, which knows its run by
 * the serial: it cannot tell on which CPU that was. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace);
} sg_trace __weak SEC(".maps");
