/* SPDX-License-Identifier: MIT */
/* One SIP message: parse, all value parsers, checks, fingerprint and what an observation takes from it. The
 * input is the message. */
#include "analyze/fingerprint/fingerprint.h"
#include "analyze/fingerprint/sipvicious.h"
#include "analyze/sip/inject.h"
#include "analyze/sip/observe.h"
#include "analyze/sip/scan.h"
#include "analyze/sip/sdp.h"
#include "tests/fuzz/fuzz_input.h"

/* Every value parser on any bytes, whatever field they are from. */
static void read_value(struct slice value)
{
	struct slice copy = fuzz_exact(value);
	struct sip_name_addr name;
	struct sip_via via;
	struct sip_cseq cseq;
	struct sip_auth auth;
	struct sip_uri uri;
	uint8_t room[64];
	struct slice rest = copy;
	for (int i = 0; i < 4 && rest.ptr && sip_name_addr_parse(rest, &name) == PARSE_OK; i++) {
		FUZZ_CHECK(fuzz_inside(name.uri_text, copy) && fuzz_inside(name.params, copy) &&
			   fuzz_inside(name.tag, copy));
		FUZZ_CHECK(fuzz_inside(name.display_name, copy) &&
			   (!name.rest.ptr || name.rest.len < rest.len));
		rest = name.rest;
	}
	rest = copy;
	for (int i = 0; i < 4 && rest.ptr && sip_via_parse(rest, &via) == PARSE_OK; i++) {
		FUZZ_CHECK(fuzz_inside(via.host, copy) && fuzz_inside(via.branch, copy) &&
			   (!via.rest.ptr || via.rest.len < rest.len));
		rest = via.rest;
	}
	if (sip_cseq_parse(copy, &cseq) == PARSE_OK)
		FUZZ_CHECK(fuzz_inside(cseq.method, copy));
	if (sip_auth_parse(copy, &auth) == PARSE_OK)
		FUZZ_CHECK(fuzz_inside(auth.username, copy) && fuzz_inside(auth.nonce, copy) &&
			   fuzz_inside(auth.response, copy));
	memset(&uri, 0, sizeof uri);
	if (sip_uri_fill(copy, &uri))
		FUZZ_CHECK(fuzz_inside(uri.user, copy) && fuzz_inside(uri.password, copy) &&
			   fuzz_inside(uri.host, copy) && fuzz_inside(uri.headers, copy));
	FUZZ_CHECK(sip_unescape(copy, room, sizeof room).len <= copy.len);
	fuzz_touch(sip_param(copy, SLICE("tag")));
	sip_is_injection(copy);
	sip_is_user_injection(copy);
	fuzz_free(copy);
}

static void read_body(struct slice body)
{
	struct sip_sdp sdp;
	struct addr address;
	uint16_t port;
	if (sip_sdp_parse(body, &sdp) != PARSE_OK)
		return;
	FUZZ_CHECK(fuzz_inside(sdp.owner_username, body) && fuzz_inside(sdp.connection_address, body));
	sip_sdp_audio(&sdp, &address, &port);
}

static void observe(const struct sip_message *m)
{
	static const struct observe_wants all = { UINT64_MAX, UINT64_MAX };
	struct observation o;
	struct sip_parts parts;
	uint8_t number[40];
	memset(&parts, 0, sizeof parts);
	observation_init(&o);
	if (m->is_request) {
		sip_parts_read_request(m, &parts);
		sip_values_read_contact(m, &parts.v);
	} else {
		sip_parts_read_answer(m, &parts);
	}
	sip_observe(m, &parts, &all, &o);
	for (unsigned i = 0; i < TEXT_FIELD_COUNT; i++)
		FUZZ_CHECK(fuzz_inside(observation_text(&o, (enum text_field)i), m->all) ||
			   o.text[i].len < 4096);
	struct slice dialed = sip_dialed(m, &parts, number, sizeof number);
	FUZZ_CHECK(dialed.len <= sizeof number);
	fuzz_touch(sip_account(m, &parts, dialed));
}

static void fingerprint(const struct sip_message *m)
{
	struct fingerprint f, family, again;
	char text[FINGERPRINT_TEXT_MAX];
	fingerprint_make(m, &f);
	FUZZ_CHECK(strlen(fingerprint_text(&f, text)) < FINGERPRINT_TEXT_MAX);
	for (const char *c = text; *c; c++)
		FUZZ_CHECK(*c > ' ' && *c < 0x7f && *c != '"' && *c != '\\');
	fingerprint_family(&f, &family);
	fingerprint_family(&family, &again);
	FUZZ_CHECK(memcmp(&family, &again, sizeof family) == 0);
}

static void scan_by_all(struct slice bytes)
{
	uint32_t ends[SIP_SCAN_KINDS][SIP_LINES_MAX];
	size_t count[SIP_SCAN_KINDS];
	struct sip_scan scan[SIP_SCAN_KINDS] = { { 0 } };
	for (unsigned calls = 0; !scan[0].done && calls < 8; calls++)
		for (int kind = 0; kind < SIP_SCAN_KINDS; kind++) {
			if (!sip_scan_lines_by((enum sip_scan_kind)kind, bytes, &scan[kind], ends[kind],
					       &count[kind]))
				continue;
			FUZZ_CHECK(count[kind] == count[0] &&
				   memcmp(ends[kind], ends[0], count[0] * sizeof ends[0][0]) == 0);
			FUZZ_CHECK(scan[kind].next == scan[0].next && scan[kind].done == scan[0].done);
			FUZZ_CHECK(scan[kind].seen == scan[0].seen &&
				   scan[kind].has_empty_line == scan[0].has_empty_line);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_message m;
	struct sip_values values;
	struct sipvicious_tag tag;
	struct slice bytes = fuzz_exact(slice_of(data, size));
	bool looks = sip_looks_like(bytes);
	scan_by_all(bytes);
	read_value(slice_first(bytes, 512));
	if (sip_message_parse(bytes, &m) == PARSE_OK) {
		FUZZ_CHECK(looks || m.all.len < 8 ||
			   m.all.len > 32768); /* the quick look gives up on what can be no whole message */
		FUZZ_CHECK(m.field_count <= SIP_FIELDS_MAX && fuzz_inside(m.all, bytes) &&
			   fuzz_inside(m.body, bytes));
		for (size_t i = 0; i < m.field_count; i++) {
			FUZZ_CHECK(fuzz_inside(m.fields[i].name, bytes) &&
				   fuzz_inside(m.fields[i].value, bytes));
			FUZZ_CHECK(m.fields[i].header < SIP_HEADER_COUNT);
			read_value(m.fields[i].value);
		}
		read_value(m.request_uri);
		sip_values_read(&m, &values);
		sip_values_check(&m, &values);
		read_body(m.body);
		observe(&m);
		if (m.is_request)
			fingerprint(&m);
		sipvicious_find(&m, &tag);
	}
	fuzz_free(bytes);
	return 0;
}
