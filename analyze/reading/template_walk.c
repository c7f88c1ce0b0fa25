/* SPDX-License-Identifier: MIT */
#include "analyze/reading/template_nodes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2,bmi")))
#endif
#define INLINE static inline __attribute__((always_inline))

#define BLOCK	    TEMPLATE_BLOCK
#define REPEATS_MAX 8 /* see step_wide */

/* Do the text of a node and a token behind it stand at p? *len: of both. They never do for an end. */
typedef bool step_fn(const struct template_tree *tree, struct template_node *n, const uint8_t *p,
		     const uint8_t *end, size_t *len);

static bool has_text(const struct template_node *n, const uint8_t *p, const uint8_t *end)
{
	return (size_t)(end - p) >= n->len && memcmp(p, n->text, n->len) == 0;
}

static bool step_plain(const struct template_tree *tree, struct template_node *n, const uint8_t *p,
		       const uint8_t *end, size_t *len)
{
	(void)tree;
	if (template_node_is_end(n) || !has_text(n, p, end))
		return false;
	size_t token = template_token_len((enum slot_class)n->class, p + n->len, end);
	*len = n->len + token;
	return token > 0;
}

/* Does the template end here, and with values that the parser would take as they are? */
static bool ends_here(const struct template_tree *tree, const struct template_node *n, const uint8_t *p,
		      struct template_found *found)
{
	const uint8_t *end = found->bytes.ptr + found->bytes.len;
	if (!has_text(n, p, end) || (n->class == CLASS_END && p + n->len != end))
		return false;
	found->body = slice_of(p + n->len, (size_t)(end - p) - n->len);
	return template_accepts(n->template, tree->plain, found);
}

/* Goes down as long as texts and tokens follow each other, else back to where there is another choice. Only
 * what leads nowhere is counted: the rest is as long as a template. */
INLINE int walk(struct template_tree *tree, struct slice bytes, struct template_found *found, step_fn *step)
{
	const uint8_t *end = bytes.ptr + bytes.len, *p = bytes.ptr;
	struct template_node *path[TEMPLATE_SLOTS_MAX + 1], *n = &tree->nodes[tree->first];
	size_t depth = 0, len;
	unsigned steps = TEMPLATE_TREE_STEPS;
	found->bytes = bytes;
	found->anchors[0] = p;
	if (!tree->first)
		return -1;
	for (;;) {
		while (step(tree, n, p, end, &len)) {
			path[depth++] = n;
			p += len;
			found->anchors[depth] = p;
			n = n->child;
		}
		if (template_node_is_end(n) && ends_here(tree, n, p, found))
			return n->usual_step;
		for (; !n->next; steps--) {
			if (depth == 0 || steps == 0)
				return -1;
			n = path[--depth];
			p = found->anchors[depth];
		}
		if (steps-- == 0)
			return -1;
		n = &tree->nodes[n->next];
	}
}

static int find_plain(struct template_tree *tree, struct slice bytes, struct template_found *found)
{
	return walk(tree, bytes, found, step_plain);
}

#if defined(__x86_64__)
TARGET_AVX2 INLINE __m256i load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* Of a text that is longer than a block. */
TARGET_AVX2 INLINE bool has_rest(const struct template_node *n, const uint8_t *p)
{
	__m256i all = _mm256_set1_epi8(-1);
	for (size_t at = BLOCK; at < n->len; at += BLOCK) {
		size_t from = at + BLOCK <= n->len ? at : (size_t)n->len - BLOCK;
		all = _mm256_and_si256(all, _mm256_cmpeq_epi8(load(p + from), load(n->text + from)));
	}
	return _mm256_movemask_epi8(all) == -1;
}

/* Which bytes of a block are not in the class: one is when the row of its low half has the bit of its high
 * half. */
TARGET_AVX2 INLINE uint32_t outside(const struct template_tree *tree, unsigned class, const uint8_t *p)
{
	__m256i lows =
	    _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)tree->lows[class]));
	__m256i v = load(p);
	__m256i low = _mm256_shuffle_epi8(lows, v); /* 0 for the upper half of all bytes */
	__m256i high = _mm256_shuffle_epi8(load(tree->highs),
					   _mm256_and_si256(_mm256_srli_epi16(v, 4), load(tree->half)));
	return (uint32_t)_mm256_movemask_epi8(
	    _mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256()));
}

/* The length of any token, in a message of at least one block; 0 like template_token_len, and also when the
 * message ends with it: some text must follow. */
TARGET_AVX2 static size_t token_len_wide(const struct template_tree *tree, unsigned class, const uint8_t *p,
					 const uint8_t *end)
{
	for (size_t n = 0; n <= tree->most[class] && n < (size_t)(end - p); n += BLOCK) {
		size_t left = (size_t)(end - p) - n;
		uint32_t stops = left >= BLOCK ? outside(tree, class, p + n)
					       : outside(tree, class, end - BLOCK) >> (BLOCK - left);
		size_t len = n + _tzcnt_u32(stops);
		if (stops)
			return len <= tree->most[class] ? len : 0;
	}
	return 0;
}

/* Of a text that is there, and any token. */
TARGET_AVX2 static __attribute__((noinline)) size_t long_step(const struct template_tree *tree,
							      const struct template_node *n, const uint8_t *p,
							      const uint8_t *end)
{
	size_t token = token_len_wide(tree, n->class, p + n->len, end);
	return token ? n->len + token : 0;
}

/* How long tokens are here: as soon as enough in a row were of one length, it is the usual one. */
TARGET_AVX2 INLINE void note_len(struct template_node *n, unsigned token)
{
	n->repeats = (uint8_t)((n->repeats + 1) & -(n->latest == token)); /* no branch that nobody can foretell */
	n->latest = (uint8_t)token;
	n->usual = USUAL_NONE;
	if (n->repeats == REPEATS_MAX) {
		n->repeats = 0;
		n->usual = (uint8_t)token;
		n->usual_step = (uint16_t)(n->len + token);
	}
}

/* Where tokens are of one length, the walk need not wait for this one's to be measured: the processor goes on
 * with the usual length meanwhile, as it does at any branch that always goes one way. */
TARGET_AVX2 INLINE bool step_wide(const struct template_tree *tree, struct template_node *n, const uint8_t *p,
				  const uint8_t *end, size_t *len)
{
	if (end - p < n->room)
		return !template_node_is_end(n) && has_text(n, p, end) &&
		       (*len = long_step(tree, n, p, end)) > 0;
	uint32_t same = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(load(p), load(n->head)));
	if ((n->head_bits & ~same) || (n->len > BLOCK && !has_rest(n, p)))
		return false;
	unsigned token = _tzcnt_u32(outside(tree, n->class, p + n->len));
	if (token == n->usual) {
		*len = n->usual_step;
		return true;
	}
	if (token - 1 >= tree->most_in_block[n->class]) /* none, or more than is seen here */
		return (*len = long_step(tree, n, p, end)) > 0;
	note_len(n, token);
	*len = n->len + token;
	return true;
}

TARGET_AVX2 static int find_wide(struct template_tree *tree, struct slice bytes, struct template_found *found)
{
	return walk(tree, bytes, found, step_wide);
}
#endif

bool template_walk_can_be_wide(void)
{
#if defined(__x86_64__)
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
#else
	return false;
#endif
}

int template_tree_find(struct template_tree *tree, struct slice bytes, struct template_found *found)
{
#if defined(__x86_64__)
	if (tree->is_wide && bytes.len >= BLOCK)
		return find_wide(tree, bytes, found);
#endif
	return find_plain(tree, bytes, found);
}
