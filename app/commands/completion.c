/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/completion/completion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char help[] = "Usage: siphound completion bash|zsh|fish\n\n"
			   "Prints what the shell needs to complete commands, options, their values and "
			   "files. Packages bring it along.\n\n"
			   "  --help\n\n"
			   "Example: source <(siphound completion bash)\n"
			   "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

/* Runs `siphound COMMAND --help` with standard output going into memory. NULL: it could not be done. */
static char *help_of(const struct command_entry *command)
{
	char name[32], option[] = "--help", *argv[] = { name, option, NULL };
	char *text = NULL;
	int fd = memfd_create("help", MFD_CLOEXEC), out = dup(STDOUT_FILENO);
	snprintf(name, sizeof name, "%s", command->name);
	if (fd >= 0 && out >= 0 && fflush(stdout) == 0 && dup2(fd, STDOUT_FILENO) >= 0) {
		int status = command->run(2, argv);
		int bad = fflush(stdout);
		off_t len = lseek(fd, 0, SEEK_END);
		dup2(out, STDOUT_FILENO);
		text = status == EXIT_DONE && !bad && len > 0 ? calloc(1, (size_t)len + 1) : NULL;
		if (text && pread(fd, text, (size_t)len, 0) != len) {
			free(text);
			text = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	if (out >= 0)
		close(out);
	return text;
}

static int print(void (*write)(FILE *out, const struct completion *c))
{
	struct completion c;
	const struct command_entry *commands = commands_all(&c.count);
	char **texts = calloc(c.count, sizeof *texts);
	c.commands = calloc(c.count, sizeof *c.commands);
	bool good = texts && c.commands;
	for (size_t i = 0; i < c.count && good; i++) {
		texts[i] = help_of(&commands[i]);
		good = texts[i] != NULL;
		c.commands[i].name = commands[i].name;
		c.commands[i].summary = commands[i].summary;
		help_words_read(slice_str(texts[i]), &c.commands[i].words);
	}
	if (good)
		write(stdout, &c);
	else
		complain("completion: the commands' help could not be read");
	for (size_t i = 0; i < c.count && texts; i++)
		free(texts[i]);
	free(texts);
	free(c.commands);
	return good ? EXIT_DONE : EXIT_FAILED;
}

int command_completion(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(FILE *out, const struct completion *c);
	} shells[] = { { "bash", completion_bash }, { "zsh", completion_zsh }, { "fish", completion_fish } };
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (argc == 2 && strcmp(argv[1], shells[i].name) == 0)
			return print(shells[i].write);
	complain(
	    "completion: for which shell? There are bash, zsh and fish; see `siphound completion --help`");
	return EXIT_USAGE;
}
