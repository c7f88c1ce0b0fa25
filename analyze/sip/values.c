/* SPDX-License-Identifier: MIT */
#include "analyze/sip/values.h"

#include "analyze/sip/find.h"

static bool read_name_addr(const struct sip_message *m, enum sip_header header, struct sip_name_addr *out)
{
	if (m->first[header] && sip_name_addr_parse(sip_value(m, header), out) == PARSE_OK)
		return true;
	sip_clear(out, sizeof *out);
	return false;
}

void sip_values_read(const struct sip_message *m, struct sip_values *out)
{
	out->has_from = read_name_addr(m, SIP_HEADER_FROM, &out->from);
	out->has_to = read_name_addr(m, SIP_HEADER_TO, &out->to);
	out->has_contact = read_name_addr(m, SIP_HEADER_CONTACT, &out->contact);
	out->has_via = m->first[SIP_HEADER_VIA] && sip_via_parse(sip_value(m, SIP_HEADER_VIA), &out->via) == PARSE_OK;
	if (!out->has_via)
		sip_clear(&out->via, sizeof out->via);
	out->has_cseq = m->first[SIP_HEADER_CSEQ] && sip_cseq_parse(sip_value(m, SIP_HEADER_CSEQ), &out->cseq) == PARSE_OK;
	if (!out->has_cseq)
		sip_clear(&out->cseq, sizeof out->cseq);
	sip_clear(&out->request_uri, sizeof out->request_uri);
	out->has_request_uri = m->is_request && sip_uri_fill(m->request_uri, &out->request_uri);
	if (!out->has_request_uri)
		sip_clear(&out->request_uri, sizeof out->request_uri);
}
