/* SPDX-License-Identifier: MIT */
#include "capture/line_rotation.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "capture/byte_source.h"
#include "core/slice.h"

#define FILES_MAX 400

static int by_time(const void *a, const void *b)
{
	const struct rotated_file *one = a, *other = b;
	if (one->changed_ns != other->changed_ns)
		return one->changed_ns < other->changed_ns ? -1 : 1;
	return strcmp(other->path, one->path); /* log.2 before log.1 */
}

void rotated_files_free(struct rotated_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct rotated_files){ NULL, 0 };
}

bool rotated_file_is_there(const struct rotated_file *file)
{
	struct stat st;
	return stat(file->path, &st) == 0 && st.st_ino == file->inode && st.st_dev == file->device;
}

size_t rotated_file_head(const struct rotated_file *file, uint8_t *to, size_t max)
{
	struct byte_source *source;
	struct error ignored;
	size_t len = 0, got;
	if (byte_source_open(&source, file->path, &ignored) < 0)
		return 0;
	while (len < max && byte_source_read(source, to + len, max - len, &got, &ignored) == BYTES_MORE)
		len += got;
	byte_source_close(source);
	return len;
}

static void add(struct rotated_files *files, const char *folder, const char *name)
{
	struct stat st;
	char *path = NULL;
	if (files->count == FILES_MAX || asprintf(&path, "%s/%s", folder, name) < 0)
		return;
	struct rotated_file *list = realloc(files->items, (files->count + 1) * sizeof *list);
	if (list)
		files->items = list;
	if (!list || stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		free(path);
		return;
	}
	list[files->count++] = (struct rotated_file){ .path = path,
						      .changed_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
						      .inode = st.st_ino,
						      .device = st.st_dev };
}

/* `.1`, `-20261121`, `.2026-11-21-19-53-33.1`, `.old`; behind it `tail` (the extension of the log, or
 * nothing), then perhaps that of a packer. */
static bool is_rotation_suffix(const char *text, const char *tail)
{
	if (strncmp(text, ".old", 4) == 0) {
		text += 4;
	} else {
		if ((*text != '.' && *text != '-' && *text != '_') || !ascii_is_digit((uint8_t)text[1]))
			return false;
		for (text++; ascii_is_digit((uint8_t)*text) || *text == '-' || *text == '_' ||
			     (*text == '.' && ascii_is_digit((uint8_t)text[1]));
		     text++)
			;
	}
	size_t len = strlen(tail);
	if (strncmp(text, tail, len) != 0)
		return false;
	text += len;
	return *text == 0 || strcmp(text, ".gz") == 0 || strcmp(text, ".zst") == 0;
}

/* full.1.gz and full-20261121 for full; full-20261121.log too for full.log. */
static bool is_rotated_name(const char *name, const char *other)
{
	size_t len = strlen(name);
	if (strncmp(name, other, len) == 0 && is_rotation_suffix(other + len, ""))
		return true;
	const char *dot = strrchr(name, '.');
	size_t stem = dot ? (size_t)(dot - name) : 0;
	return stem && strncmp(name, other, stem) == 0 && is_rotation_suffix(other + stem, dot);
}

/* Length of the name before ".gz" or ".zst"; 0: it has none of them. */
static size_t unpacked_length(const char *path)
{
	size_t len = strlen(path);
	if (len > 3 && strcmp(path + len - 3, ".gz") == 0)
		return len - 3;
	return len > 4 && strcmp(path + len - 4, ".zst") == 0 ? len - 4 : 0;
}

static bool has_plain(const struct rotated_files *files, const char *packed)
{
	size_t len = unpacked_length(packed);
	for (size_t i = 0; len && i < files->count; i++)
		if (strncmp(files->items[i].path, packed, len) == 0 && files->items[i].path[len] == 0)
			return true;
	return false;
}

/* A packer removes the plain file at last. While it is there the packed one is not whole, and seems to be younger than logs that came
 * later. */
static void leave_out_unfinished(struct rotated_files *files)
{
	size_t kept = 0;
	for (size_t i = 0; i < files->count; i++)
		files->items[i].is_unfinished = has_plain(files, files->items[i].path);
	for (size_t i = 0; i < files->count; i++) {
		if (files->items[i].is_unfinished)
			free(files->items[i].path);
		else
			files->items[kept++] = files->items[i];
	}
	files->count = kept;
}

void rotated_files_list(struct rotated_files *files, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	const char *name = slash ? slash + 1 : path;
	rotated_files_free(files);
	DIR *dir = folder ? opendir(folder) : NULL;
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (is_rotated_name(name, entry->d_name))
			add(files, folder, entry->d_name);
	}
	if (dir)
		closedir(dir);
	free(folder);
	leave_out_unfinished(files);
	if (files->count)
		qsort(files->items, files->count, sizeof *files->items, by_time);
}
