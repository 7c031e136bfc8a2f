/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The firmware of a fake device, as the programs of its provider speak to it (firmware.c).
 */
#ifndef UVB_FAKE_FIRMWARE_ABI_H
#define UVB_FAKE_FIRMWARE_ABI_H

#include <linux/types.h>

/* Whose commands the driver runs. */
#define FAKE_FIRMWARE_PROVIDER	"firmware"

enum fake_firmware_op {
	FAKE_FIRMWARE_MAKE,	/* an object that holds a value */
	FAKE_FIRMWARE_MODIFY,	/* add to the value of an object */
	FAKE_FIRMWARE_QUERY,	/* the value of an object */
	FAKE_FIRMWARE_STRAY,	/* make an object where none was asked for: a broken driver */
};

struct fake_firmware_command {
	__u32 op;
	__u32 reserved;
	__u64 value;
};

/* @number: of the object; @value: it has now */
struct fake_firmware_reply {
	__u32 number;
	__u32 reserved;
	__u64 value;
};

#endif /* UVB_FAKE_FIRMWARE_ABI_H */
