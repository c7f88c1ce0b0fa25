/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/text_matcher.h"

#include "analyze/ruleset/automaton.h"
#include "core/cursor.h"
#include "core/hash.h"

struct entry {
	const struct pattern *pattern;
	uint32_t bit;
	uint32_t next; /* whole values: in the same bucket, + 1 */
	uint64_t head; /* first 8 bytes of the literal, folded; what is missing is 0 */
	uint64_t mask; /* which bytes of it there are */
};

struct text_matcher {
	uint64_t lengths;		   /* see text_matcher_lengths */
	const struct regex_table **tables; /* all patterns, when they fit; else expressions only */
	size_t table_count;
	bool has_parts;			 /* there is more than one table */
	struct entry *whole;		 /* TEXT_EQUALS */
	size_t whole_count;
	uint64_t whole_lengths; /* bit n: some are n bytes long; 63: or longer */
	uint32_t *buckets;	/* over whole */
	uint64_t whole_heads;	/* bit head_bit() of those that there are */
	size_t bucket_mask;
	struct entry *found; /* those of the automaton; found[i] belongs to its word i */
	size_t found_count;
	const struct automaton *automaton;
	bool only_starts; /* the automaton may stop where no beginning goes on */
	struct entry *slow;
	size_t slow_count;
};

/* The first 8 bytes, the first lowest, 0 behind the end. No byte past the end is read. */
static uint64_t head_of(struct slice text)
{
	const uint8_t *p = text.ptr;
	if (text.len >= 8)
		return load_le32(p) | (uint64_t)load_le32(p + 4) << 32;
	if (text.len >= 4) /* the two loads overlap in equal bytes */
		return load_le32(p) | (uint64_t)load_le32(p + text.len - 4) << (text.len - 4) * 8;
	if (text.len >= 2)
		return load_le16(p) | (uint64_t)load_le16(p + text.len - 2) << (text.len - 2) * 8;
	return text.len ? p[0] : 0;
}

/* ASCII capitals to small letters, eight at a time. */
static uint64_t fold_head(uint64_t head)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low = head & (0x7f * ones);
	uint64_t capital = (low + (0x80 - 'A') * ones) & ~(low + (0x7f - 'Z') * ones) & ~head & (0x80 * ones);
	return head | capital >> 2;
}

/* The longest run of bytes between wildcards, as a slice of fresh memory; empty when there is none. */
static struct slice longest_literal(struct pool *a, const struct pattern *p)
{
	size_t best = 0, best_len = 0, run = 0;
	for (size_t i = 0; i <= p->wild_count; i++) {
		if (i < p->wild_count && p->wild[i] < WILD_MANY) {
			run++;
			continue;
		}
		if (run > best_len) {
			best_len = run;
			best = i - run;
		}
		run = 0;
	}
	uint8_t *bytes = pool_alloc(a, best_len + 1);
	for (size_t i = 0; i < best_len; i++)
		bytes[i] = ascii_lower((uint8_t)p->wild[best + i]);
	return slice_of(bytes, best_len);
}

static struct slice folded(struct pool *a, struct slice text)
{
	uint8_t *bytes = pool_alloc(a, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		bytes[i] = ascii_lower(text.ptr[i]);
	return slice_of(bytes, text.len);
}

static void add(struct pool *a, struct entry **list, size_t *count, const struct pattern *pattern,
		uint32_t bit)
{
	*list = pool_room(a, *list, *count, sizeof **list);
	struct entry *e = &(*list)[(*count)++];
	*e = (struct entry){ .pattern = pattern, .bit = bit, .head = fold_head(head_of(pattern->literal)) };
	e->mask = pattern->literal.len >= 8 ? UINT64_MAX : ((uint64_t)1 << pattern->literal.len * 8) - 1;
}

/* Length of the shortest text that it may match. */
static size_t shortest(const struct pattern *p)
{
	uint32_t least = 0;
	size_t elements = 0;
	switch (p->op) {
	case TEXT_EQUALS:
	case TEXT_STARTS:
	case TEXT_ENDS:
	case TEXT_CONTAINS:
		return p->literal.len;
	case TEXT_WILD:
		for (size_t i = 0; i < p->wild_count; i++)
			elements += p->wild[i] != WILD_MANY;
		return elements;
	case TEXT_REGEX:
		return pcre2_pattern_info(p->regex, PCRE2_INFO_MINLENGTH, &least) == 0 ? least : 0;
	case TEXT_CIDR:
		break;
	}
	return 0;
}

static uint64_t lengths_of(const struct pattern *p)
{
	size_t least = shortest(p) < 63 ? shortest(p) : 63;
	return p->op == TEXT_EQUALS ? (uint64_t)1 << least : UINT64_MAX << least;
}

struct builder {
	struct pool *pool;
	struct regex_maker *maker;
	struct text_matcher *m;
	struct automaton_word *words;
	size_t word_count;
	struct entry *plain; /* those in the maker's graph */
	size_t plain_count;
};

static void add_found(struct builder *b, const struct pattern *p, uint32_t bit, struct slice word)
{
	b->words = pool_room(b->pool, b->words, b->word_count, sizeof *b->words);
	b->words[b->word_count++] = (struct automaton_word){ word, 0 };
	add(b->pool, &b->m->found, &b->m->found_count, p, bit);
	b->m->only_starts = b->m->only_starts && p->op == TEXT_STARTS;
}

/* PCRE2 decides, with machine code: making it takes longer than all else that an expression takes, so none is
 * made for those of the table. Where there is no JIT the interpreter does it. */
static void add_slow_regex(struct builder *b, const struct pattern *p, uint32_t bit)
{
	pcre2_jit_compile(p->regex, PCRE2_JIT_COMPLETE);
	add(b->pool, &b->m->slow, &b->m->slow_count, p, bit);
}

/* Where lines end PCRE2 may have been built otherwise. */
static bool is_plain(struct builder *b, const struct pattern *p, uint32_t bit)
{
	uint32_t newline = 0;
	return pcre2_pattern_info(p->regex, PCRE2_INFO_NEWLINE, &newline) == 0 &&
	       newline == PCRE2_NEWLINE_LF && regex_graph_add(&b->maker->graph, p, bit);
}

static void add_pattern(struct builder *b, const struct pattern *p, uint32_t bit)
{
	struct text_matcher *m = b->m;
	struct slice word;
	m->lengths |= lengths_of(p);
	switch (p->op) {
	case TEXT_EQUALS:
		m->whole_lengths |= (uint64_t)1 << (p->literal.len < 63 ? p->literal.len : 63);
		add(b->pool, &m->whole, &m->whole_count, p, bit);
		break;
	case TEXT_STARTS:
	case TEXT_ENDS:
	case TEXT_CONTAINS:
		add_found(b, p, bit, folded(b->pool, p->literal));
		break;
	case TEXT_WILD:
		word = longest_literal(b->pool, p);
		if (word.len > 0)
			add_found(b, p, bit, word);
		else
			add(b->pool, &m->slow, &m->slow_count, p, bit);
		break;
	case TEXT_REGEX:
		if (is_plain(b, p, bit))
			add(b->pool, &b->plain, &b->plain_count, p, bit);
		else
			add_slow_regex(b, p, bit);
		break;
	case TEXT_CIDR:
		add(b->pool, &m->slow, &m->slow_count, p, bit);
		break;
	}
}

static unsigned head_bit(uint64_t head)
{
	return head * 0x9e3779b97f4a7c15u >> 58;
}

static size_t bucket_of(const struct text_matcher *m, struct slice text)
{
	return hash_nocase(text.ptr, text.len, 0) & m->bucket_mask;
}

static void make_buckets(struct pool *a, struct text_matcher *m)
{
	size_t size = 16;
	while (size < m->whole_count * 2)
		size *= 2;
	m->bucket_mask = size - 1;
	m->buckets = pool_alloc(a, size * sizeof *m->buckets);
	for (size_t i = m->whole_count; i-- > 0;) {
		uint32_t *head = &m->buckets[bucket_of(m, m->whole[i].pattern->literal)];
		m->whole_heads |= (uint64_t)1 << head_bit(m->whole[i].head);
		m->whole[i].next = *head;
		*head = (uint32_t)i + 1;
	}
}

static bool add_to_graph(struct regex_graph *g, const struct entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!regex_graph_add(g, entries[i].pattern, entries[i].bit))
			return false;
	return true;
}

static bool make_table(struct builder *b)
{
	struct text_matcher *m = b->m;
	const struct regex_table *table = regex_table_new(b->pool, b->maker);
	if (!table)
		return false;
	m->tables = pool_room(b->pool, m->tables, m->table_count, sizeof(*m->tables));
	m->tables[m->table_count++] = table;
	return true;
}

/* Those that do not fit into one table together are halved until they do. */
static void make_tables(struct builder *b, const struct entry *plain, size_t count)
{
	struct regex_graph *g = &b->maker->graph;
	g->count = g->root = 0;
	if (count == 0 || (add_to_graph(g, plain, count) && make_table(b)))
		return;
	if (count == 1) {
		add_slow_regex(b, plain->pattern, plain->bit);
		return;
	}
	make_tables(b, plain, count / 2);
	make_tables(b, plain + count / 2, count - count / 2);
}

/* Words beside the plain expressions, if they fit. */
static void make_tables_of_all(struct builder *b)
{
	struct text_matcher *m = b->m;
	struct regex_graph *g = &b->maker->graph;
	if (add_to_graph(g, m->whole, m->whole_count) && add_to_graph(g, m->found, m->found_count) &&
	    make_table(b))
		b->word_count = m->found_count = m->whole_count = 0;
	else
		make_tables(b, b->plain, b->plain_count);
}

struct text_matcher *text_matcher_new(struct pool *a, struct regex_maker *maker,
				      const struct predicate *chain, const char **why)
{
	struct builder b = { .pool = a, .maker = maker, .m = pool_alloc(a, sizeof *b.m) };
	size_t count = 0;
	b.m->only_starts = true;
	maker->graph.count = maker->graph.root = 0;
	for (const struct predicate *p = chain; p; p = p->next) {
		if (p->kind != PREDICATE_TEXT)
			continue;
		for (size_t i = 0; i < p->pattern_count; i++, count++)
			add_pattern(&b, &p->patterns[i], p->bit);
	}
	if (count == 0)
		return NULL;
	make_tables_of_all(&b);
	if (b.m->whole_count)
		make_buckets(a, b.m);
	b.m->has_parts = b.m->whole_count || b.word_count || b.m->slow_count || b.m->table_count != 1;
	if (b.word_count == 0)
		return b.m;
	b.m->automaton = automaton_new(a, b.words, b.word_count);
	if (!b.m->automaton)
		*why = "the beginnings, ends and parts that rules look for in this field are too many";
	return b.m->automaton ? b.m : NULL;
}

const struct regex_table *text_matcher_table(const struct text_matcher *m)
{
	return m->has_parts ? NULL : m->tables[0];
}

uint64_t text_matcher_lengths(const struct text_matcher *m)
{
	return m->lengths;
}

bool text_matcher_is_cheap(const struct text_matcher *m)
{
	return m->slow_count == 0 && (!m->automaton || m->only_starts);
}

static void set_bit(uint64_t *digest, uint32_t bit)
{
	digest[bit >> 6] |= (uint64_t)1 << (bit & 63);
}

/* The literal is at the beginning of text, of which `head` is the folded head. */
static inline bool begins(const struct entry *e, struct slice text, uint64_t head)
{
	const struct slice literal = e->pattern->literal;
	if ((head & e->mask) != e->head || text.len < literal.len)
		return false;
	if (e->pattern->cased)
		return memcmp(text.ptr, literal.ptr, literal.len) == 0;
	return literal.len <= 8 || slice_starts_nocase(slice_from(text, 8), slice_from(literal, 8));
}

static void run_whole(const struct text_matcher *m, struct slice text, uint64_t head, uint64_t *digest)
{
	if (!(m->whole_lengths >> (text.len < 63 ? text.len : 63) & 1))
		return;
	if (!(m->whole_heads >> head_bit(head) & 1))
		return;
	for (uint32_t i = m->buckets[bucket_of(m, text)]; i; i = m->whole[i - 1].next)
		if (text.len == m->whole[i - 1].pattern->literal.len && begins(&m->whole[i - 1], text, head))
			set_bit(digest, m->whole[i - 1].bit);
}

/* The word of this entry ends at `end`. */
static void check_found(const struct entry *e, struct slice text, size_t end, uint64_t *digest,
			struct match_room *room)
{
	const struct pattern *p = e->pattern;
	size_t start = end - p->literal.len;
	if (digest[e->bit >> 6] >> (e->bit & 63) & 1)
		return;
	if (p->op == TEXT_WILD) {
		if (!pattern_matches(p, text, room))
			return;
	} else if ((p->op == TEXT_STARTS && start != 0) || (p->op == TEXT_ENDS && end != text.len) ||
		   (p->cased && memcmp(text.ptr + start, p->literal.ptr, p->literal.len) != 0)) {
		return;
	}
	set_bit(digest, e->bit);
}

static void run_automaton(const struct text_matcher *m, struct slice text, uint64_t *digest,
			  struct match_room *room)
{
	const struct automaton *machine = m->automaton;
	uint32_t state = 0;
	for (size_t i = 0; i < text.len; i++) {
		state = machine->next[(size_t)state * machine->classes + machine->class_of[text.ptr[i]]];
		if (m->only_starts && machine->depth[state] != i + 1)
			return;
		if (!machine->word[state] && !machine->link[state])
			continue;
		for (uint32_t at = state; at; at = machine->link[at])
			for (uint32_t w = machine->word[at]; w; w = machine->words[w - 1].next)
				check_found(&m->found[w - 1], text, i + 1, digest, room);
	}
}

static void run_parts(const struct text_matcher *m, struct slice text, uint64_t *digest,
		      struct match_room *room)
{
	if (m->whole_count)
		run_whole(m, text, fold_head(head_of(text)), digest);
	if (m->automaton)
		run_automaton(m, text, digest, room);
	for (size_t i = 0; i < m->slow_count; i++) {
		uint32_t bit = m->slow[i].bit;
		if (!(digest[bit >> 6] >> (bit & 63) & 1) && pattern_matches(m->slow[i].pattern, text, room))
			set_bit(digest, bit);
	}
}

void text_matcher_run(const struct text_matcher *m, struct slice text, uint64_t *digest,
		      struct match_room *room)
{
	for (size_t i = 0; i < m->table_count; i++)
		regex_table_run(m->tables[i], text, digest);
	if (m->has_parts)
		run_parts(m, text, digest, room);
}
