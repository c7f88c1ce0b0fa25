/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Until `room` is full or the file ends; a negative errno when it can not be read. */
static ssize_t read_full(int file, char *to, size_t room)
{
	size_t size = 0;
	while (size < room) {
		ssize_t got = read(file, to + size, room - size);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -errno;
		size += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)size;
}

int file_read(const char *path, size_t max_bytes, struct slice *out)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	ssize_t result = -ENOMEM;
	size_t size = 0, room = 4096;
	char *bytes = malloc(room + 1);
	while (bytes && (result = read_full(file, bytes + size, room - size)) >= 0) {
		size += (size_t)result;
		if (size < room || room > max_bytes)
			break;
		room *= 2;
		char *larger = realloc(bytes, room + 1);
		if (!larger) {
			result = -ENOMEM;
			break;
		}
		bytes = larger;
	}
	close(file);
	if (result >= 0 && size > max_bytes)
		result = -EFBIG;
	if (result < 0) {
		free(bytes);
		return (int)result;
	}
	bytes[size] = 0;
	*out = slice_of(bytes, size);
	return 0;
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
