/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ANALYZE_RULESET_RULES_SUPPORT_H
#define TESTS_UNIT_ANALYZE_RULESET_RULES_SUPPORT_H

#include "analyze/ruleset/engine.h"
#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* What the tests of the rule engine share: rules from a string, observations from a few values, firings written down. */

/* The first of a detection rule; indent what follows by two. */
#define RULE_HEAD(name)                                                                                            \
	"title: t\nname: " name "\nlevel: high\nsiphound: {stage: probe}\nlogsource: {product: siphound, category: observation}\n"
#define BASE_HEAD(name) "title: t\nname: " name "\nlogsource: {product: siphound, category: observation}\n"
#define NEXT "---\n"

static inline struct ruleset *rules_from(const char *text)
{
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	cr_assert_eq(ruleset_load_text(rules, "test.yml", slice_str(text), &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	return rules;
}

struct note {
	char rule[48];
	struct addr actor;
	uint64_t count, group;
	int64_t first_us, time_us;
	bool again;
	struct evidence evidence[EVIDENCE_MAX];
	size_t evidence_count;
};

#define NOTES_MAX 512

struct notes {
	struct note items[NOTES_MAX];
	size_t count;
};

static inline void note_firing(void *ctx, const struct firing *f, const struct observation *o)
{
	struct notes *notes = ctx;
	(void)o;
	cr_assert_lt(notes->count, NOTES_MAX);
	struct note *n = &notes->items[notes->count++];
	snprintf(n->rule, sizeof n->rule, "%s", f->rule->id);
	n->actor = f->actor;
	n->count = f->count;
	n->group = f->group;
	n->first_us = f->first_us;
	n->time_us = f->time_us;
	n->again = f->again;
	n->evidence_count = f->evidence_count;
	cr_assert_leq(f->evidence_count, EVIDENCE_MAX);
	memcpy(n->evidence, f->evidence, f->evidence_count * sizeof *f->evidence);
}

/* An engine with its digest. */
struct bench {
	struct ruleset *rules;
	struct engine *engine;
	uint64_t *digest;
	struct notes notes;
	uint64_t number; /* of the last observation */
};

static inline struct bench *bench_on(struct ruleset *rules, const struct engine_options *options)
{
	struct bench *b = calloc(1, sizeof *b);
	b->rules = rules;
	b->engine = engine_new(rules, options);
	cr_assert_not_null(b->engine);
	b->digest = calloc(engine_digest_words(b->engine) + 1, sizeof *b->digest);
	return b;
}

static inline struct bench *bench_new(const char *text)
{
	return bench_on(rules_from(text), NULL);
}

static inline void bench_free(struct bench *b)
{
	engine_free(b->engine);
	ruleset_free(b->rules);
	free(b->digest);
	free(b);
}

/* Looks twice, the texts poisoned in between as they are in life; returns how often something fired. */
static inline size_t bench_feed(struct bench *b, const struct observation *o)
{
	size_t before = b->notes.count;
	struct observation copy = *o;
	memset(b->digest, 0, (engine_digest_words(b->engine) + 1) * sizeof *b->digest);
	copy.place.number = ++b->number;
	engine_look(b->engine, &copy, FIELD_ONCE, b->digest);
	for (size_t f = 0; f < field_count; f++)
		if (fields[f].kind == FIELD_KIND_TEXT && fields[f].when == FIELD_ONCE)
			copy.text[fields[f].index] = slice_of((const void *)(uintptr_t)16, 1);
	engine_look(b->engine, &copy, FIELD_LATE, b->digest);
	engine_judge(b->engine, &copy, b->digest, note_firing, &b->notes);
	return b->notes.count - before;
}

static inline struct observation observation_at(int64_t time_us, const char *source)
{
	struct observation o;
	observation_init(&o);
	o.time_us = o.known_us = time_us;
	addr_parse(slice_str(source), &o.address[ADDRESS_SOURCE_IP]);
	addr_parse(slice_str("198.51.100.1"), &o.address[ADDRESS_DESTINATION_IP]);
	return o;
}

/* "field=value;field=value" into o; texts are borrowed from `room`, into which the whole is copied. */
static inline void observe(struct observation *o, const char *what, char *room, size_t room_bytes)
{
	snprintf(room, room_bytes, "%s", what);
	struct slice rest = slice_str(room);
	while (rest.ptr && rest.len) {
		struct slice value = slice_cut(&rest, ';');
		struct slice name = slice_cut(&value, '=');
		const struct field *f = field_find(name);
		uint64_t number = 0;
		cr_assert(f && value.ptr, "%s", what);
		switch (f->kind) {
		case FIELD_KIND_ADDRESS:
			cr_assert(addr_parse(value, &o->address[f->index]) || slice_eq(value, SLICE("none")), "%s", what);
			break;
		case FIELD_KIND_TEXT:
			observation_set_text(o, (enum text_field)f->index, value);
			break;
		case FIELD_KIND_NUMBER:
			cr_assert(slice_u64(value, &number), "%s", what);
			observation_set_number(o, (enum number_field)f->index, (int64_t)number);
			break;
		case FIELD_KIND_CHOICE:
			for (uint8_t w = 1; f->words[w]; w++)
				if (slice_eq(slice_str(f->words[w]), value))
					o->choice[f->index] = w;
			cr_assert_neq(o->choice[f->index], 0, "%s", what);
			break;
		case FIELD_KIND_ANOMALY:
			for (unsigned bit = 0; bit < 64; bit++)
				if (anomaly_text(bit) && slice_eq(slice_str(anomaly_text(bit)), value))
					o->anomalies |= (uint64_t)1 << bit;
			cr_assert_neq(o->anomalies, 0, "%s", what);
			break;
		}
	}
}

#endif
