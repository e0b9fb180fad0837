/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What every BPF file needs of the kernel: helpers, and the few constants that the headers of the oldest
 * supported build machine (Debian 12, Linux 6.1) do not have yet. Each names the kernel that brought it. */
#pragma once
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define FIB_LOOKUP_DIRECT (1U << 0)  /* BPF_FIB_LOOKUP_DIRECT: the table named, no rules */
#define FIB_LOOKUP_TBID   (1U << 3)  /* BPF_FIB_LOOKUP_TBID, Linux 6.5: the table's number is in params.tbid */

#define AF_INET  2
#define AF_INET6 10

#define TC_ACT_OK   0
#define TC_ACT_SHOT 2

/* A documentation sentence that the generator copies into TypeScript, metrics and the reference. */
#define DOC(text) __attribute__((btf_decl_tag("doc:" text)))

#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef likely
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

/* barrier_var(v), of libbpf: the compiler forgets what it knows of a value, so that the check which the verifier
 * needs is kept. */
#ifndef barrier_var
#define barrier_var(v) asm volatile("" : "+r"(v))
#endif
/* A global function must touch each of its arguments: clang leaves garbage in the register of an unused one. */
#define use_args(...) USE_ARGS_N(__VA_ARGS__, USE4, USE3, USE2, USE1)(__VA_ARGS__)
#define USE_ARGS_N(a, b, c, d, n, ...) n
#define USE1(a)          asm volatile("" ::"r"(a))
#define USE2(a, b)       asm volatile("" ::"r"(a), "r"(b))
#define USE3(a, b, c)    asm volatile("" ::"r"(a), "r"(b), "r"(c))
#define USE4(a, b, c, d) asm volatile("" ::"r"(a), "r"(b), "r"(c), "r"(d))
