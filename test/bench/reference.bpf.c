// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the gateway is held against: the least that any XDP router does, and nothing at all. */
#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct next_hop {
	__u32 ifindex, unused;
	__u64 macs[2]; /* 12 bytes of them: destination, source */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct next_hop);
} bench_hop SEC(".maps");

/* Parse, count down the time to live, write MAC addresses, redirect: no look-up of any kind. */
SEC("xdp")
int ceiling(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ipv6hdr *ip6 = (void *)(data + 14);
	struct iphdr *ip4 = (void *)(data + 14);
	__u32 zero = 0, sum;
	struct next_hop *hop = bpf_map_lookup_elem(&bench_hop, &zero);

	if (!hop || data + 54 > end)
		return XDP_PASS;
	if (*(__u16 *)(data + 12) == bpf_htons(0x0800)) {
		if (ip4->ihl != 5 || ip4->ttl <= 1)
			return XDP_PASS;
		sum = ip4->check + bpf_htons(0x0100);
		ip4->check = sum + (sum >> 16);
		ip4->ttl--;
	} else if (*(__u16 *)(data + 12) == bpf_htons(0x86dd)) {
		if (ip6->hop_limit <= 1 || ip6->nexthdr == 58)
			return XDP_PASS;
		ip6->hop_limit--;
	} else {
		return XDP_PASS;
	}
	*(__u64 *)data = hop->macs[0];
	*(__u32 *)(data + 8) = hop->macs[1];
	return bpf_redirect(hop->ifindex, 0);
}

/* Hands everything to the kernel. A kernel gateway is at its best with this and without receive offload. */
SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
