/* SPDX-License-Identifier: MIT */
/* The fast way through a regular expression (plan.h) against PCRE2, on the shipped dialects: the first two
 * bytes choose the pattern, the rest is the text. Where a plan says it knows, PCRE2 must say the same. */
#include "analyze/logs/dialect.h"
#include "tests/fuzz/fuzz_input.h"

struct shipped {
	const struct matcher *items[512];
	size_t count;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static void take(struct shipped *s, const struct matcher *m)
{
	if (m->code && m->plan && s->count < sizeof s->items / sizeof *s->items)
		s->items[s->count++] = m;
}

static const struct shipped *shipped(void)
{
	static struct shipped s;
	static struct dialects *dialects;
	struct error err = { "" };
	if (s.count)
		return &s;
	dialects = dialects_new();
	FUZZ_CHECK(dialects && dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err) == 0);
	for (size_t i = 0; i < dialects->count; i++) {
		take(&s, &dialects->items[i]->head);
		for (size_t k = 0; k < dialects->items[i]->pattern_count; k++)
			take(&s, &dialects->items[i]->patterns[k].matcher);
	}
	s.data = pcre2_match_data_create(32, NULL);
	s.limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(s.limits, 100000);
	FUZZ_CHECK(s.count > 0);
	return &s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct shipped *s = shipped();
	struct cursor in = cursor_of(slice_of(data, size));
	const struct matcher *m = s->items[cursor_be16(&in) % s->count];
	struct slice text = fuzz_exact(cursor_rest(&in));
	struct plan_match found;
	size_t end = 0;
	enum plan_result planned = plan_run(m->plan, text, &found, &end);
	int count = pcre2_match(m->code, text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK, s->data, s->limits);
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(s->data);
	bool is_known = count > 0 || count == PCRE2_ERROR_NOMATCH;
	if (is_known && planned == PLAN_NO)
		FUZZ_CHECK(count < 0);
	if (is_known && planned == PLAN_MATCH) {
		FUZZ_CHECK(count > 0 && end == ends[1]);
		for (int group = 1; group <= PLAN_GROUPS_MAX; group++) {
			bool has = group < count && ends[2 * group] != PCRE2_UNSET;
			FUZZ_CHECK(has == (found.taken >> group & 1));
			if (has)
				FUZZ_CHECK(found.groups[group].ptr == text.ptr + ends[2 * group] &&
					   found.groups[group].len == ends[2 * group + 1] - ends[2 * group]);
		}
	}
	fuzz_free(text);
	return 0;
}
