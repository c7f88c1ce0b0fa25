/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int file_read(const char *path, size_t max_bytes, struct slice *out)
{
	FILE *file = fopen(path, "rbe");
	if (!file)
		return -errno;
	int result = -ENOMEM;
	size_t size = 0, room = 4096;
	char *bytes = malloc(room + 1);
	while (bytes) {
		size += fread(bytes + size, 1, room - size, file);
		if (size < room)
			break;
		if (room > max_bytes) {
			result = -EFBIG;
			goto out;
		}
		room *= 2;
		char *larger = realloc(bytes, room + 1);
		if (!larger)
			goto out;
		bytes = larger;
	}
	if (!bytes)
		goto out;
	if (ferror(file)) {
		result = errno ? -errno : -EIO;
		goto out;
	}
	if (size > max_bytes) {
		result = -EFBIG;
		goto out;
	}
	bytes[size] = 0;
	*out = slice_of(bytes, size);
	bytes = NULL;
	result = 0;
out:
	free(bytes);
	fclose(file);
	return result;
}

static int keep_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_names_read(const char *path, struct file_names *out)
{
	struct dirent **entries;
	int count = scandir(path, &entries, keep_name, NULL);
	if (count < 0)
		return -errno;
	*out = (struct file_names){ calloc((size_t)count + 1, sizeof(char *)), 0 };
	for (int i = 0; i < count; i++) {
		char *name = out->names ? strdup(entries[i]->d_name) : NULL;
		if (name)
			out->names[out->count++] = name;
		free(entries[i]);
	}
	free(entries);
	if (!out->names || out->count < (size_t)count) {
		file_names_free(out);
		return -ENOMEM;
	}
	qsort(out->names, out->count, sizeof(char *), by_name);
	return 0;
}

void file_names_free(struct file_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct file_names){ 0 };
}

bool file_is_folder(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}
