/* SPDX-License-Identifier: MIT */
#include "capture/line_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/line_reader.h"
#include "capture/line_rotation.h"

#define BUFFER_BYTES (2 * LINE_FOLLOW_MAX)

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
	uint8_t head[FOLLOW_HEAD_MAX];
	bool start_at_end;
	bool must_find; /* the place is from an earlier run: the file must be found */

	struct line_reader old; /* a rotated file that is read to its end first */
	bool is_old_open;
	struct rotated_files queue; /* and those after it */
	size_t queue_at;

	struct follow_counts counts;
};

/* ---- heads ---- */

static ssize_t read_some(int fd, void *to, size_t max)
{
	ssize_t got;
	do
		got = read(fd, to, max);
	while (got < 0 && errno == EINTR);
	return got;
}

/* The bytes that were given so far from the current file, as far as they are its first ones. */
static void grow_head(struct line_follow *f, const uint8_t *bytes, size_t len, uint64_t offset)
{
	if (offset >= FOLLOW_HEAD_MAX)
		return;
	size_t room = FOLLOW_HEAD_MAX - (size_t)offset;
	memcpy(f->head + offset, bytes, len < room ? len : room);
	follow_place_head(&f->place, f->head, (size_t)offset + (len < room ? len : room));
}

static size_t without_return(struct slice line)
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

/* First bytes of a file that may be packed; kept when they are those of the place. */
static bool old_file_matches(struct line_follow *f, const char *path)
{
	struct byte_source *source;
	struct error ignored;
	uint8_t head[FOLLOW_HEAD_MAX];
	size_t len = 0, got;
	if (byte_source_open(&source, path, &ignored) < 0)
		return false;
	while (len < f->place.head_len &&
	       byte_source_read(source, head + len, sizeof head - len, &got, &ignored) == BYTES_MORE)
		len += got;
	byte_source_close(source);
	if (!follow_place_has_head(&f->place, head, len))
		return false;
	memcpy(f->head, head, f->place.head_len);
	return true;
}

/* ---- the file itself ---- */

static int64_t time_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
}

static void close_file(struct line_follow *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->at = f->end = 0;
	f->skip_rest = false;
}

static void start_place(struct line_follow *f)
{
	f->is_fresh = false;
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
		close_file(f);
		return FOLLOW_FAILED;
	}
	f->inode = st.st_ino;
	f->device = st.st_dev;
	f->file_us = time_of(&st);
	f->at = f->end = 0;
	return FOLLOW_LINE;
}

/* ---- old files ---- */

static void note_damage(struct line_follow *f, const struct error *why)
{
	if (f->counts.damaged++ == 0)
		f->counts.damage = *why;
}

/* Passes over `offset` unpacked bytes. False: the line that ends there is not the one that was read. A file that is shorter is read as
 * far as it goes: a copy misses what was written while it was made. */
static bool pass_over(struct line_follow *f, uint64_t offset)
{
	struct byte_window *w = &f->old.window;
	uint8_t last[FOLLOW_TAIL_MAX + 2];
	size_t kept = 0;
	while (f->old.bytes < offset && (byte_window_left(w) || byte_window_need(w, 1))) {
		size_t left = byte_window_left(w), taken = offset - f->old.bytes < left ? (size_t)(offset - f->old.bytes) : left;
		size_t fresh = taken < sizeof last ? taken : sizeof last, stays = kept + fresh > sizeof last ? sizeof last - fresh : kept;
		memmove(last, last + kept - stays, stays);
		memcpy(last + stays, w->at + taken - fresh, fresh);
		kept = stays + fresh;
		w->at += taken;
		f->old.bytes += taken;
	}
	f->old.skip_rest = f->place.in_cut;
	return f->old.bytes < offset || follow_place_has_tail(&f->place, last, kept);
}

/* Opens the old file that the queue stands at, at `offset` of its unpacked bytes. False: it can not be read, or it is another one. */
static bool open_old(struct line_follow *f, uint64_t offset)
{
	struct error why;
	const struct rotated_file *file = &f->queue.items[f->queue_at];
	f->file_us = file->changed_ns / 1000;
	if (line_reader_open(&f->old, file->path, &why) < 0) {
		note_damage(f, &why);
		return false;
	}
	f->is_old_open = true;
	if (offset == 0 || pass_over(f, offset))
		return true;
	line_reader_close(&f->old);
	f->is_old_open = false;
	return false;
}

/* The place lies in a file that was rotated away: finds it, and everything that was rotated after it. */
static bool find_place(struct line_follow *f)
{
	rotated_files_list(&f->queue, f->path);
	for (size_t i = f->queue.count; f->place.head_len && i-- > 0;) {
		if (!old_file_matches(f, f->queue.items[i].path))
			continue;
		f->queue_at = i;
		if (!open_old(f, f->place.offset))
			continue;
		f->is_fresh = false;
		return true;
	}
	rotated_files_free(&f->queue);
	return false;
}

/* Nothing was read yet, from a file that was empty: it may be any of those that were changed since then. */
static bool find_first(struct line_follow *f)
{
	rotated_files_list(&f->queue, f->path);
	for (f->queue_at = 0; f->place.file_us && f->queue_at < f->queue.count; f->queue_at++)
		if (f->queue.items[f->queue_at].changed_ns / 1000 > f->place.file_us && open_old(f, 0)) {
			f->is_fresh = true;
			return true;
		}
	rotated_files_free(&f->queue);
	return false;
}

/* Lists the old files and finds the one in hand among them, which may be packed by now. False: it is not
 * there. */
static bool find_own(struct line_follow *f, size_t *index)
{
	rotated_files_list(&f->queue, f->path);
	for (size_t i = 0; i < f->queue.count; i++) {
		if (f->queue.items[i].inode == f->inode && f->queue.items[i].device == f->device) {
			*index = i;
			return true;
		}
	}
	for (size_t i = f->queue.count; i-- > 0 && f->place.head_len && !f->is_fresh;) {
		if (old_file_matches(f, f->queue.items[i].path)) {
			*index = i;
			return true;
		}
	}
	return false;
}

/* The file in hand was read to its end and has another name now. What was rotated after it, between two
 * looks, comes next. */
static void queue_later(struct line_follow *f)
{
	size_t own;
	if (find_own(f, &own)) {
		for (f->queue_at = own + 1; f->queue_at < f->queue.count && !open_old(f, 0); f->queue_at++)
			;
	}
	if (!f->is_old_open)
		rotated_files_free(&f->queue);
}

static void close_old(struct line_follow *f)
{
	if (f->old.damaged)
		note_damage(f, &f->old.damage);
	line_reader_close(&f->old);
	f->is_old_open = false;
}

/* Next line of old files; false when all are read. */
static bool next_old(struct line_follow *f, struct slice *line)
{
	while (f->is_old_open) {
		uint64_t before = f->old.bytes;
		if (line_reader_next(&f->old, line) == LINE_OK) {
			if (f->is_fresh)
				start_place(f);
			uint64_t offset = f->place.offset;
			f->place.offset += f->old.bytes - before;
			f->place.in_cut = false;
			follow_place_tail(&f->place, slice_first(*line, without_return(*line)));
			f->place.lines++;
			grow_head(f, line->ptr, line->len, offset);
			size_t end = (size_t)(f->old.bytes - before) - line->len; /* CR LF, LF or nothing */
			if (end && end <= 2)
				grow_head(f, (const uint8_t *)"\r\n" + 2 - end, end, offset + line->len);
			return true;
		}
		close_old(f);
		f->counts.rotated++;
		f->is_fresh = true;
		while (!f->is_old_open && ++f->queue_at < f->queue.count)
			open_old(f, 0);
	}
	rotated_files_free(&f->queue);
	return false;
}

/* ---- the file that is written ---- */

static void give(struct line_follow *f, size_t len, size_t taken, struct slice *line)
{
	const uint8_t *bytes = f->buffer + f->at;
	if (f->is_fresh)
		start_place(f);
	*line = slice_of(bytes, len);
	grow_head(f, bytes, taken, f->place.offset);
	f->at += taken;
	f->place.offset += taken;
	f->place.lines++;
	if (taken > len)
		line->len = without_return(*line);
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

/* Was the file in hand followed by another one that is rotated already? */
static bool is_two_behind(struct line_follow *f)
{
	size_t own;
	bool behind = find_own(f, &own) && own + 1 < f->queue.count;
	rotated_files_free(&f->queue);
	return behind;
}

/* Is the file in hand over? Until the one that has its name now holds something, the writer may still write
 * into it. */
static bool was_renamed(struct line_follow *f)
{
	struct stat own, named;
	if (fstat(f->fd, &own) == 0)
		f->file_us = time_of(&own);
	if (stat(f->path, &named) < 0)
		return is_two_behind(f);
	if (named.st_ino == f->inode && named.st_dev == f->device)
		return false;
	return named.st_size > 0 || is_two_behind(f);
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
		grow_head(f, head, (size_t)got, 0);
	f->place.offset = end > 0 ? (uint64_t)end : 0;
}

/* True when the place lies in the file that is open. */
static bool is_place_here(struct line_follow *f)
{
	struct stat st;
	return fstat(f->fd, &st) == 0 && (uint64_t)st.st_size >= f->place.offset && open_file_matches(f) && open_file_has_line(f) &&
	       pread(f->fd, f->head, f->place.head_len, 0) == (ssize_t)f->place.head_len &&
	       lseek(f->fd, (off_t)f->place.offset, SEEK_SET) >= 0;
}

/* Goes to where an earlier run stopped, wherever that is now. False: that may still turn up. */
static bool go_to_place(struct line_follow *f)
{
	bool is_open = f->fd >= 0;
	if (f->place.offset == 0) {
		f->must_find = false;
		if (find_first(f))
			close_file(f);
		return true;
	}
	if (is_open && is_place_here(f)) {
		f->must_find = false;
		f->skip_rest = f->place.in_cut;
		return true;
	}
	if (find_place(f)) {
		f->must_find = false;
		close_file(f);
		return true;
	}
	if (!is_open)
		return false;
	f->must_find = false;
	f->counts.lost++;
	start_place(f);
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
	return status;
}

/* The file was cut. What had not been read by then is in the copy, if there is one. */
static void go_on_behind_cut(struct line_follow *f)
{
	close_file(f);
	f->counts.rotated++;
	if (!find_place(f)) {
		f->counts.lost++;
		start_place(f);
	}
}

static enum follow_status next_line(struct line_follow *f, struct slice *line, struct error *err)
{
	for (;;) {
		if (next_old(f, line))
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
			if (filled == FILL_NONE) {
				close_file(f);
				f->counts.rotated++;
				queue_later(f);
				f->is_fresh = true;
			}
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
	start_place(f);
	f->start_at_end = at_end;
	if (from)
		line_follow_resume(f, from);
	*out = f;
	return 0;
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
	close_file(f);
	if (f->is_old_open)
		line_reader_close(&f->old);
	rotated_files_free(&f->queue);
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

int64_t line_follow_file_us(const struct line_follow *f)
{
	return f->file_us;
}

const struct follow_counts *line_follow_counts(const struct line_follow *f)
{
	return &f->counts;
}
