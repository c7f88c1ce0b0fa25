/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_RULESET_H
#define ANALYZE_RULESET_RULESET_H

#include "analyze/observation.h"
#include "core/error.h"

/* analyze/ruleset/ruleset.h - the rules: Sigma documents read, checked and compiled.
 * Life: ruleset_new, ruleset_load for each file or folder, ruleset_compile, then any number of engines
 * (engine.h) on it, ruleset_free. Nothing is ever ignored: what is not supported is a problem with file,
 * line, column, hint. rules/README.md is the reference. */

enum rule_level { LEVEL_INFORMATIONAL, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH, LEVEL_CRITICAL, LEVEL_COUNT };

/* X(ID, "text"), in order of gravity; a bit set of them is a uint16_t. */
#define STAGES(X)                                                                                            \
	X(PROBE, "probe")                                                                                    \
	X(SWEEP, "sweep")                                                                                    \
	X(ENUMERATE, "enumerate") X(FLOOD, "flood") X(EXPLOIT, "exploit") X(GHOST_CALL, "ghost-call")        \
	    X(PROVISIONING, "provisioning") X(CRACK, "crack") X(TOLL_FRAUD, "toll-fraud")                    \
		X(BREACH, "breach")
#define X(id, text) STAGE_##id,
enum stage { STAGES(X) STAGE_COUNT, STAGE_NONE = STAGE_COUNT };
#undef X

/* What excuses an actor, by the words of struct offender: who comes back or goes round is spared, who keeps
 * time is watched at most. A rule that shows what the correction of a password looks like weighs nothing. */
enum rule_doubt { DOUBT_NONE, DOUBT_KEPT_OUT, DOUBT_FIRST_ROUNDS };
enum rule_honest {
	HONEST_NEVER,
	HONEST_COMES_BACK,
	HONEST_GOES_ROUND,
	HONEST_KEEPS_TIME,
	HONEST_CORRECTED,
	HONEST_COUNT
};

struct rule {
	const char *id;	  /* Sigma `name`: the stable dotted id, e.g. "sweep.sequential" */
	const char *uuid; /* Sigma `id` or "" */
	const char *title;
	const char *description;
	const char *file; /* where it was read */
	unsigned line;
	const char *tool; /* siphound.tool: what this rule identifies, or NULL */
	enum rule_level level;
	enum stage stage; /* siphound.stage */
	enum proof proof; /* siphound.proof: needed before this rule may lead to a block; PROOF_ANSWERED by
			     default */
	enum rule_honest honest; /* siphound.honest */
	bool is_hearsay;       /* siphound.basis: hearsay: another guard judged; never leads to a block */
	enum rule_doubt doubt; /* siphound.doubt */
	bool alerts;	       /* false: only a building block of correlations */
	bool is_correlation;
	bool is_campaign; /* a correlation over many actors: group-by without source.ip */
	uint16_t index;	  /* 0 .. ruleset_count - 1, in order of id */
};

struct ruleset;
/* NULL when memory ran out. */
struct ruleset *ruleset_new(void);
void ruleset_free(struct ruleset *rules);

/* Strict, for rules that are shipped: a rule that alerts must also have a name and an id, falsepositives, and
 * tests of both kinds, and no selection stands there unused. Off by default; set it before loading. */
void ruleset_set_strict(struct ruleset *rules, bool strict);

/* Placeholders (|expand) are looked up in FOLDER/lists, when there is one, after the folders offered or
 * loaded before. To let a site's lists replace shipped ones, offer its folder before loading the shipped
 * rules. 0 or a negative errno. */
int ruleset_offer_lists(struct ruleset *rules, const char *folder, struct error *err);
/* A `.yml`/`.yaml` file or a folder with such files, walked in order of name (sub-folders `lists`, `dialects`
 * and `tests` are not rules; `lists` is where |expand placeholders are looked up). 0, or -EINVAL when
 * something in it is wrong: see ruleset_problem; or another negative errno when the path can not be read. */
int ruleset_load(struct ruleset *rules, const char *path, struct error *err);
/* The same from memory; `name` stands for the file in problems. Placeholders are looked up in what was loaded
 * before. */
int ruleset_load_text(struct ruleset *rules, const char *name, struct slice text, struct error *err);
/* Resolves references, applies filters, builds the matcher. 0 or -EINVAL. Refuses when there were problems.
 */
int ruleset_compile(struct ruleset *rules, struct error *err);

/* Each problem found, in order of reading, as "file:line:column: what; hint"; NULL past the end. */
const char *ruleset_problem(const struct ruleset *rules, size_t index);

size_t ruleset_count(const struct ruleset *rules);
const struct rule *ruleset_at(const struct ruleset *rules, size_t index);
/* By name or by UUID; NULL. */
const struct rule *ruleset_find(const struct ruleset *rules, const char *id);
/* The YAML document of a rule as it stands in its file, comments before it included. Borrowed from the rule
 * set. */
struct slice ruleset_source(const struct rule *rule);

/* One example from a rule's `siphound: tests:`, and what came of it. */
struct rule_test_result {
	const struct rule *rule;
	const char *name;
	unsigned line;
	bool expected, matched;
};
typedef void (*rule_test_fn)(void *ctx, const struct rule_test_result *result);

/* Runs every test of every rule, each on an engine of its own, and tells each result. `only` limits it to one
 * rule, NULL: all. How many failed, or -ENOMEM. The rules must be compiled. */
int ruleset_run_tests(const struct ruleset *rules, const struct rule *only, rule_test_fn tell, void *ctx);

/* Does any rule look at this field? So that the caller need not fill what nobody reads. */
bool ruleset_uses_text(const struct ruleset *rules, enum text_field field);
bool ruleset_uses_number(const struct ruleset *rules, enum number_field field);
/* At country or AS. */
bool ruleset_wants_geo(const struct ruleset *rules);
/* Words of a digest: see engine_digest_words. The rules must be compiled. */
size_t ruleset_digest_words(const struct ruleset *rules);
/* Do both say the same, lists included? */
bool ruleset_same(const struct ruleset *a, const struct ruleset *b);

const char *level_text(enum rule_level level);
const char *stage_text(enum stage stage);

#endif
