/* SPDX-License-Identifier: MIT */
#include "app/wrong_option.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct option known[] = {
	{ "format", required_argument, NULL, 1 },
	{ "quiet", no_argument, NULL, 2 },
	{ 0 },
};

/* What is said of the first option that is wrong; "" when none is. */
static const char *said(const char *first, const char *second)
{
	static struct error err;
	char command[] = "read", one[32], other[32], *argv[] = { command, one, other, NULL };
	snprintf(one, sizeof one, "%s", first);
	snprintf(other, sizeof other, "%s", second);
	err.text[0] = '\0';
	opterr = 0;
	optind = 0;
	for (int option; (option = getopt_long(second[0] ? 3 : 2, argv, ":", known, NULL)) != -1;)
		if (wrong_option(option, argv, known, &err)) {
			cr_expect_neq(err.text[0], '\0');
			break;
		}
	return err.text;
}

Test(wrong_option, each_kind_in_its_words)
{
	static const struct {
		const char *first, *second, *words;
	} cases[] = {
		{ "--format", "text", "" },
		{ "--form", "text", "" },
		{ "--format=--quiet", "", "" },
		{ "--fromat", "text",
		  "read: unknown option --fromat, did you mean --format?; `siphound read --help` lists "
		  "them" },
		{ "--formats=x", "",
		  "read: unknown option --formats=x, did you mean --format?; `siphound read --help` lists "
		  "them" },
		{ "--nothing", "", "read: unknown option --nothing; `siphound read --help` lists them" },
		{ "-x", "", "read: unknown option -x; `siphound read --help` lists them" },
		{ "--quiet=yes", "", "read: --quiet takes no value; see `siphound read --help`" },
		{ "--format", "", "read: --format wants a value; see `siphound read --help`" },
		{ "--format", "--quiet",
		  "read: --format wants a value, and --quiet is an option; write ./--quiet for a file of "
		  "that name" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_str_eq(said(cases[i].first, cases[i].second), cases[i].words, "%s %s: %s",
				 cases[i].first, cases[i].second, said(cases[i].first, cases[i].second));
}
