/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_DIALECT_H
#define ANALYZE_LOGS_DIALECT_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <yaml.h>

#include "analyze/logs/log_engine.h"
#include "analyze/logs/plan.h"

/* analyze/logs/dialect.h - a dialect as it is kept after loading. Private to analyze/logs.
 * Everything but the PCRE2 code lives in one arena that belongs to the dialect. */

struct dialect_block;
struct dialect_arena {
	struct dialect_block *blocks;
};
void *dialect_alloc(struct dialect_arena *arena, size_t size); /* zeroed; NULL when out of memory */
struct slice dialect_copy(struct dialect_arena *arena, struct slice text); /* with a NUL behind it */

/* One value that a pattern sets. */
struct assignment {
	const struct field *field;
	struct slice text;
	int64_t number;
	uint8_t word;
};

struct assignments {
	const struct assignment *items;
	size_t count;
};

/* Where a captured text goes. */
struct capture {
	const struct field *field; /* NULL: only for `by` */
	uint16_t group;		   /* of the regex */
	const struct path *path;   /* of the JSON form */
	struct slice name;	   /* JSON form, when it is no field: for `by` */
	bool is_source;
	bool is_time;		   /* the group or key named `time` */
};

/* `by`: a captured text chooses more values. */
struct choice_case {
	struct slice value;
	struct assignments set;
};

struct choice {
	uint16_t capture; /* index into captures */
	const struct choice_case *cases;
	size_t count;
};

#define PATH_DEPTH_MAX 4
struct path {
	struct slice keys[PATH_DEPTH_MAX];
	size_t depth;
};

struct json_condition {
	struct path path;
	struct slice value;
	pcre2_code *like; /* the value must match this, in place of being equal */
};

/* A regular expression, compiled twice. */
struct matcher {
	pcre2_code *code;
	struct plan *plan; /* NULL: there is none */
};

struct pattern {
	struct slice id;
	unsigned line, column;
	const struct slice *anchors; /* all must occur, in this order */
	size_t anchor_count;
	struct slice opens, closes; /* of a record that a line feed can tear; absent: it can not */
	struct matcher matcher;
	pcre2_code *reluctant;	   /* the same with greedy and lazy exchanged; NULL when there is only one reading */
	bool plan_has_anchors;	   /* the plan matches only where all anchors are */
	uint64_t modules;	   /* of the dialect's head that this pattern belongs to, a bit each; 0: all */
	const struct json_condition *conditions; /* JSON form: all must hold */
	size_t condition_count;
	struct capture *captures;
	size_t capture_count;
	int source;		   /* index of the capture of source.ip, -1: none */
	struct assignments set;
	struct choice *choices;
	size_t choice_count;
};

/* What an example promises. */
struct promise {
	const struct field *field; /* NULL: the time */
	struct slice value;
};

struct example {
	struct slice line;
	unsigned file_line, file_column;
	const struct pattern *pattern;
	bool matches;
	const struct promise *promises;
	size_t promise_count;
};

struct dialect {
	struct slice name, title, file;
	const struct slice *programs;
	size_t program_count;
	bool needs_program;
	bool is_json;
	struct matcher head;	      /* of every message of the program; code NULL: none */
	unsigned module_group;	      /* of the head, 0: none */
	struct slice *modules;
	size_t module_count;
	const struct slice *failures; /* words of failure */
	size_t failure_count;
	struct pattern *patterns;
	size_t pattern_count;
	struct example *examples;
	size_t example_count;
	struct dialect_arena arena;
};

#define MODULES_MAX 64

struct dialects {
	struct dialect *items[DIALECTS_MAX];
	size_t count;
	char **problems;
	size_t problem_count;
};

void dialects_add_problem(struct dialects *dialects, const char *file, unsigned line, unsigned column,
			  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Reads one file's bytes; problems are added. NULL when there was one. */
struct dialect *dialect_parse(struct dialects *dialects, const char *file, struct slice bytes);
void dialect_free(struct dialect *dialect);

/* Sets what text stands for in the field's own type. False: not a value of that field. */
bool dialect_assignment(const struct field *field, struct slice value, struct assignment *out);
/* Replaces {{name}} in *regex by what names/texts or the built-in macros say; false and a problem when nobody says it. */
bool dialect_expand(struct dialects *dialects, struct dialect *dialect, const struct slice *names,
		    const struct slice *texts, size_t count, struct slice *regex, unsigned line, unsigned column);
/* Compiles the regex of a pattern ; false and a problem when it is wrong. */
bool dialect_compile_head(struct dialects *dialects, struct dialect *dialect, struct slice regex, unsigned line,
			  unsigned column);
/* A regex that only says yes or no. */
pcre2_code *dialect_compile_like(struct dialects *dialects, struct dialect *dialect, struct slice regex, unsigned line,
				 unsigned column);
bool dialect_compile(struct dialects *dialects, struct dialect *dialect, struct pattern *pattern, struct slice regex,
		     unsigned line, unsigned column);

#endif
