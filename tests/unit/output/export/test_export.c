/* SPDX-License-Identifier: MIT */
#include "output/export/export.h"
#include "unit/output/store/fixtures.h"

static struct fixture f;
static struct store_file file;

static void offend(const char *address, enum proof proof, int score)
{
	fixture_fill(&f, address);
	f.offender.proof = proof;
	f.offender.score = score;
	store_say_in(&file, &f.offender, 1);
}

static void ban(const char *text, int64_t until_us)
{
	struct addr_prefix net = fixture_net(text);
	cr_assert_eq(store_ban(file.store, &net, NOON, until_us, "=cmd|' /C calc'!A0, \"x\"\n", &file.err), 0,
		     "%s", file.err.text);
}

/* Bans of the fixture end at 13:07; the moment of the exports is NOON. */
static void setup(void)
{
	store_file_open(&file);
	offend("203.0.113.41", PROOF_ECHOED, 87);
	offend("2001:db8::41", PROOF_ANSWERED, 60);
	offend("203.0.113.9", PROOF_NONE, 90); /* as with --one-way */
	ban("198.51.100.0/24", 0);
	ban("198.51.100.64/26", NOON + HOUR_US);
	ban("2001:db8:5::/48", NOON + 2 * HOUR_US);
}

static void teardown(void)
{
	store_file_close(&file);
}

TestSuite(export, .init = setup, .fini = teardown);

static char *text;

static struct export_tally write_list(enum export_format format, struct export_options options)
{
	struct export_tally tally;
	size_t len;
	free(text);
	text = NULL;
	options.out = open_memstream(&text, &len);
	options.now_us = options.now_us ? options.now_us : NOON;
	options.since_us = options.since_us ? options.since_us : INT64_MIN;
	cr_assert_eq(export_write(file.store, format, &options, &tally, &file.err), 0, "%s", file.err.text);
	fclose(options.out);
	return tally;
}

#define expect_has(part)   cr_expect(strstr(text, part), "\"%s\" is not in:\n%s", part, text)
#define expect_lacks(part) cr_expect_not(strstr(text, part), "\"%s\" is in:\n%s", part, text)

Test(export, plain)
{
	struct export_tally t = write_list(EXPORT_PLAIN, (struct export_options){ 0 });
	cr_expect_str_eq(text, "203.0.113.41\n2001:db8::41\n", "%s", text);
	cr_expect_eq(t.written, 2);
	cr_expect_eq(t.unproven, 1);
	cr_expect_eq(t.prefixes, 3);
}

Test(export, selections)
{
	static const struct {
		const char *name;
		struct export_options options;
		const char *expected;
	} cases[] = {
		{ "IPv4", { .family = 4 }, "203.0.113.41\n" },
		{ "IPv6", { .family = 6 }, "2001:db8::41\n" },
		{ "score", { .min_score = 70 }, "203.0.113.41\n" },
		{ "unproven", { .family = 4, .unproven = true }, "203.0.113.9\n203.0.113.41\n" },
		{ "seen before that", { .since_us = NOON + 8 * MINUTE_US }, "" },
		{ "after their end", { .now_us = NOON + 3 * HOUR_US }, "" },
		{ "all the same",
		  { .now_us = NOON + 3 * HOUR_US, .ended = true, .family = 4 },
		  "203.0.113.41\n" },
		{ "networks", { .prefixes = true }, "198.51.100.0/24\n198.51.100.64/26\n2001:db8:5::/48\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_list(EXPORT_PLAIN, cases[i].options);
		cr_expect_str_eq(text, cases[i].expected, "%s: %s", cases[i].name, text);
	}
}

Test(export, taken_back_is_never_exported)
{
	struct addr_prefix net = fixture_net("203.0.113.41");
	cr_assert_eq(store_unban(file.store, &net, NOON, &file.err), 0);
	write_list(EXPORT_PLAIN, (struct export_options){ .ended = true, .unproven = true });
	expect_lacks("203.0.113.41");
}

Test(export, cidr)
{
	write_list(EXPORT_CIDR, (struct export_options){ 0 });
	expect_has("203.0.113.41/32\n");
	expect_has("2001:db8::41/128\n");
	expect_has("198.51.100.0/24\n");
}

Test(export, csv_and_json_hold_no_text_of_a_stranger)
{
	write_list(EXPORT_CSV, (struct export_options){ 0 });
	expect_has("203.0.113.41,2026-01-02T13:07:00.000000Z,87,auto,crack.one-account,\"sweep,crack,"
		   "breach\",echoed,NL,64500,"
		   "2026-01-02T12:00:00.000000Z,2026-01-02T12:07:00.000000Z,21482\r\n");
	expect_has("198.51.100.0/24,,0,manual,,\"\",,,,,,0\r\n");
	expect_lacks("calc");
	write_list(EXPORT_JSON, (struct export_options){ 0 });
	expect_has("{\"net\":\"203.0.113.41\",\"until\":\"2026-01-02T13:07:00.000000Z\",\"score\":87,"
		   "\"source\":\"auto\","
		   "\"rule\":\"crack.one-account\",\"stages\":[\"sweep\",\"crack\",\"breach\"],\"proof\":"
		   "\"echoed\",\"country\":\"NL\","
		   "\"as_number\":64500,");
	expect_lacks("calc");
	expect_lacks("friendly");
}

Test(export, who_was_banned_by_hand_was_never_seen)
{
	ban("192.0.2.77", 0);
	write_list(EXPORT_CSV, (struct export_options){ 0 });
	expect_has("\r\n192.0.2.77,,0,manual,,\"\",,,,,,0\r\n");
	write_list(EXPORT_JSON, (struct export_options){ 0 });
	expect_has("{\"net\":\"192.0.2.77\",\"until\":null,\"score\":0,\"source\":\"manual\",\"rule\":null,"
		   "\"stages\":[],\"proof\":null,\"country\":null,\"as_number\":null,\"first_seen\":null,"
		   "\"last_seen\":null,\"messages\":0}");
}

Test(export, ipset_swaps_a_filled_set)
{
	struct export_tally t = write_list(EXPORT_IPSET, (struct export_options){ .name = "mine" });
	expect_has("create mine4 hash:ip family inet ");
	expect_has("flush mine4_new\nadd mine4_new 203.0.113.41 timeout 4020\nswap mine4_new mine4\ndestroy "
		   "mine4_new\n");
	expect_has("add mine6_new 2001:db8::41 timeout ");
	expect_has("add mine_net4_new 198.51.100.0/24 timeout 0\n");
	expect_has("add mine_net6_new 2001:db8:5::/48 timeout 7200\n");
	cr_expect_eq(t.covered, 1);
	expect_lacks("198.51.100.64/26");
}

/* ipset takes 24 days, a ban may have 30. */
Test(export, ipset_has_a_longest_time)
{
	ban("192.0.2.1", NOON + 30 * DAY_US);
	write_list(EXPORT_IPSET, (struct export_options){ 0 });
	expect_has("add siphound_list4_new 192.0.2.1 timeout 2147483\n");
}

Test(export, nft_is_one_transaction)
{
	write_list(EXPORT_NFT, (struct export_options){ 0 });
	expect_has("add table inet siphound_list\n");
	expect_has("flush set inet siphound_list block4\n");
	expect_has("add element inet siphound_list block4 {\n\t203.0.113.41 timeout 4020s\n}\n");
	expect_has("add element inet siphound_list block_net4 {\n\t198.51.100.0/24\n}\n");
	expect_lacks("198.51.100.64/26");
	cr_expect_lt(strstr(text, "flush set"), strstr(text, "add element"));
}

Test(export, mikrotik)
{
	write_list(EXPORT_MIKROTIK, (struct export_options){ 0 });
	expect_has("/ip firewall address-list\nremove [find list=siphound_list]\n");
	expect_has("add list=siphound_list address=203.0.113.41 timeout=0d1h7m0s comment=\"siphound "
		   "crack.one-account\"\n");
	expect_has("/ipv6 firewall address-list\n");
	expect_has("add list=siphound_list address=198.51.100.0/24 comment=\"siphound\"\n");
}

Test(export, crowdsec)
{
	write_list(EXPORT_CROWDSEC, (struct export_options){ 0 });
	expect_has("{\"duration\":\"4020s\",\"scope\":\"Ip\",\"type\":\"ban\",\"value\":\"203.0.113.41\","
		   "\"reason\":\"siphound/crack.one-account\"}");
	expect_lacks("198.51.100");
	write_list(EXPORT_CROWDSEC, (struct export_options){ .prefixes = true });
	expect_has("{\"duration\":\"31536000s\",\"scope\":\"Range\",\"type\":\"ban\",\"value\":\"198.51.100."
		   "0/24\",\"reason\":\"siphound\"}");
	expect_lacks("203.0.113");
}

Test(export, abuseipdb)
{
	offend("10.1.2.3", PROOF_ECHOED, 87);
	ban("192.0.2.1", 0);
	struct export_tally t = write_list(EXPORT_ABUSEIPDB, (struct export_options){ .family = 4 });
	cr_expect_str_eq(
	    text,
	    "IP,Categories,ReportDate,Comment\n203.0.113.41,\"14,18\",2026-01-02T12:07:00+00:00,\"SIP attack "
	    "(sweep,crack,breach), 21482 messages, tool sipvicious; siphound rule crack.one-account\"\n",
	    "%s", text);
	cr_expect_eq(t.private, 1);
}

Test(export, stix_is_the_same_every_time)
{
	write_list(EXPORT_STIX, (struct export_options){ 0 });
	char *first = strdup(text);
	write_list(EXPORT_STIX, (struct export_options){ 0 });
	cr_expect_str_eq(text, first);
	free(first);
	expect_has("\"pattern\":\"[ipv4-addr:value = '203.0.113.41']\"");
	expect_has("\"pattern\":\"[ipv4-addr:value ISSUBSET '198.51.100.0/24']\"");
	/* The standard's own namespace: uuid5(00abedb4-aa42-466c-9c01-fed23315a9b7, {"value":"203.0.113.41"})
	 */
	expect_has("\"id\":\"ipv4-addr--5bc2f96d-ead8-575e-ae49-08c7d2e793fa\"");
	expect_lacks("friendly");
}

Test(export, names)
{
	static const struct {
		const char *name;
		bool is_good;
	} cases[] = { { "a", true },
		      { "Block_4", true },
		      { "", false },
		      { "4a", false },
		      { "a b", false },
		      { "a;flush", false },
		      { "aaaaaaaaaaaaaaaaaaaa", true },
		      { "aaaaaaaaaaaaaaaaaaaaa", false },
		      { "a-b", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_eq(export_name_is_good(cases[i].name), cases[i].is_good, "%s", cases[i].name);
}

/* A rule of the site's own may be called anything; a geo file may hold anything. */
Test(export, odd_words_are_left_out)
{
	struct rule odd = fixture_rules[1];
	fixture_fill(&f, "203.0.113.50");
	odd.id = "my\"; flush ruleset";
	f.rules[0].rule = &odd;
	f.offender.geo.country = SLICE("A,");
	f.offender.tool = "a\"b";
	store_say_in(&file, &f.offender, 1);
	for (int format = 0; format < EXPORT_FORMAT_COUNT; format++) {
		write_list((enum export_format)format, (struct export_options){ 0 });
		if (format != EXPORT_JSON)
			expect_lacks("flush ruleset");
		expect_lacks("A,,");
		expect_lacks("a\"b");
	}
}
