/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Rewrite, the cold half: what the session core does with every packet of a session that the fast tier does not handle.
 * Features have decided which tuple stands for which; here packets become so, whatever the two families are.
 * rewrite.bpf.c is the way in: to translate.bpf.c (whole packets, first fragments), fragment.bpf.c (later ones) or
 * quoted.bpf.c (ICMP errors that quote a packet), all of them over header.bpf.c. */
#pragma once
#include "layout/pkt.h"
#include "lib/csum.h"
#include "lib/rfc6052.h"
#include "stage/index.h"
#include "stage/rewrite.h"
#include "stage/session.h"
#include "stage/stages.h"

/* translate.bpf.c: whole packets and first fragments. */
int session_translate(struct xdp_md *ctx, struct pkt *p);
/* fragment.bpf.c: notes a first fragment before it is translated; pkt->frag_slot is its place. */
int fragment_open(struct xdp_md *ctx, struct pkt *p);
/* fragment.bpf.c: keeps a translated first fragment until the others have passed. V_TAKEN. */
int fragment_hold(struct xdp_md *ctx, struct pkt *p);
/* fragment.bpf.c: translates a later fragment. */
int fragment_later(struct xdp_md *ctx, struct pkt *p);
/* quoted.bpf.c: translates an ICMP error and what it quotes. */
int session_error(struct xdp_md *ctx, struct pkt *p);
/* header.bpf.c: route towards the destination in pkt->nh; remembered in the session. */
int session_resolve(struct xdp_md *ctx, struct pkt *p, __u32 outside);
/* header.bpf.c: makes the layer 3 header in front of the L4 header at pkt->l4 that of the other side. Fragment facts
 * and pkt->frag_mtu decide whether IPv6 needs a fragment header. */
int session_header(struct xdp_md *ctx, struct pkt *p, __u32 outside);

/* Both sides are of one family: addresses are exchanged in place. */
static __always_inline bool same_family(const struct session *s)
{
	return s->family_in == s->family_out;
}
