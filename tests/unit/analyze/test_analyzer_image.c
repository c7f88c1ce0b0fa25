/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* An analyzer that is saved and loaded again, at any moment, says what one says that was never interrupted.
 */

#define CRACKER "203.0.113.40"
#define SLOW	"203.0.113.50"
#define CALLER	"203.0.113.60"
#define PHONE	"192.0.2.21"

static struct analyzer *new_analyzer(struct talk *t, size_t max_actors)
{
	struct analyzer_options options = analyzer_defaults;
	options.rules = t->rules;
	options.max_actors = max_actors;
	options.on_observation = talk_on_observation;
	options.on_alert = talk_on_alert;
	options.ctx = t;
	struct analyzer *a = analyzer_new(&options);
	cr_assert_not_null(a);
	return a;
}

static void restart(struct talk *t)
{
	struct image out, in;
	struct analyzer *next = new_analyzer(t, analyzer_defaults.max_actors);
	image_save(&out);
	analyzer_image(t->analyzer, &out);
	cr_assert_eq(analyzer_signature(next), analyzer_signature(t->analyzer));
	analyzer_free(t->analyzer);
	image_load(&in, slice_of(out.bytes, out.len));
	analyzer_image(next, &in);
	cr_assert(image_is_whole(&in));
	image_fini(&out);
	message_reader_free(t->reader);
	t->analyzer = next;
	t->reader = analyzer_reader_new(next);
	cr_assert_not_null(t->reader);
}

/* The steps of a story in which something is always under way: who cracks quickly and gets in, who tries once
 * in half an hour, a phone that is registered and mistypes, a sweep whose answers are awaited, numbers that
 * are dialled. */
static void step(struct talk *t, unsigned n)
{
	char account[16];
	if (n < 40)
		talk_log_line(t, CRACKER, "1000", n == 39 ? OUTCOME_ACCEPTED : OUTCOME_REFUSED);
	talk_log_line(t, SLOW, "2000", OUTCOME_REFUSED);
	if (n % 7 == 0)
		talk_log_line(t, PHONE, "100", OUTCOME_ACCEPTED);
	if (n % 16 == 3)
		talk_log_line(t, PHONE, "100", OUTCOME_REFUSED);
	snprintf(account, sizeof account, "%u", 3000 + n);
	talk_log_line(t, talk_neighbour("203.0.113.128", n % 8), "4000", OUTCOME_REFUSED);
	talk_log_line(t, "203.0.113.70", account, OUTCOME_UNKNOWN_TARGET);
	talk_ask(t, (struct ask){ .from = CALLER,
				  .to = talk_neighbour("198.51.100.32", n),
				  .user = "100",
				  .agent = "friendly-scanner" });
	talk_wait(t, n < 40 ? 2 * SECOND_US : 1800 * SECOND_US);
}

static char *report(unsigned restart_every)
{
	struct talk *t = talk_new(NULL);
	for (unsigned n = 0; n < 64; n++) {
		step(t, n);
		if (restart_every && n % restart_every == restart_every - 1)
			restart(t);
	}
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_geq(v->count, 4, "%s", v->text);
	char *text = strdup(v->text);
	verdicts_free(v);
	talk_free(t);
	return text;
}

Test(analyzer_image, restarts_change_nothing)
{
	static const unsigned cases[] = { 1, 2, 5, 13, 39, 40, 50 };
	char *whole = report(0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *pieces = report(cases[i]);
		cr_assert_str_eq(pieces, whole, "restarted after every %u steps", cases[i]);
		free(pieces);
	}
	free(whole);
}

/* Four addresses that are refused one account are a campaign. */
#define TOGETHER                                                                                                     \
	"title: r\nname: t.refused\nlogsource: {product: siphound, category: observation}\nlevel: informational\n"          \
	"detection: {s: {siphound.outcome: refused}, condition: s}\n---\n"                                             \
	"title: together\nname: t.together\nlevel: medium\nsiphound: {stage: crack}\ncorrelation:\n    type: value_count\n"   \
	"    rules: [t.refused]\n    group-by: [siphound.account]\n    timespan: 1d\n    condition: {field: source.ip, gte: 4}\n"

static char *campaign(bool restarts)
{
	struct talk *t = talk_new_with(TOGETHER, NULL);
	for (uint32_t i = 0; i < 20; i++) {
		if (restarts && i % 6 == 5)
			restart(t);
		talk_register(t, talk_neighbour("203.0.113.100", i), "1000", "n", 403);
		talk_wait(t, MINUTE_US);
	}
	talk_finish(t);
	if (restarts)
		restart(t);
	struct verdicts *v = verdicts_of(t);
	cr_expect_eq(v->campaigns, 1, "%s", v->text);
	char *text = strdup(v->text);
	verdicts_free(v);
	talk_free(t);
	return text;
}

Test(analyzer_image, a_campaign_goes_on)
{
	char *whole = campaign(false), *pieces = campaign(true);
	cr_expect_str_eq(pieces, whole);
	free(whole);
	free(pieces);
}

Test(analyzer_image, of_other_rules_or_room_is_refused)
{
	struct talk *t = talk_new(NULL);
	struct talk *other = talk_new_with(
	    "title: t\nname: probe.any\nlevel: low\nlogsource: {product: siphound, category: observation}\n"
	    "detection: {a: {sip.method: OPTIONS}, condition: a}\nsiphound: {stage: probe}\n",
	    NULL);
	struct analyzer *small = new_analyzer(t, 100);
	struct image out, in;
	for (unsigned n = 0; n < 20; n++)
		step(t, n);
	image_save(&out);
	analyzer_image(t->analyzer, &out);
	struct analyzer *cases[] = { other->analyzer, small };
	for (size_t i = 0; i < 2; i++) {
		cr_expect_neq(analyzer_signature(cases[i]), analyzer_signature(t->analyzer), "case %zu", i);
		image_load(&in, slice_of(out.bytes, out.len));
		analyzer_image(cases[i], &in);
		cr_expect_not(image_is_whole(&in), "case %zu", i);
	}
	analyzer_free(small);
	image_fini(&out);
	talk_free(other);
	talk_free(t);
}

/* Cut anywhere it fails, and what was loaded by then can be freed. */
Test(analyzer_image, that_is_cut_is_refused)
{
	struct talk *t = talk_new(NULL);
	struct image out, in;
	for (unsigned n = 0; n < 40; n++)
		step(t, n);
	image_save(&out);
	analyzer_image(t->analyzer, &out);
	for (size_t len = 0; len < out.len; len += out.len / 40 + 1) {
		struct analyzer *next = new_analyzer(t, analyzer_defaults.max_actors);
		image_load(&in, slice_of(out.bytes, len));
		analyzer_image(next, &in);
		cr_expect_not(image_is_whole(&in), "%zu of %zu bytes", len, out.len);
		analyzer_free(next);
	}
	image_fini(&out);
	talk_free(t);
}
