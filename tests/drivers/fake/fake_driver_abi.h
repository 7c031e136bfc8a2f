/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fake driver defines by itself (driver_def.c), for the driver and for tests/abi.
 */
#ifndef UVB_FAKE_DRIVER_ABI_H
#define UVB_FAKE_DRIVER_ABI_H

#include <linux/types.h>

#define FAKE_ID(n)	(0x1000 | (n))

/* Objects. */
enum {
	FAKE_OBJECT_THING			= FAKE_ID(0),
	FAKE_OBJECT_EVENTS			= FAKE_ID(1),
	FAKE_OBJECT_ABSENT			= FAKE_ID(2),
};

/* THING */
enum {
	FAKE_METHOD_THING_CREATE		= FAKE_ID(0),
	FAKE_ATTR_THING_CREATE_HANDLE		= FAKE_ID(0),
	FAKE_ATTR_THING_CREATE_VALUE		= FAKE_ID(1),
	FAKE_ATTR_THING_CREATE_DATA		= FAKE_ID(2),
	FAKE_ATTR_THING_CREATE_LIVE		= FAKE_ID(3),
	FAKE_METHOD_THING_DESTROY		= FAKE_ID(1),
	FAKE_ATTR_THING_DESTROY_HANDLE		= FAKE_ID(0),
	FAKE_METHOD_THING_MODIFY		= FAKE_ID(2),
	FAKE_ATTR_THING_MODIFY_HANDLE		= FAKE_ID(0),
	FAKE_ATTR_THING_MODIFY_VALUE		= FAKE_ID(1),
	FAKE_METHOD_THING_QUERY			= FAKE_ID(3),
	FAKE_ATTR_THING_QUERY_HANDLE		= FAKE_ID(0),
	FAKE_ATTR_THING_QUERY_STATE		= FAKE_ID(1),
	FAKE_METHOD_THING_WATCH			= FAKE_ID(4),
	FAKE_ATTR_THING_WATCH_HANDLE		= FAKE_ID(0),
	FAKE_ATTR_THING_WATCH_EVENTS		= FAKE_ID(1),
};

/* A thing of this value will not be destroyed by its user, only by the end of the file. */
#define FAKE_THING_BUSY				0xb5

struct fake_thing_state {
	__u64 value;
	__u32 length;
	__u32 sum;
	__u32 watched;
	__u32 reserved;
};

/* EVENTS; each event read is the __u64 value that a thing has now. */
enum {
	FAKE_METHOD_EVENTS_ALLOC		= FAKE_ID(0),
	FAKE_ATTR_EVENTS_ALLOC_FD		= FAKE_ID(0),
};

/* ABSENT */
enum {
	FAKE_METHOD_ABSENT_CREATE		= FAKE_ID(0),
	FAKE_ATTR_ABSENT_CREATE_HANDLE		= FAKE_ID(0),
};

/* DEVICE: what every kind of attribute carried. */
enum {
	FAKE_METHOD_DEVICE_ECHO			= FAKE_ID(0),
	FAKE_ATTR_ECHO_CONST			= FAKE_ID(0),
	FAKE_ATTR_ECHO_FLAGS			= FAKE_ID(1),
	FAKE_ATTR_ECHO_PAIR			= FAKE_ID(2),
	FAKE_ATTR_ECHO_RAW_FD			= FAKE_ID(3),
	FAKE_ATTR_ECHO_CHOICE			= FAKE_ID(4),
	FAKE_ATTR_ECHO_THINGS			= FAKE_ID(5),
	FAKE_ATTR_ECHO_PDS			= FAKE_ID(6),
	FAKE_ATTR_ECHO_KINDS			= FAKE_ID(30),
};

enum fake_number {
	FAKE_NUMBER_ONE = 1,
};

struct fake_pair {
	__u32 first;
	__u32 second;
};

struct fake_kinds {
	__u32 constant;
	__u32 flags;
	struct fake_pair pair;
	__s32 fd;
	__s32 choice;
	__u64 chosen;
	__s32 things;
	__s32 pds;
	__u64 sum;
	__u64 pds_whole;
};

/* DEVICE: object id and handle of any object, and whether the rest of it is right. */
enum {
	FAKE_METHOD_DEVICE_IDENTIFY		= FAKE_ID(1),
	FAKE_ATTR_IDENTIFY_HANDLE		= FAKE_ID(0),
	FAKE_ATTR_IDENTIFY_RESULT		= FAKE_ID(1),
};

/* MR */
enum {
	FAKE_METHOD_MR_QUERY			= FAKE_ID(0),
	FAKE_ATTR_MR_QUERY_HANDLE		= FAKE_ID(0),
	FAKE_ATTR_MR_QUERY_SAME			= FAKE_ID(1),
};

/* FLOW_ACTION */
enum {
	FAKE_METHOD_FLOW_ACTION_CREATE		= FAKE_ID(0),
	FAKE_ATTR_FLOW_ACTION_CREATE_HANDLE	= FAKE_ID(0),
};

/* FLOW, of a QP, counters and actions, or of nothing */
enum {
	FAKE_METHOD_FLOW_CREATE			= FAKE_ID(0),
	FAKE_ATTR_FLOW_CREATE_HANDLE		= FAKE_ID(0),
	FAKE_ATTR_FLOW_CREATE_QP		= FAKE_ID(1),
	FAKE_ATTR_FLOW_CREATE_COUNTERS		= FAKE_ID(2),
	FAKE_ATTR_FLOW_CREATE_ACTIONS		= FAKE_ID(3),
};

/* Core methods that it adds to, see fake_driver_def: ANSWER is first + second + value of the thing. */
enum {
	FAKE_ATTR_ANY_CREATE_PAIR		= FAKE_ID(2),
	FAKE_ATTR_ANY_CREATE_ANSWER		= FAKE_ID(3),
	FAKE_ATTR_ANY_CREATE_THING		= FAKE_ID(4),
};

#endif /* UVB_FAKE_DRIVER_ABI_H */
