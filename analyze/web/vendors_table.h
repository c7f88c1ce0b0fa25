/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_WEB_VENDORS_TABLE_H
#define ANALYZE_WEB_VENDORS_TABLE_H

#include "analyze/ruleset/pool.h"
#include "analyze/web/vendors.h"

/* analyze/web/vendors_table.h - the tables as vendors_read.c makes them and vendors.c looks them up. Private to the two. */

#define PATTERN_SLASHES_MAX 2
#define TOKENS_MAX	    8

enum token_kind { TOKEN_TEXT, TOKEN_MAC, TOKEN_DIGITS, TOKEN_NAME };

struct token {
	enum token_kind kind;
	struct slice text; /* lower case */
};

struct file_pattern {
	struct token *tokens; /* TOKENS_MAX at most */
	size_t count;
	struct slice tail; /* its last token when that is text: looked at first */
	uint64_t vendors;  /* bit set */
	unsigned slashes;  /* folders in it */
	unsigned score;	   /* how much of it is fixed */
	enum file_kind kind;
	bool is_weak;
};

/* Patterns are sorted by their folders and their bucket: how they begin. */
enum { BUCKET_MAC, BUCKET_DIGITS, BUCKET_NAME, BUCKETS = 256 /* other values: the first byte */ };

struct agent_start {
	struct slice text; /* lower case */
	unsigned vendor;
};

struct oui {
	uint32_t oui;
	unsigned vendor;
};

/* Where the things of one bucket begin: bucket b has from[b] .. from[b + 1] - 1. */
struct bucket_index {
	uint16_t from[BUCKETS + 1];
};

struct vendors {
	struct pool pool;
	const char *names[VENDORS_MAX];
	size_t count;
	struct file_pattern *patterns;
	size_t pattern_count;
	struct bucket_index by_start[PATTERN_SLASHES_MAX + 1];
	struct agent_start *agents; /* sorted by first byte */
	size_t agent_count;
	struct bucket_index agents_by_start;
	struct oui *ouis; /* sorted */
	size_t oui_count;
	struct slice *folders;
	size_t folder_count;
};

static inline int oui_compare(const struct oui *a, const struct oui *b)
{
	return a->oui < b->oui ? -1 : a->oui > b->oui;
}

#endif
