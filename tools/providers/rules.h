/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands that write rules have in common. */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Print and exit with status 1, or for a wrong usage 2. */
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *fmt, ...);
__attribute__((format(printf, 1, 2), noreturn)) void bad_usage(const char *fmt, ...);
/* Messages from now on are about this line of a file. */
void set_place(const char *file, unsigned int line);

/*
 * File descriptor of a map of an attached provider, found by what `uverbs-bpf
 * provider attach` or stock libbpf pinned, and if neither did, by its name
 * among all maps. Fails if there is none, or one of another shape.
 */
int rules_map(const char *provider, const char *name, size_t key_size, size_t value_size);

/* "10.1.0.0/16", "fd00::1": a GID and how many of its bits count. */
void parse_prefix(const char *text, uint8_t gid[16], uint32_t *bits);
/* The opposite. Returns @to. */
char *print_prefix(char *to, size_t size, const uint8_t gid[16], uint32_t bits);

/* A number; with a unit K, M, G or T if @units. @what is for the message. */
uint64_t parse_number(const char *what, const char *text, bool units, uint64_t min, uint64_t max);

/* "NAME=VALUE": the value if @argument has this name, else NULL. */
const char *value_of(const char *argument, const char *name);

#endif /* RULES_H */
