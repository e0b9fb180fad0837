/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The door: what XDP tells the tc program behind the internal veth pair. The shim stands between the MAC and the
 * layer 3 header of a finished packet, under the packet's own ethertype (bpf_skb_adjust_room wants one it knows). */
#pragma once
#include "lib/kernel.h"

#define SHIM_LEN   32
#define SHIM_MAGIC 0xd6 /* neither 0x4_ nor 0x6_: GRO does not touch the frame */

enum door_op {
	DOOR_NEIGH = 1,    /* let the kernel resolve the next hop and send */
	DOOR_SEND = 2,     /* the adjacency is known: the device cannot take redirected XDP frames */
	DOOR_FRAGMENT = 4, /* cut the packet to `mtu` first */
	DOOR_RELEASE = 8,  /* then send the held fragment `parked` as well */
	DOOR_NH6 = 32,     /* the next hop is an IPv6 address (RFC 5549 lets IPv4 routes have one) */
	DOOR_EXTRA = 16,   /* an ICMP error: count it as originated, not as forwarded */
	DOOR_ENCAP = 64,   /* put the tunnel's headers in front, of each piece */
};

struct shim {
	__u8   magic, ops;
	__u16  in_port;
	__u32  ifindex; /* of the route, for DOOR_NEIGH */
	__u16  adj;     /* for DOOR_SEND */
	__u16  tunnel;  /* for DOOR_ENCAP: key in sg_tunnel */
	__u16  mtu;
	__u16  parked;
	__be32 nh[4];
};
_Static_assert(sizeof(struct shim) == SHIM_LEN, "shim length");
