/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/engine.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define DATA SIPHOUND_SOURCE_DIR "/tests/unit/analyze/ruleset/data"

static void tell(void *ctx, const struct rule_test_result *r)
{
	size_t *count = ctx;
	++*count;
	cr_expect_eq(r->matched, r->expected, "%s: %s (line %u)", r->rule->id, r->name, r->line);
}

/* The example rules load in strict mode, and their own tests hold. */
Test(examples, their_tests_hold)
{
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	size_t count = 0;
	ruleset_set_strict(rules, true);
	cr_assert_eq(ruleset_load(rules, DATA, &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_run_tests(rules, NULL, tell, &count), 0);
	cr_assert_geq(count, 11);
	const struct rule *rule = ruleset_find(rules, "crack.refused");
	cr_assert(rule && !rule->alerts);
	rule = ruleset_find(rules, "sweep.campaign");
	cr_assert(rule && rule->alerts && rule->is_campaign && rule->is_correlation);
	struct slice source = ruleset_source(rule);
	cr_assert(slice_starts(source, SLICE("title: Many actors with one fingerprint")));
	ruleset_free(rules);
}
