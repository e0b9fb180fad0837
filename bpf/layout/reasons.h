/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Why a packet was dropped. One enumeration for the whole appliance: numbers are never reused or renumbered,
 * new reasons go to the end. `status`, `drops`, metrics and the reference take name and text from here. */
#pragma once

#define DROP_REASONS                                                                                          \
	DROP(NONE, "not dropped")                                                                             \
	DROP(INTERNAL, "an internal look-up failed; this is a bug")                                           \
	DROP(TRUNCATED, "the frame ends before the headers that it announces")                                \
	DROP(BAD_HEADER, "a header field contradicts its RFC: version, header length or total length")        \
	DROP(FRAME_TOO_LONG, "a frame longer than the port's MTU, as generic receive offload makes them")     \
	DROP(FORWARD_DENIED, "plain traffic between ports, which the configuration does not allow")           \
	DROP(NO_ROUTE, "the kernel has no route to the destination, or a blackhole")                          \
	DROP(EGRESS_NOT_PORT, "the route leaves through a device that is no port of this gateway")            \
	DROP(HOP_LIMIT, "TTL or hop limit expired; a Time Exceeded error was sent where the RFCs allow one")  \
	DROP(TOO_BIG, "larger than the next link's MTU; the sender was told")                                 \
	DROP(HEADROOM, "no room in front of the frame for the new headers")                                   \
	DROP(ADJ_FULL, "the adjacency table is full")                                                         \
	DROP(DOOR_FAILED, "the door could not rewrite or send the packet")                                    \
	DROP(POOL_NO_SESSION, "to a pool address, but no session or BIB entry expects it")                    \
	DROP(POOL_WRONG_SIDE, "to a pool address or prefix, from a port of the wrong role")                   \
	DROP(SESSION_FULL, "the session table is full")                                                       \
	DROP(SESSION_RACE, "two CPUs opened the same session; a retransmission will pass")                    \
	DROP(SESSION_REVOKED, "the configuration no longer allows the binding of this session")               \
	DROP(TCP_NOT_OPEN, "a TCP segment that opens nothing: no session, no BIB entry (RFC 6146 3.5.2.2)")      \
	DROP(NAT64_PORTS_EXHAUSTED, "every port of the pool4 addresses is in use")                            \
	DROP(NAT64_PROTO, "a protocol that NAT64 does not translate (RFC 6146 section 3.5)")                  \
	DROP(NAT64_BAD_SOURCE, "the source is a pool address or not unicast: a loop or a forgery (RFC 6146 3.5)")      \
	DROP(NAT64_BAD_DEST, "pool6 embeds an IPv4 address that is not unicast (RFC 6052 section 3.1)")       \
	DROP(NAT64_EXT_HEADER, "an IPv6 extension header that cannot be translated (RFC 7915 section 5.1)")   \
	DROP(NAT64_SOURCE_ROUTE, "an IPv4 source route that has not expired (RFC 7915 section 4.1)")          \
	DROP(NAT64_HAIRPIN_LOOP, "a packet that would be hairpinned twice (RFC 6146 section 3.8)")            \
	DROP(ICMP_UNTRANSLATABLE, "an ICMP type or code that has no counterpart (RFC 7915 sections 4.2, 5.2)") \
	DROP(ICMP_BAD_CHECKSUM, "an ICMP error whose own checksum is wrong (RFC 7915 section 4.3)")           \
	DROP(ICMP_BAD_INNER, "an ICMP error whose quoted packet cannot be read")                              \
	DROP(ICMP_NO_SESSION, "an ICMP error about a packet of no known session")                             \
	DROP(FRAG_NO_FIRST, "a later fragment whose first fragment was not seen before it")                   \
	DROP(FRAG_TABLE_FULL, "no free place in the fragment table")                                          \
	DROP(FRAG_TOO_BIG, "a first fragment too large to be held back until its checksum is known")          \
	DROP(FRAG_BAD, "a fragment of an impossible offset or length, or one that overlaps")                  \
	DROP(FRAG_TIMEOUT, "a first fragment whose datagram was not complete within two seconds")             \
	DROP(FRAG_TINY, "a first fragment that ends before the L4 header")

enum drop_reason {
#define DROP(name, text) R_##name,
	DROP_REASONS
#undef DROP
	R_COUNT,
};
