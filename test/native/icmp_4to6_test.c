// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* lib/icmp_map.h, ICMP -> ICMPv6, against RFC 7915 section 4.2 as data. What no row names is dropped. */
#include "check.h"
#include "lib/icmp_map.h"
#include <stddef.h>

#define ROUNDS 300000
#define SAME   (-1) /* "The Code is unchanged." */

enum info { ZERO, MTU, POINTER, NEXT_HEADER };

struct row {
	int type, code; /* code SAME: every code */
	int to_type, to_code;
	enum info info;
};

static const struct row rows[] = {
	{ 3, 0, 1, 0, ZERO },
	{ 3, 1, 1, 0, ZERO },
	{ 3, 2, 4, 1, NEXT_HEADER },
	{ 3, 3, 1, 4, ZERO },
	{ 3, 4, 2, 0, MTU },
	{ 3, 5, 1, 0, ZERO },
	{ 3, 6, 1, 0, ZERO },
	{ 3, 7, 1, 0, ZERO },
	{ 3, 8, 1, 0, ZERO },
	{ 3, 9, 1, 1, ZERO },
	{ 3, 10, 1, 1, ZERO },
	{ 3, 11, 1, 0, ZERO },
	{ 3, 12, 1, 0, ZERO },
	{ 3, 13, 1, 1, ZERO },
	{ 3, 15, 1, 1, ZERO },
	{ 11, SAME, 3, SAME, ZERO },
	{ 12, 0, 4, 0, POINTER },
	{ 12, 2, 4, 0, POINTER },
};

/* Figure 3; an octet that it does not list, or lists as n/a, has no pointer. */
static const struct {
	unsigned int first, last, to;
} pointers[] = {
	{ 0, 0, 0 }, { 1, 1, 1 }, { 2, 3, 4 }, { 8, 8, 7 }, { 9, 9, 6 }, { 12, 15, 8 }, { 16, 19, 24 },
};

/* RFC 1191 table 7-1, upwards. */
static const unsigned int plateaus[] = { 68, 296, 508, 1006, 1492, 2002, 4352, 8166, 17914, 32000, 65535 };

static int pointer_of(unsigned int octet)
{
	for (unsigned int i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		if (octet >= pointers[i].first && octet <= pointers[i].last)
			return (int)pointers[i].to;
	return -1;
}

/* "the greatest plateau value that is less than the returned Total Length field, but that is larger than or equal to
 * 1280"; 0 if there is none. */
static int64_t likely_mtu(uint32_t total)
{
	int64_t found = 0;

	for (unsigned int i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++)
		if (plateaus[i] < total && plateaus[i] >= 1280)
			found = plateaus[i];
	return found;
}

/* maximum(1280, minimum(MTU + 20, MTU_of_IPv6_nexthop, MTU_of_IPv4_nexthop + 20)); an MTU of a next hop that is not
 * known is 0 and takes no part. */
static int64_t mtu_of(uint32_t told, uint32_t total, uint32_t mtu4, uint32_t mtu6)
{
	int64_t mtu = (told ? told : likely_mtu(total)) + 20;

	if (mtu4 && mtu > (int64_t)mtu4 + 20)
		mtu = (int64_t)mtu4 + 20;
	if (mtu6 && mtu > mtu6)
		mtu = mtu6;
	return mtu < 1280 ? 1280 : mtu;
}

static const struct row *row_of(int type, int code)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type && (rows[i].code == SAME || rows[i].code == code))
			return &rows[i];
	return NULL;
}

/* One message, whose second word is `word`; `total` is what the quoted IPv4 header says. */
static void one(int type, int code, uint32_t word, uint32_t total, uint32_t mtu4, uint32_t mtu6)
{
	struct icmp_error_form got = { 0xee, 0xee, 0xeeeeeeee };
	const struct row *row = row_of(type, code);
	int rc = icmp_error_4to6(&got, (uint8_t)type, (uint8_t)code, word, total, mtu4, mtu6);
	int64_t info = 0;

	if (row && row->info == POINTER)
		info = pointer_of(word >> 24); /* the first octet of the second word (RFC 792) */
	else if (row && row->info == MTU)
		info = mtu_of(word & 0xffff, total, mtu4, mtu6); /* its lower half (RFC 1191 section 4) */
	else if (row && row->info == NEXT_HEADER)
		info = 6; /* where IPv6 has its Next Header field */
	if (!row || info < 0) {
		CHECK(rc == ICMP_SILENT, "%d/%d %08x is not dropped", type, code, word);
		return;
	}
	CHECK(rc == 0 && got.type == row->to_type && got.code == (row->to_code == SAME ? code : row->to_code) &&
		      got.info == info,
	      "%d/%d %08x, length %u, mtu %u %u: %d %u/%u %u, wanted %d/%d %" PRId64, type, code, word, total, mtu4,
	      mtu6, rc, got.type, got.code, got.info, row->to_type, row->to_code, info);
}

void test_icmp_4to6(void)
{
	for (int type = 0; type < 256; type++)
		for (int code = 0; code < 256; code++) {
			one(type, code, 0, 1500, 1500, 1500);
			one(type, code, 0xffffffff, 1500, 1500, 1500);
			one(type, code, (uint32_t)random64(), random_in(20, 65535), 1500, 1500);
		}
	for (uint32_t pointer = 0; pointer < 256; pointer++) {
		CHECK(pointer_4to6(pointer) == pointer_of(pointer), "pointer %u", pointer);
		for (int code = 0; code < 4; code++) /* the three octets behind it are unused */
			one(12, code, pointer << 24 | random_in(0, 0xffffff), 1500, 1500, 1500);
	}
	/* Every MTU, and every length for routers that name none; the upper half of the word is none of the MTU. */
	for (uint32_t v = 0; v <= 65535; v++) {
		one(3, 4, v, 1500, 0, 0);
		one(3, 4, v | 0xabcd0000, 1500, 9000, 9000);
		one(3, 4, 0, v, 0, 0);
		one(3, 4, 0, v, 9000, 1500);
	}
	for (unsigned int i = 0; i < ROUNDS; i++)
		one(3, 4, random_in(0, 3) ? random_in(0, 65535) : 0, random_in(20, 65535),
		    random_in(0, 3) ? random_in(68, 9216) : 0, random_in(0, 3) ? random_in(1280, 9216) : 0);
}
