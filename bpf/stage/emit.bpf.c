// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Emit, the cold half: a finished layer 3 packet at pkt->l3 leaves by redirect, or through the door when the
 * neighbour is not resolved, the device cannot take redirected frames, or the packet must be cut. */
#include "stage/emit.h"
#include "stage/stages.h"

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
		    (p->nh_family == 6 ? DOOR_NH6 : 0);
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

__noinline int emit(struct xdp_md *ctx, struct pkt *p)
{
	void *data, *end;
	struct adjacency *a;
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
	number = p->adj;
	a = number ? bpf_map_lookup_elem(&sg_adj, &number) : NULL;
	if (!a || a->flags & PORT_DOOR || p->frag_mtu || p->parked || p->tier == TIER_DOOR)
		return to_door(ctx, p, type);
	if (bpf_xdp_adjust_head(ctx, (int)p->l3 - (int)l2_len(a)))
		return drop(p, R_HEADROOM);
	if (!l2_write(ctx, a, type))
		return drop(p, R_TRUNCATED);
	return transmit(p, a, p->extra);
}
