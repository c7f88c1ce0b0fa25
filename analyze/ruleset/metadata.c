/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/document.h"

#include "core/clock.h"

/* Top-level keys as SigmaHQ's JSON schemas ask for them, so that `rules check` finds what a schema would.
 * Other keys are allowed: "arbitrary custom fields". */

#define TITLE_MAX	256
#define NAME_MAX_LEN	128
#define DESCRIPTION_MAX 65535
#define LIST_MAX	1000

static const char *const level_words[] = { "informational", "low", "medium", "high", "critical", NULL };
static const char *const status_words[] = { "stable",	  "test",	 "experimental",
					    "deprecated", "unsupported", NULL };
static const char *const related_words[] = { "derived", "obsolete", "merged", "renamed", "similar", NULL };

const char *level_text(enum rule_level level)
{
	return level < LEVEL_COUNT ? level_words[level] : "";
}

static const char *text_of(struct reading *in, const char *key, size_t max)
{
	const struct node *value = node_get(in->document->root, key);
	if (!value)
		return "";
	if (!node_is_text(value)) {
		problem_at(in, value, "%s must be text", key);
		return "";
	}
	if (value->text.len > max)
		problem_at(in, value, "%s is longer than %zu bytes", key, max);
	return (const char *)value->text.ptr;
}

/* 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(struct slice text)
{
	if (text.len != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text.ptr[i] != '-' : ascii_hex(text.ptr[i]) < 0)
			return false;
	}
	return true;
}

static bool is_date(struct slice text)
{
	uint64_t month, day;
	uint64_t year;
	if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-')
		return false;
	return slice_u64(slice_first(text, 4), &year) && slice_u64(slice_of(text.ptr + 5, 2), &month) &&
	       slice_u64(slice_from(text, 8), &day) && clock_is_date((int)year, (int)month, (int)day);
}

/* An id goes into logs, Redis keys and file names: no byte that any of them would have to escape. */
static bool is_name(struct slice text)
{
	if (text.len == 0 || text.len > NAME_MAX_LEN ||
	    (!ascii_is_alpha(text.ptr[0]) && !ascii_is_digit(text.ptr[0])))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '.' && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* [a-z0-9_-]+\.[a-z0-9._-]+ */
static bool is_tag(struct slice text)
{
	size_t dot = slice_find(text, '.');
	if (dot == SLICE_NPOS || dot == 0 || dot + 1 == text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && c != '_' && c != '-' && c != '.')
			return false;
	}
	return true;
}

static bool is_long_enough(struct slice text)
{
	return text.len >= 2;
}

static bool is_any(struct slice text)
{
	(void)text;
	return true;
}

static void check_form(struct reading *in, const char *key, bool (*is_good)(struct slice), const char *form)
{
	const struct node *value = node_get(in->document->root, key);
	if (value && !(node_is_text(value) && is_good(value->text)))
		problem_at(in, value, "%s must be %s", key, form);
}

static void check_list(struct reading *in, const char *key, bool (*is_good)(struct slice), const char *form,
		       bool may_be_text)
{
	const struct node *list = node_get(in->document->root, key);
	if (!list || (may_be_text && node_is_text(list) && is_good(list->text)))
		return;
	if (list->kind != NODE_LIST || list->count > LIST_MAX) {
		problem_at(in, list, "%s must be a list of at most %d items", key, LIST_MAX);
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct node *item = list->items[i];
		if (!node_is_text(item) || !is_good(item->text)) {
			problem_at(in, item, "%s: an item must be %s", key, form);
			continue;
		}
		for (size_t j = 0; j < i; j++)
			if (node_is_text(list->items[j]) && slice_eq(list->items[j]->text, item->text))
				problem_at(in, item, "%s: '%s' stands here twice", key,
					   shown(in, item->text));
	}
}

static int choice_of(struct reading *in, const char *key, const char *const *words)
{
	const struct node *value = node_get(in->document->root, key);
	if (!value)
		return -1;
	int index = value->kind == NODE_SCALAR ? word_index(words, value->text) : -1;
	if (index < 0)
		problem_at(in, value, "%s has no word '%s'; words are %s", key,
			   value->kind == NODE_SCALAR ? shown(in, value->text) : "...",
			   word_list_text(&in->rules->pool, words));
	return index;
}

static void check_related(struct reading *in)
{
	const struct node *list = node_get(in->document->root, "related");
	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
		const struct node *item = list->items[i], *id = node_get(item, "id"),
				  *type = node_get(item, "type");
		if (!id || !is_uuid(id->text))
			problem_at(in, id ? id : item, "related: an item needs id, a UUID");
		if (!type || word_index(related_words, type->text) < 0)
			problem_at(in, type ? type : item, "related: type must be one of %s",
				   word_list_text(&in->rules->pool, related_words));
	}
	if (list && list->kind != NODE_LIST)
		problem_at(in, list, "related must be a list");
}

static void read_identity(struct reading *in)
{
	struct rule *rule = &in->document->rule;
	rule->title = text_of(in, "title", TITLE_MAX);
	rule->uuid = text_of(in, "id", SIZE_MAX);
	rule->id = text_of(in, "name", SIZE_MAX);
	if (!node_get(in->document->root, "title"))
		problem_at(in, in->document->root, "title is missing");
	check_form(in, "id", is_uuid, "a UUID, as in 5f8a3c1e-0b7d-4f7e-9c53-1d2e8a6b4c90");
	check_form(in, "name", is_name,
		   "letters, digits, dots, dashes and underscores, at most 128, as in sweep.sequential");
	if (rule->id[0] == 0)
		rule->id = rule->uuid;
}

void metadata_read(struct reading *in)
{
	struct rule *rule = &in->document->rule;
	read_identity(in);
	rule->description = text_of(in, "description", DESCRIPTION_MAX);
	int level = choice_of(in, "level", level_words);
	rule->level = level < 0 ? LEVEL_INFORMATIONAL : (enum rule_level)level;
	choice_of(in, "status", status_words);
	text_of(in, "author", SIZE_MAX);
	text_of(in, "license", SIZE_MAX);
	text_of(in, "taxonomy", TITLE_MAX);
	check_form(in, "date", is_date, "a date as in 2026-01-31");
	check_form(in, "modified", is_date, "a date as in 2026-01-31");
	check_list(in, "references", is_any, "text", false);
	check_list(in, "fields", is_any, "text", false);
	check_list(in, "tags", is_tag, "lower-case words with a dot, as in attack.t1595", false);
	check_list(in, "scope", is_long_enough, "text of two bytes or more", false);
	check_list(in, "falsepositives", is_long_enough, "text of two bytes or more",
		   node_get(in->document->root, "correlation") != NULL);
	check_related(in);
}
