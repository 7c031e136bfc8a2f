// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * MAD agents: management datagrams of an InfiniBand or RoCE port, sent and
 * received through the device node. An agent is a file: poll() says when
 * something can be received, closing it unregisters the agent.
 *
 * Whoever may open umad's node may do all of this, but that node is root's
 * (mode 0600) and ours is everybody's (0666). So registering wants
 * CAP_NET_ADMIN in the initial user namespace, which no container has by
 * itself; the subnet management QP, on which a port or a whole subnet can be
 * taken down, wants CAP_SYS_RAWIO in addition. As with umad the right is
 * checked when the agent is made, and goes with its file.
 */
#include "../uvb.h"

#include <rdma/ib_cache.h>
#include <rdma/ib_mad.h>

/* What nobody receives is dropped beyond this; the fabric does not wait for a slow reader. */
#define UVB_MAD_MAX_QUEUED	4096
/* As far as headers go, whatever the class: that of device management is the longest. */
#define UVB_MAD_MAX_HEADER	IB_MGMT_DEVICE_HDR

/**
 * struct uvb_mad_agent - handle of an agent
 * @events: the file; its queue holds struct uvb_mad
 * @agent: of ib_mad, NULL before it is registered
 * @queued: length of the queue, under its lock
 */
struct uvb_mad_agent {
	struct uvb_event_file events;
	struct ib_mad_agent *agent;
	u32 queued;
};

/**
 * struct uvb_mad - a MAD to be received, or to be sent
 * @link: in the queue of the agent, if it was received
 * @status: cookie of the request, what became of it, bytes of data
 * @address: where it came from
 * @wc: the data as ib_mad has it; NULL if there is only a header to receive
 * @header: of a request that failed, or of a MAD too long to be received
 */
struct uvb_mad {
	struct list_head link;
	struct uverbs_bpf_mad_status status;
	struct uverbs_bpf_mad_address address;
	struct ib_mad_recv_wc *wc;
	struct ib_mad_hdr header;
};

static struct uvb_mad_agent *uvb_mad_agent(struct uverbs_attr_bundle *bundle)
{
	return container_of(uvb_attr_handle(bundle, UVERBS_BPF_ATTR_MAD_AGENT),
			    struct uvb_mad_agent, events.handle);
}

static void uvb_mad_free(struct uvb_mad *mad)
{
	if (mad->wc)
		ib_free_recv_mad(mad->wc);
	kfree(mad);
}

/* @again: it could not be given to who asked, and is the next again, also for who waits for one. */
static void uvb_mad_queue(struct uvb_mad_agent *mad_agent, struct uvb_mad *mad, bool again)
{
	struct uvb_event_queue *queue = &mad_agent->events.queue;
	bool room;

	spin_lock_irq(&queue->lock);
	room = !queue->closed && (again || mad_agent->queued < UVB_MAD_MAX_QUEUED);
	if (room) {
		if (again)
			list_add(&mad->link, &queue->events);
		else
			list_add_tail(&mad->link, &queue->events);
		mad_agent->queued++;
	}
	spin_unlock_irq(&queue->lock);

	if (room)
		uvb_event_queue_wake(queue);
	else
		uvb_mad_free(mad);
}

/* ---- what ib_mad calls, from its work items ---- */

/* A request that was answered is told by its answer, one that failed is told here. */
static void uvb_mad_sent(struct ib_mad_agent *agent, struct ib_mad_send_wc *send_wc)
{
	struct ib_mad_send_buf *buf = send_wc->send_buf;
	struct uvb_mad *mad = buf->context[0];

	mad->header = *(struct ib_mad_hdr *)buf->mad;
	rdma_destroy_ah(buf->ah, RDMA_DESTROY_AH_SLEEPABLE);
	ib_free_send_mad(buf);

	switch (send_wc->status) {
	case IB_WC_SUCCESS:
	case IB_WC_WR_FLUSH_ERR:
		kfree(mad);
		return;
	case IB_WC_RESP_TIMEOUT_ERR:
		mad->status.status = -ETIMEDOUT;
		break;
	default:
		mad->status.status = -EIO;
	}
	mad->status.length = sizeof(mad->header);
	uvb_mad_queue(agent->context, mad, false);
}

static int uvb_mad_from(struct ib_mad_agent *agent, const struct ib_mad_recv_wc *recv_wc,
			struct uverbs_bpf_mad_address *address)
{
	const struct ib_global_route *grh;
	struct ib_wc *wc = recv_wc->wc;
	struct rdma_ah_attr ah_attr;
	int ret;

	address->qpn = wc->src_qp;
	address->lid = wc->slid;
	address->sl = wc->sl;
	address->path_bits = wc->dlid_path_bits;
	address->pkey_index = wc->pkey_index;
	if (!(wc->wc_flags & IB_WC_GRH))
		return 0;

	ret = ib_init_ah_attr_from_wc(agent->device, agent->port_num, wc, recv_wc->recv_buf.grh,
				      &ah_attr);
	if (ret)
		return ret;
	grh = rdma_ah_read_grh(&ah_attr);
	address->has_grh = 1;
	address->gid_index = grh->sgid_index;
	address->hop_limit = grh->hop_limit;
	address->traffic_class = grh->traffic_class;
	address->flow_label = grh->flow_label;
	memcpy(address->gid, grh->dgid.raw, sizeof(address->gid));
	rdma_destroy_ah_attr(&ah_attr);
	return 0;
}

static void uvb_mad_received(struct ib_mad_agent *agent, struct ib_mad_send_buf *request,
			     struct ib_mad_recv_wc *recv_wc)
{
	struct uvb_mad *mad = NULL;

	if (recv_wc->wc->status == IB_WC_SUCCESS)
		mad = kzalloc(sizeof(*mad), GFP_KERNEL);
	if (!mad || uvb_mad_from(agent, recv_wc, &mad->address)) {
		ib_free_recv_mad(recv_wc);
		kfree(mad);
		return;
	}
	mad->wc = recv_wc;
	mad->status.length = recv_wc->mad_len;
	if (request)
		mad->status.cookie = ((struct uvb_mad *)request->context[0])->status.cookie;
	/* What fits into no attribute would stay for ever, and all others behind it. */
	if (recv_wc->mad_len > U16_MAX) {
		mad->header = recv_wc->recv_buf.mad->mad_hdr;
		mad->wc = NULL;
		mad->status.status = -EMSGSIZE;
		mad->status.length = sizeof(mad->header);
		ib_free_recv_mad(recv_wc);
	}
	uvb_mad_queue(agent->context, mad, false);
}

/* ---- REGISTER ---- */

static int uvb_mad_class(struct uverbs_attr_bundle *bundle, struct ib_mad_reg_req *request)
{
	struct uverbs_bpf_mad_class class;
	int ret;

	ret = uvb_copy_in(&class, bundle, UVERBS_BPF_ATTR_MAD_CLASS, sizeof(class));
	if (ret)
		return ret;
	if (memchr_inv(class.reserved, 0, sizeof(class.reserved)))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_MAD_CLASS,
				  "MAD_CLASS: a reserved field is not 0");
	request->mgmt_class = class.mgmt_class;
	request->mgmt_class_version = class.version;
	memcpy(request->oui, class.oui, sizeof(request->oui));
	bitmap_from_arr64(request->method_mask, class.method_mask, IB_MGMT_MAX_METHODS);
	return 0;
}

/* Who may, and where there is something to manage. */
static int uvb_mad_allowed(struct uverbs_attr_bundle *bundle, struct ib_device *ibdev, u32 port,
			   bool smi)
{
	if (!capable(CAP_NET_ADMIN))
		return uvb_refuse(bundle, -EPERM, UVERBS_BPF_ATTR_NONE,
				  "MAD_REGISTER: wants CAP_NET_ADMIN in the initial user namespace");
	if (smi && !capable(CAP_SYS_RAWIO))
		return uvb_refuse(bundle, -EPERM, UVERBS_BPF_ATTR_MAD_SMI,
				  "MAD_SMI: QP 0 wants CAP_SYS_RAWIO in the initial user namespace");
	if (!rdma_is_port_valid(ibdev, port))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_MAD_PORT,
				  "MAD_PORT: %u, the device has ports 1 to %u", port,
				  ibdev->phys_port_cnt);
	if (!rdma_cap_ib_cm(ibdev, port) || !rdma_cap_ib_mad(ibdev, port))
		return uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_BPF_ATTR_MAD_PORT,
				  "MAD_PORT: port %u has no InfiniBand management; rdma_cm connects here",
				  port);
	if (smi && !rdma_cap_ib_smi(ibdev, port))
		return uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_BPF_ATTR_MAD_SMI,
				  "MAD_SMI: port %u has no QP 0, as it is not InfiniBand", port);
	return 0;
}

static int uvb_mad_register(struct uverbs_attr_bundle *bundle)
{
	struct uvb_mad_agent *mad_agent = uvb_mad_agent(bundle);
	struct ib_device *ibdev = mad_agent->events.handle.context->device;
	struct ib_mad_reg_req request = {};
	u64 smi = 0, rmpp_version = 0;
	struct ib_mad_agent *agent;
	u32 port;
	int ret;

	ret = uvb_copy_in(&port, bundle, UVERBS_BPF_ATTR_MAD_PORT, sizeof(port));
	if (ret)
		return ret;
	ret = uvb_const(&smi, bundle, UVERBS_BPF_ATTR_MAD_SMI, 1);
	if (ret && ret != -ENOENT)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_MAD_SMI, "MAD_SMI: wants 0 or 1");
	ret = uvb_const(&rmpp_version, bundle, UVERBS_BPF_ATTR_MAD_RMPP_VERSION,
			IB_MGMT_RMPP_VERSION);
	if (ret && ret != -ENOENT)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_MAD_RMPP_VERSION,
				  "MAD_RMPP_VERSION: wants 0 (none) or %u", IB_MGMT_RMPP_VERSION);
	ret = uvb_mad_class(bundle, &request);
	if (ret && ret != -ENOENT)
		return ret;
	ret = uvb_mad_allowed(bundle, ibdev, port, smi);
	if (ret)
		return ret;

	/* It may receive as soon as it is registered. */
	uvb_event_file_init(uvb_bundle_file(bundle), &mad_agent->events);
	agent = ib_register_mad_agent(ibdev, port, smi ? IB_QPT_SMI : IB_QPT_GSI,
				      uvb_has(bundle, UVERBS_BPF_ATTR_MAD_CLASS) ? &request : NULL,
				      rmpp_version, uvb_mad_sent, uvb_mad_received, mad_agent, 0);
	if (IS_ERR(agent))
		return uvb_refuse(bundle, PTR_ERR(agent), UVERBS_BPF_ATTR_MAD_CLASS,
				  "MAD_REGISTER: ib_mad refuses class 0x%02x; another agent may have it",
				  request.mgmt_class);
	mad_agent->agent = agent;
	uvb_created(bundle, UVERBS_BPF_ATTR_MAD_AGENT);
	return 0;
}

static int uvb_mad_agent_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				 struct uverbs_attr_bundle *bundle)
{
	struct uvb_mad_agent *mad_agent =
		container_of(handle, struct uvb_mad_agent, events.handle);
	struct uvb_event_queue *queue = &mad_agent->events.queue;
	struct uvb_mad *mad, *next;
	LIST_HEAD(unread);

	/* Cancels what is outstanding, and waits until nobody calls us any more. */
	ib_unregister_mad_agent(mad_agent->agent);

	spin_lock_irq(&queue->lock);
	queue->closed = true;
	list_splice_init(&queue->events, &unread);
	spin_unlock_irq(&queue->lock);
	list_for_each_entry_safe(mad, next, &unread, link)
		uvb_mad_free(mad);
	uvb_event_queue_wake(queue);
	return 0;
}

/* ---- SEND ---- */

static struct ib_ah *uvb_mad_to(struct ib_mad_agent *agent,
				const struct uverbs_bpf_mad_address *address)
{
	struct rdma_ah_attr ah_attr = {};

	ah_attr.type = rdma_ah_find_type(agent->device, agent->port_num);
	rdma_ah_set_port_num(&ah_attr, agent->port_num);
	rdma_ah_set_dlid(&ah_attr, address->lid);
	rdma_ah_set_sl(&ah_attr, address->sl);
	rdma_ah_set_path_bits(&ah_attr, address->path_bits);
	if (address->has_grh) {
		rdma_ah_set_grh(&ah_attr, NULL, address->flow_label, address->gid_index,
				address->hop_limit, address->traffic_class);
		rdma_ah_set_dgid_raw(&ah_attr, (void *)address->gid);
	}
	return rdma_create_user_ah(agent->qp->pd, &ah_attr, NULL);
}

/* The data after the header; with RMPP it is spread over segments. */
static int uvb_mad_copy_data(struct ib_mad_send_buf *buf, const void __user *from, bool rmpp)
{
	int left = buf->data_len, segment, part;

	if (!rmpp)
		return copy_from_user(buf->mad + buf->hdr_len, from, left) ? -EFAULT : 0;
	for (segment = 1; left > 0; segment++, left -= part, from += part) {
		part = min(left, buf->seg_size);
		if (copy_from_user(ib_get_rmpp_segment(buf, segment), from, part))
			return -EFAULT;
	}
	return 0;
}

static struct ib_mad_send_buf *uvb_mad_buffer(struct uverbs_attr_bundle *bundle,
					      struct ib_mad_agent *agent,
					      const struct uverbs_bpf_mad_address *address)
{
	const struct uverbs_attr *data = uverbs_attr_get(bundle, UVERBS_BPF_ATTR_MAD_DATA);
	const void __user *from = u64_to_user_ptr(data->ptr_attr.data);
	size_t len = data->ptr_attr.len;
	struct ib_mad_send_buf *buf;
	union {
		struct {
			struct ib_mad_hdr mad;
			struct ib_rmpp_hdr rmpp;
		};
		u8 bytes[UVB_MAD_MAX_HEADER];
	} header = {};
	size_t header_len, offset;
	bool rmpp;
	int ret;

	/* Once: what is decided by the header must be what is sent. */
	if (copy_from_user(&header, from, min(len, sizeof(header))))
		return ERR_PTR(-EFAULT);
	header_len = ib_get_mad_data_offset(header.mad.mgmt_class);
	if (len < header_len) {
		ret = uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_MAD_DATA,
				 "MAD_DATA: %zu bytes, the header of class 0x%02x has %zu", len,
				 header.mad.mgmt_class, header_len);
		return ERR_PTR(ret);
	}
	rmpp = ib_is_mad_class_rmpp(header.mad.mgmt_class) && ib_mad_kernel_rmpp_agent(agent) &&
	       ib_get_rmpp_flags(&header.rmpp) & IB_MGMT_RMPP_FLAG_ACTIVE;

	buf = ib_create_send_mad(agent, address->qpn, address->pkey_index, rmpp, header_len,
				 len - header_len, GFP_KERNEL, header.mad.base_version);
	if (IS_ERR(buf)) {
		ret = uvb_refuse(bundle, PTR_ERR(buf), UVERBS_BPF_ATTR_MAD_DATA,
				 "MAD_DATA: ib_mad refuses %zu bytes; without RMPP a MAD has up to 256",
				 len);
		return ERR_PTR(ret);
	}
	/* The upper half of the transaction id is how ib_mad finds the agent of an answer. */
	if (!ib_response_mad(&header.mad))
		header.mad.tid = cpu_to_be64((u64)agent->hi_tid << 32 |
					     (be64_to_cpu(header.mad.tid) & U32_MAX));
	/*
	 * With RMPP that header is ib_mad's, which has filled it in. Of a MAD with another type
	 * than data it would take the end for that of one of its own, and not tell us.
	 */
	offset = rmpp ? IB_MGMT_RMPP_HDR : IB_MGMT_MAD_HDR;
	memcpy(buf->mad, &header, IB_MGMT_MAD_HDR);
	memcpy(buf->mad + offset, header.bytes + offset, header_len - offset);
	ret = uvb_mad_copy_data(buf, from + header_len, rmpp);
	if (ret) {
		ib_free_send_mad(buf);
		return ERR_PTR(ret);
	}
	return buf;
}

static int uvb_mad_send(struct uverbs_attr_bundle *bundle)
{
	struct ib_mad_agent *agent = uvb_mad_agent(bundle)->agent;
	struct uverbs_bpf_mad_request request = {};
	struct uverbs_bpf_mad_address address;
	struct ib_mad_send_buf *buf;
	struct uvb_mad *mad;
	struct ib_ah *ah;
	int ret;

	ret = uvb_copy_in(&address, bundle, UVERBS_BPF_ATTR_MAD_ADDRESS, sizeof(address));
	if (ret)
		return ret;
	if (address.reserved || address.has_grh > 1)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_MAD_ADDRESS,
				  "MAD_ADDRESS: has_grh wants 0 or 1, reserved 0");
	ret = uvb_copy_in(&request, bundle, UVERBS_BPF_ATTR_MAD_REQUEST, sizeof(request));
	if (ret && ret != -ENOENT)
		return ret;
	if (request.timeout_ms > INT_MAX || request.retries > INT_MAX)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_MAD_REQUEST,
				  "MAD_REQUEST: timeout_ms and retries are at most %d", INT_MAX);

	mad = kzalloc(sizeof(*mad), GFP_KERNEL);
	if (!mad)
		return -ENOMEM;
	mad->status.cookie = request.cookie;
	mad->address = address;

	ah = uvb_mad_to(agent, &address);
	if (IS_ERR(ah)) {
		ret = uvb_refuse(bundle, PTR_ERR(ah), UVERBS_BPF_ATTR_MAD_ADDRESS,
				 "MAD_ADDRESS: no way there from port %u", agent->port_num);
		goto err_mad;
	}
	buf = uvb_mad_buffer(bundle, agent, &address);
	if (IS_ERR(buf)) {
		ret = PTR_ERR(buf);
		goto err_ah;
	}
	buf->ah = ah;
	buf->timeout_ms = request.timeout_ms;
	buf->retries = request.retries;
	buf->context[0] = mad;
	/* From here on it is uvb_mad_sent() that frees all this. */
	ret = ib_post_send_mad(buf, NULL);
	if (!ret)
		return 0;

	ib_free_send_mad(buf);
err_ah:
	rdma_destroy_ah(ah, RDMA_DESTROY_AH_SLEEPABLE);
err_mad:
	kfree(mad);
	return ret;
}

/* ---- RECEIVE ---- */

static struct uvb_mad *uvb_mad_next(struct uverbs_attr_bundle *bundle, u32 room)
{
	struct uvb_mad_agent *mad_agent = uvb_mad_agent(bundle);
	struct uvb_event_queue *queue = &mad_agent->events.queue;
	struct uvb_mad *mad;
	u32 length = 0;

	spin_lock_irq(&queue->lock);
	mad = list_first_entry_or_null(&queue->events, struct uvb_mad, link);
	if (mad && mad->status.length > room) {
		/* It stays for a caller with room enough. */
		length = mad->status.length;
	} else if (mad) {
		list_del(&mad->link);
		mad_agent->queued--;
	}
	spin_unlock_irq(&queue->lock);

	if (length)
		return ERR_PTR(uvb_refuse(bundle, -ENOSPC, UVERBS_BPF_ATTR_MAD_DATA,
					  "MAD_DATA: room for %u bytes, the MAD has %u", room,
					  length));
	return mad ?: ERR_PTR(-EAGAIN);
}

/*
 * Of a MAD in several segments the first has all headers; of the others only
 * the data counts. @mad_len of ib_mad is that of the whole without repeated headers.
 */
static int uvb_mad_copy_out(void __user *to, const struct uvb_mad *mad)
{
	const struct ib_mad_recv_wc *wc = mad->wc;
	const struct ib_mad_recv_buf *segment;
	u32 left = mad->status.length, part, offset = 0;

	if (!wc)
		return copy_to_user(to, &mad->header, sizeof(mad->header)) ? -EFAULT : 0;

	if (left <= wc->mad_seg_size)
		return copy_to_user(to, wc->recv_buf.mad, left) ? -EFAULT : 0;

	list_for_each_entry(segment, &wc->rmpp_list, list) {
		part = min_t(u32, left, wc->mad_seg_size - offset);
		if (copy_to_user(to, (const void *)segment->mad + offset, part))
			return -EFAULT;
		to += part;
		left -= part;
		if (!left)
			break;
		offset = ib_get_mad_data_offset(wc->recv_buf.mad->mad_hdr.mgmt_class);
	}
	return left ? -EIO : 0;
}

static int uvb_mad_receive(struct uverbs_attr_bundle *bundle)
{
	const struct uverbs_attr *data = uverbs_attr_get(bundle, UVERBS_BPF_ATTR_MAD_DATA);
	struct uvb_mad *mad;
	int ret;

	mad = uvb_mad_next(bundle, data->ptr_attr.len);
	if (IS_ERR(mad))
		return PTR_ERR(mad);

	ret = uvb_mad_copy_out(u64_to_user_ptr(data->ptr_attr.data), mad);
	if (!ret)
		ret = uvb_mark_output(bundle, data->ptr_attr.uattr_idx);
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_BPF_ATTR_MAD_STATUS, &mad->status,
				   sizeof(mad->status));
	if (!ret && uvb_has(bundle, UVERBS_BPF_ATTR_MAD_ADDRESS))
		ret = uvb_copy_out(bundle, UVERBS_BPF_ATTR_MAD_ADDRESS, &mad->address,
				   sizeof(mad->address));
	if (ret == -EFAULT)
		uvb_mad_queue(uvb_mad_agent(bundle), mad, true);
	else
		uvb_mad_free(mad);
	return ret;
}

static const struct uvb_attr uvb_mad_register_attrs[] = {
	UVB_FD(UVERBS_BPF_ATTR_MAD_AGENT, UVERBS_BPF_OBJECT_MAD_AGENT, NEW, UVB_M),
	UVB_IN(UVERBS_BPF_ATTR_MAD_PORT, u32, UVB_M),
	UVB_CONST(UVERBS_BPF_ATTR_MAD_SMI, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_MAD_CLASS, struct uverbs_bpf_mad_class, UVB_O),
	UVB_CONST(UVERBS_BPF_ATTR_MAD_RMPP_VERSION, UVB_O),
};

static const struct uvb_attr uvb_mad_send_attrs[] = {
	UVB_FD(UVERBS_BPF_ATTR_MAD_AGENT, UVERBS_BPF_OBJECT_MAD_AGENT, READ, UVB_M),
	UVB_IN(UVERBS_BPF_ATTR_MAD_ADDRESS, struct uverbs_bpf_mad_address, UVB_M),
	UVB_IN_MIN(UVERBS_BPF_ATTR_MAD_DATA, IB_MGMT_MAD_HDR, UVB_M),
	UVB_IN(UVERBS_BPF_ATTR_MAD_REQUEST, struct uverbs_bpf_mad_request, UVB_O),
};

static const struct uvb_attr uvb_mad_receive_attrs[] = {
	UVB_FD(UVERBS_BPF_ATTR_MAD_AGENT, UVERBS_BPF_OBJECT_MAD_AGENT, READ, UVB_M),
	UVB_OUT(UVERBS_BPF_ATTR_MAD_ADDRESS, struct uverbs_bpf_mad_address, UVB_O),
	UVB_OUT_MIN(UVERBS_BPF_ATTR_MAD_DATA, IB_MGMT_MAD_HDR, UVB_M),
	UVB_OUT(UVERBS_BPF_ATTR_MAD_STATUS, struct uverbs_bpf_mad_status, UVB_M),
};

static struct uvb_method uvb_mad_agent_methods[] = {
	UVB_METHOD(UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_REGISTER, uvb_mad_register,
		   uvb_mad_register_attrs),
	UVB_METHOD(UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_SEND, uvb_mad_send,
		   uvb_mad_send_attrs),
	UVB_METHOD(UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_RECEIVE, uvb_mad_receive,
		   uvb_mad_receive_attrs),
};

/* What can be received is had by RECEIVE, with its sender; so there is no read(). */
static const struct file_operations uvb_mad_agent_fops = {
	.owner = THIS_MODULE,
	.poll = uvb_event_poll,
	.release = uvb_event_file_release,
	.fasync = uvb_event_fasync,
};

static struct uvb_type uvb_type_mad_agent = {
	.object = UVERBS_BPF_OBJECT_MAD_AGENT,
	.size = sizeof(struct uvb_mad_agent),
	.destroy = uvb_mad_agent_destroy,
	.fops = &uvb_mad_agent_fops,
	.name = "uvb_mad_agent",
};

UVB_SCHEMA(mad_agent, .type = &uvb_type_mad_agent, UVB_METHODS(uvb_mad_agent_methods));
