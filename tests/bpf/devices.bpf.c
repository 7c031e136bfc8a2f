// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The device rules a container runtime gives an RDMA container: the usual
 * memory devices and terminals, and c 231:* rw.
 */
#include "uverbs_bpf.bpf.h"

SEC("cgroup/dev")
int rules(struct bpf_cgroup_dev_ctx *device)
{
	switch (device->major) {
	case 1:		/* /dev/null and the like */
	case 5:		/* /dev/tty */
	case 136:	/* pseudo terminals */
	case 231:	/* RDMA */
		return 1;
	default:
		return 0;
	}
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
