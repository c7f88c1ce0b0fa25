/* SPDX-License-Identifier: MIT */
#include "analyze/logs/plan_ops.h"

#include <stdlib.h>

#include "analyze/logs/log_find.h"
#include "core/load.h"

/* In one piece. */
static struct plan *copy(const struct plan *from)
{
	size_t sequences = from->sequence_count * sizeof *from->sequences,
	       ops = from->op_count * sizeof *from->ops, classes = from->class_count * sizeof *from->classes;
	struct plan *plan = malloc(sizeof *plan + sequences + ops + classes + from->literal_count);
	if (!plan)
		return NULL;
	*plan = *from;
	plan->sequences = memcpy(plan + 1, from->sequences, sequences);
	plan->ops = memcpy((uint8_t *)plan->sequences + sequences, from->ops, ops);
	plan->classes = memcpy((uint8_t *)plan->ops + ops, from->classes, classes);
	plan->literals = memcpy((uint8_t *)plan->classes + classes, from->literals, from->literal_count);
	return plan;
}

struct plan *plan_new(struct slice regex, unsigned key)
{
	struct plan_room room;
	struct plan plan = { .key = key,
			     .sequences = room.sequences,
			     .ops = room.ops,
			     .classes = room.classes,
			     .literals = room.literals };
	if (!plan_read(&plan, regex))
		return NULL;
	plan_mark(&plan);
	plan.is_safe = plan_is_safe(&plan);
	return copy(&plan);
}

void plan_free(struct plan *plan)
{
	free(plan);
}

bool plan_implies(const struct plan *plan, struct slice literal)
{
	const struct sequence *s = &plan->sequences[plan->root];
	for (size_t i = 0; i < s->count; i++) {
		const struct op *op = &plan->ops[s->first + i];
		if (op->kind == OP_LITERAL && log_has(plan_literal(plan, op), literal))
			return true;
	}
	return false;
}

/* ---- walking ---- */

struct walk {
	const struct plan *plan;
	struct slice text;
	struct plan_match *out;
	size_t opened[PLAN_GROUPS_MAX + 1];
	uint32_t taken; /* groups, a bit each */
	bool chose;	/* something was passed that could be read in another way */
	bool is_lost;	/* a branch failed that might not have */
	bool is_only;
	size_t floor; /* end of the last literal that every reading holds: a jump could have begun here */
};

/* Literals are short: a call to memcmp would cost more than the comparison. The last block overlaps the one
 * before it. */
static inline bool is_literal_at(const uint8_t *at, const uint8_t *literal, size_t len)
{
	if (len >= 8) {
		for (size_t i = 0; i + 8 < len; i += 8) {
			if (load_u64(at + i) != load_u64(literal + i))
				return false;
		}
		return load_u64(at + len - 8) == load_u64(literal + len - 8);
	}
	if (len >= 4)
		return load_u32(at) == load_u32(literal) &&
		       load_u32(at + len - 4) == load_u32(literal + len - 4);
	for (size_t i = 0; i < len; i++) {
		if (at[i] != literal[i])
			return false;
	}
	return true;
}

/* Bytes in front of the first `byte` of [at, end). What is looked for is mostly near. */
static inline size_t until_length(const uint8_t *at, const uint8_t *end, uint8_t byte)
{
#ifdef __SSE2__
	if (end - at >= 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
		unsigned hits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8((char)byte)));
		if (hits)
			return (size_t)__builtin_ctz(hits);
	}
#endif
	const uint8_t *stop = memchr(at, byte, (size_t)(end - at));
	return (size_t)((stop ? stop : end) - at);
}

static size_t run_length(const uint8_t *set, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	while (p < end && set[*p])
		p++;
	return (size_t)(p - at);
}

/* Literals are counted from the floor, not from here: what lies between could have been read otherwise. */
static size_t walk_skip(struct walk *w, const struct op *op, size_t pos)
{
	const struct op *next = plan_skips_to(op);
	size_t left = w->text.len - pos;
	if (op->min > left)
		return SLICE_NPOS;
	if (next->kind == OP_END)
		return left <= op->max ? w->text.len : SLICE_NPOS;
	struct slice literal = plan_literal(w->plan, next);
	size_t low = pos + op->min, high = op->max >= left ? w->text.len : pos + op->max;
	size_t last = SLICE_NPOS, count = 0;
	for (size_t at = w->floor; (at = log_find(w->text, literal, at)) != SLICE_NPOS; at++) {
		count++;
		if (at >= low && at <= high)
			last = at;
	}
	w->is_only &= count <= 1;
	w->chose = true;
	return last;
}

static size_t walk_sequence(struct walk *w, const struct sequence *s, size_t pos);

/* A branch that fails leaves no trace. When it fails after choices of its own, a backtracking matcher would
 * try those first; so the walk is lost. */
static size_t walk_branch(struct walk *w, const struct sequence *s, size_t pos)
{
	uint32_t taken = w->taken;
	size_t floor = w->floor;
	bool chose = w->chose;
	w->chose = false;
	size_t end = walk_sequence(w, s, pos);
	if (end == SLICE_NPOS) {
		w->taken = taken;
		w->floor = floor;
		w->is_lost |= w->chose;
	}
	w->chose |= chose;
	return end;
}

/* Most branches do not fit, and one byte tells. */
static inline bool may_fit(const struct walk *w, const struct sequence *s, size_t pos)
{
	if (s->may_be_empty)
		return true;
	return pos < w->text.len && plan_begins_with(s, w->text.ptr[pos]);
}

static size_t walk_branches(struct walk *w, const struct op *op, size_t pos)
{
	const struct sequence *sequences = w->plan->sequences + op->index;
	size_t end = SLICE_NPOS, floor = w->floor;
	if (op->kind == OP_CHOICE) {
		for (unsigned i = 0; i < op->count && end == SLICE_NPOS && !w->is_lost; i++) {
			if (!may_fit(w, &sequences[i], pos))
				continue;
			end = walk_branch(w, &sequences[i], pos);
			w->chose |= !op->is_firm && end != SLICE_NPOS && i + 1u < op->count;
		}
		if (op->count > 1)
			w->floor = floor;
		return end;
	}
	if (op->kind == OP_OPTION) {
		if (!may_fit(w, sequences, pos))
			return pos;
		end = walk_branch(w, sequences, pos);
		w->chose |= !op->is_firm && end != SLICE_NPOS;
		w->floor = floor;
		return end == SLICE_NPOS && !w->is_lost ? pos : end;
	}
	if (op->kind == OP_REPEAT) {
		for (uint32_t i = 0; i < op->min && pos != SLICE_NPOS; i++)
			pos = walk_sequence(w, sequences, pos);
		return pos;
	}
	end = walk_branch(w, sequences, pos); /* OP_LOOK */
	w->floor = floor;
	return end == SLICE_NPOS ? end : pos;
}

/* Behind a run of `len` bytes. */
static inline size_t after_run(struct walk *w, const struct op *op, size_t pos, size_t len)
{
	if (len < op->min)
		return SLICE_NPOS;
	w->chose |= !op->is_firm && len > op->min;
	return pos + len;
}

/* Where a run may go at most. */
static inline const uint8_t *run_end(const struct op *op, const uint8_t *at, const uint8_t *end)
{
	return (size_t)(end - at) > op->max ? at + op->max : end;
}

/* Another reading would end inside of a number. */
static size_t walk_quad(const struct walk *w, size_t pos)
{
	size_t len = plan_quad_length(w->text.ptr + pos, w->text.ptr + w->text.len);
	return len == SLICE_NPOS ? len : pos + len;
}

static size_t walk_sequence(struct walk *w, const struct sequence *s, size_t pos)
{
	const struct plan *const plan =
	    w->plan; /* in registers: the compiler can not know that nothing below changes them */
	const uint8_t *const text = w->text.ptr, *const end = text + w->text.len;
	for (const struct op *op = plan->ops + s->first; pos != SLICE_NPOS; op++) {
		switch ((enum op_kind)op->kind) {
		case OP_LITERAL:
			if ((size_t)(end - text) - pos < op->max ||
			    !is_literal_at(text + pos, plan->literals + op->min, op->max))
				return SLICE_NPOS;
			pos += op->max;
			w->floor = pos;
			continue;
		case OP_OPEN:
			w->opened[op->index] = pos;
			continue;
		case OP_CLOSE:
			w->out->groups[op->index] =
			    slice_of(text + w->opened[op->index], pos - w->opened[op->index]);
			w->taken |= (uint32_t)1 << op->index;
			continue;
		case OP_RUN:
			pos = after_run(
			    w, op, pos,
			    run_length(plan->classes[op->index], text + pos, run_end(op, text + pos, end)));
			continue;
		case OP_UNTIL:
			pos = after_run(w, op, pos,
					until_length(text + pos, run_end(op, text + pos, end), op->byte));
			continue;
		case OP_SKIP:
			pos = walk_skip(w, op, pos);
			continue;
		case OP_QUAD:
			pos = walk_quad(w, pos);
			w->chose |= !op->is_firm;
			continue;
		case OP_BACK: {
			struct slice again = w->out->groups[op->index];
			if (!(w->taken >> op->index & 1) || !slice_starts(slice_from(w->text, pos), again))
				return SLICE_NPOS;
			pos += again.len;
			continue;
		}
		case OP_END:
			if (text + pos != end)
				return SLICE_NPOS;
			continue;
		case OP_STOP:
			return pos;
		case OP_OPTION:
		case OP_CHOICE:
		case OP_REPEAT:
		case OP_LOOK:
			pos = walk_branches(w, op, pos);
			continue;
		}
	}
	return pos;
}

enum plan_result plan_run(const struct plan *plan, struct slice text, struct plan_match *out, size_t *end)
{
	struct walk w; /* not initialised as a whole: `opened` is large and written before it is read */
	w.plan = plan;
	w.text = text;
	w.out = out;
	w.taken = 0;
	w.floor = 0;
	w.chose = w.is_lost = false;
	w.is_only = true;
	size_t pos = walk_sequence(&w, &plan->sequences[plan->root], 0);
	if (pos == SLICE_NPOS)
		return w.chose || w.is_lost ? PLAN_UNSURE : PLAN_NO;
	out->taken = w.taken;
	out->is_only = w.is_only && plan->is_safe;
	if (end)
		*end = pos;
	return PLAN_MATCH;
}
