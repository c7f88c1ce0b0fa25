/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_engine.h"
#include "app/commands/command.h"
#include "app/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: siphound rules check|list|show|test|fields [PATH...]\n\n"
    "  check [PATH...]     load rules and log dialects, tell every mistake with file, line and column; run "
    "their tests\n"
    "  list [PATH...]      id, level, stage and title of each rule that alerts\n"
    "  show ID [PATH...]   the rule as it is written\n"
    "  test [ID] [PATH...] run the tests that the rules carry, and tell each\n"
    "  fields              every field that rules may use, with type and meaning\n"
    "  --help\n\n"
    "Without PATH: the shipped rules. +PATH: the shipped ones and PATH. rules/README.md is the reference.\n\n"
    "Example: siphound rules check +/etc/siphound/rules.d\n"
    "Exit status: 0 done, 1 something is wrong with rules or dialects, 2 wrong use.\n";

static struct ruleset *load_all(const char *const *paths, size_t count, bool strict, bool *bad)
{
	char room[RULES_PATH_MAX];
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	bool add_shipped = count == 0;
	if (!rules) {
		complain("no memory for rules");
		return NULL;
	}
	ruleset_set_strict(rules, strict);
	for (size_t i = 0; i < count; i++)
		add_shipped |= paths[i][0] == '+';
	if (add_shipped && ruleset_load(rules, rules_default_path(room), &err))
		*bad = true;
	for (size_t i = 0; i < count; i++)
		if (ruleset_load(rules, paths[i] + (paths[i][0] == '+'), &err))
			*bad = true;
	if (ruleset_compile(rules, &err))
		*bad = true;
	size_t problems = 0;
	for (const char *problem; (problem = ruleset_problem(rules, problems)); problems++)
		printf("%s\n", problem);
	if (*bad && problems == 0)
		complain("%s", err.text);
	return rules;
}

struct tally {
	size_t run, failed;
	bool verbose;
};

static void on_test(void *ctx, const struct rule_test_result *t)
{
	struct tally *tally = ctx;
	bool good = t->expected == t->matched;
	tally->run++;
	tally->failed += !good;
	if (!good)
		printf("%s:%u: test of %s failed: %s: should %smatch\n", t->rule->file, t->line, t->rule->id,
		       t->name, t->expected ? "" : "not ");
	else if (tally->verbose)
		printf("ok  %s: %s\n", t->rule->id, t->name);
}

/* The shipped dialects, and those in a folder `dialects` of each path: every example must be read as it says. */
static bool check_dialects(const char *const *paths, size_t count)
{
	struct error err = { "" };
	char path[RULES_PATH_MAX + sizeof "/dialects"], room[RULES_PATH_MAX];
	struct dialects *dialects = dialects_new();
	snprintf(path, sizeof path, "%s/dialects", rules_default_path(room));
	int bad = dialects ? dialects_load(dialects, path, &err) : -ENOMEM;
	for (size_t i = 0; i < count && !bad; i++) {
		snprintf(path, sizeof path, "%s/dialects", paths[i] + (paths[i][0] == '+'));
		if (access(path, R_OK) == 0)
			bad = dialects_load(dialects, path, &err);
	}
	bad = bad ? bad : dialects_check(dialects, &err);
	for (size_t i = 0; dialects && dialects_problem(dialects, i); i++)
		printf("%s\n", dialects_problem(dialects, i));
	size_t examples = 0, total = dialects ? dialects_count(dialects) : 0;
	for (size_t i = 0; i < total; i++)
		examples += dialects_at(dialects, i).examples;
	if (bad)
		complain("%s", err.text[0] ? err.text : "the log dialects could not be checked");
	else
		printf("%zu log dialects, %zu examples, 0 failed\n", total, examples);
	dialects_free(dialects);
	return !bad;
}

static int check(const char *const *paths, size_t count)
{
	bool bad = false;
	struct tally tally = { 0 };
	struct ruleset *rules = load_all(paths, count, count == 0, &bad);
	if (rules && !bad && !rules_alert(rules)) {
		complain("there is no rule that alerts in these paths");
		bad = true;
	}
	if (rules && !bad) {
		ruleset_run_tests(rules, NULL, on_test, &tally);
		size_t alerting = 0;
		for (size_t i = 0; i < ruleset_count(rules); i++)
			alerting += ruleset_at(rules, i)->alerts;
		printf("%zu rules (%zu that alert), %zu tests, %zu failed\n", ruleset_count(rules), alerting,
		       tally.run, tally.failed);
	}
	bad |= !check_dialects(paths, count);
	ruleset_free(rules);
	return rules && !bad && tally.failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int list(const char *const *paths, size_t count)
{
	struct ruleset *rules = rules_load(paths, count);
	if (!rules)
		return EXIT_FAILED;
	for (size_t i = 0; i < ruleset_count(rules); i++) {
		const struct rule *rule = ruleset_at(rules, i);
		if (rule->alerts)
			printf("%-34s %-13s %-13s %s\n", rule->id, level_text(rule->level),
			       rule->stage < STAGE_COUNT ? stage_text(rule->stage) : "-", rule->title);
	}
	ruleset_free(rules);
	return EXIT_DONE;
}

static int show(const char *id, const char *const *paths, size_t count)
{
	struct ruleset *rules = rules_load(paths, count);
	int status = EXIT_FAILED;
	if (!rules)
		return status;
	const struct rule *rule = ruleset_find(rules, id);
	if (rule) {
		struct slice source = ruleset_source(rule);
		printf("# %s:%u\n%.*s\n", rule->file, rule->line, (int)source.len, (const char *)source.ptr);
		status = EXIT_DONE;
	} else {
		complain("there is no rule '%s'; `siphound rules list` names them", id);
	}
	ruleset_free(rules);
	return status;
}

static int test(const char *id, const char *const *paths, size_t count)
{
	struct tally tally = { .verbose = true };
	struct ruleset *rules = rules_load(paths, count);
	const struct rule *only = NULL;
	if (!rules)
		return EXIT_FAILED;
	if (id && !(only = ruleset_find(rules, id))) {
		complain("there is no rule '%s'; `siphound rules list` names them", id);
		ruleset_free(rules);
		return EXIT_FAILED;
	}
	ruleset_run_tests(rules, only, on_test, &tally);
	printf("%zu tests, %zu failed\n", tally.run, tally.failed);
	ruleset_free(rules);
	return tally.failed ? EXIT_FAILED : EXIT_DONE;
}

static void print_words(const struct field *f)
{
	if (f->kind == FIELD_KIND_CHOICE)
		for (size_t w = 1; f->words[w]; w++)
			printf("%s%s", w > 1 ? ", " : " Words: ", f->words[w]);
	else if (f->kind == FIELD_KIND_ANOMALY)
		for (unsigned bit = 0; bit < 64; bit++)
			if (anomaly_text(bit))
				printf("%s%s", bit ? ", " : " Words: ", anomaly_text(bit));
}

/* Markdown, since docs/fields.md is made from it. */
static int list_fields(void)
{
	static const char *const kinds[] = { "address", "text", "number", "word", "set of words" };
	printf("| field | type | meaning |\n|---|---|---|\n");
	for (size_t i = 0; i < field_count; i++) {
		printf("| `%s` | %s | %s.", fields[i].name, kinds[fields[i].kind], fields[i].doc);
		print_words(&fields[i]);
		printf(" |\n");
	}
	return EXIT_DONE;
}

int command_rules(int argc, char **argv)
{
	const char *const *rest = (const char *const *)argv + 2;
	size_t count = argc > 2 ? (size_t)argc - 2 : 0;
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "--help") == 0 || (count && strcmp(rest[0], "--help") == 0)) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--", 2) == 0) {
			complain("rules: unknown option %s; `siphound rules --help` lists what there is",
				 argv[i]);
			return EXIT_USAGE;
		}
	if (strcmp(what, "check") == 0)
		return check(rest, count);
	if (strcmp(what, "list") == 0)
		return list(rest, count);
	if (strcmp(what, "fields") == 0 && !count)
		return list_fields();
	if (strcmp(what, "show") == 0 && count)
		return show(rest[0], rest + 1, count - 1);
	if (strcmp(what, "test") == 0)
		return count && !strchr(rest[0], '/') && rest[0][0] != '+'
			   ? test(rest[0], rest + 1, count - 1)
			   : test(NULL, rest, count);
	if (strcmp(what, "show") == 0)
		complain("rules show: which rule? `siphound rules list` names them");
	else if (strcmp(what, "fields") == 0)
		complain("rules fields: '%s' has no meaning here, it prints all fields", rest[0]);
	else
		complain("rules: say check, list, show ID, test or fields; see `siphound rules --help`");
	return EXIT_USAGE;
}
