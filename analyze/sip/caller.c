/* SPDX-License-Identifier: MIT */
#include "analyze/sip/caller.h"

#define NUMBER_DIGITS_MIN 7 /* shorter ones are extensions, as among numbers that are dialled */

static bool is_number(struct slice user)
{
	struct slice digits = slice_from(user, slice_starts(user, SLICE("+")));
	for (size_t i = 0; i < digits.len; i++)
		if (!ascii_is_digit(digits.ptr[i]))
			return false;
	return digits.len >= NUMBER_DIGITS_MIN;
}

static bool has_nocase(struct slice s, struct slice word)
{
	for (; s.len >= word.len; s = slice_from(s, 1))
		if (slice_starts_nocase(s, word))
			return true;
	return false;
}

static bool is_hidden(struct slice user, struct slice host)
{
	return has_nocase(user, SLICE("anonymous")) || has_nocase(user, SLICE("unavailable")) ||
	       has_nocase(user, SLICE("unknown")) || has_nocase(user, SLICE("restricted")) ||
	       slice_eq_nocase(user, SLICE("private")) || slice_eq_nocase(user, SLICE("withheld")) ||
	       slice_eq_nocase(host, SLICE("anonymous.invalid"));
}

enum caller_word sip_caller(struct slice user, struct slice host)
{
	return is_number(user)			? CALLER_NUMBER
	       : is_hidden(user, host)		? CALLER_HIDDEN
	       : user.len == 0 && host.len == 0 ? CALLER_ABSENT
						: CALLER_NAME;
}

enum caller_word sip_caller_logged(struct slice user)
{
	return is_number(user) ? CALLER_NUMBER : user.len == 0 ? CALLER_ABSENT : CALLER_NAME;
}
