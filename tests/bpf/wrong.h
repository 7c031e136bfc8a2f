/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program whose declaration is made wrong in one place, for every place there
 * is. Each must be refused, and the kernel log must say why.
 */
#ifndef UVB_TESTS_WRONG_H
#define UVB_TESTS_WRONG_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kmsg.h"

/**
 * struct wrong_case - a declaration made wrong
 * @name: what is wrong
 * @make: makes it wrong; gets the ops struct
 * @text: what must be in the log
 * @err: errno of the refusal
 * @no_link: it is attached without a link
 */
struct wrong_case {
	const char *name;
	void (*make)(void *ops);
	const char *text;
	int err;
	bool no_link;
};

#define WRONG_CASE(_name, _text)	{ #_name, make_##_name, _text, EINVAL, false }

/* The body follows, and has @ops of this type. */
#define WRONG_MAKE(_type, _name)						\
	static void wrong_##_name(struct _type *ops);				\
	static void make_##_name(void *ops)					\
	{									\
		wrong_##_name(ops);						\
	}									\
	static void wrong_##_name(struct _type *ops)

static inline int wrong_quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* Callbacks that the ops have no more are not loaded: nobody would say what they are. */
static inline void wrong_unused(struct bpf_object *object, const void *ops, size_t size)
{
	struct bpf_program *program;
	size_t i;

	bpf_object__for_each_program(program, object) {
		for (i = 0; i + sizeof(program) <= size; i += sizeof(program)) {
			if (!memcmp((const char *)ops + i, &program, sizeof(program)))
				break;
		}
		if (i + sizeof(program) > size)
			bpf_program__set_autoload(program, false);
	}
}

/* Attach the ops @name of the object, as @this says. NULL with errno set if that fails. */
static inline struct bpf_link *wrong_attach(const char *path, const char *name, size_t ops_size,
					    const struct wrong_case *this,
					    struct bpf_object **object)
{
	struct bpf_map *map;
	size_t size;
	void *ops;

	*object = bpf_object__open_file(path, NULL);
	if (!*object)
		return NULL;
	map = bpf_object__find_map_by_name(*object, name);
	ops = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!ops || size != ops_size) {
		errno = EMSGSIZE;
		return NULL;
	}
	if (this && this->make)
		this->make(ops);
	wrong_unused(*object, ops, size);
	if (this && this->no_link)
		bpf_map__set_map_flags(map, bpf_map__map_flags(map) & ~BPF_F_LINK);
	return bpf_object__load(*object) ? NULL : bpf_map__attach_struct_ops(map);
}

/* @this is refused for its reason; or, if NULL, the declaration as it is is attached. */
static inline bool wrong_try(const char *path, const char *name, size_t ops_size,
			     const struct wrong_case *this, int kmsg)
{
	struct bpf_object *object;
	struct bpf_link *link = wrong_attach(path, name, ops_size, this, &object);
	const char *why = NULL;

	if (!this)
		why = link ? NULL : strerror(errno);
	else if (link)
		why = "was attached";
	else if (errno != this->err)
		why = strerror(errno);
	else if (!kmsg_has(kmsg, this->text, NULL))
		why = "the kernel log does not say why";
	printf("%s %s%s%s\n", why ? "FAILED" : "ok    ", this ? this->name : "right",
	       why ? ": " : "", why ?: "");
	if (link)
		bpf_link__destroy(link);
	bpf_object__close(object);
	return !why;
}

/* Returns how many did not go as they should. */
static inline unsigned int wrong_try_all(const char *path, const char *name, size_t ops_size,
					 const struct wrong_case *cases, size_t nr_cases)
{
	unsigned int nr_failed;
	int kmsg = kmsg_open();
	size_t i;

	libbpf_set_print(wrong_quiet);
	printf("%s:\n", path);
	/* Otherwise a reason common to all would look like success. */
	nr_failed = !wrong_try(path, name, ops_size, NULL, kmsg);
	for (i = 0; i < nr_cases; i++)
		nr_failed += !wrong_try(path, name, ops_size, &cases[i], kmsg);
	printf("%zu cases, %u failed\n", nr_cases + 1, nr_failed);
	close(kmsg);
	return nr_failed;
}

#define WRONG_TRY_ALL(path, name, type, cases)					\
	wrong_try_all(path, name, sizeof(struct type), cases, sizeof(cases) / sizeof((cases)[0]))

#endif /* UVB_TESTS_WRONG_H */
