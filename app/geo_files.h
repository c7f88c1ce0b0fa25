/* SPDX-License-Identifier: MIT */
#ifndef APP_GEO_FILES_H
#define APP_GEO_FILES_H

#include "app/options.h"

#include <sys/types.h>
#include <time.h>

/* app/geo_files.h - has one of the geo files been replaced since it was looked at? */

struct geo_files {
	size_t count;
	struct geo_file_mark {
		dev_t device;
		ino_t inode;
		off_t size;
		struct timespec changed;
	} marks[OPTION_LIST_MAX];
};

/* How they are now. To be asked before they are read, so that a change meanwhile is seen. */
void geo_files_look(struct geo_files *files, const struct options *o);
bool geo_files_same(const struct geo_files *a, const struct geo_files *b);

#endif
