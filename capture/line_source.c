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
#define LOOKS_MAX    10 /* at a folder whose files are being renamed */

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
static bool old_file_matches(struct line_follow *f, const struct rotated_file *file)
{
	uint8_t head[FOLLOW_HEAD_MAX];
	size_t len = rotated_file_head(file, head, f->place.head_len);
	f->has_moved |= !rotated_file_is_there(file);
	if (f->has_moved || !follow_place_has_head(&f->place, head, len))
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

/* Passes over what was read. False: the line that ends there is not the one that was read. A file that is shorter is read as far as it
 * goes: a copy misses what was written while it was made. */
static bool pass_over(struct line_follow *f, uint64_t offset)
{
	uint8_t last[FOLLOW_TAIL_MAX + 2];
	size_t kept = line_reader_pass(&f->old, offset, last, sizeof last);
	f->old.skip_rest = f->place.in_cut;
	return f->old.bytes < offset || follow_place_has_tail(&f->place, last, kept);
}

/* Opens an old file at `offset` of its unpacked bytes. False: it can not be read, or it is another one, or (has_moved) it was packed or
 * renamed since the list was made. */
static bool open_old(struct line_follow *f, const struct rotated_file *file, uint64_t offset)
{
	struct error why;
	int bad = line_reader_open(&f->old, file->path, &why);
	if (!rotated_file_is_there(file)) {
		f->has_moved = true;
	} else if (bad < 0) {
		note_damage(f, &why);
	} else if (offset == 0 || pass_over(f, offset)) {
		f->is_old_open = true;
		f->inode = file->inode;
		f->device = file->device;
		f->file_us = file->changed_ns / 1000;
		return true;
	}
	if (bad >= 0)
		line_reader_close(&f->old);
	return false;
}

/* Opens the first of them, from `first` on, that can be read and was changed after `after_us`. */
static bool open_first(struct line_follow *f, size_t first, int64_t after_us)
{
	bool is_open = false;
	for (size_t i = first; i < f->files.count && !is_open && !f->has_moved; i++)
		is_open = f->files.items[i].changed_ns / 1000 > after_us && open_old(f, &f->files.items[i], 0);
	return is_open;
}

/* While somebody rotates, files are not where they were a moment ago: then one has to look again. */
static bool look_again(struct line_follow *f, unsigned *looks)
{
	bool again = f->has_moved && ++*looks < LOOKS_MAX;
	rotated_files_free(&f->files);
	f->has_moved = false;
	return again;
}

/* The place lies in a file that was rotated away: finds it. */
static bool find_place(struct line_follow *f)
{
	bool is_open = false;
	unsigned looks = 0;
	do {
		rotated_files_list(&f->files, f->path);
		for (size_t i = f->files.count; f->place.head_len && !is_open && !f->has_moved && i-- > 0;)
			is_open = old_file_matches(f, &f->files.items[i]) && open_old(f, &f->files.items[i], f->place.offset);
	} while (look_again(f, &looks));
	f->is_fresh &= !is_open;
	return is_open;
}

/* Nothing was read yet, from a file that was empty: it may be any of those that were changed since then. */
static bool find_first(struct line_follow *f)
{
	bool is_open = false;
	unsigned looks = 0;
	do {
		rotated_files_list(&f->files, f->path);
		is_open = f->place.file_us && open_first(f, 0, f->place.file_us);
	} while (look_again(f, &looks));
	f->is_fresh |= is_open;
	return is_open;
}

/* Lists the old files and finds the one in hand among them, which may be packed by now. It must be open still, as otherwise another one
 * may have its number. False: it is not there. */
static bool find_own(struct line_follow *f, size_t *index)
{
	rotated_files_list(&f->files, f->path);
	for (size_t i = 0; i < f->files.count; i++) {
		if (f->files.items[i].inode == f->inode && f->files.items[i].device == f->device) {
			*index = i;
			return true;
		}
	}
	/* When nothing was given from it, this is the one before it. */
	for (size_t i = f->files.count; i-- > 0 && f->place.head_len && !f->has_moved;) {
		if (old_file_matches(f, &f->files.items[i])) {
			*index = i;
			return true;
		}
	}
	return false;
}

static void close_old(struct line_follow *f, struct line_reader *old)
{
	if (old->damaged)
		note_damage(f, &old->damage);
	line_reader_close(old);
}

/* The file in hand was read to its end and has another name now. What was rotated after it comes next: looked up each time, as names
 * change meanwhile. */
static void go_to_later(struct line_follow *f)
{
	size_t own;
	unsigned looks = 0;
	bool had_old = f->is_old_open;
	struct line_reader ended = f->old;
	f->is_old_open = false;
	do {
		if (find_own(f, &own))
			open_first(f, own + 1, INT64_MIN);
	} while (look_again(f, &looks));
	if (had_old)
		close_old(f, &ended);
	else
		close_file(f);
	f->counts.rotated++;
	f->is_fresh = true;
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
		go_to_later(f);
	}
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
	bool behind = find_own(f, &own) && own + 1 < f->files.count;
	rotated_files_free(&f->files);
	f->has_moved = false;
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

/* The file before is read to its end, and the next one was opened: did another one come and go in between? */
static bool was_overtaken(struct line_follow *f)
{
	size_t before;
	unsigned looks = 0;
	bool is_open = false;
	if (!f->is_fresh || f->knows_empty)
		return false;
	do
		is_open = find_own(f, &before) && f->files.items[before].inode != f->inode && open_first(f, before + 1, INT64_MIN);
	while (look_again(f, &looks));
	f->knows_empty = is_open;
	return is_open;
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
	if (status == FOLLOW_LINE && was_overtaken(f))
		close_file(f);
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
			if (filled == FILL_NONE)
				go_to_later(f);
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
	close_file(f);
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
