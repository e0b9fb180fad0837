// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Packets to an address that is one end of our tunnels: VXLAN to a slot (RFC 7348) is taken out, path MTUs that routers
 * tell are kept (RFC 8201, RFC 2473 section 8.2), and the rest is the kernel's. */
#include "stage/stages.h"

#define HEAD (UDP_LEN + VXLAN_LEN + ETH_LEN)
#define PATH_MTU_SECONDS 600 /* RFC 8201 section 4: at least five minutes, ten recommended */

struct vxlan_front {
	struct udp_hdr udp;
	struct vxlan_hdr vxlan;
	struct eth_hdr eth;
};

static __always_inline struct slot *slot_of(const struct pkt *p, __u32 *key)
{
	*key = p->set * MAX_SLOTS + ((p->pool - 1) & (MAX_SLOTS - 1));
	return p->pool ? bpf_map_lookup_elem(&sg_slot, key) : NULL;
}

/* Is the outer source one of the slot's nodes? Agents of clusters trust whatever names an identity; we do not. */
static __noinline bool known_node(const struct pkt *p, __u16 slot)
{
	struct node_key k = { .set = p->set, .slot = slot };

	for (int i = 0; i < 4; i++)
		k.addr[i] = p->family == 6 || i == 0 ? p->t.src[i] : 0;
	return bpf_map_lookup_elem(&sg_node, &k);
}

/* Replies to a pod go where its last packet came from: written only when that changes. */
static __noinline int learn_pod(struct xdp_md *ctx, struct pkt *p, __u32 inner, __u32 slot)
{
	struct pod_key k = {};
	struct pod now = {}, *was;
	__u32 diff = 0;
	__u8 first;

	if (bpf_xdp_load_bytes(ctx, inner, &first, 1))
		return drop(p, R_TRUNCATED);
	k.slot = slot;
	k.family = first >> 4;
	if (k.family == 6 ? bpf_xdp_load_bytes(ctx, inner + 8, k.addr, 16) : bpf_xdp_load_bytes(ctx, inner + 12, k.addr, 4))
		return drop(p, R_TRUNCATED);
	for (int i = 0; i < 4; i++)
		now.node[i] = p->family == 6 || i == 0 ? p->t.src[i] : 0;
	was = bpf_map_lookup_elem(&sg_pod, &k);
	for (int i = 0; was && i < 4; i++)
		diff |= was->node[i] ^ now.node[i];
	if ((!was || diff) && !p->trace)
		bpf_map_update_elem(&sg_pod, &k, &now, BPF_ANY);
	return V_CONTINUE;
}

static __noinline int take_out(struct xdp_md *ctx, struct pkt *p, __u32 key)
{
	__u32 slot = (p->pool - 1) & (MAX_SLOTS - 1), inner = p->l4 + HEAD;
	struct vxlan_front f;
	__u32 family;
	enum verdict v;

	if (p->l4_len < HEAD + IP4_LEN || bpf_xdp_load_bytes(ctx, p->l4, &f, sizeof(f)))
		return drop(p, R_VXLAN_BAD_HEADER);
	if (!(f.vxlan.flags & bpf_htonl(VXLAN_I)) ||
	    (f.eth.type != bpf_htons(ETH_IP4) && f.eth.type != bpf_htons(ETH_IP6)))
		return drop(p, R_VXLAN_BAD_HEADER);
	if (!known_node(p, slot))
		return drop(p, R_VXLAN_OUTER_SOURCE);
	family = f.eth.type == bpf_htons(ETH_IP6) ? 6 : 4;
	v = learn_pod(ctx, p, inner, slot);
	if (v != V_CONTINUE)
		return v;
	v = decapsulate(ctx, p, inner, family);
	if (v != V_CONTINUE)
		return v;
	p->side = SIDE_VXLAN;
	p->outer = key;
	p->role = ROLE_INSIDE;
	p->table = SLOT_TABLE(slot);
	p->identity = bpf_ntohl(f.vxlan.vni) >> 8;
	return V_AGAIN;
}

/* A router could not send on a packet of one of our tunnels: the next one that is too large is answered from here, with
 * what fits inside. Known by the last segment, which stays the same on the whole way. */
static __noinline int learn_mtu(struct xdp_md *ctx, struct pkt *p)
{
	struct path_mtu_key k = {};
	struct path_mtu m = { .until = p->now + PATH_MTU_SECONDS * p->hz };
	__u32 quoted = p->l4 + ICMP_LEN;
	struct ip6_hdr ip;
	struct srh srh;
	__be32 mtu;

	if (p->family != 6 || bpf_xdp_load_bytes(ctx, p->l4 + 4, &mtu, 4) || bpf_xdp_load_bytes(ctx, quoted, &ip, IP6_LEN))
		return 0;
	m.mtu = bpf_ntohl(mtu);
	if (m.mtu < IP6_MIN_MTU)
		m.mtu = IP6_MIN_MTU;
	for (int i = 0; i < 4; i++) {
		if (ip.src[i] != p->t.dst[i])
			return 0;
		k.dst[i] = ip.dst[i];
	}
	if (ip.next == EXT_RT && !bpf_xdp_load_bytes(ctx, quoted + IP6_LEN, &srh, sizeof(srh)) && srh.type == RT_SRH &&
	    bpf_xdp_load_bytes(ctx, quoted + IP6_LEN + SRH_LEN, k.dst, 16))
		return 0;
	if (!p->trace)
		bpf_map_update_elem(&sg_path_mtu, &k, &m, BPF_ANY);
	return 1;
}

__noinline int vxlan_end(struct xdp_md *ctx, struct pkt *p)
{
	struct slot *s;
	__u32 key;

	if (!p)
		return V_DROP;
	s = slot_of(p, &key);
	if (s && s->family && p->proto == P_UDP && p->frag == WHOLE && p->t.dport == s->port)
		return take_out(ctx, p, key);
	if (p->proto == P_ICMP6 && p->icmp_type == ICMP6_TOO_BIG)
		learn_mtu(ctx, p);
	return forward(ctx, p);
}
