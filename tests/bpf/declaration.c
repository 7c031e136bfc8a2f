// SPDX-License-Identifier: BSD-2-Clause
/*
 * declaration TRANSPORT.bpf.o PROVIDER.bpf.o: attach a program of each kind
 * whose declaration has been made wrong in one place, for every place there
 * is; then right ones beside what is attached. Each must be refused, and the
 * kernel log must say why.
 *
 * Exit status: 0 if all were, and the right declarations were attached, else 1.
 */
#include <linux/types.h>
#include <rdma/ib_user_ioctl_cmds.h>

#include "../../bpf/uverbs_bpf_types.h"
#include "../../uapi/uverbs_bpf.h"
#include "wrong.h"

/* ---- a transport ---- */

#define MAKE(_name)		WRONG_MAKE(uverbs_bpf_transport_ops, _name)

MAKE(no_name) { ops->decl.name[0] = '\0'; }
MAKE(endless_name) { memset(ops->decl.name, 'a', sizeof(ops->decl.name)); }
MAKE(name_with_blank) { strcpy(ops->decl.name, "ro ce"); }
MAKE(abi_0) { ops->decl.abi = 0; }
MAKE(abi_of_the_future) { ops->decl.abi = UVERBS_BPF_ABI + 1; }
MAKE(fail_closed) { ops->decl.flags = UVERBS_BPF_FAIL_CLOSED; }
MAKE(no_protocol) { ops->decl.protocols = 0; }
MAKE(unknown_protocol) { ops->decl.protocols |= 1 << 4; }
MAKE(endless_ibdev) { memset(ops->decl.ibdev, 'a', sizeof(ops->decl.ibdev)); }
MAKE(reserved) { ops->decl.reserved[6] = 1; }
MAKE(no_attrs) { memset(ops->decl.attrs, 0, sizeof(ops->decl.attrs)); ops->decl.nr_attrs = 0; }
MAKE(many_attrs) { ops->decl.nr_attrs = UVERBS_BPF_MAX_ATTRS + 1; }
MAKE(attrs_beyond) { ops->decl.attrs[1] = ops->decl.attrs[0]; }
MAKE(same_attr_twice) { ops->decl.attrs[1] = ops->decl.attrs[0]; ops->decl.nr_attrs = 2; }
MAKE(attr_name) { ops->decl.attrs[0].name[0] = '%'; }
MAKE(attr_id) { ops->decl.attrs[0].id = 0x4000; }
MAKE(attr_direction) { ops->decl.attrs[0].direction = 0; }
MAKE(attr_mandatory) { ops->decl.attrs[0].flags = UVERBS_BPF_ATTR_MANDATORY; }
MAKE(attr_min_len) { ops->decl.attrs[0].min_len = 17; }
MAKE(attr_max_len) { ops->decl.attrs[0].max_len = UVERBS_BPF_MAX_LEN + 1; }
MAKE(attr_reserved) { ops->decl.attrs[0].reserved = 1; }
MAKE(attr_of_other_method) { ops->decl.attrs[0].method = 0; }
/* An output of QP_MODIFY: nobody would fill it. */
MAKE(attr_other_way) { ops->decl.attrs[0].direction = 2; }
/* Only of a provider the presence of an attribute may say all. */
MAKE(attr_empty) { ops->decl.attrs[0].min_len = ops->decl.attrs[0].max_len = 0; }
MAKE(no_path_set) { ops->path_set = NULL; }
MAKE(no_path_get)
{
	ops->decl.attrs[0].method = UVERBS_BPF_METHOD_QP_QUERY;
	ops->decl.attrs[0].direction = 2;
}
MAKE(native) { strcpy(ops->decl.name, "ethernet"); }

static const struct wrong_case transport_cases[] = {
	WRONG_CASE(no_name, "name: wants 1 to 15"),
	WRONG_CASE(endless_name, "name: wants 1 to 15"),
	WRONG_CASE(name_with_blank, "name: wants 1 to 15"),
	WRONG_CASE(abi_0, "roce: abi is 0"),
	WRONG_CASE(abi_of_the_future, "roce: abi is 2"),
	WRONG_CASE(fail_closed, "roce: flags is 0x1"),
	WRONG_CASE(no_protocol, "roce: protocols is 0,"),
	WRONG_CASE(unknown_protocol, "roce: protocols is 0x14, knows 0xf"),
	WRONG_CASE(endless_ibdev, "roce: ibdev: wants a NUL within 64"),
	WRONG_CASE(reserved, "roce: reserved is not 0"),
	WRONG_CASE(no_attrs, "roce: nr_attrs is 0"),
	WRONG_CASE(many_attrs, "roce: nr_attrs is 17, wants at most 16"),
	WRONG_CASE(attrs_beyond, "roce: attrs[1] and later are beyond nr_attrs"),
	WRONG_CASE(same_attr_twice, "roce: attrs[1]: id 0 of that method is there twice"),
	WRONG_CASE(attr_name, "roce: attrs[0].name: wants 1 to 31"),
	WRONG_CASE(attr_id, "roce: attrs[0].id is 0x4000"),
	WRONG_CASE(attr_direction, "roce: attrs[0].direction is 0"),
	WRONG_CASE(attr_mandatory, "roce: attrs[0].flags is 0x1, knows 0x0"),
	WRONG_CASE(attr_min_len, "roce: attrs[0] has 17 to 16 bytes"),
	WRONG_CASE(attr_max_len, "roce: attrs[0] has 16 to 4097 bytes"),
	WRONG_CASE(attr_reserved, "roce: attrs[0].reserved is not 0"),
	WRONG_CASE(attr_of_other_method, "roce: attrs[0]: takes inputs of QP_MODIFY"),
	WRONG_CASE(attr_other_way, "roce: attrs[0]: takes inputs of QP_MODIFY"),
	WRONG_CASE(attr_empty, "roce: attrs[0] has 0 to 0 bytes, wants 1 to 4096"),
	WRONG_CASE(no_path_set, "roce: has inputs and no path_set()"),
	WRONG_CASE(no_path_get, "roce: has outputs and no path_get()"),
	{ "native", make_native, "ethernet: Ethernet QPs are served natively, the name is taken",
	  EEXIST, false },
	{ "no_link", NULL, "roce: has no link; put it in section .struct_ops.link", EOPNOTSUPP,
	  true },
};

/* ---- a provider; what it has in common with a transport is not tried again ---- */

#undef MAKE
#define MAKE(_name)		WRONG_MAKE(uverbs_bpf_provider_ops, _name)

MAKE(driver_without_id) { ops->decl.flags = UVERBS_BPF_WITH_DRIVER; }
MAKE(unknown_flag) { ops->decl.flags = 1 << 2; }
MAKE(role) { ops->channel.role = 3; }
MAKE(closed_observer) { ops->decl.flags = UVERBS_BPF_FAIL_CLOSED; ops->channel.role = UVERBS_BPF_OBSERVER; }
MAKE(many_hooks) { ops->channel.nr_hooks = UVERBS_BPF_MAX_HOOKS + 1; }
MAKE(many_methods) { ops->channel.nr_methods = UVERBS_BPF_MAX_METHODS + 1; }
MAKE(many_objects) { ops->channel.nr_objects = UVERBS_BPF_MAX_OBJECTS + 1; }
MAKE(channel_reserved) { ops->channel.reserved[0] = 1; }
MAKE(hooks_beyond) { ops->channel.hooks[2] = ops->channel.hooks[0]; }
MAKE(methods_beyond) { ops->channel.methods[2].id = 2; }
MAKE(objects_beyond) { ops->channel.objects[1].id = 1; }
MAKE(no_callback) { ops->before = NULL; }
MAKE(hook_of_driver) { ops->channel.hooks[0].object = 0x1000; }
MAKE(hook_of_any_object) { ops->channel.hooks[0] = (struct uverbs_bpf_hook) { UVERBS_BPF_ANY, 1 }; }
MAKE(hook_of_no_method) { ops->channel.hooks[1].method = 0xfff; }
MAKE(object_name) { ops->channel.objects[0].name[0] = '\0'; }
MAKE(object_id) { ops->channel.objects[0].id = 0x1000; }
MAKE(object_state) { ops->channel.objects[0].state = UVERBS_BPF_MAX_STATE + 1; }
MAKE(object_flags) { ops->channel.objects[0].flags = 1; }
MAKE(object_twice)
{
	ops->channel.objects[1] = ops->channel.objects[0];
	ops->channel.nr_objects = 2;
}
MAKE(method_name) { ops->channel.methods[0].name[0] = ' '; }
MAKE(method_id) { ops->channel.methods[0].id = 0x2000; }
MAKE(method_twice) { ops->channel.methods[1].id = 0; }
MAKE(method_flags) { ops->channel.methods[0].flags = 0x80; }
MAKE(method_reserved) { ops->channel.methods[0].reserved = 1; }
MAKE(method_access) { ops->channel.methods[0].access = 5; }
MAKE(method_makes_qp) { ops->channel.methods[0].object = UVERBS_OBJECT_QP; }
MAKE(method_of_device) { ops->channel.methods[1].object = UVERBS_OBJECT_DEVICE; }
MAKE(method_not_there) { ops->method = NULL; }
MAKE(method_without_prepare) { ops->channel.methods[1].flags = UVERBS_BPF_METHOD_EXEC; }
MAKE(method_destroys_by_command)
{
	ops->channel.methods[1].flags = UVERBS_BPF_METHOD_EXEC;
	ops->channel.methods[1].access = UVERBS_BPF_METHOD_DESTROY;
}
MAKE(row_of_no_method) { ops->decl.attrs[1].method = UVERBS_BPF_SELF(7); }
MAKE(row_not_hooked) { ops->decl.attrs[0].object = UVERBS_OBJECT_CQ; }
MAKE(row_mandatory) { ops->decl.attrs[0].flags = UVERBS_BPF_ATTR_MANDATORY; }
/* What its last call wants could only be refused when the object is gone. */
MAKE(row_too_late)
{
	ops->channel.methods[1].access = UVERBS_BPF_METHOD_DESTROY;
	ops->decl.attrs[1].flags = UVERBS_BPF_ATTR_MANDATORY;
}
MAKE(row_of_legacy)
{
	ops->decl.attrs[0].object = UVERBS_OBJECT_DEVICE;
	ops->decl.attrs[0].method = UVERBS_METHOD_INVOKE_WRITE;
}
MAKE(row_of_command) { ops->decl.attrs[0].method = UVERBS_BPF_COMMAND(0, 26); }
MAKE(row_of_any) { ops->decl.attrs[0].method = UVERBS_BPF_ANY; }
MAKE(unknown_type) { ops->channel.type.what = 99; }

static const struct wrong_case provider_cases[] = {
	WRONG_CASE(driver_without_id, "minimal: WITH_DRIVER wants a driver_id"),
	WRONG_CASE(unknown_flag, "minimal: flags is 0x4, knows 0x3"),
	WRONG_CASE(role, "minimal: role is 3, wants observer, guard or owner"),
	WRONG_CASE(closed_observer, "minimal: an observer cannot fail closed"),
	WRONG_CASE(many_hooks, "minimal: has 17 hooks"),
	WRONG_CASE(many_methods, "17 methods and 1 objects, wants at most"),
	WRONG_CASE(many_objects, "5 objects, wants at most"),
	WRONG_CASE(channel_reserved, "minimal: reserved is not 0"),
	WRONG_CASE(hooks_beyond, "minimal: hooks, methods or objects beyond"),
	WRONG_CASE(methods_beyond, "minimal: hooks, methods or objects beyond"),
	WRONG_CASE(objects_beyond, "minimal: hooks, methods or objects beyond"),
	WRONG_CASE(no_callback, "minimal: has hooks and neither before() nor after()"),
	WRONG_CASE(hook_of_driver, "minimal: hooks[0]: object 0x1000 is none of the kernel's"),
	WRONG_CASE(hook_of_any_object, "minimal: hooks[0]: method 0x1 of any object, wants"),
	WRONG_CASE(hook_of_no_method, "minimal: hooks[1]: there is no method 0xfff of object"),
	WRONG_CASE(object_name, "minimal: objects[0].name: wants 1 to 23"),
	WRONG_CASE(object_id, "minimal: objects[0].id is 4096, wants 0 to 3"),
	WRONG_CASE(object_twice, "minimal: objects[1]: id 0 is there twice"),
	WRONG_CASE(object_state, "minimal: objects[0].state is 257 bytes, wants at most 256"),
	WRONG_CASE(object_flags, "minimal: objects[0].flags is 0x1, knows none"),
	WRONG_CASE(method_name, "minimal: methods[0].name: wants 1 to 23"),
	WRONG_CASE(method_id, "minimal: methods[0].id is 0x2000, has 12 bits"),
	WRONG_CASE(method_twice, "minimal: methods[1]: id 0 of object 0xf000 is there twice"),
	WRONG_CASE(method_flags, "minimal: methods[0].flags is 0x80"),
	WRONG_CASE(method_reserved, "minimal: methods[0].flags is 0x0, knows 0x1; reserved is 0"),
	WRONG_CASE(method_access, "minimal: methods[0]: object 0xf000 cannot have access 5"),
	WRONG_CASE(method_makes_qp, "minimal: methods[0]: object 0x4 cannot have access 3"),
	WRONG_CASE(method_of_device, "minimal: methods[1]: object 0x0 cannot have access 1"),
	WRONG_CASE(method_not_there, "minimal: methods[0] wants method()"),
	WRONG_CASE(method_without_prepare, "minimal: methods[1] wants prepare() and complete()"),
	WRONG_CASE(method_destroys_by_command, "minimal: methods[1]: a method that destroys runs no command"),
	WRONG_CASE(row_of_no_method, "minimal: attrs[1]: it has no method 0xf007 of object 0xf000"),
	WRONG_CASE(row_not_hooked, "minimal: attrs[0]: method 0x0 of object 0x3 is not among hooks"),
	WRONG_CASE(row_mandatory, "minimal: attrs[0]: only a method or type of its own can want an attribute"),
	WRONG_CASE(row_too_late, "minimal: attrs[1]: a method that destroys cannot want an attribute"),
	WRONG_CASE(row_of_legacy, "minimal: attrs[0]: a legacy command takes no attributes"),
	WRONG_CASE(row_of_command, "minimal: attrs[0]: method 0xe81a of object 0x4 is not among hooks"),
	WRONG_CASE(row_of_any, "minimal: attrs[0]: it has no method 0xffff of object 0x4"),
	{ "no_link", NULL, "minimal: has no link; put it in section .struct_ops.link", EOPNOTSUPP,
	  true },
	WRONG_CASE(unknown_type, "minimal: channel.type: what is 99, this module knows 1"),
};

/* ---- what is right, but not beside what is attached ---- */

#undef MAKE
#define MAKE(_name)		WRONG_MAKE(uverbs_bpf_transport_ops, _name)
/* The name of the example in docs/writing-a-transport.md, which may be attached after this. */
MAKE(free_name) { strcpy(ops->decl.name, "loop"); }
MAKE(other_name) { strcpy(ops->decl.name, "other"); }

static const struct wrong_case twice = {
	"attached_twice", NULL, "already attached; detach it, or update its link", EEXIST, false,
};

static unsigned int beside(const char *path, size_t size)
{
	int kmsg = kmsg_open();
	struct bpf_object *object;
	struct bpf_link *link = wrong_attach(path, "minimal", size, NULL, &object);
	unsigned int nr_failed = !link || !wrong_try(path, "minimal", size, &twice, kmsg);

	if (link)
		bpf_link__destroy(link);
	bpf_object__close(object);
	close(kmsg);
	return nr_failed;
}

/* There is one namespace for transports of other names, which the first keeps for good. */
static unsigned int no_namespace(const char *path)
{
	static const struct wrong_case first = { "first", make_free_name, "", 0, false };
	static const struct wrong_case second = {
		"no_namespace", make_other_name,
		"other: every namespace of a transport has another name; reload the module to free them",
		ENOSPC, false,
	};
	size_t size = sizeof(struct uverbs_bpf_transport_ops);
	int kmsg = kmsg_open();
	struct bpf_object *object;
	struct bpf_link *link = wrong_attach(path, "minimal", size, &first, &object);
	unsigned int nr_failed;

	if (link)
		bpf_link__destroy(link);
	nr_failed = !link || !wrong_try(path, "minimal", size, &second, kmsg);
	bpf_object__close(object);
	close(kmsg);
	return nr_failed;
}

int main(int argc, char **argv)
{
	unsigned int nr_failed;

	if (argc != 3) {
		fprintf(stderr, "usage: declaration TRANSPORT.bpf.o PROVIDER.bpf.o\n");
		return 2;
	}
	nr_failed = WRONG_TRY_ALL(argv[1], "minimal", uverbs_bpf_transport_ops, transport_cases);
	nr_failed += WRONG_TRY_ALL(argv[2], "minimal", uverbs_bpf_provider_ops, provider_cases);
	nr_failed += beside(argv[1], sizeof(struct uverbs_bpf_transport_ops));
	nr_failed += beside(argv[2], sizeof(struct uverbs_bpf_provider_ops));
	nr_failed += no_namespace(argv[1]);
	return !!nr_failed;
}
