/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_engine.h"
#include "analyze/web/vendors.h"
#include "app/pipeline.h"
#include "output/store/sqlite.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Every step of set-up without memory: the n-th allocation of the program fails, for each n, alone or with
 * all behind it. What is being opened is then not there, says so, and has given back what it took; or it is
 * there and works. The linker hands the program's calls of malloc and its kin to the functions below
 * (tests/CMakeLists.txt: --wrap); libraries that it uses keep theirs. */

static struct {
	bool is_on, stays;
	size_t countdown, made;
} fault;

static bool fails(void)
{
	if (!fault.is_on)
		return false;
	fault.made++;
	if (fault.countdown > 0) {
		fault.countdown--;
		return false;
	}
	if (!fault.stays)
		fault.countdown = SIZE_MAX;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* In a build with AddressSanitizer: is everything given back? */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* Runs it once without a fault, then with each. `step`: how many allocations lie between two that fail. */
static void try_all(const char *name, bool (*open)(void), size_t step)
{
	fault.is_on = true;
	fault.countdown = SIZE_MAX;
	fault.made = 0;
	bool is_open = open();
	fault.is_on = false;
	size_t count = fault.made, failed = 0;
	cr_assert(is_open, "%s works when there is memory", name);
	cr_assert_gt(count, 0);
	for (size_t n = 0; n < count; n += step)
		for (int stays = 0; stays < 2; stays++) {
			fault.is_on = true;
			fault.stays = stays;
			fault.countdown = n;
			failed += !open();
			fault.is_on = false;
		}
	cr_expect_gt(failed, 0, "%s: of %zu allocations none matters", name, count);
	cr_expect(!__lsan_do_recoverable_leak_check || !__lsan_do_recoverable_leak_check(), "%s", name);
}

/* ---- what is opened ---- */

static const char rules_text[] =
    "title: t\nname: a.b\nid: 4f4b1b57-1de9-4d6f-9a0b-0d3e5f6a7b8c\nlevel: high\nsiphound: {stage: probe, "
    "tests: [{name: n, match: true, events: "
    "[{source.ip: 203.0.113.1, user_agent.original: ab}]}]}\nlogsource: {product: siphound, category: "
    "observation}\ndetection:\n"
    "  x: {user_agent.original|startswith: [ab, cd, 'e*f'], source.ip|cidr: 203.0.113.0/24}\n  y: "
    "{sip.code|gte: 200}\n  z: {sip.uri.username|re: '^[0-9]+$'}\n"
    "  condition: x and not (y or z)\n---\n"
    "title: c\nname: c.d\nlevel: high\nsiphound: {stage: sweep}\ncorrelation: {type: value_count, rules: "
    "[a.b], group-by: [source.ip], timespan: 10m, "
    "condition: {gte: 3, field: destination.ip}}\n";

static struct ruleset *rules_of(const char *text)
{
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	if (rules &&
	    (text ? ruleset_load_text(rules, "t.yml", slice_str(text), &err)
		  : ruleset_load(rules, SIPHOUND_SOURCE_DIR "/rules", &err)) == 0 &&
	    ruleset_compile(rules, &err) == 0)
		return rules;
	ruleset_free(rules);
	return NULL;
}

static bool open_rules(void)
{
	struct ruleset *rules = rules_of(rules_text);
	struct engine *e = rules ? engine_new(rules, NULL) : NULL;
	bool good = e != NULL;
	engine_free(e);
	ruleset_free(rules);
	return good;
}

static bool open_shipped_rules(void)
{
	struct ruleset *rules = rules_of(NULL);
	ruleset_free(rules);
	return rules != NULL;
}

static bool open_dialects(void)
{
	struct error err = { "" };
	struct dialects *d = dialects_new();
	bool good = d && dialects_load(d, SIPHOUND_SOURCE_DIR "/rules/dialects/tftp.yaml", &err) == 0;
	struct log_reader *r = good ? log_reader_new(d, NULL, &err) : NULL;
	good = r != NULL;
	log_reader_free(r);
	dialects_free(d);
	return good;
}

static bool open_vendors(void)
{
	struct error err = { "" };
	struct vendors *v = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	cr_assert(v || err.text[0]);
	vendors_free(v);
	return v != NULL;
}

static struct ruleset *ready_rules;

static bool open_pipeline(void)
{
	struct pipeline_options options = { .analyzer = analyzer_defaults, .decoder = decoder_defaults };
	options.analyzer.rules = ready_rules;
	struct pipeline *p = pipeline_new(&options, NULL, 0);
	pipeline_free(p);
	return p != NULL;
}

static bool open_input(void)
{
	struct error err = { "" };
	struct input *in = NULL;
	struct input **parts = NULL;
	static const char *const paths[] = { SIPHOUND_SOURCE_DIR "/tests/golden/exploit-injection/input.pcap",
					     SIPHOUND_SOURCE_DIR
					     "/tests/golden/websocket-register/input.pcap" };
	int code = input_files_open(&in, &parts, paths, 2, NULL, &err);
	cr_assert(code == 0 || err.text[0]);
	struct frame frame;
	if (code == 0 && input_next(in, &frame, &err) != INPUT_FRAME)
		code = -1;
	if (in)
		input_close(in);
	free(parts);
	return code == 0;
}

static char store_file[64];

static bool open_store(void)
{
	struct error err = { "" };
	struct store *s = NULL;
	struct addr_prefix net = { .bits = 128 };
	net.base = addr_from_v4((uint8_t[4]){ 203, 0, 113, 7 });
	int code = store_open(&s, store_file, STORE_WRITE, NULL, &err);
	cr_assert(code == 0 || err.text[0]);
	struct sink *sink = code == 0 ? store_sink_new(s) : NULL;
	if (code == 0)
		code = store_ban(s, &net, 1795000000000000, 0, "test", &err);
	bool good = sink && code == 0;
	if (sink)
		sink->ops->free(sink);
	store_close(s);
	return good;
}

static void quiet(void)
{
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* each pipeline would zero megabytes */
}

TestSuite(hostile_memory, .init = quiet);

Test(hostile_memory, rules)
{
	try_all("rules", open_rules, 1);
}

Test(hostile_memory, rules_that_ship)
{
	try_all("rules that ship", open_shipped_rules, 7);
}

Test(hostile_memory, dialects)
{
	try_all("dialects", open_dialects, 1);
}

Test(hostile_memory, table_of_phone_makers)
{
	try_all("vendors", open_vendors, 1);
}

Test(hostile_memory, pipeline)
{
	ready_rules = rules_of(rules_text);
	try_all("pipeline", open_pipeline, 1);
	ruleset_free(ready_rules);
}

Test(hostile_memory, inputs)
{
	try_all("inputs", open_input, 1);
}

Test(hostile_memory, store)
{
	snprintf(store_file, sizeof store_file, "/tmp/siphound-memory-%d.db", (int)getpid());
	try_all("store", open_store, 1);
	remove(store_file);
	char beside[80];
	snprintf(beside, sizeof beside, "%s-wal", store_file);
	remove(beside);
	snprintf(beside, sizeof beside, "%s-shm", store_file);
	remove(beside);
}
