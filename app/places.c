/* SPDX-License-Identifier: MIT */
#include "app/places.h"

#include "app/moment.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/image.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define KEEP_US		 (60 * SECOND_US)
#define KEEP_BYTES_PER_S 65536 /* more is not written, on average: disks wear */
/* Frames wait in their ring while this is written: more than that they need not wait for. */
#define KEEP_LIVE_BYTES ((size_t)32 * 1024 * 1024)
#define NEVER		INT64_MAX

/* ---- names ---- */

/* The folder without links and relative steps; the file itself may not exist. */
static char *absolute_path(const char *path)
{
	if (journal_is_named(path))
		return strdup(path);
	char folder[PATH_MAX], *out = NULL;
	const char *slash = strrchr(path, '/');
	char *before = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	const char *name = slash ? slash + 1 : path;
	if (!before)
		return NULL;
	if (!realpath(before, folder))
		out = strdup(path);
	else if (asprintf(&out, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) < 0)
		out = NULL;
	free(before);
	return out;
}

static size_t log_count(const struct places_input *in)
{
	return in->logs ? watch_logs_count(in->logs) : 0;
}

/* What is watched, a name a line; logs by their whole path. */
static char *key_of(const struct places_input *in)
{
	size_t size, live = in->count - log_count(in);
	char *key = NULL;
	FILE *out = open_memstream(&key, &size);
	if (!out)
		return NULL;
	for (size_t i = 0; i < in->count; i++) {
		char *path = i < live ? strdup(in->names[i]) : absolute_path(in->names[i]);
		fprintf(out, "%s%s", i ? "\n" : "", path ? path : "");
		free(path);
	}
	if (fclose(out)) {
		free(key);
		return NULL;
	}
	return key;
}

/* ---- places of logs ---- */

/* What is kept of a reader: what it knows, and behind that the cursor of a journal, which is its place. */
struct kept_reader {
	struct log_memory memory;
	int64_t since_us;
	char cursor[JOURNAL_CURSOR_MAX];
};
static_assert(sizeof(struct kept_reader) <= STORE_READER_MAX, "the store takes it");

static struct slice keep_reader(struct kept_reader *kept, const struct watched_place *p)
{
	if (!p->is_journal)
		return slice_of(&kept->memory, sizeof kept->memory);
	kept->since_us = p->journal.since_us;
	memcpy(kept->cursor, p->journal.cursor, sizeof kept->cursor);
	return slice_of(kept, sizeof *kept);
}

static bool reader_of_store(const struct store_place *p, struct kept_reader *out)
{
	*out = (struct kept_reader){ .memory = { .last_us = INT64_MIN, .known_us = INT64_MIN } };
	bool is_journal = p->reader.len == sizeof *out;
	if (is_journal || p->reader.len == sizeof out->memory)
		memcpy(out, p->reader.ptr, p->reader.len);
	out->cursor[sizeof out->cursor - 1] = 0;
	return is_journal;
}

static struct store_place journal_to_store(const char *log, const struct journal_place *p, struct slice reader)
{
	return (struct store_place){ .log = log,
				     .lines = p->lines,
				     .head_hash = hash_bytes(p->cursor, strlen(p->cursor), 0),
				     .reader = reader };
}

static struct store_place place_to_store(const char *log, const struct follow_place *p, struct slice reader)
{
	return (struct store_place){ .log = log,
				     .offset = p->offset,
				     .lines = p->lines,
				     .head_hash = p->head_hash,
				     .tail_hash = p->tail_hash,
				     .head_len = p->head_len,
				     .tail_len = p->tail_len,
				     .in_cut = p->in_cut,
				     .file_us = p->file_us,
				     .reader = reader };
}

static struct follow_place file_of_store(const struct store_place *p)
{
	return (struct follow_place){ .offset = p->offset,
				      .lines = p->lines,
				      .head_hash = p->head_hash,
				      .tail_hash = p->tail_hash,
				      .head_len = p->head_len,
				      .tail_len = p->tail_len,
				      .in_cut = p->in_cut,
				      .file_us = p->file_us };
}

static struct watched_place place_of_store(const struct store_place *p, const struct kept_reader *kept, bool is_journal)
{
	struct watched_place place = { .is_journal = is_journal };
	if (!is_journal) {
		place.file = file_of_store(p);
		return place;
	}
	place.journal.lines = p->lines;
	place.journal.since_us = kept->since_us;
	memcpy(place.journal.cursor, kept->cursor, sizeof place.journal.cursor);
	return place;
}

static struct store_place to_store(const char *log, const struct watched_place *p, struct slice reader)
{
	return p->is_journal ? journal_to_store(log, &p->journal, reader) : place_to_store(log, &p->file, reader);
}

/* Goes on where the store says. *known: it says something of every log. */
static int resume_logs(const struct places *p, const struct places_input *in, bool *known, struct error *err)
{
	uint8_t room[STORE_READER_MAX];
	int found = 0;
	*known = true;
	for (size_t i = 0; i < log_count(in) && found >= 0; i++) {
		struct store_place kept;
		struct kept_reader reader;
		char *path = absolute_path(watch_logs_path(in->logs, i));
		if (!path)
			return error_set(err, -ENOMEM, "no memory for the places of logs");
		found = store_recall_place(p->store, path, &kept, room, err);
		free(path);
		*known = *known && found > 0;
		if (found <= 0)
			continue;
		bool is_journal = reader_of_store(&kept, &reader);
		struct watched_place place = place_of_store(&kept, &reader, is_journal);
		watch_logs_resume(in->logs, i, &place, &reader.memory);
	}
	return found < 0 ? found : 0;
}

/* ---- memory ---- */

/* First the places that it belongs to: a log that was read on by another process since then makes it
 * worthless. */
static void places_image(const struct places_input *in, struct image *i)
{
	image_same(i, log_count(in));
	for (size_t n = 0; n < log_count(in); n++) {
		struct watched_place place;
		struct log_memory memory;
		watch_logs_place(in->logs, n, &place, &memory);
		struct store_place p = to_store(NULL, &place, slice_of(NULL, 0));
		image_same(i, p.offset);
		image_same(i, p.lines);
		image_same(i, p.head_hash ^ p.tail_hash);
	}
}

/* Packets that came after this was kept are gone; lines are not. */
static void end_image(struct places *p, const struct places_input *in, bool is_end, uint64_t fresh,
		      struct image *i)
{
	uint8_t was_end = is_end;
	image_bytes(i, &p->marker, sizeof p->marker);
	image_bytes(i, &was_end, sizeof was_end);
	if (i->is_loading && !was_end && in->count > log_count(in))
		p->marker = fresh;
}

/* Another version has other meanings for the same bytes. */
static uint64_t signature_of(const struct places_input *in)
{
	return hash_bytes(SIPHOUND_VERSION, strlen(SIPHOUND_VERSION), pipeline_signature(in->pipeline));
}

/* A pipeline that was loaded in part is of no use; the next start must not find this again. */
static int give_up(const struct places *p, struct error *err)
{
	const struct store_memory none = { .key = p->key };
	int bad = store_remember(p->store, &none, NULL, 0, moment_now(), err);
	return bad ? bad
		   : error_set(err, -EBADMSG,
			       "%s: what was known could not be read back (not enough memory?) and is given "
			       "up; start again to "
			       "begin without it",
			       store_path(p->store));
}

static int resume_memory(struct places *p, const struct places_input *in, struct error *err)
{
	uint64_t fresh = p->identity;
	struct store_memory kept;
	struct image image;
	int found = store_recall_memory(p->store, p->key, signature_of(in), &kept, err);
	if (found <= 0)
		return found;
	image_load(&image, kept.bytes);
	places_image(in, &image);
	if (!image.failed) {
		end_image(p, in, false, fresh, &image);
		if (in->logs)
			watch_logs_image(in->logs, &image);
		pipeline_image(in->pipeline, &image);
		if (image_is_whole(&image)) {
			p->identity = kept.identity;
			p->is_resumed = p->is_kept = true;
		} else {
			found = give_up(p, err);
		}
	}
	image_fini(&image);
	free((void *)(uintptr_t)kept.bytes.ptr);
	return found < 0 ? found : 0;
}

int places_resume(struct places *p, struct store *s, const struct places_input *in, uint64_t fresh_identity,
		  struct error *err)
{
	bool known;
	*p = (struct places){ .store = s, .key = key_of(in), .identity = fresh_identity };
	if (!p->key)
		return error_set(err, -ENOMEM, "no memory for the places of logs");
	int bad = resume_logs(p, in, &known, err);
	return bad || !known ? bad : resume_memory(p, in, err);
}

bool places_are_due(const struct places *p, const struct places_input *in, int64_t now_us)
{
	if (!p->store || now_us < p->next_us)
		return false;
	struct pipeline_seen seen = pipeline_seen(in->pipeline);
	return seen.lines != p->kept_lines || seen.packets != p->kept_packets;
}

static int64_t wait_after(size_t bytes, bool is_live)
{
	int64_t wait_us = (int64_t)(bytes / KEEP_BYTES_PER_S) * SECOND_US;
	if (is_live && bytes > KEEP_LIVE_BYTES)
		return NEVER;
	return wait_us > KEEP_US ? wait_us : KEEP_US;
}

int places_keep(struct places *p, const struct places_input *in, bool is_end, int64_t now_us,
		struct error *err)
{
	size_t count = log_count(in);
	struct kept_reader *readers = calloc(count + 1, sizeof *readers);
	struct store_place *places = calloc(count + 1, sizeof *places);
	struct image image;
	int bad =
	    readers && places ? 0 : error_set(err, -ENOMEM, "no memory for the places of %zu logs", count);
	image_save(&image);
	for (size_t i = 0; i < count && !bad; i++) {
		struct watched_place place;
		char *path = absolute_path(watch_logs_path(in->logs, i));
		watch_logs_place(in->logs, i, &place, &readers[i].memory);
		places[i] = to_store(path, &place, keep_reader(&readers[i], &place));
		bad = path ? 0 : error_set(err, -ENOMEM, "no memory for the places of %zu logs", count);
	}
	if (!bad) {
		places_image(in, &image);
		end_image(p, in, is_end, 0, &image);
		if (in->logs)
			watch_logs_image(in->logs, &image);
		pipeline_image(in->pipeline, &image);
		bad = image.failed ? error_set(err, -ENOMEM, "no memory to keep what is known") : 0;
	}
	struct store_memory memory = { p->key, p->identity, signature_of(in),
				       slice_of(image.bytes, image.len) };
	bad = bad ? bad : store_remember(p->store, &memory, places, count, moment_now(), err);
	p->is_kept |= !bad;
	struct pipeline_seen seen = pipeline_seen(in->pipeline);
	p->kept_lines = seen.lines;
	p->kept_packets = seen.packets;
	int64_t wait_us = wait_after(image.len, in->count > count);
	p->next_us = wait_us == NEVER ? NEVER : now_us + wait_us;
	for (size_t i = 0; places && i < count; i++)
		free((void *)(uintptr_t)places[i].log);
	image_fini(&image);
	free(places);
	free(readers);
	return bad;
}

int places_announce(struct places *p, const struct places_input *in, int64_t now_us, struct error *err)
{
	return p->is_kept || !places_are_due(p, in, now_us) ? 0 : places_keep(p, in, false, now_us, err);
}

int places_renew(struct places *p, const struct places_input *in, int64_t now_us, struct error *err)
{
	return p->is_kept && p->next_us != NEVER ? places_keep(p, in, false, now_us, err) : 0;
}

void places_close(struct places *p)
{
	free(p->key);
	*p = (struct places){ 0 };
}
