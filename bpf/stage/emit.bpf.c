// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Emit, the cold half: a finished layer 3 packet at pkt->l3 leaves by redirect, or through the door when the
 * neighbour is not resolved, the device cannot take redirected frames, or the packet must be cut. */
#include "lib/encap.h"
#include "stage/emit.h"
#include "stage/note.h"
#include "stage/stages.h"

#define MAX_PUSH 208 /* what a veth has in front of a frame, less its alignment; else the door pushes */

/* Puts the shim in front, and hands the frame to the door. */
static __always_inline enum verdict to_door(struct xdp_md *ctx, struct pkt *p, __be16 type)
{
	int grow = ETH_LEN + SHIM_LEN - p->l3;
	void *data, *end;
	struct eth_hdr *eth;
	struct shim *shim;

	if (!p->door || bpf_xdp_adjust_head(ctx, -grow))
		return drop(p, R_HEADROOM);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	eth = data;
	shim = (void *)(eth + 1);
	if ((void *)(shim + 1) > end)
		return drop(p, R_TRUNCATED);
	for (int i = 0; i < 6; i++)
		eth->dst[i] = eth->src[i] = i ? i : 2;
	eth->type = type;
	shim->magic = SHIM_MAGIC;
	shim->ops = (p->adj ? DOOR_SEND : DOOR_NEIGH) | (p->frag_mtu ? DOOR_FRAGMENT : 0) |
		    (p->parked ? DOOR_RELEASE : 0) | (p->extra ? DOOR_EXTRA : 0) |
		    (p->nh_family == 6 ? DOOR_NH6 : 0) | (p->tunnel ? DOOR_ENCAP : 0);
	shim->tunnel = p->tunnel;
	shim->in_port = p->in_port;
	shim->ifindex = p->out_ifindex;
	shim->adj = p->adj;
	shim->mtu = p->frag_mtu;
	shim->parked = p->frag_slot;
	for (int i = 0; i < 4; i++)
		shim->nh[i] = p->nh[i];
	bpf_redirect(p->door, 0);
	return V_DOOR;
}

/* Reads the inner packet and makes the headers of its tunnel. NULL: not possible. */
static __noinline struct encap *encapsulation(struct xdp_md *ctx, struct pkt *p, const struct tunnel *t)
{
	__u32 zero = 0, off;
	struct encap *e = bpf_map_lookup_elem(&sg_encap, &zero);
	bool known;
	__u64 sum = 0;
	__u8 first;
	int whole;

	if (!e || bpf_xdp_load_bytes(ctx, p->l3, &first, 1))
		return NULL;
	e->family = first >> 4;
	if (e->family == 6 ? bpf_xdp_load_bytes(ctx, p->l3, &e->ip6, IP6_LEN)
			   : bpf_xdp_load_bytes(ctx, p->l3, &e->ip4, IP4_LEN))
		return NULL;
	off = encap_l4(e);
	if (off && bpf_xdp_load_bytes(ctx, p->l3 + off, e->l4, sizeof(e->l4)))
		return NULL;
	encap_headers(e, t);
	if (t->kind != TUNNEL_VXLAN || t->family != 6)
		return e;
	known = encap_l4_sum(e, &sum);
	if (!known) {
		whole = sum_bytes(ctx, p->l3, e->total);
		if (whole < 0)
			return NULL;
		sum = whole;
	}
	encap_udp6(e, sum, !known);
	return e;
}

/* Puts the tunnel's headers in front of the packet at pkt->l3, with room for a layer 2 header before them. False: not
 * possible here, the packet is as it was. */
static __noinline int push_tunnel(struct xdp_md *ctx, struct pkt *p, __u32 l2)
{
	__u32 number = p->tunnel, len;
	struct tunnel *t = bpf_map_lookup_elem(&sg_tunnel, &number);
	struct encap *e;

	if (!t)
		return 0;
	e = encapsulation(ctx, p, t);
	len = t->len;
	if (!e || bpf_xdp_adjust_head(ctx, (int)p->l3 - (int)l2 - (int)len))
		return 0;
	barrier_var(len);
	if (len < 1 || len > TUNNEL_BYTES)
		return 0;
	return !bpf_xdp_store_bytes(ctx, l2, e->bytes, len);
}

__noinline int emit(struct xdp_md *ctx, struct pkt *p)
{
	void *data, *end;
	struct adjacency *a;
	struct tunnel *t = NULL;
	__u8 *first;
	__be16 type;
	__u32 number;

	if (!p)
		return V_DROP;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	first = at(data, p->l3);
	if ((void *)(first + 1) > end)
		return drop(p, R_TRUNCATED);
	type = bpf_htons(*first >> 4 == 6 ? ETH_IP6 : ETH_IP4);
	if (p->trace) {
		note(p, TRACE_EMIT, V_FORWARD);
		/* What the door would do, cut and push long headers, is left undone. */
		return !p->frag_mtu && (!p->tunnel || push_tunnel(ctx, p, p->l3)) ? V_FORWARD : V_DOOR;
	}
	if (p->tunnel) {
		number = p->tunnel;
		t = bpf_map_lookup_elem(&sg_tunnel, &number);
		if (!t)
			return drop(p, R_INTERNAL);
		type = t->family == 6 ? bpf_htons(ETH_IP6) : bpf_htons(ETH_IP4);
	}
	number = p->adj;
	a = number ? bpf_map_lookup_elem(&sg_adj, &number) : NULL;
	if (!a || a->flags & PORT_DOOR || p->frag_mtu || p->parked || p->tier == TIER_DOOR)
		return to_door(ctx, p, type);
	if (t) {
		if (t->len > MAX_PUSH || !push_tunnel(ctx, p, l2_len(a)))
			return to_door(ctx, p, type);
	} else if (bpf_xdp_adjust_head(ctx, (int)p->l3 - (int)l2_len(a))) {
		return drop(p, R_HEADROOM);
	}
	if (!l2_write(ctx, a, type))
		return drop(p, R_TRUNCATED);
	return transmit(p, a, p->extra);
}
