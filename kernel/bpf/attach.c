// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Attached programs: one for each namespace, found by it under RCU. Providers
 * are in an order, too, and one that fails closed leaves something behind.
 *
 * The kernel calls attach, detach and update with a mutex of its own held or,
 * when the last reference to a link goes away, without; uvb_program_mutex
 * orders them. Only C decides what happens on the way out: first the program
 * cannot be found any more, then nobody runs it any more, then it is told,
 * then the exit is put on record.
 */
#include "bpf.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#include <linux/moduleparam.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>

#define UVB_MAX_EXITS	32

/**
 * struct uvb_exit_record - what remains of a program
 * @time: when, in seconds since the epoch
 * @name: its name
 * @kind: enum uverbs_bpf_program_kind
 * @ns: namespace of its ids
 * @link: id of its link
 * @info: what the program itself was told
 */
struct uvb_exit_record {
	time64_t time;
	char name[sizeof_field(struct uverbs_bpf_decl, name)];
	u8 kind;
	u8 ns;
	u32 link;
	struct uverbs_bpf_exit info;
};

/* Orders changes of what is attached; held while a program's exit() runs. */
static DEFINE_MUTEX(uvb_program_mutex);
/* Guards uvb_program.link and .text, and the list of devices. */
static DEFINE_SPINLOCK(uvb_program_lock);

struct uvb_program __rcu *uvb_programs[UVB_NS_COUNT];
static LIST_HEAD(uvb_ext_devices);

/* Attached so far, for the order among providers of one priority. */
static u64 uvb_attached;
struct uvb_order __rcu *uvb_order;
static struct uvb_closed __rcu *uvb_closed[UVB_NS_COUNT];
/* Set before the first of them is, cleared after the last: hardly ever is there one to look for. */
bool uvb_any_closed;
/* What any provider, attached or failed, hooks; the key is on if there is one. */
unsigned long uvb_hooked[BITS_TO_LONGS(UVB_NR_HOOKS)];
/* Rewriting code takes all processors: not each time that a program comes and goes. */
DEFINE_STATIC_KEY_DEFERRED_FALSE(uvb_ext_key, HZ);
static bool uvb_ext_on;

/* A ring; the oldest is at uvb_nr_exits % UVB_MAX_EXITS once it is full. */
static struct uvb_exit_record uvb_exits[UVB_MAX_EXITS];
static unsigned long uvb_nr_exits;

/*
 * Who has a namespace. A transport's name keeps it until the module is unloaded,
 * a provider's as long as it is attached or somebody has a channel or an object
 * of it, for user space that resolved it must never meet somebody else there.
 */
static char uvb_namespaces[UVB_NS_COUNT][sizeof_field(struct uverbs_bpf_decl, name)] = {
	[UVERBS_BPF_NS_IB] = "ib",
	[UVERBS_BPF_NS_OPA] = "opa",
	[UVERBS_BPF_NS_ROCE] = "roce",
	[UVERBS_BPF_NS_IWARP] = "iwarp",
	/* Native: a program of that name is refused. */
	[UVERBS_BPF_NS_ETHERNET] = "ethernet",
};

static const char * const uvb_kinds[] = {
	[UVERBS_BPF_TRANSPORT] = "transport",
	[UVERBS_BPF_PROVIDER] = "provider",
};

static const char * const uvb_roles[] = {
	[UVERBS_BPF_OBSERVER] = "observer",
	[UVERBS_BPF_GUARD] = "guard",
	[UVERBS_BPF_OWNER] = "owner",
};

static const char * const uvb_exit_reasons[] = {
	[UVERBS_BPF_EXIT_DETACHED] = "detached",
	[UVERBS_BPF_EXIT_REPLACED] = "replaced",
	[UVERBS_BPF_EXIT_EVICTED] = "evicted",
	[UVERBS_BPF_EXIT_DRIVER_GONE] = "driver gone",
};

const char *uvb_namespace_name(unsigned int ns)
{
	return uvb_namespaces[ns];
}

/*
 * Channels and objects of each provider's namespace: as long as there is one,
 * the namespace is that name's. Changed with the mutex held, but for going down.
 */
static atomic_t uvb_ns_users[UVB_NS_COUNT];

static struct uvb_program *uvb_program_locked(unsigned int ns)
{
	return rcu_dereference_protected(uvb_programs[ns], lockdep_is_held(&uvb_program_mutex));
}

static struct uvb_closed *uvb_closed_locked(unsigned int ns)
{
	return rcu_dereference_protected(uvb_closed[ns], lockdep_is_held(&uvb_program_mutex));
}

static int uvb_namespace_find(const char *name, int first, int last)
{
	int ns;

	for (ns = first; ns <= last; ns++) {
		if (!strcmp(uvb_namespaces[ns], name))
			return ns;
	}
	return -ENOENT;
}

/* Return: a namespace, or -ENOSPC. */
static int uvb_namespace(enum uverbs_bpf_program_kind kind, const char *name)
{
	int first = kind == UVERBS_BPF_TRANSPORT ? UVERBS_BPF_NS_IB : UVERBS_BPF_NS_PROVIDER_FIRST;
	int last = kind == UVERBS_BPF_TRANSPORT ? UVERBS_BPF_NS_TRANSPORT7 :
						  UVERBS_BPF_NS_PROVIDER_LAST;
	int ns = uvb_namespace_find(name, first, last);

	if (ns < 0)
		ns = uvb_namespace_find("", first, last);
	/* One of a provider that is gone, and that nobody has a channel to. */
	for (; ns < 0 && first <= last && kind == UVERBS_BPF_PROVIDER; first++) {
		if (!uvb_program_locked(first) && !uvb_closed_locked(first) &&
		    !atomic_read(&uvb_ns_users[first]))
			ns = first;
	}
	if (ns < 0)
		return -ENOSPC;
	strscpy(uvb_namespaces[ns], name);
	return ns;
}

bool uvb_decl_matches(const struct uverbs_bpf_decl *decl, struct ib_device *ibdev)
{
	u32 port;

	if (!uvb_decl_may_match(decl, ibdev))
		return false;
	if (!decl->protocols)
		return true;
	rdma_for_each_port(ibdev, port) {
		if (decl->protocols & uvb_port_protocol(ibdev, port))
			return true;
	}
	return false;
}

static void uvb_program_count(const struct uvb_program *program, struct uvb_program_count *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct uvb_program_count *count = per_cpu_ptr(program->count, cpu);

		sum->calls += READ_ONCE(count->calls);
		sum->refused += READ_ONCE(count->refused);
		sum->faults += READ_ONCE(count->faults);
	}
}

static void uvb_program_free(struct uvb_program *program)
{
	free_percpu(program->count);
	kfree(program->closed);
	kfree(program);
}

static struct uvb_program *uvb_program_new(enum uverbs_bpf_program_kind kind, u8 ns,
					   const void *kdata, struct bpf_link *link)
{
	struct uvb_program *program = kzalloc(sizeof(*program), GFP_KERNEL);

	if (!program)
		return NULL;
	program->decl = kdata;
	program->link = link;
	program->kind = kind;
	program->ns = ns;
	program->count = alloc_percpu(struct uvb_program_count);
	if (!program->count)
		goto err;
	/* When it fails is no time to look for memory. */
	if (program->decl->flags & UVERBS_BPF_FAIL_CLOSED) {
		program->closed = kzalloc(sizeof(*program->closed), GFP_KERNEL);
		if (!program->closed)
			goto err;
	}
	if (kind == UVERBS_BPF_PROVIDER)
		uvb_hook_bits(&uvb_provider_ops(program)->channel, program->hooks);
	return program;

err:
	uvb_program_free(program);
	return NULL;
}

/* ---- providers: order, conflicts, what the failed ones hold shut ---- */

const struct uvb_closed *__uvb_closed_by(unsigned int hook, struct ib_device *ibdev)
{
	unsigned int ns;

	uvb_for_each_provider_ns(ns) {
		const struct uvb_closed *closed = rcu_dereference(uvb_closed[ns]);

		if (closed && test_bit(hook, closed->hooks) &&
		    uvb_decl_matches(&closed->decl, ibdev))
			return closed;
	}
	/* Pairs with the barrier in uvb_closed_open(). */
	smp_rmb();
	return NULL;
}

void uvb_provider_for_each(void (*run)(struct uvb_program *program, void *arg), void *arg)
{
	unsigned int ns;

	lockdep_assert_held(&uvb_program_mutex);
	uvb_for_each_provider_ns(ns) {
		struct uvb_program *program = uvb_program_locked(ns);

		if (program && !program->dead)
			run(program, arg);
	}
}

/* Whether @a is called before @b. */
static bool uvb_program_before(const struct uvb_program *a, const struct uvb_program *b)
{
	const struct uverbs_bpf_channel_decl *of_a = &uvb_provider_ops(a)->channel;
	const struct uverbs_bpf_channel_decl *of_b = &uvb_provider_ops(b)->channel;

	if (of_a->role != of_b->role)
		return of_a->role > of_b->role;
	if (of_a->priority != of_b->priority)
		return of_a->priority < of_b->priority;
	return a->order < b->order;
}

/* Make what is derived from the providers that are attached agree with them. */
static void uvb_providers_changed(struct uvb_order *order)
{
	DECLARE_BITMAP(hooks, UVB_NR_HOOKS) = {};
	bool any = false, any_closed = false;
	unsigned int ns, i;

	uvb_for_each_provider_ns(ns) {
		struct uvb_program *program = uvb_program_locked(ns);
		struct uvb_closed *closed = uvb_closed_locked(ns);

		if (closed) {
			bitmap_or(hooks, hooks, closed->hooks, UVB_NR_HOOKS);
			any = any_closed = true;
		}
		if (!program)
			continue;
		bitmap_or(hooks, hooks, program->hooks, UVB_NR_HOOKS);
		any = true;
		if (!order)
			continue;
		for (i = order->n++; i; i--) {
			if (uvb_program_before(uvb_program_locked(order->ns[i - 1]), program))
				break;
			order->ns[i] = order->ns[i - 1];
		}
		order->ns[i] = ns;
	}
	/* Pairs with the acquire in uvb_closed_by(). */
	smp_store_release(&uvb_any_closed, any_closed);
	/* Word by word: a call looks at one bit. */
	for (i = 0; i < BITS_TO_LONGS(UVB_NR_HOOKS); i++)
		WRITE_ONCE(uvb_hooked[i], hooks[i]);
	if (order) {
		order = rcu_replace_pointer(uvb_order, order,
					    lockdep_is_held(&uvb_program_mutex));
		if (order)
			kfree_rcu(order, rcu);
	}
	if (any && !uvb_ext_on)
		static_branch_deferred_inc(&uvb_ext_key);
	else if (!any && uvb_ext_on)
		static_branch_slow_dec_deferred(&uvb_ext_key);
	uvb_ext_on = any;
}

static bool uvb_decls_overlap(const struct uverbs_bpf_decl *a, const struct uverbs_bpf_decl *b)
{
	return (!a->driver_id || !b->driver_id || a->driver_id == b->driver_id) &&
	       (!a->ibdev[0] || !b->ibdev[0] || !strcmp(a->ibdev, b->ibdev)) &&
	       (!a->protocols || !b->protocols || a->protocols & b->protocols);
}

/* Two owners of one method on one device would each undo what the other does. */
static int uvb_provider_conflict(const struct uvb_program *program)
{
	const struct uverbs_bpf_channel_decl *channel = &uvb_provider_ops(program)->channel;
	unsigned int ns;

	uvb_for_each_provider_ns(ns) {
		const struct uvb_program *other = uvb_program_locked(ns);

		if (ns == program->ns || !other || channel->role != UVERBS_BPF_OWNER ||
		    uvb_provider_ops(other)->channel.role != UVERBS_BPF_OWNER ||
		    !bitmap_intersects(program->hooks, other->hooks, UVB_NR_HOOKS) ||
		    !uvb_decls_overlap(program->decl, other->decl))
			continue;
		pr_warn("provider %s: conflicts with provider %s: both are owners of a method on the same device; make one a guard or an observer, or match other devices\n",
			program->decl->name, other->decl->name);
		return -EEXIST;
	}
	return 0;
}

/* Methods that the failed provider of a namespace held shut are open again. */
static bool uvb_closed_open(unsigned int ns)
{
	struct uvb_closed *closed = uvb_closed_locked(ns);

	if (!closed)
		return false;
	/* Who is attached in its place comes before: see uvb_closed_by(). */
	smp_wmb();
	RCU_INIT_POINTER(uvb_closed[ns], NULL);
	kfree_rcu(closed, rcu);
	return true;
}

/* It failed, and said that this shuts what it guards: true if that is shut now. */
static bool uvb_closed_shut(struct uvb_program *program)
{
	struct uvb_closed *closed = program->closed;

	if (!closed || !program->dead || program->why != UVERBS_BPF_EXIT_EVICTED)
		return false;
	closed->decl = *program->decl;
	bitmap_copy(closed->hooks, program->hooks, UVB_NR_HOOKS);
	closed->since = ktime_get_real_seconds();
	scoped_guard(spinlock_irq, &uvb_program_lock)
		strscpy(closed->text, program->text);
	program->closed = NULL;
	uvb_closed_open(program->ns);
	WRITE_ONCE(uvb_any_closed, true);
	rcu_assign_pointer(uvb_closed[program->ns], closed);
	pr_warn("provider %s: failed; what it guards answers EACCES until it is attached again or reopened (uverbs-bpf provider reopen %s)\n",
		program->decl->name, program->decl->name);
	return true;
}

/* ---- the end ---- */

/* The last word on a program that cannot be found any more; frees it. */
static void uvb_program_retire(struct uvb_program *program, enum uverbs_bpf_exit_reason reason)
{
	void (*exit)(struct uverbs_bpf_exit *info) = NULL;
	const struct uverbs_bpf_decl *decl = program->decl;
	struct uvb_exit_record *record;
	struct uvb_program_count count;

	lockdep_assert_held(&uvb_program_mutex);
	record = &uvb_exits[uvb_nr_exits++ % UVB_MAX_EXITS];
	memset(record, 0, sizeof(*record));
	record->time = ktime_get_real_seconds();
	record->kind = program->kind;
	record->ns = program->ns;
	strscpy(record->name, decl->name);

	scoped_guard(spinlock_irq, &uvb_program_lock) {
		record->link = program->link ? program->link->id : 0;
		program->link = NULL;
	}

	/* Nobody runs it after this, as exit() may rely on. Programs do not sleep: it is short. */
	synchronize_rcu();

	uvb_program_count(program, &count);
	record->info.reason = reason;
	record->info.generation = program->generation;
	record->info.calls = count.calls;
	record->info.refused = count.refused;
	record->info.faults = count.faults;
	strscpy(record->info.text, program->text);

	exit = program->kind == UVERBS_BPF_TRANSPORT ? uvb_transport_ops(program)->exit :
						       uvb_provider_ops(program)->exit;
	if (exit) {
		/* A copy, for a program shares no memory with what C reads later. */
		struct uverbs_bpf_exit info = record->info;

		rcu_read_lock();
		exit(&info);
		rcu_read_unlock();
	}

	trace_uverbs_bpf_exit(decl->name, &record->info);
	if (reason == UVERBS_BPF_EXIT_EVICTED)
		pr_warn("%s %s: evicted after %d faults, the last: %s\n", uvb_kinds[program->kind],
			decl->name, UVB_MAX_FAULTS, record->info.text);
	else
		pr_info("%s %s: %s\n", uvb_kinds[program->kind], decl->name,
			uvb_exit_reasons[reason]);
	uvb_program_free(program);
}

/**
 * uvb_program_attach() - attach a program
 * @kind: what it is
 * @kdata: its ops struct, which begins with its declaration, checked before
 * @link: the link that attaches it; NULL if the ops struct is of C
 *
 * Return: 0; -EEXIST if its name is taken, or what it wants to own; -ENOSPC if all namespaces
 * are; -ENOMEM.
 */
int uvb_program_attach(enum uverbs_bpf_program_kind kind, void *kdata, struct bpf_link *link)
{
	const struct uverbs_bpf_decl *decl = kdata;
	struct uvb_program *program;
	struct uvb_order *order;
	int ns, ret;

	guard(mutex)(&uvb_program_mutex);
	ns = uvb_namespace(kind, decl->name);
	if (ns < 0) {
		pr_warn("%s %s: every namespace of a %s has another name%s\n",
			uvb_kinds[kind], decl->name, uvb_kinds[kind],
			kind == UVERBS_BPF_PROVIDER ?
			" that is attached, or has channels or objects; detach one" :
			"; reload the module to free them");
		return ns;
	}
	if (ns == UVERBS_BPF_NS_ETHERNET) {
		pr_warn("%s %s: Ethernet QPs are served natively, the name is taken\n",
			uvb_kinds[kind], decl->name);
		return -EEXIST;
	}
	if (uvb_program_locked(ns)) {
		pr_warn("%s %s: already attached; detach it, or update its link\n",
			uvb_kinds[kind], decl->name);
		return -EEXIST;
	}
	program = uvb_program_new(kind, ns, kdata, link);
	if (!program)
		return -ENOMEM;
	program->order = uvb_attached++;
	if (kind == UVERBS_BPF_PROVIDER) {
		order = kzalloc(sizeof(*order), GFP_KERNEL);
		ret = order ? uvb_provider_conflict(program) : -ENOMEM;
		if (ret) {
			kfree(order);
			uvb_program_free(program);
			return ret;
		}
		uvb_devices_announce(program);
		rcu_assign_pointer(uvb_programs[ns], program);
		uvb_providers_changed(order);
		/* Until here its failed predecessor held shut what it guards. */
		if (uvb_closed_open(ns))
			uvb_providers_changed(NULL);
		uvb_objects_replay(program);
	} else {
		rcu_assign_pointer(uvb_programs[ns], program);
	}
	pr_info("%s %s: attached, namespace %d\n", uvb_kinds[kind], decl->name, ns);
	return 0;
}

/* One of C has no link, and its ops struct is attached once. */
static struct uvb_program *uvb_program_find(const void *kdata, const struct bpf_link *link)
{
	struct uvb_program *program;
	unsigned int ns;

	uvb_for_each_ns(ns) {
		program = uvb_program_locked(ns);
		if (program && program->link == link && (link || program->decl == kdata))
			return program;
	}
	return NULL;
}

/* Context: uvb_program_mutex. */
static void uvb_program_take_off(struct uvb_program *program)
{
	/*
	 * So that there is no moment in which what it guarded is open: who finds the program no
	 * more finds that it is shut, see uvb_hook_gone().
	 */
	if (uvb_closed_shut(program))
		synchronize_rcu();
	RCU_INIT_POINTER(uvb_programs[program->ns], NULL);
	if (program->kind == UVERBS_BPF_PROVIDER) {
		uvb_objects_forget(program);
		uvb_providers_changed(NULL);
	}
	uvb_program_retire(program, program->dead ? program->why : UVERBS_BPF_EXIT_DETACHED);
}

void uvb_program_detach(void *kdata, struct bpf_link *link)
{
	struct uvb_program *program;

	guard(mutex)(&uvb_program_mutex);
	program = uvb_program_find(kdata, link);
	/* One of C may have been evicted. */
	if (!program)
		WARN_ON_ONCE(link);
	else
		uvb_program_take_off(program);
}

/**
 * uvb_program_update() - put another version in the place of an attached program
 * @kdata: the new version's ops struct
 * @old_kdata: the old one's
 * @link: the link that stays
 *
 * A call finds the one or the other, never neither.
 *
 * Return: 0; -EINVAL if the name or the ABI differs; -EEXIST if it wants to own what another
 * owns; -ENOLINK if it is being evicted; -ENOMEM.
 */
int uvb_program_update(void *kdata, void *old_kdata, struct bpf_link *link)
{
	const struct uverbs_bpf_decl *decl = kdata;
	struct uvb_program *program, *old;
	struct uvb_order *order = NULL;
	int ret;

	guard(mutex)(&uvb_program_mutex);
	old = uvb_program_find(old_kdata, link);
	if (WARN_ON_ONCE(!old))
		return -ENOENT;
	if (strcmp(decl->name, old->decl->name) || decl->abi != old->decl->abi) {
		pr_warn("%s %s, ABI %u: cannot be replaced by %s, ABI %u; name and ABI must be equal\n",
			uvb_kinds[old->kind], old->decl->name, old->decl->abi, decl->name,
			decl->abi);
		return -EINVAL;
	}
	/* The eviction on its way would take off the new version. */
	if (old->dead)
		return -ENOLINK;
	program = uvb_program_new(old->kind, old->ns, kdata, link);
	if (!program)
		return -ENOMEM;
	program->generation = old->generation + 1;
	program->order = old->order;
	if (program->kind == UVERBS_BPF_PROVIDER) {
		order = kzalloc(sizeof(*order), GFP_KERNEL);
		ret = order ? uvb_provider_conflict(program) : -ENOMEM;
		if (ret) {
			kfree(order);
			uvb_program_free(program);
			return ret;
		}
		uvb_devices_announce(program);
	}
	rcu_assign_pointer(uvb_programs[program->ns], program);
	if (order) {
		uvb_providers_changed(order);
		uvb_objects_replaced(program);
	}
	uvb_program_retire(old, UVERBS_BPF_EXIT_REPLACED);
	return 0;
}

/*
 * Detaching takes the kernel's mutex for all struct_ops and comes back to us
 * in uvb_program_detach(), so that it needs a context without locks.
 */
static void uvb_evict(struct work_struct *work)
{
	struct uvb_program *program;
	struct bpf_link *link;
	unsigned int ns;

	uvb_for_each_ns(ns) {
		mutex_lock(&uvb_program_mutex);
		program = uvb_program_locked(ns);
		link = NULL;
		if (program && program->dead) {
			if (program->link)
				link = bpf_link_inc_not_zero(program->link);
			else
				uvb_program_take_off(program);
		}
		mutex_unlock(&uvb_program_mutex);
		/* A link on its way out detaches the program itself. */
		if (IS_ERR_OR_NULL(link))
			continue;
		link->ops->detach(link);
		bpf_link_put(link);
	}
}

static DECLARE_WORK(uvb_evict_work, uvb_evict);

/* Not called any more from now on, and taken off soon. */
static void uvb_program_kill(struct uvb_program *program, enum uverbs_bpf_exit_reason why)
{
	guard(spinlock_irqsave)(&uvb_program_lock);
	if (program->dead)
		return;
	program->why = why;
	/* Who sees that it is dead sees why. */
	smp_store_release(&program->dead, true);
	schedule_work(&uvb_evict_work);
}

void uvb_program_fault(struct uvb_program *program, bool counts, const char *fmt, ...)
{
	va_list args;

	this_cpu_inc(program->count->faults);
	/* Objects come and go with interrupts off. */
	scoped_guard(spinlock_irqsave, &uvb_program_lock) {
		va_start(args, fmt);
		vsnprintf(program->text, sizeof(program->text), fmt, args);
		va_end(args);
		trace_uverbs_bpf_fault(program->decl->name, counts, program->text);
	}

	if (counts && atomic_inc_return(&program->evidence) == UVB_MAX_FAULTS)
		uvb_program_kill(program, UVERBS_BPF_EXIT_EVICTED);
}

bool uvb_program_info(unsigned int ns, struct uverbs_bpf_program *info)
{
	struct uvb_program_count count;
	struct uvb_program *program;
	struct uvb_device *dev;

	guard(rcu)();
	program = rcu_dereference(uvb_programs[ns]);
	if (!program)
		return false;
	memset(info, 0, sizeof(*info));
	strscpy(info->name, program->decl->name);
	info->kind = program->kind;
	info->ns = program->ns;
	info->abi = program->decl->abi;
	info->generation = program->generation;
	if (program->kind == UVERBS_BPF_PROVIDER) {
		info->version = uvb_provider_ops(program)->channel.version;
		info->role = uvb_provider_ops(program)->channel.role;
		info->priority = uvb_provider_ops(program)->channel.priority;
	}
	uvb_program_count(program, &count);
	info->calls = count.calls;
	info->refused = count.refused;
	info->faults = count.faults;

	guard(spinlock_irqsave)(&uvb_program_lock);
	if (program->link)
		info->link = program->link->id;
	list_for_each_entry(dev, &uvb_ext_devices, ext) {
		/* Off the list before its device is. */
		struct ib_device *ibdev = rcu_dereference_protected(dev->stock.ib_dev, true);

		info->devices += ibdev && uvb_program_matches(program, ibdev);
	}
	return true;
}

/* ---- devices ---- */

struct uvb_dev_change {
	struct uvb_device *dev;
	struct ib_device *ibdev;
};

static void uvb_provider_dev_add(struct uvb_program *program, void *arg)
{
	struct uvb_dev_change *change = arg;

	uvb_dev_report(program, change->dev, change->ibdev, true);
}

void uvb_ext_device_add(struct uvb_device *dev, struct ib_device *ibdev)
{
	struct uvb_dev_change change = { .dev = dev, .ibdev = ibdev };
	u32 port;

	rdma_for_each_port(ibdev, port) {
		dev->protocols |= uvb_port_protocol(ibdev, port);
		if (port == rdma_start_port(ibdev))
			dev->protocol = dev->protocols;
	}
	guard(mutex)(&uvb_program_mutex);
	scoped_guard(spinlock_irq, &uvb_program_lock)
		list_add_tail(&dev->ext, &uvb_ext_devices);
	uvb_provider_for_each(uvb_provider_dev_add, &change);
}

static void uvb_provider_dev_remove(struct uvb_program *program, void *arg)
{
	struct uvb_dev_change *change = arg;
	struct uvb_device *dev;

	uvb_dev_report(program, change->dev, change->ibdev, false);
	if (!(program->decl->flags & UVERBS_BPF_WITH_DRIVER) ||
	    program->decl->driver_id != change->dev->driver_id)
		return;
	/* The driver may go now, and with it the layout the program was loaded for. */
	list_for_each_entry(dev, &uvb_ext_devices, ext) {
		if (dev->driver_id == program->decl->driver_id)
			return;
	}
	uvb_program_kill(program, UVERBS_BPF_EXIT_DRIVER_GONE);
}

void uvb_ext_device_remove(struct uvb_device *dev, struct ib_device *ibdev)
{
	struct uvb_dev_change change = { .dev = dev, .ibdev = ibdev };

	guard(mutex)(&uvb_program_mutex);
	scoped_guard(spinlock_irq, &uvb_program_lock)
		list_del(&dev->ext);
	uvb_provider_for_each(uvb_provider_dev_remove, &change);
}

void uvb_ext_devices_for_each(void (*run)(struct uvb_device *dev, void *arg), void *arg)
{
	struct uvb_device *dev;

	lockdep_assert_held(&uvb_program_mutex);
	list_for_each_entry(dev, &uvb_ext_devices, ext)
		run(dev, arg);
}

/* ---- channels ---- */

static int uvb_provider_hold(const char *name, u32 min_version, struct ib_device *ibdev, u8 *to,
		      u32 *version)
{
	struct uvb_program *program;
	int ns;

	guard(mutex)(&uvb_program_mutex);
	ns = name[0] ? uvb_namespace_find(name, UVERBS_BPF_NS_PROVIDER_FIRST,
					  UVERBS_BPF_NS_PROVIDER_LAST) : -ENOENT;
	program = ns < 0 ? NULL : uvb_program_locked(ns);
	if (!program || program->dead || !uvb_program_matches(program, ibdev))
		return -ENOENT;
	*version = uvb_provider_ops(program)->channel.version;
	if (*version < min_version)
		return -EPROTO;
	*to = ns;
	atomic_inc(&uvb_ns_users[ns]);
	return 0;
}

/* The names of those that serve a device, for messages. */
static void uvb_provider_names(struct ib_device *ibdev, char *to, size_t size)
{
	size_t len = 0;
	unsigned int ns;

	guard(mutex)(&uvb_program_mutex);
	to[0] = '\0';
	uvb_for_each_provider_ns(ns) {
		struct uvb_program *program = uvb_program_locked(ns);

		if (program && !program->dead && uvb_program_matches(program, ibdev))
			len += scnprintf(to + len, size - len, "%s%s version %u", len ? ", " : "",
					 program->decl->name,
					 uvb_provider_ops(program)->channel.version);
	}
}

int uvb_ext_provider_open(struct uverbs_attr_bundle *bundle, const char *name, u32 min_version,
			  u8 *ns, u32 *version)
{
	struct ib_device *ibdev = uvb_file_ibdev(uvb_bundle_file(bundle));
	char names[UVERBS_BPF_ERROR_MAX / 2] = "";
	int ret = ibdev ? uvb_provider_hold(name, min_version, ibdev, ns, version) : -EIO;

	if (ret != -ENOENT && ret != -EPROTO)
		return ret;
	if (uvb_error_wanted(uvb_call(bundle)))
		uvb_provider_names(ibdev, names, sizeof(names));
	if (ret == -EPROTO)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION,
				  "provider %s: version %u is attached, wants at least %u", name,
				  *version, min_version);
	return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_CHANNEL_NAME,
			  "provider %s is not attached to %s; attached: %s", name,
			  ibdev->name, names[0] ? names : "none");
}

void uvb_ext_provider_close(u8 ns)
{
	uvb_provider_release(ns);
}

/* Somebody who has a hold of the namespace, or runs its program, takes another. */
void uvb_provider_keep(u8 ns)
{
	atomic_inc(&uvb_ns_users[ns]);
}

void uvb_provider_release(u8 ns)
{
	atomic_dec(&uvb_ns_users[ns]);
}

/* ---- what admins see and do ---- */

/*
 * Files beside those of status.c, and like them lines of fields between tabs,
 * to which fields are only added at the end:
 *
 *	programs	kind name namespace abi link generation calls refused faults devices
 *			version role priority
 *	exits		time kind name namespace link generation calls refused faults reason text
 *	closed		time name text
 *
 * programs has a line for each attached program; exits one for each of the
 * last 32 taken off, the oldest first; closed one for each failed provider that
 * holds shut what it guarded. kind is transport or provider, reason detached,
 * replaced, evicted or driver gone, time in seconds since the epoch, text the
 * last fault or "-". refused and faults are part of calls. Of a transport the
 * last three fields of programs are 0, "-" and 0.
 */
static int uvb_programs_show(struct seq_file *seq, void *v)
{
	struct uverbs_bpf_program info;
	unsigned int ns;

	uvb_for_each_ns(ns) {
		if (!uvb_program_info(ns, &info))
			continue;
		seq_printf(seq, "%s\t%s\t%u\t%u\t%u\t%u\t%llu\t%llu\t%llu\t%u\t%u\t%s\t%d\n",
			   uvb_kinds[info.kind], info.name, info.ns, info.abi, info.link,
			   info.generation, info.calls, info.refused, info.faults, info.devices,
			   info.version,
			   info.kind == UVERBS_BPF_PROVIDER ? uvb_roles[info.role] : "-",
			   info.priority);
	}
	return 0;
}

static int uvb_exits_show(struct seq_file *seq, void *v)
{
	unsigned long i;

	guard(mutex)(&uvb_program_mutex);
	i = uvb_nr_exits > UVB_MAX_EXITS ? uvb_nr_exits - UVB_MAX_EXITS : 0;
	for (; i < uvb_nr_exits; i++) {
		const struct uvb_exit_record *record = &uvb_exits[i % UVB_MAX_EXITS];
		const struct uverbs_bpf_exit *info = &record->info;

		seq_printf(seq, "%lld\t%s\t%s\t%u\t%u\t%u\t%llu\t%llu\t%llu\t%s\t%s\n",
			   record->time, uvb_kinds[record->kind], record->name, record->ns,
			   record->link, info->generation, info->calls, info->refused,
			   info->faults, uvb_exit_reasons[info->reason],
			   info->text[0] ? info->text : "-");
	}
	return 0;
}

static int uvb_closed_show(struct seq_file *seq, void *v)
{
	unsigned int ns;

	guard(rcu)();
	uvb_for_each_provider_ns(ns) {
		const struct uvb_closed *closed = rcu_dereference(uvb_closed[ns]);

		if (closed)
			seq_printf(seq, "%lld\t%s\t%s\n", closed->since, closed->decl.name,
				   closed->text[0] ? closed->text : "-");
	}
	return 0;
}

/* Writing anything but 0 takes all programs off, whoever attached them and however. */
static int uvb_detach_all_set(const char *value, const struct kernel_param *kp)
{
	unsigned int ns;
	bool yes;
	int ret;

	ret = kstrtobool(value, &yes);
	if (ret || !yes)
		return ret;
	scoped_guard(mutex, &uvb_program_mutex) {
		uvb_for_each_ns(ns) {
			struct uvb_program *program = uvb_program_locked(ns);

			if (program) {
				/* If it has failed, it is not to shut anything on its way out. */
				kfree(program->closed);
				program->closed = NULL;
				uvb_program_kill(program, UVERBS_BPF_EXIT_DETACHED);
			}
			if (uvb_closed_open(ns))
				uvb_providers_changed(NULL);
		}
	}
	flush_work(&uvb_evict_work);
	return 0;
}

static const struct kernel_param_ops uvb_detach_all_ops = {
	.set = uvb_detach_all_set,
};
module_param_cb(detach_all, &uvb_detach_all_ops, NULL, 0200);
MODULE_PARM_DESC(detach_all, "Write 1 to take off all transport and provider programs, and to open what failed ones hold shut");

static int uvb_reopen_set(const char *value, const struct kernel_param *kp)
{
	/* And the newline of who writes it with echo. */
	char name[sizeof_field(struct uverbs_bpf_decl, name) + 1];
	int ns;

	if (strscpy(name, value) < 0)
		return -ENOENT;
	guard(mutex)(&uvb_program_mutex);
	ns = uvb_namespace_find(strim(name), UVERBS_BPF_NS_PROVIDER_FIRST,
				UVERBS_BPF_NS_PROVIDER_LAST);
	if (ns < 0 || !uvb_closed_open(ns))
		return -ENOENT;
	uvb_providers_changed(NULL);
	pr_info("provider %s: what it held shut is open again\n", uvb_namespaces[ns]);
	return 0;
}

static const struct kernel_param_ops uvb_reopen_ops = {
	.set = uvb_reopen_set,
};
module_param_cb(reopen, &uvb_reopen_ops, NULL, 0200);
MODULE_PARM_DESC(reopen, "Write the name of a failed provider to open what it holds shut");

int uvb_attach_init(void)
{
	/* status.c removes the directory and what is in it. */
	if (!proc_create_single("programs", 0444, uvb_proc_dir, uvb_programs_show) ||
	    !proc_create_single("exits", 0444, uvb_proc_dir, uvb_exits_show) ||
	    !proc_create_single("closed", 0444, uvb_proc_dir, uvb_closed_show))
		return -ENOMEM;
	return 0;
}

void uvb_attach_exit(void)
{
	unsigned int ns;

	remove_proc_entry("closed", uvb_proc_dir);
	remove_proc_entry("exits", uvb_proc_dir);
	remove_proc_entry("programs", uvb_proc_dir);
	/* Links hold the module, so nothing is attached; but an eviction may be at its end. */
	flush_work(&uvb_evict_work);
	static_key_deferred_flush(&uvb_ext_key);
	/* No client is registered, so that nobody reads these any more. */
	uvb_for_each_provider_ns(ns)
		kfree(rcu_dereference_protected(uvb_closed[ns], true));
	kfree(rcu_dereference_protected(uvb_order, true));
}
