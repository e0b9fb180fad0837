// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* lib/rfc6052.h against the tables of RFC 6052 section 2.4, which the C library reads, and against the algorithm of
 * section 2.3, done here on single bits. */
#include "check.h"
#include "lib/rfc6052.h"
#include <arpa/inet.h>
#include <string.h>

#define ROUNDS 150000

static const uint32_t lengths[] = { 32, 40, 48, 56, 64, 96 };

/* Tables 1 and 2. */
static const struct {
	const char *prefix;
	uint32_t len;
	const char *ip4, *ip6;
} examples[] = {
	{ "2001:db8::", 32, "192.0.2.33", "2001:db8:c000:221::" },
	{ "2001:db8:100::", 40, "192.0.2.33", "2001:db8:1c0:2:21::" },
	{ "2001:db8:122::", 48, "192.0.2.33", "2001:db8:122:c000:2:2100::" },
	{ "2001:db8:122:300::", 56, "192.0.2.33", "2001:db8:122:3c0:0:221::" },
	{ "2001:db8:122:344::", 64, "192.0.2.33", "2001:db8:122:344:c0:2:2100::" },
	{ "2001:db8:122:344::", 96, "192.0.2.33", "2001:db8:122:344::192.0.2.33" },
	{ "64:ff9b::", 96, "192.0.2.33", "64:ff9b::192.0.2.33" },
};

union ip6 {
	uint8_t bytes[16];
	__be32 words[4];
};

static void from_table(void)
{
	for (unsigned int i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		union ip6 prefix, want, got;
		__be32 addr;

		CHECK(inet_pton(AF_INET6, examples[i].prefix, prefix.bytes) == 1, "%s", examples[i].prefix);
		CHECK(inet_pton(AF_INET6, examples[i].ip6, want.bytes) == 1, "%s", examples[i].ip6);
		CHECK(inet_pton(AF_INET, examples[i].ip4, &addr) == 1, "%s", examples[i].ip4);
		memset(&got, 0xa5, sizeof(got));
		rfc6052_embed(got.words, prefix.words, examples[i].len, addr);
		CHECK(!memcmp(&got, &want, 16), "%s/%u", examples[i].prefix, examples[i].len);
		CHECK(rfc6052_extract(want.words, examples[i].len) == addr, "%s", examples[i].ip6);
	}
}

static bool bit_of(const uint8_t *bytes, unsigned int i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

static void bit_set(uint8_t *bytes, unsigned int i, bool on)
{
	if (on)
		bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

/* Section 2.3: prefix, address, suffix; then the null octet goes in at bit 64, and the last octet falls out. */
static void embed_by_bits(uint8_t out[16], const uint8_t prefix[16], uint32_t len, const uint8_t addr[4])
{
	uint8_t joined[17] = { 0 };

	memset(out, 0, 16);
	for (unsigned int i = 0; i < len; i++)
		bit_set(joined, i, bit_of(prefix, i));
	for (unsigned int i = 0; i < 32; i++)
		bit_set(joined, len + i, bit_of(addr, i));
	for (unsigned int i = 0; i < 128; i++) {
		if (len == 96)
			bit_set(out, i, bit_of(joined, i));
		else if (i < 64 || i >= 72)
			bit_set(out, i, bit_of(joined, i < 64 ? i : i - 8));
	}
}

/* Section 2.3: without the null octet, the 32 bits behind the prefix. */
static void extract_by_bits(uint8_t addr[4], const uint8_t in[16], uint32_t len)
{
	memset(addr, 0, 4);
	for (unsigned int i = 0; i < 32; i++) {
		unsigned int at = len + i;

		bit_set(addr, i, bit_of(in, len == 96 || at < 64 ? at : at + 8));
	}
}

static void by_bits(uint32_t len)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		union ip6 prefix, want, got;
		uint8_t addr[4], back[4];
		__be32 word, out;

		for (unsigned int i = 0; i < 16; i++)
			prefix.bytes[i] = i < len / 8 ? (uint8_t)(random64() >> 32) : 0;
		if (len == 96)
			prefix.bytes[8] = 0; /* section 2.2: the operator's duty */
		word = round == 0 ? 0 : round == 1 ? ~0u : (__be32)(random64() >> 32);
		memcpy(addr, &word, 4);
		embed_by_bits(want.bytes, prefix.bytes, len, addr);
		memset(&got, 0xa5, sizeof(got));
		rfc6052_embed(got.words, prefix.words, len, word);
		CHECK(!memcmp(&got, &want, 16), "embedding of %08x, /%u", ntohl(word), len);
		CHECK(rfc6052_extract(got.words, len) == word, "round trip of %08x, /%u", ntohl(word), len);
		CHECK(got.bytes[8] == 0, "octet 8 is not zero, /%u", len);
		/* Whatever stands in suffix and octet 8 is ignored. */
		for (unsigned int i = 0; i < 16; i++)
			got.bytes[i] = (uint8_t)(random64() >> 32);
		extract_by_bits(back, got.bytes, len);
		out = rfc6052_extract(got.words, len);
		CHECK(!memcmp(&out, back, 4), "extraction from random bits, /%u", len);
	}
}

void test_rfc6052(void)
{
	from_table();
	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		by_bits(lengths[i]);
}
