// SPDX-License-Identifier: BSD-2-Clause
/*
 * Objects in the firmware of a fake device, made through the provider "firmware"
 * (tests/bpf/firmware.bpf.c). FAKE is the device's directory in debugfs.
 *
 * firmware run NODE FAKE	all that can be done, and all that can go wrong
 * firmware hold NODE COUNT	make so many and print "ready"; destroy them on SIGUSR1 without their
 *				program, print "destroyed", and wait to be killed
 * firmware evict NODE		get the program evicted
 * firmware storm NODE [ROUNDS]	threads make, use and destroy the same objects, so often or until
 *				the device is gone
 *
 * Exit status: 0 if all was as it must be, else 1.
 */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "fake.h"
#include "../../uapi/uverbs_bpf.h"
#include "../bpf/firmware.h"
#include "../drivers/fake/fake_firmware_abi.h"

#define THREADS		4
#define PLACES		4
#define MAX_HELD	64
#define BAD_POINTER	8

static int fd;
static uint32_t ns;
static const char *fake;
static char control[256];

static struct {
	struct uverbs_bpf_error error;
	char text[UVERBS_BPF_ERROR_MAX];
} answer;

/* ---- the provider's methods ---- */

static int open_channel(void)
{
	uint32_t out = 0, version = 1;
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CHANNEL_HANDLE, 0);
	cmd_in(&cmd, UVERBS_BPF_ATTR_CHANNEL_NAME, FAKE_FIRMWARE_PROVIDER,
	       sizeof(FAKE_FIRMWARE_PROVIDER));
	cmd_u32(&cmd, UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION, version);
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, &out, sizeof(out));
	ret = cmd_call(fd, &cmd);
	ns = out;
	return ret;
}

static int call(unsigned int method, uint32_t *handle, const uint64_t *value, uint32_t how,
		struct firmware_result *result)
{
	struct cmd cmd;
	int ret;

	memset(&answer, 0, sizeof(answer));
	cmd_begin(&cmd, UVERBS_BPF_ID(ns, FIRMWARE_OBJECT), UVERBS_BPF_ID(ns, method));
	cmd_handle(&cmd, UVERBS_BPF_ATTR_OBJECT, *handle);
	if (value)
		cmd_u64(&cmd, UVERBS_BPF_ID(ns, FIRMWARE_VALUE), *value);
	if (how)
		cmd_u32(&cmd, UVERBS_BPF_ID(ns, FIRMWARE_HOW), how);
	if (result)
		cmd_out(&cmd, UVERBS_BPF_ID(ns, FIRMWARE_RESULT), result, sizeof(*result));
	cmd_out(&cmd, UVERBS_BPF_ATTR_ERROR, &answer, sizeof(answer));
	ret = cmd_call(fd, &cmd);
	if (method == FIRMWARE_MAKE)
		*handle = cmd.attrs[0].data;
	return ret;
}

static int make(uint64_t value, uint32_t how, struct firmware_result *result, uint32_t *handle)
{
	*handle = 0;
	return call(FIRMWARE_MAKE, handle, &value, how, result);
}

static int add(uint32_t handle, uint64_t value, struct firmware_result *result)
{
	return call(FIRMWARE_ADD, &handle, &value, 0, result);
}

static int look(uint32_t handle, uint32_t how, struct firmware_result *result)
{
	return call(FIRMWARE_READ, &handle, NULL, how, result);
}

static int destroy_object(uint32_t handle)
{
	return call(FIRMWARE_DESTROY, &handle, NULL, 0, NULL);
}

/* Without the program. */
static int destroy_any(uint32_t handle)
{
	return destroy(fd, UVERBS_BPF_ID(ns, FIRMWARE_OBJECT), UVERBS_BPF_METHOD_OBJECT_DESTROY,
		       handle);
}

/* ---- the fake device ---- */

/* A number beside @name in one of its files: "objects" or "calls". */
static unsigned long count(const char *file, const char *name)
{
	char line[128], path[256], word[64];
	unsigned long n;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", fake, file);
	in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%63s %lu", word, &n) == 2 && !strcmp(word, name)) {
			fclose(in);
			return n;
		}
	}
	die("%s has no %s", path, name);
}

static void expect(const char *what, int ret, int expected, const char *words,
		   unsigned long objects)
{
	unsigned long now = count("objects", "firmware");

	if (ret != expected)
		die("%s: %s, expected %s (%s)", what, errno_name(ret), errno_name(expected),
		    answer.error.text);
	if (words && !strstr(answer.error.text, words))
		die("%s: '%s' does not say '%s'", what, answer.error.text, words);
	if (now != objects)
		die("%s: the firmware holds %lu objects, expected %lu", what, now, objects);
	printf("%s: %s, %lu objects%s%s\n", what, errno_name(ret), now, words ? ": " : "",
	       words ? answer.error.text : "");
}

/* ---- run ---- */

static uint32_t held;

static void *look_later(void *ret)
{
	*(int *)ret = look(held, 0, NULL);
	return NULL;
}

static void in_use(uint32_t handle)
{
	pthread_t thread;
	int ret = -1;

	held = handle;
	fake_tell(control, "hold exec");
	pthread_create(&thread, NULL, look_later, &ret);
	nanosleep(&(struct timespec) { .tv_nsec = 500000000 }, NULL);
	expect("destroy while the driver runs a command of it", destroy_any(handle), EBUSY, NULL, 1);
	fake_tell(control, "release exec");
	pthread_join(thread, NULL);
	expect("that command", ret, 0, NULL, 1);
}

static void run(void)
{
	struct firmware_result result = {};
	uint32_t handle, other, pd;
	unsigned long execs;

	expect("make", make(5, 0, &result, &handle), 0, NULL, 1);
	if (!result.number || result.value != 5 || result.changes)
		die("value %llu", (unsigned long long)result.value);
	expect("add", add(handle, 3, &result), 0, NULL, 1);
	expect("read", look(handle, 0, &result), 0, NULL, 1);
	if (result.value != 8 || result.changes != 1)
		die("value %llu, changes %llu", (unsigned long long)result.value,
		    (unsigned long long)result.changes);

	execs = count("calls", "exec");
	expect("prepare refuses", make(1, FIRMWARE_NOT_PREPARED, NULL, &other), EDOM,
	       "prepare refuses 1", 1);
	expect("prepare writes too much", make(1, FIRMWARE_LONG, NULL, &other), EPROTO,
	       "prepare returned 4096", 1);
	if (count("calls", "exec") != execs)
		die("the driver was asked all the same");
	fake_tell(control, "fail exec 1 28");
	expect("the driver fails", make(1, 0, NULL, &other), ENOSPC, "the driver", 1);
	fake_tell(control, "fail exec 1 28");
	expect("the driver fails for an object", add(handle, 1, NULL), ENOSPC, "the driver", 1);
	expect("complete refuses", make(1, FIRMWARE_REFUSED, NULL, &other), ERANGE,
	       "complete refuses 3", 1);
	expect("complete returns garbage", make(1, FIRMWARE_GARBAGE, NULL, &other), EPROTO,
	       "complete returned 77", 1);
	expect("the answer cannot be written",
	       make(1, 0, (struct firmware_result *)BAD_POINTER, &other), EFAULT, NULL, 1);
	expect("an object nobody asked for", look(handle, FIRMWARE_STRAY, NULL), EIO, NULL, 1);
	in_use(handle);

	must("PD", alloc_pd(fd, &pd));
	expect("an object of another type", look(pd, 0, NULL), EINVAL, NULL, 1);
	expect("destroy", destroy_object(handle), 0, NULL, 0);
	expect("destroy again", destroy_object(handle), ENOENT, NULL, 0);
	expect("read it", look(handle, 0, NULL), ENOENT, NULL, 0);
	expect("make another", make(7, 0, &result, &handle), 0, NULL, 1);
	expect("destroy it without the program", destroy_any(handle), 0, NULL, 0);
	if (count("calls", "release") < 5)
		die("%lu releases", count("calls", "release"));
}

/* ---- hold, evict ---- */

static void hold(unsigned int n)
{
	uint32_t handles[MAX_HELD];
	sigset_t usr1;
	unsigned int i;
	int sig;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	for (i = 0; i < n && i < MAX_HELD; i++)
		must("make", make(i, 0, NULL, &handles[i]));
	puts("ready");
	fflush(stdout);
	sigwait(&usr1, &sig);
	for (i = 0; i < n && i < MAX_HELD; i++) {
		if (look(handles[i], 0, NULL) != EPROTONOSUPPORT)
			die("its program is still there: %s", answer.error.text);
		must("destroy", destroy_any(handles[i]));
	}
	puts("destroyed");
	fflush(stdout);
	pause();
}

static void evict(void)
{
	uint32_t handle;
	unsigned int i;

	for (i = 0; i < 64 && make(1, FIRMWARE_GARBAGE, NULL, &handle) == EPROTO; i++)
		;
}

/* ---- storm ---- */

static atomic_uint places[PLACES];
static atomic_bool gone;
static unsigned long rounds;

static void check(const char *what, int ret)
{
	if (ret == EIO)
		gone = true;
	/* The last one while it is off, see tests/integration/bpf-exec. */
	else if (ret && ret != EBUSY && ret != ENOENT && ret != ERANGE && ret != EPROTONOSUPPORT)
		die("%s: %s", what, errno_name(ret));
}

static void *storm(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	uint32_t handle, old;
	unsigned long i;
	int ret;

	for (i = 0; i < rounds && !gone; i++) {
		atomic_uint *place = &places[rand_r(&seed) % PLACES];

		switch (rand_r(&seed) % 5) {
		case 0:
			ret = make(i, 0, NULL, &handle);
			check("make", ret);
			if (ret)
				break;
			old = atomic_exchange(place, handle + 1);
			if (old)
				check("destroy", destroy_any(old - 1));
			break;
		case 1:
			check("make and refuse", make(i, FIRMWARE_REFUSED, NULL, &handle));
			break;
		case 2:
			check("add", add(*place - 1, 1, NULL));
			break;
		case 3:
			check("read", look(*place - 1, 0, NULL));
			break;
		default:
			old = atomic_exchange(place, 0);
			check("destroy", i % 2 ? destroy_any(old - 1) : destroy_object(old - 1));
		}
	}
	return NULL;
}

static void run_storm(void)
{
	pthread_t threads[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, storm, (void *)(uintptr_t)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		die("Usage: firmware run|hold|evict|storm NODE [ARGUMENT]");
	fd = raw_open(argv[2]);
	must("context", get_context(fd));
	must("PROVIDER_OPEN", open_channel());
	fake = argv[3];
	snprintf(control, sizeof(control), "%s/control", fake);
	if (!strcmp(argv[1], "run")) {
		run();
	} else if (!strcmp(argv[1], "hold")) {
		hold(atoi(argv[3]));
	} else if (!strcmp(argv[1], "evict")) {
		evict();
	} else {
		rounds = argc > 3 ? atol(argv[3]) : ULONG_MAX;
		run_storm();
	}
	return 0;
}
