/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LINE_JOURNAL_H
#define CAPTURE_LINE_JOURNAL_H

#include "capture/journal.h"
#include "capture/line_source.h"

/* capture/line_journal.h - the records of a journal as they are written, a line of JSON each, the way
 * line_source.h gives lines of a file. A place is the cursor of the latest record (journald's own name for
 * it): rotation and vacuuming do not matter to it. Life as of line_source.h; line_journal_open forks
 * (capture/journal.h). When journalctl has ended, line_journal_next says FOLLOW_FAILED from then on. Memory:
 * 128 KiB. */

struct line_journal;

struct journal_place {
	uint64_t lines;			 /* records given */
	int64_t since_us;		 /* where it began; 0: at the oldest record */
	char cursor[JOURNAL_CURSOR_MAX]; /* of the latest; "": there was none since then */
};

/* Records from since_us on, 0: all. 0, or a negative errno with *err. */
int line_journal_open(struct line_journal **out, const char *path, const struct journal_options *options,
		      int64_t since_us, struct error *err);
/* Before the first line_journal_next. */
void line_journal_resume(struct line_journal *f, const struct journal_place *from);
enum follow_status line_journal_next(struct line_journal *f, struct slice *line, struct error *err);
const struct journal_place *line_journal_place(const struct line_journal *f);
const struct follow_counts *line_journal_counts(const struct line_journal *f);
bool line_journal_has_ended(const struct line_journal *f);
void line_journal_close(struct line_journal *f); /* NULL is fine */

#endif
