// SPDX-License-Identifier: BSD-2-Clause
/*
 * LD_PRELOAD=inject.so INJECT_LOG=FILE PROGRAM...
 *
 * Makes everything fail that can fail in a program's calls to a verbs node, one point after another:
 * each open, ioctl, write and mmap is made with the first allocation or access to user memory failing,
 * then with the second one, and so on until none is left to fail. The program sees the last
 * result only, so it must go on as if nothing had been. A close cannot be repeated: of those each has
 * another point fail.
 *
 * Destroying is not undone when the answer cannot be written: the object is gone. Such a call counts
 * as one that succeeded.
 *
 * For each call that could fail there is a line in FILE: what it was, how often it failed, with which
 * errnos, whether it succeeded in the end although something had failed, and its last errno.
 *
 * It takes a kernel with fault injection, root, and debugfs set up by the caller.
 */
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "raw.h"

#define VERBS_MAJOR	231
/* No call has nearly as many points; if one has, it never ends. */
#define MAX_POINTS	5000

static __thread struct {
	int fd;
	pid_t tid;
} fail_nth;

/* Where to go on with calls of a kind that succeeded although something had failed. */
static unsigned int first_point[2][64][256];

/* Not even by accident what the program means by these names. */
static void arm(unsigned int point)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", point);

	if (fail_nth.tid != gettid()) {
		fail_nth.fd = syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/fail-nth",
				      O_RDWR | O_CLOEXEC);
		fail_nth.tid = gettid();
		if (fail_nth.fd < 0)
			die("inject: /proc/thread-self/fail-nth: %s", errno_name(errno));
	}
	if (pwrite(fail_nth.fd, text, len, 0) != len)
		die("inject: cannot arm: %s", errno_name(errno));
}

/* Whether it has fired. The read and the write may be what fails: then it had not. */
static bool disarm(void)
{
	char text[16] = "";
	ssize_t len = pread(fail_nth.fd, text, sizeof(text) - 1, 0);
	bool fired = len > 0 && !atoi(text);

	while (pwrite(fail_nth.fd, "0", 1, 0) != 1)
		if (errno != EFAULT)
			die("inject: cannot disarm: %s", errno_name(errno));
	return fired;
}

static bool is_verbs(int fd)
{
	struct stat stat;

	return !fstat(fd, &stat) && S_ISCHR(stat.st_mode) && major(stat.st_rdev) == VERBS_MAJOR;
}

static void report(const char *what, unsigned int failed, const unsigned int *errnos, bool survived,
		   int err)
{
	const char *log = getenv("INJECT_LOG");
	char line[512];
	int fd, len, i;

	len = snprintf(line, sizeof(line), "%s: failed %u,", what, failed);
	for (i = 1; i < 134; i++)
		if (errnos[i] && len < (int)sizeof(line) - 64)
			len += snprintf(line + len, sizeof(line) - len, " %s %u,", errno_name(i),
					errnos[i]);
	len += snprintf(line + len, sizeof(line) - len, "%s last %s\n", survived ? " survived," : "",
			errno_name(err));
	fd = syscall(SYS_openat, AT_FDCWD, log ?: "/dev/stderr", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
		     0666);
	if (fd < 0 || syscall(SYS_write, fd, line, len) != len)
		die("inject: %s: %s", log, errno_name(errno));
	syscall(SYS_close, fd);
}

/*
 * @buf is what the call may write to and must find as it was: @len bytes. @destroys: it answers after
 * it has destroyed an object.
 */
static long inject(const char *what, unsigned int *first, bool destroys, void *buf, size_t len,
		   long number, long a, long b, long c, long d, long e, long f)
{
	unsigned int errnos[134] = {}, failed = 0, point;
	bool survived = false, gone = false, fired;
	char saved[4096];
	long ret = -1;
	int err = 0;

	if (len)
		memcpy(saved, buf, len);
	for (point = *first; point < MAX_POINTS; point++) {
		arm(point);
		ret = syscall(number, a, b, c, d, e, f);
		err = ret == -1 ? errno : 0;
		fired = disarm();
		/* ENOENT after EFAULT. */
		if (err == ENOENT && gone) {
			ret = 0;
			err = 0;
			fired = false;
		}
		if (!fired) {
			*first = 1;
			break;
		}
		gone = destroys && err == EFAULT;
		if (!err) {
			survived = true;
			*first = point + 1;
			break;
		}
		failed++;
		errnos[err < 134 ? err : 0]++;
		if (len)
			memcpy(buf, saved, len);
	}
	if (point == MAX_POINTS)
		die("inject: %s: no end of points that can fail", what);
	/* What it says without any failure is not for one of them. */
	errnos[err < 134 ? err : 0] = 0;
	if (failed || survived)
		report(what, failed, errnos, survived, err);
	errno = err;
	return ret;
}

static bool destroys_method(unsigned int object, unsigned int method)
{
	switch (object) {
	case UVERBS_OBJECT_CQ:
		return method == UVERBS_METHOD_CQ_DESTROY;
	case UVERBS_OBJECT_QP:
		return method == UVERBS_METHOD_QP_DESTROY;
	case UVERBS_OBJECT_SRQ:
		return method == UVERBS_METHOD_SRQ_DESTROY;
	case UVERBS_OBJECT_WQ:
		return method == UVERBS_METHOD_WQ_DESTROY;
	default:
		return false;
	}
}

static bool destroys_command(unsigned int command)
{
	switch (command & 0xff) {
	case IB_USER_VERBS_CMD_DESTROY_CQ:
	case IB_USER_VERBS_CMD_DESTROY_QP:
	case IB_USER_VERBS_CMD_DESTROY_SRQ:
	case IB_USER_VERBS_EX_CMD_DESTROY_WQ:
		return true;
	default:
		return false;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	static const char *const names[] = {
		"device", "pd", "comp_channel", "cq", "qp", "srq", "ah", "mr", "mw", "flow", "xrcd",
		"rwq_ind_tbl", "wq", "flow_action", "dm", "counters", "async_event", "dmah", "dmabuf",
	};
	struct ib_uverbs_ioctl_hdr *hdr;
	char what[64];
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	hdr = arg;
	if (request != RDMA_VERBS_IOCTL || !is_verbs(fd) || hdr->length > 4096)
		return syscall(SYS_ioctl, fd, request, arg);
	if (!hdr->object_id && !hdr->method_id && hdr->num_attrs) {
		/* A legacy command, by its number, which is the first attribute. */
		snprintf(what, sizeof(what), "ioctl command %#x", (unsigned int)hdr->attrs[0].data);
		return inject(what, &first_point[1][0][hdr->attrs[0].data & 0xff],
			      destroys_command(hdr->attrs[0].data), arg, hdr->length,
			      SYS_ioctl, fd, request, (long)arg, 0, 0, 0);
	}
	snprintf(what, sizeof(what), "ioctl %s %#x",
		 hdr->object_id < sizeof(names) / sizeof(*names) ? names[hdr->object_id] : "?",
		 hdr->method_id);
	return inject(what, &first_point[0][hdr->object_id & 63][hdr->method_id & 0xff],
		      destroys_method(hdr->object_id, hdr->method_id), arg, hdr->length,
		      SYS_ioctl, fd, request, (long)arg, 0, 0, 0);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	char what[64];

	if (len < sizeof(struct ib_uverbs_cmd_hdr) || !is_verbs(fd))
		return syscall(SYS_write, fd, buf, len);
	snprintf(what, sizeof(what), "write command %#x", *(const uint32_t *)buf);
	return inject(what, &first_point[1][1][*(const uint8_t *)buf],
		      destroys_command(*(const uint8_t *)buf), NULL, 0, SYS_write, fd, (long)buf, len, 0, 0,
		      0);
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	static unsigned int first = 1;

	if (fd < 0 || !is_verbs(fd))
		return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
	return (void *)inject("mmap", &first, false, NULL, 0, SYS_mmap, (long)addr, len, prot, flags, fd,
			      offset);
}

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
	static unsigned int first = 1;
	struct stat stat;

	if (fstatat(dir, path, &stat, 0) || !S_ISCHR(stat.st_mode) || major(stat.st_rdev) != VERBS_MAJOR)
		return syscall(SYS_openat, dir, path, flags, mode);
	return inject("open", &first, false, NULL, 0, SYS_openat, dir, (long)path, flags, mode, 0, 0);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	return open_at(dir, path, flags, mode);
}

/* The names with large files, which are no others here. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int dir, const char *path, int flags, ...) __attribute__((alias("openat")));
void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

int close(int fd)
{
	static const unsigned int none[134];
	static unsigned int point;
	int ret, err;
	bool fired;

	if (!is_verbs(fd))
		return syscall(SYS_close, fd);
	arm(++point);
	ret = syscall(SYS_close, fd);
	err = ret ? errno : 0;
	fired = disarm();
	if (fired)
		report("close", 0, none, true, err);
	errno = err;
	return ret;
}
