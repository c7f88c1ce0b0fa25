/* SPDX-License-Identifier: MIT */
#ifndef APP_COMMANDS_COMMAND_H
#define APP_COMMANDS_COMMAND_H

#include <stddef.h>

/* app/commands/command.h - the commands. Each gets its own arguments, argv[0] being its name, and returns the
 * exit status: 0 done, 1 could not do it, 2 wrong use. */

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int command_read(int argc, char **argv);
int command_logs(int argc, char **argv);
int command_watch(int argc, char **argv);
int command_rules(int argc, char **argv);
int command_fingerprint(int argc, char **argv);
int command_list(int argc, char **argv);
int command_why(int argc, char **argv);
int command_ban(int argc, char **argv);
int command_unban(int argc, char **argv);
int command_allow(int argc, char **argv);
int command_report(int argc, char **argv);
int command_top(int argc, char **argv);
int command_export(int argc, char **argv);
int command_enforce(int argc, char **argv);
int command_completion(int argc, char **argv);

struct command_entry {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
};
/* All of them, as `siphound --help` lists them. */
const struct command_entry *commands_all(size_t *count);

/* Of a check of what the user asked for: EXIT_DONE for 0; wrong use, unless memory ran out. */
int exit_of_check(int bad);

/* "siphound: " and the sentence on standard error, in one line: control characters, which a name may have, become ?. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
