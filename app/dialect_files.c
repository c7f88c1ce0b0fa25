/* SPDX-License-Identifier: MIT */
#include "app/dialect_files.h"

#include "analyze/ruleset/file.h"
#include "analyze/ruleset/tree.h"
#include "app/rules.h"
#include "app/zone_option.h"
#include "core/hash.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_LEN_MAX 4096

static uint64_t mix_file(uint64_t hash, const char *path)
{
	struct slice text;
	hash = hash_bytes(path, strlen(path), hash);
	if (file_read(path, TREE_FILE_MAX, &text))
		return hash_u64(0, hash);
	hash = hash_bytes(text.ptr, text.len, hash);
	free((void *)(uintptr_t)text.ptr);
	return hash;
}

static uint64_t mix_path(uint64_t hash, const char *path)
{
	struct file_names names;
	char name[PATH_LEN_MAX];
	if (!file_is_folder(path))
		return mix_file(hash, path);
	if (file_names_read(path, &names))
		return hash_u64(1, hash);
	for (size_t i = 0; i < names.count; i++)
		if ((size_t)snprintf(name, sizeof name, "%s/%s", path, names.names[i]) < sizeof name)
			hash = mix_file(hash, name);
	file_names_free(&names);
	return hash;
}

uint64_t dialect_files_mark(const struct options *o)
{
	char shipped[PATH_LEN_MAX], room[RULES_PATH_MAX];
	char zone[ZONE_PATH_MAX];
	uint64_t hash = hash_u64((uint64_t)o->year, 0);
	if (o->utc_offset)
		hash = mix_file(hash_bytes(o->utc_offset, strlen(o->utc_offset), hash),
				zone_option_path(o->utc_offset, zone));
	snprintf(shipped, sizeof shipped, "%s/dialects", rules_default_path(room));
	hash = mix_path(hash, shipped);
	for (size_t i = 0; i < o->dialect_path_count; i++)
		hash = mix_path(hash, o->dialect_paths[i]);
	return o->dialect ? hash_bytes(o->dialect, strlen(o->dialect), hash) : hash;
}
