/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_EXPORT_INTERNAL_H
#define OUTPUT_EXPORT_INTERNAL_H

#include "output/export/export.h"
#include "output/json/writer.h"

/* output/export/internal.h - what the files of this folder share. A format is a function that walks the
 * entries as often as it likes and prints. */

struct export_item {
	const struct store_entry *entry;
	char net[STORE_NET_TEXT_MAX];
	bool is_v4, is_single;
	int64_t ttl_s;	  /* from now on; 0: no end */
	int64_t until_us; /* the same as a moment; 0: no end */
};

struct export
{
	struct store *store;
	const struct export_options *options;
	FILE *out;
	const char *name;
	bool takes_prefixes;
	struct export_tally tally;
	int code;
	struct error error;
	struct json_writer w; /* for the formats that are JSON */
};

/* walk.c */
typedef void (*export_item_fn)(struct export *x, const struct export_item *item, void *ctx);
/* Gives every entry that is to be exported, in order of address; counts what is left out when `counts`. */
void export_each(struct export *x, bool counts, export_item_fn fn, void *ctx);
/* A word of ours (a rule id, a tool) that is fit for any syntax; "" when it is not. */
const char *export_word(const char *text);
/* Two capital letters, or "". */
const char *export_country(const struct store_entry *e);

/* lists.c */
void export_plain(struct export *x);
void export_cidr(struct export *x);
void export_csv(struct export *x);
void export_json(struct export *x);
/* firewall.c */
void export_ipset(struct export *x);
void export_nft(struct export *x);
void export_mikrotik(struct export *x);
/* sharing.c */
void export_crowdsec(struct export *x);
void export_abuseipdb(struct export *x);
/* stix.c */
void export_stix(struct export *x);

#endif
