// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Completion counters: a CQ that counts what it completes, instead of letting
 * somebody poll for it. Values and thresholds are in a page that user space
 * maps from a file of the counter; poll() on that file waits for a threshold.
 *
 * The CQ is a kernel CQ of the driver's: made without a caller's input, so that
 * its entries lie in kernel memory that nobody maps, and drained by a work item
 * of ours. The QPs on it are a user's. So of a completion only wr_id, status,
 * opcode and byte_len mean anything, and they are what user space or a peer
 * made them: wr_id shares its place with wr_cqe, which must not be followed,
 * and qp may be the number of a QP, or a QP that is gone, and is never looked
 * at. docs/completion-counter.md says, driver by driver, why this is safe.
 */
#include "cq.h"
#include "../ext.h"

#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

/* Completions taken from the driver at a time; on the stack of the work item. */
#define UVB_COUNTER_BATCH	16

/* What rxe writes for a user's QP must be what we read. */
#define UVB_SAME_PLACE(member)							\
	static_assert(offsetof(struct ib_wc, member) ==				\
		      offsetof(struct ib_uverbs_wc, member) &&			\
		      sizeof_field(struct ib_wc, member) ==			\
		      sizeof_field(struct ib_uverbs_wc, member))
UVB_SAME_PLACE(wr_id);
UVB_SAME_PLACE(status);
UVB_SAME_PLACE(opcode);
UVB_SAME_PLACE(byte_len);
static_assert(sizeof(struct ib_wc) >= sizeof(struct ib_uverbs_wc));

/**
 * struct uvb_counting_driver - a driver whose kernel CQs may be under a user's QPs
 * @driver_id: enum rdma_driver_id
 * @module: name of its module, of drivers without an id of their own, else NULL
 * @looks_at_qp: looks at ib_wc.qp when it is polled: nothing of a QP may be left in the CQ when
 *	that QP is destroyed
 */
struct uvb_counting_driver {
	u32 driver_id;
	const char *module;
	bool looks_at_qp;
};

static const struct uvb_counting_driver uvb_counting_drivers[] = {
	{ .driver_id = RDMA_DRIVER_RXE },
	{ .driver_id = RDMA_DRIVER_SIW },
	/* In tests/drivers; the first is of rdmavt, whose tracepoint of poll_cq wants the QP. */
	{ .driver_id = RDMA_DRIVER_QIB, .module = "uvb_ib", .looks_at_qp = true },
	{ .driver_id = RDMA_DRIVER_QIB, .module = "uvb_fake" },
};

/**
 * struct uvb_cq_counter - what a CQ counts
 * @ref: one of the CQ, one of each file
 * @cq: the CQ, NULL once it is gone; changed with @work disabled
 * @work: drains the CQ
 * @type: the type it was made as
 * @comp: what a program is told of each completion beside the completion
 * @privileged: made by somebody whose completions may cost a program its place
 * @lock: of all below; taken in the driver's handlers
 * @now: what is in the page, which is only written
 * @page: what user space reads
 * @wait: who waits for a threshold
 */
struct uvb_cq_counter {
	refcount_t ref;
	struct ib_cq *cq;
	struct work_struct work;
	struct uvb_new_type type;
	struct uverbs_bpf_comp comp;
	bool privileged;
	spinlock_t lock;
	struct uverbs_bpf_cq_counter now;
	struct page *page;
	wait_queue_head_t wait;
};

/**
 * struct uvb_cq_counter_file - handle of a counter
 * @events: the file; its queue is not used
 * @counter: the counter
 */
struct uvb_cq_counter_file {
	struct uvb_event_file events;
	struct uvb_cq_counter *counter;
};

static struct workqueue_struct *uvb_counter_wq;

static const struct uvb_counting_driver *uvb_counting_driver(const struct ib_device *ibdev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_counting_drivers); i++) {
		const struct uvb_counting_driver *driver = &uvb_counting_drivers[i];

		if (ibdev->ops.driver_id == driver->driver_id &&
		    (!driver->module || !strcmp(module_name(ibdev->ops.owner), driver->module)))
			return driver;
	}
	return NULL;
}

/* ---- the page ---- */

static __poll_t uvb_cq_counter_events(const struct uvb_cq_counter *counter)
{
	const struct uverbs_bpf_cq_counter *now = &counter->now;
	__poll_t events = 0;

	lockdep_assert_held(&counter->lock);
	if (now->value[UVERBS_BPF_CQ_COUNTER_COMP] >= now->threshold[UVERBS_BPF_CQ_COUNTER_COMP])
		events |= EPOLLIN | EPOLLRDNORM;
	if (now->value[UVERBS_BPF_CQ_COUNTER_ERR] >= now->threshold[UVERBS_BPF_CQ_COUNTER_ERR])
		events |= EPOLLPRI;
	if (now->flags & UVERBS_BPF_CQ_COUNTER_OVERFLOW)
		events |= EPOLLERR;
	if (now->flags & UVERBS_BPF_CQ_COUNTER_CLOSED)
		events |= EPOLLHUP;
	return events;
}

/* Show user space what changed. A flag is there before the values it concerns. */
static void uvb_cq_counter_publish(struct uvb_cq_counter *counter)
{
	struct uverbs_bpf_cq_counter *to = page_address(counter->page);
	const struct uverbs_bpf_cq_counter *now = &counter->now;
	__poll_t events = uvb_cq_counter_events(counter);
	unsigned int i;

	WRITE_ONCE(to->flags, now->flags);
	for (i = 0; i < ARRAY_SIZE(now->value); i++) {
		WRITE_ONCE(to->threshold[i], now->threshold[i]);
		smp_store_release(&to->value[i], now->value[i]);
	}
	if (events)
		wake_up_interruptible_poll(&counter->wait, events);
}

static void uvb_cq_counter_flag(struct uvb_cq_counter *counter, u32 flag)
{
	unsigned long flags;

	spin_lock_irqsave(&counter->lock, flags);
	counter->now.flags |= flag;
	uvb_cq_counter_publish(counter);
	spin_unlock_irqrestore(&counter->lock, flags);
}

/* ---- counting ---- */

static void uvb_cq_counter_count(struct uvb_cq_counter *counter, const struct ib_wc *wc,
				 unsigned int nr)
{
	bool unfiltered = false;
	u64 counted[2] = {};
	unsigned int i;
	u32 counts;

	counts = uvb_ext_comp(&counter->type, counter->cq->device, &counter->comp, wc, nr,
			      counter->privileged, &unfiltered);
	for (i = 0; i < nr; i++) {
		if (counts & BIT(i))
			counted[wc[i].status == IB_WC_SUCCESS ? UVERBS_BPF_CQ_COUNTER_COMP :
								UVERBS_BPF_CQ_COUNTER_ERR]++;
	}

	spin_lock_irq(&counter->lock);
	for (i = 0; i < ARRAY_SIZE(counted); i++)
		counter->now.value[i] += counted[i];
	if (unfiltered)
		counter->now.flags |= UVERBS_BPF_CQ_COUNTER_UNFILTERED;
	uvb_cq_counter_publish(counter);
	spin_unlock_irq(&counter->lock);
}

/*
 * Empty the CQ, arm it, and see whether it is empty still: drivers add entries
 * and poll under one lock, so what comes after that calls the handler. One round
 * takes as many as the CQ holds, so whoever waits for its end has had all that
 * was there, however fast the peers are; what is left has a round of its own.
 */
static void uvb_cq_counter_work(struct work_struct *work)
{
	struct uvb_cq_counter *counter = container_of(work, struct uvb_cq_counter, work);
	struct ib_wc wc[UVB_COUNTER_BATCH];
	struct ib_cq *cq = counter->cq;
	int left = cq->cqe, ret;
	bool armed = false;

	for (;;) {
		ret = ib_poll_cq(cq, ARRAY_SIZE(wc), wc);
		if (ret > 0) {
			uvb_cq_counter_count(counter, wc, ret);
			armed = false;
			left -= ret;
			if (left < 0) {
				queue_work(uvb_counter_wq, work);
				return;
			}
			cond_resched();
			continue;
		}
		if (!ret && armed)
			return;
		if (!ret)
			ret = ib_req_notify_cq(cq, IB_CQ_NEXT_COMP);
		if (ret < 0) {
			/* No driver in the table does this; but then nobody knows what is lost. */
			uvb_cq_counter_flag(counter, UVERBS_BPF_CQ_COUNTER_OVERFLOW);
			return;
		}
		armed = true;
	}
}

/* Called under locks of the driver, in interrupts too. */
void uvb_cq_counter_comp_handler(struct ib_cq *cq, void *context)
{
	struct uvb_cq_counter *counter = context;

	queue_work(uvb_counter_wq, &counter->work);
}

/* Likewise. The driver has no room for a completion, and drops it. */
void uvb_cq_counter_event_handler(struct ib_event *event, void *context)
{
	struct uvb_cq_counter *counter = context;
	unsigned long flags;
	bool again;

	if (event->event == IB_EVENT_CQ_ERR) {
		spin_lock_irqsave(&counter->lock, flags);
		again = counter->now.flags & UVERBS_BPF_CQ_COUNTER_OVERFLOW;
		counter->now.flags |= UVERBS_BPF_CQ_COUNTER_OVERFLOW;
		uvb_cq_counter_publish(counter);
		spin_unlock_irqrestore(&counter->lock, flags);
		/* An event is memory, and this one may come with each completion. */
		if (again)
			return;
	}
	uvb_cq_event_handler(event, context);
}

/* ---- the CQ ---- */

/**
 * uvb_cq_counter_new() - a counter for a CQ that is about to be made
 * @bundle: the call, CQ_CREATE
 * @handle: of the CQ
 *
 * Return: the counter, with the CQ's reference; -EOPNOTSUPP, in words, if the driver is not known
 * to be safe; -ENOMEM.
 */
struct uvb_cq_counter *uvb_cq_counter_new(struct uverbs_attr_bundle *bundle,
					  const struct uvb_handle *handle)
{
	struct uvb_file *file = uvb_bundle_file(bundle);
	struct ib_device *ibdev = handle->context->device;
	struct uvb_cq_counter *counter;
	int ret;

	if (!uvb_counting_driver(ibdev) || !ibdev->ops.create_cq || !ibdev->ops.poll_cq ||
	    !ibdev->ops.req_notify_cq) {
		ret = uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_BPF_ATTR_NONE,
				 "CQ_CREATE: no counters on %s: its driver is not known to be safe with a CQ of the kernel's under QPs of a user; those of RoCE and iWARP in software (rxe, siw) are",
				 ibdev->name);
		return ERR_PTR(ret);
	}

	counter = kzalloc(sizeof(*counter), GFP_KERNEL_ACCOUNT);
	if (!counter)
		return ERR_PTR(-ENOMEM);
	counter->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!counter->page) {
		kfree(counter);
		return ERR_PTR(-ENOMEM);
	}
	refcount_set(&counter->ref, 1);
	spin_lock_init(&counter->lock);
	init_waitqueue_head(&counter->wait);
	INIT_WORK(&counter->work, uvb_cq_counter_work);
	disable_work(&counter->work);

	counter->type = uvb_call(bundle)->type;
	counter->privileged = ns_capable_noaudit(&init_user_ns, CAP_NET_ADMIN);
	counter->comp.device = file->stock.device->devnum;
	counter->comp.file = file->number;
	counter->comp.handle = handle->id;
	counter->now.threshold[UVERBS_BPF_CQ_COUNTER_COMP] = 1;
	counter->now.threshold[UVERBS_BPF_CQ_COUNTER_ERR] = 1;
	spin_lock_irq(&counter->lock);
	uvb_cq_counter_publish(counter);
	spin_unlock_irq(&counter->lock);
	return counter;
}

int uvb_cq_counter_start(struct uvb_cq_counter *counter, struct ib_cq *cq)
{
	int ret;

	counter->cq = cq;
	enable_work(&counter->work);
	ret = ib_req_notify_cq(cq, IB_CQ_NEXT_COMP);
	return min(ret, 0);
}

void uvb_cq_counter_put(struct uvb_cq_counter *counter)
{
	if (!counter || !refcount_dec_and_test(&counter->ref))
		return;
	put_page(counter->page);
	kfree(counter);
}

/*
 * All that was completed until now. Those who call this know that nothing is
 * completed any more that must be counted.
 */
static void uvb_cq_counter_drain(struct uvb_cq_counter *counter)
{
	queue_work(uvb_counter_wq, &counter->work);
	flush_work(&counter->work);
}

int uvb_cq_counter_destroy(struct ib_cq *cq)
{
	struct uvb_cq_counter *counter = uvb_cq_counter(cq);
	int ret;

	if (atomic_read(&cq->usecnt))
		return -EBUSY;
	uvb_cq_counter_drain(counter);
	/* The driver may call the handler until its CQ is gone, but to no effect. */
	disable_work_sync(&counter->work);
	ret = ib_destroy_cq_user(cq, NULL);
	if (ret) {
		enable_work(&counter->work);
		/* What came meanwhile was not heard of. */
		queue_work(uvb_counter_wq, &counter->work);
		return ret;
	}
	counter->cq = NULL;
	uvb_cq_counter_flag(counter, UVERBS_BPF_CQ_COUNTER_CLOSED);
	uvb_cq_counter_put(counter);
	return 0;
}

/*
 * Drivers may drop what a destroyed QP has in a CQ, as verbs allow; a counter
 * must have it. Who looks at the QP when it is polled must find it, so there
 * the QP is stopped first: from then on it completes nothing.
 */
void uvb_cq_counter_settle(struct ib_qp *qp)
{
	struct uvb_cq_counter *send = qp->send_cq ? uvb_cq_counter(qp->send_cq) : NULL;
	struct uvb_cq_counter *recv = qp->recv_cq ? uvb_cq_counter(qp->recv_cq) : NULL;
	struct ib_qp_attr attr = { .qp_state = IB_QPS_RESET };

	if (likely(!send && !recv))
		return;
	/* A QP in use stays as it is, and is not destroyed. */
	if (atomic_read(&qp->usecnt))
		return;
	if (uvb_counting_driver(qp->device)->looks_at_qp)
		ib_modify_qp(qp, &attr, IB_QP_STATE);
	if (send)
		uvb_cq_counter_drain(send);
	if (recv && recv != send)
		uvb_cq_counter_drain(recv);
}

/* ---- the file ---- */

static struct uvb_cq_counter_file *uvb_cq_counter_file(struct uvb_handle *handle)
{
	return container_of(handle, struct uvb_cq_counter_file, events.handle);
}

static __poll_t uvb_cq_counter_poll(struct file *filp, struct poll_table_struct *wait)
{
	struct uvb_cq_counter *counter = uvb_cq_counter_file(filp->private_data)->counter;
	__poll_t events;

	poll_wait(filp, &counter->wait, wait);
	spin_lock_irq(&counter->lock);
	events = uvb_cq_counter_events(counter);
	spin_unlock_irq(&counter->lock);
	return events;
}

static vm_fault_t uvb_cq_counter_fault(struct vm_fault *vmf)
{
	struct uvb_handle *handle = vmf->vma->vm_file->private_data;

	if (vmf->pgoff)
		return VM_FAULT_SIGBUS;
	vmf->page = uvb_cq_counter_file(handle)->counter->page;
	get_page(vmf->page);
	return 0;
}

/* The page is memory like any other: it stays mapped whatever becomes of CQ and device. */
static const struct vm_operations_struct uvb_cq_counter_vm_ops = {
	.fault = uvb_cq_counter_fault,
};

static int uvb_cq_counter_mmap(struct file *filp, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff || vma_pages(vma) != 1)
		return -EINVAL;
	/* Nor may it become writable later, or be written to by a debugger. */
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	vm_flags_mod(vma, VM_DONTEXPAND, VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &uvb_cq_counter_vm_ops;
	return 0;
}

static int uvb_cq_counter_release(struct inode *inode, struct file *filp)
{
	struct uvb_cq_counter *counter;

	/* Never committed. */
	if (!filp->private_data)
		return 0;
	counter = uvb_cq_counter_file(filp->private_data)->counter;
	uvb_event_file_release(inode, filp);
	uvb_cq_counter_put(counter);
	return 0;
}

static const struct file_operations uvb_cq_counter_fops = {
	.owner = THIS_MODULE,
	.poll = uvb_cq_counter_poll,
	.mmap = uvb_cq_counter_mmap,
	.release = uvb_cq_counter_release,
};

static int uvb_cq_counter_open(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE);
	struct ib_cq *cq = uvb_attr_object(bundle, UVERBS_BPF_ATTR_CQ_COUNTER_CQ);
	struct uvb_cq_counter *counter = uvb_cq_counter(cq);
	struct uvb_cq_counter_file *file = uvb_cq_counter_file(handle);

	if (!counter)
		return uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_BPF_ATTR_CQ_COUNTER_CQ,
				  "CQ_COUNTER_CQ: the CQ does not count, it is polled");
	uvb_event_file_init(uvb_bundle_file(bundle), &file->events);
	refcount_inc(&counter->ref);
	file->counter = counter;
	uvb_created(bundle, UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE);
	return 0;
}

/* The file goes on to show what was counted, whatever it is that ends here. */
static int uvb_cq_counter_file_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				       struct uverbs_attr_bundle *bundle)
{
	/* But one that nobody ever got has no release. */
	if (why == RDMA_REMOVE_ABORT)
		uvb_cq_counter_put(uvb_cq_counter_file(handle)->counter);
	return 0;
}

static int uvb_cq_counter_modify(struct uverbs_attr_bundle *bundle)
{
	struct uvb_cq_counter *counter = uvb_cq_counter_file(
		uvb_attr_handle(bundle, UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE))->counter;
	u64 entry, op, value;
	int ret;

	ret = uvb_const(&entry, bundle, UVERBS_BPF_ATTR_CQ_COUNTER_ENTRY,
			UVERBS_BPF_CQ_COUNTER_ERR);
	if (ret)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_CQ_COUNTER_ENTRY,
				  "CQ_COUNTER_ENTRY: wants 0 (success) or 1 (errors)");
	ret = uvb_const(&op, bundle, UVERBS_BPF_ATTR_CQ_COUNTER_OP,
			UVERBS_BPF_CQ_COUNTER_THRESHOLD);
	if (ret)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_CQ_COUNTER_OP,
				  "CQ_COUNTER_OP: wants 0 (set), 1 (increment) or 2 (threshold)");
	ret = uvb_copy_in(&value, bundle, UVERBS_BPF_ATTR_CQ_COUNTER_VALUE, sizeof(value));
	if (ret)
		return ret;
	entry = array_index_nospec(entry, ARRAY_SIZE(counter->now.value));

	spin_lock_irq(&counter->lock);
	switch (op) {
	case UVERBS_BPF_CQ_COUNTER_SET:
		counter->now.value[entry] = value;
		break;
	case UVERBS_BPF_CQ_COUNTER_INC:
		counter->now.value[entry] += value;
		break;
	case UVERBS_BPF_CQ_COUNTER_THRESHOLD:
		counter->now.threshold[entry] = value;
		break;
	}
	uvb_cq_counter_publish(counter);
	spin_unlock_irq(&counter->lock);
	return 0;
}

static const struct uvb_attr uvb_cq_counter_open_attrs[] = {
	UVB_FD(UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE, UVERBS_BPF_OBJECT_CQ_COUNTER, NEW, UVB_M),
	UVB_HANDLE(UVERBS_BPF_ATTR_CQ_COUNTER_CQ, UVERBS_OBJECT_CQ, READ, UVB_M),
};

static const struct uvb_attr uvb_cq_counter_modify_attrs[] = {
	UVB_FD(UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE, UVERBS_BPF_OBJECT_CQ_COUNTER, READ, UVB_M),
	UVB_CONST(UVERBS_BPF_ATTR_CQ_COUNTER_ENTRY, UVB_M),
	UVB_CONST(UVERBS_BPF_ATTR_CQ_COUNTER_OP, UVB_M),
	UVB_IN(UVERBS_BPF_ATTR_CQ_COUNTER_VALUE, u64, UVB_M),
};

static struct uvb_method uvb_cq_counter_methods[] = {
	UVB_METHOD(UVERBS_BPF_OBJECT_CQ_COUNTER, UVERBS_BPF_METHOD_CQ_COUNTER_OPEN,
		   uvb_cq_counter_open, uvb_cq_counter_open_attrs),
	UVB_METHOD(UVERBS_BPF_OBJECT_CQ_COUNTER, UVERBS_BPF_METHOD_CQ_COUNTER_MODIFY,
		   uvb_cq_counter_modify, uvb_cq_counter_modify_attrs),
};

static struct uvb_type uvb_type_cq_counter = {
	.object = UVERBS_BPF_OBJECT_CQ_COUNTER,
	.size = sizeof(struct uvb_cq_counter_file),
	.destroy = uvb_cq_counter_file_destroy,
	.fops = &uvb_cq_counter_fops,
	.name = "uvb_cq_counter",
	UVB_NEEDS_BOTH(poll_cq, req_notify_cq),
};

UVB_SCHEMA(cq_counter, .type = &uvb_type_cq_counter, UVB_METHODS(uvb_cq_counter_methods));

int __init uvb_cq_counter_init(void)
{
	/* Waited for by whoever destroys a CQ, in any context; so it may not wait for memory. */
	uvb_counter_wq = alloc_workqueue("uverbs_bpf_counter",
					 WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	return uvb_counter_wq ? 0 : -ENOMEM;
}

void uvb_cq_counter_exit(void)
{
	destroy_workqueue(uvb_counter_wq);
}
