/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_form_inside.h"

#include <stddef.h>
#include <stdlib.h>

#include "analyze/logs/log_find.h"
#include "core/load.h"

/* ---- bytes ---- */

/* Blocks overlap at the end. */
static inline bool is_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
#ifdef __SSE2__
	if (len >= 16) {
		__m128i same = _mm_set1_epi8(-1);
		for (size_t i = 0; i < len; i += 16) {
			size_t at = i + 16 <= len ? i : len - 16;
			same = _mm_and_si128(
			    same, _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(a + at)),
						 _mm_loadu_si128((const __m128i *)(const void *)(b + at))));
		}
		return _mm_movemask_epi8(same) == 0xffff;
	}
#endif
	if (len > 16)
		return memcmp(a, b, len) == 0;
	if (len >= 8)
		return load_u64(a) == load_u64(b) && load_u64(a + len - 8) == load_u64(b + len - 8);
	if (len >= 4)
		return load_u32(a) == load_u32(b) && load_u32(a + len - 4) == load_u32(b + len - 4);
	return len == 0 || (a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1]);
}

#ifdef __SSE2__
static inline __m128i in_range(__m128i v, char first, char last)
{
	__m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(first));
	return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8((char)(last - first))), offset);
}

static inline __m128i are_digits(__m128i v)
{
	return in_range(v, '0', '9');
}

/* trace_token_bytes */
static inline __m128i are_token(__m128i v)
{
	__m128i letters = in_range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z');
	__m128i marks =
	    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('_')), _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
	return _mm_or_si128(_mm_or_si128(letters, are_digits(v)), _mm_or_si128(marks, in_range(v, '-', '.')));
}

#define SPAN_QUICKLY(p, end, are)                                                                            \
	for (; (end) - (p) >= 16; (p) += 16) {                                                               \
		unsigned others =                                                                            \
		    ~(unsigned)_mm_movemask_epi8(are(_mm_loadu_si128((const __m128i *)(const void *)(p)))) & \
		    0xffff;                                                                                  \
		if (others)                                                                                  \
			return (size_t)((p)-at) + (size_t)__builtin_ctz(others);                             \
	}
#else
#define SPAN_QUICKLY(p, end, are)
#endif

static inline size_t span_token(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	SPAN_QUICKLY(p, end, are_token)
	while (p < end && byte_set_has(&trace_token_bytes, *p))
		p++;
	return (size_t)(p - at);
}

static inline size_t span_digits(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	SPAN_QUICKLY(p, end, are_digits)
	while (p < end && ascii_is_digit(*p))
		p++;
	return (size_t)(p - at);
}

static size_t span_set(const struct log_learner *l, unsigned set, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	while (p < end && l->in_sets[*p] >> set & 1)
		p++;
	return (size_t)(p - at);
}

/* Four numbers of one to three digits: their length, 0 when it is something else. *leading: one is written
 * with more digits than it needs, or is above 255. */
static inline size_t read_quad(const uint8_t *at, const uint8_t *end, uint8_t bytes[4], bool *is_odd)
{
	const uint8_t *p = at;
	*is_odd = false;
	for (unsigned i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;
		if (i && (p == end || *p++ != '.'))
			return 0;
		const uint8_t *start = p;
		for (; digits < 3 && p < end && ascii_is_digit(*p); digits++)
			value = value * 10 + (*p++ - '0');
		if (!digits)
			return 0;
		*is_odd |= value > 255 || (digits > 1 && *start == '0');
		bytes[i] = (uint8_t)value;
	}
	if (p < end && byte_set_has(&trace_token_bytes, *p))
		return 0;
	return (size_t)(p - at);
}

/* ---- matching ---- */

struct finding {
	struct slice message;
	int32_t shifts[TRACE_SLOTS_MAX +
		       1]; /* [n]: how much further on than in the form stands what n slots come before */
	struct addr quads[TRACE_SLOTS_MAX];
	bool is_odd[TRACE_SLOTS_MAX];
};

static inline size_t span_slot(const struct log_learner *l, const struct form_slot *slot, const uint8_t *p,
			       const uint8_t *end, struct finding *f, size_t i)
{
	uint8_t quad[4];
	size_t len;
	switch ((enum form_slot_kind)slot->kind) {
	case FORM_TOKEN:
		return span_token(p, end);
	case FORM_DIGITS:
		return span_digits(p, end);
	case FORM_QUAD:
		len = read_quad(p, end, quad, &f->is_odd[i]);
		f->quads[i] = addr_from_v4(quad);
		return len;
	case FORM_SET:
		return span_set(l, slot->set, p, end);
	}
	return 0;
}

/* span_slot with a memory. */
static inline size_t span_again(const struct log_learner *l, struct form_slot *slot, const uint8_t *p,
				const uint8_t *end, struct finding *f, size_t i)
{
#ifdef __SSE2__
	if (slot->same_left && end - p >= 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i last = _mm_loadu_si128((const __m128i *)(const void *)slot->last);
		unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, last));
		if (slot->last_mask && (same & slot->last_mask) == slot->last_mask) {
			slot->same_left = FORM_SAME_TRIES;
			f->quads[i] = slot->last_quad;
			f->is_odd[i] = slot->last_is_odd;
			return slot->last_len;
		}
		size_t len = span_slot(l, slot, p, end, f, i);
		if (len < 1 || len > 15)
			return len;
		slot->same_left--;
		slot->last_len = (uint8_t)len;
		slot->last_mask = (uint16_t)((2u << len) - 1);
		_mm_storeu_si128((__m128i *)(void *)slot->last, bytes);
		if (slot->kind == FORM_QUAD) {
			slot->last_quad = f->quads[i];
			slot->last_is_odd = f->is_odd[i];
		}
		return len;
	}
#endif
	return span_slot(l, slot, p, end, f, i);
}

static struct slice token_of(const struct log_form *form, const struct finding *f, size_t slot)
{
	const struct form_slot *s = &form->slots[slot];
	return slice_of(f->message.ptr + s->at + f->shifts[slot],
			(size_t)(s->len + f->shifts[slot + 1] - f->shifts[slot]));
}

static bool have_pairs(const struct log_form *form, const struct finding *f)
{
	for (size_t i = 0; i < form->pair_count; i++) {
		struct slice earlier = token_of(form, f, form->pairs[i].earlier),
			     later = token_of(form, f, form->pairs[i].later);
		if (form->pairs[i].is_equal ? !slice_eq(later, earlier) : slice_starts(later, earlier))
			return false;
	}
	return true;
}

static inline bool has_form(const struct log_learner *l, struct log_form *form, struct finding *f)
{
	const uint8_t *base = f->message.ptr, *p = base, *end = base + f->message.len;
	size_t text = 0;
	f->shifts[0] = 0;
	for (size_t i = 0; i < form->slot_count; i++) {
		struct form_slot *slot = &form->slots[i];
		size_t between = slot->at - text;
		if ((size_t)(end - p) < between || !is_equal(p, form->text + text, between))
			return false;
		p += between;
		size_t len = span_again(l, slot, p, end, f, i);
		if (len < slot->least || len > slot->most)
			return false;
		p += len;
		text = (size_t)slot->at + slot->len;
		f->shifts[i + 1] = (int32_t)((p - base) - (ptrdiff_t)text);
	}
	size_t rest = form->text_len - text;
	if ((size_t)(end - p) < rest || !is_equal(p, form->text + text, rest))
		return false;
	return (form->is_open || p + rest == end) && (form->pair_count == 0 || have_pairs(form, f));
}

/* ---- what it says ---- */

static struct slice part_text(const struct form_part *part, const struct finding *f)
{
	size_t from = (size_t)((int64_t)part->from + f->shifts[part->slots_before]);
	size_t to = (size_t)((int64_t)part->to + f->shifts[part->slots_within]);
	return slice_of(f->message.ptr + from, to - from);
}

static bool part_address(const struct form_part *part, const struct finding *f, struct addr *out)
{
	if (!part->quad || f->is_odd[part->quad - 1])
		return log_read_address(part_text(part, f), out);
	*out = f->quads[part->quad - 1];
	return true;
}

/* False: its address is none. */
static bool give(const struct log_form *form, const struct finding *f, struct observation *o,
		 struct log_stamp *time)
{
	const struct observation *base = &form->observation;
	memcpy(o, base, offsetof(struct observation, text));
	for (uint64_t left = base->has_text; left; left &= left - 1)
		o->text[__builtin_ctzll(left)] = base->text[__builtin_ctzll(left)];
	for (uint64_t left = base->has_number; left; left &= left - 1)
		o->number[__builtin_ctzll(left)] = base->number[__builtin_ctzll(left)];
	time->form = LOG_TIME_NONE;
	for (size_t i = 0; i < form->part_count; i++) {
		const struct form_part *part = &form->parts[i];
		if (part->is_source) {
			struct addr source;
			if (!part_address(part, f, &source) || !log_could_be_peer(&source))
				return false;
			o->address[ADDRESS_SOURCE_IP] = source;
		} else if (!part->field) {
			time->text = part_text(part, f);
			time->text.len = log_time_find(time->text, &time->form);
			if (!time->text.len)
				time->form = LOG_TIME_NONE;
		} else if (part->field->kind == FIELD_KIND_ADDRESS) {
			part_address(part, f, &o->address[part->field->index]);
		} else {
			log_apply_capture(o, part->field, part_text(part, f));
		}
	}
	return true;
}

/* Who sees words of failure: asked of the line itself. */
static uint64_t failures(struct log_reader *r, const struct log_form *form, struct slice message)
{
	uint64_t failed = 0, ask = form->sees_failure;
	for (uint64_t left = form->may_see_failure; left; left &= left - 1) {
		unsigned dialect = (unsigned)__builtin_ctzll(left);
		ask |= (uint64_t)(r->counts[dialect].matched == 0) << dialect;
	}
	for (; ask; ask &= ask - 1) {
		unsigned dialect = (unsigned)__builtin_ctzll(ask);
		failed |= (uint64_t)log_match_has_failure(r->dialects->items[dialect], message) << dialect;
	}
	return failed;
}

/* The bytes by which forms are told apart; 0 when the message is too short for that. */
static uint64_t begin_of(const struct log_forms *forms, struct slice message)
{
	const uint8_t *end = message.ptr + message.len;
	if (message.len <= forms->head)
		return 0;
	const uint8_t *p = message.ptr + forms->head;
	p += span_token(p, end);
	return (size_t)(end - p) >= forms->skip + 8 ? load_u64(p + forms->skip) : 0;
}

enum form_result log_forms_read(struct log_reader *r, uint64_t mask, size_t first, struct slice message,
				struct observation *o, size_t *dialect, struct log_stamp *time,
				uint64_t *failed)
{
	struct log_forms *forms = r->gate->forms;
	struct finding f; /* not initialised as a whole: it is large, and written before it is read */
	f.message = message;
	if (!forms || message.len > TRACE_TEXT_MAX * 4)
		return FORM_UNKNOWN;
	uint64_t begin = forms->has_begin ? begin_of(forms, message) : 0;
	for (size_t i = 0; i < forms->count; i++) {
		struct log_form *form = forms->items[i];
		if ((begin && (begin & form->begin_mask) != form->begin) || form->mask != mask ||
		    form->first != first || !has_form(forms->learner, form, &f))
			continue;
		if (!form->is_none && !give(form, &f, o, time))
			return FORM_UNKNOWN;
		if (i > 0) { /* what comes often comes first */
			forms->items[i] = forms->items[i - 1];
			forms->items[i - 1] = form;
		}
		if (form->is_none) {
			*failed = failures(r, form, message);
			return FORM_NONE;
		}
		*dialect = form->dialect;
		r->form = (struct log_form_note){ form->id, form->texts, form->numbers };
		return FORM_MATCH;
	}
	return FORM_UNKNOWN;
}
