/* SPDX-License-Identifier: MIT */
#include "app/options.h"

#include <criterion/criterion.h>
#include <errno.h>

#define WORDS_MAX 80

static struct options o;
static struct error err;

static int parse(const char *const *words)
{
	static char *argv[WORDS_MAX + 1];
	int argc = 0;
	while (words[argc]) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	argv[argc] = NULL;
	err.text[0] = '\0';
	return options_parse(argc, argv, &o, &err);
}
#define PARSE(...) parse((const char *const[]){ "read", __VA_ARGS__, NULL })

Test(options, each_kind_lands_in_its_field)
{
	cr_assert_eq(PARSE("--quiet", "--store", "s.db", "-i", "eth0", "--interface=eth1", "--home-net",
			   "192.0.2.0/24", "--workers", "3", "a.pcap", "b.pcap"),
		     0, "%s", err.text);
	cr_expect(o.quiet);
	cr_expect_not(o.one_way);
	cr_expect_str_eq(o.store, "s.db");
	cr_expect_eq(o.interface_count, 2);
	cr_expect_str_eq(o.interfaces[0], "eth0");
	cr_expect_str_eq(o.interfaces[1], "eth1");
	cr_expect_eq(o.home_count, 1);
	cr_expect_eq(o.home[0].bits, 96 + 24);
	cr_expect_eq(o.workers, 3);
	cr_expect_eq(o.file_count, 2);
	cr_expect_str_eq(o.files[1], "b.pcap");
}

Test(options, what_was_given_is_known)
{
	cr_assert_eq(PARSE("-i", "eth0", "--help", "--workers", "auto"), 0);
	cr_expect(options_given(&o, "interface"), "by its letter");
	cr_expect(options_given(&o, "help"), "the last one of the list");
	cr_expect(options_given(&o, "workers"), "with its default");
	cr_expect_not(options_given(&o, "format"), "the first one of the list");
	cr_expect_not(options_given(&o, "no-such-option"));
}

Test(options, the_last_word_counts)
{
	cr_assert_eq(PARSE("--color", "never", "--color", "auto", "--tunnels", "never", "--tunnels", "auto",
			   "--proof", "echoed", "--proof", "answered", "--format", "json", "--format",
			   "text"),
		     0, "%s", err.text);
	cr_expect_eq(o.color, -1);
	cr_expect_eq(o.tunnels, 0);
	cr_expect_not(o.need_echo);
	cr_expect_eq(o.format, FORMAT_TEXT);
}

Test(options, what_is_wrong_is_said)
{
	static const struct {
		const char *option, *value, *sentence;
	} cases[] = {
		{ "--format", "xml", "--format xml: there are text, json, csv and html" },
		{ "--color", "", "--color : there are auto, always and never" },
		{ "--tunnels", "Auto", "--tunnels Auto: there are auto, always and never" },
		{ "--proof", "tls", "--proof tls: there are answered and echoed" },
		{ "--why", "example.com", "--why example.com: not an IP address" },
		{ "--max-actors", "15", "--max-actors 15: a number from 16 to 8388608" },
		{ "--max-actors", "8388609", "--max-actors 8388609: a number from 16 to 8388608" },
		{ "--workers", "-1", "--workers -1: auto, or a number from 0 to 16" },
		{ "--year", "26", "--year 26: a year with four digits" },
		{ "--utc-offset", "15:00",
		  "--utc-offset 15:00: write it like +01:00, Europe/Berlin (a name below "
		  "/usr/share/zoneinfo) or local" },
		{ "--home-net", "here",
		  "--home-net here: not an address or network; write it like 192.0.2.7, 192.0.2.0/24 or "
		  "2001:db8::/32" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_expect_eq(PARSE(cases[i].option, cases[i].value), -EINVAL, "%s %s", cases[i].option,
			     cases[i].value);
		cr_expect_str_eq(err.text, cases[i].sentence);
	}
}

Test(options, lists_have_an_end)
{
	const char *words[WORDS_MAX] = { "read" };
	for (size_t i = 0; i < OPTION_LIST_MAX; i++)
		words[1 + i] = "-ieth0";
	cr_expect_eq(parse(words), 0);
	cr_expect_eq(o.interface_count, OPTION_LIST_MAX);
	words[1 + OPTION_LIST_MAX] = "-ieth0";
	cr_expect_eq(parse(words), -EINVAL);
	cr_expect_str_eq(err.text, "--interface: at most 64 of them");
}
