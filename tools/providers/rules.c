// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "rules.h"

#define PINS	"/sys/fs/bpf"

static const char *file_read;
static unsigned int line_read;

void set_place(const char *file, unsigned int line)
{
	file_read = file;
	line_read = line;
}

static void complain(const char *fmt, va_list args)
{
	fprintf(stderr, "%s: ", program_invocation_short_name);
	if (file_read)
		fprintf(stderr, "%s:%u: ", file_read, line_read);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(fmt, args);
	va_end(args);
	exit(1);
}

void bad_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(fmt, args);
	va_end(args);
	exit(2);
}

static bool map_is(int fd, const char *name, size_t key_size, size_t value_size)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(info.name, name) &&
	       info.key_size == key_size && info.value_size == value_size;
}

int rules_map(const char *provider, const char *name, size_t key_size, size_t value_size)
{
	char path[2][128];
	uint32_t id = 0;
	unsigned int i;
	int fd;

	snprintf(path[0], sizeof(path[0]), PINS "/uverbs-bpf/maps/%s/%s", provider, name);
	snprintf(path[1], sizeof(path[1]), PINS "/%s", name);
	for (i = 0; i < 2; i++) {
		fd = bpf_obj_get(path[i]);
		if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
			fail("%s: %s", path[i], strerror(errno));
		if (fd < 0)
			continue;
		if (!map_is(fd, name, key_size, value_size))
			fail("%s is not a map of this version of provider %s", path[i], provider);
		return fd;
	}
	while (!bpf_map_get_next_id(id, &id)) {
		fd = bpf_map_get_fd_by_id(id);
		if (fd >= 0 && map_is(fd, name, key_size, value_size))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	fail("there is no map %s, nor " PINS "/%s; attach provider %s first", name, name, provider);
}

void parse_prefix(const char *text, uint8_t gid[16], uint32_t *bits)
{
	static const uint8_t v4mapped[12] = { [10] = 0xff, [11] = 0xff };
	char address[64];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint32_t most = 128;
	unsigned int i;

	if (len >= sizeof(address))
		bad_usage("%s: no address", text);
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, gid + 12) == 1) {
		memcpy(gid, v4mapped, sizeof(v4mapped));
		most = 32;
	} else if (inet_pton(AF_INET6, address, gid) != 1) {
		bad_usage("%s: wants an IPv4 or IPv6 address or a GID, and /BITS for a prefix", text);
	}
	*bits = slash ? parse_number("prefix", slash + 1, false, 0, most) : most;
	*bits += 128 - most;
	for (i = *bits; i < 128; i++)
		gid[i / 8] &= ~(0x80 >> i % 8);
}

char *print_prefix(char *to, size_t size, const uint8_t gid[16], uint32_t bits)
{
	static const uint8_t v4mapped[12] = { [10] = 0xff, [11] = 0xff };
	char address[INET6_ADDRSTRLEN];

	if (bits >= 96 && !memcmp(gid, v4mapped, sizeof(v4mapped)))
		snprintf(to, size, "%s/%u", inet_ntop(AF_INET, gid + 12, address, sizeof(address)),
			 bits - 96);
	else
		snprintf(to, size, "%s/%u", inet_ntop(AF_INET6, gid, address, sizeof(address)),
			 bits);
	return to;
}

uint64_t parse_number(const char *what, const char *text, bool units, uint64_t min, uint64_t max)
{
	static const char unit[] = "KMGT";
	unsigned long long value;
	const char *at;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (end == text || errno || *text == '-')
		bad_usage("%s: %s is no number", what, text);
	if (units && *end && (at = strchr(unit, *end))) {
		unsigned int shift = 10 * (at - unit + 1);

		if (value > UINT64_MAX >> shift)
			bad_usage("%s: %s is too much", what, text);
		value <<= shift;
		end++;
	}
	if (*end)
		bad_usage("%s: %s is no number", what, text);
	if (value < min)
		bad_usage("%s: %s is less than %llu", what, text, (unsigned long long)min);
	if (value > max)
		bad_usage("%s: %s is more than %llu", what, text, (unsigned long long)max);
	return value;
}

const char *value_of(const char *argument, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(argument, name, len) && argument[len] == '=' ? argument + len + 1 : NULL;
}
