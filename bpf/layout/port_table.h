/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Port tables of the pool addresses. One map for each address, made when the address is configured: memory is paid for
 * what is used. */
#pragma once
#include "layout/session.h"

/* The port table of one pool address: allocator and outside half of the BIB in one, so that they cannot disagree.
 * A block is 64 ports; block 1024 of each protocol holds the summary (one bit a block, set = looks full). */
#define BLOCKS_A_PROTO 1025
#define SUMMARY_BLOCK  1024

struct port_block {
	__u64 used DOC("a hint: bit set = slot taken");
	__u32 bib[64] DOC("0 = free, else the BIB entry; claimed by compare-and-swap");
};

struct port_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3 * BLOCKS_A_PROTO);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct port_block)); /* not __type: clang leaves an inner map's types undescribed */
};

/* Purpose: port tables by pool number. Writer: daemon (makes and drops tables), packets and sweep (inside them). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MAX_POOL);
	__type(key, __u32);
	__array(values, struct port_table);
} sg_ports_of __weak SEC(".maps");
