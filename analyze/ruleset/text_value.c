/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/text_value.h"

#include <stdlib.h>

struct text_value text_value_read(struct pool *a, struct slice text)
{
	struct text_value value = { pool_alloc(a, (text.len + 1) * sizeof(uint16_t)), 0 };
	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = text.ptr[i];
		uint8_t next = i + 1 < text.len ? text.ptr[i + 1] : 0;
		if (byte == '\\' && (next == '*' || next == '?' || next == '\\')) {
			value.elements[value.count++] = next;
			i++;
		} else if (byte == '*') {
			value.elements[value.count++] = WILD_MANY;
		} else if (byte == '?') {
			value.elements[value.count++] = WILD_ONE;
		} else {
			value.elements[value.count++] = byte;
		}
	}
	return value;
}

static bool has_wildcards(struct text_value v)
{
	for (size_t i = 0; i < v.count; i++)
		if (v.elements[i] >= WILD_MANY)
			return true;
	return false;
}

/* The next code point of UTF-8 text; a byte that is none stands for itself. */
static uint32_t next_point(const struct text_value *v, size_t *at)
{
	uint32_t lead = v->elements[(*at)++];
	unsigned more = lead >= 0xf0 && lead < 0xf8 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	if (lead < 0x80 || lead >= 0xf8 || *at + more > v->count)
		return lead;
	uint32_t point = lead & (0x3fu >> more);
	for (unsigned i = 0; i < more; i++) {
		uint16_t byte = v->elements[*at + i];
		if ((byte & 0xc0) != 0x80)
			return lead;
		point = point << 6 | (byte & 0x3f);
	}
	*at += more;
	return point;
}

static void put_unit(struct text_value *out, uint32_t unit, bool big_endian)
{
	uint16_t high = (uint16_t)(unit >> 8 & 0xff), low = (uint16_t)(unit & 0xff);
	out->elements[out->count++] = big_endian ? high : low;
	out->elements[out->count++] = big_endian ? low : high;
}

static struct text_value to_utf16(struct pool *a, struct text_value v, bool big_endian, bool mark)
{
	struct text_value out = { pool_alloc(a, (v.count * 2 + 2) * sizeof(uint16_t)), 0 };
	if (mark)
		put_unit(&out, 0xfeff, big_endian);
	for (size_t at = 0; at < v.count;) {
		uint32_t point = next_point(&v, &at);
		if (point >= 0x10000) {
			put_unit(&out, 0xd800 + ((point - 0x10000) >> 10), big_endian);
			put_unit(&out, 0xdc00 + ((point - 0x10000) & 0x3ff), big_endian);
		} else {
			put_unit(&out, point, big_endian);
		}
	}
	return out;
}

/* Base64 of `skip` unknown bytes followed by the value. Characters that also depend on unknown bytes, before
 * or (unless `whole`) after, are left out. */
static struct text_value to_base64(struct pool *a, struct text_value v, size_t skip, bool whole)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t total = skip + v.count;
	struct text_value out = { pool_alloc(a, (total / 3 + 1) * 4 * sizeof(uint16_t)), 0 };
	size_t first = skip ? (skip * 8 + 5) / 6 : 0;
	size_t last = whole ? (total * 8 + 5) / 6 : total * 8 / 6;
	for (size_t c = first; c < last; c++) {
		size_t bit = c * 6;
		uint32_t pair = 0;
		for (size_t i = 0; i < 2; i++) {
			size_t byte = bit / 8 + i;
			pair = pair << 8 | (byte >= skip && byte < total ? v.elements[byte - skip] : 0u);
		}
		out.elements[out.count++] = (uint8_t)alphabet[pair >> (10 - bit % 8) & 0x3f];
	}
	while (whole && out.count % 4)
		out.elements[out.count++] = '=';
	return out;
}

static void add_value(struct pool *a, struct text_values *values, struct text_value v)
{
	values->items = pool_room(a, values->items, values->count, sizeof *values->items);
	values->items[values->count++] = v;
}

static bool is_word(const struct text_value *v, size_t at)
{
	if (at >= v->count || v->elements[at] >= WILD_MANY)
		return false;
	uint8_t c = (uint8_t)v->elements[at];
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_';
}

/* A dash or slash before a word and not behind one, where an option begins. */
static bool is_option_dash(const struct text_value *v, size_t at)
{
	return (v->elements[at] == '-' || v->elements[at] == '/') && is_word(v, at + 1) &&
	       (at == 0 || !is_word(v, at - 1));
}

#define WINDASH_MAX 4 /* dashes in one value: five spellings each make 625 values */

/* Every spelling of every option dash: - / and the three long dashes that editors make of it. */
static const char *spell_dashes(struct pool *a, struct text_values *out, struct text_value v)
{
	static const char *const spellings[] = { "-", "/", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95" };
	size_t dashes = 0, variants = 1;
	for (size_t i = 0; i < v.count; i++)
		dashes += is_option_dash(&v, i);
	if (dashes > WINDASH_MAX)
		return "windash makes too many spellings of a value with more than 4 dashes";
	for (size_t i = 0; i < dashes; i++)
		variants *= 5;
	for (size_t variant = 0; variant < variants; variant++) {
		struct text_value made = { pool_alloc(a, (v.count + 2 * dashes) * sizeof(uint16_t)), 0 };
		size_t choice = variant;
		for (size_t i = 0; i < v.count; i++) {
			if (!is_option_dash(&v, i)) {
				made.elements[made.count++] = v.elements[i];
				continue;
			}
			for (const char *c = spellings[choice % 5]; *c; c++)
				made.elements[made.count++] = (uint8_t)*c;
			choice /= 5;
		}
		add_value(a, out, made);
	}
	return NULL;
}

const char *text_value_transform(struct pool *a, struct text_values *values, enum text_transform transform)
{
	struct text_values out = { 0 };
	for (size_t i = 0; i < values->count; i++) {
		struct text_value v = values->items[i];
		if (transform != TRANSFORM_WINDASH && has_wildcards(v))
			return "wildcards can not be encoded; escape * and ? or use |contains";
		if (transform == TRANSFORM_WINDASH) {
			const char *why = spell_dashes(a, &out, v);
			if (why)
				return why;
		} else if (transform == TRANSFORM_BASE64) {
			add_value(a, &out, to_base64(a, v, 0, true));
		} else if (transform == TRANSFORM_BASE64_OFFSET) {
			for (size_t skip = 0; skip < 3; skip++)
				add_value(a, &out, to_base64(a, v, skip, false));
		} else {
			add_value(
			    a, &out,
			    to_utf16(a, v, transform == TRANSFORM_UTF16BE, transform == TRANSFORM_UTF16));
		}
	}
	*values = out;
	return NULL;
}

static struct slice literal_of(struct pool *a, struct text_value v, size_t from, size_t to)
{
	uint8_t *bytes = pool_alloc(a, to - from + 1);
	for (size_t i = from; i < to; i++)
		bytes[i - from] = (uint8_t)v.elements[i];
	return slice_of(bytes, to - from);
}

struct pattern text_value_pattern(struct pool *a, struct text_value value, enum text_op op, bool cased)
{
	bool open_start = op == TEXT_ENDS || op == TEXT_CONTAINS;
	bool open_end = op == TEXT_STARTS || op == TEXT_CONTAINS;
	size_t from = 0, to = value.count;
	if (!cased)
		for (size_t i = 0; i < value.count; i++)
			if (value.elements[i] < WILD_MANY)
				value.elements[i] = ascii_lower((uint8_t)value.elements[i]);
	for (; from < to && value.elements[from] == WILD_MANY; from++)
		open_start = true;
	for (; to > from && value.elements[to - 1] == WILD_MANY; to--)
		open_end = true;
	struct pattern p = { .cased = cased };
	struct text_value middle = { value.elements + from, to - from };
	if (!has_wildcards(middle)) {
		p.op = open_start ? (open_end ? TEXT_CONTAINS : TEXT_ENDS)
		       : open_end ? TEXT_STARTS
				  : TEXT_EQUALS;
		p.literal = literal_of(a, value, from, to);
		return p;
	}
	uint16_t *wild = pool_alloc(a, (middle.count + 2) * sizeof *wild);
	if (open_start)
		wild[p.wild_count++] = WILD_MANY;
	memcpy(wild + p.wild_count, middle.elements, middle.count * sizeof *wild);
	p.wild_count += middle.count;
	if (open_end)
		wild[p.wild_count++] = WILD_MANY;
	p.op = TEXT_WILD;
	p.wild = wild;
	return p;
}

bool pattern_is_anything(const struct pattern *p)
{
	return p->literal.len == 0 && (p->op == TEXT_STARTS || p->op == TEXT_ENDS || p->op == TEXT_CONTAINS);
}
