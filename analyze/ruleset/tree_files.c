/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/tree_files.h"

#include "analyze/ruleset/file.h"
#include "core/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct parsing {
	struct pool *pool;
	struct tree_file *file;
	struct slice text; /* to be copied into the pool first */
};

static void keep_problem(void *ctx, unsigned line, unsigned column, const char *what)
{
	struct parsing *p = ctx;
	struct tree_file *file = p->file;
	file->problems = pool_room(p->pool, file->problems, file->problem_count, sizeof *file->problems);
	file->problems[file->problem_count++] =
	    (struct tree_problem){ line, column, pool_text(p->pool, slice_str(what)) };
}

static int parse(void *arg)
{
	struct parsing *p = arg;
	p->file->text = slice_of(pool_text(p->pool, p->text), p->text.len);
	return tree_read(p->pool, p->file->text, &p->file->tree, keep_problem, p);
}

void tree_file_parse(struct pool *a, struct tree_file *file)
{
	struct parsing p = { a, file, file->text };
	file->result = file->text.len > TREE_FILE_MAX ? -EFBIG : pool_guard(a, parse, &p);
}

static void read_one(struct pool *a, struct tree_file *file)
{
	struct slice text;
	file->result = file_read(file->path, TREE_FILE_MAX, &text);
	if (file->result != 0)
		return;
	file->text = text;
	tree_file_parse(a, file);
	free((void *)(uintptr_t)text.ptr);
}

struct work {
	struct tree_file *files;
	size_t count;
	atomic_size_t next;
	struct pool second; /* of the second thread: a pool is one thread's */
};

static void read_until_none_is_left(struct work *work, struct pool *a)
{
	for (size_t i; (i = atomic_fetch_add(&work->next, 1)) < work->count;)
		read_one(a, &work->files[i]);
}

static void *run(void *arg)
{
	struct work *work = arg;
	read_until_none_is_left(work, &work->second);
	return NULL;
}

#define WORTH_A_THREAD 8 /* files: fewer are read before a thread has begun */

void tree_files_read(struct pool *a, struct tree_file *files, size_t count)
{
	struct work work = { .files = files, .count = count };
	pthread_t thread;
	bool has_thread = count >= WORTH_A_THREAD && thread_start(&thread, run, &work) == 0;
	read_until_none_is_left(&work, a);
	if (!has_thread)
		return;
	pthread_join(thread, NULL);
	pool_take(a, &work.second);
}
