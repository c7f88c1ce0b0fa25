/* SPDX-License-Identifier: MIT */
#include "analyze/logs/plan_ops.h"

/* Bytes that something can begin with, a bit each. */
struct first {
	uint64_t set[4];
	bool nullable;
};

static void add_byte(struct first *first, uint8_t byte)
{
	first->set[byte / 64] |= (uint64_t)1 << byte % 64;
}

static void add_bytes(struct first *first, const struct first *more)
{
	for (unsigned w = 0; w < 4; w++)
		first->set[w] |= more->set[w];
}

static const struct first anything = { .set = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX },
				       .nullable = true };

static void first_of_sequence(const struct plan *plan, const struct sequence *s, size_t from,
			      struct first *out);

/* Adds what `op` can begin with; true when it can be nothing. */
static bool first_of_op(const struct plan *plan, const struct op *op, struct first *out)
{
	switch (op->kind) {
	case OP_LITERAL:
		add_byte(out, plan->literals[op->min]);
		return false;
	case OP_QUAD:
		for (unsigned digit = '0'; digit <= '9'; digit++)
			add_byte(out, (uint8_t)digit);
		return false;
	case OP_RUN:
	case OP_UNTIL:
	case OP_SKIP:
		for (unsigned c = 0; c < 256; c++)
			out->set[c / 64] |= (uint64_t)(plan->classes[op->index][c] != 0) << c % 64;
		return op->min == 0;
	case OP_OPTION:
	case OP_CHOICE:
	case OP_REPEAT: {
		bool nothing = op->kind == OP_OPTION;
		for (unsigned i = 0; i < op->count; i++) {
			struct first inner = { .nullable = false };
			first_of_sequence(plan, &plan->sequences[op->index + i], 0, &inner);
			add_bytes(out, &inner);
			nothing |= inner.nullable;
		}
		return nothing;
	}
	case OP_BACK:
		add_bytes(out, &anything);
		return true;
	default:
		return true;
	}
}

static void first_of_sequence(const struct plan *plan, const struct sequence *s, size_t from,
			      struct first *out)
{
	for (size_t i = from; i < s->count; i++) {
		if (!first_of_op(plan, &plan->ops[s->first + i], out))
			return;
	}
	out->nullable = true;
}

static bool overlaps(const struct first *a, const struct first *b)
{
	return a->set[0] & b->set[0] || a->set[1] & b->set[1] || a->set[2] & b->set[2] ||
	       a->set[3] & b->set[3];
}

/* Is there a jump between `from` and the next literal of the sequence? Then whatever stands between the
 * literals may be read as it likes, because the literals themselves are counted at run time. */
static bool is_bridged(const struct plan *plan, const struct sequence *s, size_t from)
{
	for (size_t i = from; i < s->count; i++) {
		const struct op *op = &plan->ops[s->first + i];
		if (op->kind == OP_SKIP)
			return true;
		if (op->kind == OP_LITERAL)
			return false;
	}
	return false;
}

/* Alternatives that are literals, none of which begins another: only one of them can fit. */
static void note_begins(struct plan *plan, struct sequence *s)
{
	struct first first = { .nullable = false };
	first_of_sequence(plan, s, 0, &first);
	s->may_be_empty = first.nullable;
	memcpy(s->begins, first.set, sizeof s->begins);
}

static bool is_prefix_free(const struct plan *plan, const struct op *choice)
{
	for (unsigned i = 0; i < choice->count; i++) {
		const struct sequence *a = &plan->sequences[choice->index + i];
		if (a->count != 1 || plan->ops[a->first].kind != OP_LITERAL)
			return false;
		for (unsigned k = 0; k < i; k++) {
			const struct op *one = &plan->ops[a->first];
			const struct op *other = &plan->ops[plan->sequences[choice->index + k].first];
			size_t len = one->max < other->max ? one->max : other->max;
			if (memcmp(plan->literals + one->min, plan->literals + other->min, len) == 0)
				return false;
		}
	}
	return true;
}

/* Each alternative begins with other bytes. */
static bool is_forked(const struct plan *plan, const struct op *choice)
{
	struct first seen = { .nullable = false };
	for (unsigned i = 0; i < choice->count; i++) {
		struct first one = { .nullable = false };
		first_of_sequence(plan, &plan->sequences[choice->index + i], 0, &one);
		if (one.nullable || overlaps(&seen, &one))
			return false;
		add_bytes(&seen, &one);
	}
	return true;
}

/* Marks the ops whose greedy way is the only one: what they take cannot begin what stands behind them.
 * `follow`: what may stand behind the sequence. */
static void mark_firm(struct plan *plan, const struct sequence *s, const struct first *follow)
{
	for (size_t i = 0; i < s->count; i++) {
		struct op *op = &plan->ops[s->first + i];
		struct first rest = { .nullable = false }, own = { .nullable = false };
		first_of_sequence(plan, s, i + 1, &rest);
		if (rest.nullable)
			add_bytes(&rest, follow);
		rest.nullable &= follow->nullable;
		first_of_op(plan, op, &own);
		bool apart = !rest.nullable && !overlaps(&own, &rest);
		switch (op->kind) {
		case OP_RUN:
		case OP_UNTIL:
			op->is_firm = apart || op->min == op->max;
			break;
		case OP_QUAD:
		case OP_OPTION:
			op->is_firm = apart;
			break;
		case OP_CHOICE:
			op->is_firm = is_prefix_free(plan, op) || is_forked(plan, op);
			break;
		default:
			op->is_firm = op->kind != OP_SKIP;
		}
		for (unsigned k = 0; k < op->count; k++)
			mark_firm(plan, &plan->sequences[op->index + k],
				  op->kind == OP_REPEAT ? &anything : &rest);
	}
}

static bool op_is_safe(const struct plan *plan, const struct sequence *s, size_t at)
{
	const struct op *op = &plan->ops[s->first + at];
	if (op->kind == OP_SKIP || is_bridged(plan, s, at + 1))
		return true;
	if (!op->is_firm)
		return false;
	for (unsigned k = 0; k < op->count; k++) {
		const struct sequence *inner = &plan->sequences[op->index + k];
		for (size_t i = 0; i < inner->count; i++) {
			if (!op_is_safe(plan, inner, i))
				return false;
		}
	}
	return true;
}

static bool holds_key(const struct plan *plan, const struct sequence *s, unsigned key)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct op *op = &plan->ops[s->first + i];
		if (op->kind == OP_OPEN && op->index == key)
			return true;
		for (unsigned k = 0; k < op->count; k++) {
			if (holds_key(plan, &plan->sequences[op->index + k], key))
				return true;
		}
	}
	return false;
}

/* Everything in front of the key's group, in the sequences that hold it. */
static bool is_safe_until(const struct plan *plan, const struct sequence *s, unsigned key)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct op *op = &plan->ops[s->first + i];
		if (op->kind == OP_OPEN && op->index == key)
			return true;
		for (unsigned k = 0; k < op->count; k++) {
			if (holds_key(plan, &plan->sequences[op->index + k], key))
				return is_safe_until(plan, &plan->sequences[op->index + k], key);
		}
		if (!op_is_safe(plan, s, i))
			return false;
	}
	return false;
}

void plan_mark(struct plan *plan)
{
	static const struct first nothing = { .nullable = true };
	mark_firm(plan, &plan->sequences[plan->root], &nothing);
	for (size_t i = 0; i < plan->sequence_count; i++)
		note_begins(plan, &plan->sequences[i]);
}

bool plan_is_safe(const struct plan *plan)
{
	return plan->key == 0 || is_safe_until(plan, &plan->sequences[plan->root], plan->key);
}
