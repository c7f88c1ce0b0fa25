/* SPDX-License-Identifier: MIT */
#include "output/block/guard.h"

#include <criterion/criterion.h>

static struct addr_prefix net_of(const char *text)
{
	struct addr_prefix net;
	cr_assert(addr_prefix_parse(slice_str(text), &net), "%s", text);
	return net;
}

static void fill(struct block_guard *g)
{
	static const struct {
		const char *net;
		enum block_reason reason;
	} entries[] = {
		{ "192.0.2.0/24", BLOCK_ON_ALLOW_LIST }, { "198.51.100.1", BLOCK_OWN_ADDRESS },
		{ "198.51.100.254", BLOCK_GATEWAY },	 { "2001:db8:1::/48", BLOCK_ON_ALLOW_LIST },
		{ "2001:db8:2::1", BLOCK_OWN_ADDRESS },	 { "10.1.2.3", BLOCK_REDIS },
		{ "10.1.0.0/16", BLOCK_ON_ALLOW_LIST },
	};
	block_guard_begin(g);
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		struct addr_prefix net = net_of(entries[i].net);
		block_guard_add(g, &net, entries[i].reason);
	}
	cr_assert_eq(block_guard_end(g), 0);
}

Test(block_guard, refuses)
{
	static const struct {
		const char *net;
		enum block_reason reason;
		const char *by; /* NULL: not looked at */
	} cases[] = {
		{ "203.0.113.7", BLOCK_ALLOWED_SO, NULL },
		{ "192.0.2.7", BLOCK_ON_ALLOW_LIST, "192.0.2.0/24" },
		{ "192.0.3.0", BLOCK_ALLOWED_SO, NULL },
		{ "192.0.1.255", BLOCK_ALLOWED_SO, NULL },
		{ "192.0.2.128/25", BLOCK_ON_ALLOW_LIST, "192.0.2.0/24" },
		{ "192.0.0.0/16", BLOCK_ON_ALLOW_LIST, "192.0.2.0/24" },
		{ "198.51.100.1", BLOCK_OWN_ADDRESS, "198.51.100.1" },
		{ "198.51.100.2", BLOCK_ALLOWED_SO, NULL },
		{ "198.51.100.0/24", BLOCK_OWN_ADDRESS, "198.51.100.1" },
		{ "198.51.100.128/25", BLOCK_GATEWAY, "198.51.100.254" },
		{ "2001:db8:1:2::3", BLOCK_ON_ALLOW_LIST, "2001:db8:1::/48" },
		{ "2001:db8:2::1", BLOCK_OWN_ADDRESS, "2001:db8:2::1" },
		{ "2001:db8:2::/64", BLOCK_OWN_ADDRESS, "2001:db8:2::1" },
		{ "2001:db8:3::/64", BLOCK_ALLOWED_SO, NULL },
		{ "::ffff:192.0.2.7", BLOCK_ON_ALLOW_LIST,
		  "192.0.2.0/24" }, /* the same address as 192.0.2.7 */
		{ "10.1.2.3", BLOCK_REDIS, "10.1.2.3" },
		{ "10.1.2.4", BLOCK_ON_ALLOW_LIST, "10.1.0.0/16" },
		/* built in */
		{ "127.0.0.1", BLOCK_NOWHERE, NULL },
		{ "127.1.2.0/24", BLOCK_NOWHERE, NULL },
		{ "0.0.0.0", BLOCK_NOWHERE, NULL },
		{ "169.254.3.4", BLOCK_NOWHERE, NULL },
		{ "224.0.0.5", BLOCK_NOWHERE, NULL },
		{ "239.255.255.255", BLOCK_NOWHERE, NULL },
		{ "255.255.255.255", BLOCK_NOWHERE, NULL },
		{ "::1", BLOCK_NOWHERE, NULL },
		{ "::", BLOCK_NOWHERE, NULL },
		{ "fe80::1", BLOCK_NOWHERE, NULL },
		{ "febf::1", BLOCK_NOWHERE, NULL },
		{ "fec0::1", BLOCK_ALLOWED_SO, NULL },
		{ "ff02::1", BLOCK_NOWHERE, NULL },
		{ "169.254.0.0/15", BLOCK_NOWHERE, NULL },
		/* width */
		{ "11.0.0.0/8", BLOCK_ALLOWED_SO, NULL },
		{ "12.0.0.0/7", BLOCK_TOO_WIDE, NULL },
		{ "0.0.0.0/0", BLOCK_TOO_WIDE, NULL },
		{ "2c00::/19", BLOCK_ALLOWED_SO, NULL },
		{ "2c00::/18", BLOCK_TOO_WIDE, NULL },
		{ "::/0", BLOCK_TOO_WIDE, NULL },
		{ "::/64", BLOCK_NOWHERE, NULL },
	};
	struct block_guard g = { 0 };
	fill(&g);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addr_prefix net = net_of(cases[i].net);
		struct block_refusal why = block_guard_asks(&g, &net);
		cr_expect_eq(why.reason, cases[i].reason, "%s: %s", cases[i].net,
			     block_reason_text(why.reason));
		if (!cases[i].by)
			continue;
		struct addr_prefix by = net_of(cases[i].by);
		cr_expect(addr_eq(&by.base, &why.by.base) && by.bits == why.by.bits, "%s: by %s",
			  cases[i].net, cases[i].by);
	}
	block_guard_fini(&g);
}

Test(block_guard, empty_and_equal)
{
	struct block_guard a = { 0 }, b = { 0 };
	struct addr_prefix net = net_of("203.0.113.7"), own = net_of("127.0.0.1");
	cr_expect_eq(block_guard_asks(&a, &net).reason, BLOCK_ALLOWED_SO);
	cr_expect_eq(block_guard_asks(&a, &own).reason, BLOCK_NOWHERE, "what is built in needs no list");
	cr_expect_null(block_guard_find(&a, &net));
	fill(&a);
	cr_expect_not(block_guard_eq(&a, &b));
	fill(&b);
	cr_expect(block_guard_eq(&a, &b));
	block_guard_begin(&b);
	block_guard_add(&b, &net, BLOCK_ON_ALLOW_LIST);
	block_guard_end(&b);
	cr_expect_not(block_guard_eq(&a, &b));
	block_guard_fini(&a);
	block_guard_fini(&b);
}
