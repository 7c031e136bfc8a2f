/* SPDX-License-Identifier: BSD-2-Clause */
/* A dma-buf, and the call that registers it. */
#ifndef UVB_TESTS_DMABUF_H
#define UVB_TESTS_DMABUF_H

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/udmabuf.h>

#include "raw.h"

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

/* A page of it, or of what else @fd is; @keys: lkey and rkey. The first attribute is the MR. */
static inline void reg_dmabuf_begin(struct cmd *cmd, uint32_t pd, int fd, uint64_t offset,
				    uint64_t iova, uint32_t *keys)
{
	cmd_begin(cmd, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR);
	cmd_handle(cmd, UVERBS_ATTR_REG_DMABUF_MR_HANDLE, 0);
	cmd_handle(cmd, UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, pd);
	cmd_u64(cmd, UVERBS_ATTR_REG_DMABUF_MR_OFFSET, offset);
	cmd_u64(cmd, UVERBS_ATTR_REG_DMABUF_MR_LENGTH, 4096);
	cmd_u64(cmd, UVERBS_ATTR_REG_DMABUF_MR_IOVA, iova);
	cmd_u32(cmd, UVERBS_ATTR_REG_DMABUF_MR_FD, fd);
	cmd_out(cmd, UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, &keys[0], sizeof(keys[0]));
	cmd_out(cmd, UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, &keys[1], sizeof(keys[1]));
}

#endif /* UVB_TESTS_DMABUF_H */
