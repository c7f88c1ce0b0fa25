/* SPDX-License-Identifier: MIT */
#ifndef APP_OUTLET_H
#define APP_OUTLET_H

#include <stdint.h>
#include <stdio.h>

/* app/outlet.h - what a watch writes its records to, a line each. Attacks make records, and records fill
 * disks: a line that a file does not take is lost as a whole and counted, the next one is tried again, and
 * the stream never fails. Of a line that broke off in the middle the beginning stays, as a line of its own.
 * What is no file (a pipe whose reader is gone) fails as streams do. Life: outlet_open, write to *out,
 * outlet_close. */

struct outlet;

/* Makes the file anew; `path` NULL: standard output, as it was opened for us. NULL with errno when it can not
 * be opened. *out is buffered by lines, and the outlet's. */
struct outlet *outlet_open(const char *path, FILE **out);
/* Lines that were lost so far. */
uint64_t outlet_lost(const struct outlet *o);
/* errno of the latest line, 0 when it was taken. */
int outlet_error(const struct outlet *o);
void outlet_close(struct outlet *o); /* NULL is fine */

#endif
