/* SPDX-License-Identifier: MIT */
#include "output/json/writer.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

static char *text_of(struct slice text)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	static struct json_writer w;
	json_init(&w, f);
	json_text(&w, text);
	json_end_line(&w);
	cr_assert_eq(json_finish(&w), 0);
	fclose(f);
	return out;
}

static const struct {
	const char *name;
	struct slice text;
	const char *json;
} cases[] = {
	{ "plain", SLICE_INIT("abc"), "\"abc\"\n" },
	{ "empty", SLICE_INIT(""), "\"\"\n" },
	{ "quotes and backslash", SLICE_INIT("a\"b\\c"), "\"a\\\"b\\\\c\"\n" },
	{ "controls", SLICE_INIT("\r\n\t\x1b[0m"), "\"\\r\\n\\t\\u001b[0m\"\n" },
	{ "NUL", SLICE_INIT("a\0b"), "\"a\\u0000b\"\n" },
	{ "C1 and DEL", SLICE_INIT("\x7f\xc2\x9b"), "\"\\u007f\\u009b\"\n" },
	{ "bidi override", SLICE_INIT("\xe2\x80\xae"), "\"\\u202e\"\n" },
	{ "tag character, two units", SLICE_INIT("\xf3\xa0\x80\x81"), "\"\\udb40\\udc01\"\n" },
	{ "valid UTF-8 stays", SLICE_INIT("Z\xc3\xbcrich \xf0\x9f\x98\x80"),
	  "\"Z\xc3\xbcrich \xf0\x9f\x98\x80\"\n" },
	{ "invalid byte",
	  SLICE_INIT("a\xff"
		     "b"),
	  "\"a\xef\xbf\xbd"
	  "b\"\n" },
	{ "overlong", SLICE_INIT("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"\n" },
	{ "truncated", SLICE_INIT("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"\n" },
};

Test(json_writer, text)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *json = text_of(cases[i].text);
		cr_expect_str_eq(json, cases[i].json, "%s: %s", cases[i].name, json);
		free(json);
	}
}

Test(json_writer, absent_is_null)
{
	char *json = text_of(slice_of(NULL, 0));
	cr_expect_str_eq(json, "null\n");
	free(json);
}

Test(json_writer, long_text_is_cut_between_characters)
{
	char text[600];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 2 ? '\xbc' : '\xc3';
	char *json = text_of(slice_of(text, sizeof text));
	cr_expect_eq(strlen(json), 252 + 3 + 3, "%zu", strlen(json));
	cr_expect_null(strstr(json, "\xef\xbf\xbd"));
	cr_expect_not_null(strstr(json, "\xe2\x80\xa6\"\n"));
	free(json);
	json = text_of(slice_of(text, JSON_TEXT_MAX));
	cr_expect_eq(strlen(json), JSON_TEXT_MAX + 3);
	free(json);
}

Test(json_writer, structure_and_numbers)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	static struct json_writer w;
	json_init(&w, f);
	json_open_object(&w);
	json_key(&w, "a");
	json_open_array(&w);
	json_close_array(&w);
	json_key(&w, "b");
	json_u64(&w, UINT64_MAX);
	json_key(&w, "c");
	json_i64(&w, INT64_MIN);
	json_key_text(&w, "d\"");
	json_bool(&w, true);
	json_key(&w, "t");
	json_open_array(&w);
	json_time(&w, (1767355200 * SECOND_US));
	json_time(&w, (1767355200 * SECOND_US) + 1);
	json_time(&w, -5);
	json_time(&w, INT64_MAX);
	json_close_array(&w);
	json_close_object(&w);
	json_end_line(&w);
	json_open_array(&w);
	struct addr v6, v4;
	cr_assert(addr_parse(SLICE("2001:db8::1"), &v6) && addr_parse(SLICE("203.0.113.255"), &v4));
	json_addr(&w, &v6);
	json_addr(&w, &v4);
	json_close_array(&w);
	json_end_line(&w);
	cr_assert_eq(json_finish(&w), 0);
	cr_expect_str_eq(
	    out,
	    "{\"a\":[],\"b\":18446744073709551615,\"c\":-9223372036854775808,\"d\\\"\":true,\"t\":["
	    "\"2026-01-02T12:00:00.000000Z\",\"2026-01-02T12:00:00.000001Z\",\"1970-01-01T00:00:00.000000Z\","
	    "\"9999-12-31T23:59:59.999999Z\"]}\n[\"2001:db8::1\",\"203.0.113.255\"]\n");
	fclose(f);
	free(out);
}

Test(json_writer, line_longer_than_the_buffer)
{
	char *out = NULL, text[200];
	size_t len;
	FILE *f = open_memstream(&out, &len);
	static struct json_writer w;
	memset(text, 'x', sizeof text);
	json_init(&w, f);
	json_open_array(&w);
	for (int i = 0; i < 1000; i++)
		json_text(&w, slice_of(text, sizeof text));
	json_close_array(&w);
	json_end_line(&w);
	cr_assert_eq(json_finish(&w), 0);
	cr_expect_eq(len, 1000 * 203 + 2);
	fclose(f);
	free(out);
}

Test(json_writer, write_errors_are_told)
{
	FILE *f = fopen("/dev/full", "w");
	static struct json_writer w;
	if (!f)
		cr_skip_test("no /dev/full");
	json_init(&w, f);
	json_null(&w);
	json_end_line(&w);
	cr_expect_eq(json_finish(&w), -ENOSPC);
	fclose(f);
}
