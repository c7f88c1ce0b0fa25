/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LINE_ROTATION_H
#define CAPTURE_LINE_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* capture/line_rotation.h - the older files of a log that lie beside it: full.1.gz and full-20261121 for full,
 * full-20261121.log for full.log, freeswitch.log.2026-11-21-19-53-33.1. Other files in the folder are left alone.
 * Memory: 400 names; of a folder with more the rest is not seen. */

struct rotated_file {
	char *path;
	int64_t changed_ns; /* last change; packers keep it */
	uint64_t inode, device;
	bool is_unfinished; /* while the list is made */
};

struct rotated_files {
	struct rotated_file *items;
	size_t count;
};

/* Is the file still what it was when the list was made? It may have been packed, renamed or removed since. */
bool rotated_file_is_there(const struct rotated_file *file);
/* Its first bytes, unpacked; fewer than `max`: there are no more, or they can not be read. */
size_t rotated_file_head(const struct rotated_file *file, uint8_t *to, size_t max);
/* Oldest first, without files that are being packed beside their plain original; what the list held before is freed. No such folder: an empty list. */
void rotated_files_list(struct rotated_files *files, const char *path);
void rotated_files_free(struct rotated_files *files);

#endif
