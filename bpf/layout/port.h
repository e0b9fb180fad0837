/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Ports: the interfaces that the data path serves, and what it counts for each. */
#pragma once
#include "lib/kernel.h"
#include "layout/reasons.h"

#define MAX_PORTS 62

/* Where a packet came from, as sessions remember it in a mask: a port, or out of a tunnel. */
enum side { SIDE_VXLAN = 62, SIDE_SRV6 = 63 };

enum port_role { ROLE_INSIDE = 1, ROLE_OUTSIDE = 2, ROLE_CORE = 4 };
enum port_flag {
	PORT_PARTIAL = 1, /* frames may carry CHECKSUM_PARTIAL: the peer is a veth or virtio device */
	PORT_GENERIC = 2, /* generic XDP: the skb stays PARTIAL, its checksum is never completed here */
	PORT_DOOR = 4,    /* no ndo_xdp_xmit, or a far end that cannot take redirected frames: leave by the door */
};

/* A device and the tag that its frames carry; 0 = untagged. */
struct port_key {
	__u32 ifindex;
	__u32 vlan; /* host byte order, 0 to 4094 */
};

struct port {
	__u32  ifindex DOC("the device that frames really leave by (the lower one of a VLAN)");
	__u32  number DOC("dense number from 0, the index of its counters");
	__u32  table DOC("routing table of the port's tenant; 0 is the main table");
	__u16  role DOC("bits of enum port_role");
	__u16  flags DOC("bits of enum port_flag");
	__u16  mtu DOC("of the layer 3 packet, bytes");
	__u16  vlan DOC("tag pushed on frames that leave, 0 = none");
	__u8   mac[6];
	__u8   pad[2];
	__be32 addr4 DOC("source of ICMP errors that this port sends; 0 = none");
	__be32 addr6[4] DOC("source of ICMPv6 errors that this port sends; :: = none");
};

/* Purpose: which frames are ours and how each port behaves. Writer: daemon. Reader: every packet, once.
 * Full: the 63rd port is refused by the configuration. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PORTS);
	__type(key, struct port_key);
	__type(value, struct port);
} sg_ports __weak SEC(".maps");

/* Purpose: the port that a route's device is; the kernel names a VLAN device, we need lower device and tag.
 * Writer: daemon. Reader: route look-ups. Full: as sg_ports. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PORTS);
	__type(key, __u32);
	__type(value, struct port_key);
} sg_oif __weak SEC(".maps");

/* received = forwarded + passed + answered + dropped, once nothing is under way. */
struct port_count {
	__u64 received DOC("frames that reached the program");
	__u64 forwarded DOC("received here and sent out by some port, by redirect or by the door");
	__u64 passed DOC("given to the kernel unmodified");
	__u64 answered DOC("answered from here: ARP and neighbour discovery for pool addresses");
	__u64 dropped DOC("dropped; sg_drops has the reasons");
	__u64 doored DOC("handed to the door; each ends as forwarded or dropped");
	__u64 sent DOC("frames handed to this port for transmission");
	__u64 originated DOC("frames among the sent that nothing received stands for: fragments, errors");
};

/* Purpose: the packet equation of each port. Writer: packets, per CPU. Reader: daemon. Full: cannot be. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_PORTS);
	__type(key, __u32);
	__type(value, struct port_count);
} sg_count __weak SEC(".maps");

/* Purpose: drops by port and reason, key = port number * 64 + reason. Writer: packets, per CPU. Reader: daemon. */
#define REASON_SLOTS 64
_Static_assert(R_COUNT <= REASON_SLOTS, "raise REASON_SLOTS");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_PORTS *REASON_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} sg_drops __weak SEC(".maps");

struct tx_failure {
	__u64 frames DOC("frames that the kernel could not transmit after a redirect");
	__u32 error DOC("errno of the last failure, positive");
	__u32 pad;
};

/* Purpose: failed transmissions, by the ifindex of the target; only present keys are counted.
 * Writer: the tracepoint programs of txfail.bpf.c. Reader: daemon, which makes the keys. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PORTS * 2);
	__type(key, __u32);
	__type(value, struct tx_failure);
} sg_txfail __weak SEC(".maps");
