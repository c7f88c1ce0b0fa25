/* SPDX-License-Identifier: MIT */
#include "analyze/sip/uri.h"

#include <criterion/criterion.h>

static bool same(struct slice got, const char *expected)
{
	return expected ? got.ptr && slice_eq(got, slice_str(expected)) : !got.ptr;
}

static const struct {
	const char *text;
	const char *scheme; /* NULL: refused */
	const char *user, *password, *host;
	unsigned port;
	const char *params, *headers;
} cases[] = {
	{ "sip:alice@example.com", "sip", "alice", NULL, "example.com", 0, NULL, NULL },
	{ "sip:example.com", "sip", NULL, NULL, "example.com", 0, NULL, NULL },
	{ "SIPS:a:secret@192.0.2.1:5061;transport=tcp;lr?Subject=x", "SIPS", "a", "secret", "192.0.2.1", 5061, "transport=tcp;lr", "Subject=x" },
	{ "sip:@example.com", "sip", "", NULL, "example.com", 0, NULL, NULL },
	{ "sip:a@[2001:db8::10]", "sip", "a", NULL, "2001:db8::10", 0, NULL, NULL },
	{ "sip:[2001:db8::10]:5070;x", "sip", NULL, NULL, "2001:db8::10", 5070, "x", NULL },
	{ "sip:[2001:db8::10:5070]", "sip", NULL, NULL, "2001:db8::10:5070", 0, NULL, NULL },
	{ "sip:2001:db8::10", "sip", NULL, NULL, "2001:db8::10", 0, NULL, NULL },
	{ "sip:user;par=u%40example.net@example.com", "sip", "user;par=u%40example.net", NULL, "example.com", 0, NULL, NULL },
	{ "sip:a@b@example.com", "sip", "a@b", NULL, "example.com", 0, NULL, NULL },
	{ "sip:a@example.com;x=b@c", "sip", "a", NULL, "example.com", 0, "x=b@c", NULL },
	{ "sip:a@example.com?Route=%3Csip:x%3E", "sip", "a", NULL, "example.com", 0, NULL, "Route=%3Csip:x%3E" },
	{ "sip:a@example.com:99999", "sip", "a", NULL, "example.com", 0, NULL, NULL },
	{ "sip:a@example.com:", "sip", "a", NULL, "example.com", 0, NULL, NULL },
	{ "sip:a@example.com : 5060 ", "sip", "a", NULL, "example.com", 5060, NULL, NULL },
	{ "sip:a@None", "sip", "a", NULL, "None", 0, NULL, NULL },
	{ "tel:+1-201-555-0123;phone-context=x", "tel", "+1-201-555-0123", NULL, NULL, 0, "phone-context=x", NULL },
	{ "urn:service:sos", "urn", NULL, NULL, "service", 0, NULL, NULL },
	{ "sip:", NULL, NULL, NULL, NULL, 0, NULL, NULL },
	{ "sip:a@", NULL, NULL, NULL, NULL, 0, NULL, NULL },
	{ "sip:a@[2001:db8::1", NULL, NULL, NULL, NULL, 0, NULL, NULL },
	{ "sip:a@;x", NULL, NULL, NULL, NULL, 0, NULL, NULL },
	{ "100", NULL, NULL, NULL, NULL, 0, NULL, NULL },
	{ "", NULL, NULL, NULL, NULL, 0, NULL, NULL },
	{ "1sip:a@b", NULL, NULL, NULL, NULL, 0, NULL, NULL },
	{ "<sip:a@b>", NULL, NULL, NULL, NULL, 0, NULL, NULL },
	{ "tel:", NULL, NULL, NULL, NULL, 0, NULL, NULL },
};

Test(sip_uri, cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sip_uri uri = { 0 };
		bool is_uri = sip_uri_fill(slice_str(cases[i].text), &uri);
		cr_assert_eq(is_uri, cases[i].scheme != NULL, "%s", cases[i].text);
		if (!is_uri)
			continue;
		cr_expect(same(uri.scheme, cases[i].scheme), "%s: scheme", cases[i].text);
		cr_expect(same(uri.user, cases[i].user), "%s: user", cases[i].text);
		cr_expect(same(uri.password, cases[i].password), "%s: password", cases[i].text);
		cr_expect_eq(uri.port, cases[i].port, "%s: port", cases[i].text);
		cr_expect(same(uri.params, cases[i].params), "%s: params", cases[i].text);
		cr_expect(same(uri.headers, cases[i].headers), "%s: headers", cases[i].text);
		if (cases[i].host && uri.user.ptr)
			cr_expect(same(uri.host, cases[i].host), "%s: host", cases[i].text);
	}
}

Test(sip_uri, parameters)
{
	struct slice params = SLICE("lr; Tag = \"a;b\" ;expires=3600;x=");
	cr_expect(same(sip_param(params, SLICE("tag")), "\"a;b\""));
	cr_expect(same(sip_param(params, SLICE("EXPIRES")), "3600"));
	cr_expect(same(sip_param(params, SLICE("lr")), ""));
	cr_expect(same(sip_param(params, SLICE("x")), ""));
	cr_expect(same(sip_param(params, SLICE("b\"")), NULL));
	cr_expect(same(sip_param(slice_of(NULL, 0), SLICE("x")), NULL));
	cr_expect(same(sip_param(SLICE("a=\"x\\\";tag=1"), SLICE("tag")), NULL));
}

Test(sip_uri, escapes)
{
	uint8_t buffer[8];
	struct slice plain = SLICE("abc");
	cr_expect_eq(sip_unescape(plain, buffer, sizeof buffer).ptr, plain.ptr);
	cr_expect(same(sip_unescape(SLICE("%61%4a%Zz%4"), buffer, sizeof buffer), "aJ%Zz%4"));
	cr_expect(same(sip_unescape(SLICE("%30%31%32%33%34%35%36%37%38"), buffer, sizeof buffer), "01234567"));
	cr_expect(slice_eq(sip_unescape(SLICE("a%00b"), buffer, sizeof buffer), SLICE("a\0b")));
}
