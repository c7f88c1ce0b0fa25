/* SPDX-License-Identifier: MIT */
#include "analyze/source/relation.h"

#include "core/clock.h"

#include <criterion/criterion.h>

#define NOW (1000 * DAY_US)

static struct addr a4(uint32_t v)
{
	uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	return addr_from_v4(bytes);
}

/* The phone has the smaller address in one half of the cases, the larger one in the other: the pair is kept sorted. */
struct town {
	struct relations r;
	struct addr phone, pbx, stranger;
};

static void town_open(struct town *t, bool turned)
{
	t->phone = a4(turned ? 0xc6336401 : 0xc0000201);
	t->pbx = a4(turned ? 0xc0000202 : 0xc6336402);
	t->stranger = a4(0xcb007107);
	cr_assert_eq(relations_init(&t->r, 100, DAY_US), 0);
}

static bool may(const struct town *t, const struct addr *actor, const struct addr *target, int64_t now_us)
{
	return relation_solicited(&t->r, actor, target, now_us);
}

Test(relation, strangers)
{
	struct town t;
	town_open(&t, false);
	cr_assert(!may(&t, &t.phone, &t.pbx, NOW));
	cr_assert(!may(&t, &t.pbx, &t.phone, NOW));
	cr_assert(!may(&t, &t.pbx, &t.pbx, NOW), "not even with itself");
	relations_fini(&t.r);
}

Test(relation, registration_counts_both_ways)
{
	for (int turned = 0; turned < 2; turned++) {
		struct town t;
		town_open(&t, turned);
		relation_registered(&t.r, &t.phone, &t.pbx, NOW);
		cr_assert(may(&t, &t.phone, &t.pbx, NOW));
		cr_assert(may(&t, &t.pbx, &t.phone, NOW));
		cr_assert(!may(&t, &t.stranger, &t.phone, NOW));
		cr_assert(!may(&t, &t.phone, &t.stranger, NOW));
		cr_assert(may(&t, &t.pbx, &t.phone, NOW + DAY_US), "until it is stale");
		cr_assert(!may(&t, &t.pbx, &t.phone, NOW + DAY_US + SECOND_US));
		relation_registered(&t.r, &t.phone, &t.pbx, NOW + 5 * DAY_US);
		cr_assert(may(&t, &t.pbx, &t.phone, NOW + 6 * DAY_US), "renewed");
		relations_fini(&t.r);
	}
}

Test(relation, call_counts_both_ways)
{
	for (int turned = 0; turned < 2; turned++) {
		struct town t;
		town_open(&t, turned);
		relation_called(&t.r, &t.pbx, &t.phone, NOW);
		cr_assert(may(&t, &t.phone, &t.pbx, NOW));
		cr_assert(may(&t, &t.pbx, &t.phone, NOW + DAY_US));
		cr_assert(!may(&t, &t.pbx, &t.phone, NOW + DAY_US + SECOND_US));
		relations_fini(&t.r);
	}
}

Test(relation, asking_invites_one_way)
{
	for (int turned = 0; turned < 2; turned++) {
		struct town t;
		town_open(&t, turned);
		relation_asked(&t.r, &t.phone, &t.pbx, NOW);
		cr_assert(may(&t, &t.pbx, &t.phone, NOW), "who was asked may come");
		cr_assert(!may(&t, &t.phone, &t.pbx, NOW), "who asks has earned nothing");
		cr_assert(!may(&t, &t.pbx, &t.phone, NOW + DAY_US + SECOND_US));
		relation_asked(&t.r, &t.pbx, &t.phone, NOW);
		cr_assert(may(&t, &t.phone, &t.pbx, NOW));
		relations_fini(&t.r);
	}
}

/* Who comes back after the relation ended does not renew it by coming: the address may be somebody else's by now. */
Test(relation, coming_unasked_renews_nothing)
{
	for (int turned = 0; turned < 2; turned++) {
		struct town t;
		town_open(&t, turned);
		relation_registered(&t.r, &t.phone, &t.pbx, NOW);
		relation_asked(&t.r, &t.phone, &t.pbx, NOW);
		for (int day = 1; day < 10; day++)
			relation_asked(&t.r, &t.pbx, &t.phone, NOW + day * DAY_US / 2);
		cr_assert(!may(&t, &t.pbx, &t.phone, NOW + 5 * DAY_US));
		cr_assert(may(&t, &t.phone, &t.pbx, NOW + 5 * DAY_US), "the other way it was asked");
		relations_fini(&t.r);
	}
}

Test(relation, families_do_not_mix)
{
	struct town t;
	struct addr v6;
	town_open(&t, false);
	cr_assert(addr_parse(SLICE("2001:db8::c000:201"), &v6));
	relation_registered(&t.r, &t.phone, &t.pbx, NOW);
	cr_assert(!may(&t, &v6, &t.pbx, NOW));
	relations_fini(&t.r);
}

Test(relation, registrations_outlive_a_flood)
{
	struct town t;
	town_open(&t, false);
	relation_registered(&t.r, &t.phone, &t.pbx, NOW);
	for (uint32_t i = 0; i < 50000; i++) {
		struct addr forged = a4(0x0a000000 + i);
		relation_asked(&t.r, &forged, &t.pbx, NOW + i);
	}
	cr_assert(may(&t, &t.pbx, &t.phone, NOW + SECOND_US), "a registration is worth more than a question");
	cr_assert(t.r.pairs.count <= 100);
	cr_assert(t.r.pairs.evicted >= 49900);
	relations_fini(&t.r);
}

/* A stream of pairs that meet once takes a quarter of the table, and those that meet again outlive it. */
Test(relation, once_is_not_lasting)
{
	struct town t;
	struct addr other = a4(0x0b000000);
	town_open(&t, false);
	relation_asked(&t.r, &t.pbx, &t.phone, NOW);
	relation_asked(&t.r, &t.pbx, &other, NOW);
	relation_asked(&t.r, &t.pbx, &t.phone, NOW + SECOND_US);
	for (uint32_t i = 0; i < 500; i++) {
		struct addr forged = a4(0x0a000000 + i);
		relation_asked(&t.r, &forged, &t.pbx, NOW + i);
	}
	cr_assert_leq(t.r.pairs.count, 27);
	cr_assert(may(&t, &t.phone, &t.pbx, NOW + 2 * SECOND_US));
	cr_assert_not(may(&t, &other, &t.pbx, NOW + 2 * SECOND_US));
	relations_fini(&t.r);
}

Test(relation, hashes_and_hints)
{
	struct town t;
	town_open(&t, false);
	const struct addr *low = addr_is_before(&t.phone, &t.pbx) ? &t.phone : &t.pbx, *high = low == &t.phone ? &t.pbx : &t.phone;
	uint64_t seed = table_seed(),
		 hash = table_hash_addr(table_hash_addr(table_hash_begin(seed), seed, low), seed, high);
	struct relation *made = relation_asked_hashed(&t.r, &t.phone, &t.pbx, hash, NOW);
	cr_assert_not_null(made);
	cr_assert_eq(relation_asked(&t.r, &t.phone, &t.pbx, NOW), made);
	cr_assert(relation_solicited_hinted(&t.r, made, &t.pbx, &t.phone, NOW));
	cr_assert(relation_solicited_hinted(&t.r, NULL, &t.pbx, &t.phone, NOW));
	cr_assert_not(relation_solicited_hinted(&t.r, made, &t.phone, &t.pbx, NOW));
	cr_assert_eq(t.r.pairs.count, 1);
	relations_fini(&t.r);
}
