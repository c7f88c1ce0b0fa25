/* SPDX-License-Identifier: MIT */
#include "app/completion/completion.h"

static const char head[] =
    "# SPDX-License-Identifier: MIT\n"
    "# Completion of siphound(1) for fish: written by `siphound completion fish`.\n"
    "function __siphound_is\n"
    "	set -l words (commandline -opc)\n"
    "	test (count $words) -gt 1; and test $words[2] = $argv[1]\n"
    "end\n"
    "function __siphound_first\n"
    "	test (count (commandline -opc)) -eq $argv[1]\n"
    "end\n"
    "complete -c siphound -f\n"
    "complete -c siphound -n '__siphound_first 1' -l help -d 'Lists the commands'\n"
    "complete -c siphound -n '__siphound_first 1' -l version -d 'Prints the version'\n";

/* After a blank, within single quotes. */
static void print_summary(FILE *out, struct slice text)
{
	if (!text.len)
		return;
	fputs(" -d '", out);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
			fputc('\\', out);
		fputc(text.ptr[i], out);
	}
	fputc('\'', out);
}

static void print_option(FILE *out, const struct completion *c, const char *command,
			 const struct help_option *o)
{
	static const char *const takes[COMPLETE_KINDS] = {
		[COMPLETE_SWITCH] = "",
		[COMPLETE_OTHER] = " -x",
		[COMPLETE_WORDS] = "",
		[COMPLETE_FILE] = " -r -F",
		[COMPLETE_FOLDER] = " -x -a '(__fish_complete_directories)'",
		[COMPLETE_INTERFACE] = " -x -a '(__fish_print_interfaces)'",
		[COMPLETE_USER] = " -x -a '(__fish_complete_users)'"
	};
	enum completion_kind kind = completion_kind_of(c, o);
	fprintf(out, "complete -c siphound -n '__siphound_is %s' -l %.*s", command, (int)o->name.len,
		(const char *)o->name.ptr);
	if (o->letter)
		fprintf(out, " -s %c", o->letter);
	if (kind == COMPLETE_WORDS) {
		fputs(" -x -a '", out);
		completion_print_words(out, completion_value(c, o));
		fputs("'", out);
	}
	fputs(takes[kind], out);
	print_summary(out, completion_summary(c, o));
	fputc('\n', out);
}

void completion_fish(FILE *out, const struct completion *c)
{
	fputs(head, out);
	for (size_t i = 0; i < c->count; i++) {
		const struct completion_command *command = &c->commands[i];
		const struct help_words *w = &command->words;
		fprintf(out, "complete -c siphound -n '__siphound_first 1' -a %s", command->name);
		print_summary(out, slice_str(command->summary));
		fputc('\n', out);
		for (size_t j = 0; j < w->option_count; j++)
			print_option(out, c, command->name, &w->options[j]);
		for (size_t j = 0; j < w->word_count; j++)
			fprintf(
			    out,
			    "complete -c siphound -n '__siphound_is %s; and __siphound_first 2' -a %.*s\n",
			    command->name, (int)w->words[j].len, (const char *)w->words[j].ptr);
		if (w->takes_files)
			fprintf(out, "complete -c siphound -n '__siphound_is %s' -F\n", command->name);
	}
}
