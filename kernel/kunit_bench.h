/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the KUnit suites share: an RDMA device without hardware, a file opened
 * on it, a caller's memory to build ioctls in, and stubs that record what the
 * engine does to methods and objects.
 */
#ifndef UVB_KUNIT_BENCH_H
#define UVB_KUNIT_BENCH_H

#include "uvb.h"

#include <kunit/test.h>

/* The longest list of attributes an ioctl takes: more do not fit in a page. */
#define UVB_BENCH_ATTRS		254
/* Caller's memory for the data of each attribute. */
#define UVB_BENCH_DATA		PAGE_SIZE
#define UVB_BENCH_LOG		16

/**
 * struct uvb_bench - one test's world
 * @test: the test
 * @parent: parent of @ibdev, by which the device made for it is found
 * @ibdev: registered with ib_core; its driver does nothing and has no ports to speak of
 * @dev: made by the module when @ibdev was registered
 * @inode: the node of @dev
 * @filp: opened from @inode
 * @file: of @filp, with a context; NULL once closed
 * @call: what uvb_bench_enter() hands out
 * @srcu: read side of a running call
 * @hdr: the ioctl under construction
 * @user: where it goes in the caller's memory
 * @on_call: what the method called by the ioctl does, nothing if NULL
 * @calls: how often it was called
 * @on_destroy: what the driver says when an object is to be destroyed, 0 if NULL
 * @destroyed: the objects it agreed to, in order
 * @nr_destroyed: how many
 * @why: reason given for the last one
 */
struct uvb_bench {
	struct kunit *test;
	struct device *parent;
	struct ib_device *ibdev;
	struct uvb_device *dev;
	struct inode *inode;
	struct file *filp;
	struct uvb_file *file;
	struct uvb_call call;
	int srcu;

	struct ib_uverbs_ioctl_hdr *hdr;
	void __user *user;

	int (*on_call)(struct uverbs_attr_bundle *bundle);
	unsigned int calls;
	int (*on_destroy)(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle);
	void *destroyed[UVB_BENCH_LOG];
	unsigned int nr_destroyed;
	enum rdma_remove_reason why;
};

/* Of the running test. */
extern struct uvb_bench *uvb_bench;

int uvb_bench_init(struct kunit *test);
void uvb_bench_exit(struct kunit *test);

int uvb_bench_open(struct uvb_bench *bench, struct file *filp);
void uvb_bench_start(struct uvb_bench *bench);
void uvb_bench_close(struct uvb_bench *bench);
void uvb_bench_remove(struct uvb_bench *bench);

/* Objects: between enter and leave the engine believes to be in a call. */
struct uverbs_attr_bundle *uvb_bench_enter(struct uvb_bench *bench, struct uvb_file *file);
void uvb_bench_leave(struct uvb_bench *bench);
struct uvb_handle *uvb_bench_begin(struct uvb_bench *bench, struct uvb_file *file,
				   unsigned int object, void *hw);
u32 uvb_bench_object(struct uvb_bench *bench, unsigned int object, void *hw);
void uvb_bench_close_fd(unsigned int fd);

/* Calls: of the real method, or of one with a handler that only records. */
void uvb_bench_header(struct uvb_bench *bench, u16 object, u16 method);
void uvb_bench_call(struct uvb_bench *bench, const struct uvb_method *method);
struct ib_uverbs_attr *uvb_bench_attr(struct uvb_bench *bench, u16 id, u16 len, u64 data);
void __user *uvb_bench_data(struct uvb_bench *bench, unsigned int attr);
long uvb_bench_ioctl(struct uvb_bench *bench);
struct ib_uverbs_attr uvb_bench_result(struct uvb_bench *bench, unsigned int attr);

/* The object id whose place in tables of UVB_MAX_OBJECT is @slot. */
static inline u16 uvb_bench_object_id(unsigned int slot)
{
	return slot < UVB_CORE_OBJECTS ? slot :
		UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, slot - UVB_CORE_OBJECTS);
}

#define UVB_BENCH_SCHEMA(name) &uvb_schema_##name,

#endif /* UVB_KUNIT_BENCH_H */
