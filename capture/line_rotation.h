/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LINE_ROTATION_H
#define CAPTURE_LINE_ROTATION_H

#include <stddef.h>
#include <stdint.h>

/* capture/line_rotation.h - the older files of a log that lie beside it: full.1.gz and full-20261121 for full,
 * full-20261121.log for full.log, freeswitch.log.2026-11-21-19-53-33.1. Other files in the folder are left alone.
 * Memory: 400 names; of a folder with more the rest is not seen. */

struct rotated_file {
	char *path;
	int64_t changed_ns; /* last change; packers keep it */
	uint64_t inode, device;
};

struct rotated_files {
	struct rotated_file *items;
	size_t count;
};

/* Oldest first; what the list held before is freed. No such folder: an empty list. */
void rotated_files_list(struct rotated_files *files, const char *path);
void rotated_files_free(struct rotated_files *files);

#endif
