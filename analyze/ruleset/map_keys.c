/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/map_keys.h"

void map_keys_check(struct reading *in, const struct node *map, const char *const *words, const char *what)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct node *key = map->pairs[i].key;
		if (word_index(words, key->text) < 0)
			problem_at(in, key, "%s has no key '%s'; keys are %s", what, shown(in, key->text),
				   word_list_text(&in->rules->pool, words));
	}
}
