/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/regex_table.h"

#include "core/hash.h"

#define STATES_MAX  256
#define HOMES	    (2 * STATES_MAX)
#define CLASSES_MAX 62 /* and two cells in front of them: a row is 64 at most, a table 16384 */

/* Where one can be in the graph, as far as it matters: nodes that take a byte, and patterns found. */
struct node_set {
	uint64_t words[GRAPH_SET_WORDS];
};

/* State 0 is the one that nothing leads out of. */
struct regex_states {
	uint8_t class_of[256];
	size_t classes;
	uint64_t taken[GRAPH_NODES_MAX];	/* classes of bytes that a node takes */
	struct node_set after[GRAPH_NODES_MAX]; /* where one is then */
	struct node_set matter;			/* nodes that tell states apart */
	size_t words;				/* of a set that are in use */
	struct node_set sets[STATES_MAX];
	uint64_t hashes[STATES_MAX];
	uint16_t homes[HOMES]; /* of the sets, by their hash; + 1 */
	size_t count;
	uint8_t next[STATES_MAX][CLASSES_MAX];
	uint16_t rows[STATES_MAX]; /* where each is in the table */
};

struct found {
	uint32_t *bits;
	size_t count;
};

/* A row begins with what is found when one comes there, and what is if the text ends there (indices into
 * `found`); then, for each class of bytes, the row to go to. Row 0 leads nowhere, rows up to `quiet` have
 * nothing to say before the end. */
enum { CELL_HERE, CELL_LAST, CELL_CLASSES };

struct regex_table {
	uint8_t cell_of[256]; /* of a byte, in a row */
	uint16_t first, dead;
	uint16_t *cells;
	struct found *found; /* 0: nothing */
	size_t found_count;
};

struct regex_maker *regex_maker_new(struct pool *a)
{
	struct regex_maker *maker = pool_alloc(a, sizeof *maker);
	maker->states = pool_alloc(a, sizeof *maker->states);
	return maker;
}

/* ---- states ---- */

/* Classes so far, parted by what is in this node's bytes and what is not. */
static bool part_classes(struct regex_states *s, const struct graph_node *n)
{
	uint8_t part_of[CLASSES_MAX] = { 0 }; /* + 1 */
	bool is_kept[CLASSES_MAX] = { false };
	for (unsigned c = 0; c < 256; c++)
		is_kept[s->class_of[c]] |= !graph_takes(n, (uint8_t)c);
	for (unsigned c = 0; c < 256; c++) {
		uint8_t class = s->class_of[c];
		if (!graph_takes(n, (uint8_t)c) || !is_kept[class])
			continue;
		if (!part_of[class]) {
			if (s->classes == CLASSES_MAX)
				return false;
			part_of[class] = (uint8_t)++s->classes;
		}
		s->class_of[c] = (uint8_t)(part_of[class] - 1);
	}
	return true;
}

/* Words have the same letters again and again. */
static bool is_repeated(const struct regex_graph *g, size_t node)
{
	for (size_t i = node; i-- > 0 && node - i < 64;)
		if (g->nodes[i].kind == GRAPH_BYTE &&
		    memcmp(g->nodes[i].bytes, g->nodes[node].bytes, sizeof g->nodes[i].bytes) == 0)
			return true;
	return false;
}

static bool make_classes(struct regex_states *s, const struct regex_graph *g)
{
	uint8_t byte_of[CLASSES_MAX];
	memset(s->class_of, 0, sizeof s->class_of);
	s->classes = 1;
	for (size_t i = 0; i < g->count; i++)
		if (g->nodes[i].kind == GRAPH_BYTE && !is_repeated(g, i) && !part_classes(s, &g->nodes[i]))
			return false;
	for (unsigned c = 0; c < 256; c++)
		byte_of[s->class_of[c]] = (uint8_t)c;
	for (size_t i = 0; i < g->count; i++) {
		s->taken[i] = 0;
		for (size_t c = 0; c < s->classes; c++)
			s->taken[i] |= (uint64_t)graph_takes(&g->nodes[i], byte_of[c]) << c;
	}
	return true;
}

static void prepare_nodes(struct regex_states *s, const struct regex_graph *g)
{
	s->words = (g->count + 63) / 64;
	memset(&s->matter, 0, sizeof s->matter);
	for (size_t i = 0; i < g->count; i++) {
		if (g->nodes[i].kind >= GRAPH_BYTE)
			s->matter.words[i / 64] |= (uint64_t)1 << i % 64;
		memset(&s->after[i], 0, sizeof s->after[i]);
		if (s->taken[i])
			regex_graph_reach(g, g->nodes[i].next, false, s->after[i].words);
	}
}

/* The state's number, STATES_MAX when there are too many. */
static size_t number_of(struct regex_states *s, struct node_set *set)
{
	uint64_t hash = 0;
	for (size_t w = 0; w < s->words; w++) {
		set->words[w] &= s->matter.words[w];
		hash = hash_u64(set->words[w], hash);
	}
	size_t home = hash % HOMES;
	for (; s->homes[home]; home = (home + 1) % HOMES) {
		size_t i = s->homes[home] - 1u;
		if (s->hashes[i] == hash && memcmp(&s->sets[i], set, sizeof *set) == 0)
			return i;
	}
	if (s->count == STATES_MAX)
		return STATES_MAX;
	s->hashes[s->count] = hash;
	s->sets[s->count] = *set;
	s->homes[home] = (uint16_t)++s->count;
	return s->count - 1;
}

/* Where each class of bytes leads to from there. */
static void take_bytes(const struct regex_states *s, const struct node_set *from, struct node_set *to)
{
	memset(to, 0, s->classes * sizeof *to);
	for (size_t w = 0; w < s->words; w++)
		for (uint64_t left = from->words[w]; left; left &= left - 1) {
			size_t node = w * 64 + (size_t)__builtin_ctzll(left);
			for (uint64_t taken = s->taken[node]; taken; taken &= taken - 1)
				for (size_t i = 0; i < s->words; i++)
					to[__builtin_ctzll(taken)].words[i] |= s->after[node].words[i];
		}
}

/* State 1 is the first one, unless that leads nowhere. */
static bool make_states(struct regex_states *s, const struct regex_graph *g)
{
	struct node_set nowhere = { { 0 } }, first = { { 0 } }, to[CLASSES_MAX];
	prepare_nodes(s, g);
	s->count = 0;
	memset(s->homes, 0, sizeof s->homes);
	number_of(s, &nowhere);
	regex_graph_reach(g, g->root, true, first.words);
	number_of(s, &first);
	for (size_t i = 0; i < s->count; i++) {
		take_bytes(s, &s->sets[i], to);
		for (size_t c = 0; c < s->classes; c++) {
			size_t number = number_of(s, &to[c]);
			if (number == STATES_MAX)
				return false;
			s->next[i][c] = (uint8_t)number;
		}
	}
	return true;
}

/* ---- the table ---- */

/* The patterns that are found in this state, as an index. */
static uint16_t found_in(struct pool *a, struct regex_table *t, const struct regex_graph *g,
			 const struct node_set *set, enum graph_kind kind)
{
	struct found all = { NULL, 0 };
	for (size_t w = 0; w < GRAPH_SET_WORDS; w++)
		for (uint64_t left = set->words[w]; left; left &= left - 1) {
			const struct graph_node *n = &g->nodes[w * 64 + (size_t)__builtin_ctzll(left)];
			if (n->kind != kind)
				continue;
			all.bits = pool_room(a, all.bits, all.count, sizeof *all.bits);
			all.bits[all.count++] = n->bit;
		}
	if (all.count == 0)
		return 0;
	t->found = pool_room(a, t->found, t->found_count, sizeof *t->found);
	t->found[t->found_count] = all;
	return (uint16_t)t->found_count++;
}

static bool is_quiet(const struct regex_graph *g, const struct node_set *set)
{
	for (size_t w = 0; w < GRAPH_SET_WORDS; w++)
		for (uint64_t left = set->words[w]; left; left &= left - 1)
			if (g->nodes[w * 64 + (size_t)__builtin_ctzll(left)].kind == GRAPH_FOUND)
				return false;
	return true;
}

/* Quiet states first, then the one that nothing leads out of, then those with something to say. */
static void give_rows(struct regex_table *t, struct regex_states *s, const struct regex_graph *g)
{
	size_t width = CELL_CLASSES + s->classes, rows = 0;
	for (size_t i = 1; i < s->count; i++)
		if (is_quiet(g, &s->sets[i]))
			s->rows[i] = (uint16_t)(rows++ * width);
	s->rows[0] = (uint16_t)(rows++ * width);
	for (size_t i = 1; i < s->count; i++)
		if (!is_quiet(g, &s->sets[i]))
			s->rows[i] = (uint16_t)(rows++ * width);
	t->first = s->rows[s->count > 1];
	t->dead = s->rows[0];
}

const struct regex_table *regex_table_new(struct pool *a, struct regex_maker *maker)
{
	const struct regex_graph *g = &maker->graph;
	struct regex_states *s = maker->states;
	if (!make_classes(s, g) || !make_states(s, g))
		return NULL;
	struct regex_table *t = pool_alloc(a, sizeof *t);
	t->found = pool_room(a, NULL, 0, sizeof *t->found);
	t->found_count = 1;
	give_rows(t, s, g);
	t->cells = pool_alloc(a, s->count * (CELL_CLASSES + s->classes) * sizeof *t->cells);
	for (unsigned c = 0; c < 256; c++)
		t->cell_of[c] = (uint8_t)(CELL_CLASSES + s->class_of[c]);
	for (size_t i = 0; i < s->count; i++) {
		uint16_t *row = t->cells + s->rows[i];
		row[CELL_HERE] = found_in(a, t, g, &s->sets[i], GRAPH_FOUND);
		row[CELL_LAST] = found_in(a, t, g, &s->sets[i], GRAPH_FOUND_LAST);
		for (size_t c = 0; c < s->classes; c++)
			row[CELL_CLASSES + c] = s->rows[s->next[i][c]];
	}
	return t;
}

/* ---- walking ---- */

static inline void say(const struct regex_table *t, unsigned index, uint64_t *digest)
{
	const struct found *found = &t->found[index];
	for (size_t i = 0; i < found->count; i++)
		digest[found->bits[i] / 64] |= (uint64_t)1 << found->bits[i] % 64;
}

void regex_table_run(const struct regex_table *t, struct slice text, uint64_t *digest)
{
	const uint16_t *cells = t->cells;
	const size_t dead = t->dead;
	size_t row = t->first;
	if (row > dead)
		say(t, cells[row + CELL_HERE], digest);
	for (size_t i = 0; i < text.len; i++) {
		row = cells[row + t->cell_of[text.ptr[i]]];
		if (row < dead)
			continue;
		if (row == dead)
			return;
		say(t, cells[row + CELL_HERE], digest);
	}
	if (cells[row + CELL_LAST])
		say(t, cells[row + CELL_LAST], digest);
}
