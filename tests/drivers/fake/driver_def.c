// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the driver adds to the verbs interface by itself, with driver_def=1: the shapes that mlx5,
 * bnxt_re and efa have in theirs.
 *
 *	THING		a numbered object: created with data, changed, asked, watched, destroyed
 *			(mlx5 DEVX_OBJ, bnxt_re DBR)
 *	EVENTS		a file, of things that change (mlx5 DEVX_ASYNC_EVENT_FD)
 *	ABSENT		an object this device does not support (mlx5 VAR of most devices)
 *	DEVICE		methods of no object: every kind of attribute; what an object of any kind is
 *	PD, MR		methods of core objects (mlx5 PD_QUERY, efa MR_QUERY)
 *	FLOW, FLOW_ACTION	core objects that methods of the driver make
 *	CQ, QP, SRQ, DM	attributes of their creation, as of REG_DMABUF_MR, QUERY_CONTEXT and, where
 *			the kernel has them, completion counters
 */
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <rdma/uverbs_ioctl.h>
#include <rdma/uverbs_std_types.h>

#include "fake.h"

#define UVERBS_MODULE_NAME fake
#include <rdma/uverbs_named_ioctl.h>

/* ---- things and their events ---- */

/**
 * struct fake_thing - an object of the driver's own
 * @object: the hardware's
 * @value: what it was created with or changed to
 * @length: of the data it was created with
 * @sum: of the data's bytes
 * @watcher: the file that is told of changes, or NULL
 */
struct fake_thing {
	struct fake_object object;
	u64 value;
	u32 length;
	u32 sum;
	struct fake_events *watcher;
};

struct fake_thing_event {
	struct list_head link;
	u64 value;
};

/* A file with changes of things in it. */
struct fake_events {
	struct ib_uobject uobject;
	spinlock_t lock;
	struct list_head list;
	wait_queue_head_t wait;
	bool closed;
};

static ssize_t fake_events_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct fake_events *events = filp->private_data;
	struct fake_thing_event *event;
	ssize_t ret;

	spin_lock_irq(&events->lock);
	while (list_empty(&events->list)) {
		bool closed = events->closed;

		spin_unlock_irq(&events->lock);
		if (closed)
			return -EIO;
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(events->wait,
					     !list_empty(&events->list) || events->closed))
			return -ERESTARTSYS;
		spin_lock_irq(&events->lock);
	}
	event = list_first_entry(&events->list, struct fake_thing_event, link);
	if (count < sizeof(event->value)) {
		spin_unlock_irq(&events->lock);
		return -EINVAL;
	}
	list_del(&event->link);
	spin_unlock_irq(&events->lock);
	ret = copy_to_user(buf, &event->value, sizeof(event->value)) ? -EFAULT :
								       sizeof(event->value);
	kfree(event);
	return ret;
}

static __poll_t fake_events_poll(struct file *filp, struct poll_table_struct *wait)
{
	struct fake_events *events = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &events->wait, wait);
	spin_lock_irq(&events->lock);
	if (!list_empty(&events->list))
		mask = EPOLLIN | EPOLLRDNORM;
	else if (events->closed)
		mask = EPOLLERR;
	spin_unlock_irq(&events->lock);
	return mask;
}

static const struct file_operations fake_events_fops = {
	.owner = THIS_MODULE,
	.read = fake_events_read,
	.poll = fake_events_poll,
	.release = uverbs_uobject_fd_release,
};

static void fake_events_add(struct fake_events *events, u64 value)
{
	struct fake_thing_event *event = kzalloc(sizeof(*event), GFP_KERNEL);

	if (!event)
		return;
	event->value = value;
	spin_lock_irq(&events->lock);
	if (events->closed) {
		kfree(event);
	} else {
		list_add_tail(&event->link, &events->list);
		wake_up_interruptible(&events->wait);
	}
	spin_unlock_irq(&events->lock);
}

static void fake_events_destroy(struct ib_uobject *uobject, enum rdma_remove_reason why)
{
	struct fake_events *events = container_of(uobject, struct fake_events, uobject);
	struct fake_thing_event *event, *next;

	spin_lock_irq(&events->lock);
	events->closed = true;
	list_for_each_entry_safe(event, next, &events->list, link) {
		list_del(&event->link);
		kfree(event);
	}
	wake_up_interruptible(&events->wait);
	spin_unlock_irq(&events->lock);
}

static int UVERBS_HANDLER(FAKE_METHOD_EVENTS_ALLOC)(struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject = uverbs_attr_get_uobject(attrs, FAKE_ATTR_EVENTS_ALLOC_FD);
	struct fake_events *events = container_of(uobject, struct fake_events, uobject);

	spin_lock_init(&events->lock);
	INIT_LIST_HEAD(&events->list);
	init_waitqueue_head(&events->wait);
	return 0;
}

static struct fake_device *fake_of(const struct uverbs_attr_bundle *attrs)
{
	struct ib_ucontext *context = ib_uverbs_get_ucontext(attrs);

	return IS_ERR(context) ? ERR_CAST(context) : to_fake(context->device);
}

static int fake_thing_destroy(struct ib_uobject *uobject, enum rdma_remove_reason why,
			      struct uverbs_attr_bundle *attrs)
{
	struct fake_device *dev = to_fake(uobject->context->device);
	struct fake_thing *thing = uobject->object;

	if (why == RDMA_REMOVE_DESTROY && thing->value == FAKE_THING_BUSY)
		return -EBUSY;
	fake_object_remove(dev, FAKE_KIND_thing, &thing->object);
	if (thing->watcher)
		uverbs_uobject_put(&thing->watcher->uobject);
	kfree(thing);
	return 0;
}

static int UVERBS_HANDLER(FAKE_METHOD_THING_CREATE)(struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject = uverbs_attr_get_uobject(attrs, FAKE_ATTR_THING_CREATE_HANDLE);
	int length = uverbs_attr_get_len(attrs, FAKE_ATTR_THING_CREATE_DATA);
	const u8 *data = uverbs_attr_get_alloced_ptr(attrs, FAKE_ATTR_THING_CREATE_DATA);
	struct fake_device *dev = fake_of(attrs);
	struct fake_thing *thing;
	u32 live;
	int i, ret;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	thing = kzalloc(sizeof(*thing), GFP_KERNEL);
	if (!thing)
		return -ENOMEM;
	ret = uverbs_copy_from(&thing->value, attrs, FAKE_ATTR_THING_CREATE_VALUE);
	if (ret)
		goto err;
	thing->length = length > 0 ? length : 0;
	for (i = 0; i < length; i++)
		thing->sum += data[i];
	ret = fake_object_add(dev, FAKE_KIND_thing, &thing->object);
	if (ret)
		goto err;
	uobject->object = thing;
	uverbs_finalize_uobj_create(attrs, FAKE_ATTR_THING_CREATE_HANDLE);

	/* From here on a failure destroys it again, through the type. */
	live = atomic_read(&dev->slot->live[FAKE_KIND_thing]);
	return uverbs_copy_to(attrs, FAKE_ATTR_THING_CREATE_LIVE, &live, sizeof(live));

err:
	kfree(thing);
	return ret;
}

static int UVERBS_HANDLER(FAKE_METHOD_THING_MODIFY)(struct uverbs_attr_bundle *attrs)
{
	struct fake_thing *thing = uverbs_attr_get_obj(attrs, FAKE_ATTR_THING_MODIFY_HANDLE);
	int ret = uverbs_copy_from(&thing->value, attrs, FAKE_ATTR_THING_MODIFY_VALUE);

	if (!ret && thing->watcher)
		fake_events_add(thing->watcher, thing->value);
	return ret;
}

static int UVERBS_HANDLER(FAKE_METHOD_THING_QUERY)(struct uverbs_attr_bundle *attrs)
{
	const struct fake_thing *thing = uverbs_attr_get_obj(attrs, FAKE_ATTR_THING_QUERY_HANDLE);
	struct fake_thing_state state = {
		.value = thing->value,
		.length = thing->length,
		.sum = thing->sum,
		.watched = !!thing->watcher,
	};

	return uverbs_copy_to_struct_or_zero(attrs, FAKE_ATTR_THING_QUERY_STATE, &state,
					     sizeof(state));
}

static int UVERBS_HANDLER(FAKE_METHOD_THING_WATCH)(struct uverbs_attr_bundle *attrs)
{
	struct fake_thing *thing = uverbs_attr_get_obj(attrs, FAKE_ATTR_THING_WATCH_HANDLE);
	struct ib_uobject *uobject = uverbs_attr_get_uobject(attrs, FAKE_ATTR_THING_WATCH_EVENTS);

	if (thing->watcher)
		return -EALREADY;
	/* Kept beyond the call: the file may be closed while the thing is watched. */
	thing->watcher = container_of(uobject, struct fake_events, uobject);
	uverbs_uobject_get(uobject);
	return 0;
}

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_THING_CREATE,
	UVERBS_ATTR_IDR(FAKE_ATTR_THING_CREATE_HANDLE, FAKE_OBJECT_THING, UVERBS_ACCESS_NEW,
			UA_MANDATORY),
	UVERBS_ATTR_PTR_IN(FAKE_ATTR_THING_CREATE_VALUE, UVERBS_ATTR_TYPE(u64), UA_MANDATORY),
	UVERBS_ATTR_PTR_IN(FAKE_ATTR_THING_CREATE_DATA, UVERBS_ATTR_MIN_SIZE(1), UA_OPTIONAL,
			   UA_ALLOC_AND_COPY),
	UVERBS_ATTR_PTR_OUT(FAKE_ATTR_THING_CREATE_LIVE, UVERBS_ATTR_TYPE(u32), UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD_DESTROY(
	FAKE_METHOD_THING_DESTROY,
	UVERBS_ATTR_IDR(FAKE_ATTR_THING_DESTROY_HANDLE, FAKE_OBJECT_THING, UVERBS_ACCESS_DESTROY,
			UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_THING_MODIFY,
	UVERBS_ATTR_IDR(FAKE_ATTR_THING_MODIFY_HANDLE, FAKE_OBJECT_THING, UVERBS_ACCESS_WRITE,
			UA_MANDATORY),
	UVERBS_ATTR_PTR_IN(FAKE_ATTR_THING_MODIFY_VALUE, UVERBS_ATTR_TYPE(u64), UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_THING_QUERY,
	UVERBS_ATTR_IDR(FAKE_ATTR_THING_QUERY_HANDLE, FAKE_OBJECT_THING, UVERBS_ACCESS_READ,
			UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(FAKE_ATTR_THING_QUERY_STATE,
			    UVERBS_ATTR_STRUCT(struct fake_thing_state, sum), UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_THING_WATCH,
	UVERBS_ATTR_IDR(FAKE_ATTR_THING_WATCH_HANDLE, FAKE_OBJECT_THING, UVERBS_ACCESS_WRITE,
			UA_MANDATORY),
	UVERBS_ATTR_FD(FAKE_ATTR_THING_WATCH_EVENTS, FAKE_OBJECT_EVENTS, UVERBS_ACCESS_READ,
		       UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(FAKE_OBJECT_THING, UVERBS_TYPE_ALLOC_IDR(fake_thing_destroy),
			    &UVERBS_METHOD(FAKE_METHOD_THING_CREATE),
			    &UVERBS_METHOD(FAKE_METHOD_THING_DESTROY),
			    &UVERBS_METHOD(FAKE_METHOD_THING_MODIFY),
			    &UVERBS_METHOD(FAKE_METHOD_THING_QUERY),
			    &UVERBS_METHOD(FAKE_METHOD_THING_WATCH));

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_EVENTS_ALLOC,
	UVERBS_ATTR_FD(FAKE_ATTR_EVENTS_ALLOC_FD, FAKE_OBJECT_EVENTS, UVERBS_ACCESS_NEW,
		       UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(FAKE_OBJECT_EVENTS,
			    UVERBS_TYPE_ALLOC_FD(sizeof(struct fake_events), fake_events_destroy,
						 &fake_events_fops, "[fake_events]", O_RDONLY),
			    &UVERBS_METHOD(FAKE_METHOD_EVENTS_ALLOC));

/* ---- what this device does not support ---- */

static int UVERBS_HANDLER(FAKE_METHOD_ABSENT_CREATE)(struct uverbs_attr_bundle *attrs)
{
	return -EINVAL;
}

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_ABSENT_CREATE,
	UVERBS_ATTR_IDR(FAKE_ATTR_ABSENT_CREATE_HANDLE, FAKE_OBJECT_ABSENT, UVERBS_ACCESS_NEW,
			UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(FAKE_OBJECT_ABSENT, UVERBS_TYPE_ALLOC_IDR(fake_thing_destroy),
			    &UVERBS_METHOD(FAKE_METHOD_ABSENT_CREATE));

static bool fake_never(struct ib_device *ib)
{
	return false;
}

/* ---- methods of the device ---- */

static int UVERBS_HANDLER(FAKE_METHOD_DEVICE_ECHO)(struct uverbs_attr_bundle *attrs)
{
	struct fake_kinds kinds = { .choice = -1 };
	struct ib_uobject **uobjects;
	u64 chosen = 0;
	int i, ret;

	ret = uverbs_get_const_default(&kinds.constant, attrs, FAKE_ATTR_ECHO_CONST, 7);
	if (!ret)
		ret = uverbs_get_flags32(&kinds.flags, attrs, FAKE_ATTR_ECHO_FLAGS, 0xff);
	if (ret)
		return ret;
	ret = uverbs_copy_from_or_zero(&kinds.pair, attrs, FAKE_ATTR_ECHO_PAIR);
	if (IS_UVERBS_COPY_ERR(ret))
		return ret;
	if (uverbs_attr_is_valid(attrs, FAKE_ATTR_ECHO_RAW_FD)) {
		ret = uverbs_get_raw_fd(&kinds.fd, attrs, FAKE_ATTR_ECHO_RAW_FD);
		if (ret)
			return ret;
	}
	if (uverbs_attr_is_valid(attrs, FAKE_ATTR_ECHO_CHOICE)) {
		kinds.choice = uverbs_attr_get_enum_id(attrs, FAKE_ATTR_ECHO_CHOICE);
		ret = _uverbs_copy_from_or_zero(&chosen, attrs, FAKE_ATTR_ECHO_CHOICE,
						sizeof(chosen));
		if (ret)
			return ret;
		kinds.chosen = chosen;
	}

	kinds.things = uverbs_attr_get_uobjs_arr(attrs, FAKE_ATTR_ECHO_THINGS, &uobjects);
	for (i = 0; i < kinds.things; i++)
		kinds.sum += ((struct fake_thing *)uobjects[i]->object)->value;
	kinds.pds = uverbs_attr_get_uobjs_arr(attrs, FAKE_ATTR_ECHO_PDS, &uobjects);
	for (i = 0; i < kinds.pds; i++)
		kinds.pds_whole += uobjects[i]->uapi_object->id == UVERBS_OBJECT_PD &&
				   uobjects[i]->object && uobjects[i]->ufile == attrs->ufile;
	return uverbs_copy_to(attrs, FAKE_ATTR_ECHO_KINDS, &kinds, sizeof(kinds));
}

/* As mlx5 finds out what it was given by UVERBS_IDR_ANY_OBJECT. */
static int UVERBS_HANDLER(FAKE_METHOD_DEVICE_IDENTIFY)(struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject = uverbs_attr_get_uobject(attrs, FAKE_ATTR_IDENTIFY_HANDLE);
	u32 *identity;

	/* Memory of the call, more than it has at hand. */
	identity = uverbs_zalloc(attrs, 2048);
	if (IS_ERR(identity))
		return PTR_ERR(identity);
	identity[0] = uobj_get_object_id(uobject);
	identity[1] = uobject->id;
	identity[2] = uobject->ufile == attrs->ufile && uobject->context == attrs->context &&
		      uobject->object && kref_read(&uobject->ref) &&
		      atomic_read(&uobject->usecnt) > 0;
	return uverbs_copy_to(attrs, FAKE_ATTR_IDENTIFY_RESULT, identity, 3 * sizeof(*identity));
}

static const struct uverbs_attr_spec fake_choices[] = {
	{ .type = UVERBS_ATTR_TYPE_PTR_IN, UVERBS_ATTR_NO_DATA() },
	{ .type = UVERBS_ATTR_TYPE_PTR_IN, UVERBS_ATTR_TYPE(u32) },
	{ .type = UVERBS_ATTR_TYPE_PTR_IN, .zero_trailing = 1, UVERBS_ATTR_SIZE(4, 8) },
	{ .type = UVERBS_ATTR_TYPE_PTR_OUT, UVERBS_ATTR_TYPE(u32) },
};

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_DEVICE_ECHO,
	UVERBS_ATTR_CONST_IN(FAKE_ATTR_ECHO_CONST, enum fake_number, UA_OPTIONAL),
	UVERBS_ATTR_FLAGS_IN(FAKE_ATTR_ECHO_FLAGS, enum fake_number, UA_OPTIONAL),
	UVERBS_ATTR_PTR_IN(FAKE_ATTR_ECHO_PAIR, UVERBS_ATTR_STRUCT(struct fake_pair, first),
			   UA_OPTIONAL),
	UVERBS_ATTR_RAW_FD(FAKE_ATTR_ECHO_RAW_FD, UA_OPTIONAL),
	UVERBS_ATTR_ENUM_IN(FAKE_ATTR_ECHO_CHOICE, fake_choices, UA_OPTIONAL),
	UVERBS_ATTR_IDRS_ARR(FAKE_ATTR_ECHO_THINGS, FAKE_OBJECT_THING, UVERBS_ACCESS_READ, 1, 4,
			     UA_OPTIONAL),
	UVERBS_ATTR_IDRS_ARR(FAKE_ATTR_ECHO_PDS, UVERBS_OBJECT_PD, UVERBS_ACCESS_WRITE, 1, 3,
			     UA_OPTIONAL),
	UVERBS_ATTR_PTR_OUT(FAKE_ATTR_ECHO_KINDS, UVERBS_ATTR_TYPE(struct fake_kinds),
			    UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_DEVICE_IDENTIFY,
	UVERBS_ATTR_IDR(FAKE_ATTR_IDENTIFY_HANDLE, UVERBS_IDR_ANY_OBJECT, UVERBS_ACCESS_READ,
			UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(FAKE_ATTR_IDENTIFY_RESULT, UVERBS_ATTR_SIZE(12, 12), UA_MANDATORY));

ADD_UVERBS_METHODS(fake_device_methods, UVERBS_OBJECT_DEVICE,
		   &UVERBS_METHOD(FAKE_METHOD_DEVICE_ECHO),
		   &UVERBS_METHOD(FAKE_METHOD_DEVICE_IDENTIFY));

/* ---- methods of core objects ---- */

static int UVERBS_HANDLER(FAKE_METHOD_MR_QUERY)(struct uverbs_attr_bundle *attrs)
{
	const struct ib_mr *mr = uverbs_attr_get_obj(attrs, FAKE_ATTR_MR_QUERY_HANDLE);
	u32 same = mr->lkey == container_of(mr, struct fake_mr, ib)->ib.lkey;

	return uverbs_copy_to(attrs, FAKE_ATTR_MR_QUERY_SAME, &same, sizeof(same));
}

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_MR_QUERY,
	UVERBS_ATTR_IDR(FAKE_ATTR_MR_QUERY_HANDLE, UVERBS_OBJECT_MR, UVERBS_ACCESS_READ,
			UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(FAKE_ATTR_MR_QUERY_SAME, UVERBS_ATTR_TYPE(u32), UA_MANDATORY));

ADD_UVERBS_METHODS(fake_mr_methods, UVERBS_OBJECT_MR, &UVERBS_METHOD(FAKE_METHOD_MR_QUERY));

static int UVERBS_HANDLER(FAKE_METHOD_FLOW_ACTION_CREATE)(struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject =
		uverbs_attr_get_uobject(attrs, FAKE_ATTR_FLOW_ACTION_CREATE_HANDLE);
	struct fake_device *dev = to_fake(uobject->context->device);
	struct fake_flow_action *action = fake_flow_action_new(dev);

	if (IS_ERR(action))
		return PTR_ERR(action);
	uverbs_flow_action_fill_action(&action->ib, uobject, &dev->ib,
				       IB_FLOW_ACTION_UNSPECIFIED);
	uverbs_finalize_uobj_create(attrs, FAKE_ATTR_FLOW_ACTION_CREATE_HANDLE);
	return 0;
}

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_FLOW_ACTION_CREATE,
	UVERBS_ATTR_IDR(FAKE_ATTR_FLOW_ACTION_CREATE_HANDLE, UVERBS_OBJECT_FLOW_ACTION,
			UVERBS_ACCESS_NEW, UA_MANDATORY));

ADD_UVERBS_METHODS(fake_flow_action_methods, UVERBS_OBJECT_FLOW_ACTION,
		   &UVERBS_METHOD(FAKE_METHOD_FLOW_ACTION_CREATE));

/* As mlx5 makes flows, by the functions of ib_uverbs and what <rdma/uverbs_std_types.h> inlines. */
static int UVERBS_HANDLER(FAKE_METHOD_FLOW_CREATE)(struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject = uverbs_attr_get_uobject(attrs, FAKE_ATTR_FLOW_CREATE_HANDLE);
	struct ib_counters *counters = uverbs_attr_get_obj(attrs, FAKE_ATTR_FLOW_CREATE_COUNTERS);
	struct ib_qp *qp = uverbs_attr_get_obj(attrs, FAKE_ATTR_FLOW_CREATE_QP);
	struct fake_device *dev = to_fake(uobject->context->device);
	struct ib_uflow_resources *resources;
	struct ib_uobject **actions;
	struct ib_flow *flow;
	int count, i;

	count = uverbs_attr_get_uobjs_arr(attrs, FAKE_ATTR_FLOW_CREATE_ACTIONS, &actions);
	resources = flow_resources_alloc(1 + max(count, 0));
	if (!resources)
		return -ENOMEM;
	flow = fake_flow_new(dev, NULL);
	if (IS_ERR(flow)) {
		ib_uverbs_flow_resources_free(resources);
		return PTR_ERR(flow);
	}
	if (!IS_ERR(counters))
		flow_resources_add(resources, IB_FLOW_SPEC_ACTION_COUNT, counters);
	for (i = 0; i < count; i++)
		flow_resources_add(resources, IB_FLOW_SPEC_ACTION_HANDLE, actions[i]->object);
	ib_set_flow(uobject, flow, IS_ERR(qp) ? NULL : qp, &dev->ib, resources);
	uverbs_finalize_uobj_create(attrs, FAKE_ATTR_FLOW_CREATE_HANDLE);
	return 0;
}

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_FLOW_CREATE,
	UVERBS_ATTR_IDR(FAKE_ATTR_FLOW_CREATE_HANDLE, UVERBS_OBJECT_FLOW, UVERBS_ACCESS_NEW,
			UA_MANDATORY),
	UVERBS_ATTR_IDR(FAKE_ATTR_FLOW_CREATE_QP, UVERBS_OBJECT_QP, UVERBS_ACCESS_READ,
			UA_OPTIONAL),
	UVERBS_ATTR_IDR(FAKE_ATTR_FLOW_CREATE_COUNTERS, UVERBS_OBJECT_COUNTERS,
			UVERBS_ACCESS_READ, UA_OPTIONAL),
	UVERBS_ATTR_IDRS_ARR(FAKE_ATTR_FLOW_CREATE_ACTIONS, UVERBS_OBJECT_FLOW_ACTION,
			     UVERBS_ACCESS_READ, 1, 2, UA_OPTIONAL));

ADD_UVERBS_METHODS(fake_flow_methods, UVERBS_OBJECT_FLOW,
		   &UVERBS_METHOD(FAKE_METHOD_FLOW_CREATE));

/* ---- attributes of core methods ---- */

/**
 * fake_attrs - do what the driver's own attributes of a core method ask for
 * @udata: of the call, NULL if the kernel makes the object for itself
 *
 * Return: 0 or a negative errno.
 */
int fake_attrs(struct ib_udata *udata)
{
	struct uverbs_attr_bundle *attrs;
	struct fake_pair pair = {};
	struct fake_thing *thing;
	u64 answer;
	int ret;

	if (!udata)
		return 0;
	attrs = rdma_udata_to_uverbs_attr_bundle(udata);
	thing = uverbs_attr_get_obj(attrs, FAKE_ATTR_ANY_CREATE_THING);
	ret = uverbs_copy_from_or_zero(&pair, attrs, FAKE_ATTR_ANY_CREATE_PAIR);
	if (IS_UVERBS_COPY_ERR(ret))
		return ret;
	if (!IS_ERR(thing))
		pair.second += thing->value;
	answer = pair.first + (u64)pair.second;
	ret = uverbs_copy_to(attrs, FAKE_ATTR_ANY_CREATE_ANSWER, &answer, sizeof(answer));
	return IS_UVERBS_COPY_ERR(ret) ? ret : 0;
}

#define FAKE_CREATE_ATTRS								\
	UVERBS_ATTR_PTR_IN(FAKE_ATTR_ANY_CREATE_PAIR,					\
			   UVERBS_ATTR_STRUCT(struct fake_pair, first), UA_OPTIONAL),	\
	UVERBS_ATTR_PTR_OUT(FAKE_ATTR_ANY_CREATE_ANSWER, UVERBS_ATTR_TYPE(u64),		\
			    UA_OPTIONAL),						\
	UVERBS_ATTR_IDR(FAKE_ATTR_ANY_CREATE_THING, FAKE_OBJECT_THING,			\
			UVERBS_ACCESS_READ, UA_OPTIONAL)

ADD_UVERBS_ATTRIBUTES_SIMPLE(fake_cq_create, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE,
			     FAKE_CREATE_ATTRS);
ADD_UVERBS_ATTRIBUTES_SIMPLE(fake_qp_create, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE,
			     FAKE_CREATE_ATTRS);
ADD_UVERBS_ATTRIBUTES_SIMPLE(fake_srq_create, UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE,
			     FAKE_CREATE_ATTRS);
ADD_UVERBS_ATTRIBUTES_SIMPLE(fake_reg_dmabuf_mr, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR,
			     FAKE_CREATE_ATTRS);
ADD_UVERBS_ATTRIBUTES_SIMPLE(fake_dm_alloc, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC,
			     FAKE_CREATE_ATTRS);
ADD_UVERBS_ATTRIBUTES_SIMPLE(fake_query_context, UVERBS_OBJECT_DEVICE,
			     UVERBS_METHOD_QUERY_CONTEXT, FAKE_CREATE_ATTRS);
#ifdef FAKE_HAVE_COMP_CNTR
ADD_UVERBS_ATTRIBUTES_SIMPLE(fake_comp_cntr_create, UVERBS_OBJECT_COMP_CNTR,
			     UVERBS_METHOD_COMP_CNTR_CREATE, FAKE_CREATE_ATTRS);
#endif

static const struct uapi_definition fake_objects_def[] = {
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(FAKE_OBJECT_THING),
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(FAKE_OBJECT_EVENTS,
				      UAPI_DEF_OBJ_NEEDS_FN(alloc_ucontext)),
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(FAKE_OBJECT_ABSENT,
				      UAPI_DEF_IS_OBJ_SUPPORTED(fake_never)),
	{},
};

const struct uapi_definition fake_driver_def[] = {
	UAPI_DEF_CHAIN(fake_objects_def),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DEVICE, &fake_device_methods),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_MR, &fake_mr_methods),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_FLOW_ACTION, &fake_flow_action_methods),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_FLOW, &fake_flow_methods),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_CQ, &fake_cq_create),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_QP, &fake_qp_create),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_SRQ, &fake_srq_create),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_MR, &fake_reg_dmabuf_mr),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DM, &fake_dm_alloc),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DEVICE, &fake_query_context),
#ifdef FAKE_HAVE_COMP_CNTR
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_COMP_CNTR, &fake_comp_cntr_create),
#endif
	{}
};
