/* SPDX-License-Identifier: MIT */
#include "output/block/netlink.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(netlink, attributes_round_trip)
{
	uint8_t bytes[256];
	struct netlink nl = { .fd = -1, .seq = 7 };
	struct netlink_out out = { .bytes = bytes, .room = sizeof bytes };
	cr_expect_eq(netlink_begin(&nl, &out, 5, 0, "HEAD", 4), 7);
	netlink_put_be32(&out, 1, 0x01020304);
	size_t nest = netlink_nest(&out, 2);
	netlink_put_text(&out, 3, "abc");
	netlink_put_be64(&out, 4, 0x0102030405060708);
	netlink_nest_end(&out, nest);
	netlink_end(&out);
	cr_expect_not(out.is_full);
	cr_expect_eq(bytes[0], out.len, "the header has the length");
	struct slice all = slice_of(bytes + 20, out.len - 20), inner = netlink_find(all, 2);
	cr_expect_eq(netlink_be32(netlink_find(all, 1)), 0x01020304);
	cr_expect(slice_eq(netlink_find(inner, 3), slice_of("abc", 4)));
	cr_expect_eq(netlink_be64(netlink_find(inner, 4)), 0x0102030405060708);
	cr_expect_null(netlink_find(all, 9).ptr);
	cr_expect_eq(netlink_be32(netlink_find(all, 9)), 0);
}

Test(netlink, what_does_not_fit_is_told)
{
	for (size_t room = 0; room < 40; room++) {
		uint8_t *bytes = malloc(room ? room : 1); /* exact: a write beyond it is caught */
		struct netlink nl = { .fd = -1, .seq = 1 };
		struct netlink_out out = { .bytes = bytes, .room = room };
		netlink_begin(&nl, &out, 5, 0, "HEAD", 4);
		size_t nest = netlink_nest(&out, 2);
		netlink_put_be32(&out, 1, 1);
		netlink_nest_end(&out, nest);
		netlink_end(&out);
		netlink_batch_end(&nl, &out);
		cr_expect(out.is_full, "room %zu", room);
		cr_expect_leq(out.len, room);
		free(bytes);
	}
}

Test(netlink, broken_attributes_end_the_list)
{
	static const struct {
		const char *name;
		uint8_t bytes[8];
		size_t len;
		int count;
	} cases[] = {
		{ "empty", { 0 }, 0, 0 },
		{ "half a header", { 4, 0 }, 2, 0 },
		{ "length of nothing", { 0, 0, 1, 0 }, 4, 0 },
		{ "longer than there is", { 12, 0, 1, 0, 9, 9, 9, 9 }, 8, 0 },
		{ "unpadded end", { 5, 0, 1, 0, 9 }, 5, 1 },
		{ "two", { 4, 0, 1, 0, 4, 0, 2, 0 }, 8, 2 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t *bytes = malloc(cases[i].len ? cases[i].len : 1);
		struct slice rest = slice_of(bytes, cases[i].len);
		struct netlink_attribute a;
		int count = 0;
		memcpy(bytes, cases[i].bytes, cases[i].len);
		while (netlink_next(&rest, &a))
			count++;
		cr_expect_eq(count, cases[i].count, "%s: %d", cases[i].name, count);
		free(bytes);
	}
}
