/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/ruleset.h"

#include "analyze/ruleset/document.h"
#include "analyze/ruleset/file.h"
#include "analyze/ruleset/program.h"
#include "analyze/ruleset/resolve.h"
#include "analyze/ruleset/tree_files.h"

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

struct load {
	struct ruleset *rules;
	const struct tree_file *file;
};

static void read_documents(struct reading *in, const struct tree *tree)
{
	size_t documents = 0;
	for (size_t i = 0; i < tree->count; i++)
		if (tree->documents[i].root) {
			read_document(in, &tree->documents[i]);
			documents++;
		}
	if (documents == 0)
		problem_in(in->rules, in->source->path, 1, 1, "no rule in this file");
}

static int read_source(void *arg)
{
	struct load *load = arg;
	struct ruleset *rules = load->rules;
	const struct tree_file *file = load->file;
	struct source *source = pool_alloc(&rules->pool, sizeof *source);
	*source =
	    (struct source){ pool_text(&rules->pool, slice_str(file->path)), file->text, rules->sources };
	rules->sources = source;
	struct reading in = { .rules = rules, .source = source };
	for (size_t i = 0; i < file->problem_count; i++)
		problem_in(rules, source->path, file->problems[i].line, file->problems[i].column, "%s",
			   file->problems[i].what);
	if (file->result == -EFBIG)
		problem_in(rules, source->path, 1, 1, "longer than 1 MiB");
	else if (file->result == 0)
		read_documents(&in, &file->tree);
	return 0;
}

/* Problems are not told here but from their list. */
static int take_file(struct ruleset *rules, const struct tree_file *file, struct error *err)
{
	struct load load = { rules, file };
	int result = file->result;
	if (result == 0 || result == -EINVAL || result == -EFBIG)
		result = pool_guard(&rules->pool, read_source, &load);
	if (result == -ENOMEM)
		return error_set(err, result, "%s: out of memory", file->path);
	return result ? error_set(err, result, "%s: %s", file->path, strerror(-result)) : 0;
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

/* The rule files of a folder, in the order in which they are to be read. */
struct walk {
	struct ruleset *rules;
	struct tree_file *files;
	size_t count;
	const char *path; /* to add */
};

static int add_file(void *arg)
{
	struct walk *walk = arg;
	struct pool *a = &walk->rules->pool;
	walk->files = pool_room(a, walk->files, walk->count, sizeof *walk->files);
	walk->files[walk->count++] = (struct tree_file){ .path = pool_text(a, slice_str(walk->path)) };
	return 0;
}

static int walk_to_file(struct walk *walk, const char *path, struct error *err)
{
	walk->path = path;
	return pool_guard(&walk->rules->pool, add_file, walk) ? error_set(err, -ENOMEM, "out of memory") : 0;
}

#define FOLDER_DEPTH_MAX 8

static int walk_folder(struct walk *walk, const char *folder, unsigned depth, struct error *err)
{
	struct file_names names;
	int result = file_names_read(folder, &names);
	if (result != 0)
		return error_set(err, result, "%s: %s", folder, strerror(-result));
	result = ruleset_offer_lists(walk->rules, folder, err);
	for (size_t i = 0; i < names.count && result == 0; i++) {
		char path[4096];
		const char *name = names.names[i];
		if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
			continue;
		if (!file_is_folder(path))
			result = is_rule_file(slice_str(name)) ? walk_to_file(walk, path, err) : 0;
		else if (depth < FOLDER_DEPTH_MAX && !is_other_folder(name))
			result = walk_folder(walk, path, depth + 1, err);
	}
	file_names_free(&names);
	return result;
}

/* A single file may use the lists beside it and those of the folder above, where rules/<stage>/ has them. */
static int walk_single(struct walk *walk, const char *path, struct error *err)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	snprintf(folder, sizeof folder, "%.*s/..", slash ? (int)(slash - path) : 1, slash ? path : ".");
	int result = ruleset_offer_lists(walk->rules, folder, err);
	folder[strlen(folder) - 3] = 0;
	if (result == 0)
		result = ruleset_offer_lists(walk->rules, folder, err);
	return result ? result : walk_to_file(walk, path, err);
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
	struct walk walk = { .rules = rules };
	int result = file_is_folder(path) ? walk_folder(&walk, path, 0, err) : walk_single(&walk, path, err);
	if (result != 0)
		return result;
	tree_files_read(&rules->pool, walk.files, walk.count);
	for (size_t i = 0; i < walk.count && result == 0; i++)
		result = take_file(rules, &walk.files[i], err);
	return loaded(rules, result, problems, err);
}

int ruleset_load_text(struct ruleset *rules, const char *name, struct slice text, struct error *err)
{
	size_t problems = rules->problem_count;
	struct tree_file file = { .path = name, .text = text };
	tree_file_parse(&rules->pool, &file);
	return loaded(rules, take_file(rules, &file, err), problems, err);
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
