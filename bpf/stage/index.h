/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Index: from the packet's key to a session number. Three functions hide how it is kept: find, insert, delete. */
#pragma once
#include "layout/pkt.h"

static __always_inline void index4_key(struct index4_key *k, const struct tuple *t, __u8 proto, __u16 table)
{
	k->src = t->src[0];
	k->dst = t->dst[0];
	k->sport = t->sport;
	k->dport = t->dport;
	k->proto = proto;
	k->pad = 0;
	k->table = table;
}

static __always_inline void index6_key(struct index6_key *k, const struct tuple *t, __u8 proto, __u16 table)
{
#pragma unroll
	for (int i = 0; i < 4; i++) {
		k->src[i] = t->src[i];
		k->dst[i] = t->dst[i];
	}
	k->sport = t->sport;
	k->dport = t->dport;
	k->proto = proto;
	k->pad = 0;
	k->table = table;
}

/* Session reference of a tuple as received, 0 = none. */
static __always_inline __u32 index_find(__u8 family, const struct tuple *t, __u8 proto, __u16 table)
{
	__u32 *ref;

	if (family == 6) {
		struct index6_key k;

		index6_key(&k, t, proto, table);
		ref = bpf_map_lookup_elem(&sg_index6, &k);
	} else {
		struct index4_key k;

		index4_key(&k, t, proto, table);
		ref = bpf_map_lookup_elem(&sg_index4, &k);
	}
	return ref ? *ref : 0;
}

/* 0, or a negative errno: -EEXIST when another CPU was first, -E2BIG or -ENOMEM when the table is full. */
static __always_inline long index_insert(__u8 family, const struct tuple *t, __u8 proto, __u16 table, __u32 ref)
{
	if (family == 6) {
		struct index6_key k;

		index6_key(&k, t, proto, table);
		return bpf_map_update_elem(&sg_index6, &k, &ref, BPF_NOEXIST);
	} else {
		struct index4_key k;

		index4_key(&k, t, proto, table);
		return bpf_map_update_elem(&sg_index4, &k, &ref, BPF_NOEXIST);
	}
}

/* Deletes a key if it still names this session: another one may have it meanwhile. */
static __always_inline void index_delete(__u8 family, const struct tuple *t, __u8 proto, __u16 table, __u32 ref)
{
	__u32 *named;

	if (family == 6) {
		struct index6_key k;

		index6_key(&k, t, proto, table);
		named = bpf_map_lookup_elem(&sg_index6, &k);
		if (named && *named == ref)
			bpf_map_delete_elem(&sg_index6, &k);
	} else {
		struct index4_key k;

		index4_key(&k, t, proto, table);
		named = bpf_map_lookup_elem(&sg_index4, &k);
		if (named && *named == ref)
			bpf_map_delete_elem(&sg_index4, &k);
	}
}
