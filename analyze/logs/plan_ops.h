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
	struct op ops[OPS_MAX];
	size_t op_count;
	struct sequence sequences[SEQUENCES_MAX];
	size_t sequence_count;
	uint8_t classes[CLASSES_MAX][256];
	size_t class_count;
	uint8_t literals[LITERALS_MAX];
	size_t literal_count;
	uint16_t root;
};

/* False: the expression has something that plans do not know. */
bool plan_read(struct plan *plan, struct slice regex);
/* Marks the ops whose greedy way is the only one, and fills the first bytes of sequences. */
void plan_mark(struct plan *plan);
/* Nothing in front of the key's group could be read so that the key moves, but for jumps, which are counted when walking. */
bool plan_is_safe(const struct plan *plan);

#endif
