/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LINE_SOURCE_H
#define CAPTURE_LINE_SOURCE_H

#include "capture/line_place.h"
#include "core/error.h"

/* capture/line_source.h - the lines of a log that is still being written, through rotation and restarts. (A file that is over is
 * line_reader.h's.)
 * Life: line_follow_open; line_follow_next until it says FOLLOW_WAIT; wait as long as you like (a second is usual; a file
 * watch works too); line_follow_next again, and so on; line_follow_place before line_follow_close, to go on there after a
 * restart. No thread, no clock: nothing happens between two calls.
 *
 * What it survives, without losing a line or giving one twice:
 *   the file does not exist yet, or not for a moment
 *   rename and create   what the writer still puts into the old file is read, until the new one holds something
 *   copytruncate        what was not read yet is taken from the copy; a file that was cut and grew past the old place between
 *                       two calls is told by its first bytes
 *   packing             a packed file counts from the moment on that the plain one beside it is gone: before, it is not whole
 *   renumbering         old files may be renamed and packed while they are read
 *   a restart           the old file is found again beside the path, under whatever name, also packed (gzip, zstd); what was
 *                       rotated in between is read in its order
 * When the old file is gone for good, reading starts with what there is, and `lost` counts it.
 * Only lines that are complete are given: one that is half written waits for its end. */

#define LINE_FOLLOW_MAX 65536  /* longer lines are cut; the rest of them is passed over */

struct follow_counts {
	uint64_t lines, bytes;
	uint64_t cut;	  /* lines longer than LINE_FOLLOW_MAX */
	uint64_t rotated; /* times that the file was another one */
	uint64_t lost;	  /* times that the place could not be found again */
	uint64_t damaged; /* old files that could be read in part only */
	struct error damage; /* the first of them */
};

enum follow_status {
	FOLLOW_LINE,   /* *line given, valid until the next call */
	FOLLOW_WAIT,   /* nothing more for now */
	FOLLOW_FAILED, /* the file can not be read (permission, I/O); *err says why. Calling again tries again */
};

struct line_follow;

/* `from` is where an earlier run stopped; NULL with at_end: only what is written from now on; NULL without: from the
 * beginning. The file need not exist. 0 or -ENOMEM. */
int line_follow_open(struct line_follow **out, const char *path, const struct follow_place *from, bool at_end,
		     struct error *err);
/* With at_end: the end is where the file ends now, not at the first line_follow_next. What is written after this is seen. */
void line_follow_arrive(struct line_follow *f);
/* The same as `from`, before the first line_follow_next. */
void line_follow_resume(struct line_follow *f, const struct follow_place *from);
enum follow_status line_follow_next(struct line_follow *f, struct slice *line, struct error *err);
void line_follow_close(struct line_follow *f); /* NULL is fine */

/* Where the line behind the latest one begins. */
void line_follow_place(const struct line_follow *f, struct follow_place *out);
/* Number of the latest line in its file, 1-based. */
uint64_t line_follow_number(const struct line_follow *f);
const struct follow_counts *line_follow_counts(const struct line_follow *f);

#endif
