/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_JOURNAL_H
#define CAPTURE_JOURNAL_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* capture/journal.h - the journal of systemd, as a log: a child `journalctl -o json` writes one record a line
 * into a pipe. Named like a file:
 *   journal:                     all of it
 *   journal:asterisk             of a unit, as `journalctl -u` takes it
 *   journal:SYSLOG_IDENTIFIER=x  of a field with a value (a name with '=' in it)
 * The library of systemd is not needed, and the format of the journal's files is journalctl's matter.
 *
 * Life: journal_open; journal_begin, once; read journal_fd to its end; journal_close. The child is forked by
 * journal_open and waits for journal_begin before it becomes journalctl: who has no rights to start programs
 * by then (app/privileges.h), or knows only then where to go on, still can. So call journal_open before there
 * are threads. It ends when the reader is gone. */

#define JOURNAL_CURSOR_MAX 512 /* today's are of 130 bytes */

struct journal_options {
	bool follow;	   /* go on with what is written, else end at the end */
	bool is_orphan;	   /* the caller is about to lose the right to end processes and to wait for them: the
			      child ends by itself */
	bool becomes_user; /* the child becomes this user, with the group systemd-journal besides the user's
			      own: for root */
	unsigned uid, gid;
};

struct journal;

bool journal_is_named(const char *path);
/* 0, or a negative errno with *err: journalctl is not there, no process, `path` is none of those above. */
int journal_open(struct journal **out, const char *path, const struct journal_options *options,
		 struct error *err);

/* Behind the record with this cursor, or when journald has thrown that away behind its time; with a cursor of
 * "", or one that can be none, from the time on (microseconds since 1970); with time 0 from the oldest record
 * on. 0, or a negative errno: nobody is there. */
int journal_begin(struct journal *j, const char *cursor, int64_t since_us);
/* Blocks when it is read, unless the caller sets it to non-blocking. */
int journal_fd(const struct journal *j);
/* After the end of the bytes: 0 when all is well; else a negative errno with *err, also when a child that
 * follows has ended. */
int journal_result(struct journal *j, struct error *err);
void journal_close(struct journal *j); /* NULL is fine */

#endif
