/* SPDX-License-Identifier: MIT */
#include "analyze/logs/line_trace.h"

/* Letters, digits and what names and numbers are made of: none of these begins or ends anything. */
const struct byte_set trace_token_bytes = { { 0x03ff680000000000u, 0x07fffffe87fffffeu, 0, 0 } };
const struct byte_set trace_digits = { { 0x03ff000000000000u, 0, 0, 0 } };
static const struct byte_set quad_bytes = { { 0x03ff400000000000u, 0, 0, 0 } };

static bool is_token(uint8_t c)
{
	return byte_set_has(&trace_token_bytes, c);
}

/* ---- slots ---- */

static bool is_quad(struct slice token)
{
	size_t at = 0;
	for (unsigned i = 0; i < 4; i++) {
		size_t start = at;
		while (at < token.len && ascii_is_digit(token.ptr[at]))
			at++;
		if (at == start || at - start > 3 || (i < 3 && (at >= token.len || token.ptr[at++] != '.')))
			return false;
	}
	return at == token.len;
}

static bool add_slot(struct line_trace *t, size_t at, size_t len)
{
	if (len > TRACE_TOKEN_MAX)
		return true;
	if (t->slot_count == TRACE_SLOTS_MAX)
		return false;
	struct trace_slot *slot = &t->slots[t->slot_count++];
	*slot = (struct trace_slot){ .at = (uint16_t)at,
				     .len = (uint16_t)len,
				     .least = 1,
				     .most = TRACE_TOKEN_MAX,
				     .is_alive = true,
				     .is_quad = is_quad(slice_of(t->text.ptr + at, len)),
				     .set = trace_token_bytes };
	memset(t->owner + at, (int)t->slot_count, len);
	return true;
}

/* The token that begins at `at`: its length. */
static size_t token_at(struct slice text, size_t at, bool *has_digit)
{
	size_t end = at;
	*has_digit = false;
	for (; end < text.len && is_token(text.ptr[end]); end++)
		*has_digit |= ascii_is_digit(text.ptr[end]);
	return end - at;
}

bool line_trace_begin(struct line_trace *t, struct slice text)
{
	bool has_digit;
	if (text.len > TRACE_TEXT_MAX)
		return false;
	t->text = text;
	t->reach = 0;
	t->failed = false;
	t->slot_count = t->pair_count = 0;
	memset(t->owner, 0, text.len + 1);
	for (size_t at = 0; at < text.len;) {
		size_t len = token_at(text, at, &has_digit);
		if (has_digit && !add_slot(t, at, len))
			return false;
		at += len + 1;
	}
	return true;
}

void line_trace_add(struct line_trace *t, struct slice part)
{
	bool has_digit;
	size_t from = (size_t)(part.ptr - t->text.ptr), to = from + part.len;
	for (size_t at = from; at < to;) {
		size_t len = token_at(t->text, at, &has_digit);
		bool is_whole = (at == 0 || !is_token(t->text.ptr[at - 1])) && at + len <= to;
		if (len && !has_digit && is_whole && !t->owner[at])
			add_slot(t, at, len);
		at += len + 1;
	}
}

static void kill(struct trace_slot *slot)
{
	slot->is_alive = false;
}

/* The byte at `at` decides by its value, so it becomes text; what is left of the slot stands behind it, if it
 * was the first byte. */
static void fix_byte(struct line_trace *t, struct trace_slot *slot, size_t at)
{
	if (at != slot->at || slot->len == 1 || slot->is_quad) {
		kill(slot);
		return;
	}
	t->owner[at] = 0;
	slot->at++;
	slot->len--;
	slot->most--;
	slot->least -= slot->least > 1;
}

static struct trace_slot *slot_at(struct line_trace *t, size_t at)
{
	struct trace_slot *slot = t->owner[at] ? &t->slots[t->owner[at] - 1] : NULL;
	return slot && slot->is_alive ? slot : NULL;
}

static void reach(struct line_trace *t, size_t end)
{
	if (t->reach < end)
		t->reach = end;
}

/* Only tokens remain whose bytes all give the answer that this one gives. False: it is none of those. */
static bool narrow(struct line_trace *t, struct trace_slot *slot, const struct byte_set *set, bool is_in)
{
	struct byte_set left;
	for (unsigned i = 0; i < 4; i++)
		left.bits[i] = slot->set.bits[i] & (is_in ? set->bits[i] : ~set->bits[i]);
	bool fits = true;
	for (size_t i = slot->at; i < (size_t)slot->at + slot->len; i++)
		fits &= byte_set_has(&left, t->text.ptr[i]);
	for (unsigned i = 0; slot->is_quad && i < 4; i++)
		fits &= (quad_bytes.bits[i] & ~left.bits[i]) == 0;
	if (fits)
		slot->set = left;
	return fits;
}

static bool all_or_none(const struct byte_set *set, const struct byte_set *of)
{
	bool all = true, none = true;
	for (unsigned i = 0; i < 4; i++) {
		all &= (of->bits[i] & ~set->bits[i]) == 0;
		none &= (of->bits[i] & set->bits[i]) == 0;
	}
	return all || none;
}

/* ---- looks ---- */

void trace_byte(struct line_trace *t, const uint8_t *p, const struct byte_set *set)
{
	size_t at = (size_t)(p - t->text.ptr);
	reach(t, at + 1);
	struct trace_slot *slot = at < t->text.len ? slot_at(t, at) : NULL;
	if (!slot)
		return;
	if (at != slot->at)
		kill(slot);
	else if (slot->is_quad ? !all_or_none(set, &trace_digits) /* its first byte is a digit */
			       : !narrow(t, slot, set, byte_set_has(set, *p)))
		fix_byte(t, slot, at);
}

void trace_fix(struct line_trace *t, const uint8_t *from, const uint8_t *to)
{
	size_t end = (size_t)(to - t->text.ptr);
	reach(t, end);
	for (size_t at = (size_t)(from - t->text.ptr); at < end && at < t->text.len; at++) {
		struct trace_slot *slot = slot_at(t, at);
		if (slot)
			fix_byte(t, slot, at);
	}
}

void trace_literal(struct line_trace *t, const uint8_t *p, struct slice literal)
{
	const uint8_t *end = t->text.ptr + t->text.len;
	for (size_t i = 0; i < literal.len; i++) {
		if (p + i == end) { /* too short, as it stands: tokens must not make it longer */
			trace_fix(t, p, end);
			reach(t, t->text.len + 1);
			return;
		}
		struct byte_set only = { { 0 } };
		only.bits[literal.ptr[i] / 64] = (uint64_t)1 << literal.ptr[i] % 64;
		if (p[i] != literal.ptr[i]) {
			trace_byte(t, p + i, &only);
			return;
		}
		trace_fix(t, p + i, p + i + 1);
	}
}

void trace_end(struct line_trace *t, const uint8_t *p)
{
	reach(t, (size_t)(p - t->text.ptr) + 1);
}

void trace_again(struct line_trace *t, const uint8_t *p, struct slice again)
{
	size_t at = (size_t)(p - t->text.ptr), from = (size_t)(again.ptr - t->text.ptr);
	const struct trace_slot *later = at < t->text.len ? slot_at(t, at) : NULL,
				*earlier = slot_at(t, from);
	size_t left = t->text.len - at;
	bool begins = left >= again.len && memcmp(p, again.ptr, again.len) == 0;
	reach(t, t->text.len + 1);
	if (!later || !earlier || later == earlier || later->at != at || earlier->at != from ||
	    earlier->len != again.len || (begins && later->len != again.len) ||
	    t->pair_count == TRACE_PAIRS_MAX) {
		t->failed = true;
		return;
	}
	t->pairs[t->pair_count++] = (struct trace_pair){ earlier->at, later->at, begins };
}

void trace_most(struct line_trace *t, const uint8_t *from, const uint8_t *to, size_t most)
{
	size_t first = (size_t)(from - t->text.ptr), end = (size_t)(to - t->text.ptr), count = 0;
	if (most >= t->text.len + (size_t)TRACE_SLOTS_MAX * TRACE_TOKEN_MAX)
		return;
	for (size_t i = 0; i < t->slot_count; i++)
		count += t->slots[i].is_alive && t->slots[i].at >= first && t->slots[i].at < end;
	for (size_t i = 0; i < t->slot_count && count; i++) {
		struct trace_slot *slot = &t->slots[i];
		if (!slot->is_alive || slot->at < first || slot->at >= end)
			continue;
		size_t room = slot->len + (most - (end - first)) / count;
		if (slot->is_quad && room < 15)
			kill(slot);
		else if (slot->most > room)
			slot->most = (uint16_t)room;
	}
}

static size_t slots_in(const struct line_trace *t, size_t from, size_t to, size_t *bytes, size_t *which)
{
	size_t count = 0;
	*bytes = 0;
	for (size_t i = 0; i < t->slot_count; i++) {
		const struct trace_slot *slot = &t->slots[i];
		if (!slot->is_alive || slot->at < from || slot->at >= to)
			continue;
		count++;
		*bytes += slot->len;
		*which = i;
	}
	return count;
}

/* That a run is long enough must not rest on how long a token is. */
static void trace_least(struct line_trace *t, const uint8_t *from, const uint8_t *to, size_t least)
{
	size_t bytes, which, first = (size_t)(from - t->text.ptr), end = (size_t)(to - t->text.ptr);
	size_t count = slots_in(t, first, end, &bytes, &which), text = end - first - bytes;
	if (count == 0 || text + count >= least)
		return;
	if (count > 1)
		trace_fix(t, from, to);
	else if (t->slots[which].least < least - text)
		t->slots[which].least = (uint16_t)(least - text);
}

void trace_run(struct line_trace *t, const uint8_t *p, size_t len, const struct byte_set *set, size_t least,
	       size_t most)
{
	size_t from = (size_t)(p - t->text.ptr), end = from + len;
	bool was_full = len == most && end < t->text.len && byte_set_has(set, t->text.ptr[end]);
	reach(t, end);
	for (size_t at = from; at < end; at++) {
		struct trace_slot *slot = slot_at(t, at);
		if (!slot)
			continue;
		if (was_full || at < slot->at || (at == from && at != slot->at) ||
		    (size_t)slot->at + slot->len > end)
			kill(slot);
		else if (at == slot->at && !narrow(t, slot, set, true))
			kill(slot);
	}
	if (was_full)
		return;
	if (end < t->text.len)
		trace_byte(t, p + len, set);
	else
		reach(t, t->text.len + 1);
	if (len < least) {
		trace_fix(t, p, p + len);
		return;
	}
	trace_least(t, p, p + len, least);
	trace_most(t, p, p + len, most);
}

/* ---- literals that are looked for ---- */

/* Could literal[from..] stand at `at`, which is text or the begin of a slot? */
static bool could_go_on(const struct line_trace *t, struct slice literal, size_t at, size_t from);

static bool could_fill(const struct line_trace *t, const struct trace_slot *slot, struct slice literal,
		       size_t from)
{
	for (size_t i = from; i < literal.len && i - from < slot->most; i++) {
		if (!byte_set_has(&slot->set, literal.ptr[i]))
			return false;
		if (i + 1 == literal.len || could_go_on(t, literal, (size_t)slot->at + slot->len, i + 1))
			return true;
	}
	return false;
}

/* A slot is never right behind another one, so this goes no deeper than the literal is long. */
static bool could_go_on(const struct line_trace *t, struct slice literal, size_t at, size_t from)
{
	for (; from < literal.len; at++, from++) {
		if (at >= t->text.len)
			return false;
		const struct trace_slot *slot = t->owner[at] ? &t->slots[t->owner[at] - 1] : NULL;
		if (slot && slot->is_alive)
			return could_fill(t, slot, literal, from);
		if (t->text.ptr[at] != literal.ptr[from])
			return false;
	}
	return true;
}

/* Could an occurrence have bytes in this slot? Then it begins in it, or in front of it. */
static bool could_touch(const struct line_trace *t, const struct trace_slot *slot, struct slice literal)
{
	if (could_fill(t, slot, literal, 0))
		return true;
	for (size_t before = 1; before < literal.len && before <= slot->at; before++) {
		size_t at = slot->at - before;
		const struct trace_slot *other = t->owner[at] ? &t->slots[t->owner[at] - 1] : NULL;
		if (other && other->is_alive)
			return false; /* that one is asked itself */
		if (memcmp(t->text.ptr + at, literal.ptr, before) == 0 &&
		    could_fill(t, slot, literal, before))
			return true;
	}
	return false;
}

void trace_search(struct line_trace *t, struct slice literal)
{
	reach(t, t->text.len + 1);
	for (size_t i = 0; i < t->slot_count; i++) {
		if (!t->slots[i].is_alive || !could_touch(t, &t->slots[i], literal))
			continue;
		kill(&t->slots[i]);
		i = SIZE_MAX; /* text now: look again what stands beside it */
	}
}

bool trace_has_slot(const struct line_trace *t, struct slice part)
{
	size_t bytes, which, from = (size_t)(part.ptr - t->text.ptr);
	return slots_in(t, from, from + part.len, &bytes, &which) > 0;
}
