/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Emit, the hot half: the Ethernet header of an adjacency in front of a layer 3 header. */
#pragma once
#include "layout/pkt.h"

/* Length of the layer 2 header of frames that leave by `a`. */
static __always_inline __u32 l2_len(const struct adjacency *a)
{
	return a->vlan ? ETH_LEN + VLAN_LEN : ETH_LEN;
}

/* Writes it at ctx->data. Moves of 2 bytes: packet pointers have no known alignment. */
static __always_inline bool l2_write(struct xdp_md *ctx, const struct adjacency *a, __be16 type)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const __u16 *mac = (const __u16 *)a->dmac; /* dmac and smac lie side by side */
	__be16 *eth = data;

	if (data + ETH_LEN > end)
		return false;
#pragma unroll
	for (int i = 0; i < 6; i++)
		eth[i] = mac[i];
	if (!a->vlan) {
		eth[6] = type;
		return true;
	}
	if (data + ETH_LEN + VLAN_LEN > end)
		return false;
	eth[6] = bpf_htons(ETH_VLAN);
	eth[7] = bpf_htons(a->vlan);
	eth[8] = type;
	return true;
}

/* Counts and redirects a finished frame. */
static __always_inline enum verdict transmit(struct pkt *p, const struct adjacency *a, bool extra)
{
	struct port_count *c = bpf_map_lookup_elem(&sg_count, &a->port);

	p->out_port = a->port;
	if (c) {
		c->sent++;
		c->originated += extra;
	}
	bpf_redirect(a->ifindex, 0);
	return V_FORWARD;
}
