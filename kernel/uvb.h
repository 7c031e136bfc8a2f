/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The engine's one internal header: devices, files, handles, the schema and
 * the call. Method handlers (verbs/), legacy commands (legacy.c) and the BPF
 * side (bpf/) reach the engine through it and through nothing else.
 */
#ifndef UVB_H
#define UVB_H

#include "compat.h"
#include "copy.h"
#include "table.h"
#include "../uapi/uverbs_bpf.h"
#include "../bpf/uverbs_bpf_types.h"

#include <linux/nospec.h>
#include <linux/refcount.h>
#include <linux/wait.h>
#include <rdma/ib_cache.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

struct uvb_call;
struct uvb_handle;
struct uverbs_bpf_driver_ops;

int uvb_twins_check(void);

/* ---- schema: what a device offers, as data (schema.c) ---- */

/* Core objects the schema can index; 7.3 uses ids 0 to 19. Behind them are objects of our own. */
#define UVB_CORE_OBJECTS	20
#define UVB_OWN_OBJECTS		3
#define UVB_MAX_OBJECT		(UVB_CORE_OBJECTS + UVB_OWN_OBJECTS)
/* Methods of one object in one namespace. */
#define UVB_MAX_METHOD		10
/* Legacy command numbers, plain and extended, are below this. */
#define UVB_MAX_COMMAND		64

/*
 * Index of an attribute of namespace 0 or 1 in the bundle's attrs[]. Drivers
 * carry this numbering inlined, see uapi_key_attr() in <rdma/uverbs_ioctl.h>.
 */
#define UVB_BKEY_STOCK(id)						\
	(((id) & UVERBS_API_NS_FLAG) ? ((((id) & ~UVERBS_API_NS_FLAG) << 1) + 1) : ((id) << 1))

/*
 * And of the namespace whose attributes are native and which drivers know
 * nothing of: above all that a method with such attributes has of the others.
 */
#define UVB_ETH_BKEY		28
#define UVB_BKEY_ETH(id)	(UVB_ETH_BKEY + (((id) & UVERBS_BPF_ID_MASK) << 1))

#define UVB_BKEY(id)							\
	((id) >> UVERBS_BPF_NS_SHIFT == UVERBS_BPF_NS_ETHERNET ?	\
	 UVB_BKEY_ETH(id) : UVB_BKEY_STOCK(id))

/* All there can be; the bundle's attrs[] is this long, on the stack. */
#define UVB_MAX_BKEY		UVERBS_API_ATTR_BKEY_LEN

/* No upper bound but that of the u16 length. */
#define UVB_UNLIMITED		U16_MAX

#define UVB_F_MANDATORY		BIT(0)
/* A longer input is accepted as long as the bytes beyond max_len are zero. */
#define UVB_F_ZERO_TRAILING	BIT(1)
/*
 * The parser copies the whole input to kernel memory; uverbs_attr_get_alloced_ptr()
 * has it.
 */
#define UVB_F_COPY		BIT(2)

/* With KIND_HANDLE or KIND_FD: driver code gets a whole struct ib_uobject. */
#define UVB_KIND_WHOLE		0x80

/**
 * struct uvb_attr - one attribute of a method
 * @id: attribute id, namespace 0, 1, or UVERBS_BPF_NS_ETHERNET
 * @kind: enum uverbs_bpf_schema_kind, and UVB_KIND_WHOLE
 * @flags: UVB_F_*
 * @min_len: fewest bytes
 * @max_len: most bytes
 * @object: object a handle or file must have; of an enumeration how many values it has
 * @access: enum uverbs_bpf_schema_access, for handles and files
 * @name: for SCHEMA and messages
 * @values: of an enumeration: a row for each value, as its data must be; NULL if none has any
 */
struct uvb_attr {
	u16 id;
	u8 kind;
	u8 flags;
	u16 min_len;
	u16 max_len;
	u16 object;
	u8 access;
	const char *name;
	const struct uvb_attr *values;
};

#define UVB_M	UVB_F_MANDATORY
#define UVB_O	0

#define __UVB_ATTR(_id, _kind, _flags, _min, _max, ...)					\
	{ .id = _id, .kind = UVERBS_BPF_KIND_##_kind, .flags = _flags,				\
	  .min_len = _min, .max_len = _max, .name = #_id, ##__VA_ARGS__ }
/* Exactly one @type. */
#define UVB_IN(_id, _type, _m)		__UVB_ATTR(_id, IN, _m, sizeof(_type), sizeof(_type))
#define UVB_OUT(_id, _type, _m)		__UVB_ATTR(_id, OUT, _m, sizeof(_type), sizeof(_type))
/* A @type that may end after @last, and may be longer in later versions. */
#define UVB_IN_STRUCT(_id, _type, _last, _m)						\
	__UVB_ATTR(_id, IN, (_m) | UVB_F_ZERO_TRAILING, offsetofend(_type, _last), sizeof(_type))
#define UVB_OUT_STRUCT(_id, _type, _last, _m)						\
	__UVB_ATTR(_id, OUT, (_m) | UVB_F_ZERO_TRAILING, offsetofend(_type, _last), sizeof(_type))
#define UVB_IN_MIN(_id, _min, _m)	__UVB_ATTR(_id, IN, _m, _min, UVB_UNLIMITED)
#define UVB_OUT_MIN(_id, _min, _m)	__UVB_ATTR(_id, OUT, _m, _min, UVB_UNLIMITED)
#define UVB_CONST(_id, _m)		__UVB_ATTR(_id, CONST, _m, sizeof(u64), sizeof(u64))
#define UVB_FLAGS(_id, _m)		__UVB_ATTR(_id, FLAGS, _m, sizeof(u32), sizeof(u64))
#define UVB_HANDLE(_id, _object, _access, _m)						\
	__UVB_ATTR(_id, HANDLE, _m, 0, 0, .object = _object,				\
		   .access = UVERBS_BPF_ACCESS_##_access)
#define UVB_FD(_id, _object, _access, _m)						\
	__UVB_ATTR(_id, FD, _m, 0, 0, .object = _object,					\
		   .access = UVERBS_BPF_ACCESS_##_access)
#define UVB_RAW_FD(_id, _m)		__UVB_ATTR(_id, RAW_FD, _m, 0, 0)
/* One of @_nr values, and no data. */
#define UVB_ENUM(_id, _nr, _m)		__UVB_ATTR(_id, ENUM, _m, 0, 0, .object = _nr)
/* The driver's own input and output. */
#define UVB_UHW()									\
	UVB_IN_MIN(UVERBS_ATTR_UHW_IN, 0, UVB_O), UVB_OUT_MIN(UVERBS_ATTR_UHW_OUT, 0, UVB_O)

#define UVB_NO_SLOT	0xff

enum uvb_hook_point {
	UVB_HOOK_FIRST,		/* before the handler runs */
	UVB_HOOK_TELLS,		/* when the handler says what it read, by uvb_ext_before() */
	UVB_HOOK_NONE,		/* never */
};

/**
 * struct uvb_method - one method of an object
 * @object: object id
 * @id: method id, namespace 0 or UVERBS_BPF_NS_OWN
 * @nr_attrs: rows of @attrs
 * @needs: offsets in struct ib_device_ops of the operations without which the
 *	method does not exist (-EPROTONOSUPPORT); 0 if none. Nor does it exist
 *	where an object that a mandatory attribute names does not
 * @attrs: its attributes
 * @handler: returns 0 or a negative errno, never -EPROTONOSUPPORT. For a
 *	method that destroys an object it runs after the object is gone
 * @direct: serves QPs without struct ib_qp, too, and needs no operation for them
 * @name: for SCHEMA and messages
 * @hook: enum uvb_hook_point: when providers are asked
 * @mandatory: bit per bkey; from here on filled by uvb_schema_init()
 * @bkey_len: one more than the highest bkey of namespaces 0 and 1
 * @destroy: bkey of the object destroyed, or UVB_NO_SLOT
 * @has_udata: takes the driver's own input and output
 * @driver: its handler is the driver's, see driver_def.c
 * @own: it is a provider's, see bpf/method.c
 * @slot: row of @attrs by bkey, or UVB_NO_SLOT
 */
struct uvb_method {
	u16 object;
	u16 id;
	u8 nr_attrs;
	u16 needs[2];
	const struct uvb_attr *attrs;
	int (*handler)(struct uverbs_attr_bundle *bundle);
	bool direct;
	const char *name;
	u8 hook;

	u64 mandatory;
	u8 bkey_len;
	u8 destroy;
	bool has_udata;
	bool driver;
	bool own;
	u8 slot[UVB_MAX_BKEY];
};

/* Of a row: it knows QPs that the driver serves directly, and gets them. */
#define UVB_DIRECT	.direct = true
#define UVB_NEEDS(op)	.needs = { offsetof(struct ib_device_ops, op) }
#define UVB_NEEDS_BOTH(op1, op2)							\
	.needs = { offsetof(struct ib_device_ops, op1), offsetof(struct ib_device_ops, op2) }

#define UVB_TELLS	.hook = UVB_HOOK_TELLS
/* Nothing of its own, but around what providers know. */
#define UVB_AROUND	.hook = UVB_HOOK_NONE

#define UVB_METHOD(_object, _id, _handler, _attrs, ...)					\
	{ .object = _object, .id = _id, .name = #_id, .handler = _handler,			\
	  .attrs = _attrs, .nr_attrs = ARRAY_SIZE(_attrs), ##__VA_ARGS__ }

/* In struct uvb_command: no method has taken the command's place. */
#define UVB_ONLY	0xffff

/**
 * struct uvb_command - one legacy command with a fixed struct
 * @number: IB_USER_VERBS_CMD_* or IB_USER_VERBS_EX_CMD_*
 * @ex: an extended command
 * @hook: as in struct uvb_method
 * @object: what it is about
 * @method: the method of @object that has taken its place, or UVB_ONLY
 * @has_udata: the driver's own input and output may follow the fixed structs
 * @req_size: fewest bytes of input. An extended command takes fewer, and reads zeroes
 * @resp_size: fewest bytes of output. An extended command takes less room, and is cut
 * @needs: as in struct uvb_method; a command that lacks one answers -EOPNOTSUPP
 * @direct: as in struct uvb_method
 * @handler: as in struct uvb_method
 * @name: for SCHEMA
 */
struct uvb_command {
	u8 number;
	bool ex;
	u8 hook;
	bool has_udata;
	u16 object;
	u16 method;
	bool direct;
	u16 req_size;
	u16 resp_size;
	u16 needs[2];
	int (*handler)(struct uverbs_attr_bundle *bundle);
	const char *name;
};

/* What programs know a command by: the method that has taken its place, or its number. */
static inline u16 uvb_command_method(const struct uvb_command *command)
{
	return command->method != UVB_ONLY ? command->method :
					     UVERBS_BPF_COMMAND(command->ex, command->number);
}

/**
 * struct uvb_type - what the handles of one object id are
 * @object: object id
 * @size: bytes of the structure that begins with struct uvb_handle
 * @destroy: destroys the hardware object; an error leaves it alive. The bundle has
 *	no call around it when a file is closed: no uvb_call(), no uvb_refuse()
 * @fops: of an object that is a file, else NULL
 * @is_file: a file all the same, but one that the method makes (@fops is NULL): it puts it into
 *	the handle's object as its last step
 * @name: for SCHEMA, and of the slab cache
 * @needs: as in struct uvb_method, for all methods and commands of the object
 * @direct: as in struct uvb_method
 * @cache: slab cache of the handles, NULL for objects that the driver defines
 * @uapi: what the driver reads of an object that it defines, else NULL
 */
struct uvb_type {
	u16 object;
	u16 size;
	int (*destroy)(struct uvb_handle *handle, enum rdma_remove_reason why,
		       struct uverbs_attr_bundle *bundle);
	const struct file_operations *fops;
	bool is_file;
	bool direct;
	const char *name;
	u16 needs[2];
	struct kmem_cache *cache;
	const struct uverbs_api_object *uapi;
};

/* Objects named by a number, not by a file descriptor. */
static inline bool uvb_type_is_numbered(const struct uvb_type *type)
{
	return type && !type->fops && !type->is_file;
}

/**
 * struct uvb_schema - what one object file declares
 * @type: its handles, NULL if the object has none
 * @methods: its methods
 * @nr_methods: rows of @methods
 * @commands: its legacy commands
 * @nr_commands: rows of @commands
 */
struct uvb_schema {
	struct uvb_type *type;
	struct uvb_method *methods;
	const struct uvb_command *commands;
	u8 nr_methods;
	u8 nr_commands;
};

#define UVB_SCHEMA(_name, ...)								\
	const struct uvb_schema uvb_schema_##_name = { __VA_ARGS__ }
#define UVB_METHODS(_m)		.methods = _m, .nr_methods = ARRAY_SIZE(_m)
#define UVB_COMMANDS(_c)	.commands = _c, .nr_commands = ARRAY_SIZE(_c)

/**
 * struct uvb_api - the schema as one device has it
 * @method: by namespace (0, or 1 for UVERBS_BPF_NS_OWN), object and method id
 * @command: by plain or extended and number
 * @driver: what the device's driver defines, NULL if nothing
 * @direct: what it hooks in from C, NULL if nothing. Not to be used once the device is removed
 * @objects: bit per slot of an object id
 *
 * What the device's driver lacks the operation for is NULL, its bit 0.
 */
struct uvb_api {
	const struct uvb_method *method[2][UVB_MAX_OBJECT][UVB_MAX_METHOD];
	const struct uvb_command *command[2][UVB_MAX_COMMAND];
	struct uvb_driver *driver;
	const struct uverbs_bpf_driver_ops *direct;
	DECLARE_BITMAP(objects, UVB_MAX_OBJECT);
};

/* Place of an object id in tables of UVB_MAX_OBJECT; not below that if it has none. */
static inline unsigned int uvb_object_slot(unsigned int object)
{
	unsigned int own = object - UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0);

	if (likely(object < UVB_CORE_OBJECTS))
		return object;
	return own < UVB_OWN_OBJECTS ? UVB_CORE_OBJECTS + own : UVB_MAX_OBJECT;
}

/* Whether the device has objects of an id, which handles name. */
static inline bool uvb_api_has_type(const struct uvb_api *api, unsigned int object)
{
	unsigned int slot = uvb_object_slot(object);

	return slot < UVB_MAX_OBJECT && test_bit(slot, api->objects);
}

int uvb_schema_init(void);
void uvb_schema_exit(void);
void uvb_api_init(struct uvb_api *api, const struct ib_device *ibdev);

/* By the slot of the object id. */
extern struct uvb_type *uvb_types[UVB_MAX_OBJECT];

/* The type of an object of a provider's, or NULL; it outlives the provider. */
#if IS_ENABLED(CONFIG_BPF_JIT)
struct uvb_type *uvb_ext_type(unsigned int object);
#else
static inline struct uvb_type *uvb_ext_type(unsigned int object) { return NULL; }
#endif

static inline struct uvb_type *uvb_type(unsigned int object)
{
	unsigned int slot = uvb_object_slot(object);

	return likely(slot < UVB_MAX_OBJECT) ? uvb_types[slot] : uvb_ext_type(object);
}

/* Row of uvb_api.method a namespace of method ids has, or -1. */
static inline int uvb_method_row(u16 method)
{
	switch (method >> UVERBS_BPF_NS_SHIFT) {
	case UVERBS_BPF_NS_CORE:
		return 0;
	case UVERBS_BPF_NS_OWN:
		return 1;
	default:
		return -1;
	}
}

static inline const struct uvb_method *uvb_api_method(const struct uvb_api *api, u16 object,
						      u16 method)
{
	unsigned int id = method & UVERBS_BPF_ID_MASK;
	unsigned int slot = uvb_object_slot(object);
	int row = uvb_method_row(method);

	if (row < 0 || slot >= UVB_MAX_OBJECT || id >= UVB_MAX_METHOD)
		return NULL;
	/* All three come from the caller; no peeking behind the table by speculation. */
	return api->method[row][array_index_nospec(slot, UVB_MAX_OBJECT)]
			  [array_index_nospec(id, UVB_MAX_METHOD)];
}

bool uvb_api_has_object(const struct uvb_api *api, u16 object);
int uvb_schema_method(struct uverbs_attr_bundle *bundle);
/* Derive what struct uvb_method says of a method's rows; -EINVAL if they are malformed. */
int uvb_method_index(struct uvb_method *method);
/* All legacy commands that some device may have, by index; NULL after the last. */
const struct uvb_command *uvb_schema_command(unsigned int index);
/* A core method that some device may have. */
const struct uvb_method *uvb_schema_find(u16 object, u16 method);
/* Put another method, or none, in the place of one that the device has. */
void uvb_api_replace(struct uvb_api *api, const struct uvb_method *method,
		     const struct uvb_method *by);

/* ---- what the driver of a device defines (driver_def.c) ---- */

const char *uvb_driver_judge(const struct ib_device *ibdev);
int uvb_driver_init(struct uvb_api *api, struct ib_device *ibdev);
void uvb_driver_destroy(struct uvb_api *api);
void uvb_driver_gone(struct uvb_api *api);
void uvb_driver_exit(void);
const struct uvb_method *uvb_driver_method(const struct uvb_api *api, u16 object, u16 method);
const struct uvb_type *uvb_driver_type(const struct uvb_api *api, unsigned int object);
struct file *uvb_driver_getfile(const struct uvb_type *type);
extern const size_t uvb_stand_in_size;
int uvb_driver_for_each(const struct uvb_api *api,
			int (*object)(void *arg, const struct uvb_type *type),
			int (*method)(void *arg, const struct uvb_method *method), void *arg);

/* ---- drivers that hook in directly (direct.c) ---- */

/* What was registered for a device, or NULL. */
const struct uverbs_bpf_driver_ops *uvb_direct_ops(const struct ib_device *ibdev);
/* Whether QPs of a device are the driver's own, without struct ib_qp. */
bool uvb_direct_qps(const struct uvb_api *api);

/* ---- devices (index.c, claim.c, client.c, node.c, status.c) ---- */

/*
 * A device's name is ibdev->name, which a rename writes over, and never unterminated. What
 * dev_name() points to is freed then.
 */

#define UVB_MAX_DEVICES		1024

/**
 * struct uvb_index - what we know of an RDMA device that stock has a node for
 * @ibdev: the device
 * @index: N of /dev/infiniband/uverbsN, equal to stock's
 * @held: @index is still ours; it is given back as early as stock does it
 * @reason: why stock serves it, NULL if we do
 * @link: in the list of all
 */
struct uvb_index {
	struct ib_device *ibdev;
	int index;
	bool held;
	const char *reason;
	struct list_head link;
};

int uvb_index_init(void);
void uvb_index_exit(void);
struct uvb_index *uvb_index_get(struct ib_device *ibdev);
/* Give the number back; stock does it before it waits for open files. */
void uvb_index_put(struct uvb_index *index);
/* Call @show for every device, under the lock of the list. */
void uvb_index_for_each(void (*show)(const struct uvb_index *index, void *arg), void *arg);

/* Why a device is left to stock, or NULL if we serve it. */
const char *uvb_claim(const struct ib_device *ibdev);
int uvb_claim_init(void);

/**
 * struct uvb_device - an RDMA device served by us
 * @stock: ib_core and drivers reach this part, see twins.h
 * @api: what it offers
 * @driver_id: every ioctl names it
 * @index: its number, until the device is removed
 * @protocols: UVERBS_BPF_PROTOCOL_* of its ports
 * @protocol: that of the first; 0 if it has none
 * @told: bit for each provider's namespace that has been told of the device; bpf/objects.c
 * @leaving: files that are open, but were taken off stock.uverbs_file_list because the device goes
 * @ext: in bpf/attach.c's list of devices
 */
struct uvb_device {
	struct ib_uverbs_device stock;
	struct uvb_api api;
	u32 driver_id;
	u32 protocols;
	u8 protocol;
	u8 told;
	struct uvb_index *index;
	struct list_head leaving;
	struct list_head ext;
};

static inline struct uvb_device *uvb_device(struct ib_uverbs_device *stock)
{
	return container_of(stock, struct uvb_device, stock);
}

int uvb_client_init(void);
void uvb_client_exit(void);
void uvb_device_put(struct ib_uverbs_device *stock);

/* Stock has minors 192 to 223 of this major, we have the 32 behind them. */
#define UVB_MAJOR		231
#define UVB_STOCK_MINOR		192
#define UVB_MINOR		224
#define UVB_FIXED_MINORS	32
#define UVB_BASE		MKDEV(UVB_MAJOR, UVB_MINOR)
#define UVB_STOCK_BASE		MKDEV(UVB_MAJOR, UVB_STOCK_MINOR)

/* node.c */
void *uvb_node_mark(unsigned int index);
void uvb_node_restore(unsigned int index, void *mark);

/* True if ib_uverbs is there; it owns the character numbers below ours. */
bool uvb_stock_present(void);

int uvb_status_init(void);
void uvb_status_exit(void);
extern struct proc_dir_entry *uvb_proc_dir;

/* ---- files (file.c, context.c, mmap.c) ---- */

/**
 * struct uvb_file - an open device node
 * @stock: ib_core and drivers reach this part, see twins.h. Of its members we
 *	leave @idr and @uobjects empty: our handles are in @table and @handles
 * @table: handles by number; its lock is uobjects_lock
 * @handles: every committed handle, newest first; changed with
 *	hw_destroy_rwsem held for write, or for read and uobjects_lock
 * @async: the first async event file, which takes events nobody else asked for
 * @mcast_lock: multicast groups of all QPs of the file
 * @poll_lock: QPs are destroyed with it held for read; held for write between taking a completion
 *	and asking its QP, which it does not keep
 * @told: bit for each provider's namespace that has been told of the file's objects and is told
 *	of what becomes of them; changed with uobjects_lock
 * @number: what programs name the file by, never used again
 * @who: who opened it
 */
struct uvb_file {
	struct ib_uverbs_file stock;
	struct uvb_table table;
	struct list_head handles;
	struct uvb_event_file *async;
	struct mutex mcast_lock;
	struct rw_semaphore poll_lock;
	u8 told;
	u64 number;
	struct uverbs_bpf_who who;
};

static inline struct uvb_file *uvb_file(struct ib_uverbs_file *stock)
{
	return container_of(stock, struct uvb_file, stock);
}

static inline struct uvb_device *uvb_file_device(const struct uvb_file *file)
{
	return uvb_device(file->stock.device);
}

static inline struct ib_device *uvb_file_ibdev(const struct uvb_file *file)
{
	return srcu_dereference(file->stock.device->ib_dev,
				&file->stock.device->disassociate_srcu);
}

extern const struct file_operations uvb_fops;
extern const struct file_operations uvb_mmap_fops;

void uvb_file_release(struct kref *ref);
/* Destroy every hardware object of the file and its context. */
void uvb_file_destroy_hw(struct uvb_file *file, enum rdma_remove_reason why);

static inline void uvb_file_put(struct uvb_file *file)
{
	kref_put(&file->stock.ref, uvb_file_release);
}

struct ib_ucontext *uvb_context_get(struct uvb_file *file);
struct ib_ucontext *uvb_bundle_context(struct uverbs_attr_bundle *bundle);
bool uvb_bundle_has_raw_cap(struct uverbs_attr_bundle *bundle);
int uvb_context_alloc(struct uverbs_attr_bundle *bundle);
int uvb_context_init(struct uverbs_attr_bundle *bundle, int *ucaps, int nr_ucaps);
void uvb_context_free(struct uverbs_attr_bundle *bundle);
void uvb_context_destroy(struct uvb_file *file, enum rdma_remove_reason why);

int uvb_mmap(struct file *filp, struct vm_area_struct *vma);
void uvb_mmap_disassociate(struct uvb_file *file);

/* ---- handles (object.c) ---- */

/**
 * struct uvb_handle - what user space names an object by
 * @context: at the place struct ib_uobject has it, which ib_core reads of PDs and CQs
 * @object: likewise; the ib_core object, a struct file for files until committed
 * @link: in uvb_file.handles
 * @rcu: frees it
 * @cg: the cgroup charged
 * @id: handle, or file descriptor until committed
 * @ref: one of the table, one of the list, one of each call that looked it up
 * @usecnt: readers, or -1 while one call has it to itself
 * @type: object id
 * @is_file: a file descriptor names it
 * @whole: it lies in a struct ib_uobject, as driver_def.c has it
 * @stand_in: it is none, but stands for one, likewise
 * @direct: a QP without struct ib_qp behind it, see verbs/qp_direct.c
 * @own_type: of a new type that a provider declares: its namespace from UVERBS_BPF_NS_PROVIDER_FIRST
 *	on, which it keeps, from 1; else 0
 */
struct uvb_handle {
	struct ib_ucontext *context;
	void *object;
	union {
		struct list_head link;
		struct rcu_head rcu;
	};
	struct ib_rdmacg_object cg;
	u32 id;
	refcount_t ref;
	atomic_t usecnt;
	u16 type;
	bool is_file;
	bool whole:1;
	bool stand_in:1;
	bool direct:1;
	u8 own_type:3;
};

static_assert(UVERBS_BPF_NS_PROVIDER_LAST - UVERBS_BPF_NS_PROVIDER_FIRST + 1 < 8);

/* Whether it was made as one of the type that the provider of a namespace declares. */
static inline bool uvb_handle_is_own_type(const struct uvb_handle *handle, u8 ns)
{
	return handle->own_type == ns - UVERBS_BPF_NS_PROVIDER_FIRST + 1;
}

static_assert(offsetof(struct uvb_handle, object) - offsetof(struct uvb_handle, context) ==
	      offsetof(struct ib_uobject, object) - offsetof(struct ib_uobject, context));

/*
 * The window of struct ib_uobject that others look through: only context and
 * object are behind it, and only they are read (docs/architecture.md lists by
 * whom).
 */
static inline struct ib_uobject *uvb_uobject(struct uvb_handle *handle)
{
	return (void *)handle - offsetof(struct ib_uobject, context);
}

static inline struct uvb_handle *uvb_handle(struct ib_uobject *uobject)
{
	return (void *)uobject + offsetof(struct ib_uobject, context);
}

struct uvb_handle *uvb_driver_handle_alloc(struct uvb_file *file, const struct uvb_type *type);
struct ib_uobject *uvb_stand_in(void *to, struct uvb_file *file, struct uvb_handle *handle);
struct uvb_handle *uvb_stand_in_end(struct ib_uobject *uobject);

struct uvb_handle *uvb_handle_begin(struct uverbs_attr_bundle *bundle, unsigned int object);
void uvb_handle_commit(struct uvb_file *file, struct uvb_handle *handle);
void uvb_handle_abort(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle, bool created);
struct uvb_handle *uvb_handle_get(struct uverbs_attr_bundle *bundle, unsigned int object, s64 id,
				  enum uverbs_bpf_schema_access access);
void uvb_handle_put(struct uvb_handle *handle, enum uverbs_bpf_schema_access access);
int uvb_handle_destroy(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle);
void uvb_handle_free(struct uvb_handle *handle);
/* Destroys and forgets the object; for legacy commands. */
int uvb_handle_destroy_id(struct uverbs_attr_bundle *bundle, unsigned int object, u32 id);
/* As above, but the caller still reads the handle and then puts it with ACCESS_DESTROY. */
struct uvb_handle *uvb_handle_get_destroyed(struct uverbs_attr_bundle *bundle,
					    unsigned int object, u32 id);
/* The ids of all handles of an object, newest first, as many as there is room for. */
unsigned int uvb_handles_list(struct uvb_file *file, unsigned int object, u32 *ids,
			      unsigned int room);
/* Release of a file that is a handle. */
void uvb_handle_file_release(struct uvb_file *file, struct uvb_handle *handle);
void uvb_handles_release(struct uvb_file *file);

static inline void uvb_handle_unref(struct uvb_handle *handle)
{
	if (refcount_dec_and_test(&handle->ref))
		uvb_handle_free(handle);
}

/* The ib_core object behind a handle id, locked for reading, or the errno of uvb_handle_get(). */
void *uvb_object_get(struct uverbs_attr_bundle *bundle, unsigned int object, u32 id,
		     struct uvb_handle **handle);
/* One of several objects a legacy command names; *part is left alone if there is none. */
int uvb_part_get(struct uverbs_attr_bundle *bundle, unsigned int object, u32 id,
		 struct uvb_handle **part);

/* ---- events (events.c) ---- */

struct uvb_event_queue {
	spinlock_t lock;
	bool closed;
	struct list_head events;
	wait_queue_head_t wait;
	struct fasync_struct *fasync;
};

/**
 * struct uvb_event_file - a completion channel or an async event file
 * @handle: what user space names it by
 * @file: the device file it belongs to
 * @queue: its events
 * @ib_handler: async event files: port and device events
 */
struct uvb_event_file {
	struct uvb_handle handle;
	struct uvb_file *file;
	struct uvb_event_queue queue;
	struct ib_event_handler ib_handler;
};

/**
 * struct uvb_event_source - the part of a CQ, QP, SRQ or WQ handle that reports async events
 * @handle: what user space names the object by
 * @user_handle: what user space wants to see in events
 * @async: where they go, or NULL
 * @async_reported: events read by user space, which it must have acknowledged before it is done
 */
struct uvb_event_source {
	struct uvb_handle handle;
	u64 user_handle;
	struct uvb_event_file *async;
	u32 async_reported;
};

/**
 * struct uvb_cq - handle of a CQ
 * @source: async events
 * @comp_reported: completion events read by user space
 * @comp_pending: completion events it has not read yet
 * @channel: where they go, or NULL
 * @comp_link: in the channel's queue while @comp_pending is not 0
 *
 * A CQ is in its channel's queue at most once, so that a completion event
 * costs no allocation and cannot be lost for lack of memory.
 */
struct uvb_cq {
	struct uvb_event_source source;
	u32 comp_reported;
	u32 comp_pending;
	struct uvb_event_file *channel;
	struct list_head comp_link;
};

/**
 * struct uvb_xrcd - handle of an XRC domain
 * @handle: what user space names it by
 * @users: QPs and SRQs made or opened by this handle; it stays as long as they do
 */
struct uvb_xrcd {
	struct uvb_handle handle;
	atomic_t users;
};

/**
 * struct uvb_qp - handle of a QP
 * @source: async events
 * @mcast: multicast groups it is attached to
 * @xrcd: domain of an XRC target QP, else NULL
 * @transport: what a transport's program keeps for it: namespace in the upper byte, state below
 */
struct uvb_qp {
	struct uvb_event_source source;
	struct hlist_head mcast;
	struct uvb_xrcd *xrcd;
	u64 transport;
};

/**
 * struct uvb_srq - handle of an SRQ
 * @source: async events
 * @xrcd: domain of an XRC SRQ, else NULL
 */
struct uvb_srq {
	struct uvb_event_source source;
	struct uvb_xrcd *xrcd;
};

/* Number and enum ib_qp_type of the QP behind a handle, whoever serves it. */
u32 uvb_qp_number(const struct uvb_handle *handle);
u8 uvb_qp_type(const struct uvb_handle *handle);

void uvb_comp_handler(struct ib_cq *cq, void *channel);
void uvb_cq_event_handler(struct ib_event *event, void *context);
void uvb_qp_event_handler(struct ib_event *event, void *context);
void uvb_wq_event_handler(struct ib_event *event, void *context);
void uvb_srq_event_handler(struct ib_event *event, void *context);
void uvb_event_source_init(struct uvb_event_source *source, u64 user_handle,
			   struct uvb_event_file *async);
/* After the hardware object is gone: drop what nobody read, and the references. */
void uvb_event_source_release(struct uvb_event_source *source);
void uvb_event_source_report(struct uvb_event_source *source, enum ib_event_type type);
/*
 * The ends of the methods and commands that destroy a QP, SRQ or WQ: all three tell how many of
 * its async events were read, and nothing else.
 */
int uvb_event_source_destroyed(struct uverbs_attr_bundle *bundle, u16 handle_attr, u16 resp_attr);
int uvb_event_source_destroy_id(struct uverbs_attr_bundle *bundle, unsigned int object, u32 id,
				u32 *reported);
void uvb_cq_events_release(struct uvb_cq *cq);
/* The async event file a call names by @attr, or the file's default one; NULL if none. */
struct uvb_event_file *uvb_event_file_get(struct uverbs_attr_bundle *bundle, u16 attr);
struct uvb_event_file *uvb_event_file_default(struct uvb_file *file);
void uvb_comp_channel_init(struct uvb_file *file, struct uvb_handle *handle);
void uvb_async_event_init(struct uvb_file *file, struct uvb_handle *handle);

/* Parts that other objects which are files have in common with these. */
void uvb_event_file_init(struct uvb_file *file, struct uvb_event_file *events);
void uvb_event_queue_wake(struct uvb_event_queue *queue);
__poll_t uvb_event_poll(struct file *filp, struct poll_table_struct *wait);
int uvb_event_fasync(int fd, struct file *filp, int on);
int uvb_event_file_release(struct inode *inode, struct file *filp);

static inline void uvb_event_file_put(struct uvb_event_file *events)
{
	if (events)
		uvb_handle_unref(&events->handle);
}

/* ---- calls (dispatch.c, error.c) ---- */

/* Attributes of programs one call may carry. */
#define UVB_MAX_EXT		8

/**
 * struct uvb_ext_attr - an attribute of a program's namespace, checked against its schema row
 * @id: with namespace
 * @len: bytes
 * @index: place in the caller's array, to flag it as written
 * @out: an output
 * @data: inline data if it is an input of at most 8 bytes, else the user address
 */
struct uvb_ext_attr {
	u16 id;
	u16 len;
	u16 index;
	bool out;
	u64 data;
};

/**
 * struct uvb_new_type - the type, declared by a program, that a new object is to have
 * @what: UVERBS_BPF_TYPE_*, 0 for an ordinary object
 * @filters: the program has comp()
 * @hooks: the program hooks the method
 * @selector: the program's attribute that asks for it, with its namespace
 * @name: the program's
 */
struct uvb_new_type {
	u8 what;
	bool filters;
	bool hooks;
	u16 selector;
	char name[16];
};

/**
 * struct uvb_call - one ioctl while it runs
 * @file: the device file
 * @hook: providers that are asked before and told after, NULL if there are none
 * @method: what it calls
 * @error_text: why it was refused, NULL if nobody asked or nobody said
 * @error_id: attribute @error_text names
 * @sgid: GID that the path of the call starts from, held until the call ends; NULL if it was not
 *	looked up
 * @num_attrs: attributes the caller passed, in priv.uattrs
 * @nr_ext: attributes of programs
 * @for_transport: one of them is a transport's
 * @for_provider: one of them is a provider's
 * @transport: of QP_MODIFY and QP_CONNECT: what struct uvb_qp is to keep once the call succeeded
 * @direct: its method or command knows QPs that the driver serves directly
 * @ext: the attributes of programs
 * @type: what the call makes, if @ext asks for a type of its own
 * @priv: what drivers get to see; the bundle's attrs[] follow it in memory
 */
struct uvb_call {
	struct uvb_file *file;
	struct uvb_hook *hook;
	const struct uvb_method *method;
	char *error_text;
	const struct ib_gid_attr *sgid;
	u16 error_id;
	u16 num_attrs;
	u8 nr_ext;
	bool for_transport;
	bool for_provider;
	bool direct;
	u64 transport;
	struct uvb_ext_attr ext[UVB_MAX_EXT];
	struct uvb_new_type type;
	struct bundle_priv priv;
};

static inline struct uverbs_attr_bundle *uvb_bundle(struct uvb_call *call)
{
	return container_of(&call->priv.bundle, struct uverbs_attr_bundle, hdr);
}

/* Only for bundles made by the dispatcher, which is all that handlers and commands see. */
static inline struct uvb_call *uvb_call(struct uverbs_attr_bundle *bundle)
{
	return container_of(&bundle->hdr, struct uvb_call, priv.bundle);
}

static inline struct uvb_file *uvb_bundle_file(const struct uverbs_attr_bundle *bundle)
{
	return uvb_file(bundle->ufile);
}

/* Call a method that was found in another way than by its ids. */
int uvb_call_attrs(struct uvb_file *file, const struct uvb_method *method, unsigned int num_attrs,
		   struct ib_uverbs_attr __user *user_attrs);
long uvb_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);
void uvb_call_init(struct uvb_call *call, struct uvb_file *file);

/* What programs had looked up is held as long as the call. */
static inline void uvb_call_put_sgid(struct uvb_call *call)
{
	if (unlikely(call->sgid))
		rdma_put_gid_attr(call->sgid);
}


/**
 * uvb_refuse() - refuse a call and say why
 * @bundle: the call
 * @err: negative errno
 * @attr: the attribute at fault, or UVERBS_BPF_ATTR_NONE
 * @fmt: what is wrong and what would be right
 *
 * The text reaches a caller that passed UVERBS_BPF_ATTR_ERROR; others cost
 * nothing. The first refusal of a call wins.
 *
 * Return: @err.
 */
__printf(4, 5) int uvb_refuse(struct uverbs_attr_bundle *bundle, int err, u16 attr,
			      const char *fmt, ...);
/* True if the caller of a refused call wants to know why. */
bool uvb_error_wanted(const struct uvb_call *call);
int uvb_error_check(struct uvb_call *call, unsigned int index);
void uvb_error_deliver(struct uvb_call *call, int err);

/* Attribute access for handlers; absent is -ENOENT. */
static __always_inline bool uvb_has(const struct uverbs_attr_bundle *bundle, u16 id)
{
	/* Not by test_bit(), whose reads the compiler may not put together. */
	return bundle->attr_present[BIT_WORD(UVB_BKEY(id))] & BIT_MASK(UVB_BKEY(id));
}

static inline bool uvb_is_inline(const struct uverbs_attr *attr)
{
	return attr->ptr_attr.len <= sizeof(attr->ptr_attr.data);
}

int __uvb_copy_in(void *to, const struct uverbs_attr_bundle *bundle, u16 id, size_t size);
int __uvb_copy_out(const struct uverbs_attr_bundle *bundle, u16 id, const void *from, size_t size);

/* Tell the caller that an output was written: @index is its place in the caller's list. */
static inline int uvb_mark_output(const struct uverbs_attr_bundle *bundle, u16 index)
{
	const struct bundle_priv *priv = container_of(&bundle->hdr, struct bundle_priv, bundle);
	u16 flags = priv->uattrs[index].flags | UVERBS_ATTR_F_VALID_OUTPUT;

	return uvb_put(&priv->user_attrs[index].flags, &flags, sizeof(flags));
}

/* Drivers write theirs without saying so. */
static inline int uvb_mark_driver_output(const struct uverbs_attr_bundle *bundle)
{
	return uvb_has(bundle, UVERBS_ATTR_UHW_OUT) ?
		uvb_mark_output(bundle, bundle->attrs[UVB_BKEY(UVERBS_ATTR_UHW_OUT)]
						.ptr_attr.uattr_idx) : 0;
}

/*
 * Copies whose size the compiler knows and the caller's attribute has are
 * most, and cost a fraction of the others: hence inline.
 */
static __always_inline int uvb_copy_in(void *to, const struct uverbs_attr_bundle *bundle, u16 id,
				       size_t size)
{
	const struct uverbs_attr *attr = &bundle->attrs[UVB_BKEY(id)];

	if (!uvb_has(bundle, id))
		return -ENOENT;
	if (unlikely(attr->ptr_attr.len != size))
		return __uvb_copy_in(to, bundle, id, size);
	if (size <= sizeof(u64)) {
		memcpy(to, &attr->ptr_attr.data, size);
		return 0;
	}
	return uvb_get(to, u64_to_user_ptr(attr->ptr_attr.data), size);
}

static __always_inline int uvb_copy_out(const struct uverbs_attr_bundle *bundle, u16 id,
					const void *from, size_t size)
{
	const struct uverbs_attr *attr = &bundle->attrs[UVB_BKEY(id)];

	if (!uvb_has(bundle, id))
		return -ENOENT;
	if (unlikely(attr->ptr_attr.len < size))
		return __uvb_copy_out(bundle, id, from, size);
	if (uvb_put(u64_to_user_ptr(attr->ptr_attr.data), from, size))
		return -EFAULT;
	return uvb_mark_output(bundle, attr->ptr_attr.uattr_idx);
}

/* Of an optional output: a caller that did not ask for it gets nothing. */
static __always_inline int uvb_copy_out_optional(const struct uverbs_attr_bundle *bundle, u16 id,
						 const void *from, size_t size)
{
	return uvb_has(bundle, id) ? uvb_copy_out(bundle, id, from, size) : 0;
}

int __uvb_copy_out_zero(const struct uverbs_attr_bundle *bundle, u16 id, const void *from,
			size_t size);

/* Also zeroes what the caller's buffer has beyond @size. */
static __always_inline int uvb_copy_out_zero(const struct uverbs_attr_bundle *bundle, u16 id,
					     const void *from, size_t size)
{
	if (unlikely(uvb_has(bundle, id) &&
		     bundle->attrs[UVB_BKEY(id)].ptr_attr.len > size))
		return __uvb_copy_out_zero(bundle, id, from, size);
	return uvb_copy_out(bundle, id, from, size);
}

/*
 * Ids are constants, and what an id says of its place in attrs[] is worked out
 * by the compiler: hence inline.
 */
static __always_inline int uvb_const(u64 *to, const struct uverbs_attr_bundle *bundle, u16 id,
				     u64 max)
{
	if (!uvb_has(bundle, id))
		return -ENOENT;
	*to = bundle->attrs[UVB_BKEY(id)].ptr_attr.data;
	return *to > max ? -EINVAL : 0;
}

int __uvb_flags(u32 *to, const struct uverbs_attr *attr, u64 allowed);

/* Absent flags are 0. */
static __always_inline int uvb_flags(u32 *to, const struct uverbs_attr_bundle *bundle, u16 id,
				     u64 allowed)
{
	*to = 0;
	return uvb_has(bundle, id) ? __uvb_flags(to, &bundle->attrs[UVB_BKEY(id)], allowed) : 0;
}

static __always_inline struct uvb_handle *
uvb_attr_handle(const struct uverbs_attr_bundle *bundle, u16 id)
{
	return uvb_handle(bundle->attrs[UVB_BKEY(id)].obj_attr.uobject);
}

/* The ib_core object of a handle attribute; NULL if the attribute is absent. */
static __always_inline void *uvb_attr_object(const struct uverbs_attr_bundle *bundle, u16 id)
{
	return uvb_has(bundle, id) ? uvb_attr_handle(bundle, id)->object : NULL;
}

/* The input and the output of a call that have two ids, as @udata. */
static __always_inline void uvb_fill_udata(const struct uverbs_attr_bundle *bundle,
					   struct ib_udata *udata, u16 in, u16 out)
{
	const struct bundle_priv *priv = container_of(&bundle->hdr, struct bundle_priv, bundle);
	const struct uverbs_attr *attr;

	*udata = (struct ib_udata) {};
	if (uvb_has(bundle, in)) {
		attr = &bundle->attrs[UVB_BKEY(in)];
		udata->inlen = attr->ptr_attr.len;
		/* Drivers copy from user memory, so inline data is where the caller put it. */
		udata->inbuf = uvb_is_inline(attr) ?
			(const void __user *)&priv->user_attrs[attr->ptr_attr.uattr_idx].data :
			u64_to_user_ptr(attr->ptr_attr.data);
	}
	if (uvb_has(bundle, out)) {
		attr = &bundle->attrs[UVB_BKEY(out)];
		udata->outlen = attr->ptr_attr.len;
		udata->outbuf = u64_to_user_ptr(attr->ptr_attr.data);
	}
}

/* Handler of methods that destroy an object and answer nothing. */
int uvb_destroyed(struct uverbs_attr_bundle *bundle);
/* From here on a failing call destroys the new object with the driver. */
void uvb_created(struct uverbs_attr_bundle *bundle, u16 id);

/* ---- legacy commands (legacy.c) ---- */

ssize_t uvb_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos);
int uvb_invoke_write(struct uverbs_attr_bundle *bundle);
int __uvb_request(struct uverbs_attr_bundle *bundle, void *req, size_t size);
/* The struct of a command that something of variable size follows; -ENOSPC if it is cut. */
int uvb_request_head(struct uverbs_attr_bundle *bundle, void *req, size_t size);
/* What follows, from @offset; -ENOSPC if it is cut, -EOPNOTSUPP if more than zeroes follow it. */
int uvb_request_tail(struct uverbs_attr_bundle *bundle, size_t offset, void *to, size_t size);
int __uvb_response(struct uverbs_attr_bundle *bundle, const void *resp, size_t size);

/**
 * uvb_request() - the command's struct
 * @bundle: the call
 * @req: filled; what an older program did not send is zero
 * @size: bytes of @req
 *
 * Return: 0; -EOPNOTSUPP if a newer program sent more, and it is not zero; -EFAULT.
 */
static __always_inline int uvb_request(struct uverbs_attr_bundle *bundle, void *req, size_t size)
{
	if (unlikely(bundle->ucore.inlen != size))
		return __uvb_request(bundle, req, size);
	return uvb_get(req, bundle->ucore.inbuf, size);
}

/**
 * uvb_response() - answer a command
 * @bundle: the call
 * @resp: the answer; cut or zero extended to what the caller has room for
 * @size: bytes of @resp
 *
 * Return: 0 or -EFAULT.
 */
static __always_inline int uvb_response(struct uverbs_attr_bundle *bundle, const void *resp,
					size_t size)
{
	if (unlikely(bundle->ucore.outlen != size))
		return __uvb_response(bundle, resp, size);
	if (uvb_put(bundle->ucore.outbuf, resp, size))
		return -EFAULT;
	return uvb_has(bundle, UVERBS_ATTR_CORE_OUT) ?
		uvb_mark_output(bundle, bundle->attrs[UVB_BKEY(UVERBS_ATTR_CORE_OUT)]
						.ptr_attr.uattr_idx) : 0;
}

static inline u32 uvb_response_length(const struct uverbs_attr_bundle *bundle, size_t size)
{
	return min(bundle->ucore.outlen, size);
}

#define UVB_COMMAND(_number, _handler, _object, _method, _req, _resp, ...)		\
	{ .number = IB_USER_VERBS_CMD_##_number, .name = #_number, .handler = _handler,		\
	  .object = _object, .method = _method, .req_size = _req, .resp_size = _resp, ##__VA_ARGS__ }
#define UVB_COMMAND_EX(_number, _handler, _object, _method, _req, _resp, ...)		\
	{ .number = IB_USER_VERBS_EX_CMD_##_number, .ex = true, .has_udata = true,		\
	  .name = "EX_" #_number, .handler = _handler, .object = _object, .method = _method,	\
	  .req_size = _req, .resp_size = _resp, ##__VA_ARGS__ }
#define UVB_UDATA	.has_udata = true

/* A new handle of a legacy command; finished with the call. */
struct uvb_handle *uvb_new(struct uverbs_attr_bundle *bundle, unsigned int object);

/* ---- objects, one file each under verbs/ ---- */

#ifdef UVB_HAVE_COMP_CNTR
#define UVB_COMP_CNTR_SCHEMAS(_)	_(comp_cntr) _(comp_cntr_caps)
#else
#define UVB_COMP_CNTR_SCHEMAS(_)
#endif

#ifdef UVB_HAVE_DMAH
#define UVB_DMAH_SCHEMAS(_)		_(dmah)
#else
#define UVB_DMAH_SCHEMAS(_)
#endif

#ifdef UVB_HAVE_DMABUF
#define UVB_DMABUF_SCHEMAS(_)		_(dmabuf)
#else
#define UVB_DMABUF_SCHEMAS(_)
#endif

#define UVB_FOR_EACH_SCHEMA(_)						\
	_(device) _(pd) _(comp_channel) _(cq) _(qp) _(ah) _(mr) _(async_event) \
	_(mw) _(dm) UVB_DMAH_SCHEMAS(_) UVB_DMABUF_SCHEMAS(_)		\
	_(wq) _(rwq_ind_tbl) _(flow) _(flow_action) _(counters) _(srq) _(xrcd) \
	_(mad_agent) _(channel) _(cq_counter) \
	UVB_COMP_CNTR_SCHEMAS(_)

#define __UVB_DECLARE_SCHEMA(name) extern const struct uvb_schema uvb_schema_##name;
UVB_FOR_EACH_SCHEMA(__UVB_DECLARE_SCHEMA)
#undef __UVB_DECLARE_SCHEMA

#endif /* UVB_H */
