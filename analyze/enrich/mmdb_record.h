/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_ENRICH_MMDB_RECORD_H
#define ANALYZE_ENRICH_MMDB_RECORD_H

#include "core/slice.h"

/* analyze/enrich/mmdb_record.h - reads the data section of a MaxMind DB file (format specification 2.0, "data
 * section"). libmaxminddb 1.7 skips nested values by recursion without a limit and follows pointers that lead
 * in a circle, so a broken file can exhaust its stack; this reader does neither: a reader makes at most
 * `steps` steps in its life. */

enum mmdb_kind { MMDB_KIND_OTHER, MMDB_KIND_TEXT, MMDB_KIND_NUMBER, MMDB_KIND_MAP, MMDB_KIND_ARRAY };

struct mmdb_value {
	enum mmdb_kind kind;
	struct slice text; /* TEXT; points into the data */
	uint64_t number;   /* NUMBER: unsigned, of at most 64 bits */
	size_t count;	   /* MAP: pairs, ARRAY: elements */
	size_t content;	   /* MAP, ARRAY: offset of the first of them */
};

struct mmdb_reader {
	struct slice data; /* pointers count from its start */
	unsigned steps;	   /* that are left */
};

/* The value at `offset`, pointers followed. *next (may be NULL) is the offset behind it, known for all but
 * maps and arrays that stand there themselves (then it is that of their content). False: broken, or out of
 * steps. */
bool mmdb_read(struct mmdb_reader *r, size_t offset, struct mmdb_value *out, size_t *next);
/* The offset behind the whole value at `offset`. */
bool mmdb_skip(struct mmdb_reader *r, size_t offset, size_t *next);
/* The value of `key` in a map. False also when it is not there. */
bool mmdb_find(struct mmdb_reader *r, const struct mmdb_value *map, struct slice key, struct mmdb_value *out);
/* Takes the next pair of a map: *at starts as map->content, for map->count calls. */
bool mmdb_next_pair(struct mmdb_reader *r, size_t *at, struct slice *key, struct mmdb_value *value);

/* Can the whole value at `offset` be read, pointers followed, with maps and arrays nested at most `depth`
 * deep? */
bool mmdb_is_sane(struct mmdb_reader *r, size_t offset, unsigned depth);

#endif
