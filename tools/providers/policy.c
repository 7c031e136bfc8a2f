// SPDX-License-Identifier: BSD-2-Clause
/* uverbs-bpf-policy: the rules of the provider policy, and what they did. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "policy.h"
#include "rules.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE	71
#endif

static const char usage[] =
	"Usage: uverbs-bpf-policy set WHOSE LIMIT...      replaces what was set for them\n"
	"       uverbs-bpf-policy delete WHOSE\n"
	"       uverbs-bpf-policy allow|deny|unlist WHOSE PREFIX\n"
	"       uverbs-bpf-policy observe on|off          refuse nothing, only count and log\n"
	"       uverbs-bpf-policy load FILE               a line for each of the above\n"
	"       uverbs-bpf-policy show                    rules, destinations, usage\n"
	"       uverbs-bpf-policy log [--follow]          what was refused, or would have been\n"
	"\n"
	"WHOSE is `user NAME|UID`, `cgroup PATH|ID`, `netns NAME|PATH|COOKIE`; or `user any` and\n"
	"so on, for each that has no rule of its own. LIMIT is one or more of\n"
	"\n"
	"  max-qps=N max-mrs=N max-bytes=SIZE[K|M|G|T]\n"
	"  qp-types=LIST           rc, uc, ud, raw, xrc, driver; or none\n"
	"  access=LIST             local-write, remote-write, remote-read, remote-atomic, mw-bind,\n"
	"                          zero-based, on-demand, huge-pages, flush-global,\n"
	"                          flush-persistent; or none\n"
	"  destinations=listed     only those of `allow`; otherwise all but those of `deny`\n"
	"  observe                 count and log what this rule would refuse, and let it pass\n"
	"\n"
	"A PREFIX is 10.1.0.0/16, fd00::/64 or a GID; the longest counts.\n";

struct word {
	const char *name;
	uint32_t bits;
};

static const struct word kinds[] = {
	{ "cgroup", POLICY_CGROUP }, { "user", POLICY_USER }, { "netns", POLICY_NETNS }, {},
};

/* Bits are enum ib_uverbs_qp_type; 31 for what has a greater number. */
static const struct word qp_types[] = {
	{ "rc", 1 << 2 }, { "uc", 1 << 3 }, { "ud", 1 << 4 }, { "raw", 1 << 8 },
	{ "xrc", 1 << 9 | 1 << 10 }, { "driver", 1U << 31 }, {},
};

/* enum ib_uverbs_access_flags */
static const struct word accesses[] = {
	{ "local-write", 1 << 0 }, { "remote-write", 1 << 1 }, { "remote-read", 1 << 2 },
	{ "remote-atomic", 1 << 3 }, { "mw-bind", 1 << 4 }, { "zero-based", 1 << 5 },
	{ "on-demand", 1 << 6 }, { "huge-pages", 1 << 7 }, { "flush-global", 1 << 8 },
	{ "flush-persistent", 1 << 9 }, {},
};

static const char *const reasons[POLICY_REASONS] = {
	"?", "max-qps", "max-mrs", "max-bytes", "qp-types", "access", "destinations", "no-room",
};

static int rules_fd(void)
{
	return rules_map("policy", "policy_rules", sizeof(struct policy_subject),
			 sizeof(struct policy_rule));
}

static int dests_fd(void)
{
	return rules_map("policy", "policy_dests", sizeof(struct policy_dest), sizeof(uint32_t));
}

static int config_fd(void)
{
	return rules_map("policy", "policy_config", sizeof(uint32_t),
			 sizeof(struct policy_config));
}

static uint32_t word(const char *what, const struct word *words, const char *name)
{
	for (; words->name; words++) {
		if (!strcmp(words->name, name))
			return words->bits;
	}
	bad_usage("%s: %s is not known; see uverbs-bpf-policy --help", what, name);
}

static uint32_t list(const char *what, const struct word *words, const char *text)
{
	char copy[256], *at = copy, *name;
	uint32_t bits = 0;

	if (!strcmp(text, "none"))
		return 0;
	snprintf(copy, sizeof(copy), "%s", text);
	while ((name = strsep(&at, ",")))
		bits |= word(what, words, name);
	return bits;
}

static void print_list(const char *what, const struct word *words, uint32_t bits)
{
	const char *between = "";

	printf(" %s=", what);
	for (; words->name; words++) {
		if ((bits & words->bits) != words->bits)
			continue;
		printf("%s%s", between, words->name);
		between = ",";
	}
	if (!*between)
		printf("none");
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static uint64_t user_id(const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (!user)
		fail("%s: no such user", name);
	return user->pw_uid;
}

/* The id is what a cgroup's directory has for an inode number. */
static uint64_t cgroup_id(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) || stat(path, &st))
		fail("%s: %s", path, strerror(errno));
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		fail("%s: not a cgroup of version 2", path);
	return st.st_ino;
}

static uint64_t netns_cookie(const char *name)
{
	int ours = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	int fd, sock;
	char path[256];

	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/run/netns/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail("%s: %s", path, strerror(errno));
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || getsockopt(sock, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
		fail("%s: its cookie: %s", path, strerror(errno));
	if (ours < 0 || setns(ours, CLONE_NEWNET))
		fail("/proc/self/ns/net: %s", strerror(errno));
	close(sock);
	close(fd);
	close(ours);
	return cookie;
}

static struct policy_subject subject(const char *kind, const char *who)
{
	struct policy_subject key = { .kind = word("WHOSE", kinds, kind) };

	if (!strcmp(who, "any"))
		key.id = POLICY_ANY;
	else if (is_number(who))
		key.id = parse_number(kind, who, false, 0, UINT64_MAX);
	else if (key.kind == POLICY_USER)
		key.id = user_id(who);
	else if (key.kind == POLICY_CGROUP)
		key.id = cgroup_id(who);
	else
		key.id = netns_cookie(who);
	return key;
}

static void limit(struct policy_rule *rule, const char *argument)
{
	const char *value;

	if ((value = value_of(argument, "max-qps"))) {
		rule->limits |= POLICY_MAX_QPS;
		rule->max_qps = parse_number("max-qps", value, false, 0, UINT64_MAX);
	} else if ((value = value_of(argument, "max-mrs"))) {
		rule->limits |= POLICY_MAX_MRS;
		rule->max_mrs = parse_number("max-mrs", value, false, 0, UINT64_MAX);
	} else if ((value = value_of(argument, "max-bytes"))) {
		rule->limits |= POLICY_MAX_BYTES;
		rule->max_bytes = parse_number("max-bytes", value, true, 0, UINT64_MAX);
	} else if ((value = value_of(argument, "qp-types"))) {
		rule->limits |= POLICY_QP_TYPES;
		rule->qp_types = list("qp-types", qp_types, value);
	} else if ((value = value_of(argument, "access"))) {
		rule->limits |= POLICY_ACCESS;
		rule->access = list("access", accesses, value);
	} else if (!strcmp(argument, "destinations=listed")) {
		rule->limits |= POLICY_LISTED;
	} else if (!strcmp(argument, "observe")) {
		rule->flags |= POLICY_OBSERVE;
	} else {
		bad_usage("%s: no such limit; see uverbs-bpf-policy --help", argument);
	}
}

static void set(int argc, char **argv)
{
	struct policy_subject key = subject(argv[0], argv[1]);
	struct policy_rule rule = {};
	int i;

	for (i = 2; i < argc; i++)
		limit(&rule, argv[i]);
	if (bpf_map_update_elem(rules_fd(), &key, &rule, BPF_ANY))
		fail("policy_rules: %s", strerror(errno));
}

static void delete(int argc, char **argv)
{
	struct policy_subject key = subject(argv[0], argv[1]);

	(void)argc;
	if (bpf_map_delete_elem(rules_fd(), &key))
		fail("%s %s: %s", argv[0], argv[1],
		     errno == ENOENT ? "has no rule" : strerror(errno));
}

static void destination(char **argv, int verdict)
{
	struct policy_subject key = subject(argv[0], argv[1]);
	struct policy_dest dest = { .kind = key.kind, .id = key.id };
	uint32_t value = verdict;
	int ret;

	parse_prefix(argv[2], dest.gid, &dest.prefixlen);
	dest.prefixlen += POLICY_DEST_BITS;
	ret = verdict < 0 ? bpf_map_delete_elem(dests_fd(), &dest) :
			    bpf_map_update_elem(dests_fd(), &dest, &value, BPF_ANY);
	if (ret)
		fail("%s: %s", argv[2], errno == ENOENT ? "not listed" : strerror(errno));
}

static void allow(int argc, char **argv)
{
	(void)argc;
	destination(argv, 1);
}

static void deny(int argc, char **argv)
{
	(void)argc;
	destination(argv, 0);
}

static void unlist(int argc, char **argv)
{
	(void)argc;
	destination(argv, -1);
}

static void observe(int argc, char **argv)
{
	struct policy_config config = { .observe = !strcmp(argv[0], "on") };
	uint32_t zero = 0;

	(void)argc;
	if (!config.observe && strcmp(argv[0], "off"))
		bad_usage("observe: wants on or off");
	if (bpf_map_update_elem(config_fd(), &zero, &config, BPF_ANY))
		fail("policy_config: %s", strerror(errno));
}

static void print_subject(uint32_t kind, uint64_t id)
{
	if (id == POLICY_ANY)
		printf("%s any", kinds[kind % POLICY_KINDS].name);
	else
		printf("%s %llu", kinds[kind % POLICY_KINDS].name, (unsigned long long)id);
}

static void print_rule(const struct policy_subject *key, const struct policy_rule *rule)
{
	printf("set ");
	print_subject(key->kind, key->id);
	if (rule->limits & POLICY_MAX_QPS)
		printf(" max-qps=%llu", (unsigned long long)rule->max_qps);
	if (rule->limits & POLICY_MAX_MRS)
		printf(" max-mrs=%llu", (unsigned long long)rule->max_mrs);
	if (rule->limits & POLICY_MAX_BYTES)
		printf(" max-bytes=%llu", (unsigned long long)rule->max_bytes);
	if (rule->limits & POLICY_QP_TYPES)
		print_list("qp-types", qp_types, rule->qp_types);
	if (rule->limits & POLICY_ACCESS)
		print_list("access", accesses, rule->access);
	printf("%s%s\n", rule->limits & POLICY_LISTED ? " destinations=listed" : "",
	       rule->flags & POLICY_OBSERVE ? " observe" : "");
}

/* In the form in which load reads it, and usage as comments. */
static void show(int argc, char **argv)
{
	int fd = rules_fd(), usage_fd, zero = 0;
	struct policy_subject key, *previous = NULL;
	struct policy_dest dest, *previous_dest = NULL;
	struct policy_config config = {};
	struct policy_usage used;
	struct policy_rule rule;
	uint32_t verdict;
	char text[64];

	(void)argc, (void)argv;
	bpf_map_lookup_elem(config_fd(), &zero, &config);
	printf("observe %s\n", config.observe ? "on" : "off");
	for (; !bpf_map_get_next_key(fd, previous, &key); previous = &key) {
		if (!bpf_map_lookup_elem(fd, &key, &rule))
			print_rule(&key, &rule);
	}
	fd = dests_fd();
	for (; !bpf_map_get_next_key(fd, previous_dest, &dest); previous_dest = &dest) {
		if (bpf_map_lookup_elem(fd, &dest, &verdict))
			continue;
		printf("%s ", verdict ? "allow" : "deny");
		print_subject(dest.kind, dest.id);
		printf(" %s\n", print_prefix(text, sizeof(text), dest.gid,
					     dest.prefixlen - POLICY_DEST_BITS));
	}
	usage_fd = rules_map("policy", "policy_usage", sizeof(key), sizeof(used));
	for (previous = NULL; !bpf_map_get_next_key(usage_fd, previous, &key); previous = &key) {
		if (bpf_map_lookup_elem(usage_fd, &key, &used) || !(used.qps | used.mrs))
			continue;
		printf("# ");
		print_subject(key.kind, key.id);
		printf(" has %llu QPs, %llu MRs, %llu bytes\n", (unsigned long long)used.qps,
		       (unsigned long long)used.mrs, (unsigned long long)used.bytes);
	}
}

static int print_event(void *unused, void *data, size_t size)
{
	const struct policy_event *event = data;
	char text[64];

	(void)unused;
	if (size < sizeof(*event))
		return 0;
	printf("%llu.%06llu %s %s %s: pid %u uid %u cgroup %llu netns %llu",
	       (unsigned long long)event->time / 1000000000,
	       (unsigned long long)event->time / 1000 % 1000000,
	       event->refused ? "refused" : "observed",
	       reasons[event->reason % POLICY_REASONS], kinds[event->kind % POLICY_KINDS].name,
	       event->pid, event->uid, (unsigned long long)event->cgroup,
	       (unsigned long long)event->netns);
	switch (event->reason) {
	case POLICY_WRONG_DEST:
		printf(" to %s\n", print_prefix(text, sizeof(text), event->gid, 128));
		break;
	case POLICY_WRONG_QP_TYPE:
	case POLICY_WRONG_ACCESS:
		printf(" wants 0x%llx of 0x%llx\n", (unsigned long long)event->value,
		       (unsigned long long)event->limit);
		break;
	default:
		printf(" wants %llu more of %llu\n", (unsigned long long)event->value,
		       (unsigned long long)event->limit);
	}
	return 0;
}

static void print_log(int argc, char **argv)
{
	bool follow = argc && !strcmp(argv[0], "--follow");
	struct ring_buffer *ring;

	if (argc && !follow)
		bad_usage("log: %s is not known", argv[0]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	ring = ring_buffer__new(rules_map("policy", "policy_log", 0, 0), print_event, NULL, NULL);
	if (!ring)
		fail("policy_log: %s", strerror(errno));
	do {
		if (follow && ring_buffer__poll(ring, -1) < 0)
			break;
	} while (ring_buffer__consume(ring) >= 0 && follow);
	ring_buffer__free(ring);
}

static void load(int argc, char **argv);

static const struct command {
	const char *name;
	int least, most;
	void (*run)(int argc, char **argv);
} commands[] = {
	{ "set", 3, 64, set },
	{ "delete", 2, 2, delete },
	{ "allow", 3, 3, allow },
	{ "deny", 3, 3, deny },
	{ "unlist", 3, 3, unlist },
	{ "observe", 1, 1, observe },
	{ "load", 1, 1, load },
	{ "show", 0, 0, show },
	{ "log", 0, 1, print_log },
};

static void run(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		if (argc - 1 < commands[i].least || argc - 1 > commands[i].most)
			bad_usage("%s: see uverbs-bpf-policy --help", argv[0]);
		commands[i].run(argc - 1, argv + 1);
		return;
	}
	bad_usage("%s: no such command; see uverbs-bpf-policy --help", argv[0]);
}

/* Lines before one that is wrong have been set. */
static void load(int argc, char **argv)
{
	FILE *file = fopen(argv[0], "re");
	char line[1024], *words[65], *at, *word;
	unsigned int number = 0;
	int nr;

	(void)argc;
	if (!file)
		fail("%s: %s", argv[0], strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		set_place(argv[0], ++number);
		line[strcspn(line, "#\n")] = '\0';
		for (nr = 0, at = line; (word = strsep(&at, " \t"));) {
			if (*word && nr < 64)
				words[nr++] = word;
		}
		if (nr && !strcmp(words[0], "load"))
			bad_usage("load: not in a file");
		if (nr)
			run(nr, words);
	}
	fclose(file);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc < 2) {
		fputs(usage, stderr);
		return 2;
	}
	run(argc - 1, argv + 1);
	return 0;
}
