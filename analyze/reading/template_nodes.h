/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_READING_TEMPLATE_NODES_H
#define ANALYZE_READING_TEMPLATE_NODES_H

#include "analyze/reading/template_tree.h"

/* analyze/reading/template_nodes.h - what the tree of templates is made of: for template_tree.c, which adds, and
 * template_walk.c, which finds. */

#define TEMPLATE_BLOCK 32 /* bytes that vector instructions compare at once */
#define USUAL_NONE     255

/* What may stand at the end of a text, other than a slot. */
enum { CLASS_END_OPEN = SLOT_CLASSES /* any body */, CLASS_END, NODE_CLASSES };

/* Text that stands before a slot, or at the end. A line of the cache. */
struct template_node {
	uint8_t head[TEMPLATE_BLOCK];
	const uint8_t *text; /* in a template */
	union {
		struct template_node *child;	 /* what may follow the slot */
		const struct template *template; /* at the end */
	};
	uint32_t head_bits; /* which bytes of head there are */
	uint16_t len;
	uint16_t room;	     /* text and the first block of the token; at the end more than is looked at so */
	uint16_t next;	     /* another text that may stand here; 0: none */
	uint16_t usual_step; /* text and token of the usual length; at the end the number of the template */
	uint8_t class;	     /* of the slot, or an end */
	/* Lengths of tokens, see template_walk.c. */
	uint8_t usual, latest, repeats;
};
_Static_assert(sizeof(struct template_node) == 64, "one line of the cache");

struct template_tree {
	/* [low half of a byte]: bit n: with n as the high half, it is in the class. Nothing is in that of an
	 * end. */
	_Alignas(64) uint8_t lows[NODE_CLASSES][16];
	/* As vector instructions need them: the bit of each high half, twice; and what leaves half of a byte.
	 */
	uint8_t highs[TEMPLATE_BLOCK], half[TEMPLATE_BLOCK];
	uint8_t most[NODE_CLASSES];	     /* bytes of a token */
	uint8_t most_in_block[NODE_CLASSES]; /* of one that ends in its first block */
	bool is_wide;
	uint16_t first;
	size_t count;
	const struct text_memory *plain;
	_Alignas(64) struct template_node nodes[TEMPLATE_TREE_NODES]; /* [0]: none */
};

static inline bool template_node_is_end(const struct template_node *n)
{
	return n->class >= CLASS_END_OPEN;
}

/* Does this machine have the vector instructions for the wide walk? */
bool template_walk_can_be_wide(void);

#endif
