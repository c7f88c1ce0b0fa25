/* SPDX-License-Identifier: MIT */
#include "capture/line_journal.h"

#include "capture/line_reader.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A journalctl of our own, found in PATH: a shell script that the test writes. */

static char folder[] = "/tmp/siphound-journal-XXXXXX";

static void put(const char *name, const char *text, mode_t mode)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *out = fopen(path, "w");
	cr_assert(out && fputs(text, out) >= 0 && fclose(out) == 0 && chmod(path, mode) == 0);
}

static void has_journalctl(const char *script)
{
	char text[8192], path[512];
	cr_assert(mkdtemp(folder));
	snprintf(text, sizeof text, "#!/bin/sh\ncd '%s'\necho \"$*\" >called\n%s", folder, script);
	put("journalctl", text, 0755);
	snprintf(path, sizeof path, "%s:/usr/bin:/bin", folder);
	setenv("PATH", path, 1);
}

static void expect_called(const char *wanted)
{
	char path[256], found[1024] = "";
	snprintf(path, sizeof path, "%s/called", folder);
	FILE *in = fopen(path, "r");
	cr_assert(in && fgets(found, sizeof found, in));
	fclose(in);
	cr_expect(strstr(found, wanted), "'%s' is not in: %s", wanted, found);
}

static void clean(void)
{
	static const char *const names[] = { "journalctl", "called", "records" };
	char path[256];
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static struct line_journal *follow(const char *path, int64_t since_us, const char *cursor)
{
	const struct journal_options options = { .follow = true };
	struct line_journal *f = NULL;
	struct error err = { "" };
	cr_assert_eq(line_journal_open(&f, path, &options, since_us, &err), 0, "%s", err.text);
	if (cursor) {
		struct journal_place place = { .lines = 7 };
		snprintf(place.cursor, sizeof place.cursor, "%s", cursor);
		line_journal_resume(f, &place);
	}
	return f;
}

static enum follow_status next(struct line_journal *f, struct slice *line, struct error *err)
{
	for (unsigned i = 0; i < 6000; i++) { /* a minute: the machine may be busy */
		enum follow_status status = line_journal_next(f, line, err);
		if (status != FOLLOW_WAIT)
			return status;
		poll(NULL, 0, 10);
	}
	return FOLLOW_WAIT;
}

Test(line_journal, names_that_are_refused)
{
	static const char *const names[] = { "journal:-u", "journal:--vacuum-size=1", "journal:=x" };
	const struct journal_options options = { .follow = true };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct line_journal *f = NULL;
		struct error err = { "" };
		cr_expect(line_journal_open(&f, names[i], &options, 0, &err) < 0 && strstr(err.text, names[i]), "%s: %s", names[i], err.text);
	}
	cr_expect(journal_is_named("journal:"));
	cr_expect_not(journal_is_named("./journal:"));
	cr_expect_not(journal_is_named("journal"));
}

Test(line_journal, a_missing_program_is_told_at_once)
{
	const struct journal_options options = { .follow = true };
	struct line_journal *f = NULL;
	struct error err = { "" };
	setenv("PATH", "/nowhere:", 1);
	cr_expect(line_journal_open(&f, "journal:", &options, 0, &err) < 0);
	cr_expect(strstr(err.text, "journalctl"), "%s", err.text);
}

struct start {
	const char *path;
	int64_t since_us;
	const char *cursor, *called;
};

static const struct start starts[] = {
	{ "journal:", 0, NULL, "--no-pager --follow --no-tail\n" },
	{ "journal:asterisk", 0, NULL, "--follow --no-tail --unit asterisk\n" },
	{ "journal:SYSLOG_IDENTIFIER=x y", 0, NULL, "--no-tail SYSLOG_IDENTIFIER=x y\n" },
	{ "journal:a", 1790000000123456, NULL, "--no-tail --since=@1790000000.123456 --unit a\n" },
	{ "journal:a", 1790000000123456, "s=1;i=2f;b=a-b", "--no-tail --after-cursor=s=1;i=2f;b=a-b --unit a\n" },
	{ "journal:a", 1790000000123456, "s=1 --rotate", "--no-tail --unit a\n" }, /* no cursor: passed over, with its place */
};

Test(line_journal, where_it_begins)
{
	has_journalctl("echo '{}'; exec sleep 60");
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct slice line;
		struct error err;
		struct line_journal *f = follow(starts[i].path, starts[i].since_us, starts[i].cursor);
		cr_assert_eq(next(f, &line, &err), FOLLOW_LINE, "%s", starts[i].called);
		expect_called(starts[i].called);
		line_journal_close(f);
	}
	clean();
}

Test(line_journal, the_place_is_the_cursor_of_the_latest)
{
	has_journalctl("cat records; exec sleep 60");
	put("records",
	    "{\"__CURSOR\":\"s=1;i=1\",\"MESSAGE\":\"one\"}\n"
	    "{ \"__CURSOR\" : \"s=1;i=2\", \"MESSAGE\" : \"written with blanks\" }\n"
	    "{\"MESSAGE\":\"a stranger's \\\"__CURSOR\\\":\\\"s=9;i=9\\\"\",\"__CURSOR\":\"s=1;i=3\"}\n"
	    "{\"MESSAGE\":\"none\"}\n",
	    0644);
	static const char *const cursors[] = { "s=1;i=1", "s=1;i=2", "s=1;i=3", "s=1;i=3" };
	struct line_journal *f = follow("journal:", 0, NULL);
	struct slice line;
	struct error err;
	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(next(f, &line, &err), FOLLOW_LINE);
		cr_expect_str_eq(line_journal_place(f)->cursor, cursors[i], "record %zu", i + 1);
		cr_expect_eq(line_journal_place(f)->lines, i + 1);
	}
	cr_expect_eq(line_journal_next(f, &line, &err), FOLLOW_WAIT);
	cr_expect_not(line_journal_has_ended(f));
	line_journal_close(f);
	clean();
}

Test(line_journal, a_record_that_is_too_long_is_cut)
{
	has_journalctl("printf '{\"__CURSOR\":\"s=1;i=1\",\"MESSAGE\":\"'; head -c 300000 /dev/zero | tr '\\0' x; printf '\"}\\n{\"__CURSOR\":\"s=1;i=2\"}\\n'\n"
		       "exec sleep 60");
	struct line_journal *f = follow("journal:", 0, NULL);
	struct slice line;
	struct error err;
	cr_assert_eq(next(f, &line, &err), FOLLOW_LINE);
	cr_expect_eq(line.len, LINE_FOLLOW_MAX);
	cr_expect_str_eq(line_journal_place(f)->cursor, "s=1;i=1");
	cr_assert_eq(next(f, &line, &err), FOLLOW_LINE);
	cr_expect_str_eq(line_journal_place(f)->cursor, "s=1;i=2");
	cr_expect_eq(line_journal_counts(f)->cut, 1);
	line_journal_close(f);
	clean();
}

Test(line_journal, its_end_is_a_failure_that_stays)
{
	has_journalctl("echo '{}'; exit 3");
	struct line_journal *f = follow("journal:x", 0, NULL);
	struct slice line;
	struct error err;
	cr_assert_eq(next(f, &line, &err), FOLLOW_LINE);
	for (unsigned i = 0; i < 2; i++) {
		cr_expect_eq(next(f, &line, &err), FOLLOW_FAILED);
		cr_expect(strstr(err.text, "journal:x: journalctl ended with status 3"), "%s", err.text);
	}
	cr_expect(line_journal_has_ended(f));
	line_journal_close(f);
	clean();
}

/* Who is never told to begin: nothing is started, nothing is left. */
Test(line_journal, closed_before_it_began)
{
	char path[256];
	has_journalctl("exec sleep 60");
	line_journal_close(follow("journal:", 0, NULL));
	snprintf(path, sizeof path, "%s/called", folder);
	cr_expect(access(path, F_OK) != 0, "journalctl was started");
	clean();
}

Test(line_journal, read_to_its_end)
{
	has_journalctl("printf 'one\\ntwo\\n'; exit 0");
	struct line_reader r;
	struct slice line;
	struct error err = { "" };
	cr_assert_eq(line_reader_open(&r, "journal:", &err), 0, "%s", err.text);
	cr_expect(line_reader_next(&r, &line) == LINE_OK && slice_eq(line, SLICE("one")));
	cr_expect(line_reader_next(&r, &line) == LINE_OK && slice_eq(line, SLICE("two")));
	cr_expect_eq(line_reader_next(&r, &line), LINE_END);
	cr_expect_eq(r.damaged, 0, "%s", r.damage.text);
	line_reader_close(&r);
	clean();
}
