/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

#include "output/html/collect.h"

static struct observation observation_of(const char *actor, int64_t time_us)
{
	struct observation o;
	observation_init(&o);
	o.time_us = time_us;
	o.attack = 1;
	o.address[ADDRESS_SOURCE_IP] = fixture_addr(actor);
	o.address[ADDRESS_DESTINATION_IP] = fixture_addr("198.51.100.1");
	return o;
}

Test(html_collect, a_long_series_is_thinned_evenly)
{
	enum { MANY = 100000 };
	struct collect *c = collect_new();
	struct observation o = observation_of("203.0.113.1", 0);
	for (int64_t i = 0; i < MANY; i++) {
		o.time_us = i;
		collect_observe(c, &o);
	}
	const struct collect_series *s = collect_find(c, &o.address[ADDRESS_SOURCE_IP], COLLECT_TARGETS);
	cr_assert(s);
	cr_expect_eq(s->seen, MANY);
	cr_expect(s->count >= COLLECT_SERIES_MAX / 2 - 1 && s->count <= COLLECT_SERIES_MAX, "%u", s->count);
	for (uint32_t i = 0; i < s->count; i++)
		cr_assert_eq(s->points[i].time_us, (int64_t)i * s->stride, "point %u", i);
	collect_free(c);
}

Test(html_collect, successes_are_not_lost)
{
	struct collect *c = collect_new();
	struct observation o = observation_of("203.0.113.1", 0);
	observation_set_text(&o, TEXT_ACCOUNT, SLICE("1000"));
	for (int64_t i = 0; i < 5000; i++) {
		o.time_us = i;
		o.choice[CHOICE_OUTCOME] = i == 4711 ? OUTCOME_ACCEPTED : OUTCOME_REFUSED;
		collect_observe(c, &o);
	}
	const struct collect_series *s = collect_find(c, &o.address[ADDRESS_SOURCE_IP], COLLECT_ACCOUNTS);
	cr_assert(s);
	cr_assert_eq(s->successes, 1);
	cr_expect_eq(s->success[0].time_us, 4711);
	cr_expect_eq(memcmp(s->success[0].text, "1000", 4), 0);
	collect_free(c);
}

Test(html_collect, long_texts_keep_what_matters)
{
	struct collect *c = collect_new();
	struct observation o = observation_of("203.0.113.1", 0);
	observation_set_text(&o, TEXT_ACCOUNT, SLICE("abcdefghijklmnopqrstuvwxyz0123456789"));
	observation_set_text(&o, TEXT_DIALED, SLICE("000000000000000000000000000441234567890"));
	collect_observe(c, &o);
	const struct collect_series *account =
	    collect_find(c, &o.address[ADDRESS_SOURCE_IP], COLLECT_ACCOUNTS);
	const struct collect_series *number = collect_find(c, &o.address[ADDRESS_SOURCE_IP], COLLECT_NUMBERS);
	cr_expect_eq(memcmp(account->points[0].text, "abc", 3), 0);
	cr_expect_eq(memcmp(number->points[0].text + COLLECT_TEXT_MAX - 10, "1234567890", 10), 0);
	collect_free(c);
}

Test(html_collect, business_of_strangers_to_crime_is_not_kept)
{
	struct collect *c = collect_new();
	struct observation o = observation_of("203.0.113.1", 0);
	o.attack = 0;
	o.choice[CHOICE_SOLICITED] = FLAG_TRUE;
	collect_observe(c, &o);
	cr_expect_null(collect_find(c, &o.address[ADDRESS_SOURCE_IP], COLLECT_TARGETS));
	cr_expect_eq(collect_bytes(c), 0);
	collect_free(c);
}

/* Each of as many actors as there is room for, and more, with long series of all kinds. */
Test(html_collect, memory_is_bounded)
{
	enum { ACTORS = COLLECT_ACTORS + 2000, EACH = 40 };
	struct collect *c = collect_new();
	struct observation o = observation_of("203.0.113.1", 0);
	o.choice[CHOICE_OUTCOME] = OUTCOME_ANSWERED;
	observation_set_text(&o, TEXT_ACCOUNT, SLICE("1000"));
	observation_set_text(&o, TEXT_DIALED, SLICE("00441"));
	observation_set_text(&o, TEXT_MAC, SLICE("0004f2aa0001"));
	for (uint32_t i = 0; i < ACTORS; i++) {
		uint8_t v4[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
		o.address[ADDRESS_SOURCE_IP] = addr_from_v4(v4);
		for (int j = 0; j < EACH; j++) {
			o.time_us = (int64_t)i * EACH + j;
			collect_observe(c, &o);
			cr_assert(collect_bytes(c) <= (size_t)COLLECT_BYTES + (1 << 20));
		}
	}
	cr_expect(collect_bytes(c) > 0);
	cr_expect_not_null(collect_find(c, &o.address[ADDRESS_SOURCE_IP], COLLECT_MACS));
	collect_free(c);
}
