/* SPDX-License-Identifier: MIT */
#include "app/allow_list.h"
#include "app/config/value.h"

#include <criterion/criterion.h>

Test(config_value, times)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t us;
	} cases[] = {
		{ "90s", true, 90000000 },
		{ "5m", true, 300000000 },
		{ "5min", true, 300000000 },
		{ "1h", true, 3600000000 },
		{ "30d", true, 2592000000000 },
		{ "2w", true, 1209600000000 },
		{ "1 h", true, 3600000000 },
		{ "0", true, 0 },
		{ "60", false, 0 },
		{ "", false, 0 },
		{ "h", false, 0 },
		{ "-1h", false, 0 },
		{ "1H", false, 0 },
		{ "1.5h", false, 0 },
		{ "1h30m", false, 0 },
		{ "99999999999999999999d", false, 0 },
		{ "9999999999999d", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t us = 0;
		cr_expect(config_time_parse(slice_str(cases[i].text), &us) == cases[i].good, "%s",
			  cases[i].text);
		cr_expect(!cases[i].good || us == cases[i].us, "%s: %llu", cases[i].text,
			  (unsigned long long)us);
	}
}

Test(config_value, sizes)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t bytes;
	} cases[] = {
		{ "512", true, 512 },
		{ "512B", true, 512 },
		{ "1kB", true, 1000 },
		{ "64MB", true, 64000000 },
		{ "64MiB", true, 64 << 20 },
		{ "1 GB", true, 1000000000 },
		{ "2GiB", true, 2ull << 30 },
		{ "64M", false, 0 },
		{ "x", false, 0 },
		{ "", false, 0 },
		{ "20000000000000GiB", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t bytes = 0;
		cr_expect(config_size_parse(slice_str(cases[i].text), &bytes) == cases[i].good, "%s",
			  cases[i].text);
		cr_expect(!cases[i].good || bytes == cases[i].bytes, "%s: %llu", cases[i].text,
			  (unsigned long long)bytes);
	}
}

Test(allow_list, entries)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "192.0.2.7", true },
		{ "192.0.2.0/24", true },
		{ "2001:db8::/32", true },
		{ "AS64500", true },
		{ "as1", true },
		{ "sip.example.com", true },
		{ "sip.example.com.", true },
		{ "localhost", true },
		{ "xn--bcher-kva.example", true },
		{ "192.0.2.300", false },
		{ "192.0.2.0/33", false },
		{ "", false },
		{ "a b", false },
		{ "-x.example", false },
		{ "a..b", false },
		{ ".", false },
		{ "sip:192.0.2.1", false },
		{ "AS0", true /* a host may be called so */ },
		{ "12345", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect((allow_entry_check(cases[i].text, NULL) == 0) == cases[i].good, "%s",
			  cases[i].text);
}

Test(allow_list, add)
{
	static const char *const entries[] = { "192.0.2.7", "AS64500", "2001:db8::/32" };
	struct allow_list list = { 0 };
	struct error err;
	cr_assert_eq(allow_list_add(&list, entries, 3, &err), 0, "%s", err.text);
	cr_expect_eq(list.net_count, 2);
	cr_expect_eq(list.as_count, 1);
	cr_expect_eq(list.as_numbers[0], 64500);
	allow_list_free(&list);
	static const char *const hosts[] = { "no-such-host.invalid" };
	cr_expect(allow_list_add(&list, hosts, 1, &err) < 0);
	cr_expect(strstr(err.text, "no-such-host.invalid") != NULL);
	allow_list_free(&list);
}
