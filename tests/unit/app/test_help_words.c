/* SPDX-License-Identifier: MIT */
#include "app/completion/completion.h"
#include "app/help_words.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const char help[] = "Usage: siphound some check|list [OPTION...] [FILE...]\n\n"
			   "Does what `siphound other --quoted` does, and what `siphound\n"
			   "other --quoted-too` does.\n\n"
			   "  -i, --interface NAME     a mirror port (repeatable)\n"
			   "  --format text|json   form of it\n"
			   "  --hep ADDRESS[:PORT]     listen there\n"
			   "  --utc-offset +HH:MM      zone\n"
			   "  --long auto|never|N   beyond the column\n"
			   "  --once                   Do it once\n"
			   "  --one FILE, --two DIR    two of them; --three FILE: as well\n"
			   "  --color, --only\n"
			   "  --other Names follow     it takes nothing: that is a sentence\n\n"
			   "Example: siphound some --none FILE\n";

static void expect(struct slice found, const char *wanted, const char *what)
{
	cr_expect(slice_eq(found, slice_str(wanted)), "%s: '%.*s', not '%s'", what, (int)found.len,
		  (const char *)found.ptr, wanted);
}

Test(help_words, options)
{
	static const struct {
		const char *name, *value, *summary; /* NULL: absent */
	} wanted[] = {
		{ "interface", "NAME", "a mirror port (repeatable)" },
		{ "format", "text|json", "form of it" },
		{ "hep", "ADDRESS[:PORT]", "listen there" },
		{ "utc-offset", "+HH:MM", "zone" },
		{ "long", "auto|never|N", "beyond the column" },
		{ "once", NULL, "Do it once" },
		{ "one", "FILE", NULL },
		{ "two", "DIR", NULL },
		{ "three", "FILE", NULL },
		{ "color", NULL, NULL },
		{ "only", NULL, NULL },
		{ "other", NULL, "Names follow     it takes nothing: that is a sentence" },
	};
	struct help_words w;
	help_words_read(slice_str(help), &w);
	cr_assert_eq(w.option_count, sizeof wanted / sizeof *wanted);
	for (size_t i = 0; i < w.option_count; i++) {
		const struct help_option *o = help_words_find(&w, slice_str(wanted[i].name));
		cr_assert(o, "%s", wanted[i].name);
		cr_expect_eq(o->value.ptr == NULL, wanted[i].value == NULL, "%s", wanted[i].name);
		cr_expect_eq(o->letter, i == 0 ? 'i' : 0);
		if (wanted[i].value)
			expect(o->value, wanted[i].value, wanted[i].name);
		if (wanted[i].summary)
			expect(o->summary, wanted[i].summary, wanted[i].name);
	}
}

Test(help_words, arguments)
{
	struct help_words w;
	help_words_read(slice_str(help), &w);
	cr_assert_eq(w.word_count, 2);
	expect(w.words[0], "check", "first word");
	expect(w.words[1], "list", "second word");
	cr_expect(w.takes_files);
	help_words_read(SLICE("Usage: siphound some FORMAT [--filter EXPRESSION]\n\n  plain   one a line\n  "
			      "cidr    all of them\n  --help\n"),
			&w);
	cr_assert_eq(w.word_count, 2);
	expect(w.words[1], "cidr", "a list below");
	cr_expect_not(w.takes_files);
}

Test(help_words, more_than_there_is_room_for)
{
	enum { LINES = 200, LINE = 32 };
	static char text[LINES * LINE + 1];
	struct help_words w;
	size_t len = 0;
	for (int i = 0; i < LINES; i++)
		len += (size_t)snprintf(text + len, LINE, "  --x%c%c  y\n", 'a' + i / 26, 'a' + i % 26);
	help_words_read(slice_of(text, len), &w);
	cr_expect_eq(w.option_count, HELP_OPTIONS_MAX);
	/* Cut anywhere, without a byte behind it. */
	for (size_t cut = 0; cut < sizeof help; cut++) {
		char *part = malloc(cut + !cut);
		cr_assert(part);
		memcpy(part, help, cut);
		help_words_read(slice_of(part, cut), &w);
		free(part);
	}
}

/* What one help only names is what another says of it; nothing of a text is shell. */
Test(completion, of_several_commands)
{
	struct completion_command commands[2] = { { .name = "one", .summary = "it's first" },
						  { .name = "two", .summary = "second" } };
	struct completion c = { commands, 2 };
	static void (*const writers[])(FILE *, const struct completion *) = { completion_bash, completion_zsh,
									      completion_fish };
	static const char *const wanted[] = { "--output) take=file",
					      "'*--output[where it'\\''s \\[put\\]]:FILE:_files'",
					      "-l output -r -F -d 'where it\\'s [put]'" };
	help_words_read(SLICE("Usage: siphound one FILE...\n\n  --output FILE   where it's [put]\n"),
			&commands[0].words);
	help_words_read(SLICE("Usage: siphound two\n\n  --output, --quiet   as for `siphound one`\n"),
			&commands[1].words);
	for (size_t i = 0; i < 3; i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);
		cr_assert(out);
		writers[i](out, &c);
		fclose(out);
		const char *first = strstr(text, wanted[i]);
		cr_assert(first, "%zu: %s", i, text);
		cr_expect(strstr(first + 1, wanted[i]), "%zu: the second command has it too: %s", i, text);
		free(text);
	}
}
