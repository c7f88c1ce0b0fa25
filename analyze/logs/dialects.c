/* SPDX-License-Identifier: MIT */
#include "analyze/logs/dialect.h"

#include "analyze/ruleset/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX (1u << 20)

struct dialects *dialects_new(void)
{
	struct dialects *d = calloc(1, sizeof *d);
	return d;
}

void dialects_free(struct dialects *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		dialect_free(d->items[i]);
	for (size_t i = 0; i < d->problem_count; i++)
		free(d->problems[i]);
	free(d->problems);
	free(d);
}

size_t dialects_count(const struct dialects *d)
{
	return d->count;
}

struct dialect_info dialects_at(const struct dialects *d, size_t index)
{
	const struct dialect *dialect = d->items[index];
	return (struct dialect_info){ (const char *)dialect->name.ptr, (const char *)dialect->title.ptr,
				      (const char *)dialect->file.ptr, dialect->pattern_count,
				      dialect->example_count };
}

static bool add_dialect(struct dialects *d, struct dialect *dialect)
{
	for (size_t i = 0; i < d->count; i++) {
		if (slice_eq(d->items[i]->name, dialect->name)) {
			dialect_free(d->items[i]);
			d->items[i] = dialect;
			return true;
		}
	}
	if (d->count == DIALECTS_MAX)
		return false;
	d->items[d->count++] = dialect;
	return true;
}

/* ---- files ---- */

static int load_file(struct dialects *d, const char *path, struct error *err)
{
	struct slice bytes;
	int code = file_read(path, FILE_BYTES_MAX, &bytes);
	if (code < 0)
		return error_set(err, code, "%s: %s", path, strerror(-code));
	size_t known = d->problem_count;
	struct dialect *dialect = dialect_parse(d, path, bytes);
	free((void *)(uintptr_t)bytes.ptr);
	if (!dialect && d->problem_count == known)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	if (!dialect)
		return error_set(err, -EINVAL, "%s", d->problems[d->problem_count - 1]);
	if (!add_dialect(d, dialect)) {
		dialect_free(dialect);
		return error_set(err, -EINVAL, "%s: more than %d dialects", path, DIALECTS_MAX);
	}
	return 0;
}

static int is_dialect_file(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');
	return entry->d_name[0] != '.' && dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* By bytes, not by the locale as alphasort would. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_folder(struct dialects *d, const char *path, struct error *err)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_dialect_file, by_name);
	if (count < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	int code = 0;
	for (int i = 0; i < count; i++) {
		char file[4096];
		int len = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
		struct error why = { 0 };
		int one = len > 0 && (size_t)len < sizeof file ? load_file(d, file, &why) : -ENAMETOOLONG;
		if (one < 0 && code == 0) {
			code = one;
			error_set(err, code, "%s", why.text[0] ? why.text : path);
		}
		free(entries[i]);
	}
	free(entries);
	return code;
}

int dialects_load(struct dialects *d, const char *path, struct error *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	return S_ISDIR(st.st_mode) ? load_folder(d, path, err) : load_file(d, path, err);
}
