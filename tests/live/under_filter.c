/* SPDX-License-Identifier: MIT */
/* tests/live/under_filter.c NAMES PROGRAM ARGUMENT...: starts the program with only those system calls that the file NAMES lists, the
 * others fail with EPERM, as a systemd unit with SystemCallFilter and SystemCallErrorNumber=EPERM does. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char name[100];
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	FILE *names = argc > 2 ? fopen(argv[1], "r") : NULL;
	if (!c || !names)
		return 2;
	while (fgets(name, sizeof name, names)) {
		name[strcspn(name, "\n")] = '\0';
		int call = seccomp_syscall_resolve_name(name);
		if (call >= 0)
			seccomp_rule_add(c, SCMP_ACT_ALLOW, call, 0);
	}
	if (seccomp_load(c) < 0)
		return 3;
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 4;
}
