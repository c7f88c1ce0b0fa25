/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/automaton.h"

static void make_classes(struct automaton *m, const struct automaton_word *words, size_t count)
{
	m->classes = 1; /* 0: bytes in no word */
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < words[i].folded.len; j++) {
			uint8_t byte = words[i].folded.ptr[j];
			if (m->class_of[byte] == 0)
				m->class_of[byte] = (uint8_t)m->classes++;
		}
	for (unsigned c = 'A'; c <= 'Z'; c++)
		m->class_of[c] = m->class_of[ascii_lower((uint8_t)c)];
}

static size_t state_bound(const struct automaton_word *words, size_t count)
{
	size_t bound = 1;
	for (size_t i = 0; i < count; i++)
		bound += words[i].folded.len;
	return bound;
}

static void add_word(struct automaton *m, struct automaton_word *words, size_t index)
{
	uint32_t state = 0;
	for (size_t i = 0; i < words[index].folded.len; i++) {
		uint32_t *edge =
		    &m->next[(size_t)state * m->classes + m->class_of[words[index].folded.ptr[i]]];
		if (*edge == 0) {
			*edge = m->states++;
			m->depth[*edge] = (uint32_t)i + 1;
		}
		state = *edge;
	}
	words[index].next = m->word[state];
	m->word[state] = (uint32_t)index + 1;
}

/* Breadth first: a state's failure is shorter and already complete, so its row fills the gaps of this one. */
static void complete(struct pool *a, struct automaton *m)
{
	uint32_t *queue = pool_alloc(a, m->states * sizeof *queue);
	uint32_t *fail = pool_alloc(a, m->states * sizeof *fail);
	size_t head = 0, tail = 0;
	for (uint32_t c = 0; c < m->classes; c++)
		if (m->next[c])
			queue[tail++] = m->next[c];
	while (head < tail) {
		uint32_t state = queue[head++];
		uint32_t *row = m->next + (size_t)state * m->classes;
		const uint32_t *shorter = m->next + (size_t)fail[state] * m->classes;
		m->link[state] = m->word[fail[state]] ? fail[state] : m->link[fail[state]];
		for (uint32_t c = 0; c < m->classes; c++) {
			if (row[c] == 0) {
				row[c] = shorter[c];
				continue;
			}
			fail[row[c]] = shorter[c];
			queue[tail++] = row[c];
		}
	}
}

struct automaton *automaton_new(struct pool *a, struct automaton_word *words, size_t count)
{
	struct automaton *m = pool_alloc(a, sizeof *m);
	make_classes(m, words, count);
	size_t bound = state_bound(words, count);
	if (bound > AUTOMATON_CELLS_MAX / m->classes)
		return NULL;
	m->next = pool_alloc(a, bound * m->classes * sizeof *m->next);
	m->word = pool_alloc(a, bound * sizeof *m->word);
	m->link = pool_alloc(a, bound * sizeof *m->link);
	m->depth = pool_alloc(a, bound * sizeof *m->depth);
	m->states = 1;
	m->words = words;
	for (size_t i = count; i-- > 0;)
		add_word(m, words, i);
	complete(a, m);
	return m;
}
