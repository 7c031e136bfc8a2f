// SPDX-License-Identifier: BSD-2-Clause
/*
 * type COUNTER.bpf.o: attach a provider whose new type has been made wrong in
 * one place, for every place there is, as declaration.c does with transports.
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
MAKE(reserved) { ops->channel.type.reserved = 1; }
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
	WRONG_CASE(unknown_what, "channel.type: what is 77"),
	WRONG_CASE(other_object, "channel.type: object is 4, a CQ_COUNTER is of object 3"),
	WRONG_CASE(no_name, "channel.type: name: wants 1 to 15"),
	WRONG_CASE(reserved, "channel.type: reserved is not 0"),
	WRONG_CASE(no_selector, "channel.type: selector is 1, which is no input"),
	WRONG_CASE(selector_out, "channel.type: selector is 0, which is no input"),
	WRONG_CASE(selector_of_other_method, "channel.type: selector is 0, which is no input"),
	WRONG_CASE(both, "channel.type: attributes 0x28 are mandatory and forbidden"),
	WRONG_CASE(unknown_mandatory, "channel.type: mandatory is 0x80000000, the method has"),
	WRONG_CASE(mandatory_never, "channel.type: mandatory is 0x20, a CQ_COUNTER takes none of"),
	WRONG_CASE(forbidden_always, "channel.type: forbidden is 0x2, of which the method wants 0x2"),
	WRONG_CASE(second_attr_unread, "attrs[1]: method 0x0 of object 0x3 is not among hooks"),
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: type COUNTER.bpf.o\n");
		return 2;
	}
	return !!WRONG_TRY_ALL(argv[1], "odd_counter", uverbs_bpf_provider_ops, cases);
}
