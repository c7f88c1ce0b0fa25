/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

#include "output/escape.h"
#include "output/report/table.h"

static void finish(struct sink *s, struct memory_file *m, const struct run_summary *summary)
{
	struct error err;
	s->ops->summary(s, summary);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	fflush(m->file);
}

/* Without the line breaks of the layout, so that a sentence can be looked for. */
static char *unwrapped(const char *text)
{
	char *out = strdup(text), *to = out;
	for (const char *c = text; *c; c++)
		if (*c != ' ' && *c != '\n')
			*to++ = *c;
		else if (to == out || to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
	return out;
}

static void expect_sentence(const char *text, const char *sentence)
{
	char *flat = unwrapped(text);
	cr_expect_not_null(strstr(flat, sentence), "\"%s\" is not in:\n%s", sentence, text);
	free(flat);
}

Test(report_text, tells_the_story)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	memory_open(&m);
	m.options.width = 160;
	fixture_send(report_text_new(&m.options), &f, &m);
	static const char breach[] =
	    "BREACH: account 1000 - 203.0.113.41 guessed its password after 236 wrong tries at";
	cr_expect_eq(strncmp(m.text, breach, sizeof breach - 1), 0, "%s", m.text);
	static const char *const sentences[] = {
		"at 2026-01-02 12:06:00 (the password is digits only), then placed 3 calls.",
		"2 attackers in 1 capture and 1 log (21,482 packets, 482 log lines, 604 SIP messages, "
		"2026-01-02 12:00:00 - "
		"12:07:00 UTC): 1 to block, 1 to watch, 1 spared.",
		"NL AS64500",
		"sweep > crack > breach",
		"It swept addresses for phone systems (62 addresses, ascending) at 12:00:00, then guessed "
		"passwords (120 accounts: "
		"100, 101 and 118 more) at 12:01:00, then got in at 12:06:00.",
		"rules crack.one-account (critical, 236 observations, first in packet 17 of a.pcap)",
		"It learned from our own answers that these accounts exist: 100 and 101.",
		"Block 203.0.113.41 for 1 hour, until 2026-01-02 13:07:00.",
		"What would have avoided it: a longer password.",
		"c-0123abcd: 80 addresses with one plan",
		"Not understood: broken IP header 3.",
		"Damage: x.log: 2 records or blocks could not be read (cut off at byte 4711)",
		"Only one direction of the traffic was seen",
		"Note: the mirror lost packets.",
	};
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
		expect_sentence(m.text, sentences[i]);
	cr_expect_null(strchr(m.text, '\033'), "no colours were asked for");
	memory_close(&m);
}

Test(report_text, nothing_found)
{
	struct memory_file m;
	memory_open(&m);
	m.options.input_is_log = NULL;
	struct input_summary input = { .name = "a.pcap" };
	finish(report_text_new(&m.options), &m,
	       &(struct run_summary){ .input_count = 1, .inputs = &input, .packets = 1 });
	cr_expect_str_eq(
	    m.text,
	    "No attacker found in 1 capture (1 packet, 0 SIP messages).\n\nRead: 0 addresses that acted.\n");
	memory_close(&m);
}

/* Who injects into the log hides in it: "No attacker found" alone would say that all is well. */
Test(report_text, a_log_that_is_mostly_forged)
{
	static const struct {
		uint64_t matched, forged;
		bool is_told;
	} cases[] = { { 21, 399, true }, { 0, 5, true }, { 21, 21, false }, { 0, 0, false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct memory_file m;
		memory_open(&m);
		finish(report_text_new(&m.options), &m,
		       &(struct run_summary){ .has_log = true,
					      .lines = 420,
					      .lines_matched = cases[i].matched,
					      .lines_forged = cases[i].forged });
		char *flat = unwrapped(m.text);
		const char *beware = strstr(flat, "Beware: "), *logs = strstr(flat, "Logs: ");
		cr_expect(cases[i].is_told ? beware && beware < logs : !beware, "case %zu:\n%s", i, m.text);
		bool asks = strstr(flat, "is it the log of a program");
		cr_expect_eq(asks, !cases[i].matched && !cases[i].forged, "case %zu:\n%s", i, m.text);
		free(flat);
		memory_close(&m);
	}
}

Test(report_text, sections_by_verdict)
{
	static struct fixture f;
	struct memory_file m;
	memory_open(&m);
	struct sink *s = report_text_new(&m.options);
	static const enum verdict verdicts[] = { VERDICT_SPARED, VERDICT_VICTIM };
	for (size_t i = 0; i < 2; i++) {
		fixture_fill(&f, "192.0.2.5");
		f.offender.verdict = verdicts[i];
		f.offender.breach_count = 0;
		s->ops->offender(s, &f.offender);
	}
	finish(s, &m, &(struct run_summary){ .offenders = { 0, 0, 0, 1, 1 } });
	expect_sentence(m.text,
			"No attacker to block, but 1 spared address did what attackers do, in the input");
	expect_sentence(m.text, ": 1 victim, 1 spared.");
	cr_expect_not_null(strstr(m.text, "VICTIMS:"));
	cr_expect_not_null(strstr(m.text, "SPARED:"));
	cr_expect_null(strstr(m.text, "VERDICT"), "neither stands in the table of attackers");
	cr_expect_null(strstr(m.text, "LOST"), "calls of honest peers are answered");
	memory_close(&m);
}

/* Nobody can tell, and that is what is said. */
Test(report_text, an_account_that_was_guessed_perhaps)
{
	static struct fixture f;
	struct memory_file m;
	memory_open(&m);
	struct sink *s = report_text_new(&m.options);
	fixture_fill(&f, "192.0.2.5");
	f.offender.verdict = VERDICT_SPARED;
	f.offender.breach_count = f.offender.rule_count = 0;
	f.offender.doubt_count = 1;
	s->ops->offender(s, &f.offender);
	finish(s, &m, &(struct run_summary){ .offenders = { 0, 0, 0, 0, 1 }, .doubts = 1 });
	expect_sentence(m.text, "PERHAPS A BREACH: account 1004 opened to 192.0.2.5 at 2026-01-02 12:07:00, "
				"after 12 refused passwords in 1 h 30 min, then placed 2 calls. A phone "
				"whose password was corrected looks the same. If nobody changed the "
				"password, it was guessed:");
	expect_sentence(m.text, "No attacker found for certain in the input");
	expect_sentence(m.text, "LOST, perhaps: account 1004 opened");
	expect_sentence(m.text, "Ask whether somebody corrected that password then; if not, change it.");
	memory_close(&m);
}

/* Who is spared is no attacker, but the headline must not make him disappear. */
Test(report_text, a_spared_one_that_attacks_is_in_the_headline)
{
	static struct fixture f;
	struct memory_file m;
	memory_open(&m);
	struct sink *s = report_text_new(&m.options);
	fixture_fill(&f, "192.0.2.5");
	f.offender.verdict = VERDICT_SPARED;
	f.offender.stage_count = 1; /* a sweep, that has nothing to do with accounts */
	f.offender.dialed = (struct text_sample){ 1, 1, { SLICE("0900123") } };
	s->ops->offender(s, &f.offender);
	finish(s, &m, &(struct run_summary){ .offenders = { 0, 0, 0, 0, 1 }, .dropped = 3 });
	expect_sentence(m.text,
			"No attacker to block, but 1 spared address did what attackers do, in the input");
	expect_sentence(
	    m.text, "It used or tried 120 accounts: 100, 101 and 118 more. It dialled 1 number: 0900123.");
	expect_sentence(m.text, "rules crack.one-account (critical, 236 observations");
	expect_sentence(m.text, "Memory: 3 times room was short");
	memory_close(&m);
}

static void expect_narrow(const char *text, size_t width)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		cr_expect_leq(text_columns(slice_of(text, len)), width, "width %zu: %.*s", width, (int)len,
			      text);
		text += len + (text[len] == '\n');
	}
}

Test(report_text, is_never_wider_than_the_terminal)
{
	static const unsigned widths[] = { 40, 41, 55, 60, 72, 80, 100, 132, 200 };
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
		for (int hostile = 0; hostile < 2; hostile++) {
			static struct fixture f;
			struct memory_file m;
			fixture_fill(&f, "2001:db8:1234:5678:9abc:def0:1234:5678");
			if (hostile)
				fixture_make_hostile(&f);
			memory_open(&m);
			m.options.width = widths[i];
			fixture_send(report_text_new(&m.options), &f, &m);
			expect_narrow(m.text, widths[i]);
			cr_expect_not_null(strstr(m.text, "\n2001:db8:1234:5678:9abc:def0:1234:5678"));
			memory_close(&m);
		}
}

Test(report_text, table_keeps_words_whole)
{
	static struct fixture f;
	struct memory_file m;
	memory_open(&m);
	struct sink *s = report_text_new(&m.options);
	fixture_fill(&f, "203.0.113.41");
	f.offender.tool = f.offender.tool_module = NULL;
	f.offender.dialed.count = 7;
	s->ops->offender(s, &f.offender);
	finish(s, &m, &(struct run_summary){ .offenders = { 0, 1, 0, 0, 0 } });
	const char *table = strstr(m.text, "VERDICT"), *end = strstr(m.text, "It sent");
	const char *name = strstr(table, "\"friendly-scanner\"");
	cr_expect(name && name < end, "%s", m.text);
	memory_close(&m);
}

/* Everything but the colours that the report itself sets. */
static void expect_tame(const char *text, size_t len)
{
	static const char *const colors[] = { "\033[0m",  "\033[1m",  "\033[1;31m",
					      "\033[33m", "\033[32m", "\033[36m" };
	for (struct slice rest = slice_of(text, len); rest.len;) {
		uint32_t code;
		size_t used = 0;
		for (size_t i = 0; i < sizeof colors / sizeof *colors; i++)
			if (slice_starts(rest, slice_str(colors[i])))
				used = strlen(colors[i]);
		if (!used) {
			used = utf8_decode(rest, &code);
			cr_assert(used > 0, "no UTF-8");
			cr_assert(code == '\n' || !code_is_control(code), "code %x", code);
		}
		rest = slice_from(rest, used);
	}
}

Test(report_text, nothing_of_a_stranger_reaches_the_terminal_unescaped)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	fixture_make_hostile(&f);
	memory_open(&m);
	m.options.color = COLOR_YES;
	fixture_send(report_text_new(&m.options), &f, &m);
	expect_tame(m.text, m.len);
	cr_expect_not_null(strstr(m.text, "\\x1b[31m"));
	cr_expect_not_null(strstr(m.text, "\033[1;31mBREACH"));
	cr_expect_null(strstr(m.text, "\033[31m"));
	memory_close(&m);
	memory_open(&m);
	struct addr address = f.offender.address;
	fixture_send(report_why_new(&m.options, &address), &f, &m);
	expect_tame(m.text, m.len);
	memory_close(&m);
}

Test(report_text, many_offenders_are_bounded)
{
	static struct fixture f;
	struct memory_file m;
	memory_open(&m);
	struct sink *s = report_text_new(&m.options);
	for (int i = 0; i < 1000; i++) {
		fixture_fill(&f, "203.0.113.41");
		f.offender.address.bytes[14] = (uint8_t)(i >> 8);
		f.offender.address.bytes[15] = (uint8_t)i;
		s->ops->offender(s, &f.offender);
	}
	finish(s, &m, &(struct run_summary){ .offenders = { 0, 1000, 0, 0, 0 } });
	size_t stories = 0;
	for (const char *at = m.text; (at = strstr(at, "It sent ")); at++)
		stories++;
	cr_expect_eq(stories, 25);
	cr_expect_not_null(strstr(m.text, "and 800 more; use --format json or csv for all."));
	cr_expect_not_null(strstr(m.text, "and 975 more; use --format json or csv for all."));
	cr_expect_not_null(strstr(m.text, "and 950 more; use --format json or csv for all."));
	memory_close(&m);
}

Test(report_text, same_records_same_bytes)
{
	static struct fixture f;
	struct memory_file a, b;
	fixture_fill(&f, "203.0.113.41");
	memory_open(&a);
	memory_open(&b);
	fixture_send(report_text_new(&a.options), &f, &a);
	fixture_send(report_text_new(&b.options), &f, &b);
	cr_expect_str_eq(a.text, b.text);
	memory_close(&a);
	memory_close(&b);
}
