/* SPDX-License-Identifier: MIT */
#include "analyze/sip/auth.h"

#include <criterion/criterion.h>

static bool same(struct slice got, const char *expected)
{
	return expected ? got.ptr && slice_eq(got, slice_str(expected)) : !got.ptr;
}

Test(sip_auth, credentials)
{
	struct sip_auth a;
	cr_assert_eq(sip_auth_parse(SLICE("Digest username=\"10,0\",realm=\"a \\\" b\",nonce=\"n\",uri=\"sip:x;y\",response=\"r\","
					  "algorithm=MD5,cnonce=\"c\",nc=00000001,qop=auth,opaque=\"\",foo=\"bar\""),
				    &a), PARSE_OK);
	cr_expect(same(a.scheme, "Digest"));
	cr_expect(same(a.username, "10,0"));
	cr_expect(same(a.realm, "a \\\" b"));
	cr_expect(same(a.nonce, "n"));
	cr_expect(same(a.uri, "sip:x;y"));
	cr_expect(same(a.response, "r"));
	cr_expect(same(a.algorithm, "MD5"));
	cr_expect(same(a.cnonce, "c"));
	cr_expect(same(a.nc, "00000001"));
	cr_expect(same(a.qop, "auth"));
	cr_expect(same(a.opaque, ""));
	cr_expect(same(a.stale, NULL));
	cr_expect_not(a.space_after_comma);
	cr_expect_not(a.is_stale);
}

Test(sip_auth, challenge)
{
	struct sip_auth a;
	cr_assert_eq(sip_auth_parse(SLICE("digest\r\n realm = \"r\" , Nonce=\"n\", stale=TRUE, qop=\"auth,auth-int\""), &a), PARSE_OK);
	cr_expect(same(a.realm, "r"));
	cr_expect(same(a.nonce, "n"));
	cr_expect(same(a.qop, "auth,auth-int"));
	cr_expect(a.is_stale);
	cr_expect(a.space_after_comma);
}

Test(sip_auth, broken)
{
	static const struct {
		const char *text;
		bool ok;
		const char *username;
	} cases[] = {
		{ "", false, NULL },
		{ "username=\"a\"", false, NULL },
		{ "Digest", true, NULL },
		{ "Digest ,,,", true, NULL },
		{ "Digest username", true, NULL },
		{ "Digest username=", true, "" },
		{ "Digest username=\"a", true, "a" },
		{ "Digest username=\"a\\", true, "a\\" },
		{ "Digest username=\"a\"x, realm=\"b\"", true, "a" },
		{ "Digest username=a, username=b", true, "a" },
		{ "NoOneKnowsThisScheme opaque-data=here", true, NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sip_auth a = { .is_stale = true };
		enum parse_result result = sip_auth_parse(slice_str(cases[i].text), &a);
		cr_assert_eq(result, cases[i].ok ? PARSE_OK : PARSE_BAD, "%s", cases[i].text);
		if (cases[i].ok)
			cr_expect(same(a.username, cases[i].username), "%s", cases[i].text);
		else
			cr_expect(a.is_stale, "%s: touched", cases[i].text);
	}
}
