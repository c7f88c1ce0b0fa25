/* SPDX-License-Identifier: MIT */
#include "app/ban_watch.h"

#include <criterion/criterion.h>

#define START_US ((int64_t)1795000000 * 1000000)
#define SECOND	 ((int64_t)1000000)

struct told {
	struct ban_leaked last;
	size_t count;
};

static void on_leak(void *ctx, const struct ban_leaked *leaked)
{
	struct told *told = ctx;
	told->last = *leaked;
	told->count++;
}

static struct addr_prefix net_of(const char *text)
{
	struct addr_prefix net;
	cr_assert(addr_prefix_parse(slice_str(text), &net), "%s", text);
	return net;
}

/* Seconds after the start, from a port, with or without an answer. */
static void see(struct ban_watch *b, int64_t at_s, const char *from, int port, bool is_answered)
{
	struct observation o;
	observation_init(&o);
	o.time_us = START_US + at_s * SECOND;
	cr_assert(addr_parse(slice_str(from), &o.address[ADDRESS_SOURCE_IP]));
	cr_assert(addr_parse(SLICE("198.51.100.1"), &o.address[ADDRESS_DESTINATION_IP]));
	o.choice[CHOICE_TRANSPORT] = TRANSPORT_UDP;
	o.choice[CHOICE_OUTCOME] = is_answered ? OUTCOME_CHALLENGED : OUTCOME_NONE;
	observation_set_number(&o, NUMBER_SOURCE_PORT, port);
	observation_set_number(&o, NUMBER_DESTINATION_PORT, 5060);
	ban_watch_observe(b, &o);
}

static void ban(struct ban_watch *b, const char *net_text, int64_t since_s, int64_t for_s)
{
	struct addr_prefix net = net_of(net_text);
	ban_watch_add(b, &net, START_US + since_s * SECOND, for_s ? START_US + (since_s + for_s) * SECOND : 0);
}

#define A "203.0.113.7"
#define B "203.0.113.8"
#define V6 "2001:db8::7"

Test(ban_watch, works)
{
	struct told told = { .count = 0 };
	struct ban_watch *b = ban_watch_new(on_leak, &told);
	ban(b, A, 0, 3600);
	for (int s = 0; s < 10; s++)
		see(b, s, A, 5060, true); /* the firewall takes its time */
	for (int s = 10; s < 100; s++)
		see(b, s, A, 5060, false);
	for (int s = 10; s < 100; s++)
		see(b, s, B, 5060, true); /* not banned */
	cr_expect_eq(told.count, 0);
	cr_expect_eq(ban_watch_answers(b), 0);
	ban_watch_free(b);
}

Test(ban_watch, causes)
{
	static const struct {
		const char *name, *banned, *from;
		const char *held; /* somebody else who is banned and not answered; NULL: none */
		bool is_old_flow;
		enum ban_leak leak;
	} cases[] = {
		{ "flow of before goes on", A, A, NULL, true, BAN_LEAK_FLOW },
		{ "new flows too", A, A, NULL, false, BAN_LEAK_ALL },
		{ "others of the family are held", A, A, B, false, BAN_LEAK_ALL },
		{ "IPv6, nothing known of IPv4", V6, V6, NULL, false, BAN_LEAK_ALL },
		{ "IPv6, while IPv4 is held", V6, V6, B, false, BAN_LEAK_IPV6 },
		{ "network, while addresses are held", "203.0.113.0/29", A, B, false, BAN_LEAK_NETWORKS },
		{ "network alone", "203.0.113.0/29", A, NULL, false, BAN_LEAK_ALL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct told told = { .count = 0 };
		struct ban_watch *b = ban_watch_new(on_leak, &told);
		ban(b, cases[i].banned, 0, 0);
		see(b, 1, cases[i].from, 1000, true);
		if (cases[i].held) {
			ban(b, cases[i].held, 0, 0);
			see(b, 12, cases[i].held, 1000, false);
		}
		for (int n = 0; n < BAN_WATCH_ANSWERS; n++) {
			cr_expect_eq(told.count, 0, "%s", cases[i].name);
			see(b, 20 + n, cases[i].from, cases[i].is_old_flow ? 1000 : 2000 + n, true);
		}
		cr_assert_eq(told.count, 1, "%s", cases[i].name);
		cr_expect_eq(told.last.leak, cases[i].leak, "%s: %d", cases[i].name, (int)told.last.leak);
		cr_expect_eq(told.last.answers, BAN_WATCH_ANSWERS, "%s", cases[i].name);
		cr_expect_eq(told.last.net.bits, net_of(cases[i].banned).bits, "%s", cases[i].name);
		cr_expect(*ban_leak_advice(told.last.leak), "%s", cases[i].name);
		ban_watch_free(b);
	}
}

Test(ban_watch, once_an_hour)
{
	struct told told = { .count = 0 };
	struct ban_watch *b = ban_watch_new(on_leak, &told);
	ban(b, A, 0, 0);
	for (int s = 20; s < 3600; s++)
		see(b, s, A, 2000, true);
	cr_expect_eq(told.count, 1);
	for (int s = 3600; s < 3700; s++)
		see(b, s, A, 2000, true);
	cr_expect_eq(told.count, 2);
	cr_expect_gt(told.last.answers, 3000);
	ban_watch_free(b);
}

Test(ban_watch, end_of_a_ban)
{
	struct told told = { .count = 0 };
	struct ban_watch *b = ban_watch_new(on_leak, &told);
	struct addr_prefix a = net_of(A), network = net_of("203.0.112.0/24");
	ban(b, A, 0, 60);
	for (int s = 60; s < 100; s++)
		see(b, s, A, 2000, true);
	cr_expect_eq(told.count, 0, "it ran out");
	ban(b, A, 100, 0);
	ban_watch_remove(b, &a);
	for (int s = 120; s < 150; s++)
		see(b, s, A, 2000, true);
	cr_expect_eq(told.count, 0, "it was taken back");
	ban(b, "203.0.112.0/24", 0, 0);
	ban_watch_remove(b, &network);
	for (int s = 120; s < 150; s++)
		see(b, s, "203.0.112.9", 2000, true);
	cr_expect_eq(told.count, 0, "the network's too");
	/* One that grows is the same one; one that begins anew gets its grace anew. */
	ban(b, A, 200, 60);
	ban(b, A, 230, 600);
	see(b, 231, A, 3000, true);
	see(b, 232, A, 3000, true);
	see(b, 233, A, 3000, true);
	cr_expect_eq(told.count, 1);
	ban(b, A, 2000, 600);
	see(b, 2001, A, 3000, true);
	see(b, 2002, A, 3000, true);
	see(b, 2003, A, 3000, true);
	cr_expect_eq(told.count, 1);
	ban_watch_free(b);
}

/* Without any firewall everybody leaks: a few sentences, and a number. */
Test(ban_watch, no_flood)
{
	struct told told = { .count = 0 };
	struct ban_watch *b = ban_watch_new(on_leak, &told);
	char address[32];
	for (int i = 1; i < 200; i++) {
		snprintf(address, sizeof address, "203.0.113.%d", i);
		ban(b, address, 0, 0);
		for (int n = 0; n < 3; n++)
			see(b, 30, address, 2000, true);
	}
	cr_expect_eq(told.count, BAN_WATCH_TELL_MAX);
	ban(b, V6, 0, 0);
	for (int n = 0; n < 3; n++)
		see(b, 100, V6, 2000, true);
	cr_expect_eq(told.count, BAN_WATCH_TELL_MAX + 1);
	cr_expect_eq(told.last.others, 199 - BAN_WATCH_TELL_MAX);
	ban_watch_free(b);
}
