/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libuverbs-bpf: providers. A provider is a program of a vendor or an admin
 * that adds attributes to the verbs there are, and methods and objects of its
 * own. It is opened by its name, on an ordinary ibv_context:
 *
 *	struct uvb_channel *channel;
 *	uint32_t pid;
 *	struct uvb_call_attr attrs[] = {
 *		UVB_HANDLE(UVERBS_BPF_ATTR_QP_HANDLE, qp->handle),
 *		UVB_OUT(UVB_OWN(0), &pid, sizeof(pid)),
 *	};
 *	UVB_OPTS(uvb_call_opts, call,
 *		 .object = UVERBS_OBJECT_QP, .method = UVERBS_BPF_METHOD_QP_QUERY,
 *		 .attrs = attrs, .nr_attrs = 2);
 *
 *	uvb_provider_open(context, "owner", NULL, &channel);
 *	uvb_provider_call(channel, &call);
 *
 * A provider numbers its attributes, methods and objects from 0, and so do its
 * callers: UVB_OWN(). Which namespace they have on this device only the
 * channel knows. Errors are as in verbs.h.
 */
#ifndef UVERBS_BPF_PROVIDER_H
#define UVERBS_BPF_PROVIDER_H

#include <rdma/ib_user_ioctl_cmds.h>
#include <uverbs-bpf/verbs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An id of the channel's provider: of an attribute, a method or an object. */
#define UVB_OWN(id)	((uint16_t)(0xf000 | (id)))

/* An open channel. Any thread may use it. */
struct uvb_channel;

/**
 * struct uvb_provider_opts - how to open a provider
 * @size: sizeof(struct uvb_provider_opts)
 * @min_version: the oldest version of it that will do
 * @error: buffer for the reason of a failure, or NULL; UVERBS_BPF_ERROR_MAX bytes hold any
 * @error_len: bytes of @error
 */
struct uvb_provider_opts {
	size_t size;
	uint32_t min_version;
	char *error;
	size_t error_len;
};

/**
 * uvb_provider_open() - open the channel of a provider
 * @context: an open device
 * @name: the provider's
 * @opts: NULL for none
 * @channel: the channel
 *
 * As long as it is open, the provider's ids are what they are, whether or not
 * its program is attached. It must be closed before the context is.
 *
 * Errors: ENOENT if no such provider serves the device, EPROTO if it is older
 * than min_version, and then the message says what is attached; EOPNOTSUPP
 * if ib_uverbs serves the device; EINVAL for a name that no provider can have.
 *
 * Return: 0 or a negative errno.
 */
int uvb_provider_open(struct ibv_context *context, const char *name,
		      const struct uvb_provider_opts *opts, struct uvb_channel **channel);

/**
 * uvb_provider_close() - close a channel
 * @channel: the channel, which is gone afterwards, or NULL
 *
 * Objects made through it stay.
 */
void uvb_provider_close(struct uvb_channel *channel);

/**
 * uvb_provider_version() - which version was attached when the channel was opened
 * @channel: the channel
 */
uint32_t uvb_provider_version(const struct uvb_channel *channel);

/**
 * uvb_provider_id() - an id as it is on this device
 * @channel: the channel
 * @id: an id, UVB_OWN() or any other
 *
 * Return: the id with the provider's namespace, as SCHEMA has it; any other unchanged.
 */
uint16_t uvb_provider_id(const struct uvb_channel *channel, uint16_t id);

enum uvb_call_attr_kind {
	UVB_KIND_IN,
	UVB_KIND_OUT,
	UVB_KIND_CONST,
	UVB_KIND_HANDLE,	/* of an object that there is */
	UVB_KIND_NEW,		/* of one that the call makes */
	UVB_KIND_FD,
	UVB_KIND_NEW_FD,
};

/**
 * struct uvb_call_attr - an attribute of a call; declare it with UVB_IN() and its kin
 * @id: UVB_OWN() of the provider's, else one of the method's
 * @kind: enum uvb_call_attr_kind
 * @written: set by the call: the kernel wrote this output
 * @len: bytes of @in or @out
 * @in: what is passed
 * @out: what is filled in
 * @value: a constant, handle or file descriptor
 * @new_handle: where a new handle is stored
 * @new_fd: where a new file descriptor is stored
 */
struct uvb_call_attr {
	uint16_t id;
	uint8_t kind;
	uint8_t written;
	uint32_t len;
	union {
		const void *in;
		void *out;
		uint64_t value;
		uint32_t *new_handle;
		int *new_fd;
	};
};

#define UVB_IN(_id, _data, _len)						\
	{ .id = _id, .kind = UVB_KIND_IN, .len = _len, .in = _data }
#define UVB_OUT(_id, _data, _len)						\
	{ .id = _id, .kind = UVB_KIND_OUT, .len = _len, .out = _data }
#define UVB_CONST(_id, _value)	{ .id = _id, .kind = UVB_KIND_CONST, .value = _value }
#define UVB_HANDLE(_id, _handle)	{ .id = _id, .kind = UVB_KIND_HANDLE, .value = _handle }
#define UVB_NEW(_id, _handle)						\
	{ .id = _id, .kind = UVB_KIND_NEW, .new_handle = _handle }
#define UVB_FD(_id, _fd)		{ .id = _id, .kind = UVB_KIND_FD, .value = _fd }
#define UVB_NEW_FD(_id, _fd)	{ .id = _id, .kind = UVB_KIND_NEW_FD, .new_fd = _fd }

/**
 * struct uvb_call_opts - a call
 * @size: sizeof(struct uvb_call_opts)
 * @object: object id, or UVB_OWN()
 * @method: method id, or UVB_OWN()
 * @attrs: its attributes, in any order
 * @nr_attrs: how many, at most 30
 * @error: as in struct uvb_provider_opts
 * @error_len: bytes of @error
 */
struct uvb_call_opts {
	size_t size;
	uint16_t object;
	uint16_t method;
	struct uvb_call_attr *attrs;
	size_t nr_attrs;
	char *error;
	size_t error_len;
};

/**
 * uvb_provider_call() - call a method
 * @channel: the channel of a provider
 * @opts: which method, and its attributes
 *
 * The method is one of the provider's own; or any other that the provider adds
 * attributes to. The object that a method of its own is for goes by the
 * attribute UVERBS_BPF_ATTR_OBJECT: UVB_HANDLE(), or UVB_NEW() if the
 * method makes it.
 *
 * Errors: EPROTONOSUPPORT if the provider's program is not attached or has no
 * such attribute or method; EPROTO if it misbehaved; EACCES if it failed, and
 * guards the method; E2BIG for too many attributes; else the method's or the provider's.
 *
 * Return: 0 or a negative errno.
 */
int uvb_provider_call(struct uvb_channel *channel, const struct uvb_call_opts *opts);

/**
 * uvb_provider_destroy() - destroy an object of a provider
 * @channel: the channel of the provider
 * @object: its object id, UVB_OWN()
 * @handle: the object
 *
 * It works whether or not the provider's program is attached.
 *
 * Return: 0 or a negative errno: ENOENT if there is no such object, EBUSY if it is in use.
 */
int uvb_provider_destroy(struct uvb_channel *channel, uint16_t object, uint32_t handle);

#ifdef __cplusplus
}
#endif

#endif /* UVERBS_BPF_PROVIDER_H */
