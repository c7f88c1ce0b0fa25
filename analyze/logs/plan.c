/* SPDX-License-Identifier: MIT */
#include "analyze/logs/plan.h"

#include <stdlib.h>

#include "analyze/logs/log_find.h"

#define OPS_MAX 800
#define SEQUENCES_MAX 160
#define CLASSES_MAX 40
#define LITERALS_MAX 4096
#define NESTING_MAX 8
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

/* ---- reading the expression ---- */

struct name {
	struct slice text;
	unsigned group;
};

struct parser {
	struct plan *plan;
	struct slice regex;
	size_t at;
	unsigned groups;
	struct name names[PLAN_GROUPS_MAX];
	unsigned name_count;
	bool failed;
};

/* Ops of one sequence are gathered here first, so that each sequence is contiguous. */
struct gather {
	struct op ops[96];
	size_t count;
};

static bool peek(const struct parser *p, uint8_t byte)
{
	return p->at < p->regex.len && p->regex.ptr[p->at] == byte;
}

static bool take(struct parser *p, const char *text)
{
	struct slice s = slice_str(text);
	if (!slice_starts(slice_from(p->regex, p->at), s))
		return false;
	p->at += s.len;
	return true;
}

static void add(struct parser *p, struct gather *g, struct op op)
{
	if (g->count == sizeof g->ops / sizeof *g->ops)
		p->failed = true;
	else
		g->ops[g->count++] = op;
}

static uint16_t add_sequence(struct parser *p, const struct gather *g)
{
	struct plan *plan = p->plan;
	if (plan->sequence_count == SEQUENCES_MAX || plan->op_count + g->count > OPS_MAX) {
		p->failed = true;
		return 0;
	}
	plan->sequences[plan->sequence_count] = (struct sequence){ .first = (uint16_t)plan->op_count, .count = (uint16_t)g->count };
	memcpy(plan->ops + plan->op_count, g->ops, g->count * sizeof *g->ops);
	plan->op_count += g->count;
	return (uint16_t)plan->sequence_count++;
}

static void add_literal_byte(struct parser *p, struct gather *g, uint8_t byte, bool may_join)
{
	struct plan *plan = p->plan;
	if (plan->literal_count == LITERALS_MAX) {
		p->failed = true;
		return;
	}
	plan->literals[plan->literal_count++] = byte;
	struct op *last = g->count ? &g->ops[g->count - 1] : NULL;
	if (may_join && last && last->kind == OP_LITERAL && last->min + last->max == plan->literal_count - 1)
		last->max++;
	else
		add(p, g, (struct op){ .kind = OP_LITERAL, .min = (uint32_t)plan->literal_count - 1, .max = 1 });
}

static void fill_class(uint8_t *set, uint8_t letter)
{
	for (unsigned c = 0; c < 256; c++) {
		bool digit = ascii_is_digit((uint8_t)c), word = digit || ascii_is_alpha((uint8_t)c) || c == '_';
		bool space = c == ' ' || (c >= 9 && c <= 13);
		if ((letter == 'd' && digit) || (letter == 'w' && word) || (letter == 's' && space) || (letter == 'S' && !space) ||
		    (letter == 'D' && !digit) || (letter == 'W' && !word))
			set[c] = 1;
	}
}

static uint8_t *new_class(struct parser *p)
{
	if (p->plan->class_count == CLASSES_MAX) {
		p->failed = true;
		return NULL;
	}
	return p->plan->classes[p->plan->class_count++];
}

static bool is_class_letter(uint8_t c)
{
	return c == 'd' || c == 'w' || c == 's' || c == 'S' || c == 'D' || c == 'W';
}

/* Behind `[`. */
static void read_class(struct parser *p, uint8_t *set)
{
	bool negated = take(p, "^"), first = true;
	while (p->at < p->regex.len && (first || !peek(p, ']'))) {
		uint8_t low = p->regex.ptr[p->at++];
		first = false;
		if (low == '[' && peek(p, ':'))
			p->failed = true; /* [:alpha:] */
		if (low == '\\' && p->at < p->regex.len) {
			low = p->regex.ptr[p->at++];
			if (is_class_letter(low)) {
				fill_class(set, low);
				continue;
			}
			if (ascii_is_alpha(low) || ascii_is_digit(low))
				p->failed = true;
		}
		uint8_t high = low;
		if (p->at + 1 < p->regex.len && peek(p, '-') && p->regex.ptr[p->at + 1] != ']') {
			high = p->regex.ptr[p->at + 1];
			p->at += 2;
			if (high == '\\' || high < low)
				p->failed = true;
		}
		for (unsigned c = low; c <= high; c++)
			set[c] = 1;
	}
	if (!take(p, "]"))
		p->failed = true;
	for (unsigned c = 0; negated && c < 256; c++)
		set[c] = !set[c];
}

static uint32_t read_number(struct parser *p)
{
	uint32_t value = 0;
	if (p->at >= p->regex.len || !ascii_is_digit(p->regex.ptr[p->at]))
		p->failed = true;
	while (p->at < p->regex.len && ascii_is_digit(p->regex.ptr[p->at]) && value < 100000)
		value = value * 10 + (p->regex.ptr[p->at++] - '0');
	return value;
}

/* A quantifier, if one stands here. */
static bool read_quantifier(struct parser *p, uint32_t *min, uint32_t *max)
{
	*min = *max = 1;
	bool found = true;
	if (take(p, "*")) {
		*min = 0;
		*max = NO_END;
	} else if (take(p, "+")) {
		*max = NO_END;
	} else if (take(p, "?")) {
		*min = 0;
	} else if (take(p, "{")) {
		*min = *max = read_number(p);
		if (take(p, ","))
			*max = peek(p, '}') ? NO_END : read_number(p);
		if (!take(p, "}"))
			p->failed = true;
	} else {
		found = false;
	}
	if (found && (peek(p, '?') || peek(p, '+')))
		p->failed = true;
	return found;
}

/* A class that leaves out one byte only is searched for, not walked. */
static struct op run_op(const struct parser *p, size_t class_index, uint32_t min, uint32_t max)
{
	struct op op = { .kind = OP_RUN, .index = (uint16_t)class_index, .min = min, .max = max };
	const uint8_t *set = p->plan->classes[class_index];
	unsigned out = 0;
	for (unsigned c = 0; c < 256; c++) {
		if (!set[c]) {
			out++;
			op.byte = (uint8_t)c;
		}
	}
	if (out == 1)
		op.kind = OP_UNTIL;
	else if (out == 0)
		op.kind = OP_SKIP;
	return op;
}

static void read_set(struct parser *p, struct gather *g, uint8_t letter)
{
	size_t index = p->plan->class_count;
	uint8_t *set = new_class(p);
	uint32_t min, max;
	if (!set)
		return;
	if (letter == '[')
		read_class(p, set);
	else if (letter == '.')
		memset(set, 1, 256);
	else
		fill_class(set, letter);
	read_quantifier(p, &min, &max);
	add(p, g, run_op(p, index, min, max));
}

static void read_literal(struct parser *p, struct gather *g, uint8_t byte)
{
	uint32_t min, max;
	if (!read_quantifier(p, &min, &max)) {
		add_literal_byte(p, g, byte, true);
		return;
	}
	size_t index = p->plan->class_count;
	uint8_t *set = new_class(p);
	if (!set)
		return;
	set[byte] = 1;
	add(p, g, (struct op){ .kind = OP_RUN, .index = (uint16_t)index, .min = min, .max = max });
}

static void read_alternatives(struct parser *p, unsigned depth, struct op *choice);

/* A group with one alternative is no branch: its ops go into the sequence around it. */
static void add_inner(struct parser *p, struct gather *g, const struct op *inner)
{
	if (inner->kind != OP_CHOICE || inner->count != 1) {
		add(p, g, *inner);
		return;
	}
	struct sequence *s = &p->plan->sequences[inner->index];
	for (size_t i = 0; i < s->count && !p->failed; i++)
		add(p, g, p->plan->ops[s->first + i]);
	s->count = 0; /* nobody enters it any more */
}

static void read_group(struct parser *p, struct gather *g, unsigned depth)
{
	unsigned group = 0;
	bool look = false;
	if (take(p, "?:")) {
		/* nothing is captured */
	} else if (take(p, "?=")) {
		look = true;
	} else if (take(p, "?<")) {
		size_t start = p->at;
		while (p->at < p->regex.len && !peek(p, '>'))
			p->at++;
		struct slice name = slice_of(p->regex.ptr + start, p->at - start);
		if (!take(p, ">") || !name.len || name.ptr[0] == '=' || name.ptr[0] == '!' || p->groups == PLAN_GROUPS_MAX) {
			p->failed = true;
			return;
		}
		group = ++p->groups;
		p->names[p->name_count++] = (struct name){ name, group };
	} else if (peek(p, '?') || p->groups == PLAN_GROUPS_MAX) {
		p->failed = true;
		return;
	} else {
		group = ++p->groups;
	}
	struct op inner;
	uint32_t min, max;
	read_alternatives(p, depth + 1, &inner);
	if (!take(p, ")"))
		p->failed = true;
	bool quantified = read_quantifier(p, &min, &max);
	if (look || !quantified || (min == max && min >= 1 && min <= 8)) {
		if (look) {
			inner.kind = inner.count == 1 ? OP_LOOK : OP_END;
			p->failed |= inner.count != 1 || quantified;
		} else if (quantified) {
			p->failed |= inner.count != 1 || group;
			inner.kind = OP_REPEAT;
			inner.min = min;
		}
		if (group)
			add(p, g, (struct op){ .kind = OP_OPEN, .index = (uint16_t)group });
		add_inner(p, g, &inner);
		if (group)
			add(p, g, (struct op){ .kind = OP_CLOSE, .index = (uint16_t)group });
		return;
	}
	if (min != 0 || max != 1) {
		p->failed = true;
		return;
	}
	struct gather once = { .count = 0 };
	if (group)
		add(p, &once, (struct op){ .kind = OP_OPEN, .index = (uint16_t)group });
	add_inner(p, &once, &inner);
	if (group)
		add(p, &once, (struct op){ .kind = OP_CLOSE, .index = (uint16_t)group });
	add(p, g, (struct op){ .kind = OP_OPTION, .index = add_sequence(p, &once), .count = 1 });
}

static void read_backreference(struct parser *p, struct gather *g)
{
	size_t start = p->at;
	while (p->at < p->regex.len && !peek(p, '>'))
		p->at++;
	struct slice name = slice_of(p->regex.ptr + start, p->at - start);
	if (!take(p, ">"))
		p->failed = true;
	for (unsigned i = 0; i < p->name_count; i++) {
		if (slice_eq(p->names[i].text, name)) {
			add(p, g, (struct op){ .kind = OP_BACK, .index = (uint16_t)p->names[i].group });
			return;
		}
	}
	p->failed = true;
}

static void read_item(struct parser *p, struct gather *g, unsigned depth)
{
	if (take(p, "\\d{1,3}(?:\\.\\d{1,3}){3}")) {
		add(p, g, (struct op){ .kind = OP_QUAD });
		return;
	}
	uint8_t c = p->regex.ptr[p->at++];
	switch (c) {
	case '(':
		read_group(p, g, depth);
		return;
	case '[':
	case '.':
		read_set(p, g, c);
		return;
	case '$':
		add(p, g, (struct op){ .kind = OP_END });
		return;
	case '*':
	case '+':
	case '?':
	case '{':
	case '^':
		p->failed = true;
		return;
	case '\\':
		if (p->at >= p->regex.len) {
			p->failed = true;
			return;
		}
		c = p->regex.ptr[p->at++];
		if (is_class_letter(c)) {
			read_set(p, g, c);
			return;
		}
		if (c == 'k' && take(p, "<")) {
			read_backreference(p, g);
			return;
		}
		if (ascii_is_alpha(c) || ascii_is_digit(c))
			p->failed = true;
		break;
	default:
		break;
	}
	read_literal(p, g, c);
}

static void read_alternatives(struct parser *p, unsigned depth, struct op *choice)
{
	struct gather sequences[16]; /* each becomes one sequence; they must be numbered one after the other */
	size_t count = 0;
	*choice = (struct op){ .kind = OP_CHOICE };
	if (depth > NESTING_MAX) {
		p->failed = true;
		return;
	}
	do {
		if (count == sizeof sequences / sizeof *sequences) {
			p->failed = true;
			return;
		}
		struct gather *g = &sequences[count++];
		g->count = 0;
		while (!p->failed && p->at < p->regex.len && !peek(p, '|') && !peek(p, ')'))
			read_item(p, g, depth);
	} while (!p->failed && take(p, "|"));
	for (size_t i = 0; i < count && !p->failed; i++) {
		uint16_t index = add_sequence(p, &sequences[i]);
		if (i == 0)
			choice->index = index;
	}
	choice->count = (uint16_t)count;
}

/* ---- can it be read in another way? ---- */

struct first {
	bool set[256];
	bool nullable;
};

static void first_of_sequence(const struct plan *plan, const struct sequence *s, size_t from, struct first *out);

/* Adds what `op` can begin with; true when it can be nothing. */
static bool first_of_op(const struct plan *plan, const struct op *op, struct first *out)
{
	switch (op->kind) {
	case OP_LITERAL:
		out->set[plan->literals[op->min]] = true;
		return false;
	case OP_QUAD:
		memset(out->set + '0', true, 10);
		return false;
	case OP_RUN:
	case OP_UNTIL:
	case OP_SKIP:
		for (unsigned c = 0; c < 256; c++)
			out->set[c] |= plan->classes[op->index][c] != 0;
		return op->min == 0;
	case OP_OPTION:
	case OP_CHOICE:
	case OP_REPEAT: {
		bool nothing = op->kind == OP_OPTION;
		for (unsigned i = 0; i < op->count; i++) {
			struct first inner = { .nullable = false };
			first_of_sequence(plan, &plan->sequences[op->index + i], 0, &inner);
			for (unsigned c = 0; c < 256; c++)
				out->set[c] |= inner.set[c];
			nothing |= inner.nullable;
		}
		return nothing;
	}
	case OP_BACK:
		memset(out->set, true, sizeof out->set);
		return true;
	default:
		return true;
	}
}

static void first_of_sequence(const struct plan *plan, const struct sequence *s, size_t from, struct first *out)
{
	for (size_t i = from; i < s->count; i++) {
		if (!first_of_op(plan, &plan->ops[s->first + i], out))
			return;
	}
	out->nullable = true;
}

static bool overlaps(const struct first *a, const struct first *b)
{
	for (unsigned c = 0; c < 256; c++) {
		if (a->set[c] && b->set[c])
			return true;
	}
	return false;
}

/* Is there a jump between `from` and the next literal of the sequence? Then whatever stands between the literals may be read as
 * it likes, because the literals themselves are counted at run time. */
static bool is_bridged(const struct plan *plan, const struct sequence *s, size_t from)
{
	for (size_t i = from; i < s->count; i++) {
		const struct op *op = &plan->ops[s->first + i];
		if (op->kind == OP_SKIP)
			return true;
		if (op->kind == OP_LITERAL)
			return false;
	}
	return false;
}

/* Alternatives that are literals, none of which begins another: only one of them can fit. */
static void note_begins(struct plan *plan, struct sequence *s)
{
	struct first first = { .nullable = false };
	first_of_sequence(plan, s, 0, &first);
	s->may_be_empty = first.nullable;
	for (unsigned c = 0; c < 256; c++)
		s->begins[c / 64] |= (uint64_t)first.set[c] << c % 64;
}

static const struct first anything = { .set = { [0 ... 255] = true }, .nullable = true };

static bool is_prefix_free(const struct plan *plan, const struct op *choice)
{
	for (unsigned i = 0; i < choice->count; i++) {
		const struct sequence *a = &plan->sequences[choice->index + i];
		if (a->count != 1 || plan->ops[a->first].kind != OP_LITERAL)
			return false;
		for (unsigned k = 0; k < i; k++) {
			const struct op *one = &plan->ops[a->first];
			const struct op *other = &plan->ops[plan->sequences[choice->index + k].first];
			size_t len = one->max < other->max ? one->max : other->max;
			if (memcmp(plan->literals + one->min, plan->literals + other->min, len) == 0)
				return false;
		}
	}
	return true;
}

/* Each alternative begins with other bytes. */
static bool is_forked(const struct plan *plan, const struct op *choice)
{
	struct first seen = { .nullable = false };
	for (unsigned i = 0; i < choice->count; i++) {
		struct first one = { .nullable = false };
		first_of_sequence(plan, &plan->sequences[choice->index + i], 0, &one);
		if (one.nullable || overlaps(&seen, &one))
			return false;
		for (unsigned c = 0; c < 256; c++)
			seen.set[c] |= one.set[c];
	}
	return true;
}

/* Marks the ops whose greedy way is the only one: what they take cannot begin what stands behind them. `follow`: what may
 * stand behind the sequence. */
static void mark_firm(struct plan *plan, const struct sequence *s, const struct first *follow)
{
	for (size_t i = 0; i < s->count; i++) {
		struct op *op = &plan->ops[s->first + i];
		struct first rest = { .nullable = false }, own = { .nullable = false };
		first_of_sequence(plan, s, i + 1, &rest);
		for (unsigned c = 0; rest.nullable && c < 256; c++)
			rest.set[c] |= follow->set[c];
		rest.nullable &= follow->nullable;
		first_of_op(plan, op, &own);
		bool apart = !rest.nullable && !overlaps(&own, &rest);
		switch (op->kind) {
		case OP_RUN:
		case OP_UNTIL:
			op->is_firm = apart || op->min == op->max;
			break;
		case OP_QUAD:
		case OP_OPTION:
			op->is_firm = apart;
			break;
		case OP_CHOICE:
			op->is_firm = is_prefix_free(plan, op) || is_forked(plan, op);
			break;
		default:
			op->is_firm = op->kind != OP_SKIP;
		}
		for (unsigned k = 0; k < op->count; k++)
			mark_firm(plan, &plan->sequences[op->index + k], op->kind == OP_REPEAT ? &anything : &rest);
	}
}

static bool op_is_safe(const struct plan *plan, const struct sequence *s, size_t at)
{
	const struct op *op = &plan->ops[s->first + at];
	if (op->kind == OP_SKIP || is_bridged(plan, s, at + 1))
		return true;
	if (!op->is_firm)
		return false;
	for (unsigned k = 0; k < op->count; k++) {
		const struct sequence *inner = &plan->sequences[op->index + k];
		for (size_t i = 0; i < inner->count; i++) {
			if (!op_is_safe(plan, inner, i))
				return false;
		}
	}
	return true;
}

static bool holds_key(const struct plan *plan, const struct sequence *s, unsigned key)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct op *op = &plan->ops[s->first + i];
		if (op->kind == OP_OPEN && op->index == key)
			return true;
		for (unsigned k = 0; k < op->count; k++) {
			if (holds_key(plan, &plan->sequences[op->index + k], key))
				return true;
		}
	}
	return false;
}

/* Everything in front of the key's group, in the sequences that hold it. */
static bool is_safe_until(const struct plan *plan, const struct sequence *s, unsigned key)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct op *op = &plan->ops[s->first + i];
		if (op->kind == OP_OPEN && op->index == key)
			return true;
		for (unsigned k = 0; k < op->count; k++) {
			if (holds_key(plan, &plan->sequences[op->index + k], key))
				return is_safe_until(plan, &plan->sequences[op->index + k], key);
		}
		if (!op_is_safe(plan, s, i))
			return false;
	}
	return false;
}

/* A jump must know where to: a literal right behind it, or the end; groups may open and close between. */
static bool jumps_are_good(const struct plan *plan)
{
	for (size_t i = 0; i < plan->sequence_count; i++) {
		const struct sequence *s = &plan->sequences[i];
		for (size_t k = 0; k < s->count; k++) {
			if (plan->ops[s->first + k].kind != OP_SKIP)
				continue;
			size_t next = k + 1;
			while (next < s->count && plan->ops[s->first + next].kind == OP_CLOSE)
				next++;
			uint8_t kind = next < s->count ? plan->ops[s->first + next].kind : OP_SKIP;
			if (kind != OP_LITERAL && kind != OP_END)
				return false;
		}
	}
	return true;
}

struct plan *plan_new(struct slice regex, unsigned key)
{
	struct plan *plan = calloc(1, sizeof *plan);
	if (!plan)
		return NULL;
	struct parser p = { .plan = plan, .regex = regex };
	struct op root;
	if (slice_starts(regex, SLICE("^")))
		p.at = 1;
	read_alternatives(&p, 0, &root);
	if (p.failed || p.at != regex.len || root.count != 1 || !jumps_are_good(plan)) {
		free(plan);
		return NULL;
	}
	static const struct first nothing = { .nullable = true };
	plan->root = root.index;
	mark_firm(plan, &plan->sequences[plan->root], &nothing);
	for (size_t i = 0; i < plan->sequence_count; i++)
		note_begins(plan, &plan->sequences[i]);
	plan->key = key;
	plan->is_safe = key == 0 || is_safe_until(plan, &plan->sequences[plan->root], key);
	return plan;
}

void plan_free(struct plan *plan)
{
	free(plan);
}

bool plan_implies(const struct plan *plan, struct slice literal)
{
	const struct sequence *s = &plan->sequences[plan->root];
	for (size_t i = 0; i < s->count; i++) {
		const struct op *op = &plan->ops[s->first + i];
		if (op->kind == OP_LITERAL && log_has(slice_of(plan->literals + op->min, op->max), literal))
			return true;
	}
	return false;
}

/* ---- walking ---- */

struct walk {
	const struct plan *plan;
	struct slice text;
	struct plan_match *out;
	size_t opened[PLAN_GROUPS_MAX + 1];
	uint32_t taken; /* groups, a bit each */
	bool chose;	/* something was passed that could be read in another way */
	bool is_lost; /* a branch failed that might not have */
	bool is_only;
	size_t floor;	/* end of the last literal that every reading holds: a jump could have begun here */
};

/* Literals are short: a call to memcmp would cost more than the comparison. */
static inline bool is_literal_at(const uint8_t *at, const uint8_t *literal, size_t len)
{
	for (; len >= 8; len -= 8, at += 8, literal += 8) {
		uint64_t a, b;
		memcpy(&a, at, 8);
		memcpy(&b, literal, 8);
		if (a != b)
			return false;
	}
	for (; len; len--) {
		if (*at++ != *literal++)
			return false;
	}
	return true;
}

/* Bytes in front of the first `byte` of [at, end). What is looked for is mostly near. */
static inline size_t until_length(const uint8_t *at, const uint8_t *end, uint8_t byte)
{
#ifdef __SSE2__
	if (end - at >= 16) {
		__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
		unsigned hits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8((char)byte)));
		if (hits)
			return (size_t)__builtin_ctz(hits);
	}
#endif
	const uint8_t *stop = memchr(at, byte, (size_t)(end - at));
	return (size_t)((stop ? stop : end) - at);
}

static size_t run_length(const uint8_t *set, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	while (p < end && set[*p])
		p++;
	return (size_t)(p - at);
}

/* Literals are counted from the floor, not from here: what lies between could have been read otherwise. */
static size_t walk_skip(struct walk *w, const struct op *op, size_t pos)
{
	const struct op *next = op + 1;
	while (next->kind == OP_CLOSE)
		next++;
	size_t left = w->text.len - pos;
	if (op->min > left)
		return SLICE_NPOS;
	if (next->kind == OP_END)
		return left <= op->max ? w->text.len : SLICE_NPOS;
	struct slice literal = slice_of(w->plan->literals + next->min, next->max);
	size_t low = pos + op->min, high = op->max >= left ? w->text.len : pos + op->max;
	size_t last = SLICE_NPOS, count = 0;
	for (size_t at = w->floor; (at = log_find(w->text, literal, at)) != SLICE_NPOS; at++) {
		count++;
		if (at >= low && at <= high)
			last = at;
	}
	w->is_only &= count <= 1;
	w->chose = true;
	return last;
}

static size_t walk_sequence(struct walk *w, const struct sequence *s, size_t pos);

/* A branch that fails leaves no trace. When it fails after choices of its own, a backtracking matcher would try those
 * first; so the walk is lost. */
static size_t walk_branch(struct walk *w, const struct sequence *s, size_t pos)
{
	uint32_t taken = w->taken;
	size_t floor = w->floor;
	bool chose = w->chose;
	w->chose = false;
	size_t end = walk_sequence(w, s, pos);
	if (end == SLICE_NPOS) {
		w->taken = taken;
		w->floor = floor;
		w->is_lost |= w->chose;
	}
	w->chose |= chose;
	return end;
}

/* Most branches do not fit, and one byte tells. */
static inline bool may_fit(const struct walk *w, const struct sequence *s, size_t pos)
{
	if (s->may_be_empty)
		return true;
	if (pos >= w->text.len)
		return false;
	uint8_t byte = w->text.ptr[pos];
	return s->begins[byte / 64] >> byte % 64 & 1;
}

static size_t walk_branches(struct walk *w, const struct op *op, size_t pos)
{
	const struct sequence *sequences = w->plan->sequences + op->index;
	size_t end = SLICE_NPOS, floor = w->floor;
	if (op->kind == OP_CHOICE) {
		for (unsigned i = 0; i < op->count && end == SLICE_NPOS && !w->is_lost; i++) {
			if (!may_fit(w, &sequences[i], pos))
				continue;
			end = walk_branch(w, &sequences[i], pos);
			w->chose |= !op->is_firm && end != SLICE_NPOS && i + 1u < op->count;
		}
		if (op->count > 1)
			w->floor = floor;
		return end;
	}
	if (op->kind == OP_OPTION) {
		if (!may_fit(w, sequences, pos))
			return pos;
		end = walk_branch(w, sequences, pos);
		w->chose |= !op->is_firm && end != SLICE_NPOS;
		w->floor = floor;
		return end == SLICE_NPOS && !w->is_lost ? pos : end;
	}
	if (op->kind == OP_REPEAT) {
		for (uint32_t i = 0; i < op->min && pos != SLICE_NPOS; i++)
			pos = walk_sequence(w, sequences, pos);
		return pos;
	}
	end = walk_branch(w, sequences, pos); /* OP_LOOK */
	w->floor = floor;
	return end == SLICE_NPOS ? end : pos;
}

static size_t walk_run(struct walk *w, const struct op *op, size_t pos)
{
	const uint8_t *at = w->text.ptr + pos;
	size_t most = w->text.len - pos;
	if (op->max < most)
		most = op->max;
	size_t len;
	if (op->kind == OP_UNTIL)
		len = until_length(at, at + most, op->byte);
	else
		len = run_length(w->plan->classes[op->index], at, at + most);
	if (len < op->min)
		return SLICE_NPOS;
	w->chose |= !op->is_firm && len > op->min;
	return pos + len;
}

/* Four numbers of one to three digits with dots between. Another reading would end inside of a number. */
static size_t walk_quad(const struct walk *w, size_t pos)
{
	const uint8_t *at = w->text.ptr + pos, *end = w->text.ptr + w->text.len;
	for (unsigned i = 0; i < 4; i++) {
		if (i && (at >= end || *at++ != '.'))
			return SLICE_NPOS;
		unsigned digits = 0;
		while (digits < 3 && at < end && ascii_is_digit(*at)) {
			at++;
			digits++;
		}
		if (!digits)
			return SLICE_NPOS;
	}
	return (size_t)(at - w->text.ptr);
}

static size_t walk_sequence(struct walk *w, const struct sequence *s, size_t pos)
{
	const struct op *op = w->plan->ops + s->first, *stop = op + s->count;
	for (; op < stop; op++) {
		switch (op->kind) {
		case OP_LITERAL:
			if (w->text.len - pos < op->max ||
			    !is_literal_at(w->text.ptr + pos, w->plan->literals + op->min, op->max))
				return SLICE_NPOS;
			pos += op->max;
			w->floor = pos;
			break;
		case OP_RUN:
		case OP_UNTIL:
			pos = walk_run(w, op, pos);
			break;
		case OP_SKIP:
			pos = walk_skip(w, op, pos);
			break;
		case OP_QUAD:
			pos = walk_quad(w, pos);
			w->chose |= !op->is_firm;
			break;
		case OP_OPEN:
			w->opened[op->index] = pos;
			break;
		case OP_CLOSE:
			w->out->groups[op->index] = slice_of(w->text.ptr + w->opened[op->index], pos - w->opened[op->index]);
			w->taken |= (uint32_t)1 << op->index;
			break;
		case OP_BACK: {
			struct slice again = w->out->groups[op->index];
			if (!(w->taken >> op->index & 1) || !slice_starts(slice_from(w->text, pos), again))
				return SLICE_NPOS;
			pos += again.len;
			break;
		}
		case OP_END:
			if (pos != w->text.len)
				return SLICE_NPOS;
			break;
		default:
			pos = walk_branches(w, op, pos);
		}
		if (pos == SLICE_NPOS)
			return pos;
	}
	return pos;
}

enum plan_result plan_run(const struct plan *plan, struct slice text, struct plan_match *out, size_t *end)
{
	struct walk w; /* not initialised as a whole: `opened` is large and written before it is read */
	w.plan = plan;
	w.text = text;
	w.out = out;
	w.taken = 0;
	w.floor = 0;
	w.chose = w.is_lost = false;
	w.is_only = true;
	size_t pos = walk_sequence(&w, &plan->sequences[plan->root], 0);
	if (pos == SLICE_NPOS)
		return w.chose || w.is_lost ? PLAN_UNSURE : PLAN_NO;
	out->taken = w.taken;
	out->is_only = w.is_only && plan->is_safe;
	if (end)
		*end = pos;
	return PLAN_MATCH;
}
