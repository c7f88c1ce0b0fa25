/* SPDX-License-Identifier: MIT */
#ifndef APP_CONFIG_KEYS_H
#define APP_CONFIG_KEYS_H

#include "app/options.h"

/* app/config/keys.h - every key of the configuration file, in the order in which the example file has them.
 * One row makes a key: the reader, the example file and docs/configuration.md take it from here
 * (tests/unit/app/config/test_example.c holds them together). */

enum config_type {
	CONFIG_SWITCH, /* bool: true, false */
	CONFIG_NUMBER, /* uint64_t: min to max, or one of `words` */
	CONFIG_TIME,   /* int64_t, microseconds: 90s, 1h, 30d */
	CONFIG_SIZE,   /* uint64_t, bytes: 64MB, 32MiB */
	CONFIG_WORD,   /* int or bool: one of `words` */
	CONFIG_ZONE,   /* text, checked: zone_option.h */
	CONFIG_TEXT,   /* const char * */
	CONFIG_FILE,   /* the same: a file that must be there to be read */
	CONFIG_TEXTS,  /* const char *[], with a count */
	CONFIG_FILES,  /* the same, of files or folders; "+" may stand before each */
	CONFIG_NETS,   /* struct addr_prefix[], with a count */
	CONFIG_ALLOW,  /* const char *[], with a count: see allow_list.h */
};

/* Which commands a key is for. What is not for a command is checked all the same. */
enum {
	CONFIG_FOR_WATCH = 1,
	CONFIG_FOR_READ = 2 /* and logs */,
	CONFIG_FOR_STORE = 4 /* list, why, ban ... */,
	/* Besides, for who reads it a second time: files of keys that need a restart were read while there
	 * were rights to, and need not be readable any more. */
	CONFIG_AGAIN = 8
};

struct config_word {
	const char *text;
	int value;
};

struct config_key {
	const char *name;   /* "ban.first" */
	const char *option; /* of the command line, that takes its place; NULL: none. Of lists that spare
			       somebody, adds to it */
	enum config_type type;
	bool reloads; /* SIGHUP changes it; else it needs a restart */
	unsigned commands;
	size_t offset, size; /* in struct options; of lists the first item, and the size of all */
	size_t count_offset; /* lists */
	uint64_t min, max;   /* numbers, times (in microseconds), sizes; of lists max is the room */
	const struct config_word *words; /* the last has no text */
	const char *fallback;		 /* the default, as it stands in the example; "" for none */
	const char *unit;		 /* or form */
	const char *reason;		 /* what it is good for, and why the default is what it is */
	const char *example;		 /* a value to show; NULL: the default says enough */
};

const struct config_key *config_keys(size_t *count);
const struct config_key *config_key_find(struct slice name);
/* The key that differs least from `name`, or NULL when none is like it. */
const struct config_key *config_key_nearest(struct slice name);
bool config_is_list(enum config_type type);

/* Does this key say the same in both? */
bool config_key_same(const struct config_key *key, const struct options *a, const struct options *b);
/* Texts are borrowed from where `from` has them. */
void config_key_copy(const struct config_key *key, struct options *to, const struct options *from);

#endif
