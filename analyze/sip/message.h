/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_MESSAGE_H
#define ANALYZE_SIP_MESSAGE_H

#include "core/error.h"
#include "core/slice.h"

/* analyze/sip/message.h - one SIP message (RFC 3261 section 7) read into slices. Nothing is allocated or copied, nothing is
 * unescaped: every slice points into the bytes that were given. What is broken becomes a named anomaly and the rest
 * is kept; only bytes that are no SIP message at all are refused. Values of header fields are read on demand
 * by uri.h, name_addr.h, via.h, cseq.h and auth.h. */

/* X(name, text). The order is fixed: the bit number is the anomaly's identity. */
#define SIP_ANOMALIES(X)                                                                                           \
	X(LEADING_CRLF, "leading-crlf")	       /* empty lines before the start line (RFC 3261 7.5 allows them) */  \
	X(LF_ONLY, "lf-only")		       /* lines end in LF alone */                                         \
	X(MIXED_LINE_END, "mixed-line-end")    /* some lines CRLF, some LF */                                      \
	X(LONE_CR, "lone-cr")                                                                                      \
	X(NUL_BYTE, "nul-byte")		       /* NUL in the header part */                                        \
	X(CONTROL_BYTE, "control-byte")	       /* other control bytes in the header part */                        \
	X(NOT_UTF8, "not-utf8")                                                                                    \
	X(NO_HEADER_END, "no-header-end")      /* the empty line after the header fields is missing */             \
	X(TRUNCATED, "truncated")	       /* Content-Length says more than the datagram holds */              \
	X(TRAILING_BYTES, "trailing-bytes")    /* datagram holds more than Content-Length says */                  \
	X(BAD_CONTENT_LENGTH, "bad-content-length")                                                                \
	X(START_LINE_SPACE, "start-line-space") /* more than one space or a tab between its parts, or at its end */ \
	X(UNKNOWN_METHOD, "unknown-method")                                                                        \
	X(METHOD_CASE, "method-case")	       /* invite: methods are case-sensitive */                            \
	X(BAD_VERSION, "bad-version")	       /* SIP/ followed by something else than 2.0 */                      \
	X(BAD_STATUS, "bad-status")                                                                                \
	X(BAD_REQUEST_URI, "bad-request-uri")                                                                      \
	X(HEADER_NO_COLON, "header-no-colon")                                                                      \
	X(HEADER_EMPTY_NAME, "header-empty-name")                                                                  \
	X(HEADER_BAD_NAME, "header-bad-name")  /* name holds bytes that no token has */                            \
	X(SPACE_BEFORE_COLON, "space-before-colon") /* allowed; hardly any stack writes it */                      \
	X(FOLDED, "folded")		       /* a value continues on the next line */                            \
	X(COMPACT, "compact")		       /* compact header names */                                          \
	X(ODD_CASE, "odd-case")		       /* a known name in neither its usual nor all-lower nor all-upper case */ \
	X(TOO_MANY_FIELDS, "too-many-fields")                                                                      \
	X(OVERLONG_FIELD, "overlong-field")    /* a header field longer than 4 KiB */                              \
	X(OVERLONG_URI, "overlong-uri")	       /* Request-URI longer than 512 bytes */                             \
	X(MISSING_VIA, "missing-via")                                                                              \
	X(MISSING_FROM, "missing-from")                                                                            \
	X(MISSING_TO, "missing-to")                                                                                \
	X(MISSING_CALL_ID, "missing-call-id")                                                                      \
	X(MISSING_CSEQ, "missing-cseq")                                                                            \
	X(REPEATED_FIELD, "repeated-field")    /* a field that may stand once stands more often */                 \
	X(BAD_VIA, "bad-via")                                                                                      \
	X(BAD_FROM, "bad-from")                                                                                    \
	X(BAD_TO, "bad-to")                                                                                        \
	X(BAD_CONTACT, "bad-contact")                                                                              \
	X(BAD_CSEQ, "bad-cseq")                                                                                    \
	X(CSEQ_METHOD, "cseq-method-mismatch")                                                                     \
	X(BAD_MAX_FORWARDS, "bad-max-forwards")                                                                    \
	X(NO_BRANCH, "no-branch")                                                                                  \
	X(NO_BRANCH_COOKIE, "no-branch-cookie") /* branch without z9hG4bK */                                       \
	X(NO_FROM_TAG, "no-from-tag")                                                                              \
	X(INJECTION, "injection")	       /* SQL, shell, script or format-string text in a field */

enum sip_anomaly_bit {
#define X(name, text) SIP_ANOMALY_BIT_##name,
	SIP_ANOMALIES(X)
#undef X
	    SIP_ANOMALY_COUNT
};
#define SIP_ANOMALY(name) ((uint64_t)1 << SIP_ANOMALY_BIT_##name)
_Static_assert(SIP_ANOMALY_COUNT <= 56, "the upper bits are the capture layer's");
const char *sip_anomaly_text(enum sip_anomaly_bit bit);

#define SIP_METHODS(X)                                                                                             \
	X(INVITE) X(ACK) X(BYE) X(CANCEL) X(OPTIONS) X(REGISTER) X(PRACK) X(SUBSCRIBE) X(NOTIFY) X(PUBLISH)        \
	X(INFO) X(REFER) X(MESSAGE) X(UPDATE)

enum sip_method {
	SIP_METHOD_NONE, /* a response without readable CSeq */
#define X(name) SIP_METHOD_##name,
	SIP_METHODS(X)
#undef X
	    SIP_METHOD_OTHER,
	SIP_METHOD_COUNT
};
/* "INVITE" ...; "" for NONE, "OTHER" for OTHER. */
const char *sip_method_text(enum sip_method method);
enum sip_method sip_method_of(struct slice text);

/* Header fields with a number of their own. X(name, "Long-Name", compact form or 0) */
#define SIP_HEADERS(X)                                                                                             \
	X(VIA, "Via", 'v') X(FROM, "From", 'f') X(TO, "To", 't') X(CALL_ID, "Call-ID", 'i') X(CSEQ, "CSeq", 0)     \
	X(CONTACT, "Contact", 'm') X(MAX_FORWARDS, "Max-Forwards", 0) X(USER_AGENT, "User-Agent", 0)               \
	X(SERVER, "Server", 0) X(CONTENT_LENGTH, "Content-Length", 'l') X(CONTENT_TYPE, "Content-Type", 'c')       \
	X(AUTHORIZATION, "Authorization", 0) X(PROXY_AUTHORIZATION, "Proxy-Authorization", 0)                      \
	X(WWW_AUTHENTICATE, "WWW-Authenticate", 0) X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0)                  \
	X(EXPIRES, "Expires", 0) X(ALLOW, "Allow", 0) X(ACCEPT, "Accept", 0) X(SUPPORTED, "Supported", 'k')        \
	X(ROUTE, "Route", 0) X(RECORD_ROUTE, "Record-Route", 0) X(EVENT, "Event", 'o')                             \
	X(SUBJECT, "Subject", 's') X(ALLOW_EVENTS, "Allow-Events", 'u') X(REQUIRE, "Require", 0)                   \
	X(ORGANIZATION, "Organization", 0) X(DATE, "Date", 0) X(WARNING, "Warning", 0) X(REASON, "Reason", 0)      \
	X(SESSION_EXPIRES, "Session-Expires", 'x') X(MIN_SE, "Min-SE", 0) X(REFER_TO, "Refer-To", 'r')             \
	X(REFERRED_BY, "Referred-By", 'b') X(CONTENT_ENCODING, "Content-Encoding", 'e')                            \
	X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 0) X(REMOTE_PARTY_ID, "Remote-Party-ID", 0)                  \
	X(P_PREFERRED_IDENTITY, "P-Preferred-Identity", 0) X(DIVERSION, "Diversion", 0) X(PRIVACY, "Privacy", 0)   \
	X(PATH, "Path", 0) X(TIMESTAMP, "Timestamp", 0) X(ACCEPT_LANGUAGE, "Accept-Language", 0)                   \
	X(ACCEPT_ENCODING, "Accept-Encoding", 0) X(CONTENT_DISPOSITION, "Content-Disposition", 0)

enum sip_header {
	SIP_HEADER_OTHER,
#define X(name, text, compact) SIP_HEADER_##name,
	SIP_HEADERS(X)
#undef X
	    SIP_HEADER_COUNT
};

/* How one header field was written; what a fingerprint is made of. */
enum {
	SIP_FIELD_COMPACT = 1,	   /* one-letter name */
	SIP_FIELD_ODD_CASE = 2,	   /* name not spelled in its usual case */
	SIP_FIELD_SPACE_COLON = 4, /* white space before the colon */
	SIP_FIELD_NO_SPACE = 8,	   /* nothing between colon and value */
	SIP_FIELD_WIDE = 16,	   /* more than one space, or a tab, between colon and value */
	SIP_FIELD_FOLDED = 32,	   /* value has line ends inside */
};

struct sip_field {
	struct slice name;
	struct slice value; /* white space at both ends removed; may hold folds */
	uint8_t header;	    /* enum sip_header */
	uint8_t style;
};

#define SIP_FIELDS_MAX 96
#define SIP_FIELD_OVERLONG 4096
#define SIP_URI_OVERLONG 512

struct sip_message {
	bool is_request;
	enum sip_method method;	   /* of the start line, or of CSeq in a response */
	uint16_t status_code;	   /* 0 in a request */
	struct slice method_text;  /* absent in a response */
	struct slice request_uri;  /* absent in a response */
	struct slice reason_phrase; /* absent in a request */
	struct slice version;	   /* "SIP/2.0" as written */
	uint64_t anomalies;	   /* of syntax; those of values are added by sip_values_check() */
	size_t field_count;
	uint8_t first[SIP_HEADER_COUNT]; /* position of the first such field + 1, 0 for none */
	struct slice body;	   /* as far as it was captured */
	struct slice all;	   /* the whole message, leading line ends removed */
	struct sip_field fields[SIP_FIELDS_MAX]; /* in order; only field_count of them are set */
};

/* Does this look like the start of a SIP message? A few bytes are compared; true is not yet a promise, false is final.
 * Leading CR, LF and NUL are passed over. SSDP, HTTP and RTSP are told apart by the version on the start line. */
bool sip_looks_like(struct slice bytes);

/* Reads one message from one datagram or one framed part of a stream. Leading line ends are passed over.
 * PARSE_OK       *out filled (fields past field_count are garbage)
 * PARSE_BAD      not a SIP message; *out is undefined
 * PARSE_PARTIAL  never */
enum parse_result sip_message_parse(struct slice bytes, struct sip_message *out);

/* The same two of a message that the capture cut: only lines that are whole are read, since half a number is another number. Of a
 * request line that is not, the method and the beginning of the URI are. What is missing behind the cut is marked as missing. */
bool sip_looks_like_cut(struct slice bytes);
enum parse_result sip_message_parse_cut(struct slice bytes, struct sip_message *out);

/* The value of the first field of this kind; absent when there is none. */
static inline struct slice sip_value(const struct sip_message *m, enum sip_header header)
{
	return m->first[header] ? m->fields[m->first[header] - 1].value : slice_of(NULL, 0);
}

#endif
