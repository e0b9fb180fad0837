// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Sweep: the clock of the core. One timer walks over the slots in slices, each of them twice a second, ends sessions
 * past their time and hands on numbers that have rested. A timer per session is not an option: on Linux 6.18 most of
 * them cannot be allocated. It goes on while the daemon is stopped, killed or absent: map and program are pinned. */
#include "layout/meta.h"
#include "lib/count.h"
#include "stage/session.h"
#include "stage/stages.h"

#define TICK_NS       50000000ull /* 50 ms */
#define SLICES        10          /* a slice a tick: every slot twice a second */
#define CLOCK_MONO    1
#define ADJ_IDLE_SECONDS 120

struct sweeper {
	struct bpf_timer timer;
	__u32 slice, hz;
};

/* Purpose: the timer. Writer: sweep only (an update from user space would cancel it). A new program makes its own. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sweeper);
} sg_sweep SEC(".maps");

struct walk {
	struct core_state *core;
	__u32 now, hz, base;
};

/* A number rests before it is handed on: a packet on another CPU may still hold it. */
static __always_inline bool rested(const struct walk *w, __u32 since)
{
	return (__s32)(w->now - since) > (__s32)w->hz;
}

static long sweep_session(__u32 i, struct walk *w)
{
	__u32 number = w->base + i;
	struct session *s = session_slot(number);

	if (!s)
		return 1;
	if (s->life == LIFE_LIVE) {
		if (session_expired(s, w->now) && session_end(number, w->now))
			__sync_fetch_and_add(&w->core->expired, 1);
	} else if (s->life == LIFE_DEAD && rested(w, s->last) &&
		   __sync_val_compare_and_swap(&s->life, LIFE_DEAD, LIFE_FREE) == LIFE_DEAD) {
		bpf_map_push_elem(&sg_sess_free, &number, 0);
	}
	return 0;
}

static long sweep_bib(__u32 i, struct walk *w)
{
	__u32 number = w->base + i;
	struct bib *b = bpf_map_lookup_elem(&sg_bib, &number);

	if (!b)
		return 1;
	if (b->life == LIFE_DEAD && b->refs == BIB_DEAD && rested(w, b->freed) &&
	    __sync_val_compare_and_swap(&b->life, LIFE_DEAD, LIFE_FREE) == LIFE_DEAD)
		bpf_map_push_elem(&sg_bib_free, &number, 0);
	return 0;
}

/* Whoever uses an adjacency has asked for it within the last second, so one that nobody asked for is not in use. */
static long sweep_adj(__u32 i, struct walk *w)
{
	__u32 number = w->base + i, *named;
	struct adjacency *a = bpf_map_lookup_elem(&sg_adj, &number);
	struct adj_key key;

	if (!a)
		return 1;
	if (a->life == LIFE_LIVE && (__s32)(w->now - a->used) > (__s32)(ADJ_IDLE_SECONDS * w->hz)) {
		key = a->key;
		named = bpf_map_lookup_elem(&sg_adj_num, &key);
		if (named && *named == number)
			bpf_map_delete_elem(&sg_adj_num, &key);
		a->used = w->now;
		a->life = LIFE_DEAD;
	} else if (a->life == LIFE_DEAD && rested(w, a->used) &&
		   __sync_val_compare_and_swap(&a->life, LIFE_DEAD, LIFE_FREE) == LIFE_DEAD) {
		bpf_map_push_elem(&sg_adj_free, &number, 0);
	}
	return 0;
}

/* A held first fragment whose datagram never was completed: it is counted now. */
static long sweep_frag(__u32 i, struct walk *w)
{
	__u32 place = w->base + i;
	struct frag *f = bpf_map_lookup_elem(&sg_frag, &place);

	if (!f)
		return 1;
	if (f->state == FRAG_HELD && (__s32)(w->now - f->deadline) > 0 &&
	    __sync_val_compare_and_swap(&f->state, FRAG_HELD, FRAG_FREE) == FRAG_HELD)
		count_drop(f->in_port, R_FRAG_TIMEOUT);
	return 0;
}

/* Visits slice `slice` of the slots below `used`. */
static __always_inline void walk_slice(struct walk *w, __u32 slice, __u32 used,
				       long (*visit)(__u32, struct walk *))
{
	__u64 n = used / SLICES + 1;

	w->base = slice * (__u32)n;
	/* The count must be a clean 64-bit value: the kernel refuses more than 8M, upper half included. */
	bpf_loop(n & 0x7fffff, visit, w, 0);
}

/* One tick of the clock. */
static int tick(void *map, __u32 *key, struct sweeper *sweep)
{
	__u32 zero = 0, slice = sweep->slice;
	struct core_state *core = bpf_map_lookup_elem(&sg_core, &zero);
	struct walk w = { .now = (__u32)bpf_jiffies64(), .hz = sweep->hz };

	if (!core)
		return 0;
	w.core = core;
	walk_slice(&w, slice, core->next_session, sweep_session);
	walk_slice(&w, slice, core->next_bib, sweep_bib);
	walk_slice(&w, slice, core->next_adj, sweep_adj);
	walk_slice(&w, slice, MAX_FRAGS, sweep_frag);
	core->heartbeat++;
	core->tick_ktime = bpf_ktime_get_ns();
	core->tick_jiffies = w.now;
	sweep->slice = slice + 1 >= SLICES ? 0 : slice + 1;
	bpf_timer_start(&sweep->timer, TICK_NS, 0);
	return 0;
}

/* Started once by the loader, with the number of jiffies a second. Returns 0, or a negative errno. */
SEC("syscall")
int sweep_start(void *ctx)
{
	__u32 zero = 0;
	struct sweeper *sweep = bpf_map_lookup_elem(&sg_sweep, &zero);
	struct knobs *k = bpf_map_lookup_elem(&sg_knobs, &zero);
	long rc;

	if (!sweep || !k || !k->hz)
		return -22;
	sweep->hz = k->hz;
	rc = bpf_timer_init(&sweep->timer, &sg_sweep, CLOCK_MONO);
	if (rc && rc != -16 /* EBUSY: it is there already */)
		return rc;
	rc = bpf_timer_set_callback(&sweep->timer, tick);
	if (rc)
		return rc;
	return bpf_timer_start(&sweep->timer, TICK_NS, 0);
}

struct clock_probe {
	__u64 ktime, jiffies;
};

/* Both clocks at one moment: two calls tell how many jiffies a second has. */
SEC("syscall")
int clock_read(struct clock_probe *out)
{
	out->jiffies = bpf_jiffies64();
	out->ktime = bpf_ktime_get_ns();
	return 0;
}
