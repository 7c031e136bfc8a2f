// SPDX-License-Identifier: BSD-2-Clause
/*
 * type COUNTER.bpf.o TAGGED.bpf.o: attach providers whose new type, of a CQ and
 * of a QP, has been made wrong in one place, for every place there is, as
 * declaration.c does with transports.
 *
 * Exit status: 0 if all were refused, with the reason in the kernel log, and
 * the right one was attached, else 1.
 */
#include <linux/types.h>
#include <rdma/ib_user_ioctl_cmds.h>

#include "../../bpf/uverbs_bpf_types.h"
#include "wrong.h"

#define MAKE(_name)		WRONG_MAKE(uverbs_bpf_provider_ops, _name)

MAKE(nothing_but_comp) { memset(&ops->channel.type, 0, sizeof(ops->channel.type)); }
MAKE(no_what) { ops->channel.type.what = 0; }
MAKE(unknown_what) { ops->channel.type.what = 77; }
MAKE(other_object) { ops->channel.type.object = UVERBS_OBJECT_QP; }
MAKE(no_name) { ops->channel.type.name[0] = '\0'; }
MAKE(base) { ops->channel.type.base = 4; }
/* The right declaration of a QP, which has no comp(). */
MAKE(qp_with_comp)
{
	ops->channel.type.what = UVERBS_BPF_TYPE_QP;
	ops->channel.type.object = UVERBS_OBJECT_QP;
	ops->channel.type.forbidden = 0;
	ops->decl.attrs[0].object = UVERBS_OBJECT_QP;
	ops->decl.attrs[0].method = UVERBS_METHOD_QP_CREATE;
}
MAKE(no_selector) { ops->channel.type.selector = 1; }
MAKE(selector_out)
{
	ops->decl.attrs[0].direction = 2;
	ops->decl.attrs[0].max_len = 4;
}
MAKE(selector_of_other_method) { ops->decl.attrs[0].method = UVERBS_METHOD_CQ_DESTROY; }
MAKE(both) { ops->channel.type.mandatory = ops->channel.type.forbidden; }
MAKE(unknown_mandatory) { ops->channel.type.mandatory = 1U << 31; }
MAKE(mandatory_never)
{
	ops->channel.type.mandatory = 1 << UVERBS_ATTR_CREATE_CQ_FLAGS;
	ops->channel.type.forbidden = 0;
}
MAKE(forbidden_always) { ops->channel.type.forbidden = 1 << UVERBS_ATTR_CREATE_CQ_CQE; }
/* It is not the selector, and there is no hook: nobody would read it. */
MAKE(second_attr_unread)
{
	ops->decl.attrs[1] = ops->decl.attrs[0];
	ops->decl.attrs[1].id = 1;
	ops->decl.nr_attrs = 2;
}

static const struct wrong_case cases[] = {
	WRONG_CASE(nothing_but_comp, "channel.type: what is 0 and there is comp()"),
	WRONG_CASE(no_what, "channel.type: what is 0 and another member is not"),
	WRONG_CASE(unknown_what, "what is 77, this module knows 1 (CQ_COUNTER) and 2 (QP)"),
	WRONG_CASE(other_object, "channel.type: object is 4, a CQ_COUNTER is of object 3"),
	WRONG_CASE(no_name, "channel.type: name: wants 1 to 15"),
	WRONG_CASE(base, "channel.type: base is 0x4, a CQ_COUNTER is of 0x0"),
	WRONG_CASE(qp_with_comp, "what is 2 (QP) and there is comp(), which only a CQ_COUNTER"),
	WRONG_CASE(no_selector, "channel.type: selector is 1, which is no input"),
	WRONG_CASE(selector_out, "channel.type: selector is 0, which is no input"),
	WRONG_CASE(selector_of_other_method, "channel.type: selector is 0, which is no input"),
	WRONG_CASE(both, "channel.type: attributes 0x28 are mandatory and forbidden"),
	WRONG_CASE(unknown_mandatory, "channel.type: mandatory is 0x80000000, the method has"),
	WRONG_CASE(mandatory_never, "channel.type: mandatory is 0x20, a CQ_COUNTER takes none of"),
	WRONG_CASE(forbidden_always, "channel.type: forbidden is 0x2, of which the method wants 0x2"),
	WRONG_CASE(second_attr_unread, "attrs[1]: method 0x0 of object 0x3 is not among hooks"),
};

/* ---- of a QP ---- */

MAKE(qp_of_cq) { ops->channel.type.object = UVERBS_OBJECT_CQ; }
MAKE(qp_name) { memset(ops->channel.type.name, 'a', sizeof(ops->channel.type.name)); }
MAKE(qp_base) { ops->channel.type.base |= 1 << 1; }
MAKE(qp_selector) { ops->channel.type.selector = 15; }
MAKE(qp_selector_out) { ops->channel.type.selector = 3; }
MAKE(qp_both) { ops->channel.type.forbidden |= 1 << UVERBS_ATTR_CREATE_QP_FLAGS; }
MAKE(qp_unknown_mandatory) { ops->channel.type.mandatory |= 1U << 30; }
MAKE(qp_forbidden_always) { ops->channel.type.forbidden |= 1 << UVERBS_ATTR_CREATE_QP_CAP; }
MAKE(qp_row_of_other_method) { ops->decl.attrs[3].flags = UVERBS_BPF_ATTR_MANDATORY; }

static const struct wrong_case qp_cases[] = {
	WRONG_CASE(qp_of_cq, "channel.type: object is 3, a QP is of object 4"),
	WRONG_CASE(qp_name, "channel.type: name: wants 1 to 15"),
	WRONG_CASE(qp_base, "channel.type: base is 0x6, a QP is of 0x871c"),
	WRONG_CASE(qp_selector, "channel.type: selector is 15, which is no input of method 4:0x"),
	WRONG_CASE(qp_selector_out, "channel.type: selector is 3, which is no input of method 4:0x"),
	WRONG_CASE(qp_both, "channel.type: attributes 0x400 are mandatory and forbidden"),
	WRONG_CASE(qp_unknown_mandatory, "channel.type: mandatory is 0x40000400, the method has 0x"),
	WRONG_CASE(qp_forbidden_always, "forbidden is 0x900, of which the method wants 0x100"),
	WRONG_CASE(qp_row_of_other_method, "attrs[3]: only a method or type of its own can want"),
};

int main(int argc, char **argv)
{
	unsigned int nr_failed;

	if (argc != 3) {
		fprintf(stderr, "usage: type COUNTER.bpf.o TAGGED.bpf.o\n");
		return 2;
	}
	nr_failed = WRONG_TRY_ALL(argv[1], "odd_counter", uverbs_bpf_provider_ops, cases);
	nr_failed += WRONG_TRY_ALL(argv[2], "tagged", uverbs_bpf_provider_ops, qp_cases);
	return !!nr_failed;
}
