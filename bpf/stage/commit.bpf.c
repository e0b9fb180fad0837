// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Commit: writes down what was decided. The order makes it safe on two CPUs: everything is filled in before its
 * number is published; the insertion of a key that must not exist yet is the only arbiter (the inside half of the
 * BIB, the inside key of the session); the loser takes back what it made, in reverse order. */
#include "lib/port_table.h"
#include "lib/csum.h"
#include "stage/event.h"
#include "stage/index.h"
#include "stage/session.h"
#include "stage/stages.h"

/* A number from the free queue, or the next one never used. 0: none is left. */
static __always_inline __u32 number_from(void *queue, __u32 *next)
{
	__u32 n;

	if (!bpf_map_pop_elem(queue, &n))
		return n;
	return __sync_fetch_and_add(next, 1) + 1;
}

struct claim {
	__u32 base, first, count, start, bib; /* base: of the rule set */
	__s32 port;
	__u32 position;
	__u32 proto;
	__u32 fixed; /* the port that is asked for, 0 = any of the address's range */
};

static long claim_step(__u32 i, struct claim *c)
{
	__u32 position = c->base + c->first + (c->start + i) % c->count;
	struct pool_address *a = bpf_map_lookup_elem(&sg_pool, &position);
	__u32 pool;
	void *table;

	if (!a || !a->port_max)
		return 0;
	pool = a->number;
	table = bpf_map_lookup_elem(&sg_ports_of, &pool);
	if (!table)
		return 0;
	c->port = port_claim(table, c->proto, c->fixed ? c->fixed : a->port_min, c->fixed ? c->fixed : a->port_max, c->bib);
	c->position = position;
	return c->port >= 0;
}

static __always_inline void bib_key_of(struct bib_key *k, const struct decision *d)
{
	for (int i = 0; i < 4; i++)
		k->addr[i] = d->in.src[i];
	k->port = d->in.sport;
	k->proto = proto_of(d->proto, 4);
	k->feature = d->feature;
	k->table = d->table;
	k->instance = d->instance;
}

/* Joins a BIB entry that another packet may be taking down. */
static __always_inline bool bib_join(__u32 number)
{
	struct bib *b = bpf_map_lookup_elem(&sg_bib, &number);

	if (!b)
		return false;
	if (!(__sync_fetch_and_add(&b->refs, 1) & BIB_DEAD))
		return true;
	__sync_fetch_and_add(&b->refs, -1);
	return false;
}

/* RFC 4787 REQ-2 (paired pooling): all mappings of a client start at the same pool address. */
static __always_inline __u32 pool_start(const struct decision *d)
{
	__u32 hash = d->in.src[0] ^ d->in.src[1] ^ d->in.src[2] ^ d->in.src[3];

	return (hash * 0x9e3779b1u) >> 8;
}

static __noinline int bib_make(struct pkt *p, struct decision *d, struct core_state *core)
{
	struct bib_key key = {};
	struct pool_address *a;
	struct claim c = { .base = p->set * MAX_POOL, .first = d->pool_first, .count = d->pool_count, .port = -1 };
	__u32 number, pool, *other;
	struct bib *b;
	void *table;

	if (!c.count || c.count > MAX_POOL)
		return drop(p, R_POOL_EXHAUSTED);
	number = number_from(&sg_bib_free, &core->next_bib);
	b = bpf_map_lookup_elem(&sg_bib, &number);
	if (!b) {
		__sync_fetch_and_add(&core->next_bib, -1);
		return drop(p, R_SESSION_FULL);
	}
	c.start = pool_start(d);
	c.bib = number;
	c.proto = proto_of(d->proto, 4);
	c.fixed = bpf_ntohs(d->fixed_port);
	/* b->life is LIFE_FREE: an outside packet that reads the claimed port too early finds nothing. */
	bpf_loop(c.count, claim_step, &c, 0);
	if (c.port < 0) {
		bpf_map_push_elem(&sg_bib_free, &number, 0);
		return drop(p, R_POOL_EXHAUSTED);
	}
	a = bpf_map_lookup_elem(&sg_pool, &c.position);
	if (!a)
		return drop(p, R_INTERNAL);
	for (int i = 0; i < 4; i++) {
		b->in[i] = d->in.src[i];
		b->out[i] = d->out.src[i] = a->addr[i];
	}
	b->in_port = d->in.sport;
	b->out_port = d->out.sport = bpf_htons(c.port);
	b->proto = c.proto;
	b->family_in = d->family_in;
	b->family_out = d->family_out;
	b->feature = d->feature;
	b->table = d->table;
	b->instance = d->instance;
	b->pool = a->number;
	/* Not to be joined before it is known that it stays: the port names it already. */
	b->refs = BIB_DEAD + 1;
	__sync_lock_test_and_set(&b->life, LIFE_LIVE);
	bib_key_of(&key, d);
	other = d->replaces ? bpf_map_lookup_elem(&sg_bib_in, &key) : NULL;
	if (other && *other == d->replaces)
		bpf_map_delete_elem(&sg_bib_in, &key);
	d->bib = number;
	if (!bpf_map_update_elem(&sg_bib_in, &key, &number, BPF_NOEXIST)) {
		__sync_fetch_and_add(&b->refs, -BIB_DEAD);
		__sync_fetch_and_add(&core->bibs, 1);
		return V_CONTINUE;
	}
	/* Another CPU mapped this client first (or the table is full): take ours back. */
	b->freed = p->now;
	__sync_fetch_and_add(&b->refs, -1);
	__sync_lock_test_and_set(&b->life, LIFE_DEAD);
	pool = b->pool;
	table = bpf_map_lookup_elem(&sg_ports_of, &pool);
	if (table)
		port_release(table, c.proto, c.port, number);
	other = bpf_map_lookup_elem(&sg_bib_in, &key);
	if (!other)
		return drop(p, R_SESSION_FULL);
	number = *other;
	b = bpf_map_lookup_elem(&sg_bib, &number);
	if (!b || !bib_join(number))
		return drop(p, R_SESSION_RACE);
	for (int i = 0; i < 4; i++)
		d->out.src[i] = b->out[i];
	d->out.sport = b->out_port;
	d->bib = number;
	return V_CONTINUE;
}

static __always_inline __u16 tuple_sum(const struct tuple *t)
{
	return csum_fold64(csum_words(t->src, 4) + csum_words(t->dst, 4) + t->sport + t->dport);
}

static __always_inline void session_fill(struct session *s, const struct decision *d, const struct pkt *p)
{
	__u16 in = tuple_sum(&d->in), out = tuple_sum(&d->out);

	s->out = d->out;
	s->in = d->in;
	s->adj_in = s->adj_out = 0;
	s->proto = d->proto;
	s->feature = d->feature;
	s->family_in = d->family_in;
	s->family_out = d->family_out;
	s->table = d->table;
	s->flags = d->flags;
	s->delta_in_out = csum_delta(in, out);
	s->delta_out_in = csum_delta(out, in);
	s->pseudo_in = csum_fold64(csum_words(d->in.src, 4) + csum_words(d->in.dst, 4) +
				   bpf_htons(proto_of(d->proto, d->family_in)));
	s->pseudo_out = csum_fold64(csum_words(d->out.src, 4) + csum_words(d->out.dst, 4) +
				    bpf_htons(proto_of(d->proto, d->family_out)));
	s->bib = d->bib;
	s->epoch = p->epoch;
	s->instance = d->instance;
	s->in_sides = d->in_sides;
	s->identity = d->identity;
	s->policy = d->policy;
	s->pool6_len = d->pool6_len;
	s->tcp = 0;
	s->last = s->created = p->now;
	s->resolved_in = s->resolved_out = p->now - 2 * p->hz;
	for (int i = 0; i < 4; i++)
		s->timeout[i] = d->timeout[i];
}

/* Publishes a session whose BIB entry is joined already. */
static __noinline int session_make(struct pkt *p, struct decision *d, struct core_state *core)
{
	__u8 proto_in = proto_of(d->proto, d->family_in), proto_out = proto_of(d->proto, d->family_out);
	__u32 number = number_from(&sg_sess_free, &core->next_session);
	struct session *s = session_at(number);
	struct tuple back;
	long rc;

	if (!s) {
		__sync_fetch_and_add(&core->next_session, -1);
		bib_unref(d->bib, p->now);
		return drop(p, R_SESSION_FULL);
	}
	session_fill(s, d, p);
	s->serial = __sync_fetch_and_add(&core->serial, 1);
	__sync_lock_test_and_set(&s->life, LIFE_LIVE); /* after what it stands for */
	rc = index_insert(d->family_in, &d->in, proto_in, d->table, REF(number, 0));
	if (rc) {
		s->life = LIFE_DEAD;
		bib_unref(d->bib, p->now);
		if (rc != -17 /* EEXIST */)
			return drop(p, R_SESSION_FULL);
		/* The other CPU made the same session: use that. */
		p->ref = index_find(d->family_in, &d->in, proto_in, d->table);
		s = p->ref ? session_at(REF_NUMBER(p->ref)) : NULL;
		return s && s->life == LIFE_LIVE ? V_CONTINUE : drop(p, R_SESSION_RACE);
	}
	tuple_reverse(&back, &d->out, d->proto);
	__sync_fetch_and_add(&core->sessions, 1);
	rc = index_insert(d->family_out, &back, proto_out, 0, REF(number, 1));
	if (rc) {
		session_end(number, p->now);
		return drop(p, rc == -17 ? R_SESSION_RACE : R_SESSION_FULL);
	}
	__sync_fetch_and_add(&core->created, 1);
	p->ref = REF(number, 0);
	p->created = 1;
	return V_CONTINUE;
}

/* What commit() would do, into the copy: the port is one of those that are free. */
static __noinline int pretend(struct pkt *p, struct decision *d)
{
	__u32 zero = 0;
	struct trace *t = bpf_map_lookup_elem(&sg_trace, &zero);
	struct claim c = { .base = p->set * MAX_POOL, .first = d->pool_first, .count = d->pool_count, .port = -1 };
	struct core_state *core = bpf_map_lookup_elem(&sg_core, &zero);
	struct pool_address *a;
	__u32 number;

	if (!t || !core)
		return drop(p, R_INTERNAL);
	if (!d->bib) {
		number = core->next_bib + 1;
		if (bpf_map_peek_elem(&sg_bib_free, &c.bib) && !bpf_map_lookup_elem(&sg_bib, &number))
			return drop(p, R_SESSION_FULL);
		c.bib = 0;
		if (!c.count || c.count > MAX_POOL)
			return drop(p, R_POOL_EXHAUSTED);
		c.start = pool_start(d);
		c.proto = proto_of(d->proto, 4);
		c.fixed = bpf_ntohs(d->fixed_port);
		bpf_loop(c.count, claim_step, &c, 0);
		a = c.port < 0 ? NULL : bpf_map_lookup_elem(&sg_pool, &c.position);
		if (!a)
			return drop(p, R_POOL_EXHAUSTED);
		for (int i = 0; i < 4; i++)
			d->out.src[i] = a->addr[i];
		d->out.sport = bpf_htons(c.port);
	}
	if (bpf_map_peek_elem(&sg_sess_free, &number) && !session_slot(core->next_session + 1))
		return drop(p, R_SESSION_FULL);
	session_fill(&t->sess, d, p);
	t->sess.life = LIFE_LIVE;
	t->session = 0;
	p->ref = REF(TRACE_SESSION, d->outside);
	return V_CONTINUE;
}

__noinline int commit(struct xdp_md *ctx, struct pkt *p)
{
	__u32 zero = 0;
	struct decision *d = bpf_map_lookup_elem(&sg_decision, &zero);
	struct core_state *core = bpf_map_lookup_elem(&sg_core, &zero);
	enum verdict v;

	use_args(ctx, p);
	if (!p || !d || !core)
		return V_DROP;
	if (p->trace)
		return pretend(p, d);
	if (!d->bib) {
		v = bib_make(p, d, core);
		if (v != V_CONTINUE)
			return v;
	} else if (!bib_join(d->bib)) {
		return drop(p, R_SESSION_RACE);
	}
	v = session_make(p, d, core);
	if (v != V_CONTINUE)
		return v;
	p->ref |= d->outside;
	if (p->created && p->events)
		event_send(p, EVENT_SESSION, REF_NUMBER(p->ref));
	return V_CONTINUE;
}
