/* SPDX-License-Identifier: MIT */
#include "analyze/logs/dialect_yaml.h"

/* Patterns of a dialect: what they match, what they set, their examples. */

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
			if (value.len && ascii_lower(value.ptr[0]) == (uint8_t)field->words[word][0] &&
			    slice_eq_nocase(slice_str(field->words[word]), value)) {
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

static const struct field *want_field(struct dialect_parser *p, const yaml_node_t *key)
{
	const struct field *field = field_find(dnode_scalar(key));
	if (field)
		return field;
	const char *near = field_nearest(dnode_scalar(key));
	DIALECT_PROBLEM(
	    p, key, "no field `%.*s`%s%s%s", (int)dnode_scalar(key).len, (const char *)dnode_scalar(key).ptr,
	    near ? "; did you mean `" : "; docs/fields.md lists them", near ? near : "", near ? "`?" : "");
	return NULL;
}

static void add_assignment(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct assignment_list *list = context;
	const struct field *field = want_field(p, key);
	if (!field)
		return;
	struct slice text = dnode_keep(p, value, "a value");
	if (!dialect_assignment(field, text, &list->items[list->count]))
		DIALECT_PROBLEM(p, value, "`%.*s` is no value of %s", (int)text.len, (const char *)text.ptr,
				field->name);
	else
		list->count++;
}

static struct assignments read_set(struct dialect_parser *p, yaml_node_t *node)
{
	struct assignment_list list = {
		dialect_alloc(&p->dialect->arena, (dnode_pairs_in(node) + 1) * sizeof *list.items), 0
	};
	if (list.items)
		dnode_each_pair(p, node, &list, add_assignment);
	else
		p->failed = true;
	return (struct assignments){ list.items, list.count };
}

static void add_case(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct choice *choice = context;
	struct choice_case *cases = (struct choice_case *)(uintptr_t)choice->cases;
	cases[choice->count].value = dnode_keep(p, key, "a value");
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

static void add_choice(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern *pattern = ((struct by_context *)context)->pattern;
	int capture = pattern->matcher.code ? capture_of_group(pattern, dnode_scalar(key))
					    : capture_of_field(pattern, dnode_scalar(key));
	if (capture < 0) {
		DIALECT_PROBLEM(p, key, "the pattern captures nothing named `%.*s`",
				(int)dnode_scalar(key).len, (const char *)dnode_scalar(key).ptr);
		return;
	}
	struct choice *choice = &pattern->choices[pattern->choice_count++];
	choice->capture = (uint16_t)capture;
	choice->cases =
	    dialect_alloc(&p->dialect->arena, (dnode_pairs_in(value) + 1) * sizeof *choice->cases);
	if (choice->cases)
		dnode_each_pair(p, value, choice, add_case);
	else
		p->failed = true;
}

/* ---- JSON form ---- */

static struct path read_path(struct dialect_parser *p, yaml_node_t *node)
{
	struct path path = { .depth = 0 };
	struct slice rest = dnode_keep(p, node, "a path, keys with dots between"), key;
	while (rest.ptr && path.depth < PATH_DEPTH_MAX) {
		key = slice_cut(&rest, '.');
		path.keys[path.depth++] = key;
	}
	if (rest.ptr)
		DIALECT_PROBLEM(p, node, "a path of more than %d keys", PATH_DEPTH_MAX);
	return path;
}

static void add_json_field(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern *pattern = context;
	/* A name without a dot is no field: `time`, and what `by` asks for. */
	bool is_time = slice_eq(dnode_scalar(key), SLICE("time")),
	     is_own = slice_find(dnode_scalar(key), '.') == SLICE_NPOS;
	const struct field *field = is_own ? NULL : want_field(p, key);
	struct path *path = dialect_alloc(&p->dialect->arena, sizeof *path);
	if (!path || (!field && !is_own))
		return;
	*path = read_path(p, value);
	struct capture *capture = &pattern->captures[pattern->capture_count++];
	capture->field = field;
	capture->path = path;
	capture->name = is_own ? dnode_keep(p, key, "a name") : slice_of("", 0);
	capture->is_time = is_time;
	capture->is_source = field && field->kind == FIELD_KIND_ADDRESS && field->index == ADDRESS_SOURCE_IP;
	if (capture->is_source)
		pattern->source = (int)(pattern->capture_count - 1);
}

static void add_condition(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern *pattern = context;
	struct json_condition *conditions = (struct json_condition *)(uintptr_t)pattern->conditions;
	conditions[pattern->condition_count].path = read_path(p, key);
	conditions[pattern->condition_count++].value = dnode_keep(p, value, "a value");
}

static void add_like(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern *pattern = context;
	struct json_condition *condition =
	    (struct json_condition *)(uintptr_t)&pattern->conditions[pattern->condition_count];
	struct slice regex;
	condition->path = read_path(p, key);
	if (!dnode_read_expression(p, value, &regex))
		return;
	condition->like = dialect_compile_like(p->dialects, p->dialect, regex, dnode_line_of(value),
					       dnode_column_of(value));
	p->failed |= !condition->like;
	pattern->condition_count++;
}

/* ---- examples ---- */

struct example_context {
	struct example *example;
	struct promise *promises;
	yaml_node_t *line;
};

static void add_promise(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct example_context *c = context;
	if (slice_eq(dnode_scalar(key), SLICE("line"))) {
		c->example->line = dnode_keep(p, value, "a line");
		c->line = value;
		return;
	}
	struct promise *promise = &c->promises[c->example->promise_count];
	promise->field = slice_eq(dnode_scalar(key), SLICE("time")) ? NULL : want_field(p, key);
	promise->value = dnode_keep(p, value, "a value");
	c->example->promise_count += promise->field || slice_eq(dnode_scalar(key), SLICE("time"));
}

/* One more; NULL when out of memory. */
static struct example *new_example(struct dialect_parser *p)
{
	size_t count = p->example_count;
	if ((count & (count - 1)) == 0) {
		struct example *moved =
		    dialect_alloc(&p->dialect->arena, (count ? count * 2 : 1) * sizeof *moved);
		if (!moved)
			return NULL;
		if (count)
			memcpy(moved, p->examples, count * sizeof *moved);
		p->examples = moved;
	}
	return &p->examples[p->example_count++];
}

static void add_example(struct dialect_parser *p, const struct pattern *pattern, yaml_node_t *node,
			bool matches)
{
	if (p->example_count == EXAMPLES_MAX) {
		DIALECT_PROBLEM(p, node, "more than %d examples in one dialect", EXAMPLES_MAX);
		return;
	}
	struct example *example = new_example(p);
	if (!example) {
		p->failed = true;
		return;
	}
	example->pattern = pattern;
	example->matches = matches;
	example->file_line = (unsigned)node->start_mark.line + 1;
	example->file_column = (unsigned)node->start_mark.column + 1;
	if (!matches) {
		example->line = dnode_keep(p, node, "a line");
		return;
	}
	struct example_context context = {
		example,
		dialect_alloc(&p->dialect->arena, (dnode_pairs_in(node) + 1) * sizeof(struct promise)), NULL
	};
	example->promises = context.promises;
	if (!context.promises || !dnode_each_pair(p, node, &context, add_promise) || !context.line)
		DIALECT_PROBLEM(p, node, "an example needs `line:` and the fields that it gives");
}

static void add_examples(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	bool matches = slice_eq(dnode_scalar(key), SLICE("match"));
	if (!matches && !slice_eq(dnode_scalar(key), SLICE("no_match"))) {
		DIALECT_PROBLEM(p, key, "`match` or `no_match` is expected here");
		return;
	}
	if (!dnode_want(p, value, YAML_SEQUENCE_NODE, "a list of examples"))
		return;
	for (yaml_node_item_t *item = value->data.sequence.items.start; item < value->data.sequence.items.top;
	     item++)
		add_example(p, context, yaml_document_get_node(p->document, *item), matches);
}

/* ---- patterns ---- */

struct pattern_nodes {
	yaml_node_t *regex, *json, *where, *like, *set, *by, *examples, *anchor, *module, *record, *id;
};

static void note_pattern_key(struct dialect_parser *p, void *context, yaml_node_t *key, yaml_node_t *value)
{
	struct pattern_nodes *n = context;
	const struct {
		struct slice name;
		yaml_node_t **node;
	} known[] = {
		{ SLICE_INIT("id"), &n->id },
		{ SLICE_INIT("anchor"), &n->anchor },
		{ SLICE_INIT("module"), &n->module },
		{ SLICE_INIT("record"), &n->record },
		{ SLICE_INIT("regex"), &n->regex },
		{ SLICE_INIT("json"), &n->json },
		{ SLICE_INIT("where"), &n->where },
		{ SLICE_INIT("like"), &n->like },
		{ SLICE_INIT("set"), &n->set },
		{ SLICE_INIT("by"), &n->by },
		{ SLICE_INIT("examples"), &n->examples },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (slice_eq(known[i].name, dnode_scalar(key))) {
			*known[i].node = value;
			return;
		}
	}
	DIALECT_PROBLEM(p, key,
			"unknown key `%.*s`; a pattern has id, module, anchor, record, regex, json, where, "
			"like, set, by, examples",
			(int)dnode_scalar(key).len, (const char *)dnode_scalar(key).ptr);
}

static void read_regex(struct dialect_parser *p, struct pattern *pattern, yaml_node_t *node)
{
	struct slice regex;
	if (dnode_read_expression(p, node, &regex))
		p->failed |= !dialect_compile(p->dialects, p->dialect, pattern, regex, dnode_line_of(node),
					      dnode_column_of(node));
}

static void read_json(struct dialect_parser *p, struct pattern *pattern, const struct pattern_nodes *n)
{
	pattern->captures =
	    dialect_alloc(&p->dialect->arena, (dnode_pairs_in(n->json) + 1) * sizeof *pattern->captures);
	if (!pattern->captures) {
		p->failed = true;
		return;
	}
	dnode_each_pair(p, n->json, pattern, add_json_field);
	size_t count = (n->where ? dnode_pairs_in(n->where) : 0) + (n->like ? dnode_pairs_in(n->like) : 0);
	pattern->conditions = dialect_alloc(&p->dialect->arena, (count + 1) * sizeof *pattern->conditions);
	if (!pattern->conditions)
		p->failed = true;
	if (n->where && !p->failed)
		dnode_each_pair(p, n->where, pattern, add_condition);
	if (n->like && !p->failed)
		dnode_each_pair(p, n->like, pattern, add_like);
}

static void read_record(struct dialect_parser *p, struct pattern *pattern, yaml_node_t *node)
{
	const struct slice *list = NULL;
	size_t count = dnode_keep_list(p, node, &list, "a literal");
	if (count != 2) {
		DIALECT_PROBLEM(p, node,
				"`record` is a list of two literals: what opens it and what closes it");
		return;
	}
	pattern->opens = list[0];
	pattern->closes = list[1];
}

/* The parts of the program that write these lines, as its head names them. */
static void read_modules(struct dialect_parser *p, struct pattern *pattern, yaml_node_t *node)
{
	struct dialect *d = p->dialect;
	const struct slice *list = NULL;
	size_t count = dnode_keep_list(p, node, &list, "a module");
	if (!d->module_group) {
		DIALECT_PROBLEM(p, node, "`module` needs a `head` that captures (?<module>...)");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;
		while (k < d->module_count && !slice_eq(d->modules[k], list[i]))
			k++;
		if (k == MODULES_MAX) {
			DIALECT_PROBLEM(p, node, "more than %d modules in one dialect", MODULES_MAX);
			return;
		}
		if (k == d->module_count)
			d->modules[d->module_count++] = list[i];
		pattern->modules |= (uint64_t)1 << k;
	}
}

static void read_pattern(struct dialect_parser *p, struct pattern *pattern, yaml_node_t *node)
{
	struct pattern_nodes n = { 0 };
	pattern->source = -1;
	pattern->line = (unsigned)node->start_mark.line + 1;
	pattern->column = (unsigned)node->start_mark.column + 1;
	if (!dnode_each_pair(p, node, &n, note_pattern_key))
		return;
	if (!n.id || !n.set || !n.examples || !n.anchor || !n.regex == !n.json) {
		DIALECT_PROBLEM(p, node,
				"a pattern needs id, anchor, set, examples, and either regex or json");
		return;
	}
	pattern->id = dnode_keep(p, n.id, "a name");
	pattern->anchor_count = dnode_keep_list(p, n.anchor, &pattern->anchors, "a literal");
	for (size_t i = 0; i < pattern->anchor_count; i++) {
		if (!pattern->anchors[i].len)
			DIALECT_PROBLEM(p, n.anchor, "an empty anchor");
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
		DIALECT_PROBLEM(p, n.where ? n.where : n.like, "`where` and `like` belong to `json`");
	if (!p->failed && pattern->source < 0)
		DIALECT_PROBLEM(p, node,
				"the pattern does not say where the address stands: capture source.ip");
	pattern->set = read_set(p, n.set);
	pattern->choices = dialect_alloc(&p->dialect->arena,
					 ((n.by ? dnode_pairs_in(n.by) : 0) + 1) * sizeof *pattern->choices);
	struct by_context by = { pattern };
	if (n.by && pattern->choices && !p->failed)
		dnode_each_pair(p, n.by, &by, add_choice);
	dnode_each_pair(p, n.examples, pattern, add_examples);
}

void dialect_read_patterns(struct dialect_parser *p, yaml_node_t *node)
{
	if (!dnode_want(p, node, YAML_SEQUENCE_NODE, "a list of patterns"))
		return;
	size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (!count || count > LIST_MAX) {
		DIALECT_PROBLEM(p, node, "1 to %d patterns", LIST_MAX);
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
