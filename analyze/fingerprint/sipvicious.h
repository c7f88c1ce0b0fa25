/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_FINGERPRINT_SIPVICIOUS_H
#define ANALYZE_FINGERPRINT_SIPVICIOUS_H

#include "analyze/sip/message.h"
#include "core/addr.h"

/* analyze/fingerprint/sipvicious.h - what SIPVicious writes into its From tag: hex of `text 0x01 digits`. The text is its target
 * (svmap), the extension it tries (svwar), or `user:password` (svcrack). The password is never given out, only its kind. */

enum sipvicious_module { SIPVICIOUS_NONE, SIPVICIOUS_SVMAP, SIPVICIOUS_SVWAR, SIPVICIOUS_SVCRACK, SIPVICIOUS_SVCRASH };

enum secret_kind { SECRET_NONE, SECRET_SAME_AS_ACCOUNT, SECRET_DIGITS, SECRET_LETTERS, SECRET_MIXED, SECRET_EMPTY };

struct sipvicious_tag {
	enum sipvicious_module module;
	struct addr target;	/* svmap: where it aimed; :: otherwise, and when its shortened IPv6 form cannot be expanded */
	uint16_t target_port;	/* svmap */
	uint8_t account[64];	/* svwar, svcrack: the extension or user tried, printable ASCII; svcrack's first request: none */
	size_t account_len;
	enum secret_kind secret;
	size_t secret_len;
};

/* True when the tag decodes; *out filled. A 12-digit extension of svwar cannot be told from an IPv4 target of svmap
 * and is read as that. No random tag decodes: text, the 0x01 and at least five digits must all be there. */
bool sipvicious_decode(struct slice from_tag, struct sipvicious_tag *out);

/* The From tag of a message wherever SIPVicious may have put it: svcrash has its From after the empty line. */
bool sipvicious_find(const struct sip_message *message, struct sipvicious_tag *out);

const char *sipvicious_module_text(enum sipvicious_module module);

#endif
