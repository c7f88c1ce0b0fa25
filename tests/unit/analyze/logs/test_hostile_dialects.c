/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_engine.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Dialect files that are made to cost time or memory, regular expressions that explode, and lines made
 * against those that ship. */

#define HEAD "name: mine\ntitle: t\npatterns:\n  - id: p\n    anchor: hello\n"

static char path[64];

static void put_file(struct slice text)
{
	snprintf(path, sizeof path, "/tmp/dialect_%d.yaml", (int)getpid());
	FILE *file = fopen(path, "w");
	cr_assert(file && fwrite(text.ptr, 1, text.len, file) == text.len && fclose(file) == 0);
}

/* NULL: refused, and *problem (PROBLEM_MAX) says why. */
#define PROBLEM_MAX 512
static struct dialects *load(struct slice text, char *problem)
{
	struct error err = { "" };
	struct dialects *d = dialects_new();
	put_file(text);
	int bad = dialects_load(d, path, &err);
	remove(path);
	if (!bad)
		return d;
	snprintf(problem, PROBLEM_MAX, "%s", dialects_problem(d, 0) ? dialects_problem(d, 0) : err.text);
	dialects_free(d);
	return NULL;
}

static double seconds_since(clock_t before)
{
	return (double)(clock() - before) / CLOCKS_PER_SEC;
}

Test(hostile_dialects, files_are_refused_quickly)
{
	static const struct {
		const char *name, *front, *piece, *behind /* a number; NULL: none */, *back;
	} cases[] = {
		{ "an alias for each pattern",
		  HEAD
		  "    regex: 'hello {{ip}}$'\n    set: &s {siphound.outcome: refused}\n    examples: *s\n",
		  "  - *s\n", NULL, "" },
		{ "nested lists", "name: ", "[", NULL, "" },
		{ "nested maps", "name: ", "{a: ", NULL, "" },
		{ "a key for each line", "name: a\n", "k", ": v\n", "" },
		{ "definitions", "name: a\ntitle: b\ndefine:\n", " k", ": v\n", "patterns: []\n" },
		{ "a long list of programs", "name: a\ntitle: b\nprogram: [", "a, ", NULL,
		  "]\npatterns: []\n" },
		{ "anchors", "name:\n", " - &a", " x\n", "" },
		{ "documents", "name: a\n", "---\n", NULL, "" },
		{ "a long name", "name: ", "x", NULL, "\n" },
		{ "a long regex", HEAD "    regex: '", "(a|", NULL, "'\n" },
		{ "a regex of classes", HEAD "    regex: '", "[a-z]", NULL, "'\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t room = (1 << 20) - 64, len = 0;
		char *text = malloc(room + 4096), problem[PROBLEM_MAX] = "";
		clock_t before = clock();
		len += (size_t)sprintf(text, "%s", cases[i].front);
		for (int n = 0; len < room - 100; n++)
			len += cases[i].behind
				   ? (size_t)sprintf(text + len, "%s%d%s", cases[i].piece, n, cases[i].behind)
				   : (size_t)sprintf(text + len, "%s", cases[i].piece);
		len += (size_t)sprintf(text + len, "%s", cases[i].back);
		cr_expect_null(load(slice_of(text, len), problem), "%s", cases[i].name);
		cr_expect(problem[0], "%s", cases[i].name);
		cr_expect_lt(seconds_since(before), 3.0, "%s took %.1f s", cases[i].name,
			     seconds_since(before));
		free(text);
	}
}

/* Aliases of aliases: nodes are shared, never copied, and what a dialect may nest is fixed. */
Test(hostile_dialects, aliases_of_aliases)
{
	char text[2048] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n", problem[PROBLEM_MAX] = "";
	clock_t before = clock();
	for (int i = 1; i < 10; i++) {
		char line[160];
		snprintf(line, sizeof line,
			 "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
			 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
		strncat(text, line, sizeof text - strlen(text) - 1);
	}
	strncat(text, "name: a\ntitle: b\npatterns: *a9\n", sizeof text - strlen(text) - 1);
	cr_expect_null(load(slice_str(text), problem));
	cr_expect_lt(seconds_since(before), 1.0);
}

Test(hostile_dialects, expressions_that_are_refused)
{
	static const struct {
		const char *regex, *problem;
	} cases[] = {
		{ "(*UTF)hello {{ip}}$", "the regex is wrong" }, /* lines are bytes: matching them as UTF-8
								    without a check reads past their end */
		{ "((((a{1000}){1000}){1000}){1000}) {{ip}}", "the regex is wrong" },
		{ "hello \\C{{ip}}", "the regex is wrong" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[1024], problem[PROBLEM_MAX] = "";
		snprintf(text, sizeof text,
			 HEAD "    regex: '%s'\n    set: {siphound.outcome: refused}\n    examples: {match: "
			      "[{line: hello 192.0.2.1, source.ip: 192.0.2.1}]}\n",
			 cases[i].regex);
		cr_expect_null(load(slice_str(text), problem), "%s", cases[i].regex);
		cr_expect(strstr(problem, cases[i].problem), "%s: %s", cases[i].regex, problem);
	}
}

static void time_lines(const struct dialects *d, struct slice line, const char *name, double limit_s)
{
	struct error err;
	struct observation o;
	struct log_reader *r = log_reader_new(d, NULL, &err);
	cr_assert_not_null(r);
	clock_t before = clock();
	for (uint64_t n = 1; n <= 5; n++)
		log_reader_line(r, line, n, 0, &o);
	log_reader_end(r);
	cr_expect_lt(seconds_since(before), limit_s, "%s: 5 lines took %.1f s", name, seconds_since(before));
	log_reader_free(r);
}

/* A user's expression may explode; the match limit ends it, and the line is no observation. */
Test(hostile_dialects, expressions_that_explode_are_cut_off)
{
	static const char *const regexes[] = { "hello ((a+)+)+ {{ip}}$", "hello (a|aa)+$|{{ip}}",
					       "(hello )?(?:(?:a*)*b?)*{{ip}}",
					       "hello (.*)(.*)(.*)(.*)(.*)(.*)(.*)x{{ip}}" };
	static char line[60000] = "hello ";
	memset(line + 6, 'a', sizeof line - 7);
	for (size_t i = 0; i < sizeof regexes / sizeof *regexes; i++) {
		char text[1024], problem[PROBLEM_MAX] = "";
		snprintf(text, sizeof text,
			 HEAD "    regex: '%s'\n    set: {siphound.outcome: refused}\n    examples: {match: "
			      "[{line: hello a 192.0.2.1, source.ip: 192.0.2.1}]}\n",
			 regexes[i]);
		struct dialects *d = load(slice_str(text), problem);
		cr_assert_not_null(d, "%s", problem);
		time_lines(d, slice_of(line, sizeof line - 1), regexes[i], 5.0);
		dialects_free(d);
	}
}

/* Some hundred thousand steps, and it would match: our limit ends it, and not the far larger one of the
 * library. The anchor of a shorter line shows that the expression is right. */
Test(hostile_dialects, the_match_limit_is_ours)
{
	static const struct {
		const char *line;
		bool matches;
	} cases[] = { { "hello aaaaaaaa from 192.0.2.1", true },
		      { "hello aaaaaaaaaaaaaaaaaaaaa from 192.0.2.1", false } };
	char problem[PROBLEM_MAX] = "";
	struct error err;
	struct dialects *d = load(
	    SLICE(HEAD
		  "    regex: 'hello (?:(?:a|a)+b|a+) from {{ip}}$'\n    set: {siphound.outcome: refused}\n"
		  "    examples: {match: [{line: hello a from 192.0.2.1, source.ip: 192.0.2.1}]}\n"),
	    problem);
	cr_assert_not_null(d, "%s", problem);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct observation o;
		struct log_reader *r = log_reader_new(d, NULL, &err);
		cr_expect_eq(log_reader_line(r, slice_str(cases[i].line), 1, 0, &o), cases[i].matches, "%s",
			     cases[i].line);
		log_reader_end(r);
		log_reader_free(r);
	}
	dialects_free(d);
}

/* Machine code has less room for turning back than the interpreter: a text of some thousand bytes in front of
 * it hid what follows. */
Test(hostile_dialects, a_long_text_hides_nothing)
{
	static char line[20000] = "hello \"";
	char problem[PROBLEM_MAX] = "";
	struct error err;
	struct observation o;
	memset(line + 7, 'a', sizeof line - 7);
	memcpy(line + sizeof line - 18, "\" from 192.0.2.1", 17);
	struct dialects *d = load(
	    SLICE(HEAD "    regex: 'hello \"(?:[^\"\\\\]|\\\\.)*\" from {{ip}}$'\n    set: "
		       "{siphound.outcome: refused}\n"
		       "    examples: {match: [{line: hello \"\" from 192.0.2.1, source.ip: 192.0.2.1}]}\n"),
	    problem);
	cr_assert_not_null(d, "%s", problem);
	struct log_reader *r = log_reader_new(d, NULL, &err);
	cr_expect(log_reader_line(r, slice_of(line, sizeof line - 2), 1, 0, &o));
	log_reader_end(r);
	log_reader_free(r);
	dialects_free(d);
}

/* Lines as long as they may be, made of what the shipped dialects look for. */
Test(hostile_dialects, lines_against_those_that_ship)
{
	static const char *const pieces[] = { " ",
					      "'",
					      "\"",
					      "<sip:",
					      "failed for '",
					      "SecurityEvent=\"",
					      ",RemoteAddress=\"",
					      "IPV4/UDP/",
					      "192.0.2.1",
					      "SRC=192.0.2.1 ",
					      "Registration from '",
					      "[",
					      "{\"a\":",
					      "\\u0041",
					      "Nov 21 19:53:33 ",
					      "\x1b[0m",
					      "=",
					      ":",
					      "from ",
					      " to ",
					      "RRQ from ",
					      "Ban 192.0.2.1 ",
					      "\\x",
					      "#033[",
					      ",",
					      "INVITE sip:" };
	struct error err = { "" };
	struct dialects *d = dialects_new();
	cr_assert_eq(dialects_load(d, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
	static const char *const fronts[] = {
		"",
		"Nov 21 19:53:33 pbx asterisk[1]: NOTICE[1] chan_sip.c: Registration from '",
		"Nov 21 19:53:33 pbx kernel: [1.1] DROP IN=eth0 ",
		"{\"log\":\"",
		"{",
		"2026-11-21 19:53:33.123456 [WARNING] sofia_reg.c:1: SIP auth failure (REGISTER) on ",
		"Nov 21 19:53:33 h nginx: 192.0.2.1 - - [",
		"Nov 21 19:53:33 tftp in.tftpd[1]: RRQ from "
	};
	for (size_t f = 0; f < sizeof fronts / sizeof *fronts; f++)
		for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
			static char line[LOG_LINE_MAX];
			size_t len = (size_t)snprintf(line, sizeof line, "%s", fronts[f]),
			       width = strlen(pieces[i]);
			for (; len + width < sizeof line; len += width)
				memcpy(line + len, pieces[i], width);
			char name[256];
			snprintf(name, sizeof name, "%s%s...", fronts[f], pieces[i]);
			time_lines(d, slice_of(line, len), name, 3.0);
		}
	dialects_free(d);
}
