/* SPDX-License-Identifier: MIT */
#include "analyze/logs/dialect_yaml.h"

/* YAML into struct dialect. Every key is known or a problem: a misspelt `needs_program` that was skipped in
 * silence would turn a dialect into another one. */

static void add_define(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	(void)context;
	if (p->define_count == DEFINES_MAX) {
		DIALECT_PROBLEM(p, key, "more than %d definitions", DEFINES_MAX);
		return;
	}
	p->define_names[p->define_count] = dnode_keep(p, key, "a name");
	p->define_texts[p->define_count++] = dnode_keep(p, value, "part of a regular expression");
}

struct dialect_nodes {
	yaml_node_t *name, *title, *about, *program, *needs_program, *failure, *define, *head, *patterns;
};

static void note_dialect_key(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct dialect_nodes *n = context;
	const struct {
		struct slice name;
		yaml_node_t **node;
	} known[] = {
		{ SLICE_INIT("name"), &n->name },
		{ SLICE_INIT("title"), &n->title },
		{ SLICE_INIT("about"), &n->about },
		{ SLICE_INIT("program"), &n->program },
		{ SLICE_INIT("needs_program"), &n->needs_program },
		{ SLICE_INIT("failure"), &n->failure },
		{ SLICE_INIT("define"), &n->define },
		{ SLICE_INIT("head"), &n->head },
		{ SLICE_INIT("patterns"), &n->patterns },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (slice_eq(known[i].name, dnode_scalar(key))) {
			*known[i].node = value;
			return;
		}
	}
	DIALECT_PROBLEM(p, key,
			"unknown key `%.*s`; a dialect has name, title, about, program, needs_program, "
			"failure, define, head, patterns",
			(int)dnode_scalar(key).len, (const char *)dnode_scalar(key).ptr);
}

static void read_head(struct dialect_parser *p, yaml_node_t *node)
{
	struct slice regex;
	if (dnode_read_expression(p, node, &regex))
		p->failed |= !dialect_compile_head(p->dialects, p->dialect, regex, dnode_line_of(node),
						   dnode_column_of(node));
}

static void read_dialect(struct dialect_parser *p, yaml_node_t *root)
{
	struct dialect *d = p->dialect;
	struct dialect_nodes n = { 0 };
	if (!dnode_each_pair(p, root, &n, note_dialect_key))
		return;
	if (!n.name || !n.title || !n.patterns) {
		DIALECT_PROBLEM(p, root, "a dialect needs name, title and patterns");
		return;
	}
	d->name = dnode_keep(p, n.name, "a name");
	d->title = dnode_keep(p, n.title, "a title");
	if (n.program)
		d->program_count = dnode_keep_list(p, n.program, &d->programs, "a program name");
	if (n.needs_program)
		d->needs_program = dnode_keep_bool(p, n.needs_program);
	if (n.failure)
		d->failure_count = dnode_keep_list(p, n.failure, &d->failures, "a literal");
	if (n.define)
		dnode_each_pair(p, n.define, NULL, add_define);
	d->modules = dialect_alloc(&d->arena, MODULES_MAX * sizeof *d->modules);
	if (!d->modules)
		p->failed = true;
	if (n.head)
		read_head(p, n.head);
	if (!p->failed)
		dialect_read_patterns(p, n.patterns);
	for (size_t i = 0; i < d->pattern_count; i++)
		d->is_json |= d->patterns[i].matcher.code == NULL;
}

/* libyaml compares each anchor with all before it, and takes time that grows with the square of the depth: minutes for a
 * file of 1 MiB that is made for it. Told from the bytes, quoted or not; no honest dialect comes near. */
static const char *bomb_in(struct slice bytes)
{
	size_t anchors = 0;
	int nested = 0;
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = bytes.ptr[i];
		anchors += c == '&' && (i == 0 || strchr(" \t\r\n[{,:-", bytes.ptr[i - 1]));
		nested += (c == '[' || c == '{') - (c == ']' || c == '}');
		if (nested > NESTED_MAX)
			return "nested too deep";
		nested = nested < 0 ? 0 : nested;
	}
	return anchors > ANCHORS_MAX ? "too many anchors" : NULL;
}

static bool parse_document(struct dialect_parser *p, struct slice bytes)
{
	const char *bomb = bomb_in(bytes);
	if (bomb) {
		dialects_add_problem(p->dialects, (const char *)p->dialect->file.ptr, 1, 1, "%s", bomb);
		return false;
	}
	yaml_parser_t yaml;
	yaml_document_t document;
	if (!yaml_parser_initialize(&yaml))
		return false;
	yaml_parser_set_input_string(&yaml, bytes.ptr, bytes.len);
	bool loaded = yaml_parser_load(&yaml, &document);
	if (!loaded) {
		dialects_add_problem(p->dialects, (const char *)p->dialect->file.ptr,
				     (unsigned)yaml.problem_mark.line + 1,
				     (unsigned)yaml.problem_mark.column + 1, "not YAML: %s",
				     yaml.problem ? yaml.problem : "unreadable");
		p->failed = true;
	} else {
		yaml_node_t *root = yaml_document_get_root_node(&document);
		p->document = &document;
		if (root)
			read_dialect(p, root);
		else
			dialects_add_problem(p->dialects, (const char *)p->dialect->file.ptr, 1, 1,
					     "the file is empty");
		p->failed |= !root;
		yaml_document_delete(&document);
		p->document = NULL;
	}
	yaml_parser_delete(&yaml);
	return !p->failed;
}

struct dialect *dialect_parse(struct dialects *dialects, const char *file, struct slice bytes)
{
	struct dialect_arena arena = { NULL };
	struct dialect *dialect = dialect_alloc(&arena, sizeof *dialect);
	if (!dialect)
		return NULL;
	dialect->arena = arena;
	dialect->file = dialect_copy(&dialect->arena, slice_str(file));
	struct dialect_parser p = { .dialects = dialects, .dialect = dialect };
	bool good = dialect->file.ptr && parse_document(&p, bytes);
	dialect->examples = p.examples;
	dialect->example_count = p.example_count;
	if (good)
		return dialect;
	dialect_free(dialect);
	return NULL;
}
