/* SPDX-License-Identifier: MIT */
#include "analyze/recognize/other.h"

#include <criterion/criterion.h>

static void datagram(struct other *x, uint32_t from, uint16_t from_port, uint16_t to_port, struct slice payload)
{
	struct frame frame = { .time_us = 1795000000000000, .number = 1 };
	uint8_t source[4] = { 203, 0, (uint8_t)(from >> 8), (uint8_t)from }, destination[4] = { 198, 51, 100, 10 };
	struct datagram d = { .frame = &frame, .ends = { addr_from_v4(source), addr_from_v4(destination), from_port, to_port }, .payload = payload };
	other_datagram(x, &d);
}

static uint64_t count_of(const struct other *x, const char *name)
{
	struct named_list list = { 0 };
	uint64_t sum = 0;
	other_list(x, &list);
	for (size_t i = 0; i < list.count; i++)
		if (!name || strcmp(list.items[i].name, name) == 0)
			sum += list.items[i].count;
	return sum;
}

/* A DNS query for example.com. */
#define DNS_QUERY SLICE("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07" "example\x03" "com\x00\x00\x01\x00\x01")

Test(other, only_sip_ports)
{
	struct other *x = other_new();
	cr_assert_not_null(x);
	datagram(x, 1, 40000, 4000, DNS_QUERY);
	datagram(x, 1, 40000, 5064, DNS_QUERY);
	cr_assert_eq(count_of(x, NULL), 0);
	datagram(x, 1, 40000, 5060, DNS_QUERY);
	datagram(x, 1, 5061, 40000, DNS_QUERY);
	datagram(x, 1, 40000, 5080, DNS_QUERY);
	cr_assert_eq(count_of(x, NULL), 3);
	other_free(x);
	other_free(NULL);
}

Test(other, keepalives)
{
	struct other *x = other_new();
	datagram(x, 1, 40000, 5060, SLICE("\r\n\r\n"));
	datagram(x, 1, 40000, 5060, SLICE("\0\0\0\0"));
	datagram(x, 1, 40000, 5060, SLICE(""));
	cr_assert_eq(count_of(x, "keep-alive"), 3, "each of them");
	cr_assert_eq(count_of(x, NULL), 3);
	other_free(x);
}

Test(other, asked_once_for_each_pair)
{
	struct other *x = other_new();
	for (int i = 0; i < 5; i++)
		datagram(x, 1, 40000, 5060, DNS_QUERY);
	cr_assert_eq(count_of(x, NULL), 1);
	datagram(x, 1, 40001, 5060, DNS_QUERY);
	datagram(x, 2, 40000, 5060, DNS_QUERY);
	cr_assert_eq(count_of(x, NULL), 3);
	other_free(x);
}

Test(other, any_payload)
{
	struct other *x = other_new();
	static uint8_t large[65000];
	memset(large, 0xa5, sizeof large);
	datagram(x, 1, 40000, 5060, slice_of(large, sizeof large));
	datagram(x, 2, 40000, 5060, SLICE("x"));
	datagram(x, 3, 40000, 5060, SLICE("\xff\xfe\x00\x01"));
	cr_assert_eq(count_of(x, NULL), 3);
	other_free(x);
}

Test(other, list_is_sorted_and_appended)
{
	struct other *x = other_new();
	struct named_list list = { .count = 1, .items = { { "first", 0 } } };
	for (uint32_t i = 0; i < 5; i++)
		datagram(x, 1, 40000, 5060, SLICE("\r\n"));
	for (uint32_t i = 0; i < 3; i++)
		datagram(x, i, 40000, 5060, DNS_QUERY);
	other_list(x, &list);
	cr_assert(list.count >= 2);
	cr_assert_str_eq(list.items[0].name, "first", "what was there stays in front");
	cr_assert_str_eq(list.items[1].name, "keep-alive");
	for (size_t i = 2; i < list.count; i++)
		cr_assert(list.items[i - 1].count >= list.items[i].count);
	list.count = SUMMARY_LIST_MAX;
	other_list(x, &list);
	cr_assert_eq(list.count, SUMMARY_LIST_MAX, "a full list stays as it is");
	other_free(x);
}

Test(other, bounded)
{
	struct other *x = other_new();
	for (uint32_t i = 0; i < OTHER_ASKED_MAX + 500; i++)
		datagram(x, i, (uint16_t)(20000 + i / 60000), 5060, SLICE("x?y!"));
	cr_assert(count_of(x, NULL) <= OTHER_ASKED_MAX);
	other_free(x);
}
