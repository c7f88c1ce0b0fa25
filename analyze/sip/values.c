/* SPDX-License-Identifier: MIT */
#include "analyze/sip/values.h"

#include "analyze/sip/find.h"

typedef enum parse_result (*name_addr_fn)(struct slice value, struct sip_name_addr *out);

static bool read_name_addr(const struct sip_message *m, enum sip_header header, name_addr_fn parse, struct sip_name_addr *out)
{
	if (m->first[header] && parse(sip_value(m, header), out) == PARSE_OK)
		return true;
	sip_clear(out, sizeof *out);
	return false;
}

static void read_frame(const struct sip_message *m, name_addr_fn parse, struct sip_values *out)
{
	out->has_from = read_name_addr(m, SIP_HEADER_FROM, parse, &out->from);
	out->has_to = read_name_addr(m, SIP_HEADER_TO, parse, &out->to);
	out->has_via = m->first[SIP_HEADER_VIA] && sip_via_parse(sip_value(m, SIP_HEADER_VIA), &out->via) == PARSE_OK;
	if (!out->has_via)
		sip_clear(&out->via, sizeof out->via);
	out->has_cseq = m->first[SIP_HEADER_CSEQ] && sip_cseq_parse(sip_value(m, SIP_HEADER_CSEQ), &out->cseq) == PARSE_OK;
	if (!out->has_cseq)
		sip_clear(&out->cseq, sizeof out->cseq);
	out->has_contact = out->has_request_uri = false;
	sip_clear(&out->contact, sizeof out->contact);
	sip_clear(&out->request_uri, sizeof out->request_uri);
}

void sip_values_read_answer(const struct sip_message *m, struct sip_values *out)
{
	read_frame(m, sip_name_addr_parse_frame, out);
}

void sip_values_read_request(const struct sip_message *m, struct sip_values *out)
{
	read_frame(m, sip_name_addr_parse, out);
	out->has_request_uri = m->is_request && sip_uri_fill(m->request_uri, &out->request_uri);
	if (!out->has_request_uri)
		sip_clear(&out->request_uri, sizeof out->request_uri);
}

void sip_values_read_contact(const struct sip_message *m, struct sip_values *out)
{
	out->has_contact = read_name_addr(m, SIP_HEADER_CONTACT, sip_name_addr_parse, &out->contact);
}

void sip_values_read(const struct sip_message *m, struct sip_values *out)
{
	sip_values_read_request(m, out);
	sip_values_read_contact(m, out);
}
