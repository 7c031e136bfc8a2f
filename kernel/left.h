/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Why a device is left to ib_uverbs whole. These are the lines that
 * `uverbs-bpf status` shows and tools/driver-report writes to docs/drivers.md.
 */
#ifndef UVB_LEFT_H
#define UVB_LEFT_H

/* What the administrator wants. */
#define UVB_LEFT_LATE "uverbs_bpf was loaded after ib_uverbs, which came first; unload the RDMA modules, then load uverbs_bpf first"
#define UVB_LEFT_OFF "switched off by uverbs_bpf.off"
#define UVB_LEFT_EXCLUDED "excluded by uverbs_bpf.claim"
#define UVB_LEFT_NOT_NAMED "not named in uverbs_bpf.claim"

/* Symbols: the driver calls what only ib_uverbs can do for files of its own. */
#define UVB_LEFT_REVOKES "its driver revokes mappings through ib_uverbs (rdma_user_mmap_disassociate)"

/* Layout: the driver's definitions (driver_def) name objects that we lay out differently. */
#define UVB_LEFT_RELEASE "a file object of its driver is not released by uverbs_uobject_fd_release"
#define UVB_LEFT_CREATES "a method of its driver creates core objects other than flows, whose handles are laid out differently"
#define UVB_LEFT_LAYOUT "its driver defines objects, which takes a kernel of 64 bits"

/* Definitions that say what we cannot do. */
#define UVB_LEFT_EXTENDS "its driver adds attributes to a core method that uverbs_bpf does not have"
#define UVB_LEFT_DISABLES "its driver takes core objects or commands away or replaces them"
#define UVB_LEFT_MALFORMED "its driver's definitions are malformed; ib_uverbs refuses them too"
#define UVB_LEFT_MEMORY "no memory for its driver's definitions"

#endif /* UVB_LEFT_H */
