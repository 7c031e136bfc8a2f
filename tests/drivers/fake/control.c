// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What a test sees and does, in /sys/kernel/debug/uvb_fake/fakeN:
 *
 *	control	  written, one command at a time:
 *		  fail OPERATION N ERRNO    the Nth call from now on fails; 0 0 for none
 *		  delay OPERATION MS	    each call takes so long
 *		  hold OPERATION	    calls wait, 30 s at most, until
 *		  release OPERATION
 *		  event qp|cq|srq|wq NUMBER TYPE	an asynchronous event (enum ib_event_type)
 *		  event direct_qp NUMBER TYPE	one of a QP of the driver's own (direct.c)
 *		  event port NUMBER TYPE
 *		  event device 0 TYPE
 *		  complete QP COUNT STATUS  so many receives of it complete (enum ib_wc_status)
 *		  notify CQ		    its handler is called, armed or not
 *		  state QP STATE	    the hardware puts it there (enum ib_qp_state)
 *		  record on|off|clear
 *		  unplug, plug		    as if the device were pulled out and put back in; it
 *					    comes back as the module's parameters then say
 *	objects	  what the hardware holds, by kind
 *	calls	  of each operation: calls, those failed on demand, those waiting now
 *	records	  what the driver was passed while recording was on, one call a line
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "fake.h"

#define FAKE_HOLD_LIMIT	(30 * HZ)

static struct dentry *fake_root;

static const char * const fake_op_names[] = {
#define FAKE_OP(name) #name,
	FAKE_OPS(FAKE_OP)
#undef FAKE_OP
};

static const char * const fake_kind_names[] = {
#define FAKE_KIND(name) #name,
	FAKE_KINDS(FAKE_KIND)
#undef FAKE_KIND
};

struct fake_record {
	struct list_head list;
	char *text;
};

/**
 * fake_call - begin an operation: count it and do what a test wants with it
 * @dev: device
 * @op: operation
 *
 * Context: may sleep.
 * Return: 0, or the negative errno that the operation is to fail with.
 */
int fake_call(struct fake_device *dev, enum fake_op op)
{
	struct fake_slot *slot = dev->slot;
	struct fake_op_state *state = &slot->ops[op];
	unsigned int delay = READ_ONCE(state->delay);

	atomic_inc(&state->calls);
	if (delay)
		msleep(delay);
	if (READ_ONCE(state->held)) {
		atomic_inc(&state->waiting);
		wait_event_timeout(slot->release, !READ_ONCE(state->held), FAKE_HOLD_LIMIT);
		atomic_dec(&state->waiting);
	}
	if (atomic_read(&state->fail_in) && atomic_dec_if_positive(&state->fail_in) == 0) {
		atomic_inc(&state->failed);
		return -READ_ONCE(state->fail_errno);
	}
	return 0;
}

/**
 * fake_note - note down what the driver was passed, if that is wanted
 * @dev: device
 * @op: operation
 * @udata: the driver's part of the call; NULL where there is none
 * @format: text of the rest
 */
void fake_note(struct fake_device *dev, enum fake_op op, struct ib_udata *udata,
	       const char *format, ...)
{
	struct fake_slot *slot = dev->slot;
	u8 in[FAKE_ECHO] = {};
	char driver[3 * FAKE_ECHO + 64] = "";
	struct fake_record *record;
	size_t length = 0;
	va_list args;
	char *text;

	if (!READ_ONCE(slot->recording))
		return;
	if (udata) {
		length = min(udata->inlen, sizeof(in));
		if (length && ib_copy_from_udata(in, udata, length))
			length = 0;
		snprintf(driver, sizeof(driver), "; driver in %zu%s%*phN out %zu", udata->inlen,
			 length ? " " : "", (int)length, in, udata->outlen);
	}
	va_start(args, format);
	text = kvasprintf(GFP_KERNEL, format, args);
	va_end(args);
	record = kzalloc(sizeof(*record), GFP_KERNEL);
	if (text && record)
		record->text = kasprintf(GFP_KERNEL, "%s%s%s%s", fake_op_names[op],
					 *text ? " " : "", text, driver);
	kfree(text);
	if (!record || !record->text) {
		kfree(record);
		return;
	}
	mutex_lock(&slot->record_lock);
	if (slot->recording && slot->num_records < FAKE_MAX_RECORDS) {
		list_add_tail(&record->list, &slot->records);
		slot->num_records++;
		record = NULL;
	}
	mutex_unlock(&slot->record_lock);
	if (record) {
		kfree(record->text);
		kfree(record);
	}
}

static void fake_forget_records(struct fake_slot *slot)
{
	struct fake_record *record, *next;

	mutex_lock(&slot->record_lock);
	list_for_each_entry_safe(record, next, &slot->records, list) {
		list_del(&record->list);
		kfree(record->text);
		kfree(record);
	}
	slot->num_records = 0;
	mutex_unlock(&slot->record_lock);
}

/**
 * fake_respond - give the driver's part of an answer, as long as the caller has room for
 * @udata: the driver's part of the call
 * @number: of the object
 *
 * Return: 0; -EFAULT; -EOPNOTSUPP for a request longer than what the driver looks at, unless the
 * rest is zero.
 */
int fake_respond(struct ib_udata *udata, u32 number)
{
	struct fake_resp resp = { .number = number };
	size_t length;

	if (!udata)
		return 0;
	if (udata->inlen > sizeof(resp.echo) &&
	    !ib_is_udata_cleared(udata, sizeof(resp.echo), udata->inlen - sizeof(resp.echo)))
		return -EOPNOTSUPP;
	resp.length = udata->inlen;
	length = min(udata->inlen, sizeof(resp.echo));
	if (length && ib_copy_from_udata(resp.echo, udata, length))
		return -EFAULT;
	length = min(udata->outlen, sizeof(resp));
	if (length && ib_copy_to_udata(udata, &resp, length))
		return -EFAULT;
	if (udata->outlen > length && clear_user(udata->outbuf + length, udata->outlen - length))
		return -EFAULT;
	return 0;
}

/* The device in a slot, kept there until fake_put_device(); NULL if it is unplugged. */
static struct fake_device *fake_get_device(struct fake_slot *slot)
{
	struct fake_device *dev;

	spin_lock(&slot->dev_lock);
	dev = slot->dev;
	if (dev && !ib_device_try_get(&dev->ib))
		dev = NULL;
	spin_unlock(&slot->dev_lock);
	return dev;
}

static void fake_put_device(struct fake_device *dev)
{
	ib_device_put(&dev->ib);
}

/* Drivers report these from interrupts, so here are disabled ones at least. */
static void fake_call_handler(void (*handler)(struct ib_event *event, void *context), void *context,
			      struct ib_event *event)
{
	unsigned long flags;

	if (!handler)
		return;
	local_irq_save(flags);
	handler(event, context);
	local_irq_restore(flags);
}

static void fake_event_qp(struct fake_object *object, struct ib_event *event)
{
	struct fake_qp *qp = container_of(object, struct fake_qp, object);

	event->element.qp = &qp->ib;
	/* This one may sleep. */
	if (qp->ib.event_handler)
		qp->ib.event_handler(event, qp->ib.qp_context);
}

static void fake_event_cq(struct fake_object *object, struct ib_event *event)
{
	struct fake_cq *cq = container_of(object, struct fake_cq, object);

	event->element.cq = &cq->ib;
	fake_call_handler(cq->ib.event_handler, cq->ib.cq_context, event);
}

static void fake_event_srq(struct fake_object *object, struct ib_event *event)
{
	struct fake_srq *srq = container_of(object, struct fake_srq, object);

	event->element.srq = &srq->ib;
	fake_call_handler(srq->ib.event_handler, srq->ib.srq_context, event);
}

static void fake_event_wq(struct fake_object *object, struct ib_event *event)
{
	struct fake_wq *wq = container_of(object, struct fake_wq, object);

	event->element.wq = &wq->ib;
	fake_call_handler(wq->ib.event_handler, wq->ib.wq_context, event);
}

static const struct {
	const char *name;
	enum fake_kind kind;
	void (*report)(struct fake_object *object, struct ib_event *event);
} fake_event_kinds[] = {
	{ "qp", FAKE_KIND_qp, fake_event_qp },
	{ "cq", FAKE_KIND_cq, fake_event_cq },
	{ "srq", FAKE_KIND_srq, fake_event_srq },
	{ "wq", FAKE_KIND_wq, fake_event_wq },
};

static int fake_event(struct fake_device *dev, const char *what, u32 number, u32 type)
{
	struct ib_event event = { .device = &dev->ib, .event = type };
	struct fake_object *object;
	int i;

	if (!strcmp(what, "direct_qp"))
		return fake_direct_event(dev, number, type);
	if (!strcmp(what, "port") || !strcmp(what, "device")) {
		event.element.port_num = number;
		ib_dispatch_event(&event);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(fake_event_kinds); i++) {
		if (strcmp(what, fake_event_kinds[i].name))
			continue;
		object = fake_object_get(dev, fake_event_kinds[i].kind, number);
		if (!object)
			return -ENOENT;
		fake_event_kinds[i].report(object, &event);
		fake_object_put(object);
		return 0;
	}
	return -EINVAL;
}

static int fake_complete(struct fake_device *dev, u32 number, u32 count, u32 status)
{
	struct fake_object *object = fake_object_get(dev, FAKE_KIND_qp, number);
	struct ib_wc wc = { .status = status, .opcode = IB_WC_RECV, .port_num = 1 };
	struct fake_qp *qp;
	int ret = 0;
	u32 i;

	if (!object)
		return -ENOENT;
	qp = container_of(object, struct fake_qp, object);
	wc.qp = &qp->ib;
	if (!qp->ib.recv_cq)
		ret = -EINVAL;
	for (i = 0; !ret && i < count; i++) {
		wc.wr_id = i;
		wc.byte_len = i;
		fake_cq_push(to_fake_cq(qp->ib.recv_cq), &wc, true);
	}
	fake_object_put(object);
	return ret;
}

static int fake_notify(struct fake_device *dev, u32 number)
{
	struct fake_object *object = fake_object_get(dev, FAKE_KIND_cq, number);

	if (!object)
		return -ENOENT;
	fake_cq_notify(container_of(object, struct fake_cq, object));
	fake_object_put(object);
	return 0;
}

static int fake_state(struct fake_device *dev, u32 number, u32 state)
{
	struct fake_object *object = fake_object_get(dev, FAKE_KIND_qp, number);
	struct fake_qp *qp;

	if (!object)
		return -ENOENT;
	qp = container_of(object, struct fake_qp, object);
	spin_lock_irq(&qp->lock);
	qp->attr.qp_state = state;
	spin_unlock_irq(&qp->lock);
	fake_object_put(object);
	return 0;
}

/* Commands about the device itself, which has to be there. */
static int fake_device_command(struct fake_slot *slot, char *const *words, const u32 *numbers,
			       int num_words)
{
	struct fake_device *dev = fake_get_device(slot);
	int ret = -EINVAL;

	if (!dev)
		return -ENODEV;
	if (!strcmp(words[0], "event") && num_words == 4)
		ret = fake_event(dev, words[1], numbers[2], numbers[3]);
	else if (!strcmp(words[0], "complete") && num_words == 4)
		ret = fake_complete(dev, numbers[1], numbers[2], numbers[3]);
	else if (!strcmp(words[0], "notify") && num_words == 2)
		ret = fake_notify(dev, numbers[1]);
	else if (!strcmp(words[0], "state") && num_words == 3 && numbers[2] <= IB_QPS_ERR)
		ret = fake_state(dev, numbers[1], numbers[2]);
	fake_put_device(dev);
	return ret;
}

static int fake_op_command(struct fake_slot *slot, char *const *words, const u32 *numbers,
			   int num_words)
{
	int op = match_string(fake_op_names, ARRAY_SIZE(fake_op_names), words[1]);
	struct fake_op_state *state;

	if (op < 0)
		return -ENOENT;
	state = &slot->ops[op];
	if (!strcmp(words[0], "fail") && num_words == 4) {
		WRITE_ONCE(state->fail_errno, numbers[3]);
		atomic_set(&state->fail_in, numbers[2]);
	} else if (!strcmp(words[0], "delay") && num_words == 3) {
		WRITE_ONCE(state->delay, numbers[2]);
	} else if (!strcmp(words[0], "hold") && num_words == 2) {
		WRITE_ONCE(state->held, true);
	} else if (!strcmp(words[0], "release") && num_words == 2) {
		WRITE_ONCE(state->held, false);
		wake_up_all(&slot->release);
	} else {
		return -EINVAL;
	}
	return 0;
}

static int fake_record_command(struct fake_slot *slot, const char *what)
{
	if (!strcmp(what, "on"))
		WRITE_ONCE(slot->recording, true);
	else if (!strcmp(what, "off"))
		WRITE_ONCE(slot->recording, false);
	else if (!strcmp(what, "clear"))
		fake_forget_records(slot);
	else
		return -EINVAL;
	return 0;
}

static int fake_command(struct fake_slot *slot, char *text)
{
	char *words[4];
	u32 numbers[4] = {};
	int num_words = 0;
	char *word;

	text = strim(text);
	while ((word = strsep(&text, " "))) {
		if (!*word)
			continue;
		if (num_words == ARRAY_SIZE(words))
			return -EINVAL;
		/* Names are no numbers, and that is found out where they are used. */
		if (kstrtou32(word, 0, &numbers[num_words]))
			numbers[num_words] = 0;
		words[num_words++] = word;
	}
	if (num_words == 1 && !strcmp(words[0], "plug"))
		return fake_plug(slot);
	if (num_words == 1 && !strcmp(words[0], "unplug")) {
		fake_unplug(slot);
		return 0;
	}
	if (num_words < 2)
		return -EINVAL;
	if (!strcmp(words[0], "record"))
		return fake_record_command(slot, words[1]);
	if (!strcmp(words[0], "event") || !strcmp(words[0], "complete") ||
	    !strcmp(words[0], "notify") || !strcmp(words[0], "state"))
		return fake_device_command(slot, words, numbers, num_words);
	return fake_op_command(slot, words, numbers, num_words);
}

static ssize_t fake_control_write(struct file *file, const char __user *buf, size_t count,
				  loff_t *pos)
{
	char *text;
	int ret;

	if (count > 256)
		return -EINVAL;
	text = memdup_user_nul(buf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	ret = fake_command(file->private_data, text);
	kfree(text);
	return ret ?: count;
}

static const struct file_operations fake_control_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = fake_control_write,
};

static int objects_show(struct seq_file *file, void *unused)
{
	struct fake_slot *slot = file->private;
	int kind;

	for (kind = 0; kind < FAKE_KIND_COUNT; kind++)
		seq_printf(file, "%s %d\n", fake_kind_names[kind],
			   atomic_read(&slot->live[kind]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

static int calls_show(struct seq_file *file, void *unused)
{
	struct fake_slot *slot = file->private;
	int op;

	for (op = 0; op < FAKE_OP_COUNT; op++)
		seq_printf(file, "%s %d %d %d\n", fake_op_names[op],
			   atomic_read(&slot->ops[op].calls), atomic_read(&slot->ops[op].failed),
			   atomic_read(&slot->ops[op].waiting));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(calls);

static int records_show(struct seq_file *file, void *unused)
{
	struct fake_slot *slot = file->private;
	struct fake_record *record;

	mutex_lock(&slot->record_lock);
	list_for_each_entry(record, &slot->records, list)
		seq_printf(file, "%s\n", record->text);
	mutex_unlock(&slot->record_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(records);

void fake_control_add(struct fake_slot *slot)
{
	char name[16];

	mutex_init(&slot->record_lock);
	INIT_LIST_HEAD(&slot->records);
	init_waitqueue_head(&slot->release);
	snprintf(name, sizeof(name), "fake%u", slot->index);
	slot->dir = debugfs_create_dir(name, fake_root);
	debugfs_create_file("control", 0200, slot->dir, slot, &fake_control_fops);
	debugfs_create_file("objects", 0400, slot->dir, slot, &objects_fops);
	debugfs_create_file("calls", 0400, slot->dir, slot, &calls_fops);
	debugfs_create_file("records", 0400, slot->dir, slot, &records_fops);
}

void fake_control_remove(struct fake_slot *slot)
{
	debugfs_remove(slot->dir);
	fake_forget_records(slot);
	mutex_destroy(&slot->record_lock);
}

void fake_control_init(void)
{
	fake_root = debugfs_create_dir("uvb_fake", NULL);
}

void fake_control_exit(void)
{
	debugfs_remove(fake_root);
}
