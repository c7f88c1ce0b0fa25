/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_DETECT_ABROAD_H
#define ANALYZE_DETECT_ABROAD_H

#include "core/slice.h"

/* analyze/detect/abroad.h - does a number that was dialled leave the country, and by which code? */

/* What people dial to leave their country. A country has one of them, so who dials one number behind two does
 * not know where he is. */
enum code_abroad {
	CODE_ITU = 1,	    /* 00 */
	CODE_AMERICA = 2,   /* 011 */
	CODE_AUSTRALIA = 4, /* 0011; no area code of America begins with 1, so it is not 00 and 1 */
	CODE_RUSSIA = 8,    /* 8, and 10 */
};

/* 0: none that is known, or a + in its place. A zero, or 9, may come first to get a line. */
unsigned code_abroad(struct slice number);

#endif
