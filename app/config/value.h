/* SPDX-License-Identifier: MIT */
#ifndef APP_CONFIG_VALUE_H
#define APP_CONFIG_VALUE_H

#include "app/config/keys.h"
#include "core/error.h"

/* app/config/value.h - one value of the configuration file, from its text into struct options. */

/* 90s, 5m, 1h, 30d, 2w; 0 needs no unit. */
bool config_time_parse(struct slice text, uint64_t *us);
/* 512kB, 64MB, 1GB by thousands; 64MiB by 1024; a number alone is bytes. */
bool config_size_parse(struct slice text, uint64_t *bytes);

/* Sets a key that is no list, or adds an item to one that is. `text` has a NUL behind it and lives as long as
 * the options. 0, or -EINVAL with *err saying what is wanted. */
int config_value_set(const struct config_key *key, struct options *o, struct slice text, struct error *err);

#endif
