/* SPDX-License-Identifier: MIT */
#include "analyze/reading/template_nodes.h"

#include <stddef.h>
#include <stdlib.h>

struct template_tree *template_tree_new(const struct text_memory *plain)
{
	struct template_tree *tree = aligned_alloc(_Alignof(struct template_tree), sizeof *tree);
	if (!tree)
		return NULL;
	/* Memory for the other nodes is touched when they come. */
	memset(tree, 0, offsetof(struct template_tree, nodes[1]));
	for (unsigned class = 0; class < SLOT_CLASSES; class ++) {
		tree->most[class] = (uint8_t)template_token_most((enum slot_class) class);
		tree->most_in_block[class] =
		    tree->most[class] < TEMPLATE_BLOCK ? tree->most[class] : TEMPLATE_BLOCK - 1;
		for (unsigned byte = 0; byte < 128; byte++)
			if (template_class_has((enum slot_class) class, (uint8_t)byte))
				tree->lows[class][byte & 15] |= (uint8_t)(1u << (byte >> 4));
	}
	for (unsigned high = 0; high < 8; high++)
		tree->highs[high] = tree->highs[high + 16] = (uint8_t)(1u << high);
	memset(tree->half, 15, sizeof tree->half);
	tree->is_wide = template_walk_can_be_wide();
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

/* The text before slot i of a template, or the last. */
static struct slice text_before(const struct template *t, size_t i, uint8_t *class)
{
	size_t from = i ? (size_t)t->slots[i - 1].at + t->slots[i - 1].len : 0;
	size_t to = i < t->slot_count ? t->slots[i].at : t->len;
	*class = i < t->slot_count ? t->slots[i].class : t->any_body ? CLASS_END_OPEN : CLASS_END;
	return slice_of(t->text + from, to - from);
}

static struct template_node *find_among(struct template_tree *tree, struct template_node *n,
					struct slice text, uint8_t class)
{
	while (n != tree->nodes && !(n->class == class && slice_eq(slice_of(n->text, n->len), text)))
		n = &tree->nodes[n->next];
	return n;
}

/* How many of its texts are there, and the node of the last; [0] for none. */
static size_t known_part(struct template_tree *tree, const struct template *t, struct template_node **last)
{
	struct template_node *n = &tree->nodes[tree->first];
	*last = tree->nodes;
	for (size_t i = 0; i <= t->slot_count; i++) {
		uint8_t class;
		struct slice text = text_before(t, i, &class);
		n = find_among(tree, n, text, class);
		if (n == tree->nodes)
			return i;
		*last = n;
		n = n->child;
	}
	return t->slot_count + 1;
}

bool template_tree_has(struct template_tree *tree, const struct template *t)
{
	struct template_node *last;
	return known_part(tree, t, &last) == t->slot_count + 1;
}

static struct template_node *add_node(struct template_tree *tree, struct slice text, uint8_t class)
{
	struct template_node *n = &tree->nodes[tree->count++];
	size_t head = text.len < TEMPLATE_BLOCK ? text.len : TEMPLATE_BLOCK;
	*n = (struct template_node){ .text = text.ptr,
				     .child = tree->nodes,
				     .len = (uint16_t)text.len,
				     .class = class };
	memcpy(n->head, text.ptr, head);
	n->head_bits = (uint32_t)(((uint64_t)1 << head) - 1);
	n->room = template_node_is_end(n) ? UINT16_MAX : (uint16_t)(text.len + TEMPLATE_BLOCK);
	n->usual = USUAL_NONE;
	return n;
}

/* As the last of those that may stand where `first` may. */
static void append(struct template_tree *tree, struct template_node *first, struct template_node *n)
{
	while (first->next)
		first = &tree->nodes[first->next];
	first->next = (uint16_t)(n - tree->nodes);
}

static void add_behind(struct template_tree *tree, struct template_node *last, struct template_node *n)
{
	if (last == tree->nodes && tree->first == 0)
		tree->first = (uint16_t)(n - tree->nodes);
	else if (last == tree->nodes)
		append(tree, &tree->nodes[tree->first], n);
	else if (last->child == tree->nodes)
		last->child = n;
	else
		append(tree, last->child, n);
}

bool template_tree_add(struct template_tree *tree, const struct template *t, uint16_t number)
{
	struct template_node *last;
	size_t known = known_part(tree, t, &last);
	if (known == t->slot_count + 1 || tree->count + t->slot_count + 1 - known > TEMPLATE_TREE_NODES)
		return false;
	for (size_t i = known; i <= t->slot_count; i++) {
		uint8_t class;
		struct slice text = text_before(t, i, &class);
		struct template_node *n = add_node(tree, text, class);
		add_behind(tree, last, n);
		last = n;
	}
	last->template = t;
	last->usual_step = number;
	return true;
}
