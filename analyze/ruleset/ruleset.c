/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/ruleset.h"

#include "analyze/ruleset/document.h"
#include "analyze/ruleset/file.h"
#include "analyze/ruleset/program.h"
#include "analyze/ruleset/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct ruleset *ruleset_new(void)
{
	return calloc(1, sizeof(struct ruleset));
}

void ruleset_free(struct ruleset *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->regex_count; i++)
		pcre2_code_free(rules->regexes[i]);
	pool_fini(&rules->pool);
	free(rules);
}

void ruleset_set_strict(struct ruleset *rules, bool strict)
{
	rules->is_strict = strict;
}

struct load {
	struct ruleset *rules;
	const char *path;
	struct slice text;
};

static void tell_yaml_problem(void *ctx, unsigned line, unsigned column, const char *what)
{
	struct reading *in = ctx;
	problem_in(in->rules, in->source->path, line, column, "%s", what);
}

static void read_document(struct reading *in, const struct tree_document *from)
{
	struct document *d = pool_alloc(&in->rules->pool, sizeof *d);
	d->source = in->source;
	d->first_line = from->first_line;
	d->last_line = from->last_line;
	d->root = from->root;
	d->rule = (struct rule){ .id = "",
				 .uuid = "",
				 .title = "",
				 .description = "",
				 .file = in->source->path,
				 .line = from->root->line,
				 .stage = STAGE_NONE,
				 .proof = PROOF_ANSWERED,
				 .alerts = true };
	in->document = d;
	document_read(in);
}

static int read_source(void *arg)
{
	struct load *load = arg;
	struct ruleset *rules = load->rules;
	struct source *source = pool_alloc(&rules->pool, sizeof *source);
	source->path = pool_text(&rules->pool, slice_str(load->path));
	source->text = slice_of(pool_text(&rules->pool, load->text), load->text.len);
	source->next = rules->sources;
	rules->sources = source;
	struct reading in = { .rules = rules, .source = source };
	struct tree tree;
	int result = tree_read(&rules->pool, source->text, &tree, tell_yaml_problem, &in);
	if (result != 0)
		return result;
	size_t documents = 0;
	for (size_t i = 0; i < tree.count; i++)
		if (tree.documents[i].root) {
			read_document(&in, &tree.documents[i]);
			documents++;
		}
	if (documents == 0)
		problem_in(rules, source->path, 1, 1, "no rule in this file");
	return 0;
}

static int tell_too_long(void *arg)
{
	struct load *load = arg;
	problem_in(load->rules, load->path, 1, 1, "longer than 1 MiB");
	return 0;
}

/* Problems are not told here but from their list. */
static int load_text(struct ruleset *rules, const char *name, struct slice text, struct error *err)
{
	struct load load = { .rules = rules, .path = name, .text = text };
	int result = pool_guard(&rules->pool, text.len > TREE_FILE_MAX ? tell_too_long : read_source, &load);
	return result == -ENOMEM ? error_set(err, result, "%s: out of memory", name) : 0;
}

static int load_file(struct ruleset *rules, const char *path, struct error *err)
{
	struct slice text;
	int result = file_read(path, TREE_FILE_MAX, &text);
	if (result == -EFBIG)
		return load_text(rules, path, slice_of("", TREE_FILE_MAX + 1), err);
	if (result != 0)
		return error_set(err, result, "%s: %s", path, strerror(-result));
	result = load_text(rules, path, text, err);
	free((void *)(uintptr_t)text.ptr);
	return result;
}

struct list_folder {
	struct ruleset *rules;
	const char *path;
};

static int add_list_folder(void *arg)
{
	struct list_folder *folder = arg;
	struct ruleset *rules = folder->rules;
	for (size_t i = 0; i < rules->list_folder_count; i++)
		if (strcmp(rules->list_folders[i], folder->path) == 0)
			return 0;
	rules->list_folders =
	    pool_room(&rules->pool, rules->list_folders, rules->list_folder_count, sizeof(const char *));
	rules->list_folders[rules->list_folder_count++] = pool_text(&rules->pool, slice_str(folder->path));
	return 0;
}

int ruleset_offer_lists(struct ruleset *rules, const char *folder, struct error *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/lists", folder);
	struct list_folder lists = { rules, path };
	if (!file_is_folder(path))
		return 0;
	if (pool_guard(&rules->pool, add_list_folder, &lists) != 0)
		return error_set(err, -ENOMEM, "out of memory");
	return 0;
}

static bool is_rule_file(struct slice name)
{
	return (name.len > 4 && slice_eq(slice_from(name, name.len - 4), SLICE(".yml"))) ||
	       (name.len > 5 && slice_eq(slice_from(name, name.len - 5), SLICE(".yaml")));
}

static bool is_other_folder(const char *name)
{
	static const char *const others[] = { "lists", "dialects", "tests", NULL };
	return word_index(others, slice_str(name)) >= 0;
}

#define FOLDER_DEPTH_MAX 8

static int load_folder(struct ruleset *rules, const char *folder, unsigned depth, struct error *err)
{
	struct file_names names;
	int result = file_names_read(folder, &names);
	if (result != 0)
		return error_set(err, result, "%s: %s", folder, strerror(-result));
	result = ruleset_offer_lists(rules, folder, err);
	for (size_t i = 0; i < names.count && result == 0; i++) {
		char path[4096];
		if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, names.names[i]) >= sizeof path)
			continue;
		/* Read at once: asking first whether it is a folder is a call for each file. */
		result = is_rule_file(slice_str(names.names[i])) ? load_file(rules, path, err) : -EISDIR;
		if (result == -EISDIR)
			result = depth < FOLDER_DEPTH_MAX && !is_other_folder(names.names[i]) &&
					 file_is_folder(path)
				     ? load_folder(rules, path, depth + 1, err)
				     : 0;
	}
	file_names_free(&names);
	return result;
}

/* A single file may use the lists beside it and those of the folder above, where rules/<stage>/ has them. */
static int load_single(struct ruleset *rules, const char *path, struct error *err)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	snprintf(folder, sizeof folder, "%.*s/..", slash ? (int)(slash - path) : 1, slash ? path : ".");
	int result = ruleset_offer_lists(rules, folder, err);
	folder[strlen(folder) - 3] = 0;
	if (result == 0)
		result = ruleset_offer_lists(rules, folder, err);
	return result ? result : load_file(rules, path, err);
}

static int loaded(struct ruleset *rules, int result, size_t problems, struct error *err)
{
	if (result == 0 && rules->problem_count > problems)
		return error_set(err, -EINVAL, "%s", rules->problems[problems]);
	return result;
}

int ruleset_load(struct ruleset *rules, const char *path, struct error *err)
{
	size_t problems = rules->problem_count;
	int result = file_is_folder(path) ? load_folder(rules, path, 0, err) : load_single(rules, path, err);
	return loaded(rules, result, problems, err);
}

int ruleset_load_text(struct ruleset *rules, const char *name, struct slice text, struct error *err)
{
	size_t problems = rules->problem_count;
	return loaded(rules, load_text(rules, name, text, err), problems, err);
}

static int compile(void *arg)
{
	struct ruleset *rules = arg;
	if (!resolve(rules) || rules->problem_count > 0)
		return -EINVAL;
	rules->program = program_new(rules);
	return rules->program ? 0 : -EINVAL;
}

int ruleset_compile(struct ruleset *rules, struct error *err)
{
	if (rules->program)
		return 0;
	int result = pool_guard(&rules->pool, compile, rules);
	if (result == -EINVAL)
		return error_set(err, result, "%s%s", rules->problems[0],
				 rules->problem_count > 1 ? " (and more)" : "");
	return result ? error_set(err, result, "out of memory") : 0;
}

size_t ruleset_count(const struct ruleset *rules)
{
	return rules->document_count;
}

const struct rule *ruleset_at(const struct ruleset *rules, size_t index)
{
	return index < rules->document_count ? &rules->documents[index]->rule : NULL;
}

const struct rule *ruleset_find(const struct ruleset *rules, const char *id)
{
	for (size_t i = 0; i < rules->document_count; i++)
		if (strcmp(rules->documents[i]->rule.id, id) == 0 ||
		    (rules->documents[i]->rule.uuid[0] && strcmp(rules->documents[i]->rule.uuid, id) == 0))
			return &rules->documents[i]->rule;
	return NULL;
}

struct slice ruleset_source(const struct rule *rule)
{
	const struct document *d = document_of(rule);
	struct slice rest = d->source->text, first;
	unsigned line = 1;
	for (; rest.ptr && line < d->first_line; line++)
		slice_cut(&rest, '\n');
	first = rest;
	for (; rest.ptr && line <= d->last_line; line++)
		slice_cut(&rest, '\n');
	return rest.ptr ? slice_of(first.ptr, (size_t)(rest.ptr - first.ptr)) : first;
}
