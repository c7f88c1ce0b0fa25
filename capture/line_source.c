/* SPDX-License-Identifier: MIT */
#include "capture/line_source_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (2 * LINE_FOLLOW_MAX)

/* ---- heads ---- */

static ssize_t read_some(int fd, void *to, size_t max)
{
	ssize_t got;
	do
		got = read(fd, to, max);
	while (got < 0 && errno == EINTR);
	return got;
}

void follow_grow_head(struct line_follow *f, const uint8_t *bytes, size_t len, uint64_t offset)
{
	if (offset >= FOLLOW_HEAD_MAX)
		return;
	size_t room = FOLLOW_HEAD_MAX - (size_t)offset;
	memcpy(f->head + offset, bytes, len < room ? len : room);
	follow_place_head(&f->place, f->head, (size_t)offset + (len < room ? len : room));
}

size_t follow_without_return(struct slice line)
{
	return line.len && line.ptr[line.len - 1] == '\r' ? line.len - 1 : line.len;
}

static bool open_file_matches(const struct line_follow *f)
{
	if (f->is_fresh)
		return true;
	uint8_t head[FOLLOW_HEAD_MAX];
	ssize_t got = pread(f->fd, head, f->place.head_len, 0);
	return got >= 0 && follow_place_has_head(&f->place, head, (size_t)got);
}

/* Does the line before the place still stand there? */
static bool open_file_has_line(const struct line_follow *f)
{
	uint8_t bytes[FOLLOW_TAIL_MAX + 2];
	size_t want = f->place.tail_len + 2u;
	if (want > f->place.offset)
		want = (size_t)f->place.offset;
	return pread(f->fd, bytes, want, (off_t)(f->place.offset - want)) == (ssize_t)want &&
	       follow_place_has_tail(&f->place, bytes, want);
}

/* ---- the file itself ---- */

static int64_t time_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
}

void follow_close_file(struct line_follow *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->at = f->end = 0;
	f->skip_rest = false;
}

void follow_start_place(struct line_follow *f)
{
	f->is_fresh = f->knows_empty = false;
	follow_place_start(&f->place);
}

/* FOLLOW_WAIT: it does not exist. FOLLOW_LINE: open, at its beginning. */
static enum follow_status open_file(struct line_follow *f, struct error *err)
{
	struct stat st;
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 && errno == ENOENT)
		return FOLLOW_WAIT;
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		error_set(err, -errno, "%s: %s", f->path, strerror(errno));
		follow_close_file(f);
		return FOLLOW_FAILED;
	}
	f->inode = st.st_ino;
	f->device = st.st_dev;
	f->file_us = time_of(&st);
	f->at = f->end = 0;
	return FOLLOW_LINE;
}

/* ---- the file that is written ---- */

static void give(struct line_follow *f, size_t len, size_t taken, struct slice *line)
{
	const uint8_t *bytes = f->buffer + f->at;
	if (f->is_fresh)
		follow_start_place(f);
	*line = slice_of(bytes, len);
	follow_grow_head(f, bytes, taken, f->place.offset);
	f->at += taken;
	f->place.offset += taken;
	f->place.lines++;
	if (taken > len)
		line->len = follow_without_return(*line);
	follow_place_tail(&f->place, *line);
}

/* A complete line in the buffer. */
static bool next_in_buffer(struct line_follow *f, struct slice *line)
{
	for (;;) {
		size_t left = f->end - f->at;
		const uint8_t *feed = left ? memchr(f->buffer + f->at, '\n', left) : NULL;
		size_t len = feed ? (size_t)(feed - (f->buffer + f->at)) : left;
		if (f->skip_rest) {
			size_t taken = feed ? len + 1 : len;
			f->at += taken;
			f->place.offset += taken;
			f->skip_rest = f->place.in_cut = !feed;
			if (!feed)
				return false;
			continue;
		}
		if (len > LINE_FOLLOW_MAX || (!feed && len == LINE_FOLLOW_MAX)) {
			f->counts.cut++;
			f->skip_rest = true;
			f->place.in_cut = true;
			give(f, LINE_FOLLOW_MAX, LINE_FOLLOW_MAX, line);
			return true;
		}
		if (!feed)
			return false;
		give(f, len, len + 1, line);
		return true;
	}
}

/* Is it still the file that was read so far? */
static bool was_cut(const struct line_follow *f)
{
	struct stat own;
	uint64_t offset = f->is_fresh ? 0 : f->place.offset;
	return fstat(f->fd, &own) == 0 &&
	       ((uint64_t)own.st_size < offset + (f->end - f->at) || !open_file_matches(f));
}

enum filled { FILL_MORE, FILL_NONE, FILL_CUT, FILL_FAILED };

/* Asks whether the file was cut after it has read: then the answer holds for what was read. */
static enum filled fill(struct line_follow *f, struct error *err)
{
	if (f->at) {
		memmove(f->buffer, f->buffer + f->at, f->end - f->at);
		f->end -= f->at;
		f->at = 0;
	}
	ssize_t got = read_some(f->fd, f->buffer + f->end, BUFFER_BYTES - f->end);
	if (got < 0) {
		error_set(err, -errno, "%s: cannot be read on: %s", f->path, strerror(errno));
		return FILL_FAILED;
	}
	f->end += (size_t)got;
	if (was_cut(f)) {
		f->end -= (size_t)got;
		return FILL_CUT;
	}
	return got ? FILL_MORE : FILL_NONE;
}

/* Is the file in hand over? Until the one that has its name now holds something, the writer may still write
 * into it. */
static bool was_renamed(struct line_follow *f)
{
	struct stat own, named;
	if (fstat(f->fd, &own) == 0)
		f->file_us = time_of(&own);
	if (stat(f->path, &named) < 0)
		return follow_is_two_behind(f);
	if (named.st_ino == f->inode && named.st_dev == f->device)
		return false;
	return named.st_size > 0 || follow_is_two_behind(f);
}

/* Half a line at the end of a file that nobody writes any more is a line. */
static bool give_rest(struct line_follow *f, struct slice *line)
{
	size_t left = f->end - f->at;
	if (!left || f->skip_rest)
		return false;
	give(f, left, left, line);
	return true;
}

static void go_to_end(struct line_follow *f)
{
	off_t end = lseek(f->fd, 0, SEEK_END);
	uint8_t head[FOLLOW_HEAD_MAX];
	ssize_t got =
	    end > 0 ? pread(f->fd, head, sizeof head < (size_t)end ? sizeof head : (size_t)end, 0) : 0;
	if (got > 0)
		follow_grow_head(f, head, (size_t)got, 0);
	f->place.offset = end > 0 ? (uint64_t)end : 0;
}

/* True when the place lies in the file that is open. */
static bool is_place_here(struct line_follow *f)
{
	struct stat st;
	return fstat(f->fd, &st) == 0 && (uint64_t)st.st_size >= f->place.offset && open_file_matches(f) &&
	       open_file_has_line(f) &&
	       pread(f->fd, f->head, f->place.head_len, 0) == (ssize_t)f->place.head_len &&
	       lseek(f->fd, (off_t)f->place.offset, SEEK_SET) >= 0;
}

/* Goes to where an earlier run stopped, wherever that is now. False: that may still turn up. */
static bool go_to_place(struct line_follow *f)
{
	bool is_open = f->fd >= 0;
	if (f->place.offset == 0) {
		f->must_find = false;
		if (follow_find_first(f))
			follow_close_file(f);
		return true;
	}
	if (is_open && is_place_here(f)) {
		f->must_find = false;
		f->skip_rest = f->place.in_cut;
		return true;
	}
	if (follow_find_place(f)) {
		f->must_find = false;
		follow_close_file(f);
		return true;
	}
	if (!is_open)
		return false;
	f->must_find = false;
	f->counts.lost++;
	follow_start_place(f);
	return true;
}

static enum follow_status begin(struct line_follow *f, struct error *err)
{
	enum follow_status status = open_file(f, err);
	if (status == FOLLOW_FAILED)
		return status;
	if (f->must_find)
		return go_to_place(f) ? FOLLOW_LINE : FOLLOW_WAIT;
	if (status == FOLLOW_LINE && f->start_at_end)
		go_to_end(f);
	f->start_at_end = false;
	if (status == FOLLOW_LINE && follow_was_overtaken(f))
		follow_close_file(f);
	return status;
}

/* The file was cut. What had not been read by then is in the copy, if there is one. */
static void go_on_behind_cut(struct line_follow *f)
{
	follow_close_file(f);
	f->counts.rotated++;
	if (!follow_find_place(f)) {
		f->counts.lost++;
		follow_start_place(f);
	}
}

static enum follow_status next_line(struct line_follow *f, struct slice *line, struct error *err)
{
	for (;;) {
		if (follow_next_old(f, line))
			return FOLLOW_LINE;
		if (f->fd < 0) {
			enum follow_status status = begin(f, err);
			if (status != FOLLOW_LINE)
				return status;
			continue;
		}
		if (next_in_buffer(f, line))
			return FOLLOW_LINE;
		enum filled filled = fill(f, err);
		if (filled == FILL_NONE) {
			if (!was_renamed(f))
				return FOLLOW_WAIT;
			/* Once more: it may have been written to just before the new file was. */
			filled = fill(f, err);
			if (filled == FILL_NONE && give_rest(f, line))
				return FOLLOW_LINE;
			if (filled == FILL_NONE)
				follow_go_to_later(f);
		}
		if (filled == FILL_FAILED)
			return FOLLOW_FAILED;
		if (filled == FILL_CUT)
			go_on_behind_cut(f);
	}
}

enum follow_status line_follow_next(struct line_follow *f, struct slice *line, struct error *err)
{
	uint64_t before = f->place.offset;
	enum follow_status status = next_line(f, line, err);
	if (status == FOLLOW_LINE) {
		f->counts.lines++;
		f->counts.bytes += f->place.offset > before ? f->place.offset - before : f->place.offset;
	}
	return status;
}

/* ---- life ---- */

int line_follow_open(struct line_follow **out, const char *path, const struct follow_place *from, bool at_end,
		     struct error *err)
{
	struct line_follow *f = calloc(1, sizeof *f);
	char *name = strdup(path);
	uint8_t *buffer = malloc(BUFFER_BYTES);
	if (!f || !name || !buffer) {
		free(f);
		free(name);
		free(buffer);
		return error_set(err, -ENOMEM, "%s: no memory to follow it", path);
	}
	f->path = name;
	f->buffer = buffer;
	f->fd = -1;
	follow_start_place(f);
	f->start_at_end = at_end;
	if (from)
		line_follow_resume(f, from);
	*out = f;
	return 0;
}

void line_follow_arrive(struct line_follow *f)
{
	struct error told_when_it_is_read;
	if (f->fd < 0 && f->start_at_end)
		begin(f, &told_when_it_is_read);
}

void line_follow_resume(struct line_follow *f, const struct follow_place *from)
{
	f->place = *from;
	follow_place_check(&f->place);
	f->must_find = from->offset > 0 || from->file_us;
	f->start_at_end = false;
}

void line_follow_close(struct line_follow *f)
{
	if (!f)
		return;
	follow_close_file(f);
	if (f->is_old_open)
		line_reader_close(&f->old);
	rotated_files_free(&f->files);
	free(f->buffer);
	free(f->path);
	free(f);
}

void line_follow_place(const struct line_follow *f, struct follow_place *out)
{
	*out = f->place;
	if (f->fd >= 0)
		out->file_us = f->file_us;
}

uint64_t line_follow_number(const struct line_follow *f)
{
	return f->place.lines;
}

const struct follow_counts *line_follow_counts(const struct line_follow *f)
{
	return &f->counts;
}
