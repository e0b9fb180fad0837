// SPDX-License-Identifier: GPL-2.0
/* A wire between two ports, for the kit's own test: what comes in by one leaves by the other. */
struct xdp_context {
	unsigned int data, data_end, data_meta, ingress_ifindex;
};

static long (*redirect)(unsigned int ifindex, unsigned long long flags) = (void *)23;

__attribute__((section("xdp"), used)) int wire(struct xdp_context *ctx)
{
	return redirect(ctx->ingress_ifindex == FIRST ? SECOND : FIRST, 0);
}

char _license[] __attribute__((section("license"), used)) = "GPL";
