/* SPDX-License-Identifier: MIT */
/* The whole program but for its files: frames with times through decoder, TCP, recognition, analyzer with the
 * shipped rules, to all the reports. For each frame one byte for the link type, one for the time that passed,
 * two for its length, and its bytes. */
#include "app/pipeline.h"
#include "tests/fuzz/fuzz_input.h"

#include <stdio.h>

static const struct ruleset *shipped_rules(void)
{
	static struct ruleset *rules;
	struct error err = { "" };
	if (!rules) {
		fuzz_small_pages();
		rules = ruleset_new();
		FUZZ_CHECK(rules && ruleset_load(rules, SIPHOUND_SOURCE_DIR "/rules", &err) == 0 &&
			   ruleset_compile(rules, &err) == 0);
	}
	return rules;
}

static const struct vendors *shipped_vendors(void)
{
	static struct vendors *v;
	struct error err = { "" };
	if (!v)
		v = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	FUZZ_CHECK(v);
	return v;
}

static void feed(struct pipeline *p, struct cursor *in, uint8_t how)
{
	static const uint16_t link_types[] = { 101, 1, 113, 276, 0 };
	struct frame frame = { .time_us = 1795000000000000 };
	while (!in->failed && cursor_left(in)) {
		frame.link_type = link_types[cursor_u8(in) % (sizeof link_types / sizeof *link_types)];
		uint8_t passed = cursor_u8(in);
		frame.time_us += passed < 100	? passed * 1000
				 : passed < 250 ? (passed - 100) * 1000000
						: (passed - 253) * (int64_t)3600000000;
		frame.bytes = fuzz_exact(fuzz_piece(in));
		frame.wire_len = (uint32_t)frame.bytes.len;
		frame.number++;
		pipeline_frame(p, &frame);
		fuzz_free(frame.bytes);
		if (how & 2 && frame.number % 8 == 0) {
			pipeline_tick(p, frame.time_us);
			pipeline_changes(p);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "fuzz" };
	struct cursor in = cursor_of(slice_of(data, size));
	uint8_t how = cursor_u8(&in);
	FILE *out = fopen("/dev/null", "w");
	struct addr also = addr_from_v4((uint8_t[4]){ 203, 0, 113, 7 });
	struct report_options report = {
		.out = out, .inputs = names, .input_count = 1, .observations = true
	};
	struct sink *sinks[] = { report_text_new(&report), report_json_new(&report), report_csv_new(&report),
				 report_why_new(&report, &also) };
	struct pipeline_options options = { .analyzer = analyzer_defaults,
					    .decoder = decoder_defaults,
					    .observations = true,
					    .also = &also,
					    .vendors = shipped_vendors() };
	options.analyzer.rules = shipped_rules();
	options.analyzer.max_actors = how & 4 ? 64 : 512;
	options.analyzer.one_way = how & 1;
	options.workers = how & 0x10 ? 1 : 0;
	options.decoder.tunnel_share = how & 8 ? 0 : 25;
	struct pipeline *p = pipeline_new(&options, sinks, 4);
	FUZZ_CHECK(out && p);
	feed(p, &in, how);
	pipeline_finish(p);
	struct input_summary input = { .name = "fuzz" };
	FUZZ_CHECK(pipeline_report(p, &input, 1) == 0);
	pipeline_free(p);
	for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++) {
		struct error err = { "" };
		FUZZ_CHECK(sinks[i]->ops->finish(sinks[i], &err) == 0);
		sinks[i]->ops->free(sinks[i]);
	}
	fclose(out);
	return 0;
}
