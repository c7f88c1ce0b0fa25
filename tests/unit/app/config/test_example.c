/* SPDX-License-Identifier: MIT */
#include "app/config/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* The example file, siphound.yaml(5) and the table in docs/configuration.md say what app/config/keys.c says.
 * With SIPHOUND_REGEN=1 in the environment they are written anew. */

#define EXAMPLE	    SIPHOUND_SOURCE_DIR "/scripts/siphound.example.yaml"
#define DOCUMENT    SIPHOUND_SOURCE_DIR "/docs/configuration.md"
#define MANUAL	    SIPHOUND_SOURCE_DIR "/docs/siphound.yaml.5"
#define TABLE_BEGIN "<!-- keys: made by tests/unit/app/config/test_example.c -->\n"
#define TABLE_END   "<!-- end of keys -->\n"

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);
	cr_assert(file && text, "%s", path);
	cr_assert(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static char *printed(void (*print)(FILE *to))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	cr_assert(out);
	print(out);
	fclose(out);
	return text;
}

static bool is_regenerating(void)
{
	return getenv("SIPHOUND_REGEN") != NULL;
}

static void check_file(const char *path, void (*print)(FILE *to))
{
	char *wanted = printed(print);
	if (is_regenerating()) {
		FILE *out = fopen(path, "wb");
		cr_assert(out && fputs(wanted, out) >= 0 && fclose(out) == 0);
	}
	char *found = read_whole(path);
	cr_expect(strcmp(wanted, found) == 0, "%s: make it anew: SIPHOUND_REGEN=1 app_test_config_example",
		  path);
	free(wanted);
	free(found);
}

Test(config_example, is_up_to_date)
{
	check_file(EXAMPLE, config_print_example);
}

Test(config_example, manual_is_up_to_date)
{
	check_file(MANUAL, config_print_manual);
}

Test(config_example, table_is_up_to_date)
{
	char *wanted = printed(config_print_table), *found = read_whole(DOCUMENT);
	char *begin = strstr(found, TABLE_BEGIN), *end = strstr(found, TABLE_END);
	cr_assert(begin && end && begin < end);
	begin += strlen(TABLE_BEGIN);
	bool is_same = (size_t)(end - begin) == strlen(wanted) && strncmp(begin, wanted, strlen(wanted)) == 0;
	if (!is_same && is_regenerating()) {
		FILE *out = fopen(DOCUMENT, "wb");
		cr_assert(out && fprintf(out, "%.*s%s%s", (int)(begin - found), found, wanted, end) > 0 &&
			  fclose(out) == 0);
		is_same = true;
	}
	cr_expect(is_same, "make it anew: SIPHOUND_REGEN=1 app_test_config_example");
	free(wanted);
	free(found);
}

static void on_problem(void *ctx, const char *sentence)
{
	(void)ctx;
	cr_expect(false, "%s", sentence);
}

/* Who takes the example as it is gets what who has no file gets. */
Test(config_example, equals_the_defaults)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	struct options o = options_default;
	struct config *config;
	struct error err;
	unsigned all = CONFIG_FOR_WATCH | CONFIG_FOR_READ | CONFIG_FOR_STORE;
	cr_assert_eq(config_load(&config, EXAMPLE, all, &o, on_problem, NULL, &err), 0, "%s", err.text);
	for (size_t i = 0; i < count; i++)
		cr_expect(config_key_same(&keys[i], &o, &options_default), "%s", keys[i].name);
	config_free(config);
}

/* The default that the table tells is the one that holds: another value makes a difference that is seen. */
Test(config_example, keys_are_complete)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++) {
		const struct config_key *key = &keys[i];
		cr_expect(*key->unit && *key->reason && key->commands && key->size, "%s", key->name);
		cr_expect(!config_is_list(key->type) ||
			      (key->max && key->count_offset && strcmp(key->fallback, "[]") == 0),
			  "%s", key->name);
		cr_expect(config_key_find(slice_str(key->name)) == key, "%s", key->name);
		cr_expect(*key->fallback || key->example, "%s: neither default nor example", key->name);
		for (size_t j = 0; j < i; j++)
			cr_expect(keys[j].offset != key->offset, "%s and %s are the same", keys[j].name,
				  key->name);
	}
}
