/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/sipvicious.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct slice hex_of(const char *text, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", (unsigned char)text[i]);
	return slice_of(out, 2 * len);
}

static const struct {
	const char *text; /* what is in the tag, in clear */
	size_t len;
	enum sipvicious_module module;
	const char *account;
	enum secret_kind secret;
	size_t secret_len;
	const char *target;
	unsigned port;
} cases[] = {
#define TEXT(literal) literal, sizeof(literal) - 1
	{ TEXT("c633640013c4\0011234567890"), SIPVICIOUS_SVMAP, "", SECRET_NONE, 0, "198.51.100.0", 5060 },
	{ TEXT("c6336407ffff\00112345"), SIPVICIOUS_SVMAP, "", SECRET_NONE, 0, "198.51.100.7", 65535 },
	{ TEXT("2001db81001013c4\00195791505"), SIPVICIOUS_SVMAP, "", SECRET_NONE, 0, "::", 5060 },
	{ TEXT("20010db801000000000000000000001013c4\00195791505"), SIPVICIOUS_SVMAP, "", SECRET_NONE, 0, "2001:db8:100::10", 5060 },
	{ TEXT("100\001402228819"), SIPVICIOUS_SVWAR, "100", SECRET_NONE, 0, "::", 0 },
	{ TEXT("admin\001402228819"), SIPVICIOUS_SVWAR, "admin", SECRET_NONE, 0, "::", 0 },
	{ TEXT("3120849511\001402228819"), SIPVICIOUS_SVWAR, "3120849511", SECRET_NONE, 0, "::", 0 },
	{ TEXT("1000:1000\001402228819"), SIPVICIOUS_SVCRACK, "1000", SECRET_SAME_AS_ACCOUNT, 4, "::", 0 },
	{ TEXT("1000:4711\001402228819"), SIPVICIOUS_SVCRACK, "1000", SECRET_DIGITS, 4, "::", 0 },
	{ TEXT("1000:hunter\001402228819"), SIPVICIOUS_SVCRACK, "1000", SECRET_LETTERS, 6, "::", 0 },
	{ TEXT("1000:hunter2\001402228819"), SIPVICIOUS_SVCRACK, "1000", SECRET_MIXED, 7, "::", 0 },
	{ TEXT("1000:a:b\001402228819"), SIPVICIOUS_SVCRACK, "1000", SECRET_MIXED, 3, "::", 0 },
	{ TEXT("1000:\001402228819"), SIPVICIOUS_SVCRACK, "1000", SECRET_EMPTY, 0, "::", 0 },
	{ TEXT("h:e:y\001there\001bye"), SIPVICIOUS_SVCRASH, "", SECRET_NONE, 0, "::", 0 },
	{ TEXT("100\0011234"), SIPVICIOUS_NONE, NULL, SECRET_NONE, 0, NULL, 0 },
	{ TEXT("100\00112345678901"), SIPVICIOUS_NONE, NULL, SECRET_NONE, 0, NULL, 0 },
	{ TEXT("\001402228819"), SIPVICIOUS_NONE, NULL, SECRET_NONE, 0, NULL, 0 },
	{ TEXT(":x\001402228819"), SIPVICIOUS_NONE, NULL, SECRET_NONE, 0, NULL, 0 },
	{ TEXT("1\00200\001402228819"), SIPVICIOUS_NONE, NULL, SECRET_NONE, 0, NULL, 0 },
	{ TEXT("100\001"), SIPVICIOUS_NONE, NULL, SECRET_NONE, 0, NULL, 0 },
	{ TEXT(""), SIPVICIOUS_NONE, NULL, SECRET_NONE, 0, NULL, 0 },
};

Test(sipvicious, tags)
{
	char hex[512], address[ADDR_TEXT_MAX];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sipvicious_tag t = { 0 };
		bool ok = sipvicious_decode(hex_of(cases[i].text, cases[i].len, hex), &t);
		cr_assert_eq(ok, cases[i].module != SIPVICIOUS_NONE, "%s", cases[i].text);
		if (!ok)
			continue;
		cr_expect_eq(t.module, cases[i].module, "%s: module %d", cases[i].text, t.module);
		cr_expect(slice_eq(slice_of(t.account, t.account_len), slice_str(cases[i].account)), "%s", cases[i].text);
		cr_expect_eq(t.secret, cases[i].secret, "%s: secret %d", cases[i].text, t.secret);
		cr_expect_eq(t.secret_len, cases[i].secret_len, "%s", cases[i].text);
		cr_expect_str_eq(addr_text(&t.target, address), cases[i].target, "%s", cases[i].text);
		cr_expect_eq(t.target_port, cases[i].port, "%s", cases[i].text);
	}
}

Test(sipvicious, the_first_request_of_svcrack)
{
	struct sipvicious_tag t;
	cr_assert(sipvicious_decode(SLICE("3206210844"), &t));
	cr_expect_eq(t.module, SIPVICIOUS_SVCRACK);
	cr_expect_eq(t.account_len, 0);
	cr_expect_eq(t.secret, SECRET_NONE);
}

Test(sipvicious, an_overlong_account_is_cut)
{
	char text[120], hex[512];
	struct sipvicious_tag t;
	memset(text, 'a', sizeof text);
	memcpy(text + 100, "\00112345678", 9);
	cr_assert(sipvicious_decode(hex_of(text, 109, hex), &t));
	cr_expect_eq(t.account_len, sizeof t.account);
}

Test(sipvicious, secrets_are_nowhere_in_the_result)
{
	char hex[512];
	struct sipvicious_tag t;
	memset(&t, 0, sizeof t);
	cr_assert(sipvicious_decode(hex_of("1000:Tr0ub4dor\001402228819", 24, hex), &t));
	cr_expect_null(memmem(&t, sizeof t, "Tr0", 3));
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Tags of the usual makers: hex, upper-case hex, decimal, letters and digits, each of all usual lengths. */
Test(sipvicious, no_random_tag_decodes)
{
	static const char *const alphabets[] = { "0123456789abcdef", "0123456789", "0123456789abcdefghijklmnopqrstuvwxyz" };
	uint64_t state = 88172645463325252u;
	struct sipvicious_tag t;
	for (int round = 0; round < 1000000; round++) {
		const char *alphabet = alphabets[next_random(&state) % 3];
		size_t letters = strlen(alphabet), len = 4 + next_random(&state) % 45;
		uint8_t tag[64];
		for (size_t i = 0; i < len; i++)
			tag[i] = (uint8_t)alphabet[next_random(&state) % letters];
		cr_assert_not(sipvicious_decode(slice_of(tag, len), &t), "%.*s", (int)len, (const char *)tag);
	}
}

Test(sipvicious, svcrash_hides_its_tag_behind_an_empty_line)
{
	static struct sip_message m;
	struct sipvicious_tag t;
	cr_assert_eq(sip_message_parse(SLICE("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 8.7.6.5:5060\r\n\r\n"
					     "From: <sip:100@8.7.6.5>;tag=683a653a7901746865726501627965\r\n\r\n"), &m), PARSE_OK);
	cr_assert(sipvicious_find(&m, &t));
	cr_expect_eq(t.module, SIPVICIOUS_SVCRASH);
	cr_expect_str_eq(sipvicious_module_text(t.module), "svcrash");
	cr_assert_eq(sip_message_parse(SLICE("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 8.7.6.5:5060\r\n\r\nhello\r\n"), &m), PARSE_OK);
	cr_expect_not(sipvicious_find(&m, &t));
}
