/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* struct pkt: what is known of the packet under way. It lives in per-CPU scratch, so that global functions can
 * share it, and holds offsets from ctx->data, never pointers: bpf_xdp_adjust_head invalidates those. */
#pragma once
#include "lib/hdr.h"
#include "layout/adjacency.h"
#include "layout/class.h"
#include "layout/egress.h"
#include "layout/events.h"
#include "layout/frag.h"
#include "layout/knobs.h"
#include "layout/nat64.h"
#include "layout/port.h"
#include "layout/session.h"
#include "layout/shim.h"
#include "layout/srv6.h"
#include "layout/trace.h"
#include "layout/tunnel.h"
#include "layout/verdict.h"
#include "layout/vxlan.h"

#define MAX_PASSES 4
#define NO_PORT 0xffffffffu

/* Who decides about a packet. */
enum pkt_owner {
	OWNER_PLAIN,
	OWNER_SESSION,
	OWNER_NAT64_POOL6,
	OWNER_NAT64_POOL4,
	OWNER_EGRESS, /* from an inside that egress policies may apply to */
	OWNER_EGRESS_POOL,
	OWNER_SRV6_SID,
	OWNER_SRV6_LOCATOR,
	OWNER_SRV6_DOMAIN,
	OWNER_TUNNEL_END,
};

enum pkt_frag { WHOLE, FIRST_FRAGMENT, LATER_FRAGMENT };

struct pkt {
	/* entry */
	__u32 ifindex, in_port, table;
	__u16 role, port_flags, port_mtu;
	__u16 reason;
	__u32 now, hz, set, epoch, tier, door, fib, forward, events;
	__u32 frame_len;
	__u32 trace;    /* 1 = only asked what would become of it: no map is written but scratch */

	/* parse: offsets from ctx->data, lengths in bytes */
	__u16 l3, l4;
	__u16 l4_len;  /* bytes behind the layer 3 headers, as the IP length says */
	__u8  family;  /* 4, 6, or 0: not IP */
	__u8  proto;
	__u8  ttl, tos;
	__u8  tcp_flags, icmp_type, icmp_code;
	__u8  simple;  /* nothing that the fast tier does not do */
	__u8  frag;    /* enum pkt_frag */
	__u8  more;    /* more fragments follow */
	__u8  df;      /* IPv4: must not be fragmented */
	__u8  is_error;/* an ICMP error, which quotes a packet */
	__u16 frag_off;/* bytes */
	__u16 next_off;/* IPv6: offset of the field that holds `proto`, for Parameter Problem */
	__u32 frag_id;
	struct tuple t;

	/* decide */
	__u32 ref;      /* session and direction, 0 = none */
	__u32 instance;
	__u32 pool;     /* position of the pool address that the packet is for */
	__u8  hairpin;  /* already turned round once */
	__u8  created;  /* this packet made the session */
	__u8  owner;    /* enum pkt_owner */
	__u8  atomic;   /* IPv6: a fragment header on a whole packet (RFC 6946) */
	__u16 source_route; /* offset in the layer 3 packet of a source route that has not expired, 0 = none */
	__u16 srh;      /* offset in the layer 3 packet of the first segment routing header, 0 = none */
	__u16 srh_prev; /* offset of the field that names it */
	__u8  extra;    /* what is emitted is no received packet but an addition: an ICMP error */
	__u8  group;    /* the frame was sent to a group MAC address */
	__u8  ext_behind; /* IPv6: an extension header behind a fragment header */
	__u8  hold;     /* a first fragment that will be held */
	__u8  padding;  /* bytes behind the IPv4 packet, which short Ethernet frames have */
	__u16 vlan;
	__u8  side;     /* port number or enum side */
	__u8  rewritten;/* no longer as received: never the kernel's */
	__u8  hopped;   /* its hop limit has been counted down already */
	__u8  routed;   /* its next hop is given: pkt->nh on pkt->out_ifindex */
	__u8  allowed;  /* its feature lets it be forwarded, whatever the firewall says of plain traffic */
	__u8  feature;  /* enum session_feature of the session `ref` */
	__u8  missed;   /* the index has been asked, and does not know it */
	__u32 identity; /* of the sender in its slot, 0 = none */
	__u32 outer;    /* key in sg_sid or sg_slot of the tunnel that it came out of; see side */

	/* resolve, emit */
	__u32 adj;      /* adjacency, 0 = by the door */
	__u32 out_ifindex; /* device of the route */
	__u32 out_port;
	__u16 out_mtu;
	__u16 frag_mtu; /* cut to this size in the door, 0 = no */
	__be32 nh[4];
	__u16 nh_table; /* table that the next hop is looked up in */
	__u16 tunnel;   /* key in sg_tunnel, 0 = none */
	__u8  nh_family;
	__u8  parked;   /* release the held fragment `frag_slot` */
	__u16 frag_slot;
	__u32 parked_port; /* port that the held fragment came in by */

	/* icmp error to be sent about this packet */
	__u8  err_type, err_code;
	__u8  pad1[2];
	__u32 err_info; /* second word of the ICMP header, host byte order */
};

/* Purpose: the packet under way. Writer and reader: the programs of one CPU. XDP and the door never interrupt each
 * other on a CPU, yet each has its own. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pkt);
} sg_pkt __weak SEC(".maps");

#define CHUNK 512 /* bpf_csum_diff takes no more on kernels before 6.16 */
struct scratch {
	__u8 bytes[CHUNK + 8]; /* room to pad the last chunk with zeros */
};

/* Purpose: room for bytes of a packet on their way through a helper. One CPU at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} sg_scratch __weak SEC(".maps");

/* A packet pointer at an offset, bounded so that the verifier can follow: headers lie in the first KiB. */
static __always_inline void *at(void *data, __u32 off)
{
	barrier_var(off); /* keeps the mask */
	data += off & 0x3ff;
	barrier_var(data); /* keeps bounds checks on what lies in front of it */
	return data;
}

static __always_inline enum verdict drop(struct pkt *p, enum drop_reason why)
{
	p->reason = why;
	return V_DROP;
}

/* Drops, and tells the sender: type and code of the packet's own family, second word in host byte order. */
static __always_inline enum verdict report(struct pkt *p, enum drop_reason why, __u8 type, __u8 code, __u32 info)
{
	p->reason = why;
	p->err_type = type;
	p->err_code = code;
	p->err_info = info;
	return V_REPORT;
}
