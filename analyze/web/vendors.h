/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_WEB_VENDORS_H
#define ANALYZE_WEB_VENDORS_H

#include "core/error.h"
#include "core/slice.h"

/* analyze/web/vendors.h - what is known of phone makers, as data (rules/lists/provisioning.yaml explains its own form): the files
 * their phones ask for, how their User-Agents begin, and the first halves of MAC addresses (OUIs) that are theirs.
 * Life: vendors_load or vendors_parse, any number of look-ups from any thread, vendors_free. */

/* X(ID, "text") */
#define FILE_KINDS(X)                                                                                              \
	X(DEVICE, "device")	  /* the settings of one phone, secrets included */                                \
	X(DEFAULT, "default")	  /* given to any phone, or to any of one model */                                 \
	X(COMMON, "common")	  /* the same for all */                                                           \
	X(FIRMWARE, "firmware")                                                                                    \
	X(DIRECTORY, "directory")                                                                                  \
	X(LOG, "log")		  /* that a phone uploads */                                                       \
	X(OTHER, "other")	  /* what phones ask for besides, and which is often not there */

#define X(id, text) FILE_KIND_##id,
enum file_kind { FILE_KIND_NONE, FILE_KINDS(X) FILE_KIND_COUNT };
#undef X
const char *file_kind_text(enum file_kind kind); /* "" for none */
enum file_kind file_kind_of(struct slice text);

#define VENDORS_MAX 64

struct vendors;

/* NULL with *err (file:line:column and what to do). */
struct vendors *vendors_load(const char *path, struct error *err);
struct vendors *vendors_parse(struct slice yaml, const char *name, struct error *err);
void vendors_free(struct vendors *v);
/* Each gets what the other was: for who holds `a` and is to know more. Not while somebody looks up. */
void vendors_exchange(struct vendors *a, struct vendors *b);

/* Stable key of a vendor: "yealink"; NULL past the end. */
const char *vendors_name(const struct vendors *v, size_t index);

#define VENDOR_UNKNOWN (-1)
/* Index of the vendor, or VENDOR_UNKNOWN. */
int vendors_owner(const struct vendors *v, uint64_t mac);
int vendors_agent(const struct vendors *v, struct slice agent);

/* A file that some vendor's phones ask for. */
struct vendor_file {
	uint64_t vendors; /* bit set of indexes: names such as <mac>.cfg belong to many */
	enum file_kind kind;
	uint64_t mac;	  /* in its name, 0: none */
	bool is_weak;	  /* so plain a name that ordinary web traffic has it too */
};

/* `path` without query, lower case, %-escapes decoded. The pattern with most fixed text decides. */
bool vendors_file(const struct vendors *v, struct slice path, struct vendor_file *out);

/* Is one of the folders in `path` (as above) named as provisioning folders are? */
bool vendors_folder(const struct vendors *v, struct slice path);

/* A MAC at the start of `text`: 12 hex digits, or pairs joined by one of : - _, or fours joined by dots, and no hex digit
 * behind it. Its length, or 0. 000000000000 and ffffffffffff, which are nobody's, are not taken. */
size_t mac_at_start(struct slice text, uint64_t *mac);

#endif
