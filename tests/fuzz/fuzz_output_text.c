/* SPDX-License-Identifier: MIT */
/* A stranger's text on its way out: to a terminal, into JSON, into the store. The input is the text. */
#include "output/escape.h"
#include "output/json/writer.h"
#include "output/store/internal.h"
#include "tests/fuzz/fuzz_input.h"

#include <stdio.h>

enum { COLUMNS = 40 };

/* Well-formed UTF-8 without anything that changes how the text around it is shown. */
static void check_shown(struct slice text)
{
	while (text.len) {
		uint32_t code;
		size_t len = utf8_decode(text, &code);
		FUZZ_CHECK(len > 0 && !code_is_control(code));
		text = slice_from(text, len);
	}
}

static void check_json(struct slice text)
{
	static struct json_writer w;
	char room[8 * JSON_TEXT_MAX];
	FILE *out = fmemopen(room, sizeof room, "w");
	FUZZ_CHECK(out);
	json_init(&w, out);
	json_text(&w, text);
	FUZZ_CHECK(json_finish(&w) == 0);
	long len = ftell(out);
	FUZZ_CHECK(len >= 2 && room[0] == '"' && room[len - 1] == '"');
	struct slice inside = slice_of(room + 1, (size_t)len - 2);
	check_shown(inside);
	for (size_t i = 0; i < inside.len; i++) {
		FUZZ_CHECK(inside.ptr[i] != '"' && inside.ptr[i] >= ' ');
		if (inside.ptr[i] == '\\') {
			FUZZ_CHECK(i + 1 < inside.len && memchr("\"\\/bfnrtu", inside.ptr[i + 1], 9));
			i++;
		}
	}
	fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_exact(slice_of(data, size));
	char shown[ESCAPE_SIZE(COLUMNS)], kept[STORE_TEXT_MAX + 1];
	escape_terminal(text, COLUMNS, shown);
	check_shown(slice_str(shown));
	FUZZ_CHECK(text_columns(slice_str(shown)) <= COLUMNS);
	size_t len = store_clean(text, kept);
	FUZZ_CHECK(len <= STORE_TEXT_MAX && !memchr(kept, '\n', len));
	check_shown(slice_of(kept, len));
	check_json(text);
	fuzz_free(text);
	return 0;
}
