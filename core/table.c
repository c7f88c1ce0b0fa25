/* SPDX-License-Identifier: MIT */
#include "core/table.h"

#include "core/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/auxv.h>

#define FIRST_INDEX 1024u
#define RARELY	    __attribute__((noinline)) /* out of the way of what is done most */

/* Stands before each entry of the caller. An id is the slot number; links hold id + 1, 0 is none. */
struct node {
	union {
		uint32_t next_free;
		uint32_t moved; /* clock when it last became the youngest; with second_chance 1 if it was met since, else 0 */
	};
	uint32_t older, newer;
	uint32_t tag; /* hash bits, the highest set while in use, the next two the class; last, see table_is_entry */
};

#define IN_USE 0x80000000u
#define CLASS_SHIFT 29
#define CLASS_BITS (3u << CLASS_SHIFT)

static struct node *node_at(const struct table *t, uint32_t id)
{
	return (struct node *)(t->entries + (size_t)id * t->stride);
}

static void *entry_of(struct node *n)
{
	return n + 1;
}

static struct node *node_of(const void *entry)
{
	return (struct node *)(uintptr_t)entry - 1;
}

_Static_assert(sizeof(struct node) == TABLE_NODE_BYTES, "prefetching relies on it");
_Static_assert(offsetof(struct node, newer) == TABLE_NODE_BYTES - 8, "see table_behind");
_Static_assert(TABLE_TAG_MASK == (uint32_t)~(IN_USE | CLASS_BITS), "the rest of a tag");

/* The kernel gives each process sixteen random bytes. */
uint64_t table_seed(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM); // NOLINT(performance-no-int-to-ptr): that is how it is told
	uint64_t seed = 0;
	if (random)
		memcpy(&seed, random, sizeof seed);
	return seed;
}

/* Keys are a few whole words: one multiplication for each, and no call. */
uint64_t table_hash(const struct table *t, const void *key)
{
	const uint8_t *p = key;
	size_t left = t->config.key_size;
	uint64_t hash = table_hash_begin(t->seed), word = 0;
	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, 8);
		hash = table_hash_word(hash, t->seed, word);
	}
	if (left) {
		word = 0;
		memcpy(&word, p, left);
		hash = table_hash_word(hash, t->seed, word);
	}
	return hash;
}

static uint32_t tag_of(const struct node *n)
{
	return n->tag & TABLE_TAG_MASK;
}

static unsigned class_of(const struct node *n)
{
	return n->tag >> CLASS_SHIFT & 3;
}

static inline uint64_t differ(const uint8_t *a, const uint8_t *b)
{
	uint64_t v, w;
	memcpy(&v, a, 8);
	memcpy(&w, b, 8);
	return v ^ w;
}

static inline bool same_bytes(const uint8_t *a, const uint8_t *b, size_t size)
{
	size_t i = 0;
	for (; i + 8 <= size; i += 8)
		if (differ(a + i, b + i))
			return false;
	for (; i < size; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* Nearly all keys are one to four words. Nothing is called, here and where an entry is found: then there are no registers to save. */
static inline bool same_key(const struct table *t, const void *a, const void *b)
{
	const uint8_t *x = a, *y = b;
	switch (t->config.key_size) {
	case 8:
		return differ(x, y) == 0;
	case 16:
		return (differ(x, y) | differ(x + 8, y + 8)) == 0;
	case 24:
		return (differ(x, y) | differ(x + 8, y + 8) | differ(x + 16, y + 16)) == 0;
	case 32:
		return (differ(x, y) | differ(x + 8, y + 8) | differ(x + 16, y + 16) | differ(x + 24, y + 24)) == 0;
	case 36: /* two addresses and two ports */
		return (differ(x, y) | differ(x + 8, y + 8) | differ(x + 16, y + 16) |
			differ(x + 24, y + 24) | differ(x + 28, y + 28)) == 0;
	default:
		return same_bytes(x, y, t->config.key_size);
	}
}

/* x with x * odd == 1, modulo 2^64: each round doubles the bits that are right, and odd itself has three. */
static uint64_t inverse(uint64_t odd)
{
	uint64_t x = odd;
	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

int table_init(struct table *t, const struct table_config *config)
{
	*t = (struct table){ .config = *config };
	if (config->max_entries > TABLE_MAX)
		return -ENOMEM;
	t->link_bits = 32 - (unsigned)__builtin_clz((uint32_t)config->max_entries);
	if (!config->blank_size)
		t->config.blank_size = config->entry_size;
	if (!config->max_lowest)
		t->config.max_lowest = config->max_entries;
	t->stride = (sizeof(struct node) + config->entry_size + 15) & ~(size_t)15;
	t->stride_inverse = inverse(t->stride >> __builtin_ctzll(t->stride));
	t->index_size = FIRST_INDEX;
	t->index = calloc(t->index_size, sizeof *t->index);
	t->memory = calloc(config->max_entries + TABLE_LINE / t->stride + 1, t->stride);
	if (!t->index || !t->memory) {
		table_fini(t);
		return -ENOMEM;
	}
	t->entries = (uint8_t *)t->memory + (-(uintptr_t)t->memory & (TABLE_LINE - 1));
	t->seed = config->seed ^ table_seed();
	return 0;
}

void table_fini(struct table *t)
{
	free(t->memory);
	free(t->index);
	*t = (struct table){ 0 };
}

void table_clear(struct table *t)
{
	memset(t->index, 0, t->index_size * sizeof *t->index);
	for (uint32_t id = 0; id < t->slots; id++)
		node_at(t, id)->tag = 0; /* so that no hint is believed any more */
	pages_give_back(t->entries, t->taken);
	t->taken = 0;
	memset(t->ages, 0, sizeof t->ages);
	t->slots = t->free_id = 0;
	t->count = t->lowest = 0;
}

/* Its offset divided by the stride, which leaves no rest, so that a multiplication does it. */
static uint32_t link_of(const struct table *t, const struct node *n)
{
	uint64_t offset = (uint64_t)((const uint8_t *)n - t->entries);
	return (uint32_t)((offset >> __builtin_ctzll(t->stride)) * t->stride_inverse) + 1;
}

static void unlink_age(struct table *t, struct node *n)
{
	unsigned class = class_of(n);
	t->lowest -= class == 0;
	if (n->older)
		node_at(t, n->older - 1)->newer = n->newer;
	else
		t->ages[class].oldest = n->newer;
	if (n->newer)
		node_at(t, n->newer - 1)->older = n->older;
	else
		t->ages[class].newest = n->older;
}

static void link_newest(struct table *t, struct node *n, uint32_t link, unsigned class)
{
	n->tag = (n->tag & ~CLASS_BITS) | class << CLASS_SHIFT;
	t->lowest += class == 0;
	n->older = t->ages[class].newest;
	n->newer = 0;
	if (n->older)
		node_at(t, n->older - 1)->newer = link;
	else
		t->ages[class].oldest = link;
	t->ages[class].newest = link;
}

uint32_t table_place(const struct table *t, const void *entry)
{
	return link_of(t, node_of(entry));
}

static unsigned worth_of(const struct table *t, struct node *n)
{
	unsigned class = t->config.worth ? t->config.worth(t->config.ctx, entry_of(n)) : 0;
	return class < TABLE_CLASSES ? class : TABLE_CLASSES - 1;
}

void table_touch(struct table *t, void *entry)
{
	struct node *n = node_of(entry);
	uint32_t link = link_of(t, n);
	unsigned class = worth_of(t, n);
	n->moved = t->config.second_chance ? 0 : t->clock;
	if (t->ages[class].newest == link)
		return;
	unlink_age(t, n);
	link_newest(t, n, link, class);
}

/* Where the entry of this key is linked, or 0. */
static inline uint32_t lookup(const struct table *t, const void *key, uint32_t tag)
{
	size_t mask = t->index_size - 1;
	uint32_t mark = table_mark(t, tag);
	for (size_t i = tag & mask;; i = (i + 1) & mask) {
		uint32_t slot = t->index[i], link = table_link(t, slot);
		if (!slot ||
		    (table_has_mark(t, slot, mark) && same_key(t, entry_of(node_at(t, link - 1)), key)))
			return link;
	}
}

void *table_find_hashed(const struct table *t, const void *key, uint64_t hash)
{
	uint32_t link = lookup(t, key, table_tag(hash));
	return link ? entry_of(node_at(t, link - 1)) : NULL;
}

void *table_find(const struct table *t, const void *key)
{
	return t->count ? table_find_hashed(t, key, table_hash(t, key)) : NULL;
}

static bool is_entry_of(const struct table *t, void *hint, const void *key)
{
	return table_is_entry(hint) && same_key(t, hint, key);
}

void *table_recall(const struct table *t, void *hint, const void *key)
{
	return is_entry_of(t, hint, key) ? hint : table_find(t, key);
}

void table_expect_removal(const struct table *t, const void *entry)
{
	table_prefetch(&t->index[tag_of(node_of(entry)) & (t->index_size - 1)]);
}

/* Frees a slot and moves up those behind it that would no longer be found (Knuth, 6.4 R). */
static void slot_free(struct table *t, size_t hole)
{
	size_t mask = t->index_size - 1;
	for (size_t i = (hole + 1) & mask; t->index[i]; i = (i + 1) & mask) {
		size_t strayed = (i - (t->index[i] >> t->link_bits)) & (TABLE_STRAY - 1);
		if (strayed >= ((i - hole) & mask)) {
			t->index[hole] = t->index[i];
			hole = i;
		}
	}
	t->index[hole] = 0;
}

static void give_back(struct table *t, struct node *n, uint32_t link)
{
	unlink_age(t, n);
	n->tag = 0;
	n->next_free = t->free_id;
	t->free_id = link;
	t->count--;
}

void table_remove(struct table *t, void *entry)
{
	struct node *n = node_of(entry);
	uint32_t link = link_of(t, n);
	size_t mask = t->index_size - 1, at = tag_of(n) & mask;
	while (table_link(t, t->index[at]) != link)
		at = (at + 1) & mask;
	slot_free(t, at);
	give_back(t, n, link);
}

static struct node *first_to_go(const struct table *t, unsigned from)
{
	for (unsigned class = from; class < TABLE_CLASSES; class++)
		if (t->ages[class].oldest)
			return node_at(t, t->ages[class].oldest - 1);
	return NULL;
}

#define EVICTIONS_AHEAD 3

/* A full table evicts with each new key, so while n goes, what the next ones need is asked for: they follow n in its queue. */
static void expect_eviction(const struct table *t, const struct node *n)
{
	for (int i = 0; i < EVICTIONS_AHEAD && n->newer; i++) {
		n = node_at(t, n->newer - 1);
		if (i == EVICTIONS_AHEAD - 1)
			table_prefetch(n);
		else
			table_prefetch(&t->index[tag_of(n) & (t->index_size - 1)]);
	}
}

static bool has_room(const struct table *t)
{
	return t->count < t->config.max_entries && t->lowest < t->config.max_lowest;
}

/* Entries that gained worth unseen are moved up first. Each can move up only as often as it sank or was
 * made, so an insertion stays O(1) on average. */
static bool make_room(struct table *t)
{
	while (!has_room(t)) {
		struct node *n = first_to_go(t, 0);
		if (!n)
			return false; /* a damaged image */
		if ((t->config.second_chance && n->moved) || worth_of(t, n) > class_of(n)) {
			table_touch(t, entry_of(n));
			continue;
		}
		expect_eviction(t, n);
		if (t->config.evict)
			t->config.evict(t->config.ctx, entry_of(n));
		table_remove(t, entry_of(n));
		t->evicted++;
	}
	return true;
}

/* False: all slots that it could be in are taken. */
static bool index_put(const struct table *t, uint32_t *index, size_t size, uint32_t tag, uint32_t link)
{
	for (size_t strayed = 0; strayed < TABLE_STRAY; strayed++) {
		uint32_t *slot = &index[(tag + strayed) & (size - 1)];
		if (*slot)
			continue;
		*slot = table_mark(t, tag) | link;
		return true;
	}
	return false;
}

static bool index_all(const struct table *t, uint32_t *index, size_t size)
{
	bool fits = true;
	for (uint32_t id = 0; id < t->slots && fits; id++) {
		const struct node *n = node_at(t, id);
		fits = !(n->tag & IN_USE) || index_put(t, index, size, tag_of(n), id + 1);
	}
	return fits;
}

#define LARGEST_INDEX(max_entries) (16 * (max_entries) + FIRST_INDEX)

/* An index of this size, or larger, until all fit: hardly ever, since in one that is half full the longest
 * way of a million entries is about half of TABLE_STRAY. */
static bool make_index(struct table *t, size_t size)
{
	for (; size <= LARGEST_INDEX(t->config.max_entries); size *= 2) {
		uint32_t *index = calloc(size, sizeof *index);
		if (!index)
			return false;
		pages_take(index, size * sizeof *index); /* each will have something to hold */
		if (index_all(t, index, size)) {
			free(t->index);
			t->index = index;
			t->index_size = size;
			return true;
		}
		free(index);
	}
	return false;
}

#define TAKEN_MAX ((size_t)64 << 10) /* at once: sixteen pages for the price of a few */

/* The slot behind all that were used lies in pages that were not: as many again, so a table takes less than
 * twice what it needs. */
RARELY static void take_pages(struct table *t)
{
	size_t used = (size_t)t->slots * t->stride, left = t->config.max_entries * t->stride - used,
	       more = used;
	more = more < TAKEN_MAX ? more : TAKEN_MAX;
	more = more < left ? more : left;
	pages_take(t->entries + used, more);
	t->taken = used + (more > t->stride ? more : t->stride);
}

static uint32_t take_slot(struct table *t)
{
	if (t->free_id) {
		uint32_t link = t->free_id;
		t->free_id = node_at(t, link - 1)->next_free;
		return link;
	}
	if ((t->slots + (size_t)1) * t->stride > t->taken)
		take_pages(t);
	return ++t->slots; /* count < max_entries, so there is room */
}

RARELY static void *touched(struct table *t, struct node *n)
{
	table_touch(t, entry_of(n));
	return entry_of(n);
}

static inline void *met_again(struct table *t, struct node *n)
{
	t->clock++;
	if (t->config.second_chance) {
		n->moved = 1;
		return entry_of(n);
	}
	/* Moving it writes to three other entries: not worth it for one that was moved a moment ago. */
	if (!t->config.keep_order && t->clock - n->moved > t->config.max_entries / 8)
		return touched(t, n);
	return entry_of(n);
}

void *table_get_hinted(struct table *t, void *hint, const void *key, bool *is_new)
{
	if (!is_entry_of(t, hint, key))
		return table_get(t, key, is_new);
	if (is_new)
		*is_new = false;
	return met_again(t, node_of(hint));
}

/* A loop of a few words: less than a call. */
static inline void copy_key(const struct table *t, void *to, const void *from)
{
	size_t i = 0;
	for (; i + 8 <= t->config.key_size; i += 8)
		memcpy((char *)to + i, (const char *)from + i, 8);
	if (i < t->config.key_size)
		memcpy((char *)to + i, (const char *)from + i, t->config.key_size - i);
}

RARELY static void *make_entry(struct table *t, const void *key, uint32_t tag)
{
	t->clock++;
	if (!has_room(t) && !make_room(t))
		return NULL;
	if ((t->count + 1) * 2 > t->index_size && !make_index(t, t->index_size * 2))
		return NULL;
	uint32_t link = take_slot(t);
	struct node *n = node_at(t, link - 1);
	memset(entry_of(n), 0, t->config.blank_size);
	copy_key(t, entry_of(n), key);
	n->tag = tag | IN_USE;
	n->moved = t->config.second_chance ? 0 : t->clock;
	t->count++;
	link_newest(t, n, link, t->config.birth);
	if (!index_put(t, t->index, t->index_size, tag, link) && !make_index(t, t->index_size * 2)) {
		give_back(t, n, link);
		return NULL;
	}
	return entry_of(n);
}

void *table_get_hashed(struct table *t, const void *key, uint64_t hash, bool *is_new)
{
	uint32_t link = lookup(t, key, table_tag(hash));
	if (is_new)
		*is_new = !link;
	return link ? met_again(t, node_at(t, link - 1)) : make_entry(t, key, table_tag(hash));
}

void *table_get(struct table *t, const void *key, bool *is_new)
{
	return table_get_hashed(t, key, table_hash(t, key), is_new);
}

size_t table_memory(const struct table *t)
{
	return t->slots * t->stride + t->index_size * sizeof *t->index;
}

void *table_oldest_of_all(const struct table *t)
{
	struct node *n = first_to_go(t, 0);
	return n ? entry_of(n) : NULL;
}

void *table_younger(const struct table *t, const void *entry)
{
	const struct node *n = node_of(entry);
	struct node *next = n->newer ? node_at(t, n->newer - 1) : first_to_go(t, class_of(n) + 1);
	return next ? entry_of(next) : NULL;
}

void *table_at(const struct table *t, size_t *position)
{
	while (*position < t->slots) {
		struct node *n = node_at(t, (uint32_t)(*position)++);
		if (n->tag & IN_USE)
			return entry_of(n);
	}
	return NULL;
}

static bool is_link(const struct table *t, uint32_t link)
{
	return link <= t->slots;
}

/* The nodes were loaded: do they name only each other? Then makes the index, since keys are hashed anew in each process. */
static bool index_loaded(struct table *t)
{
	size_t in_use = 0;
	for (uint32_t id = 0; id < t->slots; id++) {
		struct node *n = node_at(t, id);
		if (!is_link(t, n->older) || !is_link(t, n->newer))
			return false;
		if (!(n->tag & IN_USE)) {
			if (!is_link(t, n->next_free))
				return false;
			continue;
		}
		uint32_t tag = table_tag(table_hash(t, entry_of(n)));
		n->tag = tag | IN_USE | (n->tag & CLASS_BITS);
		t->lowest += class_of(n) == 0;
		in_use++;
	}
	size_t size = t->index_size;
	while (in_use * 2 > size)
		size *= 2;
	return in_use == t->count && make_index(t, size);
}

void table_image(struct table *t, struct image *i)
{
	image_same(i, t->config.entry_size);
	image_same(i, t->config.key_size);
	image_bytes(i, &t->clock, sizeof t->clock);
	image_bytes(i, &t->slots, sizeof t->slots);
	image_bytes(i, &t->free_id, sizeof t->free_id);
	image_bytes(i, &t->ages, sizeof t->ages);
	image_bytes(i, &t->count, sizeof t->count);
	image_bytes(i, &t->evicted, sizeof t->evicted);
	bool fits = t->slots <= t->config.max_entries && is_link(t, t->free_id);
	for (unsigned class = 0; class < TABLE_CLASSES; class++)
		fits = fits && is_link(t, t->ages[class].oldest) && is_link(t, t->ages[class].newest);
	if (!fits) {
		t->slots = 0;
		image_fail(i);
	}
	if (!i->failed)
		image_bytes(i, t->entries, t->slots * t->stride);
	if (i->is_loading && (i->failed || !index_loaded(t))) {
		image_fail(i);
		table_clear(t);
	}
}
