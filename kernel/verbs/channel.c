// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Channels to providers. A channel is a name resolved: the namespace in which
 * the provider's attributes, methods and objects are found, kept for its name
 * as long as the channel is open. Nothing goes through it.
 */
#include "../uvb.h"
#include "../ext.h"

/**
 * struct uvb_channel - handle of a channel
 * @handle: what user space names it by
 * @ns: the provider's namespace
 */
struct uvb_channel {
	struct uvb_handle handle;
	u8 ns;
};

static int uvb_channel_open(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_BPF_ATTR_CHANNEL_HANDLE);
	struct uvb_channel *channel = container_of(handle, struct uvb_channel, handle);
	char name[sizeof_field(struct uverbs_bpf_decl, name)];
	u32 min_version, version, ns;
	int ret;

	ret = uvb_copy_in(name, bundle, UVERBS_BPF_ATTR_CHANNEL_NAME, sizeof(name));
	if (ret)
		return ret;
	if (!name[0] || strnlen(name, sizeof(name)) == sizeof(name))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_CHANNEL_NAME,
				  "NAME: wants 1 to %zu bytes and a NUL", sizeof(name) - 1);
	if (uvb_copy_in(&min_version, bundle, UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION,
			sizeof(min_version)))
		min_version = 0;

	ret = uvb_ext_provider_open(bundle, name, min_version, &channel->ns, &version);
	if (ret)
		return ret;
	handle->object = channel;
	uvb_created(bundle, UVERBS_BPF_ATTR_CHANNEL_HANDLE);

	ns = channel->ns;
	ret = uvb_copy_out(bundle, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, &ns, sizeof(ns));
	return ret ?: uvb_copy_out_optional(bundle, UVERBS_BPF_ATTR_CHANNEL_RESP_VERSION, &version,
					    sizeof(version));
}

static int uvb_channel_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			       struct uverbs_attr_bundle *bundle)
{
	uvb_ext_provider_close(container_of(handle, struct uvb_channel, handle)->ns);
	return 0;
}

static const struct uvb_attr uvb_channel_open_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_CHANNEL_HANDLE, UVERBS_BPF_OBJECT_CHANNEL, NEW, UVB_M),
	__UVB_ATTR(UVERBS_BPF_ATTR_CHANNEL_NAME, IN, UVB_M, 2,
		   sizeof_field(struct uverbs_bpf_decl, name)),
	UVB_IN(UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_CHANNEL_RESP_NS, u32, UVB_M),
	UVB_OUT(UVERBS_BPF_ATTR_CHANNEL_RESP_VERSION, u32, UVB_O),
};

static const struct uvb_attr uvb_channel_close_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_CHANNEL_HANDLE, UVERBS_BPF_OBJECT_CHANNEL, DESTROY, UVB_M),
};

static struct uvb_method uvb_channel_methods[] = {
	UVB_METHOD(UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN, uvb_channel_open,
		   uvb_channel_open_attrs),
	UVB_METHOD(UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_CLOSE, uvb_destroyed,
		   uvb_channel_close_attrs),
};

static struct uvb_type uvb_type_channel = {
	.object = UVERBS_BPF_OBJECT_CHANNEL,
	.size = sizeof(struct uvb_channel),
	.destroy = uvb_channel_destroy,
	.name = "uvb_channel",
};

UVB_SCHEMA(channel, .type = &uvb_type_channel, UVB_METHODS(uvb_channel_methods));
