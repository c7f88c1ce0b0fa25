/* SPDX-License-Identifier: MIT */
#include "core/table.h"

#include <errno.h>
#include <stdlib.h>

#define CHUNK_ENTRIES 256u
#define FIRST_HEADS 1024u

/* Stands before each entry of the caller. An id is the slot number; links hold id + 1, 0 is none. */
struct node {
	uint32_t chain;
	uint32_t older, newer;
	uint32_t tag; /* hash bits, the highest set while in use, the next two the class */
};

#define IN_USE 0x80000000u
#define CLASS_SHIFT 29
#define CLASS_BITS (3u << CLASS_SHIFT)

static struct node *node_at(const struct table *t, uint32_t id)
{
	return (struct node *)(t->chunks[id / CHUNK_ENTRIES] + (size_t)(id % CHUNK_ENTRIES) * t->stride);
}

static void *entry_of(struct node *n)
{
	return n + 1;
}

static struct node *node_of(const void *entry)
{
	return (struct node *)(uintptr_t)entry - 1;
}

static uint32_t tag_of(const struct table *t, const void *key)
{
	return (uint32_t)hash_bytes(key, t->config.key_size, t->config.seed) & ~(IN_USE | CLASS_BITS);
}

static unsigned class_of(const struct node *n)
{
	return n->tag >> CLASS_SHIFT & 3;
}

int table_init(struct table *t, const struct table_config *config)
{
	*t = (struct table){ .config = *config };
	t->stride = (sizeof(struct node) + config->entry_size + 15) & ~(size_t)15;
	t->head_count = FIRST_HEADS;
	t->heads = calloc(t->head_count, sizeof *t->heads);
	t->chunks = calloc((config->max_entries + CHUNK_ENTRIES - 1) / CHUNK_ENTRIES, sizeof *t->chunks);
	if (!t->heads || !t->chunks) {
		table_fini(t);
		return -ENOMEM;
	}
	return 0;
}

void table_fini(struct table *t)
{
	for (size_t i = 0; i < t->chunk_count; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->heads);
	*t = (struct table){ 0 };
}

void table_clear(struct table *t)
{
	memset(t->heads, 0, t->head_count * sizeof *t->heads);
	memset(t->ages, 0, sizeof t->ages);
	t->slots = t->free_id = 0;
	t->count = 0;
}

static uint32_t id_of(const struct table *t, const struct node *n)
{
	/* The links of a neighbour name this node; the oldest is named by its queue. */
	return n->older ? node_at(t, n->older - 1)->newer : t->ages[class_of(n)].oldest;
}

static void unlink_age(struct table *t, struct node *n)
{
	unsigned class = class_of(n);
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
	n->older = t->ages[class].newest;
	n->newer = 0;
	if (n->older)
		node_at(t, n->older - 1)->newer = link;
	else
		t->ages[class].oldest = link;
	t->ages[class].newest = link;
}

static unsigned worth_of(const struct table *t, struct node *n)
{
	unsigned class = t->config.worth ? t->config.worth(t->config.ctx, entry_of(n)) : 0;
	return class < TABLE_CLASSES ? class : TABLE_CLASSES - 1;
}

void table_touch(struct table *t, void *entry)
{
	struct node *n = node_of(entry);
	uint32_t link = id_of(t, n);
	unsigned class = worth_of(t, n);
	if (t->ages[class].newest == link)
		return;
	unlink_age(t, n);
	link_newest(t, n, link, class);
}

static uint32_t *bucket(const struct table *t, uint32_t tag)
{
	return &t->heads[tag & (t->head_count - 1) & ~(IN_USE | CLASS_BITS)];
}

static struct node *lookup(const struct table *t, const void *key, uint32_t tag)
{
	for (uint32_t link = *bucket(t, tag); link;) {
		struct node *n = node_at(t, link - 1);
		if ((n->tag & ~(IN_USE | CLASS_BITS)) == tag && memcmp(entry_of(n), key, t->config.key_size) == 0)
			return n;
		link = n->chain;
	}
	return NULL;
}

void *table_find(const struct table *t, const void *key)
{
	struct node *n = lookup(t, key, tag_of(t, key));
	return n ? entry_of(n) : NULL;
}

void table_prefetch(const struct table *t, const void *key)
{
	__builtin_prefetch(bucket(t, tag_of(t, key)));
}

void table_remove(struct table *t, void *entry)
{
	struct node *n = node_of(entry);
	uint32_t link = id_of(t, n);
	uint32_t *at = bucket(t, n->tag);
	while (*at != link)
		at = &node_at(t, *at - 1)->chain;
	*at = n->chain;
	unlink_age(t, n);
	n->tag = 0;
	n->chain = t->free_id;
	t->free_id = link;
	t->count--;
}

static struct node *first_to_go(const struct table *t, unsigned from)
{
	for (unsigned class = from; class < TABLE_CLASSES; class++)
		if (t->ages[class].oldest)
			return node_at(t, t->ages[class].oldest - 1);
	return NULL;
}

/* Entries that gained worth unseen are moved up first. Each can move up only as often as it sank or was made, so an
 * insertion stays O(1) on average. */
static void make_room(struct table *t)
{
	struct node *n = first_to_go(t, 0);
	while (worth_of(t, n) > class_of(n)) {
		table_touch(t, entry_of(n));
		n = first_to_go(t, 0);
	}
	if (t->config.evict)
		t->config.evict(t->config.ctx, entry_of(n));
	table_remove(t, entry_of(n));
	t->evicted++;
}

/* Doubles the index when chains grow; on lack of memory the chains simply stay longer. */
static void grow_index(struct table *t)
{
	uint32_t *heads = calloc(t->head_count * 2, sizeof *heads);
	if (!heads)
		return;
	free(t->heads);
	t->heads = heads;
	t->head_count *= 2;
	for (uint32_t link = 1; link <= t->slots; link++) {
		struct node *n = node_at(t, link - 1);
		if (!(n->tag & IN_USE))
			continue;
		uint32_t *head = bucket(t, n->tag);
		n->chain = *head;
		*head = link;
	}
}

static uint32_t take_slot(struct table *t)
{
	if (t->free_id) {
		uint32_t link = t->free_id;
		t->free_id = node_at(t, link - 1)->chain;
		return link;
	}
	if (t->slots / CHUNK_ENTRIES == t->chunk_count) {
		uint8_t *chunk = malloc(CHUNK_ENTRIES * t->stride);
		if (!chunk)
			return 0;
		t->chunks[t->chunk_count++] = chunk;
	}
	return ++t->slots;
}

void *table_get(struct table *t, const void *key, bool *is_new)
{
	uint32_t tag = tag_of(t, key);
	struct node *n = lookup(t, key, tag);
	if (is_new)
		*is_new = !n;
	if (n) {
		table_touch(t, entry_of(n));
		return entry_of(n);
	}
	if (t->count >= t->config.max_entries)
		make_room(t);
	uint32_t link = take_slot(t);
	if (!link)
		return NULL;
	n = node_at(t, link - 1);
	memset(n, 0, sizeof *n);
	memset(entry_of(n), 0, t->config.entry_size);
	memcpy(entry_of(n), key, t->config.key_size);
	if (++t->count > t->head_count)
		grow_index(t);
	n->tag = tag | IN_USE;
	uint32_t *head = bucket(t, tag);
	n->chain = *head;
	*head = link;
	link_newest(t, n, link, 0);
	return entry_of(n);
}

void *table_oldest(const struct table *t)
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
