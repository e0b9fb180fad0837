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
/* resolve.bpf.c: route and neighbour of the address in pkt->nh (pkt->nh_family). V_PASS: an address of this box. */
int resolve(struct xdp_md *ctx, struct pkt *p);
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

/* The features. Each decides about the packets whose session or destination class is its own, and rewrites what its
 * sessions carry; they do not see each other. */
int nat64_session(struct xdp_md *ctx, struct pkt *p); /* decide: pkt->ref names a session of NAT64 */
int nat64_pool6(struct xdp_md *ctx, struct pkt *p);   /* decide: to a translation prefix; pkt->instance */
int nat64_pool4(struct xdp_md *ctx, struct pkt *p);   /* decide: to a pool address; pkt->instance, pkt->pool */
int nat64_rewrite(struct xdp_md *ctx, struct pkt *p); /* a packet, fragment or error of the session pkt->ref */
