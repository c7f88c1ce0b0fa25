/* SPDX-License-Identifier: MIT */
#include "app/geo_files.h"

#include <string.h>
#include <sys/stat.h>

void geo_files_look(struct geo_files *files, const struct options *o)
{
	struct stat info;
	memset(files, 0, sizeof *files);
	files->count = o->geo_count;
	for (size_t i = 0; i < o->geo_count; i++)
		if (stat(o->geo[i], &info) == 0)
			files->marks[i] = (struct geo_file_mark){ info.st_dev, info.st_ino, info.st_size, info.st_mtim };
}

static bool is_same(const struct geo_file_mark *a, const struct geo_file_mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

bool geo_files_same(const struct geo_files *a, const struct geo_files *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!is_same(&a->marks[i], &b->marks[i]))
			return false;
	return true;
}
