/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/field_test.h"

#include "analyze/ruleset/field_value.h"
#include "analyze/ruleset/word_list.h"

/* `field: null`: absent. */
static struct expression *absence(struct test_reading *t)
{
	struct predicate p = { .kind = PREDICATE_EXISTS, .field = t->m.field };
	return expression_not(t->pool, test_predicate(t, &p));
}

static struct expression *read_exists(struct test_reading *t, const struct node *value)
{
	bool wanted;
	if (!node_is_boolean(value, &wanted)) {
		problem_at(t->in, value, "|exists takes true or false");
		return NULL;
	}
	struct expression *absent = absence(t);
	return wanted ? absent->parts[0] : absent;
}

/* Comparing with another field needs both at the same look. */
static struct expression *read_fieldref(struct test_reading *t, const struct node *value)
{
	const struct field *f = t->m.field;
	const struct field *other = node_is_text(value) ? field_find(value->text) : NULL;
	if (!other) {
		const char *near = value->kind == NODE_SCALAR ? field_nearest(value->text) : NULL;
		problem_at(t->in, value, "|fieldref needs the name of a field%s%s%s",
			   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
		return NULL;
	}
	if (f == &timestamp_field || f->kind == FIELD_KIND_ANOMALY || other->kind == FIELD_KIND_ANOMALY) {
		problem_at(t->in, value, "|fieldref does not compare times and sets of words");
		return NULL;
	}
	if (f->when != other->when) {
		problem_at(t->in, value,
			   "|fieldref: %s and %s are not known at the same moment (docs/fields.md), so they "
			   "can not be compared",
			   f->name, other->name);
		return NULL;
	}
	if (t->op != TEXT_EQUALS && (f->kind != FIELD_KIND_TEXT || other->kind != FIELD_KIND_TEXT)) {
		problem_at(t->in, value, "|%s|fieldref needs two text fields", t->m.compare_name);
		return NULL;
	}
	struct predicate p = {
		.kind = PREDICATE_SAME, .field = f, .other = other, .op = t->op, .cased = t->m.cased
	};
	return test_predicate(t, &p);
}

static bool read_scalar_value(struct test_reading *t, const struct node *value)
{
	struct slices expanded = { 0 };
	if (!t->m.expand)
		return test_add_value(t, value, value->text);
	if (!placeholder_expand(t->in, value, value->text, &expanded))
		return false;
	for (size_t i = 0; i < expanded.count; i++)
		if (!test_add_value(t, value, expanded.items[i]))
			return false;
	if (expanded.count > 0)
		return true;
	problem_at(t->in, value, "the list behind this placeholder is empty");
	return false;
}

static bool read_value(struct test_reading *t, const struct node *value)
{
	if (value->kind != NODE_SCALAR) {
		problem_at(t->in, value, "a value must be text, a number, true, false or null, not a %s",
			   value->kind == NODE_MAP ? "map" : "list in a list");
		return false;
	}
	if (node_is_null(value)) {
		if (t->m.compare != COMPARE_EQUALS || t->m.transform_count || t->m.part != TIME_NONE) {
			problem_at(t->in, value, "null is compared without modifiers: `%s: null`",
				   t->m.field->name);
			return false;
		}
		expression_add(t->pool, t->group, absence(t));
		return true;
	}
	if (t->m.fieldref) {
		struct expression *e = read_fieldref(t, value);
		if (e)
			expression_add(t->pool, t->group, e);
		return e != NULL;
	}
	return read_scalar_value(t, value);
}

static enum text_op text_op_of(enum comparison c)
{
	switch (c) {
	case COMPARE_CONTAINS:
		return TEXT_CONTAINS;
	case COMPARE_STARTS:
		return TEXT_STARTS;
	case COMPARE_ENDS:
		return TEXT_ENDS;
	default:
		return TEXT_EQUALS;
	}
}

static struct expression *read_values(struct test_reading *t, const struct node *value)
{
	if (value->kind == NODE_LIST && value->count == 0) {
		problem_at(t->in, value, "an empty list matches nothing; name at least one value");
		return NULL;
	}
	t->group = expression_group(t->pool, t->m.all ? EXPRESSION_AND : EXPRESSION_OR);
	if (value->kind != NODE_LIST) {
		if (t->m.all && value->kind == NODE_SCALAR && !t->m.expand) {
			problem_at(t->in, value, "|all needs a list of values");
			return NULL;
		}
		return read_value(t, value) && test_flush(t, value) ? t->group : NULL;
	}
	for (size_t i = 0; i < value->count; i++) {
		if (!read_value(t, value->items[i]))
			return NULL;
		if (t->m.all && !test_flush(t, value->items[i]))
			return NULL;
	}
	return test_flush(t, value) ? t->group : NULL;
}

struct expression *field_test_read(struct reading *in, const struct node *key, const struct node *value)
{
	struct test_reading t = { .in = in, .pool = &in->rules->pool };
	if (!modifiers_read(in, key, &t.m))
		return NULL;
	t.op = text_op_of(t.m.compare);
	struct expression *e =
	    t.m.compare == COMPARE_EXISTS ? read_exists(&t, value) : read_values(&t, value);
	if (!e)
		return NULL;
	return t.m.neq ? expression_not(t.pool, e) : e;
}

struct expression *keyword_test_read(struct reading *in, const struct node *keyword)
{
	if (keyword->kind != NODE_SCALAR || node_is_null(keyword) || keyword->text.len == 0) {
		problem_at(in, keyword, "a keyword must be text that is not empty");
		return NULL;
	}
	struct expression *any = expression_group(&in->rules->pool, EXPRESSION_OR);
	for (size_t i = 0; i < field_count; i++) {
		if (fields[i].kind != FIELD_KIND_TEXT || fields[i].when != FIELD_ONCE)
			continue;
		struct test_reading t = {
			.in = in, .pool = &in->rules->pool, .op = TEXT_CONTAINS, .group = any
		};
		t.m = (struct modifiers){ .field = &fields[i], .compare = COMPARE_CONTAINS };
		if (!test_add_value(&t, keyword, keyword->text) || !test_flush(&t, keyword))
			return NULL;
	}
	return any;
}
