/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_PLAN_OPS_H
#define ANALYZE_LOGS_PLAN_OPS_H

#include "analyze/logs/plan.h"

/* analyze/logs/plan_ops.h - what a plan consists of. Private to plan*.c: plan_read.c makes it from an expression, plan_check.c finds
 * out what could be read in another way, plan.c walks it. */

#define OPS_MAX 800
#define SEQUENCES_MAX 160
#define CLASSES_MAX 40
#define LITERALS_MAX 4096
#define NO_END UINT32_MAX

enum op_kind {
	OP_LITERAL,  /* these bytes */
	OP_RUN,	     /* min..max bytes of a class */
	OP_UNTIL,    /* min.. bytes that are not one byte: a class that is searched for quickly */
	OP_SKIP,     /* `.*`, `.{a,b}`: to the last place of the literal that follows */
	OP_OPEN,
	OP_CLOSE,
	OP_OPTION,   /* sequence, or nothing */
	OP_CHOICE,   /* the first of `count` sequences that fits */
	OP_REPEAT,   /* sequence, `min` times */
	OP_LOOK,     /* sequence must fit here, takes nothing */
	OP_BACK,     /* what a group holds, again */
	OP_QUAD,     /* \d{1,3}(?:\.\d{1,3}){3} */
	OP_END,
	OP_STOP,     /* behind the last op of each sequence */
};

struct op {
	uint8_t kind;
	uint8_t byte;	  /* OP_UNTIL */
	bool is_firm;	  /* could not be read in another way here */
	uint16_t index;	  /* class, group, or first sequence */
	uint16_t count;	  /* sequences */
	uint32_t min, max; /* OP_LITERAL: offset and length */
};

struct sequence {
	uint16_t first, count; /* ops */
	bool may_be_empty;     /* or begin with anything */
	uint64_t begins[4];    /* bytes it can begin with */
};

struct plan {
	unsigned key;
	bool is_safe;	/* up to the key nothing but jumps could be read in another way */
	struct sequence *sequences;
	size_t sequence_count;
	struct op *ops;
	size_t op_count;
	uint8_t (*classes)[256];
	size_t class_count;
	uint8_t *literals;
	size_t literal_count;
	uint16_t root;
};

/* Where a plan lies while it is made: most need a twentieth of it. */
struct plan_room {
	struct sequence sequences[SEQUENCES_MAX];
	struct op ops[OPS_MAX];
	uint8_t classes[CLASSES_MAX][256];
	uint8_t literals[LITERALS_MAX];
};

/* ---- what both walks do alike (plan.c, plan_trace.c) ---- */

static inline struct slice plan_literal(const struct plan *plan, const struct op *op)
{
	return slice_of(plan->literals + op->min, op->max);
}

/* What a skip goes to: the literal or the end that follows. */
static inline const struct op *plan_skips_to(const struct op *op)
{
	const struct op *next = op + 1;
	while (next->kind == OP_CLOSE)
		next++;
	return next;
}

static inline bool plan_begins_with(const struct sequence *s, uint8_t byte)
{
	return s->begins[byte / 64] >> byte % 64 & 1;
}

/* Bytes of four numbers of one to three digits with dots between; SLICE_NPOS: they do not stand here. */
static inline size_t plan_quad_length(const uint8_t *start, const uint8_t *end)
{
	const uint8_t *at = start;
	for (unsigned i = 0; i < 4; i++) {
		if (i && (at >= end || *at++ != '.'))
			return SLICE_NPOS;
		unsigned digits = 0;
		for (; digits < 3 && at < end && ascii_is_digit(*at); digits++)
			at++;
		if (!digits)
			return SLICE_NPOS;
	}
	return (size_t)(at - start);
}

/* False: the expression has something that plans do not know. */
bool plan_read(struct plan *plan, struct slice regex);
/* Marks the ops whose greedy way is the only one, and fills the first bytes of sequences. */
void plan_mark(struct plan *plan);
/* Nothing in front of the key's group could be read so that the key moves, but for jumps, which are counted when walking. */
bool plan_is_safe(const struct plan *plan);

#endif
