/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/condition.h"

struct parser {
	struct reading *in;
	const struct node *node;
	struct selections *selections;
	struct slice rest; /* behind the current word */
	struct slice word; /* current; empty at the end */
	unsigned depth;
};

static bool is_word_byte(uint8_t c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*' ||
	       c == '?' || c >= 0x80;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void advance(struct parser *p)
{
	while (p->rest.len > 0 && is_blank(p->rest.ptr[0]))
		p->rest = slice_from(p->rest, 1);
	size_t len = 0;
	while (len < p->rest.len && is_word_byte(p->rest.ptr[len]))
		len++;
	if (len == 0 && p->rest.len > 0)
		len = 1;
	p->word = slice_first(p->rest, len);
	p->rest = slice_from(p->rest, len);
}

static bool at_word(const struct parser *p, const char *keyword)
{
	return slice_eq_nocase(p->word, slice_str(keyword));
}

/* The column within the condition is known only when it stands on one line without escapes, the usual case.
 */
static struct expression *fail(struct parser *p, const char *what, const char *hint)
{
	struct node where = *p->node;
	size_t offset = (size_t)(p->word.ptr - p->node->text.ptr);
	where.column += (unsigned)(offset + !p->node->plain);
	if (p->word.len == 0)
		problem_at(p->in, &where, "condition: %s at its end%s%s", what, hint[0] ? "; " : "", hint);
	else
		problem_at(p->in, &where, "condition: %s at '%s'%s%s", what, shown(p->in, p->word),
			   hint[0] ? "; " : "", hint);
	return NULL;
}

static bool glob(struct slice pattern, struct slice name)
{
	size_t star = slice_find(pattern, '*');
	if (star == SLICE_NPOS)
		return slice_eq(pattern, name);
	struct slice tail = slice_from(pattern, star + 1);
	if (!slice_starts(name, slice_first(pattern, star)))
		return false;
	for (size_t at = star; at <= name.len; at++)
		if (glob(tail, slice_from(name, at)))
			return true;
	return false;
}

static bool is_meant(struct slice pattern, struct slice name)
{
	bool hidden = name.len > 0 && name.ptr[0] == '_';
	if (slice_eq_nocase(pattern, SLICE("them")))
		return !hidden;
	return glob(pattern, name) && (!hidden || pattern.ptr[0] == '_');
}

#define GLOB_STARS_MAX	       3  /* in a pattern of names; the matcher backtracks */
#define COUNTED_SELECTIONS_MAX 12 /* `3 of them` over more would make thousands of terms */

/* At least `wanted` of the parts from `from` on: (part and wanted-1 of the rest) or wanted of the rest. */
static struct expression *at_least(struct pool *a, struct expression **parts, size_t from, size_t count,
				   size_t wanted)
{
	if (wanted == 0)
		return expression_group(a, EXPRESSION_AND);
	if (count - from < wanted)
		return expression_group(a, EXPRESSION_OR);
	if (wanted == 1 || count - from == wanted) {
		struct expression *all = expression_group(a, wanted == 1 ? EXPRESSION_OR : EXPRESSION_AND);
		for (size_t i = from; i < count; i++)
			expression_add(a, all, parts[i]);
		return all;
	}
	struct expression *with = expression_group(a, EXPRESSION_AND);
	expression_add(a, with, parts[from]);
	expression_add(a, with, at_least(a, parts, from + 1, count, wanted - 1));
	struct expression *either = expression_group(a, EXPRESSION_OR);
	expression_add(a, either, with);
	expression_add(a, either, at_least(a, parts, from + 1, count, wanted));
	return either;
}

static struct expression *quantified(struct parser *p, uint64_t wanted, bool all)
{
	struct pool *a = &p->in->rules->pool;
	struct expression **parts = NULL;
	size_t count = 0, stars = 0;
	struct slice pattern = p->word;
	for (size_t i = 0; i < pattern.len; i++)
		stars += pattern.ptr[i] == '*';
	if (pattern.len == 0 || stars > GLOB_STARS_MAX || !is_word_byte(pattern.ptr[0]))
		return fail(p, "expected `them` or names with *", "as in: 1 of selection_*");
	for (size_t i = 0; i < p->selections->count; i++) {
		struct named_expression *s = &p->selections->items[i];
		if (!is_meant(pattern, slice_str(s->name)))
			continue;
		s->is_used = true;
		if (!s->expression)
			return NULL;
		parts = pool_room(a, parts, count, sizeof(struct expression *));
		parts[count++] = s->expression;
	}
	if (count == 0)
		return fail(p, "no selection has such a name", "");
	p->selections->terms += count;
	if (p->selections->terms > CONDITION_TERMS_MAX)
		return fail(p, "more than 65536 terms", "");
	if (all)
		wanted = count;
	if (wanted > count)
		return fail(p, "fewer selections than that have such a name", "");
	if (wanted > 1 && wanted < count && count > COUNTED_SELECTIONS_MAX)
		return fail(p, "N of more than 12 selections", "use 1 of, all of, or fewer selections");
	advance(p);
	return at_least(a, parts, 0, count, wanted);
}

static struct expression *selection(struct parser *p)
{
	for (size_t i = 0; i < p->selections->count; i++) {
		struct named_expression *s = &p->selections->items[i];
		if (!slice_eq(slice_str(s->name), p->word))
			continue;
		s->is_used = true;
		advance(p);
		return s->expression;
	}
	return fail(p, "no selection is named so", "");
}

static struct expression *either(struct parser *p);

static struct expression *term(struct parser *p)
{
	uint64_t number = 1;
	if (at_word(p, "(")) {
		advance(p);
		struct expression *inner = either(p);
		if (inner && !at_word(p, ")"))
			return fail(p, "expected )", "");
		advance(p);
		return inner;
	}
	if (at_word(p, "|"))
		return fail(p, "aggregation",
			    "Sigma 2 counts with a correlation document (type: event_count or value_count)");
	bool all = at_word(p, "all");
	struct parser ahead = *p;
	advance(&ahead);
	if ((all || at_word(p, "any") || slice_u64(p->word, &number)) && at_word(&ahead, "of")) {
		if (number == 0)
			return fail(p, "0 of", "write `not 1 of`");
		*p = ahead;
		advance(p);
		return quantified(p, number, all);
	}
	if (p->word.len == 0 || !is_word_byte(p->word.ptr[0]) || at_word(p, "and") || at_word(p, "or") ||
	    at_word(p, "of"))
		return fail(p, "expected a selection", "");
	return selection(p);
}

static struct expression *negation(struct parser *p)
{
	bool negative = false;
	while (at_word(p, "not")) {
		negative = !negative;
		advance(p);
	}
	struct expression *e = term(p);
	return e && negative ? expression_not(&p->in->rules->pool, e) : e;
}

/* Parts joined by one key word, a single part as itself. */
static struct expression *joined(struct parser *p, const char *keyword, enum expression_op op,
				 struct expression *(*part)(struct parser *))
{
	struct pool *a = &p->in->rules->pool;
	struct expression *first = part(p);
	if (!first || !at_word(p, keyword))
		return first;
	struct expression *group = expression_group(a, op);
	expression_add(a, group, first);
	while (at_word(p, keyword)) {
		advance(p);
		struct expression *next = part(p);
		if (!next)
			return NULL;
		expression_add(a, group, next);
	}
	return group;
}

static struct expression *both(struct parser *p)
{
	return joined(p, "and", EXPRESSION_AND, negation);
}

static struct expression *either(struct parser *p)
{
	if (++p->depth > CONDITION_DEPTH_MAX)
		return fail(p, "more than 32 levels of parentheses", "");
	struct expression *e = joined(p, "or", EXPRESSION_OR, both);
	p->depth--;
	return e;
}

struct expression *condition_read(struct reading *in, const struct node *text, struct selections *selections)
{
	if (!node_is_text(text) || slice_trim(text->text).len == 0) {
		problem_at(in, text, "condition must be text, as in: selection and not filter");
		return NULL;
	}
	struct parser p = { .in = in, .node = text, .selections = selections, .rest = text->text };
	advance(&p);
	struct expression *e = either(&p);
	if (!e || p.word.len == 0)
		return e;
	if (at_word(&p, "|"))
		return fail(&p, "aggregation",
			    "Sigma 2 counts with a correlation document (type: event_count or value_count)");
	return fail(&p, "expected and, or, or the end", "");
}
