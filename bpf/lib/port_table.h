/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Port table of one pool address: 65,536 slots a protocol, in blocks of 64. A slot holds the BIB entry that owns the
 * port and is claimed by compare-and-swap: allocator and outside BIB cannot disagree. Bits are hints, so that a free
 * port is found in a few steps however full the table is; a wrong hint costs a step, never a double grant. */
#pragma once
#include "layout/port_table.h"
#include "lib/hdr.h"

static __always_inline __u32 proto_row(__u8 proto)
{
	return proto == P_TCP ? 0 : proto == P_UDP ? 1 : 2;
}

static __always_inline struct port_block *port_block(void *table, __u8 proto, __u32 block)
{
	__u32 key = proto_row(proto) * BLOCKS_A_PROTO + block;

	return bpf_map_lookup_elem(table, &key);
}

static __always_inline __u32 lowest_bit(__u64 v)
{
	__u32 n = 0;

	if (!(v & 0xffffffff)) {
		n += 32;
		v >>= 32;
	}
	if (!(v & 0xffff)) {
		n += 16;
		v >>= 16;
	}
	if (!(v & 0xff)) {
		n += 8;
		v >>= 8;
	}
	if (!(v & 0xf)) {
		n += 4;
		v >>= 4;
	}
	if (!(v & 3)) {
		n += 2;
		v >>= 2;
	}
	return n + !(v & 1);
}

/* BIB entry that owns a port, 0 = free. `port` in host byte order. */
static __always_inline __u32 port_owner(void *table, __u8 proto, __u16 port)
{
	struct port_block *b = port_block(table, proto, port >> 6);

	return b ? b->bib[port & 63] : 0;
}

static __always_inline void summary_mark(void *table, __u8 proto, __u32 block, bool full)
{
	struct port_block *s = port_block(table, proto, SUMMARY_BLOCK);
	__u32 bit = 1u << (block & 31);

	if (!s)
		return;
	if (full)
		__sync_fetch_and_or(&s->bib[(block >> 5) & 63], bit);
	else
		__sync_fetch_and_and(&s->bib[(block >> 5) & 63], ~bit);
}

static __always_inline void port_release(void *table, __u8 proto, __u16 port, __u32 bib)
{
	struct port_block *b = port_block(table, proto, port >> 6);

	if (!b || __sync_val_compare_and_swap(&b->bib[port & 63], bib, 0) != bib)
		return;
	__sync_fetch_and_and(&b->used, ~(1ull << (port & 63)));
	summary_mark(table, proto, port >> 6, false);
}

/* Marks a block full, unless one of its ports has been given back meanwhile. */
static __always_inline void summary_full(void *table, __u8 proto, __u32 block, struct port_block *b)
{
	summary_mark(table, proto, block, true);
	if (*(volatile __u64 *)&b->used != ~0ull)
		summary_mark(table, proto, block, false);
}

struct port_search {
	void *table;
	__u32 bib;
	__u32 first, last; /* blocks of the range */
	__u32 block;       /* where to look next */
	__u32 left;        /* blocks not looked at yet */
	__u16 min, max;
	__s32 found;
	__u8  proto;
};

/* Ports of a block that lie in the range. */
static __always_inline __u64 range_mask(const struct port_search *f, __u32 block)
{
	__u64 mask = ~0ull;

	if (block == f->min >> 6)
		mask &= ~0ull << (f->min & 63);
	if (block == f->max >> 6)
		mask &= ~0ull >> (63 - (f->max & 63));
	return mask;
}

/* One step of a search: skips up to 32 full blocks by their summary, or tries one block. 1 = stop. */
static long port_step(__u32 i, struct port_search *f)
{
	struct port_block *b;
	__u32 block = f->block;
	__u64 mask;

	if (!f->left)
		return 1;
	b = port_block(f->table, f->proto, SUMMARY_BLOCK);
	if (!b)
		return 1;
	if (!(block & 31) && f->left >= 32 && block + 31 <= f->last && b->bib[(block >> 5) & 63] == 0xffffffff) {
		f->left -= 32;
		f->block = block + 32 > f->last ? f->first : block + 32;
		return 0;
	}
	if (!(b->bib[(block >> 5) & 63] & 1u << (block & 31))) {
		mask = range_mask(f, block);
		b = port_block(f->table, f->proto, block);
		if (!b)
			return 1;
		for (int k = 0; k < 4; k++) {
			__u64 free = ~b->used & mask;
			__u32 bit;

			if (!free)
				break;
			bit = lowest_bit(free) & 63;
			if (!f->bib) { /* only asked which one it would be */
				f->found = block * 64 + bit;
				return 1;
			}
			if (!__sync_val_compare_and_swap(&b->bib[bit], 0, f->bib)) {
				if ((__sync_fetch_and_or(&b->used, 1ull << bit) | 1ull << bit) == ~0ull)
					summary_full(f->table, f->proto, block, b);
				f->found = block * 64 + bit;
				return 1;
			}
			__sync_fetch_and_or(&b->used, 1ull << bit); /* the hint was wrong */
		}
	}
	f->left--;
	f->block = block >= f->last ? f->first : block + 1;
	return 0;
}

/* Claims a free port in [min, max] for a BIB entry (0: claims nothing, only tells one), starting at a random block (RFC 6056 section 3.3.1). -1: none
 * is free. */
static __always_inline __s32 port_claim(void *table, __u8 proto, __u16 min, __u16 max, __u32 bib)
{
	struct port_search f = {
		.table = table, .bib = bib, .first = min >> 6, .last = max >> 6,
		.min = min, .max = max, .found = -1, .proto = proto,
	};

	f.left = f.last - f.first + 1;
	f.block = f.first + bpf_get_prandom_u32() % f.left;
	bpf_loop(BLOCKS_A_PROTO, port_step, &f, 0);
	return f.found;
}
