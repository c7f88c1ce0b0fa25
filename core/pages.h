/* SPDX-License-Identifier: MIT */
#ifndef CORE_PAGES_H
#define CORE_PAGES_H

#include <stddef.h>

/* core/pages.h - memory that was taken from the system and is about to be used, all of it.
 * The system gives each page when it is touched first, at the price of a fault; read before it is written, as
 * tables are, at the price of two, and the second makes every other processor forget what it knew of the
 * page. Asked for together they cost less: docs/benchmarks.md. */

/* Takes the whole pages between from and from + size; what is in them stays. Only a wish: where the system
 * can not, nothing changes. */
void pages_take(void *from, size_t size);

/* Gives the whole pages between back, though not the right to use them: they come again when they are
 * touched. What was in them is lost, or stays. */
void pages_give_back(void *from, size_t size);

#endif
