/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"

#include <stdio.h>
#include <string.h>

static void usage(FILE *out)
{
	fputs("siphound finds SIP scanners, password crackers, ghost callers and toll fraud by watching.\n\n"
	      "Usage: siphound COMMAND [OPTION...] [FILE...]\n\n",
	      out);
	size_t count;
	const struct command_entry *commands = commands_all(&count);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
	fputs("\nExample: siphound read capture.pcap\n"
	      "`siphound COMMAND --help` explains each command. `siphound --version` tells the version.\n",
	      out);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	size_t count;
	const struct command_entry *commands = commands_all(&count);
	for (size_t i = 0; i < count; i++)
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
