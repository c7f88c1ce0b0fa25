/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_TREE_FILES_H
#define ANALYZE_RULESET_TREE_FILES_H

#include "analyze/ruleset/tree.h"

/* analyze/ruleset/tree_files.h - many YAML files as trees. Two thirds of a start are spent here, so a second
 * thread takes part where there are many files; what is read is the same without it. */

struct tree_problem {
	unsigned line, column; /* 1-based */
	const char *what;      /* pool memory */
};

struct tree_file {
	const char *path;  /* set by the caller, who keeps it */
	struct slice text; /* of the file, or set by the caller for tree_file_parse; a NUL follows it */
	struct tree tree;
	struct tree_problem *problems; /* in order of reading */
	size_t problem_count;
	int result; /* 0; -EINVAL: see problems; -EFBIG: longer than TREE_FILE_MAX; -ENOMEM; or why it could
		       not be read */
};

/* Of text that is there. Sets the tree, the problems and the result. Pool memory. */
void tree_file_parse(struct pool *a, struct tree_file *file);

/* Reads and parses all of them. Pool memory. Each tells its own result. */
void tree_files_read(struct pool *a, struct tree_file *files, size_t count);

#endif
