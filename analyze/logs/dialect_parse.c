/* SPDX-License-Identifier: MIT */
#include "analyze/logs/dialect.h"

#include <stdio.h>

/* YAML into struct dialect. Every key is known or a problem: a misspelt `anchor` that was skipped in silence would
 * turn a pattern into another one. */

#define LIST_MAX 256
#define DEFINES_MAX 64

struct parser {
	struct dialects *dialects;
	struct dialect *dialect;
	yaml_document_t *document;
	struct slice define_names[DEFINES_MAX], define_texts[DEFINES_MAX];
	size_t define_count;
	struct example *examples; /* of all patterns, LIST_MAX * 4 at most */
	size_t example_count;
	bool failed;
};

#define EXAMPLES_MAX 1024

#define PROBLEM(p, node, ...)                                                                                      \
	do {                                                                                                       \
		(p)->failed = true;                                                                                \
		dialects_add_problem((p)->dialects, (const char *)(p)->dialect->file.ptr,                          \
				     (unsigned)(node)->start_mark.line + 1, (unsigned)(node)->start_mark.column + 1,   \
				     __VA_ARGS__);                                                                 \
	} while (0)

/* ---- nodes ---- */

static struct slice scalar(const yaml_node_t *node)
{
	return slice_of(node->data.scalar.value, node->data.scalar.length);
}

static bool want(struct parser *p, const yaml_node_t *node, yaml_node_type_t type, const char *what)
{
	if (node->type == type)
		return true;
	PROBLEM(p, node, "%s is expected here", what);
	return false;
}

static struct slice keep(struct parser *p, const yaml_node_t *node, const char *what)
{
	if (!want(p, node, YAML_SCALAR_NODE, what))
		return slice_of("", 0);
	struct slice copy = dialect_copy(&p->dialect->arena, scalar(node));
	if (!copy.ptr) {
		p->failed = true;
		return slice_of("", 0);
	}
	return copy;
}

/* A scalar or a sequence of scalars. */
static size_t keep_list(struct parser *p, yaml_node_t *node, const struct slice **out, const char *what)
{
	size_t count = 1;
	if (node->type == YAML_SEQUENCE_NODE)
		count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (count > LIST_MAX) {
		PROBLEM(p, node, "more than %d entries", LIST_MAX);
		return 0;
	}
	struct slice *list = dialect_alloc(&p->dialect->arena, (count + 1) * sizeof *list);
	if (!list) {
		p->failed = true;
		return 0;
	}
	*out = list;
	if (node->type != YAML_SEQUENCE_NODE) {
		list[0] = keep(p, node, what);
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		list[i] = keep(p, yaml_document_get_node(p->document, node->data.sequence.items.start[i]), what);
	return count;
}

static bool keep_bool(struct parser *p, const yaml_node_t *node)
{
	if (!want(p, node, YAML_SCALAR_NODE, "true or false"))
		return false;
	if (slice_eq(scalar(node), SLICE("true")))
		return true;
	if (!slice_eq(scalar(node), SLICE("false")))
		PROBLEM(p, node, "true or false is expected here");
	return false;
}

/* Walks the pairs of a mapping: `fn` gets each key and value. */
typedef void (*pair_fn)(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value);

static size_t each_pair(struct parser *p, yaml_node_t *node, void *context, pair_fn fn)
{
	if (!want(p, node, YAML_MAPPING_NODE, "a mapping (key: value)"))
		return 0;
	size_t count = 0;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++, count++) {
		yaml_node_t *key = yaml_document_get_node(p->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(p->document, pair->value);
		if (!want(p, key, YAML_SCALAR_NODE, "a key"))
			continue;
		for (yaml_node_pair_t *before = node->data.mapping.pairs.start; before < pair; before++) {
			yaml_node_t *other = yaml_document_get_node(p->document, before->key);
			if (other->type == YAML_SCALAR_NODE && slice_eq(scalar(other), scalar(key)))
				PROBLEM(p, key, "`%.*s` is here twice", (int)scalar(key).len, (const char *)scalar(key).ptr);
		}
		fn(p, context, key, value);
	}
	return count;
}

static size_t pairs_in(const yaml_node_t *node)
{
	return node->type == YAML_MAPPING_NODE ?
		       (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start) :
		       0;
}

static unsigned line_of(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

static unsigned column_of(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.column + 1;
}

/* A regular expression with its macros replaced. */
static bool read_expression(struct parser *p, yaml_node_t *node, struct slice *out)
{
	*out = keep(p, node, "a regular expression");
	bool good = !p->failed && dialect_expand(p->dialects, p->dialect, p->define_names, p->define_texts, p->define_count,
						 out, line_of(node), column_of(node));
	p->failed |= !good;
	return good;
}

/* ---- values ---- */

bool dialect_assignment(const struct field *field, struct slice value, struct assignment *out)
{
	uint64_t number;
	out->field = field;
	out->text = value;
	switch (field->kind) {
	case FIELD_KIND_TEXT:
		return true;
	case FIELD_KIND_NUMBER:
		if (!slice_u64(value, &number) || number > INT64_MAX)
			return false;
		out->number = (int64_t)number;
		return true;
	case FIELD_KIND_CHOICE:
		for (unsigned word = 1; field->words[word]; word++) {
			if (slice_eq_nocase(slice_str(field->words[word]), value)) {
				out->word = (uint8_t)word;
				return true;
			}
		}
		return false;
	default:
		return false;
	}
}

struct assignment_list {
	struct assignment *items;
	size_t count;
};

static const struct field *want_field(struct parser *p, const yaml_node_t *key)
{
	const struct field *field = field_find(scalar(key));
	if (field)
		return field;
	const char *near = field_nearest(scalar(key));
	PROBLEM(p, key, "no field `%.*s`%s%s%s", (int)scalar(key).len, (const char *)scalar(key).ptr,
		near ? "; did you mean `" : "; docs/fields.md lists them", near ? near : "", near ? "`?" : "");
	return NULL;
}

static void add_assignment(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct assignment_list *list = context;
	const struct field *field = want_field(p, key);
	if (!field)
		return;
	struct slice text = keep(p, value, "a value");
	if (!dialect_assignment(field, text, &list->items[list->count]))
		PROBLEM(p, value, "`%.*s` is no value of %s", (int)text.len, (const char *)text.ptr, field->name);
	else
		list->count++;
}

static struct assignments read_set(struct parser *p, yaml_node_t *node)
{
	struct assignment_list list = { dialect_alloc(&p->dialect->arena, (pairs_in(node) + 1) * sizeof *list.items), 0 };
	if (list.items)
		each_pair(p, node, &list, add_assignment);
	else
		p->failed = true;
	return (struct assignments){ list.items, list.count };
}

static void add_case(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct choice *choice = context;
	struct choice_case *cases = (struct choice_case *)(uintptr_t)choice->cases;
	cases[choice->count].value = keep(p, key, "a value");
	cases[choice->count++].set = read_set(p, value);
}

struct by_context {
	struct pattern *pattern;
};

/* Which capture has this group name? Asks the compiled regex, so `by` is read after it. */
static int capture_of_group(const struct pattern *pattern, struct slice name)
{
	char text[64];
	if (!pattern->matcher.code || name.len >= sizeof text)
		return -1;
	memcpy(text, name.ptr, name.len);
	text[name.len] = 0;
	int group = pcre2_substring_number_from_name(pattern->matcher.code, (PCRE2_SPTR)text);
	for (size_t i = 0; group > 0 && i < pattern->capture_count; i++) {
		if (pattern->captures[i].group == group)
			return (int)i;
	}
	return -1;
}

static int capture_of_field(const struct pattern *pattern, struct slice name)
{
	const struct field *field = field_find(name);
	for (size_t i = 0; i < pattern->capture_count; i++) {
		const struct capture *capture = &pattern->captures[i];
		if (field ? capture->field == field : slice_eq(capture->name, name))
			return (int)i;
	}
	return -1;
}

static void add_choice(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern *pattern = ((struct by_context *)context)->pattern;
	int capture = pattern->matcher.code ? capture_of_group(pattern, scalar(key)) : capture_of_field(pattern, scalar(key));
	if (capture < 0) {
		PROBLEM(p, key, "the pattern captures nothing named `%.*s`", (int)scalar(key).len,
			(const char *)scalar(key).ptr);
		return;
	}
	struct choice *choice = &pattern->choices[pattern->choice_count++];
	choice->capture = (uint16_t)capture;
	choice->cases = dialect_alloc(&p->dialect->arena, (pairs_in(value) + 1) * sizeof *choice->cases);
	if (choice->cases)
		each_pair(p, value, choice, add_case);
	else
		p->failed = true;
}

/* ---- JSON form ---- */

static struct path read_path(struct parser *p, yaml_node_t *node)
{
	struct path path = { .depth = 0 };
	struct slice rest = keep(p, node, "a path, keys with dots between"), key;
	while (rest.ptr && path.depth < PATH_DEPTH_MAX) {
		key = slice_cut(&rest, '.');
		path.keys[path.depth++] = key;
	}
	if (rest.ptr)
		PROBLEM(p, node, "a path of more than %d keys", PATH_DEPTH_MAX);
	return path;
}

static void add_json_field(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern *pattern = context;
	/* A name without a dot is no field: `time`, and what `by` asks for. */
	bool is_time = slice_eq(scalar(key), SLICE("time")), is_own = slice_find(scalar(key), '.') == SLICE_NPOS;
	const struct field *field = is_own ? NULL : want_field(p, key);
	struct path *path = dialect_alloc(&p->dialect->arena, sizeof *path);
	if (!path || (!field && !is_own))
		return;
	*path = read_path(p, value);
	struct capture *capture = &pattern->captures[pattern->capture_count++];
	capture->field = field;
	capture->path = path;
	capture->name = is_own ? keep(p, key, "a name") : slice_of("", 0);
	capture->is_time = is_time;
	capture->is_source = field && field->kind == FIELD_KIND_ADDRESS && field->index == ADDRESS_SOURCE_IP;
	if (capture->is_source)
		pattern->source = (int)(pattern->capture_count - 1);
}

static void add_condition(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern *pattern = context;
	struct json_condition *conditions = (struct json_condition *)(uintptr_t)pattern->conditions;
	conditions[pattern->condition_count].path = read_path(p, key);
	conditions[pattern->condition_count++].value = keep(p, value, "a value");
}

static void add_like(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern *pattern = context;
	struct json_condition *condition =
		(struct json_condition *)(uintptr_t)&pattern->conditions[pattern->condition_count];
	struct slice regex;
	condition->path = read_path(p, key);
	if (!read_expression(p, value, &regex))
		return;
	condition->like = dialect_compile_like(p->dialects, p->dialect, regex, line_of(value), column_of(value));
	p->failed |= !condition->like;
	pattern->condition_count++;
}

/* ---- examples ---- */

struct example_context {
	struct example *example;
	struct promise *promises;
	yaml_node_t *line;
};

static void add_promise(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct example_context *c = context;
	if (slice_eq(scalar(key), SLICE("line"))) {
		c->example->line = keep(p, value, "a line");
		c->line = value;
		return;
	}
	struct promise *promise = &c->promises[c->example->promise_count];
	promise->field = slice_eq(scalar(key), SLICE("time")) ? NULL : want_field(p, key);
	promise->value = keep(p, value, "a value");
	c->example->promise_count += promise->field || slice_eq(scalar(key), SLICE("time"));
}

static void add_example(struct parser *p, const struct pattern *pattern, yaml_node_t *node, bool matches)
{
	if (p->example_count == EXAMPLES_MAX) {
		PROBLEM(p, node, "more than %d examples in one dialect", EXAMPLES_MAX);
		return;
	}
	struct example *example = &p->examples[p->example_count++];
	example->pattern = pattern;
	example->matches = matches;
	example->file_line = (unsigned)node->start_mark.line + 1;
	example->file_column = (unsigned)node->start_mark.column + 1;
	if (!matches) {
		example->line = keep(p, node, "a line");
		return;
	}
	struct example_context context = { example, dialect_alloc(&p->dialect->arena,
								(pairs_in(node) + 1) * sizeof(struct promise)), NULL };
	example->promises = context.promises;
	if (!context.promises || !each_pair(p, node, &context, add_promise) || !context.line)
		PROBLEM(p, node, "an example needs `line:` and the fields that it gives");
}

static void add_examples(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	bool matches = slice_eq(scalar(key), SLICE("match"));
	if (!matches && !slice_eq(scalar(key), SLICE("no_match"))) {
		PROBLEM(p, key, "`match` or `no_match` is expected here");
		return;
	}
	if (!want(p, value, YAML_SEQUENCE_NODE, "a list of examples"))
		return;
	for (yaml_node_item_t *item = value->data.sequence.items.start; item < value->data.sequence.items.top; item++)
		add_example(p, context, yaml_document_get_node(p->document, *item), matches);
}

/* ---- patterns ---- */

struct pattern_nodes {
	yaml_node_t *regex, *json, *where, *like, *set, *by, *examples, *anchor, *module, *record, *id;
};

static void note_pattern_key(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern_nodes *n = context;
	const struct {
		struct slice name;
		yaml_node_t **node;
	} known[] = {
		{ SLICE_INIT("id"), &n->id },	      { SLICE_INIT("anchor"), &n->anchor },
		{ SLICE_INIT("module"), &n->module }, { SLICE_INIT("record"), &n->record },
		{ SLICE_INIT("regex"), &n->regex },   { SLICE_INIT("json"), &n->json },
		{ SLICE_INIT("where"), &n->where },   { SLICE_INIT("like"), &n->like },
		   { SLICE_INIT("set"), &n->set },
		{ SLICE_INIT("by"), &n->by },	      { SLICE_INIT("examples"), &n->examples },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (slice_eq(known[i].name, scalar(key))) {
			*known[i].node = value;
			return;
		}
	}
	PROBLEM(p, key, "unknown key `%.*s`; a pattern has id, module, anchor, record, regex, json, where, like, set, by, examples",
		(int)scalar(key).len, (const char *)scalar(key).ptr);
}

static void read_regex(struct parser *p, struct pattern *pattern, yaml_node_t *node)
{
	struct slice regex;
	if (read_expression(p, node, &regex))
		p->failed |= !dialect_compile(p->dialects, p->dialect, pattern, regex, line_of(node), column_of(node));
}

static void read_json(struct parser *p, struct pattern *pattern, const struct pattern_nodes *n)
{
	pattern->captures = dialect_alloc(&p->dialect->arena, (pairs_in(n->json) + 1) * sizeof *pattern->captures);
	if (!pattern->captures) {
		p->failed = true;
		return;
	}
	each_pair(p, n->json, pattern, add_json_field);
	size_t count = (n->where ? pairs_in(n->where) : 0) + (n->like ? pairs_in(n->like) : 0);
	pattern->conditions = dialect_alloc(&p->dialect->arena, (count + 1) * sizeof *pattern->conditions);
	if (!pattern->conditions)
		p->failed = true;
	if (n->where && !p->failed)
		each_pair(p, n->where, pattern, add_condition);
	if (n->like && !p->failed)
		each_pair(p, n->like, pattern, add_like);
}

static void read_record(struct parser *p, struct pattern *pattern, yaml_node_t *node)
{
	const struct slice *list = NULL;
	size_t count = keep_list(p, node, &list, "a literal");
	if (count != 2) {
		PROBLEM(p, node, "`record` is a list of two literals: what opens it and what closes it");
		return;
	}
	pattern->opens = list[0];
	pattern->closes = list[1];
}

/* The parts of the program that write these lines, as its head names them. */
static void read_modules(struct parser *p, struct pattern *pattern, yaml_node_t *node)
{
	struct dialect *d = p->dialect;
	const struct slice *list = NULL;
	size_t count = keep_list(p, node, &list, "a module");
	if (!d->module_group) {
		PROBLEM(p, node, "`module` needs a `head` that captures (?<module>...)");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;
		while (k < d->module_count && !slice_eq(d->modules[k], list[i]))
			k++;
		if (k == MODULES_MAX) {
			PROBLEM(p, node, "more than %d modules in one dialect", MODULES_MAX);
			return;
		}
		if (k == d->module_count)
			d->modules[d->module_count++] = list[i];
		pattern->modules |= (uint64_t)1 << k;
	}
}

static void read_pattern(struct parser *p, struct pattern *pattern, yaml_node_t *node)
{
	struct pattern_nodes n = { 0 };
	pattern->source = -1;
	pattern->line = (unsigned)node->start_mark.line + 1;
	pattern->column = (unsigned)node->start_mark.column + 1;
	if (!each_pair(p, node, &n, note_pattern_key))
		return;
	if (!n.id || !n.set || !n.examples || !n.anchor || !n.regex == !n.json) {
		PROBLEM(p, node, "a pattern needs id, anchor, set, examples, and either regex or json");
		return;
	}
	pattern->id = keep(p, n.id, "a name");
	pattern->anchor_count = keep_list(p, n.anchor, &pattern->anchors, "a literal");
	for (size_t i = 0; i < pattern->anchor_count; i++) {
		if (!pattern->anchors[i].len)
			PROBLEM(p, n.anchor, "an empty anchor");
	}
	if (n.module)
		read_modules(p, pattern, n.module);
	if (n.record)
		read_record(p, pattern, n.record);
	if (n.regex)
		read_regex(p, pattern, n.regex);
	else
		read_json(p, pattern, &n);
	if ((n.where || n.like) && !n.json)
		PROBLEM(p, n.where ? n.where : n.like, "`where` and `like` belong to `json`");
	if (!p->failed && pattern->source < 0)
		PROBLEM(p, node, "the pattern does not say where the address stands: capture source.ip");
	pattern->set = read_set(p, n.set);
	pattern->choices = dialect_alloc(&p->dialect->arena, ((n.by ? pairs_in(n.by) : 0) + 1) * sizeof *pattern->choices);
	struct by_context by = { pattern };
	if (n.by && pattern->choices && !p->failed)
		each_pair(p, n.by, &by, add_choice);
	each_pair(p, n.examples, pattern, add_examples);
}

static void read_patterns(struct parser *p, yaml_node_t *node)
{
	if (!want(p, node, YAML_SEQUENCE_NODE, "a list of patterns"))
		return;
	size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (!count || count > LIST_MAX) {
		PROBLEM(p, node, "1 to %d patterns", LIST_MAX);
		return;
	}
	p->dialect->patterns = dialect_alloc(&p->dialect->arena, count * sizeof *p->dialect->patterns);
	if (!p->dialect->patterns) {
		p->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = yaml_document_get_node(p->document, node->data.sequence.items.start[i]);
		p->dialect->pattern_count = i + 1;
		read_pattern(p, &p->dialect->patterns[i], item);
	}
}

/* ---- the dialect ---- */

static void add_define(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	(void)context;
	if (p->define_count == DEFINES_MAX) {
		PROBLEM(p, key, "more than %d definitions", DEFINES_MAX);
		return;
	}
	p->define_names[p->define_count] = keep(p, key, "a name");
	p->define_texts[p->define_count++] = keep(p, value, "part of a regular expression");
}

struct dialect_nodes {
	yaml_node_t *name, *title, *about, *program, *needs_program, *failure, *define, *head, *patterns;
};

static void note_dialect_key(struct parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct dialect_nodes *n = context;
	const struct {
		struct slice name;
		yaml_node_t **node;
	} known[] = {
		{ SLICE_INIT("name"), &n->name },	{ SLICE_INIT("title"), &n->title },
		{ SLICE_INIT("about"), &n->about },	{ SLICE_INIT("program"), &n->program },
		{ SLICE_INIT("needs_program"), &n->needs_program },
		{ SLICE_INIT("failure"), &n->failure }, { SLICE_INIT("define"), &n->define },
		{ SLICE_INIT("head"), &n->head },	{ SLICE_INIT("patterns"), &n->patterns },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (slice_eq(known[i].name, scalar(key))) {
			*known[i].node = value;
			return;
		}
	}
	PROBLEM(p, key,
		"unknown key `%.*s`; a dialect has name, title, about, program, needs_program, failure, define, head, patterns",
		(int)scalar(key).len, (const char *)scalar(key).ptr);
}

static void read_head(struct parser *p, yaml_node_t *node)
{
	struct slice regex;
	if (read_expression(p, node, &regex))
		p->failed |= !dialect_compile_head(p->dialects, p->dialect, regex, line_of(node), column_of(node));
}

static void read_dialect(struct parser *p, yaml_node_t *root)
{
	struct dialect *d = p->dialect;
	struct dialect_nodes n = { 0 };
	if (!each_pair(p, root, &n, note_dialect_key))
		return;
	if (!n.name || !n.title || !n.patterns) {
		PROBLEM(p, root, "a dialect needs name, title and patterns");
		return;
	}
	d->name = keep(p, n.name, "a name");
	d->title = keep(p, n.title, "a title");
	if (n.program)
		d->program_count = keep_list(p, n.program, &d->programs, "a program name");
	if (n.needs_program)
		d->needs_program = keep_bool(p, n.needs_program);
	if (n.failure)
		d->failure_count = keep_list(p, n.failure, &d->failures, "a literal");
	if (n.define)
		each_pair(p, n.define, NULL, add_define);
	d->modules = dialect_alloc(&d->arena, MODULES_MAX * sizeof *d->modules);
	if (!d->modules)
		p->failed = true;
	if (n.head)
		read_head(p, n.head);
	if (!p->failed)
		read_patterns(p, n.patterns);
	for (size_t i = 0; i < d->pattern_count; i++)
		d->is_json |= d->patterns[i].matcher.code == NULL;
}

static bool parse_document(struct parser *p, struct slice bytes)
{
	yaml_parser_t yaml;
	yaml_document_t document;
	if (!yaml_parser_initialize(&yaml))
		return false;
	yaml_parser_set_input_string(&yaml, bytes.ptr, bytes.len);
	bool loaded = yaml_parser_load(&yaml, &document);
	if (!loaded) {
		dialects_add_problem(p->dialects, (const char *)p->dialect->file.ptr, (unsigned)yaml.problem_mark.line + 1,
				     (unsigned)yaml.problem_mark.column + 1, "not YAML: %s",
				     yaml.problem ? yaml.problem : "unreadable");
		p->failed = true;
	} else {
		yaml_node_t *root = yaml_document_get_root_node(&document);
		p->document = &document;
		if (root)
			read_dialect(p, root);
		else
			dialects_add_problem(p->dialects, (const char *)p->dialect->file.ptr, 1, 1, "the file is empty");
		p->failed |= !root;
		yaml_document_delete(&document);
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
	struct parser p = { .dialects = dialects, .dialect = dialect };
	p.examples = dialect_alloc(&dialect->arena, EXAMPLES_MAX * sizeof *p.examples);
	bool good = dialect->file.ptr && p.examples && parse_document(&p, bytes);
	dialect->examples = p.examples;
	dialect->example_count = p.example_count;
	if (good)
		return dialect;
	dialect_free(dialect);
	return NULL;
}
