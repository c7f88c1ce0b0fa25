/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/document.h"

#include "analyze/ruleset/correlation.h"
#include "analyze/ruleset/detection.h"
#include "analyze/ruleset/map_keys.h"

static const char *const no_words[] = { NULL };

static bool is_value(const struct node *map, const char *key, const char *wanted)
{
	const struct node *value = node_get(map, key);
	return value && value->kind == NODE_SCALAR && slice_eq(value->text, slice_str(wanted));
}

static void logsource_word(struct reading *in, const struct node *map, const char *key, const char *wanted)
{
	const struct node *value = node_get(map, key);
	if (!value)
		problem_at(in, map, "logsource %s is missing; it must be %s", key, wanted);
	else if (!is_value(map, key, wanted))
		problem_at(in, value,
			   "logsource %s '%s' is not %s; rules for other systems can not be used here", key,
			   value->kind == NODE_SCALAR ? shown(in, value->text) : "...", wanted);
}

static bool logsource_read(struct reading *in)
{
	static const char *const keys[] = { "category", "product", "service", "definition", NULL };
	const struct node *map = node_get(in->document->root, "logsource");
	size_t problems = in->rules->problem_count;
	if (!map || map->kind != NODE_MAP) {
		problem_at(
		    in, map ? map : in->document->root,
		    "logsource is missing; write logsource: {product: siphound, category: observation}");
		return false;
	}
	map_keys_check(in, map, keys, "logsource");
	logsource_word(in, map, "product", "siphound");
	if (is_value(map, "product", "siphound"))
		logsource_word(in, map, "category", "observation");
	return in->rules->problem_count == problems;
}

static void detection_document(struct reading *in, const struct node *detection)
{
	/* Fields of another system's rule would only bury the real reason. */
	if (logsource_read(in))
		in->document->expression = detection_read(in, detection, no_words);
}

static bool is_whole_negation(const struct expression *e)
{
	return e->op == EXPRESSION_NOT;
}

static void filter_document(struct reading *in, const struct node *filter)
{
	static const char *const not_selections[] = { "rules", NULL };
	const struct node *rules = node_get(filter, "rules");
	if (!logsource_read(in))
		return;
	if (!rules || (rules->kind == NODE_LIST && rules->count == 0) || rules->kind == NODE_MAP)
		problem_at(in, rules ? rules : filter,
			   "filter: rules must list the ids or names of the rules it is for");
	if (filter->kind == NODE_MAP && !node_get(filter, "selection"))
		problem_at(in, filter, "filter: selection is missing");
	in->document->expression = detection_read(in, filter, not_selections);
	/* Tools disagree on whether a filter says what to keep or what to leave out. Sigma's own example says
	 * what to leave out, and so do we; a condition that begins with `not` is most likely meant the other
	 * way. */
	if (in->document->expression && is_whole_negation(in->document->expression))
		problem_at(in, node_get(filter, "condition"),
			   "a filter's condition says what is left out; write it without the outer `not`");
}

static void choose_kind(struct reading *in)
{
	struct document *d = in->document;
	static const char *const kinds[] = { "detection", "correlation", "filter", NULL };
	unsigned found = 0;
	for (int i = 0; kinds[i]; i++) {
		const struct node *part = node_get(d->root, kinds[i]);
		if (!part)
			continue;
		d->kind = (enum document_kind)i;
		if (found++ > 0)
			problem_at(in, part,
				   "a document is either a detection, a correlation or a filter; separate "
				   "them with ---");
	}
	if (found == 0)
		problem_at(in, d->root, "neither detection, correlation nor filter: not a Sigma rule");
	else if (found == 1 && node_get(d->root, kinds[d->kind])->kind != NODE_MAP)
		problem_at(in, node_get(d->root, kinds[d->kind]), "%s must be a map", kinds[d->kind]);
}

static void add(struct reading *in)
{
	struct ruleset *rules = in->rules;
	if (in->document->kind == DOCUMENT_FILTER) {
		rules->filters =
		    pool_room(&rules->pool, rules->filters, rules->filter_count, sizeof(struct document *));
		rules->filters[rules->filter_count++] = in->document;
	} else {
		rules->documents = pool_room(&rules->pool, rules->documents, rules->document_count,
					     sizeof(struct document *));
		rules->documents[rules->document_count++] = in->document;
	}
}

void document_read(struct reading *in)
{
	struct document *d = in->document;
	if (d->root->kind != NODE_MAP) {
		problem_at(in, d->root, "a rule is a map that begins with title:");
		return;
	}
	metadata_read(in);
	size_t problems = in->rules->problem_count;
	choose_kind(in);
	if (in->rules->problem_count > problems)
		return;
	if (d->kind == DOCUMENT_DETECTION)
		detection_document(in, node_get(d->root, "detection"));
	else if (d->kind == DOCUMENT_CORRELATION)
		d->correlation = correlation_read(in, node_get(d->root, "correlation"));
	else
		filter_document(in, node_get(d->root, "filter"));
	const struct node *own = node_get(d->root, "siphound");
	if (own)
		siphound_keys_read(in, own);
	add(in);
}
