/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_FINGERPRINT_TOKEN_SURVEY_H
#define ANALYZE_FINGERPRINT_TOKEN_SURVEY_H

#include "core/slice.h"

/* analyze/fingerprint/token_survey.h - which kinds of bytes a token has: all that token_form.h must look at
 * each byte for. */

/* Some alphabets are two kinds, so that a kind is a row or two of ASCII: all but the last two fit a byte. */
enum {
	TOKEN_DIGIT = 1,
	TOKEN_HEX_LOW = 2,     /* a-f */
	TOKEN_LOW = 4 | 8,     /* g-o, p-z */
	TOKEN_HEX_UP = 16,     /* A-F */
	TOKEN_UP = 32 | 64,    /* G-O, P-Z */
	TOKEN_SEPARATOR = 128, /* - . _ */
	TOKEN_SIGN = 256,      /* + / = ~ */
	TOKEN_STRANGE = 512
};

struct token_survey {
	unsigned kinds;
	unsigned separators; /* how many; undefined when there are strange bytes */
};

struct token_survey token_survey_of(struct slice token);
/* The same without vector instructions: for tests, to compare the two. */
struct token_survey token_survey_plain(struct slice token);

#endif
