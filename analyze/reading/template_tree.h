/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_READING_TEMPLATE_TREE_H
#define ANALYZE_READING_TEMPLATE_TREE_H

#include "analyze/reading/template.h"

/* analyze/reading/template_tree.h - which of many templates a message has, found in one walk over its bytes.
 * Templates that begin alike share the first steps of the walk; where they part, the next bytes decide. So
 * trying a wrong one costs a comparison, not another walk.
 *
 * Life: template_tree_new; add; find; clear and add again when templates go. It borrows the templates, which
 * must stay where they are until then. At most TEMPLATE_TREE_NODES steps of 64 bytes; a walk gives up after
 * TEMPLATE_TREE_STEPS comparisons, so that templates made to be confused cost no more than a parse. */

#define TEMPLATE_TREE_NODES 10240
#define TEMPLATE_TREE_STEPS 512

struct template_tree;

/* `plain`: see template_accepts; borrowed. NULL when memory ran out. */
struct template_tree *template_tree_new(const struct text_memory *plain);
void template_tree_free(struct template_tree *tree);
/* Without the vector instructions that this machine has: for tests, to compare the two. */
void template_tree_be_plain(struct template_tree *tree);
void template_tree_clear(struct template_tree *tree);
/* False: one like it is there already, or the tree is full. */
bool template_tree_add(struct template_tree *tree, const struct template *t, uint16_t number);
/* Is one like it there already? */
bool template_tree_has(struct template_tree *tree, const struct template *t);

/* The number of the template that matches, and where; -1: none. */
int template_tree_find(struct template_tree *tree, struct slice bytes, struct template_found *found);

#endif
