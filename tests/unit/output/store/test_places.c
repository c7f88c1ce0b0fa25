/* SPDX-License-Identifier: MIT */
#include "unit/output/store/fixtures.h"

static struct store_file file;

static void setup(void)
{
	store_file_open(&file);
}

static void teardown(void)
{
	store_file_close(&file);
}

TestSuite(store_places, .init = setup, .fini = teardown);

static struct slice bytes_of(size_t len, unsigned seed)
{
	uint8_t *bytes = malloc(len + 1);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 31 + seed + (i >> 9));
	return slice_of(bytes, len);
}

static void keep(const char *key, uint64_t identity, struct slice bytes, int64_t at_us)
{
	struct store_memory memory = { key, identity, 99, bytes };
	cr_assert_eq(store_remember(file.store, &memory, NULL, 0, at_us, &file.err), 0, "%s", file.err.text);
}

static int recall(const char *key, uint64_t signature, struct store_memory *out)
{
	int found = store_recall_memory(file.store, key, signature, out, &file.err);
	cr_assert_geq(found, 0, "%s", file.err.text);
	return found;
}

Test(store_places, of_a_log)
{
	uint8_t room[STORE_READER_MAX];
	struct store_place out, place = { .log = "/var/log/a",
					  .offset = UINT64_MAX / 2,
					  .lines = 7,
					  .head_hash = UINT64_MAX - 1,
					  .tail_hash = 3,
					  .head_len = 1024,
					  .tail_len = 60,
					  .in_cut = true,
					  .file_us = NOON,
					  .reader = SLICE("opaque\0bytes") };
	struct store_place other = { .log = "/var/log/b" };
	const struct store_place both[] = { place, other };
	cr_assert_eq(store_recall_place(file.store, "/var/log/a", &out, room, &file.err), 0, "nothing yet");
	cr_assert_eq(store_remember(file.store, NULL, both, 2, NOON, &file.err), 0, "%s", file.err.text);
	cr_assert_eq(store_recall_place(file.store, "/var/log/a", &out, room, &file.err), 1);
	cr_expect_eq(out.offset, place.offset);
	cr_expect_eq(out.lines, place.lines);
	cr_expect_eq(out.head_hash, place.head_hash);
	cr_expect_eq(out.tail_hash, place.tail_hash);
	cr_expect_eq(out.head_len, place.head_len);
	cr_expect_eq(out.tail_len, place.tail_len);
	cr_expect_eq(out.file_us, place.file_us);
	cr_expect(out.in_cut);
	cr_expect(slice_eq(out.reader, place.reader));
	place.offset = 5;
	cr_assert_eq(store_remember(file.store, NULL, &place, 1, NOON, &file.err), 0);
	cr_assert_eq(store_recall_place(file.store, "/var/log/a", &out, room, &file.err), 1);
	cr_expect_eq(out.offset, 5);
	cr_assert_eq(store_recall_place(file.store, "/var/log/b", &out, room, &file.err), 1);
	cr_expect_eq(out.reader.len, 0);
}

Test(store_places, memory_of_any_size)
{
	static const size_t sizes[] = {
		0, 1, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, 3 * 1024 * 1024 + 77, 100
	};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct slice bytes = bytes_of(sizes[i], (unsigned)i);
		struct store_memory out;
		keep("eth0", i, bytes, NOON);
		cr_assert_eq(recall("eth0", 99, &out), 1, "%zu bytes", sizes[i]);
		cr_expect(slice_eq(out.bytes, bytes), "%zu bytes", sizes[i]);
		cr_expect_eq(out.identity, i);
		free((void *)(uintptr_t)out.bytes.ptr);
		free((void *)(uintptr_t)bytes.ptr);
	}
}

Test(store_places, memory_of_others_is_not_taken)
{
	struct store_memory out;
	struct slice bytes = bytes_of(700000, 1);
	keep("eth0", 1, bytes, NOON);
	cr_expect_eq(recall("eth1", 99, &out), 0);
	cr_expect_eq(recall("eth0", 98, &out), 0, "of another program");
	/* One byte of it changed on disk. */
	sqlite3 *db;
	cr_assert_eq(sqlite3_open(file.path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, "UPDATE memory_part SET bytes = zeroblob(length(bytes)) WHERE part = 1",
				  NULL, NULL, NULL),
		     SQLITE_OK);
	sqlite3_close(db);
	cr_expect_eq(recall("eth0", 99, &out), 0, "damaged");
	free((void *)(uintptr_t)bytes.ptr);
}

Test(store_places, only_the_latest_memories_are_kept)
{
	struct store_memory out;
	char key[16];
	for (int i = 0; i < 12; i++) {
		snprintf(key, sizeof key, "eth%d", i);
		keep(key, 1, SLICE("x"), NOON + i);
	}
	for (int i = 0; i < 12; i++) {
		snprintf(key, sizeof key, "eth%d", i);
		int found = recall(key, 99, &out);
		cr_expect_eq(found, i >= 4, "%s", key);
		if (found)
			free((void *)(uintptr_t)out.bytes.ptr);
	}
}
