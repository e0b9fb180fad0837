/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the native tests share: counted checks, and pseudo-random numbers that a seed repeats. */
#pragma once
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

/* Counts one check; a failed one is told, with the place and the sentence. The process ends after the twentieth. */
void tally(bool ok, const char *file, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));
#define CHECK(ok, ...) tally((ok), __FILE__, __LINE__, __VA_ARGS__)

/* Starts the numbers anew. */
void random_seed(uint64_t seed);
/* The next number (xorshift64*, Vigna 2016). */
uint64_t random64(void);
/* A number in [low, high]. */
uint32_t random_in(uint32_t low, uint32_t high);
/* Edges are where sums go wrong: every second number is one of 0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff. */
uint16_t random16_edgy(void);

void test_csum_sums(void);
void test_csum_deltas(void);
void test_rfc6052(void);
void test_icmp_4to6(void);
void test_icmp_6to4(void);
void test_hdr(void);
void test_ecn(void);
