/* SPDX-License-Identifier: MIT */
#include "app/watch/zone.h"

#include "analyze/logs/log_reader.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A log that is opened empty: its first lines tell its zone by the clock, however late they are looked at. */

#define LINE                                                                                                 \
	"[2026-11-22 04:00:05] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed "   \
	"for '192.0.2.4:5071' - Wrong password"

static void read_first_line(const char *path, const char *content, bool *is_found, int *offset_s)
{
	struct error err = { "" };
	struct dialects *dialects = dialects_new();
	const struct log_options options = { .year = 2026 };
	struct observation found;
	struct watch_zone z = { 0 };
	int64_t opened_us = clock_from_civil(2026, 11, 22, 9, 0, 0);
	cr_assert_eq(dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
	struct log_reader *reader = log_reader_new(dialects, &options, &err);
	cr_assert_not_null(reader, "%s", err.text);
	if (content) {
		FILE *file = fopen(path, "w");
		cr_assert(file && fputs(content, file) >= 0 && fclose(file) == 0);
	}
	watch_zone_look(&z, reader, path, NULL, opened_us);
	watch_zone_begin(&z, reader, opened_us + 7 * SECOND_US);
	cr_assert(log_reader_line(reader, SLICE(LINE), 1, 0, &found));
	*is_found = log_reader_zone(reader).is_found;
	*offset_s = log_reader_zone(reader).offset_s;
	log_reader_free(reader);
	dialects_free(dialects);
	unlink(path);
}

Test(watch_zone, the_first_lines_of_a_log_that_was_empty)
{
	static const struct {
		const char *content; /* NULL: no file */
		bool is_found;
	} cases[] = { { "", true }, { NULL, true }, { "no line with a time\n", false } };
	char folder[] = "/tmp/siphound-zone-XXXXXX", path[64];
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/full", folder);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool is_found;
		int offset_s;
		read_first_line(path, cases[i].content, &is_found, &offset_s);
		cr_expect_eq(is_found, cases[i].is_found, "%zu", i);
		cr_expect_eq(offset_s, cases[i].is_found ? -5 * 3600 : 0, "%zu", i);
	}
	rmdir(folder);
}
