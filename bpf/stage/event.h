/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Events for monitor. The ring buffer costs a lock that all CPUs share, so each CPU has a budget of its own, asked
 * before the ring is. */
#pragma once
#include "layout/pkt.h"
#include "stage/session.h"

struct event_budget {
	__u32 second, used, lost;
};

/* Purpose: events of the running second. Writer and reader: packets of one CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_budget);
} sg_budget __weak SEC(".maps");

/* A ring's memory is not cleared: what no session fills in is zeroed. */
static __always_inline void event_session(struct event *e, const struct session *s)
{
	e->pad = 0;
	e->feature = s ? s->feature : 0;
	e->policy = s ? s->policy : 0;
	e->instance = s ? s->instance : 0;
	e->family_in = s ? s->family_in : 0;
	e->family_out = s ? s->family_out : 0;
	if (s) {
		e->in = s->in;
		e->out = s->out;
	} else {
		__builtin_memset(&e->in, 0, sizeof(e->in));
		__builtin_memset(&e->out, 0, sizeof(e->out));
	}
}

static __noinline void event_send(struct pkt *p, __u8 kind, __u32 session)
{
	__u32 zero = 0, second = p->hz ? p->now / p->hz : 0;
	struct event_budget *b = bpf_map_lookup_elem(&sg_budget, &zero);
	struct event *e;

	if (!b)
		return;
	if (b->second != second) {
		b->second = second;
		b->used = 0;
	}
	if (b->used >= p->events) {
		b->lost++;
		return;
	}
	e = bpf_ringbuf_reserve(&sg_events, sizeof(*e), 0);
	if (!e) {
		b->lost++;
		return;
	}
	b->used++;
	e->ktime = bpf_ktime_get_ns();
	e->kind = kind;
	e->family = p->family;
	e->proto = p->proto;
	e->tcp_flags = p->tcp_flags;
	e->reason = p->reason;
	e->in_port = p->in_port;
	for (int i = 0; i < 4; i++) {
		e->src[i] = p->family == 6 || i == 0 ? p->t.src[i] : 0;
		e->dst[i] = p->family == 6 || i == 0 ? p->t.dst[i] : 0;
	}
	e->sport = p->t.sport;
	e->dport = p->t.dport;
	e->session = session;
	e->length = p->l4 + p->l4_len - p->l3;
	e->identity = p->identity;
	e->table = p->table;
	e->side = p->side;
	event_session(e, kind == EVENT_SESSION ? session_slot(session) : NULL);
	e->lost = b->lost;
	b->lost = 0;
	bpf_ringbuf_submit(e, 0);
}

static __always_inline void event_drop(struct pkt *p)
{
	event_send(p, EVENT_DROP, REF_NUMBER(p->ref));
}
