// SPDX-License-Identifier: BSD-2-Clause
/* Channels of providers, and calls through them. */
#include <stdlib.h>

#include <uverbs-bpf/provider.h>

#include "internal.h"

/* What a caller puts in the place of the provider's namespace. */
#define NS_OWN_OF_PROVIDER	0xf

/* Of struct uverbs_bpf_decl.name, with its NUL. */
#define NAME_SIZE	16

/* One is the buffer for the reason of a failure; see struct uvb_call_opts. */
#define MAX_ATTRS	30
_Static_assert(MAX_ATTRS + 1 <= UVB_CALL_ATTRS, "a call has room for every attribute");
/* An array of them is passed. */
_Static_assert(sizeof(struct uvb_call_attr) == 16, "the size of struct uvb_call_attr is ABI");

/**
 * struct uvb_channel - an open channel; it does not change
 * @context: the device
 * @handle: the channel's
 * @ns: namespace of the provider's ids
 * @version: of the provider
 * @name: of the provider
 */
struct uvb_channel {
	struct ibv_context *context;
	uint32_t handle;
	uint32_t ns;
	uint32_t version;
	char name[NAME_SIZE];
};

/* ---- opening ---- */

static int run(struct uvb_call *call)
{
	return uvb_call_run_own(call, "providers");
}

int uvb_provider_open(struct ibv_context *context, const char *name,
		      const struct uvb_provider_opts *opts_in, struct uvb_channel **out)
{
	static const struct uvb_provider_opts none = { .size = sizeof(none) };
	struct uvb_provider_opts opts;
	struct ib_uverbs_attr *handle;
	struct uvb_channel *channel;
	struct uvb_call call;
	size_t len;
	int ret;

	*out = NULL;
	ret = UVB_CALL_START(&call, context, "provider_open", &opts, opts_in ?: &none);
	if (ret)
		return ret;
	len = name ? strnlen(name, NAME_SIZE) : 0;
	if (!len || len == NAME_SIZE)
		return uvb_call_refuse(&call, -EINVAL, "a provider's name has 1 to %d bytes",
				       NAME_SIZE - 1);
	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return uvb_call_fail(&call, -ENOMEM);
	channel->context = context;
	memcpy(channel->name, name, len);

	uvb_call_method(&call, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN);
	handle = uvb_call_new(&call, UVERBS_BPF_ATTR_CHANNEL_HANDLE);
	uvb_call_in(&call, UVERBS_BPF_ATTR_CHANNEL_NAME, channel->name, len + 1);
	if (opts.min_version)
		uvb_call_in(&call, UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION, &opts.min_version,
			    sizeof(opts.min_version));
	uvb_call_out(&call, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, &channel->ns, sizeof(channel->ns));
	uvb_call_out(&call, UVERBS_BPF_ATTR_CHANNEL_RESP_VERSION, &channel->version,
		     sizeof(channel->version));
	ret = run(&call);
	if (ret) {
		free(channel);
		errno = -ret;
		return ret;
	}
	channel->handle = handle->data;
	*out = channel;
	return 0;
}

void uvb_provider_close(struct uvb_channel *channel)
{
	struct uvb_call call;

	if (!channel)
		return;
	uvb_call_init(&call, channel->context, "provider_close", NULL, 0);
	uvb_call_method(&call, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_CLOSE);
	uvb_call_handle(&call, UVERBS_BPF_ATTR_CHANNEL_HANDLE, channel->handle);
	/* It fails if the device is gone, and then so is the channel. */
	uvb_call_run(&call);
	free(channel);
}

uint32_t uvb_provider_version(const struct uvb_channel *channel)
{
	return channel->version;
}

uint16_t uvb_provider_id(const struct uvb_channel *channel, uint16_t id)
{
	if (id >> UVERBS_BPF_NS_SHIFT != NS_OWN_OF_PROVIDER)
		return id;
	return UVERBS_BPF_ID(channel->ns, id & UVERBS_BPF_ID_MASK);
}

/* ---- calling ---- */

static int add_attr(struct uvb_call *call, const struct uvb_channel *channel,
		    const struct uvb_call_attr *attr)
{
	uint16_t id = uvb_provider_id(channel, attr->id);

	if (attr->len > UINT16_MAX)
		return uvb_call_refuse(call, -EINVAL, "attribute 0x%04x: length %u, has 16 bits", id,
				       attr->len);
	switch (attr->kind) {
	case UVB_KIND_IN:
		uvb_call_in(call, id, attr->in, attr->len);
		return 0;
	case UVB_KIND_OUT:
		uvb_call_out(call, id, attr->out, attr->len);
		return 0;
	case UVB_KIND_CONST:
		uvb_call_const(call, id, attr->value);
		return 0;
	case UVB_KIND_HANDLE:
		uvb_call_handle(call, id, attr->value);
		return 0;
	case UVB_KIND_NEW:
	case UVB_KIND_NEW_FD:
		uvb_call_new(call, id);
		return 0;
	case UVB_KIND_FD:
		uvb_call_fd(call, id, attr->value);
		return 0;
	default:
		return uvb_call_refuse(call, -EINVAL, "attribute 0x%04x: kind %u is not known", id,
				       attr->kind);
	}
}

/* What the kernel wrote into a record. */
static void take_attr(struct uvb_call_attr *attr, const struct ib_uverbs_attr *record)
{
	attr->written = !!(record->flags & UVERBS_ATTR_F_VALID_OUTPUT);
	if (attr->kind == UVB_KIND_NEW)
		*attr->new_handle = record->data;
	else if (attr->kind == UVB_KIND_NEW_FD)
		*attr->new_fd = record->data_s64;
}

int uvb_provider_call(struct uvb_channel *channel, const struct uvb_call_opts *opts_in)
{
	struct uvb_call_opts opts;
	struct uvb_call call;
	unsigned int first;
	size_t i;
	int ret;

	ret = UVB_CALL_START(&call, channel->context, channel->name, &opts, opts_in);
	if (ret)
		return ret;
	if (opts.nr_attrs > MAX_ATTRS)
		return uvb_call_refuse(&call, -E2BIG, "%zu attributes, has room for %d",
				       opts.nr_attrs, MAX_ATTRS);

	uvb_call_method(&call, uvb_provider_id(channel, opts.object),
			uvb_provider_id(channel, opts.method));
	first = call.hdr.num_attrs;
	for (i = 0; i < opts.nr_attrs; i++) {
		opts.attrs[i].written = 0;
		ret = add_attr(&call, channel, &opts.attrs[i]);
		if (ret)
			return ret;
	}
	ret = run(&call);
	if (ret)
		return ret;
	for (i = 0; i < opts.nr_attrs; i++)
		take_attr(&opts.attrs[i], &call.hdr.attrs[first + i]);
	return 0;
}

int uvb_provider_destroy(struct uvb_channel *channel, uint16_t object, uint32_t handle)
{
	struct uvb_call_attr attr = UVB_HANDLE(UVERBS_BPF_ATTR_OBJECT, handle);
	UVB_OPTS(uvb_call_opts, opts, .object = object,
		 .method = UVERBS_BPF_METHOD_OBJECT_DESTROY, .attrs = &attr, .nr_attrs = 1);

	return uvb_provider_call(channel, &opts);
}
