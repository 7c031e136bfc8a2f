// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ioctl: who serves a device, building a call, running it, and what is
 * said when it fails.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "internal.h"

/*
 * Contexts asked so far. libibverbs has no room for us in struct ibv_context
 * and does not tell when one is closed, so an entry may speak of another
 * context of the same device that had the same address and file descriptor,
 * from before it was removed and came back, served by the other;
 * uvb_call_run() and uvb_server_get() say how that is noticed.
 */
static struct uvb_server servers[32];
static unsigned int next_server;
static pthread_mutex_t servers_lock = PTHREAD_MUTEX_INITIALIZER;

/* enum rdma_driver_id ends at 21 in Linux 7.3. */
#define DRIVER_IDS	64

/*
 * Ask for the schema, but for no record of it. A wrong driver id is EINVAL
 * whoever serves the device; with the right one ib_uverbs answers that it has
 * no such method.
 */
static int probe(int fd, uint32_t driver_id)
{
	struct uverbs_bpf_schema_record record;
	struct uvb_call call;
	uint32_t first = UINT32_MAX, total;

	uvb_call_init(&call, NULL, NULL, NULL, 0);
	uvb_call_method(&call, UVERBS_OBJECT_DEVICE, UVERBS_BPF_METHOD_SCHEMA);
	uvb_call_in(&call, UVERBS_BPF_ATTR_SCHEMA_FIRST, &first, sizeof(first));
	uvb_call_out(&call, UVERBS_BPF_ATTR_SCHEMA_RECORDS, &record, sizeof(record));
	uvb_call_out(&call, UVERBS_BPF_ATTR_SCHEMA_TOTAL, &total, sizeof(total));
	call.hdr.driver_id = driver_id;
	return ioctl(fd, RDMA_VERBS_IOCTL, &call.hdr) ? -errno : 0;
}

/*
 * Find the driver id and the server by asking the node itself. libibverbs
 * knows the id but keeps it to itself; netlink tells it for some drivers only
 * (not for hns and mthca), and not in every container. The right id is found
 * within some twenty cheap calls, once per context.
 */
static int probe_server(struct ibv_context *context, struct uvb_server *server, uint32_t hint)
{
	struct stat st;
	uint32_t i;
	int ret;

	if (fstat(context->cmd_fd, &st))
		return -errno;
	*server = (struct uvb_server) {
		.context = context, .device = context->device, .cmd_fd = context->cmd_fd,
		.dev = st.st_dev, .ino = st.st_ino,
	};

	ret = probe(context->cmd_fd, hint);
	server->driver_id = hint;
	for (i = 0; ret == -EINVAL && i < DRIVER_IDS; i++) {
		ret = probe(context->cmd_fd, i);
		server->driver_id = i;
	}

	switch (ret) {
	case 0:
		server->served = true;
		return 0;
	case -EPROTONOSUPPORT:	/* ib_uverbs */
	case -ENOTTY:		/* ib_uverbs before the ioctl */
	case -EINVAL:		/* a driver id we cannot guess: the legacy verbs still work */
		return 0;
	default:		/* the device is gone, for one */
		return ret;
	}
}

static struct uvb_server *find_server(struct ibv_context *context)
{
	unsigned int i;

	for (i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		if (servers[i].context == context && servers[i].device == context->device &&
		    servers[i].cmd_fd == context->cmd_fd)
			return &servers[i];
	}
	return NULL;
}

/* Ask again. Returns 1 if the answer is another than what *server says, 0 or -errno. */
static int refresh_server(struct ibv_context *context, struct uvb_server *server)
{
	struct uvb_server fresh;
	struct uvb_server *entry;
	bool changed;
	int ret;

	ret = probe_server(context, &fresh, server->driver_id);
	if (ret)
		return ret;
	changed = fresh.served != server->served || fresh.driver_id != server->driver_id;
	*server = fresh;

	pthread_mutex_lock(&servers_lock);
	entry = find_server(context);
	if (!entry)
		entry = &servers[next_server++ % (sizeof(servers) / sizeof(servers[0]))];
	*entry = fresh;
	pthread_mutex_unlock(&servers_lock);
	return changed;
}

/*
 * Who serves the context. An entry that says uverbs_bpf is believed:
 * uvb_call_run() notices when it is wrong. One that says ib_uverbs would never
 * be contradicted, so it must be about this very node; the legacy path can
 * afford the system call.
 */
int uvb_server_get(struct ibv_context *context, struct uvb_server *server)
{
	struct uvb_server *entry;
	struct stat st;
	int ret;

	*server = (struct uvb_server) {};
	pthread_mutex_lock(&servers_lock);
	entry = find_server(context);
	if (entry)
		*server = *entry;
	pthread_mutex_unlock(&servers_lock);

	if (entry && (server->served || (!fstat(context->cmd_fd, &st) &&
					 st.st_dev == server->dev && st.st_ino == server->ino)))
		return 0;
	ret = refresh_server(context, server);
	return ret < 0 ? ret : 0;
}

/* ---- options ---- */

/*
 * @opts points to our version of the options, @size is its size; @from to the
 * caller's, which begins with its size. Members we do not know must not be
 * set.
 */
static int opts_get(void *opts, size_t size, const void *from)
{
	const char *bytes = from;
	size_t from_size, i;

	if (!from)
		return -EINVAL;
	memcpy(&from_size, from, sizeof(from_size));
	if (from_size < sizeof(from_size))
		return -EINVAL;
	for (i = size; i < from_size; i++) {
		if (bytes[i])
			return -E2BIG;
	}
	memset(opts, 0, size);
	memcpy(opts, from, from_size < size ? from_size : size);
	return 0;
}

int uvb_call_start(struct uvb_call *call, struct ibv_context *context, const char *what,
		   void *opts, size_t size, const void *from, char **error, size_t *error_len)
{
	int ret = opts_get(opts, size, from);

	if (ret) {
		errno = -ret;
		return ret;
	}
	uvb_call_init(call, context, what, *error, *error_len);
	return 0;
}

void uvb_opts_put(void *to, const void *opts, size_t size)
{
	size_t to_size;

	memcpy(&to_size, to, sizeof(to_size));
	memcpy(to, opts, to_size < size ? to_size : size);
}

/* ---- building ---- */

void uvb_call_init(struct uvb_call *call, struct ibv_context *context, const char *what,
		   char *error, size_t error_len)
{
	call->context = context;
	call->what = what;
	call->error = error;
	call->error_len = error ? error_len : 0;
	*uvb_call_answer(call) = (struct uverbs_bpf_error) {};
	if (call->error_len)
		call->error[0] = '\0';
}

/* The upper bound is UVB_CALL_ATTRS, which no call of the library reaches; see provider.c. */
static struct ib_uverbs_attr *add(struct uvb_call *call, uint16_t id, uint16_t len)
{
	struct ib_uverbs_attr *attr = &call->hdr.attrs[call->hdr.num_attrs++];

	*attr = (struct ib_uverbs_attr) {
		.attr_id = id, .len = len, .flags = UVERBS_ATTR_F_MANDATORY,
	};
	call->hdr.length += sizeof(*attr);
	return attr;
}

void uvb_call_method(struct uvb_call *call, uint16_t object, uint16_t method)
{
	call->hdr = (struct ib_uverbs_ioctl_hdr) {
		.length = sizeof(call->hdr), .object_id = object, .method_id = method,
	};
	*uvb_call_answer(call) = (struct uverbs_bpf_error) {};
	/* Asked for only when somebody reads it: uvb_refuse() in the kernel formats on demand. */
	if (call->error_len)
		uvb_call_out(call, UVERBS_BPF_ATTR_ERROR, call->answer, sizeof(call->answer));
}

void uvb_call_in(struct uvb_call *call, uint16_t id, const void *data, uint16_t len)
{
	struct ib_uverbs_attr *attr = add(call, id, len);

	if (len <= sizeof(attr->data))
		memcpy(&attr->data, data, len);
	else
		attr->data = (uintptr_t)data;
}

void uvb_call_out(struct uvb_call *call, uint16_t id, void *data, uint16_t len)
{
	add(call, id, len)->data = (uintptr_t)data;
}

void uvb_call_const(struct uvb_call *call, uint16_t id, uint64_t value)
{
	add(call, id, sizeof(value))->data = value;
}

void uvb_call_fd(struct uvb_call *call, uint16_t id, int fd)
{
	add(call, id, 0)->data = (int64_t)fd;
}

void uvb_call_handle(struct uvb_call *call, uint16_t id, uint32_t handle)
{
	add(call, id, 0)->data = handle;
}

struct ib_uverbs_attr *uvb_call_new(struct uvb_call *call, uint16_t id)
{
	return add(call, id, 0);
}

/* ---- running ---- */

/*
 * Returns 0, UVB_STOCK, or a negative errno that is uverbs_bpf's own answer.
 *
 * EPROTONOSUPPORT from uverbs_bpf means that no program handles an attribute,
 * from ib_uverbs that it has no such method. An extended error settles it; without one
 * the node is asked again, which also finds a cache entry that is out of date.
 */
int uvb_call_run(struct uvb_call *call)
{
	struct uvb_server server;
	int ret, changed;

	ret = uvb_server_get(call->context, &server);
	if (ret)
		return ret;
	if (!server.served)
		return UVB_STOCK;

	call->hdr.driver_id = server.driver_id;
	if (!ioctl(call->context->cmd_fd, RDMA_VERBS_IOCTL, &call->hdr))
		return 0;
	ret = -errno;
	if (uvb_call_answer(call)->code ||
	    (ret != -EPROTONOSUPPORT && ret != -EINVAL && ret != -ENOTTY))
		return ret;

	changed = refresh_server(call->context, &server);
	if (changed <= 0)
		return ret;
	if (!server.served)
		return UVB_STOCK;
	call->hdr.driver_id = server.driver_id;
	return ioctl(call->context->cmd_fd, RDMA_VERBS_IOCTL, &call->hdr) ? -errno : 0;
}

int uvb_call_run_own(struct uvb_call *call, const char *lacking)
{
	int ret = uvb_call_run(call);

	if (ret == UVB_STOCK)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "the device is served by ib_uverbs, which has no %s", lacking);
	return ret ? uvb_call_fail(call, ret) : 0;
}

/* ---- failing ---- */

/* End a call with @err, negative: the kernel's words if it had some, else errno's. */
int uvb_call_fail(struct uvb_call *call, int err)
{
	if (call->error_len && !call->error[0]) {
		if (uvb_call_answer(call)->length)
			snprintf(call->error, call->error_len, "%s", uvb_call_answer(call)->text);
		else
			snprintf(call->error, call->error_len, "%s: %s: %s",
				 ibv_get_device_name(call->context->device), call->what,
				 strerror(-err));
	}
	errno = -err;
	return err;
}

/* End a call for a reason found here. */
int uvb_call_refuse(struct uvb_call *call, int err, const char *fmt, ...)
{
	va_list args;
	int len;

	if (call->error_len) {
		len = snprintf(call->error, call->error_len, "%s: %s: ",
			       ibv_get_device_name(call->context->device), call->what);
		if (len > 0 && (size_t)len < call->error_len) {
			va_start(args, fmt);
			vsnprintf(call->error + len, call->error_len - len, fmt, args);
			va_end(args);
		}
	}
	errno = -err;
	return err;
}
