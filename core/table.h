/* SPDX-License-Identifier: MIT */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "core/hash.h"
#include "core/image.h"

/* core/table.h - a hash table with a hard bound, for state that strangers make grow.
 * Life: table_init, then find/get/remove in any order, table_fini. Entries are fixed-size structs of the
 * caller that begin with their key (key_size bytes, compared bytewise: zero the padding). Pointers to entries
 * stay valid until that entry is removed or evicted. Memory: at most max_entries * (entry_size + 16) bytes
 * plus 8..16 bytes of index per entry (64 for keys of somebody who knows the seed), never more. Address space
 * for all of it is taken at once, memory as the table fills, and given back by table_clear only.
 *
 * At a bound, table_get makes room: entries stand in TABLE_CLASSES queues by what they are worth, and the one
 * that was untouched longest in the lowest queue goes ("longest" to within an eighth of the table: an entry
 * that was touched a moment ago is not moved again). So a stream of worthless keys cannot displace what
 * matters. An entry's class is asked again whenever it is touched, and before it would be evicted; with
 * second_chance, before it would be evicted or by table_touch. The order of iteration and of eviction depends
 * on the sequence of calls only, never on the hash, so the same input gives the same output under any seed. */

#define TABLE_CLASSES 4
#define TABLE_MAX	 (1u << 24)
#define TABLE_NODE_BYTES 16 /* what stands before each entry */

struct table_config {
	size_t max_entries; /* 1 .. TABLE_MAX */
	size_t key_size;
	size_t entry_size; /* key included */
	uint64_t seed;
	bool keep_order; /* table_get does not make an entry younger that is there: the order stays that of insertion */
	/* table_get only marks an entry that is there; it becomes the youngest when it would be evicted otherwise. Costs nothing until the
	 * table is full. The order of age (table_oldest) is then that of insertion. */
	bool second_chance;
	size_t blank_size; /* of a new entry so much is zeroed; 0: all of it. For who fills the rest himself */
	/* The class of this entry, 0 .. TABLE_CLASSES - 1: higher is kept longer. A new entry is of class 0 until it is
	 * touched. NULL: one class, plain least recently used. */
	unsigned (*worth)(void *ctx, const void *entry);
	unsigned birth; /* the class of a new entry instead of 0 */
	/* So many of class 0 at most, though there be room: a stream of keys that come once takes no more memory than that. Who makes or
	 * meets an entry then touches it when its class changes. 0: as many as there is room for. */
	size_t max_lowest;
	/* Called before an entry is evicted (not for table_remove or table_fini). May be NULL. Must not touch the table. */
	void (*evict)(void *ctx, void *entry);
	void *ctx;
};

struct table {
	struct table_config config;
	uint64_t seed; /* config.seed and that of the process */
	size_t stride;
	uint64_t stride_inverse; /* see link_of in table.c */
	void *memory;	  /* of the entries */
	uint8_t *entries; /* room for max_entries, aligned to cache lines, touched only as far as it fills */
	size_t taken;	  /* bytes of it that were asked for, a little ahead */
	uint32_t *index;  /* open addressing, at most half full; see table_mark */
	size_t index_size; /* power of two */
	unsigned link_bits;
	uint32_t clock;		  /* calls of table_get */
	uint32_t slots;	 /* ids ever handed out */
	uint32_t free_id; /* chain of removed ids, id + 1 */
	struct {
		uint32_t oldest, newest; /* id + 1 */
	} ages[TABLE_CLASSES];
	size_t count;
	size_t lowest; /* of them in class 0 */
	uint64_t evicted;
};

/* 0 or -ENOMEM. */
int table_init(struct table *t, const struct table_config *config);
/* Releases the memory; evict is not called. A zeroed table is fine. */
void table_fini(struct table *t);
/* Empties the table and gives its pages back to the system; evict is not called. It can be filled again. */
void table_clear(struct table *t);

/* The entry with this key or NULL; its age is not changed. */
void *table_find(const struct table *t, const void *key);
/* Finds or makes the entry and makes it the youngest. A new one is zeroed but for its key and *is_new is set
 * (is_new may be NULL). NULL only when memory ran out. */
void *table_get(struct table *t, const void *key, bool *is_new);
/* Makes an existing entry the youngest. */
void table_touch(struct table *t, void *entry);
void table_remove(struct table *t, void *entry);

/* `hint` is what a call for this key returned earlier, or NULL: it is given back when it still is the entry of that key, else the
 * key is looked up. Entries may have gone or been reused meanwhile; their memory has not. */
void *table_recall(const struct table *t, void *hint, const void *key);
/* For who compares the key himself: whether what a call returned earlier is an entry at all. */
static inline bool table_is_entry(const void *hint)
{
	uint32_t tag = 0;
	if (hint)
		memcpy(&tag, (const char *)hint - sizeof tag, sizeof tag);
	return tag >> 31;
}
/* table_get with such a hint. */
void *table_get_hinted(struct table *t, void *hint, const void *key, bool *is_new);

/* ---- places ----
 * Where an entry lies, 1 .. max_entries: half the size of a pointer, and the same after table_image. */

uint32_t table_place(const struct table *t, const void *entry);
static inline void *table_at_place(const struct table *t, uint32_t place)
{
	return t->entries + (place - (size_t)1) * t->stride + TABLE_NODE_BYTES;
}

/* ---- hashes ----
 * Who needs a key several times, or many keys that begin alike, hashes it once: begin, then add the key's 8-byte words in order. That
 * is what the functions above do by themselves. The hash holds for all tables of this process whose config.seed is 0. */

/* The same during the life of a process, and another one in the next, so keys that crowd one part of an index can not be prepared.
 * Nothing that can be seen depends on it. */
uint64_t table_seed(void);

static inline uint64_t table_hash_begin(uint64_t seed)
{
	return seed ^ 0xa0761d6478bd642fu;
}

static inline uint64_t table_hash_word(uint64_t hash, uint64_t seed, uint64_t word)
{
	return hash_mix(word ^ 0xe7037ed1a0b428dbu ^ seed, hash ^ 0x8ebc6af09c88c6e3u);
}

static inline uint64_t table_hash_addr(uint64_t hash, uint64_t seed, const struct addr *a)
{
	uint64_t words[2];
	memcpy(words, a->bytes, sizeof words);
	return table_hash_word(table_hash_word(hash, seed, words[0]), seed, words[1]);
}

uint64_t table_hash(const struct table *t, const void *key);
void *table_find_hashed(const struct table *t, const void *key, uint64_t hash);
void *table_get_hashed(struct table *t, const void *key, uint64_t hash, bool *is_new);

/* ---- the cache ---- */

#define TABLE_TAG_BITS 29
#define TABLE_TAG_MASK ((1u << TABLE_TAG_BITS) - 1)

/* Of a hash, what tags keep. Hashes of keys that follow one another, as the addresses of a sweep do, differ
 * by a number that the seed decides: with one seed in two hundred they would crowd in a few slots. */
static inline uint32_t table_tag(uint64_t hash)
{
	return (uint32_t)((hash ^ hash >> 32) * 0x9e3779b97f4a7c15u >> (64 - TABLE_TAG_BITS));
}

/* A slot of the index is four bytes: the entry's id + 1 (0: free) in its low bits, and above them its mark,
 * hash bits, which tell most keys that differ apart without touching their entry. The lowest of these are
 * those of the slot that it would like to be in, so that this is known although no slot holds a whole hash:
 * no entry is TABLE_STRAY slots or more away from there. */
#define TABLE_STRAY_BITS 7
#define TABLE_STRAY	 (1u << TABLE_STRAY_BITS)
/* From here on bits tell apart, too, what wants the same slot of an index of a quarter of a million. */
#define TABLE_SPARE_BIT 18

static inline uint32_t table_mark(const struct table *t, uint32_t tag)
{
	return (tag >> TABLE_SPARE_BIT << TABLE_STRAY_BITS | (tag & (TABLE_STRAY - 1))) << t->link_bits;
}

static inline uint32_t table_link(const struct table *t, uint32_t slot)
{
	return slot & ((1u << t->link_bits) - 1);
}

static inline bool table_has_mark(const struct table *t, uint32_t slot, uint32_t mark)
{
	return (slot ^ mark) >> t->link_bits == 0;
}

#define TABLE_LINE 64 /* where an entry and its node take a multiple of this, each begins with a cache line */

/* gcc takes a function that does nothing but prefetch for one that does nothing, and leaves its calls out; not so with this. */
static inline void table_prefetch(const void *p)
{
	__builtin_prefetch(p);
	__asm__ volatile("");
}

/* For a hint of table_recall; NULL is fine. The first cache line of the entry, or its first two. */
static inline void table_prefetch_line(const void *hint)
{
	if (hint)
		table_prefetch((const char *)hint - TABLE_NODE_BYTES);
}

static inline void table_prefetch_hint(const void *hint)
{
	if (hint) {
		table_prefetch((const char *)hint - TABLE_NODE_BYTES);
		table_prefetch((const char *)hint + TABLE_LINE - TABLE_NODE_BYTES);
	}
}

/* All of an entry that is there. */
static inline void table_prefetch_entry(const struct table *t, const void *entry)
{
	for (size_t line = 0; line < t->stride; line += TABLE_LINE)
		table_prefetch((const char *)entry - TABLE_NODE_BYTES + line);
}

/* Asks the cache for what a later table_find or table_get of this key will touch: first its place in the index; when that has come,
 * a hundred instructions later, its entry: the first cache line, the first two where entries do not begin with one, or all of it. */
enum table_step { TABLE_INDEX, TABLE_ENTRY, TABLE_WHOLE_ENTRY };

static inline void table_expect(const struct table *t, uint64_t hash, enum table_step step)
{
	uint32_t tag = table_tag(hash);
	size_t mask = t->index_size - 1, at = tag & mask;
	if (!t->index_size)
		return; /* nothing was ever put in */
	if (step == TABLE_INDEX) {
		table_prefetch(&t->index[at]);
		return;
	}
	uint32_t mark = table_mark(t, tag);
	while (t->index[at] && !table_has_mark(t, t->index[at], mark))
		at = (at + 1) & mask;
	if (!t->index[at])
		return;
	const uint8_t *entry =
	    t->entries + (table_link(t, t->index[at]) - (size_t)1) * t->stride + TABLE_NODE_BYTES;
	if (step == TABLE_WHOLE_ENTRY)
		table_prefetch_entry(t, entry);
	else if (t->stride % TABLE_LINE)
		table_prefetch_hint(entry);
	else
		table_prefetch_line(entry);
}

/* The place in the index that table_remove of this entry will touch. */
void table_expect_removal(const struct table *t, const void *entry);

/* Bytes held for entries and index now. */
size_t table_memory(const struct table *t);

/* The order in which entries would be evicted (without worth: by age): the first, or NULL; and the one after an
 * entry. Removing the current entry while walking is fine when the one after it was taken before. */
void *table_oldest_of_all(const struct table *t);
static inline void *table_oldest(const struct table *t)
{
	uint32_t link = t->ages[0].oldest;
	return link ? t->entries + (link - (size_t)1) * t->stride + TABLE_NODE_BYTES : t->count ? table_oldest_of_all(t) : NULL;
}
void *table_younger(const struct table *t, const void *entry);
/* The same within its class only: for who looks ahead. */
static inline void *table_behind(const struct table *t, const void *entry)
{
	uint32_t link;
	memcpy(&link, (const char *)entry - 2 * sizeof link, sizeof link);
	return link ? t->entries + (link - (size_t)1) * t->stride + TABLE_NODE_BYTES : NULL;
}

/* In order of slot (insertion order while nothing was removed): for (i = 0; (e = table_at(t, &i));). */
void *table_at(const struct table *t, size_t *position);

/* Saves it, or loads it into a table that table_init made for the same entries (and at least as many) and that is empty. Ages, classes
 * and free places are the same afterwards, so it goes on as if it had never been away. Pointers in entries are the caller's to mend. */
void table_image(struct table *t, struct image *i);

#endif
