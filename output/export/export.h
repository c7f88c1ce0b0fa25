/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_EXPORT_EXPORT_H
#define OUTPUT_EXPORT_EXPORT_H

#include "output/store/sqlite.h"

/* output/export/export.h - the store as a blocklist in another system's format (docs/store.md tells the use
 * of each). What is exported is what is banned: by hand, or by proof. An address that nobody answered may be
 * forged, and a list that is passed on must not be a way to have somebody blocked. No text of a stranger gets
 * into any format. */

/* X(ID, "name", kinds, is there a name in it to choose, "meaning") */
#define EXPORT_FORMATS(X)                                                                                    \
	X(PLAIN, "plain", SINGLES, NAMELESS, "addresses, one a line")                                        \
	X(CIDR, "cidr", BOTH, NAMELESS, "addresses and networks, all with their bits")                       \
	X(CSV, "csv", BOTH, NAMELESS, "with end, score, rule, country and AS")                               \
	X(JSON, "json", BOTH, NAMELESS, "the same as JSON lines")                                            \
	X(IPSET, "ipset", BOTH, NAMED, "for `ipset restore`: replaces its sets at one blow")                 \
	X(NFT, "nft", BOTH, NAMED, "for `nft -f`: table, sets and drop rule, replaced at one blow")          \
	X(MIKROTIK, "mikrotik", BOTH, NAMED, "RouterOS script that fills an address list")                   \
	X(CROWDSEC, "crowdsec", SINGLES, NAMELESS, "for `cscli decisions import`")                           \
	X(ABUSEIPDB, "abuseipdb", SINGLES, NAMELESS, "CSV for a bulk report")                                \
	X(STIX, "stix", BOTH, NAMELESS, "STIX 2.1 bundle")

#define X(id, name, kinds, names, text) EXPORT_##id,
enum export_format { EXPORT_FORMATS(X) EXPORT_FORMAT_COUNT };
#undef X
const char *export_name(enum export_format format);
const char *export_meaning(enum export_format format);
bool export_has_name(enum export_format format); /* of sets, tables or lists */

#define EXPORT_NAME_MAX 20 /* of sets and lists, so that suffixes fit ipset's 31 */

struct export_options {
	FILE *out;
	const char *name; /* of sets, tables and lists: letters, digits and _, at most EXPORT_NAME_MAX; NULL:
			     siphound_list */
	int64_t now_us;	  /* bans are in force, or not, at this moment; time left counts from it */
	bool is_past;	  /* which is another than now: as it was then */
	bool ended;	  /* also bans that ran out, as if they began anew now */
	bool unproven;	  /* also addresses without proof (--one-way) */
	bool prefixes;	  /* only networks */
	int family, min_score; /* as in struct store_filter */
	int64_t since_us;
};

/* What was written, and what was left out and why. */
struct export_tally {
	uint64_t written, ended, unproven, prefixes, private, covered, beyond;
};

/* 0, or a negative errno with *err. *tally may be NULL. */
int export_write(struct store *s, enum export_format format, const struct export_options *options,
		 struct export_tally *tally, struct error *err);
bool export_name_is_good(const char *name);

#endif
