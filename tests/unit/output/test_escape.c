/* SPDX-License-Identifier: MIT */
#include "output/escape.h"

#include <criterion/criterion.h>

static const struct {
	const char *name;
	struct slice text;
	size_t columns;
	const char *shown;
} cases[] = {
	{ "plain", SLICE_INIT("friendly-scanner"), 40, "friendly-scanner" },
	{ "empty", SLICE_INIT(""), 40, "" },
	{ "fits exactly", SLICE_INIT("12345"), 5, "12345" },
	{ "cut", SLICE_INIT("123456"), 5, "12..." },
	{ "ANSI colour", SLICE_INIT("\x1b[31mred"), 40, "\\x1b[31mred" },
	{ "newline and NUL", SLICE_INIT("a\r\n\0b"), 40, "a\\x0d\\x0a\\x00b" },
	{ "backslash is not ambiguous", SLICE_INIT("\\x1b"), 40, "\\\\x1b" },
	{ "umlaut", SLICE_INIT("Z\xc3\xbcrich"), 40, "Z\xc3\xbcrich" },
	{ "Han is two columns wide", SLICE_INIT("\xe4\xb8\xad\xe5\x9b\xbd"), 3, "..." },
	{ "Han fits", SLICE_INIT("\xe4\xb8\xad\xe5\x9b\xbd"), 4, "\xe4\xb8\xad\xe5\x9b\xbd" },
	{ "right-to-left override",
	  SLICE_INIT("\xe2\x80\xae"
		     "x"),
	  40, "\\xe2\\x80\\xaex" },
	{ "Hebrew letter", SLICE_INIT("\xd7\x90"), 40, "\\xd7\\x90" },
	{ "zero width space", SLICE_INIT("\xe2\x80\x8b"), 40, "\\xe2\\x80\\x8b" },
	{ "combining mark", SLICE_INIT("a\xcc\x81"), 40, "a\\xcc\\x81" },
	{ "C1 control",
	  SLICE_INIT("\xc2\x9b"
		     "31m"),
	  40, "\\xc2\\x9b31m" },
	{ "DEL", SLICE_INIT("\x7f"), 40, "\\x7f" },
	{ "overlong slash", SLICE_INIT("\xc0\xaf"), 40, "\\xc0\\xaf" },
	{ "surrogate", SLICE_INIT("\xed\xa0\x80"), 40, "\\xed\\xa0\\x80" },
	{ "cut in the middle of a character", SLICE_INIT("a\xc3"), 40, "a\\xc3" },
	{ "never half an escape", SLICE_INIT("abc\x01\x02\x03"), 8, "abc..." },
	{ "no room", SLICE_INIT("abc"), 0, "" },
	{ "two columns", SLICE_INIT("abc"), 2, ".." },
};

Test(escape, terminal)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[ESCAPE_SIZE(40)];
		escape_terminal(cases[i].text, cases[i].columns, out);
		cr_expect_str_eq(out, cases[i].shown, "%s: %s", cases[i].name, out);
		cr_expect_leq(text_columns(slice_str(out)), cases[i].columns, "%s", cases[i].name);
	}
}

Test(escape, size_is_enough_and_nothing_dangerous_remains)
{
	uint32_t state = 1;
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[32];
		char out[ESCAPE_SIZE(20)];
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
		escape_terminal(slice_of(bytes, (size_t)round % 33), 20, out);
		cr_assert_lt(strlen(out), sizeof out);
		cr_assert_leq(text_columns(slice_str(out)), 20u);
		for (struct slice rest = slice_str(out); rest.len;) {
			uint32_t code;
			size_t len = utf8_decode(rest, &code);
			cr_assert(len && !code_is_control(code));
			rest = slice_from(rest, len);
		}
	}
}
