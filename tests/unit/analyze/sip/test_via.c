/* SPDX-License-Identifier: MIT */
#include "analyze/sip/via.h"

#include <criterion/criterion.h>

static bool same(struct slice got, const char *expected)
{
	return expected ? got.ptr && slice_eq(got, slice_str(expected)) : !got.ptr;
}

enum { RPORT = 1, BEFORE = 2, ALIAS = 4 };

static const struct {
	const char *text;
	const char *transport; /* NULL: refused */
	const char *host;
	unsigned port;
	const char *branch, *received;
	int flags;
	const char *rest;
} cases[] = {
	{ "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport", "UDP", "192.0.2.1", 5060, "z9hG4bKx", NULL, RPORT, NULL },
	{ "SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKx", "UDP", "192.0.2.1", 0, "z9hG4bKx", NULL, RPORT | BEFORE, NULL },
	{ "SIP/2.0/UDP h;branch=x;rport;alias", "UDP", "h", 0, "x", NULL, RPORT | ALIAS, NULL },
	{ "SIP/2.0/UDP h;rport=5060;received=192.0.2.9", "UDP", "h", 0, NULL, "192.0.2.9", RPORT, NULL },
	{ "SIP/2.0/UDP h", "UDP", "h", 0, NULL, NULL, 0, NULL },
	{ "sip / 2.0 / tls  h : 5061 ; Branch = b , SIP/2.0/UDP g", "tls", "h", 5061, "b", NULL, 0, "SIP/2.0/UDP g" },
	{ "SIP/2.0/TCP [2001:db8::9]:6050;branch=b", "TCP", "2001:db8::9", 6050, "b", NULL, 0, NULL },
	{ "SIP/2.0/TCP [2001:db8::9]", "TCP", "2001:db8::9", 0, NULL, NULL, 0, NULL },
	{ "SIP/2.0/UDP 2001:db8:bad::5:5060;branch=b", "UDP", "2001:db8:bad::5:5060", 0, "b", NULL, 0, NULL },
	{ "SIP/2.0/UDP h:99999;branch=b", "UDP", "h", 0, "b", NULL, 0, NULL },
	{ "SIP/2.0/UDP h;;,;,,", "UDP", "h", 0, NULL, NULL, 0, ";,," },
	{ "SIP/2.0/UDP h;branch=a;branch=b", "UDP", "h", 0, "a", NULL, 0, NULL },
	{ "SIP/2.0/UDP h;branch", "UDP", "h", 0, "", NULL, 0, NULL },
	{ "SIP  / 2.0\r\n /UDP\r\n    192.0.2.2;branch=390", "UDP", "192.0.2.2", 0, "390", NULL, 0, NULL },
	{ "", NULL, NULL, 0, NULL, NULL, 0, NULL },
	{ "SIP/2.0/UDP", NULL, NULL, 0, NULL, NULL, 0, NULL },
	{ "SIP/2.0/UDP ", NULL, NULL, 0, NULL, NULL, 0, NULL },
	{ "SIP/2.0/UDP ;branch=x", NULL, NULL, 0, NULL, NULL, 0, NULL },
	{ "SIP/2.0 h", NULL, NULL, 0, NULL, NULL, 0, NULL },
	{ "HTTP/1.1/TCP h", NULL, NULL, 0, NULL, NULL, 0, NULL },
	{ "8.7.6.5", NULL, NULL, 0, NULL, NULL, 0, NULL },
};

Test(sip_via, cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sip_via via = { .port = 7 };
		const char *text = cases[i].text;
		enum parse_result result = sip_via_parse(slice_str(text), &via);
		cr_assert_eq(result, cases[i].transport ? PARSE_OK : PARSE_BAD, "%s", text);
		if (result != PARSE_OK) {
			cr_expect_eq(via.port, 7, "%s: touched", text);
			continue;
		}
		int flags = (via.has_rport ? RPORT : 0) | (via.rport_before_branch ? BEFORE : 0) | (via.has_alias ? ALIAS : 0);
		cr_expect(same(via.transport, cases[i].transport), "%s: transport", text);
		cr_expect(same(via.host, cases[i].host), "%s: host", text);
		cr_expect_eq(via.port, cases[i].port, "%s: port", text);
		cr_expect(same(via.branch, cases[i].branch), "%s: branch", text);
		cr_expect(same(via.received, cases[i].received), "%s: received", text);
		cr_expect_eq(flags, cases[i].flags, "%s: flags %d", text, flags);
		cr_expect(same(via.rest, cases[i].rest), "%s: rest", text);
	}
}
