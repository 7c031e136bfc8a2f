// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Firmware: it holds objects with a value each, and runs the commands that programs of its
 * provider stage (uverbs_bpf_driver.h). How many objects there are the control interface shows.
 */
#include <linux/slab.h>

#include "fake.h"

struct fake_firmware {
	struct fake_object object;
	atomic64_t value;
};

static struct fake_firmware *fake_firmware_get(struct fake_device *dev, u64 hw)
{
	struct fake_object *object = fake_object_get(dev, FAKE_KIND_firmware, hw);

	return object ? container_of(object, struct fake_firmware, object) : NULL;
}

static int fake_firmware_make(struct fake_device *dev, u64 value,
			      struct fake_firmware_reply *reply, u64 *hw)
{
	struct fake_firmware *firmware = kzalloc(sizeof(*firmware), GFP_KERNEL);
	int ret;

	if (!firmware)
		return -ENOMEM;
	atomic64_set(&firmware->value, value);
	ret = fake_object_add(dev, FAKE_KIND_firmware, &firmware->object);
	if (ret) {
		kfree(firmware);
		return ret;
	}
	reply->number = firmware->object.number;
	reply->value = value;
	*hw = firmware->object.number;
	return 0;
}

static int fake_firmware_use(struct fake_device *dev, u64 hw, u64 add,
			     struct fake_firmware_reply *reply)
{
	struct fake_firmware *firmware = fake_firmware_get(dev, hw);

	if (!firmware)
		return -ENOENT;
	reply->number = firmware->object.number;
	reply->value = atomic64_add_return(add, &firmware->value);
	fake_object_put(&firmware->object);
	return 0;
}

int fake_exec(struct ib_device *ib, struct uverbs_bpf_exec *exec)
{
	const struct fake_firmware_command *command = exec->command;
	struct fake_device *dev = to_fake(ib);
	struct fake_firmware_reply reply = {};
	int ret = fake_call(dev, FAKE_OP_exec);

	if (ret)
		return ret;
	if (strcmp(exec->provider, FAKE_FIRMWARE_PROVIDER))
		return -EPERM;
	if (exec->command_len != sizeof(*command) || command->reserved ||
	    exec->reply_len < sizeof(reply))
		return -EINVAL;
	fake_note(dev, FAKE_OP_exec, NULL, "op %u value %llu object %#llx", command->op,
		  command->value, exec->object);
	switch (command->op) {
	case FAKE_FIRMWARE_MAKE:
		ret = exec->may_make ?
			fake_firmware_make(dev, command->value, &reply, &exec->hw) : -EINVAL;
		break;
	case FAKE_FIRMWARE_MODIFY:
		ret = fake_firmware_use(dev, exec->object, command->value, &reply);
		break;
	case FAKE_FIRMWARE_QUERY:
		ret = fake_firmware_use(dev, exec->object, 0, &reply);
		break;
	case FAKE_FIRMWARE_STRAY:
		ret = fake_firmware_make(dev, command->value, &reply, &exec->hw);
		break;
	default:
		ret = -EOPNOTSUPP;
	}
	memcpy(exec->reply, &reply, sizeof(reply));
	exec->reply_len = sizeof(reply);
	return ret;
}

void fake_release(struct ib_device *ib, u64 hw)
{
	struct fake_device *dev = to_fake(ib);
	struct fake_firmware *firmware = fake_firmware_get(dev, hw);

	fake_call(dev, FAKE_OP_release);
	fake_note(dev, FAKE_OP_release, NULL, "object %#llx", hw);
	if (WARN(!firmware, "%s: release of %#llx, which is not there", dev_name(&ib->dev), hw))
		return;
	fake_object_put(&firmware->object);
	fake_object_remove(dev, FAKE_KIND_firmware, &firmware->object);
	kfree(firmware);
}
