/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/correlation.h"
#include "analyze/ruleset/map_keys.h"

#include "core/clock.h"

#define X(id, text) text,
static const char *const type_words[] = { CORRELATION_TYPES(X) NULL };
#undef X

/* Texts, each once, not more than CORRELATION_BASES_MAX. */
static bool is_text_list(const struct node *list)
{
	if (!list || list->kind != NODE_LIST || list->count > CORRELATION_BASES_MAX)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (!node_is_text(list->items[i]))
			return false;
		for (size_t j = 0; j < i; j++)
			if (slice_eq(list->items[j]->text, list->items[i]->text))
				return false;
	}
	return true;
}

static void read_type(struct reading *in, const struct node *map, struct correlation *c)
{
	const struct node *type = node_get(map, "type");
	int index = type && type->kind == NODE_SCALAR ? word_index(type_words, type->text) : -1;
	if (index < 0)
		problem_at(in, type ? type : map, "correlation: type must be one of %s",
			   word_list_text(&in->rules->pool, type_words));
	else
		c->type = (enum correlation_type)index;
}

static void read_bases(struct reading *in, const struct node *map, struct correlation *c)
{
	const struct node *list = node_get(map, "rules");
	if (!is_text_list(list) || list->count == 0) {
		problem_at(in, list ? list : map,
			   "correlation: rules must list the names or ids of 1 to %d rules, each once",
			   CORRELATION_BASES_MAX);
		return;
	}
	c->bases = pool_alloc(&in->rules->pool, list->count * sizeof *c->bases);
	for (size_t i = 0; i < list->count; i++)
		c->bases[c->base_count++].node = list->items[i];
}

static struct correlation_field *read_fields(struct reading *in, const struct node *list)
{
	size_t count = list->kind == NODE_LIST ? list->count : 1;
	struct correlation_field *made = pool_alloc(&in->rules->pool, (count + 1) * sizeof *made);
	for (size_t i = 0; i < count; i++) {
		const struct node *item = list->kind == NODE_LIST ? list->items[i] : list;
		made[i] = (struct correlation_field){ (const char *)item->text.ptr, item, NULL };
	}
	return made;
}

static void read_groups(struct reading *in, const struct node *map, struct correlation *c)
{
	const struct node *list = node_get(map, "group-by");
	if (!is_text_list(list) || list->count > CORRELATION_FIELDS_MAX) {
		problem_at(in, list ? list : map,
			   "correlation: group-by must list at most %d fields, each once",
			   CORRELATION_FIELDS_MAX);
		return;
	}
	c->groups = read_fields(in, list);
	c->group_count = list->count;
}

static void read_span(struct reading *in, const struct node *map, struct correlation *c)
{
	const struct node *span = node_get(map, "timespan");
	struct slice text = span && span->kind == NODE_SCALAR ? span->text : slice_of(NULL, 0);
	uint64_t number;
	int64_t unit = 0;
	if (text.len > 1)
		unit = text.ptr[text.len - 1] == 's'   ? SECOND_US
		       : text.ptr[text.len - 1] == 'm' ? MINUTE_US
		       : text.ptr[text.len - 1] == 'h' ? HOUR_US
		       : text.ptr[text.len - 1] == 'd' ? DAY_US
						       : 0;
	if (unit == 0 || !slice_u64(slice_first(text, text.len - 1), &number) || number == 0) {
		problem_at(in, span ? span : map,
			   "correlation: timespan must be a number and s, m, h or d, as in 10m");
		return;
	}
	if (number > (uint64_t)(CORRELATION_SPAN_MAX_US / unit))
		problem_at(in, span, "correlation: timespan is longer than 400 days");
	else
		c->span_us = (int64_t)number * unit;
}

/* One of gt gte lt lte eq neq; narrows the range. */
static bool read_bound(struct reading *in, const struct node *key, const struct node *value,
		       struct correlation *c)
{
	static const char *const words[] = { "gt", "gte", "lt", "lte", "eq", "neq", NULL };
	int64_t number;
	int index = word_index(words, key->text);
	if (index < 0) {
		problem_at(
		    in, key,
		    "correlation: condition has no key '%s'; keys are field, gt, gte, lt, lte, eq, neq%s",
		    shown(in, key->text), c->type == CORRELATION_VALUE_PERCENTILE ? ", percentile" : "");
		return false;
	}
	if (!node_is_integer(value, &number) || number > INT64_MAX / 2 || number < -(INT64_MAX / 2)) {
		problem_at(in, value, "correlation: %s must be a whole number", words[index]);
		return false;
	}
	int64_t low = index == 0 ? number + 1 : index == 1 || index == 4 ? number : INT64_MIN;
	int64_t high = index == 2 ? number - 1 : index == 3 || index == 4 ? number : INT64_MAX;
	c->low = low > c->low ? low : c->low;
	c->high = high < c->high ? high : c->high;
	if (index == 5) {
		c->has_unequal = true;
		c->unequal = number;
	}
	return true;
}

static void read_percentile(struct reading *in, const struct node *condition, struct correlation *c)
{
	const struct node *value = node_get(condition, "percentile");
	int64_t number;
	if (value && node_is_integer(value, &number) && number >= 1 && number <= 100)
		c->percentile = (unsigned)number;
	else
		problem_at(in, value ? value : condition,
			   "correlation: value_percentile needs `percentile: P` (1 to 100) in its condition: "
			   "the P-th percentile of the "
			   "field is compared");
}

/* A count is at least one when it is looked at, and must be one that a window can remember. */
static bool is_possible_count(const struct correlation *c)
{
	int64_t largest = c->has_unequal ? c->unequal : 0;
	if (c->low > largest)
		largest = c->low;
	if (c->high != INT64_MAX && c->high > largest)
		largest = c->high;
	return largest <= CORRELATION_COUNT_MAX;
}

static bool counts(const struct correlation *c)
{
	return c->type == CORRELATION_EVENT_COUNT || c->type == CORRELATION_VALUE_COUNT ||
	       c->type == CORRELATION_TEMPORAL;
}

static void check_range(struct reading *in, const struct node *condition, const struct correlation *c)
{
	if (c->low > c->high || (counts(c) && c->high < 1) ||
	    (c->has_unequal && c->low == c->high && c->low == c->unequal))
		problem_at(in, condition, "correlation: this condition can never hold");
	else if (counts(c) && !is_possible_count(c))
		problem_at(in, condition, "correlation: counts above %d are not remembered",
			   CORRELATION_COUNT_MAX);
}

static void read_condition(struct reading *in, const struct node *map, struct correlation *c)
{
	const struct node *condition = node_get(map, "condition");
	size_t bounds = 0;
	bool is_temporal = c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
	if (!condition && is_temporal) {
		if (c->type == CORRELATION_TEMPORAL)
			c->low = (int64_t)c->base_count;
		return;
	}
	if (!condition || condition->kind != NODE_MAP || c->type == CORRELATION_TEMPORAL_ORDERED) {
		problem_at(in, condition ? condition : map, "correlation: %s",
			   c->type == CORRELATION_TEMPORAL_ORDERED
			       ? "temporal_ordered takes no condition: all of its rules in order"
			       : "condition must be a map, as in condition: {gte: 10}");
		return;
	}
	for (size_t i = 0; i < condition->count; i++) {
		const struct node *key = condition->pairs[i].key, *value = condition->pairs[i].value;
		if (slice_eq(key->text, SLICE("field")))
			continue;
		if (c->type == CORRELATION_VALUE_PERCENTILE && slice_eq(key->text, SLICE("percentile")))
			continue;
		bounds += read_bound(in, key, value, c);
	}
	if (bounds == 0 || bounds > 2)
		problem_at(in, condition,
			   "correlation: condition needs one or two of gt, gte, lt, lte, eq, neq");
	else
		check_range(in, condition, c);
}

static void read_values(struct reading *in, const struct node *map, struct correlation *c)
{
	const struct node *condition = node_get(map, "condition");
	const struct node *field = node_get(condition, "field");
	bool is_wanted = c->type == CORRELATION_VALUE_COUNT || c->type >= CORRELATION_VALUE_SUM;
	if (!is_wanted) {
		if (field)
			problem_at(in, field, "correlation: %s counts no field's values; use value_count",
				   type_words[c->type]);
		return;
	}
	bool is_list = c->type == CORRELATION_VALUE_COUNT && is_text_list(field) && field->count > 0 &&
		       field->count <= CORRELATION_FIELDS_MAX;
	if (!field || (!node_is_text(field) && !is_list)) {
		problem_at(in, field ? field : map,
			   "correlation: condition needs field: the field whose values are taken%s",
			   c->type == CORRELATION_VALUE_COUNT ? ", or a list of fields" : "");
		return;
	}
	c->values = read_fields(in, field);
	c->value_count = field->kind == NODE_LIST ? field->count : 1;
	if (c->type == CORRELATION_VALUE_PERCENTILE)
		read_percentile(in, condition, c);
}

static void read_aliases(struct reading *in, const struct node *map, struct correlation *c)
{
	c->aliases = node_get(map, "aliases");
	if (!c->aliases)
		return;
	if (c->aliases->kind != NODE_MAP) {
		problem_at(in, c->aliases,
			   "correlation: aliases must be a map of names to maps of rule: field");
		c->aliases = NULL;
		return;
	}
	for (size_t i = 0; i < c->aliases->count; i++)
		if (c->aliases->pairs[i].value->kind != NODE_MAP)
			problem_at(in, c->aliases->pairs[i].value,
				   "correlation: an alias is a map of rule: field");
}

static void read_generate(struct reading *in, const struct node *value)
{
	if (value && !node_is_boolean(value, &in->document->generate))
		problem_at(in, value, "generate must be true or false");
}

struct correlation *correlation_read(struct reading *in, const struct node *map)
{
	static const char *const keys[] = { "type",	 "rules",   "group-by", "timespan",
					    "condition", "aliases", "generate", NULL };
	size_t problems = in->rules->problem_count;
	struct correlation *c = pool_alloc(&in->rules->pool, sizeof *c);
	c->low = INT64_MIN;
	c->high = INT64_MAX;
	map_keys_check(in, map, keys, "correlation");
	read_type(in, map, c);
	if (in->rules->problem_count > problems)
		return NULL;
	read_bases(in, map, c);
	read_groups(in, map, c);
	read_span(in, map, c);
	read_aliases(in, map, c);
	read_values(in, map, c);
	read_condition(in, map, c);
	read_generate(in, node_get(map, "generate"));
	read_generate(in, node_get(in->document->root, "generate"));
	return in->rules->problem_count == problems ? c : NULL;
}
