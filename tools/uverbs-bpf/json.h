/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON on standard output, member by member. What is opened must be closed;
 * commas, indentation and quoting are done here.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>

/* In each, @name is the member's name, NULL inside an array and at the top. */
void json_object(const char *name);
void json_object_end(void);
void json_array(const char *name);
void json_array_end(void);
void json_string(const char *name, const char *value);
void json_number(const char *name, unsigned long long value);
void json_signed(const char *name, long long value);
void json_bool(const char *name, bool value);
void json_null(const char *name);

#endif /* JSON_H */
