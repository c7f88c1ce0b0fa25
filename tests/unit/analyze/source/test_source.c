/* SPDX-License-Identifier: MIT */
#include "analyze/source/source.h"

#include "core/clock.h"

#include <criterion/criterion.h>

static struct addr a4(uint32_t v)
{
	uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	return addr_from_v4(bytes);
}

Test(source, get_and_find)
{
	struct sources all;
	struct addr x = a4(1), y = a4(2);
	cr_assert_eq(sources_init(&all, 10, 64), 0);
	cr_assert_null(source_find(&all, &x));
	struct source *s = source_get(&all, &x, 100);
	cr_assert_not_null(s);
	cr_assert(addr_eq(&s->address, &x));
	cr_assert_eq(s->proof, PROOF_NONE);
	cr_assert_eq(s->first_us, 100);
	for (size_t i = 0; i < 8; i++)
		cr_assert_eq(s->measured[i], 0, "measurements begin at nothing");
	cr_assert_eq(source_get(&all, &x, 200), s);
	cr_assert_eq(s->first_us, 100);
	cr_assert_eq(s->last_us, 200);
	cr_assert_eq(source_find(&all, &x), s);
	cr_assert_eq(source_recall(&all, s, &x), s);
	cr_assert_null(source_recall(&all, s, &y));
	cr_assert_eq(source_recall(&all, NULL, &x), s);
	uint64_t seed = table_seed(), hash = table_hash_addr(table_hash_begin(seed), seed, &x);
	cr_assert_eq(source_find_hashed(&all, &x, hash), s, "a hash made in parts is that of the table");
	cr_assert_eq(source_get_hashed(&all, &x, hash, 200), s);
	cr_assert_eq(all.table.count, 1);
	sources_fini(&all);
}

Test(source, proof_only_rises)
{
	struct source s = { .proof = PROOF_NONE };
	source_prove(&s, PROOF_ECHOED);
	source_prove(&s, PROOF_ANSWERED);
	cr_assert_eq(s.proof, PROOF_ECHOED);
	source_prove(&s, PROOF_TLS);
	source_prove(&s, PROOF_HANDSHAKE);
	source_prove(&s, PROOF_ABSENT);
	cr_assert_eq(s.proof, PROOF_TLS);
}

Test(source, registration_is_fresh_for_a_day)
{
	struct source s = { .registrations = 0, .business_us = 10 * DAY_US };
	cr_assert(!source_is_registered(&s, 10 * DAY_US));
	s.registrations = 1;
	cr_assert(source_is_registered(&s, 10 * DAY_US));
	cr_assert(source_is_registered(&s, 11 * DAY_US));
	cr_assert(!source_is_registered(&s, 11 * DAY_US + 1));
}

/* What is kept when a flood of forged addresses comes: each of these alone among 20000 that were seen once. */
Test(source, what_outlives_a_flood)
{
	static const struct {
		const char *name;
		struct {
			uint64_t messages;
			uint8_t proof, level, crime_proof;
			uint16_t stages;
			bool is_breached;
			uint32_t registrations, dialogs, called;
		} s;
		bool kept;
	} cases[] = {
		{ "one of them", { .messages = 1, .proof = PROOF_NONE }, false },
		{ "was answered", { .messages = 1, .proof = PROOF_ANSWERED }, true },
		{ "came more often", { .messages = 4, .proof = PROOF_NONE }, true },
		{ "registered", { .registrations = 1, .proof = PROOF_NONE }, true },
		{ "calls", { .dialogs = 1, .proof = PROOF_NONE }, true },
		{ "is called", { .called = 1, .proof = PROOF_NONE }, true },
		{ "offender, unproven",
		  { .level = LEVEL_MEDIUM + 1, .stages = 1 << STAGE_EXPLOIT, .proof = PROOF_NONE },
		  true },
		{ "unanswered probe",
		  { .level = LEVEL_HIGH + 1, .stages = 1 << STAGE_PROBE, .proof = PROOF_NONE },
		  false },
		{ "unanswered probes",
		  { .level = LEVEL_HIGH + 1, .stages = 1 << STAGE_PROBE, .messages = 4, .proof = PROOF_NONE },
		  true },
		{ "offender, answered", { .level = LEVEL_HIGH + 1, .proof = PROOF_ANSWERED }, true },
		{ "offender, proven",
		  { .level = LEVEL_HIGH + 1, .proof = PROOF_ECHOED, .crime_proof = PROOF_ECHOED },
		  true },
		{ "broke in", { .is_breached = true, .proof = PROOF_NONE }, true },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct sources all;
		struct addr x = a4(0xc0000201);
		cr_assert_eq(sources_init(&all, 100, 8), 0);
		struct source *s = source_get(&all, &x, 1);
		s->messages = cases[c].s.messages;
		s->proof = cases[c].s.proof;
		s->registrations = cases[c].s.registrations;
		s->dialogs = cases[c].s.dialogs;
		s->called = cases[c].s.called;
		s->level = cases[c].s.level;
		s->stages = cases[c].s.stages;
		s->is_breached = cases[c].s.is_breached;
		s->crime_proof = cases[c].s.crime_proof;
		source_touch(&all, s);
		for (uint32_t i = 0; i < 20000; i++) {
			struct addr forged = a4(0x0a000000 + i);
			source_get(&all, &forged, i)->messages++;
		}
		cr_assert_eq(source_find(&all, &x) != NULL, cases[c].kept, "%s", cases[c].name);
		cr_assert(all.table.count <= 58, "half of the room is for newcomers, and a little");
		cr_assert_eq(all.table.evicted, 20001 - all.table.count);
		sources_fini(&all);
	}
}

/* A record is made once, belongs to its source, and goes with it. */
Test(source, records)
{
	struct sources all;
	cr_assert_eq(sources_init(&all, 20, 8), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		struct addr x = a4(i);
		struct source *s = source_get(&all, &x, i);
		cr_assert_null(source_record(&all, s), "a new source has none");
		if (i % 3)
			continue;
		struct source_record *record = source_record_get(&all, s);
		cr_assert(addr_eq(&record->address, &x));
		cr_assert_eq(record->campaign, 0);
		record->campaign = i;
		cr_assert_eq(source_record_get(&all, s), record);
		cr_assert_eq(source_record(&all, s), record);
	}
	size_t at = 0, owned = 0;
	for (const struct source *s; (s = table_at(&all.table, &at));)
		owned += source_record(&all, s) != NULL;
	cr_assert_eq(all.records.count, owned);
	cr_assert_eq(all.records.evicted, 0);
	sources_fini(&all);
}

/* An image whose sources name a record that is another's, or none, or leave one to nobody, is refused. */
Test(source, image)
{
	struct sources all, other;
	struct image out, in;
	struct addr x = a4(1), y = a4(2);
	cr_assert_eq(sources_init(&all, 20, 8), 0);
	struct source *first = source_get(&all, &x, 1), *second = source_get(&all, &y, 1);
	source_record_get(&all, first)->campaign = 7;
	source_record_get(&all, second);
	uint32_t places[] = { second->record, first->record, 0, 5000, 3 };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		second->record = places[i];
		image_save(&out);
		sources_image(&all, &out);
		cr_assert_eq(sources_init(&other, 20, 8), 0);
		image_load(&in, slice_of(out.bytes, out.len));
		sources_image(&other, &in);
		cr_assert_eq(image_is_whole(&in), i == 0, "case %zu", i);
		if (i == 0)
			cr_assert_eq(source_record(&other, source_find(&other, &x))->campaign, 7);
		sources_fini(&other);
		image_fini(&out);
	}
	sources_fini(&all);
}

/* Among those that matter: who got in, attacked with his own address or does business before all whom a forger can make up. */
Test(source, ranks)
{
	struct sources all;
	cr_assert_eq(sources_init(&all, 60, 8), 0);
	for (uint32_t i = 0; i < 60; i++) {
		struct addr x = a4(i);
		struct source *s = source_get(&all, &x, i);
		s->proof = PROOF_ANSWERED;
		if (i < 10) {
			s->level = LEVEL_HIGH + 1;
			s->crime_proof = PROOF_ECHOED;
		} else if (i < 20) {
			s->registrations = 1;
		} else if (i < 30) {
			s->level = LEVEL_HIGH + 1;
		}
		source_touch(&all, s);
	}
	/* Answered strangers push out answered strangers only. */
	for (uint32_t i = 1000; i < 3000; i++) {
		struct addr x = a4(i);
		struct source *s = source_get(&all, &x, i);
		s->proof = PROOF_ANSWERED;
		source_touch(&all, s);
	}
	for (uint32_t i = 0; i < 30; i++) {
		struct addr x = a4(i);
		cr_assert(source_find(&all, &x), "%u is kept", i);
	}
	/* Offenders whose address may be forged, however many, push out neither peers nor proven offenders. */
	for (uint32_t i = 5000; i < 9000; i++) {
		struct addr x = a4(i);
		struct source *s = source_get(&all, &x, i);
		s->proof = PROOF_ANSWERED;
		s->level = LEVEL_HIGH + 1;
		source_touch(&all, s);
	}
	for (uint32_t i = 0; i < 20; i++) {
		struct addr x = a4(i);
		cr_assert(source_find(&all, &x), "%u is kept", i);
	}
	sources_fini(&all);
}

Test(source, trunks)
{
	struct source s = { .calls = 10, .dialogs = 2 };
	cr_assert(!source_is_trunk(&s));
	s.dialogs = 5;
	cr_assert(!source_is_trunk(&s), "half of its calls");
	s.dialogs = 6;
	cr_assert(source_is_trunk(&s), "more than half");
	s = (struct source){ .calls = 2, .dialogs = 2 };
	cr_assert(!source_is_trunk(&s), "too few to tell");
	s = (struct source){ .called = 3 };
	cr_assert(source_is_trunk(&s), "our side calls it");
}

/* Of its crimes one in eight at least must be proven to be its own. */
Test(source, proven_criminal)
{
	static const struct {
		const char *name;
		uint8_t proof;
		uint32_t proven, crimes;
		bool is_it;
	} cases[] = {
		{ "the only one is proven", PROOF_ECHOED, 1, 1, true },
		{ "one in eight", PROOF_ECHOED, 1, 8, true },
		{ "one in nine", PROOF_ECHOED, 1, 9, false },
		{ "many, one in eight", PROOF_TLS, 0x20000000, 0xffffffff, true },
		{ "many, one less", PROOF_TLS, 0x1fffffff, 0xffffffff, false },
		{ "answered is no proof", PROOF_ANSWERED, 1, 1, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct source s = { .crime_proof = cases[i].proof,
				    .crimes = cases[i].crimes,
				    .crimes_proven = cases[i].proven };
		cr_expect_eq(source_is_proven_criminal(&s), cases[i].is_it, "%s", cases[i].name);
	}
}
