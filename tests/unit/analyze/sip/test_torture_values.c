/* SPDX-License-Identifier: MIT */
#include "analyze/sip/sdp.h"
#include "analyze/sip/values.h"
#include "support/message_file.h"

#include <criterion/criterion.h>
#include <dirent.h>

/* What the documents wrote each message for, in the value that it is about. "-" is absent. */
static const struct {
	const char *file, *part, *value;
} readings[] = {
	/* RFC 4475 3.1.1, valid */
	{ "rfc4475_wsinv", "to.user", "vivekg" },
	{ "rfc4475_wsinv", "to.tag", "1918181833n" },
	{ "rfc4475_wsinv", "from.display", "J Rosenberg \\\\\\\"" },
	{ "rfc4475_wsinv", "from.tag", "98asjd8" },
	{ "rfc4475_wsinv", "cseq", "9 INVITE" },
	{ "rfc4475_wsinv", "via", "UDP 192.0.2.2 0 390skdjuw" },
	{ "rfc4475_intmeth", "method", "!interesting-Method0123456789_*+`.%indeed'~" },
	{ "rfc4475_intmeth", "uri.user",
	  "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)" },
	{ "rfc4475_intmeth", "uri.host", "example.com" },
	{ "rfc4475_intmeth", "from.tag", "_token~1'+`*%!-." },
	{ "rfc4475_intmeth", "from.display", "token1~` token2'+_ token3*%!.-" },
	{ "rfc4475_esc01", "uri.user", "sips%3Auser%40example.com" },
	{ "rfc4475_esc01", "uri.host", "example.net" },
	{ "rfc4475_esc01", "to.user", "%75se%72" },
	{ "rfc4475_esc01", "from.user", "I%20have%20spaces" },
	{ "rfc4475_esc01", "contact.uri.params", "%6C%72;n%61me=v%61lue%25%34%31" },
	{ "rfc4475_escnull", "from.user", "null-%00-null" },
	{ "rfc4475_escnull", "contact.user", "%00" },
	{ "rfc4475_esc02", "method", "RE%47IST%45R" },
	{ "rfc4475_esc02", "to.display", "%Z%45" },
	{ "rfc4475_lwsdisp", "from.display", "caller" },
	{ "rfc4475_lwsdisp", "from.user", "caller" },
	{ "rfc4475_longreq", "to.user", "user" },
	{ "rfc4475_longreq", "to.port", "6000" },
	{ "rfc4475_longreq", "from.tag", "323" },
	{ "rfc4475_dblreq", "cseq", "8 REGISTER" },
	{ "rfc4475_dblreq", "contact.user", "j.user" },
	{ "rfc4475_semiuri", "uri.user", "user;par=u%40example.net" },
	{ "rfc4475_semiuri", "uri.host", "example.com" },
	{ "rfc4475_transports", "via", "UDP t1.example.com 0 z9hG4bKkdjuw" },
	{ "rfc4475_mpart01", "body.start", "--7a9cbec02ceef655" },
	{ "rfc4475_unreason", "reason", "= 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe" },
	{ "rfc4475_noreason", "reason", "" },
	/* 3.1.2, invalid */
	{ "rfc4475_badinv01", "via", "UDP 192.0.2.15 0 -" },
	{ "rfc4475_badinv01", "to.tag", "1231" },
	{ "rfc4475_badinv01", "contact.user", "joe" },
	{ "rfc4475_clerr", "body.start", "v=0" },
	{ "rfc4475_ncl", "body.start", "v=0" },
	{ "rfc4475_scalar02", "cseq", "-" },
	{ "rfc4475_scalar02", "from.user", "caller" },
	{ "rfc4475_scalarlg", "via", "TCP host129.example.com 0 z9hG4bKzzxdiwo34sw" },
	{ "rfc4475_scalarlg", "via.received", "192.0.2.129" },
	{ "rfc4475_quotbal", "to.user", "-" },
	{ "rfc4475_quotbal", "from.user", "caller" },
	{ "rfc4475_ltgtruri", "uri", "<sip:user@example.com>" },
	{ "rfc4475_lwsruri", "uri", "sip:user@example.com; lr" },
	{ "rfc4475_lwsstart", "uri.user", "user" },
	{ "rfc4475_trws", "uri.user", "remote-target" },
	{ "rfc4475_escruri", "uri.host", "example.com" },
	{ "rfc4475_escruri", "uri.headers", "Route=%3Csip:example.com%3E" },
	{ "rfc4475_baddate", "cseq", "8 INVITE" },
	{ "rfc4475_regbadct", "contact.user", "user" },
	{ "rfc4475_regbadct", "contact.host", "example.com" },
	{ "rfc4475_badaspec", "to.display", "Engineer, Second" },
	{ "rfc4475_badaspec", "to.user", "second.engineer" },
	{ "rfc4475_badaspec", "to.host", "example.org" },
	{ "rfc4475_baddn", "from.user", "first.engineer" },
	{ "rfc4475_baddn", "from.tag", "43" },
	{ "rfc4475_badvers", "version", "SIP/7.0" },
	{ "rfc4475_badvers", "from.user", "caller" },
	{ "rfc4475_mismatch01", "cseq", "8 INVITE" },
	{ "rfc4475_mismatch02", "method", "NEWMETHOD" },
	{ "rfc4475_bigcode", "cseq", "353494 INVITE" },
	/* 3.2 and 3.3, of transactions and of what requests ask for */
	{ "rfc4475_badbranch", "via", "UDP 192.0.2.1 0 z9hG4bK" },
	{ "rfc4475_insuf", "from.user", "-" },
	{ "rfc4475_insuf", "contact.user", "caller" },
	{ "rfc4475_unkscm", "uri", "nobodyKnowsThisScheme:totallyopaquecontent" },
	{ "rfc4475_novelsc", "uri", "soap.beep://192.0.2.103:3002" },
	{ "rfc4475_unksm2", "to", "isbn:2983792873" },
	{ "rfc4475_unksm2", "from.tag", "3234233" },
	{ "rfc4475_bext01", "uri.user", "user" },
	{ "rfc4475_invut", "body.start", "<audio>" },
	{ "rfc4475_regaut01", "contact.user", "caller" },
	{ "rfc4475_multi01", "cseq", "8 INVITE" },
	{ "rfc4475_multi01", "to.user", "j.user" },
	{ "rfc4475_multi01", "from.tag", "323" },
	{ "rfc4475_multi01", "contact.user", "caller" },
	{ "rfc4475_mcl01", "body.start", "There is no w" },
	{ "rfc4475_bcast", "via", "UDP 192.0.2.198 0 z9hG4bK1324923" },
	{ "rfc4475_zeromf", "uri.user", "user" },
	{ "rfc4475_cparam01", "contact.uri.params", "-" },
	{ "rfc4475_cparam01", "contact.params", "unknownparam" },
	{ "rfc4475_cparam02", "contact.uri.params", "unknownparam" },
	{ "rfc4475_cparam02", "contact.params", "-" },
	{ "rfc4475_regescrt", "contact.headers", "Route=%3Csip:sip.example.com%3E" },
	{ "rfc4475_sdp01", "audio", "192.0.2.4 49217" },
	/* 3.4, of RFC 2543 */
	{ "rfc4475_inv2543", "via", "UDP iftgw.example.com 0 -" },
	{ "rfc4475_inv2543", "to.user", "+16505552222" },
	{ "rfc4475_inv2543", "body.start", "v=0" },
	/* RFC 5118 4 */
	{ "rfc5118_v6_good", "uri.host", "2001:db8::10" },
	{ "rfc5118_v6_good", "via", "UDP 2001:db8::9:1 0 z9hG4bKas3-111" },
	{ "rfc5118_v6_no_brackets", "uri", "sip:2001:db8::10" },
	{ "rfc5118_port_ambiguous", "uri.host", "2001:db8::10:5070" },
	{ "rfc5118_port_ambiguous", "uri.port", "0" },
	{ "rfc5118_port_unambiguous", "uri.host", "2001:db8::10" },
	{ "rfc5118_port_unambiguous", "uri.port", "5070" },
	{ "rfc5118_received_with_delim", "via.received", "[2001:db8::9:255]" },
	{ "rfc5118_received_no_delim", "via.received", "2001:db8::9:255" },
	{ "rfc5118_sdp", "audio", "2001:db8::20 6000" },
	{ "rfc5118_many_addresses", "via", "UDP 2001:db8::9:1 6050 z9hG4bKas3-111" },
	{ "rfc5118_many_addresses", "contact.host", "2001:db8::1" },
	{ "rfc5118_many_addresses_sdp", "audio", "192.0.2.10 22334" },
	{ "rfc5118_mapped_v4", "via", "UDP ::ffff:192.0.2.10 19823 z9hG4bKbh19" },
	{ "rfc5118_mapped_v4", "contact.host", "::ffff:192.0.2.2" },
	{ "rfc5118_too_many_colons", "uri", "sip:user@[2001:db8:::192.0.2.1]" },
};

#define ROOM 512

static struct sip_message m;

static void put(char *out, struct slice text)
{
	if (!text.ptr)
		snprintf(out, ROOM, "-");
	else
		snprintf(out, ROOM, "%.*s", (int)text.len, (const char *)text.ptr);
}

static void put_uri(char *out, const struct sip_uri *uri, const char *part)
{
	if (strcmp(part, "port") == 0)
		snprintf(out, ROOM, "%u", uri->port);
	else
		put(out, strcmp(part, "user") == 0	? uri->user
			 : strcmp(part, "host") == 0	? uri->host
			 : strcmp(part, "headers") == 0 ? uri->headers
							: slice_of((const uint8_t *)"?", 1));
}

static void put_name_addr(char *out, const struct sip_name_addr *a, const char *part)
{
	if (!part)
		put(out, a->uri_text);
	else if (strcmp(part, "display") == 0)
		put(out, a->display_name);
	else if (strcmp(part, "tag") == 0)
		put(out, a->tag);
	else if (strcmp(part, "params") == 0)
		put(out, a->params);
	else if (strcmp(part, "uri.params") == 0)
		put(out, a->uri.params);
	else
		put_uri(out, &a->uri, part);
}

static void put_audio(char *out)
{
	struct sip_sdp sdp;
	struct addr address;
	uint16_t port;
	char text[ADDR_TEXT_MAX];
	snprintf(out, ROOM, "-");
	if (sip_sdp_parse(m.body, &sdp) == PARSE_OK && sip_sdp_audio(&sdp, &address, &port))
		snprintf(out, ROOM, "%s %u", addr_text(&address, text), port);
}

static void put_via(char *out, const struct sip_via *via)
{
	char parts[3][ROOM];
	put(parts[0], via->transport);
	put(parts[1], via->host);
	put(parts[2], via->branch);
	snprintf(out, ROOM, "%.99s %.99s %u %.99s", parts[0], parts[1], via->port, parts[2]);
}

static void put_part(char *out, const struct sip_values *v, const char *part, size_t value_len)
{
	const char *dot = strchr(part, '.'), *rest = dot ? dot + 1 : NULL;
	char method[ROOM];
	if (strncmp(part, "uri.", 4) == 0)
		put_uri(out, &v->request_uri, rest);
	else if (strcmp(part, "uri") == 0)
		put(out, m.request_uri);
	else if (strncmp(part, "to", 2) == 0)
		put_name_addr(out, &v->to, rest);
	else if (strncmp(part, "from", 4) == 0)
		put_name_addr(out, &v->from, rest);
	else if (strncmp(part, "contact", 7) == 0)
		put_name_addr(out, &v->contact, rest);
	else if (strcmp(part, "via.received") == 0)
		put(out, v->via.received);
	else if (strcmp(part, "via") == 0)
		put_via(out, &v->via);
	else if (strcmp(part, "audio") == 0)
		put_audio(out);
	else if (strcmp(part, "body.start") == 0)
		put(out, slice_of(m.body.ptr, m.body.len < value_len ? m.body.len : value_len));
	else if (strcmp(part, "cseq") == 0 && !v->has_cseq)
		snprintf(out, ROOM, "-");
	else if (strcmp(part, "cseq") == 0) {
		put(method, v->cseq.method);
		snprintf(out, ROOM, "%u %.99s", v->cseq.number, method);
	} else
		put(out, strcmp(part, "method") == 0	? m.method_text
			 : strcmp(part, "reason") == 0	? m.reason_phrase
			 : strcmp(part, "version") == 0 ? m.version
							: slice_of((const uint8_t *)"?", 1));
}

Test(torture_values, what_each_message_is_about)
{
	struct sip_values v;
	char text[ROOM];
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		struct slice bytes = message_file(readings[i].file);
		cr_assert_not_null(bytes.ptr, "%s: missing", readings[i].file);
		cr_assert_eq(sip_message_parse(bytes, &m), PARSE_OK, "%s", readings[i].file);
		sip_values_read(&m, &v);
		put_part(text, &v, readings[i].part, strlen(readings[i].value));
		cr_expect_str_eq(text, readings[i].value, "%s, %s: %s", readings[i].file, readings[i].part,
				 text);
		message_file_free(bytes);
	}
}

/* No message of the two documents is without such a value, and the tables of both tests know them all. */
Test(torture_values, each_message_is_about_something)
{
	DIR *folder = opendir(SIPHOUND_SOURCE_DIR "/tests/messages");
	cr_assert_not_null(folder);
	size_t count = 0;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (strncmp(entry->d_name, "rfc", 3) != 0)
			continue;
		bool is_there = false;
		for (size_t k = 0; k < sizeof readings / sizeof *readings; k++)
			is_there |= strncmp(entry->d_name, readings[k].file, strlen(readings[k].file)) == 0 &&
				    strcmp(entry->d_name + strlen(readings[k].file), ".sip") == 0;
		cr_expect(is_there, "%s", entry->d_name);
		count++;
	}
	closedir(folder);
	cr_expect_eq(count, 49 + 11, "messages of RFC 4475 and RFC 5118: %zu", count);
}
