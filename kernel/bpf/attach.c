// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Attached programs: one for each namespace, found by it under RCU.
 *
 * The kernel calls attach, detach and update with a mutex of its own held or,
 * when the last reference to a link goes away, without; uvb_program_mutex
 * orders them. Only C decides what happens on the way out: first the program
 * cannot be found any more, then nobody runs it any more, then it is told,
 * then the exit is put on record.
 */
#include "bpf.h"

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

static struct uvb_program __rcu *uvb_programs[UVB_NS_COUNT];
static LIST_HEAD(uvb_ext_devices);

/* A ring; the oldest is at uvb_nr_exits % UVB_MAX_EXITS once it is full. */
static struct uvb_exit_record uvb_exits[UVB_MAX_EXITS];
static unsigned long uvb_nr_exits;

/*
 * Who has a namespace. A name keeps it until the module is unloaded, for user
 * space that resolved it must never meet somebody else there.
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

static const char * const uvb_exit_reasons[] = {
	[UVERBS_BPF_EXIT_DETACHED] = "detached",
	[UVERBS_BPF_EXIT_REPLACED] = "replaced",
	[UVERBS_BPF_EXIT_EVICTED] = "evicted",
};

const char *uvb_namespace_name(unsigned int ns)
{
	return uvb_namespaces[ns];
}

/* Return: a namespace, or -ENOSPC. */
static int uvb_namespace(enum uverbs_bpf_program_kind kind, const char *name)
{
	int first = kind == UVERBS_BPF_TRANSPORT ? UVERBS_BPF_NS_IB : UVERBS_BPF_NS_PROVIDER_FIRST;
	int last = kind == UVERBS_BPF_TRANSPORT ? UVERBS_BPF_NS_TRANSPORT7 :
						  UVERBS_BPF_NS_PROVIDER_LAST;
	int ns;

	for (ns = first; ns <= last; ns++) {
		if (!uvb_namespaces[ns][0])
			strscpy(uvb_namespaces[ns], name);
		if (!strcmp(uvb_namespaces[ns], name))
			return ns;
	}
	return -ENOSPC;
}

static struct uvb_program *uvb_program_locked(unsigned int ns)
{
	return rcu_dereference_protected(uvb_programs[ns], lockdep_is_held(&uvb_program_mutex));
}

struct uvb_program *uvb_program_get(unsigned int ns)
{
	struct uvb_program *program = rcu_dereference(uvb_programs[ns]);

	return program && !READ_ONCE(program->dead) ? program : NULL;
}

/**
 * uvb_port_protocol() - the protocol of a port
 * @ibdev: the device
 * @port: port number, valid
 *
 * Return: one UVERBS_BPF_PROTOCOL_*, or 0 for what has none, as usNIC.
 */
u32 uvb_port_protocol(struct ib_device *ibdev, u32 port)
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

bool uvb_program_matches(const struct uvb_program *program, struct ib_device *ibdev)
{
	const struct uverbs_bpf_decl *decl = program->decl;
	u32 port;

	if (decl->driver_id && decl->driver_id != ibdev->ops.driver_id)
		return false;
	if (decl->ibdev[0] && strcmp(decl->ibdev, dev_name(&ibdev->dev)))
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

static struct uvb_program *uvb_program_new(enum uverbs_bpf_program_kind kind, u8 ns,
					   const void *kdata, struct bpf_link *link)
{
	struct uvb_program *program = kzalloc(sizeof(*program), GFP_KERNEL);

	if (!program)
		return NULL;
	program->count = alloc_percpu(struct uvb_program_count);
	if (!program->count) {
		kfree(program);
		return NULL;
	}
	program->decl = kdata;
	program->link = link;
	program->kind = kind;
	program->ns = ns;
	return program;
}

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

	spin_lock(&uvb_program_lock);
	record->link = program->link->id;
	program->link = NULL;
	spin_unlock(&uvb_program_lock);

	/* Nobody runs it after this, as exit() may rely on. Programs do not sleep: it is short. */
	synchronize_rcu();

	uvb_program_count(program, &count);
	record->info.reason = reason;
	record->info.generation = program->generation;
	record->info.calls = count.calls;
	record->info.refused = count.refused;
	record->info.faults = count.faults;
	strscpy(record->info.text, program->text);

	if (program->kind == UVERBS_BPF_TRANSPORT)
		exit = uvb_transport_ops(program)->exit;
	if (exit) {
		/* A copy, for a program shares no memory with what C reads later. */
		struct uverbs_bpf_exit info = record->info;

		rcu_read_lock();
		exit(&info);
		rcu_read_unlock();
	}

	if (reason == UVERBS_BPF_EXIT_EVICTED)
		pr_warn("%s %s: evicted after %d faults, the last: %s\n", uvb_kinds[program->kind],
			decl->name, UVB_MAX_FAULTS, record->info.text);
	else
		pr_info("%s %s: %s\n", uvb_kinds[program->kind], decl->name,
			uvb_exit_reasons[reason]);
	free_percpu(program->count);
	kfree(program);
}

/**
 * uvb_program_attach() - attach a program
 * @kind: what it is
 * @kdata: its ops struct, which begins with its declaration, checked before
 * @link: the link that attaches it
 *
 * Return: 0; -EEXIST if its name is taken; -ENOSPC if all namespaces are; -EOPNOTSUPP without
 * a link; -ENOMEM.
 */
int uvb_program_attach(enum uverbs_bpf_program_kind kind, void *kdata, struct bpf_link *link)
{
	const struct uverbs_bpf_decl *decl = kdata;
	struct uvb_program *program;
	int ns;

	/* Without a link it would be in no list of bpftool's and could not be replaced. */
	if (!link) {
		pr_warn("%s %s: has no link; put it in section .struct_ops.link\n",
			uvb_kinds[kind], decl->name);
		return -EOPNOTSUPP;
	}

	guard(mutex)(&uvb_program_mutex);
	ns = uvb_namespace(kind, decl->name);
	if (ns < 0) {
		pr_warn("%s %s: every namespace of a %s has another name; reload the module to free them\n",
			uvb_kinds[kind], decl->name, uvb_kinds[kind]);
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
	rcu_assign_pointer(uvb_programs[program->ns], program);
	pr_info("%s %s: attached, namespace %d\n", uvb_kinds[kind], decl->name, ns);
	return 0;
}

static struct uvb_program *uvb_program_by_link(const struct bpf_link *link)
{
	struct uvb_program *program;
	unsigned int ns;

	uvb_for_each_ns(ns) {
		program = uvb_program_locked(ns);
		if (program && program->link == link)
			return program;
	}
	return NULL;
}

void uvb_program_detach(void *kdata, struct bpf_link *link)
{
	struct uvb_program *program;

	guard(mutex)(&uvb_program_mutex);
	program = uvb_program_by_link(link);
	if (WARN_ON_ONCE(!program))
		return;
	RCU_INIT_POINTER(uvb_programs[program->ns], NULL);
	uvb_program_retire(program, program->dead ? UVERBS_BPF_EXIT_EVICTED :
						    UVERBS_BPF_EXIT_DETACHED);
}

/**
 * uvb_program_update() - put another version in the place of an attached program
 * @kdata: the new version's ops struct
 * @old_kdata: the old one's
 * @link: the link that stays
 *
 * A call finds the one or the other, never neither.
 *
 * Return: 0; -EINVAL if the name or the ABI differs; -ENOLINK if it is being evicted; -ENOMEM.
 */
int uvb_program_update(void *kdata, void *old_kdata, struct bpf_link *link)
{
	const struct uverbs_bpf_decl *decl = kdata;
	struct uvb_program *program, *old;

	guard(mutex)(&uvb_program_mutex);
	old = uvb_program_by_link(link);
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
	rcu_assign_pointer(uvb_programs[program->ns], program);
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
		link = program && program->dead ? bpf_link_inc_not_zero(program->link) : NULL;
		mutex_unlock(&uvb_program_mutex);
		/* A link on its way out detaches the program itself. */
		if (IS_ERR_OR_NULL(link))
			continue;
		link->ops->detach(link);
		bpf_link_put(link);
	}
}

static DECLARE_WORK(uvb_evict_work, uvb_evict);

void uvb_program_fault(struct uvb_program *program, bool counts, const char *fmt, ...)
{
	va_list args;

	this_cpu_inc(program->count->faults);
	spin_lock(&uvb_program_lock);
	va_start(args, fmt);
	vsnprintf(program->text, sizeof(program->text), fmt, args);
	va_end(args);
	spin_unlock(&uvb_program_lock);

	if (counts && atomic_inc_return(&program->evidence) == UVB_MAX_FAULTS) {
		WRITE_ONCE(program->dead, true);
		schedule_work(&uvb_evict_work);
	}
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
	uvb_program_count(program, &count);
	info->calls = count.calls;
	info->refused = count.refused;
	info->faults = count.faults;

	guard(spinlock)(&uvb_program_lock);
	if (program->link)
		info->link = program->link->id;
	list_for_each_entry(dev, &uvb_ext_devices, ext) {
		/* Off the list before its device is. */
		struct ib_device *ibdev = rcu_dereference_protected(dev->stock.ib_dev, true);

		info->devices += uvb_program_matches(program, ibdev);
	}
	return true;
}

void uvb_ext_device_add(struct uvb_device *dev, struct ib_device *ibdev)
{
	guard(spinlock)(&uvb_program_lock);
	list_add_tail(&dev->ext, &uvb_ext_devices);
}

void uvb_ext_device_remove(struct uvb_device *dev, struct ib_device *ibdev)
{
	guard(spinlock)(&uvb_program_lock);
	list_del(&dev->ext);
}

/*
 * Two files beside those of status.c, and like them lines of fields between
 * tabs, to which fields are only added at the end:
 *
 *	programs	kind name namespace abi link generation calls refused faults devices
 *	exits		time kind name namespace link generation calls refused faults reason text
 *
 * programs has a line for each attached program; exits one for each of the
 * last 32 taken off, the oldest first. kind is transport or provider, reason
 * detached, replaced or evicted, time in seconds since the epoch, text the
 * last fault or "-". refused and faults are part of calls.
 */
static int uvb_programs_show(struct seq_file *seq, void *v)
{
	struct uverbs_bpf_program info;
	unsigned int ns;

	uvb_for_each_ns(ns) {
		if (!uvb_program_info(ns, &info))
			continue;
		seq_printf(seq, "%s\t%s\t%u\t%u\t%u\t%u\t%llu\t%llu\t%llu\t%u\n",
			   uvb_kinds[info.kind], info.name, info.ns, info.abi, info.link,
			   info.generation, info.calls, info.refused, info.faults, info.devices);
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

int uvb_attach_init(void)
{
	/* status.c removes the directory and what is in it. */
	if (!proc_create_single("programs", 0444, uvb_proc_dir, uvb_programs_show) ||
	    !proc_create_single("exits", 0444, uvb_proc_dir, uvb_exits_show))
		return -ENOMEM;
	return 0;
}

void uvb_attach_exit(void)
{
	remove_proc_entry("exits", uvb_proc_dir);
	remove_proc_entry("programs", uvb_proc_dir);
	/* Links hold the module, so nothing is attached; but an eviction may be at its end. */
	flush_work(&uvb_evict_work);
}
