/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of single programs, compiled natively, share. */
#ifndef UVB_NATIVE_H
#define UVB_NATIVE_H

#include <stdio.h>
#include <string.h>

static int failures;

/* The callback returned this, with these words; @words NULL: it did not refuse. */
static inline void expect(const char *what, int ret, int err, const char *text, const char *words)
{
	int ok = ret == err && (!words || !strcmp(text, words));

	printf("%s: %s: %d %s\n", ok ? "ok" : "NOT ok", what, ret, text);
	failures += !ok;
}

static inline void check(const char *what, int ok)
{
	printf("%s: %s\n", ok ? "ok" : "NOT ok", what);
	failures += !ok;
}

#endif /* UVB_NATIVE_H */
