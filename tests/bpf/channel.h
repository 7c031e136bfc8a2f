/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What channel.bpf.c and the tests that attach it share: what it declares, how
 * it is told to behave, and what it saw.
 */
#ifndef UVB_TESTS_CHANNEL_H
#define UVB_TESTS_CHANNEL_H

#include <linux/types.h>

/* Attributes of CQ_CREATE: __u64 in, and out the same plus @salt. */
#define CHANNEL_CQ_IN		0
#define CHANNEL_CQ_OUT		1
/* Of whichever method a test declares it for: out __u64, @salt. */
#define CHANNEL_ANY_OUT		2

/* Methods of a QP, and of the device. */
#define CHANNEL_QP_LOOK		0	/* out: struct channel_look */
#define CHANNEL_QP_OUT		0
#define CHANNEL_ECHO		1	/* in and out: up to 4096 bytes */
#define CHANNEL_ECHO_IN		0
#define CHANNEL_ECHO_OUT	1
#define CHANNEL_ECHO_MARK	2	/* in: nothing, of programs that declare it */

/* An object of its own, whose state is a number. */
#define CHANNEL_COUNTER		0
#define CHANNEL_COUNTER_NEW	0	/* in __u64: the number */
#define CHANNEL_COUNTER_NEXT	1	/* out __u64: it, and add 1 */
#define CHANNEL_COUNTER_END	2
#define CHANNEL_COUNTER_VALUE	0

struct channel_look {
	__u32 handle;
	__u32 qp_type;
	__u64 file;
	__u32 has_hw;
	__u32 uid;
};

enum channel_what {
	CHANNEL_BEFORE = 1, CHANNEL_AFTER, CHANNEL_METHOD, CHANNEL_OBJ_ADD, CHANNEL_OBJ_REMOVE,
	CHANNEL_DEV_ADD, CHANNEL_DEV_REMOVE, CHANNEL_EXIT,
};

struct channel_record {
	__u8 what;
	__u8 legacy;
	__u8 replayed;
	__u8 has_path;
	__u16 object;
	__u16 method;
	__s32 ret;		/* of after(); reason of exit() */
	__u32 handle;
	__u64 file;
	__u64 thread;
	__u64 length;		/* of a registration; order of before() among programs */
	__u32 number;
	__u32 device;
	__u32 uid;
	__u32 pid;
	__u64 cgroup;
	__u64 netns;
	__u8 traffic_class;
	__u8 reserved[7];
};

/* channel_data.fault: what before() of CQ_CREATE and method() do. */
enum channel_fault {
	CHANNEL_FAULT_NONE, CHANNEL_FAULT_POSITIVE, CHANNEL_FAULT_RESTART, CHANNEL_FAULT_THROW,
	CHANNEL_FAULT_PATH, CHANNEL_FAULT_BEYOND,
};

/* channel_data.ways, of echo. */
#define CHANNEL_WAY_FUTURE	(1 << 0)	/* a kfunc that no module has */
#define CHANNEL_WAY_MARKED	(1 << 1)	/* the marker of a capability that none has */
#define CHANNEL_WAY_COUNTER	(1 << 2)	/* that of one that this one has */
#define CHANNEL_WAY_OLD		(1 << 3)	/* what is there instead of the first */

#define CHANNEL_RECORDS	4096

struct channel_data {
	/* How to behave. */
	__u64 salt;
	__u32 refuse;		/* object << 16 | method to refuse */
	__u32 fault;
	__u32 traffic_class;	/* to write into paths, 0 to leave them */
	__u32 quiet;		/* record nothing */
	/* What was seen. */
	__u32 beyond;		/* reads and writes out of range that succeeded */
	__u32 ways;		/* CHANNEL_WAY_*: what it found in this kernel */
	__u32 reserved;
	__u32 nr;
	struct channel_record records[CHANNEL_RECORDS];
};

#endif /* UVB_TESTS_CHANNEL_H */
