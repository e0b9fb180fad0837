// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Resolve: from a destination to an adjacency, by the kernel's routes and neighbours. Routes are asked for in the
 * name of the door's far end: the only device on which the kernel may forward, so that no frame can take the
 * kernel's way between two ports while no program is attached.
 *
 * A destination that is steered into a tunnel has a blackhole or a seg6 route in the kernel: its longest match decides,
 * and only then are sg_steer* and the outer destination asked. The adjacency is that of the outer packet, with the MTU
 * of the inner one. */
#include "stage/note.h"
#include "stage/stages.h"

/* A number for a new adjacency; 0: none is left. */
static __always_inline __u32 adjacency_number(void)
{
	__u32 zero = 0, number;
	struct core_state *core = bpf_map_lookup_elem(&sg_core, &zero);

	if (!core)
		return 0;
	if (!bpf_map_pop_elem(&sg_adj_free, &number))
		return number;
	number = __sync_fetch_and_add(&core->next_adj, 1) + 1;
	if (number < MAX_ADJ)
		return number;
	__sync_fetch_and_add(&core->next_adj, -1);
	return 0;
}

/* Would adjacency_number() have one? */
static __always_inline bool adjacency_left(void)
{
	__u32 zero = 0, number;
	struct core_state *core = bpf_map_lookup_elem(&sg_core, &zero);

	return core && (!bpf_map_peek_elem(&sg_adj_free, &number) || core->next_adj + 1 < MAX_ADJ);
}

/* Fills in the adjacency of a next hop that the kernel has resolved. */
static __noinline int adjacency_for(struct pkt *p, const struct bpf_fib_lookup *fib, const struct port *port)
{
	struct adj_key key = { .ifindex = fib->ifindex, .family = fib->family, .mtu = p->out_mtu, .tunnel = p->tunnel };
	struct adjacency *a;
	__u32 *known, number;

	for (int i = 0; i < 16; i++)
		key.nh[i] = ((const __u8 *)p->nh)[i];
	known = bpf_map_lookup_elem(&sg_adj_num, &key);
	if (p->trace) {
		p->adj = known ? *known : 0;
		note_neighbour(fib->dmac);
		return known || adjacency_left() ? V_CONTINUE : drop(p, R_ADJ_FULL);
	}
	number = known ? *known : adjacency_number();
	if (!number)
		return drop(p, R_ADJ_FULL);
	a = bpf_map_lookup_elem(&sg_adj, &number);
	if (!a)
		return drop(p, R_INTERNAL);
	a->ifindex = port->ifindex;
	a->port = port->number;
	a->vlan = port->vlan;
	a->mtu = p->out_mtu;
	a->flags = port->flags;
	a->tunnel = p->tunnel;
	a->used = p->now;
	if (!known) {
		a->key = key;
		__sync_lock_test_and_set(&a->life, LIFE_LIVE);
	}
	for (int i = 0; i < 6; i++) {
		a->dmac[i] = fib->dmac[i];
		a->smac[i] = port->mac[i];
	}
	if (!known && bpf_map_update_elem(&sg_adj_num, &key, &number, BPF_NOEXIST)) {
		/* The other CPU was first, or the table is full: the number goes back, this packet uses the winner's. */
		a->life = LIFE_FREE;
		bpf_map_push_elem(&sg_adj_free, &number, 0);
		known = bpf_map_lookup_elem(&sg_adj_num, &key);
		if (!known)
			return drop(p, R_ADJ_FULL);
		number = *known;
	}
	p->adj = number;
	return V_CONTINUE;
}

/* Asks the kernel for the way to pkt->nh in a table. */
static __always_inline long route(struct xdp_md *ctx, const struct pkt *p, struct bpf_fib_lookup *fib)
{
	fib->family = p->nh_family == 6 ? AF_INET6 : AF_INET;
	fib->ifindex = p->fib;
	fib->tot_len = 1; /* asks for the route's MTU without a verdict on it */
	if (p->nh_family == 6) {
		for (int i = 0; i < 4; i++)
			fib->ipv6_dst[i] = p->nh[i];
	} else {
		fib->ipv4_dst = p->nh[0];
	}
	if (p->nh_table)
		*(__u32 *)&fib->h_vlan_proto = p->nh_table; /* the union's `tbid` */
	return bpf_fib_lookup(ctx, fib, sizeof(*fib), p->nh_table ? FIB_LOOKUP_DIRECT | FIB_LOOKUP_TBID : 0);
}

/* Packets of one flow take one bucket; fragments of a datagram stay together, so ports count in whole packets only. */
static __always_inline __u32 flow_bucket(const struct pkt *p)
{
	__u32 h = p->t.src[0] ^ p->t.dst[0] * 0x85ebca6bu;

	if (p->family == 6)
		h ^= p->t.src[1] ^ p->t.src[2] ^ p->t.src[3] * 0x27d4eb2fu ^ p->t.dst[1] ^ p->t.dst[2] ^ p->t.dst[3];
	if (p->frag == WHOLE)
		h ^= (__u32)p->t.sport << 16 ^ p->t.dport;
	h = (h ^ p->proto ^ h >> 15) * 0x9e3779b1u;
	return h >> 28;
}

/* The tunnel that pkt->nh is steered into: number within the set, 0 = none. */
static __noinline __u32 steered(const struct pkt *p)
{
	struct steer_value *v;

	if (p->nh_family == 6) {
		struct steer6_key k = { .prefixlen = 32 + 128, .set = p->set, .table = p->nh_table };

		for (int i = 0; i < 4; i++)
			k.addr[i] = p->nh[i];
		v = bpf_map_lookup_elem(&sg_steer6, &k);
	} else {
		struct steer4_key k = { .prefixlen = 32 + 32, .set = p->set, .table = p->nh_table, .addr = p->nh[0] };

		v = bpf_map_lookup_elem(&sg_steer4, &k);
	}
	return v ? v->tunnel[flow_bucket(p) & (STEER_BUCKETS - 1)] : 0;
}

/* The tunnel to the node of the pod pkt->nh. */
static __noinline __u32 tunnel_of_pod(const struct pkt *p)
{
	struct pod_key pk = { .slot = p->nh_table & 0xfff, .family = p->nh_family };
	struct node_key nk = { .set = p->set, .slot = p->nh_table & 0xfff };
	struct pod *pod;
	__u32 *number;

	for (int i = 0; i < 4; i++)
		pk.addr[i] = p->nh[i];
	pod = bpf_map_lookup_elem(&sg_pod, &pk);
	if (!pod)
		return 0;
	for (int i = 0; i < 4; i++)
		nk.addr[i] = pod->node[i];
	number = bpf_map_lookup_elem(&sg_node, &nk);
	return number ? *number : 0;
}

/* From here on the way is that to the tunnel's outer destination. False: there is no such tunnel. */
static __always_inline struct tunnel *enter_tunnel(struct pkt *p, __u32 number)
{
	__u32 key = p->set * MAX_TUNNELS + (number & (MAX_TUNNELS - 1));
	struct tunnel *t = number ? bpf_map_lookup_elem(&sg_tunnel, &key) : NULL;

	if (!t || !t->kind)
		return NULL;
	p->tunnel = key;
	p->nh_table = 0;
	p->nh_family = t->family;
	for (int i = 0; i < 4; i++)
		p->nh[i] = t->dst[i];
	return t;
}

/* Largest outer packet on the way, as far as a router has told. */
static __always_inline __u32 path_limit(const struct pkt *p, const struct tunnel *t, __u32 mtu)
{
	struct path_mtu_key k;
	struct path_mtu *m;

	/* The last segment, which is the destination where there is one only. */
	for (int i = 0; i < 4; i++)
		k.dst[i] = t->kind == TUNNEL_SRV6 && t->len > IP6_LEN ? ((const __be32 *)(t->bytes + IP6_LEN + SRH_LEN))[i]
								      : t->dst[i];
	m = bpf_map_lookup_elem(&sg_path_mtu, &k);
	return m && (__s32)(m->until - p->now) > 0 && m->mtu < mtu ? m->mtu : mtu;
}

/* What a route that the kernel has resolved means for the packet. */
static __always_inline int settle(struct pkt *p, const struct bpf_fib_lookup *fib, bool neighbour, const struct tunnel *t)
{
	__u32 ifindex = fib->ifindex;
	struct port_key *oif = bpf_map_lookup_elem(&sg_oif, &ifindex);
	struct port *port = oif ? bpf_map_lookup_elem(&sg_ports, oif) : NULL;

	if (!port)
		return drop(p, R_EGRESS_NOT_PORT);
	p->out_ifindex = fib->ifindex;
	p->out_port = port->number;
	p->out_mtu = port->mtu;
	p->nh_family = fib->family == AF_INET6 ? 6 : 4;
	if (fib->family == AF_INET6) {
		for (int i = 0; i < 4; i++)
			p->nh[i] = fib->ipv6_dst[i];
	} else {
		p->nh[0] = fib->ipv4_dst;
		p->nh[1] = p->nh[2] = p->nh[3] = 0;
	}
	if (neighbour && fib->mtu_result && fib->mtu_result < p->out_mtu)
		p->out_mtu = fib->mtu_result;
	if (t)
		p->out_mtu = path_limit(p, t, p->out_mtu) - t->len;
	return neighbour ? adjacency_for(p, fib, port) : V_CONTINUE; /* else the door asks the neighbour */
}

__noinline int resolve(struct xdp_md *ctx, struct pkt *p)
{
	struct bpf_fib_lookup fib = {};
	struct tunnel *t = NULL;
	__u32 number = 0;
	long rc;

	use_args(ctx, p);
	if (!p)
		return V_DROP;
	p->adj = 0;
	p->tunnel = 0;
	if (IS_SLOT(p->nh_table)) {
		t = enter_tunnel(p, tunnel_of_pod(p));
		if (!t)
			return drop(p, R_NO_RETURN_PATH);
	}
	rc = route(ctx, p, &fib);
	if (!t && (rc == BPF_FIB_LKUP_RET_BLACKHOLE || rc == BPF_FIB_LKUP_RET_UNSUPP_LWT)) {
		number = steered(p);
		t = enter_tunnel(p, number);
		if (!t)
			return drop(p, R_NO_ROUTE);
		__builtin_memset(&fib, 0, sizeof(fib));
		rc = route(ctx, p, &fib);
	}
	if (rc == BPF_FIB_LKUP_RET_NOT_FWDED && !t)
		return p->nh_table ? drop(p, R_NO_ROUTE) : V_PASS;
	if (rc != BPF_FIB_LKUP_RET_SUCCESS && rc != BPF_FIB_LKUP_RET_NO_NEIGH)
		return drop(p, R_NO_ROUTE);
	return settle(p, &fib, rc == BPF_FIB_LKUP_RET_SUCCESS, t);
}

__noinline int resolve_via(struct xdp_md *ctx, struct pkt *p)
{
	struct bpf_fib_lookup fib = {};
	__u32 ifindex, diff = 0;
	long rc;

	use_args(ctx, p);
	if (!p)
		return V_DROP;
	p->adj = 0;
	p->tunnel = 0;
	ifindex = p->out_ifindex;
	rc = route(ctx, p, &fib);
	if (p->nh_family == 6)
		for (int i = 0; i < 4; i++)
			diff |= fib.ipv6_dst[i] ^ p->nh[i];
	else
		diff = fib.ipv4_dst ^ p->nh[0];
	/* Where routes lead elsewhere (link-local next hops are on every link), the door asks the neighbour. */
	if (rc != BPF_FIB_LKUP_RET_SUCCESS || fib.ifindex != ifindex || diff) {
		__builtin_memset(&fib, 0, sizeof(fib));
		fib.ifindex = ifindex;
		fib.family = p->nh_family == 6 ? AF_INET6 : AF_INET;
		if (p->nh_family == 6)
			for (int i = 0; i < 4; i++)
				fib.ipv6_dst[i] = p->nh[i];
		else
			fib.ipv4_dst = p->nh[0];
		rc = BPF_FIB_LKUP_RET_NO_NEIGH;
	}
	return settle(p, &fib, rc == BPF_FIB_LKUP_RET_SUCCESS, NULL);
}
