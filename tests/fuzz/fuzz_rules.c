/* SPDX-License-Identifier: MIT */
/* Rules in YAML: read, compiled, their sources shown, and asked about one observation. The input is the file.
 */
#include "analyze/ruleset/engine.h"
#include "tests/fuzz/fuzz_input.h"

static void on_fire(void *ctx, const struct firing *f, const struct observation *o)
{
	(void)ctx, (void)o;
	FUZZ_CHECK(f->rule && f->count > 0 && f->evidence_count <= EVIDENCE_MAX);
}

static struct observation some_observation(unsigned n)
{
	struct observation o;
	observation_init(&o);
	o.time_us = o.known_us = 1000000 + n * (int64_t)1000000;
	o.place.number = n + 1;
	o.address[ADDRESS_SOURCE_IP].bytes[15] = (uint8_t)(1 + n % 3);
	for (unsigned i = 0; i < TEXT_FIELD_COUNT; i++)
		observation_set_text(&o, (enum text_field)i,
				     n & 1 ? SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")
					   : SLICE("friendly-scanner"));
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i++)
		observation_set_number(&o, (enum number_field)i, 100 + n);
	memset(o.choice, 1, sizeof o.choice);
	return o;
}

static void ask(const struct ruleset *rules)
{
	struct engine_options options = { 64, 1 << 20, 1 };
	struct engine *e = engine_new(rules, &options);
	uint64_t *digest = e ? malloc((engine_digest_words(e) + 1) * sizeof *digest) : NULL;
	for (unsigned n = 0; digest && n < 8; n++) {
		struct observation o = some_observation(n);
		memset(digest, 0, engine_digest_words(e) * sizeof *digest);
		engine_look(e, &o, FIELD_ONCE, digest);
		engine_look(e, &o, FIELD_LATE, digest);
		engine_judge(e, &o, digest, on_fire, NULL);
	}
	free(digest);
	engine_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { "" };
	fuzz_small_pages();
	struct ruleset *rules = ruleset_new();
	struct slice text = fuzz_exact(slice_of(data, size));
	FUZZ_CHECK(rules);
	int code = ruleset_load_text(rules, "fuzz.yml", text, &err);
	FUZZ_CHECK((code == 0) == (ruleset_problem(rules, 0) == NULL));
	if (code == 0 && ruleset_compile(rules, &err) == 0) {
		for (size_t i = 0; i < ruleset_count(rules); i++)
			fuzz_touch(ruleset_source(ruleset_at(rules, i)));
		ask(rules);
	}
	for (size_t i = 0; ruleset_problem(rules, i); i++)
		FUZZ_CHECK(strlen(ruleset_problem(rules, i)) > 0);
	ruleset_free(rules);
	fuzz_free(text);
	return 0;
}
