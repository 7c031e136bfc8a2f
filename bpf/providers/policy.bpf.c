// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * How much of RDMA a cgroup, a user or a network namespace may have: QPs,
 * registrations, registered memory; which types of QPs, which access to
 * memory, which destinations. The rules are in maps (policy.h, docs/policy.md)
 * and may change at any time:
 *
 *	uverbs-bpf-policy set user 1000 max-qps=8 max-bytes=64M qp-types=rc,ud
 *
 * Counting: before() takes what a call would add, for all subjects or for
 * none, under one lock, so that two callers never share the last slot. If the
 * call fails, after() gives it back; else obj_add(), which is next, makes it the
 * object's, and obj_remove() gives that back. A program that takes this one's
 * place has the same maps, for they are pinned by name; when there is none any
 * more, exit() clears what was counted, for nobody will hear of removals.
 */
#include "../uverbs_bpf.bpf.h"
#include "policy.h"

/* What callbacks for each element of a map get it as. */
struct bpf_map;

/* enum ib_qp_attr_mask, of which user space has no header. */
#define QP_ALT_PATH	(1 << 14)

#define REREG_MR	UVERBS_BPF_COMMAND(0, IB_USER_VERBS_CMD_REREG_MR)
#define OPEN_QP		UVERBS_BPF_COMMAND(0, IB_USER_VERBS_CMD_OPEN_QP)
#define ATTACH_MCAST	UVERBS_BPF_COMMAND(0, IB_USER_VERBS_CMD_ATTACH_MCAST)

#define MAP(_name, _type, _entries, _flags, _key, _value)	\
	struct {						\
		__uint(type, _type);				\
		__uint(max_entries, _entries);			\
		__uint(map_flags, _flags);			\
		__uint(pinning, LIBBPF_PIN_BY_NAME);		\
		__type(key, _key);				\
		__type(value, _value);				\
	} _name SEC(".maps")

/* What the admin writes. */
MAP(policy_rules, BPF_MAP_TYPE_HASH, 4096, 0, struct policy_subject, struct policy_rule);
MAP(policy_dests, BPF_MAP_TYPE_LPM_TRIE, 65536, BPF_F_NO_PREALLOC, struct policy_dest, __u32);
MAP(policy_config, BPF_MAP_TYPE_ARRAY, 1, 0, __u32, struct policy_config);

/* What is counted. */
MAP(policy_usage, BPF_MAP_TYPE_HASH, POLICY_SUBJECTS, 0, struct policy_subject,
    struct policy_usage);

struct object_key {
	__u64 file;
	__u32 handle;
	__u32 object;
};

/**
 * struct object - what an object counts as
 * @subjects: whose it is, in the order of their kinds
 * @bytes: of a registration
 * @counted: bit for each of @subjects whose usage it is part of
 */
struct object {
	__u64 subjects[POLICY_KINDS];
	__u64 bytes;
	__u32 counted;
	__u32 reserved;
};

MAP(policy_objects, BPF_MAP_TYPE_HASH, POLICY_OBJECTS, 0, struct object_key, struct object);

/**
 * struct taken - what the call that a thread is in has taken
 * @object: as what it counts
 * @key: of the object; of one that is being made its handle is UVERBS_BPF_NO_HANDLE
 * @length: bytes the object will have; of a registration that changes
 * @done: when after() heard that the call had succeeded, ns since boot; else 0
 * @method: the method called
 */
struct taken {
	struct object object;
	struct object_key key;
	__u64 length;
	__u64 done;
	__u32 method;
	__u32 reserved;
};

/* By thread, for a call has one. Whoever succeeds in deleting an element has what it says. */
MAP(policy_taken, BPF_MAP_TYPE_HASH, 16384, 0, __u64, struct taken);

/**
 * struct state - the one element of the map policy_state
 * @lock: of @objects and of all usage
 * @objects: remembered, or about to be
 * @swept: when unused subjects were last looked for, ns since boot
 * @reclaimed: when what calls had taken for nobody was, ns since boot
 * @refused: calls, by reason
 * @observed: calls that would have been refused, by reason
 * @unlogged: of these, those that found the log full
 */
struct state {
	struct bpf_spin_lock lock;
	__u32 reserved;
	__u64 objects;
	__u64 swept;
	__u64 reclaimed;
	__u64 refused[POLICY_REASONS];
	__u64 observed[POLICY_REASONS];
	__u64 unlogged;
};

MAP(policy_state, BPF_MAP_TYPE_ARRAY, 1, 0, __u32, struct state);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} policy_log SEC(".maps");

static __always_inline struct state *state_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&policy_state, &zero);
}

static __always_inline void subjects_of(__u64 *ids, const struct uverbs_bpf_who *who)
{
	ids[POLICY_CGROUP] = who->cgroup;
	ids[POLICY_USER] = who->uid;
	ids[POLICY_NETNS] = who->netns;
}

/* The rule for a subject: its own, or that for any of its kind; @key is then that one's. */
static __always_inline struct policy_rule *rule_of(struct policy_subject *key)
{
	struct policy_rule *rule = bpf_map_lookup_elem(&policy_rules, key);

	if (rule)
		return rule;
	key->id = POLICY_ANY;
	return bpf_map_lookup_elem(&policy_rules, key);
}

static __always_inline bool observes(const struct policy_rule *rule)
{
	struct policy_config *config;
	__u32 zero = 0;

	config = bpf_map_lookup_elem(&policy_config, &zero);
	return rule->flags & POLICY_OBSERVE || (config && config->observe);
}

/* ---- saying no ---- */

/* The text is a constant of its own for each kind, as the kernel wants it. */
#define SAY(call, kind, err, text, value)						\
	((kind) == POLICY_CGROUP ?							\
	 uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, err, "this cgroup " text, value) :	\
	 (kind) == POLICY_USER ?							\
	 uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, err, "this user " text, value) :		\
	 uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, err, "this network namespace " text,	\
			   value))

static __noinline int say(struct uverbs_bpf_ctx *call, __u32 kind, __u32 reason, __u64 value,
			  __u64 limit)
{
	switch (reason) {
	case POLICY_TOO_MANY_QPS:
		return SAY(call, kind, -EDQUOT, "may have %u QPs and has them", limit);
	case POLICY_TOO_MANY_MRS:
		return SAY(call, kind, -EDQUOT, "may have %u registrations and has them", limit);
	case POLICY_TOO_MUCH_MEMORY:
		return SAY(call, kind, -EDQUOT, "may have %u bytes registered, this would be more",
			   limit);
	case POLICY_WRONG_QP_TYPE:
		return SAY(call, kind, -EPERM, "may not have QPs of type %u", value);
	case POLICY_WRONG_ACCESS:
		return SAY(call, kind, -EPERM, "may not register memory with access flags 0x%x",
			   value & ~limit);
	case POLICY_WRONG_DEST:
		return SAY(call, kind, -EPERM, "may not send to this destination", 0);
	default:
		return SAY(call, kind, -ENOSPC, "has a limit, and there is no room to count more",
			   0);
	}
}

/*
 * A rule says no: count and log it, and refuse unless it is only to be
 * observed. Returns what before() has to.
 */
static __noinline int no(struct uverbs_bpf_ctx *call, struct policy_event *why, bool observe)
{
	struct state *state = state_get();
	struct policy_event *event;
	__u32 reason;

	if (!state || !why)
		return -EACCES;
	reason = why->reason;
	if (reason >= POLICY_REASONS)
		return -EACCES;
	__sync_fetch_and_add(observe ? &state->observed[reason] : &state->refused[reason], 1);
	event = bpf_ringbuf_reserve(&policy_log, sizeof(*event), 0);
	if (event) {
		*event = *why;
		event->time = bpf_ktime_get_ns();
		event->cgroup = call->who.cgroup;
		event->netns = call->who.netns;
		event->uid = call->who.uid;
		event->pid = call->who.pid;
		event->object = call->object;
		event->method = call->method;
		event->refused = !observe;
		bpf_ringbuf_submit(event, 0);
	} else {
		__sync_fetch_and_add(&state->unlogged, 1);
	}
	if (observe)
		return 0;
	return say(call, why->kind, reason, why->value, why->limit);
}

/* ---- counting ---- */

#define SECOND	1000000000ULL

/* Forget a subject that has nothing. Whoever finds it meanwhile sees that it is dead. */
static long sweep_one(struct bpf_map *map, struct policy_subject *key,
		      struct policy_usage *usage, void *unused)
{
	struct state *state = state_get();
	bool unused_one;

	if (!state)
		return 1;
	bpf_spin_lock(&state->lock);
	unused_one = !usage->qps && !usage->mrs && !usage->dead;
	if (unused_one)
		usage->dead = 1;
	bpf_spin_unlock(&state->lock);
	if (unused_one)
		bpf_map_delete_elem(&policy_usage, key);
	return 0;
}

/* At most once a second, or whoever fills the table could keep us busy with it. */
static __noinline int sweep(void)
{
	struct state *state = state_get();
	__u64 now = bpf_ktime_get_ns();

	if (!state || now - state->swept < SECOND)
		return 0;
	state->swept = now;
	bpf_for_each_map_elem(&policy_usage, sweep_one, NULL, 0);
	return 0;
}

/* Usage of a subject, new if need be; NULL if there is no room. */
static __always_inline struct policy_usage *usage_of(const struct policy_subject *key)
{
	struct policy_usage *usage = bpf_map_lookup_elem(&policy_usage, key);
	struct policy_usage none = { .kind = key->kind, .id = key->id };

	if (usage)
		return usage;
	if (bpf_map_update_elem(&policy_usage, key, &none, BPF_NOEXIST) == -E2BIG) {
		sweep();
		bpf_map_update_elem(&policy_usage, key, &none, BPF_NOEXIST);
	}
	return bpf_map_lookup_elem(&policy_usage, key);
}

static __always_inline __u64 bytes_of(__u64 length)
{
	return length < POLICY_MAX_LENGTH ? length : POLICY_MAX_LENGTH;
}

/* Under the lock. */
static __always_inline void usage_add(struct policy_usage *usage, bool qp, __s64 count, __s64 bytes)
{
	if (qp)
		usage->qps += count;
	else
		usage->mrs += count;
	usage->bytes += bytes;
}

/**
 * struct change - what to add to the usage of some subjects
 * @counted: bit for each of them
 * @count: objects
 * @bytes: of registered memory
 */
struct change {
	__u32 counted;
	__s32 count;
	__s64 bytes;
};

/* Make two changes as one. */
static __always_inline void change(const __u64 *subjects, bool qp, const struct change *first,
				   const struct change *second)
{
	struct policy_usage *usage[POLICY_KINDS] = {};
	struct state *state = state_get();
	struct policy_subject key = {};
	int i;

	if (!state)
		return;
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		key.kind = i;
		key.id = subjects[i];
		if ((first->counted | second->counted) & (1 << i))
			usage[i] = bpf_map_lookup_elem(&policy_usage, &key);
	}
	bpf_spin_lock(&state->lock);
	state->objects += first->count + second->count;
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		if (usage[i] && first->counted & (1 << i))
			usage_add(usage[i], qp, first->count, first->bytes);
		if (usage[i] && second->counted & (1 << i))
			usage_add(usage[i], qp, second->count, second->bytes);
	}
	bpf_spin_unlock(&state->lock);
}

/* Take off what an object counted as. */
static __always_inline void give_back(const struct object *object, bool qp)
{
	const struct change minus = {
		.counted = object->counted, .count = -1, .bytes = -object->bytes,
	};
	const struct change nothing = {};

	change(object->subjects, qp, &minus, &nothing);
}

/* What a call has taken is nobody's. */
static __always_inline void undo(const struct taken *taken)
{
	const struct change minus = {
		.counted = taken->object.counted,
		.count = taken->method == REREG_MR ? 0 : -1,
		.bytes = -taken->object.bytes,
	};
	const struct change nothing = {};

	change(taken->object.subjects, taken->key.object == UVERBS_OBJECT_QP, &minus, &nothing);
}

/*
 * A call that succeeded, and whose caller then could not be given what another
 * program had to say: the object is undone, and nobody is told.
 */
static long reclaim_one(struct bpf_map *map, __u64 *thread, struct taken *found, __u64 *now)
{
	struct taken taken = *found;

	if (taken.done && *now - taken.done > SECOND && !bpf_map_delete_elem(&policy_taken, thread))
		undo(&taken);
	return 0;
}

static __noinline int reclaim(void)
{
	struct state *state = state_get();
	__u64 now = bpf_ktime_get_ns();

	if (!state || now - state->reclaimed < SECOND)
		return 0;
	state->reclaimed = now;
	bpf_for_each_map_elem(&policy_taken, reclaim_one, &now, 0);
	return 0;
}

/* Which limit of a rule would be broken. Under the lock. */
static __always_inline __u32 over(const struct policy_rule *rule, const struct policy_usage *usage,
				  bool qp, __u64 count, __u64 bytes)
{
	if (qp)
		return rule->limits & POLICY_MAX_QPS && usage->qps + count > rule->max_qps ?
			POLICY_TOO_MANY_QPS : POLICY_OK;
	if (count && rule->limits & POLICY_MAX_MRS && usage->mrs + count > rule->max_mrs)
		return POLICY_TOO_MANY_MRS;
	if (bytes && rule->limits & POLICY_MAX_BYTES && usage->bytes + bytes > rule->max_bytes)
		return POLICY_TOO_MUCH_MEMORY;
	return POLICY_OK;
}

#define COUNTS(rule)	((rule)->limits & (POLICY_MAX_QPS | POLICY_MAX_MRS | POLICY_MAX_BYTES))

/**
 * take() - count an object for all of its subjects, or for none
 * @object: whose it is and how many bytes; @object->counted is filled in
 * @qp: a QP, or else a registration
 * @count: 1 of them; 0 if only bytes are added to one that is counted
 * @call: the call that wants it, whose limits are looked at; NULL if it is there already
 *
 * Return: 0; or what before() has to return.
 */
static __always_inline int take(struct object *object, bool qp, __u64 count,
				struct uverbs_bpf_ctx *call)
{
	struct policy_usage *usage[POLICY_KINDS] = {};
	struct policy_rule *rules[POLICY_KINDS] = {};
	__u64 observe[POLICY_KINDS] = {};
	__u64 reasons[POLICY_KINDS] = {};
	struct state *state = state_get();
	struct policy_event why = {};
	struct policy_subject key = {};
	bool refused = false, full;
	int ret = 0;
	int i;

	object->counted = 0;
	if (!state)
		return -EACCES;
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		key.kind = i;
		key.id = object->subjects[i];
		usage[i] = usage_of(&key);
		if (call)
			rules[i] = rule_of(&key);
		if (rules[i])
			observe[i] = observes(rules[i]);
	}

	bpf_spin_lock(&state->lock);
	full = count && state->objects >= POLICY_OBJECTS;
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		/* One that was swept has no place of its own any more. */
		if (full || !usage[i] || usage[i]->dead || usage[i]->kind != (__u32)i ||
		    usage[i]->id != object->subjects[i]) {
			usage[i] = NULL;
			reasons[i] = rules[i] && COUNTS(rules[i]) ? POLICY_NO_ROOM : POLICY_OK;
		} else if (rules[i]) {
			reasons[i] = over(rules[i], usage[i], qp, count, object->bytes);
		}
		if (reasons[i] && !observe[i])
			refused = true;
	}
	if (!refused) {
#pragma unroll
		for (i = 0; i < POLICY_KINDS; i++) {
			if (!usage[i])
				continue;
			usage_add(usage[i], qp, count, object->bytes);
			object->counted |= 1 << i;
		}
		if (object->counted)
			state->objects += count;
	}
	bpf_spin_unlock(&state->lock);

	if (!call)
		return 0;
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		if (!reasons[i] || !rules[i] || (refused && observe[i]))
			continue;
		why.kind = i;
		why.reason = reasons[i];
		why.value = reasons[i] == POLICY_TOO_MUCH_MEMORY ? object->bytes : count;
		why.limit = reasons[i] == POLICY_TOO_MANY_QPS ? rules[i]->max_qps :
			    reasons[i] == POLICY_TOO_MANY_MRS ? rules[i]->max_mrs :
			    rules[i]->max_bytes;
		ret = no(call, &why, observe[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- what a call may not have at all ---- */

static __always_inline int check_qp_type(struct uverbs_bpf_ctx *call, __u32 type)
{
	__u32 bit = 1U << (type < 31 ? type : 31);
	struct policy_subject key = {};
	struct policy_event why = {};
	__u64 ids[POLICY_KINDS];
	struct policy_rule *rule;
	int ret;
	int i;

	subjects_of(ids, &call->who);
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		key.kind = i;
		key.id = ids[i];
		rule = rule_of(&key);
		if (!rule || !(rule->limits & POLICY_QP_TYPES) || rule->qp_types & bit)
			continue;
		why.kind = i;
		why.reason = POLICY_WRONG_QP_TYPE;
		why.value = type;
		why.limit = rule->qp_types;
		ret = no(call, &why, observes(rule));
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Of memory only: whatever a QP allows its peer, what the peer reaches is a
 * registration. rdma_cm asks for remote writes on every QP it connects.
 */
static __always_inline int check_access(struct uverbs_bpf_ctx *call, __u32 access)
{
	struct policy_subject key = {};
	struct policy_event why = {};
	__u64 ids[POLICY_KINDS];
	struct policy_rule *rule;
	int ret;
	int i;

	/* A driver that does not know one of these may ignore it: it grants nothing. */
	access &= ~IB_UVERBS_ACCESS_OPTIONAL_RANGE;
	subjects_of(ids, &call->who);
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		key.kind = i;
		key.id = ids[i];
		rule = rule_of(&key);
		if (!rule || !(rule->limits & POLICY_ACCESS) || !(access & ~rule->access))
			continue;
		why.kind = i;
		why.reason = POLICY_WRONG_ACCESS;
		why.value = access;
		why.limit = rule->access;
		ret = no(call, &why, observes(rule));
		if (ret)
			return ret;
	}
	return 0;
}

/* @gid NULL: a destination that is no GID, such as a LID, which no list can have. */
static __always_inline int check_dest(struct uverbs_bpf_ctx *call, const __u8 *gid)
{
	struct policy_subject key = {};
	struct policy_event why = {};
	struct policy_dest dest = {};
	__u64 ids[POLICY_KINDS];
	struct policy_rule *rule;
	__u32 *verdict;
	int ret;
	int i;

	if (gid) {
		__builtin_memcpy(dest.gid, gid, sizeof(dest.gid));
		__builtin_memcpy(why.gid, gid, sizeof(why.gid));
	}
	subjects_of(ids, &call->who);
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		key.kind = i;
		key.id = ids[i];
		rule = rule_of(&key);
		if (!rule)
			continue;
		dest.prefixlen = POLICY_DEST_BITS + 8 * sizeof(dest.gid);
		dest.kind = i;
		dest.id = key.id;
		verdict = gid ? bpf_map_lookup_elem(&policy_dests, &dest) : NULL;
		if (verdict ? *verdict : !(rule->limits & POLICY_LISTED))
			continue;
		why.kind = i;
		why.reason = POLICY_WRONG_DEST;
		ret = no(call, &why, observes(rule));
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- before and after ---- */

/* What the call wants, if its limits allow, is this thread's until after(). */
static __always_inline int begin(struct uverbs_bpf_ctx *call, struct taken *taken, bool qp,
				 __u64 count)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct taken *left;
	int ret;

	/* Of its last call, see reclaim_one(). */
	left = bpf_map_lookup_elem(&policy_taken, &thread);
	if (left) {
		const struct taken taken = *left;

		if (!bpf_map_delete_elem(&policy_taken, &thread))
			undo(&taken);
	}
	subjects_of(taken->object.subjects, &call->who);
	taken->key.file = call->file;
	taken->key.object = call->object;
	taken->method = call->method;
	ret = take(&taken->object, qp, count, call);
	if (ret)
		reclaim();
	if (ret || !taken->object.counted)
		return ret;
	/* Without room for it obj_add() counts, a moment later than it should. */
	if (bpf_map_update_elem(&policy_taken, &thread, taken, BPF_ANY))
		undo(taken);
	return 0;
}

static __noinline int before_qp_create(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_qp_create *args;
	struct taken taken = { .key.handle = UVERBS_BPF_NO_HANDLE };
	__u32 type = IB_UVERBS_QPT_XRC_TGT;
	int ret;

	/* OPEN_QP has no arguments: another handle of an XRC target. */
	if (call->method == UVERBS_METHOD_QP_CREATE) {
		args = (void *)uverbs_bpf_args(call, sizeof(*args));
		if (!args)
			return -EACCES;
		type = args->qp_type;
	}
	ret = check_qp_type(call, type);
	return ret ?: begin(call, &taken, true, 1);
}

static __noinline int before_mr_reg(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_mr_reg *args = (void *)uverbs_bpf_args(call, sizeof(*args));
	struct taken taken = { .key.handle = UVERBS_BPF_NO_HANDLE };
	int ret;

	if (!args)
		return -EACCES;
	ret = check_access(call, args->access_flags);
	if (ret)
		return ret;
	taken.object.bytes = bytes_of(args->length);
	return begin(call, &taken, false, 1);
}

/* Only what it grows by is taken; after() makes it the object's. */
static __noinline int before_mr_rereg(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_mr_reg *args = (void *)uverbs_bpf_args(call, sizeof(*args));
	struct taken taken = { .key.handle = call->handle };
	struct object_key key = {
		.file = call->file, .handle = call->handle, .object = UVERBS_OBJECT_MR,
	};
	struct object *object;
	__u64 length;
	int ret;

	if (!args)
		return -EACCES;
	ret = check_access(call, args->access_flags);
	if (ret)
		return ret;
	object = bpf_map_lookup_elem(&policy_objects, &key);
	if (!object)
		return 0;
	length = bytes_of(args->length);
	taken.length = length;
	taken.object.bytes = length > object->bytes ? length - object->bytes : 0;
	return begin(call, &taken, false, 0);
}

static __noinline int before_path(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_qp_modify *args;
	struct uverbs_bpf_path path;
	int ret;

	if (call->object == UVERBS_OBJECT_QP) {
		args = (void *)uverbs_bpf_args(call, sizeof(*args));
		if (!args)
			return -EACCES;
		/* It is not shown to us, so it is a destination nobody can have listed. */
		if (args->mask & QP_ALT_PATH) {
			ret = check_dest(call, NULL);
			if (ret)
				return ret;
		}
	}
	if (!call->has_path)
		return 0;
	if (!call->path.has_grh)
		return check_dest(call, NULL);
	bpf_probe_read_kernel(path.dgid, sizeof(path.dgid), call->path.dgid);
	return check_dest(call, path.dgid);
}

static __noinline int before_mcast(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_mcast *args = (void *)uverbs_bpf_args(call, sizeof(*args));

	return args ? check_dest(call, args->gid) : -EACCES;
}

SEC("struct_ops")
int BPF_PROG(policy_before, struct uverbs_bpf_ctx *call)
{
	if (call->object == UVERBS_OBJECT_MR)
		return call->method == REREG_MR ? before_mr_rereg(call) : before_mr_reg(call);
	if (call->object == UVERBS_OBJECT_AH)
		return before_path(call);
	switch (call->method) {
	case UVERBS_METHOD_QP_CREATE:
	case OPEN_QP:
		return before_qp_create(call);
	case ATTACH_MCAST:
		return before_mcast(call);
	}
	return before_path(call);
}

/* The new length is the object's. That may be gone already. */
static __always_inline void reregistered(const struct taken *taken)
{
	struct object *object = bpf_map_lookup_elem(&policy_objects, &taken->key);
	struct change minus = {
		.counted = taken->object.counted, .bytes = -taken->object.bytes,
	};
	struct change plus = {};

	if (object) {
		plus.counted = object->counted;
		plus.bytes = taken->length - object->bytes;
		object->bytes = taken->length;
	}
	change(taken->object.subjects, false, &plus, &minus);
}

SEC("struct_ops")
void BPF_PROG(policy_after, struct uverbs_bpf_ctx *call, int ret)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct taken *found = bpf_map_lookup_elem(&policy_taken, &thread);
	struct taken taken;

	if (!found)
		return;
	/* obj_add() is next. */
	if (!ret && found->method != REREG_MR) {
		found->done = bpf_ktime_get_ns();
		return;
	}
	taken = *found;
	if (bpf_map_delete_elem(&policy_taken, &thread))
		return;
	if (taken.method != REREG_MR || ret)
		undo(&taken);
	else
		reregistered(&taken);
}

/* ---- objects ---- */

SEC("struct_ops")
void BPF_PROG(policy_obj_add, struct uverbs_bpf_obj *obj)
{
	bool qp = obj->object == UVERBS_OBJECT_QP;
	__u64 thread = bpf_get_current_pid_tgid();
	struct object_key key = {};
	struct object object = {};
	struct taken *found, taken;
	__u64 bytes;

	if (!qp && obj->object != UVERBS_OBJECT_MR)
		return;
	key.file = obj->file;
	key.handle = obj->handle;
	key.object = obj->object;
	bytes = qp ? 0 : bytes_of(obj->length);

	found = obj->replayed ? NULL : bpf_map_lookup_elem(&policy_taken, &thread);
	if (found) {
		taken = *found;
		if (!taken.done || taken.key.file != obj->file || taken.key.object != obj->object ||
		    bpf_map_delete_elem(&policy_taken, &thread))
			found = NULL;
	}
	if (found) {
		object = taken.object;
		/* A driver may know better how much it is. */
		if (object.bytes != bytes) {
			const struct change more = {
				.counted = object.counted, .bytes = bytes - object.bytes,
			};
			const struct change nothing = {};

			change(object.subjects, qp, &more, &nothing);
			object.bytes = bytes;
		}
	} else {
		subjects_of(object.subjects, &obj->who);
		object.bytes = bytes;
		take(&object, qp, 1, NULL);
	}
	if (object.counted && bpf_map_update_elem(&policy_objects, &key, &object, BPF_ANY))
		give_back(&object, qp);
}

SEC("struct_ops")
void BPF_PROG(policy_obj_remove, struct uverbs_bpf_obj *obj)
{
	struct object_key key = {};
	struct object *found;
	struct object object;

	key.file = obj->file;
	key.handle = obj->handle;
	key.object = obj->object;
	found = bpf_map_lookup_elem(&policy_objects, &key);
	if (!found)
		return;
	object = *found;
	bpf_map_delete_elem(&policy_objects, &key);
	give_back(&object, key.object == UVERBS_OBJECT_QP);
}

/* ---- for the admin ---- */

SEC("struct_ops")
void BPF_PROG(policy_dump, struct uverbs_bpf_dump *dump)
{
	struct state *state = state_get();

	if (!state)
		return;
	uverbs_bpf_dump_value(dump, "objects_counted", state->objects);
#define DUMP(reason, name)									uverbs_bpf_dump_value(dump, "refused_" name, state->refused[reason]);			uverbs_bpf_dump_value(dump, "observed_" name, state->observed[reason])
	DUMP(POLICY_TOO_MANY_QPS, "qps");
	DUMP(POLICY_TOO_MANY_MRS, "mrs");
	DUMP(POLICY_TOO_MUCH_MEMORY, "bytes");
	DUMP(POLICY_WRONG_QP_TYPE, "qp_type");
	DUMP(POLICY_WRONG_ACCESS, "access");
	DUMP(POLICY_WRONG_DEST, "destination");
	DUMP(POLICY_NO_ROOM, "no_room");
	uverbs_bpf_dump_value(dump, "unlogged", state->unlogged);
}

static long forget_object(struct bpf_map *map, struct object_key *key, struct object *object,
			  void *unused)
{
	bpf_map_delete_elem(&policy_objects, key);
	return 0;
}

static long forget_taken(struct bpf_map *map, __u64 *key, struct taken *taken, void *unused)
{
	bpf_map_delete_elem(&policy_taken, key);
	return 0;
}

static long forget_usage(struct bpf_map *map, struct policy_subject *key,
			 struct policy_usage *usage, void *unused)
{
	bpf_map_delete_elem(&policy_usage, key);
	return 0;
}

SEC("struct_ops")
void BPF_PROG(policy_exit, struct uverbs_bpf_exit *info)
{
	struct state *state;

	if (info->reason == UVERBS_BPF_EXIT_REPLACED)
		return;
	bpf_for_each_map_elem(&policy_objects, forget_object, NULL, 0);
	bpf_for_each_map_elem(&policy_taken, forget_taken, NULL, 0);
	bpf_for_each_map_elem(&policy_usage, forget_usage, NULL, 0);
	state = state_get();
	if (!state)
		return;
	bpf_spin_lock(&state->lock);
	state->objects = 0;
	bpf_spin_unlock(&state->lock);
}

UVERBS_BPF_PROVIDER(policy) = {
	.decl = {
		.name = "policy",
		.abi = UVERBS_BPF_ABI,
		.flags = UVERBS_BPF_FAIL_CLOSED,
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_GUARD,
		.nr_hooks = 11,
		.hooks = {
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, OPEN_QP),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, ATTACH_MCAST),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_MR, UVERBS_BPF_METHOD_MR_REG),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_MR, UVERBS_METHOD_DM_MR_REG),
			/* Linux 7's REG_MR, after REG_DMABUF_MR, in no header of 6.12. */
			UVERBS_BPF_HOOK(UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR + 1),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_MR, REREG_MR),
		},
	},
	.before = (void *)policy_before,
	.after = (void *)policy_after,
	.obj_add = (void *)policy_obj_add,
	.obj_remove = (void *)policy_obj_remove,
	.dump = (void *)policy_dump,
	.exit = (void *)policy_exit,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
