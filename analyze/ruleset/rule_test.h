/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_RULE_TEST_H
#define ANALYZE_RULESET_RULE_TEST_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/rule_test.h - the examples under `siphound: tests:` (rules/README.md, "Tests"): read here,
 * run by ruleset_run_tests. */

/* What an event says of one field. */
struct test_value {
	const struct field *field;
	const struct node *node;
	struct slice text; /* text, address: with {n} in it when is_template; number: its digits */
	int64_t number;
	uint64_t words; /* choice: the word; anomaly: the set */
	struct addr address;
	bool is_template;
	bool is_absent; /* null: also takes away a default */
};

struct test_event {
	struct test_value *values;
	size_t count;
	int64_t after_us; /* since the event before */
	uint32_t repeat;
	uint64_t from; /* first {n} */
};

struct rule_test {
	const char *name;
	unsigned line;
	bool match;
	struct test_event *events;
	size_t count;
};

#define TEST_REPEAT_MAX 100000
#define TEST_TEXT_MAX	8192

void rule_tests_read(struct reading *in, const struct node *list);

/* Fills `text` (TEST_TEXT_MAX) with the template, {n} {n:4} {n:x2} replaced; the length, or SIZE_MAX when it
 * is no good. */
size_t test_template_fill(struct slice pattern, uint64_t n, uint8_t *text);

/* ADDRESS, or ADDRESS+OFFSET. */
bool test_address_parse(struct slice text, struct addr *out);

#endif
