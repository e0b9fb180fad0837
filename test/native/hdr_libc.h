/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#pragma once

/* What the C library's headers say about a number, a length or an offset that lib/hdr.h names; -1: no such name. */
long libc_value(const char *name);
