/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/resolve.h"

#include "analyze/ruleset/correlation.h"
#include "analyze/ruleset/rule_test.h"

#include <stdlib.h>

#define RULES_MAX 4096

static void problem_of(struct ruleset *rules, const struct document *d, const char *text)
{
	problem_in(rules, d->source->path, d->rule.line, 1, "%s", text);
}

static int by_id(const void *a, const void *b)
{
	const struct document *left = *(struct document *const *)a, *right = *(struct document *const *)b;
	int order = strcmp(left->rule.id, right->rule.id);
	if (order == 0)
		order = strcmp(left->rule.file, right->rule.file);
	return order ? order : (left->rule.line > right->rule.line) - (left->rule.line < right->rule.line);
}

static struct document *find(struct ruleset *rules, struct slice name)
{
	for (size_t i = 0; i < rules->document_count; i++) {
		struct document *d = rules->documents[i];
		if (slice_eq(slice_str(d->rule.id), name) ||
		    (d->rule.uuid[0] && slice_eq_nocase(slice_str(d->rule.uuid), name)))
			return d;
	}
	return NULL;
}

static void check_unique(struct ruleset *rules)
{
	for (size_t i = 0; i < rules->document_count; i++) {
		const struct document *d = rules->documents[i];
		for (size_t j = 0; j < i; j++) {
			const struct document *other = rules->documents[j];
			bool name = d->rule.id[0] && strcmp(d->rule.id, other->rule.id) == 0;
			bool uuid = d->rule.uuid[0] && strcmp(d->rule.uuid, other->rule.uuid) == 0;
			if (name || uuid)
				problem_in(rules, d->source->path, d->rule.line, 1,
					   "%s %s is already taken by %s:%u", name ? "name" : "id",
					   name ? d->rule.id : d->rule.uuid, other->rule.file,
					   other->rule.line);
		}
	}
}

/* What an alias means for one base: by its name or id. */
static const struct field *alias_field(struct reading *in, const struct correlation *c,
				       const struct correlation_field *f, const struct node *alias,
				       size_t base)
{
	const struct rule *rule = &c->bases[base].document->rule;
	for (size_t i = 0; i < alias->count; i++) {
		const struct node *key = alias->pairs[i].key, *value = alias->pairs[i].value;
		if (!slice_eq(key->text, slice_str(rule->id)) &&
		    !slice_eq_nocase(key->text, slice_str(rule->uuid)))
			continue;
		const struct field *field = node_is_text(value) ? field_find(value->text) : NULL;
		if (!field)
			problem_at(in, value, "correlation: alias '%s': no field has this name", f->name);
		return field;
	}
	problem_at(in, alias, "correlation: alias '%s' says no field for rule %s", f->name, rule->id);
	return NULL;
}

static bool is_countable(struct reading *in, const struct correlation *c, const struct correlation_field *f,
			 const struct field *field, bool is_value)
{
	if (field->kind == FIELD_KIND_ANOMALY) {
		problem_at(in, f->node, "correlation: %s is a set of words and has no single value",
			   field->name);
		return false;
	}
	if (is_value && c->type >= CORRELATION_VALUE_SUM && field->kind != FIELD_KIND_NUMBER) {
		problem_at(in, f->node, "correlation: %s is no number", field->name);
		return false;
	}
	return true;
}

static void resolve_field(struct reading *in, struct correlation *c, struct correlation_field *f,
			  bool is_value)
{
	const struct node *alias = node_get(c->aliases, f->name);
	const struct field *plain = alias ? NULL : field_find(slice_str(f->name));
	f->of_base = pool_alloc(&in->rules->pool, c->base_count * sizeof(struct field *));
	if (!alias && !plain) {
		const char *near = field_nearest(slice_str(f->name));
		problem_at(in, f->node, "correlation: no field or alias is named '%s'%s%s%s",
			   shown(in, slice_str(f->name)), near ? "; did you mean " : "", near ? near : "",
			   near ? "?" : "");
		return;
	}
	for (size_t i = 0; i < c->base_count; i++) {
		f->of_base[i] = alias ? alias_field(in, c, f, alias, i) : plain;
		if (!f->of_base[i] || !is_countable(in, c, f, f->of_base[i], is_value))
			return;
	}
}

/* Grouped by the actor for every base: then a window is one actor's. */
static bool is_by_actor(const struct correlation *c)
{
	for (size_t g = 0; g < c->group_count; g++) {
		size_t same = 0;
		for (size_t i = 0; i < c->base_count; i++)
			same += c->groups[g].of_base[i] &&
				c->groups[g].of_base[i]->kind == FIELD_KIND_ADDRESS &&
				c->groups[g].of_base[i]->index == ADDRESS_SOURCE_IP;
		if (same == c->base_count)
			return true;
	}
	return false;
}

static void resolve_correlation(struct ruleset *rules, struct document *d)
{
	struct correlation *c = d->correlation;
	struct reading in = { .rules = rules, .document = d };
	struct source source = { .path = d->source->path };
	size_t problems = rules->problem_count;
	in.source = &source;
	for (size_t i = 0; i < c->base_count; i++) {
		struct document *base = find(rules, c->bases[i].node->text);
		c->bases[i].document = base;
		if (!base) {
			problem_at(&in, c->bases[i].node, "correlation: no rule has the name or id '%s'",
				   shown(&in, c->bases[i].node->text));
			continue;
		}
		for (size_t j = 0; j < i; j++)
			if (c->bases[j].document == base)
				problem_at(&in, c->bases[i].node,
					   "correlation: this is the same rule as '%s'",
					   (const char *)c->bases[j].node->text.ptr);
		base->is_referred = true;
		base->is_kept_alerting |= d->generate;
	}
	if (rules->problem_count > problems)
		return;
	for (size_t i = 0; i < c->group_count; i++)
		resolve_field(&in, c, &c->groups[i], false);
	for (size_t i = 0; i < c->value_count; i++)
		resolve_field(&in, c, &c->values[i], true);
	if (rules->problem_count > problems)
		return;
	d->rule.is_correlation = true;
	d->rule.is_campaign = !is_by_actor(c);
}

#define CHAIN_MAX 16

/* How many correlations lie below; each must be decided after those. */
static unsigned depth_of(struct ruleset *rules, struct document *d, unsigned above)
{
	struct correlation *c = d->correlation;
	if (!c || c->depth)
		return c ? c->depth : 0;
	if (c->is_resolving || above > CHAIN_MAX) {
		problem_of(rules, d,
			   "correlation: this rule is built on itself, or on a chain of more than 16");
		return 0;
	}
	unsigned deepest = 0;
	c->is_resolving = true;
	for (size_t i = 0; i < c->base_count; i++) {
		unsigned below = c->bases[i].document ? depth_of(rules, c->bases[i].document, above + 1) : 0;
		deepest = below > deepest ? below : deepest;
	}
	c->is_resolving = false;
	return c->depth = deepest + 1;
}

static void add_filter(struct ruleset *rules, struct document *rule, struct expression *leave_out)
{
	struct pool *a = &rules->pool;
	if (rule->kind == DOCUMENT_CORRELATION) {
		if (!rule->filter)
			rule->filter = expression_group(a, EXPRESSION_OR);
		expression_add(a, rule->filter, leave_out);
		return;
	}
	struct expression *both = expression_group(a, EXPRESSION_AND);
	expression_add(a, both, rule->expression);
	expression_add(a, both, expression_not(a, leave_out));
	rule->expression = both;
}

static void apply_to(struct ruleset *rules, struct document *filter, const struct node *name)
{
	struct source source = { .path = filter->source->path };
	struct reading in = { .rules = rules, .source = &source, .document = filter };
	if (!node_is_text(name)) {
		problem_at(&in, name, "filter: a rule is named by its name or id");
		return;
	}
	if (slice_eq(name->text, SLICE("any"))) {
		for (size_t i = 0; i < rules->document_count; i++)
			if (rules->documents[i]->kind == DOCUMENT_DETECTION)
				add_filter(rules, rules->documents[i], filter->expression);
		return;
	}
	struct document *rule = find(rules, name->text);
	if (rule)
		add_filter(rules, rule, filter->expression);
	else
		problem_at(&in, name, "filter: no rule has the name or id '%s'", shown(&in, name->text));
}

static void apply_filter(struct ruleset *rules, struct document *filter)
{
	const struct node *names = node_get(node_get(filter->root, "filter"), "rules");
	if (names->kind != NODE_LIST) {
		apply_to(rules, filter, names);
		return;
	}
	for (size_t i = 0; i < names->count; i++)
		apply_to(rules, filter, names->items[i]);
}

static void check_strict(struct ruleset *rules, const struct document *d)
{
	bool positive = false, negative = false;
	for (size_t i = 0; i < d->test_count; i++)
		*(d->tests[i].match ? &positive : &negative) = true;
	if (!positive || !negative)
		problem_of(rules, d,
			   "siphound: tests must hold at least one that matches and one that must not");
	if (!node_get(d->root, "falsepositives"))
		problem_of(rules, d, "falsepositives is missing: what honest traffic looks like this?");
	if (!d->rule.uuid[0] || !node_get(d->root, "name"))
		problem_of(rules, d, "a shipped rule has both a name and an id");
}

static void check_complete(struct ruleset *rules, struct document *d)
{
	d->rule.alerts = !d->is_referred || d->is_kept_alerting;
	if (!d->rule.id[0])
		problem_of(rules, d, "name is missing: the stable id of the rule, as in sweep.sequential");
	if (!d->rule.alerts)
		return;
	if (!node_get(d->root, "level"))
		problem_of(rules, d, "level is missing: informational, low, medium, high or critical");
	if (d->rule.stage == STAGE_NONE)
		problem_of(rules, d, "siphound: stage is missing, as in siphound: {stage: probe}");
	if (rules->is_strict)
		check_strict(rules, d);
}

bool resolve(struct ruleset *rules)
{
	if (rules->problem_count > 0)
		return false;
	if (rules->document_count > RULES_MAX) {
		problem_of(rules, rules->documents[RULES_MAX], "more than 4096 rules");
		return false;
	}
	if (rules->document_count)
		qsort(rules->documents, rules->document_count, sizeof(struct document *), by_id);
	check_unique(rules);
	for (size_t i = 0; i < rules->document_count; i++)
		if (rules->documents[i]->correlation)
			resolve_correlation(rules, rules->documents[i]);
	if (rules->problem_count == 0)
		for (size_t i = 0; i < rules->document_count; i++)
			depth_of(rules, rules->documents[i], 0);
	for (size_t i = 0; i < rules->filter_count; i++)
		apply_filter(rules, rules->filters[i]);
	for (size_t i = 0; i < rules->document_count; i++) {
		check_complete(rules, rules->documents[i]);
		rules->documents[i]->rule.index = (uint16_t)i;
	}
	return rules->problem_count == 0;
}
