/* SPDX-License-Identifier: BSD-2-Clause */
/* A dma-buf to register. */
#ifndef UVB_TESTS_DMABUF_H
#define UVB_TESTS_DMABUF_H

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/udmabuf.h>

/* A dma-buf of @size bytes, whole pages of a file in memory, or -1. */
static inline int make_dmabuf(size_t size)
{
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int file = memfd_create("pages", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	struct udmabuf_create create = { .memfd = file, .size = size };
	int buf;

	if (device < 0 || ftruncate(file, size) || fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK))
		return -1;
	buf = ioctl(device, UDMABUF_CREATE, &create);
	close(device);
	close(file);
	return buf;
}

#endif /* UVB_TESTS_DMABUF_H */
