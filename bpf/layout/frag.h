/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Fragments: later ones carry no ports, so the first one leaves a note which session they belong to. A first
 * fragment whose new checksum needs the length or the bytes of the whole datagram is held back until the others
 * have passed (they leave at once): one packet is stored, never a datagram. */
#pragma once
#include "lib/kernel.h"

#define MAX_FRAGS   4096
#define FRAG_WAYS   4 /* places that a datagram may take */
#define PARKS       512  /* fragments that can wait at a time */
#define PARK_BYTES  9216 /* the largest layer 3 packet of a port */
#define FRAG_SECONDS 2 /* FRAGMENT_MIN, RFC 6146 section 4 */

enum frag_state {
	FRAG_FREE,
	FRAG_CLAIMED, /* being filled in by one CPU */
	FRAG_OPEN,    /* later fragments may pass */
	FRAG_HELD,    /* and the first one waits in sg_park */
	FRAG_DONE,    /* the first one was released */
};

struct frag {
	__be32 src[4], dst[4];
	__u32 id DOC("identification as received, host byte order");
	__u8  proto, family;
	__u16 table;
	__u32 state DOC("enum frag_state; claimed by compare-and-swap");
	__u32 deadline DOC("jiffies; a place past it is free");
	__u32 ref DOC("session and direction, as in the index");
	__u32 serial DOC("serial number of that session: its slot may change hands");
	__u32 seen DOC("payload bytes seen so far");
	__u32 total DOC("payload bytes of the whole datagram, 0 = last fragment not seen");
	__u32 sum DOC("unfolded one's complement sum of the later fragments");
	__u32 in_port DOC("port that the held frame came in by");
	__u16 parked_len DOC("length of the held frame behind its Ethernet header");
	__u16 check_off DOC("where its checksum is, from the layer 3 header");
	__u16 frag_mtu DOC("the door cuts it to this size when it leaves, 0 = as it is");
	__u16 first_len DOC("payload bytes of the first fragment");
	__u16 udp_len DOC("length that the UDP header tells, 0 = not UDP");
	__u8  hold DOC("1 = the first fragment is or will be held");
	__u8  pad;
};

/* Purpose: datagrams under way; a place is found by hash, with FRAG_WAYS choices. Writer: packets. Reader: packets,
 * sweep. Full: FRAG_TABLE_FULL for the new datagram, never for one under way. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_FRAGS);
	__type(key, __u32);
	__type(value, struct frag);
} sg_frag __weak SEC(".maps");

struct park {
	__u32 until DOC("jiffies; the place is free afterwards; claimed by compare-and-swap");
	__u32 pad;
	__u8  bytes[PARK_BYTES];
};

#define PARK_OF(place) ((place) & (PARKS - 1))

/* Purpose: held first fragments, translated, without Ethernet header; at PARK_OF(place in sg_frag).
 * Writer: packets. Reader: door. Full: FRAG_TABLE_FULL for the fragment that finds its place taken. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PARKS);
	__type(key, __u32);
	__type(value, struct park);
} sg_park __weak SEC(".maps");
