/* SPDX-License-Identifier: MIT */
#include "analyze/sip/name_addr.h"

#include <criterion/criterion.h>

static bool same(struct slice got, const char *expected)
{
	return expected ? got.ptr && slice_eq(got, slice_str(expected)) : !got.ptr;
}

enum { BAD = 0, OK = 1, URI = 2, BRACKETS = 4, STAR = 8, SPACE = 16 };

static const struct {
	const char *text;
	int flags;
	const char *name, *uri, *user, *tag, *params, *rest;
} cases[] = {
	{ "<sip:a@b>", OK | URI | BRACKETS, NULL, "sip:a@b", "a", NULL, NULL, NULL },
	{ "<sip:a@b>;tag=1", OK | URI | BRACKETS, NULL, "sip:a@b", "a", "1", "tag=1", NULL },
	{ "sip:a@b;tag=1", OK | URI, NULL, "sip:a@b", "a", "1", "tag=1", NULL },
	{ "<sip:a@b;lr>;TAG = 1 ; x", OK | URI | BRACKETS, NULL, "sip:a@b;lr", "a", "1", "TAG = 1 ; x", NULL },
	{ "\"100\"<sip:100@1.1.1.1>;tag=x", OK | URI | BRACKETS, "100", "sip:100@1.1.1.1", "100", "x", "tag=x", NULL },
	{ "\"A \\\" <B>\" <sip:a@b>", OK | URI | BRACKETS | SPACE, "A \\\" <B>", "sip:a@b", "a", NULL, NULL, NULL },
	{ "Alice Smith <sip:a@b>", OK | URI | BRACKETS | SPACE, "Alice Smith", "sip:a@b", "a", NULL, NULL, NULL },
	{ "caller<sip:a@b>", OK | URI | BRACKETS, "caller", "sip:a@b", "a", NULL, NULL, NULL },
	{ "Bell, Alexander <sip:a@b>;tag=4", OK | URI | BRACKETS | SPACE, "Bell, Alexander", "sip:a@b", "a", "4", "tag=4", NULL },
	{ "\"\"<sip:a@b>", OK | URI | BRACKETS, "", "sip:a@b", "a", NULL, NULL, NULL },
	{ "<sip:a@b>, <sip:c@d>;x", OK | URI | BRACKETS, NULL, "sip:a@b", "a", NULL, NULL, "<sip:c@d>;x" },
	{ "sip:a@b, \"c\" <sip:c@d>", OK | URI, NULL, "sip:a@b", "a", NULL, NULL, "\"c\" <sip:c@d>" },
	{ "<sip:a,b@c>;x=\"1,2\",<sip:d@e>", OK | URI | BRACKETS, NULL, "sip:a,b@c", "a,b", NULL, "x=\"1,2\"", "<sip:d@e>" },
	{ "*", OK | STAR, NULL, "*", NULL, NULL, NULL, NULL },
	{ "*;expires=0", OK | STAR, NULL, "*", NULL, NULL, "expires=0", NULL },
	{ "<>", OK | BRACKETS, NULL, "", NULL, NULL, NULL, NULL },
	{ "100", OK, NULL, "100", NULL, NULL, NULL, NULL },
	{ "<100>;tag=2", OK | BRACKETS, NULL, "100", NULL, "2", "tag=2", NULL },
	{ "<sip:a@b>\r\n ;\r\n tag = x", OK | URI | BRACKETS, NULL, "sip:a@b", "a", "x", "tag = x", NULL },
	{ "<sip:a@b>;tag", OK | URI | BRACKETS, NULL, "sip:a@b", "a", "", "tag", NULL },
	{ "", BAD, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "  ", BAD, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "\"a <sip:a@b>", BAD, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "\"a\" sip:a@b", BAD, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "\"a\\", BAD, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "<sip:a@b", BAD, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "sip:a@b>", BAD, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "<sip:a@b>;x=\"1", BAD, NULL, NULL, NULL, NULL, NULL, NULL },
};

Test(sip_name_addr, cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sip_name_addr a;
		const char *text = cases[i].text;
		enum parse_result result = sip_name_addr_parse(slice_str(text), &a);
		cr_assert_eq(result, cases[i].flags ? PARSE_OK : PARSE_BAD, "%s", text);
		if (result != PARSE_OK)
			continue;
		int flags = OK | (a.has_uri ? URI : 0) | (a.has_brackets ? BRACKETS : 0) | (a.is_star ? STAR : 0) |
			    (a.space_before_bracket ? SPACE : 0);
		cr_expect_eq(flags, cases[i].flags, "%s: flags %d", text, flags);
		cr_expect(same(a.display_name, cases[i].name), "%s: name", text);
		cr_expect(same(a.uri_text, cases[i].uri), "%s: uri", text);
		cr_expect(same(a.uri.user, cases[i].user), "%s: user", text);
		cr_expect(same(a.tag, cases[i].tag), "%s: tag", text);
		cr_expect(same(a.params, cases[i].params), "%s: params", text);
		cr_expect(same(a.rest, cases[i].rest), "%s: rest", text);
	}
}

Test(sip_name_addr, frame_is_all_but_the_uri)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sip_name_addr a;
		const char *text = cases[i].text;
		enum parse_result result = sip_name_addr_parse_frame(slice_str(text), &a);
		cr_assert_eq(result, cases[i].flags ? PARSE_OK : PARSE_BAD, "%s", text);
		if (result != PARSE_OK)
			continue;
		cr_expect(!a.has_uri && !a.uri.user.ptr, "%s", text);
		cr_expect(same(a.uri_text, cases[i].uri), "%s: uri", text);
		cr_expect(same(a.tag, cases[i].tag), "%s: tag", text);
		cr_expect(same(a.rest, cases[i].rest), "%s: rest", text);
	}
}
