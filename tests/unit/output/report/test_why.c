/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

static struct fixture f;

static void explain(struct memory_file *m, const char *address)
{
	struct addr a = fixture_addr(address);
	memory_open(m);
	m->options.width = 250;
	fixture_send(report_why_new(&m->options, &a), &f, m);
}

#define expect_has(part) cr_expect_not_null(strstr(m.text, part), "\"%s\" is not in:\n%s", part, m.text)

Test(report_why, names_every_place_and_term)
{
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	explain(&m, "203.0.113.41");
	expect_has("203.0.113.41: block, score 87\n");
	expect_has("    packet 17 of a.pcap at 2026-01-02T12:00:00.000000Z\n");
	expect_has("    line 99 of x.log at 2026-01-02T12:05:00.000000Z\n");
	expect_has("    and 234 more between the first and the latest of these\n");
	expect_has("crack.one-account (critical, crack): Passwords guessed.");
	expect_has("(rules/crack/one.yml:3)");
	expect_has("Proof        echoed: ");
	expect_has("Stages       sweep from 2026-01-02 12:00:00 to 12:01:00\n             crack from");
	expect_has("Tool         sipvicious svcrack\n");
	expect_has("Where        NL, Amsterdam, AS64500 Example Hosting\n");
	expect_has("  +70  level critical (crack.one-account)\n  +17  2 stages\n  = 87\n");
	expect_has("What would have avoided it: a longer password.");
	expect_has("Campaign c-0123abcd: ");
	memory_close(&m);
}

Test(report_why, nothing_is_held_against_another)
{
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	explain(&m, "192.0.2.1");
	cr_expect_str_eq(
	    m.text,
	    "Nothing is held against 192.0.2.1: no rule of level medium or above fired for it in 21,482 "
	    "packets.\nIt sent no request that is remembered: a larger --max-actors forgets less.\n",
	    "%s", m.text);
	memory_close(&m);
}

Test(report_why, tells_what_fired_for_a_forgotten_one)
{
	struct memory_file m;
	struct error err;
	fixture_fill(&f, "203.0.113.41");
	f.firing.rule = &fixture_rules[2];
	memory_open(&m);
	struct sink *s = report_why_new(&m.options, &f.offender.address);
	s->ops->alert(s, &f.alert);
	s->ops->summary(s, &f.summary);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	fflush(m.file);
	expect_has("Nothing is held against 203.0.113.41");
	expect_has("Rule probe.plain (low) fired, 3 observations counted, first at 2026-01-02 12:00:00.");
	memory_close(&m);
}

Test(report_why, tells_what_a_bystander_did)
{
	struct memory_file m;
	struct error err;
	fixture_fill(&f, "203.0.113.41");
	f.rules[0].rule = &fixture_rules[2];
	struct offender o = { .address = f.offender.address,
			      .reason = "It is registered.",
			      .proof = PROOF_ECHOED,
			      .first_us = NOON,
			      .last_us = NOON,
			      .messages = 3,
			      .answered = 2,
			      .calls_answered = 1,
			      .rules = f.rules,
			      .rule_count = 1,
			      .accounts = { 1, 1, { SLICE("1000") } } };
	memory_open(&m);
	struct sink *s = report_why_new(&m.options, &o.address);
	s->ops->bystander(s, &o);
	s->ops->alert(s, &f.alert);
	s->ops->summary(s, &f.summary);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	fflush(m.file);
	cr_expect_eq(strncmp(m.text, "Nothing is held against 203.0.113.41: ", 38), 0, "%s", m.text);
	expect_has("It is registered.\n");
	expect_has("Seen         3 messages at 2026-01-02 12:00:00, 2 answered\n");
	expect_has("Accounts     1: 1000\n");
	expect_has("Answered     1 of its calls\n");
	expect_has("probe.plain (low): A probe.");
	cr_expect_null(strstr(m.text, "Score"));
	memory_close(&m);
}

Test(report_why, only_why_tells_of_bystanders)
{
	struct memory_file m;
	memory_open(&m);
	struct sink *sinks[] = { report_text_new(&m.options), report_json_new(&m.options),
				 report_csv_new(&m.options) };
	for (size_t i = 0; i < 3; i++) {
		cr_expect_null(sinks[i]->ops->bystander, "%zu", i);
		sinks[i]->ops->free(sinks[i]);
	}
	memory_close(&m);
}
