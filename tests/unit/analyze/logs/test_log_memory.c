/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "analyze/logs/log_memory.h"
#include "core/clock.h"

static struct dialects *dialects;
static struct log_reader *reader;
static uint64_t number;

static struct log_reader *new_reader(void)
{
	struct error err = { "" };
	const struct log_options options = { .year = 2025 };
	struct log_reader *r = log_reader_new(dialects, &options, &err);
	cr_assert_not_null(r, "%s", err.text);
	return r;
}

static void set_up(void)
{
	struct error err = { "" };
	dialects = dialects_new();
	cr_assert_eq(dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
	reader = new_reader();
	number = 0;
}

static void tear_down(void)
{
	log_reader_free(reader);
	dialects_free(dialects);
}

TestSuite(log_memory, .init = set_up, .fini = tear_down);

static void restart(void)
{
	struct log_memory memory;
	struct image out, in;
	struct log_reader *next = new_reader();
	log_reader_recall(reader, &memory);
	image_save(&out);
	log_reader_counts_image(reader, &out);
	log_reader_free(reader);
	log_reader_resume(next, &memory);
	image_load(&in, slice_of(out.bytes, out.len));
	log_reader_counts_image(next, &in);
	cr_assert(image_is_whole(&in));
	image_fini(&out);
	reader = next;
}

static bool give(const char *line, struct observation *o)
{
	return log_reader_line(reader, slice_str(line), ++number, 0, o);
}

#define FAILED                                                                                               \
	"NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '192.0.2.4:5071' - "  \
	"Wrong password"

/* Lines without a year go on in the year that the ones before had reached. */
Test(log_memory, the_year_goes_on)
{
	static const struct {
		const char *line;
		int year;
	} cases[] = {
		{ "[Nov 30 10:00:00] " FAILED, 2025 }, { "[Dec 31 23:59:59] " FAILED, 2025 },
		{ "[Jan  1 00:00:01] " FAILED, 2026 }, { "[May 12 00:00:01] " FAILED, 2026 },
		{ "[Oct 12 00:00:01] " FAILED, 2026 }, { "[Feb  2 00:00:01] " FAILED, 2027 },
	};
	struct observation o;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert(give(cases[i].line, &o), "%s", cases[i].line);
		cr_expect_eq(clock_to_civil(o.time_us).year, cases[i].year, "%s", cases[i].line);
		restart();
	}
	cr_expect_eq(log_reader_lines(reader), 6);
	uint64_t matched = 0;
	for (size_t i = 0; i < dialects_count(dialects); i++)
		matched += log_reader_counts(reader, i).matched;
	cr_expect_eq(matched, 6);
}

/* Where a reader may be replaced: not inside of a record of several lines. */
Test(log_memory, between_records)
{
	struct observation o;
	cr_expect(log_reader_is_between(reader));
	give("[2026-02-13 17:21:54] " FAILED, &o);
	cr_expect(log_reader_is_between(reader));
	give("{", &o);
	cr_expect_not(log_reader_is_between(reader), "an object that is open");
	give("\"MESSAGE\": \"x\"", &o);
	cr_expect_not(log_reader_is_between(reader));
	give("}", &o);
	cr_expect(log_reader_is_between(reader));
}
