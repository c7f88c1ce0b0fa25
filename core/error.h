/* SPDX-License-Identifier: MIT */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

/* core/error.h - the sentence for the operator: what went wrong, where, and what to do about it.
 * Functions that can fail return 0 or a negative errno and fill the error they were given. */

#define ERROR_TEXT_MAX 512

struct error {
	char text[ERROR_TEXT_MAX];
};

/* What a parser of untrusted bytes says. The result is written on PARSE_OK only. */
enum parse_result {
	PARSE_OK,
	PARSE_PARTIAL, /* more bytes are needed */
	PARSE_BAD,
};

/* Formats the sentence (cut at ERROR_TEXT_MAX) and returns `code` unchanged, so that a failure is one line:
 * return error_set(err, -EINVAL, "..."). A NULL err is allowed. */
int error_set(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts `prefix: ` before the sentence that is already there. */
void error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
