/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_form_inside.h"

#include <stddef.h>
#include <stdlib.h>

#include "analyze/logs/log_find.h"

/* Makes the form of a line that was read in full: the dialects are asked once more, with a trace. */

#define CREDIT_MAX     256 /* where hardly any two lines are alike, making forms is not worth its time */
#define COST	       8   /* of making one, in lines that were of a known form */
#define MISSES_BETWEEN 32  /* then only one in so many lines is remembered */
#define NEAR	       64  /* bytes: a decision that was made so early does not need the rest of the line */

struct log_learner *log_learner_new(void)
{
	struct log_learner *l = calloc(1, sizeof *l);
	if (l)
		l->credit = CREDIT_MAX;
	return l;
}

void log_learner_note(struct log_learner *l)
{
	l->alike++;
	l->credit += l->credit < CREDIT_MAX;
}

uint64_t log_learner_alike(const struct log_learner *l)
{
	return l->alike;
}

void log_learner_free(struct log_learner *l)
{
	free(l);
}

void log_forms_free(struct log_forms *forms)
{
	if (!forms)
		return;
	for (size_t i = 0; i < forms->count; i++)
		free(forms->items[i]);
	forms->learner->form_count -= forms->count;
	free(forms);
}

/* ---- asking again ---- */

struct learning {
	struct log_reader *r;
	struct log_learner *l;
	struct line_trace *t; /* of l */
	struct slice message;
	struct log_form *form;
	const struct pattern *pattern; /* that matched */
	struct plan_match found;
};

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_FAILED };

static bool has_anchors(struct learning *g, const struct pattern *pattern, struct slice text)
{
	size_t at = 0;
	for (size_t i = 0; i < pattern->anchor_count; i++) {
		trace_search(g->t, pattern->anchors[i]);
		at = at == SLICE_NPOS ? at : log_find(text, pattern->anchors[i], at);
		at += at == SLICE_NPOS ? 0 : pattern->anchors[i].len;
	}
	return at != SLICE_NPOS;
}

/* Torn records are for the engine. */
static enum answer no_unless_torn(struct learning *g, const struct pattern *pattern, struct slice text)
{
	if (!pattern->opens.len)
		return ANSWER_NO;
	trace_search(g->t, pattern->opens);
	size_t at = log_find(text, pattern->opens, 0);
	if (at == SLICE_NPOS)
		return ANSWER_NO;
	trace_search(g->t, pattern->closes);
	return log_find(text, pattern->closes, at + pattern->opens.len) == SLICE_NPOS ? ANSWER_FAILED
										      : ANSWER_NO;
}

/* Says no near the begin of the text, whatever stands in the slots. */
static bool is_no_early(struct learning *g, const struct plan *plan, struct slice text)
{
	g->l->other = *g->t;
	if (plan_run(plan, text, &g->found, NULL) == PLAN_NO &&
	    plan_trace(plan, text, g->t, &g->found, NULL) == PLAN_NO && !g->t->failed &&
	    g->t->reach <= (size_t)(text.ptr - g->message.ptr) + NEAR)
		return true;
	*g->t = g->l->other;
	return false;
}

static enum answer ask_pattern(struct learning *g, const struct pattern *pattern, struct slice text)
{
	const struct plan *plan = pattern->matcher.plan;
	if (plan && is_no_early(g, plan, text))
		return no_unless_torn(g, pattern, text);
	if (!has_anchors(g, pattern, text))
		return pattern->matcher.code ? no_unless_torn(g, pattern, text) : ANSWER_NO;
	if (!plan)
		return ANSWER_FAILED;
	switch (plan_trace(plan, text, g->t, &g->found, NULL)) {
	case PLAN_NO:
		return no_unless_torn(g, pattern, text);
	case PLAN_MATCH:
		return g->found.is_only || !pattern->reluctant ? ANSWER_YES : ANSWER_FAILED;
	default:
		return ANSWER_FAILED;
	}
}

static enum answer ask_head(struct learning *g, const struct dialect *d, struct slice *text,
			    uint64_t *modules)
{
	size_t end;
	*modules = 0;
	if (!d->head.code)
		return ANSWER_YES;
	enum plan_result result =
	    d->head.plan ? plan_trace(d->head.plan, *text, g->t, &g->found, &end) : PLAN_UNSURE;
	if (result != PLAN_MATCH)
		return result == PLAN_NO ? ANSWER_NO : ANSWER_FAILED;
	*text = slice_from(*text, end);
	if (!d->module_group || !(g->found.taken >> d->module_group & 1))
		return ANSWER_YES;
	struct slice module = g->found.groups[d->module_group];
	trace_fix(g->t, module.ptr, module.ptr + module.len);
	for (size_t i = 0; i < d->module_count && !*modules; i++)
		*modules = (uint64_t)slice_eq(d->modules[i], module) << i;
	return ANSWER_YES;
}

static enum answer ask_dialect(struct learning *g, size_t index)
{
	const struct dialect *d = g->r->dialects->items[index];
	struct slice text = g->message;
	uint64_t modules;
	enum answer headed = ask_head(g, d, &text, &modules), answer = ANSWER_NO;
	if (headed == ANSWER_FAILED)
		return headed;
	for (size_t i = 0; headed == ANSWER_YES && i < d->pattern_count && answer == ANSWER_NO; i++) {
		const struct pattern *pattern = &d->patterns[i];
		if (pattern->modules && !(pattern->modules & modules))
			continue;
		answer = ask_pattern(g, pattern, text);
		g->pattern = answer == ANSWER_YES ? pattern : NULL;
	}
	bool sees = headed == ANSWER_YES && (modules || !d->module_count);
	if (answer == ANSWER_NO)
		*(sees ? &g->form->sees_failure : &g->form->may_see_failure) |= (uint64_t)1 << index;
	return answer;
}

/* As try_all does. */
static enum answer ask_all(struct learning *g, uint64_t mask, size_t first)
{
	size_t index = first;
	while (mask) {
		enum answer answer = ask_dialect(g, index);
		g->form->dialect = index;
		if (answer != ANSWER_NO)
			return answer;
		mask &= ~((uint64_t)1 << index);
		index = mask ? (size_t)__builtin_ctzll(mask) : 0;
	}
	return ANSWER_NO;
}

/* ---- what varies ---- */

static bool is_taken(const struct learning *g, const struct capture *c)
{
	return g->found.taken >> c->group & 1;
}

static bool is_varied_kind(const struct capture *c)
{
	return c->is_time ||
	       (c->field && (c->is_source || c->field->kind == FIELD_KIND_TEXT ||
			     c->field->kind == FIELD_KIND_ADDRESS || c->field->kind == FIELD_KIND_NUMBER));
}

static bool sets_field(const struct assignments *set, const struct field *field)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].field == field)
			return true;
	}
	return false;
}

/* Nothing else gives this field a value. */
static bool is_alone(const struct learning *g, const struct capture *c)
{
	const struct pattern *pattern = g->pattern;
	if (c->is_time)
		return true;
	bool is_set = sets_field(&pattern->set, c->field);
	for (size_t i = 0; i < pattern->choice_count; i++) {
		for (size_t k = 0; k < pattern->choices[i].count; k++)
			is_set |= sets_field(&pattern->choices[i].cases[k].set, c->field);
	}
	for (size_t i = 0; i < pattern->capture_count; i++) {
		const struct capture *other = &pattern->captures[i];
		is_set |= other != c && other->field == c->field && is_taken(g, other);
	}
	return !is_set;
}

/* `by`, but for one that only asks whether the text is there. */
static bool chooses(const struct pattern *pattern, size_t capture)
{
	for (size_t i = 0; i < pattern->choice_count; i++) {
		if (pattern->choices[i].capture == capture && pattern->choices[i].count &&
		    !slice_eq(pattern->choices[i].cases[0].value, SLICE("*")))
			return true;
	}
	return false;
}

/* Texts that decide by their value keep it. */
static void fix_values(struct learning *g)
{
	const struct pattern *pattern = g->pattern;
	for (size_t i = 0; i < pattern->capture_count; i++) {
		const struct capture *c = &pattern->captures[i];
		struct slice text = is_taken(g, c) ? g->found.groups[c->group] : slice_of(NULL, 0);
		bool has_value = (c->field || c->is_time) && !(is_varied_kind(c) && is_alone(g, c));
		if (text.len && (has_value || chooses(pattern, i)))
			trace_fix(g->t, text.ptr, text.ptr + text.len);
	}
}

/* ---- the form ---- */

static bool set_kind(struct log_learner *l, const struct trace_slot *slot, struct form_slot *out)
{
	out->kind = FORM_SET;
	if (slot->is_quad)
		out->kind = FORM_QUAD;
	else if (memcmp(&slot->set, &trace_token_bytes, sizeof slot->set) == 0)
		out->kind = FORM_TOKEN;
	else if (memcmp(&slot->set, &trace_digits, sizeof slot->set) == 0)
		out->kind = FORM_DIGITS;
	if (out->kind != FORM_SET)
		return true;
	size_t i = 0;
	while (i < l->set_count && memcmp(&l->sets[i], &slot->set, sizeof slot->set) != 0)
		i++;
	if (i == FORM_SETS_MAX)
		return false;
	if (i == l->set_count) {
		l->sets[l->set_count++] = slot->set;
		for (unsigned c = 0; c < 256; c++)
			l->in_sets[c] |= (uint64_t)byte_set_has(&slot->set, (uint8_t)c) << i;
	}
	out->set = (uint8_t)i;
	return true;
}

static bool take_slots(struct learning *g)
{
	struct log_form *form = g->form;
	for (size_t i = 0; i < g->t->slot_count; i++) {
		const struct trace_slot *slot = &g->t->slots[i];
		size_t end = (size_t)slot->at + slot->len;
		if (!slot->is_alive || slot->at >= form->text_len)
			continue;
		struct form_slot *out = &form->slots[form->slot_count];
		*out = (struct form_slot){ .at = slot->at,
					   .len = slot->len,
					   .least = (uint8_t)slot->least,
					   .most = (uint8_t)slot->most,
					   .same_left = FORM_SAME_TRIES };
		if (slot->least > slot->most || !set_kind(g->l, slot, out))
			return false;
		size_t k = form->slot_count++; /* those that were added later stand among the others */
		for (; k > 0 && form->slots[k - 1].at > form->slots[k].at; k--) {
			struct form_slot later = form->slots[k - 1];
			form->slots[k - 1] = form->slots[k];
			form->slots[k] = later;
		}
		form->text_len = form->text_len < end ? end : form->text_len;
	}
	return true;
}

static bool find_slot(const struct log_form *form, size_t at, uint8_t *out)
{
	for (size_t i = 0; i < form->slot_count; i++) {
		if (form->slots[i].at == at) {
			*out = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static bool take_pairs(struct learning *g)
{
	struct log_form *form = g->form;
	for (size_t i = 0; i < g->t->pair_count; i++) {
		struct form_pair *pair = &form->pairs[form->pair_count++];
		pair->is_equal = g->t->pairs[i].is_equal;
		if (!find_slot(form, g->t->pairs[i].earlier, &pair->earlier) ||
		    !find_slot(form, g->t->pairs[i].later, &pair->later))
			return false;
	}
	return true;
}

static uint8_t slots_before(const struct log_form *form, size_t at, bool *is_inside)
{
	uint8_t count = 0;
	for (size_t i = 0; i < form->slot_count; i++) {
		size_t from = form->slots[i].at, to = from + form->slots[i].len;
		count = (uint8_t)(count + (to <= at));
		*is_inside |= at > from && at < to;
	}
	return count;
}

static bool add_part(struct learning *g, const struct capture *c)
{
	struct log_form *form = g->form;
	struct slice text = g->found.groups[c->group];
	size_t from = (size_t)(text.ptr - g->message.ptr), to = from + text.len;
	bool is_inside = false;
	if (form->part_count == FORM_PARTS_MAX)
		return false;
	struct form_part *part = &form->parts[form->part_count++];
	*part = (struct form_part){ .field = c->is_time ? NULL : c->field,
				    .from = (uint16_t)from,
				    .to = (uint16_t)to,
				    .is_source = c->is_source };
	part->slots_before = slots_before(form, from, &is_inside);
	part->slots_within = slots_before(form, to, &is_inside);
	for (size_t i = 0; i < form->slot_count; i++) {
		if (form->slots[i].kind == FORM_QUAD && form->slots[i].at == from &&
		    form->slots[i].len == text.len)
			part->quad = (uint8_t)(i + 1);
	}
	return !is_inside;
}

/* The observation without what varies. */
static void forget_value(struct observation *o, struct log_form *form, const struct field *field)
{
	if (field->kind == FIELD_KIND_TEXT) {
		o->has_text &= ~((uint64_t)1 << field->index);
		form->texts |= (uint64_t)1 << field->index;
	} else if (field->kind == FIELD_KIND_NUMBER) {
		o->has_number &= ~((uint64_t)1 << field->index);
		form->numbers |= (uint64_t)1 << field->index;
	} else {
		o->address[field->index] = (struct addr){ 0 };
	}
}

static bool take_parts(struct learning *g, const struct observation *o)
{
	struct log_form *form = g->form;
	const struct pattern *pattern = g->pattern;
	bool has_source = false;
	form->observation = *o;
	for (size_t i = 0; i < pattern->capture_count; i++) {
		const struct capture *c = &pattern->captures[i];
		if (!is_taken(g, c) || !(c->field || c->is_time) || (c->is_source && has_source))
			continue;
		has_source |= c->is_source;
		if (!c->is_time && !trace_has_slot(g->t, g->found.groups[c->group]))
			continue;
		if (!is_varied_kind(c) || !is_alone(g, c) || !add_part(g, c))
			return false;
		if (c->field && !c->is_time)
			forget_value(&form->observation, form, c->field);
	}
	for (uint64_t left = form->observation.has_text; left; left &= left - 1) {
		struct slice *text = &form->observation.text[__builtin_ctzll(left)];
		if (text->ptr >= g->message.ptr && text->ptr <= g->message.ptr + g->message.len)
			text->ptr = form->text + (text->ptr - g->message.ptr);
	}
	return true;
}

/* ---- forms of a gate ---- */

static struct slice second_text(const struct log_form *form)
{
	size_t from = (size_t)form->slots[0].at + form->slots[0].len;
	size_t to = form->slot_count > 1 ? form->slots[1].at : form->text_len;
	return slice_of(form->text + from, to - from);
}

static size_t common_length(struct slice a, struct slice b)
{
	size_t len = 0;
	while (len < a.len && len < b.len && a.ptr[len] == b.ptr[len])
		len++;
	return len;
}

/* Finds the bytes that tell the forms apart. */
static void tell_apart(struct log_forms *forms)
{
	const struct log_form *one = forms->items[0];
	forms->has_begin = forms->count > 1 && one->slot_count > 0;
	forms->head = one->slots[0].at;
	forms->skip = SIZE_MAX;
	for (size_t i = 0; i < forms->count && forms->has_begin; i++) {
		const struct log_form *form = forms->items[i];
		/* The slot ends where a token does, whatever its set is: what follows a slot is no byte of a
		 * token. */
		forms->has_begin = form->slot_count && form->slots[0].at == forms->head &&
				   second_text(form).len && memcmp(form->text, one->text, forms->head) == 0;
		if (!forms->has_begin)
			return;
		size_t same = common_length(second_text(one), second_text(form));
		forms->skip = i && same < forms->skip ? same : forms->skip;
	}
	for (size_t i = 0; i < forms->count && forms->has_begin; i++) {
		struct log_form *form = forms->items[i];
		struct slice text = slice_from(second_text(form), forms->skip);
		form->begin = form->begin_mask = 0;
		for (size_t k = 0; k < text.len && k < 8; k++) {
			form->begin |= (uint64_t)text.ptr[k] << 8 * k;
			form->begin_mask |= (uint64_t)0xff << 8 * k;
		}
	}
}

static void keep(struct log_reader *r, struct log_form *form)
{
	struct log_learner *l = r->learner;
	struct log_forms *forms = r->gate->forms;
	if (!forms)
		forms = r->gate->forms = calloc(1, sizeof *forms);
	if (!forms) {
		free(form);
		return;
	}
	forms->learner = l;
	size_t at = forms->count;
	if (at == FORMS_OF_GATE ||
	    (l->form_count == FORMS_MAX && at)) { /* in place of one that comes seldom */
		at -= 1 + forms->next++ % 4 % at;
		free(forms->items[at]);
	} else if (l->form_count == FORMS_MAX) {
		free(form);
		return;
	} else {
		forms->count++;
		l->form_count++;
	}
	form->id = ++l->next_id;
	forms->items[at] = form;
	tell_apart(forms);
}

/* ---- learning ---- */

static bool add_captured(struct learning *g, const struct observation *o)
{
	for (uint64_t left = o ? o->has_text : 0; left; left &= left - 1) {
		struct slice text = o->text[__builtin_ctzll(left)];
		if (text.ptr >= g->message.ptr && text.ptr + text.len <= g->message.ptr + g->message.len)
			line_trace_add(g->t, text);
	}
	return true;
}

static bool make_form(struct learning *g, uint64_t mask, size_t first, const struct observation *o,
		      size_t dialect)
{
	struct log_form *form = g->form;
	if (!line_trace_begin(g->t, g->message) || !add_captured(g, o))
		return false;
	enum answer answer = ask_all(g, mask, first);
	if (answer != (o ? ANSWER_YES : ANSWER_NO) || (o && form->dialect != dialect))
		return false;
	if (o)
		fix_values(g);
	if (g->t->failed)
		return false;
	form->mask = mask;
	form->first = first;
	form->is_none = !o;
	form->is_open = !o && g->t->reach <= g->message.len;
	form->text_len = form->is_open ? g->t->reach : g->message.len;
	memcpy(form->text, g->message.ptr, g->message.len);
	return take_slots(g) && take_pairs(g) && (!o || take_parts(g, o));
}

void log_forms_learn(struct log_reader *r, uint64_t mask, size_t first, struct slice message,
		     const struct observation *o, size_t dialect)
{
	struct log_learner *l = r->learner;
	if (message.len > TRACE_TEXT_MAX || (l->credit == 0 && l->misses++ % MISSES_BETWEEN))
		return;
	l->credit -= l->credit < COST ? l->credit : COST;
	struct learning g = {
		.r = r, .l = l, .t = &l->trace, .message = message, .form = calloc(1, sizeof *g.form)
	};
	if (g.form && make_form(&g, mask, first, o, dialect))
		keep(r, g.form);
	else
		free(g.form);
}
