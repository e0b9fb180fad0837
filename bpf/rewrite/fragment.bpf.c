// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Fragments (RFC 6146 section 3.4, RFC 7915 sections 4.1 and 5.1.1), in order. Later fragments follow the note
 * of the first one. The sum of ICMPv6 covers the length of the whole message and that of ICMP does not, and UDP
 * without a checksum needs one: there the first fragment waits until the last has told what was missing. */
#include "rewrite/rewrite.h"
#include "lib/count.h"

/* Never both true and expired: a place whose time is over belongs to whoever claims it. */
static __always_inline bool live(const struct frag *f, __u32 now)
{
	return f->state != FRAG_FREE && (__s32)(f->deadline - now) > 0;
}

static __always_inline bool same_datagram(const struct frag *f, const struct pkt *p)
{
	__u32 diff = f->src[0] ^ p->t.src[0];

	diff |= f->dst[0] ^ p->t.dst[0];
	if (p->family == 6)
		for (int i = 1; i < 4; i++)
			diff |= (f->src[i] ^ p->t.src[i]) | (f->dst[i] ^ p->t.dst[i]);
	diff |= f->id ^ p->frag_id;
	return !diff && f->family == p->family && f->proto == p->proto && f->table == p->table;
}

static __always_inline __u32 place_of(const struct pkt *p, __u32 way)
{
	__u32 h = p->t.src[0] ^ p->t.dst[0] * 0x85ebca6bu ^ p->frag_id * 0xc2b2ae35u;

	if (p->family == 6)
		h ^= p->t.src[3] * 0x27d4eb2fu ^ p->t.dst[3] ^ p->t.src[1];
	h = (h ^ h >> 15) * 0x9e3779b1u;
	return ((h >> 20) + way) & (MAX_FRAGS - 1);
}

static __always_inline struct frag *frag_at(__u32 place)
{
	return bpf_map_lookup_elem(&sg_frag, &place);
}

static __always_inline struct park *park_of(__u32 place)
{
	__u32 key = PARK_OF(place);

	return bpf_map_lookup_elem(&sg_park, &key);
}

static __always_inline struct frag *frag_find(const struct pkt *p, __u32 *place)
{
	for (__u32 way = 0; way < FRAG_WAYS; way++) {
		struct frag *f;

		*place = place_of(p, way);
		f = frag_at(*place);
		if (f && live(f, p->now) && f->state != FRAG_CLAIMED && same_datagram(f, p))
			return f;
	}
	return NULL;
}

__noinline int fragment_open(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s;
	struct frag *f;
	__u32 place = 0, state;
	__be16 udp_len;

	if (!p)
		return V_DROP;
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return drop(p, R_INTERNAL);
	f = frag_find(p, &place);
	if (f) /* RFC 5722: a second first fragment is an overlap */
		return drop(p, R_FRAG_BAD);
	for (__u32 way = 0; way < FRAG_WAYS; way++) {
		place = place_of(p, way);
		f = frag_at(place);
		if (!f || live(f, p->now))
			continue;
		state = f->state;
		if (state == FRAG_HELD || state == FRAG_CLAIMED) /* the sweep has to count it; it is being filled in */
			continue;
		if (__sync_val_compare_and_swap(&f->state, state, FRAG_CLAIMED) != state)
			continue;
		if (state != FRAG_FREE && (__s32)(f->deadline - p->now) > 0) { /* another CPU has come and gone */
			__sync_lock_test_and_set(&f->state, state);
			continue;
		}
		for (int i = 0; i < 4; i++) {
			f->src[i] = p->t.src[i];
			f->dst[i] = p->t.dst[i];
		}
		f->id = p->frag_id;
		f->proto = p->proto;
		f->family = p->family;
		f->table = p->table;
		f->ref = p->ref;
		f->serial = s->serial;
		f->hold = p->hold;
		f->first_len = p->l4_len;
		f->udp_len = 0;
		if (p->proto == P_UDP && !bpf_xdp_load_bytes(ctx, p->l4 + 4, &udp_len, 2))
			f->udp_len = bpf_ntohs(udp_len);
		f->seen = p->l4_len;
		f->total = 0;
		f->sum = 0;
		f->in_port = p->in_port;
		f->parked_len = 0;
		f->deadline = p->now + FRAG_SECONDS * p->hz;
		p->frag_slot = place;
		__sync_lock_test_and_set(&f->state, FRAG_OPEN);
		return V_CONTINUE;
	}
	return drop(p, R_FRAG_TABLE_FULL);
}

/* What the checksum of a first fragment lacked: the length of the whole, and for UDP the sum of the others. */
static __always_inline __sum16 complete(const struct frag *f, __u8 proto, __sum16 check, bool outside)
{
	__u16 len = bpf_htons(f->total), delta;

	if (proto == P_UDP)
		delta = csum_fold64((__u64)f->sum + len);
	else
		delta = outside ? len : (__u16)~len;
	check = csum_apply(check, delta);
	return proto == P_UDP && !check ? 0xffff : check;
}

__noinline int fragment_hold(struct xdp_md *ctx, struct pkt *p)
{
	__u32 place, len, until;
	__sum16 check;
	struct park *park;
	struct frag *f;

	if (!p)
		return V_DROP;
	place = p->frag_slot;
	f = frag_at(place);
	park = park_of(place);
	if (!f || !park)
		return drop(p, R_INTERNAL);
	until = park->until;
	if ((until && (__s32)(until - p->now) > 0) || /* 0: never used; jiffies begin below zero */
	    __sync_val_compare_and_swap(&park->until, until, f->deadline + p->hz) != until) {
		f->deadline = p->now;
		return drop(p, R_FRAG_TABLE_FULL);
	}
	len = p->l4 + p->l4_len - p->l3;
	barrier_var(len);
	if (len < 1 || len > PARK_BYTES) {
		f->deadline = p->now;
		park->until = 0;
		return drop(p, R_FRAG_TOO_BIG);
	}
	if (bpf_xdp_load_bytes(ctx, p->l3, park->bytes, len)) {
		park->until = 0;
		return drop(p, R_TRUNCATED);
	}
	f->parked_len = len;
	f->frag_mtu = p->frag_mtu;
	f->check_off = p->l4 - p->l3 + CHECK_OFF(p->proto);
	__sync_lock_test_and_set(&f->state, FRAG_HELD);
	if (!f->total || f->seen != f->total ||
	    __sync_val_compare_and_swap(&f->state, FRAG_HELD, FRAG_DONE) != FRAG_HELD)
		return V_TAKEN;
	/* The others have passed on another CPU meanwhile: nobody would release it. */
	park->until = 0;
	if (bpf_xdp_load_bytes(ctx, p->l4 + CHECK_OFF(p->proto), &check, 2))
		return drop(p, R_TRUNCATED);
	check = complete(f, p->proto, check, REF_OUTSIDE(p->ref));
	if (bpf_xdp_store_bytes(ctx, p->l4 + CHECK_OFF(p->proto), &check, 2))
		return drop(p, R_TRUNCATED);
	return V_EMIT;
}

/* All fragments have passed: the held one gets what its checksum lacked, and leaves behind this packet. */
static __always_inline void release(struct pkt *p, struct frag *f, __u32 place, bool outside)
{
	struct park *park = park_of(place);
	__u32 off = f->check_off & 0x7e; /* 20 + 2 up to 48 + 16 */
	__sum16 *check;

	if (!park || __sync_val_compare_and_swap(&f->state, FRAG_HELD, FRAG_DONE) != FRAG_HELD)
		return;
	check = (void *)park->bytes + off;
	*check = complete(f, p->proto, *check, outside);
	p->parked = 1;
	p->parked_port = f->in_port;
	p->frag_slot = place;
}

static __always_inline enum verdict account(struct xdp_md *ctx, struct pkt *p, struct frag *f)
{
	__u32 total = p->frag_off + p->l4_len;

	if (p->frag_off < f->first_len || (f->total && (total > f->total || !p->more)))
		return drop(p, R_FRAG_BAD);
	if (!p->more && f->hold && p->proto == P_UDP && f->udp_len != total)
		return drop(p, R_FRAG_BAD); /* no checksum could be right */
	if (!p->more)
		f->total = total;
	if (f->hold && p->proto == P_UDP) {
		int sum = sum_bytes(ctx, p->l4, p->l4_len);

		if (sum < 0)
			return drop(p, R_TRUNCATED);
		__sync_fetch_and_add(&f->sum, sum);
	}
	__sync_fetch_and_add(&f->seen, p->l4_len);
	return V_CONTINUE;
}

__noinline int fragment_find(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s;
	struct frag *f;
	__u32 place = 0;

	use_args(ctx, p);
	if (!p)
		return V_DROP;
	f = frag_find(p, &place);
	if (!f)
		return drop(p, R_FRAG_NO_FIRST);
	s = session_at(REF_NUMBER(f->ref));
	if (!s || s->life != LIFE_LIVE || s->serial != f->serial)
		return drop(p, R_FRAG_NO_FIRST);
	p->ref = f->ref;
	p->frag_slot = place;
	return V_CONTINUE;
}

__noinline int fragment_later(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s;
	struct frag *f;
	__u32 place, size;
	bool outside;
	enum verdict v;

	if (!p)
		return V_DROP;
	place = p->frag_slot;
	f = frag_at(place);
	outside = REF_OUTSIDE(p->ref);
	s = session_at(REF_NUMBER(p->ref));
	if (!s || !f)
		return drop(p, R_INTERNAL);
	v = account(ctx, p, f);
	if (v != V_CONTINUE)
		return v;
	if (s->flags & SESSION_HAIRPIN && !outside) {
		v = session_header(ctx, p, outside);
		p->hairpin = 1;
		return v == V_CONTINUE ? V_AGAIN : v;
	}
	v = session_resolve(ctx, p, outside);
	if (v != V_CONTINUE)
		return v;
	if (same_family(s)) {
		size = p->l4 + p->l4_len - p->l3;
		if (size > p->out_mtu && p->df)
			return drop(p, R_TOO_BIG); /* the first fragment's sender was told */
		p->frag_mtu = size > p->out_mtu ? p->out_mtu : 0;
	} else {
		size = p->l4_len + (outside ? IP6_LEN + FRAG_LEN : IP4_LEN);
		p->frag_mtu = size > p->out_mtu ? p->out_mtu : 0;
		if (outside && size > IP6_MIN_MTU)
			p->frag_mtu = p->out_mtu < IP6_MIN_MTU ? p->out_mtu : IP6_MIN_MTU;
	}
	v = session_header(ctx, p, outside);
	if (v != V_CONTINUE)
		return v;
	if (f->total && f->seen == f->total) {
		if (f->state == FRAG_HELD)
			release(p, f, place, outside);
		else if (f->state == FRAG_OPEN && !f->hold)
			f->deadline = p->now; /* complete: the place is free at once */
	}
	return V_EMIT;
}
