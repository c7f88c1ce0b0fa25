/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

Test(detector, states_are_aligned)
{
	struct measure m;
	measure_open(&m, 16);
	cr_assert(detectors_actor_bytes(m.all) % 8 == 0);
	cr_assert(detectors_actor_bytes(m.all) > 0);
	measure_close(&m);
	detectors_free(NULL);
}

/* The smallest tables that one can ask for. */
Test(detector, smallest)
{
	for (size_t max_items = 1; max_items < 20; max_items++) {
		struct measure m;
		measure_open(&m, max_items);
		for (unsigned i = 0; i < 200; i++) {
			char target[32], account[16];
			snprintf(target, sizeof target, "192.0.2.%u", i);
			snprintf(account, sizeof account, "%u", i);
			struct event e = measure_event(&m, "203.0.113.7", target);
			if (i % 3 == 0)
				measure_account(&e, account);
			else if (i % 3 == 1)
				measure_dial(&e, "00972597438354");
			e.rang = i % 2;
			struct event_keys keys = event_keys_of(table_seed(), &e);
			detectors_expect(m.all, &keys, TABLE_INDEX);
			detectors_expect(m.all, &keys, TABLE_ENTRY);
			measure_both(&m, &e, (enum outcome)(OUTCOME_NONE + i % 10));
		}
		cr_assert_eq(measured(&m, NUMBER_REQUESTS), 200);
		detectors_report_begin(m.all);
		struct offender o = measure_report(&m, "203.0.113.7");
		cr_assert_eq(o.targets.count, 200);
		detectors_report_end(m.all);
		measure_close(&m);
	}
}

/* A report of nobody, and describing an actor that did nothing. */
Test(detector, empty_report)
{
	struct measure m;
	measure_open(&m, 100);
	detectors_report_begin(m.all);
	struct offender o = measure_report(&m, "203.0.113.7");
	cr_assert_eq(o.targets.count + o.accounts.count + o.dialed.count + o.breach_count + o.provisioning_requested, 0);
	detectors_report_end(m.all);
	measure_close(&m);
}
