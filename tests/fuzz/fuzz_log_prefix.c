/* SPDX-License-Identifier: MIT */
/* What stands in front of a log line: wrappers, colours, prefixes, times; and JSON values. The input is the
 * line. */
#include "analyze/logs/log_json.h"
#include "analyze/logs/log_prefix.h"
#include "analyze/logs/log_text.h"
#include "tests/fuzz/fuzz_input.h"

static void read_prefix(struct slice line)
{
	struct log_prefix prefix;
	log_prefix_read(line, &prefix);
	FUZZ_CHECK(prefix.len <= line.len && prefix.stamp_count <= LOG_PREFIX_STAMPS);
	fuzz_touch(prefix.program);
	for (size_t i = 0; i < prefix.stamp_count; i++) {
		struct log_calendar calendar = { .reference_us = INT64_MIN,
						 .year = 2026,
						 .last_us = INT64_MIN };
		int64_t us;
		FUZZ_CHECK(fuzz_inside(prefix.stamps[i].text, line) && log_time_rank(&prefix.stamps[i]) <= 3);
		if (log_time_value(&calendar, &prefix.stamps[i], &us))
			FUZZ_CHECK(us > -70 * 366 * DAY_US && us < 8100 * 366 * DAY_US);
		calendar.reference_us = 1795000000 * SECOND_US;
		log_time_value(&calendar, &prefix.stamps[i], &us);
	}
}

static void read_json(struct slice line)
{
	static const struct slice keys[] = { SLICE_INIT("a"), SLICE_INIT("log"), SLICE_INIT("b") };
	struct json_value value;
	struct log_wrapping wrapping;
	for (size_t depth = 1; depth <= 3; depth++)
		if (json_find(line, keys, depth, &value)) {
			FUZZ_CHECK(fuzz_inside(value.raw, line));
			uint8_t *text = malloc(value.raw.len + 1);
			FUZZ_CHECK(text && json_unescape(value.raw, text) <= value.raw.len);
			free(text);
		}
	json_is_whole(line);
	if (log_text_unwrap(line, &wrapping))
		FUZZ_CHECK(fuzz_inside(wrapping.text, line) && fuzz_inside(wrapping.time, line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = fuzz_exact(slice_of(data, size));
	enum log_time_form form;
	FUZZ_CHECK(log_time_find(line, &form) <= line.len && log_time_find_epoch(line) <= line.len);
	read_prefix(line);
	read_json(line);
	log_text_has_colour(line);
	uint8_t *bare = malloc(line.len + 1);
	FUZZ_CHECK(bare);
	size_t len = log_text_strip(line, bare);
	FUZZ_CHECK(len <= line.len);
	read_prefix(slice_of(bare, len));
	free(bare);
	fuzz_free(line);
	return 0;
}
