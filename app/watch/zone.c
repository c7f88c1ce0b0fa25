/* SPDX-License-Identifier: MIT */
#include "app/watch/zone.h"

#include "app/commands/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define END_BYTES 8192

/* The end of a regular file, and when it was written; *is_empty when there is nothing in it yet. */
static struct slice read_end(const char *path, uint8_t room[END_BYTES], int64_t *written_us, bool *is_empty)
{
	struct stat info;
	ssize_t len = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*is_empty = file < 0 && errno == ENOENT;
	if (file < 0)
		return slice_of(NULL, 0);
	if (fstat(file, &info) == 0 && S_ISREG(info.st_mode)) {
		off_t from = info.st_size > END_BYTES ? info.st_size - END_BYTES : 0;
		*written_us = (int64_t)info.st_mtim.tv_sec * SECOND_US + info.st_mtim.tv_nsec / 1000;
		len = pread(file, room + 1, END_BYTES - 1, from);
		room[0] = '\n'; /* the first line of a short file is whole */
		*is_empty = len == 0 && info.st_size == 0;
	}
	close(file);
	return slice_of(room, len > 0 ? (size_t)len + 1 : 0);
}

void watch_zone_look(struct watch_zone *z, struct log_reader *reader, const char *path,
		     const struct zone *local, int64_t now_us)
{
	uint8_t room[END_BYTES];
	int64_t written_us;
	int offset_s;
	bool is_empty;
	struct slice end = read_end(path, room, &written_us, &is_empty);
	if (is_empty)
		z->seen_us = now_us;
	if (!end.len || !log_zone_of_end(end, written_us, &offset_s))
		return;
	bool is_local = local && zone_offset_s(local, written_us) == offset_s;
	log_reader_found_zone(reader, is_local ? local : NULL, offset_s);
}

void watch_zone_begin(const struct watch_zone *z, struct log_reader *reader, int64_t now_us)
{
	log_reader_set_clock(reader, z->seen_us ? now_us : 0, now_us - z->seen_us);
}

void watch_zone_end(struct watch_zone *z, int64_t now_us)
{
	z->seen_us = now_us;
}

const char *watch_zone_text(int offset_s, char out[WATCH_ZONE_TEXT_MAX])
{
	int minutes = abs(offset_s) / 60;
	const char *side = offset_s < 0 ? "behind" : "ahead of";
	if (minutes % 60)
		snprintf(out, WATCH_ZONE_TEXT_MAX, "%d h %d min %s UTC", minutes / 60, minutes % 60, side);
	else
		snprintf(out, WATCH_ZONE_TEXT_MAX, "%d h %s UTC", minutes / 60, side);
	return out;
}

#define OFF_US (10 * MINUTE_US) /* relays of logs are slow, and clocks of machines differ */

static void tell_off(struct watch_zone *z, int64_t off_us, const char *name)
{
	char text[CLOCK_TEXT_MAX];
	if (z->has_told_off || (off_us < OFF_US && off_us > -OFF_US))
		return;
	z->has_told_off = true;
	complain("warning: the times of new lines in %s are %s %s this machine's clock, so that bans end %s: "
		 "is the zone right? "
		 "Set logs.utc_offset (--utc-offset)",
		 name, clock_span_text(off_us < 0 ? -off_us : off_us, text),
		 off_us < 0 ? "behind" : "ahead of",
		 off_us < 0 ? "too early, or before they begin" : "too late");
}

void watch_zone_tell(struct watch_zone *z, const struct log_reader *reader, const char *name)
{
	struct log_zone_state state = log_reader_zone(reader);
	char text[WATCH_ZONE_TEXT_MAX];
	tell_off(z, state.off_us, name);
	if (!state.is_found || state.offset_s == z->told_s || z->told == WATCH_ZONE_TOLD_MAX)
		return;
	z->told_s = state.offset_s;
	z->told++;
	complain("%s writes local time, %s: taken so; set logs.utc_offset (--utc-offset) to say it yourself",
		 name, watch_zone_text(state.offset_s, text));
}
