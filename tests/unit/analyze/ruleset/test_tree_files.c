/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/tree_files.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Many files by two threads: each gives what it gives alone, in its own place. */

#define FILES 120

static char folder[64];

static void make_folder(void)
{
	snprintf(folder, sizeof folder, "/tmp/siphound-trees-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(tree_files, .init = make_folder, .fini = remove_folder);

static void write_file(const char *path, size_t i)
{
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file, "%s", path);
	if (i % 10 == 3)
		fputs("a: [1, 2\n", file);
	else if (i % 10 == 5)
		fputs("a: 1\na: 2\nb: 3\nb: 4\n", file);
	else
		for (size_t k = 0; k <= i; k++)
			fprintf(file, "key%zu: [%zu, word]\n", k, i);
	if (i == 17)
		cr_assert_eq(fseek(file, (long)TREE_FILE_MAX, SEEK_SET) || fputs("x", file) < 0, 0);
	fclose(file);
}

static void expect_file(const struct tree_file *file, size_t i)
{
	if (i == 17)
		cr_expect_eq(file->result, -EFBIG);
	else if (i == 31)
		cr_expect_eq(file->result, -ENOENT);
	else if (i == 44)
		cr_expect_eq(file->result, -EISDIR);
	else if (i % 10 == 3)
		cr_expect(file->result == -EINVAL && file->problem_count == 1 &&
			  strstr(file->problems[0].what, "YAML"));
	else if (i % 10 == 5)
		cr_expect(file->result == -EINVAL && file->problem_count == 2 &&
			  file->problems[0].line == 2 && file->problems[1].line == 4);
	else
		cr_expect(file->result == 0 && file->problem_count == 0 && file->tree.count == 1 &&
			      file->tree.documents[0].root->count == i + 1 &&
			      slice_starts(file->text, SLICE("key0:")),
			  "%zu", i);
}

Test(tree_files, each_in_its_place)
{
	static char paths[FILES][96];
	struct tree_file files[FILES];
	for (size_t i = 0; i < FILES; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/%zu.yml", folder, i);
		if (i == 44)
			mkdir(paths[i], 0700);
		else if (i != 31)
			write_file(paths[i], i);
	}
	for (size_t count = 0; count <= FILES; count += 8) {
		struct pool pool = { 0 };
		for (size_t i = 0; i < FILES; i++)
			files[i] = (struct tree_file){ .path = paths[i] };
		tree_files_read(&pool, files, count);
		for (size_t i = 0; i < count; i++)
			expect_file(&files[i], i);
		cr_expect(count == FILES || !files[count].text.ptr, "no further than asked");
		pool_fini(&pool);
	}
}

static int fill(void *arg)
{
	struct pool *a = arg;
	for (int i = 0; i < 5000; i++)
		memset(pool_alloc(a, 100), 'x', 100);
	return 0;
}

Test(tree_files, a_pool_takes_what_another_holds)
{
	for (int i = 0; i < 4; i++) {
		struct pool a = { 0 }, b = { 0 };
		if (i & 1)
			cr_assert_eq(pool_guard(&a, fill, &a), 0);
		if (i & 2)
			cr_assert_eq(pool_guard(&b, fill, &b), 0);
		size_t both = a.used_bytes + b.used_bytes;
		pool_take(&a, &b);
		cr_expect(!b.last && b.used_bytes == 0 && a.used_bytes == both);
		cr_expect_eq(pool_guard(&a, fill, &a), 0);
		pool_fini(&a); /* a sanitizer tells what is lost or freed twice */
		pool_fini(&b);
	}
}
