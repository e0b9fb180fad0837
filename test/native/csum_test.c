// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* lib/csum.h against sums made the way RFC 1071 section 1 describes them, octet by octet. */
#include "check.h"
#include "lib/csum.h"
#include <arpa/inet.h>
#include <string.h>

#define WORDS   256
#define ROUNDS  200000
#define CHANGES 4000000
#define LONGEST 40 /* 16-bit words of a message that is changed */

/* RFC 1071 section 1: [A,B] +' [C,D] +' ..., the odd last octet as [Z,0]; +' is an addition with end-around carry. */
static uint16_t naive_sum(const uint8_t *bytes, unsigned int n)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < n; i += 2) {
		sum += bytes[i] * 256u + (i + 1 < n ? bytes[i + 1] : 0u);
		if (sum > 0xffff)
			sum = sum - 0x10000 + 1;
	}
	return (uint16_t)sum;
}

/* Sums of csum.h are of words as they lie in memory. */
static uint16_t naive_in_memory(const void *bytes, unsigned int n)
{
	return htons(naive_sum(bytes, n));
}

/* One's complement arithmetic is arithmetic modulo 65535, where only nothing but zeros gives +0. */
static uint16_t modulo(uint64_t sum)
{
	return sum ? (uint16_t)((sum - 1) % 65535 + 1) : 0;
}

static bool all_zero(const uint16_t *w, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (w[i])
			return false;
	return true;
}

static void published_examples(void)
{
	/* RFC 1071 section 3. */
	static const union {
		uint8_t bytes[8];
		__be32 words[2];
	} rfc1071 = { .bytes = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 } };
	/* A UDP packet of 115 bytes from 192.168.0.1 to 192.168.0.199. */
	static const union {
		uint8_t bytes[20];
		__be32 words[5];
	} ip4 = { .bytes = { 0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0,
			     0xc7 } };
	uint16_t sum = csum_fold64(csum_words(rfc1071.words, 2));
	/* RFC 1624 section 4: m = 0x5555 becomes 0x3285. */
	uint16_t check = csum_apply(0xdd2f, csum_delta(0x5555, 0x3285));

	CHECK(sum == htons(0xddf2), "RFC 1071 section 3: %04x", ntohs(sum));
	CHECK(check == 0x0000, "RFC 1624 section 4: %04x", check);
	CHECK(csum_ip4(ip4.words) == 0, "IPv4 header: %04x", csum_ip4(ip4.words));
}

static void folds(void)
{
	static const uint64_t edges[] = { 0,	      1,		  0xfffe,	      0xffff,
					  0x10000,    0x1fffe,		  0xffff0000,	      0xffffffff,
					  1ull << 32, 0xffffffff00000000, 0x0000ffffffffffff, 0xfffffffffffffffe,
					  ~0ull,      0xffff0001fffe0001, 0x8000800080008000, 0x00010001ffffffff };

	for (unsigned int i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		CHECK(csum_fold64(edges[i]) == modulo(edges[i]), "fold of %" PRIx64, edges[i]);
	for (unsigned int i = 0; i < CHANGES; i++) {
		uint64_t v = random64() >> random_in(0, 63);

		CHECK(csum_fold64(v) == modulo(v), "fold of %" PRIx64 ": %04x", v, csum_fold64(v));
	}
}

/* Any length, odd ones padded with zeros; all ones, and nothing but zeros, now and then. */
static void messages(void)
{
	union {
		uint8_t bytes[WORDS * 4];
		__be32 words[WORDS];
	} m;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int n = random_in(0, round % 8 ? 64 : sizeof(m.bytes)), kind = random_in(0, 9);
		uint16_t sum;

		memset(m.bytes, 0, sizeof(m.bytes));
		for (unsigned int i = 0; i < n && kind; i++)
			m.bytes[i] = kind == 1 ? 0xff : (uint8_t)(random64() >> 40);
		sum = csum_fold64(csum_words(m.words, (int)(n + 3) / 4));
		CHECK(sum == naive_in_memory(m.bytes, n), "sum of %u bytes: %04x", n, sum);
	}
}

static void ip4_headers(void)
{
	union {
		uint8_t bytes[20];
		uint16_t half[10];
		__be32 words[5];
	} h;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int bit = random_in(0, 159);

		for (unsigned int i = 0; i < 10; i++)
			h.half[i] = random16_edgy();
		h.bytes[0] = 0x45; /* so that no sum is +0 */
		h.half[5] = 0;
		CHECK(csum_ip4(h.words) == (uint16_t)~naive_in_memory(h.bytes, 20), "checksum of a header");
		h.half[5] = csum_ip4(h.words);
		CHECK(csum_ip4(h.words) == 0, "a right header is not seen as one");
		h.bytes[bit / 8] ^= 1 << bit % 8;
		CHECK(csum_ip4(h.words) != 0, "a flipped bit %u is not seen", bit);
	}
}

void test_csum_sums(void)
{
	published_examples();
	folds();
	messages();
	ip4_headers();
}

/* `from` + delta is `to`; +0 comes only of two zeros. */
static void delta_right(uint16_t from, uint16_t to)
{
	uint16_t delta = csum_delta(from, to);

	CHECK(((uint32_t)from + delta) % 65535 == to % 65535, "delta %04x -> %04x: %04x", from, to, delta);
	CHECK((delta == 0) == (from == 0xffff && to == 0), "zero of delta %04x -> %04x: %04x", from, to, delta);
}

static void all_deltas_of_edges(void)
{
	static const uint16_t edges[] = { 0, 1, 0x00ff, 0x7fff, 0x8000, 0xff00, 0xfffe, 0xffff };

	for (unsigned int e = 0; e < sizeof(edges) / sizeof(edges[0]); e++)
		for (unsigned int v = 0; v <= 0xffff; v++) {
			uint16_t same = csum_apply((uint16_t)v, csum_delta(edges[e], edges[e]));

			delta_right(edges[e], (uint16_t)v);
			delta_right((uint16_t)v, edges[e]);
			/* Nothing changes: the checksum stays, but for -0, which no sum of a message gives. */
			CHECK(same == (v == 0xffff ? 0 : v), "unchanged %04x became %04x", v, same);
		}
}

/* Up to eight words change at once, one delta for each or one for all of them; the field must come out as if the
 * message had been summed anew. */
static void changed_messages(void)
{
	uint16_t w[LONGEST] = { 0 }, n = LONGEST;

	for (unsigned int round = 0; round < CHANGES; round++) {
		unsigned int changes = random_in(1, 8);
		uint16_t check, step, partial, sum, want, one, folded = 0, from = 0, to = 0;
		bool zero;

		if (round % 16 == 0) { /* a new message; the others change what is there */
			n = (uint16_t)random_in(1, LONGEST);
			for (unsigned int i = 0; i < n; i++)
				w[i] = round % 64 ? random16_edgy() : 0;
		}
		partial = naive_in_memory(w, n * 2u);
		check = step = (uint16_t)~partial;
		for (unsigned int c = 0; c < changes; c++) {
			unsigned int i = random_in(0, n - 1u);
			uint16_t value = random16_edgy(), delta = csum_delta(w[i], value);

			step = csum_apply(step, delta);
			partial = csum_apply_partial(partial, delta);
			folded = csum_fold64((uint64_t)folded + delta);
			from = csum_fold64((uint64_t)from + w[i]);
			to = csum_fold64((uint64_t)to + value);
			w[i] = value;
		}
		sum = naive_in_memory(w, n * 2u);
		want = (uint16_t)~sum;
		/* Of nothing but zeros the sum is +0; increments can only say -0 (RFC 1624 section 3). */
		zero = all_zero(w, n);
		CHECK(step == want || (zero && !step), "step by step: %04x for %04x", step, want);
		one = csum_apply(check, folded);
		CHECK(one == want || (zero && !one), "folded deltas: %04x for %04x", one, want);
		one = csum_apply(check, csum_delta(from, to));
		CHECK(one == want || (zero && !one), "delta of the sums: %04x for %04x", one, want);
		CHECK(partial == sum || (zero && partial == 0xffff), "partial: %04x for %04x", partial, sum);
	}
}

void test_csum_deltas(void)
{
	all_deltas_of_edges();
	for (unsigned int i = 0; i < CHANGES; i++)
		delta_right(random16_edgy(), random16_edgy());
	changed_messages();
}
