/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* Lines of logs, alone and beside the wire. */

#define ACTOR "203.0.113.40"
#define PHONE "192.0.2.21"

Test(log_lines, log_lines)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 40; i++) {
		talk_log_line(t, ACTOR, "1000", OUTCOME_REFUSED);
		talk_wait(t, 300000);
	}
	cr_assert_eq(t->seen_count, 40, "known at once");
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 40);
	cr_assert_str_eq(talk_last(t)->account, "1000");
	talk_log_line(t, ACTOR, "1000", OUTCOME_ACCEPTED);
	cr_assert(seen_flag(talk_last(t), CHOICE_BREACHED));
	for (int i = 0; i < 3; i++)
		talk_log_line(t, PHONE, "100", OUTCOME_REFUSED);
	talk_log_line(t, PHONE, "100", OUTCOME_ACCEPTED);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, ACTOR);
	cr_assert_eq(f->verdict, VERDICT_BLOCK, "%s", v->text);
	cr_assert_str_eq(f->breached, "1000");
	cr_assert_eq(f->messages, 41);
	cr_assert_eq(f->answered, 41);
	cr_assert_eq(f->proof, PROOF_ECHOED);
	cr_assert_str_eq(f->agent, "teapot/1");
	cr_assert_null(verdict_on(v, PHONE), "three typing errors");
	verdicts_free(v);
	cr_assert_eq(analyzer_counters(t->analyzer).actors, 2);
	cr_assert_eq(analyzer_counters(t->analyzer).observations, 45);
	talk_free(t);
}

Test(log_lines, success_in_a_log_makes_a_peer)
{
	struct talk *t = talk_new(NULL);
	talk_log_line(t, PHONE, "100", OUTCOME_ACCEPTED);
	talk_misbehave(t, PHONE);
	must_be(t, PHONE, VERDICT_SPARED, "registered", "log and wire together");
	talk_free(t);
}

/* What the wire shows already is not counted again from the log of the same server. */
Test(log_lines, log_of_what_the_wire_showed)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 10; i++) {
		talk_register(t, PHONE, "100", "n", 403);
		talk_wait(t, SECOND_US);
		talk_log_line(t, PHONE, "100", OUTCOME_REFUSED);
		talk_wait(t, 20 * SECOND_US);
	}
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 10);
	cr_assert_eq(analyzer_counters(t->analyzer).log_repeats, 10);
	talk_log_line(t, PHONE, "100", OUTCOME_REFUSED);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 11, "the wire showed nothing like it for 20 s");
	/* SIP on the wire tells nothing of what a web server, IAX2, AMI or a TLS connection of the same address saw. */
	static const uint8_t others[][2] = { { CHOICE_CATEGORY, CATEGORY_PROVISIONING },
					     { CHOICE_CATEGORY, CATEGORY_SERVICE },
					     { CHOICE_TRANSPORT, TRANSPORT_TLS },
					     { CHOICE_TRANSPORT, TRANSPORT_WSS } };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		size_t before = t->seen_count;
		talk_exchange(t, (struct ask){ .from = PHONE }, 200);
		struct observation o;
		observation_init(&o);
		o.time_us = t->now_us;
		o.from_log = true;
		o.address[ADDRESS_SOURCE_IP] = talk_addr(PHONE);
		o.choice[CHOICE_OUTCOME] = OUTCOME_ERROR;
		o.choice[others[i][0]] = others[i][1];
		analyzer_log(t->analyzer, &o);
		cr_assert_eq(t->seen_count, before + 2, "case %zu", i);
	}
	talk_free(t);
}

/* A phone with an old password, every 20 seconds, while its log writes no zone. */
static void tries(struct talk *t, int count)
{
	for (int i = 0; i < count; i++) {
		talk_log_line(t, PHONE, "100", OUTCOME_REFUSED);
		talk_wait(t, 20 * SECOND_US);
	}
}

Test(analyzer_log, an_hour_that_comes_twice)
{
	static const int64_t steps_s[] = { 3600, 600, 61, 30 };
	for (size_t i = 0; i < sizeof steps_s / sizeof *steps_s; i++) {
		struct talk *t = talk_new(NULL);
		tries(t, 200);
		t->now_us -= steps_s[i] * SECOND_US;
		tries(t, 400);
		must_be(t, PHONE, VERDICT_WATCH, NULL, "clock put back");
		talk_free(t);
	}
}

Test(analyzer_log, the_clock_of_logs_survives_damage)
{
	struct talk *t = talk_new(NULL);
	tries(t, 30);
	int64_t now_us = t->now_us;
	t->now_us += 5000 * DAY_US; /* a damaged line */
	talk_log_line(t, PHONE, "100", OUTCOME_REFUSED);
	t->now_us = now_us;
	tries(t, 200);
	must_be(t, PHONE, VERDICT_WATCH, NULL, "one damaged time");
	talk_free(t);
}

static void dial_line(struct talk *t, const char *number, enum outcome outcome)
{
	struct observation o;
	observation_init(&o);
	o.time_us = t->now_us;
	o.place.number = ++t->packet;
	o.from_log = true;
	o.address[ADDRESS_SOURCE_IP] = talk_addr(ACTOR);
	o.choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	observation_set_text(&o, TEXT_DIALED, slice_str(number));
	observation_set_text(&o, TEXT_METHOD, SLICE("INVITE"));
	analyzer_log(t->analyzer, &o);
	talk_wait(t, MINUTE_US);
}

Test(log_lines, numbers_dialled_in_a_log)
{
	static const char *const prefixes[] = { "00", "000", "9", "900", "+", "9011" };
	struct talk *t = talk_new(NULL);
	for (size_t i = 0; i < 6; i++) {
		char number[32];
		snprintf(number, sizeof number, "%s972597438354", prefixes[i]);
		dial_line(t, number, OUTCOME_FORBIDDEN);
	}
	cr_assert_eq(seen_number(talk_last(t), NUMBER_DIAL_PREFIXES), 6);
	cr_assert_str_eq(talk_last(t)->dialed, "9011972597438354");
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_str_eq(must_find(v, ACTOR)->tails, "97438354");
	verdicts_free(v);
	talk_free(t);
}

/* Rules that ask for the country are answered also when nobody knows it. */
Test(log_lines, without_geo)
{
	static const char rules[] = "title: from XX\nname: t.xx\nlogsource: {product: siphound, category: observation}\n"
				    "detection: {s: {source.geo.country_iso_code: XX}, t: {source.as.number: 0}, condition: s or t}\n"
				    "level: high\nsiphound: {stage: probe}\n";
	struct talk *t = talk_new_with(rules, NULL);
	talk_misbehave(t, ACTOR);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(v->count, 0);
	verdicts_free(v);
	talk_free(t);
}

