/* SPDX-License-Identifier: MIT */
#include "capture/line_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER_BYTES  (2 * LINE_FOLLOW_MAX)
#define FIRST_WAIT_MS 500 /* what was written since the last run had better come before anything else */

struct line_journal {
	struct journal *journal;
	bool has_begun, has_ended;
	bool skip_rest; /* of a line that was cut */
	size_t at, end; /* unread bytes */
	struct journal_place place;
	struct follow_counts counts;
	struct error error; /* why it ended */
	uint8_t buffer[BUFFER_BYTES];
};

/* ---- life ---- */

int line_journal_open(struct line_journal **out, const char *path, const struct journal_options *options,
		      int64_t since_us, struct error *err)
{
	struct line_journal *f = calloc(1, sizeof *f);
	int bad = f ? journal_open(&f->journal, path, options, err)
		    : error_set(err, -ENOMEM, "%s: no memory to follow it", path);
	if (bad) {
		free(f);
		return bad;
	}
	f->place.since_us = since_us;
	*out = f;
	return 0;
}

void line_journal_resume(struct line_journal *f, const struct journal_place *from)
{
	f->place = *from;
	f->place.cursor[sizeof f->place.cursor - 1] = 0;
}

void line_journal_close(struct line_journal *f)
{
	if (!f)
		return;
	journal_close(f->journal);
	free(f);
}

const struct journal_place *line_journal_place(const struct line_journal *f)
{
	return &f->place;
}

const struct follow_counts *line_journal_counts(const struct line_journal *f)
{
	return &f->counts;
}

bool line_journal_has_ended(const struct line_journal *f)
{
	return f->has_ended;
}

/* ---- records ---- */

/* Text of a field can not hold `"__CURSOR"`: JSON writes its quotes as \". The line's own one is its first
 * field. */
static void note_cursor(struct line_journal *f, struct slice line)
{
	static const char key[] = "\"__CURSOR\"";
	const uint8_t *hit = memmem(line.ptr, line.len, key, sizeof key - 1);
	if (!hit)
		return;
	struct slice rest = slice_from(line, (size_t)(hit - line.ptr) + sizeof key - 1);
	while (rest.len && (rest.ptr[0] == ' ' || rest.ptr[0] == ':'))
		rest = slice_from(rest, 1);
	if (!rest.len || rest.ptr[0] != '"')
		return;
	rest = slice_from(rest, 1);
	size_t len = slice_find(rest, '"');
	if (len == 0 || len >= JOURNAL_CURSOR_MAX)
		return;
	memcpy(f->place.cursor, rest.ptr, len);
	f->place.cursor[len] = 0;
}

static void give(struct line_journal *f, size_t len, size_t taken, struct slice *line)
{
	*line = slice_of(f->buffer + f->at, len);
	f->at += taken;
	f->place.lines++;
	f->counts.lines++;
	f->counts.bytes += taken;
	note_cursor(f, *line);
}

static bool next_in_buffer(struct line_journal *f, struct slice *line)
{
	for (;;) {
		size_t left = f->end - f->at;
		const uint8_t *feed = left ? memchr(f->buffer + f->at, '\n', left) : NULL;
		size_t len = feed ? (size_t)(feed - (f->buffer + f->at)) : left;
		if (f->skip_rest) {
			f->at += feed ? len + 1 : len;
			f->skip_rest = !feed;
			if (!feed)
				return false;
			continue;
		}
		if (len >= LINE_FOLLOW_MAX) {
			f->counts.cut++;
			f->skip_rest = true;
			give(f, LINE_FOLLOW_MAX, LINE_FOLLOW_MAX, line);
			return true;
		}
		if (!feed)
			return false;
		give(f, len, len + 1, line);
		return true;
	}
}

/* Where it goes on is known by now. */
static bool begin(struct line_journal *f)
{
	int flags = fcntl(journal_fd(f->journal), F_GETFL);
	f->has_begun = true;
	if (flags < 0 || fcntl(journal_fd(f->journal), F_SETFL, flags | O_NONBLOCK) < 0)
		return false;
	journal_begin(f->journal, f->place.cursor,
		      f->place.since_us); /* one that is gone already is seen at the end of its bytes */
	if (f->place.cursor[0])
		(void)poll(&(struct pollfd){ .fd = journal_fd(f->journal), .events = POLLIN }, 1,
			   FIRST_WAIT_MS);
	return true;
}

static enum follow_status end(struct line_journal *f, struct error *err)
{
	if (!f->has_ended && journal_result(f->journal, &f->error) == 0)
		error_set(&f->error, -EIO, "journalctl has ended");
	f->has_ended = true;
	if (err)
		*err = f->error;
	return FOLLOW_FAILED;
}

static enum follow_status fill(struct line_journal *f, struct error *err)
{
	ssize_t got;
	memmove(f->buffer, f->buffer + f->at, f->end - f->at);
	f->end -= f->at;
	f->at = 0;
	do
		got = read(journal_fd(f->journal), f->buffer + f->end, BUFFER_BYTES - f->end);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return FOLLOW_WAIT;
	if (got <= 0)
		return end(f, err);
	f->end += (size_t)got;
	return FOLLOW_LINE;
}

enum follow_status line_journal_next(struct line_journal *f, struct slice *line, struct error *err)
{
	if (f->has_ended || (!f->has_begun && !begin(f)))
		return end(f, err);
	while (!next_in_buffer(f, line)) {
		enum follow_status status = fill(f, err);
		if (status != FOLLOW_LINE)
			return status;
	}
	return FOLLOW_LINE;
}
