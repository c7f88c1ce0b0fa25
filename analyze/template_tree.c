/* SPDX-License-Identifier: MIT */
#include "analyze/template_tree.h"

#include <stdlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2,bmi")))
#endif
#define INLINE static inline __attribute__((always_inline))

#define REPEATS_MAX    8   /* see span_wide */
#define HEAD	       32  /* bytes that are compared at once */
#define CLASS_END_OPEN 254 /* what follows is any body */
#define CLASS_END      255

/* Text that stands before a slot, or at the end. */
struct node {
	uint8_t head[HEAD];
	const uint8_t *text; /* in a template */
	uint32_t head_bits;  /* which bytes of head there are */
	uint16_t len;
	uint16_t next;			 /* another text that may stand here; 0: none */
	uint16_t child;			 /* what may follow; the number of the template at the end */
	uint8_t class;			 /* of the slot; or an end */
	uint8_t usual;			 /* length of the latest tokens here */
	uint8_t repeats;		 /* how many in a row had it */
	const struct template *template; /* at the end */
};

struct template_tree {
	bool is_wide;
	const struct text_memory *plain;
	uint8_t lows[SLOT_CLASSES]
		    [16]; /* [low half of a byte]: bit n: with n as the high half, it is in the class */
	size_t count;
	struct node nodes[TEMPLATE_TREE_NODES]; /* [0]: none */
	uint16_t first;
};

static bool has_avx2(void)
{
#if defined(__x86_64__)
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
#else
	return false;
#endif
}

struct template_tree *template_tree_new(const struct text_memory *plain)
{
	struct template_tree *tree = calloc(1, sizeof *tree);
	if (!tree)
		return NULL;
	for (unsigned class = 0; class < SLOT_CLASSES; class ++)
		for (unsigned byte = 0; byte < 128; byte++)
			if (template_class_has((enum slot_class) class, (uint8_t)byte))
				tree->lows[class][byte & 15] |= (uint8_t)(1u << (byte >> 4));
	tree->is_wide = has_avx2();
	tree->plain = plain;
	template_tree_clear(tree);
	return tree;
}

void template_tree_free(struct template_tree *tree)
{
	free(tree);
}

void template_tree_be_plain(struct template_tree *tree)
{
	tree->is_wide = false;
}

void template_tree_clear(struct template_tree *tree)
{
	tree->count = 1;
	tree->first = 0;
}

/* ---- adding ---- */

/* The text before slot i of a template, or the last. */
static struct slice text_before(const struct template *t, size_t i, uint8_t *class)
{
	size_t from = i ? (size_t)t->slots[i - 1].at + t->slots[i - 1].len : 0;
	size_t to = i < t->slot_count ? t->slots[i].at : t->len;
	*class = i < t->slot_count ? t->slots[i].class : t->any_body ? CLASS_END_OPEN : CLASS_END;
	return slice_of(t->text + from, to - from);
}

static uint16_t find_among(const struct template_tree *tree, uint16_t at, struct slice text, uint8_t class)
{
	while (at && !(tree->nodes[at].class == class &&
		       slice_eq(slice_of(tree->nodes[at].text, tree->nodes[at].len), text)))
		at = tree->nodes[at].next;
	return at;
}

/* How many of its texts are there, and the node of the last. */
static size_t known_part(const struct template_tree *tree, const struct template *t, uint16_t *last)
{
	uint16_t at = tree->first;
	*last = 0;
	for (size_t i = 0; i <= t->slot_count; i++) {
		uint8_t class;
		struct slice text = text_before(t, i, &class);
		at = find_among(tree, at, text, class);
		if (!at)
			return i;
		*last = at;
		at = tree->nodes[at].child;
	}
	return t->slot_count + 1;
}

bool template_tree_has(const struct template_tree *tree, const struct template *t)
{
	uint16_t last;
	return known_part(tree, t, &last) == t->slot_count + 1;
}

static uint16_t add_node(struct template_tree *tree, struct slice text, uint8_t class)
{
	struct node *n = &tree->nodes[tree->count];
	*n = (struct node){ .text = text.ptr, .len = (uint16_t)text.len, .class = class };
	memcpy(n->head, text.ptr, text.len < HEAD ? text.len : HEAD);
	n->head_bits = text.len < HEAD ? ((uint32_t)1 << text.len) - 1 : UINT32_MAX;
	return (uint16_t)tree->count++;
}

static void append(struct template_tree *tree, uint16_t *list, uint16_t node)
{
	while (*list)
		list = &tree->nodes[*list].next;
	*list = node;
}

bool template_tree_add(struct template_tree *tree, const struct template *t, uint16_t number)
{
	uint16_t last;
	size_t known = known_part(tree, t, &last);
	if (known == t->slot_count + 1 || tree->count + t->slot_count + 1 - known > TEMPLATE_TREE_NODES)
		return false;
	for (size_t i = known; i <= t->slot_count; i++) {
		uint8_t class;
		struct slice text = text_before(t, i, &class);
		uint16_t node = add_node(tree, text, class);
		append(tree, last ? &tree->nodes[last].child : &tree->first, node);
		last = node;
	}
	tree->nodes[last].template = t;
	tree->nodes[last].child = number;
	return true;
}

/* ---- finding ---- */

static bool same_plain(const struct node *n, const uint8_t *p, const uint8_t *end)
{
	return (size_t)(end - p) >= n->len && memcmp(p, n->text, n->len) == 0;
}

static size_t span_plain(const struct template_tree *tree, struct node *slot, const uint8_t *p,
			 const uint8_t *end)
{
	(void)tree;
	return template_token_len((enum slot_class)slot->class, p, end);
}

#if defined(__x86_64__)
TARGET_AVX2 INLINE __m256i load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

TARGET_AVX2 INLINE bool same_wide(const struct node *n, const uint8_t *p, const uint8_t *end)
{
	if (end - p < HEAD)
		return same_plain(n, p, end);
	uint32_t same = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(load(p), load(n->head)));
	if (n->head_bits & ~same)
		return false;
	if (n->len <= HEAD)
		return true;
	if (end - p < n->len)
		return false;
	__m256i all = _mm256_set1_epi8(-1);
	for (size_t at = HEAD; at < n->len; at += HEAD) {
		size_t from = at + HEAD <= n->len ? at : (size_t)n->len - HEAD;
		all = _mm256_and_si256(all, _mm256_cmpeq_epi8(load(p + from), load(n->text + from)));
	}
	return _mm256_movemask_epi8(all) == -1;
}

/* A byte is in the class when the row of its low half has the bit of its high half. */
TARGET_AVX2 INLINE uint32_t outside(const uint8_t *p, __m256i lows)
{
	const __m256i highs =
	    _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
	__m256i v = load(p);
	__m256i low = _mm256_shuffle_epi8(lows, v); /* 0 for the upper half of all bytes */
	__m256i high =
	    _mm256_shuffle_epi8(highs, _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15)));
	return (uint32_t)_mm256_movemask_epi8(
	    _mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256()));
}

/* Where tokens are of one length, the walk need not wait for this one's to be measured: the processor goes on
 * with the usual length meanwhile, as it does at any branch that always goes one way. */
TARGET_AVX2 INLINE size_t span_wide(const struct template_tree *tree, struct node *slot, const uint8_t *p,
				    const uint8_t *end)
{
	__m256i lows = _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)tree->lows[slot->class]));
	uint32_t stops = end - p >= HEAD ? outside(p, lows) : 0;
	if (slot->repeats == REPEATS_MAX) {
		size_t usual = slot->usual;
		if ((stops & -stops) == (uint32_t)1 << usual)
			return usual;
		slot->repeats = 0;
	}
	if (stops) {
		size_t len = (unsigned)__builtin_ctz(stops);
		slot->repeats = slot->usual == len ? (uint8_t)(slot->repeats + 1) : 0;
		slot->usual = (uint8_t)len;
		return len;
	}
	for (size_t n = HEAD; n < TEMPLATE_TOKEN_MAX && (size_t)(end - p) >= n + HEAD; n += HEAD) {
		stops = outside(p + n, lows);
		if (stops)
			return n + (unsigned)__builtin_ctz(stops);
	}
	return span_plain(tree, slot, p, end);
}
#endif

typedef bool same_fn(const struct node *n, const uint8_t *p, const uint8_t *end);
typedef size_t span_fn(const struct template_tree *tree, struct node *slot, const uint8_t *p,
		       const uint8_t *end);

/* Does the template end here, and with values that the parser would take as they are? */
static bool ends_here(const struct template_tree *tree, const struct node *n, const uint8_t *p,
		      struct template_found *found)
{
	const uint8_t *end = found->bytes.ptr + found->bytes.len;
	if (n->class == CLASS_END && p != end)
		return false;
	found->body = slice_of(p, (size_t)(end - p));
	return template_accepts(n->template, tree->plain, found);
}

/* Goes down as long as texts and tokens follow each other, else back to where there was another choice. */
INLINE int walk(struct template_tree *tree, struct slice bytes, struct template_found *found, same_fn *same,
		span_fn *span)
{
	const uint8_t *end = bytes.ptr + bytes.len, *p = bytes.ptr;
	struct node *path[TEMPLATE_SLOTS_MAX + 1], *const none = tree->nodes, *n = tree->nodes + tree->first;
	size_t depth = 0;
	found->bytes = bytes;
	found->anchors[0] = p;
	for (unsigned steps = TEMPLATE_TREE_STEPS; steps > 0; steps--) {
		if (n == none) {
			if (depth == 0)
				return -1;
			n = tree->nodes + path[--depth]->next;
			p = found->anchors[depth];
			continue;
		}
		size_t len = 0;
		if (same(n, p, end)) {
			if (n->class < CLASS_END_OPEN)
				len = span(tree, n, p + n->len, end);
			else if (ends_here(tree, n, p + n->len, found))
				return n->child;
		}
		if (len == 0) {
			n = tree->nodes + n->next;
			continue;
		}
		path[depth++] = n;
		p += n->len + len;
		found->anchors[depth] = p;
		n = tree->nodes + n->child;
	}
	return -1;
}

static int find_plain(struct template_tree *tree, struct slice bytes, struct template_found *found)
{
	return walk(tree, bytes, found, same_plain, span_plain);
}

#if defined(__x86_64__)
TARGET_AVX2 static int find_wide(struct template_tree *tree, struct slice bytes, struct template_found *found)
{
	return walk(tree, bytes, found, same_wide, span_wide);
}
#endif

int template_tree_find(struct template_tree *tree, struct slice bytes, struct template_found *found)
{
#if defined(__x86_64__)
	if (tree->is_wide)
		return find_wide(tree, bytes, found);
#endif
	return find_plain(tree, bytes, found);
}
