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
	    "packets.\nIt was not seen to act.\n",
	    "%s", m.text);
	memory_close(&m);
}

Test(report_why, tells_what_was_seen_of_a_harmless_one)
{
	struct memory_file m;
	struct error err;
	fixture_fill(&f, "203.0.113.41");
	f.firing.rule = &fixture_rules[2];
	memory_open(&m);
	struct sink *s = report_why_new(&m.options, &f.offender.address);
	s->ops->observation(s, &f.observation);
	s->ops->alert(s, &f.alert);
	s->ops->summary(s, &f.summary);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	fflush(m.file);
	expect_has("Nothing is held against 203.0.113.41");
	expect_has(
	    "It acted 1 time, at 2026-01-02 12:00:00, first in packet 17 of a.pcap. Outcomes: refused 1.");
	expect_has("Rule probe.plain (low) fired, 3 observations counted, first at 2026-01-02 12:00:00.");
	memory_close(&m);
}
