/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a stage says about a packet, and nothing else goes through that channel: values are left in struct pkt,
 * the reason of a drop too. */
#pragma once

enum verdict {
	V_CONTINUE, /* go on with the next stage */
	V_PASS,     /* the kernel's, unmodified */
	V_DROP,     /* pkt->reason says why */
	V_ANSWER,   /* the frame has become an answer and leaves where it came in */
	V_FORWARD,  /* handed to bpf_redirect for the port pkt->out */
	V_DOOR,     /* handed to the door, which will count how it ends */
	V_TAKEN,    /* accounted for elsewhere: a held fragment, or a frame that is counted already */
	V_REPORTED, /* dropped and counted; the frame has become an ICMP error and leaves by redirect */
	V_COMMIT,   /* decided: sg_decision is to be written down, then go on */
	V_REPORT,   /* the sender is to be told by the ICMP error pkt->err_*, and the packet dropped */
	V_EMIT,     /* finished: out by pkt->adj, pkt->tunnel, or by the door */
	V_AGAIN,    /* rewritten in place: parse it again as a new packet (at most MAX_PASSES times) */
};
