/* SPDX-License-Identifier: MIT */
#include "analyze/logs/dialect_yaml.h"

struct slice dnode_scalar(const yaml_node_t *node)
{
	return slice_of(node->data.scalar.value, node->data.scalar.length);
}

bool dnode_want(struct dialect_parser *p, const yaml_node_t *node, yaml_node_type_t type, const char *what)
{
	if (node->type == type)
		return true;
	DIALECT_PROBLEM(p, node, "%s is expected here", what);
	return false;
}

struct slice dnode_keep(struct dialect_parser *p, const yaml_node_t *node, const char *what)
{
	if (!dnode_want(p, node, YAML_SCALAR_NODE, what))
		return slice_of("", 0);
	struct slice copy = dialect_copy(&p->dialect->arena, dnode_scalar(node));
	if (!copy.ptr) {
		p->failed = true;
		return slice_of("", 0);
	}
	return copy;
}

/* A scalar or a sequence of scalars. */
size_t dnode_keep_list(struct dialect_parser *p, yaml_node_t *node, const struct slice **out,
		       const char *what)
{
	size_t count = 1;
	if (node->type == YAML_SEQUENCE_NODE)
		count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (count > LIST_MAX) {
		DIALECT_PROBLEM(p, node, "more than %d entries", LIST_MAX);
		return 0;
	}
	struct slice *list = dialect_alloc(&p->dialect->arena, (count + 1) * sizeof *list);
	if (!list) {
		p->failed = true;
		return 0;
	}
	*out = list;
	if (node->type != YAML_SEQUENCE_NODE) {
		list[0] = dnode_keep(p, node, what);
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		list[i] = dnode_keep(
		    p, yaml_document_get_node(p->document, node->data.sequence.items.start[i]), what);
	return count;
}

bool dnode_keep_bool(struct dialect_parser *p, const yaml_node_t *node)
{
	if (!dnode_want(p, node, YAML_SCALAR_NODE, "true or false"))
		return false;
	if (slice_eq(dnode_scalar(node), SLICE("true")))
		return true;
	if (!slice_eq(dnode_scalar(node), SLICE("false")))
		DIALECT_PROBLEM(p, node, "true or false is expected here");
	return false;
}

size_t dnode_each_pair(struct dialect_parser *p, yaml_node_t *node, void *context, dialect_pair_fn fn)
{
	if (!dnode_want(p, node, YAML_MAPPING_NODE, "a mapping (key: value)"))
		return 0;
	if (dnode_pairs_in(node) > KEYS_MAX) {
		DIALECT_PROBLEM(p, node, "more than %d keys", KEYS_MAX);
		return 0;
	}
	size_t count = 0;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
	     pair++, count++) {
		yaml_node_t *key = yaml_document_get_node(p->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(p->document, pair->value);
		if (!dnode_want(p, key, YAML_SCALAR_NODE, "a key"))
			continue;
		for (yaml_node_pair_t *before = node->data.mapping.pairs.start; before < pair; before++) {
			yaml_node_t *other = yaml_document_get_node(p->document, before->key);
			if (other->type == YAML_SCALAR_NODE &&
			    slice_eq(dnode_scalar(other), dnode_scalar(key)))
				DIALECT_PROBLEM(p, key, "`%.*s` is here twice", (int)dnode_scalar(key).len,
						(const char *)dnode_scalar(key).ptr);
		}
		fn(p, context, key, value);
	}
	return count;
}

size_t dnode_pairs_in(const yaml_node_t *node)
{
	return node->type == YAML_MAPPING_NODE
		   ? (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start)
		   : 0;
}

unsigned dnode_line_of(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

unsigned dnode_column_of(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.column + 1;
}

/* A regular expression with its macros replaced. */
bool dnode_read_expression(struct dialect_parser *p, yaml_node_t *node, struct slice *out)
{
	*out = dnode_keep(p, node, "a regular expression");
	bool good =
	    !p->failed && dialect_expand(p->dialects, p->dialect, p->define_names, p->define_texts,
					 p->define_count, out, dnode_line_of(node), dnode_column_of(node));
	p->failed |= !good;
	return good;
}
