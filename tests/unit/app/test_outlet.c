/* SPDX-License-Identifier: MIT */
#include "app/outlet.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static FILE *out;
static struct outlet *outlet;

/* A disk on which a file may grow to so many bytes. */
static void give_room(rlim_t bytes)
{
	struct rlimit limit;
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void set_up(void)
{
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof path, "/tmp/siphound-outlet-%d", (int)getpid());
	outlet = outlet_open(path, &out);
	cr_assert_not_null(outlet);
}

static void tear_down(void)
{
	outlet_close(outlet);
	unlink(path);
}

TestSuite(outlet, .init = set_up, .fini = tear_down);

static void expect_file(const char *name, const char *text)
{
	static char bytes[65536];
	FILE *in = fopen(path, "r");
	cr_assert_not_null(in);
	bytes[fread(bytes, 1, sizeof bytes - 1, in)] = '\0';
	fclose(in);
	cr_expect_str_eq(bytes, text, "%s: %s", name, bytes);
}

Test(outlet, lines_arrive)
{
	fprintf(out, "one\ntwo\n");
	fprintf(out, "th");
	fprintf(out, "ree\n");
	expect_file("whole", "one\ntwo\nthree\n");
	cr_expect_eq(outlet_lost(outlet), 0);
	cr_expect_eq(outlet_error(outlet), 0);
}

Test(outlet, a_full_disk_costs_whole_lines)
{
	give_room(12);
	fprintf(out, "11111\n");
	fprintf(out, "22222222\n"); /* its last bytes find no room */
	cr_expect_eq(outlet_error(outlet), EFBIG);
	fprintf(out, "33333\n");
	fprintf(out, "44444\n");
	cr_expect_eq(outlet_lost(outlet), 3);
	cr_expect_not(ferror(out), "the stream goes on");
	give_room(RLIM_INFINITY);
	fprintf(out, "55555\n");
	cr_expect_eq(outlet_error(outlet), 0);
	cr_expect_eq(outlet_lost(outlet), 3);
	expect_file("torn", "11111\n222222\n55555\n");
}

/* Longer than the stream's buffer: what comes after the lost piece is not taken for a line of its own. */
Test(outlet, a_long_line_is_lost_as_a_whole)
{
	static char line[40001];
	memset(line, 'x', sizeof line - 1);
	fprintf(out, "before\n");
	give_room(7);
	fwrite(line, 1, sizeof line / 2, out);
	fflush(out);
	give_room(RLIM_INFINITY);
	fprintf(out, "%s\n", line);
	fprintf(out, "after\n");
	expect_file("long", "before\nafter\n");
	cr_expect_eq(outlet_lost(outlet), 1);
}

/* Who reads has the right to say that he wants no more. */
Test(outlet, a_pipe_without_a_reader_fails)
{
	tear_down();
	cr_assert_eq(mkfifo(path, 0600), 0);
	FILE *reader = fopen(path, "r+");
	cr_assert_not_null(reader);
	outlet = outlet_open(path, &out);
	cr_assert_not_null(outlet);
	fprintf(out, "one\n");
	cr_expect_not(ferror(out));
	fclose(reader);
	fprintf(out, "two\n");
	cr_expect(ferror(out));
}

Test(outlet, a_place_that_can_not_be_written)
{
	FILE *other = NULL;
	cr_expect_null(outlet_open("/nowhere/file", &other));
	cr_expect_eq(errno, ENOENT);
}
