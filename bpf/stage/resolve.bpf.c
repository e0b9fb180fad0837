// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Resolve: from a destination to an adjacency, by the kernel's routes and neighbours. Routes are asked for in the
 * name of the door's far end: the only device on which the kernel may forward, so that no frame can take the
 * kernel's way between two ports while no program is attached. */
#include "stage/stages.h"

/* Fills in the adjacency of a next hop that the kernel has resolved. */
static __always_inline enum verdict adjacency_for(struct pkt *p, const struct bpf_fib_lookup *fib,
						  const struct port *port)
{
	struct adj_key key = { .ifindex = fib->ifindex, .family = fib->family, .mtu = p->out_mtu };
	struct adjacency *a;
	__u32 *known, number;

	for (int i = 0; i < 16; i++)
		key.nh[i] = ((const __u8 *)p->nh)[i];
	known = bpf_map_lookup_elem(&sg_adj_num, &key);
	if (known) {
		number = *known;
	} else {
		__u32 zero = 0;
		struct core_state *core = bpf_map_lookup_elem(&sg_core, &zero);

		if (!core)
			return drop(p, R_INTERNAL);
		if (bpf_map_pop_elem(&sg_adj_free, &number)) {
			number = __sync_fetch_and_add(&core->next_adj, 1) + 1;
			if (number >= MAX_ADJ) {
				__sync_fetch_and_add(&core->next_adj, -1);
				return drop(p, R_ADJ_FULL);
			}
		}
	}
	a = bpf_map_lookup_elem(&sg_adj, &number);
	if (!a)
		return drop(p, R_INTERNAL);
	a->ifindex = port->ifindex;
	a->port = port->number;
	a->vlan = port->vlan;
	a->mtu = p->out_mtu;
	a->flags = port->flags;
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

__noinline int resolve(struct xdp_md *ctx, struct pkt *p)
{
	struct bpf_fib_lookup fib = {};
	struct port_key *oif;
	struct port *port;
	__u32 ifindex;
	long rc;

	use_args(ctx, p);
	if (!p)
		return V_DROP;
	p->adj = 0;
	fib.family = p->nh_family == 6 ? AF_INET6 : AF_INET;
	fib.ifindex = p->fib;
	fib.tot_len = 1; /* asks for the route's MTU without a verdict on it */
	if (p->nh_family == 6) {
		for (int i = 0; i < 4; i++)
			fib.ipv6_dst[i] = p->nh[i];
	} else {
		fib.ipv4_dst = p->nh[0];
	}
	if (p->table)
		*(__u32 *)&fib.h_vlan_proto = p->table; /* the union's `tbid` */
	rc = bpf_fib_lookup(ctx, &fib, sizeof(fib), p->table ? FIB_LOOKUP_DIRECT | FIB_LOOKUP_TBID : 0);
	if (rc == BPF_FIB_LKUP_RET_NOT_FWDED)
		return V_PASS;
	if (rc != BPF_FIB_LKUP_RET_SUCCESS && rc != BPF_FIB_LKUP_RET_NO_NEIGH)
		return drop(p, R_NO_ROUTE);
	ifindex = fib.ifindex;
	oif = bpf_map_lookup_elem(&sg_oif, &ifindex);
	port = oif ? bpf_map_lookup_elem(&sg_ports, oif) : NULL;
	if (!port)
		return drop(p, R_EGRESS_NOT_PORT);
	p->out_ifindex = fib.ifindex;
	p->out_port = port->number;
	p->out_mtu = port->mtu;
	p->nh_family = fib.family == AF_INET6 ? 6 : 4;
	if (fib.family == AF_INET6) {
		for (int i = 0; i < 4; i++)
			p->nh[i] = fib.ipv6_dst[i];
	} else {
		p->nh[0] = fib.ipv4_dst;
		p->nh[1] = p->nh[2] = p->nh[3] = 0;
	}
	if (rc == BPF_FIB_LKUP_RET_NO_NEIGH)
		return V_CONTINUE; /* the door asks the neighbour */
	if (fib.mtu_result && fib.mtu_result < p->out_mtu)
		p->out_mtu = fib.mtu_result;
	return adjacency_for(p, &fib, port);
}
