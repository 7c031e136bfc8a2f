// SPDX-License-Identifier: BSD-2-Clause
/*
 * mappings run NODE FAKE	pages of a fake device: forked, split, moved, protected, outliving
 *				what they are of. FAKE is its directory in debugfs
 * mappings hold NODE		map in two processes, print "ready"; after a line of input the
 *				device has gone
 *
 * Prints what is seen and answered, which must not depend on who serves NODE.
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>

#include "objects.h"

#define PAGE		4096
#define PAGES		4	/* of device memory */
/* Where the pages of the device memory say which they are; its first page begins otherwise. */
#define MARK		64

static const char *fake;
static struct fake_context_resp context;
static int fd;
static sigjmp_buf fault;

static void say(const char *what, int err)
{
	printf("%s: %s\n", what, errno_name(err));
}

static void on_fault(int signal)
{
	siglongjmp(fault, signal);
}

/* What a process sees there. */
static void look(const char *what, volatile char *addr)
{
	int number = sigsetjmp(fault, 1);

	if (number)
		printf("%s: SIG%s\n", what, sigabbrev_np(number));
	else
		printf("%s: %d\n", what, *addr);
}

static void store(const char *what, volatile char *addr, char value)
{
	int number = sigsetjmp(fault, 1);

	if (number)
		printf("%s: SIG%s\n", what, sigabbrev_np(number));
	else
		*addr = value;
}

/* How many mappings the device still has. */
static void count(const char *what)
{
	char path[256], line[64];
	int number;
	FILE *file;

	snprintf(path, sizeof(path), "%s/objects", fake);
	file = fopen(path, "r");
	if (!file)
		die("%s: %s", path, errno_name(errno));
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "mapping %d", &number) == 1)
			printf("%s: %d\n", what, number);
	fclose(file);
}

static int alloc_dm(uint32_t *dm)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC);
	cmd_handle(&cmd, UVERBS_ATTR_ALLOC_DM_HANDLE, 0);
	cmd_u64(&cmd, UVERBS_ATTR_ALLOC_DM_LENGTH, PAGES * PAGE);
	cmd_u32(&cmd, UVERBS_ATTR_ALLOC_DM_ALIGNMENT, 0);
	ret = cmd_call(fd, &cmd);
	*dm = cmd.attrs[0].data;
	return ret;
}

static char *map(const char *what, size_t length, int prot, uint64_t offset)
{
	char *addr = mmap(NULL, length, prot, MAP_SHARED, fd, offset);

	say(what, addr == MAP_FAILED ? errno : 0);
	return addr == MAP_FAILED ? NULL : addr;
}

static char *map_bar(int prot)
{
	return map("map the page of the context", PAGE, prot, context.bar_offset);
}

static char *map_dm(void)
{
	return map("map the device memory", PAGES * PAGE, PROT_READ | PROT_WRITE,
		   (uint64_t)FAKE_DM_PGOFF * PAGE);
}

/* What a child does is printed before what comes after. */
static bool in_child(void)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		return true;
	if (waitpid(pid, &status, 0) != pid || status)
		printf("the child ended with status 0x%x\n", status);
	return false;
}

static void end_child(void)
{
	fflush(stdout);
	_exit(0);
}

static void run(void)
{
	char *bar, *dm, *moved;
	uint32_t handle;
	int i;

	must("DM_ALLOC", alloc_dm(&handle));
	map("map what is not there", PAGE, PROT_READ, 77ULL * PAGE);
	map("map more than there is", 2 * PAGE, PROT_READ, context.bar_offset);
	say("map for the process alone",
	    mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, context.bar_offset) == MAP_FAILED ? errno : 0);
	bar = map_bar(PROT_READ | PROT_WRITE);
	dm = map_dm();
	if (!bar || !dm)
		die("not mapped");
	for (i = 0; i < PAGES; i++)
		dm[i * PAGE + MARK] = 10 + i;
	count("mappings");

	if (in_child()) {
		look("the child's page", bar);
		for (i = 0; i < PAGES; i++)
			look("the child's device memory", &dm[i * PAGE + MARK]);
		dm[MARK] = 20;
		munmap(dm, PAGE);
		munmap(bar, PAGE);
		look("the child's page without a mapping", bar);
		look("the rest of the child's device memory", &dm[PAGE + MARK]);
		if (in_child()) {
			look("the grandchild's device memory", &dm[2 * PAGE + MARK]);
			end_child();
		}
		end_child();
	}
	look("the page after the child", bar);
	look("what the child wrote", &dm[MARK]);
	count("mappings");

	/* One page goes elsewhere, one is not written any more, one is not there. */
	moved = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	moved = mremap(&dm[2 * PAGE], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, moved);
	say("mremap", moved == MAP_FAILED ? errno : 0);
	look("the moved page", &moved[MARK]);
	look("where it was", &dm[2 * PAGE + MARK]);
	say("mremap to more", mremap(dm, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
	say("mprotect", mprotect(&dm[PAGE], PAGE, PROT_READ) ? errno : 0);
	look("the protected page", &dm[PAGE + MARK]);
	store("writing to it", &dm[PAGE + MARK], 1);
	look("the page before", &dm[MARK]);
	look("the page behind", &dm[3 * PAGE + MARK]);
	munmap(dm, PAGE);
	look("the page behind the hole", &dm[3 * PAGE + MARK]);
	if (in_child()) {
		look("the child's moved page", &moved[MARK]);
		look("the child's last page", &dm[3 * PAGE + MARK]);
		end_child();
	}

	/* A page lives as long as somebody has it. */
	say("DM_FREE", destroy_object(fd, DM, handle));
	count("mappings without their memory");
	look("a page of memory that was freed", &dm[3 * PAGE + MARK]);
	map_dm();
	munmap(&dm[PAGE], 3 * PAGE);
	count("mappings");
	munmap(moved, PAGE);
	count("mappings");

	/* So does the file. */
	close(fd);
	look("the page of a closed file", bar);
	count("mappings");
	munmap(bar, PAGE);
	count("mappings");
}

/* What is left of a mapping when the device has gone. */
static void gone(const char *who, char *bar, char *read_only, char *dm)
{
	char what[64];

	snprintf(what, sizeof(what), "%s page", who);
	look(what, bar);
	snprintf(what, sizeof(what), "%s page that is only read", who);
	look(what, read_only);
	store("writing to that", read_only, 1);
	snprintf(what, sizeof(what), "%s device memory", who);
	look(what, &dm[MARK]);
	snprintf(what, sizeof(what), "%s last page of it", who);
	look(what, &dm[3 * PAGE + MARK]);
	store("writing to that", &dm[MARK], 7);
	look("what was written", &dm[MARK]);
}

static void hold(void)
{
	char *bar, *read_only, *dm;
	uint32_t pd, handle, other;
	struct ib_uverbs_async_event_desc event;
	int async, go[2];
	pid_t child;
	char line[32];

	must("ASYNC_EVENT_ALLOC", alloc_async(fd, &async));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("DM_ALLOC", alloc_dm(&handle));
	bar = map_bar(PROT_READ | PROT_WRITE);
	read_only = map_bar(PROT_READ);
	dm = map_dm();
	if (!bar || !read_only || !dm || pipe(go))
		die("not mapped");
	dm[MARK] = 5;
	munmap(&dm[PAGE], PAGE);
	fflush(stdout);
	child = fork();
	if (!child) {
		close(go[1]);
		if (read(go[0], line, 1) != 0)
			_exit(1);
		gone("the child's", bar, read_only, dm);
		end_child();
	}
	printf("ready\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return;

	gone("the", bar, read_only, dm);
	fflush(stdout);
	close(go[1]);
	if (waitpid(child, NULL, 0) != child)
		die("no child");
	if (in_child()) {
		look("the page of a later child", bar);
		look("what nobody looked at before that", &dm[2 * PAGE + MARK]);
		end_child();
	}
	map_bar(PROT_READ);
	say("ALLOC_PD", alloc_pd(fd, &other));
	say("DM_FREE", destroy_object(fd, DM, handle));
	say("PD_DESTROY", destroy_pd(fd, pd));
	say("PD_DESTROY again", destroy_pd(fd, pd));
	if (read(async, &event, sizeof(event)) == sizeof(event))
		printf("event %u\n", event.event_type);
	munmap(bar, PAGE);
	munmap(dm, PAGES * PAGE);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_fault };

	if (argc < 3 || argc != (strcmp(argv[1], "run") ? 3 : 4))
		die("usage: mappings run NODE FAKE | hold NODE");
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	setvbuf(stdout, NULL, _IOFBF, 0);
	fd = raw_open(argv[2]);
	must("GET_CONTEXT", get_fake_context(fd, &context));
	if (argc == 4) {
		fake = argv[3];
		run();
	} else {
		hold();
	}
	return 0;
}
