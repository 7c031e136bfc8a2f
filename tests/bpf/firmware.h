/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the provider "firmware" (firmware.bpf.c) offers, all numbered from 0.
 */
#ifndef UVB_TESTS_FIRMWARE_H
#define UVB_TESTS_FIRMWARE_H

#include <linux/types.h>

#define FIRMWARE_OBJECT		0

/* Methods of the object. All but the last go through the driver. */
#define FIRMWARE_MAKE		0
#define FIRMWARE_ADD		1
#define FIRMWARE_READ		2
#define FIRMWARE_DESTROY	3

/* Attributes. */
#define FIRMWARE_VALUE		0	/* in u64 */
#define FIRMWARE_HOW		1	/* in u32, what is to go wrong, optional */
#define FIRMWARE_RESULT		2	/* out struct firmware_result, optional */

enum firmware_how {
	FIRMWARE_RIGHT,
	FIRMWARE_NOT_PREPARED,	/* prepare() refuses */
	FIRMWARE_LONG,		/* prepare() says it wrote more than there is room for */
	FIRMWARE_REFUSED,	/* complete() refuses */
	FIRMWARE_GARBAGE,	/* complete() returns garbage */
	FIRMWARE_STRAY,		/* of READ: the driver makes an object nobody asked for */
};

/* @changes: how often its value was added to */
struct firmware_result {
	__u64 number;
	__u64 value;
	__u64 changes;
};

#endif /* UVB_TESTS_FIRMWARE_H */
