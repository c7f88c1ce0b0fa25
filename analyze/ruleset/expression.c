/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/expression.h"

struct expression *expression_predicate(struct pool *a, const struct predicate *p)
{
	struct expression *e = pool_alloc(a, sizeof *e);
	e->op = EXPRESSION_PREDICATE;
	e->predicate = p;
	return e;
}

struct expression *expression_group(struct pool *a, enum expression_op op)
{
	struct expression *e = pool_alloc(a, sizeof *e);
	e->op = op;
	return e;
}

void expression_add(struct pool *a, struct expression *group, struct expression *part)
{
	group->parts = pool_room(a, group->parts, group->count, sizeof(struct expression *));
	group->parts[group->count++] = part;
}

struct expression *expression_not(struct pool *a, struct expression *e)
{
	struct expression *negation = expression_group(a, EXPRESSION_NOT);
	expression_add(a, negation, e);
	return negation;
}

bool expression_holds(const struct expression *e, const struct observation *o, struct match_room *room)
{
	switch (e->op) {
	case EXPRESSION_PREDICATE:
		return predicate_holds(e->predicate, o, room);
	case EXPRESSION_NOT:
		return !expression_holds(e->parts[0], o, room);
	case EXPRESSION_AND:
		for (size_t i = 0; i < e->count; i++)
			if (!expression_holds(e->parts[i], o, room))
				return false;
		return true;
	case EXPRESSION_OR:
		for (size_t i = 0; i < e->count; i++)
			if (expression_holds(e->parts[i], o, room))
				return true;
		return false;
	}
	return false;
}
