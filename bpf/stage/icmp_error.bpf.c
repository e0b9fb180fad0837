// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Our own ICMP errors (RFC 792, RFC 1812 section 4.3.2, RFC 4443 section 2.4). The frame becomes the error: its head
 * grows, its tail is cut, and it leaves like any packet of ours, by the route to the sender. */
#include "lib/count.h"
#include "lib/csum.h"
#include "stage/event.h"
#include "stage/note.h"
#include "stage/rewrite.h"
#include "stage/stages.h"

#define QUOTE4_MAX 576  /* RFC 1812 section 4.3.2.3: the whole error */
#define QUOTE6_MAX 1280 /* RFC 4443 section 2.4 (c) */

/* RFC 4443 section 2.4 (f), RFC 1812 section 4.3.2.8: limited for each CPU, and for each source, so that a scanner
 * cannot use up what path MTU discovery of others needs. */
#define ERRORS_A_SECOND     1000
#define ERRORS_A_SOURCE     100
#define ERROR_SOURCES       1024

struct error_budget {
	__u32 second, used;
};

/* Purpose: errors of the running second: entry 0 for all, the others by hash of the source (lossy: two sources may
 * share one). Writer and reader: packets of one CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 + ERROR_SOURCES);
	__type(key, __u32);
	__type(value, struct error_budget);
} sg_icmp_rate SEC(".maps");

static __always_inline bool within(__u32 key, __u32 second, __u32 limit)
{
	struct error_budget *b = bpf_map_lookup_elem(&sg_icmp_rate, &key);

	if (!b)
		return false;
	if (b->second != second) {
		b->second = second;
		b->used = 0;
	}
	return b->used++ < limit;
}

static __always_inline bool may_answer(const struct pkt *p)
{
	__u32 second = p->hz ? p->now / p->hz : 0;
	__u32 hash = p->t.src[0];

	if (p->is_error || p->frag == LATER_FRAGMENT || p->extra || p->hairpin)
		return false;
	if (p->family == 6) {
		if (!(p->t.src[0] | p->t.src[1] | p->t.src[2] | p->t.src[3]) || (p->t.src[0] & 0xff) == 0xff)
			return false;
		hash ^= p->t.src[1] ^ p->t.src[2] ^ p->t.src[3];
	} else if (!p->t.src[0] || (p->t.src[0] & 0xff) >= 224 || (p->t.src[0] & 0xff) == 127) {
		return false;
	}
	hash = (hash * 0x9e3779b1u) >> 22;
	return p->trace || (within(1 + hash, second, ERRORS_A_SOURCE) && within(0, second, ERRORS_A_SECOND));
}

/* Who we are to the sender: the address of its port, or what its tunnel says. */
struct self {
	__be32 addr4, addr6[4];
};

static __noinline void self_of(const struct pkt *p, struct self *self)
{
	__u32 outer = p->outer;

	if (p->side == SIDE_SRV6) {
		struct sid *s = bpf_map_lookup_elem(&sg_sid, &outer);

		if (!s)
			return;
		self->addr4 = s->addr4;
		for (int i = 0; i < 4; i++)
			self->addr6[i] = s->addr6[i];
	} else if (p->side == SIDE_VXLAN) {
		struct slot *s = bpf_map_lookup_elem(&sg_slot, &outer);

		if (!s)
			return;
		self->addr4 = s->addr4;
		for (int i = 0; i < 4; i++)
			self->addr6[i] = s->addr6[i];
	} else {
		struct port_key key = { .ifindex = p->ifindex, .vlan = p->vlan };
		struct port *port = bpf_map_lookup_elem(&sg_ports, &key);

		if (!port)
			return;
		self->addr4 = port->addr4;
		for (int i = 0; i < 4; i++)
			self->addr6[i] = port->addr6[i];
	}
}

static __always_inline bool build(struct xdp_md *ctx, struct pkt *p, const struct self *self)
{
	__u32 head = (p->family == 6 ? IP6_LEN : IP4_LEN) + ICMP_LEN;
	__u32 quoted = p->l4 + p->l4_len - p->l3, most = (p->family == 6 ? QUOTE6_MAX : QUOTE4_MAX) - head;
	void *data, *end;
	struct icmp_hdr *icmp;
	__u32 off, len;
	__u64 pseudo = 0;
	int sum;

	if (quoted > most)
		quoted = most;
	if (bpf_xdp_adjust_head(ctx, -(int)head))
		return false;
	if (bpf_xdp_adjust_tail(ctx, (int)(p->l3 + quoted) - (int)p->frame_len))
		return false;
	p->frame_len = p->l3 + head + quoted;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	off = p->l3 + head - ICMP_LEN;
	len = ICMP_LEN + quoted;
	if (p->family == 6) {
		struct ip6_hdr *ip = at(data, p->l3);

		if ((void *)(ip + 1) > end)
			return false;
		write_ip6(ip, 0, len, 64, P_ICMP6, self->addr6, p->t.src);
		pseudo = csum_words(self->addr6, 4) + csum_words(p->t.src, 4) + bpf_htons(len) + bpf_htons(P_ICMP6);
	} else {
		struct ip4_hdr *ip = at(data, p->l3);

		if ((void *)(ip + 1) > end)
			return false;
		write_ip4(ip, 0, len, bpf_get_prandom_u32(), false, 64, P_ICMP, self->addr4, p->t.src[0]);
	}
	icmp = at(data, off);
	if ((void *)(icmp + 1) > end)
		return false;
	icmp->type = p->err_type;
	icmp->code = p->err_code;
	icmp->check = 0;
	icmp->id = bpf_htons(p->err_info >> 16);
	icmp->seq = bpf_htons(p->err_info);
	sum = sum_bytes(ctx, off, len);
	if (sum < 0)
		return false;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	icmp = at(data, off);
	if ((void *)(icmp + 1) > end)
		return false;
	icmp->check = (__sum16)~csum_fold64(pseudo + sum);
	return true;
}

__noinline int icmp_error(struct xdp_md *ctx, struct pkt *p)
{
	struct self self = {};
	enum verdict v;

	if (!p)
		return V_DROP;
	if (!may_answer(p))
		return V_DROP;
	self_of(p, &self);
	if (p->family == 6 ? !self.addr6[0] : !self.addr4)
		return V_DROP;
	p->nh_table = p->table;
	p->nh_family = p->family;
	for (int i = 0; i < 4; i++)
		p->nh[i] = p->family == 6 || i == 0 ? p->t.src[i] : 0;
	if (!p->trace)
		count_drop(p->in_port, p->reason);
	if (p->events)
		event_drop(p);
	p->frag_mtu = 0;
	p->parked = 0;
	p->extra = 1;
	if (!build(ctx, p, &self))
		return V_TAKEN; /* the original is counted, the error is not owed */
	v = resolve(ctx, p);
	note(p, TRACE_ERROR, v);
	if (v != V_CONTINUE)
		return V_TAKEN;
	v = emit(ctx, p);
	return v == V_FORWARD || v == V_DOOR ? V_REPORTED : V_TAKEN;
}
