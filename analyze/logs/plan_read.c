/* SPDX-License-Identifier: MIT */
#include "analyze/logs/plan_ops.h"

#define NESTING_MAX 8

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
	if (plan->sequence_count == SEQUENCES_MAX || plan->op_count + g->count + 1 > OPS_MAX) {
		p->failed = true;
		return 0;
	}
	plan->sequences[plan->sequence_count] =
	    (struct sequence){ .first = (uint16_t)plan->op_count, .count = (uint16_t)g->count };
	memcpy(plan->ops + plan->op_count, g->ops, g->count * sizeof *g->ops);
	plan->op_count += g->count;
	plan->ops[plan->op_count++] = (struct op){ .kind = OP_STOP };
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
		add(p, g,
		    (struct op){ .kind = OP_LITERAL, .min = (uint32_t)plan->literal_count - 1, .max = 1 });
}

static void fill_class(uint8_t *set, uint8_t letter)
{
	for (unsigned c = 0; c < 256; c++) {
		bool digit = ascii_is_digit((uint8_t)c),
		     word = digit || ascii_is_alpha((uint8_t)c) || c == '_';
		bool space = c == ' ' || (c >= 9 && c <= 13);
		if ((letter == 'd' && digit) || (letter == 'w' && word) || (letter == 's' && space) ||
		    (letter == 'S' && !space) || (letter == 'D' && !digit) || (letter == 'W' && !word))
			set[c] = 1;
	}
}

static uint8_t *new_class(struct parser *p)
{
	if (p->plan->class_count == CLASSES_MAX) {
		p->failed = true;
		return NULL;
	}
	return memset(p->plan->classes[p->plan->class_count++], 0, sizeof *p->plan->classes);
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
		if (!take(p, ">") || !name.len || name.ptr[0] == '=' || name.ptr[0] == '!' ||
		    p->groups == PLAN_GROUPS_MAX) {
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
	struct gather
	    sequences[16]; /* each becomes one sequence; they must be numbered one after the other */
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

bool plan_read(struct plan *plan, struct slice regex)
{
	struct parser p = { .plan = plan, .regex = regex };
	struct op root;
	if (slice_starts(regex, SLICE("^")))
		p.at = 1;
	read_alternatives(&p, 0, &root);
	if (p.failed || p.at != regex.len || root.count != 1 || !jumps_are_good(plan))
		return false;
	plan->root = root.index;
	return true;
}
