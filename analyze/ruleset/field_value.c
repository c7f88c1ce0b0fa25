/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/field_value.h"

#define REGEX_LENGTH_MAX 4096

struct expression *test_predicate(struct test_reading *t, const struct predicate *p)
{
	return expression_predicate(t->pool, predicate_intern(t->pool, &t->in->rules->predicates, p));
}

static struct predicate *pending(struct test_reading *t, enum predicate_kind kind)
{
	if (!t->has_pending)
		t->pending = (struct predicate){ .kind = kind, .field = t->m.field };
	t->has_pending = true;
	return &t->pending;
}

bool test_flush(struct test_reading *t, const struct node *where)
{
	if (!t->has_pending)
		return true;
	t->has_pending = false;
	if (t->m.all && t->pending.kind == PREDICATE_NETWORKS) {
		problem_at(t->in, where, "%s has one value; |all can not hold", t->m.field->name);
		return false;
	}
	expression_add(t->pool, t->group, test_predicate(t, &t->pending));
	return true;
}

static void add_pattern(struct test_reading *t, enum predicate_kind kind, struct pattern pattern)
{
	if (pattern_is_anything(&pattern)) {
		struct predicate exists = { .kind = PREDICATE_EXISTS, .field = t->m.field };
		expression_add(t->pool, t->group, test_predicate(t, &exists));
		return;
	}
	struct predicate *p = pending(t, kind);
	p->patterns = pool_room(t->pool, p->patterns, p->pattern_count, sizeof *p->patterns);
	p->patterns[p->pattern_count++] = pattern;
}

static bool regex_pattern(struct test_reading *t, const struct node *where, struct slice text,
			  struct pattern *out)
{
	struct ruleset *rules = t->in->rules;
	int code;
	size_t offset;
	if (text.len > REGEX_LENGTH_MAX) {
		problem_at(t->in, where, "a regular expression longer than %d bytes", REGEX_LENGTH_MAX);
		return false;
	}
	rules->regexes = pool_room(t->pool, rules->regexes, rules->regex_count, sizeof(pcre2_code *));
	*out = (struct pattern){
		.op = TEXT_REGEX, .cased = true, .regex_options = t->m.regex_options, .literal = text
	};
	pcre2_code *regex =
	    pcre2_compile(text.ptr, text.len, t->m.regex_options | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF,
			  &code, &offset, NULL);
	if (!regex) {
		PCRE2_UCHAR why[200];
		pcre2_get_error_message(code, why, sizeof why);
		problem_at(t->in, where, "regular expression: %s, at its byte %zu", (const char *)why,
			   offset + 1);
		return false;
	}
	rules->regexes[rules->regex_count++] = regex;
	out->regex = regex;
	return true;
}

static bool add_text(struct test_reading *t, const struct node *where, struct slice text,
		     enum predicate_kind kind)
{
	struct pattern pattern;
	struct text_values values = { 0 };
	if (t->m.compare == COMPARE_REGEX) {
		if (!regex_pattern(t, where, text, &pattern))
			return false;
		add_pattern(t, kind, pattern);
		return true;
	}
	values.items = pool_room(t->pool, NULL, 0, sizeof *values.items);
	values.items[values.count++] = text_value_read(t->pool, text);
	for (size_t i = 0; i < t->m.transform_count; i++) {
		const char *why = text_value_transform(t->pool, &values, t->m.transforms[i]);
		if (why) {
			problem_at(t->in, where, "%s", why);
			return false;
		}
	}
	for (size_t i = 0; i < values.count; i++)
		add_pattern(t, kind, text_value_pattern(t->pool, values.items[i], t->op, t->m.cased));
	return true;
}

static bool network_of(struct test_reading *t, const struct node *where, struct slice text,
		       struct addr_prefix *out)
{
	if (t->m.compare == COMPARE_CIDR) {
		if (slice_find(text, '/') != SLICE_NPOS && addr_prefix_parse(text, out))
			return true;
		problem_at(t->in, where, "'%s' is no network; write ADDRESS/BITS", shown(t->in, text));
		return false;
	}
	*out = (struct addr_prefix){ .bits = 128 };
	if (addr_parse(text, &out->base))
		return true;
	problem_at(t->in, where, "'%s' is no address; for a network use %s|cidr", shown(t->in, text),
		   t->m.field->name);
	return false;
}

static bool add_address(struct test_reading *t, const struct node *where, struct slice text)
{
	struct addr_prefix net;
	if (!network_of(t, where, text, &net))
		return false;
	if (t->m.field->kind == FIELD_KIND_TEXT) {
		add_pattern(t, PREDICATE_TEXT, (struct pattern){ .op = TEXT_CIDR, .net = net });
		return true;
	}
	struct predicate *p = pending(t, PREDICATE_NETWORKS);
	p->networks = pool_room(t->pool, p->networks, p->network_count, sizeof *p->networks);
	p->networks[p->network_count++] = net;
	return true;
}

static void add_number_part(struct test_reading *t, enum predicate_kind kind, int64_t number, bool negated)
{
	struct predicate p = { .kind = kind, .field = t->m.field, .part = t->m.part, .number = number };
	struct expression *e = test_predicate(t, &p);
	if (negated) { /* below: but an absent number is not below anything */
		struct predicate exists = { .kind = PREDICATE_EXISTS, .field = t->m.field };
		struct expression *both = expression_group(t->pool, EXPRESSION_AND);
		expression_add(t->pool, both, test_predicate(t, &exists));
		expression_add(t->pool, both, expression_not(t->pool, e));
		e = both;
	}
	expression_add(t->pool, t->group, e);
}

static bool integer_of(struct slice text, int64_t *out)
{
	struct node n = { .kind = NODE_SCALAR, .plain = true, .text = text };
	return node_is_integer(&n, out);
}

static bool is_pattern_text(const struct test_reading *t, struct slice text)
{
	return t->op != TEXT_EQUALS || t->m.compare == COMPARE_REGEX || slice_find(text, '*') != SLICE_NPOS ||
	       slice_find(text, '?') != SLICE_NPOS;
}

static bool add_number(struct test_reading *t, const struct node *where, struct slice text)
{
	int64_t number;
	if (t->m.field != &timestamp_field && is_pattern_text(t, text))
		return add_text(t, where, text, PREDICATE_DIGITS);
	if (!integer_of(text, &number) || number == INT64_MAX) {
		problem_at(t->in, where, "'%s' is no whole number, and %s is a number", shown(t->in, text),
			   t->m.field->name);
		return false;
	}
	switch (t->m.compare) {
	case COMPARE_LT:
		add_number_part(t, PREDICATE_AT_LEAST, number, true);
		break;
	case COMPARE_LTE:
		add_number_part(t, PREDICATE_AT_LEAST, number + 1, true);
		break;
	case COMPARE_GT:
		add_number_part(t, PREDICATE_AT_LEAST, number + 1, false);
		break;
	case COMPARE_GTE:
		add_number_part(t, PREDICATE_AT_LEAST, number, false);
		break;
	default:
		add_number_part(t, PREDICATE_NUMBER, number, false);
		break;
	}
	return true;
}

static const char *word_at(const struct field *f, unsigned index)
{
	if (f->kind == FIELD_KIND_CHOICE)
		return f->words[0] && index > 0 ? f->words[index] : "";
	return index < 64 ? anomaly_text(index) : NULL;
}

/* Index of the first and one past the last word; the set of anomalies has a gap between its two lists. */
static unsigned word_end(const struct field *f)
{
	unsigned end = 1;
	if (f->kind == FIELD_KIND_ANOMALY)
		return 64;
	while (f->words[end])
		end++;
	return end;
}

static uint64_t matching_words(struct test_reading *t, const struct pattern *pattern, struct match_room *room)
{
	const struct field *f = t->m.field;
	uint64_t words = 0;
	for (unsigned i = f->kind == FIELD_KIND_CHOICE; i < word_end(f); i++) {
		const char *word = word_at(f, i);
		if (word && pattern_matches(pattern, slice_str(word), room))
			words |= (uint64_t)1 << i;
	}
	return words;
}

static const char *all_words(struct test_reading *t)
{
	const struct field *f = t->m.field;
	const char *words[65];
	size_t count = 0;
	for (unsigned i = f->kind == FIELD_KIND_CHOICE; i < word_end(f); i++)
		if (word_at(f, i))
			words[count++] = word_at(f, i);
	words[count] = NULL;
	return word_list_text(t->pool, words);
}

/* The words are known now, so wildcards and regular expressions are answered now. */
static bool add_word(struct test_reading *t, const struct node *where, struct slice text)
{
	struct pattern pattern;
	struct match_room room;
	if (t->m.compare == COMPARE_REGEX) {
		if (!regex_pattern(t, where, text, &pattern))
			return false;
	} else {
		pattern = text_value_pattern(t->pool, text_value_read(t->pool, text), t->op, false);
	}
	if (match_room_init(&room) != 0)
		longjmp(*t->pool->on_failure, 1);
	uint64_t words = matching_words(t, &pattern, &room);
	match_room_fini(&room);
	if (words == 0) {
		problem_at(t->in, where, "%s has no word '%s'; words are %s", t->m.field->name,
			   shown(t->in, text), all_words(t));
		return false;
	}
	pending(t, PREDICATE_WORDS)->words |= words;
	return true;
}

bool test_add_value(struct test_reading *t, const struct node *where, struct slice text)
{
	if (t->m.compare == COMPARE_CIDR)
		return add_address(t, where, text);
	switch (t->m.field->kind) {
	case FIELD_KIND_ADDRESS:
		return add_address(t, where, text);
	case FIELD_KIND_TEXT:
		return add_text(t, where, text, PREDICATE_TEXT);
	case FIELD_KIND_NUMBER:
		return add_number(t, where, text);
	case FIELD_KIND_CHOICE:
	case FIELD_KIND_ANOMALY:
		return add_word(t, where, text);
	}
	return false;
}
