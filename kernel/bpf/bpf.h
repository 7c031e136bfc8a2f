/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The BPF side's own header: attached programs, and one call of a program.
 */
#ifndef UVB_BPF_H
#define UVB_BPF_H

#include "../ext.h"
#include "../../bpf/uverbs_bpf_types.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>

#define UVB_NS_FIRST		UVERBS_BPF_NS_IB
#define UVB_NS_COUNT		(UVERBS_BPF_NS_PROVIDER_LAST + 1)

/* Faults after which a program is evicted. */
#define UVB_MAX_FAULTS		16

#define uvb_for_each_ns(ns)	for ((ns) = UVB_NS_FIRST; (ns) < UVB_NS_COUNT; (ns)++)

/* ---- attached programs (attach.c) ---- */

struct uvb_program_count {
	u64 calls;
	u64 refused;
	u64 faults;
};

/**
 * struct uvb_program - an attached version of a program
 * @decl: what it declares; also the address of its ops struct, which begins with it
 * @link: what attaches it; NULL once that may be freed. Changed under uvb_program_lock
 * @count: what it did, for each CPU
 * @kind: enum uverbs_bpf_program_kind
 * @ns: namespace of its ids
 * @generation: how many versions were attached before it
 * @evidence: faults that count towards eviction
 * @dead: to be evicted, not called any more
 * @text: its last fault. Changed under uvb_program_lock
 *
 * Ours, not part of the ops struct: one ops struct may be attached again by
 * another link. Freed a grace period after it is taken off, as the ops struct
 * is, so that a caller under RCU may use both.
 */
struct uvb_program {
	const struct uverbs_bpf_decl *decl;
	struct bpf_link *link;
	struct uvb_program_count __percpu *count;
	u8 kind;
	u8 ns;
	u32 generation;
	atomic_t evidence;
	bool dead;
	char text[128];
};

static inline const struct uverbs_bpf_transport_ops *
uvb_transport_ops(const struct uvb_program *program)
{
	return container_of(program->decl, struct uverbs_bpf_transport_ops, decl);
}

int uvb_program_attach(enum uverbs_bpf_program_kind kind, void *kdata, struct bpf_link *link);
void uvb_program_detach(void *kdata, struct bpf_link *link);
int uvb_program_update(void *kdata, void *old_kdata, struct bpf_link *link);

/* Context: RCU. NULL if there is none, or only one about to be evicted. */
struct uvb_program *uvb_program_get(unsigned int ns);
bool uvb_program_matches(const struct uvb_program *program, struct ib_device *ibdev);
/* Context: RCU. @counts: towards eviction. */
__printf(3, 4) void uvb_program_fault(struct uvb_program *program, bool counts,
				      const char *fmt, ...);
/* Context: any but NMI. Returns false if nothing is attached in the namespace. */
bool uvb_program_info(unsigned int ns, struct uverbs_bpf_program *info);
u32 uvb_port_protocol(struct ib_device *ibdev, u32 port);
/* The name that has a namespace, "" if it was never given away. */
const char *uvb_namespace_name(unsigned int ns);

int uvb_attach_init(void);
void uvb_attach_exit(void);

/* ---- schema (attr.c) ---- */

/* The row of a program for an attribute of a method, or NULL. */
const struct uverbs_bpf_attr *uvb_decl_row(const struct uverbs_bpf_decl *decl, u16 object,
					   u16 method, u16 id);

/* ---- a call of a program (run.c) ---- */

/**
 * struct uvb_run - a program at work on a call
 * @ctx: what the program sees; first, so that kfuncs find the rest
 * @call: the call
 * @ibdev: the device
 * @ns: the program's namespace
 * @decl: the program's declaration, while it runs
 * @name: the program's name, for messages after it ran
 * @data: kernel copy of each attribute of the call that is the program's, else NULL
 * @sgid_index: a GID index that the program found in use, or U32_MAX
 * @written: bit per output that the program asked for
 * @refused: errno given to uverbs_bpf_refuse(), or 0
 * @refused_attr: the attribute given with it
 * @text: its message
 * @memory: of @data, if it does not fit into @small
 * @small: of @data, for what transports usually have
 */
struct uvb_run {
	struct uverbs_bpf_ctx ctx;
	struct uvb_call *call;
	struct ib_device *ibdev;
	u8 ns;
	const struct uverbs_bpf_decl *decl;
	char name[sizeof_field(struct uverbs_bpf_decl, name)];
	u8 *data[UVB_MAX_EXT];
	u32 sgid_index;
	u32 written;
	int refused;
	u16 refused_attr;
	char text[UVERBS_BPF_ERROR_MAX];
	u8 *memory;
	u8 small[64] __aligned(8);
};

/* Index in call->ext of the program's attribute with this id (without namespace), or -ENOENT. */
int uvb_run_attr(const struct uvb_run *run, u16 id);
int uvb_run_begin(struct uvb_run *run, struct uvb_call *call, struct ib_device *ibdev, u8 ns);
int uvb_run_end(struct uvb_run *run, int ret);
/* What a callback returned, made an errno; counts. Context: RCU. */
int uvb_run_result(struct uvb_run *run, struct uvb_program *program, const char *op, int ret);
/* The program did what no program may. Context: RCU. Return: -EPROTO. */
__printf(3, 4) int uvb_run_fault(struct uvb_run *run, struct uvb_program *program,
				 const char *fmt, ...);

/* ---- the rest ---- */

/* Our BTF, as the kernel has it; NULL until a struct_ops type was registered. */
extern struct btf *uvb_btf;

int uvb_kfunc_init(void);

#endif /* UVB_BPF_H */
