/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/predicate.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const struct field timestamp_field = {
	"@timestamp", "time of the observation, UTC", FIELD_KIND_NUMBER, FIELD_LATE, 255,
	NULL,	      sizeof "@timestamp" - 1
};

/* Position of a field in the chains. */
static size_t field_slot(const struct field *field)
{
	return field == &timestamp_field ? field_count : (size_t)(field - fields);
}

static int compare_slices(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_patterns(const void *left, const void *right)
{
	const struct pattern *a = left, *b = right;
	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	if (a->cased != b->cased)
		return a->cased ? 1 : -1;
	if (a->regex_options != b->regex_options)
		return a->regex_options < b->regex_options ? -1 : 1;
	int order =
	    compare_slices(slice_of(a->wild, a->wild_count * 2), slice_of(b->wild, b->wild_count * 2));
	if (order == 0)
		order = compare_slices(a->literal, b->literal);
	if (order == 0)
		order = addr_cmp(&a->net.base, &b->net.base);
	return order ? order : a->net.bits - b->net.bits;
}

static int compare_networks(const void *left, const void *right)
{
	const struct addr_prefix *a = left, *b = right;
	int order = addr_cmp(&a->base, &b->base);
	return order ? order : a->bits - b->bits;
}

/* Sorts and takes out repeated items; returns how many are left. */
static size_t unique(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	uint8_t *base = items;
	size_t kept = 0;
	if (count == 0)
		return 0;
	qsort(items, count, size, compare);
	for (size_t i = 1; i < count; i++)
		if (compare(base + kept * size, base + i * size) != 0)
			memmove(base + ++kept * size, base + i * size, size);
	return kept + 1;
}

static bool is_same(const struct predicate *a, const struct predicate *b)
{
	if (a->kind != b->kind || a->field != b->field || a->part != b->part || a->number != b->number ||
	    a->words != b->words || a->pattern_count != b->pattern_count ||
	    a->network_count != b->network_count || a->other != b->other || a->op != b->op ||
	    a->cased != b->cased)
		return false;
	for (size_t i = 0; i < a->pattern_count; i++)
		if (compare_patterns(&a->patterns[i], &b->patterns[i]) != 0)
			return false;
	for (size_t i = 0; i < a->network_count; i++)
		if (compare_networks(&a->networks[i], &b->networks[i]) != 0)
			return false;
	return true;
}

struct predicate *predicate_intern(struct pool *a, struct predicates *set, const struct predicate *wanted)
{
	struct predicate p = *wanted;
	p.pattern_count = unique(p.patterns, p.pattern_count, sizeof *p.patterns, compare_patterns);
	p.network_count = unique(p.networks, p.network_count, sizeof *p.networks, compare_networks);
	if (!set->by_field)
		set->by_field = pool_alloc(a, (field_count + 1) * sizeof(struct predicate *));
	struct predicate **chain = &set->by_field[field_slot(p.field)];
	for (; *chain; chain = &(*chain)->next)
		if (is_same(*chain, &p))
			return *chain;
	*chain = pool_alloc(a, sizeof **chain);
	**chain = p;
	(*chain)->next = NULL;
	set->all = pool_room(a, set->all, set->count, sizeof(struct predicate *));
	set->all[set->count++] = *chain;
	return *chain;
}

int match_room_init(struct match_room *room)
{
	*room = (struct match_room){ .data = pcre2_match_data_create(1, NULL),
				     .limits = pcre2_match_context_create(NULL) };
	if (!room->data || !room->limits) {
		match_room_fini(room);
		return -ENOMEM;
	}
	pcre2_set_match_limit(room->limits, REGEX_MATCH_LIMIT);
	pcre2_set_depth_limit(room->limits, REGEX_DEPTH_LIMIT);
	pcre2_set_heap_limit(room->limits, REGEX_HEAP_KIB);
	return 0;
}

void match_room_fini(struct match_room *room)
{
	pcre2_match_data_free(room->data);
	pcre2_match_context_free(room->limits);
	*room = (struct match_room){ 0 };
}

static bool equal(struct slice a, struct slice folded, bool cased)
{
	return cased ? slice_eq(a, folded) : slice_eq_nocase(a, folded);
}

static bool contains(struct slice text, struct slice needle, bool cased)
{
	if (cased)
		return slice_find_slice(text, needle) != SLICE_NPOS;
	for (size_t at = 0; at + needle.len <= text.len; at++)
		if (slice_starts_nocase(slice_from(text, at), needle))
			return true;
	return false;
}

/* The usual two-pointer match: on a mismatch go back to the last * and let it take one byte more. Quadratic
 * at worst, in values of a message's length. */
static bool wild_matches(const uint16_t *wild, size_t count, struct slice text, bool cased)
{
	size_t w = 0, t = 0, star = SLICE_NPOS, resume = 0;
	while (t < text.len) {
		uint8_t byte = cased ? text.ptr[t] : ascii_lower(text.ptr[t]);
		if (w < count && (wild[w] == WILD_ONE || wild[w] == byte)) {
			w++;
			t++;
		} else if (w < count && wild[w] == WILD_MANY) {
			star = w++;
			resume = t;
		} else if (star != SLICE_NPOS) {
			w = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (w < count && wild[w] == WILD_MANY)
		w++;
	return w == count;
}

static bool regex_matches(const struct pattern *p, struct slice text, struct match_room *room)
{
	int found = pcre2_match(p->regex, text.ptr, text.len, 0, 0, room->data, room->limits);
	if (found < 0 && found != PCRE2_ERROR_NOMATCH)
		room->gave_up++;
	return found >= 0;
}

bool pattern_matches(const struct pattern *p, struct slice text, struct match_room *room)
{
	struct addr a;
	switch (p->op) {
	case TEXT_EQUALS:
		return equal(text, p->literal, p->cased);
	case TEXT_STARTS:
		return text.len >= p->literal.len &&
		       equal(slice_first(text, p->literal.len), p->literal, p->cased);
	case TEXT_ENDS:
		return text.len >= p->literal.len &&
		       equal(slice_from(text, text.len - p->literal.len), p->literal, p->cased);
	case TEXT_CONTAINS:
		return contains(text, p->literal, p->cased);
	case TEXT_WILD:
		return wild_matches(p->wild, p->wild_count, text, p->cased);
	case TEXT_REGEX:
		return regex_matches(p, text, room);
	case TEXT_CIDR:
		return addr_parse(text, &a) && addr_prefix_has(&p->net, &a);
	}
	return false;
}

/* ISO 8601: week 1 is the one with the year's first Thursday. */
static int64_t iso_week(int64_t time_us)
{
	int64_t day = (time_us - (time_us % DAY_US + DAY_US) % DAY_US) / DAY_US;
	int64_t weekday = ((day + 3) % 7 + 7) % 7; /* Monday is 0; 1970-01-01 was a Thursday */
	int64_t thursday = day - weekday + 3;
	struct clock_civil civil = clock_to_civil(thursday * DAY_US);
	int64_t first = clock_from_civil(civil.year, 1, 1, 0, 0, 0) / DAY_US;
	return (thursday - first) / 7 + 1;
}

/* UTC. Weeks are those of ISO 8601. */
static int64_t time_part_of(int64_t time_us, enum time_part part)
{
	struct clock_civil civil = clock_to_civil(time_us);
	switch (part) {
	case TIME_MINUTE:
		return civil.minute;
	case TIME_HOUR:
		return civil.hour;
	case TIME_DAY:
		return civil.day;
	case TIME_WEEK:
		return iso_week(time_us);
	case TIME_MONTH:
		return civil.month;
	case TIME_YEAR:
		return civil.year;
	case TIME_NONE:
		break;
	}
	return 0;
}

/* The value as text: of any kind but anomaly. False: absent. */
static bool value_text(const struct field *f, const struct observation *o, char buffer[64], struct slice *out)
{
	switch (f->kind) {
	case FIELD_KIND_TEXT:
		*out = observation_text(o, (enum text_field)f->index);
		return out->ptr != NULL;
	case FIELD_KIND_NUMBER:
		if (!(o->has_number >> f->index & 1))
			return false;
		snprintf(buffer, 64, "%lld", (long long)o->number[f->index]);
		break;
	case FIELD_KIND_ADDRESS:
		if (addr_is_none(&o->address[f->index]))
			return false;
		addr_text(&o->address[f->index], buffer);
		break;
	case FIELD_KIND_CHOICE:
		if (o->choice[f->index] == 0)
			return false;
		snprintf(buffer, 64, "%s", f->words[o->choice[f->index]]);
		break;
	case FIELD_KIND_ANOMALY:
		return false;
	}
	*out = slice_str(buffer);
	return true;
}

/* The text begins as a dotted quad does: no IPv6 address has a dot in front of its first colon. */
static bool is_dotted(struct slice text)
{
	size_t i = 0;
	while (i < 3 && i < text.len && text.ptr[i] != '.' && text.ptr[i] != ':')
		i++;
	return i < text.len && text.ptr[i] == '.';
}

/* An address with a text that may hold one: by far the most frequent case. A dotted quad ends in the last
 * digit of the address. */
static bool same_address(const struct addr *a, struct slice text)
{
	struct addr other;
	if (addr_is_none(a) || text.len == 0)
		return false;
	if (addr_is_v4(a) && text.ptr[text.len - 1] != '0' + a->bytes[15] % 10 && is_dotted(text))
		return false;
	return addr_parse(text, &other) && addr_eq(a, &other);
}

static bool same_holds(const struct predicate *p, const struct observation *o)
{
	char left_buffer[64], right_buffer[64];
	struct slice left, right;
	struct addr a, b;
	if (p->op == TEXT_EQUALS && p->field->kind == FIELD_KIND_TEXT && p->other->kind == FIELD_KIND_ADDRESS)
		return same_address(&o->address[p->other->index],
				    observation_text(o, (enum text_field)p->field->index));
	if (!value_text(p->field, o, left_buffer, &left) || !value_text(p->other, o, right_buffer, &right))
		return false;
	if (p->op == TEXT_EQUALS &&
	    (p->field->kind == FIELD_KIND_ADDRESS || p->other->kind == FIELD_KIND_ADDRESS))
		return addr_parse(left, &a) && addr_parse(right, &b) && addr_eq(&a, &b);
	struct pattern pattern = { .op = p->op, .cased = p->cased, .literal = right };
	return pattern_matches(&pattern, left, NULL);
}

static bool exists(const struct field *f, const struct observation *o)
{
	char buffer[64];
	struct slice text;
	if (f == &timestamp_field)
		return true;
	return f->kind == FIELD_KIND_ANOMALY ? o->anomalies != 0 : value_text(f, o, buffer, &text);
}

static bool any_pattern(const struct predicate *p, struct slice text, struct match_room *room)
{
	for (size_t i = 0; i < p->pattern_count; i++)
		if (pattern_matches(&p->patterns[i], text, room))
			return true;
	return false;
}

static bool number_of(const struct predicate *p, const struct observation *o, int64_t *out)
{
	if (p->field == &timestamp_field) {
		*out = time_part_of(o->time_us, p->part);
		return true;
	}
	*out = o->number[p->field->index];
	return o->has_number >> p->field->index & 1;
}

bool predicate_holds(const struct predicate *p, const struct observation *o, struct match_room *room)
{
	char buffer[64];
	struct slice text;
	int64_t number;
	switch (p->kind) {
	case PREDICATE_EXISTS:
		return exists(p->field, o);
	case PREDICATE_TEXT:
	case PREDICATE_DIGITS:
		return value_text(p->field, o, buffer, &text) && any_pattern(p, text, room);
	case PREDICATE_AT_LEAST:
		return number_of(p, o, &number) && number >= p->number;
	case PREDICATE_NUMBER:
		return number_of(p, o, &number) && number == p->number;
	case PREDICATE_WORDS:
		if (p->field->kind == FIELD_KIND_ANOMALY)
			return (o->anomalies & p->words) != 0;
		return o->choice[p->field->index] != 0 && p->words >> o->choice[p->field->index] & 1;
	case PREDICATE_NETWORKS:
		for (size_t i = 0; i < p->network_count; i++)
			if (addr_prefix_has(&p->networks[i], &o->address[p->field->index]))
				return !addr_is_none(&o->address[p->field->index]);
		return false;
	case PREDICATE_SAME:
		return same_holds(p, o);
	}
	return false;
}
