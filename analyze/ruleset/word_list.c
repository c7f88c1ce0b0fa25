/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/word_list.h"

#include "analyze/ruleset/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LIST_FILE_MAX	 ((size_t)8 * 1024 * 1024)
#define PLACEHOLDERS_MAX 3 /* in one value */

static void add_word(struct pool *a, struct word_list *list, struct slice word)
{
	list->words = pool_room(a, list->words, list->count, sizeof *list->words);
	list->words[list->count++] = slice_of(pool_text(a, word), word.len);
}

static void read_lines(struct pool *a, struct word_list *list, struct slice text)
{
	if (slice_starts(text, SLICE("\xEF\xBB\xBF")))
		text = slice_from(text, 3);
	while (text.ptr) {
		struct slice line = slice_trim(slice_cut(&text, '\n'));
		if (line.len > 0 && line.ptr[0] != '#')
			add_word(a, list, line);
	}
}

struct list_problem {
	struct ruleset *rules;
	const char *path;
};

static void tell_problem(void *ctx, unsigned line, unsigned column, const char *what)
{
	const struct list_problem *at = ctx;
	problem_in(at->rules, at->path, line, column, "%s", what);
}

static bool read_yaml(struct reading *in, struct word_list *list, const char *path, struct slice text)
{
	struct list_problem at = { in->rules, path };
	struct tree tree;
	if (text.len > TREE_FILE_MAX) {
		problem_in(in->rules, path, 1, 1, "longer than 1 MiB; use a .txt list");
		return false;
	}
	if (tree_read(&in->rules->pool, text, &tree, tell_problem, &at) != 0)
		return false;
	const struct node *root = tree.count ? tree.documents[0].root : NULL;
	if (!root || root->kind != NODE_LIST) {
		problem_in(in->rules, path, 1, 1, "a list file must hold one YAML list of values");
		return false;
	}
	for (size_t i = 0; i < root->count; i++) {
		if (!node_is_text(root->items[i])) {
			problem_in(in->rules, path, root->items[i]->line, root->items[i]->column,
				   "a value must be text or a number");
			return false;
		}
		add_word(&in->rules->pool, list, root->items[i]->text);
	}
	return true;
}

struct list_reading {
	struct reading *in;
	struct word_list *list;
	const char *path;
	struct slice text;
	bool is_yaml;
};

static int read_list(void *arg)
{
	struct list_reading *r = arg;
	if (r->is_yaml)
		return read_yaml(r->in, r->list, r->path, r->text) ? 0 : -EINVAL;
	read_lines(&r->in->rules->pool, r->list, r->text);
	return 0;
}

/* 1 found and read, 0 not there, -1 after a problem. */
static int try_file(struct reading *in, const struct node *where, struct word_list *list, const char *path)
{
	struct slice text;
	int result = file_read(path, LIST_FILE_MAX, &text);
	if (result == -ENOENT)
		return 0;
	if (result != 0) {
		problem_at(in, where, "list %s can not be read: %s", path, strerror(-result));
		return -1;
	}
	struct list_reading reading = { in, list, path, text, false };
	reading.is_yaml = !slice_eq(slice_from(slice_str(path), strlen(path) - 4), SLICE(".txt"));
	result = pool_guard(&in->rules->pool, read_list, &reading);
	free((void *)(uintptr_t)text.ptr);
	if (result == -ENOMEM)
		longjmp(*in->rules->pool.on_failure, 1);
	return result == 0 ? 1 : -1;
}

static struct word_list *list_find(struct reading *in, const struct node *where, struct slice name)
{
	static const char *const endings[] = { "txt", "yaml", "yml" };
	struct ruleset *rules = in->rules;
	for (struct word_list *l = rules->lists; l; l = l->next)
		if (slice_eq(slice_str(l->name), name))
			return l;
	struct word_list *list = pool_alloc(&rules->pool, sizeof *list);
	list->name = pool_text(&rules->pool, name);
	for (size_t i = 0; i < rules->list_folder_count; i++)
		for (size_t e = 0; e < sizeof endings / sizeof *endings; e++) {
			const char *folder = rules->list_folders[i];
			const char *path =
			    pool_format(&rules->pool, "%s/%s.%s", folder, list->name, endings[e]);
			int found = try_file(in, where, list, path);
			if (found < 0)
				return NULL;
			if (found) {
				list->next = rules->lists;
				rules->lists = list;
				return list;
			}
		}
	problem_at(in, where,
		   "placeholder %%%s%% is not resolved: no file lists/%s.txt or .yaml beside the rules",
		   list->name, list->name);
	return NULL;
}

static bool is_name_byte(uint8_t c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_' || c == '-';
}

/* The first %name% in text. */
static bool find_placeholder(struct slice text, size_t *from, size_t *to)
{
	for (size_t i = 0; i < text.len; i++) {
		size_t end = i + 1;
		if (text.ptr[i] != '%')
			continue;
		while (end < text.len && is_name_byte(text.ptr[end]))
			end++;
		if (end > i + 1 && end < text.len && text.ptr[end] == '%') {
			*from = i;
			*to = end + 1;
			return true;
		}
	}
	return false;
}

static struct slice joined(struct pool *a, struct slice head, struct slice middle, struct slice tail)
{
	uint8_t *bytes = pool_alloc(a, head.len + middle.len + tail.len + 1);
	memcpy(bytes, head.ptr, head.len);
	memcpy(bytes + head.len, middle.ptr, middle.len);
	memcpy(bytes + head.len + middle.len, tail.ptr, tail.len);
	return slice_of(bytes, head.len + middle.len + tail.len);
}

static bool expand(struct reading *in, const struct node *where, struct slice text, size_t done,
		   unsigned depth, struct slices *out)
{
	size_t from, to;
	struct pool *a = &in->rules->pool;
	if (!find_placeholder(slice_from(text, done), &from, &to) || depth > PLACEHOLDERS_MAX) {
		if (depth == 0) {
			problem_at(in, where, "|expand needs a %%placeholder%% in the value");
			return false;
		}
		if (out->count == EXPANDED_VALUES_MAX) {
			problem_at(in, where, "placeholders make more than %d values", EXPANDED_VALUES_MAX);
			return false;
		}
		out->items = pool_room(a, out->items, out->count, sizeof *out->items);
		out->items[out->count++] = text;
		return true;
	}
	from += done;
	to += done;
	const struct word_list *list = list_find(in, where, slice_of(text.ptr + from + 1, to - from - 2));
	if (!list)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		struct slice made = joined(a, slice_first(text, from), list->words[i], slice_from(text, to));
		if (!expand(in, where, made, from + list->words[i].len, depth + 1, out))
			return false;
	}
	return true;
}

bool placeholder_expand(struct reading *in, const struct node *where, struct slice text, struct slices *out)
{
	return expand(in, where, text, 0, 0, out);
}
