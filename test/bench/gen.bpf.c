// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Generator: runs under BPF_PROG_TEST_RUN with live frames, so what it redirects really leaves. The kernel hands it
 * the same pages again and again, in whatever state the gateway left them: all headers are written anew each time. */
#include "gen.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gen_config);
} bench_gen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gen_state);
} bench_state SEC(".maps");

/* Nanoseconds that each chunk of packets took. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_CHUNKS);
	__type(key, __u32);
	__type(value, __u32);
} bench_chunks SEC(".maps");

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return sum + (sum >> 16);
}

static __always_inline void stamp(struct gen_state *s)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 number = s->chunks, *took = bpf_map_lookup_elem(&bench_chunks, &number);

	if (s->last_ns && took) {
		*took = now - s->last_ns;
		s->chunks++;
	}
	s->last_ns = now;
}

static __always_inline __u32 choose(struct gen_state *s, const struct gen_config *c)
{
	__u64 x = s->random;
	__u32 next = s->next;

	if (!c->random) {
		s->next = next + 1 >= c->flows ? 0 : next + 1;
		return c->base + next;
	}
	x ^= x << 13; /* xorshift64 */
	x ^= x >> 7;
	x ^= x << 17;
	s->random = x;
	return c->base + (((x >> 16 & 0xffffffff) * c->flows) >> 32);
}

static __always_inline bool put(__u8 *data, __u8 *end, __u32 off, __u16 value)
{
	__u8 *at;

	if (off > HEADERS - 2)
		return false;
	at = data + off;
	barrier_var(at); /* the verifier wants to see this very pointer compared */
	if (at + 2 > end)
		return false;
	*(__u16 *)at = value;
	return true;
}

SEC("xdp")
int gen(struct xdp_md *ctx)
{
	__u32 zero = 0, flow, l3, l4;
	struct gen_config *c = bpf_map_lookup_elem(&bench_gen, &zero);
	struct gen_state *s = bpf_map_lookup_elem(&bench_state, &zero);
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (!c || !s || data + HEADERS > end)
		return XDP_ABORTED;
	if (s->sent % CHUNK == 0)
		stamp(s);
	s->sent++;
	flow = choose(s, c);
#pragma unroll
	for (int i = 0; i < HEADERS / 8; i++)
		((__u64 *)data)[i] = c->headers[i];
	l3 = c->l3_sum;
	l4 = c->l4_sum;
#pragma unroll
	for (__u32 i = 0; i < MAX_FIELDS; i++) {
		struct field *f = &c->field[i];
		__u16 value;

		if (i >= c->fields)
			break;
		value = __builtin_bswap16(f->add + ((flow >> (f->shift & 31)) & f->mask));
		if (!put(data, end, f->off, value))
			return XDP_ABORTED;
		l3 += f->in_l3 ? value : 0;
		l4 += f->in_l4 ? value : 0;
	}
	if (c->l3_off && !put(data, end, c->l3_off, ~fold(l3)))
		return XDP_ABORTED;
	l4 = (__u16)~fold(l4);
	if (!put(data, end, c->l4_off, l4 ?: 0xffff)) /* UDP: 0 would mean "no checksum" */
		return XDP_ABORTED;
	return c->ifindex ? bpf_redirect(c->ifindex, 0) : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
