/* SPDX-License-Identifier: MIT */
#include "output/block/nft.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define NOW (1000 * SECOND_US)

static struct addr_prefix net_of(const char *text)
{
	struct addr_prefix net;
	cr_assert(addr_prefix_parse(slice_str(text), &net), "%s", text);
	return net;
}

static void ban(struct block_set *s, const char *text, int64_t until_us)
{
	struct addr_prefix net = net_of(text);
	block_set_ban(s, &net, until_us, false);
}

static void has(struct block_set *s, const char *text, int64_t until_us)
{
	struct addr_prefix net = net_of(text);
	block_set_kernel_has(s, &net, until_us);
}

static void count_refusal(void *ctx, const struct addr_prefix *net, const struct block_refusal *why)
{
	(void)net;
	(void)why;
	++*(int *)ctx;
}

static int judge(struct block_set *s, const struct block_guard *g, bool all)
{
	int told = 0;
	block_set_judge(s, g, all, count_refusal, &told);
	return told;
}

/* The steps as "+203.0.113.7 -198.51.100.0/24 =..."; they are taken as done. */
static const char *steps(struct block_set *s, int64_t now_us, size_t at_once)
{
	static char text[4096];
	struct block_change changes[64];
	struct block_plan plan;
	char address[ADDR_TEXT_MAX];
	size_t len = 0;
	text[0] = '\0';
	block_plan_begin(&plan, s, now_us);
	for (size_t count; (count = block_plan_next(&plan, s, now_us, changes, at_once)) > 0;) {
		for (size_t i = 0; i < count; i++) {
			int bits = changes[i].net.bits - (addr_is_v4(&changes[i].net.base) ? 96 : 0);
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%c%s", len ? " " : "",
						"+=-"[changes[i].step],
						addr_text(&changes[i].net.base, address));
			if (changes[i].net.bits < 128)
				len += (size_t)snprintf(text + len, sizeof text - len, "/%d", bits);
		}
		block_set_done(s, changes, count);
	}
	return text;
}

static void expect(const char *what, const char *expected, const char *got)
{
	cr_expect_str_eq(got, expected, "%s: %s, not %s", what, got, expected);
}

static struct block_guard nobody;

Test(block_set, bans_come_and_go)
{
	struct block_set s;
	struct addr_prefix net = net_of("203.0.113.7");
	cr_assert_eq(block_set_init(&s, 100, 1), 0);
	ban(&s, "203.0.113.7", NOW + HOUR_US);
	ban(&s, "2001:db8::7", BLOCK_FOR_EVER);
	expect("not judged yet", "", steps(&s, NOW, 10));
	judge(&s, &nobody, false);
	expect("two", "+203.0.113.7 +2001:db8::7", steps(&s, NOW, 1));
	expect("told", "", steps(&s, NOW, 10));
	ban(&s, "203.0.113.7", NOW + HOUR_US);
	expect("told again", "", steps(&s, NOW, 10));
	ban(&s, "203.0.113.7", NOW + 2 * HOUR_US);
	judge(&s, &nobody, false);
	expect("longer", "=203.0.113.7", steps(&s, NOW, 10));
	ban(&s, "203.0.113.7", NOW + MINUTE_US);
	expect("shorter", "=203.0.113.7", steps(&s, NOW, 10));
	ban(&s, "203.0.113.7", BLOCK_FOR_EVER);
	expect("for ever", "=203.0.113.7", steps(&s, NOW, 10));
	block_set_unban(&s, &net);
	expect("unbanned", "-203.0.113.7", steps(&s, NOW, 10));
	expect("gone", "", steps(&s, NOW, 10));
	cr_expect_eq(s.entries.count, 1);
	ban(&s, "203.0.113.8", NOW + SECOND_US);
	judge(&s, &nobody, false);
	expect("short", "+203.0.113.8", steps(&s, NOW, 10));
	expect("ran out: the kernel knows", "", steps(&s, NOW + 2 * SECOND_US, 10));
	cr_expect_eq(s.entries.count, 1, "forgotten");
	ban(&s, "203.0.113.9", NOW - 1);
	judge(&s, &nobody, false);
	expect("over before it was heard of", "", steps(&s, NOW, 10));
	block_set_fini(&s);
}

Test(block_set, whole_list_and_kernel)
{
	struct block_set s;
	cr_assert_eq(block_set_init(&s, 100, 1), 0);
	block_set_kernel_begin(&s);
	has(&s, "203.0.113.1", NOW + HOUR_US + SECOND_US / 2);
	has(&s, "203.0.113.2", NOW + 2 * HOUR_US);
	has(&s, "203.0.113.3", BLOCK_FOR_EVER);
	has(&s, "203.0.113.4", NOW + HOUR_US);
	has(&s, "198.51.100.0/24", NOW + HOUR_US);
	block_set_round_begin(&s);
	for (int i = 1; i <= 3; i++) {
		char text[20];
		snprintf(text, sizeof text, "203.0.113.%d", i);
		ban(&s, text, NOW + HOUR_US);
	}
	ban(&s, "203.0.113.5", NOW + HOUR_US);
	block_set_round_end(&s, true);
	judge(&s, &nobody, false);
	expect("taken over", "-203.0.113.4 -198.51.100.0/24 =203.0.113.2 =203.0.113.3 +203.0.113.5",
	       steps(&s, NOW, 10));

	block_set_round_begin(&s);
	ban(&s, "203.0.113.1", NOW + HOUR_US);
	block_set_round_end(&s, false);
	expect("broke off: all stays", "", steps(&s, NOW, 10));
	block_set_round_begin(&s);
	ban(&s, "203.0.113.1", NOW + HOUR_US);
	block_set_round_end(&s, true);
	expect("only one is left", "-203.0.113.2 -203.0.113.3 -203.0.113.5", steps(&s, NOW, 10));
	block_set_kernel_begin(&s);
	expect("the kernel was flushed", "+203.0.113.1", steps(&s, NOW, 10));
	block_set_fini(&s);
}

Test(block_set, networks_in_networks)
{
	struct block_set s;
	struct addr_prefix wide = net_of("198.51.0.0/16");
	cr_assert_eq(block_set_init(&s, 100, 1), 0);
	ban(&s, "198.51.100.0/25", NOW + 3 * HOUR_US);
	ban(&s, "198.51.100.7", NOW + 3 * HOUR_US);
	ban(&s, "198.51.0.0/16", NOW + HOUR_US);
	ban(&s, "198.51.100.0/24", NOW + 2 * HOUR_US);
	ban(&s, "2001:db8::/32", NOW + HOUR_US);
	judge(&s, &nobody, false);
	expect("the widest, and addresses apart", "+198.51.100.7 +198.51.0.0/16 +2001:db8::/32",
	       steps(&s, NOW, 10));
	expect("the next one", "-198.51.0.0/16 -2001:db8::/32 +198.51.100.0/24",
	       steps(&s, NOW + HOUR_US, 10));
	ban(&s, "198.51.0.0/16", NOW + 2 * HOUR_US);
	judge(&s, &nobody, false);
	expect("the wide one again", "-198.51.100.0/24 +198.51.0.0/16", steps(&s, NOW + HOUR_US, 10));
	block_set_unban(&s, &wide);
	expect("and gone", "-198.51.0.0/16 +198.51.100.0/24", steps(&s, NOW + HOUR_US, 10));
	expect("the narrowest", "-198.51.100.0/24 +198.51.100.0/25", steps(&s, NOW + 2 * HOUR_US, 10));
	block_set_fini(&s);
}

Test(block_set, refusals)
{
	struct block_set s;
	struct block_guard g = { 0 };
	struct addr_prefix net = net_of("203.0.113.7"), forged = net_of("203.0.113.66");
	cr_assert_eq(block_set_init(&s, 100, 1), 0);
	ban(&s, "203.0.113.7", BLOCK_FOR_EVER);
	ban(&s, "127.0.0.1", BLOCK_FOR_EVER);
	block_set_ban(&s, &forged, BLOCK_FOR_EVER, true);
	cr_expect_eq(judge(&s, &g, false), 2);
	cr_expect_eq(judge(&s, &g, true), 0, "told once");
	cr_expect_eq(s.refused, 2);
	expect("one", "+203.0.113.7", steps(&s, NOW, 10));
	block_guard_begin(&g);
	block_guard_add(&g, &net, BLOCK_ON_ALLOW_LIST);
	block_guard_end(&g);
	cr_expect_eq(judge(&s, &g, true), 1);
	expect("allowed now", "-203.0.113.7", steps(&s, NOW, 10));
	block_guard_begin(&g);
	block_guard_end(&g);
	judge(&s, &g, true);
	expect("not any more", "+203.0.113.7", steps(&s, NOW, 10));
	block_set_ban(&s, &forged, BLOCK_FOR_EVER, false);
	judge(&s, &g, false);
	expect("it answered", "+203.0.113.66", steps(&s, NOW, 10));
	block_guard_fini(&g);
	block_set_fini(&s);
}

Test(block_set, bound_and_failures)
{
	struct block_set s;
	struct block_change change = { .net = net_of("203.0.113.1") };
	cr_assert_eq(block_set_init(&s, 2, 1), 0);
	ban(&s, "203.0.113.1", BLOCK_FOR_EVER);
	ban(&s, "203.0.113.2", BLOCK_FOR_EVER);
	ban(&s, "203.0.113.3", BLOCK_FOR_EVER);
	judge(&s, &nobody, false);
	cr_expect_eq(s.beyond, 1);
	block_set_failed(&s, &change);
	expect("nobody is pushed out; who failed waits", "+203.0.113.2", steps(&s, NOW, 10));
	block_set_kernel_begin(&s);
	has(&s, "203.0.113.2", BLOCK_FOR_EVER);
	expect("tried again", "+203.0.113.1", steps(&s, NOW, 10));
	block_set_fini(&s);
}

Test(block_set, script)
{
	static const struct block_nft_options options = { .table = "t",
							  .priority = -300,
							  .max_addresses = 10 };
	struct block_change changes[] = {
		{ BLOCK_ADD, net_of("203.0.113.7"), NOW + HOUR_US, true },
		{ BLOCK_SET, net_of("2001:db8::/32"), BLOCK_FOR_EVER, false },
		{ BLOCK_DEL, net_of("198.51.100.0/24"), BLOCK_ABSENT, false },
	};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	cr_assert(out);
	block_script_apply(out, &options, changes, 3, NOW);
	block_script_remove(out, &options);
	fclose(out);
	expect("script",
	       "add element inet t block4 { 203.0.113.7 timeout 3600s }\n"
	       "add element inet t net6 { 2001:db8::/32 }\n"
	       "delete element inet t net6 { 2001:db8::/32 }\n"
	       "add element inet t net6 { 2001:db8::/32 }\n"
	       "add element inet t net4 { 198.51.100.0/24 }\n"
	       "delete element inet t net4 { 198.51.100.0/24 }\n"
	       "add table inet t\ndelete table inet t\n",
	       text);
	free(text);
}

Test(block_set, table_names)
{
	static const struct {
		const char *name;
		bool is_good;
	} cases[] = { { "siphound", true }, { "s_2", true },  { "", false },	{ "2s", false },
		      { "a b", false },	    { "a;b", false }, { "a-b", false }, { "{", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_eq(block_nft_name_is_good(cases[i].name), cases[i].is_good, "'%s'", cases[i].name);
}
