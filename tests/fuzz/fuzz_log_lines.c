/* SPDX-License-Identifier: MIT */
/* The log engine with the shipped dialects. The first byte chooses a dialect, or none of them in particular;
 * the rest are lines. */
#include "analyze/logs/log_engine.h"
#include "tests/fuzz/fuzz_input.h"

static void on_message(void *ctx, const struct log_message *m)
{
	(void)ctx;
	fuzz_touch(m->bytes);
	FUZZ_CHECK(m->bytes.len <= 2 * LOG_LINE_MAX);
}

static const struct dialects *shipped(void)
{
	static struct dialects *dialects;
	if (!dialects) {
		struct error err = { "" };
		dialects = dialects_new();
		FUZZ_CHECK(dialects &&
			   dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err) == 0);
	}
	return dialects;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dialects *dialects = shipped();
	struct cursor in = cursor_of(slice_of(data, size));
	size_t which = cursor_u8(&in), number = 0, position = 0;
	struct error err;
	struct log_options options = { .year = 2026, .message = on_message };
	if (which < dialects_count(dialects))
		options.dialect = dialects_at(dialects, which).name;
	struct log_reader *reader = log_reader_new(dialects, &options, &err);
	struct slice rest = cursor_rest(&in);
	int64_t last = INT64_MIN;
	while (reader && rest.ptr) {
		struct slice line = fuzz_exact(slice_cut(&rest, '\n'));
		struct observation o;
		if (log_reader_line(reader, line, ++number, 0, &o)) {
			for (unsigned i = 0; i < TEXT_FIELD_COUNT; i++)
				fuzz_touch(observation_text(&o, (enum text_field)i));
			FUZZ_CHECK(!addr_is_none(&o.address[ADDRESS_SOURCE_IP]));
			FUZZ_CHECK(o.known_us >= last && o.place.number > 0 && o.place.number <= number);
			last = o.known_us;
		}
		fuzz_free(line);
	}
	if (reader) {
		log_reader_end(reader);
		FUZZ_CHECK(log_reader_lines(reader) == number);
		while (log_reader_note(reader, &position))
			;
	}
	log_reader_free(reader);
	return 0;
}
