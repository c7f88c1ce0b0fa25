/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "core/spelling.h"

#include <errno.h>
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

static const struct command_entry *find(const char *name)
{
	size_t count;
	const struct command_entry *commands = commands_all(&count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static int refuse(const char *name)
{
	size_t count, least = strlen(name) / 2 + 1;
	const struct command_entry *commands = commands_all(&count), *near = NULL;
	for (size_t i = 0; i < count; i++) {
		size_t apart = spelling_distance(slice_str(name), slice_str(commands[i].name));
		if (apart < least) {
			least = apart;
			near = &commands[i];
		}
	}
	complain("there is no command '%s'%s%s%s; `siphound --help` lists them", name,
		 near ? ", did you mean '" : "", near ? near->name : "", near ? "'?" : "");
	return EXIT_USAGE;
}

/* The word of the command line whose value is empty, or behind which an empty word stands; NULL: there is
 * none. Most often a variable of the shell that is not set; no command has a use for it. */
static const char *before_empty(char *const *words)
{
	for (; *words; words++) {
		const char *value = strncmp(*words, "--", 2) == 0 ? strchr(*words, '=') : NULL;
		if ((words[1] && !*words[1]) || (value && !value[1]) || strcmp(*words, "+") == 0)
			return *words;
	}
	return NULL;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(int argc, char **argv)
{
	char help_option[] = "--help";
	bool wants_help = is_help(argv[1]) || strcmp(argv[1], "help") == 0;
	if (wants_help && argc == 2) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("siphound " SIPHOUND_VERSION);
		return EXIT_DONE;
	}
	char *name = argv[wants_help ? 2 : 1];
	const char *empty = before_empty(argv + 1);
	const struct command_entry *command = find(name);
	if (!command)
		return refuse(name);
	if (empty) {
		complain("%s: what stands behind '%s' is empty; write a value there, or leave it out", name,
			 empty);
		return EXIT_USAGE;
	}
	/* `help COMMAND`, `COMMAND -h`. */
	if (wants_help || (argc == 3 && is_help(argv[2])))
		return command->run(2, (char *[]){ name, help_option, NULL });
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	int status = run(argc, argv);
	errno = 0;
	bool is_written = fflush(stdout) == 0 && !ferror(stdout);
	if (status != EXIT_DONE || is_written)
		return status;
	complain("standard output could not be written%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
	return EXIT_FAILED;
}
