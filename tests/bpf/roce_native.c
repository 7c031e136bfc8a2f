// SPDX-License-Identifier: BSD-2-Clause
/* Values of the roce transport that no wire is needed for. */
#define UVERBS_BPF_NATIVE
#include "../../bpf/transports/roce.bpf.c"
#include "native.h"

static struct uverbs_bpf_roce_path path;

/* A connected QP of rxe on its way to RTR, to 192.0.2.7. */
static struct uverbs_bpf_native begin(__u16 fields)
{
	struct uverbs_bpf_native call = {
		.ctx = {
			.object = UVERBS_OBJECT_QP, .method = UVERBS_BPF_METHOD_QP_MODIFY,
			.port = 1, .driver_id = RDMA_DRIVER_RXE,
			.protocol = UVERBS_BPF_PROTOCOL_ROCE, .qp_type = IB_UVERBS_QPT_RC,
			.cur_state = UVERBS_BPF_QPS_INIT, .next_state = UVERBS_BPF_QPS_RTR,
		},
		.gid_types = {
			UVERBS_BPF_GID_ROCE_V1, UVERBS_BPF_GID_IPV4, UVERBS_BPF_GID_IPV6, -ENOENT,
		},
	};

	path = (struct uverbs_bpf_roce_path) {
		.dest = { 192, 0, 2, 7 }, .sgid_index = 1,
		.fields = UVERBS_BPF_ROCE_DEST_IPV4 | UVERBS_BPF_ROCE_SGID_INDEX | fields,
	};
	return call;
}

static int set(struct uverbs_bpf_native *call)
{
	uverbs_bpf_native_in(call, PATH, &path, sizeof(path));
	return uverbs_bpf_native_run(call, roce_path_set);
}

/* rdma_flow_label_to_udp_sport(), which the label of a port must lead back to. */
static void every_port(void)
{
	__u32 sport, wrong = 0;

	for (sport = 0xc000; sport <= 0xffff; sport++) {
		__u32 label = sport_to_label(sport);

		wrong += !label || label > 0xfffff || label_to_sport(label) != sport ||
			 (0xc000 | ((label & 0x3fff) ^ ((label & 0xfc000) >> 14))) != sport;
	}
	check("each of 16,384 source ports has a flow label that leads to it", !wrong);
}

int main(void)
{
	static const __u8 mapped[16] = { [10] = 0xff, 0xff, 192, 0, 2, 7 };
	struct uverbs_bpf_native call = begin(0);
	const struct uverbs_bpf_roce_path *answer;

	expect("an IPv4 destination", set(&call), 0, call.text, NULL);
	check("is the GID ::ffff:192.0.2.7",
	      !memcmp(call.ctx.path.dgid, mapped, 16) && call.ctx.path.has_grh &&
	      call.ctx.path.sgid_index == 1);
	call.ctx.method = UVERBS_BPF_METHOD_QP_QUERY;
	answer = uverbs_bpf_native_out(&call, PATH, sizeof(*answer));
	expect("its query", uverbs_bpf_native_run(&call, roce_path_get), 0, call.text, NULL);
	check("gives it back as it was given",
	      answer->fields & UVERBS_BPF_ROCE_DEST_IPV4 && !memcmp(answer->dest, path.dest, 16));
	call.ctx.qp_state = 0;
	call.nr_attrs = 0;
	answer = uverbs_bpf_native_out(&call, PATH, sizeof(*answer));
	uverbs_bpf_native_run(&call, roce_path_get);
	check("or as a GID, if the path is not ours",
	      answer->fields & UVERBS_BPF_ROCE_DEST_GID && !memcmp(answer->dest, mapped, 16));

	call = begin(0);
	path.sgid_index = 2;
	expect("an IPv6 source", set(&call), -EINVAL, call.text,
	       "sgid_index 2 is no IPv4 address, dest is one");
	call = begin(0);
	path.sgid_index = 3;
	expect("no source", set(&call), -EINVAL, call.text, "sgid_index 3: the port has no GID there");
	call = begin(UVERBS_BPF_ROCE_DSCP);
	path.traffic = 63;
	expect("DSCP 63", set(&call), 0, call.text, NULL);
	check("is traffic class 0xfc", call.ctx.path.traffic_class == 0xfc);
	call = begin(UVERBS_BPF_ROCE_DSCP | UVERBS_BPF_ROCE_TRAFFIC_CLASS);
	expect("DSCP and traffic class", set(&call), -EINVAL, call.text,
	       "fields 0x3a: TRAFFIC_CLASS and DSCP exclude each other");
	call = begin(0);
	call.ctx.driver_id = RDMA_DRIVER_MLX5;
	path.fields |= UVERBS_BPF_ROCE_DSCP;
	expect("DSCP with a driver nobody has tested", set(&call), -EINVAL, call.text,
	       "DSCP 0: not known to reach the wire with this driver; leave it out");
	call = begin(0);
	call.ctx.qp_type = IB_UVERBS_QPT_UD;
	expect("a path of a UD QP", set(&call), -EINVAL, call.text,
	       "a UD QP has no path, each of its sends names an AH");
	every_port();
	return !!failures;
}
