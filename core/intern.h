/* SPDX-License-Identifier: MIT */
#ifndef CORE_INTERN_H
#define CORE_INTERN_H

#include "core/table.h"

/* core/intern.h - texts that repeat (User-Agents, fingerprints), kept once and known by a 64-bit hash. Bounded: the one
 * unused longest is forgotten. Texts are cut at INTERN_TEXT_MAX bytes. */

#define INTERN_TEXT_MAX 160

struct intern {
	struct table table;
};

int intern_init(struct intern *in, size_t max_texts);
void intern_fini(struct intern *in);
/* Remembers it when it is not yet known. */
void intern_put(struct intern *in, uint64_t hash, struct slice text);
/* The text, absent when it was never put or is forgotten. Valid until the next intern_put. */
struct slice intern_get(const struct intern *in, uint64_t hash);

#endif
