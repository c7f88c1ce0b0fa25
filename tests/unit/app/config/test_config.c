/* SPDX-License-Identifier: MIT */
#include "app/config/config.h"

#include <criterion/criterion.h>

#define SENTENCES_MAX 8

struct told {
	char sentences[SENTENCES_MAX][600];
	size_t count;
};

static void on_problem(void *ctx, const char *sentence)
{
	struct told *told = ctx;
	if (told->count < SENTENCES_MAX)
		snprintf(told->sentences[told->count], sizeof told->sentences[0], "%s", sentence);
	told->count++;
}

static int take(const char *text, unsigned commands, struct options *o, struct config **config,
		struct told *told)
{
	struct error err;
	*told = (struct told){ .count = 0 };
	return config_read(config, slice_str(text), "f.yaml", commands, o, on_problem, told, &err);
}

Test(config, values)
{
	static const char text[] = "interfaces: [eth1, eth2]\n"
				   "hep:\n  listen: 192.0.2.10\n"
				   "home_nets: [192.0.2.0/24, 2001:db8::/32]\n"
				   "allow:\n  - 203.0.113.5\n  - sip.example.com\n  - AS64500\n"
				   "ban: {first: 2h, max: 2w, soft_allow: 0}\n"
				   "policy:\n  one_way: yes\n  proof: echoed\n"
				   "limits: {actors: 1000, window_memory: 64MiB, ring: 1MB}\n"
				   "tunnels: never\nreport: {format: json}\nlogs: {utc_offset: \"-05:30\"}\n"
				   "store:\n";
	struct options o = options_default;
	struct config *config;
	struct told told;
	cr_assert_eq(take(text, CONFIG_FOR_WATCH, &o, &config, &told), 0, "%s", told.sentences[0]);
	cr_expect_eq(o.interface_count, 2);
	cr_expect_str_eq(o.interfaces[1], "eth2");
	cr_expect_str_eq(o.hep[0], "192.0.2.10");
	cr_expect_eq(o.home_count, 2);
	cr_expect_eq(o.home[0].bits, 120);
	cr_expect_eq(o.allow_count, 3);
	cr_expect_str_eq(o.allow[2], "AS64500");
	cr_expect_eq(o.ban_first_us, 7200000000);
	cr_expect_eq(o.ban_max_us, 14 * 86400000000);
	cr_expect_eq(o.soft_allow_us, 0);
	cr_expect(o.one_way && o.need_echo);
	cr_expect_eq(o.max_actors, 1000);
	cr_expect_eq(o.window_bytes, 64 << 20);
	cr_expect_eq(o.ring_bytes, 1000000);
	cr_expect_eq(o.tunnels, -1);
	cr_expect_eq((int)o.format, (int)FORMAT_JSON);
	cr_expect_str_eq(o.utc_offset, "-05:30");
	config_free(config);
}

/* A number that may be a word, from the file and from the command line. */
Test(config, workers)
{
	static const struct {
		const char *text;
		uint64_t wanted;
	} cases[] = { { "workers: auto\n", WORKERS_AUTO }, { "workers: 0\n", 0 }, { "workers: 16\n", 16 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options o = options_default;
		struct config *config;
		struct told told;
		o.workers = 5;
		cr_assert_eq(take(cases[i].text, CONFIG_FOR_READ, &o, &config, &told), 0, "%s",
			     told.sentences[0]);
		cr_expect_eq(o.workers, cases[i].wanted, "%s", cases[i].text);
		config_free(config);
	}
	char *argv[] = { (char[]){ "read" }, (char[]){ "--workers" }, (char[]){ "auto" }, NULL };
	struct options o;
	struct error err;
	cr_expect_eq(options_default.workers, WORKERS_AUTO);
	cr_assert_eq(options_parse(3, argv, &o, &err), 0, "%s", err.text);
	cr_expect_eq(o.workers, WORKERS_AUTO);
}

/* Where and what, and the nearest key. */
Test(config, mistakes)
{
	static const struct {
		const char *name, *text, *told;
	} cases[] = {
		{ "unknown key", "hoem_nets: [192.0.2.0/24]\n",
		  "f.yaml:1:1: there is no key 'hoem_nets'; did you mean 'home_nets'?" },
		{ "unknown key in a section", "ban:\n  frist: 1h\n",
		  "f.yaml:2:3: there is no key 'ban.frist'; did you mean 'ban.first'?" },
		{ "wrong section", "max_offenders: 1000\n",
		  "f.yaml:1:1: there is no key 'max_offenders'; did you mean 'store.max_offenders'?" },
		{ "nothing near", "zebra_crossing: 1\n",
		  "f.yaml:1:1: there is no key 'zebra_crossing'; docs/configuration.md lists them" },
		{ "no unit", "ban:\n  first: 60\n",
		  "f.yaml:2:10: ban.first: '60': a time is wanted, a number and its unit: 90s, 5m, 1h, 30d, "
		  "2w" },
		{ "beyond the bounds", "limits:\n  actors: 3\n",
		  "f.yaml:2:11: limits.actors: '3': a number from 16 to 8388608 is wanted (addresses)" },
		{ "no word of a number", "workers: many\n",
		  "f.yaml:1:10: workers: 'many': a number from 0 to 16 is wanted (threads, or auto)" },
		{ "no size", "limits: {ring: many}\n",
		  "f.yaml:1:16: limits.ring: 'many': a size is wanted: 512kB, 64MB, 1GB, or by 1024: 64MiB" },
		{ "size too small", "limits: {ring: 1kB}\n",
		  "f.yaml:1:16: limits.ring: '1kB': must be from 256KiB to 2097152KiB" },
		{ "no word of it", "policy: {proof: maybe}\n",
		  "f.yaml:1:17: policy.proof: 'maybe': there are answered, echoed" },
		{ "no switch", "policy: {one_way: 2}\n",
		  "f.yaml:1:19: policy.one_way: '2': true or false is wanted" },
		{ "no network", "home_nets:\n  - 192.0.2.0/24\n  - 192.0.2.300\n",
		  "f.yaml:3:5: home_nets: '192.0.2.300': not an address or network; write it like 192.0.2.7, "
		  "192.0.2.0/24 or 2001:db8::/32" },
		{ "nobody to allow", "allow: ['192.0.2.300']\n",
		  "f.yaml:1:9: allow: '192.0.2.300': not an address, network, host name or AS number; write "
		  "it like 192.0.2.7, 192.0.2.0/24, "
		  "2001:db8::/32, sip.example.com or AS64500" },
		{ "no file", "geo: [/nonexistent/x.mmdb]\n",
		  "f.yaml:1:7: geo: '/nonexistent/x.mmdb': /nonexistent/x.mmdb: No such file or directory" },
		{ "map for a value", "user: {name: x}\n",
		  "f.yaml:1:7: user: one value is wanted (name of a user)" },
		{ "map for a list", "interfaces: {a: b}\n",
		  "f.yaml:1:13: interfaces: a list is wanted ([a, b]) of names of network interfaces" },
		{ "value for a section", "ban: 1h\n",
		  "f.yaml:1:6: ban: further keys are wanted below it, indented" },
		{ "no map at all", "- a\n", "f.yaml:1:1: keys are wanted, like `home_nets: [192.0.2.0/24]`" },
		{ "two documents", "user: a\n---\nuser: b\n",
		  "f.yaml:3:1: one document is wanted; this is a second one" },
		{ "twice", "user: a\nuser: b\n", NULL },
		{ "no YAML", "user: [a\n", NULL },
		{ "a tab", "ban:\n\tfirst: 1h\n", NULL },
		{ "max below first", "ban: {first: 2d, max: 1d}\n",
		  "f.yaml: ban.max is shorter than ban.first; it is the longest ban, so make it the larger "
		  "one" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options o = options_default;
		struct config *config;
		struct told told;
		cr_expect(take(cases[i].text, CONFIG_FOR_WATCH, &o, &config, &told) < 0, "%s", cases[i].name);
		cr_expect(told.count == 1, "%s: %zu problems", cases[i].name, told.count);
		if (cases[i].told)
			cr_expect(strcmp(told.sentences[0], cases[i].told) == 0, "%s: %s", cases[i].name,
				  told.sentences[0]);
		cr_expect(strncmp(told.sentences[0], "f.yaml:", 7) == 0, "%s: %s", cases[i].name,
			  told.sentences[0]);
		cr_expect(config == NULL, "%s", cases[i].name);
	}
}

Test(config, tells_all_mistakes)
{
	struct options o = options_default;
	struct config *config;
	struct told told;
	cr_expect(
	    take("usr: x\nban: {first: 1}\nlimits: {actors: x}\n", CONFIG_FOR_WATCH, &o, &config, &told) < 0);
	cr_expect_eq(told.count, 3);
}

Test(config, nothing_is_fine)
{
	static const char *const texts[] = {
		"", "# nothing\n", "---\n", "ban:\n", "user:\ninterfaces: []\n", "~\n"
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct options o = options_default;
		struct config *config;
		struct told told;
		size_t count;
		const struct config_key *keys = config_keys(&count);
		cr_assert_eq(take(texts[i], CONFIG_FOR_WATCH, &o, &config, &told), 0, "%s: %s", texts[i],
			     told.sentences[0]);
		for (size_t k = 0; k < count; k++)
			cr_expect(config_key_same(&keys[k], &o, &options_default), "%s: %s", texts[i],
				  keys[k].name);
		config_free(config);
	}
}

/* The command line goes first; what spares somebody adds up. */
Test(config, command_line)
{
	char *argv[] = { (char[]){ "watch" },
			 (char[]){ "-i" },
			 (char[]){ "eth9" },
			 (char[]){ "--home-net" },
			 (char[]){ "198.51.100.0/24" },
			 (char[]){ "--allow" },
			 (char[]){ "AS64501" },
			 (char[]){ "--max-actors" },
			 (char[]){ "500" },
			 NULL };
	struct options o;
	struct error err;
	struct config *config;
	struct told told;
	cr_assert_eq(options_parse(9, argv, &o, &err), 0, "%s", err.text);
	cr_assert_eq(take("interfaces: [eth1]\nhome_nets: 192.0.2.0/24\nallow: [203.0.113.5]\nlimits: "
			  "{actors: 1000}\nuser: nobody\n",
			  CONFIG_FOR_WATCH, &o, &config, &told),
		     0, "%s", told.sentences[0]);
	cr_expect_eq(o.interface_count, 1);
	cr_expect_str_eq(o.interfaces[0], "eth9");
	cr_expect_eq(o.home_count, 2);
	cr_expect_eq(o.allow_count, 2);
	cr_expect_eq(o.max_actors, 500);
	cr_expect_str_eq(o.user, "nobody");
	config_free(config);
}

/* What a command does not need is checked, and not taken: reading a capture by the daemon's file writes
 * nothing into its store. */
Test(config, commands)
{
	struct options o = options_default;
	struct config *config;
	struct told told;
	cr_assert_eq(take("store: {path: /var/lib/x.db}\ninterfaces: [eth1]\npolicy: {one_way: true}\n",
			  CONFIG_FOR_READ, &o, &config, &told),
		     0);
	cr_expect(o.store == NULL);
	cr_expect_eq(o.interface_count, 0);
	cr_expect(o.one_way);
	config_free(config);
	cr_expect(take("hep: {key_file: /nonexistent/key}\n", CONFIG_FOR_WATCH, &o, &config, &told) < 0);
	cr_expect(take("hep: {key_file: /nonexistent/key}\n", CONFIG_FOR_WATCH | CONFIG_AGAIN, &o, &config,
		       &told) == 0);
	config_free(config);
	cr_expect(take("redis: {shards: 65}\n", CONFIG_FOR_READ, &o, &config, &told) < 0);
}

/* Nine levels of ten aliases each, which would be a billion entries. */
static size_t put_bomb(char *text, size_t size)
{
	size_t len = 0;
	for (char c = 'a'; c < 'k'; c++) {
		len += (size_t)snprintf(text + len, size - len, "%c: &%c [", c, c);
		for (int k = 0; k < 10; k++)
			len += c == 'a' ? (size_t)snprintf(text + len, size - len, "x,")
					: (size_t)snprintf(text + len, size - len, "*%c,", c - 1);
		len += (size_t)snprintf(text + len, size - len, "]\n");
	}
	return len;
}

Test(config, hostile_files_are_refused)
{
	static char text[65536];
	struct options o = options_default;
	struct config *config;
	struct told told = { .count = 0 };
	struct error err;
	struct slice bomb = slice_of((const uint8_t *)text, put_bomb(text, sizeof text));
	cr_expect_neq(config_read(&config, bomb, "f.yaml", CONFIG_FOR_WATCH, &o, on_problem, &told, &err), 0);
	cr_expect(strstr(told.sentences[0], "once aliases are expanded"), "%s", told.sentences[0]);
	told.count = 0;
	memset(text, '[', sizeof text);
	cr_expect_neq(config_read(&config, slice_of((const uint8_t *)text, sizeof text), "f.yaml", CONFIG_FOR_WATCH, &o,
				  on_problem, &told, &err),
		      0);
	cr_expect(strstr(told.sentences[0], "levels deep"), "%s", told.sentences[0]);
}
