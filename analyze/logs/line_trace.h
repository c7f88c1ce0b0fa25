/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LINE_TRACE_H
#define ANALYZE_LOGS_LINE_TRACE_H

#include "analyze/logs/plan.h"

/* analyze/logs/line_trace.h - what of a line a decision rested on. A line is cut into *slots*, tokens of
 * harmless characters, and the text between them. Then everything that the engine decides on this line is
 * decided once more, and each look at a byte is told to the trace: a slot whose bytes could decide it
 * otherwise gets a smaller set of bytes or a bound on its length, or becomes text. What is left are slots
 * that could hold any other token without one decision falling otherwise: so all lines with the same text
 * between such tokens are read alike. Private to analyze/logs; used for few lines of a file.
 *
 * Life: line_trace_begin, the trace_ functions, then the slots that are alive are read off. */

#define TRACE_TEXT_MAX	1024
#define TRACE_SLOTS_MAX 40
#define TRACE_TOKEN_MAX 64
#define TRACE_PAIRS_MAX 4

struct byte_set {
	uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *set, uint8_t byte)
{
	return set->bits[byte / 64] >> byte % 64 & 1;
}

extern const struct byte_set trace_token_bytes, trace_digits;

struct trace_slot {
	uint16_t at, len;
	uint16_t least, most; /* bytes that another token may have */
	bool is_quad;	      /* four numbers of one to three digits with dots between, and nothing else */
	bool is_alive;	      /* false: text */
	struct byte_set set;
};

/* Two slots that decide by being equal, or by the later one not beginning with the earlier one. */
struct trace_pair {
	uint16_t earlier, later; /* where the slots are */
	bool is_equal;
};

struct line_trace {
	struct slice text;
	size_t reach; /* no byte from here on was looked at */
	bool failed;  /* something was decided by what can not be traced */
	size_t slot_count;
	struct trace_slot slots[TRACE_SLOTS_MAX];
	size_t pair_count;
	struct trace_pair pairs[TRACE_PAIRS_MAX];
	uint8_t owner[TRACE_TEXT_MAX + 1]; /* of each byte: its slot + 1, or 0 */
};

/* Slots: tokens that hold a digit. False: the line is too long, or has too many. `text` must stay. */
bool line_trace_begin(struct line_trace *t, struct slice text);
/* Tokens without a digit in this part of the text are slots, too. */
void line_trace_add(struct line_trace *t, struct slice part);

/* Positions are pointers into the text. */

/* It was asked whether the byte at `at` is in the set; at the end of the text, that it is the end. */
void trace_byte(struct line_trace *t, const uint8_t *at, const struct byte_set *set);
/* These bytes decide by their value. */
void trace_fix(struct line_trace *t, const uint8_t *from, const uint8_t *to);
/* It was asked whether the literal stands here. */
void trace_literal(struct line_trace *t, const uint8_t *at, struct slice literal);
/* A run of up to `most` bytes of the set was `len` bytes long, at least `least` were wanted. */
void trace_run(struct line_trace *t, const uint8_t *at, size_t len, const struct byte_set *set, size_t least,
	       size_t most);
/* The length from one place to another decides: it must not be more than `most`, and is not. */
void trace_most(struct line_trace *t, const uint8_t *from, const uint8_t *to, size_t most);
/* It was asked whether the text ends here. */
void trace_end(struct line_trace *t, const uint8_t *at);
/* It was asked whether the text at `at` begins with `again`, an earlier part of it. */
void trace_again(struct line_trace *t, const uint8_t *at, struct slice again);
/* It was looked for wherever it stands in the text. */
void trace_search(struct line_trace *t, struct slice literal);
/* Is there a slot that lives in it? */
bool trace_has_slot(const struct line_trace *t, struct slice part);

/* plan_run with a trace: the same result, or PLAN_UNSURE where another line with other tokens could get that.
 */
enum plan_result plan_trace(const struct plan *plan, struct slice text, struct line_trace *t,
			    struct plan_match *out, size_t *end);

#endif
