/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * What uvb-bench asks of the uvb_floor module: one ioctl of /dev/uvb_floor per call of the uverbs
 * ABI, each doing only what remains when the dispatcher is taken away.
 *
 * The number of the command carries the operation, the argument is a plain number, so that no
 * copy from user space blurs the figure.
 */
#ifndef UVB_FLOOR_H
#define UVB_FLOOR_H

#include <linux/ioctl.h>

#define UVB_FLOOR_DEVICE "/dev/uvb_floor"
#define UVB_FLOOR_IOCTL(op) _IO(0xbf, op)

enum uvb_floor_op {
	/* Nothing at all: the price of the system call itself. */
	UVB_FLOOR_NULL,
	/* The base objects the others lean on: one PD, one CQ, one QP; argument: driver's output. */
	UVB_FLOOR_SETUP,
	UVB_FLOOR_QUERY_PORT,
	UVB_FLOOR_PD_CREATE,
	UVB_FLOOR_PD_DESTROY,
	/* Argument: address for the driver's output. */
	UVB_FLOOR_AH_CREATE,
	UVB_FLOOR_AH_DESTROY,
	/* Argument: address of the page to register. */
	UVB_FLOOR_MR_CREATE,
	UVB_FLOOR_MR_DESTROY,
	/* Argument: address for the driver's output. */
	UVB_FLOOR_CQ_CREATE,
	UVB_FLOOR_CQ_DESTROY,
	/* Argument: address for the driver's output. */
	UVB_FLOOR_QP_CREATE,
	UVB_FLOOR_QP_DESTROY,
	/* Argument: the state to go to, of RESET, INIT, RTR and RTS. */
	UVB_FLOOR_QP_MODIFY,
	UVB_FLOOR_QP_QUERY,
	UVB_FLOOR_POST_SEND,
	/* One of the building blocks below, PART_LOOPS times; argument: which, or -1 for an empty loop. */
	UVB_FLOOR_PART,
	UVB_FLOOR_OPS,
};

/* The building blocks of a dispatcher, so that a design can be priced before it is written. */
enum uvb_floor_part {
	UVB_FLOOR_PART_COPY_24,
	UVB_FLOOR_PART_COPY_128,
	UVB_FLOOR_PART_COPY_OUT_128,
	UVB_FLOOR_PART_PUT_USER,
	UVB_FLOOR_PART_KZALLOC_96,
	UVB_FLOOR_PART_KZALLOC_216,
	UVB_FLOOR_PART_KMALLOC_1200,
	UVB_FLOOR_PART_XA_STORE,
	UVB_FLOOR_PART_XA_ALLOC,
	UVB_FLOOR_PART_XA_LOAD,
	UVB_FLOOR_PART_RADIX_LOOKUP,
	UVB_FLOOR_PART_KREF,
	UVB_FLOOR_PART_SPIN_IRQ,
	UVB_FLOOR_PART_RWSEM,
	UVB_FLOOR_PART_SRCU,
	UVB_FLOOR_PART_PERCPU_REF,
	UVB_FLOOR_PART_RCU,
	UVB_FLOOR_PART_CGROUP,
	UVB_FLOOR_PART_RESTRACK,
	UVB_FLOOR_PARTS,
};

#define UVB_FLOOR_PART_LOOPS 64

/* Set up as uvb-bench sets up its own. */
#define UVB_FLOOR_CQE 16
#define UVB_FLOOR_WR 16

#endif
