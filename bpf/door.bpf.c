// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The door: the one slow path. XDP puts a shim in front of a finished packet and redirects it into an internal veth
 * pair; this program at the other end does what XDP cannot: wait for a neighbour, reach a device that takes no
 * redirected frames, cut a packet into fragments, send a held fragment. One packet becomes several by going round:
 * each piece gets a shim of its own and comes in again. */
#include "layout/pkt.h"
#include "lib/count.h"
#include "lib/csum.h"
#include "lib/encap.h"

#define FRONT      (ETH_LEN + SHIM_LEN) /* where layer 3 begins */
#define MAX_PIECES 64
#define MAX_BYTES  9216
#define MASK_BYTES 0x3fff

struct door_room {
	__u8 bytes[MASK_BYTES * 2 + 2];
};

/* Purpose: payload of a packet that is being cut. Writer and reader: the door, one CPU at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct door_room);
} sg_door_room SEC(".maps");

static __always_inline int fail(const struct shim *shim, enum drop_reason why)
{
	if (!(shim->ops & DOOR_EXTRA))
		count_drop(shim->in_port, why);
	return TC_ACT_SHOT;
}

static __always_inline void count_out(const struct shim *shim, __u32 port)
{
	struct port_count *in = port_count(shim->in_port);

	count_sent(port, shim->ops & DOOR_EXTRA);
	if (in && !(shim->ops & DOOR_EXTRA))
		in->forwarded++;
}

/* The adjacency is known. */
static __always_inline int send_known(struct __sk_buff *skb, const struct shim *shim)
{
	__u32 number = shim->adj;
	struct adjacency *a = bpf_map_lookup_elem(&sg_adj, &number);

	if (!a || !a->ifindex)
		return fail(shim, R_DOOR_FAILED);
	if (bpf_skb_store_bytes(skb, 0, a->dmac, 12, 0)) /* dmac and smac lie side by side */
		return fail(shim, R_DOOR_FAILED);
	if (a->vlan && bpf_skb_vlan_push(skb, bpf_htons(ETH_VLAN), a->vlan))
		return fail(shim, R_DOOR_FAILED);
	count_out(shim, a->port);
	return bpf_redirect(a->ifindex, 0);
}

/* The kernel resolves the neighbour, queues up to its limit, and writes the MAC header. */
static __always_inline int send_neigh(struct __sk_buff *skb, const struct shim *shim)
{
	struct bpf_redir_neigh nh = {};
	__u32 ifindex = shim->ifindex;
	struct port_key *oif = bpf_map_lookup_elem(&sg_oif, &ifindex);
	struct port *port = oif ? bpf_map_lookup_elem(&sg_ports, oif) : NULL;

	if (!port)
		return fail(shim, R_EGRESS_NOT_PORT);
	if (shim->ops & DOOR_NH6) {
		nh.nh_family = AF_INET6;
		for (int i = 0; i < 4; i++)
			nh.ipv6_nh[i] = shim->nh[i];
	} else {
		nh.nh_family = AF_INET;
		nh.ipv4_nh = shim->nh[0];
	}
	count_out(shim, port->number);
	return bpf_redirect_neigh(shim->ifindex, &nh, sizeof(nh), 0);
}

/* Sends the frame as it is now round to this program, as a packet of its own. */
static __always_inline bool again(struct __sk_buff *skb, const struct shim *shim)
{
	return !bpf_skb_store_bytes(skb, ETH_LEN, shim, sizeof(*shim), 0) &&
	       !bpf_clone_redirect(skb, skb->ifindex, BPF_F_INGRESS);
}

struct cut {
	struct __sk_buff *skb;
	struct door_room *room;
	struct shim shim; /* of the next piece */
	__u32 step, off;
	struct ip4_hdr ip4;
	struct ip6_hdr ip6;
	struct frag_hdr fh;
	__u32 head, base, payload;
	bool  more;
	__u8  family;
};

/* Reads the headers of the packet to be cut. IPv6 packets come with a fragment header, IPv4 ones without options. */
static __always_inline bool cut_begin(struct __sk_buff *skb, struct cut *c)
{
	__u32 total;
	__u8 first;

	if (bpf_skb_load_bytes(skb, FRONT, &first, 1))
		return false;
	if (first >> 4 == 6) { /* not skb->protocol: that is of the tunnel's header, if there will be one */
		if (bpf_skb_load_bytes(skb, FRONT, &c->ip6, IP6_LEN) ||
		    bpf_skb_load_bytes(skb, FRONT + IP6_LEN, &c->fh, FRAG_LEN) || c->ip6.next != EXT_FRAG)
			return false;
		c->family = 6;
		c->head = IP6_LEN + FRAG_LEN;
		c->base = bpf_ntohs(c->fh.off) & ~7u;
		c->more = bpf_ntohs(c->fh.off) & 1;
		total = IP6_LEN + bpf_ntohs(c->ip6.len);
	} else {
		if (bpf_skb_load_bytes(skb, FRONT, &c->ip4, IP4_LEN) || c->ip4.ver_ihl != 0x45)
			return false;
		c->family = 4;
		c->head = IP4_LEN;
		c->base = (bpf_ntohs(c->ip4.frag) & IP4_OFFSET) * 8;
		c->more = bpf_ntohs(c->ip4.frag) & IP4_MF;
		total = bpf_ntohs(c->ip4.len);
	}
	if (total <= c->head || total > MAX_BYTES || FRONT + total > skb->len)
		return false;
	c->payload = total - c->head;
	return true;
}

/* The header of the piece at `off` with `n` bytes. */
static __always_inline bool cut_header(struct __sk_buff *skb, struct cut *c, __u32 off, __u32 n, bool more)
{
	if (c->family == 6) {
		c->ip6.len = bpf_htons(FRAG_LEN + n);
		c->fh.off = bpf_htons((c->base + off) | more);
		return !bpf_skb_store_bytes(skb, FRONT, &c->ip6, IP6_LEN, 0) &&
		       !bpf_skb_store_bytes(skb, FRONT + IP6_LEN, &c->fh, FRAG_LEN, 0);
	}
	c->ip4.len = bpf_htons(IP4_LEN + n);
	c->ip4.frag = bpf_htons((c->base + off) / 8 | (more ? IP4_MF : 0));
	c->ip4.check = 0;
	c->ip4.check = csum_ip4(&c->ip4);
	return !bpf_skb_store_bytes(skb, FRONT, &c->ip4, IP4_LEN, 0);
}

/* One piece on its way. 1 = done, or not possible: then c->off has not reached the end. */
static long cut_piece(__u32 i, struct cut *c)
{
	__u32 n = c->payload - c->off, at = c->off & MASK_BYTES;

	if (c->off >= c->payload)
		return 1;
	if (n > c->step)
		n = c->step;
	barrier_var(n);
	if (n < 1 || n > MASK_BYTES)
		return 1;
	if (bpf_skb_change_tail(c->skb, FRONT + c->head + n, 0) ||
	    !cut_header(c->skb, c, c->off, n, c->more || c->off + n < c->payload) ||
	    bpf_skb_store_bytes(c->skb, FRONT + c->head, c->room->bytes + at, n, 0) || !again(c->skb, &c->shim))
		return 1;
	c->shim.ops |= DOOR_EXTRA; /* one received packet, several sent */
	c->off += n;
	return 0;
}

/* RFC 791 section 3.2, RFC 8200 section 4.5. */
static __always_inline int cut(struct __sk_buff *skb, const struct shim *shim)
{
	__u32 zero = 0, n;
	struct cut c = { .skb = skb, .shim = *shim };

	c.room = bpf_map_lookup_elem(&sg_door_room, &zero);
	if (!c.room || !cut_begin(skb, &c) || shim->mtu < c.head + 8)
		return fail(shim, R_DOOR_FAILED);
	n = c.payload;
	barrier_var(n);
	if (n < 1 || n > MASK_BYTES || bpf_skb_load_bytes(skb, FRONT + c.head, c.room->bytes, n))
		return fail(shim, R_DOOR_FAILED);
	c.step = (shim->mtu - c.head) & ~7u;
	c.shim.ops &= ~DOOR_FRAGMENT;
	bpf_loop(MAX_PIECES, cut_piece, &c, 0);
	/* Pieces that left belong to a packet that did not: the first of them has counted it as forwarded. */
	if (c.off < c.payload && !c.off)
		return fail(shim, R_DOOR_FAILED);
	return TC_ACT_SHOT;
}

/* The packet itself, and behind it the held first fragment of its datagram. */
static __always_inline int release(struct __sk_buff *skb, struct shim *shim)
{
	__u32 place = shim->parked, slot = PARK_OF(place);
	struct frag *f = bpf_map_lookup_elem(&sg_frag, &place);
	struct park *park = bpf_map_lookup_elem(&sg_park, &slot);
	__u32 n;

	shim->ops &= ~DOOR_RELEASE;
	if (!again(skb, shim))
		fail(shim, R_DOOR_FAILED); /* and the held one is tried all the same */
	if (!f || !park)
		return TC_ACT_SHOT;
	n = f->parked_len;
	shim->in_port = f->in_port;
	shim->mtu = f->frag_mtu;
	shim->ops = (shim->ops & ~DOOR_FRAGMENT) | (f->frag_mtu ? DOOR_FRAGMENT : 0);
	barrier_var(n);
	if (n < 1 || n > PARK_BYTES || bpf_skb_change_tail(skb, FRONT + n, 0) ||
	    bpf_skb_store_bytes(skb, FRONT, park->bytes, n, 0) || !again(skb, shim)) {
		park->until = 0;
		return fail(shim, R_DOOR_FAILED);
	}
	/* Both places are free again: there are far fewer of them than datagrams in the time that one may take. */
	park->until = 0;
	f->deadline = (__u32)bpf_jiffies64();
	return TC_ACT_SHOT;
}

/* One's complement sum of `len` bytes at `off`. False: not there. */
static __always_inline bool sum_skb(struct __sk_buff *skb, __u32 off, __u32 len, __u64 *sum)
{
	__u32 zero = 0;
	struct door_room *r = bpf_map_lookup_elem(&sg_door_room, &zero);
	__s64 part = 0;

	for (int i = 0; i < MAX_BYTES / CHUNK && r && len; i++) {
		__u32 n = len > CHUNK ? CHUNK : len;

		barrier_var(n);
		if (n < 1 || n > CHUNK)
			return false;
		*(__u32 *)(r->bytes + ((n - 1) & (CHUNK - 4))) = 0; /* pad to a multiple of four: RFC 1071 */
		if (bpf_skb_load_bytes(skb, off, r->bytes, n))
			return false;
		part = bpf_csum_diff(NULL, 0, (__be32 *)r->bytes, (n + 3) & ~3u, (__u32)part);
		if (part < 0)
			return false;
		off += n;
		len -= n;
	}
	*sum = csum_fold64(part);
	return !len;
}

/* The headers of the tunnel for the packet behind the shim. */
static __noinline struct encap *encapsulation(struct __sk_buff *skb, const struct tunnel *t)
{
	__u32 one = 1, off;
	struct encap *e = bpf_map_lookup_elem(&sg_encap, &one);
	bool known;
	__u64 sum = 0;
	__u8 first;

	if (!e || bpf_skb_load_bytes(skb, FRONT, &first, 1))
		return NULL;
	e->family = first >> 4;
	if (e->family == 6 ? bpf_skb_load_bytes(skb, FRONT, &e->ip6, IP6_LEN)
			   : bpf_skb_load_bytes(skb, FRONT, &e->ip4, IP4_LEN))
		return NULL;
	off = encap_l4(e);
	if (off && bpf_skb_load_bytes(skb, FRONT + off, e->l4, sizeof(e->l4)))
		return NULL;
	encap_headers(e, t);
	if (t->kind != TUNNEL_VXLAN || t->family != 6)
		return e;
	known = encap_l4_sum(e, &sum);
	if (!known && !sum_skb(skb, FRONT, e->total, &sum))
		return NULL;
	encap_udp6(e, sum, !known);
	return e;
}

/* The tunnel's headers take the place of the shim, at one go: between the two, a short IPv4 packet would be less than the
 * IPv6 header that the kernel then demands. */
static __noinline int push_tunnel(struct __sk_buff *skb, const struct shim *shim)
{
	__u32 number = shim->tunnel, len;
	struct tunnel *t = bpf_map_lookup_elem(&sg_tunnel, &number);
	struct encap *e;

	if (!t)
		return 0;
	e = encapsulation(skb, t);
	len = t->len;
	barrier_var(len);
	if (!e || len < 1 || len > TUNNEL_BYTES)
		return 0;
	if (bpf_skb_adjust_room(skb, (int)len - SHIM_LEN, BPF_ADJ_ROOM_MAC, 0))
		return 0;
	barrier_var(len);
	if (len < 1 || len > TUNNEL_BYTES)
		return 0;
	return !bpf_skb_store_bytes(skb, ETH_LEN, e->bytes, len, 0);
}

SEC("tc")
int door(struct __sk_buff *skb)
{
	struct shim shim;

	/* The kernel's own chatter on the pair (multicast listener reports) has no shim and goes no further. */
	if (bpf_skb_load_bytes(skb, ETH_LEN, &shim, sizeof(shim)) || shim.magic != SHIM_MAGIC)
		return TC_ACT_SHOT;
	if (shim.ops & DOOR_RELEASE)
		return release(skb, &shim);
	if (shim.ops & DOOR_FRAGMENT)
		return cut(skb, &shim);
	if (shim.ops & DOOR_ENCAP ? !push_tunnel(skb, &shim) : bpf_skb_adjust_room(skb, -SHIM_LEN, BPF_ADJ_ROOM_MAC, 0))
		return fail(&shim, R_DOOR_FAILED);
	return shim.ops & DOOR_SEND ? send_known(skb, &shim) : send_neigh(skb, &shim);
}

/* A veth end takes redirected frames only while it has an XDP program (or GRO): this is it. */
SEC("xdp.frags")
int door_far(struct xdp_md *ctx)
{
	return XDP_PASS;
}
