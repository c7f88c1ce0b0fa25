/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/engine.h"
#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

/* Traffic that is made to be dear for the shipped rules: every text field of 64 KiB of one piece. None of it
 * takes long, and what matches is never cut off by a limit. (What a user's expression does:
 * matching/regex_limits.) */

enum { VALUE_LEN = 65536 };

static void on_fire(void *ctx, const struct firing *f, const struct observation *o)
{
	(void)ctx, (void)f, (void)o;
}

static struct observation observation_of(struct slice value, uint64_t n)
{
	struct observation o;
	observation_init(&o);
	o.time_us = o.known_us = 1795000000 * SECOND_US + (int64_t)n * 1000;
	o.place.number = n + 1;
	o.address[ADDRESS_SOURCE_IP] = addr_from_v4((uint8_t[4]){ 203, 0, 113, (uint8_t)n });
	for (unsigned i = 0; i < TEXT_FIELD_COUNT; i++)
		observation_set_text(&o, (enum text_field)i, value);
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i++)
		observation_set_number(&o, (enum number_field)i, 1000000);
	memset(o.choice, 1, sizeof o.choice);
	o.anomalies = UINT64_MAX >> 8;
	return o;
}

Test(hostile_values, shipped_rules_are_never_slow)
{
	static const char *const pieces[] = { "a",
					      "A",
					      "1",
					      "0",
					      "9",
					      "/",
					      ".",
					      "-",
					      "_",
					      ":",
					      " ",
					      "%",
					      "\xff",
					      "aA1",
					      "a1",
					      "1a",
					      "a.",
					      "1.",
					      "a-",
					      "f0",
					      "1f:",
					      "Mozilla/",
					      "sipcli/v",
					      "friendly-scanner ",
					      "VaxSIPUserAgent/",
					      "00972",
					      "+",
					      "z9hG4bK",
					      "sip:100@",
					      "a@a",
					      "../" };
	static uint8_t value[VALUE_LEN];
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	cr_assert_eq(ruleset_load(rules, SIPHOUND_SOURCE_DIR "/rules", &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	struct engine *e = engine_new(rules, NULL);
	uint64_t *digest = calloc(engine_digest_words(e) + 1, sizeof *digest), n = 0, limits = 0;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		size_t width = strlen(pieces[i]);
		for (size_t at = 0; at + width <= VALUE_LEN; at += width)
			memcpy(value + at, pieces[i], width);
		for (int ends = 0; ends < 2; ends++) { /* nearly fits, and does not */
			value[VALUE_LEN - 1] = ends ? '!' : value[0];
			struct observation o = observation_of(slice_of(value, VALUE_LEN), n++);
			clock_t before = clock();
			memset(digest, 0, engine_digest_words(e) * sizeof *digest);
			engine_look(e, &o, FIELD_ONCE, digest);
			engine_look(e, &o, FIELD_LATE, digest);
			engine_judge(e, &o, digest, on_fire, NULL);
			double took_s = (double)(clock() - before) / CLOCKS_PER_SEC;
			cr_expect_lt(took_s, 2.0, "`%s`...: %.2f s", pieces[i], took_s);
			cr_expect(ends || engine_regex_limits(e) == limits, "`%s`...: cut off", pieces[i]);
			limits = engine_regex_limits(e);
		}
	}
	free(digest);
	engine_free(e);
	ruleset_free(rules);
}
