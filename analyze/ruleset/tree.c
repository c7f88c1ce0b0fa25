/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/tree.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

struct reader {
	struct pool *pool;
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	struct anchor *anchors;
	size_t anchor_count;
	size_t nodes; /* of the file so far, aliases expanded */
	tree_problem_fn problem;
	void *ctx;
	struct slice text;
	struct tree *out;
	bool failed;
};

struct anchor {
	const char *name;
	struct node *node;
};

static void complain(struct reader *r, unsigned line, unsigned column, const char *what)
{
	r->failed = true;
	r->problem(r->ctx, line, column, what);
}

static void complain_event(struct reader *r, const char *what)
{
	complain(r, (unsigned)r->event.start_mark.line + 1, (unsigned)r->event.start_mark.column + 1, what);
}

static bool next_event(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = yaml_parser_parse(&r->parser, &r->event);
	if (r->has_event)
		return true;
	char what[256];
	const yaml_mark_t *mark = &r->parser.problem_mark;
	if (r->parser.error == YAML_READER_ERROR)
		snprintf(what, sizeof what, "not UTF-8 text: %s at byte %zu", r->parser.problem,
			 r->parser.problem_offset);
	else
		snprintf(what, sizeof what, "YAML: %s%s%s",
			 r->parser.problem ? r->parser.problem : "unreadable", r->parser.context ? ", " : "",
			 r->parser.context ? r->parser.context : "");
	complain(r, (unsigned)mark->line + 1, (unsigned)mark->column + 1, what);
	return false;
}

static struct node *node_new(struct reader *r, enum node_kind kind)
{
	struct node *n = pool_alloc(r->pool, sizeof *n);
	n->kind = kind;
	n->line = (unsigned)r->event.start_mark.line + 1;
	n->column = (unsigned)r->event.start_mark.column + 1;
	n->weight = 1;
	return n;
}

static void keep_anchor(struct reader *r, const yaml_char_t *name, struct node *n)
{
	if (!name)
		return;
	r->anchors = pool_room(r->pool, r->anchors, r->anchor_count, sizeof *r->anchors);
	r->anchors[r->anchor_count++] =
	    (struct anchor){ pool_text(r->pool, slice_str((const char *)name)), n };
}

static bool count_nodes(struct reader *r, size_t more)
{
	r->nodes += more;
	if (r->nodes <= TREE_NODES_MAX)
		return true;
	complain_event(r, "more than 100000 nodes once aliases are expanded; write a smaller file");
	return false;
}

static struct node *read_alias(struct reader *r)
{
	struct slice name = slice_str((const char *)r->event.data.alias.anchor);
	for (size_t i = r->anchor_count; i-- > 0;)
		if (slice_eq(slice_str(r->anchors[i].name), name))
			return count_nodes(r, r->anchors[i].node->weight) ? r->anchors[i].node : NULL;
	complain_event(r, "alias of an anchor that is not known before it");
	return NULL;
}

static struct node *read_scalar(struct reader *r)
{
	struct node *n = node_new(r, NODE_SCALAR);
	n->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = slice_of(r->event.data.scalar.value, r->event.data.scalar.length);
	n->text.ptr = (const uint8_t *)pool_text(r->pool, n->text);
	keep_anchor(r, r->event.data.scalar.anchor, n);
	return n;
}

static struct node *read_node(struct reader *r, unsigned depth);

static struct node *read_list(struct reader *r, unsigned depth)
{
	struct node *list = node_new(r, NODE_LIST);
	yaml_char_t *name = r->event.data.sequence_start.anchor;
	const char *anchor = name ? pool_text(r->pool, slice_str((const char *)name)) : NULL;
	while (next_event(r)) {
		if (r->event.type == YAML_SEQUENCE_END_EVENT) {
			keep_anchor(r, (const yaml_char_t *)anchor, list);
			return list;
		}
		struct node *item = read_node(r, depth + 1);
		if (!item)
			return NULL;
		list->items = pool_room(r->pool, list->items, list->count, sizeof *list->items);
		list->items[list->count++] = item;
		list->weight += item->weight;
	}
	return NULL;
}

static void check_key(struct reader *r, const struct node *map, const struct node *key)
{
	char what[160];
	if (key->kind != NODE_SCALAR) {
		complain(r, key->line, key->column, "a key must be a plain word");
		return;
	}
	if (key->plain && slice_eq(key->text, SLICE("<<")))
		complain(r, key->line, key->column, "merge keys (<<) are not supported; write the keys out");
	for (size_t i = 0; i < map->count; i++) {
		const struct node *other = map->pairs[i].key;
		if (other->kind == NODE_SCALAR && slice_eq(other->text, key->text)) {
			snprintf(what, sizeof what, "key '%.60s' stands here twice; the first is in line %u",
				 (const char *)key->text.ptr, other->line);
			complain(r, key->line, key->column, what);
			return;
		}
	}
}

static struct node *read_map(struct reader *r, unsigned depth)
{
	struct node *map = node_new(r, NODE_MAP);
	yaml_char_t *name = r->event.data.mapping_start.anchor;
	const char *anchor = name ? pool_text(r->pool, slice_str((const char *)name)) : NULL;
	while (next_event(r)) {
		if (r->event.type == YAML_MAPPING_END_EVENT) {
			keep_anchor(r, (const yaml_char_t *)anchor, map);
			return map;
		}
		struct node *key = read_node(r, depth + 1);
		struct node *value = key && next_event(r) ? read_node(r, depth + 1) : NULL;
		if (!value)
			return NULL;
		check_key(r, map, key);
		if (map->count == TREE_KEYS_MAX) {
			complain(r, key->line, key->column, "more than 4096 keys in one map");
			return NULL;
		}
		map->pairs = pool_room(r->pool, map->pairs, map->count, sizeof *map->pairs);
		map->pairs[map->count++] = (struct pair){ key, value };
		map->weight += key->weight + value->weight;
	}
	return NULL;
}

/* The node that begins with the current event; NULL after a problem. Recursion is bounded by TREE_DEPTH_MAX.
 */
static struct node *read_node(struct reader *r, unsigned depth)
{
	if (depth > TREE_DEPTH_MAX) {
		complain_event(r, "nested more than 24 levels deep");
		return NULL;
	}
	if (!count_nodes(r, r->event.type == YAML_ALIAS_EVENT ? 0 : 1))
		return NULL;
	switch (r->event.type) {
	case YAML_ALIAS_EVENT:
		return read_alias(r);
	case YAML_SCALAR_EVENT:
		return read_scalar(r);
	case YAML_SEQUENCE_START_EVENT:
		return read_list(r, depth);
	case YAML_MAPPING_START_EVENT:
		return read_map(r, depth);
	default:
		complain_event(r, "YAML: unexpected event");
		return NULL;
	}
}

static void add_document(struct reader *r, struct node *root, unsigned marker_line)
{
	struct tree *out = r->out;
	out->documents = pool_room(r->pool, out->documents, out->count, sizeof *out->documents);
	unsigned first_line = 1;
	if (out->count > 0) {
		out->documents[out->count - 1].last_line = marker_line - 1;
		first_line = marker_line + 1;
	}
	out->documents[out->count++] = (struct tree_document){ root, first_line, UINT32_MAX };
}

static bool is_empty_document(const struct node *root)
{
	return root->kind == NODE_SCALAR && root->plain && root->text.len == 0;
}

static int read_stream(void *ctx)
{
	struct reader *r = ctx;
	while (next_event(r)) {
		if (r->event.type == YAML_STREAM_END_EVENT)
			return r->failed ? -EINVAL : 0;
		if (r->event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		unsigned line = (unsigned)r->event.start_mark.line + 1;
		r->anchor_count = 0;
		r->anchors = NULL;
		struct node *root = next_event(r) ? read_node(r, 0) : NULL;
		if (!root)
			return -EINVAL;
		add_document(r, is_empty_document(root) ? NULL : root, line);
	}
	return -EINVAL;
}

int tree_read(struct pool *a, struct slice text, struct tree *out, tree_problem_fn problem, void *ctx)
{
	struct reader r = { .pool = a, .problem = problem, .ctx = ctx, .out = out };
	*out = (struct tree){ 0 };
	if (slice_starts(text, SLICE("\xEF\xBB\xBF")))
		text = slice_from(text, 3);
	if (!yaml_parser_initialize(&r.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text.ptr, text.len);
	int result = pool_guard(a, read_stream, &r);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return result;
}

struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (slice_eq(map->pairs[i].key->text, slice_str(key)))
			return map->pairs[i].value;
	return NULL;
}

static bool is_one_of(struct slice text, const char *const *words)
{
	for (; *words; words++)
		if (slice_eq(text, slice_str(*words)))
			return true;
	return false;
}

bool node_is_null(const struct node *n)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };
	return n->kind == NODE_SCALAR && n->plain && is_one_of(n->text, words);
}

bool node_is_integer(const struct node *n, int64_t *out)
{
	if (n->kind != NODE_SCALAR || !n->plain)
		return false;
	bool negative = n->text.len > 0 && n->text.ptr[0] == '-';
	uint64_t value;
	if (!slice_u64(slice_from(n->text, negative), &value) || value > INT64_MAX)
		return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool node_is_boolean(const struct node *n, bool *out)
{
	static const char *const yes[] = { "true", "True", "TRUE", NULL };
	static const char *const no[] = { "false", "False", "FALSE", NULL };
	if (n->kind != NODE_SCALAR || !n->plain)
		return false;
	*out = is_one_of(n->text, yes);
	return *out || is_one_of(n->text, no);
}

bool node_is_text(const struct node *n)
{
	return n->kind == NODE_SCALAR && !node_is_null(n);
}
