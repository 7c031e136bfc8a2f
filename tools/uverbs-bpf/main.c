// SPDX-License-Identifier: BSD-2-Clause
/* uverbs-bpf: see and steer uverbs_bpf. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

bool want_json;
bool verbose;

static const char help[] =
"Usage: uverbs-bpf [-j] [-v] COMMAND\n"
"\n"
"  status                       which module serves which RDMA device and why,\n"
"                               programs attached, and recently taken off\n"
"  transport attach|replace NAME|FILE [--device DEVICE]\n"
"  transport detach NAME        attach, replace or detach a transport program\n"
"  transport list               transport programs that are attached or installed\n"
"  provider attach|replace NAME|FILE [--device DEVICE]\n"
"  provider detach NAME         attach, replace or detach a provider program\n"
"  provider detach --all        detach every program, of either kind\n"
"  provider list                provider programs that are attached or installed\n"
"  provider dump NAME           what a provider says of its state\n"
"  provider reopen NAME         let go on what a provider that failed holds shut\n"
"  schema [DEVICE]              objects, methods and attributes of a device\n"
"  log                          programs taken off, and why\n"
"  version                      version of this command\n"
"\n"
"  -j, --json                   answer in JSON\n"
"  -v, --verbose                show what libbpf and the verifier say\n"
"  -h, --help                   this text\n"
"\n"
"Exit status: 0 done; 1 failed; 2 usage; 3 (status) uverbs_bpf is not loaded, or a\n"
"device node does not lead to its device.\n"
"See uverbs-bpf(8).\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "status", cmd_status },
	{ "transport", cmd_transport },
	{ "provider", cmd_provider },
	{ "schema", cmd_schema },
	{ "log", cmd_log },
};

int failed(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("uverbs-bpf: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return STATUS_FAILED;
}

int bad_usage(const char *fmt, ...)
{
	va_list args;

	fputs("uverbs-bpf: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("; see uverbs-bpf --help\n", stderr);
	return STATUS_USAGE;
}

bool module_loaded(void)
{
	return !access(MODULE_DIR, F_OK);
}

bool read_line(char *line, size_t size, const char *fmt, ...)
{
	char path[256];
	va_list args;
	FILE *file;
	bool ok;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);

	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fgets(line, size, file);
	fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

int set_parameter(const char *doing, const char *name, const char *value)
{
	size_t len = strlen(value);
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), MODULE_DIR "/parameters/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return failed("%s: %s: %s%s", doing, path, strerror(errno),
			      errno == EACCES ? "; run as root" : "");
	n = write(fd, value, len);
	if (n != (ssize_t)len) {
		int err = n < 0 ? errno : EIO;

		close(fd);
		return failed("%s: %s: %s", doing, path, strerror(err));
	}
	close(fd);
	return STATUS_OK;
}

/* Options may stand anywhere; what is left of the arguments goes to the command. */
static int take_options(int argc, char **argv)
{
	int i, n = 0;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "-j") || !strcmp(argv[i], "--json"))
			want_json = true;
		else if (!strcmp(argv[i], "-v") || !strcmp(argv[i], "--verbose"))
			verbose = true;
		else
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	return n;
}

int main(int argc, char **argv)
{
	size_t i;
	int ret;

	argc = take_options(argc - 1, argv + 1);
	argv++;
	for (i = 0; i < (size_t)argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return STATUS_OK;
		}
	}
	if (!argc) {
		fputs(help, stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[0], "help")) {
		fputs(help, stdout);
		return STATUS_OK;
	}
	if (!strcmp(argv[0], "version") || !strcmp(argv[0], "--version")) {
		puts("uverbs-bpf " VERSION);
		return STATUS_OK;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		ret = commands[i].run(argc - 1, argv + 1);
		if (fflush(stdout) || ferror(stdout))
			return failed("cannot write: %s", strerror(errno));
		return ret;
	}
	return bad_usage("%s: no such command", argv[0]);
}
