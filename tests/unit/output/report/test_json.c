/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

#include <sys/wait.h>

static void write_records(struct memory_file *m, const struct fixture *f)
{
	memory_open(m);
	fixture_send(report_json_new(&m->options), f, m);
}

#define expect_has(text, part) cr_expect_not_null(strstr(text, part), "%s is not in %s", part, text)

Test(report_json, offender_as_designed)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	f.offender.doubt_count = 1;
	memory_open(&m);
	struct sink *s = report_json_new(&m.options);
	s->ops->offender(s, &f.offender);
	struct error err;
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	expect_has(
	    m.text,
	    "{\"@timestamp\":\"2026-01-02T12:07:00.000000Z\",\"event\":{\"kind\":\"alert\",\"dataset\":"
	    "\"siphound.offender\"},\"source\":{\"ip\":\"203.0.113.41\",\"geo\":{\"country_iso_code\":\"NL\","
	    "\"city_name\":\"Amsterdam\"},\"as\":{\"number\":64500,\"organization\":{\"name\":\"Example "
	    "Hosting\"}}},\"siphound\":{\"verdict\":\"block\",\"score\":87,");
	expect_has(m.text, "\"stages\":[\"sweep\",\"crack\",\"breach\"]");
	expect_has(m.text,
		   "\"targets\":{\"count\":62,\"order\":\"ascending\",\"sample\":[\"198.51.100.1\"]}");
	expect_has(m.text, "\"tried\":120");
	expect_has(m.text, "\"revealed\":[\"100\",\"101\"]");
	expect_has(m.text, "\"breached\":[\"1000\"],\"breaches\":[{\"account\":\"1000\",");
	expect_has(m.text, "\"refusals_before\":236,\"refused_s\":300,\"calls_after\":3,");
	expect_has(m.text, "\"perhaps\":[{\"account\":\"1004\",\"time\":\"2026-01-02T12:07:00.000000Z\","
			   "\"refusals_before\":12,\"refused_s\":5400,\"calls_after\":2,\"guess\":null,");
	expect_has(
	    m.text,
	    "\"evidence\":[{\"time\":\"2026-01-02T12:00:00.000000Z\",\"input\":\"a.pcap\",\"packet\":17},"
	    "{\"time\":\"2026-01-02T12:05:00.000000Z\",\"input\":\"x.log\",\"line\":99}]");
	expect_has(
	    m.text,
	    "\"ban\":{\"ttl_s\":3600,\"until\":\"2026-01-02T13:07:00.000000Z\"},\"campaign\":null}}\n");
	memory_close(&m);
}

Test(report_json, who_was_never_seen_has_no_times)
{
	static struct fixture f;
	struct memory_file m;
	struct error err;
	fixture_fill(&f, "203.0.113.41");
	f.offender.messages = 0;
	memory_open(&m);
	struct sink *s = report_json_new(&m.options);
	s->ops->offender(s, &f.offender);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	expect_has(m.text, "\"first_seen\":null,\"last_seen\":null,\"messages\":0");
	memory_close(&m);
}

Test(report_json, absent_parts)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "2001:db8::7");
	f.offender.geo = (struct geo){ 0 };
	f.offender.ban_ttl_s = 0;
	f.offender.tool = NULL;
	f.offender.user_agent = slice_of(NULL, 0);
	f.offender.proof = PROOF_ABSENT;
	f.offender.target_order = ORDER_ABSENT;
	f.offender.breach_count = f.offender.rule_count = 0;
	memory_open(&m);
	struct sink *s = report_json_new(&m.options);
	s->ops->offender(s, &f.offender);
	struct error err;
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	expect_has(m.text, "\"source\":{\"ip\":\"2001:db8::7\"}");
	expect_has(m.text, "\"ban\":null");
	expect_has(m.text, "\"proof\":\"none\"");
	expect_has(m.text, "\"order\":\"none\"");
	expect_has(m.text, "\"tool\":{\"name\":null,");
	expect_has(m.text, "\"breached\":[],\"breaches\":[]");
	expect_has(m.text, "\"rules\":[]");
	memory_close(&m);
}

Test(report_json, observations_only_when_asked)
{
	static struct fixture f;
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	memory_open(&m);
	struct sink *s = report_json_new(&m.options);
	s->ops->observation(s, &f.observation);
	fflush(m.file);
	expect_has(m.text,
		   "\"siphound\":{\"evidence\":{\"input\":\"a.pcap\",\"packet\":17},\"category\":\"sip\","
		   "\"outcome\":\"refused\",\"account\":\"1000\",\"proof\":\"echoed\"");
	expect_has(
	    m.text,
	    "\"source\":{\"ip\":\"203.0.113.41\",\"port\":5070},\"destination\":{\"ip\":\"198.51.100.1\","
	    "\"port\":5060},\"network\":{\"transport\":\"udp\"},\"sip\":{\"method\":\"REGISTER\",\"code\":"
	    "401}");
	s->ops->free(s);
	memory_close(&m);

	memory_open(&m);
	m.options.observations = false;
	s = report_json_new(&m.options);
	s->ops->observation(s, &f.observation);
	fflush(m.file);
	cr_expect_eq(m.len, 0);
	s->ops->free(s);
	memory_close(&m);
}

/* What the bytes must look like when a stranger chooses them: no control character, no marks that turn the
 * text. */
static void expect_tame(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		cr_assert((uint8_t)text[i] >= 0x20 || text[i] == '\n', "byte %02x at %zu", (uint8_t)text[i],
			  i);
	cr_expect_null(strstr(text, "\xe2\x80\xae"));
	cr_expect_null(strstr(text, "\x7f"));
	cr_expect_null(strstr(text, "\xc2\x9b"));
}

/* 0, 1, or 77 when python3-jsonschema is missing. */
static int run_checker(const char *text, size_t len)
{
	FILE *checker = popen("P=/usr/bin/python3; [ -x $P ] || P=python3; exec $P '" SIPHOUND_SOURCE_DIR
			      "/tests/support/check_schema.py' '" SIPHOUND_SOURCE_DIR
			      "/docs/siphound.schema.json' >/dev/null",
			      "w");
	cr_assert_not_null(checker);
	fwrite(text, 1, len, checker);
	int status = pclose(checker);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(report_json, schema)
{
	static struct fixture plain, hostile, bare;
	struct memory_file m;
	fixture_fill(&plain, "203.0.113.41");
	fixture_fill(&hostile, "203.0.113.42");
	fixture_make_hostile(&hostile);
	bare.offender = (struct offender){ .address = fixture_addr("2001:db8::1"), .verdict = VERDICT_WATCH };
	observation_init(&bare.observation);
	bare.observation.address[ADDRESS_SOURCE_IP] = fixture_addr("192.0.2.1");
	bare.observation.place = (struct place){ 3, 9 };
	bare.observation.from_log = true;
	bare.firing = (struct firing){ .rule = &fixture_rules[2], .actor = fixture_addr("192.0.2.9") };
	bare.alert = (struct alert){ &bare.firing, NULL };
	bare.campaign = (struct campaign){ .id = "c-1", .rule = &fixture_rules[2] };

	const struct fixture *all[] = { &plain, &hostile, &bare };
	for (size_t i = 0; i < 3; i++) {
		write_records(&m, all[i]);
		expect_tame(m.text, m.len);
		int status = run_checker(m.text, m.len);
		if (status == 77)
			cr_skip_test("python3-jsonschema is not installed");
		cr_expect_eq(status, 0, "records of set %zu: %s", i, m.text);
		memory_close(&m);
	}
	/* The schema is strict enough to see a missing key. */
	write_records(&m, &plain);
	char *key = strstr(m.text, "\"proof\":\"echoed\",\"first_seen\"");
	cr_assert_not_null(key);
	memcpy(key, "\"prooF\"", 7);
	cr_expect_eq(run_checker(m.text, m.len), 1);
	memory_close(&m);
}

Test(report_json, a_write_error_is_told)
{
	struct report_options options = { .out = fopen("/dev/full", "w") };
	struct error err;
	static struct fixture f;
	if (!options.out)
		cr_skip_test("no /dev/full");
	fixture_fill(&f, "203.0.113.41");
	struct sink *s = report_json_new(&options);
	s->ops->summary(s, &(struct run_summary){ 0 });
	cr_expect_lt(s->ops->finish(s, &err), 0);
	cr_expect_not_null(strstr(err.text, "could not be written"));
	s->ops->free(s);
	fclose(options.out);
}
