// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Completion channels and async event files: read, poll and SIGIO.
 *
 * What user space has read is counted at the object, because the answer to
 * destroying it carries the count and libibverbs waits until the application
 * has acknowledged exactly as many.
 */
#include "uvb.h"

#include <linux/poll.h>
#include <linux/sched/signal.h>

/**
 * struct uvb_event - one async event nobody has read yet
 * @link: in the event file's queue
 * @source: the object that reports it, NULL for ports and devices
 * @desc: what user space reads
 */
struct uvb_event {
	struct list_head link;
	struct uvb_event_source *source;
	struct ib_uverbs_async_event_desc desc;
};

void uvb_event_file_init(struct uvb_file *file, struct uvb_event_file *events)
{
	events->file = file;
	spin_lock_init(&events->queue.lock);
	INIT_LIST_HEAD(&events->queue.events);
	init_waitqueue_head(&events->queue.wait);
}

void uvb_event_queue_wake(struct uvb_event_queue *queue)
{
	wake_up_interruptible(&queue->wait);
	kill_fasync(&queue->fasync, SIGIO, POLL_IN);
}

/* Wait for an event; returns with the lock held if there is one. */
static int uvb_event_queue_wait(struct uvb_event_queue *queue, const struct file *filp)
{
	spin_lock_irq(&queue->lock);
	while (list_empty(&queue->events)) {
		bool closed = queue->closed;

		spin_unlock_irq(&queue->lock);
		if (closed)
			return -EIO;
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(queue->wait,
					     !list_empty(&queue->events) || queue->closed))
			return -ERESTARTSYS;
		spin_lock_irq(&queue->lock);
	}
	return 0;
}

__poll_t uvb_event_poll(struct file *filp, struct poll_table_struct *wait)
{
	struct uvb_event_file *events =
		container_of((struct uvb_handle *)filp->private_data, struct uvb_event_file, handle);
	struct uvb_event_queue *queue = &events->queue;
	__poll_t mask = 0;

	poll_wait(filp, &queue->wait, wait);

	spin_lock_irq(&queue->lock);
	if (!list_empty(&queue->events))
		mask = EPOLLIN | EPOLLRDNORM;
	else if (queue->closed)
		mask = EPOLLERR;
	spin_unlock_irq(&queue->lock);
	return mask;
}

int uvb_event_fasync(int fd, struct file *filp, int on)
{
	struct uvb_event_file *events =
		container_of((struct uvb_handle *)filp->private_data, struct uvb_event_file, handle);

	return fasync_helper(fd, filp, on, &events->queue.fasync);
}

/* ---- completion channels ---- */

void uvb_comp_handler(struct ib_cq *ibcq, void *context)
{
	struct uvb_event_file *channel = context;
	struct uvb_event_queue *queue;
	struct uvb_cq *cq;
	unsigned long flags;

	if (!channel)
		return;
	queue = &channel->queue;
	cq = container_of(uvb_handle((struct ib_uobject *)ibcq->uobject), struct uvb_cq,
			  source.handle);

	spin_lock_irqsave(&queue->lock, flags);
	if (!queue->closed) {
		if (list_empty(&cq->comp_link))
			list_add_tail(&cq->comp_link, &queue->events);
		/* Nobody reads so many; what comes on top is lost. */
		if (cq->comp_pending != U32_MAX)
			cq->comp_pending++;
	}
	spin_unlock_irqrestore(&queue->lock, flags);

	uvb_event_queue_wake(queue);
}

static ssize_t uvb_comp_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct uvb_event_file *channel =
		container_of((struct uvb_handle *)filp->private_data, struct uvb_event_file, handle);
	struct uvb_event_queue *queue = &channel->queue;
	struct ib_uverbs_comp_event_desc desc;
	struct uvb_cq *cq;
	int ret;

	ret = uvb_event_queue_wait(queue, filp);
	if (ret)
		return ret;

	/* The event stays for a caller with a buffer that holds it. */
	if (count < sizeof(desc)) {
		spin_unlock_irq(&queue->lock);
		return -EINVAL;
	}

	cq = list_first_entry(&queue->events, struct uvb_cq, comp_link);
	desc.cq_handle = cq->source.user_handle;
	cq->comp_reported++;
	if (--cq->comp_pending)
		list_move_tail(&cq->comp_link, &queue->events);
	else
		list_del_init(&cq->comp_link);
	spin_unlock_irq(&queue->lock);

	return copy_to_user(buf, &desc, sizeof(desc)) ? -EFAULT : sizeof(desc);
}

void uvb_cq_events_release(struct uvb_cq *cq)
{
	struct uvb_event_file *channel = cq->channel;

	if (channel) {
		spin_lock_irq(&channel->queue.lock);
		list_del_init(&cq->comp_link);
		cq->comp_pending = 0;
		spin_unlock_irq(&channel->queue.lock);
		uvb_event_file_put(channel);
	}
	uvb_event_source_release(&cq->source);
}

int uvb_event_file_release(struct inode *inode, struct file *filp)
{
	struct uvb_handle *handle = filp->private_data;

	/* Never committed. */
	if (!handle)
		return 0;

	uvb_handle_file_release(container_of(handle, struct uvb_event_file, handle)->file, handle);
	return 0;
}

static const struct file_operations uvb_comp_fops = {
	.owner = THIS_MODULE,
	.read = uvb_comp_read,
	.poll = uvb_event_poll,
	.release = uvb_event_file_release,
	.fasync = uvb_event_fasync,
};

static int uvb_comp_channel_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				    struct uverbs_attr_bundle *bundle)
{
	struct uvb_event_file *channel = container_of(handle, struct uvb_event_file, handle);
	struct uvb_event_queue *queue = &channel->queue;
	struct uvb_cq *cq, *next;

	spin_lock_irq(&queue->lock);
	queue->closed = true;
	list_for_each_entry_safe(cq, next, &queue->events, comp_link) {
		list_del_init(&cq->comp_link);
		cq->comp_pending = 0;
	}
	spin_unlock_irq(&queue->lock);
	uvb_event_queue_wake(queue);
	return 0;
}

void uvb_comp_channel_init(struct uvb_file *file, struct uvb_handle *handle)
{
	uvb_event_file_init(file, container_of(handle, struct uvb_event_file, handle));
}

static struct uvb_type uvb_type_comp_channel = {
	.object = UVERBS_OBJECT_COMP_CHANNEL,
	.size = sizeof(struct uvb_event_file),
	.destroy = uvb_comp_channel_destroy,
	.fops = &uvb_comp_fops,
	.name = "uvb_comp_channel",
	/* It has no PD; but so it is in ib_uverbs, and without PDs it is of no use. */
	UVB_NEEDS(dealloc_pd),
};

static int uvb_cmd_create_comp_channel(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_create_comp_channel_resp resp;
	struct ib_uverbs_create_comp_channel cmd;
	struct uvb_handle *handle;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;

	handle = uvb_new(bundle, UVERBS_OBJECT_COMP_CHANNEL);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	uvb_comp_channel_init(uvb_bundle_file(bundle), handle);

	resp.fd = handle->id;
	return uvb_response(bundle, &resp, sizeof(resp));
}

static const struct uvb_command uvb_comp_channel_commands[] = {
	UVB_COMMAND(CREATE_COMP_CHANNEL, uvb_cmd_create_comp_channel, UVERBS_OBJECT_COMP_CHANNEL,
		    UVB_ONLY,
		    sizeof(struct ib_uverbs_create_comp_channel),
		    sizeof(struct ib_uverbs_create_comp_channel_resp)),
};

UVB_SCHEMA(comp_channel, .type = &uvb_type_comp_channel, UVB_COMMANDS(uvb_comp_channel_commands));

/* ---- async events ---- */

static void uvb_async_event(struct uvb_event_file *events, u64 element, u32 type,
			    struct uvb_event_source *source)
{
	struct uvb_event_queue *queue;
	struct uvb_event *event;
	unsigned long flags;

	if (!events)
		return;

	/* Lost if there is no memory, as ever; all callers may be in interrupts. */
	event = kzalloc(sizeof(*event), GFP_ATOMIC);
	if (!event)
		return;
	event->source = source;
	event->desc.element = element;
	event->desc.event_type = type;

	queue = &events->queue;
	spin_lock_irqsave(&queue->lock, flags);
	if (queue->closed) {
		kfree(event);
		event = NULL;
	} else {
		list_add_tail(&event->link, &queue->events);
	}
	spin_unlock_irqrestore(&queue->lock, flags);

	if (event)
		uvb_event_queue_wake(queue);
}

void uvb_event_source_report(struct uvb_event_source *source, enum ib_event_type type)
{
	uvb_async_event(source->async, source->user_handle, type, source);
}

void uvb_cq_event_handler(struct ib_event *event, void *context)
{
	struct uvb_handle *handle = uvb_handle((struct ib_uobject *)event->element.cq->uobject);

	uvb_event_source_report(container_of(handle, struct uvb_event_source, handle),
				event->event);
}

void uvb_qp_event_handler(struct ib_event *event, void *context)
{
	/* Pairs with the release in uvb_qp_open(). */
	struct ib_uobject *uobject =
		(struct ib_uobject *)smp_load_acquire(&event->element.qp->uobject);

	/* An XRC target QP has events from the moment it is open, and its handle a little later. */
	if (uobject)
		uvb_event_source_report(container_of(uvb_handle(uobject), struct uvb_event_source,
						     handle), event->event);
}

void uvb_wq_event_handler(struct ib_event *event, void *context)
{
	struct ib_uobject *uobject = (struct ib_uobject *)event->element.wq->uobject;

	/* Drivers make the WQ before we can tell it whose it is. */
	if (uobject)
		uvb_event_source_report(container_of(uvb_handle(uobject), struct uvb_event_source,
						     handle), event->event);
}

void uvb_srq_event_handler(struct ib_event *event, void *context)
{
	struct uvb_handle *handle = uvb_handle((struct ib_uobject *)event->element.srq->uobject);

	uvb_event_source_report(container_of(handle, struct uvb_event_source, handle),
				event->event);
}

void uvb_event_source_init(struct uvb_event_source *source, u64 user_handle,
			   struct uvb_event_file *async)
{
	source->user_handle = user_handle;
	source->async = async;
}

int uvb_event_source_destroyed(struct uverbs_attr_bundle *bundle, u16 handle_attr, u16 resp_attr)
{
	const struct uvb_event_source *source =
		container_of(uvb_attr_handle(bundle, handle_attr), struct uvb_event_source, handle);

	return uvb_copy_out(bundle, resp_attr, &source->async_reported,
			    sizeof(source->async_reported));
}

int uvb_event_source_destroy_id(struct uverbs_attr_bundle *bundle, unsigned int object, u32 id,
				u32 *reported)
{
	struct uvb_handle *handle = uvb_handle_get_destroyed(bundle, object, id);

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	*reported = container_of(handle, struct uvb_event_source, handle)->async_reported;
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_DESTROY);
	return 0;
}

void uvb_event_source_release(struct uvb_event_source *source)
{
	struct uvb_event_file *events = source->async;
	struct uvb_event *event, *next;

	if (!events)
		return;

	spin_lock_irq(&events->queue.lock);
	list_for_each_entry_safe(event, next, &events->queue.events, link) {
		if (event->source != source)
			continue;
		list_del(&event->link);
		kfree(event);
	}
	spin_unlock_irq(&events->queue.lock);
	uvb_event_file_put(events);
}

static ssize_t uvb_async_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct uvb_event_file *events =
		container_of((struct uvb_handle *)filp->private_data, struct uvb_event_file, handle);
	struct uvb_event_queue *queue = &events->queue;
	struct uvb_event *event;
	ssize_t ret;

	ret = uvb_event_queue_wait(queue, filp);
	if (ret)
		return ret;

	if (count < sizeof(event->desc)) {
		spin_unlock_irq(&queue->lock);
		return -EINVAL;
	}

	event = list_first_entry(&queue->events, struct uvb_event, link);
	list_del(&event->link);
	if (event->source)
		event->source->async_reported++;
	spin_unlock_irq(&queue->lock);

	ret = copy_to_user(buf, &event->desc, sizeof(event->desc)) ? -EFAULT :
		sizeof(event->desc);
	kfree(event);
	return ret;
}

static void uvb_async_close(struct uvb_event_file *events)
{
	struct uvb_event *event, *next;
	LIST_HEAD(unread);

	spin_lock_irq(&events->queue.lock);
	events->queue.closed = true;
	list_splice_init(&events->queue.events, &unread);
	spin_unlock_irq(&events->queue.lock);
	list_for_each_entry_safe(event, next, &unread, link)
		kfree(event);
}

/* The device going away is still reported afterwards; only the release ends the stream. */
static int uvb_async_release(struct inode *inode, struct file *filp)
{
	struct uvb_handle *handle = filp->private_data;

	if (!handle)
		return 0;

	refcount_inc(&handle->ref);
	uvb_event_file_release(inode, filp);
	uvb_async_close(container_of(handle, struct uvb_event_file, handle));
	uvb_handle_unref(handle);
	return 0;
}

static const struct file_operations uvb_async_fops = {
	.owner = THIS_MODULE,
	.read = uvb_async_read,
	.poll = uvb_event_poll,
	.release = uvb_async_release,
	.fasync = uvb_event_fasync,
};

static void uvb_device_event(struct ib_event_handler *handler, struct ib_event *event)
{
	uvb_async_event(container_of(handler, struct uvb_event_file, ib_handler),
			event->element.port_num, event->event, NULL);
}

static int uvb_async_event_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				   struct uverbs_attr_bundle *bundle)
{
	struct uvb_event_file *events = container_of(handle, struct uvb_event_file, handle);

	ib_unregister_event_handler(&events->ib_handler);
	if (why == RDMA_REMOVE_DRIVER_REMOVE)
		uvb_async_event(events, 0, IB_EVENT_DEVICE_FATAL, NULL);
	/* Nobody has the file, whose release would do so. */
	if (why == RDMA_REMOVE_ABORT)
		uvb_async_close(events);
	return 0;
}

/* The last step of making one: from here on it receives events. */
void uvb_async_event_init(struct uvb_file *file, struct uvb_handle *handle)
{
	struct uvb_event_file *events = container_of(handle, struct uvb_event_file, handle);

	uvb_event_file_init(file, events);

	mutex_lock(&file->stock.ucontext_lock);
	if (!file->async) {
		refcount_inc(&handle->ref);
		/* Pairs with the acquire in uvb_event_file_default(). */
		smp_store_release(&file->async, events);
	}
	mutex_unlock(&file->stock.ucontext_lock);

	INIT_IB_EVENT_HANDLER(&events->ib_handler, handle->context->device, uvb_device_event);
	ib_register_event_handler(&events->ib_handler);
}

struct uvb_event_file *uvb_event_file_default(struct uvb_file *file)
{
	/* Pairs with the release in uvb_async_event_init(). */
	struct uvb_event_file *events = smp_load_acquire(&file->async);

	if (events)
		refcount_inc(&events->handle.ref);
	return events;
}

struct uvb_event_file *uvb_event_file_get(struct uverbs_attr_bundle *bundle, u16 attr)
{
	struct uvb_handle *handle;

	if (!uvb_has(bundle, attr))
		return uvb_event_file_default(uvb_bundle_file(bundle));
	handle = uvb_attr_handle(bundle, attr);
	refcount_inc(&handle->ref);
	return container_of(handle, struct uvb_event_file, handle);
}

static int uvb_async_event_alloc(struct uverbs_attr_bundle *bundle)
{
	uvb_async_event_init(uvb_bundle_file(bundle),
			     uvb_attr_handle(bundle, UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE));
	uvb_created(bundle, UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE);
	return 0;
}

static const struct uvb_attr uvb_async_event_alloc_attrs[] = {
	UVB_FD(UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE, UVERBS_OBJECT_ASYNC_EVENT, NEW, UVB_M),
};

static struct uvb_method uvb_async_event_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC,
		   uvb_async_event_alloc, uvb_async_event_alloc_attrs),
};

static struct uvb_type uvb_type_async_event = {
	.object = UVERBS_OBJECT_ASYNC_EVENT,
	.size = sizeof(struct uvb_event_file),
	.destroy = uvb_async_event_destroy,
	.fops = &uvb_async_fops,
	.name = "uvb_async_event",
};

UVB_SCHEMA(async_event, .type = &uvb_type_async_event, UVB_METHODS(uvb_async_event_methods));
