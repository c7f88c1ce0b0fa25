/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/rule_test.h"

#include "analyze/ruleset/engine_internal.h"
#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>

#define TEST_START_US	((int64_t)1767322800 * SECOND_US) /* 2026-01-02T03:00:00Z, a Friday */
#define TEST_WINDOWS	4096
#define TEST_VALUES_MAX 256 /* more than there are fields */

struct runner {
	struct engine *engine;
	uint64_t *digest;
	int64_t now_us;
	uint64_t events;
	uint8_t *texts; /* room for the templates of one event */
};

static void set_value(struct observation *o, const struct test_value *v, uint64_t n, uint8_t *text)
{
	const struct field *f = v->field;
	struct slice value = v->text;
	uint64_t number;
	if (v->is_template)
		value = slice_of(text, test_template_fill(v->text, n, text));
	switch (f->kind) {
	case FIELD_KIND_ADDRESS:
		o->address[f->index] = v->address;
		if (v->is_template)
			test_address_parse(value, &o->address[f->index]);
		break;
	case FIELD_KIND_TEXT:
		if (!v->is_absent)
			observation_set_text(o, (enum text_field)f->index, value);
		break;
	case FIELD_KIND_NUMBER:
		if (!v->is_absent)
			observation_set_number(o, (enum number_field)f->index,
					       v->is_template && slice_u64(value, &number) ? (int64_t)number
											   : v->number);
		break;
	case FIELD_KIND_CHOICE:
		o->choice[f->index] = (uint8_t)v->words;
		break;
	case FIELD_KIND_ANOMALY:
		o->anomalies = v->words;
		break;
	}
}

/* One event; does the rule at `place` hold? */
static bool run_event(struct runner *r, const struct test_event *e, uint64_t n, size_t place)
{
	struct observation o;
	observation_init(&o);
	r->now_us += e->after_us;
	o.time_us = o.known_us = r->now_us;
	o.place = (struct place){ ++r->events, 0 };
	addr_parse(SLICE("203.0.113.1"), &o.address[ADDRESS_SOURCE_IP]);
	for (size_t i = 0; i < e->count; i++)
		set_value(&o, &e->values[i], n, r->texts + i % TEST_VALUES_MAX * TEST_TEXT_MAX);
	observation_set_network(&o);
	memset(r->digest, 0, (engine_digest_words(r->engine) + 1) * sizeof *r->digest);
	engine_look(r->engine, &o, FIELD_ONCE, r->digest);
	engine_look(r->engine, &o, FIELD_LATE, r->digest);
	engine_judge(r->engine, &o, r->digest, NULL, NULL);
	return bit_is_set(r->engine->matched, place);
}

static int run_test(const struct ruleset *rules, const struct rule_test *t, size_t place, uint8_t *texts,
		    bool *matched)
{
	struct engine_options options = engine_defaults;
	options.max_groups = TEST_WINDOWS;
	struct runner r = { .engine = engine_new(rules, &options), .now_us = TEST_START_US, .texts = texts };
	if (!r.engine)
		return -ENOMEM;
	r.digest = calloc(engine_digest_words(r.engine) + 1, sizeof *r.digest);
	*matched = false;
	for (size_t i = 0; r.digest && i < t->count; i++)
		for (uint32_t n = 0; n < t->events[i].repeat; n++)
			*matched = run_event(&r, &t->events[i], t->events[i].from + n, place) || *matched;
	int result = r.digest ? 0 : -ENOMEM;
	free(r.digest);
	engine_free(r.engine);
	return result;
}

int ruleset_run_tests(const struct ruleset *rules, const struct rule *only, rule_test_fn tell, void *ctx)
{
	int failed = 0;
	uint8_t *texts = malloc((size_t)TEST_VALUES_MAX * TEST_TEXT_MAX);
	if (!texts)
		return -ENOMEM;
	for (size_t i = 0; i < rules->document_count && failed >= 0; i++) {
		const struct document *d = rules->documents[i];
		for (size_t t = 0; t < d->test_count && (!only || only == &d->rule); t++) {
			struct rule_test_result result = { &d->rule, d->tests[t].name, d->tests[t].line,
							   d->tests[t].match, false };
			if (run_test(rules, &d->tests[t], d->order, texts, &result.matched) != 0) {
				failed = -ENOMEM;
				break;
			}
			failed += result.matched != result.expected;
			if (tell)
				tell(ctx, &result);
		}
	}
	free(texts);
	return failed;
}
