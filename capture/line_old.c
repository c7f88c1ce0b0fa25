/* SPDX-License-Identifier: MIT */
#include "capture/line_source_internal.h"

#define LOOKS_MAX 10 /* at a folder whose files are being renamed */

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

static void note_damage(struct line_follow *f, const struct error *why)
{
	if (f->counts.damaged++ == 0)
		f->counts.damage = *why;
}

/* Passes over what was read. False: the line that ends there is not the one that was read. A file that is
 * shorter is read as far as it goes: a copy misses what was written while it was made. */
static bool pass_over(struct line_follow *f, uint64_t offset)
{
	uint8_t last[FOLLOW_TAIL_MAX + 2];
	size_t kept = line_reader_pass(&f->old, offset, last, sizeof last);
	f->old.skip_rest = f->place.in_cut;
	return f->old.bytes < offset || follow_place_has_tail(&f->place, last, kept);
}

/* Opens an old file at `offset` of its unpacked bytes. False: it can not be read, or it is another one, or
 * (has_moved) it was packed or renamed since the list was made. */
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
		is_open =
		    f->files.items[i].changed_ns / 1000 > after_us && open_old(f, &f->files.items[i], 0);
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

bool follow_find_place(struct line_follow *f)
{
	bool is_open = false;
	unsigned looks = 0;
	do {
		rotated_files_list(&f->files, f->path);
		for (size_t i = f->files.count; f->place.head_len && !is_open && !f->has_moved && i-- > 0;)
			is_open = old_file_matches(f, &f->files.items[i]) &&
				  open_old(f, &f->files.items[i], f->place.offset);
	} while (look_again(f, &looks));
	f->is_fresh &= !is_open;
	return is_open;
}

bool follow_find_first(struct line_follow *f)
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

/* Lists the old files and finds the one in hand among them, which may be packed by now. It must be open
 * still, as otherwise another one may have its number. False: it is not there. */
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

bool follow_is_two_behind(struct line_follow *f)
{
	size_t own;
	bool behind = find_own(f, &own) && own + 1 < f->files.count;
	rotated_files_free(&f->files);
	f->has_moved = false;
	return behind;
}

bool follow_was_overtaken(struct line_follow *f)
{
	size_t before;
	unsigned looks = 0;
	bool is_open = false;
	if (!f->is_fresh || f->knows_empty)
		return false;
	do
		is_open = find_own(f, &before) && f->files.items[before].inode != f->inode &&
			  open_first(f, before + 1, INT64_MIN);
	while (look_again(f, &looks));
	f->knows_empty = is_open;
	return is_open;
}

static void close_old(struct line_follow *f, struct line_reader *old)
{
	if (old->damaged)
		note_damage(f, &old->damage);
	line_reader_close(old);
}

void follow_go_to_later(struct line_follow *f)
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
		follow_close_file(f);
	f->counts.rotated++;
	f->is_fresh = true;
}

bool follow_next_old(struct line_follow *f, struct slice *line)
{
	while (f->is_old_open) {
		uint64_t before = f->old.bytes;
		if (line_reader_next(&f->old, line) == LINE_OK) {
			if (f->is_fresh)
				follow_start_place(f);
			uint64_t offset = f->place.offset;
			f->place.offset += f->old.bytes - before;
			f->place.in_cut = false;
			follow_place_tail(&f->place, slice_first(*line, follow_without_return(*line)));
			f->place.lines++;
			follow_grow_head(f, line->ptr, line->len, offset);
			size_t end = (size_t)(f->old.bytes - before) - line->len; /* CR LF, LF or nothing */
			if (end && end <= 2)
				follow_grow_head(f, (const uint8_t *)"\r\n" + 2 - end, end,
						 offset + line->len);
			return true;
		}
		follow_go_to_later(f);
	}
	return false;
}
