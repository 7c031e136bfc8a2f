/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program that drives a fake device shares with the driver: the driver's part of the
 * answers, and what a mapping holds.
 */
#ifndef UVB_FAKE_ABI_H
#define UVB_FAKE_ABI_H

#include <linux/types.h>

/* How much of the driver's part of a request the driver notes down and gives back. */
#define FAKE_ECHO	24

/**
 * struct fake_context_resp - the driver's part of the answer to GET_CONTEXT
 * @bar_offset: where to map the page of this context, as mmap() takes it
 * @bar_length: its length in bytes
 * @number: what the device numbers the context with
 */
struct fake_context_resp {
	__u64 bar_offset;
	__u32 bar_length;
	__u32 number;
};

/**
 * struct fake_resp - the driver's part of every other answer that has one
 * @number: what the device numbers the object with
 * @length: of the driver's part of the request
 * @echo: the beginning of that
 */
struct fake_resp {
	__u32 number;
	__u32 length;
	__u8 echo[FAKE_ECHO];
};

/**
 * struct fake_page - the beginning of everything that can be mapped
 * @magic: FAKE_MAGIC
 * @number: of the context or the device memory it belongs to
 */
struct fake_page {
	__u32 magic;
	__u32 number;
};

#define FAKE_MAGIC	0x656b6166

/* Device memory is mapped from this page offset on, the lowest free one first. */
#define FAKE_DM_PGOFF	0x1000

#endif /* UVB_FAKE_ABI_H */
