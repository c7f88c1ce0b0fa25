/* SPDX-License-Identifier: MIT */
#ifndef APP_DIALECT_FILES_H
#define APP_DIALECT_FILES_H

#include "app/options.h"

/* app/dialect_files.h - do logs read as they did? A number that changes with the dialects, shipped ones and those of the options, and with
 * the options that say how logs are read. */

uint64_t dialect_files_mark(const struct options *o);

#endif
