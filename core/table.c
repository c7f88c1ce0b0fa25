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
	uint32_t tag; /* low hash bits, highest bit set while in use */
};

#define IN_USE 0x80000000u

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
	return (uint32_t)hash_bytes(key, t->config.key_size, t->config.seed) | IN_USE;
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
	t->slots = t->free_id = t->oldest = t->newest = 0;
	t->count = 0;
}

static uint32_t id_of(const struct table *t, const struct node *n)
{
	/* The links of a neighbour name this node; a lone node is both ends. */
	return n->older ? node_at(t, n->older - 1)->newer : t->oldest;
}

static void unlink_age(struct table *t, struct node *n)
{
	if (n->older)
		node_at(t, n->older - 1)->newer = n->newer;
	else
		t->oldest = n->newer;
	if (n->newer)
		node_at(t, n->newer - 1)->older = n->older;
	else
		t->newest = n->older;
}

static void link_newest(struct table *t, struct node *n, uint32_t link)
{
	n->older = t->newest;
	n->newer = 0;
	if (t->newest)
		node_at(t, t->newest - 1)->newer = link;
	else
		t->oldest = link;
	t->newest = link;
}

void table_touch(struct table *t, void *entry)
{
	struct node *n = node_of(entry);
	uint32_t link = id_of(t, n);
	if (t->newest == link)
		return;
	unlink_age(t, n);
	link_newest(t, n, link);
}

static struct node *lookup(const struct table *t, const void *key, uint32_t tag)
{
	for (uint32_t link = t->heads[tag & (t->head_count - 1)]; link;) {
		struct node *n = node_at(t, link - 1);
		if (n->tag == tag && memcmp(entry_of(n), key, t->config.key_size) == 0)
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
	__builtin_prefetch(&t->heads[tag_of(t, key) & (t->head_count - 1)]);
}

void table_remove(struct table *t, void *entry)
{
	struct node *n = node_of(entry);
	uint32_t link = id_of(t, n);
	uint32_t *at = &t->heads[n->tag & (t->head_count - 1)];
	while (*at != link)
		at = &node_at(t, *at - 1)->chain;
	*at = n->chain;
	unlink_age(t, n);
	n->tag = 0;
	n->chain = t->free_id;
	t->free_id = link;
	t->count--;
}

static void make_room(struct table *t)
{
	struct node *least = NULL;
	uint32_t least_worth = 0;
	for (unsigned chance = 0; chance < TABLE_CHANCES && t->oldest; chance++) {
		struct node *n = node_at(t, t->oldest - 1);
		uint32_t worth = t->config.worth ? t->config.worth(t->config.ctx, entry_of(n)) : 0;
		if (!least || worth < least_worth) {
			least = n;
			least_worth = worth;
		}
		if (worth == 0)
			break;
		table_touch(t, entry_of(n));
	}
	if (t->config.evict)
		t->config.evict(t->config.ctx, entry_of(least));
	table_remove(t, entry_of(least));
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
	for (uint32_t link = t->oldest; link;) {
		struct node *n = node_at(t, link - 1);
		uint32_t *head = &heads[n->tag & (t->head_count - 1)];
		n->chain = *head;
		*head = link;
		link = n->newer;
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
	if (++t->count > t->head_count)
		grow_index(t);
	n = node_at(t, link - 1);
	memset(entry_of(n), 0, t->config.entry_size);
	memcpy(entry_of(n), key, t->config.key_size);
	n->tag = tag;
	uint32_t *head = &t->heads[tag & (t->head_count - 1)];
	n->chain = *head;
	*head = link;
	link_newest(t, n, link);
	return entry_of(n);
}

void *table_oldest(const struct table *t)
{
	return t->oldest ? entry_of(node_at(t, t->oldest - 1)) : NULL;
}

void *table_younger(const struct table *t, const void *entry)
{
	uint32_t newer = node_of(entry)->newer;
	return newer ? entry_of(node_at(t, newer - 1)) : NULL;
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
