/* SPDX-License-Identifier: MIT */
#include "core/intern.h"

struct interned {
	uint64_t hash;
	uint8_t len;
	uint8_t text[INTERN_TEXT_MAX];
};

int intern_init(struct intern *in, size_t max_texts)
{
	struct table_config config = { .max_entries = max_texts, .key_size = 8, .entry_size = sizeof(struct interned) };
	return table_init(&in->table, &config);
}

void intern_fini(struct intern *in)
{
	table_fini(&in->table);
}

void intern_put(struct intern *in, uint64_t hash, struct slice text)
{
	bool is_new;
	struct interned *entry = table_get(&in->table, &hash, &is_new);
	if (!entry || !is_new)
		return;
	entry->len = (uint8_t)(text.len < INTERN_TEXT_MAX ? text.len : INTERN_TEXT_MAX);
	if (entry->len)
		memcpy(entry->text, text.ptr, entry->len);
}

struct slice intern_get(const struct intern *in, uint64_t hash)
{
	const struct interned *entry = table_find(&in->table, &hash);
	return entry ? slice_of(entry->text, entry->len) : slice_of(NULL, 0);
}
