// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "command.h"
#include "say.h"

/* Warnings of libbpf, the verifier's log among them, kept until something fails. */
static char *libbpf_said;
static size_t libbpf_said_len;

static int libbpf_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *line, *more;
	int len;

	if (verbose)
		return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, fmt, args);
	if (level != LIBBPF_WARN)
		return 0;
	len = vasprintf(&line, fmt, args);
	if (len < 0)
		return 0;
	more = realloc(libbpf_said, libbpf_said_len + len + 1);
	if (more) {
		libbpf_said = more;
		memcpy(libbpf_said + libbpf_said_len, line, len + 1);
		libbpf_said_len += len;
	}
	free(line);
	return 0;
}

void libbpf_listen(void)
{
	libbpf_set_print(libbpf_print);
}

void libbpf_show(void)
{
	if (libbpf_said)
		fputs(libbpf_said, stderr);
}

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void kmsg_show(int fd)
{
	char record[8192], *text, *end;
	ssize_t n;

	while (fd >= 0 && ((n = read(fd, record, sizeof(record) - 1)) > 0 ||
			   (n < 0 && errno == EPIPE))) {
		/* EPIPE: records were overwritten before we read them, go on. */
		if (n < 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text || !strstr(text, "uverbs_bpf"))
			continue;
		end = strchr(text, '\n');
		if (end)
			*end = '\0';
		fprintf(stderr, "  kernel: %s\n", text + 1);
	}
}

void kmsg_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

const char *reason(int err)
{
	static char text[128];

	libbpf_strerror(err, text, sizeof(text));
	return text;
}

const char *hint(int err)
{
	switch (-err) {
	case EPERM:
		return "; this takes CAP_BPF and CAP_PERFMON (run as root)";
	case EEXIST:
		return "; what is there already: uverbs-bpf status. A program of the same name is replaced by: replace";
	default:
		return "";
	}
}
