// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "json.h"

static int depth;
static bool first = true;

static void quote(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < ' ')
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void newline(void)
{
	putchar('\n');
	for (int i = 0; i < depth; i++)
		putchar('\t');
}

static void member(const char *name)
{
	if (!first)
		putchar(',');
	if (depth)
		newline();
	first = false;
	if (name) {
		quote(name);
		fputs(": ", stdout);
	}
}

static void open_with(const char *name, char c)
{
	member(name);
	putchar(c);
	depth++;
	first = true;
}

static void close_with(char c)
{
	depth--;
	if (!first)
		newline();
	putchar(c);
	first = false;
	if (!depth)
		putchar('\n');
}

void json_object(const char *name)
{
	open_with(name, '{');
}

void json_object_end(void)
{
	close_with('}');
}

void json_array(const char *name)
{
	open_with(name, '[');
}

void json_array_end(void)
{
	close_with(']');
}

void json_string(const char *name, const char *value)
{
	member(name);
	quote(value);
}

void json_number(const char *name, unsigned long long value)
{
	member(name);
	printf("%llu", value);
}

void json_signed(const char *name, long long value)
{
	member(name);
	printf("%lld", value);
}

void json_bool(const char *name, bool value)
{
	member(name);
	fputs(value ? "true" : "false", stdout);
}

void json_null(const char *name)
{
	member(name);
	fputs("null", stdout);
}
