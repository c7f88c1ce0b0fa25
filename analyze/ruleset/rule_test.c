/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/rule_test.h"

#include "analyze/ruleset/map_keys.h"
#include "core/clock.h"

#include <stdio.h>

#define TESTS_MAX  200
#define EVENTS_MAX 1000

/* {n}, {n:4}, {n:x2}: the length of the placeholder at `at`, 0 when there is none. */
static size_t placeholder_at(struct slice text, size_t at, unsigned *width, bool *hex)
{
	struct slice rest = slice_from(text, at);
	size_t len = 2;
	*width = 0;
	*hex = false;
	if (!slice_starts(rest, SLICE("{n")))
		return 0;
	if (len < rest.len && rest.ptr[len] == ':') {
		len++;
		if (len < rest.len && rest.ptr[len] == 'x') {
			*hex = true;
			len++;
		}
		for (; len < rest.len && ascii_is_digit(rest.ptr[len]) && *width < 10; len++)
			*width = *width * 10 + (unsigned)(rest.ptr[len] - '0');
	}
	return len < rest.len && rest.ptr[len] == '}' && *width <= 20 ? len + 1 : 0;
}

static bool has_placeholder(struct slice text)
{
	unsigned width;
	bool hex;
	for (size_t i = 0; i < text.len; i++)
		if (placeholder_at(text, i, &width, &hex))
			return true;
	return false;
}

size_t test_template_fill(struct slice pattern, uint64_t n, uint8_t *text)
{
	size_t len = 0;
	for (size_t i = 0; i < pattern.len;) {
		unsigned width;
		bool hex;
		char digits[32];
		size_t skip = placeholder_at(pattern, i, &width, &hex);
		int add = 1;
		if (skip)
			add = snprintf(digits, sizeof digits, hex ? "%0*llx" : "%0*llu", (int)width,
				       (unsigned long long)n);
		if (len + (size_t)add > TEST_TEXT_MAX)
			return SIZE_MAX;
		memcpy(text + len, skip ? (const void *)digits : pattern.ptr + i, (size_t)add);
		len += (size_t)add;
		i += skip ? skip : 1;
	}
	return len;
}

bool test_address_parse(struct slice text, struct addr *out)
{
	uint64_t offset = 0;
	struct slice rest = text;
	struct slice base = slice_cut(&rest, '+');
	if (!addr_parse(base, out) || (rest.ptr && !slice_u64(rest, &offset)))
		return false;
	for (int i = 15; i >= 0 && offset; i--) {
		offset += out->bytes[i];
		out->bytes[i] = (uint8_t)offset;
		offset >>= 8;
	}
	return true;
}

static bool read_span(const struct node *n, int64_t *out)
{
	uint64_t number;
	int64_t unit;
	struct slice text = n->kind == NODE_SCALAR ? n->text : slice_of("", 0);
	size_t digits = 0;
	while (digits < text.len && ascii_is_digit(text.ptr[digits]))
		digits++;
	struct slice word = slice_from(text, digits);
	unit = slice_eq(word, SLICE("us"))   ? 1
	       : slice_eq(word, SLICE("ms")) ? 1000
	       : slice_eq(word, SLICE("s"))  ? SECOND_US
	       : slice_eq(word, SLICE("m"))  ? MINUTE_US
	       : slice_eq(word, SLICE("h"))  ? HOUR_US
	       : slice_eq(word, SLICE("d"))  ? DAY_US
					     : 0;
	if (!unit || !slice_u64(slice_first(text, digits), &number) ||
	    number > (uint64_t)(4000 * DAY_US / unit))
		return false;
	*out = (int64_t)number * unit;
	return true;
}

static void read_control(struct reading *in, const struct node *key, const struct node *value,
			 struct test_event *e)
{
	int64_t number;
	if (slice_eq(key->text, SLICE("after"))) {
		if (!read_span(value, &e->after_us))
			problem_at(in, value,
				   "tests: after must be a number and us, ms, s, m, h or d, as in 200ms");
	} else if (slice_eq(key->text, SLICE("repeat"))) {
		if (node_is_integer(value, &number) && number >= 1 && number <= TEST_REPEAT_MAX)
			e->repeat = (uint32_t)number;
		else
			problem_at(in, value, "tests: repeat must be a number from 1 to %d", TEST_REPEAT_MAX);
	} else if (slice_eq(key->text, SLICE("from"))) {
		if (node_is_integer(value, &number) && number >= 0 && number <= INT32_MAX)
			e->from = (uint64_t)number;
		else
			problem_at(in, value, "tests: from must be a number, the first {n}");
	}
}

static bool word_bit(const struct field *f, struct slice text, uint64_t *words)
{
	for (unsigned i = 0; i < 64; i++) {
		const char *word = anomaly_text(i);
		if (f->kind == FIELD_KIND_CHOICE)
			word = f->words[i + 1];
		if (f->kind == FIELD_KIND_CHOICE && !word)
			return false;
		if (word && slice_eq_nocase(slice_str(word), text)) {
			*words |= f->kind == FIELD_KIND_CHOICE ? i + 1 : (uint64_t)1 << i;
			return true;
		}
	}
	return false;
}

static void read_words(struct reading *in, const struct node *value, struct test_value *v)
{
	bool is_list = value->kind == NODE_LIST && v->field->kind == FIELD_KIND_ANOMALY;
	for (size_t i = 0; i < (is_list ? value->count : 1); i++) {
		const struct node *item = is_list ? value->items[i] : value;
		if (item->kind != NODE_SCALAR || !word_bit(v->field, item->text, &v->words))
			problem_at(in, item, "tests: %s has no word '%s'", v->field->name,
				   item->kind == NODE_SCALAR ? shown(in, item->text) : "...");
	}
}

/* A template is tried with its first and its last number. */
static bool is_good_template(const struct test_value *v, const struct test_event *e)
{
	uint8_t text[TEST_TEXT_MAX];
	const uint64_t tries[] = { e->from, e->from + e->repeat - 1 };
	for (size_t i = 0; i < 2; i++) {
		struct addr a;
		uint64_t number;
		size_t len = test_template_fill(v->text, tries[i], text);
		if (len == SIZE_MAX ||
		    (v->field->kind == FIELD_KIND_ADDRESS && !test_address_parse(slice_of(text, len), &a)) ||
		    (v->field->kind == FIELD_KIND_NUMBER && !slice_u64(slice_of(text, len), &number)))
			return false;
	}
	return true;
}

static void read_value(struct reading *in, const struct node *value, const struct test_event *e,
		       struct test_value *v)
{
	v->is_absent = node_is_null(value);
	v->node = value;
	if (v->is_absent)
		return;
	if (v->field->kind == FIELD_KIND_CHOICE || v->field->kind == FIELD_KIND_ANOMALY) {
		read_words(in, value, v);
		return;
	}
	if (value->kind != NODE_SCALAR) {
		problem_at(in, value, "tests: %s has one value", v->field->name);
		return;
	}
	v->text = value->text;
	v->is_template = has_placeholder(value->text);
	bool good = v->is_template			   ? is_good_template(v, e)
		    : v->field->kind == FIELD_KIND_ADDRESS ? test_address_parse(value->text, &v->address)
		    : v->field->kind == FIELD_KIND_NUMBER  ? node_is_integer(value, &v->number)
							   : value->text.len <= TEST_TEXT_MAX;
	if (!good)
		problem_at(in, value, "tests: '%s' is no %s%s", shown(in, value->text),
			   v->field->kind == FIELD_KIND_ADDRESS	 ? "address"
			   : v->field->kind == FIELD_KIND_NUMBER ? "whole number"
								 : "text of at most 8192 bytes",
			   v->is_template ? " with {n} replaced by its first or last value" : "");
}

static void read_event(struct reading *in, const struct node *map, struct test_event *e)
{
	static const char *const controls[] = { "after", "repeat", "from", NULL };
	*e = (struct test_event){ .after_us = SECOND_US, .repeat = 1, .from = 1 };
	if (map->kind != NODE_MAP) {
		problem_at(in, map, "tests: an event is a map of field: value");
		return;
	}
	e->values = pool_alloc(&in->rules->pool, (map->count + 1) * sizeof *e->values);
	/* Templates are checked against repeat and from, which may stand behind them. */
	for (size_t i = 0; i < map->count; i++)
		read_control(in, map->pairs[i].key, map->pairs[i].value, e);
	for (size_t i = 0; i < map->count; i++) {
		const struct node *key = map->pairs[i].key;
		const struct field *f = field_find(key->text);
		if (word_index(controls, key->text) >= 0)
			continue;
		if (!f) {
			const char *near = field_nearest(key->text);
			problem_at(in, key, "tests: no field is named '%s'%s%s%s", shown(in, key->text),
				   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
			continue;
		}
		e->values[e->count].field = f;
		read_value(in, map->pairs[i].value, e, &e->values[e->count++]);
	}
}

static void read_test(struct reading *in, const struct node *map, struct rule_test *t)
{
	static const char *const keys[] = { "name", "match", "events", NULL };
	if (map->kind != NODE_MAP) {
		problem_at(in, map, "tests: a test is a map of name, match and events");
		return;
	}
	map_keys_check(in, map, keys, "a test");
	const struct node *name = node_get(map, "name"), *match = node_get(map, "match"),
			  *events = node_get(map, "events");
	t->line = map->line;
	t->name = name && node_is_text(name) ? (const char *)name->text.ptr : "";
	if (!t->name[0])
		problem_at(in, name ? name : map, "tests: a test needs a name that says what it shows");
	if (!match || !node_is_boolean(match, &t->match))
		problem_at(in, match ? match : map, "tests: match must be true or false");
	if (!events || events->kind != NODE_LIST || events->count == 0 || events->count > EVENTS_MAX) {
		problem_at(in, events ? events : map, "tests: events must be a list of 1 to %d events",
			   EVENTS_MAX);
		return;
	}
	t->events = pool_alloc(&in->rules->pool, events->count * sizeof *t->events);
	for (size_t i = 0; i < events->count; i++)
		read_event(in, events->items[i], &t->events[t->count++]);
}

void rule_tests_read(struct reading *in, const struct node *list)
{
	struct document *d = in->document;
	if (list->kind != NODE_LIST || list->count > TESTS_MAX) {
		problem_at(in, list, "tests must be a list of at most %d tests", TESTS_MAX);
		return;
	}
	d->tests = pool_alloc(&in->rules->pool, (list->count + 1) * sizeof *d->tests);
	for (size_t i = 0; i < list->count; i++)
		read_test(in, list->items[i], &d->tests[d->test_count++]);
}
