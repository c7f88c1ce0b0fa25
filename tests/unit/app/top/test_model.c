/* SPDX-License-Identifier: MIT */
#include "unit/app/top/fixtures.h"

static struct top_model m;
static struct top_row rows[4];

static void setup(void)
{
	memset(&m, 0, sizeof m);
	rows[0] = top_row_of("203.0.113.1", VERDICT_BLOCK, 70);
	rows[1] = top_row_of("203.0.113.2", VERDICT_WATCH, 90);
	rows[2] = top_row_of("203.0.113.3", VERDICT_BLOCK, 60);
	rows[3] = top_row_of("2001:db8::9", VERDICT_SPARED, 95);
	rows[2].is_breached = true;
	rows[2].stages[rows[2].stage_count++] = STAGE_BREACH;
	rows[1].messages = 9000;
	rows[3].last_us = NOW;
	rows[0].ban = TOP_BAN_ON;
	rows[0].ban_until_us = NOW + HOUR_US;
	snprintf(rows[1].tool, sizeof rows[1].tool, "sipvicious");
}

static void teardown(void)
{
	top_model_fini(&m);
}

TestSuite(top_model, .init = setup, .fini = teardown);

/* The last parts of the addresses, in the order shown. */
static const char *shown(void)
{
	static char text[64];
	size_t len = 0;
	text[0] = '\0';
	for (size_t i = 0; i < m.shown; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%u",
					top_model_at(&m, i)->address.bytes[15]);
	return text;
}

Test(top_model, sorts)
{
	static const struct {
		enum top_sort sort;
		const char *expected, *reversed;
	} cases[] = {
		{ TOP_BY_DANGER, "3129", "9213" }, { TOP_BY_MESSAGES, "2319", "9132" },
		{ TOP_BY_LAST, "9312", "2139" },   { TOP_BY_BAN, "1329", "9231" },
		{ TOP_BY_RATE, "3129", "9213" },   { TOP_BY_ADDRESS, "1239", "9321" },
	};
	top_give(&m, rows, 4, NOW);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		m.sort = cases[i].sort;
		m.is_reversed = false;
		top_model_arrange(&m);
		cr_expect_str_eq(shown(), cases[i].expected, "by %s: %s", top_sort_text(m.sort), shown());
		m.is_reversed = true;
		top_model_arrange(&m);
		cr_expect_str_eq(shown(), cases[i].reversed, "by %s, reversed: %s", top_sort_text(m.sort),
				 shown());
	}
}

Test(top_model, filters)
{
	static const struct {
		enum top_show show;
		const char *filter, *expected;
	} cases[] = {
		{ TOP_ALL, "", "3129" },
		{ TOP_BLOCK, "", "31" },
		{ TOP_WATCH, "", "2" },
		{ TOP_VICTIM, "", "" },
		{ TOP_SPARED, "", "9" },
		{ TOP_BANNED, "", "1" },
		{ TOP_BREACHED, "", "3" },
		{ TOP_ALL, "113.2", "2" },
		{ TOP_ALL, "SIPVicious", "2" },
		{ TOP_ALL, "breach", "3" },
		{ TOP_ALL, "db8", "9" },
		{ TOP_BLOCK, "probe", "31" },
		{ TOP_ALL, "nothing like it", "" },
	};
	top_give(&m, rows, 4, NOW);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		m.show = cases[i].show;
		snprintf(m.filter, sizeof m.filter, "%s", cases[i].filter);
		top_model_arrange(&m);
		cr_expect_str_eq(shown(), cases[i].expected, "%s '%s': %s", top_show_text(m.show), m.filter,
				 shown());
		cr_expect_eq(top_model_selected(&m) == NULL, m.shown == 0);
	}
	cr_expect_eq(m.total, 4);
	cr_expect_eq(m.banned, 1);
	cr_expect_eq(m.breached, 1);
}

Test(top_model, who_is_selected_stays_so)
{
	top_give(&m, rows, 4, NOW);
	top_model_move(&m, 1);
	cr_expect(addr_eq(&top_model_selected(&m)->address, &rows[0].address));
	rows[0].score = 1; /* further down, but still there */
	rows[0].verdict = VERDICT_WATCH;
	top_give(&m, rows, 4, NOW);
	cr_expect(addr_eq(&top_model_selected(&m)->address, &rows[0].address));
	top_give(&m, rows + 1, 3, NOW); /* gone */
	cr_expect_not_null(top_model_selected(&m));
	top_model_move(&m, -1000);
	cr_expect_eq(m.at, 0);
	top_model_move(&m, 1000);
	cr_expect_eq(m.at, 2);
	top_give(&m, NULL, 0, NOW);
	cr_expect_null(top_model_selected(&m));
}

/* Who did not move sees the worst, whoever that becomes. */
Test(top_model, the_first_line_is_a_place)
{
	top_give(&m, rows, 2, NOW);
	cr_expect(addr_eq(&top_model_selected(&m)->address, &rows[0].address));
	top_give(&m, rows, 3, NOW);
	cr_expect(addr_eq(&top_model_selected(&m)->address, &rows[2].address));
}

static bool has_event(const char *text)
{
	for (size_t i = 0; i < m.event_count; i++)
		if (strcmp(m.events[i].text, text) == 0)
			return true;
	return false;
}

Test(top_model, tells_what_changed)
{
	rows[0].ban_first_us = NOW - HOUR_US;
	top_give(&m, rows, 3, NOW);
	cr_expect_eq(m.event_count, 1, "at first only bans, which have their time");
	cr_expect_eq(m.events[0].time_us, NOW - HOUR_US);
	rows[1].verdict = VERDICT_BLOCK;
	rows[1].ban = TOP_BAN_ON;
	rows[0].ban = TOP_BAN_UNBANNED;
	rows[0].stages[rows[0].stage_count++] = STAGE_BREACH;
	rows[2].stages[rows[2].stage_count++] = STAGE_TOLL_FRAUD;
	top_give(&m, rows, 4, NOW + SECOND_US);
	static const char *const expected[] = { "block, was watch",	 "banned",
						"unbanned by hand",	 "GOT IN",
						"went on to toll-fraud", "new: spared, score 95" };
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		cr_expect(has_event(expected[i]), "%s", expected[i]);
	cr_expect_eq(m.event_count, 7);
	for (size_t i = 1; i < m.event_count; i++)
		cr_expect_geq(m.events[i - 1].time_us, m.events[i].time_us);
	top_give(&m, rows, 4, NOW + 2 * SECOND_US);
	cr_expect_eq(m.event_count, 7, "nothing changed");
}

Test(top_model, keeps_the_newest_events)
{
	for (int i = 0; i < 3 * TOP_EVENTS_MAX; i++) {
		rows[0].ban = i % 2 ? TOP_BAN_BY_HAND : TOP_BAN_UNBANNED;
		top_give(&m, rows, 1, NOW + i * SECOND_US);
	}
	cr_expect_eq(m.event_count, TOP_EVENTS_MAX);
	cr_expect_eq(m.events[0].time_us, NOW + (3 * TOP_EVENTS_MAX - 1) * SECOND_US);
}

Test(top_model, rates)
{
	struct top_busy busy[] = { { top_address("203.0.113.3"), 40 },
				   { top_address("203.0.113.2"), 5 },
				   { top_address("198.51.100.1"), 9 } };
	struct top_vitals v = top_vitals_at(NOW, 1000);
	top_model_vitals(&m, &v, busy, 3);
	cr_expect_eq(m.vitals.packets_per_s, 0, "of one word there is no rate");
	cr_expect(top_model_is_live(&m, NOW + SECOND_US));
	cr_expect_not(top_model_is_live(&m, NOW + MINUTE_US));
	v = top_vitals_at(NOW + 2 * SECOND_US, 3000);
	top_model_vitals(&m, &v, busy, 3);
	cr_expect_eq(m.vitals.packets_per_s, 1000);
	cr_expect_eq(m.vitals.requests_per_s, 100);
	top_model_vitals(&m, &v, busy, 3);
	cr_expect_eq(m.vitals.packets_per_s, 1000, "the same word again");
	top_give(&m, rows, 4, NOW + 3 * SECOND_US);
	m.sort = TOP_BY_RATE;
	top_model_arrange(&m);
	cr_expect_str_eq(shown(), "3219", "%s", shown());
	cr_expect_eq(top_model_at(&m, 0)->rate_per_s, 40);
	cr_expect_eq(top_model_at(&m, 0)->last_us, NOW + 2 * SECOND_US, "it was seen a moment ago");
	v = top_vitals_at(NOW + 4 * SECOND_US, 3000);
	top_model_vitals(&m, &v, NULL, 0);
	top_give(&m, rows, 4, NOW + 5 * SECOND_US);
	cr_expect_eq(top_model_at(&m, 0)->rate_per_s, 20, "quiet: it fades");
	top_give(&m, rows, 4, NOW + HOUR_US);
	cr_expect_eq(top_model_at(&m, 0)->rate_per_s, 0, "nobody tells any more");
	v = top_vitals_at(NOW + HOUR_US, 10);
	v.started_us = NOW;
	top_model_vitals(&m, &v, NULL, 0);
	cr_expect_eq(m.vitals.packets_per_s, 0, "another process counts from zero");
	v.is_ended = true;
	top_model_vitals(&m, &v, NULL, 0);
	cr_expect_not(top_model_is_live(&m, NOW + HOUR_US), "it took its leave");
}

Test(top_model, more_than_there_is_room_for)
{
	struct top_row row = rows[0];
	top_model_begin(&m);
	for (uint32_t i = 0; i < TOP_ROWS_MAX + 10; i++) {
		row.address.bytes[14] = (uint8_t)(i >> 8);
		row.address.bytes[13] = (uint8_t)(i >> 16);
		row.address.bytes[15] = (uint8_t)i;
		top_model_add(&m, &row);
	}
	top_model_end(&m, NOW);
	cr_expect_eq(m.count, TOP_ROWS_MAX);
	cr_expect_eq(m.total, TOP_ROWS_MAX + 10);
}
