// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The end of sessions and BIB entries. Numbers rest for a second as LIFE_DEAD before the sweep hands them on: a
 * packet on the other CPU may still hold one. */
#include "lib/port_table.h"
#include "stage/index.h"
#include "stage/session.h"
#include "stage/stages.h"

__noinline int bib_unref(__u32 number, __u32 now)
{
	struct bib *b = bpf_map_lookup_elem(&sg_bib, &number);
	__u32 zero = 0, pool, *named;
	struct core_state *core = bpf_map_lookup_elem(&sg_core, &zero);
	struct bib_key key = {};
	void *table;

	if (!b || !core || !number)
		return 0;
	if (__sync_fetch_and_add(&b->refs, -1) != 1)
		return 0;
	/* Nobody may join from here on; whoever has just joined wins, and ends it later. */
	if (__sync_val_compare_and_swap(&b->refs, 0, BIB_DEAD))
		return 0;
	for (int i = 0; i < 4; i++)
		key.addr[i] = b->in[i];
	key.port = b->in_port;
	key.proto = b->proto;
	key.feature = b->feature;
	key.table = b->table;
	key.instance = b->instance;
	/* Not if another entry has taken its place (decision.replaces). */
	named = bpf_map_lookup_elem(&sg_bib_in, &key);
	if (named && *named == number)
		bpf_map_delete_elem(&sg_bib_in, &key);
	pool = b->pool;
	table = bpf_map_lookup_elem(&sg_ports_of, &pool);
	if (table)
		port_release(table, b->proto, bpf_ntohs(b->out_port), number);
	b->freed = now;
	__sync_lock_test_and_set(&b->life, LIFE_DEAD);
	__sync_fetch_and_add(&core->bibs, -1);
	return 1;
}

__noinline int session_end(__u32 number, __u32 now)
{
	struct session *s = bpf_map_lookup_elem(&sg_sess, &number);
	__u32 zero = 0;
	struct core_state *core = bpf_map_lookup_elem(&sg_core, &zero);
	struct tuple back;

	if (!s || !core)
		return 0;
	s->last = now; /* before it is dead: the sweep hands dead numbers on by it */
	if (__sync_val_compare_and_swap(&s->life, LIFE_LIVE, LIFE_DEAD) != LIFE_LIVE)
		return 0;
	tuple_reverse(&back, &s->out, s->proto);
	index_delete(s->family_in, &s->in, proto_of(s->proto, s->family_in), s->table, REF(number, 0));
	index_delete(s->family_out, &back, proto_of(s->proto, s->family_out), 0, REF(number, 1));
	if (s->bib)
		bib_unref(s->bib, now);
	__sync_fetch_and_add(&core->sessions, -1);
	return 1;
}
