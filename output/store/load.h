/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_STORE_LOAD_H
#define OUTPUT_STORE_LOAD_H

#include "output/store/internal.h"

/* output/store/load.h - a struct offender built again from the rows of one address, over all its runs. Life:
 * store_loader_new, store_load_detail for one offender after the other (each ends the one before),
 * store_loader_free. */

enum { STORE_LOAD_RULES = 64, STORE_LOAD_BREACHES = 64 };

struct store_loader;
struct store_loader *store_loader_new(struct store *s);
void store_loader_free(struct store_loader *l);
/* Copies a text until the next offender; NULL stays NULL. */
const char *store_keep(struct store_loader *l, const char *text);
/* Forgets the texts of the offender before. */
void store_loader_reset(struct store_loader *l);
/* Adds to `o`, whose row of the table offender was read: terms, stages, rules with evidence, samples,
 * breaches. */
void store_load_detail(struct store_loader *l, struct offender *o);

#endif
