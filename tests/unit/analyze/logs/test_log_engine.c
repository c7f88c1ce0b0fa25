/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/logs/log_engine.h"
#include "core/clock.h"

static struct dialects *dialects;
static struct log_reader *reader;
static uint64_t number;

static void set_up(void)
{
	struct error err = { "" };
	const struct log_options options = { .year = 2026 };
	dialects = dialects_new();
	cr_assert_eq(dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
	reader = log_reader_new(dialects, &options, &err);
	cr_assert_not_null(reader);
	number = 0;
}

static void tear_down(void)
{
	log_reader_free(reader);
	dialects_free(dialects);
}

TestSuite(log_engine, .init = set_up, .fini = tear_down);

static bool give(const char *line, struct observation *o)
{
	return log_reader_line(reader, slice_str(line), ++number, 3, o);
}

static const char *address(const struct observation *o)
{
	static char text[ADDR_TEXT_MAX];
	return addr_text(&o->address[ADDRESS_SOURCE_IP], text);
}

static struct log_counts counts_of(const char *name)
{
	for (size_t i = 0; i < dialects_count(dialects); i++) {
		if (strcmp(dialects_at(dialects, i).name, name) == 0)
			return log_reader_counts(reader, i);
	}
	cr_assert(false, "no dialect %s", name);
	return (struct log_counts){ 0 };
}

#define FAILED(ip) "NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '" ip ":5071' - Wrong password"

Test(log_engine, shipped_examples_hold)
{
	struct error err = { "" };
	int bad = dialects_check(dialects, &err);
	for (size_t i = 0; dialects_problem(dialects, i); i++)
		cr_expect(false, "%s", dialects_problem(dialects, i));
	cr_expect_eq(bad, 0);
	for (size_t i = 0; i < dialects_count(dialects); i++) {
		struct dialect_info info = dialects_at(dialects, i);
		cr_expect_geq(info.examples, info.patterns, "%s", info.name);
	}
}

Test(log_engine, an_observation_has_everything)
{
	struct observation o;
	char text[CLOCK_TEXT_MAX];
	cr_assert(give("[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
	cr_expect(o.from_log);
	cr_expect_eq(o.place.number, 1);
	cr_expect_eq(o.place.input, 3);
	cr_expect_str_eq(address(&o), "192.0.2.4");
	cr_expect_str_eq(clock_text(o.time_us, text), "2026-02-13T17:21:54.000000Z");
	cr_expect_eq(o.known_us, o.time_us);
	cr_expect_eq(observation_number(&o, NUMBER_SOURCE_PORT, -1), 5071);
	cr_expect_eq(o.choice[CHOICE_OUTCOME], OUTCOME_REFUSED);
	cr_expect_eq(o.choice[CHOICE_PROOF], PROOF_ECHOED);
	cr_expect_eq(o.choice[CHOICE_CREDENTIALS], CREDENTIALS_GIVEN);
	cr_expect_eq(o.choice[CHOICE_CATEGORY], CATEGORY_SIP);
	cr_expect(slice_eq(observation_text(&o, TEXT_ACCOUNT), SLICE("301")));
	cr_expect(slice_eq(observation_text(&o, TEXT_METHOD), SLICE("REGISTER")));
	cr_expect(slice_eq(observation_text(&o, TEXT_DIALECT), SLICE("asterisk")));
}

#define CALL(caller)                                                                                         \
	"[2026-02-13 17:21:54] NOTICE[1638] res_pjsip_session.c: Call from '" caller                         \
	"' (UDP:192.0.2.4:5060) to extension '00972' rejected because extension not found in context "       \
	"'public'."

/* Lines of one form differ in it, too, and that of a REGISTER has none. */
Test(log_engine, callers_show_themselves)
{
	static const struct {
		const char *line;
		uint8_t caller;
	} lines[] = {
		{ CALL("anonymous"), CALLER_NAME },
		{ CALL("+493012345678"), CALLER_NUMBER },
		{ CALL("1001"), CALLER_NAME },
		{ CALL("493012345678"), CALLER_NUMBER },
		{ "[2026-02-13 17:21:54] " FAILED("192.0.2.4"), CALLER_ABSENT },
	};
	for (size_t i = 0; i < 2 * sizeof lines / sizeof *lines; i++) {
		size_t n = i % (sizeof lines / sizeof *lines);
		struct observation o;
		cr_assert(give(lines[n].line, &o));
		cr_expect_eq(o.choice[CHOICE_CALLER], lines[n].caller, "%s", lines[n].line);
	}
}

struct wrapped {
	const char *name, *line, *time;
};

static const struct wrapped wrapped[] = {
	{ "plain", FAILED("192.0.2.4"), NULL },
	{ "syslog", "Nov 21 19:53:33 pbx asterisk[3284]: " FAILED("192.0.2.4"), "2026-11-21T19:53:33.000000Z" },
	{ "CRLF", "[2026-02-13 17:21:54] " FAILED("192.0.2.4") "\r", "2026-02-13T17:21:54.000000Z" },
	{ "docker",
	  "{\"log\":\"[2026-02-13 17:21:54] NOTICE[1] chan_sip.c: Registration from '\\\"a\\\" \\u003csip:301@x\\u003e' failed for "
	  "'192.0.2.4:5060' - Wrong password\\n\",\"stream\":\"stdout\",\"time\":\"2026-02-13T17:21:54.123456789Z\"}",
	  "2026-02-13T17:21:54.123456Z" },
	{ "journald JSON",
	  "{\"__REALTIME_TIMESTAMP\":\"1790000000123456\",\"SYSLOG_IDENTIFIER\":\"asterisk\",\"MESSAGE\":\"[Feb 13 17:21:54] "
	  "NOTICE[1] chan_sip.c: Registration from 'sip:301@x' failed for '192.0.2.4:5060' - Wrong password\"}",
	  "2026-09-21T14:13:20.123456Z" },
	{ "journald JSON, a message with colours",
	  "{\"__REALTIME_TIMESTAMP\":\"1790000000123456\",\"SYSLOG_IDENTIFIER\":\"asterisk\",\"MESSAGE\":[91,70,101,98,32,49,51,32,49,55,58,50,49,58,"
	  "53,52,93,32,27,91,49,59,51,51,109,78,79,84,73,67,69,27,91,48,109,91,49,93,32,99,104,97,110,95,115,105,112,46,99,58,32,82,101,103,105,"
	  "115,116,114,97,116,105,111,110,32,102,114,111,109,32,39,115,105,112,58,51,48,49,64,120,39,32,102,97,105,108,101,100,32,102,111,114,32,"
	  "39,49,57,50,46,48,46,50,46,52,58,53,48,54,48,39,32,45,32,87,114,111,110,103,32,112,97,115,115,119,111,114,100]}",
	  "2026-09-21T14:13:20.123456Z" },
	{ "CRI", "2026-02-13T17:21:54.5Z stdout F " FAILED("192.0.2.4"), "2026-02-13T17:21:54.500000Z" },
	{ "raw colours", "\x1b[0;37m[2026-02-13 17:21:54] \x1b[1;33mNOTICE\x1b[0m[1]: \x1b[1;37mchan_sip.c\x1b[0m:\x1b[1;37m1\x1b[0m "
			 "\x1b[1;37mf\x1b[0m: Registration from 'sip:301@x' failed for '192.0.2.4:5060' - Wrong password\x1b[0m",
	  "2026-02-13T17:21:54.000000Z" },
	{ "escaped colours", "[2026-02-13 17:21:54] #033[1;33mNOTICE#033[0m[1]: chan_sip.c: Registration from 'sip:301@x' failed for "
			     "'192.0.2.4:5060' - Wrong password#033[0m",
	  "2026-02-13T17:21:54.000000Z" },
};

Test(log_engine, wrappings)
{
	for (size_t i = 0; i < sizeof wrapped / sizeof *wrapped; i++) {
		struct observation o;
		char text[CLOCK_TEXT_MAX];
		bool found = give(wrapped[i].line, &o);
		cr_expect(found, "%s", wrapped[i].name);
		if (!found)
			continue;
		cr_expect_str_eq(address(&o), "192.0.2.4", "%s", wrapped[i].name);
		cr_expect(slice_eq(observation_text(&o, TEXT_ACCOUNT), SLICE("301")), "%s", wrapped[i].name);
		if (wrapped[i].time)
			cr_expect_str_eq(clock_text(o.time_us, text), wrapped[i].time, "%s", wrapped[i].name);
	}
}

Test(log_engine, journal_export)
{
	struct observation o;
	char text[CLOCK_TEXT_MAX];
	cr_expect_not(give("__CURSOR=s=1", &o));
	cr_expect_not(give("__REALTIME_TIMESTAMP=1790000000123456", &o));
	cr_expect_not(give("SYSLOG_IDENTIFIER=asterisk", &o));
	cr_assert(give("MESSAGE=" FAILED("192.0.2.4"), &o));
	cr_expect_str_eq(clock_text(o.time_us, text), "2026-09-21T14:13:20.123456Z");
	cr_expect_not(give("", &o));
	/* A value with line feeds: what stands in it is not a line of the log. Its length holds the byte of a line feed. */
	static const char fake[] = "MESSAGE=" FAILED("198.51.100.99");
	char value[256];
	cr_expect_not(give("__CURSOR=s=2", &o));
	cr_expect_not(give("MESSAGE", &o));
	size_t len = (size_t)snprintf(value, sizeof value, "%s", fake) + 2;
	uint8_t head[16] = { (uint8_t)len, (uint8_t)(len >> 8), 0, 0, 0, 0, 0, 0, 'x' };
	cr_expect_not(log_reader_line(reader, slice_of(head, 9), ++number, 3, &o));
	cr_expect_not(give(value, &o));
	cr_expect_not(give("", &o));
	cr_expect_not(give("__CURSOR=s=3", &o));
	cr_expect(give("MESSAGE=" FAILED("192.0.2.4"), &o));
}

/* Of the first line alone: further on nobody but a stranger writes it. */
Test(log_engine, the_byte_order_mark_of_a_file)
{
	struct observation o;
	cr_expect(give("\xef\xbb\xbf[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
	cr_expect_str_eq(address(&o), "192.0.2.4");
	cr_expect_not(give("\xef\xbb\xbf[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
}

Test(log_engine, a_line_without_a_time_takes_the_one_before)
{
	struct observation o;
	char text[CLOCK_TEXT_MAX];
	cr_expect_not(give("[2026-02-13 17:21:54] VERBOSE[1] pbx.c: -- something", &o));
	cr_assert(give(FAILED("192.0.2.4"), &o));
	cr_expect_str_eq(clock_text(o.time_us, text), "2026-02-13T17:21:54.000000Z");
}

Test(log_engine, known_time_never_goes_back)
{
	struct observation o;
	cr_assert(give("[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
	int64_t known = o.known_us;
	cr_assert(give("[2026-02-13 17:21:50] " FAILED("192.0.2.4"), &o));
	cr_expect_eq(o.known_us, known);
	cr_expect_lt(o.time_us, known);
}

Test(log_engine, mixed_dialects_in_one_file)
{
	struct observation o;
	cr_expect(give("[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
	cr_expect(give("2026-02-13 17:21:54.1 [WARNING] sofia_reg.c:1 Can't find user [1@x] from 192.0.2.5", &o));
	cr_expect(give("192.0.2.6 - - [13/Feb/2026:17:21:54 +0000] \"GET /0004f2aabbcc.cfg HTTP/1.1\" 404 1", &o));
	cr_expect_eq(counts_of("asterisk").matched, 1);
	cr_expect_eq(counts_of("freeswitch").matched, 1);
	cr_expect_eq(counts_of("web").matched, 1);
	cr_expect_eq(log_reader_lines(reader), 3);
}

Test(log_engine, a_changed_format_is_noticed)
{
	struct observation o;
	size_t position = 0;
	for (int i = 0; i < 20; i++)
		cr_expect_not(give("2026.11.21 19h53 <NOTICE> sip: Registration from 'x' failed for 'peer 192.0.2.4' (password)", &o));
	cr_expect_eq(counts_of("asterisk").unmatched, 20);
	const char *note = log_reader_note(reader, &position);
	cr_assert_not_null(note);
	cr_expect_not_null(strstr(note, "has the log format changed?"), "%s", note);
	cr_expect_null(log_reader_note(reader, &position));
}

Test(log_engine, noise_is_no_failure)
{
	struct observation o;
	size_t position = 0;
	cr_expect(give("[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
	for (int i = 0; i < 20; i++)
		cr_expect_not(give("[2026-02-13 17:21:54] WARNING[1] func_channel.c: Unknown item 'failed for '", &o));
	cr_expect_eq(counts_of("asterisk").unmatched, 0);
	cr_expect_null(log_reader_note(reader, &position));
}

Test(log_engine, forced_dialect)
{
	struct error err = { "" };
	struct observation o;
	struct log_options options = { .dialect = "freeswitch" };
	struct log_reader *forced = log_reader_new(dialects, &options, &err);
	cr_assert_not_null(forced);
	cr_expect_not(log_reader_line(forced, SLICE("[2026-02-13 17:21:54] " FAILED("192.0.2.4")), 1, 0, &o));
	cr_expect(log_reader_line(forced, SLICE("Feb 13 17:21:54 h other[1]: [WARNING] sofia_reg.c:1 Can't find user [1@x] from 192.0.2.5"),
				  2, 0, &o));
	log_reader_free(forced);
	options.dialect = "freeswitsch";
	cr_expect_null(log_reader_new(dialects, &options, &err));
	cr_expect_not_null(strstr(err.text, "freeswitch"), "%s", err.text);
}

#define OWN_JSON(time, file, level, message)                                                                                 \
	"{\"hostname\":\"\",\"timestamp\":\"2026-02-13 17:21:" time "\",\"identifiers\":{\"lwp\":1638,\"callid\":\"C-00000fa9\"}," \
	"\"logmsg\":{\"location\":{\"filename\":\"" file "\",\"function\":\"f\",\"line\":28088},\"level\":\"" level             \
	"\",\"message\":\"" message "\"}}"
#define REGISTRATION(name, rest) OWN_JSON("54.5", "chan_sip.c", "NOTICE", "Registration from '\\\"" name "\\\" <sip:301@example.com>'" rest)

/* logger.conf: full.json => [json]notice,security */
Test(log_engine, the_json_that_asterisk_writes_itself)
{
	struct observation o;
	cr_expect(give(REGISTRATION("301", " failed for '192.0.2.4:5071' - Wrong password\\n"), &o));
	cr_expect_str_eq(address(&o), "192.0.2.4");
	cr_expect(slice_eq(observation_text(&o, TEXT_ACCOUNT), SLICE("301")));
	cr_expect_eq(o.time_us % SECOND_US, SECOND_US / 2);
	/* One that a line feed broke is not read, and hides nobody: the next record is whole by itself. */
	cr_expect_not(give(REGISTRATION("x\\n[2026-02-13 17:21:54] " FAILED("198.51.100.99") "\\n", ""), &o));
	cr_expect(give(REGISTRATION("302", " failed for '192.0.2.5:5071' - No matching peer found\\n"), &o));
	cr_expect_str_eq(address(&o), "192.0.2.5");
	/* What a stranger writes stands in the message alone. */
	cr_expect(give(REGISTRATION("a' failed for '198.51.100.99:1' - Wrong password", " failed for '192.0.2.6:5071' - Wrong password\\n"), &o));
	cr_expect_str_eq(address(&o), "192.0.2.6");
	cr_expect_not(give(OWN_JSON("55", "chan_sip.c", "NOTICE[1] chan_sip.c: Registration from 'a' failed for '198.51.100.99' - Wrong password", "x"), &o));
	cr_expect_not(give(OWN_JSON("55", "x: NOTICE[1] chan_sip.c", "NOTICE", "Registration from 'a' failed for '198.51.100.99' - Wrong password"),
			   &o));
	cr_expect_not(give(OWN_JSON("55", "pbx.c", "VERBOSE", "-- Executing [1@a:1] NoOp(\\\"x\\\")"), &o));
}

/* The same once more inside of what docker, the journal or syslog put around it. */
Test(log_engine, the_json_of_asterisk_inside_of_others)
{
#define INNER(ip, message)                                                                                                   \
	"{\\\"hostname\\\":\\\"\\\",\\\"timestamp\\\":\\\"2026-02-13 17:21:54\\\",\\\"identifiers\\\":{\\\"lwp\\\":1638}," \
	"\\\"logmsg\\\":{\\\"location\\\":{\\\"filename\\\":\\\"chan_sip.c\\\",\\\"function\\\":\\\"f\\\",\\\"line\\\":1}," \
	"\\\"level\\\":\\\"NOTICE\\\",\\\"message\\\":\\\"Registration from 'sip:301@x' failed for '" ip "' - " message "\\\"}}"
	static const char *const fine[] = {
		"{\"log\":\"" INNER("192.0.2.4:5071", "Wrong password") "\\r\\n\",\"stream\":\"stdout\",\"time\":\"2026-02-13T17:21:54.5Z\"}",
		"{\"__REALTIME_TIMESTAMP\":\"1771003314500000\",\"SYSLOG_IDENTIFIER\":\"asterisk\",\"MESSAGE\":\""
		INNER("192.0.2.4:5071", "Wrong password") "\"}",
		"2026-02-13T17:21:54.5Z stdout F " REGISTRATION("301", " failed for '192.0.2.4:5071' - Wrong password\\n"),
		"asterisk_1  | " REGISTRATION("301", " failed for '192.0.2.4:5071' - Wrong password\\n"),
		"Feb 13 17:21:54 pbx asterisk[1]: " REGISTRATION("301", " failed for '192.0.2.4:5071' - Wrong password\\n"),
	};
	static const char *const others[] = {
		"{\"log\":\"" INNER("192.0.2.4:5071", "Wrong password\\\\n[2026] x") "\\n\",\"stream\":\"stdout\",\"time\":\"2026-02-13T17:21:54.5Z\"}",
		"asterisk_1  | " REGISTRATION("301", " failed for '192.0.2.4:5071' - Wrong password\\n") " x",
		"asterisk_1  | x" REGISTRATION("301", " failed for '192.0.2.4:5071' - Wrong password\\n"),
	};
	struct observation o;
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		cr_expect(give(fine[i], &o), "%zu", i);
		cr_expect_str_eq(address(&o), "192.0.2.4", "%zu", i);
		cr_expect(slice_eq(observation_text(&o, TEXT_ACCOUNT), SLICE("301")), "%zu", i);
		cr_expect_eq(o.time_us % SECOND_US, SECOND_US / 2, "%zu", i);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_expect_not(give(others[i], &o), "%zu", i);
}

/* Each of its lines begins with the container's name, which is no part of the packet. */
Test(log_engine, a_broken_packet_in_the_log_of_a_container)
{
	struct observation o;
	cr_expect_not(give("pbx-1  | [2026-02-13 17:21:54] ERROR[1]: pjproject: <?>: sip_transport.c Error processing 40 bytes packet from UDP "
			   "192.0.2.4:5060 : PJSIP syntax error exception when parsing '' header on line 1 col 1:", &o));
	cr_expect_not(give("pbx-1  | 0123456789012345678901234567890", &o));
	cr_expect_not(give("db-1   | checkpoint complete", &o));
	cr_expect(give("sbc-1  | [2026-02-13 17:21:54] " FAILED("192.0.2.5"), &o), "another one's lines are its own");
	cr_expect_not(give("pbx-1  | [2026-02-13 17:21:54] " FAILED("198.51.100.99"), &o));
	cr_expect(give("pbx-1  | [2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
	cr_expect_str_eq(address(&o), "192.0.2.4");
}

/* JSON says itself whose it is, whatever tag stands before it; a line of words needs the tag. */
Test(log_engine, a_honeypot_needs_its_tag)
{
	struct observation o;
	cr_expect(give("Nov 30 21:32:16 h sentrypeer[303741]: Source IP: 192.0.2.36, Method: OPTIONS, Agent: sipsak 0.9.7", &o));
	cr_expect_not(give("Source IP: 192.0.2.36, Method: OPTIONS, Agent: sipsak 0.9.7", &o));
	cr_expect_not(give("Nov 30 21:32:16 h other[1]: Source IP: 192.0.2.36, Method: OPTIONS, Agent: sipsak 0.9.7", &o));
	cr_expect(give("{\"app_name\":\"sentrypeer\",\"source_ip\":\"192.0.2.128\",\"sip_method\":\"INVITE\"}", &o));
	cr_expect(give("Nov 30 21:32:16 h other[1]: {\"app_name\":\"sentrypeer\",\"source_ip\":\"192.0.2.128\",\"sip_method\":\"INVITE\"}", &o));
}

Test(log_engine, addresses_that_nobody_has)
{
	struct observation o;
	cr_expect_not(give("[2026-02-13 17:21:54] " FAILED("0.0.0.0"), &o));
	cr_expect_not(give("[2026-02-13 17:21:54] " FAILED("999.1.1.1"), &o));
	cr_expect_not(give("[2026-02-13 17:21:54] " FAILED("224.0.0.1"), &o));
	cr_expect(give("[2026-02-13 17:21:54] " FAILED("[::ffff:192.0.2.4]"), &o));
	cr_expect_str_eq(address(&o), "192.0.2.4");
	cr_expect(give("[2026-02-13 17:21:54] " FAILED("[fe80::1%eth0]"), &o));
	cr_expect_str_eq(address(&o), "fe80::1");
}

/* ---- SIP messages ---- */

static char got[1024];
static struct log_message last;

static void keep_message(void *context, const struct log_message *m)
{
	(void)context;
	last = *m;
	snprintf(got, sizeof got, "%.*s", (int)m->bytes.len, (const char *)m->bytes.ptr);
}

Test(log_engine, sip_messages)
{
	struct error err;
	struct observation o;
	const struct log_options options = { .year = 2026, .message = keep_message };
	struct log_reader *r = log_reader_new(dialects, &options, &err);
	static const char *const lines[] = {
		"[2026-02-13 17:21:54] VERBOSE[1] res_pjsip_logger.c: <--- Received SIP request (112 bytes) from UDP:192.0.2.4:5071 --->",
		"OPTIONS sip:a@b SIP/2.0\r",
		"Via: SIP/2.0/UDP x\r",
		"\r",
		"[2026-02-13 17:21:54] " FAILED("198.51.100.99"), /* the body */
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		cr_expect_not(log_reader_line(r, slice_str(lines[i]), i + 1, 0, &o), "%s", lines[i]);
	cr_expect(slice_starts(slice_str(got), SLICE("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x\r\n\r\n")), "%s", got);
	cr_expect_eq(last.ends.source_port, 5071);
	cr_expect_eq(last.transport, TRANSPORT_UDP);
	cr_expect(last.received);
	cr_expect_eq(last.place.number, 1);

	got[0] = 0;
	static const char *const trace[] = {
		"recv 45 bytes from udp/[192.0.2.4]:5071 at 19:53:33.123456:",
		"   ------------------------------------------------------------------------",
		"   OPTIONS sip:a@b SIP/2.0",
		"   Via: SIP/2.0/UDP",
		"   ",
		"   ------------------------------------------------------------------------",
	};
	for (size_t i = 0; i < sizeof trace / sizeof *trace; i++)
		cr_expect_not(log_reader_line(r, slice_str(trace[i]), i + 1, 0, &o));
	cr_expect_str_eq(got, "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP\r\n\r\n");
	cr_expect(log_reader_line(r, SLICE("[2026-02-13 17:21:54] " FAILED("192.0.2.4")), 20, 0, &o));
	log_reader_free(r);
}

/* What each way of keeping a log puts around the lines that a program prints. */
struct around {
	const char *before, *after;
};

static const struct around keepings[] = {
	{ "", "" },
	{ "May 23 10:18:17 pbx asterisk[12]: ", "" }, /* journald */
	{ "2026-05-23T10:18:17.100000000Z stdout F ", "" }, /* CRI */
	{ "{\"log\":\"", "\\n\",\"stream\":\"stdout\",\"time\":\"2026-05-23T10:18:17.1Z\"}" }, /* docker */
};

/* Around the length of what follows. */
static const struct around openings[] = {
	{ "[2026-05-23 10:18:17] ERROR[1234]: pjproject: <?>:  sip_transport.c Error processing ",
	  " bytes packet from UDP 192.0.2.77:5060 : PJSIP syntax error exception when parsing 'Via' header on line 2 col 6:" },
	{ "[2026-05-23 10:18:17] ERROR[1234] pjproject: sip_transport.c Error processing ",
	  " bytes packet from TCP 2001:db8::7:5060 : Missing required header(s) (PJSIP_EMISSINGHDR):" },
	{ "[2026-05-23 10:18:17] VERBOSE[1] res_pjsip_logger.c: <--- Received SIP request (", " bytes) from UDP:192.0.2.77:5060 --->" },
	{ "recv ", " bytes from udp/[192.0.2.77]:5060 at 19:53:33.123456:" },
};

/* A packet, or a message, that holds log lines. */
#define FORGED "[2026-02-13 17:21:54] " FAILED("198.51.100.99")
static const char *const packet[] = { "REGISTER sip:a SIP/2.0", FORGED, FORGED, FORGED };

static size_t packet_len(void)
{
	size_t len = 0;
	for (size_t i = 0; i < sizeof packet / sizeof *packet; i++)
		len += strlen(packet[i]) + 1;
	return len;
}

static bool give_kept(const struct around *keeping, const char *line, struct observation *o)
{
	char text[1024];
	snprintf(text, sizeof text, "%s%s%s", keeping->before, line, keeping->after);
	return give(text, o);
}

Test(log_engine, no_line_of_a_packet_that_is_printed_is_believed)
{
	struct observation o;
	for (size_t k = 0; k < sizeof keepings / sizeof *keepings; k++) {
		for (size_t w = 0; w < sizeof openings / sizeof *openings; w++) {
			char opening[512];
			snprintf(opening, sizeof opening, "%s%zu%s", openings[w].before, packet_len(), openings[w].after);
			cr_expect_not(give_kept(&keepings[k], opening, &o));
			for (size_t i = 0; i < sizeof packet / sizeof *packet; i++)
				cr_expect_not(give_kept(&keepings[k], packet[i], &o), "%s%s", keepings[k].before, opening);
			for (int i = 0; i < 2; i++) /* FreeSWITCH ends with a rule */
				cr_expect_not(give_kept(&keepings[k], "------------------------------------------", &o));
			cr_expect(give_kept(&keepings[k], "[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o), "behind: %s%s",
				  keepings[k].before, opening);
			cr_expect_str_eq(address(&o), "192.0.2.4");
		}
	}
}

/* Where the CRs are gone the first message seems to go on for one byte a line: into the announcement of the second. */
Test(log_engine, nor_one_of_the_next_packet_whose_announcement_was_passed_over)
{
	struct observation o;
	for (size_t k = 0; k < sizeof keepings / sizeof *keepings; k++) {
		for (size_t w = 0; w < 3; w++) { /* FreeSWITCH indents what it prints */
			char first[512], second[512];
			snprintf(first, sizeof first, "%s400%s", openings[2].before, openings[2].after);
			snprintf(second, sizeof second, "%s%zu%s", openings[w].before, packet_len(), openings[w].after);
			cr_expect_not(give_kept(&keepings[k], first, &o));
			for (int i = 0; i < 200; i++)
				cr_expect_not(give_kept(&keepings[k], "", &o));
			cr_expect_not(give_kept(&keepings[k], second, &o));
			for (size_t i = 0; i < sizeof packet / sizeof *packet; i++)
				cr_expect_not(give_kept(&keepings[k], packet[i], &o), "%s%s", keepings[k].before, second);
			for (int i = 0; i < 200; i++)
				give_kept(&keepings[k], "", &o);
			cr_expect(give_kept(&keepings[k], "[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
			cr_expect_str_eq(address(&o), "192.0.2.4");
		}
	}
}

#define DUMP_BEGINS "<--- SIP read from UDP:192.0.2.9:5060 --->"

/* A dump of chan_sip has no length: it lasts up to its mark. */
Test(log_engine, nor_one_of_a_dump_that_began_there)
{
	struct observation o;
	for (size_t k = 0; k < sizeof keepings / sizeof *keepings; k++) {
		char first[512];
		snprintf(first, sizeof first, "%s220%s", openings[2].before, openings[2].after);
		cr_expect_not(give_kept(&keepings[k], first, &o));
		for (int i = 0; i < 100; i++)
			cr_expect_not(give_kept(&keepings[k], "", &o));
		cr_expect_not(give_kept(&keepings[k], DUMP_BEGINS, &o));
		for (size_t i = 0; i < sizeof packet / sizeof *packet; i++)
			cr_expect_not(give_kept(&keepings[k], packet[i], &o), "%s", keepings[k].before);
		cr_expect_not(give_kept(&keepings[k], "<------------->", &o));
		cr_expect(give_kept(&keepings[k], "[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o), "%s",
			  keepings[k].before);
	}
}

/* Where the log keeps CRs nothing is passed over, and a dump that seems to begin in a message is its
 * sender's, who would hide behind it. */
Test(log_engine, a_dump_in_a_message_is_its_text)
{
	struct observation o;
	char first[256];
	snprintf(first, sizeof first, "<--- Received SIP request (%zu bytes) from UDP:192.0.2.9:5060 --->",
		 2 + strlen(DUMP_BEGINS) + 2);
	cr_expect_not(give(first, &o));
	cr_expect_not(give("\r", &o));
	cr_expect_not(give(DUMP_BEGINS "\r", &o));
	cr_expect(give("[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
}

Test(log_engine, pjproject_cuts_long_packets)
{
	struct observation o;
	cr_expect_not(give("[2026-05-23 10:18:17] ERROR[1234]: pjproject: <?>: sip_transport.c Error processing 65000 bytes packet from UDP "
			   "192.0.2.77:5060 : PJSIP syntax error exception when parsing 'Via' header on line 2 col 6:",
			   &o));
	char line[128];
	memset(line, 'x', 99);
	line[99] = 0;
	for (int i = 0; i < 40; i++)
		cr_expect_not(give(line, &o));
	cr_expect(give("[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
}

Test(log_engine, nothing_is_announced_by_a_text_from_outside)
{
	struct observation o;
	cr_expect(give("[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from '\"ERROR pjproject Error processing 900 bytes packet "
		       "from :\" <sip:7@x>' failed for '192.0.2.4' - Wrong password",
		       &o));
	cr_expect_not(give("[2026-02-13 17:21:54] VERBOSE[1] pbx.c: ERROR[1]: pjproject: Error processing 900 bytes packet from x:", &o));
	cr_expect(give("[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
	/* Behind a record that a line feed broke, a dump may be forged. */
	cr_expect_not(give("[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from 'x", &o));
	cr_expect_not(give("recv 40 bytes from udp/[198.51.100.99]:5060 at 19:53:33.123456:", &o));
	cr_expect_eq(counts_of("asterisk").torn > 0, true);
}

/* ---- what no length is known of ---- */

#define KAM_DUMP  "ERROR: <core> [core/parser/msg_parser.c:774]: parse_msg(): ERROR: parse_msg: message=<REGISTER sip:a SIP/2.0"
#define KAM_FAKE  "Nov 21 19:53:00 proxy kamailio[12]: NOTICE: <script>: Auth error for 100@198.51.100.1 from 198.51.100.99 cause -2"
#define KAM_OWN	  "NOTICE: <script>: Auth error for 100@198.51.100.1 from 192.0.2.4 cause -2"

static size_t taken_behind(const char *line, size_t lines)
{
	struct observation o;
	size_t taken = 0;
	for (size_t i = 0; i < lines; i++)
		taken += give(line, &o);
	return taken;
}

Test(log_engine, dump_without_a_length)
{
	static const char *const dumps[] = {
		" 3(12) " KAM_DUMP,
		" 3(12) " KAM_DUMP ">", /* the sender's, or Kamailio's? */
		" 3(12) ERROR: <core> [core/parser/parse_via.c:2704]: parse_via(): parsing via on: <SIP/2.0/UDP x",
		"Nov 21 19:53:00 [12] ERROR:core:parse_msg: message=<REGISTER sip:a SIP/2.0",
	};
	struct observation o;
	for (size_t i = 0; i < sizeof dumps / sizeof *dumps; i++) {
		cr_expect_not(give(dumps[i], &o));
		cr_expect_eq(taken_behind(KAM_FAKE, 65000 / sizeof KAM_FAKE), 0, "%s", dumps[i]);
		cr_expect_not(give(">", &o));
		taken_behind(KAM_FAKE, 10);
		cr_expect(give(" 3(12) " KAM_OWN, &o), "not for ever: %s", dumps[i]);
	}
	/* syslog escapes line feeds */
	cr_expect_not(give("Nov 21 19:53:00 proxy kamailio[12]: " KAM_DUMP "#015#012>", &o));
	cr_expect(give("Nov 21 19:53:00 proxy kamailio[12]: " KAM_OWN, &o));
}

#define DOCKER(second, text) "{\"log\":\"" text "\\n\",\"stream\":\"stderr\",\"time\":\"2026-05-23T10:18:" second ".1Z\"}"

Test(log_engine, a_moment_later_docker_is_believed_again)
{
	struct observation o;
	cr_expect_not(give(DOCKER("10", " 3(12) " KAM_DUMP), &o));
	cr_expect_not(give(DOCKER("10", KAM_FAKE), &o));
	cr_expect_not(give(DOCKER("11", KAM_FAKE), &o));
	cr_expect(give(DOCKER("13", " 3(12) " KAM_OWN), &o));
	/* A wrapping inside of a dump is none. */
	cr_expect_not(give(" 3(12) " KAM_DUMP, &o));
	cr_expect_not(give(DOCKER("59", KAM_FAKE), &o));
}

/* The longest packet that can stand behind the line feed. */
Test(log_engine, torn_record_hides_as_much_as_a_packet_holds)
{
	struct observation o;
	cr_expect_not(give("[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from 'x", &o));
	cr_expect_eq(taken_behind("[2026-02-13 17:21:54] " FAILED("198.51.100.99"), 65535 / sizeof("[2026-02-13 17:21:54] " FAILED("198.51.100.99"))), 0);
	taken_behind("[2026-02-13 17:21:54] VERBOSE[1] pbx.c: x", 10);
	cr_expect(give("[2026-02-13 17:21:54] " FAILED("192.0.2.4"), &o));
	cr_expect_geq(counts_of("asterisk").torn, 300);
}

/* ---- files that are wrong ---- */

struct wrong {
	const char *text, *problem;
};

#define EXAMPLES "    examples: {match: [{line: 'x 192.0.2.1', source.ip: 192.0.2.1}]}\n"

static const struct wrong wrong[] = {
	{ "", "the file is empty" },
	{ "name: [", ":1:" },
	{ "name: a\ntitle: b\n", "needs name, title and patterns" },
	{ "name: a\ntitle: b\ncolour: c\npatterns: []\n", ":3:1: unknown key `colour`" },
	{ "name: a\nname: b\n", "twice" },
	{ "name: a\ntitle: b\npatterns:\n  - id: p\n    anchor: x\n    regex: 'x ({{ip}}'\n    set: "
	  "{}\n" EXAMPLES,
	  ":6:12: the regex is wrong" },
	{ "name: a\ntitle: b\npatterns:\n  - id: p\n    anchor: x\n    regex: 'x {{who}}'\n    set: "
	  "{}\n" EXAMPLES,
	  "nothing defines {{who}}" },
	{ "name: a\ntitle: b\ndefine: {me: '{{me}}a'}\npatterns:\n  - id: p\n    anchor: x\n    regex: 'x "
	  "{{me}}'\n    set: {}\n" EXAMPLES,
	  "use itself" },
	{ "name: a\ntitle: b\npatterns:\n  - id: p\n    anchor: x\n    regex: 'x .*'\n    set: {}\n" EXAMPLES,
	  "where the address stands" },
	{ "name: a\ntitle: b\npatterns:\n  - id: p\n    anchor: x\n    regex: 'x {{ip}}'\n    set: "
	  "{siphound.outcom: refused}\n" EXAMPLES,
	  "did you mean `siphound.outcome`" },
	{ "name: a\ntitle: b\npatterns:\n  - id: p\n    anchor: x\n    regex: 'x {{ip}}'\n    set: "
	  "{siphound.outcome: denied}\n" EXAMPLES,
	  ":7:29: `denied` is no value of siphound.outcome" },
	{ "name: a\ntitle: b\npatterns:\n  - id: p\n    anchor: x\n    regex: 'x {{ip}}'\n    set: {}\n    "
	  "by: {why: {a: {}}}\n" EXAMPLES,
	  "captures nothing named `why`" },
	{ "name: a\ntitle: b\npatterns:\n  - id: p\n    module: m\n    anchor: x\n    regex: 'x {{ip}}'\n    "
	  "set: {}\n" EXAMPLES,
	  "needs a `head`" },
	{ "name: a\ntitle: b\npatterns:\n  - id: p\n    anchor: ''\n    regex: 'x {{ip}}'\n    set: "
	  "{}\n" EXAMPLES,
	  "an empty anchor" },
	{ "name: [a]\ntitle: b\npatterns: []\n", ":1:7: a name is expected here" },
	{ "name: a\ntitle: b\nprogram: [{c: d}]\npatterns: []\n", "is expected here" },
	{ "name: a\ntitle: b\n? [c]\n: d\npatterns: []\n", "a key is expected here" },
	{ "- name: a\n", ":1:1: a mapping (key: value) is expected here" },
};

Test(log_dialects, problems_have_places)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char path[] = "/tmp/dialect_XXXXXX.yaml";
		int fd = mkstemps(path, 5);
		FILE *file = fdopen(fd, "w");
		struct error err = { "" };
		struct dialects *d = dialects_new();
		fputs(wrong[i].text, file);
		fclose(file);
		cr_expect_lt(dialects_load(d, path, &err), 0, "%s", wrong[i].text);
		const char *problem = dialects_problem(d, 0);
		cr_assert_not_null(problem, "%s", wrong[i].text);
		cr_expect_not_null(strstr(problem, wrong[i].problem), "%s: %s", wrong[i].problem, problem);
		cr_expect_eq(dialects_count(d), 0);
		dialects_free(d);
		remove(path);
	}
}

Test(log_dialects, a_wrong_example_is_a_problem)
{
	char path[] = "/tmp/dialect_XXXXXX.yaml";
	FILE *file = fdopen(mkstemps(path, 5), "w");
	struct error err = { "" };
	struct dialects *d = dialects_new();
	fputs("name: mine\ntitle: b\npatterns:\n  - id: p\n    anchor: hello\n    regex: 'hello {{ip}}$'\n    set: {siphound.outcome: refused}\n"
	      "    examples:\n      match:\n        - {line: hello 192.0.2.1, source.ip: 192.0.2.2}\n        - {line: hello you, source.ip: 192.0.2.1}\n"
	      "      no_match: [hello 192.0.2.3]\n",
	      file);
	fclose(file);
	cr_assert_eq(dialects_load(d, path, &err), 0, "%s", err.text);
	cr_expect_lt(dialects_check(d, &err), 0);
	cr_assert_not_null(dialects_problem(d, 2));
	cr_expect_not_null(strstr(dialects_problem(d, 0), ":10:11: pattern p: source.ip should be `192.0.2.2` and is `192.0.2.1`"), "%s",
			   dialects_problem(d, 0));
	cr_expect_not_null(strstr(dialects_problem(d, 1), "must match"));
	cr_expect_not_null(strstr(dialects_problem(d, 2), "must not match"));
	cr_expect_null(dialects_problem(d, 3));
	dialects_free(d);
	remove(path);
}
