/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include "core/hash.h"

#include <errno.h>
#include <stdlib.h>

/* SQLite is told to refuse values of more than 1 MiB, so a memory is cut into parts. */
#define PART_BYTES   ((size_t)512 * 1024)
#define MEMORIES_MAX 8
#define MEMORY_MAX   ((uint64_t)4 << 30)

static void bind_bytes(struct store *s, sqlite3_stmt *q, int at, struct slice bytes)
{
	/* Borrowed until the statement was stepped. */
	if (q && sqlite3_bind_blob64(q, at, bytes.len ? (const void *)bytes.ptr : "", bytes.len,
				     SQLITE_STATIC) != SQLITE_OK)
		store_fail_sqlite(s);
}

static void put_place(struct store *s, const struct store_place *p, int64_t now_us)
{
	sqlite3_stmt *q = store_query(s,
				      "INSERT OR REPLACE INTO place (log, offset, lines, head_hash, "
				      "head_len, tail_hash, tail_len, in_cut,"
				      " file_us, time_us, reader) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
				      "tiiiiiiiii", p->log, (int64_t)p->offset, (int64_t)p->lines,
				      (int64_t)p->head_hash, (int64_t)p->head_len, (int64_t)p->tail_hash,
				      (int64_t)p->tail_len, (int64_t)p->in_cut, p->file_us, now_us);
	bind_bytes(s, q, 11, p->reader);
	store_step(s, q);
}

static void put_memory(struct store *s, const struct store_memory *m, int64_t now_us)
{
	uint64_t checksum = hash_bytes(m->bytes.ptr, m->bytes.len, m->identity);
	size_t parts = (m->bytes.len + PART_BYTES - 1) / PART_BYTES;
	store_do(s,
		 "INSERT OR REPLACE INTO memory (key, identity, signature, checksum, total, parts, time_us) "
		 "VALUES (?,?,?,?,?,?,?)",
		 "tiiiiii", m->key, (int64_t)m->identity, (int64_t)m->signature, (int64_t)checksum,
		 (int64_t)m->bytes.len, (int64_t)parts, now_us);
	store_do(s, "DELETE FROM memory_part WHERE key = ?1 AND part >= ?2", "ti", m->key, (int64_t)parts);
	for (size_t n = 0; n < parts; n++) {
		struct slice rest = slice_from(m->bytes, n * PART_BYTES);
		sqlite3_stmt *q =
		    store_query(s, "INSERT OR REPLACE INTO memory_part (key, part, bytes) VALUES (?,?,?)",
				"ti", m->key, (int64_t)n);
		bind_bytes(s, q, 3, slice_first(rest, rest.len < PART_BYTES ? rest.len : PART_BYTES));
		store_step(s, q);
	}
	store_do(s,
		 "DELETE FROM memory WHERE key NOT IN (SELECT key FROM memory ORDER BY time_us DESC, key "
		 "LIMIT ?1)",
		 "i", (int64_t)MEMORIES_MAX);
	store_do(s, "DELETE FROM memory_part WHERE key NOT IN (SELECT key FROM memory)", "");
}

int store_remember(struct store *s, const struct store_memory *memory, const struct store_place *places,
		   size_t count, int64_t now_us, struct error *err)
{
	store_begin(s, STORE_CHANGE);
	for (size_t i = 0; i < count; i++)
		put_place(s, &places[i], now_us);
	if (memory)
		put_memory(s, memory, now_us);
	return store_end(s, err);
}

static size_t copy_blob(sqlite3_stmt *q, int column, uint8_t *to, size_t room)
{
	const void *bytes = sqlite3_column_blob(q, column);
	size_t len = (size_t)sqlite3_column_bytes(q, column);
	if (!bytes || len > room)
		return 0;
	memcpy(to, bytes, len);
	return len;
}

int store_recall_place(struct store *s, const char *log, struct store_place *out, uint8_t *room,
		       struct error *err)
{
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q = store_query(s,
				      "SELECT offset, lines, head_hash, head_len, tail_hash, tail_len, "
				      "in_cut, file_us, reader FROM place"
				      " WHERE log = ?1",
				      "t", log);
	bool found = store_step(s, q);
	if (found) {
		*out = (struct store_place){
			.log = log,
			.offset = (uint64_t)sqlite3_column_int64(q, 0),
			.lines = (uint64_t)sqlite3_column_int64(q, 1),
			.head_hash = (uint64_t)sqlite3_column_int64(q, 2),
			.head_len = (uint32_t)sqlite3_column_int64(q, 3),
			.tail_hash = (uint64_t)sqlite3_column_int64(q, 4),
			.tail_len = (uint32_t)sqlite3_column_int64(q, 5),
			.in_cut = sqlite3_column_int(q, 6) != 0,
			.file_us = sqlite3_column_int64(q, 7),
			.reader = { room, copy_blob(q, 8, room, STORE_READER_MAX) },
		};
		store_done(q);
	}
	int bad = store_end(s, err);
	return bad ? bad : found;
}

/* Puts the parts together; false: they are not `total` bytes. */
static bool read_parts(struct store *s, const char *key, uint8_t *bytes, size_t total)
{
	size_t at = 0;
	sqlite3_stmt *q =
	    store_query(s, "SELECT bytes FROM memory_part WHERE key = ?1 ORDER BY part", "t", key);
	while (store_step(s, q)) {
		size_t len = copy_blob(q, 0, bytes + at, total - at);
		if (!len) {
			store_done(q);
			return false;
		}
		at += len;
	}
	return at == total;
}

int store_recall_memory(struct store *s, const char *key, uint64_t signature, struct store_memory *out,
			struct error *err)
{
	uint8_t *bytes = NULL;
	uint64_t checksum = 0, total = 0;
	bool found = false;
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q =
	    store_query(s, "SELECT identity, checksum, total FROM memory WHERE key = ?1 AND signature = ?2",
			"ti", key, (int64_t)signature);
	if (store_step(s, q)) {
		*out = (struct store_memory){ .key = key,
					      .identity = (uint64_t)sqlite3_column_int64(q, 0),
					      .signature = signature };
		checksum = (uint64_t)sqlite3_column_int64(q, 1);
		total = (uint64_t)sqlite3_column_int64(q, 2);
		store_done(q);
		bytes = total <= MEMORY_MAX ? malloc(total ? total : 1) : NULL;
		if (!bytes)
			store_fail(s, -ENOMEM, "%s: no memory for the %llu bytes that were known", s->path,
				   (unsigned long long)total);
		else
			found = read_parts(s, key, bytes, total) &&
				hash_bytes(bytes, total, out->identity) == checksum;
	}
	int bad = store_end(s, err);
	if (bad || !found) {
		free(bytes);
		return bad;
	}
	out->bytes = slice_of(bytes, total);
	return 1;
}
