/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

#define GHOST "203.0.113.60"

static struct event call(struct measure *m, const char *target, bool rang)
{
	struct event e = measure_event(m, GHOST, target);
	e.method = SIP_METHOD_INVITE;
	e.rang = rang;
	return e;
}

static void ring(struct measure *m, const char *target)
{
	struct event e = call(m, target, true);
	measure_both(m, &e, OUTCOME_RANG);
}

Test(ring, phones_of_strangers)
{
	struct measure m;
	measure_open(&m, 1000);
	ring(&m, "192.0.2.1");
	ring(&m, "192.0.2.2");
	cr_assert_eq(measured(&m, NUMBER_RINGS), 2);
	ring(&m, "192.0.2.2");
	cr_assert_eq(measured(&m, NUMBER_RINGS), 2, "the same phone again");
	struct event silent = call(&m, "192.0.2.3", false);
	measure_both(&m, &silent, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_RINGS), 2, "it did not ring");
	struct event picked_up = call(&m, "192.0.2.4", true);
	measure_both(&m, &picked_up, OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_RINGS), 3, "it rang before it was answered");
	measure_outcome(&m, &picked_up, OUTCOME_CANCELLED);
	cr_assert_eq(measured(&m, NUMBER_RINGS), 3, "a followup is the same phone");
	struct event inside = call(&m, "192.0.2.5", true);
	inside.in_dialog = true;
	measure_both(&m, &inside, OUTCOME_RANG);
	cr_assert_eq(measured(&m, NUMBER_RINGS), 3, "a transfer within a dialog");
	measure_close(&m);
}

/* A name that was asked for at two phones is none of a phone's own. */
Test(ring, names_of_phones)
{
	static const struct {
		const char *name, *dialed[4];
		int64_t named; /* in a hundred phones */
	} cases[] = {
		{ "each by its own", { "101", "102", "103", "104" }, 100 },
		{ "two by one name", { "101", "101", "103", "104" }, 50 },
		{ "three by one name", { "101", "101", "101", "104" }, 25 },
		{ "all by one name", { "101", "101", "101", "101" }, 0 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (unsigned i = 0; i < 4; i++) {
			char target[16];
			snprintf(target, sizeof target, "192.0.2.%u", i + 1);
			struct event e = call(&m, target, true);
			measure_dial(&e, cases[c].dialed[i]);
			measure_both(&m, &e, OUTCOME_RANG);
		}
		cr_expect_eq(measured(&m, NUMBER_RINGS_NAMED), cases[c].named, "%s: %lld", cases[c].name,
			     (long long)measured(&m, NUMBER_RINGS_NAMED));
		measure_close(&m);
	}
}

Test(ring, phones_of_customers)
{
	struct measure m;
	measure_open(&m, 1000);
	struct addr ghost = measure_addr(GHOST), phone = measure_addr("192.0.2.1"), asked = measure_addr("192.0.2.2"),
		    called = measure_addr("192.0.2.3");
	relation_registered(&m.relations, &phone, &ghost, m.now_us);
	relation_asked(&m.relations, &asked, &ghost, m.now_us);
	relation_called(&m.relations, &ghost, &called, m.now_us);
	ring(&m, "192.0.2.1");
	ring(&m, "192.0.2.2");
	ring(&m, "192.0.2.3");
	cr_assert_eq(measured(&m, NUMBER_RINGS), 0);
	m.now_us += 2 * DAY_US;
	ring(&m, "192.0.2.1");
	cr_assert_eq(measured(&m, NUMBER_RINGS), 1, "it was a customer");
	measure_close(&m);
}

Test(ring, full_table)
{
	struct measure m;
	measure_open(&m, 16);
	for (unsigned i = 0; i < 3000; i++) {
		char target[32];
		snprintf(target, sizeof target, "10.0.%u.%u", i / 250, i % 250);
		ring(&m, target);
	}
	cr_assert_eq(measured(&m, NUMBER_RINGS), 3000);
	measure_close(&m);
}
