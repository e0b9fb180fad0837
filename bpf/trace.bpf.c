// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Trace: what would become of a packet? The same stages as in gateway.bpf.c, told to write nothing but scratch: no
 * session, no port, no counter, no adjacency changes. Run with BPF_PROG_TEST_RUN; the packet that would leave is what the
 * program leaves behind, its layer 3 header at trace.l3. */
#include "stage/note.h"
#include "stage/parse.h"
#include "stage/stages.h"

SEC("xdp.frags")
int trace(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct pkt *p = bpf_map_lookup_elem(&sg_pkt, &zero);
	struct trace *t = bpf_map_lookup_elem(&sg_trace, &zero);
	struct eth_hdr *eth = (void *)(long)ctx->data;
	enum verdict v;

	if (!p || !t || (void *)(eth + 1) > (void *)(long)ctx->data_end || !pkt_begin(ctx, p))
		return XDP_ABORTED;
	p->trace = 1;
	p->events = 0;
	/* Scratch of the packet before: steps show everything. */
	p->owner = p->feature = p->side = p->nh_family = 0;
	p->adj = p->out_port = p->out_ifindex = p->instance = p->pool = p->nh_table = p->out_mtu = 0;
	p->err_type = p->err_code = p->err_info = p->table = p->role = 0;
	p->nh[0] = p->nh[1] = p->nh[2] = p->nh[3] = 0;
	for (int i = 0; i < 6; i++)
		t->neighbour[i] = 0;
	__builtin_memcpy(&t->serial, eth->src + 2, 4);
	t->steps = 0;
	t->session = 0;
	v = parse(ctx, p);
	note(p, TRACE_PARSE, v);
	if (v == V_CONTINUE)
		v = slow(ctx, p);
	note(p, TRACE_END, v);
	p->trace = 0;
	return XDP_DROP;
}
