/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The BPF side's own header: attached programs, and one call of a program.
 */
#ifndef UVB_BPF_H
#define UVB_BPF_H

#include "../ext.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>

#define UVB_NS_FIRST		UVERBS_BPF_NS_IB
#define UVB_NS_COUNT		(UVERBS_BPF_NS_PROVIDER_LAST + 1)
#define UVB_NR_PROVIDERS	(UVERBS_BPF_NS_PROVIDER_LAST - UVERBS_BPF_NS_PROVIDER_FIRST + 1)

/* What uverbs_bpf_method.flags may have. */
#define UVB_METHOD_FLAGS	UVERBS_BPF_METHOD_EXEC

/* Faults after which a program is evicted. */
#define UVB_MAX_FAULTS		16

#define uvb_for_each_ns(ns)	for ((ns) = UVB_NS_FIRST; (ns) < UVB_NS_COUNT; (ns)++)
#define uvb_for_each_provider_ns(ns)						\
	for ((ns) = UVERBS_BPF_NS_PROVIDER_FIRST; (ns) < UVB_NS_COUNT; (ns)++)

/*
 * What can be hooked, numbered: of each object the core's methods, ours and, as
 * one, those of the device's driver; then the legacy commands that no method has
 * taken the place of. Objects of drivers are one. What providers add has no place.
 */
#define UVB_OBJECT_HOOKS	(2 * UVB_MAX_METHOD + 1)
#define UVB_COMMAND_HOOK	((UVB_MAX_OBJECT + 1) * UVB_OBJECT_HOOKS)
#define UVB_NR_HOOKS		(UVB_COMMAND_HOOK + 2 * UVB_MAX_COMMAND)

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
 * @dead: to be taken off, not called any more
 * @why: enum uverbs_bpf_exit_reason it will be taken off for, if @dead
 * @text: its last fault. Changed under uvb_program_lock
 * @order: of attaching, which no other has; versions that take its place keep it
 * @hooks: what before() and after() are called for; of providers
 * @closed: what remains if it fails; of providers that fail closed, else NULL
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
	u8 why;
	char text[128];
	u64 order;
	DECLARE_BITMAP(hooks, UVB_NR_HOOKS);
	struct uvb_closed *closed;
};

/**
 * struct uvb_closed - methods that a failed provider holds shut
 * @rcu: frees it
 * @decl: of the provider; what it matched
 * @hooks: what it hooked
 * @since: when it failed, in seconds since the epoch
 * @text: its last fault
 */
struct uvb_closed {
	struct rcu_head rcu;
	struct uverbs_bpf_decl decl;
	DECLARE_BITMAP(hooks, UVB_NR_HOOKS);
	time64_t since;
	char text[128];
};

static inline const struct uverbs_bpf_transport_ops *
uvb_transport_ops(const struct uvb_program *program)
{
	return container_of(program->decl, struct uverbs_bpf_transport_ops, decl);
}

static inline const struct uverbs_bpf_provider_ops *
uvb_provider_ops(const struct uvb_program *program)
{
	return container_of(program->decl, struct uverbs_bpf_provider_ops, decl);
}

int uvb_program_attach(enum uverbs_bpf_program_kind kind, void *kdata, struct bpf_link *link);
void uvb_program_detach(void *kdata, struct bpf_link *link);
int uvb_program_update(void *kdata, void *old_kdata, struct bpf_link *link);

/* The attached programs by namespace. */
extern struct uvb_program __rcu *uvb_programs[UVB_NS_COUNT];

/* Context: RCU. NULL if there is none; it may be about to be taken off. */
static inline struct uvb_program *uvb_program_any(unsigned int ns)
{
	return rcu_dereference(uvb_programs[ns]);
}

/* Context: RCU. Likewise, but NULL for one about to be evicted. */
static inline struct uvb_program *uvb_program_get(unsigned int ns)
{
	struct uvb_program *program = uvb_program_any(ns);

	return program && !READ_ONCE(program->dead) ? program : NULL;
}

bool uvb_decl_matches(const struct uverbs_bpf_decl *decl, struct ib_device *ibdev);

/**
 * uvb_port_protocol() - the protocol of a port
 * @ibdev: the device
 * @port: port number, valid
 *
 * Return: one UVERBS_BPF_PROTOCOL_*, or 0 for what has none, as usNIC.
 */
static inline u32 uvb_port_protocol(struct ib_device *ibdev, u32 port)
{
	if (rdma_protocol_roce(ibdev, port))
		return UVERBS_BPF_PROTOCOL_ROCE;
	if (rdma_protocol_iwarp(ibdev, port))
		return UVERBS_BPF_PROTOCOL_IWARP;
	if (rdma_cap_opa_ah(ibdev, port))
		return UVERBS_BPF_PROTOCOL_OPA;
	if (rdma_protocol_ib(ibdev, port))
		return UVERBS_BPF_PROTOCOL_IB;
	return 0;
}

static inline bool uvb_program_matches(const struct uvb_program *program, struct ib_device *ibdev)
{
	return uvb_decl_matches(program->decl, ibdev);
}

/* As far as the device itself goes; not whether it has a port of the program's protocols. */
static inline bool uvb_decl_may_match(const struct uverbs_bpf_decl *decl,
				      const struct ib_device *ibdev)
{
	return (!decl->driver_id || decl->driver_id == ibdev->ops.driver_id) &&
	       (!decl->ibdev[0] || !strcmp(decl->ibdev, ibdev->name));
}

/* The same as uvb_program_matches(), of a device that we serve. */
static inline bool uvb_program_serves(const struct uvb_program *program,
				      const struct uvb_device *dev, struct ib_device *ibdev)
{
	u32 protocols = program->decl->protocols;

	return uvb_decl_may_match(program->decl, ibdev) &&
	       (!protocols || protocols & dev->protocols);
}

/**
 * struct uvb_order - providers in the order in which they are called
 * @rcu: frees it
 * @n: how many
 * @ns: their namespaces; one may have been taken off since
 */
struct uvb_order {
	struct rcu_head rcu;
	unsigned int n;
	u8 ns[UVB_NR_PROVIDERS];
};

extern struct uvb_order __rcu *uvb_order;
extern bool uvb_any_closed;
extern unsigned long uvb_hooked[BITS_TO_LONGS(UVB_NR_HOOKS)];

/* Context: RCU. NULL before the first was attached. */
static inline const struct uvb_order *uvb_provider_order(void)
{
	return rcu_dereference(uvb_order);
}

const struct uvb_closed *__uvb_closed_by(unsigned int hook, struct ib_device *ibdev);

/* A failed provider that holds the method shut on the device, or NULL. Context: RCU. */
static inline const struct uvb_closed *uvb_closed_by(unsigned int hook, struct ib_device *ibdev)
{
	/* Pairs with the release in uvb_providers_changed(): then who opened it is found, if attached. */
	return unlikely(smp_load_acquire(&uvb_any_closed)) ? __uvb_closed_by(hook, ibdev) : NULL;
}

/* Whether any provider hooks it; only a hint. */
static inline bool uvb_is_hooked(unsigned int hook)
{
	return test_bit(hook, uvb_hooked);
}

/* Place of a method, or of a command, in a bitmap of hooks; UVERBS_BPF_COMMAND() is one. */
unsigned int uvb_hook_index(u16 object, u16 method);
/* Keep a provider's namespace for its name; of one that is kept, or whose program is found. */
void uvb_provider_keep(u8 ns);
void uvb_provider_release(u8 ns);

/* For each provider that is attached and serves the device. Context: uvb_program_mutex. */
void uvb_provider_for_each(void (*run)(struct uvb_program *program, void *arg), void *arg);
/* Context: RCU. @counts: towards eviction. */
__printf(3, 4) void uvb_program_fault(struct uvb_program *program, bool counts,
				      const char *fmt, ...);
/* Context: any but NMI. Returns false if nothing is attached in the namespace. */
bool uvb_program_info(unsigned int ns, struct uverbs_bpf_program *info);
/* The namespace of the transport that is named after a protocol, 0 if none is. */
u8 uvb_protocol_transport(u32 protocol);
/* The name that has a namespace, "" if it was never given away. */
const char *uvb_namespace_name(unsigned int ns);

int uvb_attach_init(void);
void uvb_attach_exit(void);

/* ---- hooks (hook.c), objects and devices (objects.c), dump (dump.c) ---- */

void uvb_hook_bits(const struct uverbs_bpf_channel_decl *channel, unsigned long *bits);
/*
 * Tell a provider of the devices that are there, but not those that the version whose place it
 * takes was told of: before it can be found, for this comes before all else of a device. Context:
 * uvb_program_mutex.
 */
void uvb_devices_announce(struct uvb_program *program);
/* Likewise of objects, when it can. */
void uvb_objects_replay(struct uvb_program *program);
/* Another version takes its place, which need not match the same devices. Likewise. */
void uvb_objects_replaced(struct uvb_program *program);
/* It is taken off: nothing will be reported to its namespace. Likewise. */
void uvb_objects_forget(struct uvb_program *program);
/* Call dev_add() if the program matches the device; dev_remove() if that was called. Likewise. */
void uvb_dev_report(struct uvb_program *program, struct uvb_device *dev, struct ib_device *ibdev,
		    bool add);
void uvb_ext_devices_for_each(void (*run)(struct uvb_device *dev, void *arg), void *arg);
/* Types of objects of providers (method.c). */
void uvb_own_init(void);
/* Called by dump(). */
int uvb_dump_line(struct uverbs_bpf_dump *dump, const char *name, u64 value);
int uvb_dump_init(void);
void uvb_dump_exit(void);

/* ---- schema (attr.c) ---- */

/* A method of a provider's own: @method with or without UVERBS_BPF_SELF(). */
const struct uverbs_bpf_method *uvb_own_method(const struct uverbs_bpf_channel_decl *channel,
					       u16 object, u16 method);
/* The row of a program for an attribute of a method, or NULL. */
const struct uverbs_bpf_attr *uvb_decl_row(const struct uverbs_bpf_decl *decl, u16 object,
					   u16 method, u16 id);

/* ---- new types of objects (type.c) ---- */

int uvb_type_check(const struct uverbs_bpf_provider_ops *ops);
bool uvb_type_has_row(const struct uverbs_bpf_provider_ops *ops,
		      const struct uverbs_bpf_attr *row);
bool uvb_type_selects(const struct uverbs_bpf_provider_ops *ops,
		      const struct uverbs_bpf_attr *row);
int uvb_type_find(struct uvb_call *call);
unsigned int uvb_type_records(const struct uvb_program *program);
void uvb_type_record(const struct uvb_program *program, unsigned int index,
		     struct uverbs_bpf_schema_record *record);

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
 * @written: bit per output that the program asked for
 * @fault: the program misbehaved
 * @owner: it may change the path
 * @args: inputs of the method, see uverbs_bpf_args()
 * @args_size: bytes of them
 * @state: of the object of the provider's own that the call is for, or NULL
 * @state_size: bytes of it
 * @exec: command for the driver, or NULL
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
	u32 written;
	bool fault;
	bool owner;
	u16 args_size;
	u16 state_size;
	const void *args;
	void *state;
	struct uvb_exec *exec;
	int refused;
	u16 refused_attr;
	char text[UVERBS_BPF_ERROR_MAX];
	u8 *memory;
	u8 small[64] __aligned(8);
};

/* Index in call->ext of the program's attribute with this id (without namespace), or -ENOENT. */
static inline int uvb_run_attr(const struct uvb_run *run, u16 id)
{
	const struct uvb_call *call = run->call;
	unsigned int i;

	/* Or it would reach into another namespace. */
	if (id & ~UVERBS_BPF_ID_MASK)
		return -ENOENT;
	id = UVERBS_BPF_ID(run->ns, id);
	for (i = 0; i < call->nr_ext; i++) {
		if (call->ext[i].id == id)
			return i;
	}
	return -ENOENT;
}

/* The GID of a port if the call holds it, or NULL. */
static inline const struct ib_gid_attr *uvb_run_sgid(const struct uvb_run *run, u32 port, u32 index)
{
	const struct ib_gid_attr *sgid = run->call->sgid;

	return sgid && sgid->index == index && sgid->port_num == port ? sgid : NULL;
}

int uvb_run_attrs(struct uvb_run *run);

/**
 * uvb_run_begin() - get ready to run a program on a call
 * @run: the run
 * @call: the call
 * @ibdev: its device
 * @ns: the program's namespace
 *
 * Return: 0, -ENOMEM or -EFAULT, and then there is nothing to end.
 */
static __always_inline int uvb_run_begin(struct uvb_run *run, struct uvb_call *call,
					 struct ib_device *ibdev, u8 ns)
{
	memset(__builtin_assume_aligned(&run->ctx, __alignof__(run->ctx)), 0, sizeof(run->ctx));
	run->call = call;
	run->ibdev = ibdev;
	run->ns = ns;
	run->decl = NULL;
	run->name[0] = '\0';
	run->written = 0;
	run->fault = false;
	run->owner = false;
	run->args_size = 0;
	run->state_size = 0;
	run->exec = NULL;
	run->refused = 0;
	run->text[0] = '\0';
	run->memory = NULL;
	return call->nr_ext ? uvb_run_attrs(run) : 0;
}

int __uvb_run_end(struct uvb_run *run, int ret);

/**
 * uvb_run_end() - write what the program staged, or say why it refused
 * @run: the run
 * @ret: its result
 *
 * Return: @ret, or -EFAULT if an output could not be written.
 */
static inline int uvb_run_end(struct uvb_run *run, int ret)
{
	return run->refused || run->written || run->memory ? __uvb_run_end(run, ret) : ret;
}

/* An id as the program of the namespace writes it. */
static inline u16 uvb_self(u8 ns, u16 id)
{
	return id >> UVERBS_BPF_NS_SHIFT == ns ? UVERBS_BPF_SELF(id & UVERBS_BPF_ID_MASK) : id;
}

/* Address of what a handle stands for, for programs; objects of providers have none to show. */
static inline u64 uvb_handle_hw(const struct uvb_handle *handle)
{
	return handle->object == handle ? 0 : (unsigned long)READ_ONCE(handle->object);
}

/* Of a method that does not say more of its object than which one it is, and has it locked. */
static inline u8 uvb_handle_qp_type(const struct uvb_handle *handle)
{
	return handle->type == UVERBS_OBJECT_QP ? uvb_qp_type(handle) : 0;
}

int __uvb_run_result(struct uvb_run *run, struct uvb_program *program, const char *op, int ret);

/* What a callback returned, made an errno; counts. Context: RCU. */
static inline int uvb_run_result(struct uvb_run *run, struct uvb_program *program, const char *op,
				 int ret)
{
	this_cpu_inc(program->count->calls);
	return ret || run->refused ? __uvb_run_result(run, program, op, ret) : 0;
}

/* In path.c. */
void uvb_path_from_ah(struct uverbs_bpf_path *path, const struct rdma_ah_attr *ah);

/**
 * uvb_run_view() - what the program sees of the call beside its ids
 * @run: the run, begun
 * @view: what the call is about
 *
 * Inline, for most calls name neither port nor path, and the compiler sees that.
 */
static __always_inline void uvb_run_view(struct uvb_run *run, const struct uvb_view *view)
{
	const struct uvb_handle *handle = view->handle ?: view->made;
	struct uverbs_bpf_ctx *ctx = &run->ctx;
	struct uvb_file *file = run->call->file;

	ctx->port = view->port;
	if (!view->port)
		ctx->protocol = uvb_file_device(file)->protocol;
	else if (rdma_is_port_valid(run->ibdev, view->port))
		ctx->protocol = uvb_port_protocol(run->ibdev, view->port);
	ctx->driver_id = run->ibdev->ops.driver_id;
	ctx->qp_type = view->qp_type;
	ctx->cur_state = view->cur_state;
	ctx->next_state = view->next_state;
	ctx->device = file->stock.device->devnum;
	ctx->file = file->number;
	ctx->who = file->who;
	ctx->handle = UVERBS_BPF_NO_HANDLE;
	if (view->handle) {
		ctx->handle = view->handle->id;
		ctx->hw = uvb_handle_hw(view->handle);
	}
	if (unlikely(handle && handle->own_type))
		ctx->own_type = uvb_handle_is_own_type(handle, run->ns);
	if (view->path) {
		ctx->has_path = 1;
		uvb_path_from_ah(&ctx->path, view->path);
	}
}

/* The program did what no program may. Context: RCU. Return: -EPROTO. */
__printf(3, 4) int uvb_run_fault(struct uvb_run *run, struct uvb_program *program,
				 const char *fmt, ...);

/* ---- commands for the hardware (exec.c) ---- */

int uvb_exec_begin(struct uvb_run *run);
void uvb_exec_end(struct uvb_run *run);
int uvb_exec_prepared(struct uvb_run *run, struct uvb_program *program, int ret);
int uvb_exec_driver(struct uvb_run *run, u64 object, u64 *hw);
void uvb_exec_release(const struct uvb_file *file, struct ib_device *ibdev, u64 hw);
u8 *uvb_exec_command(const struct uvb_run *run, u32 off, size_t size);
u8 *uvb_exec_reply(const struct uvb_run *run, u32 off, size_t size);

/* ---- paths (path.c) ---- */

/* Values that no path can hold are the program's fault. Context: RCU. Return: 0 or -EPROTO. */
int uvb_path_sane(struct uvb_run *run, struct uvb_program *program);
void uvb_path_to_ah(struct uvb_run *run, struct rdma_ah_attr *ah, u32 port);

/* ---- the rest ---- */

/* Our BTF, as the kernel has it; NULL until a struct_ops type was registered. */
extern struct btf *uvb_btf;

int uvb_kfunc_init(void);
bool uvb_name_ok(const char *name, size_t size);

#endif /* UVB_BPF_H */
