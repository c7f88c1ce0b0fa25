/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_FILE_H
#define ANALYZE_RULESET_FILE_H

#include "core/slice.h"

/* analyze/ruleset/file.h - files and folders of rules, read whole. */

/* Reads a regular file into malloc'd memory (a NUL behind it). 0, -EFBIG when longer than max_bytes, or
 * another negative errno; *out untouched then. */
int file_read(const char *path, size_t max_bytes, struct slice *out);

/* Names in a folder, sorted bytewise, without those that begin with a dot. Free with file_names_free. */
struct file_names {
	char **names;
	size_t count;
};
int file_names_read(const char *path, struct file_names *out);
void file_names_free(struct file_names *names);

bool file_is_folder(const char *path);

#endif
