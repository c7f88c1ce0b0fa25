/* SPDX-License-Identifier: MIT */
/* A log dialect in YAML: read, its examples checked, and put to work on a few lines. The input is the file.
 */
#include "analyze/logs/dialect.h"
#include "tests/fuzz/fuzz_input.h"

static void read_lines(const struct dialects *dialects)
{
	static const char *const lines[] = {
		"Nov 21 19:53:33 pbx asterisk[12]: NOTICE[9]: Registration from '<sip:100@192.0.2.1>' failed "
		"for '203.0.113.7:5060' - Wrong password",
		"{\"src_ip\":\"203.0.113.7\",\"a\":{\"b\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaa!",
	};
	struct error err;
	struct observation o;
	struct log_reader *reader = log_reader_new(dialects, NULL, &err);
	for (size_t i = 0; reader && i < sizeof lines / sizeof *lines; i++)
		log_reader_line(reader, slice_str(lines[i]), i + 1, 0, &o);
	if (reader)
		log_reader_end(reader);
	log_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { "" };
	struct dialects *dialects = dialects_new();
	struct slice text = fuzz_exact(slice_of(data, size));
	FUZZ_CHECK(dialects);
	struct dialect *dialect = dialect_parse(dialects, "fuzz.yaml", text);
	FUZZ_CHECK(dialect || dialects_problem(dialects, 0));
	if (dialect) {
		dialects->items[dialects->count++] = dialect;
		dialects_check(dialects, &err);
		read_lines(dialects);
	}
	dialects_free(dialects);
	fuzz_free(text);
	return 0;
}
