/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LINE_SOURCE_INTERNAL_H
#define CAPTURE_LINE_SOURCE_INTERNAL_H

#include "capture/line_reader.h"
#include "capture/line_rotation.h"
#include "capture/line_source.h"

/* capture/line_source_internal.h - a log that is followed: the file that is written (line_source.c) and those
 * that it was rotated to (line_old.c). */

struct line_follow {
	char *path;
	int fd; /* -1: not open */
	uint64_t inode, device;
	int64_t file_us;
	uint8_t *buffer;
	size_t at, end; /* unread bytes */
	bool skip_rest; /* of a line that was cut */
	struct follow_place place;
	bool is_fresh; /* nothing was given from this file: `place` is still the end of the one before, which
			  a restart can find again, while an empty file could be any */
	bool knows_empty; /* what came between that one and this was looked for already: nothing was in it */
	uint8_t head[FOLLOW_HEAD_MAX];
	bool start_at_end;
	bool must_find; /* the place is from an earlier run: the file must be found */

	struct line_reader old; /* a rotated file that is read to its end first */
	bool is_old_open;
	struct rotated_files files; /* scratch */
	bool has_moved;		    /* one of them was not there any more */

	struct follow_counts counts;
};

/* ---- line_source.c ---- */

/* The bytes that were given so far from the current file, as far as they are its first ones. */
void follow_grow_head(struct line_follow *f, const uint8_t *bytes, size_t len, uint64_t offset);
/* Length of a line without the CR at its end. */
size_t follow_without_return(struct slice line);
void follow_close_file(struct line_follow *f);
void follow_start_place(struct line_follow *f);

/* ---- line_old.c ---- */

/* The place lies in a file that was rotated away: finds it. */
bool follow_find_place(struct line_follow *f);
/* Nothing was read yet, from a file that was empty: it may be any of those that were changed since then. */
bool follow_find_first(struct line_follow *f);
/* Was the file in hand followed by another one that is rotated already? */
bool follow_is_two_behind(struct line_follow *f);
/* The file before is read to its end, and the next one was opened: did another one come and go in between? */
bool follow_was_overtaken(struct line_follow *f);
/* The file in hand was read to its end and has another name now. What was rotated after it comes next: looked
 * up each time, as names change meanwhile. */
void follow_go_to_later(struct line_follow *f);
/* Next line of old files; false when all are read. */
bool follow_next_old(struct line_follow *f, struct slice *line);

#endif
