/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_TREE_H
#define ANALYZE_RULESET_TREE_H

#include "analyze/ruleset/pool.h"

/* analyze/ruleset/tree.h - a YAML file as a tree of nodes that know their line and column, so that every
 * later complaint can point at its place. Bounded: file size, depth, and nodes after aliases are expanded
 * (aliases of aliases are the classic bomb). Duplicate keys, merge keys and keys that are no scalars are
 * refused here, once for all. */

#define TREE_FILE_MAX  ((size_t)1024 * 1024)
#define TREE_DEPTH_MAX 24
#define TREE_NODES_MAX 100000
#define TREE_KEYS_MAX  4096 /* of one map: each is compared with all before it */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool plain;	       /* scalar without quotes: may be a number, true/false or null */
	unsigned line, column; /* 1-based */
	struct slice text;     /* scalar; a NUL follows it */
	union {
		struct node **items; /* list */
		struct pair *pairs;  /* map, in the order of the file */
	};
	uint32_t count;
	uint32_t weight; /* nodes below it, itself included, aliases expanded: TREE_NODES_MAX at most */
};

struct pair {
	struct node *key, *value;
};

/* One document of a file, and the lines it spans (for showing its source). */
struct tree_document {
	struct node *root; /* NULL: empty document */
	unsigned first_line, last_line;
};

struct tree {
	struct tree_document *documents;
	size_t count;
};

/* Called for each thing that is wrong. */
typedef void (*tree_problem_fn)(void *ctx, unsigned line, unsigned column, const char *what);

/* Reads `text` into pool memory. 0, -EINVAL after problems were told, -ENOMEM. */
int tree_read(struct pool *a, struct slice text, struct tree *out, tree_problem_fn problem, void *ctx);

/* The value of a key in a map; NULL when it is not there or `map` is NULL or no map. */
struct node *node_get(const struct node *map, const char *key);

bool node_is_null(const struct node *n);
/* A plain scalar that is a whole number in decimal. */
bool node_is_integer(const struct node *n, int64_t *out);
bool node_is_boolean(const struct node *n, bool *out);
/* A scalar whose text is meant as text: quoted, or plain and not null. */
bool node_is_text(const struct node *n);

#endif
