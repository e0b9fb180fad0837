// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Failed transmissions. A redirect that the target device refuses is lost without the XDP program hearing of it;
 * these tracepoints see it. They fire for every namespace of the kernel, so each event is held against the cookie of
 * ours. Types: include/trace/events/xdp.h. */
#include "layout/knobs.h"
#include "layout/port.h"
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))

struct net {
	__u64 net_cookie;
} CORE;

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} CORE;

static __always_inline void failed(__u32 ifindex, __u64 netns, __u64 frames, int err)
{
	__u32 zero = 0;
	struct knobs *k = bpf_map_lookup_elem(&sg_knobs, &zero);
	struct tx_failure *t;

	if (!k || k->netns != netns)
		return;
	t = bpf_map_lookup_elem(&sg_txfail, &ifindex);
	if (!t)
		return;
	__sync_fetch_and_add(&t->frames, frames);
	t->error = err < 0 ? -err : err;
}

/* The target could not be asked at all: no ndo_xdp_xmit, link down, frame longer than its MTU. */
SEC("tp_btf/xdp_redirect_err")
int BPF_PROG(redirect_err, const struct net_device *dev, const void *xdp, const void *tgt, int err, int map_type,
	     __u32 map_id, __u32 index)
{
	failed(index, dev->nd_net.net->net_cookie, 1, err);
	return 0;
}

/* The target was asked, and left `drops` frames. */
SEC("tp_btf/xdp_devmap_xmit")
int BPF_PROG(devmap_xmit, const struct net_device *from, const struct net_device *to, int sent, int drops, int err)
{
	if (drops > 0)
		failed(to->ifindex, to->nd_net.net->net_cookie, drops, err);
	return 0;
}
