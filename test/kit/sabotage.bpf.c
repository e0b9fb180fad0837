// SPDX-License-Identifier: GPL-2.0
/* The program that the sabotage run puts in place of every gateway program: the kernel is left to itself. */
__attribute__((section("xdp.frags"), used)) int sabotage_pass(void *ctx)
{
	return 2; /* XDP_PASS */
}

/* For links of the tc hook; TCX_PASS lets the packet go on as if nobody had looked. */
__attribute__((section("tc"), used)) int sabotage_next(void *ctx)
{
	return 0;
}

char _license[] __attribute__((section("license"), used)) = "GPL";
