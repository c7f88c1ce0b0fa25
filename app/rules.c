/* SPDX-License-Identifier: MIT */
#include "app/rules.h"

#include "app/commands/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As seen from the folder of the program. */
static bool find_beside(char room[RULES_PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", room, RULES_PATH_MAX - sizeof SIPHOUND_RULES_BESIDE);
	char *slash = len > 0 ? memrchr(room, '/', (size_t)len) : NULL;
	if (!slash)
		return false;
	memcpy(slash + 1, SIPHOUND_RULES_BESIDE, sizeof SIPHOUND_RULES_BESIDE);
	return access(room, R_OK) == 0;
}

const char *rules_default_path(char room[RULES_PATH_MAX])
{
	const char *named = getenv("SIPHOUND_RULES");
	if (named && *named)
		return named;
	if (find_beside(room))
		return room;
	return access(SIPHOUND_RULES_SOURCE, R_OK) == 0 ? SIPHOUND_RULES_SOURCE : SIPHOUND_RULES_INSTALLED;
}

#define PROBLEMS_SHOWN 20

static void show_problems(const struct ruleset *rules)
{
	size_t count = 0;
	for (const char *problem; (problem = ruleset_problem(rules, count)); count++)
		if (count < PROBLEMS_SHOWN)
			complain("%s", problem);
	if (count > PROBLEMS_SHOWN)
		complain("and %zu more problems; `siphound rules check` shows all", count - PROBLEMS_SHOWN);
}

bool rules_alert(const struct ruleset *rules)
{
	for (size_t i = 0; i < ruleset_count(rules); i++)
		if (ruleset_at(rules, i)->alerts)
			return true;
	return false;
}

struct ruleset *rules_load(const char *const *paths, size_t count)
{
	char room[RULES_PATH_MAX];
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	bool add_shipped = count == 0;
	int bad = rules ? 0 : error_set(&err, -ENOMEM, "no memory for rules");
	for (size_t i = 0; i < count; i++)
		add_shipped |= paths[i][0] == '+';
	if (!bad && add_shipped)
		bad = ruleset_load(rules, rules_default_path(room), &err);
	for (size_t i = 0; i < count && !bad; i++)
		bad = ruleset_load(rules, paths[i] + (paths[i][0] == '+'), &err);
	if (!bad)
		bad = ruleset_compile(rules, &err);
	if (!bad)
		return rules;
	if (rules)
		show_problems(rules);
	/* The error of a broken rule is its first problem once more. */
	if (!rules || !ruleset_problem(rules, 0))
		complain("%s", err.text[0] ? err.text : "the rules could not be loaded");
	ruleset_free(rules);
	return NULL;
}

#define VENDORS_FILE "/lists/provisioning.yaml"
#define PATH_LEN_MAX (RULES_PATH_MAX + sizeof VENDORS_FILE)

struct vendors *rules_vendors(const char *const *paths, size_t count)
{
	char path[PATH_LEN_MAX], room[RULES_PATH_MAX];
	struct error err = { "" };
	snprintf(path, sizeof path, "%s" VENDORS_FILE, rules_default_path(room));
	for (size_t i = count; i-- > 0;) {
		char own[PATH_LEN_MAX];
		snprintf(own, sizeof own, "%s" VENDORS_FILE, paths[i] + (paths[i][0] == '+'));
		if (access(own, R_OK) == 0) {
			memcpy(path, own, sizeof path);
			break;
		}
	}
	struct vendors *vendors = vendors_load(path, &err);
	if (!vendors)
		complain("%s", err.text);
	return vendors;
}
