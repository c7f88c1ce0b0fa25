/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

#include "output/html/writer.h"

/* What the writer makes of a text; to be freed. */
static char *written(struct slice text, void (*write)(struct html *, struct slice))
{
	char *out = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&out, &len);
	struct html *h = malloc(sizeof *h);
	html_init(h, file);
	write(h, text);
	fclose(file);
	free(h);
	return out;
}

static void say(struct html *h, struct slice text)
{
	page_say(&h->page, "%.*s", (int)text.len, (const char *)text.ptr);
	html_said(h);
}

Test(html_writer, takes_from_text_what_it_means_to_html)
{
	static const struct {
		const char *name;
		struct slice text;
		const char *expected;
	} cases[] = {
		{ "plain", SLICE_INIT("friendly-scanner"), "friendly-scanner" },
		{ "script", SLICE_INIT("<script>alert(1)</script>"),
		  "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "attribute", SLICE_INIT("\" onload='x' a=\""), "&quot; onload=&#39;x&#39; a=&quot;" },
		{ "entity", SLICE_INIT("&lt;"), "&amp;lt;" },
		{ "end of a comment", SLICE_INIT("--><b>"), "--&gt;&lt;b&gt;" },
		{ "controls", SLICE_INIT("a\0b\x1b[2J\r\n"), "a\\x00b\\x1b[2J\\x0d\\x0a" },
		{ "direction of writing",
		  SLICE_INIT("\xe2\x80\xae"
			     "x"),
		  "\\xe2\\x80\\xaex" },
		{ "no UTF-8", SLICE_INIT("\xff<\xc0\xaf"), "\\xff&lt;\\xc0\\xaf" },
		{ "UTF-8", SLICE_INIT("caf\xc3\xa9"), "caf\xc3\xa9" },
		{ "backslash", SLICE_INIT("\\x3c"), "\\\\x3c" },
		{ "empty", SLICE_INIT(""), "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = written(cases[i].text, html_text),
		     *attribute = written(cases[i].text, html_attribute);
		cr_expect_str_eq(text, cases[i].expected, "%s", cases[i].name);
		cr_expect_str_eq(attribute, cases[i].expected, "%s", cases[i].name);
		free(text);
		free(attribute);
	}
}

Test(html_writer, every_byte_is_harmless)
{
	uint8_t bytes[256];
	for (unsigned i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	for (unsigned from = 0; from < 256; from += 32) {
		char *out = written(slice_of(bytes + from, 32), html_text);
		for (const char *c = out; *c; c++)
			cr_expect(*c >= 0x20 && *c < 0x7f && !strchr("<>\"'", *c), "byte %02x after %02x",
				  (uint8_t)*c, from);
		free(out);
	}
}

Test(html_writer, what_is_said_is_text)
{
	char *out = written(SLICE("  <b> & 'x'\x1b "), say);
	cr_expect_str_eq(out, "&lt;b&gt; &amp; &#39;x&#39;\\x1b");
	free(out);
}

Test(html_writer, what_is_said_turns_no_writing)
{
	char *out = written(SLICE("caf\xc3\xa9 \xe2\x80\xae\xc2\x9b\xff"), say);
	cr_expect_str_eq(out, "caf\xc3\xa9 \\xe2\\x80\\xae\\xc2\\x9b\\xff");
	free(out);
}

static void write_short(struct html *h, struct slice text)
{
	html_short(h, text, 8);
}

Test(html_writer, little_room_is_kept_after_escaping)
{
	static const struct {
		const char *name;
		struct slice text;
		const char *expected;
	} cases[] = {
		{ "fits", SLICE_INIT("12345678"), "12345678" },
		{ "too long", SLICE_INIT("123456789"), "12345..." },
		{ "escaped", SLICE_INIT("\x1b\x1b\x1b"), "\\x1b..." },
		{ "special to HTML", SLICE_INIT("<<<<<<<<"), "&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *out = written(cases[i].text, write_short);
		cr_expect_str_eq(out, cases[i].expected, "%s", cases[i].name);
		free(out);
	}
}

Test(html_writer, long_texts_are_cut)
{
	char big[2 * HTML_TEXT_COLUMNS];
	memset(big, '<', sizeof big);
	char *out = written(slice_of(big, sizeof big), html_text);
	size_t len = strlen(out);
	cr_expect_eq(len, (size_t)(HTML_TEXT_COLUMNS - 3) * 4 + 3);
	cr_expect_str_eq(out + len - 3, "...");
	free(out);
}
