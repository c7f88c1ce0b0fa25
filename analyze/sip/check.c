/* SPDX-License-Identifier: MIT */
#include "analyze/sip/inject.h"
#include "analyze/sip/names.h"
#include "analyze/sip/values.h"
#include "core/addr.h"

#define HEADER_BIT(name) ((uint64_t)1 << SIP_HEADER_##name)
_Static_assert(SIP_HEADER_COUNT <= 64, "header sets are 64-bit masks");

/* Fields that may stand once (RFC 3261 table 2 and 7.3.1). */
#define SINGLE                                                                                                    \
	(HEADER_BIT(FROM) | HEADER_BIT(TO) | HEADER_BIT(CALL_ID) | HEADER_BIT(CSEQ) | HEADER_BIT(MAX_FORWARDS) |    \
	 HEADER_BIT(CONTENT_LENGTH) | HEADER_BIT(CONTENT_TYPE) | HEADER_BIT(USER_AGENT) | HEADER_BIT(SERVER) |      \
	 HEADER_BIT(EXPIRES) | HEADER_BIT(EVENT) | HEADER_BIT(SUBJECT) | HEADER_BIT(DATE) |                         \
	 HEADER_BIT(ORGANIZATION) | HEADER_BIT(TIMESTAMP) | HEADER_BIT(SESSION_EXPIRES) | HEADER_BIT(MIN_SE) |      \
	 HEADER_BIT(REFER_TO) | HEADER_BIT(REFERRED_BY))

/* Fields whose text is free, so that all of it may be an injection. Of the others the user parts and names are looked at. */
#define FREE_TEXT                                                                                                 \
	(HEADER_BIT(OTHER) | HEADER_BIT(USER_AGENT) | HEADER_BIT(SERVER) | HEADER_BIT(CALL_ID) |                    \
	 HEADER_BIT(SUBJECT) | HEADER_BIT(ORGANIZATION) | HEADER_BIT(AUTHORIZATION) |                               \
	 HEADER_BIT(PROXY_AUTHORIZATION) | HEADER_BIT(EVENT) | HEADER_BIT(P_ASSERTED_IDENTITY) |                    \
	 HEADER_BIT(REMOTE_PARTY_ID) | HEADER_BIT(P_PREFERRED_IDENTITY) | HEADER_BIT(REFERRED_BY) |                 \
	 HEADER_BIT(REASON) | HEADER_BIT(WARNING))

/* A host name or address as RFC 3261 25.1 has it, underscore allowed; an IPv6 address needs its brackets. */
static bool is_host(struct slice host)
{
	struct addr ignored;
	uint8_t all = SIP_CHAR_HOST;
	bool has_colon = false;
	for (size_t i = 0; i < host.len; i++) {
		all &= sip_char_class[host.ptr[i]];
		has_colon |= host.ptr[i] == ':';
	}
	if (!all || host.len == 0)
		return false;
	return !has_colon || (host.ptr[-1] == '[' && addr_parse(host, &ignored));
}

static uint64_t check_fields(const struct sip_message *m)
{
	uint64_t anomalies = 0, seen = 0;
	for (size_t i = 0; i < m->field_count; i++) {
		uint64_t bit = (uint64_t)1 << m->fields[i].header;
		if (seen & bit & SINGLE)
			anomalies |= SIP_ANOMALY(REPEATED_FIELD);
		seen |= bit;
		if ((bit & FREE_TEXT) && sip_is_injection(m->fields[i].value))
			anomalies |= SIP_ANOMALY(INJECTION);
	}
	if (!(seen & HEADER_BIT(VIA)))
		anomalies |= SIP_ANOMALY(MISSING_VIA);
	if (!(seen & HEADER_BIT(FROM)))
		anomalies |= SIP_ANOMALY(MISSING_FROM);
	if (!(seen & HEADER_BIT(TO)))
		anomalies |= SIP_ANOMALY(MISSING_TO);
	if (!(seen & HEADER_BIT(CALL_ID)))
		anomalies |= SIP_ANOMALY(MISSING_CALL_ID);
	if (!(seen & HEADER_BIT(CSEQ)))
		anomalies |= SIP_ANOMALY(MISSING_CSEQ);
	return anomalies;
}

static bool is_sip_uri(const struct sip_uri *uri)
{
	/* The scheme is followed by its colon. */
	return (uri->scheme.len == 3 && sip_starts_with4(slice_of(uri->scheme.ptr, 4), "sip:")) ||
	       slice_eq_nocase(uri->scheme, SLICE("sips"));
}

static uint64_t check_request_uri(const struct sip_message *m, const struct sip_values *v)
{
	static const struct slice known[] = { SLICE_INIT("tel"), SLICE_INIT("urn"), SLICE_INIT("im"), SLICE_INIT("pres") };
	const struct sip_uri *uri = &v->request_uri;
	uint64_t anomalies = 0;
	if (!v->has_request_uri)
		return SIP_ANOMALY(BAD_REQUEST_URI) |
		       (sip_is_user_injection(m->request_uri) ? SIP_ANOMALY(INJECTION) : 0);
	if (is_sip_uri(uri)) {
		/* Headers in a Request-URI are forbidden (RFC 3261 19.1.1). */
		if (!is_host(uri->host) || uri->headers.ptr)
			anomalies |= SIP_ANOMALY(BAD_REQUEST_URI);
	} else {
		bool is_known = false;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			is_known |= slice_eq_nocase(uri->scheme, known[i]);
		if (!is_known)
			anomalies |= SIP_ANOMALY(BAD_REQUEST_URI);
	}
	if (sip_is_user_injection(uri->user))
		anomalies |= SIP_ANOMALY(INJECTION);
	return anomalies;
}

/* `bad` when the value or its URI cannot be read; injection in its user part or name, or anywhere when it is unreadable. */
static uint64_t check_name_addr(const struct sip_message *m, enum sip_header header, bool readable,
				const struct sip_name_addr *a, uint64_t bad)
{
	if (!m->first[header])
		return 0;
	if (!readable)
		return bad | (sip_is_user_injection(sip_value(m, header)) ? SIP_ANOMALY(INJECTION) : 0);
	uint64_t anomalies = 0;
	if (a->has_uri ? is_sip_uri(&a->uri) && !is_host(a->uri.host) : !a->is_star)
		anomalies |= bad;
	if (sip_is_user_injection(a->has_uri ? a->uri.user : a->uri_text) || sip_is_injection(a->display_name))
		anomalies |= SIP_ANOMALY(INJECTION);
	return anomalies;
}

static uint64_t check_via(const struct sip_message *m, const struct sip_values *v)
{
	if (!m->first[SIP_HEADER_VIA])
		return 0;
	if (!v->has_via)
		return SIP_ANOMALY(BAD_VIA);
	uint64_t anomalies = is_host(v->via.host) ? 0 : SIP_ANOMALY(BAD_VIA);
	if (v->via.branch.len == 0)
		anomalies |= SIP_ANOMALY(NO_BRANCH);
	else if (!slice_starts(v->via.branch, SLICE("z9hG4bK")) && !slice_starts_nocase(v->via.branch, SLICE("z9hG4bK")))
		anomalies |= SIP_ANOMALY(NO_BRANCH_COOKIE);
	return anomalies;
}

static uint64_t check_cseq(const struct sip_message *m, const struct sip_values *v)
{
	if (!m->first[SIP_HEADER_CSEQ])
		return 0;
	if (!v->has_cseq)
		return SIP_ANOMALY(BAD_CSEQ);
	uint64_t anomalies = v->cseq.number > INT32_MAX ? SIP_ANOMALY(BAD_CSEQ) : 0; /* below 2^31: 8.1.1.5 */
	if (m->is_request && !slice_eq(v->cseq.method, m->method_text))
		anomalies |= SIP_ANOMALY(CSEQ_METHOD);
	return anomalies;
}

void sip_values_check(struct sip_message *m, const struct sip_values *v)
{
	uint64_t anomalies = check_fields(m) | check_via(m, v) | check_cseq(m, v);
	uint64_t hops;
	anomalies |= check_name_addr(m, SIP_HEADER_FROM, v->has_from, &v->from, SIP_ANOMALY(BAD_FROM));
	anomalies |= check_name_addr(m, SIP_HEADER_TO, v->has_to, &v->to, SIP_ANOMALY(BAD_TO));
	anomalies |= check_name_addr(m, SIP_HEADER_CONTACT, v->has_contact, &v->contact, SIP_ANOMALY(BAD_CONTACT));
	if (v->has_from && v->from.tag.len == 0)
		anomalies |= SIP_ANOMALY(NO_FROM_TAG);
	if (m->first[SIP_HEADER_MAX_FORWARDS] &&
	    (!slice_u64(sip_value(m, SIP_HEADER_MAX_FORWARDS), &hops) || hops > 255))
		anomalies |= SIP_ANOMALY(BAD_MAX_FORWARDS);
	if (m->is_request)
		anomalies |= check_request_uri(m, v);
	m->anomalies |= anomalies;
}
