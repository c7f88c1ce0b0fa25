/* SPDX-License-Identifier: MIT */
#include "analyze/told.h"

#include "analyze/reading/log_reading.h"
#include "core/clock.h"

#include <criterion/criterion.h>

#define RING 2048

struct teller {
	struct told told;
	int64_t now_us;
	struct source source; /* last: what detectors measure stands behind it */
};

/* A line: what it leaves empty it does not say. */
struct line {
	uint16_t log, pattern; /* the witness */
	const char *account, *call, *method, *agent;
	uint16_t port;
	enum outcome outcome; /* ABSENT: refused */
	enum transport_word transport;
	int64_t later_us;
};

static struct teller *teller_new(void)
{
	struct teller *t = calloc(1, sizeof *t);
	cr_assert_not_null(t);
	cr_assert_eq(told_init(&t->told), 0);
	t->now_us = 1000 * SECOND_US;
	return t;
}

static void teller_free(struct teller *t)
{
	told_fini(&t->told);
	free(t);
}

static bool is_repeat(struct teller *t, const struct line *line)
{
	struct observation o;
	struct event e;
	observation_init(&o);
	o.time_us = t->now_us + line->later_us;
	o.from_log = true;
	o.place.input = line->log;
	o.pattern = line->pattern;
	o.choice[CHOICE_OUTCOME] = line->outcome ? line->outcome : OUTCOME_REFUSED;
	o.choice[CHOICE_TRANSPORT] = line->transport;
	if (line->account)
		observation_set_text(&o, TEXT_ACCOUNT, slice_str(line->account));
	if (line->call)
		observation_set_text(&o, TEXT_CALL_ID, slice_str(line->call));
	if (line->method)
		observation_set_text(&o, TEXT_METHOD, slice_str(line->method));
	if (line->agent)
		observation_set_text(&o, TEXT_USER_AGENT, slice_str(line->agent));
	if (line->port)
		observation_set_number(&o, NUMBER_SOURCE_PORT, line->port);
	log_event_of(&o, &e);
	return told_before(&t->told, &t->source, &e, &o);
}

Test(told, two_lines_of_one_event)
{
	static const struct {
		const char *name;
		struct line first, second;
		bool is_one;
	} cases[] = {
		{ "NOTICE and SECURITY of PJSIP",
		  { .pattern = 1, .account = "106", .call = "c", .method = "REGISTER", .port = 5060 },
		  { .pattern = 2, .account = "106", .call = "c", .port = 5060, .transport = TRANSPORT_UDP },
		  true },
		{ "the name of the endpoint is another",
		  { .pattern = 1, .account = "106", .call = "c" },
		  { .pattern = 2, .account = "phone-106", .call = "c" },
		  true },
		{ "NOTICE and SECURITY of chan_sip",
		  { .pattern = 1, .account = "106", .method = "REGISTER", .port = 5060 },
		  { .pattern = 2, .account = "106", .port = 5060, .transport = TRANSPORT_UDP },
		  true },
		{ "one line in two logs",
		  { .log = 0, .pattern = 1, .account = "106" },
		  { .log = 1, .pattern = 1, .account = "106" },
		  true },
		{ "written a second later",
		  { .pattern = 1, .account = "106" },
		  { .pattern = 2, .account = "106", .later_us = SECOND_US },
		  true },
		{ "the second log is a second behind",
		  { .pattern = 1, .account = "106" },
		  { .pattern = 2, .account = "106", .later_us = -SECOND_US },
		  true },
		{ "a line names no port",
		  { .pattern = 1, .account = "106", .port = 5060 },
		  { .pattern = 2, .account = "106" },
		  true },
		{ "the same line again",
		  { .pattern = 1, .account = "106", .call = "c" },
		  { .pattern = 1, .account = "106", .call = "c" },
		  false },
		{ "who told is not known", { .account = "106" }, { .account = "106" }, false },
		{ "other calls",
		  { .pattern = 1, .account = "106", .call = "c" },
		  { .pattern = 2, .account = "106", .call = "d" },
		  false },
		{ "other accounts",
		  { .pattern = 1, .account = "106" },
		  { .pattern = 2, .account = "107" },
		  false },
		{ "other ports",
		  { .pattern = 1, .account = "106", .port = 5060 },
		  { .pattern = 2, .account = "106", .port = 5061 },
		  false },
		{ "other methods",
		  { .pattern = 1, .account = "106", .method = "INVITE" },
		  { .pattern = 2, .account = "106", .method = "REGISTER" },
		  false },
		{ "the challenge and the refusal",
		  { .pattern = 1, .account = "106", .call = "c", .outcome = OUTCOME_CHALLENGED },
		  { .pattern = 2, .account = "106", .call = "c" },
		  false },
		{ "it names the program",
		  { .pattern = 1, .account = "106" },
		  { .pattern = 2, .account = "106", .agent = "teapot/1" },
		  false },
		{ "long after",
		  { .pattern = 1, .account = "106", .call = "c" },
		  { .pattern = 2, .account = "106", .call = "c", .later_us = 3 * SECOND_US },
		  false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct teller *t = teller_new();
		cr_assert(!is_repeat(t, &cases[i].first), "%s", cases[i].name);
		cr_assert_eq(is_repeat(t, &cases[i].second), cases[i].is_one, "%s", cases[i].name);
		teller_free(t);
	}
}

/* Of events that look alike as many are counted as the witness saw that saw most, in whatever order their lines come. */
Test(told, as_many_as_who_saw_most)
{
	static const struct {
		const char *order; /* A, B: a line of that witness; space: a second passes */
		unsigned events;
	} cases[] = { { "AB", 1 },	     { "AABB", 2 },    { "ABAB", 2 },	   { "BBAA", 2 },
		      { "AAB", 2 },	     { "ABB", 2 },     { "AAABBBCCC", 3 }, { "AAB B", 2 },
		      { "A   B   A", 3 },    { "AB   AB", 2 }, { "AAA   BAB", 5 }, { "ABCABCABC", 3 },
		      { "AAAAAABB BBBB", 6 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct teller *t = teller_new();
		unsigned events = 0;
		for (const char *c = cases[i].order; *c; c++) {
			struct line line = { .pattern = (uint16_t)(*c - 'A' + 1), .account = "106" };
			if (*c == ' ')
				t->now_us += SECOND_US;
			else
				events += !is_repeat(t, &line);
		}
		cr_assert_eq(events, cases[i].events, "%s: %u", cases[i].order, events);
		teller_free(t);
	}
}

/* Who did nothing for a while is not remembered for ever. */
Test(told, others_push_it_out)
{
	struct teller *t = teller_new();
	struct source others = { 0 }, own;
	cr_assert(!is_repeat(t, &(struct line){ .pattern = 1, .account = "106" }));
	own = t->source;
	t->source = others;
	for (size_t i = 0; i < RING - 1; i++)
		cr_assert(!is_repeat(t, &(struct line){ .pattern = 1, .account = "200" }));
	t->source = own;
	cr_assert(is_repeat(t, &(struct line){ .pattern = 2, .account = "106" }), "just still there");
	t->source = others;
	cr_assert(!is_repeat(t, &(struct line){ .pattern = 1, .account = "200" }));
	t->source = own;
	cr_assert(!is_repeat(t, &(struct line){ .pattern = 3, .account = "106" }), "pushed out");
	teller_free(t);
}

Test(told, survives_a_restart)
{
	struct teller *t = teller_new();
	struct image out, in;
	cr_assert(
	    !is_repeat(t, &(struct line){ .pattern = 1, .account = "105", .later_us = -60 * SECOND_US }));
	cr_assert(!is_repeat(t, &(struct line){ .pattern = 1, .account = "106" }));
	cr_assert(!is_repeat(t, &(struct line){ .pattern = 1, .account = "106" }));
	image_save(&out);
	told_image(&t->told, &out);
	cr_assert_lt(out.len, 1024, "only what may still be told again");
	told_fini(&t->told);
	cr_assert_eq(told_init(&t->told), 0);
	image_load(&in, slice_of(out.bytes, out.len));
	told_image(&t->told, &in);
	cr_assert(image_is_whole(&in));
	image_fini(&out);
	cr_assert(is_repeat(t, &(struct line){ .pattern = 2, .account = "106" }));
	cr_assert(is_repeat(t, &(struct line){ .pattern = 2, .account = "106" }));
	cr_assert(!is_repeat(t, &(struct line){ .pattern = 2, .account = "106" }), "the third is new");
	teller_free(t);
}

Test(told, image_of_nonsense)
{
	static const uint64_t counts[][2] = { { 5000, 2049 }, { 1, 2 }, { 0, UINT64_MAX } };
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct told told;
		struct image in;
		cr_assert_eq(told_init(&told), 0);
		image_load(&in, slice_of(counts[i], sizeof counts[i]));
		told_image(&told, &in);
		cr_assert(in.failed, "case %zu", i);
		told_fini(&told);
	}
}
