// SPDX-License-Identifier: BSD-2-Clause
/*
 * CQs that count. What ibv_create_qp() gets is a struct ibv_cq of ours: the
 * providers that such CQs work with take only its handle.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>

#include "internal.h"
#include <uverbs-bpf/provider.h>

#define DEFAULT_PROVIDER	"comp-counter"

/**
 * struct counter - a CQ that counts
 * @counter: what the application sees of it
 * @cq: for the provider
 * @all: in counters
 */
struct counter {
	struct uvb_counter counter;
	struct ibv_cq cq;
	LIST_ENTRY(counter) all;
};

/* By which uvb_cq_counts() tells them from a provider's. */
static LIST_HEAD(, counter) counters = LIST_HEAD_INITIALIZER(counters);
static pthread_mutex_t counters_lock = PTHREAD_MUTEX_INITIALIZER;

bool uvb_cq_counts(const struct ibv_cq *cq)
{
	struct counter *c;

	pthread_mutex_lock(&counters_lock);
	LIST_FOREACH(c, &counters, all) {
		if (&c->cq == cq)
			break;
	}
	pthread_mutex_unlock(&counters_lock);
	return c;
}

static int run(struct uvb_call *call)
{
	return uvb_call_run_own(call, "such CQ");
}

static int create_cq(struct uvb_call *call, const struct uvb_counter_opts *opts, uint16_t selector,
		     struct ibv_cq *cq)
{
	uint64_t user_handle = (uintptr_t)cq;
	struct ib_uverbs_attr *new;
	uint32_t cqe;
	int ret;

	uvb_call_method(call, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	new = uvb_call_new(call, UVERBS_ATTR_CREATE_CQ_HANDLE);
	uvb_call_in(call, UVERBS_ATTR_CREATE_CQ_CQE, &opts->cqe, sizeof(opts->cqe));
	uvb_call_in(call, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, &user_handle, sizeof(user_handle));
	uvb_call_in(call, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, &opts->comp_vector,
		    sizeof(opts->comp_vector));
	uvb_call_out(call, UVERBS_ATTR_CREATE_CQ_RESP_CQE, &cqe, sizeof(cqe));
	uvb_call_in(call, selector, opts->data, opts->data_len);
	ret = run(call);
	cq->handle = new->data;
	cq->cqe = cqe;
	return ret;
}

static int open_counter(struct uvb_call *call, struct counter *c)
{
	struct ib_uverbs_attr *new;
	void *page;
	int ret;

	uvb_call_method(call, UVERBS_BPF_OBJECT_CQ_COUNTER, UVERBS_BPF_METHOD_CQ_COUNTER_OPEN);
	new = uvb_call_new(call, UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE);
	uvb_call_handle(call, UVERBS_BPF_ATTR_CQ_COUNTER_CQ, c->cq.handle);
	ret = run(call);
	if (ret)
		return ret;
	c->counter.fd = new->data;
	page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, c->counter.fd, 0);
	if (page == MAP_FAILED)
		return uvb_call_fail(call, -errno);
	c->counter.page = page;
	return 0;
}

static int destroy_cq(struct ibv_cq *cq, struct ib_uverbs_destroy_cq_resp *resp)
{
	struct uvb_call call;

	uvb_call_init(&call, cq->context, "counter", NULL, 0);
	uvb_call_method(&call, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY);
	uvb_call_handle(&call, UVERBS_ATTR_DESTROY_CQ_HANDLE, cq->handle);
	uvb_call_out(&call, UVERBS_ATTR_DESTROY_CQ_RESP, resp, sizeof(*resp));
	return run(&call);
}

static void free_counter(struct counter *c)
{
	if (c->counter.page)
		munmap((void *)c->counter.page, sysconf(_SC_PAGESIZE));
	if (c->counter.fd >= 0)
		close(c->counter.fd);
	pthread_mutex_destroy(&c->cq.mutex);
	pthread_cond_destroy(&c->cq.cond);
	free(c);
}

struct uvb_counter *uvb_create_counter_cq(struct ibv_context *context,
					  const struct uvb_counter_opts *from)
{
	struct ib_uverbs_destroy_cq_resp resp;
	struct uvb_counter_opts opts;
	struct uvb_channel *channel;
	struct uvb_call call;
	struct counter *c;
	int ret;

	if (UVB_CALL_START(&call, context, "counter", &opts, from))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->counter.fd = -1;
	c->counter.cq = &c->cq;
	c->cq.context = context;
	c->cq.cq_context = opts.cq_context;
	pthread_mutex_init(&c->cq.mutex, NULL);
	pthread_cond_init(&c->cq.cond, NULL);

	UVB_OPTS(uvb_provider_opts, provider, .error = opts.error, .error_len = opts.error_len);
	if (uvb_provider_open(context, opts.provider ?: DEFAULT_PROVIDER, &provider, &channel))
		goto err_free;
	ret = create_cq(&call, &opts, uvb_provider_id(channel, UVB_OWN(opts.selector)), &c->cq);
	/* The CQ keeps what it needs of the provider. */
	uvb_provider_close(channel);
	if (ret) {
		errno = -ret;
		goto err_free;
	}
	if (open_counter(&call, c)) {
		ret = errno;
		destroy_cq(&c->cq, &resp);
		errno = ret;
		goto err_free;
	}
	pthread_mutex_lock(&counters_lock);
	LIST_INSERT_HEAD(&counters, c, all);
	pthread_mutex_unlock(&counters_lock);
	return &c->counter;

err_free:
	ret = errno;
	free_counter(c);
	errno = ret;
	return NULL;
}

int uvb_modify_counter(struct uvb_counter *counter, enum uverbs_bpf_cq_counter_entry entry,
		       enum uverbs_bpf_cq_counter_op op, uint64_t value)
{
	struct uvb_call call;

	uvb_call_init(&call, counter->cq->context, "counter", NULL, 0);
	uvb_call_method(&call, UVERBS_BPF_OBJECT_CQ_COUNTER, UVERBS_BPF_METHOD_CQ_COUNTER_MODIFY);
	uvb_call_handle(&call, UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE, counter->fd);
	uvb_call_const(&call, UVERBS_BPF_ATTR_CQ_COUNTER_ENTRY, entry);
	uvb_call_const(&call, UVERBS_BPF_ATTR_CQ_COUNTER_OP, op);
	uvb_call_in(&call, UVERBS_BPF_ATTR_CQ_COUNTER_VALUE, &value, sizeof(value));
	return run(&call);
}

int uvb_destroy_counter_cq(struct uvb_counter *counter)
{
	struct counter *c = (struct counter *)counter;
	struct ib_uverbs_destroy_cq_resp resp;
	int ret;

	ret = destroy_cq(&c->cq, &resp);
	if (ret)
		return ret;
	pthread_mutex_lock(&counters_lock);
	LIST_REMOVE(c, all);
	pthread_mutex_unlock(&counters_lock);
	/* As ibv_destroy_cq(): whoever reads an event about the CQ may still look at it. */
	pthread_mutex_lock(&c->cq.mutex);
	while (c->cq.async_events_completed != resp.async_events_reported)
		pthread_cond_wait(&c->cq.cond, &c->cq.mutex);
	pthread_mutex_unlock(&c->cq.mutex);
	free_counter(c);
	return 0;
}
