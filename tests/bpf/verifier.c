// SPDX-License-Identifier: BSD-2-Clause
/*
 * verifier OBJECT...: load each program of the objects by itself and compare
 * what the verifier says with what expect.h put beside the program.
 *
 * Exit status: 0 if every program met what it expects, else 1.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define TAG_FAILURE	"comment:expect_failure"
#define TAG_SUCCESS	"comment:expect_success"
#define TAG_MSG		"comment:expect_msg="
#define TAG_SINCE	"comment:expect_since="

static char log_text[1 << 20];
static unsigned int nr_ok, nr_failed;

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static void result(const char *path, const char *program, bool ok, const char *why)
{
	printf("%s %s:%s%s%s\n", ok ? "ok    " : "FAILED", path, program, why ? ": " : "",
	       why ?: "");
	if (ok) {
		nr_ok++;
		return;
	}
	nr_failed++;
	printf("--- the verifier's log:\n%s---\n", log_text);
}

/* The @n-th tag of a program that begins with @prefix, without it, or NULL. */
static const char *tag(const struct btf *btf, const char *program, const char *prefix,
		       unsigned int n)
{
	unsigned int id;

	for (id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *text;

		if (!btf_is_decl_tag(t) || btf_decl_tag(t)->component_idx != -1 ||
		    strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, t->type)->name_off),
			   program))
			continue;
		text = btf__name_by_offset(btf, t->name_off);
		if (!strncmp(text, prefix, strlen(prefix)) && !n--)
			return text + strlen(prefix);
	}
	return NULL;
}

/* Whether this kernel is older than @since, "MAJOR.MINOR". */
static bool older_than(const char *since)
{
	unsigned int major, minor, since_major, since_minor;
	struct utsname this;

	if (!since || uname(&this) || sscanf(this.release, "%u.%u", &major, &minor) != 2 ||
	    sscanf(since, "%u.%u", &since_major, &since_minor) != 2)
		return false;
	return major < since_major || (major == since_major && minor < since_minor);
}

/* Everything but @name and, if it is of struct_ops, the map that is made for it, stays out. */
static struct bpf_program *alone(struct bpf_object *object, const char *name)
{
	struct bpf_program *program, *found = NULL;
	struct bpf_map *map;
	char ops[64];

	snprintf(ops, sizeof(ops), "ops_%s", name);
	bpf_object__for_each_map(map, object) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			bpf_map__set_autocreate(map, !strcmp(bpf_map__name(map), ops));
	}
	bpf_object__for_each_program(program, object) {
		bool this = !strcmp(bpf_program__name(program), name);

		bpf_program__set_autoload(program, this);
		if (this)
			found = program;
	}
	return found;
}

static void run(const char *path, const char *name)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	const struct btf *btf;
	const char *msg;
	unsigned int i;
	bool failure;
	int err;

	log_text[0] = '\0';
	if (!object) {
		result(path, name, false, strerror(errno));
		return;
	}
	btf = bpf_object__btf(object);
	failure = tag(btf, name, TAG_FAILURE, 0);
	program = alone(object, name);
	/* Without such hooks (the debug kernel has none) it is libbpf that refuses. */
	if (bpf_program__type(program) == BPF_PROG_TYPE_LSM &&
	    libbpf_find_vmlinux_btf_id("file_open", BPF_LSM_MAC) < 0) {
		printf("left out %s:%s: this kernel has no BPF LSM\n", path, name);
		bpf_object__close(object);
		return;
	}
	bpf_program__set_log_buf(program, log_text, sizeof(log_text));
	bpf_program__set_log_level(program, 1);
	err = bpf_object__load(object);

	if (!failure) {
		result(path, name, !err, err ? "was refused" : NULL);
	} else if (!err) {
		msg = tag(btf, name, TAG_SINCE, 0);
		result(path, name, older_than(msg), msg ? "was accepted, not by later kernels" :
							  "was accepted");
	} else {
		for (i = 0; (msg = tag(btf, name, TAG_MSG, i)); i++) {
			if (!strstr(log_text, msg))
				break;
		}
		/* A failure for whatever reason proves nothing. */
		if (!i && !msg)
			result(path, name, false, "expects a failure and no message");
		else
			result(path, name, !msg, msg ?: NULL);
	}
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	int i;

	libbpf_set_print(quiet);
	for (i = 1; i < argc; i++) {
		struct bpf_object *object = bpf_object__open_file(argv[i], NULL);
		struct bpf_program *program;

		if (!object) {
			fprintf(stderr, "verifier: %s: %s\n", argv[i], strerror(errno));
			return 1;
		}
		bpf_object__for_each_program(program, object)
			run(argv[i], bpf_program__name(program));
		bpf_object__close(object);
	}
	printf("%u as expected, %u not\n", nr_ok, nr_failed);
	return nr_failed || !nr_ok;
}
