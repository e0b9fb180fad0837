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
	DROP(POOL_EXHAUSTED, "every port of the pool's addresses is in use")                                    \
	DROP(NAT64_PROTO, "a protocol that NAT64 does not translate (RFC 6146 section 3.5)")                  \
	DROP(BAD_SOURCE, "the source is a pool address or not unicast: a loop or a forgery (RFC 6146 3.5)")      \
	DROP(NAT64_BAD_DEST, "pool6 embeds an IPv4 address that is not unicast (RFC 6052 section 3.1)")       \
	DROP(EXT_HEADER, "an IPv6 extension header that cannot be translated (RFC 7915 section 5.1)")   \
	DROP(SOURCE_ROUTE, "a source route that has not expired (RFC 7915 sections 4.1, 5.1)")                \
	DROP(ICMP_UNTRANSLATABLE, "an ICMP type or code that has no counterpart (RFC 7915 sections 4.2, 5.2)") \
	DROP(ICMP_BAD_CHECKSUM, "an ICMP error whose own checksum is wrong (RFC 7915 section 4.3)")           \
	DROP(ICMP_BAD_INNER, "an ICMP error whose quoted packet cannot be read")                              \
	DROP(ICMP_NO_SESSION, "an ICMP error about a packet of no known session")                             \
	DROP(FRAG_NO_FIRST, "a later fragment whose first fragment was not seen before it")                   \
	DROP(FRAG_TABLE_FULL, "no free place in the fragment table")                                          \
	DROP(FRAG_TOO_BIG, "a first fragment too large to be held back until its checksum is known")          \
	DROP(FRAG_BAD, "a fragment of an impossible offset or length, or one that overlaps")                  \
	DROP(FRAG_TIMEOUT, "a first fragment whose datagram was not complete within two seconds")             \
	DROP(FRAG_TINY, "a first fragment that ends before the L4 header")                                    \
	DROP(REWRITTEN_LOCAL, "out of a tunnel or off a segment list, for an address of this box or a tenant's")       \
	DROP(NO_RETURN_PATH, "to a pod whose node is not known (yet), or that is not in its slot any more")            \
	DROP(TOO_MANY_PASSES, "a packet that would be processed here more than four times: a loop of SIDs")           \
	DROP(SRV6_EDGE_FILTER, "from outside the SR domain to a SID or an address of the domain (RFC 8754 5.1)")       \
	DROP(SRV6_EDGE_SOURCE, "to a SID, from a source that is not in the SR domain (RFC 8754 section 5.1)")         \
	DROP(SRV6_NO_SID, "to a locator of this node, but no SID of it")                                      \
	DROP(SRV6_SEGMENTS_LEFT, "a segment list that contradicts itself, or segments left where none may be (RFC 8986 4)") \
	DROP(SRV6_UPPER_LAYER, "behind the last segment stands what its behaviour does not take (RFC 8986 4.1.1)")    \
	DROP(ECN_MISMATCH, "congestion marked on the outer header of a packet that does not know ECN (RFC 6040 4.2)") \
	DROP(EGRESS_NO_POLICY, "no egress policy for this source and destination, on a side that needs one")          \
	DROP(EGRESS_PROTO, "a protocol that egress NAT does not translate")                                   \
	DROP(EGRESS_NO_ADDRESS, "the policy's pool has no address of the packet's family")                    \
	DROP(VXLAN_BAD_HEADER, "to a slot, but no VXLAN packet with a whole inner IP packet (RFC 7348)")               \
	DROP(VXLAN_OUTER_SOURCE, "to a slot, from an outer source that is none of its nodes")                 \
	DROP(VXLAN_INNER_LOCAL, "out of a slot, for the gateway itself or for a destination of the slot")

enum drop_reason {
#define DROP(name, text) R_##name,
	DROP_REASONS
#undef DROP
	R_COUNT,
};
