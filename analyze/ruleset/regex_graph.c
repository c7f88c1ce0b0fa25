/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/regex_graph.h"

#define NESTING_MAX 16
#define REPEATS_MAX 1000
#define NO_LIMIT    UINT32_MAX

/* A set of bytes. */
struct bytes {
	uint64_t words[4];
};

/* Part of the graph that lies in one piece, the last one laid: from node `first` on. Its exit goes nowhere
 * yet. */
struct piece {
	size_t first;
	uint16_t entry, exit;
};

struct layer {
	struct regex_graph *graph;
	struct slice regex;
	size_t at;
	unsigned depth;
	bool caseless, dot_all;
	bool failed; /* too large, or not plain */
};

/* ---- laying ---- */

static uint16_t lay(struct layer *l, struct graph_node node)
{
	struct regex_graph *g = l->graph;
	if (g->count == 0)
		g->count = 1;
	if (g->count == GRAPH_NODES_MAX) {
		l->failed = true;
		return 0;
	}
	g->nodes[g->count] = node;
	return (uint16_t)g->count++;
}

static uint16_t lay_pass(struct layer *l)
{
	return lay(l, (struct graph_node){ .kind = GRAPH_PASS });
}

static uint16_t lay_fork(struct layer *l, uint16_t next, uint16_t other)
{
	return lay(l, (struct graph_node){ .kind = GRAPH_FORK, .next = next, .other = other });
}

/* One node between an entry and an exit of its own. */
static struct piece lay_one(struct layer *l, enum graph_kind kind, struct bytes set)
{
	struct piece p = { .exit = lay_pass(l) };
	struct graph_node node = { .kind = kind, .next = p.exit };
	memcpy(node.bytes, set.words, sizeof node.bytes);
	p.first = p.exit;
	p.entry = lay(l, node);
	return p;
}

static void lead(struct layer *l, struct piece from, uint16_t to)
{
	l->graph->nodes[from.exit].next = to;
}

/* The same nodes once more; what leads within the piece leads within the copy. */
static struct piece lay_copy(struct layer *l, struct piece p, size_t len)
{
	struct regex_graph *g = l->graph;
	size_t shift = g->count - p.first;
	if (g->count + len > GRAPH_NODES_MAX) {
		l->failed = true;
		return p;
	}
	for (size_t i = p.first; i < p.first + len; i++) {
		struct graph_node node = g->nodes[i];
		if (node.next >= p.first && node.next < p.first + len)
			node.next = (uint16_t)(node.next + shift);
		if (node.other >= p.first && node.other < p.first + len)
			node.other = (uint16_t)(node.other + shift);
		lay(l, node);
	}
	return (struct piece){ p.first + shift, (uint16_t)(p.entry + shift), (uint16_t)(p.exit + shift) };
}

static struct piece lay_repeats(struct layer *l, struct piece one, uint32_t min, uint32_t max)
{
	size_t len = l->graph->count - one.first;
	struct piece all = { one.first, one.entry, lay_pass(l) }, last = one;
	uint32_t copies = max != NO_LIMIT ? max : min > 1 ? min : 1;
	if (min == 0)
		all.entry = lay_fork(l, one.entry, all.exit);
	for (uint32_t i = 1; i < copies && !l->failed; i++) {
		struct piece next = lay_copy(l, one, len);
		lead(l, last, i < min ? next.entry : lay_fork(l, next.entry, all.exit));
		last = next;
	}
	lead(l, last, max == NO_LIMIT ? lay_fork(l, last.entry, all.exit) : all.exit);
	return all;
}

/* ---- sets of bytes ---- */

static void add_byte(struct bytes *set, uint8_t byte)
{
	set->words[byte / 64] |= (uint64_t)1 << byte % 64;
}

static bool has_byte(const struct bytes *set, uint8_t byte)
{
	return set->words[byte / 64] >> byte % 64 & 1;
}

static void invert(struct bytes *set)
{
	for (size_t i = 0; i < 4; i++)
		set->words[i] = ~set->words[i];
}

static struct bytes all_bytes(void)
{
	struct bytes set = { { 0 } };
	invert(&set);
	return set;
}

/* As the letter of an escape names them; 0 bytes: it is no such letter. */
static struct bytes bytes_of_letter(uint8_t letter)
{
	struct bytes set = { { 0 } };
	for (unsigned c = 0; c < 128; c++) {
		bool digit = ascii_is_digit((uint8_t)c),
		     word = digit || ascii_is_alpha((uint8_t)c) || c == '_';
		bool space = c == ' ' || (c >= '\t' && c <= '\r');
		uint8_t kind = ascii_lower(letter);
		if ((kind == 'd' && digit) || (kind == 'w' && word) || (kind == 's' && space))
			add_byte(&set, (uint8_t)c);
	}
	if (letter == 'D' || letter == 'W' || letter == 'S')
		invert(&set);
	return set;
}

static bool is_empty(const struct bytes *set)
{
	return !(set->words[0] | set->words[1] | set->words[2] | set->words[3]);
}

static struct bytes both_cases(struct bytes set)
{
	for (int letter = 'a'; letter <= 'z'; letter++) {
		uint8_t c = (uint8_t)letter, capital = (uint8_t)(letter - 'a' + 'A');
		if (has_byte(&set, c) || has_byte(&set, capital)) {
			add_byte(&set, c);
			add_byte(&set, capital);
		}
	}
	return set;
}

/* ---- reading ---- */

static bool peek(const struct layer *l, char byte)
{
	return l->at < l->regex.len && l->regex.ptr[l->at] == (uint8_t)byte;
}

static bool take(struct layer *l, char byte)
{
	bool is_there = peek(l, byte);
	l->at += is_there;
	return is_there;
}

static uint8_t take_any(struct layer *l)
{
	if (l->at < l->regex.len)
		return l->regex.ptr[l->at++];
	l->failed = true;
	return 0;
}

/* The one byte that an escape stands for. */
static uint8_t escaped(struct layer *l, uint8_t byte)
{
	if (byte == 'n')
		return '\n';
	if (byte == 'r')
		return '\r';
	if (byte == 't')
		return '\t';
	if (ascii_is_alpha(byte) || ascii_is_digit(byte) || byte < ' ' || byte >= 127)
		l->failed = true;
	return byte;
}

/* Behind a backslash. */
static struct bytes read_escape(struct layer *l)
{
	uint8_t byte = take_any(l);
	struct bytes set = bytes_of_letter(byte);
	if (is_empty(&set))
		add_byte(&set, escaped(l, byte));
	return set;
}

/* `low-high`, or one byte, in a class. */
static void read_range(struct layer *l, struct bytes *set)
{
	uint8_t low = take_any(l), high = low;
	if (low == '[' || (low == '-' && !peek(l, ']')))
		l->failed = true; /* [:alpha:], and what a - means elsewhere than at the end */
	if (l->at + 1 < l->regex.len && peek(l, '-') && l->regex.ptr[l->at + 1] != ']') {
		l->at++;
		high = take_any(l);
		if (high == '\\' || high == '[' || high < low)
			l->failed = true;
	}
	for (unsigned c = low; c <= high; c++)
		add_byte(set, (uint8_t)c);
}

/* Behind a [. */
static struct bytes read_class(struct layer *l)
{
	struct bytes set = { { 0 } };
	bool is_negated = take(l, '^');
	if (peek(l, ']'))
		l->failed = true;
	while (!l->failed && !take(l, ']')) {
		if (!take(l, '\\')) {
			read_range(l, &set);
			continue;
		}
		struct bytes some = read_escape(l);
		for (size_t i = 0; i < 4; i++)
			set.words[i] |= some.words[i];
		if (peek(l, '-') && l->at + 1 < l->regex.len && l->regex.ptr[l->at + 1] != ']')
			l->failed = true;
	}
	if (l->caseless)
		set = both_cases(set);
	if (is_negated)
		invert(&set);
	return set;
}

static struct piece read_choice(struct layer *l);

/* Behind a (. */
static struct piece read_group(struct layer *l)
{
	if (take(l, '?') && !take(l, ':'))
		l->failed = true;
	if (peek(l, '*') || ++l->depth > NESTING_MAX)
		l->failed = true;
	struct piece p = read_choice(l);
	l->depth--;
	if (!take(l, ')'))
		l->failed = true;
	return p;
}

static struct piece read_atom(struct layer *l)
{
	struct bytes set = { { 0 } };
	uint8_t byte = take_any(l);
	switch (byte) {
	case '^':
		return lay_one(l, GRAPH_BEGIN, set);
	case '$':
		return lay_one(l, GRAPH_END, set);
	case '(':
		return read_group(l);
	case '[':
		return lay_one(l, GRAPH_BYTE, read_class(l));
	case '.':
		if (!l->dot_all)
			add_byte(&set, '\n');
		invert(&set);
		return lay_one(l, GRAPH_BYTE, set);
	case '\\':
		set = read_escape(l);
		break;
	case '*':
	case '+':
	case '?':
	case '{':
		l->failed = true;
		break;
	default:
		add_byte(&set, byte);
	}
	return lay_one(l, GRAPH_BYTE, l->caseless ? both_cases(set) : set);
}

static uint32_t read_number(struct layer *l)
{
	uint32_t number = 0;
	if (l->at >= l->regex.len || !ascii_is_digit(l->regex.ptr[l->at]))
		l->failed = true;
	while (l->at < l->regex.len && ascii_is_digit(l->regex.ptr[l->at]) && number <= REPEATS_MAX)
		number = number * 10 + (l->regex.ptr[l->at++] - '0');
	if (number > REPEATS_MAX)
		l->failed = true;
	return number;
}

/* False: none stands here. */
static bool read_quantifier(struct layer *l, uint32_t *min, uint32_t *max)
{
	*min = peek(l, '+') ? 1 : 0;
	*max = peek(l, '?') ? 1 : NO_LIMIT;
	if (take(l, '*') || take(l, '+') || take(l, '?'))
		return true;
	if (!take(l, '{'))
		return false;
	*min = *max = read_number(l);
	if (take(l, ','))
		*max = peek(l, '}') ? NO_LIMIT : read_number(l);
	if (!take(l, '}') || *max == 0)
		l->failed = true;
	return true;
}

static struct piece read_repeated(struct layer *l)
{
	uint32_t min, max;
	struct piece p = read_atom(l);
	if (l->failed || !read_quantifier(l, &min, &max))
		return p;
	enum graph_kind kind = l->graph->nodes[p.entry].kind;
	take(l, '?'); /* lazy; another + would be possessive, which no atom begins with */
	if (kind == GRAPH_BEGIN || kind == GRAPH_END)
		l->failed = true;
	return l->failed ? p : lay_repeats(l, p, min, max);
}

static struct piece read_sequence(struct layer *l)
{
	struct piece all = { .entry = lay_pass(l) };
	all.first = all.exit = all.entry;
	while (!l->failed && l->at < l->regex.len && !peek(l, '|') && !peek(l, ')')) {
		struct piece next = read_repeated(l);
		lead(l, all, next.entry);
		all.exit = next.exit;
	}
	return all;
}

static struct piece read_choice(struct layer *l)
{
	struct piece all = read_sequence(l);
	while (!l->failed && take(l, '|')) {
		struct piece other = read_sequence(l);
		uint16_t both = lay_pass(l);
		lead(l, all, both);
		lead(l, other, both);
		all.entry = lay_fork(l, all.entry, other.entry);
		all.exit = both;
	}
	return all;
}

/* ---- patterns ---- */

/* Any bytes, on the way to `to`. */
static uint16_t lay_any(struct layer *l, uint16_t to)
{
	struct piece any = lay_one(l, GRAPH_BYTE, all_bytes());
	uint16_t fork = lay_fork(l, any.entry, to);
	lead(l, any, fork);
	return fork;
}

static bool may_take_a_byte(const struct regex_graph *g, uint16_t node)
{
	uint64_t set[GRAPH_SET_WORDS] = { 0 };
	regex_graph_reach(g, node, false, set);
	for (size_t i = 0; i < g->count; i++)
		if (set[i / 64] >> i % 64 & 1 &&
		    (g->nodes[i].kind == GRAPH_BYTE || g->nodes[i].kind == GRAPH_BEGIN))
			return true;
	return false;
}

/* Can a match begin elsewhere than at the first byte? */
static bool is_anchored(const struct regex_graph *g, uint16_t entry)
{
	uint64_t set[GRAPH_SET_WORDS] = { 0 };
	regex_graph_reach(g, entry, false, set);
	for (size_t i = 0; i < g->count; i++)
		if (set[i / 64] >> i % 64 & 1 && g->nodes[i].kind > GRAPH_BEGIN)
			return false;
	return true;
}

/* A $ holds at the end, and in front of a newline at the end. Where more could be taken behind it that
 * newline would have to be looked at twice: not plain. */
static void lay_ends(struct layer *l, size_t from, uint32_t bit)
{
	struct regex_graph *g = l->graph;
	struct bytes newline = { { 0 } };
	size_t end = g->count, ends = 0;
	for (size_t i = from; i < end; i++)
		if (g->nodes[i].kind == GRAPH_END && ++ends && may_take_a_byte(g, g->nodes[i].next))
			l->failed = true;
	if (l->failed || !ends)
		return;
	add_byte(&newline, '\n');
	struct piece line = lay_one(l, GRAPH_BYTE, newline);
	uint16_t last = lay(l, (struct graph_node){ .kind = GRAPH_FOUND_LAST, .bit = bit });
	lead(l, line, last);
	for (size_t i = from; i < end; i++)
		if (g->nodes[i].kind == GRAPH_END)
			g->nodes[i] =
			    (struct graph_node){ .kind = GRAPH_FORK, .next = last, .other = line.entry };
}

static uint16_t lay_regex(struct layer *l, const struct pattern *p, uint32_t bit)
{
	size_t from = l->graph->count;
	l->regex = p->literal;
	l->caseless = p->regex_options & PCRE2_CASELESS;
	l->dot_all = p->regex_options & PCRE2_DOTALL;
	l->failed = p->regex_options & ~(uint32_t)(PCRE2_CASELESS | PCRE2_DOTALL);
	struct piece all = read_choice(l);
	if (l->failed || l->at < l->regex.len)
		l->failed = true;
	lead(l, all, lay(l, (struct graph_node){ .kind = GRAPH_FOUND, .bit = bit }));
	if (!l->failed)
		lay_ends(l, from, bit);
	return l->failed || is_anchored(l->graph, all.entry) ? all.entry : lay_any(l, all.entry);
}

/* Elements of a pattern with wildcards, from the last one back: where to go is known before. */
static uint16_t lay_element(struct layer *l, unsigned element, bool cased, uint16_t to)
{
	struct bytes set = { { 0 } };
	if (element == WILD_MANY)
		return lay_any(l, to);
	if (element == WILD_ONE)
		set = all_bytes();
	else
		add_byte(&set, (uint8_t)element);
	struct piece one = lay_one(l, GRAPH_BYTE, cased ? set : both_cases(set));
	lead(l, one, to);
	return one.entry;
}

static uint16_t lay_words(struct layer *l, const struct pattern *p, uint32_t bit)
{
	bool is_wild = p->op == TEXT_WILD, any_behind = p->op == TEXT_STARTS || p->op == TEXT_CONTAINS;
	size_t count = is_wild ? p->wild_count : p->literal.len;
	uint16_t at =
	    lay(l, (struct graph_node){ .kind = any_behind ? GRAPH_FOUND : GRAPH_FOUND_LAST, .bit = bit });
	for (size_t i = count; i-- > 0 && !l->failed;)
		at = lay_element(l, is_wild ? p->wild[i] : p->literal.ptr[i], p->cased, at);
	return p->op == TEXT_ENDS || p->op == TEXT_CONTAINS ? lay_any(l, at) : at;
}

bool regex_graph_add(struct regex_graph *g, const struct pattern *pattern, uint32_t bit)
{
	struct layer l = { .graph = g };
	size_t count = g->count;
	uint16_t entry = 0;
	if (pattern->op == TEXT_CIDR)
		return false;
	entry = pattern->op == TEXT_REGEX ? lay_regex(&l, pattern, bit) : lay_words(&l, pattern, bit);
	entry = lay_fork(&l, entry, g->root);
	if (l.failed)
		g->count = count;
	else
		g->root = entry;
	return !l.failed;
}

void regex_graph_reach(const struct regex_graph *g, uint16_t node, bool at_begin, uint64_t *set)
{
	uint16_t waiting[GRAPH_NODES_MAX];
	size_t count = 0;
	uint16_t to[2] = { node, 0 };
	for (;;) {
		for (size_t i = 0; i < 2; i++)
			if (to[i] && !(set[to[i] / 64] >> to[i] % 64 & 1)) {
				set[to[i] / 64] |= (uint64_t)1 << to[i] % 64;
				waiting[count++] = to[i];
			}
		if (count == 0)
			return;
		const struct graph_node *n = &g->nodes[waiting[--count]];
		bool goes_on =
		    n->kind < GRAPH_BEGIN || n->kind == GRAPH_END || (n->kind == GRAPH_BEGIN && at_begin);
		to[0] = goes_on ? n->next : 0;
		to[1] = n->kind == GRAPH_FORK ? n->other : 0;
	}
}
