/* SPDX-License-Identifier: MIT */
#ifndef APP_CONFIG_CONFIG_H
#define APP_CONFIG_CONFIG_H

#include "app/config/keys.h"

#include <stdio.h>

/* app/config/config.h - the configuration file: YAML, every key optional (keys.h has them), what the
 * command line says goes first.
 *
 *   ban:
 *     first: 2h
 *   allow: [192.0.2.7, AS64500]
 *
 * Life: config_load after options_parse; the options borrow its texts, so config_free comes after their last
 * use. */

#define CONFIG_DEFAULT_PATH "/etc/siphound/siphound.yaml"

struct config;

/* "FILE:LINE:COLUMN: what is wrong; what to do", or "FILE: ..." */
typedef void (*config_problem_fn)(void *ctx, const char *sentence);

/* Fills in what is for one of `commands` and the command line left open (o->given); lists that spare somebody
 * (home_nets, allow) are added to those of the command line. Every problem is told, not only the first. 0, or
 * a negative errno with *err, the sum of them; *out is NULL then and *o is not to be used. */
int config_load(struct config **out, const char *path, unsigned commands, struct options *o,
		config_problem_fn problem, void *ctx, struct error *err);
/* The same from memory; `name` stands for the file. */
int config_read(struct config **out, struct slice text, const char *name, unsigned commands,
		struct options *o, config_problem_fn problem, void *ctx, struct error *err);
void config_free(struct config *c);

/* What o->config names; for `watch` also CONFIG_DEFAULT_PATH when it is there. Problems go to standard error.
 * 0 with *out NULL: there is none. */
int config_take(struct config **out, unsigned commands, struct options *o, struct error *err);

/* The example file: every key with default, unit and reason; the table of docs/configuration.md;
 * siphound.yaml(5). */
void config_print_example(FILE *out);
void config_print_table(FILE *out);
void config_print_manual(FILE *out);

#endif
