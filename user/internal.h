/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of libuverbs-bpf share. */
#ifndef UVB_INTERNAL_H
#define UVB_INTERNAL_H

#include <stdbool.h>
#include <errno.h>
#include <sys/types.h>

#include <infiniband/verbs.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <uverbs-bpf/verbs.h>

/*
 * Attributes of the call that has most, with the extended error: 18 of QP_QUERY and those of the
 * transport, or what provider.c lets its callers have.
 */
#define UVB_CALL_ATTRS	32

/**
 * struct uvb_server - who answers behind a context's device node
 * @context: the context asked
 * @cmd_fd: its command file
 * @dev: device and
 * @ino: inode of the node
 * @driver_id: enum rdma_driver_id, which every ioctl must repeat
 * @served: uverbs_bpf answers, not ib_uverbs
 */
struct uvb_server {
	struct ibv_context *context;
	struct ibv_device *device;
	int cmd_fd;
	dev_t dev;
	ino_t ino;
	uint32_t driver_id;
	bool served;
};

/**
 * struct uvb_call - one call of the library, and the ioctl it becomes
 * @context: the device
 * @what: subject of messages
 * @error: the caller's buffer for the reason of a failure, or NULL
 * @error_len: bytes of @error
 * @answer: where the kernel writes that reason, struct uverbs_bpf_error
 * @hdr: the ioctl's header, its attributes follow
 */
struct uvb_call {
	struct ibv_context *context;
	const char *what;
	char *error;
	size_t error_len;
	char answer[sizeof(struct uverbs_bpf_error) + UVERBS_BPF_ERROR_MAX]
		__attribute__((aligned(8)));
	union {
		struct ib_uverbs_ioctl_hdr hdr;
		char hdr_room[sizeof(struct ib_uverbs_ioctl_hdr) +
			      UVB_CALL_ATTRS * sizeof(struct ib_uverbs_attr)];
	};
};

static inline struct uverbs_bpf_error *uvb_call_answer(struct uvb_call *call)
{
	return (struct uverbs_bpf_error *)call->answer;
}

/* uvb_call_run(): ib_uverbs serves the device, take the legacy verb. */
#define UVB_STOCK	1

/* call.c */
int uvb_server_get(struct ibv_context *context, struct uvb_server *server);

/*
 * How a call with options begins: takes them, of whatever size the application was built
 * with, and the buffer for words among them. Returns 0, or a negative errno that is also in errno.
 */
#define UVB_CALL_START(call, context, what, opts, from)					\
	uvb_call_start(call, context, what, opts, sizeof(*(opts)), from, &(opts)->error,	\
		       &(opts)->error_len)

int uvb_call_start(struct uvb_call *call, struct ibv_context *context, const char *what,
		   void *opts, size_t size, const void *from, char **error, size_t *error_len);
void uvb_call_init(struct uvb_call *call, struct ibv_context *context, const char *what,
		   char *error, size_t error_len);
void uvb_call_method(struct uvb_call *call, uint16_t object, uint16_t method);
void uvb_call_in(struct uvb_call *call, uint16_t id, const void *data, uint16_t len);
void uvb_call_out(struct uvb_call *call, uint16_t id, void *data, uint16_t len);
void uvb_call_const(struct uvb_call *call, uint16_t id, uint64_t value);
void uvb_call_fd(struct uvb_call *call, uint16_t id, int fd);
void uvb_call_handle(struct uvb_call *call, uint16_t id, uint32_t handle);
/* For what the call makes: the kernel writes the handle or file descriptor into the record. */
struct ib_uverbs_attr *uvb_call_new(struct uvb_call *call, uint16_t id);
int uvb_call_run(struct uvb_call *call);
/* What ib_uverbs has nothing like; @lacking completes "which has no ". */
int uvb_call_run_own(struct uvb_call *call, const char *lacking);
int uvb_call_fail(struct uvb_call *call, int err);
__attribute__((format(printf, 3, 4)))
int uvb_call_refuse(struct uvb_call *call, int err, const char *fmt, ...);

/* Give an answer back in options, of which the application knows the beginning. */
void uvb_opts_put(void *to, const void *opts, size_t size);

/* counter.c: is the CQ one of uvb_create_counter_cq()? */
bool uvb_cq_counts(const struct ibv_cq *cq);

/* qp.c: true if a provider keeps nothing of its own of a PD or of a QP's state. */
bool uvb_provider_is_stateless(const struct uvb_server *server);

/* path.c */
int uvb_path_to_ah_attr(struct uvb_call *call, uint32_t port,
			const struct uverbs_bpf_roce_path *path, struct ibv_ah_attr *attr);
int uvb_path_from_ah_attr(struct uvb_call *call, const struct ibv_ah_attr *attr,
			  struct uverbs_bpf_roce_path *path);
/**
 * struct uvb_paths - the path of a call, of whichever transport
 * @roce: given if its fields are not 0
 * @ib: likewise
 * @attrs: of a transport that has no type here
 * @nr_attrs: how many
 */
struct uvb_paths {
	const struct uverbs_bpf_roce_path *roce;
	const struct uverbs_bpf_ib_path *ib;
	const struct uvb_attr *attrs;
	uint32_t nr_attrs;
};

static inline bool uvb_paths_given(const struct uvb_paths *paths)
{
	return paths->roce->fields || paths->ib->fields || paths->nr_attrs;
}

/* Refuses too many of them. */
int uvb_attrs_check(struct uvb_call *call, const struct uvb_attr *attrs, uint32_t nr_attrs);

void uvb_call_paths(struct uvb_call *call, const struct uvb_paths *paths);
/* Whether a port is InfiniBand; or RoCE, if not. Else -EOPNOTSUPP, in words. */
int uvb_port_is_ib(struct uvb_call *call, uint32_t port);
void uvb_ib_path_from_ah_attr(const struct ibv_ah_attr *attr, struct uverbs_bpf_ib_path *path);
/* The address vector, by the transport program where the device is served. */
int uvb_path_resolve(struct uvb_call *call, struct ibv_pd *pd, uint32_t port,
		     enum ibv_qp_type type, const struct uvb_paths *paths,
		     struct ibv_ah_attr *attr);

#endif /* UVB_INTERNAL_H */
