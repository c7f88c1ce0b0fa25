/* SPDX-License-Identifier: MIT */
#include "app/config/keys.h"

#include "app/reading_queue.h"
#include "core/spelling.h"

#include <stddef.h>
#include <stdlib.h>

#define ONE(field)	   .offset = offsetof(struct options, field), .size = sizeof((struct options *)0)->field
#define MANY(field, count) ONE(field), .count_offset = offsetof(struct options, count)
#define LIST_MAX	   .max = OPTION_LIST_MAX

#define WATCH	CONFIG_FOR_WATCH
#define ANALYSE (CONFIG_FOR_WATCH | CONFIG_FOR_READ)
#define ALL	(CONFIG_FOR_WATCH | CONFIG_FOR_READ | CONFIG_FOR_STORE)

#define KIB    ((uint64_t)1 << 10)
#define GIB    ((uint64_t)1 << 30)
#define SECOND ((uint64_t)1000000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

static const struct config_word formats[] = {
	{ "text", FORMAT_TEXT }, { "json", FORMAT_JSON }, { "csv", FORMAT_CSV }, { NULL, 0 }
};
static const struct config_word verify_words[] = { { "true", false }, { "false", true }, { NULL, 0 } };
static const struct config_word worker_words[] = { { "auto", -1 }, { NULL, 0 } }; /* WORKERS_AUTO */
static const struct config_word proofs[] = { { "answered", false }, { "echoed", true }, { NULL, 0 } };
static const struct config_word tunnel_words[] = {
	{ "auto", 0 }, { "always", 1 }, { "never", -1 }, { NULL, 0 }
};

static const struct config_key keys[] = {
	/* where to listen */
	{ "interfaces", "interface", CONFIG_TEXTS, false, WATCH, MANY(interfaces, interface_count), LIST_MAX,
	  .fallback = "[]", .unit = "names of network interfaces",
	  .reason = "Mirror ports, or the host's own interfaces. Which ones you have, only you know.",
	  .example = "[eth1]" },
	{ "filter", "filter", CONFIG_TEXT, false, WATCH, ONE(filter), .fallback = "",
	  .unit = "pcap-filter(7) expression",
	  .reason = "The kernel throws away what does not match. None: all is looked at, since attackers "
		    "choose ports.",
	  .example = "udp or tcp port 5060" },
	{ "tunnels", "tunnels", CONFIG_WORD, false, ANALYSE, ONE(tunnels), .words = tunnel_words,
	  .fallback = "auto", .unit = "auto, always, never",
	  .reason = "Look into GRE, VXLAN and other tunnels. auto: where they are a good part of the "
		    "traffic, as a stranger can send a forged one." },
	{ "hep.listen", "hep", CONFIG_TEXTS, false, WATCH, MANY(hep, hep_count), LIST_MAX, .fallback = "[]",
	  .unit = "ADDRESS or ADDRESS:PORT (9060)",
	  .reason = "Listen for HEP of SIP servers and agents. Who may send there puts words in others' "
		    "mouths, so none by default.",
	  .example = "[192.0.2.10]" },
	{ "hep.key_file", "hep-key-file", CONFIG_FILE, false, WATCH, ONE(hep_key_file), .fallback = "",
	  .unit = "file",
	  .reason = "Take only HEP with the key in it, and believe it that TCP and TLS prove addresses.",
	  .example = "/etc/siphound/hep.key" },
	{ "tzsp.listen", "tzsp", CONFIG_TEXTS, false, WATCH, MANY(tzsp, tzsp_count), LIST_MAX,
	  .fallback = "[]", .unit = "ADDRESS or ADDRESS:PORT (37008)",
	  .reason = "Listen for frames that a router mirrors by TZSP.", .example = "[192.0.2.10]" },
	{ "logs.follow", "follow", CONFIG_TEXTS, false, WATCH, MANY(follow, follow_count), LIST_MAX,
	  .fallback = "[]", .unit = "files, or journal:, journal:UNIT, journal:FIELD=VALUE",
	  .reason = "Logs to follow through rotation, from their end or, with a store, where the last run "
		    "ended. They need not exist yet.",
	  .example = "[/var/log/asterisk/full]" },
	{ "logs.dialect", "dialect", CONFIG_TEXT, true, ANALYSE, ONE(dialect), .fallback = "",
	  .unit = "name of a dialect",
	  .reason = "All lines are of this dialect. None: found for each line by itself.",
	  .example = "asterisk" },
	{ "logs.dialects", "dialects", CONFIG_FILES, true, ANALYSE, MANY(dialect_paths, dialect_path_count),
	  LIST_MAX, .fallback = "[]", .unit = "files or folders",
	  .reason = "Further dialects, or your own of a shipped name.",
	  .example = "[/etc/siphound/dialects]" },
	{ "logs.utc_offset", "utc-offset", CONFIG_ZONE, true, ANALYSE, ONE(utc_offset), .fallback = "",
	  .unit = "+HH:MM, -HH:MM, a name as Europe/Berlin, or local",
	  .reason = "Zone of times that name none, which is local time as Asterisk, syslog and FreeSWITCH "
		    "write it. Names are those "
		    "of the system's tz database, local is the zone of this machine; both know summer time. "
		    "None: a log that is "
		    "followed shows its zone by how far its new lines are from the clock, which is said; a "
		    "file is taken as UTC.",
	  .example = "Europe/Berlin" },

	/* who is who */
	{ "home_nets", "home-net", CONFIG_NETS, true, ALL, MANY(home, home_count), LIST_MAX, .fallback = "[]",
	  .unit = "addresses or networks",
	  .reason = "Your own networks: never blocked. Nobody but you knows them.",
	  .example = "[192.0.2.0/24, 2001:db8::/32]" },
	{ "allow", "allow", CONFIG_ALLOW, true, ALL, MANY(allow, allow_count), .max = OPTION_ALLOW_MAX,
	  .fallback = "[]", .unit = "addresses, networks, host names, AS numbers",
	  .reason = "Others that are never blocked: what they do is told, with the verdict spared. Host "
		    "names are asked for at the start and at each "
		    "reload; AS numbers need a geo file that has them.",
	  .example = "[203.0.113.5, sip.example.com, AS64500]" },

	/* what is known */
	{ "rules", "rules", CONFIG_FILES, true, ANALYSE, MANY(rules, rules_count), LIST_MAX, .fallback = "[]",
	  .unit = "files or folders",
	  .reason = "Rules instead of the shipped ones; with + before the path, in addition to them.",
	  .example = "[+/etc/siphound/rules]" },
	{ "geo", "geo", CONFIG_FILES, true, ANALYSE, MANY(geo, geo_count), LIST_MAX, .fallback = "[]",
	  .unit = "files in MaxMind format",
	  .reason = "Country and AS of addresses. A file that changes is taken anew within a minute.",
	  .example = "[/var/lib/GeoIP/GeoLite2-ASN.mmdb]" },

	/* what follows */
	{ "ban.first", NULL, CONFIG_TIME, true, ANALYSE, ONE(ban_first_us), .min = SECOND, .max = 366 * DAY,
	  .fallback = "1h", .unit = "time: s, m, h, d, w",
	  .reason = "The first ban of an address; each further one is twice as long. An hour ends most "
		    "scans, and a mistake is over soon." },
	{ "ban.max", NULL, CONFIG_TIME, true, ANALYSE, ONE(ban_max_us), .min = SECOND, .max = 3660 * DAY,
	  .fallback = "30d", .unit = "time: s, m, h, d, w",
	  .reason = "The longest ban; who keeps quiet for as long starts anew. Addresses change hands, so "
		    "not for ever." },
	{ "ban.soft_allow", NULL, CONFIG_TIME, true, ALL, ONE(soft_allow_us), .min = 0, .max = 366 * DAY,
	  .fallback = "24h", .unit = "time: s, m, h, d, w",
	  .reason = "After an unban by hand, so long nothing bans the address." },
	{ "ban.verify", NULL, CONFIG_WORD, false, WATCH, ONE(trust_bans), .words = verify_words,
	  .fallback = "true", .unit = "true, false",
	  .reason = "Tell of banned sources that are still answered, and the likely cause. false: where "
		    "nothing bans, since all are then." },
	{ "policy.one_way", "one-way", CONFIG_SWITCH, true, ANALYSE, ONE(one_way), .fallback = "false",
	  .unit = "true, false",
	  .reason = "Only one direction is seen: do not wait for the proof that answers give. Forged "
		    "addresses are then easier to have blocked." },
	{ "policy.proof", "proof", CONFIG_WORD, true, ANALYSE, ONE(need_echo), .words = proofs,
	  .fallback = "answered", .unit = "answered, echoed",
	  .reason = "What an address must have shown before it is blocked. echoed: it used what only our "
		    "answers told it; scanners that only send "
		    "are then watched." },

	/* bounds */
	{ "limits.actors", "max-actors", CONFIG_NUMBER, false, ANALYSE, ONE(max_actors), .min = ACTORS_MIN,
	  .max = ACTORS_MAX, .fallback = "32768", .unit = "addresses",
	  .reason = "How many are remembered; the least important go first. About 2.5 KB each at most, taken "
		    "as they come." },
	{ "limits.window_memory", NULL, CONFIG_SIZE, false, ANALYSE, ONE(window_bytes), .min = 64 * KIB,
	  .max = 64 * GIB, .fallback = "256MiB", .unit = "size: kB, MB, GB, KiB, MiB, GiB",
	  .reason = "What the windows of rules may hold; beyond it the oldest go." },
	{ "limits.ring", NULL, CONFIG_SIZE, false, WATCH, ONE(ring_bytes), .min = 256 * KIB, .max = 2 * GIB,
	  .fallback = "32MiB", .unit = "size: kB, MB, GB, KiB, MiB, GiB",
	  .reason = "Frames of each interface that wait for us: half a second's worth at 100,000 packets a "
		    "second." },

	{ "workers", "workers", CONFIG_NUMBER, false, ANALYSE, ONE(workers), .min = 0,
	  .max = READING_WORKERS_MAX, .words = worker_words, .fallback = "auto", .unit = "threads, or auto",
	  .reason = "Threads that read messages beside the first one. They change no result. auto: one for "
		    "read where there is a second processor, none "
		    "for watch, for which one thread is enough below some 100,000 messages a second." },

	/* where it goes */
	{ "store.path", "store", CONFIG_TEXT, false, CONFIG_FOR_WATCH | CONFIG_FOR_STORE, ONE(store),
	  .fallback = "", .unit = "file",
	  .reason = "Keeps offenders, evidence and bans. None: nothing is kept. The systemd units name one "
		    "on their command line.",
	  .example = "/var/lib/siphound/siphound.db" },
	{ "store.max_offenders", NULL, CONFIG_NUMBER, true, ALL, ONE(store_offenders), .min = 100,
	  .max = (uint64_t)1 << 32, .fallback = "1000000", .unit = "addresses",
	  .reason = "Beyond it, those not seen for longest go, unless they are banned. About 1.6 KB each." },
	{ "store.max_outbox", NULL, CONFIG_NUMBER, true, ALL, ONE(store_outbox), .min = 100,
	  .max = (uint64_t)1 << 32, .fallback = "100000", .unit = "changes",
	  .reason = "Kept for feeds that are away; one that is further behind starts over." },
	{ "redis.url", "redis", CONFIG_TEXT, false, WATCH, ONE(redis), .fallback = "",
	  .unit = "redis://[USER@]HOST[:PORT][/DB], rediss:, unix:",
	  .reason = "Feeds bans to Redis. It needs a store, which keeps what Redis did not get yet.",
	  .example = "redis://siphound@192.0.2.20/0" },
	{ "redis.password_file", "redis-password-file", CONFIG_FILE, false, WATCH, ONE(redis_password_file),
	  .fallback = "", .unit = "file",
	  .reason = "The password, in a file that only siphound may read; never in the URL.",
	  .example = "/etc/siphound/redis.password" },
	{ "redis.sensor", "sensor", CONFIG_TEXT, false, WATCH, ONE(sensor), .fallback = "", .unit = "name",
	  .reason = "What this sensor is called in Redis. None: the name of the host.", .example = "edge-1" },
	{ "redis.shards", NULL, CONFIG_NUMBER, false, WATCH, ONE(redis_shards), .min = 0, .max = 64,
	  .fallback = "0", .unit = "hash tags",
	  .reason = "For Redis Cluster: over how many the addresses are spread. 0: as the server was set up, "
		    "1 on an empty one." },
	{ "http.listen", "http", CONFIG_TEXT, false, WATCH, ONE(http), .fallback = "", .unit = "ADDRESS:PORT",
	  .reason = "Serves /report, /blocklist.txt, /metrics and /healthz, for reading only.",
	  .example = "127.0.0.1:9808" },
	{ "http.token_file", "http-token-file", CONFIG_FILE, false, WATCH, ONE(http_token_file),
	  .fallback = "", .unit = "file",
	  .reason = "Who asks must show the token in it; needed where http.listen is not loopback.",
	  .example = "/etc/siphound/http.token" },
	{ "ban_log", "ban-log", CONFIG_TEXT, false, WATCH, ONE(ban_log), .fallback = "", .unit = "file",
	  .reason = "One line for each ban, for fail2ban: addresses, rules and numbers, no text of a sender.",
	  .example = "/var/log/siphound/bans.log" },
	{ "evidence", "evidence", CONFIG_TEXT, false, CONFIG_FOR_READ, ONE(evidence), .fallback = "",
	  .unit = "folder", .reason = "read: writes one small pcap for each offender.",
	  .example = "/var/tmp/evidence" },
	{ "report.format", "format", CONFIG_WORD, false, ANALYSE, ONE(format), .words = formats,
	  .fallback = "text", .unit = "text, json, csv",
	  .reason = "text is for people, json for programs (docs/json.md). csv is for read and logs only." },
	{ "report.output", "output", CONFIG_TEXT, false, WATCH, ONE(output), .fallback = "", .unit = "file",
	  .reason = "Where to write. None: standard output, which the systemd journal takes.",
	  .example = "/var/log/siphound/siphound.json" },
	{ "report.observations", "observations", CONFIG_SWITCH, false, ANALYSE, ONE(observations),
	  .fallback = "false", .unit = "true, false",
	  .reason = "json: a record for each request too. Much." },
	{ "report.quiet", "quiet", CONFIG_SWITCH, false, ANALYSE, ONE(quiet), .fallback = "false",
	  .unit = "true, false", .reason = "Only what went wrong on standard error." },
	{ "user", "user", CONFIG_TEXT, false, WATCH, ONE(user), .fallback = "", .unit = "name of a user",
	  .reason =
	      "Whom to become when started by root. None: siphound if there is such a user, else nobody.",
	  .example = "siphound" },
};
#define KEYS (sizeof keys / sizeof *keys)

const struct config_key *config_keys(size_t *count)
{
	*count = KEYS;
	return keys;
}

const struct config_key *config_key_find(struct slice name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (slice_eq(name, slice_str(keys[i].name)))
			return &keys[i];
	return NULL;
}

/* "first" for "ban.first": who forgot where a key belongs has its last part right. */
static struct slice last_part(struct slice name)
{
	size_t dot = slice_find(name, '.');
	return dot == SLICE_NPOS ? name : slice_from(name, dot + 1);
}

const struct config_key *config_key_nearest(struct slice name)
{
	const struct config_key *best = NULL;
	size_t least = name.len / 3 + 2;
	for (size_t i = 0; i < KEYS; i++) {
		struct slice key = slice_str(keys[i].name);
		size_t apart = spelling_distance(name, key),
		       by_end = spelling_distance(last_part(name), last_part(key));
		apart = by_end < apart ? by_end + 1 : apart;
		if (apart < least) {
			least = apart;
			best = &keys[i];
		}
	}
	return best;
}

bool config_is_list(enum config_type type)
{
	return type == CONFIG_TEXTS || type == CONFIG_FILES || type == CONFIG_NETS || type == CONFIG_ALLOW;
}

/* ---- options as the table sees them ---- */

static const void *at(const struct options *o, size_t offset)
{
	return (const char *)o + offset;
}

static size_t count_of(const struct config_key *key, const struct options *o)
{
	size_t count;
	memcpy(&count, at(o, key->count_offset), sizeof count);
	return count;
}

static bool same_texts(const void *a, const void *b, size_t count)
{
	const char *const *x = a, *const *y = b;
	for (size_t i = 0; i < count; i++)
		if ((x[i] == NULL) != (y[i] == NULL) || (x[i] && strcmp(x[i], y[i]) != 0))
			return false;
	return true;
}

bool config_key_same(const struct config_key *key, const struct options *a, const struct options *b)
{
	bool is_list = config_is_list(key->type);
	size_t count = is_list ? count_of(key, a) : 1;
	if (is_list && count != count_of(key, b))
		return false;
	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_FILE:
	case CONFIG_TEXTS:
	case CONFIG_FILES:
	case CONFIG_ALLOW:
		return same_texts(at(a, key->offset), at(b, key->offset), count);
	case CONFIG_NETS:
		return memcmp(at(a, key->offset), at(b, key->offset), count * sizeof(struct addr_prefix)) ==
		       0;
	default:
		return memcmp(at(a, key->offset), at(b, key->offset), key->size) == 0;
	}
}

void config_key_copy(const struct config_key *key, struct options *to, const struct options *from)
{
	memcpy((char *)to + key->offset, at(from, key->offset), key->size);
	if (config_is_list(key->type))
		memcpy((char *)to + key->count_offset, at(from, key->count_offset), sizeof(size_t));
}
