/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the data path needs of a kernel, each in an object of its own: compiled with one of the names below defined. */
#include "lib/kernel.h"

char _license[] SEC("license") = "Dual BSD/GPL";

#ifdef PROBE_XDP
SEC("xdp.frags")
int probe_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}
#endif

#ifdef PROBE_TCX
SEC("tc")
int probe_tcx(struct __sk_buff *skb)
{
	return -1; /* TCX_NEXT */
}
#endif

#ifdef PROBE_RING
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} ring SEC(".maps");

SEC("syscall")
int probe_ring(void *ctx)
{
	__u64 record = 1;

	return bpf_ringbuf_output(&ring, &record, sizeof(record), 0);
}
#endif

#ifdef PROBE_TIMER
struct clock {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct clock);
} clocks SEC(".maps");

static int tick(void *map, __u32 *key, struct clock *clock)
{
	return 0;
}

SEC("syscall")
int probe_timer(void *ctx)
{
	__u32 zero = 0;
	struct clock *clock = bpf_map_lookup_elem(&clocks, &zero);
	long rc;

	if (!clock)
		return -2;
	rc = bpf_timer_init(&clock->timer, &clocks, 1 /* CLOCK_MONOTONIC */);
	if (rc)
		return rc;
	rc = bpf_timer_set_callback(&clock->timer, tick);
	return rc ? rc : bpf_timer_start(&clock->timer, 1000000, 0);
}
#endif
