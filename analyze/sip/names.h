/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_NAMES_H
#define ANALYZE_SIP_NAMES_H

#include "analyze/sip/message.h"

/* analyze/sip/names.h - tables of the words and bytes that SIP gives a meaning; message.h has the public part. */

/* Which header field a name means and how it is spelled: *style gets SIP_FIELD_COMPACT and SIP_FIELD_ODD_CASE,
 * *odd whether the case is one that nobody uses on purpose (neither usual, nor all lower, nor all upper). */
enum sip_header sip_header_read(struct slice name, uint8_t *style, bool *odd);

/* Like sip_method_of, any case. */
enum sip_method sip_method_of_nocase(struct slice text);

enum {
	SIP_CHAR_TOKEN = 1, /* RFC 3261 25.1 token */
	SIP_CHAR_HOST = 2,  /* alphanum - . _ : [ ] % : anything seen in the host part of a URI or a sent-by */
	SIP_CHAR_USER = 4,  /* user part of a URI: unreserved, user-unreserved, escapes, and # which dial strings hold */
	SIP_CHAR_HEX = 8,
	SIP_CHAR_HINT = 16,  /* bytes that injected text needs and honest text seldom holds, see inject.c */
	SIP_CHAR_SLASH = 32, /* '/' */
	SIP_CHAR_BLANK = 64, /* blanks, and parentheses, which a user part seldom holds */
};
extern const uint8_t sip_char_class[256];

static inline bool sip_char_is(uint8_t c, uint8_t which)
{
	return sip_char_class[c] & which;
}

static inline bool sip_is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* slice_trim() for values that hardly ever need it. */
static inline struct slice sip_trim(struct slice s)
{
	return s.len && s.ptr[0] > ' ' && s.ptr[s.len - 1] > ' ' ? s : slice_trim(s);
}

/* s begins with the four letters, any case; the literal must be in lower case. '=' and ':' are themselves in either case. */
static inline bool sip_starts_with4(struct slice s, const char lower[4])
{
	uint32_t have, want;
	if (s.len < 4)
		return false;
	memcpy(&have, s.ptr, 4);
	memcpy(&want, lower, 4);
	return (have | 0x20202020u) == want;
}

/* True when s is not empty and all its bytes are of the kind. */
bool sip_all_are(struct slice s, uint8_t which);

#endif
