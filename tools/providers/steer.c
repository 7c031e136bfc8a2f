// SPDX-License-Identifier: BSD-2-Clause
/* uverbs-bpf-steer: the rules of the provider roce-steer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "roce-steer.h"
#include "rules.h"

static const char usage[] =
	"Usage: uverbs-bpf-steer set PREFIX WHAT...\n"
	"       uverbs-bpf-steer delete PREFIX\n"
	"       uverbs-bpf-steer show\n"
	"\n"
	"How RoCE packets get to the destinations of a prefix (10.1.0.0/16, fd00::/64), the longest\n"
	"counts. For paths that are set from then on. WHAT is one or more of\n"
	"\n"
	"  udp-sport=FIRST[-LAST]  UDP source ports, 49152 to 65535; QPs take them in turn\n"
	"  flow-label=LABEL        or this flow label, 1 to 0xfffff\n"
	"  dscp=DSCP               0 to 63\n"
	"  unless-set              leave what the application chose, other than 0\n";

static int map(void)
{
	return rules_map("roce-steer", "steer_dests", sizeof(struct steer_dest),
			 sizeof(struct steer_rule));
}

static void parse_rule(struct steer_rule *rule, const char *argument)
{
	const char *value, *last;
	uint64_t first, end;
	char text[32];

	if ((value = value_of(argument, "udp-sport"))) {
		snprintf(text, sizeof(text), "%s", value);
		last = strchr(value, '-');
		if (last && (size_t)(last - value) < sizeof(text))
			text[last - value] = '\0';
		first = parse_number("udp-sport", text, false, 0, 65535);
		end = last ? parse_number("udp-sport", last + 1, false, 0, 65535) : first;
		if (first < 49152 || end < first)
			bad_usage("udp-sport: %s: wants 49152 to 65535, the lower one first", value);
		rule->fields |= STEER_UDP_SPORT;
		rule->sport_first = first;
		rule->sport_count = end - first + 1;
	} else if ((value = value_of(argument, "flow-label"))) {
		rule->fields |= STEER_FLOW_LABEL;
		/* 0 leaves the choice to the driver, which is no rule. */
		rule->flow_label = parse_number("flow-label", value, false, 1, 0xfffff);
	} else if ((value = value_of(argument, "dscp"))) {
		rule->fields |= STEER_DSCP;
		rule->dscp = parse_number("dscp", value, false, 0, 63);
	} else if (!strcmp(argument, "unless-set")) {
		rule->fields |= STEER_UNLESS_SET;
	} else {
		bad_usage("%s: not known; see uverbs-bpf-steer --help", argument);
	}
}

static void set(const struct steer_dest *dest, int argc, char **argv)
{
	const uint32_t flow = STEER_UDP_SPORT | STEER_FLOW_LABEL;
	struct steer_rule rule = {};
	int i;

	for (i = 0; i < argc; i++)
		parse_rule(&rule, argv[i]);
	if ((rule.fields & flow) == flow)
		bad_usage("udp-sport and flow-label are the same bits, give one of them");
	if (!(rule.fields & (flow | STEER_DSCP)))
		bad_usage("nothing to set; see uverbs-bpf-steer --help");
	if (bpf_map_update_elem(map(), dest, &rule, BPF_ANY))
		fail("steer_dests: %s", strerror(errno));
}

static void show(void)
{
	struct steer_dest dest, *previous = NULL;
	struct steer_rule rule;
	char text[64];
	int fd = map();

	while (!bpf_map_get_next_key(fd, previous, &dest)) {
		previous = &dest;
		if (bpf_map_lookup_elem(fd, &dest, &rule))
			continue;
		printf("%s", print_prefix(text, sizeof(text), dest.gid, dest.prefixlen));
		if (rule.fields & STEER_UDP_SPORT)
			printf(" udp-sport=%u-%u", rule.sport_first,
			       rule.sport_first + rule.sport_count - 1);
		if (rule.fields & STEER_FLOW_LABEL)
			printf(" flow-label=0x%x", rule.flow_label);
		if (rule.fields & STEER_DSCP)
			printf(" dscp=%u", rule.dscp);
		printf("%s\n", rule.fields & STEER_UNLESS_SET ? " unless-set" : "");
	}
}

int main(int argc, char **argv)
{
	struct steer_dest dest = {};
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc == 2 && !strcmp(command, "show")) {
		show();
		return 0;
	}
	if (argc < 3 || (strcmp(command, "set") && (strcmp(command, "delete") || argc > 3))) {
		fputs(usage, stderr);
		return 2;
	}
	parse_prefix(argv[2], dest.gid, &dest.prefixlen);
	if (!strcmp(command, "set"))
		set(&dest, argc - 3, argv + 3);
	else if (bpf_map_delete_elem(map(), &dest))
		fail("%s: %s", argv[2], errno == ENOENT ? "has no rule" : strerror(errno));
	return 0;
}
