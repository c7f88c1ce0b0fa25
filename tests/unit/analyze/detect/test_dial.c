/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

#define THIEF "203.0.113.70"
#define PBX   "198.51.100.10"

static const struct observation *dial(struct measure *m, const char *number, enum outcome outcome)
{
	struct event e = measure_event(m, THIEF, PBX);
	measure_dial(&e, number);
	m->now_us += SECOND_US;
	return measure_both(m, &e, outcome);
}

Test(dial, prefixes_before_one_tail)
{
	static const struct {
		const char *name;
		const char *numbers[8];
		int64_t prefixes, count;
	} cases[] = {
		{ "one number", { "972597438354" }, 1, 1 },
		{ "the same again", { "972597438354", "972597438354", "972597438354" }, 1, 1 },
		{ "a walk",
		  { "00972597438354", "000972597438354", "9972597438354", "900972597438354", "+972597438354", "9011972597438354",
		    "810972597438354" },
		  7,
		  7 },
		{ "other numbers behind one prefix", { "00972597438354", "00972597438355", "00972597438356" }, 1, 3 },
		{ "with and without the access code", { "0301234567890", "00301234567890" }, 2, 2 },
		{ "too short for a prefix", { "12345678", "1234567", "99999999" }, 0, 3 },
		{ "just long enough", { "112345678", "212345678" }, 2, 2 },
		{ "star codes", { "*31#972597438354", "972597438354" }, 2, 2 },
		{ "longest that is kept", { "0000000000000000000972597438354", "000000000000000000972597438354" }, 2, 2 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (size_t i = 0; i < 8 && cases[c].numbers[i]; i++)
			dial(&m, cases[c].numbers[i], OUTCOME_FORBIDDEN);
		cr_assert_eq(measured(&m, NUMBER_DIAL_PREFIXES), cases[c].prefixes, "%s: %lld prefixes", cases[c].name,
			     (long long)measured(&m, NUMBER_DIAL_PREFIXES));
		cr_assert_eq(measured(&m, NUMBER_DIAL_NUMBERS), cases[c].count, "%s: %lld numbers", cases[c].name,
			     (long long)measured(&m, NUMBER_DIAL_NUMBERS));
		measure_close(&m);
	}
}

Test(dial, codes_for_abroad)
{
	static const struct {
		const char *name;
		const char *numbers[4];
		int64_t codes;
	} cases[] = {
		{ "one code, with and without a digit for a line",
		  { "00972597438354", "900972597438354", "000972597438354" },
		  1 },
		{ "of Europe and of America", { "00972597438354", "9011972597438354" }, 2 },
		{ "of four parts of the world",
		  { "00972597438354", "011972597438354", "0011972597438354", "9810972597438354" },
		  4 },
		{ "how people of one country write a number",
		  { "+4989123456789", "004989123456789", "089123456789", "4989123456789" },
		  1 },
		{ "00 and a number of America", { "0012125550123", "0012125550123" }, 1 },
		{ "a town whose code begins like that of America", { "01134960000", "00441134960000" }, 1 },
		{ "no code", { "972597438354", "9972597438354", "+972597438354" }, 0 },
		{ "zeros behind the code", { "0000972597438354", "0110972597438354" }, 0 },
		{ "hardly more than a code", { "011123456", "810123456" }, 0 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		int64_t most = 0;
		measure_open(&m, 1000);
		for (size_t i = 0; i < 4 && cases[c].numbers[i]; i++) {
			dial(&m, cases[c].numbers[i], OUTCOME_UNKNOWN_TARGET);
			most =
			    measured(&m, NUMBER_DIAL_CODES) > most ? measured(&m, NUMBER_DIAL_CODES) : most;
		}
		cr_assert_eq(most, cases[c].codes, "%s: %lld codes", cases[c].name, (long long)most);
		measure_close(&m);
	}
}

Test(dial, lengths_of_prefixes)
{
	static const struct {
		const char *name;
		const char *numbers[3];
		int64_t lengths;
	} cases[] = {
		{ "codes of routes", { "1001442079460123", "1002442079460123", "2001442079460123" }, 1 },
		{ "how thieves walk", { "00442079460123", "900442079460123", "9011442079460123" }, 3 },
		{ "two of one length", { "011442079460123", "900442079460123", "9442079460123" }, 2 },
		{ "a digit more each time", { "442079460123", "1442079460123", "12442079460123" }, 3 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (size_t i = 0; i < 3 && cases[c].numbers[i]; i++)
			dial(&m, cases[c].numbers[i], OUTCOME_FORBIDDEN);
		cr_assert_eq(measured(&m, NUMBER_DIAL_LENGTHS), cases[c].lengths, "%s: %lld lengths",
			     cases[c].name, (long long)measured(&m, NUMBER_DIAL_LENGTHS));
		measure_close(&m);
	}
}

Test(dial, codes_over_all_numbers)
{
	struct measure m;
	measure_open(&m, 1000);
	dial(&m, "00972597438354", OUTCOME_UNKNOWN_TARGET);
	cr_expect_eq(measured(&m, NUMBER_DIAL_CODES_USED), 1);
	dial(&m, "00441134960000", OUTCOME_UNKNOWN_TARGET);
	cr_expect_eq(measured(&m, NUMBER_DIAL_CODES_USED), 1);
	dial(&m, "901137167000111", OUTCOME_UNKNOWN_TARGET);
	dial(&m, "810390212345678", OUTCOME_UNKNOWN_TARGET);
	cr_expect_eq(measured(&m, NUMBER_DIAL_CODES_USED), 3);
	cr_expect_eq(measured(&m, NUMBER_DIAL_CODES), 1, "behind none of them is the same number");
	dial(&m, "089123456", OUTCOME_UNKNOWN_TARGET);
	cr_expect_eq(measured(&m, NUMBER_DIAL_CODES_USED), 3);
	measure_close(&m);
}

Test(dial, failures)
{
	static const struct {
		enum outcome outcome;
		bool abandoned;
		int64_t failed;
	} cases[] = {
		{ OUTCOME_REFUSED, false, 1 },	{ OUTCOME_FORBIDDEN, false, 1 }, { OUTCOME_UNKNOWN_TARGET, false, 1 }, { OUTCOME_ERROR, false, 1 },
		{ OUTCOME_NONE, false, 1 },	{ OUTCOME_CHALLENGED, true, 1 }, { OUTCOME_CHALLENGED, false, 0 },     { OUTCOME_RANG, false, 0 },
		{ OUTCOME_CANCELLED, false, 0 }, { OUTCOME_ANSWERED, false, 0 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		struct event e = measure_event(&m, THIEF, PBX);
		measure_dial(&e, "00972597438354");
		measure_request(&m, &e);
		e.choice[CHOICE_ABANDONED] = cases[c].abandoned ? FLAG_TRUE : FLAG_FALSE;
		measure_outcome(&m, &e, cases[c].outcome);
		cr_assert_eq(measured(&m, NUMBER_DIAL_FAILED), cases[c].failed, "%s",
			     choice_text(CHOICE_OUTCOME, cases[c].outcome));
		measure_close(&m);
	}
}

/* A number counts as failed once, and no longer when it was reached in the end. */
Test(dial, failed_then_answered)
{
	struct measure m;
	measure_open(&m, 1000);
	dial(&m, "00972597438354", OUTCOME_FORBIDDEN);
	dial(&m, "00972597438354", OUTCOME_ERROR);
	cr_assert_eq(measured(&m, NUMBER_DIAL_FAILED), 1);
	dial(&m, "00972597438354", OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_DIAL_FAILED), 0);
	dial(&m, "00972597438354", OUTCOME_ERROR);
	cr_assert_eq(measured(&m, NUMBER_DIAL_FAILED), 0, "busy today");
	dial(&m, "00972597438354", OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_DIAL_FAILED), 0);
	detectors_report_begin(m.all);
	cr_assert_eq(measure_report(&m, THIEF).calls_answered, 1, "numbers that were reached");
	detectors_report_end(m.all);
	measure_close(&m);
}

/* A call to a mobile phone: nothing for ten seconds, then it is answered. */
Test(dial, followup)
{
	struct measure m;
	measure_open(&m, 1000);
	struct event e = measure_event(&m, THIEF, PBX);
	measure_dial(&e, "00972597438354");
	measure_both(&m, &e, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_DIAL_FAILED), 1);
	measure_outcome(&m, &e, OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_DIAL_FAILED), 0);
	cr_assert_eq(measured(&m, NUMBER_DIAL_NUMBERS), 1);
	measure_close(&m);
}

Test(dial, inside_a_dialog_nothing_is_dialled)
{
	struct measure m;
	measure_open(&m, 1000);
	struct event e = measure_event(&m, THIEF, PBX);
	measure_dial(&e, "00972597438354");
	e.in_dialog = true;
	measure_both(&m, &e, OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_DIAL_NUMBERS), 0);
	struct event options = measure_event(&m, THIEF, PBX);
	measure_both(&m, &options, OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_DIAL_NUMBERS), 0);
	measure_close(&m);
}

Test(dial, report)
{
	static const char *const prefixes[] = { "00", "000", "9", "900", "+" };
	struct measure m;
	measure_open(&m, 1000);
	dial(&m, "004930111222333", OUTCOME_ANSWERED);
	for (size_t i = 0; i < 5; i++) {
		char number[40];
		snprintf(number, sizeof number, "%s972597438354", prefixes[i]);
		dial(&m, number, i == 4 ? OUTCOME_ANSWERED : OUTCOME_FORBIDDEN);
	}
	dial(&m, "0088213111222", OUTCOME_FORBIDDEN);
	dial(&m, "988213111222", OUTCOME_FORBIDDEN);
	for (int twice = 0; twice < 2; twice++) {
		detectors_report_begin(m.all);
		struct offender o = measure_report(&m, THIEF);
		cr_assert_eq(o.dialed.count, 8);
		cr_assert_eq(o.dialed.shown, 8);
		cr_assert(slice_eq(o.dialed.items[0], SLICE("004930111222333")), "in order of time");
		cr_assert(slice_eq(o.dialed.items[5], SLICE("+972597438354")));
		cr_assert_eq(o.tails.count, 2,
			     "only tails with several prefixes, of which two are the fewest");
		cr_assert(slice_eq(o.tails.items[0], SLICE("97438354")));
		cr_assert(slice_eq(o.tails.items[1], SLICE("13111222")));
		cr_assert_eq(o.calls_answered, 2);
		detectors_report_end(m.all);
	}
	measure_close(&m);
}

Test(dial, full_tables)
{
	struct measure m;
	measure_open(&m, 64);
	for (unsigned i = 0; i < 3000; i++) {
		char number[40];
		snprintf(number, sizeof number, "00%u972597438354", i);
		dial(&m, number, OUTCOME_FORBIDDEN);
	}
	cr_assert_eq(measured(&m, NUMBER_DIAL_NUMBERS), 3000);
	cr_assert_eq(measured(&m, NUMBER_DIAL_PREFIXES), 3000);
	for (unsigned i = 0; i < 2 * SAMPLE_MAX + 2; i++) {
		char number[40];
		snprintf(number, sizeof number, "%s97259743%04u", i % 2 ? "00" : "011", i / 2);
		dial(&m, number, OUTCOME_FORBIDDEN);
	}
	detectors_report_begin(m.all);
	struct offender o = measure_report(&m, THIEF);
	cr_assert_eq(o.dialed.count, 3000 + 2 * SAMPLE_MAX + 2);
	cr_assert_eq(o.dialed.shown, SAMPLE_MAX);
cr_assert_eq(o.tails.count, SAMPLE_MAX + 2);
	cr_assert_eq(o.tails.shown, SAMPLE_MAX);
	detectors_report_end(m.all);
	measure_close(&m);
}
