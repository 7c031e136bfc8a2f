/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel logs about a program. */
#ifndef UVB_TESTS_KMSG_H
#define UVB_TESTS_KMSG_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From here on. */
static inline int kmsg_open(void)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0) {
		perror("/dev/kmsg");
		exit(1);
	}
	return kmsg;
}

/* Whether a line of the module since @kmsg was last read has @first, and @second if not NULL. */
static inline bool kmsg_has(int kmsg, const char *first, const char *second)
{
	char record[8192];
	bool found = false;
	ssize_t n;

	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		found |= strstr(record, "uverbs_bpf: ") && strstr(record, first) &&
			 (!second || strstr(record, second));
	}
	return found;
}

#endif /* UVB_TESTS_KMSG_H */
