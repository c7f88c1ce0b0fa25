/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_FORM_INSIDE_H
#define ANALYZE_LOGS_LOG_FORM_INSIDE_H

#include "analyze/logs/line_trace.h"
#include "analyze/logs/log_form.h"

/* analyze/logs/log_form_inside.h - a form as it is kept. log_learn.c makes it, log_form.c reads lines by it.
 */

#define FORM_PARTS_MAX 24
#define FORM_SETS_MAX  64

enum form_slot_kind { FORM_TOKEN, FORM_DIGITS, FORM_QUAD, FORM_SET };

struct form_slot {
	uint16_t at, len;    /* in the form's text */
	uint8_t least, most; /* bytes */
	uint8_t kind;
	uint8_t set; /* FORM_SET: bit of learner->sets */

	/* The token that stood here the last time, and the byte behind it: our own address, a version and the
	 * like are always the same, and one comparison tells. Slots that vary soon stop asking. */
	uint8_t same_left; /* so many more times is it asked, if it is never the same */
	uint8_t last_len;
	bool last_is_odd;
	uint16_t last_mask; /* a bit for each byte of `last` that counts; 0: none is known */
	uint8_t last[16];
	struct addr last_quad;
};

#define FORM_SAME_TRIES 16

/* A captured text with slots in it. */
struct form_part {
	const struct field *field; /* NULL: the time */
	uint16_t from, to;
	uint8_t slots_before, slots_within; /* that end at or before `from`, and `to` */
	uint8_t quad;			    /* 1 + the slot that it is, when it is four numbers; else 0 */
	bool is_source;
};

struct form_pair {
	uint8_t earlier, later; /* slots */
	bool is_equal;		/* else the later one does not begin with the earlier one */
};

struct log_form {
	uint64_t id;
	uint64_t mask;	       /* who was asked */
	size_t first;	       /* and who was asked first */
	bool is_none, is_open; /* nobody reads it; whatever follows the text */
	size_t dialect;
	uint64_t sees_failure, may_see_failure; /* dialects that look for words of failure in it: always, and
						   until one of their lines was read */
	uint64_t begin, begin_mask; /* bytes that tell it from others of its gate: see struct log_forms */
	size_t text_len, slot_count, part_count;
	uint64_t texts, numbers; /* fields of the parts */
	struct form_slot slots[TRACE_SLOTS_MAX];
	struct form_part parts[FORM_PARTS_MAX];
	size_t pair_count;
	struct form_pair pairs[TRACE_PAIRS_MAX];
	struct observation observation; /* without what the parts are */
	uint8_t text[TRACE_TEXT_MAX];
};

/* Forms of messages that begin alike. When all have a slot behind the same text, and text behind that slot,
 * they are told apart by eight bytes there, `skip` behind the slot's end. */
struct log_forms {
	struct log_form *items[FORMS_OF_GATE];
	size_t count, next;
	bool has_begin;
	size_t head, skip;
	struct log_learner *learner;
};

struct log_learner {
	size_t form_count;
	uint64_t next_id;
	uint64_t alike, misses;
	unsigned credit;
	size_t set_count;
	struct byte_set sets[FORM_SETS_MAX];
	uint64_t in_sets[256]; /* the sets that a byte is in */
	struct line_trace trace, other;
};

#endif
