// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* lib/icmp_map.h, ICMPv6 -> ICMP, against RFC 7915 section 5.2 as data. What no row names is dropped. */
#include "check.h"
#include "lib/icmp_map.h"
#include <stddef.h>

#define ROUNDS 300000
#define SAME   (-1)
#define ANY    (-2) /* RFC 4443 section 3.2: the code of Packet Too Big is ignored */

enum info { ZERO, MTU, POINTER };

struct row {
	int type, code, to_type, to_code;
	enum info info;
};

static const struct row rows[] = {
	{ 1, 0, 3, 1, ZERO },
	{ 1, 1, 3, 10, ZERO },
	{ 1, 2, 3, 1, ZERO },
	{ 1, 3, 3, 1, ZERO },
	{ 1, 4, 3, 3, ZERO },
	{ 2, ANY, 3, 4, MTU },
	{ 3, SAME, 11, SAME, ZERO },
	{ 4, 0, 12, 0, POINTER },
	{ 4, 1, 3, 2, ZERO },
};

/* Figure 6. */
static const struct {
	uint32_t first, last, to;
} pointers[] = {
	{ 0, 0, 0 }, { 1, 1, 1 }, { 4, 5, 2 }, { 6, 6, 9 }, { 7, 7, 8 }, { 8, 23, 12 }, { 24, 39, 16 },
};

static int pointer_of(uint32_t octet)
{
	for (unsigned int i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		if (octet >= pointers[i].first && octet <= pointers[i].last)
			return (int)pointers[i].to;
	return -1;
}

/* minimum(MTU - 20, MTU_of_IPv4_nexthop, MTU_of_IPv6_nexthop - 20), "taking into account whether or not the packet in
 * error includes a Fragment Header": then 28 bytes come off what is said of IPv6. The field has 16 bits, and no MTU is
 * below zero. */
static int64_t mtu_of(uint32_t told, bool fragment, uint32_t mtu4, uint32_t mtu6)
{
	int64_t less = fragment ? 28 : 20, mtu = told - less;

	if (mtu4 && mtu > mtu4)
		mtu = mtu4;
	if (mtu6 && mtu > mtu6 - less)
		mtu = mtu6 - less;
	/* RFC 791 section 3.2: every link carries 68 bytes; 0 would say that the router knows no MTU (RFC 1191). */
	return mtu < 68 ? 68 : mtu > 65535 ? 65535 : mtu;
}

static const struct row *row_of(int type, int code)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type && (rows[i].code < 0 || rows[i].code == code))
			return &rows[i];
	return NULL;
}

/* One message, whose second word is `word`. */
static void one(int type, int code, uint32_t word, bool fragment, uint32_t mtu4, uint32_t mtu6)
{
	struct icmp_error_form got = { 0xee, 0xee, 0xeeeeeeee };
	const struct row *row = row_of(type, code);
	int rc = icmp_error_6to4(&got, (uint8_t)type, (uint8_t)code, word, fragment, mtu4, mtu6);
	int64_t info = 0;

	if (row && row->info == POINTER)
		info = pointer_of(word); /* 32 bits in ICMPv6, the first octet of the word in ICMP */
	else if (row && row->info == MTU)
		info = mtu_of(word, fragment, mtu4, mtu6);
	if (!row || info < 0) {
		CHECK(rc == ICMP_SILENT, "%d/%d %08x is not dropped", type, code, word);
		return;
	}
	if (row->info == POINTER)
		info <<= 24;
	CHECK(rc == 0 && got.type == row->to_type && got.code == (row->to_code == SAME ? code : row->to_code) &&
		      got.info == info,
	      "%d/%d %08x, fragment %d, mtu %u %u: %d %u/%u %u, wanted %d/%d %" PRId64, type, code, word, fragment,
	      mtu4, mtu6, rc, got.type, got.code, got.info, row->to_type, row->to_code, info);
}

void test_icmp_6to4(void)
{
	for (int type = 0; type < 256; type++)
		for (int code = 0; code < 256; code++) {
			one(type, code, 0, false, 1500, 1500);
			one(type, code, 0xffffffff, false, 1500, 1500);
			one(type, code, random_in(0, 48), true, 1500, 1500);
			one(type, code, (uint32_t)random64(), false, 1500, 1500);
		}
	for (uint32_t pointer = 0; pointer < 1024; pointer++) {
		CHECK(pointer_6to4(pointer) == pointer_of(pointer), "pointer %u", pointer);
		CHECK(pointer_6to4(pointer << 8 | 0x80000000) == -1, "pointer %u, shifted", pointer);
		one(4, 0, pointer, false, 1500, 1500);
	}
	for (uint32_t v = 0; v <= 70000; v++) {
		one(2, 0, v, false, 0, 0);
		one(2, 0, v, true, 0, 0);
		one(2, 0, v, v & 1, 1500, 9000);
		one(2, 0, v, v & 1, 9000, 1500);
	}
	for (unsigned int i = 0; i < ROUNDS; i++)
		one(2, (int)random_in(0, 255), random_in(0, 3) ? random_in(0, 10000) : (uint32_t)random64(),
		    random_in(0, 1), random_in(0, 3) ? random_in(68, 9216) : 0,
		    random_in(0, 3) ? random_in(1280, 9216) : 0);
}
