/* SPDX-License-Identifier: MIT */
#include "core/zone.h"

#include "core/clock.h"
#include "core/cursor.h"
#include "core/zone_rule.h"

#include <stdlib.h>

#define AGAIN_US (10 * MINUTE_US) /* lines of several threads of a program may be so much out of order */

struct moment {
	int64_t at_s; /* from here on */
	int offset_s;
};

struct zone {
	int first_offset_s; /* before the first of `changes` */
	bool has_rule;	    /* behind the last of them */
	struct zone_rule rule;
	size_t count;
	struct moment changes[];
};

static struct zone *new_zone(size_t count)
{
	struct zone *z = calloc(1, sizeof *z + count * sizeof z->changes[0]);
	if (z)
		z->count = count;
	return z;
}

struct zone *zone_fixed(int offset_s)
{
	struct zone *z = new_zone(0);
	if (z)
		z->first_offset_s = offset_s;
	return z;
}

struct zone *zone_of_rule(struct slice posix)
{
	struct zone_rule rule;
	struct zone *z = zone_rule_parse(posix, &rule) ? new_zone(0) : NULL;
	if (z) {
		z->has_rule = true;
		z->rule = rule;
	}
	return z;
}

void zone_free(struct zone *z)
{
	free(z);
}

/* ---- TZif ---- */

#define HEADER_LEN 44
#define TYPE_LEN   6

struct header {
	uint8_t version;
	size_t utc_count, standard_count, leap_count, change_count, type_count, text_len;
};

static bool read_header(struct cursor *c, struct header *h)
{
	struct slice magic = cursor_take(c, 4);
	h->version = cursor_u8(c);
	cursor_skip(c, 15);
	h->utc_count = cursor_be32(c);
	h->standard_count = cursor_be32(c);
	h->leap_count = cursor_be32(c);
	h->change_count = cursor_be32(c);
	h->type_count = cursor_be32(c);
	h->text_len = cursor_be32(c);
	return !c->failed && slice_eq(magic, SLICE("TZif")) && h->utc_count <= ZONE_FILE_MAX &&
	       h->standard_count <= ZONE_FILE_MAX && h->leap_count <= ZONE_FILE_MAX &&
	       h->change_count <= ZONE_FILE_MAX && h->type_count <= 256 && h->text_len <= ZONE_FILE_MAX;
}

static size_t data_len(const struct header *h, size_t time_len)
{
	return h->change_count * (time_len + 1) + h->type_count * TYPE_LEN + h->text_len +
	       h->leap_count * (time_len + 4) + h->standard_count + h->utc_count;
}

static int64_t read_time(struct cursor *c, size_t time_len)
{
	int64_t high = (int32_t)cursor_be32(c);
	return time_len == 4 ? high : (int64_t)((uint64_t)high << 32 | cursor_be32(c));
}

/* RFC 8536 3.2 has the bounds of an offset. */
static bool read_types(struct slice types, size_t count, int *offsets)
{
	struct cursor c = cursor_of(types);
	for (size_t i = 0; i < count; i++) {
		offsets[i] = (int32_t)cursor_be32(&c);
		cursor_skip(&c, TYPE_LEN - 4);
		if (offsets[i] < -89999 || offsets[i] > 93599)
			return false;
	}
	return !c.failed && count > 0;
}

static bool read_changes(struct cursor *c, const struct header *h, size_t time_len, struct zone *z)
{
	int offsets[256];
	struct cursor times = cursor_of(cursor_take(c, h->change_count * time_len));
	struct cursor types = cursor_of(cursor_take(c, h->change_count));
	if (!read_types(cursor_take(c, h->type_count * TYPE_LEN), h->type_count, offsets))
		return false;
	z->first_offset_s = offsets[0];
	for (size_t i = 0; i < h->change_count; i++) {
		uint8_t type = cursor_u8(&types);
		int64_t at_s = read_time(&times, time_len);
		if (type >= h->type_count || (i && at_s <= z->changes[i - 1].at_s))
			return false;
		z->changes[i] = (struct moment){ at_s, offsets[type] };
	}
	cursor_skip(c, h->text_len + h->leap_count * (time_len + 4) + h->standard_count + h->utc_count);
	return !c->failed;
}

/* What holds behind the last change: "\n", a rule or nothing, "\n". */
static bool read_footer(struct cursor *c, struct zone *z)
{
	struct slice rest = cursor_rest(c);
	if (!slice_starts(rest, SLICE("\n")))
		return false;
	rest = slice_from(rest, 1);
	size_t len = slice_find(rest, '\n');
	z->has_rule = len != SLICE_NPOS && len > 0;
	return len == 0 || (z->has_rule && zone_rule_parse(slice_first(rest, len), &z->rule));
}

/* A file of version 2 and later has everything twice: first with times of 32 bits, for old programs. */
struct zone *zone_of_file(struct slice tzif)
{
	struct cursor c = cursor_of(tzif);
	struct header h;
	size_t time_len = 4;
	if (tzif.len > ZONE_FILE_MAX || !read_header(&c, &h))
		return NULL;
	uint8_t version = h.version;
	if (version >= '2') {
		cursor_skip(&c, data_len(&h, 4));
		time_len = 8;
		if (!read_header(&c, &h))
			return NULL;
	}
	struct zone *z = new_zone(h.change_count);
	if (z && read_changes(&c, &h, time_len, z) && (version < '2' || read_footer(&c, z)))
		return z;
	zone_free(z);
	return NULL;
}

/* ---- times ---- */

static int64_t seconds_of(int64_t us)
{
	return us / SECOND_US - (us % SECOND_US < 0);
}

int zone_offset_s(const struct zone *z, int64_t utc_us)
{
	int64_t at_s = seconds_of(utc_us);
	size_t low = 0, high = z->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (z->changes[middle].at_s <= at_s)
			low = middle + 1;
		else
			high = middle;
	}
	if (z->has_rule && low == z->count)
		return zone_rule_offset_s(&z->rule, at_s);
	return low ? z->changes[low - 1].offset_s : z->first_offset_s;
}

/* Offsets are below a day and changes lie far apart, so a day before and a day behind tell of the change between them, if there is one. */
int64_t zone_to_utc(const struct zone *z, int64_t local_us, int64_t after_us)
{
	int before_s = zone_offset_s(z, local_us - DAY_US), behind_s = zone_offset_s(z, local_us + DAY_US);
	int64_t first_us = local_us - before_s * SECOND_US, second_us = local_us - behind_s * SECOND_US;
	if (before_s == behind_s || zone_offset_s(z, second_us) != behind_s)
		return first_us;
	if (zone_offset_s(z, first_us) != before_s)
		return second_us;
	bool is_again = after_us != INT64_MIN && first_us < after_us - AGAIN_US;
	return is_again ? second_us : first_us;
}
