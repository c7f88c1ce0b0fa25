/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_OUTPUT_FIXTURES_H
#define TESTS_UNIT_OUTPUT_FIXTURES_H

#include "core/clock.h"
#include "output/sink.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Fabricated offenders, and sinks that write into memory. */

#define NOON ((int64_t)1767355200 * SECOND_US) /* 2026-01-02T12:00:00Z */

/* What a hostile sender may put into any of its texts. */
#define HOSTILE                                                                                              \
	"\x1b[31m\x1b]0;title\x07 a\r\nb\t\x00z \xe2\x80\xae\xe2\x81\xa6 \xff\xc0\xaf \x7f \xc2\x9b\x31m "   \
	"\"q\" <b> \\n ,;"

static const char *const fixture_inputs[] = { "a.pcap", "x.log" };
static const bool fixture_is_log[] = { false, true };

static const struct rule fixture_rules[] = {
	{ .id = "sweep.sequential",
	  .uuid = "5d7c1c8e-2f6a-4a57-9c0e-0d8a4f5b6c7d",
	  .title = "Addresses swept in order",
	  .file = "rules/sweep/sequential.yml",
	  .line = 1,
	  .level = LEVEL_HIGH,
	  .stage = STAGE_SWEEP,
	  .proof = PROOF_ANSWERED,
	  .alerts = true },
	{ .id = "crack.one-account",
	  .uuid = "",
	  .title = "Passwords guessed",
	  .file = "rules/crack/one.yml",
	  .line = 3,
	  .level = LEVEL_CRITICAL,
	  .stage = STAGE_CRACK,
	  .proof = PROOF_ECHOED,
	  .alerts = true },
	{ .id = "probe.plain", .uuid = "", .title = "A probe", .level = LEVEL_LOW, .stage = STAGE_NONE },
};

static inline struct addr fixture_addr(const char *text)
{
	struct addr a = { { 0 } };
	cr_assert(addr_parse(slice_str(text), &a));
	return a;
}

struct fixture {
	struct evidence evidence[2];
	struct offender_rule rules[2];
	struct breach breaches[2];
	struct breach doubts[1]; /* offender.doubt_count is 0: for whoever sets it */
	struct offender offender;
	struct observation observation;
	struct firing firing;
	struct alert alert;
	struct campaign campaign;
	struct input_summary inputs[2];
	struct dialect_count dialects[1];
	const char *notes[1];
	struct run_summary summary;
};

static inline void fixture_offender(struct fixture *f, const char *address)
{
	f->evidence[0] = (struct evidence){ NOON, { 17, 0 } };
	f->evidence[1] = (struct evidence){ NOON + 5 * MINUTE_US, { 99, 1 } };
	f->rules[0] =
	    (struct offender_rule){ &fixture_rules[1], 236, NOON, NOON + 5 * MINUTE_US, 2, f->evidence };
	f->rules[1] = (struct offender_rule){ &fixture_rules[0], 1, NOON, NOON, 1, f->evidence };
	f->breaches[0] = (struct breach){ SLICE("1000"), NOON + 6 * MINUTE_US, 236,	     3,
					  "digits",	 { 700, 0 },	       5 * MINUTE_US };
	f->doubts[0] =
	    (struct breach){ SLICE("1004"), NOON + 7 * MINUTE_US, 12, 2, NULL, { 800, 0 }, 90 * MINUTE_US };
	f->offender = (struct offender){
		.address = fixture_addr(address),
		.verdict = VERDICT_BLOCK,
		.score = 87,
		.term_count = 2,
		.terms = { { 70, "level critical (crack.one-account)" }, { 17, "2 stages" } },
		.reason = "It guessed passwords and got in.",
		.avoid = "a longer password.",
		.proof = PROOF_ECHOED,
		.first_us = NOON,
		.last_us = NOON + 7 * MINUTE_US,
		.messages = 21482,
		.answered = 21000,
		.tool = "sipvicious",
		.tool_module = "svcrack",
		.user_agent = SLICE("friendly-scanner"),
		.user_agents = 1,
		.fingerprint = "sip1:OPTIONS",
		.stage_count = 3,
		.stages = { { STAGE_SWEEP, NOON, NOON + MINUTE_US },
			    { STAGE_CRACK, NOON + MINUTE_US, NOON + 6 * MINUTE_US },
			    { STAGE_BREACH, NOON + 6 * MINUTE_US, NOON + 6 * MINUTE_US } },
		.targets = { 62, 1, { fixture_addr("198.51.100.1") } },
		.target_order = ORDER_ASCENDING,
		.accounts = { 120, 2, { SLICE("100"), SLICE("101") } },
		.revealed = { 2, 2, { SLICE("100"), SLICE("101") } },
		.breach_count = 1,
		.breaches = f->breaches,
		.doubts = f->doubts,
		.calls_answered = 3,
		.rule_count = 2,
		.rules = f->rules,
		.ban_ttl_s = 3600,
		.ban_until_us = NOON + 7 * MINUTE_US + HOUR_US,
		.geo = { SLICE("NL"), SLICE("Amsterdam"), SLICE("Example Hosting"), 64500 },
	};
}

static inline void fixture_rest(struct fixture *f)
{
	struct observation *o = &f->observation;
	observation_init(o);
	o->time_us = NOON;
	o->place = (struct place){ 17, 0 };
	o->address[ADDRESS_SOURCE_IP] = f->offender.address;
	o->address[ADDRESS_DESTINATION_IP] = fixture_addr("198.51.100.1");
	observation_set_number(o, NUMBER_SOURCE_PORT, 5070);
	observation_set_number(o, NUMBER_DESTINATION_PORT, 5060);
	observation_set_number(o, NUMBER_CODE, 401);
	observation_set_text(o, TEXT_METHOD, SLICE("REGISTER"));
	observation_set_text(o, TEXT_ACCOUNT, SLICE("1000"));
	observation_set_text(o, TEXT_USER_AGENT, f->offender.user_agent);
	o->choice[CHOICE_TRANSPORT] = TRANSPORT_UDP;
	o->choice[CHOICE_CATEGORY] = CATEGORY_SIP;
	o->choice[CHOICE_OUTCOME] = OUTCOME_REFUSED;
	o->choice[CHOICE_PROOF] = PROOF_ECHOED;
	f->firing = (struct firing){ .rule = &fixture_rules[0],
				     .actor = f->offender.address,
				     .time_us = NOON,
				     .first_us = NOON,
				     .count = 3,
				     .evidence = f->evidence,
				     .evidence_count = 2 };
	f->alert = (struct alert){ &f->firing, o };
	f->campaign = (struct campaign){ "c-0123abcd",
					 &fixture_rules[0],
					 "sip1:OPTIONS",
					 SLICE("1000"),
					 NOON,
					 NOON + HOUR_US,
					 { 80, 1, { f->offender.address } },
					 400 };
	f->inputs[0] = (struct input_summary){ "a.pcap", 21000, 0, NULL };
	f->inputs[1] = (struct input_summary){ "x.log", 482, 2, "cut off at byte 4711" };
	f->dialects[0] = (struct dialect_count){ "asterisk", 400, 82 };
	f->notes[0] = "the mirror lost packets.";
	f->summary = (struct run_summary){
		.input_count = 2,
		.inputs = f->inputs,
		.bytes = 1 << 20,
		.packets = 21482,
		.has_time = true,
		.first_us = NOON,
		.last_us = NOON + 7 * MINUTE_US,
		.sip_messages = 604,
		.requests = { 2, { { "OPTIONS", 300 }, { "REGISTER", 100 } } },
		.responses = { 0, 4, 100, 0, 100, 0, 0 },
		.provisioning = 7,
		.has_log = true,
		.lines = 482,
		.lines_matched = 400,
		.dialect_count = 1,
		.dialects = f->dialects,
		.not_understood = { 1, { { "broken IP header", 3 } } },
		.other_traffic = { 1, { { "DNS", 12 } } },
		.actors = 9,
		.evicted = 1,
		.offenders = { 0, 1, 1, 0, 1 },
		.campaigns = 1,
		.breaches = 1,
		.one_way = true,
		.note_count = 1,
		.notes = f->notes,
	};
}

static inline void fixture_fill(struct fixture *f, const char *address)
{
	fixture_offender(f, address);
	fixture_rest(f);
}

/* Every text that comes from outside is hostile, the same one again and again, and long. */
static inline void fixture_make_hostile(struct fixture *f)
{
	static char big[400];
	memset(big, 'x', sizeof big);
	memcpy(big, HOSTILE, sizeof HOSTILE - 1);
	struct slice hostile = slice_of(big, sizeof big);
	struct offender *o = &f->offender;
	o->user_agent = o->geo.city = o->geo.as_name = o->geo.country = hostile;
	o->accounts = o->revealed = o->dialed = o->tails = o->served =
	    (struct text_sample){ 40, 2, { hostile, SLICE("=1+1") } };
	f->breaches[0].account = hostile;
	o->tool = o->tool_module = NULL;
	f->campaign.account = hostile;
	for (int field = 0; field < TEXT_FIELD_COUNT; field++)
		observation_set_text(&f->observation, (enum text_field)field, hostile);
	f->inputs[0].name = "a\x1b[2J\xe2\x80\xae.pcap";
}

struct memory_file {
	FILE *file;
	char *text;
	size_t len;
	struct report_options options;
};

static inline void memory_open(struct memory_file *m)
{
	*m = (struct memory_file){ .text = NULL };
	m->file = open_memstream(&m->text, &m->len);
	cr_assert(m->file);
	m->options = (struct report_options){ .out = m->file,
					      .inputs = fixture_inputs,
					      .input_count = 2,
					      .input_is_log = fixture_is_log,
					      .observations = true };
}

static inline void memory_close(struct memory_file *m)
{
	fclose(m->file);
	free(m->text);
}

/* One of each record, in the order of sink.h; flushed, so m->text can be looked at. */
static inline void fixture_send(struct sink *s, const struct fixture *f, struct memory_file *m)
{
	struct error err;
	cr_assert(s);
	if (s->ops->observation)
		s->ops->observation(s, &f->observation);
	if (s->ops->alert)
		s->ops->alert(s, &f->alert);
	if (s->ops->campaign)
		s->ops->campaign(s, &f->campaign);
	if (s->ops->offender)
		s->ops->offender(s, &f->offender);
	if (s->ops->summary)
		s->ops->summary(s, &f->summary);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	fflush(m->file);
}

#endif
