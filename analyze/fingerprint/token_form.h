/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_FINGERPRINT_TOKEN_FORM_H
#define ANALYZE_FINGERPRINT_TOKEN_FORM_H

#include "core/slice.h"

/* analyze/fingerprint/token_form.h - the form of a random-looking token (branch, tag, Call-ID): its alphabet, how many
 * separators, and its length as exactly as one message allows. A random decimal of 32 bits has 8 to 10 digits,
 * so decimals are bucketed by the size of the number behind them; letters and digits come from fixed-length
 * generators, so from 20 on their length is kept. */

enum token_alphabet {
	TOKEN_ABSENT,  /* 0: no token */
	TOKEN_DECIMAL, /* d */
	TOKEN_HEX,     /* h: 0-9a-f */
	TOKEN_HEX_UPPER, /* H */
	TOKEN_LOWER,   /* a: letters, lower case, and digits */
	TOKEN_UPPER,   /* A */
	TOKEN_MIXED,   /* m: both cases, digits, and any of - . _ + / = ~ since such generators draw from those too */
	TOKEN_UUID,    /* u: 8-4-4-4-12 */
	TOKEN_OTHER,   /* o: anything else */
	TOKEN_SIPVICIOUS, /* V: hex of `text 0x01 digits`, see sipvicious.h */
};

/* Packed: bits 0-3 alphabet, 4-5 separators (3 means three or more), 8-15 length bucket (0: not kept). */
typedef uint16_t token_form;

token_form token_form_of(struct slice token);
/* Alphabet left out, length in five steps. */
token_form token_form_coarse(token_form form);
/* Writes at most 8 bytes, no NUL; returns how many. */
size_t token_form_text(token_form form, char *out);

#endif
