/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

#define ACTOR "203.0.113.7"

static struct addr v4(uint32_t n)
{
	uint8_t bytes[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	return addr_from_v4(bytes);
}

static void visit(struct measure *m, struct addr target, uint16_t port, enum outcome outcome)
{
	struct event e = measure_event(m, ACTOR, "192.0.2.1");
	e.target = target;
	e.target_port = port;
	measure_both(m, &e, outcome);
	m->now_us += 10000;
}

static void knock(struct measure *m, struct addr target)
{
	struct event e = measure_event(m, ACTOR, "192.0.2.1");
	e.target = target;
	e.target_port = 5060;
	e.is_knock = true;
	measure_both(m, &e, OUTCOME_NONE);
	m->now_us += 10000;
}

static enum order order_now(const struct measure *m)
{
	return (enum order)m->o.choice[CHOICE_SWEEP_ORDER];
}

/* ---- in which order ---- */

static uint32_t ascending(uint32_t i)
{
	return 0xc6336400 + i;
}
static uint32_t descending(uint32_t i)
{
	return 0xc6336480 - i;
}
static uint32_t by_first_byte(uint32_t i)
{
	return (10 + i) << 24 | 0x00336407;
}
static uint32_t by_first_byte_down(uint32_t i)
{
	return (90 - i) << 24 | 0x00336407;
}
static uint32_t by_first_byte_over(uint32_t i)
{
	return ((250 + i) & 255) << 24 | (i >= 6 ? 0x00346407 : 0x00336407);
}
static uint32_t permuted(uint32_t i)
{
	return 0xc6336400 + (i * 37 + 11) % 64;
}
/* One of ten hosts that share a walk. */
static uint32_t in_tens(uint32_t i)
{
	return 0xc6336400 + i * 10;
}
static uint32_t in_tens_down(uint32_t i)
{
	return 0xc6346400 - i * 10;
}
static uint32_t widest_step(uint32_t i)
{
	return 0xc6336400 + i * 31;
}
static uint32_t too_wide(uint32_t i)
{
	return 0xc6336400 + i * 32;
}
/* Three threads of a scanner: now and then two neighbours change places. */
static uint32_t jitter(uint32_t i)
{
	return 0xc6336400 + (i % 20 == 6 ? i + 1 : i % 20 == 7 ? i - 1 : i);
}
static uint32_t both_ways(uint32_t i)
{
	return i % 2 ? 0xc6336480 + i : 0xc6336480 - i;
}

/* Ten steps, one of them, or two, against the rest. */
static uint32_t nine_up(uint32_t i)
{
	return 0xc6336400 + (i == 10 ? 1 : i * 3);
}
static uint32_t nine_down(uint32_t i)
{
	return 0xc6336480 - (i == 10 ? 1 : i * 3);
}
static uint32_t eight_up(uint32_t i)
{
	return 0xc6336400 + (i >= 9 ? 50 - i * 4 : 100 + i * 3);
}

Test(sweep, orders)
{
	static const struct {
		const char *name;
		uint32_t (*target)(uint32_t i);
		uint32_t count;
		enum order order;
		int64_t run_min, run_max;
	} cases[] = {
		{ "ascending", ascending, 40, ORDER_ASCENDING, 40, 40 },
		{ "descending", descending, 40, ORDER_DESCENDING, 40, 40 },
		{ "first byte turns fastest", by_first_byte, 40, ORDER_REVERSED, 40, 40 },
		{ "first byte turns fastest, downwards", by_first_byte_down, 40, ORDER_REVERSED, 40, 40 },
		{ "first byte turns over", by_first_byte_over, 20, ORDER_REVERSED, 6, 20 },
		{ "permuted", permuted, 40, ORDER_PERMUTED, 0, 3 },
		{ "every tenth address", in_tens, 20, ORDER_ASCENDING, 20, 20 },
		{ "every tenth address, downwards", in_tens_down, 20, ORDER_DESCENDING, 20, 20 },
		{ "every 31st", widest_step, 20, ORDER_ASCENDING, 20, 20 },
		{ "every 32nd, such as the gateways of small nets", too_wide, 20, ORDER_ASCENDING, 0, 1 },
		{ "threads that overtake each other", jitter, 60, ORDER_ASCENDING, 8, 20 },
		{ "from the middle, both ways", both_ways, 40, ORDER_PERMUTED, 0, 2 },
		{ "nine steps in ten", nine_up, 11, ORDER_ASCENDING, 10, 10 },
		{ "nine steps in ten, downwards", nine_down, 11, ORDER_DESCENDING, 10, 10 },
		{ "eight steps in ten", eight_up, 11, ORDER_PERMUTED, 9, 9 },
		{ "just enough to tell", ascending, 4, ORDER_ASCENDING, 4, 4 },
		{ "too few to tell", ascending, 3, ORDER_NONE, 3, 3 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (uint32_t i = 0; i < cases[c].count; i++)
			visit(&m, v4(cases[c].target(i)), 5060, OUTCOME_NONE);
		cr_assert_eq(order_now(&m), cases[c].order, "%s: %s", cases[c].name,
			     choice_text(CHOICE_SWEEP_ORDER, order_now(&m)));
		int64_t run = measured(&m, NUMBER_SWEEP_RUN);
		cr_assert(run >= cases[c].run_min && run <= cases[c].run_max, "%s: run %lld", cases[c].name,
			  (long long)run);
		cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), cases[c].count, "%s", cases[c].name);
		cr_assert_eq(measured(&m, NUMBER_SWEEP_NEW), cases[c].count, "%s", cases[c].name);
		cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 100, "%s", cases[c].name);
		cr_assert_eq(measured(&m, NUMBER_SWEEP_REPEAT), 0, "%s", cases[c].name);
		measure_close(&m);
	}
}

/* Of 64 neighbours, those that were visited, in whatever order and however often. */
Test(sweep, block)
{
	static const struct {
		const char *name;
		uint32_t first, times, count; /* targets first, first + times, ...: modulo 64 or not */
		bool is_within;
		int64_t block;
	} cases[] = {
		{ "a whole block, shuffled", 0xc6336400, 37, 64, true, 64 },
		{ "half of it", 0xc6336400, 37, 32, true, 32 },
		{ "each twice", 0xc6336400, 37, 128, true, 64 },
		{ "begun in the middle, and beyond", 0xc6336420, 1, 64, false, 32 },
		{ "the one before is another", 0xc6336400, UINT32_MAX, 20, false, 1 },
		{ "one host of each net", 0xc6336401, 256, 30, false, 1 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (uint32_t i = 0; i < cases[c].count; i++) {
			uint32_t on = i * cases[c].times;
			visit(&m, v4(cases[c].first + (cases[c].is_within ? on % 64 : on)), 5060,
			      OUTCOME_NONE);
		}
		cr_assert_eq(measured(&m, NUMBER_SWEEP_BLOCK), cases[c].block, "%s: %lld", cases[c].name,
			     (long long)measured(&m, NUMBER_SWEEP_BLOCK));
		measure_close(&m);
	}
}

Test(sweep, runs_of_both_families)
{
	static const struct {
		const char *name, *first;
	} cases[] = { { "from a network's first host", "2001:db8::1" },
		      { "from its zero", "2001:db8::" },
		      { "across a carry", "2001:db8::fffe" },
		      { "the interface identifier is what is counted", "2001:db8::ffff:ffff:ffff:fff0" },
		      { "IPv4 across a carry", "198.51.100.254" },
		      { "the first address there is", "0.0.0.1" } };
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		struct addr at = measure_addr(cases[c].first);
		for (int i = 0; i < 10; i++) {
			visit(&m, at, 5060, OUTCOME_NONE);
			cr_assert_eq(measured(&m, NUMBER_SWEEP_RUN), i ? i + 1 : 0,
				     "%s: run after %d is %lld", cases[c].name, i + 1,
				     (long long)measured(&m, NUMBER_SWEEP_RUN));
			for (int b = 15; b >= 0 && ++at.bytes[b] == 0; b--)
				;
		}
		cr_assert_eq(order_now(&m), ORDER_ASCENDING, "%s", cases[c].name);
		measure_close(&m);
	}
}

/* Many ports of one host: targets are addresses and ports, and the ports have an order too. */
Test(sweep, ports_of_one_host)
{
	static const struct {
		const char *name;
		int step;
		enum order order;
	} cases[] = { { "upwards", 1, ORDER_ASCENDING },
		      { "downwards", -1, ORDER_DESCENDING },
		      { "anyhow", 7919, ORDER_PERMUTED } };
	for (size_t c = 0; c < 3; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (int i = 0; i < 40; i++)
			visit(&m, v4(0xc6336401), (uint16_t)(5100 + i * cases[c].step), OUTCOME_NONE);
		cr_assert_eq(order_now(&m), cases[c].order, "%s: %s", cases[c].name,
			     choice_text(CHOICE_SWEEP_ORDER, order_now(&m)));
		cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 40, "%s", cases[c].name);
		cr_assert(measured(&m, NUMBER_SWEEP_RUN) <= 1, "%s: one address is no run of addresses",
			  cases[c].name);
		measure_close(&m);
	}
}

/* ---- who is not a scanner ---- */

Test(sweep, qualify_rounds)
{
	struct measure m;
	measure_open(&m, 1000);
	for (int round = 0; round < 5; round++)
		for (uint32_t i = 0; i < 20; i++)
			visit(&m, v4(0xc6336400 + i), 5060, OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 20);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_REPEAT), 80);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 0);
	measure_close(&m);
}

Test(sweep, relations_make_no_strangers)
{
	struct measure m;
	struct addr actor = measure_addr(ACTOR);
	measure_open(&m, 1000);
	for (uint32_t i = 0; i < 10; i++) {
		struct addr phone = v4(0xc6336400 + i);
		relation_registered(&m.relations, &phone, &actor, m.now_us);
	}
	for (uint32_t i = 0; i < 15; i++)
		visit(&m, v4(0xc6336400 + i), 5060, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 15);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_NEW), 5);
	measure_close(&m);
}

Test(sweep, requests_inside_dialogs_do_not_count)
{
	struct measure m;
	measure_open(&m, 1000);
	for (uint32_t i = 0; i < 15; i++) {
		struct event e = measure_event(&m, ACTOR, "192.0.2.1");
		e.target = v4(0xc6336400 + i);
		e.in_dialog = true;
		measure_both(&m, &e, OUTCOME_ACCEPTED);
	}
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 0);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 0);
	struct event e = measure_event(&m, ACTOR, "::");
	measure_both(&m, &e, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 0, "a line of a log that names no target");
	measure_close(&m);
}

/* ---- silence ---- */

Test(sweep, silence)
{
	struct measure m;
	measure_open(&m, 1000);
	visit(&m, v4(1), 5060, OUTCOME_NONE);
	visit(&m, v4(2), 5060, OUTCOME_ERROR);
	visit(&m, v4(3), 5060, OUTCOME_FORBIDDEN);
	visit(&m, v4(4), 5060, OUTCOME_CHALLENGED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 25, "any answer breaks the silence");
	visit(&m, v4(1), 5060, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 25, "a target is silent once");
	visit(&m, v4(1), 5060, OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 0, "it has answered after all");
	visit(&m, v4(1), 5060, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 0, "and keeps that name");
	measure_close(&m);
}

/* Of a capture with a part of the packets. */
Test(sweep, answers_to_what_was_not_captured)
{
	struct measure m;
	measure_open(&m, 1000);
	struct addr actor = measure_addr(ACTOR);
	for (uint32_t i = 0; i < 10; i++)
		visit(&m, v4(i), 5060, i < 2 ? OUTCOME_ANSWERED : OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 80);
	for (unsigned i = 0; i < 6; i++)
		detectors_unasked(m.all, measure_state(&m, &actor));
	visit(&m, v4(0), 5060, OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 20, "six of the eight were answered, as it seems");
	for (unsigned i = 0; i < 6; i++)
		detectors_unasked(m.all, measure_state(&m, &actor));
	visit(&m, v4(0), 5060, OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 0, "never less");
	measure_close(&m);
}

/* Fifty requests at once: their outcomes come later, in any order. */
Test(sweep, outcomes_come_later)
{
	struct measure m;
	struct event events[50];
	measure_open(&m, 1000);
	for (uint32_t i = 0; i < 50; i++) {
		events[i] = measure_event(&m, ACTOR, "192.0.2.1");
		events[i].target = v4(0xc6336400 + i);
		measure_request(&m, &events[i]);
	}
	for (uint32_t i = 50; i-- > 0;)
		measure_outcome(&m, &events[i], i % 5 ? OUTCOME_NONE : OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 50);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 80);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_RUN), 50);
	measure_close(&m);
}

Test(sweep, followup_is_no_second_target)
{
	struct measure m;
	measure_open(&m, 1000);
	struct event e = measure_event(&m, ACTOR, "198.51.100.1");
	e.method = SIP_METHOD_INVITE;
	measure_both(&m, &e, OUTCOME_NONE);
	measure_outcome(&m, &e, OUTCOME_RANG);
	measure_outcome(&m, &e, OUTCOME_ANSWERED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 1);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 0);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_REPEAT), 0);
	measure_close(&m);
}

/* INVITE and CANCEL to neighbour after neighbour: the CANCEL belongs to the call before. */
Test(sweep, cancelling_is_no_second_visit)
{
	struct measure m;
	measure_open(&m, 1000);
	for (uint32_t i = 0; i < 20; i++) {
		struct event call = measure_event(&m, ACTOR, "192.0.2.1"), cancel;
		call.target = v4(0xc6336400 + i);
		call.method = SIP_METHOD_INVITE;
		cancel = call;
		cancel.method = SIP_METHOD_CANCEL;
		measure_request(&m, &call);
		measure_request(&m, &cancel);
		measure_outcome(&m, &cancel, OUTCOME_NONE);
		measure_outcome(&m, &call, OUTCOME_NONE);
	}
	cr_assert_eq(measured(&m, NUMBER_SWEEP_REPEAT), 0);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 100);
	struct event lone = measure_event(&m, ACTOR, "192.0.2.99");
	lone.method = SIP_METHOD_CANCEL;
	measure_both(&m, &lone, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 21, "a CANCEL of nothing is a visit like any other");
	measure_close(&m);
}

/* ---- knocks ---- */

Test(sweep, knocks)
{
	struct measure m;
	measure_open(&m, 1000);
	for (uint32_t i = 0; i < 10; i++) {
		struct event knock = measure_event(&m, ACTOR, "192.0.2.1");
		knock.target = v4(0xc6336400 + i);
		knock.is_knock = true;
		for (int copies = 0; copies < 3; copies++)
			measure_both(&m, &knock, OUTCOME_NONE);
	}
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 10);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_REPEAT), 0, "copies of a SYN are no visits");
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 100);
	cr_assert_eq(measured(&m, NUMBER_REQUESTS), 0, "nor requests");
	visit(&m, v4(0xc6336400), 5060, OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_REPEAT), 0, "the message that follows is the same visit");
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 90);
	visit(&m, v4(0xc6336400), 5060, OUTCOME_ACCEPTED);
	cr_assert(measured(&m, NUMBER_SWEEP_REPEAT) > 0, "the one after is another");
	measure_close(&m);
}

/* ---- bounds and report ---- */

Test(sweep, full_table)
{
	struct measure m;
	measure_open(&m, 64);
	for (uint32_t i = 0; i < 5000; i++)
		visit(&m, v4(0xc6330000 + i), 5060, i % 4 ? OUTCOME_NONE : OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_TARGETS), 5000, "what is counted stays counted");
	cr_assert_eq(measured(&m, NUMBER_SWEEP_SILENT), 75);
	cr_assert_eq(measured(&m, NUMBER_SWEEP_RUN), 5000);
	measure_close(&m);
}

Test(sweep, report)
{
	struct measure m;
	measure_open(&m, 1000);
	for (uint32_t i = 0; i < 40; i++)
		visit(&m, v4(0xc6336400 + i), 5060, OUTCOME_NONE);
	for (int twice = 0; twice < 2; twice++) {
		detectors_report_begin(m.all);
		struct offender o = measure_report(&m, ACTOR), nobody = measure_report(&m, "192.0.2.99");
		cr_assert_eq(o.targets.count, 40);
		cr_assert_eq(o.targets.shown, SAMPLE_MAX);
		cr_assert_eq(o.target_order, ORDER_ASCENDING);
		for (uint32_t i = 0; i < SAMPLE_MAX; i++)
			cr_assert_eq(addr_v4(&o.targets.items[i]), 0xc6336400 + i,
				     "the first ones, in order of time");
		cr_assert_eq(nobody.targets.count, 0);
		cr_assert_eq(nobody.target_order, ORDER_NONE);
		detectors_report_end(m.all);
	}
	measure_close(&m);
}

/* ---- round after round ---- */

Test(sweep, goes_round)
{
	static const struct {
		const char *name;
		unsigned rounds;
		int64_t every_s;
		uint32_t again; /* of forty targets, in all rounds but the first */
		bool round, is_knock;
	} cases[] = {
		{ "connections that never open", 4, 60, 40, true, true },
		{ "copies of a request for a connection", 3, 31, 40, false, true },
		{ "two requests for a connection", 2, 60, 40, false, true },
		{ "pings", 3, 60, 40, true, false },
		{ "pings for a day", 200, 400, 40, true, false },
		{ "some phones have left", 5, 60, 30, true, false },
		{ "twice", 2, 60, 40, false, false },
		{ "three at once", 3, 0, 40, false, false },
		{ "three, the last two at once", 3, -1, 40, false, false },
		{ "every day", 4, 30000, 40, false, false },
		{ "a few that answered", 9, 60, 12, false, false },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (unsigned turn = 0; turn < cases[c].rounds; turn++) {
			m.now_us =
			    MEASURE_START + (cases[c].every_s >= 0 ? turn * cases[c].every_s * SECOND_US
					     : turn		   ? (turn + 1) * SECOND_US / 2
								   : 0);
			for (uint32_t n = 0; n < (turn ? cases[c].again : 40); n++) {
				if (cases[c].is_knock)
					knock(&m, v4(ascending(n)));
				else
					visit(&m, v4(ascending(n)), 5060, OUTCOME_NONE);
			}
		}
		struct offender o = { .address = measure_addr(ACTOR),
				      .first_us = MEASURE_START,
				      .last_us = m.now_us };
		detectors_report_begin(m.all);
		detectors_describe(m.all, measure_state(&m, &o.address), &o);
		detectors_report_end(m.all);
		cr_assert_eq(o.goes_round, cases[c].round, "%s", cases[c].name);
		measure_close(&m);
	}
}
