/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/fingerprint.h"
#include "analyze/fingerprint/sipvicious.h"
#include "analyze/sip/auth.h"
#include "analyze/sip/sdp.h"
#include "analyze/sip/values.h"
#include "support/message_file.h"

#include <criterion/criterion.h>

/* Every file of tests/messages with what must be read from it. The RFC 4475 and RFC 5118 messages are written after the
 * descriptions in those documents and bear the names they have there. */
static const struct {
	const char *file, *method;
	int status;
	size_t fields, body;
	const char *anomalies;
} messages[] = {
	{ "injection_shell_agent", "OPTIONS", 0, 9, 0, "injection" },
	{ "injection_sql_user", "REGISTER", 0, 8, 0, "injection" },
	{ "leading_line_ends", "OPTIONS", 0, 8, 0, "leading-crlf" },
	{ "lower_case_names_lf", "OPTIONS", 0, 5, 0, "lf-only method-case cseq-method-mismatch" },
	{ "masscan_lone_cr", "OPTIONS", 0, 7, 0, "lone-cr no-header-end bad-via no-branch" },
	{ "mrsip_subscribe_lf", "SUBSCRIBE", 0, 11, 0, "lf-only no-header-end" },
	{ "nmap_options", "OPTIONS", 0, 12, 0, "" },
	{ "nmap_service_probe", "OPTIONS", 0, 9, 0, "no-branch-cookie" },
	{ "phone_register", "REGISTER", 0, 12, 0, "" },
	{ "rfc4475_badaspec", "OPTIONS", 0, 8, 0, "" },
	{ "rfc4475_badbranch", "OPTIONS", 0, 8, 0, "" },
	{ "rfc4475_baddate", "INVITE", 0, 9, 133, "" },
	{ "rfc4475_baddn", "OPTIONS", 0, 8, 0, "" },
	{ "rfc4475_badinv01", "INVITE", 0, 8, 0, "no-branch" },
	{ "rfc4475_badvers", "OPTIONS", 0, 8, 0, "bad-version" },
	{ "rfc4475_bcast", "INVITE", 200, 7, 0, "" },
	{ "rfc4475_bext01", "OPTIONS", 0, 10, 0, "" },
	{ "rfc4475_bigcode", "INVITE", 0, 7, 0, "bad-status" },
	{ "rfc4475_clerr", "INVITE", 0, 8, 133, "truncated" },
	{ "rfc4475_cparam01", "REGISTER", 0, 8, 0, "" },
	{ "rfc4475_cparam02", "REGISTER", 0, 8, 0, "" },
	{ "rfc4475_dblreq", "REGISTER", 0, 8, 0, "trailing-bytes" },
	{ "rfc4475_esc01", "INVITE", 0, 9, 133, "" },
	{ "rfc4475_esc02", "OTHER", 0, 8, 0, "unknown-method" },
	{ "rfc4475_escnull", "REGISTER", 0, 9, 0, "" },
	{ "rfc4475_escruri", "INVITE", 0, 8, 133, "bad-request-uri" },
	{ "rfc4475_insuf", "INVITE", 0, 5, 133, "missing-from missing-to missing-call-id" },
	{ "rfc4475_intmeth", "OTHER", 0, 8, 0, "nul-byte control-byte unknown-method" },
	{ "rfc4475_inv2543", "INVITE", 0, 7, 133, "no-branch no-from-tag" },
	{ "rfc4475_invut", "INVITE", 0, 9, 40, "" },
	{ "rfc4475_longreq", "INVITE", 0, 42, 133, "" },
	{ "rfc4475_ltgtruri", "INVITE", 0, 8, 133, "bad-request-uri" },
	{ "rfc4475_lwsdisp", "OPTIONS", 0, 8, 0, "" },
	{ "rfc4475_lwsruri", "INVITE", 0, 8, 133, "bad-request-uri" },
	{ "rfc4475_lwsstart", "INVITE", 0, 8, 133, "start-line-space" },
	{ "rfc4475_mcl01", "OPTIONS", 0, 9, 13, "trailing-bytes repeated-field" },
	{ "rfc4475_mismatch01", "OPTIONS", 0, 8, 0, "cseq-method-mismatch" },
	{ "rfc4475_mismatch02", "OTHER", 0, 8, 133, "unknown-method cseq-method-mismatch" },
	{ "rfc4475_mpart01", "MESSAGE", 0, 9, 152, "" },
	{ "rfc4475_multi01", "INVITE", 0, 14, 133, "repeated-field" },
	{ "rfc4475_ncl", "INVITE", 0, 8, 133, "bad-content-length" },
	{ "rfc4475_noreason", "INVITE", 100, 7, 0, "" },
	{ "rfc4475_novelsc", "OPTIONS", 0, 8, 0, "bad-request-uri" },
	{ "rfc4475_quotbal", "INVITE", 0, 8, 133, "bad-to" },
	{ "rfc4475_regaut01", "REGISTER", 0, 9, 0, "" },
	{ "rfc4475_regbadct", "REGISTER", 0, 8, 0, "" },
	{ "rfc4475_regescrt", "REGISTER", 0, 8, 0, "" },
	{ "rfc4475_scalar02", "REGISTER", 0, 9, 0, "bad-cseq bad-max-forwards" },
	{ "rfc4475_scalarlg", "", 503, 8, 0, "bad-cseq" },
	{ "rfc4475_sdp01", "INVITE", 0, 10, 133, "" },
	{ "rfc4475_semiuri", "OPTIONS", 0, 8, 0, "" },
	{ "rfc4475_transports", "OPTIONS", 0, 10, 0, "" },
	{ "rfc4475_trws", "OPTIONS", 0, 8, 0, "start-line-space" },
	{ "rfc4475_unkscm", "OPTIONS", 0, 8, 0, "bad-request-uri" },
	{ "rfc4475_unksm2", "REGISTER", 0, 8, 0, "" },
	{ "rfc4475_unreason", "INVITE", 200, 7, 0, "" },
	{ "rfc4475_wsinv", "INVITE", 0, 14, 150, "space-before-colon folded compact odd-case no-branch-cookie" },
	{ "rfc4475_zeromf", "OPTIONS", 0, 8, 0, "" },
	{ "rfc5118_many_addresses", "BYE", 0, 10, 0, "" },
	{ "rfc5118_many_addresses_sdp", "INVITE", 0, 9, 158, "" },
	{ "rfc5118_mapped_v4", "INVITE", 0, 9, 158, "" },
	{ "rfc5118_port_ambiguous", "REGISTER", 0, 8, 0, "" },
	{ "rfc5118_port_unambiguous", "REGISTER", 0, 8, 0, "" },
	{ "rfc5118_received_no_delim", "OPTIONS", 0, 8, 0, "" },
	{ "rfc5118_received_with_delim", "BYE", 0, 8, 0, "" },
	{ "rfc5118_sdp", "INVITE", 0, 9, 221, "" },
	{ "rfc5118_too_many_colons", "OPTIONS", 0, 8, 0, "bad-request-uri" },
	{ "rfc5118_v6_good", "REGISTER", 0, 8, 0, "" },
	{ "rfc5118_v6_no_brackets", "REGISTER", 0, 8, 0, "bad-request-uri" },
	{ "sippts_options", "OPTIONS", 0, 10, 0, "no-branch-cookie" },
	{ "svcrack_register", "REGISTER", 0, 11, 0, "" },
	{ "svcrash_early_empty_line", "", 200, 1, 205, "missing-from missing-to missing-call-id missing-cseq" },
	{ "svmap_options", "OPTIONS", 0, 10, 0, "" },
	{ "svwar_compact_register", "REGISTER", 0, 9, 0, "compact" },
	{ "zmap_lf_no_end", "OPTIONS", 0, 10, 0, "lf-only no-header-end no-branch-cookie" },
};

static struct sip_message m;

static const char *anomalies_text(uint64_t anomalies, char *out, size_t size)
{
	size_t len = 0;
	out[0] = 0;
	for (int i = 0; i < SIP_ANOMALY_COUNT; i++)
		if (anomalies >> i & 1)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? " " : "", sip_anomaly_text((enum sip_anomaly_bit)i));
	return out;
}

Test(torture, every_message_is_read_as_expected)
{
	char text[1024];
	struct sip_values v;
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		const char *file = messages[i].file;
		struct slice bytes = message_file(file);
		cr_assert_not_null(bytes.ptr, "%s: missing", file);
		cr_assert_eq(sip_message_parse(bytes, &m), PARSE_OK, "%s", file);
		cr_expect(sip_looks_like(bytes), "%s", file);
		sip_values_read(&m, &v);
		sip_values_check(&m, &v);
		cr_expect_str_eq(sip_method_text(m.method), messages[i].method, "%s", file);
		cr_expect_eq(m.status_code, messages[i].status, "%s: status %d", file, m.status_code);
		cr_expect_eq(m.field_count, messages[i].fields, "%s: fields %zu", file, m.field_count);
		cr_expect_eq(m.body.len, messages[i].body, "%s: body %zu", file, m.body.len);
		anomalies_text(m.anomalies, text, sizeof text);
		cr_expect_str_eq(text, messages[i].anomalies, "%s: %s", file, text);
		message_file_free(bytes);
	}
}

static bool inside(struct slice part, struct slice whole)
{
	return !part.ptr || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void read_everything(struct slice bytes, const char *file)
{
	struct sip_values v;
	struct sip_auth auth;
	struct sip_sdp sdp;
	struct sipvicious_tag tag;
	struct fingerprint f;
	char text[FINGERPRINT_TEXT_MAX];
	uint8_t buffer[64];
	(void)sip_looks_like(bytes);
	if (sip_message_parse(bytes, &m) != PARSE_OK)
		return;
	sip_values_read(&m, &v);
	sip_values_check(&m, &v);
	fingerprint_make(&m, &f);
	fingerprint_text(&f, text);
	fingerprint_family(&f, &f);
	fingerprint_text(&f, text);
	(void)sipvicious_find(&m, &tag);
	(void)sip_sdp_parse(m.body, &sdp);
	cr_assert(inside(m.body, bytes) && inside(m.all, bytes) && inside(m.request_uri, bytes), "%s", file);
	cr_assert(inside(v.from.tag, bytes) && inside(v.to.uri.host, bytes) && inside(v.via.branch, bytes), "%s", file);
	for (size_t i = 0; i < m.field_count; i++) {
		cr_assert(inside(m.fields[i].name, bytes) && inside(m.fields[i].value, bytes), "%s", file);
		(void)sip_auth_parse(m.fields[i].value, &auth);
		(void)sip_unescape(m.fields[i].value, buffer, sizeof buffer);
	}
}

/* Each prefix in a block of its own size. */
Test(torture, cut_at_every_byte)
{
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct slice whole = message_file(messages[i].file);
		for (size_t len = 0; len <= whole.len; len++) {
			uint8_t *copy = malloc(len ? len : 1);
			cr_assert_not_null(copy);
			memcpy(copy, whole.ptr, len);
			read_everything(slice_of(copy, len), messages[i].file);
			free(copy);
		}
		message_file_free(whole);
	}
}

/* Each byte once replaced by bytes that mean something. */
Test(torture, one_byte_wrong_anywhere)
{
	static const uint8_t bad[] = { 0, '\n', '\r', ' ', ':', ';', '"', '<', '>', '@', '%', ',', '=', '[', 0xff };
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct slice whole = message_file(messages[i].file);
		uint8_t *copy = malloc(whole.len);
		cr_assert_not_null(copy);
		memcpy(copy, whole.ptr, whole.len);
		for (size_t at = 0; at < whole.len; at++) {
			copy[at] = bad[(at + i) % sizeof bad];
			read_everything(slice_of(copy, whole.len), messages[i].file);
			copy[at] = whole.ptr[at];
		}
		free(copy);
		message_file_free(whole);
	}
}
