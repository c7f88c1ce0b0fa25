/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/modifiers.h"

enum modifier_group { GROUP_COMPARE, GROUP_FLAG, GROUP_TRANSFORM, GROUP_TIME, GROUP_REGEX };
enum { FLAG_ALL, FLAG_NEQ, FLAG_CASED, FLAG_FIELDREF, FLAG_EXPAND };

static const struct modifier {
	const char *name;
	enum modifier_group group;
	uint32_t value;
} modifier_table[] = {
	{ "contains", GROUP_COMPARE, COMPARE_CONTAINS },
	{ "startswith", GROUP_COMPARE, COMPARE_STARTS },
	{ "endswith", GROUP_COMPARE, COMPARE_ENDS },
	{ "re", GROUP_COMPARE, COMPARE_REGEX },
	{ "cidr", GROUP_COMPARE, COMPARE_CIDR },
	{ "lt", GROUP_COMPARE, COMPARE_LT },
	{ "lte", GROUP_COMPARE, COMPARE_LTE },
	{ "gt", GROUP_COMPARE, COMPARE_GT },
	{ "gte", GROUP_COMPARE, COMPARE_GTE },
	{ "exists", GROUP_COMPARE, COMPARE_EXISTS },
	{ "all", GROUP_FLAG, FLAG_ALL },
	{ "neq", GROUP_FLAG, FLAG_NEQ },
	{ "cased", GROUP_FLAG, FLAG_CASED },
	{ "fieldref", GROUP_FLAG, FLAG_FIELDREF },
	{ "expand", GROUP_FLAG, FLAG_EXPAND },
	{ "base64", GROUP_TRANSFORM, TRANSFORM_BASE64 },
	{ "base64offset", GROUP_TRANSFORM, TRANSFORM_BASE64_OFFSET },
	{ "utf16le", GROUP_TRANSFORM, TRANSFORM_UTF16LE },
	{ "wide", GROUP_TRANSFORM, TRANSFORM_UTF16LE },
	{ "utf16be", GROUP_TRANSFORM, TRANSFORM_UTF16BE },
	{ "utf16", GROUP_TRANSFORM, TRANSFORM_UTF16 },
	{ "windash", GROUP_TRANSFORM, TRANSFORM_WINDASH },
	{ "minute", GROUP_TIME, TIME_MINUTE },
	{ "hour", GROUP_TIME, TIME_HOUR },
	{ "day", GROUP_TIME, TIME_DAY },
	{ "week", GROUP_TIME, TIME_WEEK },
	{ "month", GROUP_TIME, TIME_MONTH },
	{ "year", GROUP_TIME, TIME_YEAR },
	{ "i", GROUP_REGEX, PCRE2_CASELESS },
	{ "m", GROUP_REGEX, PCRE2_MULTILINE },
	{ "s", GROUP_REGEX, PCRE2_DOTALL },
};

static const char modifier_names[] =
    "contains, startswith, endswith, all, exists, cased, neq, re, cidr, lt, lte, gt, gte, fieldref, "
    "expand, base64, base64offset, utf16le, utf16be, utf16, wide, windash, minute, hour, day, week, month, "
    "year";

static const struct modifier *find_modifier(struct slice name)
{
	for (size_t i = 0; i < sizeof modifier_table / sizeof *modifier_table; i++)
		if (slice_eq(name, slice_str(modifier_table[i].name)))
			return &modifier_table[i];
	return NULL;
}

static bool set_flag(struct modifiers *out, uint32_t flag)
{
	bool *flags[] = { &out->all, &out->neq, &out->cased, &out->fieldref, &out->expand };
	bool is_new = !*flags[flag];
	*flags[flag] = true;
	return is_new;
}

static bool apply(struct reading *in, const struct node *key, const struct modifier *m, struct modifiers *out)
{
	switch (m->group) {
	case GROUP_COMPARE:
		if (out->compare_name) {
			problem_at(in, key, "|%s and |%s are two comparisons; a test has one",
				   out->compare_name, m->name);
			return false;
		}
		out->compare = (enum comparison)m->value;
		out->compare_name = m->name;
		return true;
	case GROUP_FLAG:
		if (!set_flag(out, m->value)) {
			problem_at(in, key, "|%s stands twice", m->name);
			return false;
		}
		return true;
	case GROUP_TRANSFORM:
		if (out->transform_count == TRANSFORMS_MAX) {
			problem_at(in, key, "more than %d encodings in a chain", TRANSFORMS_MAX);
			return false;
		}
		out->transforms[out->transform_count++] = (enum text_transform)m->value;
		return true;
	case GROUP_TIME:
		if (out->part != TIME_NONE) {
			problem_at(in, key, "|%s: a test looks at one part of the time; write a second test",
				   m->name);
			return false;
		}
		out->part = (enum time_part)m->value;
		return true;
	case GROUP_REGEX:
		if (out->compare != COMPARE_REGEX) {
			problem_at(in, key, "|%s belongs behind |re", m->name);
			return false;
		}
		out->regex_options |= m->value;
		return true;
	}
	return false;
}

static const struct field *read_field(struct reading *in, const struct node *key, struct slice name)
{
	if (slice_eq(name, SLICE("@timestamp")))
		return &timestamp_field;
	const struct field *f = field_find(name);
	if (f)
		return f;
	const char *near = field_nearest(name);
	if (name.len == 0)
		problem_at(in, key, "a field name is missing before the |");
	else if (near)
		problem_at(in, key, "no field is named '%s'; did you mean %s?", shown(in, name), near);
	else
		problem_at(in, key, "no field is named '%s'; docs/fields.md lists them", shown(in, name));
	return NULL;
}

static const char *kind_text(const struct field *f)
{
	static const char *const names[] = { "an address", "text", "a number", "a choice of words",
					     "a set of words" };
	return f == &timestamp_field ? "a time" : names[f->kind];
}

static bool is_text_comparison(enum comparison c)
{
	return c == COMPARE_CONTAINS || c == COMPARE_STARTS || c == COMPARE_ENDS || c == COMPARE_REGEX;
}

static bool is_order_comparison(enum comparison c)
{
	return c == COMPARE_LT || c == COMPARE_LTE || c == COMPARE_GT || c == COMPARE_GTE;
}

/* Why this comparison makes no sense on this field; NULL when it does. */
static const char *misfit(const struct modifiers *m)
{
	enum field_kind kind = m->field->kind;
	if (m->field == &timestamp_field)
		return m->part == TIME_NONE
			   ? "compare a part of it: |minute, |hour, |day, |week, |month or |year"
		       : m->compare != COMPARE_EQUALS && !is_order_comparison(m->compare)
			   ? "parts of a time are numbers"
			   : NULL;
	if (m->part != TIME_NONE)
		return "only @timestamp has parts of a time";
	if (is_order_comparison(m->compare) && kind != FIELD_KIND_NUMBER)
		return "lt, lte, gt and gte compare numbers";
	if (m->compare == COMPARE_CIDR && kind != FIELD_KIND_ADDRESS && kind != FIELD_KIND_TEXT)
		return "cidr needs an address, or text that holds one";
	if (is_text_comparison(m->compare) && kind == FIELD_KIND_ADDRESS)
		return "write a network with |cidr instead";
	if ((m->cased || m->transform_count) && kind != FIELD_KIND_TEXT)
		return "cased and encodings are for text";
	return NULL;
}

static bool check(struct reading *in, const struct node *key, const struct modifiers *m)
{
	const char *why = misfit(m);
	if (why) {
		problem_at(in, key, "'%s' does not fit: %s is %s; %s", shown(in, key->text), m->field->name,
			   kind_text(m->field), why);
		return false;
	}
	if ((m->compare == COMPARE_REGEX || m->compare == COMPARE_CIDR || m->compare == COMPARE_EXISTS) &&
	    (m->cased || m->transform_count)) {
		problem_at(in, key, "cased and encodings do not go with |%s", m->compare_name);
		return false;
	}
	if (m->compare == COMPARE_EXISTS && (m->all || m->fieldref || m->expand)) {
		problem_at(in, key, "|exists stands alone");
		return false;
	}
	if (m->fieldref && (m->expand || m->transform_count || m->compare == COMPARE_REGEX ||
			    m->compare == COMPARE_CIDR || is_order_comparison(m->compare))) {
		problem_at(in, key, "|fieldref goes with neq, cased, contains, startswith and endswith only");
		return false;
	}
	return true;
}

bool modifiers_read(struct reading *in, const struct node *key, struct modifiers *out)
{
	struct slice rest = key->text;
	struct slice name = slice_cut(&rest, '|');
	*out = (struct modifiers){ .field = read_field(in, key, name) };
	if (!out->field)
		return false;
	while (rest.ptr) {
		struct slice word = slice_cut(&rest, '|');
		const struct modifier *m = find_modifier(word);
		if (!m) {
			problem_at(in, key, "no modifier is named '%s'; there are %s", shown(in, word),
				   modifier_names);
			return false;
		}
		if (!apply(in, key, m, out))
			return false;
	}
	return check(in, key, out);
}
