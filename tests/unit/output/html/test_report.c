/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

#include "output/html/frame.h"
#include "output/html/report.h"
#include "output/report/store.h"
#include "output/sha256.h"

static void expect(const char *text, const char *part)
{
	cr_expect_not_null(strstr(text, part), "\"%s\" is not in the report", part);
}

static size_t occurrences(const char *text, const char *part)
{
	size_t count = 0;
	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

static struct observation *observe(struct fixture *f, int64_t at_us, unsigned number, enum outcome outcome)
{
	static char account[16];
	struct observation *o = &f->observation;
	uint8_t v4[4] = { 198, 51, 100, (uint8_t)number };
	o->time_us = NOON + at_us;
	o->address[ADDRESS_DESTINATION_IP] = addr_from_v4(v4);
	o->choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	snprintf(account, sizeof account, "%u", 100 + number);
	observation_set_text(o, TEXT_ACCOUNT, slice_str(account));
	return o;
}

Test(report_html, answers_the_three_questions)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	memory_open(&m);
	fixture_send(report_html_new(&m.options), &f, &m);
	static const char *const parts[] = {
		"Who must be blocked?",
		"<p class=\"big\">1 address</p>",
		"href=\"#a-203.0.113.41\"",
		"Did anyone get in?",
		"Yes: 1 account",
		"guessed its password after 236 wrong tries at 2026-01-02 12:06:00",
		"How do we know?",
		"used what only our answers carried",
		"id=\"a-203.0.113.41\"",
		"packet 17 of a.pcap at 2026-01-02T12:00:00.000000Z",
		"line 99 of x.log",
		"asterisk",
		"the mirror lost packets.",
		"cut off at byte 4711",
		"broken IP header",
		"c-0123abcd",
		"Example Hosting",
		"Only one direction of the traffic was seen",
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		expect(m.text, parts[i]);
	memory_close(&m);
}

/* "No" only where it could have been seen. */
Test(report_html, whether_anyone_got_in_may_not_be_seen)
{
	static const struct {
		bool one_way, is_cut;
		const char *answer;
	} cases[] = {
		{ false, false, "<p class=\"big\">No</p>" },
		{ true, false, "<p class=\"big\">It can not be seen</p>" },
		{ false, true, "<p class=\"big\">It can not be seen</p>" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static struct fixture f;
		struct memory_file m;
		struct error err;
		fixture_fill(&f, "203.0.113.41");
		f.summary.breaches = f.summary.doubts = 0;
		f.summary.one_way = cases[i].one_way;
		f.summary.is_cut = cases[i].is_cut;
		memory_open(&m);
		struct sink *s = report_html_new(&m.options);
		s->ops->summary(s, &f.summary);
		cr_assert_eq(s->ops->finish(s, &err), 0);
		s->ops->free(s);
		fflush(m.file);
		expect(m.text, cases[i].answer);
		memory_close(&m);
	}
}

Test(report_html, lets_nothing_in_and_runs_nothing)
{
	static struct fixture f;
	struct memory_file m;
	char source[SHA256_SOURCE_MAX], policy[256];
	fixture_fill(&f, "203.0.113.41");
	memory_open(&m);
	fixture_send(report_html_new(&m.options), &f, &m);
	snprintf(policy, sizeof policy,
		 "content=\"default-src 'none'; style-src '%s'; base-uri 'none'; form-action 'none'\"",
		 sha256_source(html_style(), source));
	expect(m.text, policy);
	static const char *const never[] = { "<script", "http:", "https:",  " style=", "javascript:",
					     "<img",	"<link", "<iframe", "url(" };
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		cr_expect_null(strstr(m.text, never[i]), "%s", never[i]);
	cr_expect_eq(occurrences(m.text, "<style>"), 1);
	memory_close(&m);
}

Test(report_html, draws_the_sweep_and_the_ladder)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	memory_open(&m);
	struct sink *s = report_html_new(&m.options);
	for (unsigned i = 0; i < 100; i++)
		s->ops->observation(
		    s, observe(&f, i * SECOND_US, i, i == 1 ? OUTCOME_REFUSED : OUTCOME_UNKNOWN_TARGET));
	fixture_send(s, &f, &m);
	expect(m.text, "<section id=\"sweep\"");
	expect(m.text, "<section id=\"ladder\"");
	expect(m.text, "class=\"m m-refused\"");
	expect(m.text, "class=\"m m-ring\""); /* 100 and 101 were given away */
	expect(m.text, "198.51.100.0");
	expect(m.text, "They were taken one after the other, upwards.");
	expect(m.text, "<a href=\"#sweep\">Its sweep picture</a> is above.");
	memory_close(&m);
}

/* All that comes from outside, at every place where it is shown. */
Test(report_html, texts_from_outside_are_only_text)
{
	static const char evil[] = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
	static struct fixture f;
	struct memory_file m;
	struct slice text = slice_str(evil);
	fixture_fill(&f, "203.0.113.41");
	struct offender *o = &f.offender;
	o->user_agent = o->geo.city = o->geo.as_name = o->geo.country = text;
	o->accounts = o->revealed = o->dialed = o->tails = o->served =
	    (struct text_sample){ 40, 2, { text, SLICE("&amp;") } };
	o->tool = NULL;
	f.breaches[0].account = f.campaign.account = text;
	f.inputs[0].name = f.notes[0] = evil;
	memory_open(&m);
	static const char *const inputs[] = { evil, "x.log" };
	m.options.inputs = inputs;
	struct sink *s = report_html_new(&m.options);
	for (unsigned i = 0; i < 20; i++) {
		struct observation *seen = observe(&f, i * SECOND_US, i, OUTCOME_REFUSED);
		observation_set_text(seen, TEXT_ACCOUNT, slice_from(text, i));
		observation_set_text(seen, TEXT_DIALED, text);
		s->ops->observation(s, seen);
	}
	fixture_send(s, &f, &m);
	cr_expect_null(strstr(m.text, "<script"));
	cr_expect_null(strstr(m.text, "<img"));
	cr_expect_null(strstr(m.text, "onerror=alert(1)>"));
	expect(m.text, "&lt;script&gt;alert(1)&lt;/script&gt;");
	memory_close(&m);
}

Test(report_html, hostile_bytes_do_not_reach_the_page)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	fixture_make_hostile(&f);
	memory_open(&m);
	fixture_send(report_html_new(&m.options), &f, &m);
	for (size_t i = 0; i < m.len; i++)
		cr_assert(m.text[i] == '\n' || (m.text[i] >= 0x20 && m.text[i] < 0x7f), "byte %02x at %zu",
			  (uint8_t)m.text[i], i);
	cr_expect_null(strstr(m.text, "<b>"));
	memory_close(&m);
}

Test(report_html, is_bounded_and_says_so)
{
	enum { MANY = HTML_ROWS_MAX + 2000 };
	static struct fixture f;
	struct memory_file m;
	struct error err;
	fixture_fill(&f, "203.0.113.41");
	memory_open(&m);
	struct sink *s = report_html_new(&m.options);
	for (uint32_t i = 0; i < MANY; i++) {
		uint8_t v4[4] = { 203, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
		f.offender.address = addr_from_v4(v4);
		s->ops->offender(s, &f.offender);
	}
	s->ops->summary(s, &f.summary);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	fflush(m.file);
	cr_expect_eq(occurrences(m.text, "<article class=\"offender\""), HTML_SECTIONS_MAX);
	cr_expect_eq(occurrences(m.text, "<tr><td><span class=\"tag"), HTML_ROWS_MAX);
	expect(m.text, "and 2,000 more, less grave than these");
	expect(m.text, "6,800 more have no section here");
	memory_close(&m);
}

Test(report_html, of_a_store_says_what_it_can_not_show)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	memory_open(&m);
	const struct report_store_query query = { .name = "/tmp/<b>.db", .filter = { .since_us = NOON } };
	f.summary = (struct run_summary){ .offenders = { 0, 1 }, .breaches = 1 };
	fixture_send(report_html_store_new(&m.options, &query), &f, &m);
	expect(m.text, "A store keeps verdicts, evidence and samples, not single requests.");
	expect(m.text, "Store /tmp/&lt;b&gt;.db, who was seen since 2026-01-02 12:00:00.");
	memory_close(&m);
}

Test(report_html, says_perhaps)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	memory_open(&m);
	f.offender.verdict = VERDICT_SPARED;
	f.offender.breach_count = 0;
	f.offender.doubt_count = 1;
	f.summary.breaches = 0;
	f.summary.doubts = 1;
	fixture_send(report_html_new(&m.options), &f, &m);
	expect(m.text, "<p class=\"big\">Perhaps: 1 account</p>");
	expect(m.text,
	       "account 1004 opened to 203.0.113.41 at 2026-01-02 12:07:00, after 12 refused passwords");
	expect(m.text, "If nobody changed the password, it was guessed");
	expect(m.text, "Where it got in, perhaps");
	cr_expect_eq(occurrences(m.text, "No account was taken over"), 0);
	memory_close(&m);
}

Test(report_html, of_nothing_says_nobody)
{
	struct memory_file m;
	struct error err;
	struct run_summary nothing = { .packets = 10 };
	memory_open(&m);
	struct sink *s = report_html_new(&m.options);
	s->ops->summary(s, &nothing);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	fflush(m.file);
	expect(m.text, "<p class=\"big\">Nobody</p>");
	expect(m.text, "<p class=\"big\">No</p>");
	expect(m.text, "No SIP attack in");
	memory_close(&m);
}
