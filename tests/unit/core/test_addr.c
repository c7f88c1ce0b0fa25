/* SPDX-License-Identifier: MIT */
#include "core/addr.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

Test(addr, text_and_back)
{
	static const struct {
		const char *text, *canonical;
		bool v4;
	} cases[] = {
		{ "203.0.113.7", "203.0.113.7", true },
		{ "::ffff:203.0.113.7", "203.0.113.7", true },
		{ "2001:DB8::1", "2001:db8::1", false },
		{ "[2001:db8::1]", "2001:db8::1", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addr a;
		char text[ADDR_TEXT_MAX];
		cr_assert(addr_parse(slice_str(cases[i].text), &a), "%s", cases[i].text);
		cr_assert_str_eq(addr_text(&a, text), cases[i].canonical);
		cr_assert_eq(addr_is_v4(&a), cases[i].v4, "%s", cases[i].text);
	}
	static const char *const bad[] = { "[203.0.113.7]", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1..2.3", "1.2.3.0004", "host.example", "", "203.0.113", "203.0.113.300", "1.2.3.4 ", "1.2.3.4:5060", "::1%eth0", "x" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct addr a;
		cr_assert_not(addr_parse(slice_str(bad[i]), &a), "%s", bad[i]);
	}
}

Test(addr, prefixes)
{
	static const struct {
		const char *net, *address;
		bool inside;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },   { "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.77/25", "192.0.2.1", true },	   { "0.0.0.0/0", "8.8.8.8", true },
		{ "0.0.0.0/0", "2001:db8::1", false },	   { "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false }, { "::/0", "8.8.8.8", true },
		{ "198.51.100.7", "198.51.100.7", true },  { "198.51.100.7", "198.51.100.6", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addr_prefix net;
		struct addr a;
		cr_assert(addr_prefix_parse(slice_str(cases[i].net), &net), "%s", cases[i].net);
		cr_assert(addr_parse(slice_str(cases[i].address), &a));
		cr_assert_eq(addr_prefix_has(&net, &a), cases[i].inside, "%s in %s", cases[i].address, cases[i].net);
	}
	struct addr_prefix net;
	cr_assert_not(addr_prefix_parse(SLICE("1.2.3.4/33"), &net));
	cr_assert_not(addr_prefix_parse(SLICE("1.2.3.4/"), &net));
	cr_assert_not(addr_prefix_parse(SLICE("::/129"), &net));
}

Test(addr, kinds)
{
	struct addr a;
	addr_parse(SLICE("100.64.0.1"), &a);
	cr_assert(addr_is_private(&a));
	addr_parse(SLICE("172.32.0.1"), &a);
	cr_assert_not(addr_is_private(&a));
	addr_parse(SLICE("fd00::1"), &a);
	cr_assert(addr_is_private(&a));
	addr_parse(SLICE("239.1.1.1"), &a);
	cr_assert(addr_is_group(&a));
	addr_parse(SLICE("ff02::1"), &a);
	cr_assert(addr_is_group(&a));
}

Test(addr, reads_and_writes_ipv4_as_inet_does)
{
	uint32_t x = 12345;
	for (int i = 0; i < 100000; i++) {
		char ours[ADDR_TEXT_MAX], theirs[ADDR_TEXT_MAX];
		uint8_t bytes[4];
		x = x * 1664525 + 1013904223;
		memcpy(bytes, &x, 4);
		struct addr a = addr_from_v4(bytes), back;
		inet_ntop(AF_INET, bytes, theirs, sizeof theirs);
		cr_assert_str_eq(addr_text(&a, ours), theirs);
		cr_assert(addr_parse(slice_str(ours), &back) && addr_eq(&a, &back));
		ours[x % strlen(ours)] = "0.a9 "[x >> 8 & 3];
		cr_assert_eq(addr_parse(slice_str(ours), &back), inet_pton(AF_INET, ours, bytes) == 1, "%s", ours);
	}
}

Test(addr, wide_networks)
{
	static const struct {
		const char *net;
		bool is_wide;
	} cases[] = {
		{ "0.0.0.0/0", true },	 { "10.0.0.0/7", true }, { "10.0.0.0/8", false },     { "192.0.2.1", false },	{ "::/0", true },
		{ "2000::/3", true },	 { "2000::/18", true },	 { "2001:2000::/19", false }, { "::/64", true },	{ "::ffff:0:0/96", true },
		{ "::ffff:0:0/95", true }, { "::/97", false },	 { "2001:db8::/32", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addr_prefix net;
		cr_assert(addr_prefix_parse(slice_str(cases[i].net), &net), "%s", cases[i].net);
		cr_expect_eq(addr_prefix_is_wide(&net), cases[i].is_wide, "%s", cases[i].net);
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

/* Byte by byte it is the order of the numbers; the words are compared as such. */
Test(addr, order)
{
	static const char *const texts[] = { "::",
					     "::1",
					     "1.2.3.4",
					     "1.2.3.5",
					     "10.0.0.1",
					     "200.0.0.1",
					     "255.255.255.255",
					     "2001:db8::1",
					     "2001:db8::100",
					     "2001:db8:0:1::",
					     "80ff::",
					     "ff02::1" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
			struct addr a, b;
			cr_assert(addr_parse(slice_str(texts[i]), &a) && addr_parse(slice_str(texts[j]), &b));
			cr_expect_eq(sign(addr_cmp(&a, &b)), sign(memcmp(a.bytes, b.bytes, 16)), "%s %s",
				     texts[i], texts[j]);
			cr_expect_eq(addr_is_before(&a, &b), i < j, "%s %s", texts[i], texts[j]);
		}
}

Test(addr, documentation)
{
	static const struct {
		const char *text;
		bool is_for_examples;
	} cases[] = {
		{ "192.0.2.1", true },	      { "198.51.100.255", true }, { "203.0.113.0", true },
		{ "2001:db8:ffff::1", true }, { "192.0.3.1", false },	  { "198.51.101.0", false },
		{ "203.0.112.255", false },   { "2001:db9::1", false },	  { "::", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addr a;
		cr_assert(addr_parse(slice_str(cases[i].text), &a), "%s", cases[i].text);
		cr_expect_eq(addr_is_documentation(&a), cases[i].is_for_examples, "%s", cases[i].text);
	}
}
