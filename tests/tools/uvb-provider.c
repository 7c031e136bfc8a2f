// SPDX-License-Identifier: BSD-2-Clause
/* uvb-provider: call methods of, or with attributes of, any provider, from the command line. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <infiniband/verbs.h>
#include <uverbs-bpf/provider.h>

#define MAX_ATTRS	16

static const char help[] =
"Usage: uvb-provider DEVICE PROVIDER [--min-version N] [CALL [-- CALL]...]\n"
"\n"
"Open the provider, say its namespace and version, and make the calls one after\n"
"another. A call is\n"
"\n"
"  OBJECT METHOD [ATTRIBUTE...] [refused=TEXT]\n"
"  destroy OBJECT HANDLE [refused=TEXT]\n"
"\n"
"ids are numbers, own:N for the provider's N, or for objects device, pd, cq, qp, mr.\n"
"Attributes:\n"
"  in:ID:HEX       bytes         out:ID:LEN     output, shown as a number or in hex\n"
"  const:ID:N      constant      new:ID         a new handle, shown\n"
"  handle:ID:WHAT  a handle: a number; last, the one made last; or pd, cq, qp: an\n"
"                  object made for the purpose when it is first named\n"
"\n"
"ID here may be own:N as well: out:own:0:4. With refused=TEXT the call must fail, and\n"
"TEXT must be in its reason. Exit status 0 if all calls went as they should.\n";

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_qp *qp;
static uint32_t last;

static void die(const char *what)
{
	fprintf(stderr, "uvb-provider: %s\n", what);
	exit(2);
}

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *opened = NULL;
	int i;

	for (i = 0; list && list[i] && !opened; i++) {
		if (!strcmp(ibv_get_device_name(list[i]), name))
			opened = ibv_open_device(list[i]);
	}
	ibv_free_device_list(list);
	return opened;
}

static uint32_t number(const char *text)
{
	char *end;
	uint32_t n = strtoul(text, &end, 0);

	if (!*text || *end)
		die(text);
	return n;
}

static uint16_t object_id(const char *text)
{
	static const struct {
		const char *name;
		uint16_t id;
	} names[] = {
		{ "device", UVERBS_OBJECT_DEVICE }, { "pd", UVERBS_OBJECT_PD },
		{ "cq", UVERBS_OBJECT_CQ }, { "qp", UVERBS_OBJECT_QP }, { "mr", UVERBS_OBJECT_MR },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i].name))
			return names[i].id;
	}
	return strncmp(text, "own:", 4) ? number(text) : UVB_OWN(number(text + 4));
}

static struct ibv_pd *the_pd(void)
{
	if (!pd)
		pd = ibv_alloc_pd(context);
	return pd ?: (die("cannot make a PD"), NULL);
}

static struct ibv_cq *the_cq(void)
{
	if (!cq)
		cq = ibv_create_cq(context, 16, NULL, NULL, 0);
	return cq ?: (die("cannot make a CQ"), NULL);
}

static struct ibv_qp *the_qp(void)
{
	struct ibv_qp_init_attr attr = {
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC,
	};

	if (!qp) {
		attr.send_cq = attr.recv_cq = the_cq();
		qp = ibv_create_qp(the_pd(), &attr);
	}
	return qp ?: (die("cannot make a QP"), NULL);
}

static uint32_t handle(const char *text)
{
	if (!strcmp(text, "last"))
		return last;
	if (!strcmp(text, "pd"))
		return the_pd()->handle;
	if (!strcmp(text, "cq"))
		return the_cq()->handle;
	if (!strcmp(text, "qp"))
		return the_qp()->handle;
	return number(text);
}

/* Cut the next field off, up to a colon; "own:N" is one field. */
static char *field(char **text)
{
	char *start = *text, *colon;

	if (!start)
		die("an attribute lacks a field");
	colon = strchr(start + (strncmp(start, "own:", 4) ? 0 : 4), ':');
	*text = colon ? colon + 1 : NULL;
	if (colon)
		*colon = '\0';
	return start;
}

static void from_hex(struct uvb_call_attr *attr, const char *hex)
{
	size_t i, len = strlen(hex) / 2;
	unsigned char *bytes = calloc(1, len + 1);
	unsigned int byte;

	for (i = 0; i < len; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			die(hex);
		bytes[i] = byte;
	}
	attr->in = bytes;
	attr->len = len;
}

static void parse(struct uvb_call_attr *attr, char *text)
{
	char *kind = field(&text);
	uint16_t id = object_id(field(&text));

	*attr = (struct uvb_call_attr) { .id = id };
	if (!strcmp(kind, "in")) {
		attr->kind = UVB_KIND_IN;
		from_hex(attr, text ?: "");
	} else if (!strcmp(kind, "out")) {
		attr->kind = UVB_KIND_OUT;
		attr->len = number(field(&text));
		attr->out = calloc(1, attr->len + 1);
	} else if (!strcmp(kind, "const")) {
		attr->kind = UVB_KIND_CONST;
		attr->value = number(field(&text));
	} else if (!strcmp(kind, "handle")) {
		attr->kind = UVB_KIND_HANDLE;
		attr->value = handle(field(&text));
	} else if (!strcmp(kind, "new")) {
		attr->kind = UVB_KIND_NEW;
		attr->new_handle = &last;
	} else {
		die(kind);
	}
}

static void show(const struct uvb_call_attr *attr, const char *name)
{
	const unsigned char *bytes = attr->out;
	uint64_t value = 0;
	uint32_t i;

	if (attr->kind == UVB_KIND_NEW)
		printf("%s: handle %u\n", name, last);
	if (attr->kind != UVB_KIND_OUT)
		return;
	printf("%s: ", name);
	if (!attr->written) {
		puts("not written");
	} else if (attr->len <= sizeof(value)) {
		memcpy(&value, bytes, attr->len);
		printf("%llu\n", (unsigned long long)value);
	} else {
		for (i = 0; i < attr->len; i++)
			printf("%02x", bytes[i]);
		putchar('\n');
	}
}

/* Whether the call went as it should. */
static bool judge(int ret, const char *text, const char *refused)
{
	if (!ret && refused) {
		printf("FAILED: must be refused: %s\n", refused);
		return false;
	}
	if (!ret)
		return true;
	printf("refused: %s (%s)\n", strerror(-ret), text);
	return refused && strstr(text, refused);
}

static bool make_call(struct uvb_channel *channel, int argc, char **argv)
{
	char error[UVERBS_BPF_ERROR_MAX], *names[MAX_ATTRS], *refused = NULL;
	struct uvb_call_attr attrs[MAX_ATTRS];
	UVB_OPTS(uvb_call_opts, opts, .attrs = attrs, .error = error, .error_len = sizeof(error));
	int i, ret;

	if (argc < 2)
		die("a call wants an object and a method");
	if (!strncmp(argv[argc - 1], "refused=", 8))
		refused = argv[--argc] + 8;
	if (!strcmp(argv[0], "destroy")) {
		if (argc != 3)
			die("destroy wants an object and a handle");
		ret = uvb_provider_destroy(channel, object_id(argv[1]), handle(argv[2]));
		return judge(ret, strerror(-ret), refused);
	}
	opts.object = object_id(argv[0]);
	opts.method = object_id(argv[1]);
	if (argc - 2 > MAX_ATTRS)
		die("too many attributes");
	for (i = 2; i < argc; i++) {
		names[opts.nr_attrs] = strdup(argv[i]);
		parse(&attrs[opts.nr_attrs++], argv[i]);
	}
	ret = uvb_provider_call(channel, &opts);
	for (i = 0; !ret && i < (int)opts.nr_attrs; i++)
		show(&attrs[i], names[i]);
	return judge(ret, error, refused);
}

int main(int argc, char **argv)
{
	char error[UVERBS_BPF_ERROR_MAX];
	UVB_OPTS(uvb_provider_opts, opts, .error = error, .error_len = sizeof(error));
	struct uvb_channel *channel;
	bool ok = true;
	int i, end, ret;

	if (argc < 3) {
		fputs(help, stderr);
		return 2;
	}
	context = open_device(argv[1]);
	if (!context)
		die("cannot open the device");
	i = 3;
	if (i + 1 < argc && !strcmp(argv[i], "--min-version")) {
		opts.min_version = number(argv[i + 1]);
		i += 2;
	}
	ret = uvb_provider_open(context, argv[2], &opts, &channel);
	if (ret) {
		printf("open refused: %s (%s)\n", strerror(-ret), error);
		return 1;
	}
	printf("%s: namespace %u, version %u\n", argv[2],
	       uvb_provider_id(channel, UVB_OWN(0)) >> UVERBS_BPF_NS_SHIFT,
	       uvb_provider_version(channel));
	for (; i < argc; i = end + 1) {
		for (end = i; end < argc && strcmp(argv[end], "--"); end++)
			;
		ok &= make_call(channel, end - i, argv + i);
	}
	uvb_provider_close(channel);
	if (qp)
		ibv_destroy_qp(qp);
	if (cq)
		ibv_destroy_cq(cq);
	if (pd)
		ibv_dealloc_pd(pd);
	ret = ibv_close_device(context);
	if (ret)
		die("cannot close the device");
	return !ok;
}
