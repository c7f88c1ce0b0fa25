/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "capture/line_source.h"

/* Each test works in a folder of its own. */
static char folder[64];

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/line_source_XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
}

static void tear_down(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

static const char *at(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *mode, const char *text)
{
	FILE *file = fopen(at(name), mode);
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void move(const char *from, const char *to)
{
	cr_assert_eq(rename(at(from), at(to)), 0);
}

/* What a packer has done when it has written so many bytes of it. */
static void begin_to_pack(const char *name, size_t max)
{
	char packed[64], bytes[4096];
	snprintf(packed, sizeof packed, "%s.gz", name);
	FILE *in = fopen(at(name), "rb");
	gzFile out = gzopen(at(packed), "wb");
	size_t len = fread(bytes, 1, max < sizeof bytes ? max : sizeof bytes, in);
	cr_assert_eq(gzwrite(out, bytes, (unsigned)len), (int)len);
	gzclose(out);
	fclose(in);
}

/* Packs as logrotate does: the time of the file stays. */
static void pack(const char *name)
{
	char packed[64];
	struct stat st;
	begin_to_pack(name, SIZE_MAX);
	snprintf(packed, sizeof packed, "%s.gz", name);
	cr_assert_eq(stat(at(name), &st), 0);
	const struct timespec times[2] = { st.st_mtim, st.st_mtim };
	cr_assert_eq(utimensat(AT_FDCWD, at(packed), times, 0), 0);
	cr_assert_eq(unlink(at(name)), 0);
}

static void age(const char *name, long seconds)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
	cr_assert_eq(utimensat(AT_FDCWD, at(name), times, 0), 0);
}

static struct line_follow *follow(const struct follow_place *from, bool at_end)
{
	struct line_follow *f;
	struct error err;
	cr_assert_eq(line_follow_open(&f, at("log"), from, at_end, &err), 0);
	return f;
}

/* All lines that there are now, joined by commas. */
static const char *lines_of(struct line_follow *f)
{
	static char text[8192];
	struct slice line;
	struct error err = { "" };
	enum follow_status status;
	size_t len = 0;
	text[0] = 0;
	while ((status = line_follow_next(f, &line, &err)) == FOLLOW_LINE)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", len ? "," : "", (int)line.len,
					(const char *)line.ptr);
	cr_assert_eq(status, FOLLOW_WAIT, "%s", err.text);
	return text;
}

TestSuite(line_source, .init = set_up, .fini = tear_down);

Test(line_source, growing_file)
{
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "", "not there yet");
	put("log", "w", "one\ntwo\r\nthr");
	cr_expect_str_eq(lines_of(f), "one,two", "half a line waits");
	cr_expect_eq(line_follow_number(f), 2);
	put("log", "a", "ee\n\nfive\n");
	cr_expect_str_eq(lines_of(f), "three,,five");
	cr_expect_eq(line_follow_number(f), 5);
	cr_expect_eq(line_follow_counts(f)->lines, 5);
	line_follow_close(f);
}

Test(line_source, only_what_is_new)
{
	put("log", "w", "old\n");
	struct line_follow *f = follow(NULL, true);
	cr_expect_str_eq(lines_of(f), "");
	put("log", "a", "new\n");
	cr_expect_str_eq(lines_of(f), "new");
	line_follow_close(f);
}

Test(line_source, the_end_is_where_it_was_on_arrival)
{
	put("log", "w", "old\n");
	struct line_follow *f = follow(NULL, true);
	line_follow_arrive(f);
	put("log", "a", "new\n");
	line_follow_arrive(f);
	cr_expect_str_eq(lines_of(f), "new");
	line_follow_arrive(f);
	put("log", "a", "newer\n");
	cr_expect_str_eq(lines_of(f), "newer");
	line_follow_close(f);
}

Test(line_source, a_log_that_came_after_the_arrival)
{
	struct line_follow *f = follow(NULL, true);
	line_follow_arrive(f);
	put("log", "w", "first\n");
	cr_expect_str_eq(lines_of(f), "first");
	line_follow_close(f);
}

Test(line_source, renamed)
{
	put("log", "w", "a\nb\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a,b");
	move("log", "log.1");
	cr_expect_str_eq(lines_of(f), "");
	put("log.1", "a", "c\n");
	cr_expect_str_eq(lines_of(f), "c", "the writer still holds the old file");
	put("log", "w", "");
	put("log.1", "a", "d\ne");
	cr_expect_str_eq(lines_of(f), "d");
	put("log", "a", "f\n");
	cr_expect_str_eq(lines_of(f), "e,f", "half a line of a file that is over is a line");
	cr_expect_eq(line_follow_number(f), 1);
	cr_expect_eq(line_follow_counts(f)->rotated, 1);
	line_follow_close(f);
}

Test(line_source, renamed_twice_between_two_looks)
{
	put("log", "w", "a\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a");
	put("log", "a", "b\n");
	move("log", "log.2");
	age("log.2", 1000);
	put("log.1", "w", "c\nd\n");
	age("log.1", 2000);
	put("log.conf", "w", "not a log\n");
	put("log", "w", "e\n");
	cr_expect_str_eq(lines_of(f), "b,c,d,e");
	line_follow_close(f);
}

Test(line_source, copied_and_cut)
{
	put("log", "w", "a\nb\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a,b");
	put("log", "a", "c\n");
	put("log.1", "w", "a\nb\nc\n");
	cr_assert_eq(truncate(at("log"), 0), 0);
	put("log", "a", "d\n");
	cr_expect_str_eq(lines_of(f), "c,d");
	cr_expect_eq(line_follow_counts(f)->lost, 0);
	line_follow_close(f);
}

Test(line_source, cut_and_grown_past_the_place)
{
	put("log", "w", "a\nb\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a,b");
	put("log", "w", "one\ntwo\nthree\n");
	cr_expect_str_eq(lines_of(f), "one,two,three");
	cr_expect_eq(line_follow_counts(f)->lost, 1, "there is no copy");
	line_follow_close(f);
}

/* A packed file that is being written is the youngest of all, while its original still lies beside it. */
Test(line_source, older_files_are_packed_beside_us)
{
	put("log-1", "w", "x\ny\n");
	age("log-1", 1000);
	put("log", "w", "a\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a");
	move("log", "log-2");
	age("log-2", 2000);
	put("log", "w", "");
	begin_to_pack("log-1", 2);
	cr_expect_str_eq(lines_of(f), "", "log-1 came before");
	put("log-2", "a", "b\n");
	put("log", "a", "c\n");
	cr_expect_str_eq(lines_of(f), "b,c");
	pack("log-1");
	cr_expect_str_eq(lines_of(f), "");
	line_follow_close(f);
}

Test(line_source, our_file_is_packed_beside_us)
{
	put("log", "w", "a\nb\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a,b");
	move("log", "log-1");
	age("log-1", 1000);
	put("log", "w", "c\n");
	begin_to_pack("log-1", 2);
	cr_expect_str_eq(lines_of(f), "c");
	pack("log-1");
	move("log", "log-2");
	age("log-2", 2000);
	pack("log-2");
	put("log", "w", "d\n");
	cr_expect_str_eq(lines_of(f), "d", "packed already when we look");
	cr_expect_eq(line_follow_counts(f)->lost, 0);
	cr_expect_eq(line_follow_counts(f)->damaged, 0);
	line_follow_close(f);
}

static void expect_line(struct line_follow *f, const char *expected)
{
	struct slice line;
	struct error err;
	cr_assert_eq(line_follow_next(f, &line, &err), FOLLOW_LINE, "%s", expected);
	cr_expect(slice_eq(line, slice_str(expected)), "%.*s, not %s", (int)line.len, (const char *)line.ptr, expected);
}

static void restart(struct line_follow **f)
{
	struct follow_place place;
	line_follow_place(*f, &place);
	line_follow_close(*f);
	*f = follow(&place, false);
}

Test(line_source, restart_in_the_same_file)
{
	put("log", "w", "a\nb\nc");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a,b");
	restart(&f);
	put("log", "a", "c\nd\n");
	cr_expect_str_eq(lines_of(f), "cc,d");
	cr_expect_eq(line_follow_number(f), 4);
	restart(&f);
	cr_expect_str_eq(lines_of(f), "");
	line_follow_close(f);
}

Test(line_source, restart_after_rotations)
{
	put("log", "w", "a\nb\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a,b");
	put("log", "a", "c\n");
	move("log", "log.2");
	age("log.2", 1000);
	pack("log.2");
	put("log.1", "w", "d\n");
	age("log.1", 2000);
	put("log.3", "w", "older\n");
	age("log.3", 500);
	put("log", "w", "e\n");
	restart(&f);
	cr_expect_str_eq(lines_of(f), "c,d,e");
	cr_expect_eq(line_follow_counts(f)->lost, 0);
	line_follow_close(f);
}

/* Files on their way into another: four of them, of which the first was begun. */
static struct line_follow *follow_far_behind(void)
{
	put("log", "w", "a\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a");
	put("log", "a", "b\n");
	move("log", "log.3");
	age("log.3", 1000);
	put("log.2", "w", "c\nd\n");
	age("log.2", 2000);
	put("log.1", "w", "e\n");
	age("log.1", 3000);
	put("log", "w", "f\n");
	restart(&f);
	expect_line(f, "b");
	return f;
}

Test(line_source, packed_while_we_are_behind)
{
	struct line_follow *f = follow_far_behind();
	begin_to_pack("log.2", 2);
	expect_line(f, "c");
	pack("log.2");
	expect_line(f, "d");
	pack("log.1");
	cr_expect_str_eq(lines_of(f), "e,f");
	cr_expect_eq(line_follow_counts(f)->lost, 0);
	cr_expect_eq(line_follow_counts(f)->damaged, 0);
	line_follow_close(f);
}

Test(line_source, renumbered_while_we_are_behind)
{
	struct line_follow *f = follow_far_behind();
	for (int i = 0; i < 2; i++) {
		char from[] = "log.4", to[] = "log.5";
		for (int n = 0; n < 4; n++, from[4]--, to[4]--)
			if (access(at(from), F_OK) == 0)
				move(from, to);
		move("log", "log.1");
		age("log.1", 4000 + i);
		put("log", "w", i ? "h\n" : "g\n");
		expect_line(f, i ? "d" : "c");
	}
	cr_expect_str_eq(lines_of(f), "e,f,g,h");
	cr_expect_eq(line_follow_counts(f)->lost, 0);
	cr_expect_eq(line_follow_counts(f)->damaged, 0);
	line_follow_close(f);
}

Test(line_source, rotated_while_there_was_none)
{
	put("log", "w", "a\nb\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a,b");
	move("log", "log.2");
	age("log.2", 1000);
	restart(&f);
	cr_expect_str_eq(lines_of(f), "", "not there for a moment");
	put("log.1", "w", "c\n");
	age("log.1", 2000);
	put("log", "w", "d\n");
	cr_expect_str_eq(lines_of(f), "c,d");
	line_follow_close(f);
}

Test(line_source, restart_when_the_old_file_is_gone)
{
	put("log", "w", "a\nb\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a,b");
	cr_assert_eq(unlink(at("log")), 0);
	restart(&f);
	cr_expect_str_eq(lines_of(f), "", "it may come back");
	put("log", "w", "x\n");
	cr_expect_str_eq(lines_of(f), "x");
	cr_expect_eq(line_follow_counts(f)->lost, 1);
	line_follow_close(f);
}

Test(line_source, restart_in_the_middle_of_an_old_file)
{
	put("log", "w", "a\n");
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "a");
	move("log", "log.1");
	put("log.1", "a", "b\nc\nd\n");
	put("log", "w", "e\n");
	restart(&f);
	struct slice line;
	struct error err;
	cr_assert_eq(line_follow_next(f, &line, &err), FOLLOW_LINE);
	cr_expect(slice_eq(line, SLICE("b")));
	restart(&f);
	cr_expect_str_eq(lines_of(f), "c,d,e");
	line_follow_close(f);
}

Test(line_source, restart_before_anything_was_written)
{
	put("log", "w", "");
	age("log", 1000);
	put("log.0", "w", "older\n");
	age("log.0", 900);
	struct line_follow *f = follow(NULL, false);
	cr_expect_str_eq(lines_of(f), "");
	put("log", "a", "a\nb\n");
	move("log", "log.1");
	age("log.1", 2000);
	pack("log.1");
	put("log.2", "w", "c\n");
	age("log.2", 3000);
	put("log", "w", "d\n");
	restart(&f);
	cr_expect_str_eq(lines_of(f), "a,b,c,d");
	line_follow_close(f);
}

/* A banner of more than FOLLOW_HEAD_MAX bytes begins every file, so that only the line before the place tells them apart. */
Test(line_source, restart_with_another_file_that_begins_alike)
{
	char banner[1500];
	memset(banner, '-', sizeof banner);
	memcpy(banner + sizeof banner - 2, "\n", 2);
	put("log", "w", banner);
	put("log", "a", "one\ntwo\n");
	struct line_follow *f = follow(NULL, false);
	lines_of(f);
	put("log", "a", "three\n");
	move("log", "log.1");
	age("log.1", 1000);
	put("log", "w", banner);
	put("log", "a", "owt\neno\nnew\n");
	restart(&f);
	const char *lines = lines_of(f);
	cr_expect(slice_starts(slice_str(lines), SLICE("three,-")), "in the file that was renamed: %.40s", lines);
	cr_expect_str_eq(lines + strlen(lines) - 11, "owt,eno,new");
	cr_expect_eq(line_follow_counts(f)->lost, 0);
	line_follow_close(f);
}

Test(line_source, restart_inside_of_a_line_that_is_cut)
{
	char *text = malloc(LINE_FOLLOW_MAX + 100);
	memset(text, 'x', LINE_FOLLOW_MAX + 99);
	text[LINE_FOLLOW_MAX + 99] = 0;
	put("log", "w", text);
	struct line_follow *f = follow(NULL, false);
	struct slice line;
	struct error err;
	cr_assert_eq(line_follow_next(f, &line, &err), FOLLOW_LINE);
	cr_expect_eq(line_follow_next(f, &line, &err), FOLLOW_WAIT);
	restart(&f);
	put("log", "a", " the rest\nnext\n");
	cr_expect_str_eq(lines_of(f), "next");
	restart(&f);
	put("log", "a", "last\n");
	cr_expect_str_eq(lines_of(f), "last");
	line_follow_close(f);
	free(text);
}

Test(line_source, long_lines_are_cut)
{
	static char text[3 * LINE_FOLLOW_MAX];
	memset(text, 'x', sizeof text - 1);
	put("log", "w", text);
	put("log", "a", "\nshort\n");
	struct line_follow *f = follow(NULL, false);
	struct slice line;
	struct error err;
	cr_assert_eq(line_follow_next(f, &line, &err), FOLLOW_LINE);
	cr_expect_eq(line.len, LINE_FOLLOW_MAX);
	cr_expect_str_eq(lines_of(f), "short");
	cr_expect_eq(line_follow_counts(f)->cut, 1);
	line_follow_close(f);
}

/* The year of a rotating log, in small: any pieces, any restarts, the same lines in the same order. */
Test(line_source, pieces_and_restarts_give_what_one_piece_gives)
{
	for (unsigned seed = 1; seed <= 100; seed++) {
		unsigned state = seed * 2654435761u, written = 0, next = 0, rotations = 0, unfinished = 0;
		struct line_follow *f = follow(NULL, false);
		put("log", "w", "line 0 of many\n");
		cr_assert_str_eq(lines_of(f), "line 0 of many");
		written = next = 1;
		for (unsigned step = 0; step < 120; step++) {
			char text[64], name[32];
			state = state * 1664525u + 1013904223u;
			switch (state >> 28) {
			case 0:
			case 1: { /* rename, perhaps pack, at once or until the next time */
				if (unfinished) {
					snprintf(name, sizeof name, "log-%04u", unfinished);
					pack(name);
				}
				unfinished = 0;
				snprintf(name, sizeof name, "log-%04u", ++rotations);
				move("log", name);
				age(name, 1000 + rotations);
				put("log", "w", "");
				if (state >> 27 & 1) {
					pack(name);
				} else if (state >> 26 & 1) {
					begin_to_pack(name, 20);
					unfinished = rotations;
				}
				break;
			}
			case 2:
				restart(&f);
				break;
			case 3:
			case 4: {
				struct slice line;
				struct error err;
				char want[32];
				while (line_follow_next(f, &line, &err) == FOLLOW_LINE) {
					int len = snprintf(want, sizeof want, "line %u of many", next++);
					cr_assert(slice_eq(line, slice_of(want, (size_t)len)), "seed %u: %.*s, not %s", seed,
						  (int)line.len, (const char *)line.ptr, want);
				}
				break;
			}
			default:
				snprintf(text, sizeof text, "line %u of many\n", written++);
				put("log", "a", text);
			}
		}
		if (seed % 2)
			restart(&f);
		const char *rest = lines_of(f);
		unsigned count = *rest != 0;
		for (const char *p = rest; *p; p++)
			count += *p == ',';
		cr_expect_eq(next + count, written, "seed %u: %u of %u", seed, next + count, written);
		cr_expect_eq(line_follow_counts(f)->lost, 0, "seed %u: the place was lost", seed);
		line_follow_close(f);
		tear_down();
		set_up();
	}
}
