/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Protocol headers as they lie on the wire. Own definitions: bit-fields of the kernel's headers depend on the
 * byte order and their names on the build machine. Plain C, also built natively. */
#pragma once
#include <linux/types.h>

/* An ethertype and an L4 protocol are different things; so are their C types (`__be16`, `__u8`). */
#define ETH_IP4  0x0800
#define ETH_ARP  0x0806
#define ETH_VLAN 0x8100
#define ETH_IP6  0x86dd
#define ETH_LEN  14
#define VLAN_LEN 4

#define P_ICMP   1
#define P_TCP    6
#define P_UDP    17
#define P_ICMP6  58

/* IPv6 extension headers, RFC 8200 section 4. */
#define EXT_HOP  0
#define EXT_RT   43
#define EXT_FRAG 44
#define EXT_AH   51
#define EXT_NONE 59
#define EXT_DST  60

#define P_IP4    4  /* IPv4 in IP */
#define P_IP6    41 /* IPv6 in IP */
#define P_ETH    143
#define RT_SRH   4  /* routing type of a segment routing header, RFC 8754 section 2 */

#define IP4_LEN  20
#define IP6_LEN  40
#define FRAG_LEN 8
#define IP6_MIN_MTU 1280 /* RFC 8200 section 5: what every IPv6 link carries */
#define TCP_LEN  20
#define UDP_LEN  8
#define ICMP_LEN 8

#define IP4_DF     0x4000
#define IP4_MF     0x2000
#define IP4_OFFSET 0x1fff /* in units of 8 bytes */

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct eth_hdr {
	__u8   dst[6], src[6];
	__be16 type;
} __attribute__((packed));

struct vlan_hdr {
	__be16 tci, type;
};

struct arp_hdr { /* RFC 826 for Ethernet and IPv4 */
	__be16 htype, ptype;
	__u8   hlen, plen;
	__be16 op;
	__u8   sha[6];
	__be32 spa;
	__u8   tha[6];
	__be32 tpa;
} __attribute__((packed));

struct ip4_hdr {
	__u8   ver_ihl, tos;
	__be16 len, id, frag;
	__u8   ttl, proto;
	__sum16 check;
	__be32 src, dst;
};

struct ip6_hdr {
	__be32 ver_tc_flow;
	__be16 len;
	__u8   next, hop;
	__be32 src[4], dst[4];
};

struct frag_hdr {
	__u8   next, zero;
	__be16 off; /* offset in its upper 13 bits, M in the lowest */
	__be32 id;
};

struct tcp_hdr {
	__be16 sport, dport;
	__be32 seq, ack;
	__u8   off, flags;
	__be16 window;
	__sum16 check;
	__be16 urgent;
};

struct udp_hdr {
	__be16 sport, dport, len;
	__sum16 check;
};

struct srh { /* RFC 8754 section 2; the segment list follows, last segment first */
	__u8   next, len; /* len: in units of 8 bytes, without the first 8 */
	__u8   type, left, last, flags;
	__be16 tag;
};
#define SRH_LEN 8

struct vxlan_hdr { /* RFC 7348 section 5 */
	__be32 flags; /* I bit: the VNI is valid */
	__be32 vni;   /* in its upper 24 bits */
};
#define VXLAN_LEN 8
#define VXLAN_I   0x08000000

struct icmp_hdr { /* RFC 792, RFC 4443: the first eight bytes of both */
	__u8   type, code;
	__sum16 check;
	__be16 id, seq; /* or a pointer, or unused and an MTU */
};

#define ICMP4_ECHO_REPLY 0
#define ICMP4_UNREACH    3
#define ICMP4_ECHO       8
#define ICMP4_TIME       11
#define ICMP4_PARAM      12
#define ICMP6_UNREACH    1
#define ICMP6_TOO_BIG    2
#define ICMP6_TIME       3
#define ICMP6_PARAM      4
#define ICMP6_ECHO       128
#define ICMP6_ECHO_REPLY 129
#define ICMP6_NS         135
#define ICMP6_NA         136
