/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_DIALECT_YAML_H
#define ANALYZE_LOGS_DIALECT_YAML_H

#include "analyze/logs/dialect.h"

/* analyze/logs/dialect_yaml.h - nodes of a dialect's YAML, taken with a problem for what is not as it should be. Texts are
 * copied into the dialect's arena. Private to dialect_parse.c and dialect_pattern.c. */

#define LIST_MAX 256
#define DEFINES_MAX 64

struct dialect_parser {
	struct dialects *dialects;
	struct dialect *dialect;
	yaml_document_t *document;
	struct slice define_names[DEFINES_MAX], define_texts[DEFINES_MAX];
	size_t define_count;
	struct example *examples; /* of all patterns, EXAMPLES_MAX at most; room for a power of two of them */
	size_t example_count;
	bool failed;
};

#define EXAMPLES_MAX 1024
#define KEYS_MAX     4096 /* of one mapping: each is compared with all before it */
#define ANCHORS_MAX  256
#define NESTED_MAX   4096

#define DIALECT_PROBLEM(p, node, ...)                                                                                      \
	do {                                                                                                       \
		(p)->failed = true;                                                                                \
		dialects_add_problem((p)->dialects, (const char *)(p)->dialect->file.ptr,                          \
				     (unsigned)(node)->start_mark.line + 1, (unsigned)(node)->start_mark.column + 1,   \
				     __VA_ARGS__);                                                                 \
	} while (0)

struct slice dnode_scalar(const yaml_node_t *node);
/* False and a problem when it is of another type; `what` was expected. */
bool dnode_want(struct dialect_parser *p, const yaml_node_t *node, yaml_node_type_t type, const char *what);
/* Text of a scalar; empty, never absent, when it is none. */
struct slice dnode_keep(struct dialect_parser *p, const yaml_node_t *node, const char *what);
/* A scalar or a sequence of scalars. */
size_t dnode_keep_list(struct dialect_parser *p, yaml_node_t *node, const struct slice **out, const char *what);
bool dnode_keep_bool(struct dialect_parser *p, const yaml_node_t *node);

/* Walks the pairs of a mapping: `fn` gets each key and value. A key that is there twice is a problem. */
typedef void (*dialect_pair_fn)(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value);
size_t dnode_each_pair(struct dialect_parser *p, yaml_node_t *node, void *context, dialect_pair_fn fn);
size_t dnode_pairs_in(const yaml_node_t *node);

unsigned dnode_line_of(const yaml_node_t *node);
unsigned dnode_column_of(const yaml_node_t *node);
/* A regular expression with its macros replaced. */
bool dnode_read_expression(struct dialect_parser *p, yaml_node_t *node, struct slice *out);

/* dialect_pattern.c: the list under `patterns`. */
void dialect_read_patterns(struct dialect_parser *p, yaml_node_t *node);

#endif
