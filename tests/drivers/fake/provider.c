// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A provider in C, with the ops struct that BPF programs fill: it counts the QPs that are asked
 * for, and tells how many by a method of its own.
 */
#include <linux/module.h>
#include <rdma/ib_user_ioctl_cmds.h>

#include "fake.h"
#include "uverbs_bpf.h"
#include "uverbs_bpf_types.h"

static bool provider;
module_param(provider, bool, 0444);
MODULE_PARM_DESC(provider, "be a provider of the name fake_c, where uverbs_bpf is loaded");

static atomic64_t fake_asked;
static typeof(uverbs_bpf_attr_out) *fake_attr_out;

static int fake_before(struct uverbs_bpf_ctx *ctx)
{
	atomic64_inc(&fake_asked);
	return 0;
}

static int fake_method(struct uverbs_bpf_ctx *ctx)
{
	u64 *count = (u64 *)fake_attr_out(ctx, 0, 0, sizeof(*count));

	if (!count)
		return -EINVAL;
	*count = atomic64_read(&fake_asked);
	return 0;
}

static struct uverbs_bpf_provider_ops fake_provider = {
	.decl = {
		.name = "fake_c",
		.abi = UVERBS_BPF_ABI,
		.nr_attrs = 1,
		.attrs = {
			{
				.object = UVERBS_OBJECT_DEVICE,
				.method = UVERBS_BPF_SELF(0),
				.direction = UVERBS_BPF_KIND_OUT,
				.min_len = sizeof(u64),
				.max_len = sizeof(u64),
				.name = "count",
			},
		},
	},
	.channel = {
		.version = 3,
		.role = UVERBS_BPF_OBSERVER,
		.nr_hooks = 1,
		.hooks = { { .object = UVERBS_OBJECT_QP, .method = UVERBS_METHOD_QP_CREATE } },
		.nr_methods = 1,
		.methods = { { .object = UVERBS_OBJECT_DEVICE, .name = "count" } },
	},
	.before = fake_before,
	.method = fake_method,
};

/* Whether it is registered, and its three functions held. */
static bool fake_provides;

int fake_provider_init(void)
{
	typeof(uverbs_bpf_provider_register) *enter;
	int ret = -ENOENT;

	if (!provider)
		return 0;
	enter = symbol_get(uverbs_bpf_provider_register);
	if (!enter)
		return 0;
	fake_attr_out = symbol_get(uverbs_bpf_attr_out);
	if (fake_attr_out)
		ret = enter(&fake_provider);
	fake_provides = !ret;
	if (ret && fake_attr_out)
		symbol_put(uverbs_bpf_attr_out);
	symbol_put(uverbs_bpf_provider_register);
	return ret;
}

void fake_provider_exit(void)
{
	typeof(uverbs_bpf_provider_unregister) *leave;

	if (!fake_provides)
		return;
	/* There as long as the other one is held. */
	leave = symbol_get(uverbs_bpf_provider_unregister);
	leave(&fake_provider);
	symbol_put(uverbs_bpf_provider_unregister);
	symbol_put(uverbs_bpf_attr_out);
}
