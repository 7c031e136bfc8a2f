// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A provider with one of everything that records what it is called for. Tests
 * change its declaration (name, role, priority, hooks) before they load it,
 * and tell it how to behave in data.
 */
#include "uverbs_bpf.bpf.h"
#include "channel.h"

extern void bpf_throw(__u64 cookie) __ksym;
/* As a later header may declare them: an older module, such as this one, has neither. */
extern int uverbs_bpf_of_the_future(struct uverbs_bpf_ctx *ctx) __weak __ksym;
extern void uverbs_bpf_has_the_future(void) __weak __ksym;

struct channel_data data;

/* Order of calls among programs: shared by all of one test, see channel.c. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} order SEC(".maps");

static __always_inline __u64 next_order(void)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&order, &zero);

	return value ? __sync_fetch_and_add(value, 1) : 0;
}

static __always_inline struct channel_record *record(__u8 what)
{
	struct channel_record *to;
	__u32 i;

	if (data.quiet)
		return NULL;
	i = __sync_fetch_and_add(&data.nr, 1);
	if (i >= CHANNEL_RECORDS)
		return NULL;
	to = &data.records[i];
	to->thread = bpf_get_current_pid_tgid();
	to->what = what;
	return to;
}

static __always_inline void who(struct channel_record *to, const struct uverbs_bpf_who *from)
{
	to->uid = from->uid;
	to->pid = from->pid;
	to->cgroup = from->cgroup;
	to->netns = from->netns;
}

static __always_inline struct channel_record *record_call(__u8 what, struct uverbs_bpf_ctx *call)
{
	struct channel_record *to = record(what);

	if (!to)
		return NULL;
	to->object = call->object;
	to->method = call->method;
	to->legacy = call->legacy;
	to->has_path = call->has_path;
	to->traffic_class = call->path.traffic_class;
	to->handle = call->handle;
	to->file = call->file;
	to->device = call->device;
	who(to, &call->who);
	return to;
}

/* What no program may; C makes an error of each. */
static __always_inline int misbehave(struct uverbs_bpf_ctx *call)
{
	__u8 bytes[16] = {};

	switch (data.fault) {
	case CHANNEL_FAULT_POSITIVE:
		return 33;
	case CHANNEL_FAULT_RESTART:
		return -512;
	case CHANNEL_FAULT_THROW:
		bpf_throw(44);
		return 0;
	case CHANNEL_FAULT_PATH:
		call->path.flow_label = 1 << 20;
		return 0;
	case CHANNEL_FAULT_BEYOND:
		data.beyond += !uverbs_bpf_attr_read(call, CHANNEL_ECHO_IN, 4096 - 8, bytes, 16);
		data.beyond += !uverbs_bpf_attr_write(call, CHANNEL_ECHO_OUT, ~0U, bytes, 16);
		data.beyond += !uverbs_bpf_attr_write(call, CHANNEL_ECHO_IN, 0, bytes, 16);
		data.beyond += !uverbs_bpf_attr_read(call, 0x4000, 0, bytes, 1);
		data.beyond += !!uverbs_bpf_attr_out(call, CHANNEL_ECHO_OUT, ~0U, 16);
		data.beyond += !!uverbs_bpf_args(call, 4096);
		data.beyond += !!uverbs_bpf_state(call, 8, 16);
		/* Of no bytes the verifier lets a program read one, which must be there. */
		data.beyond += !!uverbs_bpf_attr_in(call, CHANNEL_ECHO_IN, 4096, 0);
		data.beyond += !!uverbs_bpf_attr_out(call, CHANNEL_ECHO_OUT, 4096, 0);
		data.beyond += !!uverbs_bpf_args(call, 0);
		data.beyond += !!uverbs_bpf_state(call, 0, 0);
		data.beyond += !!uverbs_bpf_command(call, 0, 0);
		data.beyond += !!uverbs_bpf_reply(call, 0, 0);
		return 0;
	}
	return 0;
}

SEC("struct_ops")
int BPF_PROG(channel_before, struct uverbs_bpf_ctx *call)
{
	struct channel_record *to = record_call(CHANNEL_BEFORE, call);

	if (to)
		to->length = next_order();
	if (data.refuse && data.refuse == ((__u32)call->object << 16 | call->method))
		return uverbs_bpf_refuse(call, CHANNEL_CQ_IN, -EBUSY, "not today, but in %u days", 7);
	if (data.traffic_class && call->has_path)
		call->path.traffic_class = data.traffic_class;
	if (data.fault && ((call->object == UVERBS_OBJECT_CQ &&
			    call->method == UVERBS_METHOD_CQ_CREATE) || call->has_path))
		return misbehave(call);
	return 0;
}

SEC("struct_ops")
void BPF_PROG(channel_after, struct uverbs_bpf_ctx *call, int ret)
{
	struct channel_record *to = record_call(CHANNEL_AFTER, call);
	__u64 value;

	if (to)
		to->ret = ret;
	value = data.salt;
	uverbs_bpf_attr_write(call, CHANNEL_ANY_OUT, 0, &value, sizeof(value));
	if (call->object != UVERBS_OBJECT_CQ || call->method != UVERBS_METHOD_CQ_CREATE)
		return;
	if (uverbs_bpf_attr_read(call, CHANNEL_CQ_IN, 0, &value, sizeof(value)))
		return;
	value += data.salt;
	uverbs_bpf_attr_write(call, CHANNEL_CQ_OUT, 0, &value, sizeof(value));
}

static __always_inline int look(struct uverbs_bpf_ctx *call)
{
	struct channel_look *to = (void *)uverbs_bpf_attr_out(call, CHANNEL_QP_OUT, 0, sizeof(*to));

	if (!to)
		return -EINVAL;
	to->handle = call->handle;
	to->qp_type = call->qp_type;
	to->file = call->file;
	to->has_hw = !!call->hw;
	to->uid = call->who.uid;
	return 0;
}

/* The same object takes the way that there is. */
static __always_inline void find_ways(struct uverbs_bpf_ctx *call)
{
	__u32 ways = 0;

	if (bpf_ksym_exists(uverbs_bpf_of_the_future))
		ways |= uverbs_bpf_of_the_future(call) | CHANNEL_WAY_FUTURE;
	else if (bpf_ksym_exists(uverbs_bpf_attr_len))
		ways |= uverbs_bpf_attr_len(call, CHANNEL_ECHO_IN) > 0 ? CHANNEL_WAY_OLD : 0;
	if (bpf_ksym_exists(uverbs_bpf_has_the_future))
		ways |= CHANNEL_WAY_MARKED;
	if (bpf_ksym_exists(uverbs_bpf_has_counter))
		ways |= CHANNEL_WAY_COUNTER;
	data.ways = ways;
}

/* Variable offsets, and whole kilobytes. */
static __always_inline int echo(struct uverbs_bpf_ctx *call)
{
	int len = uverbs_bpf_attr_len(call, CHANNEL_ECHO_IN);
	__u8 bytes[8] = {};
	int i;

	find_ways(call);
	if (data.fault)
		return misbehave(call);
	if (len != uverbs_bpf_attr_len(call, CHANNEL_ECHO_OUT))
		return uverbs_bpf_refuse(call, CHANNEL_ECHO_OUT, -EINVAL,
					 "wants as many bytes as the input, %u", len);
	for (i = 0; i < 4096 / 8; i++) {
		if (8 * i + 8 > len)
			break;
		if (uverbs_bpf_attr_read(call, CHANNEL_ECHO_IN, 8 * i, bytes, 8) ||
		    uverbs_bpf_attr_write(call, CHANNEL_ECHO_OUT, 8 * i, bytes, 8))
			return -EIO;
	}
	return 0;
}

static __always_inline int counter(struct uverbs_bpf_ctx *call)
{
	__u64 *state = (void *)uverbs_bpf_state(call, 0, sizeof(*state));
	const __u64 *in;
	__u64 *out;

	if (!state)
		return -EIO;
	switch (call->method) {
	case UVERBS_BPF_SELF(CHANNEL_COUNTER_NEW):
		in = (void *)uverbs_bpf_attr_in(call, CHANNEL_COUNTER_VALUE, 0, sizeof(*in));
		if (!in)
			return -EINVAL;
		if (*in == 13)
			return uverbs_bpf_refuse(call, CHANNEL_COUNTER_VALUE, -EDOM,
						 "%u is not a number to begin with", *in);
		*state = *in;
		return 0;
	case UVERBS_BPF_SELF(CHANNEL_COUNTER_NEXT):
		out = (void *)uverbs_bpf_attr_out(call, CHANNEL_COUNTER_VALUE, 0, sizeof(*out));
		if (!out)
			return -EINVAL;
		*out = (*state)++;
		return 0;
	}
	/* A destruction cannot be refused; this must have no effect. */
	return -EBUSY;
}

SEC("struct_ops")
int BPF_PROG(channel_method, struct uverbs_bpf_ctx *call)
{
	record_call(CHANNEL_METHOD, call);
	if (call->object == UVERBS_OBJECT_QP)
		return look(call);
	if (call->object == UVERBS_OBJECT_DEVICE)
		return echo(call);
	return counter(call);
}

static __always_inline void record_obj(__u8 what, struct uverbs_bpf_obj *obj)
{
	struct channel_record *to = record(what);

	if (!to)
		return;
	to->object = obj->object;
	to->handle = obj->handle;
	to->file = obj->file;
	to->length = obj->length;
	to->number = obj->number;
	to->device = obj->device;
	to->replayed = obj->replayed;
	to->ret = !!obj->hw;
	who(to, &obj->who);
}

SEC("struct_ops")
void BPF_PROG(channel_obj_add, struct uverbs_bpf_obj *obj)
{
	record_obj(CHANNEL_OBJ_ADD, obj);
}

SEC("struct_ops")
void BPF_PROG(channel_obj_remove, struct uverbs_bpf_obj *obj)
{
	record_obj(CHANNEL_OBJ_REMOVE, obj);
}

static __always_inline void record_dev(__u8 what, struct uverbs_bpf_dev *dev)
{
	struct channel_record *to = record(what);

	if (!to)
		return;
	to->device = dev->device;
	to->number = dev->driver_id;
	to->length = dev->ports;
	to->handle = dev->protocols;
}

SEC("struct_ops")
void BPF_PROG(channel_dev_add, struct uverbs_bpf_dev *dev)
{
	record_dev(CHANNEL_DEV_ADD, dev);
}

SEC("struct_ops")
void BPF_PROG(channel_dev_remove, struct uverbs_bpf_dev *dev)
{
	record_dev(CHANNEL_DEV_REMOVE, dev);
}

SEC("struct_ops")
void BPF_PROG(channel_dump, struct uverbs_bpf_dump *dump)
{
	uverbs_bpf_dump_value(dump, "salt", data.salt);
	uverbs_bpf_dump_value(dump, "records", data.nr);
}

SEC("struct_ops")
void BPF_PROG(channel_exit, struct uverbs_bpf_exit *info)
{
	struct channel_record *to = record(CHANNEL_EXIT);

	if (!to)
		return;
	to->ret = info->reason;
	to->length = info->faults;
	to->number = info->generation;
}

UVERBS_BPF_PROVIDER(channel) = {
	.decl = {
		.name = "channel",
		.abi = UVERBS_BPF_ABI,
		.nr_attrs = 7,
		.attrs = {
			UVERBS_BPF_ROW(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE, IN,
				       CHANNEL_CQ_IN, 8, 8, "cq_in"),
			UVERBS_BPF_ROW(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE, OUT,
				       CHANNEL_CQ_OUT, 8, 8, "cq_out"),
			UVERBS_BPF_ROW(UVERBS_OBJECT_QP, UVERBS_BPF_SELF(CHANNEL_QP_LOOK), OUT,
				       CHANNEL_QP_OUT, sizeof(struct channel_look),
				       sizeof(struct channel_look), "look"),
			UVERBS_BPF_ROW(UVERBS_OBJECT_DEVICE, UVERBS_BPF_SELF(CHANNEL_ECHO), IN,
				       CHANNEL_ECHO_IN, 1, UVERBS_BPF_MAX_LEN, "echo_in"),
			UVERBS_BPF_ROW(UVERBS_OBJECT_DEVICE, UVERBS_BPF_SELF(CHANNEL_ECHO), OUT,
				       CHANNEL_ECHO_OUT, 1, UVERBS_BPF_MAX_LEN, "echo_out"),
			UVERBS_BPF_ROW(UVERBS_BPF_SELF(CHANNEL_COUNTER),
				       UVERBS_BPF_SELF(CHANNEL_COUNTER_NEW), IN,
				       CHANNEL_COUNTER_VALUE, 8, 8, "value"),
			UVERBS_BPF_ROW(UVERBS_BPF_SELF(CHANNEL_COUNTER),
				       UVERBS_BPF_SELF(CHANNEL_COUNTER_NEXT), OUT,
				       CHANNEL_COUNTER_VALUE, 8, 8, "value"),
		},
	},
	.channel = {
		.version = 3,
		.role = UVERBS_BPF_GUARD,
		.nr_hooks = 1,
		.hooks = { UVERBS_BPF_HOOK(UVERBS_BPF_ANY, UVERBS_BPF_ANY) },
		.nr_methods = 5,
		.methods = {
			UVERBS_BPF_OWN_METHOD(UVERBS_OBJECT_QP, CHANNEL_QP_LOOK, READ, "look"),
			UVERBS_BPF_OWN_METHOD(UVERBS_OBJECT_DEVICE, CHANNEL_ECHO, NONE, "echo"),
			UVERBS_BPF_OWN_METHOD(UVERBS_BPF_SELF(CHANNEL_COUNTER),
					      CHANNEL_COUNTER_NEW, NEW, "new"),
			UVERBS_BPF_OWN_METHOD(UVERBS_BPF_SELF(CHANNEL_COUNTER),
					      CHANNEL_COUNTER_NEXT, WRITE, "next"),
			UVERBS_BPF_OWN_METHOD(UVERBS_BPF_SELF(CHANNEL_COUNTER),
					      CHANNEL_COUNTER_END, DESTROY, "end"),
		},
		.nr_objects = 1,
		.objects = { UVERBS_BPF_OWN_OBJECT(CHANNEL_COUNTER, 8, "counter") },
	},
	.before = (void *)channel_before,
	.after = (void *)channel_after,
	.method = (void *)channel_method,
	.obj_add = (void *)channel_obj_add,
	.obj_remove = (void *)channel_obj_remove,
	.dev_add = (void *)channel_dev_add,
	.dev_remove = (void *)channel_dev_remove,
	.dump = (void *)channel_dump,
	.exit = (void *)channel_exit,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
