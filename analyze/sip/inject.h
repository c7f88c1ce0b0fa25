/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_INJECT_H
#define ANALYZE_SIP_INJECT_H

#include "core/slice.h"

/* analyze/sip/inject.h - text that is meant for the program behind the SIP server: SQL, shell commands, script tags, format
 * strings, path traversal. Judged by shape, so that O'Brien, AT&T, "50% off", UUIDs, base64 and
 * `;transport=tcp` are nobody's attack. %XX escapes are looked through. Text without a byte that all shapes need
 * costs one table look-up a byte. */
bool sip_is_injection(struct slice text);

/* The same for a user part, where a blank or a parenthesis is odd enough to look closer. */
bool sip_is_user_injection(struct slice user);

#endif
