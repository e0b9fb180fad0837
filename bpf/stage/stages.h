/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The global functions: everything that is not an established packet's way. Each is verified once, derives its
 * packet pointers anew, and returns an enum verdict unless it says otherwise. */
#pragma once
#include "layout/pkt.h"

struct xdp_md;

/* parse_deep.bpf.c: extension headers, options, fragments. */
int parse_deep(struct xdp_md *ctx, struct pkt *p);
/* sum.bpf.c: folded one's complement sum of `len` bytes at `off`, 0 to 65535, or -1: not in the frame. */
int sum_bytes(struct xdp_md *ctx, __u32 off, __u32 len);
/* sum.bpf.c: completes a CHECKSUM_PARTIAL L4 checksum in place, if the port can have such frames. */
int complete_checksum(struct xdp_md *ctx, struct pkt *p);
/* sum.bpf.c: the same for the L4 checksum of an IP packet in this packet. */
int complete_inner(struct xdp_md *ctx, struct pkt *p);
/* resolve.bpf.c: way to the address in pkt->nh (pkt->nh_family) by the routes of pkt->nh_table: adjacency, tunnel, size.
 * V_PASS: an address of this box. */
int resolve(struct xdp_md *ctx, struct pkt *p);
/* resolve.bpf.c: way to the next hop pkt->nh on the device pkt->out_ifindex. */
int resolve_via(struct xdp_md *ctx, struct pkt *p);
/* emit.bpf.c: new Ethernet header, and out by redirect or by the door. */
int emit(struct xdp_md *ctx, struct pkt *p);
/* icmp_error.bpf.c: turns the frame into the ICMP error pkt->err_*, counts the original as dropped, and emits.
 * V_REPORTED; V_DROP if no error may be sent about it. */
int icmp_error(struct xdp_md *ctx, struct pkt *p);
/* commit.bpf.c: makes the BIB entry and the session of the decision; V_CONTINUE: pkt->ref names the session. */
int commit(struct xdp_md *ctx, struct pkt *p);
/* session_end.bpf.c: ends a session and lets go of its BIB entry. True: it was this call that ended it. */
int session_end(__u32 number, __u32 now);
int bib_unref(__u32 number, __u32 now);
/* slow.bpf.c: a packet that the index does not know, or that the fast tier does not handle. */
int slow(struct xdp_md *ctx, struct pkt *p);
/* answer.bpf.c: ARP and neighbour discovery for addresses of pools. V_PASS: the kernel's. */
int answer(struct xdp_md *ctx, struct pkt *p);
/* forward.bpf.c: plain traffic between ports. */
int forward(struct xdp_md *ctx, struct pkt *p);

/* decapsulate.bpf.c: the inner packet of `family` at `off` takes the place of the packet. */
int decapsulate(struct xdp_md *ctx, struct pkt *p, __u32 off, __u32 family);
/* admit.bpf.c: what is asked of a packet before it is translated, whether its session is known or not. */
int admit(struct xdp_md *ctx, struct pkt *p);
/* slow.bpf.c: may the session pkt->ref of an older configuration go on? 1 or 0. */
int still_allowed(struct xdp_md *ctx, struct pkt *p);

/* rewrite/: a packet, fragment or error of the session pkt->ref becomes what the other side knows it as, and leaves. */
int session_rewrite(struct xdp_md *ctx, struct pkt *p);
/* rewrite/fragment.bpf.c: which session does a later fragment belong to? It has no ports. */
int fragment_find(struct xdp_md *ctx, struct pkt *p);
/* rewrite/quoted.bpf.c: which session is an ICMP error about? */
int error_find(struct xdp_md *ctx, struct pkt *p);

/* The features. Each decides about the packets whose destination class is its own; they do not see each other. */
int nat64_pool6(struct xdp_md *ctx, struct pkt *p);   /* to a translation prefix; pkt->instance */
int nat64_pool4(struct xdp_md *ctx, struct pkt *p);   /* to a pool address; pkt->instance, pkt->pool */
int nat64_allowed(struct xdp_md *ctx, struct pkt *p); /* 1: the session pkt->ref may go on */
int egress_inside(struct xdp_md *ctx, struct pkt *p); /* from an inside, to nobody that is known here */
int egress_pool(struct xdp_md *ctx, struct pkt *p);   /* to a pool address; pkt->instance, pkt->pool */
int egress_allowed(struct xdp_md *ctx, struct pkt *p);
int srv6_sid(struct xdp_md *ctx, struct pkt *p);      /* to a SID of ours, pkt->pool its number */
int srv6_domain(struct xdp_md *ctx, struct pkt *p);   /* to another address of the SR domain */
int vxlan_end(struct xdp_md *ctx, struct pkt *p);     /* to a tunnel endpoint of ours; pkt->pool the slot's number + 1 */
