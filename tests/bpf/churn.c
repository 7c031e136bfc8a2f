// SPDX-License-Identifier: BSD-2-Clause
/*
 * churn OBJECT MAP CYCLES: attach the struct_ops MAP of OBJECT, replace it by
 * a second copy of itself, detach it, CYCLES times; every hundredth time all
 * programs and maps are loaded anew.
 * churn OBJECT MAP: attach it once, and replace it by one copy or the other until
 * killed, so that there is no moment without.
 *
 * Exit status: 0 if every step of every cycle succeeded, else 1.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, args) : 0;
}

struct copy {
	struct bpf_object *object;
	struct bpf_map *map;
};

static int copy_open(struct copy *copy, const char *path, const char *map)
{
	copy->object = bpf_object__open_file(path, NULL);
	if (!copy->object || bpf_object__load(copy->object))
		return -errno;
	copy->map = bpf_object__find_map_by_name(copy->object, map);
	return copy->map ? 0 : -ENOENT;
}

/* What can replace must have been filled in, which libbpf does when it attaches. */
static int copy_fill(struct copy *copy)
{
	struct bpf_link *link = bpf_map__attach_struct_ops(copy->map);

	return link ? bpf_link__destroy(link) : -errno;
}

static int copies_open(struct copy *first, struct copy *second, char **argv)
{
	int err = copy_open(first, argv[1], argv[2]);

	if (!err)
		err = copy_open(second, argv[1], argv[2]);
	return err ?: copy_fill(second);
}

/* Returns only if a step fails. */
static int replace(char **argv)
{
	struct copy first = {}, second = {};
	struct bpf_link *link = NULL;
	int err = copies_open(&first, &second, argv);
	bool other = false;

	if (!err) {
		link = bpf_map__attach_struct_ops(first.map);
		err = link ? 0 : -errno;
	}
	while (!err) {
		other = !other;
		err = bpf_link__update_map(link, other ? second.map : first.map);
		/* Long enough that somebody meets each version. */
		usleep(2000);
	}
	fprintf(stderr, "churn: %s\n", strerror(-err));
	return 1;
}

int main(int argc, char **argv)
{
	struct copy first = {}, second = {};
	struct bpf_link *link;
	long i, cycles;
	int err = 0;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: churn OBJECT MAP [CYCLES]\n");
		return 2;
	}
	libbpf_set_print(quiet);
	if (argc == 3)
		return replace(argv);
	cycles = strtol(argv[3], NULL, 0);
	for (i = 0; i < cycles; i++) {
		if (i % 100 == 0) {
			bpf_object__close(first.object);
			bpf_object__close(second.object);
			memset(&first, 0, sizeof(first));
			memset(&second, 0, sizeof(second));
			err = copies_open(&first, &second, argv);
			if (err)
				break;
		}
		link = bpf_map__attach_struct_ops(first.map);
		if (!link) {
			err = -errno;
			break;
		}
		/* Long enough that somebody meets each version. */
		usleep(2000);
		err = bpf_link__update_map(link, second.map);
		usleep(2000);
		if (bpf_link__destroy(link) || err)
			break;
	}
	if (err)
		fprintf(stderr, "churn: cycle %ld: %s\n", i, strerror(-err));
	bpf_object__close(first.object);
	bpf_object__close(second.object);
	printf("%ld cycles\n", i);
	return i < cycles;
}
