/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/detection.h"

#include "analyze/ruleset/condition.h"
#include "analyze/ruleset/field_test.h"

/* A map: all of its tests. */
static struct expression *read_map(struct reading *in, const struct node *map)
{
	struct expression *all = expression_group(&in->rules->pool, EXPRESSION_AND);
	bool good = map->count > 0;
	if (!good)
		problem_at(in, map, "an empty selection matches everything; name at least one field");
	for (size_t i = 0; i < map->count; i++) {
		struct expression *e = field_test_read(in, map->pairs[i].key, map->pairs[i].value);
		good = good && e;
		if (good)
			expression_add(&in->rules->pool, all, e);
	}
	return good ? all : NULL;
}

/* A list: any of its maps or key words. */
static struct expression *read_list(struct reading *in, const struct node *list)
{
	struct expression *any = expression_group(&in->rules->pool, EXPRESSION_OR);
	bool good = list->count > 0;
	if (!good)
		problem_at(in, list, "an empty selection; name at least one field");
	for (size_t i = 0; i < list->count; i++) {
		const struct node *item = list->items[i];
		struct expression *e =
		    item->kind == NODE_MAP ? read_map(in, item) : keyword_test_read(in, item);
		good = good && e;
		if (good)
			expression_add(&in->rules->pool, any, e);
	}
	return good ? any : NULL;
}

static struct expression *read_selection(struct reading *in, const struct node *value)
{
	if (value->kind == NODE_MAP)
		return read_map(in, value);
	if (value->kind == NODE_LIST)
		return read_list(in, value);
	problem_at(in, value, "a selection is a map of fields, or a list of maps or key words");
	return NULL;
}

static bool is_skipped(struct slice key, const char *const *skip)
{
	return slice_eq(key, SLICE("condition")) || word_index(skip, key) >= 0;
}

static void read_selections(struct reading *in, const struct node *map, const char *const *skip,
			    struct selections *out)
{
	struct pool *a = &in->rules->pool;
	for (size_t i = 0; i < map->count; i++) {
		const struct node *key = map->pairs[i].key;
		if (is_skipped(key->text, skip))
			continue;
		out->items = pool_room(a, out->items, out->count, sizeof *out->items);
		out->items[out->count++] =
		    (struct named_expression){ (const char *)key->text.ptr,
					       read_selection(in, map->pairs[i].value), key, false };
	}
}

static struct expression *read_conditions(struct reading *in, const struct node *condition,
					  struct selections *selections)
{
	struct pool *a = &in->rules->pool;
	if (condition->kind != NODE_LIST)
		return condition_read(in, condition, selections);
	struct expression *any = expression_group(a, EXPRESSION_OR);
	bool good = condition->count > 0;
	if (!good)
		problem_at(in, condition, "condition is an empty list");
	for (size_t i = 0; i < condition->count; i++) {
		struct expression *e = condition_read(in, condition->items[i], selections);
		good = good && e;
		if (good)
			expression_add(a, any, e);
	}
	return good ? any : NULL;
}

struct expression *detection_read(struct reading *in, const struct node *map, const char *const *skip)
{
	struct selections selections = { 0 };
	if (map->kind != NODE_MAP) {
		problem_at(in, map, "expected a map with selections and a condition");
		return NULL;
	}
	read_selections(in, map, skip, &selections);
	const struct node *condition = node_get(map, "condition");
	if (!condition) {
		problem_at(in, map, "condition is missing, as in: condition: selection");
		return NULL;
	}
	struct expression *e = read_conditions(in, condition, &selections);
	for (size_t i = 0; e && in->rules->is_strict && i < selections.count; i++)
		if (!selections.items[i].is_used && selections.items[i].name[0] != '_')
			problem_at(in, selections.items[i].key, "selection '%s' is not used in the condition",
				   selections.items[i].name);
	return e;
}
