/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

void complain(const char *format, ...)
{
	char text[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	/* One line, whatever a file is called: no name writes to the terminal, or a sentence of its own. */
	for (char *c = text; *c; c++)
		if ((uint8_t)*c < 0x20 || *c == 0x7f)
			*c = '?';
	/* In one piece: threads tell of their work too. */
	fprintf(stderr, "siphound: %s\n", text);
}

int exit_of_check(int bad)
{
	return bad == 0 ? EXIT_DONE : bad == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}
