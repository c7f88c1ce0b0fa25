/* SPDX-License-Identifier: MIT */
#include "app/command.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "read", "analyse pcap and pcapng captures", command_read },
	{ "logs", "analyse log files", command_logs },
	{ "watch", "watch a mirror port, HEP, TZSP and growing logs", command_watch },
	{ "rules", "check, list, show and test detection rules", command_rules },
	{ "list", "list the offenders of a store, and their bans", command_list },
	{ "why", "explain what is held against one address", command_why },
	{ "ban", "ban by hand, or list what is banned", command_ban },
	{ "unban", "take a ban back", command_unban },
	{ "allow", "never ban an address, or print the allow list", command_allow },
	{ "export", "print a blocklist in another system's format", command_export },
	{ "enforce", "keep the firewall in step with a store or Redis", command_enforce },
	{ "fingerprint", "print how each sender's software writes, in rule syntax", command_fingerprint },
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void usage(FILE *out)
{
	fputs("siphound finds SIP scanners, password crackers, ghost callers and toll fraud by watching.\n\n"
	      "Usage: siphound COMMAND [OPTION...] [FILE...]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
	fputs("\nExample: siphound read capture.pcap\n"
	      "`siphound COMMAND --help` explains each command. `siphound --version` tells the version.\n", out);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("siphound " SIPHOUND_VERSION);
		return EXIT_DONE;
	}
	complain("there is no command '%s'; `siphound --help` lists them", argv[1]);
	return EXIT_USAGE;
}
