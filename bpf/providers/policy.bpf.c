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
 * object's, and obj_remove() gives that back. What a registration grows by is its
 * own at once, see want_more(). A program that takes this one's place has the same
 * maps, for they are pinned by name; when there is none any more, exit() clears
 * what was counted, for nobody will hear of removals.
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
 * @version: another for each object, for a handle is used again, and for each call that changes
 *	@bytes, which is under the lock as usage is
 */
struct object {
	__u64 subjects[POLICY_KINDS];
	__u64 bytes;
	__u32 counted;
	__u32 version;
};

MAP(policy_objects, BPF_MAP_TYPE_HASH, POLICY_OBJECTS, 0, struct object_key, struct object);

/**
 * struct taken - what the call that a thread is in has taken
 * @object: as what it counts; of a registration that changes, what it was and its version now
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
 * @lock: of @objects, of all usage, and of bytes and versions of objects
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

/*
 * Functions that are not static are verified once, by themselves, and not again
 * for each way that leads to their callers: what is done for three kinds of
 * subjects, each with many ways through, would be too much otherwise.
 */

/* ---- rules ---- */

/**
 * struct found - the rule for a subject, as it was when it was looked up
 * @rule: the rule; POLICY_OBSERVE is set if everything is only observed
 * @id: of whom it is: the subject, or POLICY_ANY
 */
struct found {
	struct policy_rule rule;
	__u64 id;
};

/* Its own, or that for any of its kind. Returns 1; 0 if there is none, and then nothing is limited. */
__noinline int rule_find(__u32 kind, __u64 id, struct found *to)
{
	struct policy_subject key = { .kind = kind, .id = id };
	struct policy_config *config;
	struct policy_rule *rule;
	__u32 zero = 0;

	if (!to)
		return 0;
	rule = bpf_map_lookup_elem(&policy_rules, &key);
	if (!rule) {
		key.id = POLICY_ANY;
		rule = bpf_map_lookup_elem(&policy_rules, &key);
	}
	if (!rule) {
		__builtin_memset(to, 0, sizeof(*to));
		return 0;
	}
	to->rule = *rule;
	to->id = key.id;
	config = bpf_map_lookup_elem(&policy_config, &zero);
	if (config && config->observe)
		to->rule.flags |= POLICY_OBSERVE;
	return 1;
}

/**
 * struct verdict - what a rule says against a call
 * @kind: whose rule
 * @reason: enum policy_reason; POLICY_OK is nothing
 * @observe: but it is only to be observed
 * @reserved: 0
 * @value: as in struct policy_event
 * @limit: likewise
 * @gid: likewise
 */
struct verdict {
	__u32 kind;
	__u32 reason;
	__u32 observe;
	__u32 reserved;
	__u64 value;
	__u64 limit;
	__u8 gid[16];
};

/* The text is a constant of its own for each kind, as the kernel wants it. */
#define SAY(call, kind, err, text, value)						\
	((kind) == POLICY_CGROUP ?							\
	 uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, err, "this cgroup " text, value) :	\
	 (kind) == POLICY_USER ?							\
	 uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, err, "this user " text, value) :		\
	 uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, err, "this network namespace " text,	\
			   value))

static __noinline int say(struct uverbs_bpf_ctx *call, const struct verdict *no)
{
	switch (no->reason) {
	case POLICY_TOO_MANY_QPS:
		return SAY(call, no->kind, -EDQUOT, "may have %u QPs and has them", no->limit);
	case POLICY_TOO_MANY_MRS:
		return SAY(call, no->kind, -EDQUOT, "may have %u registrations and has them",
			   no->limit);
	case POLICY_TOO_MUCH_MEMORY:
		return SAY(call, no->kind, -EDQUOT,
			   "may have %u bytes registered, this would be more", no->limit);
	case POLICY_WRONG_QP_TYPE:
		return SAY(call, no->kind, -EPERM, "may not have QPs of type %u", no->value);
	case POLICY_WRONG_ACCESS:
		return SAY(call, no->kind, -EPERM,
			   "may not register memory with access flags 0x%x", no->value & ~no->limit);
	case POLICY_WRONG_DEST:
		return SAY(call, no->kind, -EPERM, "may not send to this destination", 0);
	default:
		return SAY(call, no->kind, -ENOSPC,
			   "has a limit, and there is no room to count more", 0);
	}
}

/* Count it and log it, and refuse unless it is only observed. Returns what before() has to. */
static __noinline int judge(struct uverbs_bpf_ctx *call, const struct verdict *no)
{
	struct state *state = state_get();
	struct policy_event *event;
	__u32 reason = no->reason;

	if (reason == POLICY_OK)
		return 0;
	if (!state || reason >= POLICY_REASONS)
		return -EACCES;
	__sync_fetch_and_add(no->observe ? &state->observed[reason] : &state->refused[reason], 1);
	event = bpf_ringbuf_reserve(&policy_log, sizeof(*event), 0);
	if (event) {
		event->time = bpf_ktime_get_ns();
		event->cgroup = call->who.cgroup;
		event->netns = call->who.netns;
		event->uid = call->who.uid;
		event->pid = call->who.pid;
		event->object = call->object;
		event->method = call->method;
		event->kind = no->kind;
		event->reason = reason;
		event->refused = !no->observe;
		event->reserved = 0;
		event->value = no->value;
		event->limit = no->limit;
		__builtin_memcpy(event->gid, no->gid, sizeof(event->gid));
		bpf_ringbuf_submit(event, 0);
	} else {
		__sync_fetch_and_add(&state->unlogged, 1);
	}
	return no->observe ? 0 : say(call, no);
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

/* Make room for what a subject has, if it has nothing yet. */
__noinline int usage_make(__u32 kind, __u64 id)
{
	struct policy_subject key = { .kind = kind, .id = id };
	struct policy_usage none = { .kind = kind, .id = id };
	struct state *state = state_get();
	__u64 now;

	if (!state || bpf_map_lookup_elem(&policy_usage, &key))
		return 0;
	if (bpf_map_update_elem(&policy_usage, &key, &none, BPF_NOEXIST) != -E2BIG)
		return 0;
	/* At most once a second, or whoever fills the table could keep us busy with it. */
	now = bpf_ktime_get_ns();
	if (now - state->swept < SECOND)
		return 0;
	state->swept = now;
	bpf_for_each_map_elem(&policy_usage, sweep_one, NULL, 0);
	bpf_map_update_elem(&policy_usage, &key, &none, BPF_NOEXIST);
	return 0;
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

/* Of each subject, in the order of their kinds; NULL where nothing is counted. */
static __always_inline void usage_find(struct policy_usage *usage[POLICY_KINDS],
				       const __u64 subjects[POLICY_KINDS])
{
	struct policy_subject key = {};
	int i;

#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		key.kind = i;
		key.id = subjects[i];
		usage[i] = bpf_map_lookup_elem(&policy_usage, &key);
	}
}

/**
 * struct change - what to add to usage
 * @subjects: of whom
 * @counted: bit for each of them that it is for
 * @count: objects
 * @qp: QPs, or else registrations
 * @bytes: of registered memory
 */
struct change {
	__u64 subjects[POLICY_KINDS];
	__u32 counted;
	__s32 count;
	__u32 qp;
	__s64 bytes;
};

__noinline int change(struct change *by)
{
	struct policy_usage *usage[POLICY_KINDS] = {};
	struct state *state = state_get();
	int i;

	if (!state || !by)
		return 0;
	usage_find(usage, by->subjects);
	bpf_spin_lock(&state->lock);
	state->objects += by->count;
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		if (usage[i] && by->counted & (1 << i))
			usage_add(usage[i], by->qp, by->count, by->bytes);
	}
	bpf_spin_unlock(&state->lock);
	return 0;
}

/* Take off what an object, or the call that would have made it, counted as. */
static __noinline void give_back(const struct object *object, bool qp)
{
	struct change by = {
		.counted = object->counted, .count = -1, .qp = qp, .bytes = -object->bytes,
	};

	__builtin_memcpy(by.subjects, object->subjects, sizeof(by.subjects));
	change(&by);
}

/**
 * struct settled - how large a registration is after a call that was to change it
 * @key: of the object
 * @version: of the object, if no later call was to change it, and it is still that object
 * @bytes: how large
 */
struct settled {
	struct object_key key;
	__u64 bytes;
	__u32 version;
	__u32 reserved;
};

/*
 * The call has let go of the registration: others may have changed it since, or destroyed it and
 * made another by that handle. Then it is for the last of them to say how large it is.
 */
__noinline int settle(struct settled *to)
{
	struct policy_usage *usage[POLICY_KINDS] = {};
	struct state *state = state_get();
	struct object *object;
	__s64 more;
	int i;

	if (!state || !to)
		return 0;
	object = bpf_map_lookup_elem(&policy_objects, &to->key);
	if (!object)
		return 0;
	usage_find(usage, object->subjects);
	bpf_spin_lock(&state->lock);
	if (object->version == to->version) {
		more = to->bytes - object->bytes;
		object->bytes = to->bytes;
#pragma unroll
		for (i = 0; i < POLICY_KINDS; i++) {
			if (usage[i] && object->counted & (1 << i))
				usage[i]->bytes += more;
		}
	}
	bpf_spin_unlock(&state->lock);
	return 0;
}

static __noinline void changed(const struct taken *taken, __u64 bytes)
{
	struct settled to = {
		.key = taken->key, .version = taken->object.version, .bytes = bytes,
	};

	settle(&to);
}

/* What a call has taken is nobody's. */
static __noinline void undo(const struct taken *taken)
{
	if (taken->method == REREG_MR)
		changed(taken, taken->object.bytes);
	else
		give_back(&taken->object, taken->key.object == UVERBS_OBJECT_QP);
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

/**
 * struct want - what is to be counted, for all subjects or for none
 * @object: whose it is and how many bytes; @object.counted is filled in
 * @key: of a registration that is counted and changes, which is all the others are of then, with
 *	@object.bytes filled in, by which it grows, and @object.version
 * @size: what it is to be; filled in: what it was
 * @qp: a QP, or else a registration
 * @count: 1 of them; 0 of one that changes
 * @limited: it has to be within limits; else it is there already
 * @refused: filled in: a rule that is not only observed says no
 * @reasons: filled in: enum policy_reason of each subject's rule
 * @limits: filled in: what that rule allows
 * @observe: filled in: bit for each rule that is only observed
 */
struct want {
	struct object object;
	struct object_key key;
	__u64 size;
	__u32 qp;
	__u32 count;
	__u32 limited;
	__u32 refused;
	__u32 reasons[POLICY_KINDS];
	__u32 observe;
	__u64 limits[POLICY_KINDS];
};

/* The one limit, of those a rule has, that a usage and what is wanted are measured by. */
static __always_inline __u32 limit_of(const struct want *want, const struct policy_rule *rule,
				      const struct policy_usage *usage, __u64 *limit)
{
	if (want->qp) {
		*limit = rule->max_qps;
		return rule->limits & POLICY_MAX_QPS && usage->qps + want->count > *limit ?
			POLICY_TOO_MANY_QPS : POLICY_OK;
	}
	*limit = rule->max_mrs;
	if (want->count && rule->limits & POLICY_MAX_MRS && usage->mrs + want->count > *limit)
		return POLICY_TOO_MANY_MRS;
	*limit = rule->max_bytes;
	if (want->object.bytes && rule->limits & POLICY_MAX_BYTES &&
	    usage->bytes + want->object.bytes > *limit)
		return POLICY_TOO_MUCH_MEMORY;
	return POLICY_OK;
}

#define COUNTS(rule)	((rule)->limits & (POLICY_MAX_QPS | POLICY_MAX_MRS | POLICY_MAX_BYTES))

/*
 * Under the lock. The object has what it grows by from now on, and keeps what it will shrink by:
 * other calls may come before after() does, but none sees it smaller than it is.
 */
static __always_inline void want_more(struct want *want, struct object *object)
{
	__u64 bytes = object->bytes;

	object->bytes += want->object.bytes;
	want->object.version = ++object->version;
	want->object.counted = object->counted;
	want->size = bytes;
}

__noinline int take(struct want *want)
{
	struct policy_usage *usage[POLICY_KINDS] = {};
	struct state *state = state_get();
	struct found found[POLICY_KINDS] = {};
	struct object *object = NULL;
	bool full;
	int i;

	if (!state || !want)
		return 0;
	if (!want->count) {
		object = bpf_map_lookup_elem(&policy_objects, &want->key);
		if (!object)
			return 0;
	}
	want->object.counted = 0;
	want->refused = 0;
	want->observe = 0;
	usage_find(usage, want->object.subjects);
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		if (want->limited)
			rule_find(i, want->object.subjects[i], &found[i]);
		want->observe |= (found[i].rule.flags & POLICY_OBSERVE) << i;
	}

	bpf_spin_lock(&state->lock);
	if (object)
		want->object.bytes = want->size > object->bytes ? want->size - object->bytes : 0;
	full = want->count && state->objects >= POLICY_OBJECTS;
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		/* One that was swept has no place of its own any more. */
		if (full || !usage[i] || usage[i]->dead || usage[i]->kind != (__u32)i ||
		    usage[i]->id != want->object.subjects[i]) {
			usage[i] = NULL;
			want->reasons[i] = COUNTS(&found[i].rule) ? POLICY_NO_ROOM : POLICY_OK;
		} else {
			want->reasons[i] = limit_of(want, &found[i].rule, usage[i],
						    &want->limits[i]);
		}
		if (want->reasons[i] && !(want->observe & (1 << i)))
			want->refused = 1;
	}
	if (!want->refused) {
#pragma unroll
		for (i = 0; i < POLICY_KINDS; i++) {
			if (!usage[i] || (object && !(object->counted & (1 << i))))
				continue;
			usage_add(usage[i], want->qp, want->count, want->object.bytes);
			want->object.counted |= 1 << i;
		}
		if (object)
			want_more(want, object);
		else if (want->object.counted)
			state->objects++;
	}
	bpf_spin_unlock(&state->lock);
	return 0;
}

/* Say what rules have against it; of one that is refused, only who refuses. */
static __always_inline int want_judge(struct uverbs_bpf_ctx *call, const struct want *want)
{
	struct verdict no = {};
	int ret;
	int i;

#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		no.kind = i;
		no.reason = want->reasons[i];
		no.observe = want->observe >> i & 1;
		if (want->refused && no.observe)
			continue;
		no.value = no.reason == POLICY_TOO_MUCH_MEMORY ? want->object.bytes : want->count;
		no.limit = want->limits[i];
		ret = judge(call, &no);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- what a call may not have at all ---- */

static __always_inline int check_qp_type(struct uverbs_bpf_ctx *call, __u32 type)
{
	__u32 bit = 1U << (type < 31 ? type : 31);
	__u64 ids[POLICY_KINDS];
	struct found found;
	int ret;
	int i;

	subjects_of(ids, &call->who);
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		struct verdict no = {
			.kind = i, .reason = POLICY_WRONG_QP_TYPE, .value = type,
		};

		rule_find(i, ids[i], &found);
		if (!(found.rule.limits & POLICY_QP_TYPES) || found.rule.qp_types & bit)
			continue;
		no.observe = found.rule.flags & POLICY_OBSERVE;
		no.limit = found.rule.qp_types;
		ret = judge(call, &no);
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
	__u64 ids[POLICY_KINDS];
	struct found found;
	int ret;
	int i;

	/* A driver that does not know one of these may ignore it: it grants nothing. */
	access &= ~IB_UVERBS_ACCESS_OPTIONAL_RANGE;
	subjects_of(ids, &call->who);
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		struct verdict no = {
			.kind = i, .reason = POLICY_WRONG_ACCESS, .value = access,
		};

		rule_find(i, ids[i], &found);
		if (!(found.rule.limits & POLICY_ACCESS) || !(access & ~found.rule.access))
			continue;
		no.observe = found.rule.flags & POLICY_OBSERVE;
		no.limit = found.rule.access;
		ret = judge(call, &no);
		if (ret)
			return ret;
	}
	return 0;
}

/* Whether a list has something for or against a destination: 1 or 0; -1 if it has nothing. */
__noinline int dest_find(__u32 kind, __u64 id, struct verdict *to)
{
	struct policy_dest dest = {
		.prefixlen = POLICY_DEST_BITS + 8 * sizeof(dest.gid), .kind = kind, .id = id,
	};
	__u32 *allowed;

	if (!to)
		return -1;
	__builtin_memcpy(dest.gid, to->gid, sizeof(dest.gid));
	allowed = bpf_map_lookup_elem(&policy_dests, &dest);
	return allowed ? !!*allowed : -1;
}

/* Without @has_gid it is a destination that is no GID, such as a LID, which no list can have. */
static __always_inline int check_dest(struct uverbs_bpf_ctx *call, const __u8 *gid, bool has_gid)
{
	struct verdict no = { .reason = POLICY_WRONG_DEST };
	__u64 ids[POLICY_KINDS];
	struct found found;
	int allowed;
	int ret;
	int i;

	if (has_gid)
		__builtin_memcpy(no.gid, gid, sizeof(no.gid));
	subjects_of(ids, &call->who);
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++) {
		if (!rule_find(i, ids[i], &found))
			continue;
		allowed = has_gid ? dest_find(i, found.id, &no) : -1;
		if (allowed < 0)
			allowed = !(found.rule.limits & POLICY_LISTED);
		if (allowed)
			continue;
		no.kind = i;
		no.observe = found.rule.flags & POLICY_OBSERVE;
		ret = judge(call, &no);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- before and after ---- */

static __always_inline void want_begin(struct want *want, const struct uverbs_bpf_who *who)
{
	int i;

	subjects_of(want->object.subjects, who);
#pragma unroll
	for (i = 0; i < POLICY_KINDS; i++)
		usage_make(i, want->object.subjects[i]);
}

/* It is this thread's until after(), which has to know of one that changes what it was, too. */
static __noinline int remember(struct uverbs_bpf_ctx *call, const struct want *want, __u64 length)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct taken taken = {
		.object = want->object,
		.key.file = call->file,
		.key.handle = call->handle,
		.key.object = call->object,
		.method = call->method,
		.length = length,
	};

	if (!want->count)
		taken.object.bytes = want->size;
	/*
	 * Without room for it obj_add() counts, a moment later than it should; and what changes
	 * counts as the larger that it was and was to be.
	 */
	if (bpf_map_update_elem(&policy_taken, &thread, &taken, BPF_ANY) && want->count)
		undo(&taken);
	return 0;
}

/* What the last call of this thread has left, see reclaim_one(). */
static __noinline int leave_nothing(void)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct taken *found = bpf_map_lookup_elem(&policy_taken, &thread);
	struct taken taken;

	if (!found)
		return 0;
	taken = *found;
	if (!bpf_map_delete_elem(&policy_taken, &thread))
		undo(&taken);
	return 0;
}

static __always_inline int begin(struct uverbs_bpf_ctx *call, struct want *want, __u64 length)
{
	int ret;

	leave_nothing();
	want_begin(want, &call->who);
	take(want);
	ret = want_judge(call, want);
	if (want->refused) {
		reclaim();
		return ret ?: -EACCES;
	}
	return want->object.counted ? remember(call, want, length) : 0;
}

static __noinline int before_qp_create(struct uverbs_bpf_ctx *call)
{
	struct want want = { .qp = 1, .count = 1, .limited = 1 };
	const struct uverbs_bpf_args_qp_create *args;
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
	return ret ?: begin(call, &want, 0);
}

static __noinline int before_mr_reg(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_mr_reg *args = (void *)uverbs_bpf_args(call, sizeof(*args));
	struct want want = { .count = 1, .limited = 1 };
	int ret;

	if (!args)
		return -EACCES;
	ret = check_access(call, args->access_flags);
	if (ret)
		return ret;
	want.object.bytes = bytes_of(args->length);
	return begin(call, &want, 0);
}

/* Only what it grows by is taken. The call has the registration to itself until it is done. */
static __noinline int before_mr_rereg(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_mr_reg *args = (void *)uverbs_bpf_args(call, sizeof(*args));
	struct want want = {
		.key.file = call->file,
		.key.handle = call->handle,
		.key.object = UVERBS_OBJECT_MR,
		.limited = 1,
	};
	int ret;

	if (!args)
		return -EACCES;
	ret = check_access(call, args->access_flags);
	if (ret)
		return ret;
	want.size = bytes_of(args->length);
	return begin(call, &want, want.size);
}

static __noinline int before_path(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_qp_modify *args;
	__u8 gid[16] = {};
	int ret;

	if (call->object == UVERBS_OBJECT_QP) {
		args = (void *)uverbs_bpf_args(call, sizeof(*args));
		if (!args)
			return -EACCES;
		/* It is not shown to us, so it is a destination nobody can have listed. */
		if (args->mask & QP_ALT_PATH) {
			ret = check_dest(call, gid, false);
			if (ret)
				return ret;
		}
	}
	if (!call->has_path)
		return 0;
	__builtin_memcpy(gid, call->path.dgid, sizeof(gid));
	return check_dest(call, gid, call->path.has_grh);
}

static __noinline int before_mcast(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_mcast *args = (void *)uverbs_bpf_args(call, sizeof(*args));

	return args ? check_dest(call, args->gid, true) : -EACCES;
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
		changed(&taken, taken.length);
}

/* ---- objects ---- */

/* What the call that makes it has taken, which is the object's from now on. Returns 1, or 0. */
static __always_inline int taken_for(struct object *object, const struct object_key *key)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct taken *found = bpf_map_lookup_elem(&policy_taken, &thread);

	if (!found || !found->done || found->key.file != key->file ||
	    found->key.object != key->object)
		return 0;
	*object = found->object;
	return !bpf_map_delete_elem(&policy_taken, &thread);
}

/* A driver may know better than the call how much it is. */
static __noinline void resize(struct object *object, __u64 bytes)
{
	struct change by = {
		.counted = object->counted, .bytes = bytes - object->bytes,
	};

	__builtin_memcpy(by.subjects, object->subjects, sizeof(by.subjects));
	change(&by);
	object->bytes = bytes;
}

SEC("struct_ops")
void BPF_PROG(policy_obj_add, struct uverbs_bpf_obj *obj)
{
	struct object_key key = {
		.file = obj->file, .handle = obj->handle, .object = obj->object,
	};
	struct want want = { .qp = obj->object == UVERBS_OBJECT_QP, .count = 1 };
	__u64 bytes;

	if (!want.qp && obj->object != UVERBS_OBJECT_MR)
		return;
	bytes = want.qp ? 0 : bytes_of(obj->length);
	if (!obj->replayed && taken_for(&want.object, &key)) {
		if (want.object.bytes != bytes)
			resize(&want.object, bytes);
	} else {
		want.object.bytes = bytes;
		want_begin(&want, &obj->who);
		take(&want);
	}
	want.object.version = bpf_get_prandom_u32();
	if (want.object.counted &&
	    bpf_map_update_elem(&policy_objects, &key, &want.object, BPF_ANY))
		give_back(&want.object, want.qp);
}

SEC("struct_ops")
void BPF_PROG(policy_obj_remove, struct uverbs_bpf_obj *obj)
{
	struct object_key key = {
		.file = obj->file, .handle = obj->handle, .object = obj->object,
	};
	struct object *found = bpf_map_lookup_elem(&policy_objects, &key);
	struct state *state = state_get();
	struct object object;

	if (!found || !state)
		return;
	/* Whoever is still to settle how large it is finds another version. */
	bpf_spin_lock(&state->lock);
	found->version++;
	object = *found;
	bpf_spin_unlock(&state->lock);
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
