/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_ESCAPE_H
#define OUTPUT_ESCAPE_H

#include "core/slice.h"

/* output/escape.h - a stranger's text made fit for a terminal, a cell of a table or a JSON string. */

/* Reads one code point (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF) from the start of
 * `text`. Returns its length, or 0 when the bytes are no UTF-8; *code is written when it is above 0. */
size_t utf8_decode(struct slice text, uint32_t *code);

/* Controls, line and paragraph separators, marks that turn the direction of writing or are not to be seen:
 * what may change how the text around them is shown. */
bool code_is_control(uint32_t code);

/* Columns of a code point that a terminal may be given as it is; 0 when it may not. */
size_t code_columns(uint32_t code);

/* Bytes that escape_terminal needs at most for this many columns, NUL included. */
#define ESCAPE_SIZE(columns) ((columns)*4 + 1)

/* Writes `text` into `out` (ESCAPE_SIZE(columns) bytes), NUL-terminated, at most `columns` columns wide; what
 * is cut ends in "...". Printable ASCII and letters whose width and direction are known (Latin, Greek,
 * Cyrillic, Kana, Han, Hangul) stay; a backslash is doubled; every other byte becomes \xNN. So right-to-left
 * letters are escaped too: they would reorder the digits of an address beside them. Returns out. */
const char *escape_terminal(struct slice text, size_t columns, char *out);

/* Columns of a text that is ours or came from escape_terminal. */
size_t text_columns(struct slice text);

#endif
