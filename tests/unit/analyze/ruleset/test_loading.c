/* SPDX-License-Identifier: MIT */
#include "tests/unit/analyze/ruleset/rules_support.h"

#include "analyze/ruleset/tree.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files and folders: what is read, in which order, where lists are found; and SigmaHQ's own samples. */

static char folder[64];

static void write_file(const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0700);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file, "%s", path);
	fputs(text, file);
	fclose(file);
}

static void make_folder(void)
{
	snprintf(folder, sizeof folder, "/tmp/siphound-rules-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(loading, .init = make_folder, .fini = remove_folder);

#define DETECT(name, test) RULE_HEAD(name) "detection:\n a: {" test "}\n condition: a\n"

static bool fires(const struct ruleset *rules, const char *rule, const char *what)
{
	struct notes notes = { .count = 0 };
	uint64_t digest[64] = { 0 };
	char room[256];
	struct engine *e = engine_new(rules, NULL);
	struct observation o = observation_at(1, "203.0.113.7");
	observe(&o, what, room, sizeof room);
	cr_assert_leq(engine_digest_words(e), 64);
	engine_look(e, &o, FIELD_ONCE, digest);
	engine_look(e, &o, FIELD_LATE, digest);
	engine_judge(e, &o, digest, note_firing, &notes);
	engine_free(e);
	for (size_t i = 0; i < notes.count; i++)
		if (strcmp(notes.items[i].rule, rule) == 0)
			return true;
	return false;
}

Test(loading, a_folder)
{
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	write_file("probe/b.yml", "# the first\n" DETECT("z.last", "sip.method: X") "---\n# the second\n" DETECT("b.second", "sip.method: Y"));
	write_file("probe/a.yaml", "\xEF\xBB\xBF" DETECT("a.first", "sip.method: Z"));
	write_file("z.yml/a.yml", DETECT("c.third", "sip.method: W")); /* a folder with the name of a file */
	write_file("probe/notes.txt", "no rule");
	write_file("probe/.hidden.yml", "no rule");
	write_file("lists/x.yaml", "- no rule");
	write_file("dialects/x.yaml", "no: rule");
	write_file("tests/x.yaml", "no: rule");
	cr_assert_eq(ruleset_load(rules, folder, &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_count(rules), 4);
	static const char *const ids[] = { "a.first", "b.second", "c.third", "z.last" };
	for (size_t i = 0; i < 4; i++) {
		cr_expect_str_eq(ruleset_at(rules, i)->id, ids[i]);
		cr_expect_eq(ruleset_at(rules, i)->index, i);
	}
	const struct rule *second = ruleset_find(rules, "b.second");
	struct slice source = ruleset_source(second);
	cr_expect(slice_eq(source, SLICE("# the second\n" DETECT("b.second", "sip.method: Y"))), "%.*s", (int)source.len, source.ptr);
	cr_expect_eq(second->line, 12);
	source = ruleset_source(ruleset_find(rules, "z.last"));
	cr_expect(slice_starts(source, SLICE("# the first\ntitle")) && slice_find_slice(source, SLICE("second")) == SLICE_NPOS);
	cr_expect(ruleset_uses_text(rules, TEXT_METHOD) && !ruleset_uses_text(rules, TEXT_CALL_ID));
	ruleset_free(rules);
}

Test(loading, what_can_not_be_read)
{
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	cr_expect_eq(ruleset_load(rules, "/nonexistent/rules", &err), -ENOENT);
	cr_expect(strstr(err.text, "/nonexistent/rules: No such file"), "%s", err.text);
	write_file("a.yml", "title: [");
	write_file("b.yml", "title: [");
	cr_expect_eq(ruleset_load(rules, folder, &err), -EINVAL);
	cr_expect(strstr(err.text, "a.yml:") && strstr(ruleset_problem(rules, 1), "b.yml:"), "both are told");
	cr_expect_eq(ruleset_compile(rules, &err), -EINVAL);
	ruleset_free(rules);
}

/* The rule stands at the end, behind a comment. */
Test(loading, files_of_all_lengths)
{
	static char text[TREE_FILE_MAX + 2];
	static const char rule[] = "\n" DETECT("z", "sip.method: X");
	static const struct {
		size_t len;
		bool is_good;
	} cases[] = { { 4095, true },
		      { 4096, true },
		      { 4097, true },
		      { TREE_FILE_MAX, true },
		      { TREE_FILE_MAX + 1, false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { "" };
		struct ruleset *rules = ruleset_new();
		memset(text, '#', sizeof text);
		memcpy(text + cases[i].len + 1 - sizeof rule, rule, sizeof rule);
		write_file("a.yml", text);
		cr_expect_eq(ruleset_load(rules, folder, &err) == 0, cases[i].is_good, "%zu: %s",
			     cases[i].len, err.text);
		cr_expect_eq(ruleset_count(rules), cases[i].is_good, "%zu", cases[i].len);
		cr_expect(cases[i].is_good || strstr(err.text, "a.yml:1:1: longer than 1 MiB"), "%s",
			  err.text);
		ruleset_free(rules);
	}
}

Test(loading, placeholders)
{
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	write_file("lists/agents.txt", "# comment\n\nfriendly-scanner\r\n  sip*cious  \n");
	write_file("lists/prefixes.yaml", "- 900\n- '00?'\n");
	write_file("lists/nets.yml", "[192.0.2.0/24, '2001:db8::/32']");
	write_file("a.yml", DETECT("agents", "user_agent.original|expand: '%agents%'"));
	write_file("sub/b.yml", DETECT("prefixes", "siphound.dialed|startswith|expand: ['%prefixes%44', '7']"));
	write_file("c.yml", DETECT("nets", "source.ip|cidr|expand: '%nets%'"));
	cr_expect_eq(ruleset_load(rules, folder, &err), -EINVAL);
	cr_expect(strstr(err.text, "b.yml:7:58: |expand needs a %placeholder%"), "%s", err.text);
	ruleset_free(rules);

	rules = ruleset_new();
	write_file("sub/b.yml", DETECT("prefixes", "siphound.dialed|startswith|expand: '%prefixes%44'"));
	cr_assert_eq(ruleset_load(rules, folder, &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	cr_expect(fires(rules, "agents", "user_agent.original=friendly-scanner"));
	cr_expect(fires(rules, "agents", "user_agent.original=SIPVicious"));
	cr_expect_not(fires(rules, "agents", "user_agent.original=# comment"));
	cr_expect(fires(rules, "prefixes", "siphound.dialed=90044123"));
	cr_expect(fires(rules, "prefixes", "siphound.dialed=00944123"));
	cr_expect_not(fires(rules, "prefixes", "siphound.dialed=0044123"));
	cr_expect(fires(rules, "nets", "source.ip=192.0.2.9"));
	cr_expect(fires(rules, "nets", "source.ip=2001:db8::9"));
	cr_expect_not(fires(rules, "nets", "source.ip=203.0.113.1"));
	ruleset_free(rules);

	/* One file alone finds the lists of the folder above. */
	char path[128];
	snprintf(path, sizeof path, "%s/sub/b.yml", folder);
	rules = ruleset_new();
	cr_expect_eq(ruleset_load(rules, path, &err), 0, "%s", err.text);
	ruleset_free(rules);
}

/* A name is the same list for all rules: of the folder that was offered first. */
Test(loading, lists_of_a_site)
{
	char site[128], shipped[128];
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	write_file("shipped/lists/agents.txt", "theirs\n");
	write_file("shipped/a.yml", DETECT("agents", "user_agent.original|expand: '%agents%'"));
	write_file("site/lists/agents.txt", "ours\n");
	snprintf(site, sizeof site, "%s/site", folder);
	snprintf(shipped, sizeof shipped, "%s/shipped", folder);
	cr_assert_eq(ruleset_offer_lists(rules, site, &err), 0);
	cr_assert_eq(ruleset_load(rules, shipped, &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	cr_expect(fires(rules, "agents", "user_agent.original=ours"));
	cr_expect_not(fires(rules, "agents", "user_agent.original=theirs"));
	ruleset_free(rules);
}

Test(loading, a_large_list_of_beginnings)
{
	static char list[400000];
	size_t len = 0;
	for (int i = 0; i < 30000; i++)
		len += (size_t)snprintf(list + len, sizeof list - len, "%06x\n", i * 101);
	write_file("lists/oui.txt", list);
	write_file("a.yml", DETECT("oui", "siphound.mac|startswith|expand: '%oui%'"));
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	cr_assert_eq(ruleset_load(rules, folder, &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	cr_expect(fires(rules, "oui", "siphound.mac=000065aabbcc"));
	cr_expect_not(fires(rules, "oui", "siphound.mac=000066aabbcc"));
	ruleset_free(rules);
}

/* SigmaHQ's samples are for other systems: each is refused with a reason that names its place. */
Test(loading, sigma_samples)
{
	const char *shared = getenv("SIPHOUND_SHARED");
	char path[512], name[1024];
	snprintf(path, sizeof path, "%s/corpus/sigma", shared ? shared : SIPHOUND_SOURCE_DIR "/../shared");
	DIR *samples = opendir(path);
	if (!samples)
		cr_skip_test("no Sigma samples at %s; set SIPHOUND_SHARED", path);
	size_t count = 0;
	for (struct dirent *entry; (entry = readdir(samples));) {
		if (!strstr(entry->d_name, ".yml"))
			continue;
		struct error err = { "" };
		struct ruleset *rules = ruleset_new();
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		int result = ruleset_load(rules, name, &err);
		if (result == 0)
			result = ruleset_compile(rules, &err);
		cr_expect_eq(result, -EINVAL, "%s", name);
		const char *problem = ruleset_problem(rules, 0);
		cr_assert_not_null(problem, "%s", name);
		cr_expect(strstr(problem, "is not siphound") || strstr(problem, "logsource product is missing") ||
			      strstr(problem, "no rule has the name or id") || strstr(problem, "needs `percentile: P`"),
			  "%s", problem);
		ruleset_free(rules);
		count++;
	}
	closedir(samples);
	cr_expect_geq(count, 10);
}
