/* SPDX-License-Identifier: MIT */
#include "analyze/logs/line_trace.h"

#include "analyze/logs/log_find.h"
#include "analyze/logs/plan_ops.h"

/* The walk of plan.c, told to a trace step by step. Where plan.c asks whether a run could have been shorter,
 * the answer here is yes as soon as it is yes for some line with other tokens. */

struct walk {
	const struct plan *plan;
	struct slice text;
	struct line_trace *trace;
	struct plan_match *out;
	size_t opened[PLAN_GROUPS_MAX + 1];
	uint32_t taken;
	bool chose, is_lost, is_only;
	size_t floor;
};

static size_t trace_sequence(struct walk *w, const struct sequence *s, size_t pos);

static struct byte_set set_of(const uint8_t *class)
{
	struct byte_set set = { { 0 } };
	for (unsigned c = 0; c < 256; c++)
		set.bits[c / 64] |= (uint64_t)(class[c] != 0) << c % 64;
	return set;
}

static size_t run(struct walk *w, const struct op *op, size_t pos)
{
	const uint8_t *at = w->text.ptr + pos;
	struct byte_set set = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	size_t left = w->text.len - pos, len = 0;
	if (op->kind == OP_RUN)
		set = set_of(w->plan->classes[op->index]);
	else
		set.bits[op->byte / 64] &= ~((uint64_t)1 << op->byte % 64);
	while (len < left && len < op->max && byte_set_has(&set, at[len]))
		len++;
	trace_run(w->trace, at, len, &set, op->min, op->max);
	if (len < op->min)
		return SLICE_NPOS;
	w->chose |= !op->is_firm && (len > op->min || trace_has_slot(w->trace, slice_of(at, len)));
	return pos + len;
}

static size_t skip_to_end(struct walk *w, const struct op *op, size_t pos)
{
	const uint8_t *at = w->text.ptr + pos, *end = w->text.ptr + w->text.len;
	if (w->text.len - pos > op->max) {
		trace_fix(w->trace, at, end);
		return SLICE_NPOS;
	}
	trace_most(w->trace, at, end, op->max);
	return w->text.len;
}

static size_t skip(struct walk *w, const struct op *op, size_t pos)
{
	const struct op *next = plan_skips_to(op);
	const uint8_t *text = w->text.ptr;
	size_t left = w->text.len - pos;
	if (op->min > 1)
		trace_fix(w->trace, text + pos, text + w->text.len);
	if (op->min > left)
		return SLICE_NPOS;
	if (next->kind == OP_END)
		return skip_to_end(w, op, pos);
	struct slice literal = plan_literal(w->plan, next);
	size_t low = pos + op->min, high = op->max >= left ? w->text.len : pos + op->max;
	size_t last = SLICE_NPOS, count = 0;
	trace_search(w->trace, literal);
	for (size_t at = w->floor; (at = log_find(w->text, literal, at)) != SLICE_NPOS; at++) {
		count++;
		if (at > high)
			w->trace->failed = true; /* too far, and with shorter tokens perhaps not */
		if (at < low || at > high)
			continue;
		last = at;
		trace_most(w->trace, text + pos, text + at, op->max);
	}
	w->is_only &= count <= 1;
	w->chose = true;
	return last;
}

static size_t branch(struct walk *w, const struct sequence *s, size_t pos)
{
	uint32_t taken = w->taken;
	size_t floor = w->floor;
	bool chose = w->chose;
	w->chose = false;
	size_t end = trace_sequence(w, s, pos);
	if (end == SLICE_NPOS) {
		w->taken = taken;
		w->floor = floor;
		w->is_lost |= w->chose;
	}
	w->chose |= chose;
	return end;
}

static bool may_fit(struct walk *w, const struct sequence *s, size_t pos)
{
	struct byte_set set;
	if (s->may_be_empty)
		return true;
	memcpy(set.bits, s->begins, sizeof set.bits);
	trace_byte(w->trace, w->text.ptr + pos, &set);
	return pos < w->text.len && plan_begins_with(s, w->text.ptr[pos]);
}

static size_t choice(struct walk *w, const struct op *op, size_t pos)
{
	const struct sequence *sequences = w->plan->sequences + op->index;
	size_t end = SLICE_NPOS, floor = w->floor;
	for (unsigned i = 0; i < op->count && end == SLICE_NPOS && !w->is_lost; i++) {
		if (!may_fit(w, &sequences[i], pos))
			continue;
		end = branch(w, &sequences[i], pos);
		w->chose |= !op->is_firm && end != SLICE_NPOS && i + 1u < op->count;
	}
	if (op->count > 1)
		w->floor = floor;
	return end;
}

static size_t branches(struct walk *w, const struct op *op, size_t pos)
{
	const struct sequence *sequences = w->plan->sequences + op->index;
	size_t end = SLICE_NPOS, floor = w->floor;
	if (op->kind == OP_CHOICE)
		return choice(w, op, pos);
	if (op->kind == OP_OPTION) {
		if (!may_fit(w, sequences, pos))
			return pos;
		end = branch(w, sequences, pos);
		w->chose |= !op->is_firm && end != SLICE_NPOS;
		w->floor = floor;
		return end == SLICE_NPOS && !w->is_lost ? pos : end;
	}
	if (op->kind == OP_REPEAT) {
		for (uint32_t i = 0; i < op->min && pos != SLICE_NPOS; i++)
			pos = trace_sequence(w, sequences, pos);
		return pos;
	}
	end = branch(w, sequences, pos); /* OP_LOOK */
	w->floor = floor;
	return end == SLICE_NPOS ? end : pos;
}

static size_t quad(struct walk *w, size_t pos)
{
	const uint8_t *start = w->text.ptr + pos, *end = w->text.ptr + w->text.len;
	struct line_trace *t = w->trace;
	size_t offset = (size_t)(start - t->text.ptr);
	const struct trace_slot *slot = t->owner[offset] ? &t->slots[t->owner[offset] - 1] : NULL;
	if (slot && slot->is_alive && slot->is_quad && slot->at == offset)
		return pos + slot->len;
	trace_fix(t, start, end - start > 16 ? start + 16 : end);
	if (end - start < 16)
		trace_end(t, end);
	size_t len = plan_quad_length(start, end);
	return len == SLICE_NPOS ? len : pos + len;
}

static size_t trace_sequence(struct walk *w, const struct sequence *s, size_t pos)
{
	const struct plan *plan = w->plan;
	const uint8_t *text = w->text.ptr;
	for (const struct op *op = plan->ops + s->first; pos != SLICE_NPOS; op++) {
		switch ((enum op_kind)op->kind) {
		case OP_LITERAL: {
			struct slice literal = plan_literal(plan, op);
			trace_literal(w->trace, text + pos, literal);
			if (!slice_starts(slice_from(w->text, pos), literal))
				return SLICE_NPOS;
			w->floor = pos += literal.len;
			continue;
		}
		case OP_OPEN:
			w->opened[op->index] = pos;
			continue;
		case OP_CLOSE:
			w->out->groups[op->index] =
			    slice_of(text + w->opened[op->index], pos - w->opened[op->index]);
			w->taken |= (uint32_t)1 << op->index;
			continue;
		case OP_RUN:
		case OP_UNTIL:
			pos = run(w, op, pos);
			continue;
		case OP_SKIP:
			pos = skip(w, op, pos);
			continue;
		case OP_QUAD:
			pos = quad(w, pos);
			w->chose |= !op->is_firm;
			continue;
		case OP_BACK: {
			struct slice again = w->out->groups[op->index];
			if (!(w->taken >> op->index & 1))
				return SLICE_NPOS;
			trace_again(w->trace, text + pos, again);
			if (!slice_starts(slice_from(w->text, pos), again))
				return SLICE_NPOS;
			pos += again.len;
			continue;
		}
		case OP_END:
			trace_end(w->trace, text + pos);
			if (pos != w->text.len)
				return SLICE_NPOS;
			continue;
		case OP_STOP:
			return pos;
		case OP_OPTION:
		case OP_CHOICE:
		case OP_REPEAT:
		case OP_LOOK:
			pos = branches(w, op, pos);
			continue;
		}
	}
	return pos;
}

enum plan_result plan_trace(const struct plan *plan, struct slice text, struct line_trace *t,
			    struct plan_match *out, size_t *end)
{
	struct walk w = { .plan = plan, .text = text, .trace = t, .out = out, .is_only = true };
	size_t pos = trace_sequence(&w, &plan->sequences[plan->root], 0);
	if (pos == SLICE_NPOS)
		return w.chose || w.is_lost ? PLAN_UNSURE : PLAN_NO;
	out->taken = w.taken;
	out->is_only = w.is_only && plan->is_safe;
	if (end)
		*end = pos;
	return PLAN_MATCH;
}
