/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

#define ACTOR  "203.0.113.80"
#define TARGET "198.51.100.10"

static void ask(struct measure *m, const char *actor, const char *target)
{
	struct event e = measure_event(m, actor, target);
	measure_both(m, &e, OUTCOME_NONE);
}

Test(rate, last_ten_seconds)
{
	struct measure m;
	measure_open(&m, 1000);
	for (int i = 0; i < 100; i++) {
		ask(&m, ACTOR, TARGET);
		cr_assert_eq(measured(&m, NUMBER_RATE), i + 1);
		m.now_us += 50000; /* five seconds in all */
	}
	cr_assert_eq(measured(&m, NUMBER_REQUESTS), 100);
	m.now_us = MEASURE_START + 10 * SECOND_US;
	ask(&m, ACTOR, TARGET);
	cr_assert_eq(measured(&m, NUMBER_RATE), 81, "the first second is over");
	m.now_us = MEASURE_START + 14 * SECOND_US;
	ask(&m, ACTOR, TARGET);
	cr_assert_eq(measured(&m, NUMBER_RATE), 2);
	m.now_us = MEASURE_START + 19 * SECOND_US;
	ask(&m, ACTOR, TARGET);
	cr_assert_eq(measured(&m, NUMBER_RATE), 3, "the one at 10 s still counts at 19 s");
	m.now_us += DAY_US;
	ask(&m, ACTOR, TARGET);
	cr_assert_eq(measured(&m, NUMBER_RATE), 1);
	cr_assert_eq(measured(&m, NUMBER_REQUESTS), 104);
	measure_close(&m);
}

/* Whatever the second, a request is gone from the rate ten seconds later. */
Test(rate, buckets_turn)
{
	for (int gap = 1; gap < 25; gap++) {
		struct measure m;
		measure_open(&m, 1000);
		for (int i = 0; i < 40; i++) {
			ask(&m, ACTOR, TARGET);
			m.now_us += gap * SECOND_US;
		}
		int64_t expected = gap >= 10 ? 1 : (10 + gap - 1) / gap;
		cr_assert_eq(measured(&m, NUMBER_RATE), expected, "one in %d s: %lld", gap, (long long)measured(&m, NUMBER_RATE));
		measure_close(&m);
	}
}

Test(rate, settled_late)
{
	struct measure m;
	measure_open(&m, 1000);
	struct event e = measure_event(&m, ACTOR, TARGET);
	measure_request(&m, &e);
	m.now_us += 5 * SECOND_US;
	measure_outcome(&m, &e, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_RATE), 1);
	m.now_us += 60 * SECOND_US;
	measure_outcome(&m, &e, OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_RATE), 0, "a minute later nothing is left");
	cr_assert_eq(measured(&m, NUMBER_REQUESTS), 1);
	measure_close(&m);
}

/* A log that is read after another one has lines that are older than the clock; what lies between them is told all the same. */
Test(rate, behind_the_clock)
{
	struct measure m;
	measure_open(&m, 1000);
	for (int i = 0; i < 40; i++) {
		struct event e = measure_event(&m, ACTOR, TARGET);
		e.time_us -= 7 * DAY_US;
		measure_both(&m, &e, OUTCOME_NONE);
		cr_assert_eq(measured(&m, NUMBER_RATE), i < 5 ? i + 1 : 5, "one in two seconds");
		m.now_us += 2 * SECOND_US;
	}
	measure_close(&m);
}

Test(rate, times_that_go_back)
{
	struct measure m;
	measure_open(&m, 1000);
	for (int i = 0; i < 50; i++) {
		ask(&m, ACTOR, TARGET);
		m.now_us += i % 2 ? -1500000 : 1600000;
	}
	cr_assert_eq(measured(&m, NUMBER_RATE), 50);
	m.now_us = -5 * SECOND_US; /* before 1970 */
	ask(&m, ACTOR, TARGET);
	cr_assert_eq(measured(&m, NUMBER_REQUESTS), 51);
	measure_close(&m);
}

Test(rate, very_many)
{
	struct measure m;
	measure_open(&m, 1000);
	struct event e = measure_event(&m, ACTOR, TARGET);
	for (int i = 0; i < 200000; i++)
		measure_request(&m, &e);
	measure_outcome(&m, &e, OUTCOME_NONE);
	cr_assert(measured(&m, NUMBER_RATE) >= UINT16_MAX && measured(&m, NUMBER_RATE) <= 200000);
	cr_assert_eq(measured(&m, NUMBER_REQUESTS), 200000);
	m.now_us += 10 * SECOND_US;
	ask(&m, ACTOR, TARGET);
	cr_assert_eq(measured(&m, NUMBER_RATE), 1, "nothing is left of it");
	measure_close(&m);
}

Test(rate, of_a_target)
{
	struct measure m;
	measure_open(&m, 1000);
	for (int i = 0; i < 40; i++) {
		char actor[32];
		snprintf(actor, sizeof actor, "192.0.2.%d", i);
		for (int j = 0; j < 5; j++)
			ask(&m, actor, TARGET);
	}
	cr_assert_eq(measured(&m, NUMBER_FLOOD_RATE), 20, "two hundred in ten seconds");
	cr_assert_eq(measured(&m, NUMBER_FLOOD_SOURCES), 20, "the first of each five");
	ask(&m, ACTOR, "198.51.100.11");
	cr_assert_eq(measured(&m, NUMBER_FLOOD_RATE), 0);
	cr_assert_eq(measured(&m, NUMBER_FLOOD_SOURCES), 100, "its only request came from a new address");
	ask(&m, ACTOR, "::");
	cr_assert_eq(measured(&m, NUMBER_FLOOD_RATE), -1, "no target, no rate of it");
	measure_close(&m);
}

Test(rate, source_ports)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned port = 1; port <= 2000; port++) {
		struct event e = measure_event(&m, ACTOR, TARGET);
		e.actor_port = (uint16_t)(1000 + port);
		measure_both(&m, &e, OUTCOME_NONE);
		if (port == 1)
			cr_assert_eq(measured(&m, NUMBER_PORTS), 1);
	}
	cr_assert_eq(measured(&m, NUMBER_PORTS), 64, "at most 64 counted");
	measure_close(&m);
}

Test(rate, many_targets)
{
	struct measure m;
	measure_open(&m, 32);
	for (unsigned i = 0; i < 2000; i++) {
		char target[32];
		snprintf(target, sizeof target, "10.0.%u.%u", i / 250, i % 250);
		ask(&m, ACTOR, target);
	}
	cr_assert_eq(measured(&m, NUMBER_REQUESTS), 2000);
	measure_close(&m);
}
