// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Sink: stands on every port outside of the gateways, counts the data frames (UDP) by port, keeps a sample of them to
 * be judged, and drops them. Neighbour discovery and the like is no data. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAX_PORTS    64
#define MAX_SAMPLES  64
#define SAMPLE_BYTES 124
#define SAMPLE_EVERY 512
#define UDP          17

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_PORTS);
	__type(key, __u32);
	__type(value, __u64);
} bench_count SEC(".maps");

struct sample {
	__u32 len;
	__u8  bytes[SAMPLE_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_SAMPLES);
	__type(key, __u32);
	__type(value, struct sample);
} bench_sample SEC(".maps");

/* Returns the room for a sample, or NULL when this frame is none. */
static __always_inline struct sample *count(__u8 *data, __u8 *end, __u32 port)
{
	__u64 *count;
	__u32 slot;

	if (data + 24 > end)
		return NULL;
	if (!(data[12] == 0x86 && data[13] == 0xdd && data[20] == UDP) && !(data[12] == 8 && !data[13] && data[23] == UDP))
		return NULL;
	count = bpf_map_lookup_elem(&bench_count, &port);
	if (!count || (*count)++ % SAMPLE_EVERY)
		return NULL;
	slot = *count / SAMPLE_EVERY % MAX_SAMPLES;
	return bpf_map_lookup_elem(&bench_sample, &slot);
}

SEC("xdp")
int sink(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct sample *s = count(data, end, ctx->ingress_ifindex);
	__u32 len;

	if (s) {
		len = end - data;
		s->len = len;
		barrier_var(len);
		if (len > SAMPLE_BYTES)
			len = SAMPLE_BYTES;
		if (len)
			bpf_xdp_load_bytes(ctx, 0, s->bytes, len);
	}
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
