/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling a device of tests/drivers/fake what to do. */
#ifndef UVB_TESTS_FAKE_H
#define UVB_TESTS_FAKE_H

#include "raw.h"

/* Write a line to @control, the device's control file. */
__attribute__((format(printf, 2, 3)))
static inline void fake_tell(const char *control, const char *fmt, ...)
{
	char line[128];
	va_list args;
	int fd, len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	fd = open(control, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, line, len) != len)
		die("%s: %s: %s", control, line, errno_name(errno));
	close(fd);
}

#endif /* UVB_TESTS_FAKE_H */
