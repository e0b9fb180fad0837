/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Notes for trace: what a stage found out. */
#pragma once
#include "layout/pkt.h"

/* Which session, and as whom. */
static __always_inline void note_session(struct trace_step *n, const struct session *s)
{
	n->feature = s->feature;
	n->instance = s->instance;
	n->family_in = s->family_in;
	n->family_out = s->family_out;
	n->policy = s->policy;
	n->bib = s->bib;
	n->in = s->in;
	n->out = s->out;
}

static __noinline void note_step(const struct pkt *p, __u8 stage, __u8 verdict)
{
	__u32 zero = 0, n;
	struct trace *t = bpf_map_lookup_elem(&sg_trace, &zero);
	struct trace_step *s;

	if (!t)
		return;
	n = t->steps;
	if (n >= TRACE_STEPS)
		return;
	t->steps = n + 1;
	t->l3 = p->l3;
	s = &t->step[n];
	s->stage = stage;
	s->verdict = verdict;
	s->reason = p->reason;
	s->family = p->family;
	s->proto = p->proto;
	s->ttl = p->ttl;
	s->frag = p->frag;
	s->owner = p->owner;
	s->feature = p->feature;
	s->side = p->side;
	s->tcp_flags = p->tcp_flags;
	s->err_type = p->err_type;
	s->err_code = p->err_code;
	s->role = p->role;
	for (int i = 0; i < 4; i++) {
		s->src[i] = p->family == 6 || i == 0 ? p->t.src[i] : 0;
		s->dst[i] = p->family == 6 || i == 0 ? p->t.dst[i] : 0;
		s->nh[i] = p->nh[i];
	}
	s->sport = p->t.sport;
	s->dport = p->t.dport;
	s->length = p->l4 + p->l4_len - p->l3;
	s->table = p->table;
	s->instance = p->instance;
	s->number = p->pool;
	s->identity = p->identity;
	s->ref = p->ref;
	s->session = t->session;
	s->tunnel = p->tunnel;
	s->adj = p->adj;
	s->out_ifindex = p->out_ifindex;
	s->out_port = p->out_port;
	s->nh_table = p->nh_table;
	s->out_mtu = p->out_mtu;
	s->frag_mtu = p->frag_mtu;
	s->nh_family = p->nh_family;
	s->err_info = p->err_info;
	if (REF_NUMBER(p->ref) == TRACE_SESSION) {
		note_session(s, &t->sess);
	} else {
		s->family_in = s->family_out = 0;
		s->policy = 0;
		s->bib = 0;
		__builtin_memset(&s->in, 0, sizeof(s->in));
		__builtin_memset(&s->out, 0, sizeof(s->out));
	}
}

static __always_inline void note(const struct pkt *p, __u8 stage, __u8 verdict)
{
	if (p->trace)
		note_step(p, stage, verdict);
}

/* The next hop's MAC address, whether an adjacency has it or not. */
static __always_inline void note_neighbour(const __u8 mac[6])
{
	__u32 zero = 0;
	struct trace *t = bpf_map_lookup_elem(&sg_trace, &zero);

	for (int i = 0; t && i < 6; i++)
		t->neighbour[i] = mac[i];
}

/* A traced packet goes on with a copy of its session. */
static __always_inline void copy_session(struct pkt *p, const struct session *s)
{
	__u32 zero = 0;
	struct trace *t = bpf_map_lookup_elem(&sg_trace, &zero);

	if (!t)
		return;
	t->sess = *s;
	t->session = REF_NUMBER(p->ref);
	p->ref = REF(TRACE_SESSION, REF_OUTSIDE(p->ref));
}
