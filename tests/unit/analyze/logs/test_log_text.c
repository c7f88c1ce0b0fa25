/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyze/logs/log_text.h"

struct envelope_case {
	const char *name, *json, *text, *time; /* text NULL: it is no envelope */
};

static const struct envelope_case envelopes[] = {
	{ "docker", "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-02-13T17:21:54.5Z\"}", "a\\n",
	  "2026-02-13T17:21:54.5Z" },
	{ "Fluent Bit", "{\"date\":1790000000.123456,\"log\":\"a\"}", "a", "1790000000.123456" },
	{ "Filebeat",
	  "{\"@timestamp\":\"2026-02-13T17:21:54.5Z\",\"message\":\"a\",\"log\":{\"offset\":1,\"file\":{"
	  "\"path\":\"/var/log/full\"}}}",
	  "a", "2026-02-13T17:21:54.5Z" },
	{ "Filebeat, the agent only",
	  "{\"@timestamp\":\"2026-02-13T17:21:54.5Z\",\"message\":\"a\",\"agent\":{\"type\":\"filebeat\"}}",
	  "a", "2026-02-13T17:21:54.5Z" },
	{ "Filebeat 6",
	  "{\"@timestamp\":\"2026-02-13T17:21:54.5Z\",\"message\":\"a\",\"beat\":{\"name\":\"pbx\"},"
	  "\"source\":\"/var/log/full\"}",
	  "a", "2026-02-13T17:21:54.5Z" },
	{ "logcli", "{\"labels\":{\"job\":\"pbx\"},\"line\":\"a\",\"timestamp\":\"2026-02-13T17:21:54.5Z\"}",
	  "a", "2026-02-13T17:21:54.5Z" },
	{ "GELF",
	  "{\"version\":\"1.1\",\"host\":\"pbx\",\"short_message\":\"a\",\"full_message\":\"b\","
	  "\"timestamp\":1790000000."
	  "123,\"level\":6}",
	  "a", "1790000000.123" },
	{ "Vector",
	  "{\"file\":\"/var/log/"
	  "full\",\"message\":\"a\",\"source_type\":\"file\",\"timestamp\":\"2026-02-13T17:21:54.5Z\"}",
	  "a", "2026-02-13T17:21:54.5Z" },
	{ "syslog-ng",
	  "{\"PROGRAM\":\"asterisk\",\"PID\":\"8\",\"MESSAGE\":\"a\",\"HOST\":\"pbx\",\"DATE\":\"Feb 13 "
	  "17:21:54\"}",
	  "a", "Feb 13 17:21:54" },
	{ "syslog-ng, another time",
	  "{\"PROGRAM\":\"asterisk\",\"MESSAGE\":\"a\",\"ISODATE\":\"2026-02-13T17:21:54+00:00\"}", "a",
	  "2026-02-13T17:21:54+00:00" },
	{ "syslog-ng without a program", "{\"MESSAGE\":\"a\",\"DATE\":\"Feb 13 17:21:54\"}", NULL, NULL },
	/* Somebody else may have written the message. */
	{ "an application's own",
	  "{\"@timestamp\":\"2026-02-13T17:21:54.5Z\",\"@version\":\"1\",\"message\":\"a\"}", NULL, NULL },
	{ "another's", "{\"timestamp\":\"2026-02-13T17:21:54.5Z\",\"message\":\"a\",\"level\":\"info\"}",
	  NULL, NULL },
	{ "a third's", "{\"time\":\"2026-02-13T17:21:54.5Z\",\"log\":\"a\"}", NULL, NULL },
	{ "a fourth's", "{\"date\":\"2026-02-13T17:21:54.5Z\",\"log\":\"a\"}", NULL, NULL },
	{ "a fifth's", "{\"date\":1790000000,\"level\":30,\"log\":\"a\"}", NULL, NULL },
	{ "a line without labels", "{\"timestamp\":\"2026-02-13T17:21:54.5Z\",\"line\":\"a\"}", NULL, NULL },
	{ "a text that imitates the mark",
	  "{\"@timestamp\":\"1\",\"message\":\"\\\"agent\\\":{\\\"type\\\":\\\"filebeat\\\"}\"}", NULL,
	  NULL },
	{ "two texts", "{\"date\":1790000000.5,\"log\":\"a\",\"log\":\"b\"}", NULL, NULL },
	{ "no text", "{\"date\":1790000000.5,\"log\":{\"a\":1}}", NULL, NULL },
	{ "cut", "{\"date\":1790000000.5,\"log\":\"a\"", NULL, NULL },
};

Test(log_text, envelopes)
{
	for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++) {
		struct log_wrapping wrapping;
		bool found = log_text_unwrap(slice_str(envelopes[i].json), &wrapping);
		cr_expect_eq(found, envelopes[i].text != NULL, "%s", envelopes[i].name);
		if (!found || !envelopes[i].text)
			continue;
		cr_expect(slice_eq(wrapping.text, slice_str(envelopes[i].text)), "%s", envelopes[i].name);
		cr_expect(slice_eq(wrapping.time, slice_str(envelopes[i].time)), "%s", envelopes[i].name);
	}
}

#define OWN(file, function, message)                                                                         \
	"{\"hostname\":\"\",\"timestamp\":\"2026-02-13 "                                                     \
	"17:21:54\",\"identifiers\":{\"lwp\":12},\"logmsg\":{\"location\":{\"filename\":\"" file             \
	"\",\"function\":\"" function "\",\"line\":4},\"level\":\"WARNING\",\"message\":\"" message "\"}}"

struct own_case {
	const char *name, *json, *head; /* head NULL: it is none */
};

static const struct own_case own[] = {
	{ "code", OWN("chan_sip.c", "f", "a"), "WARNING[12]: chan_sip.c:4 f: " },
	{ "the dialplan", OWN("Ext. s", "@ from-sip-external", "a"),
	  "WARNING[12]: Ext. s:4 @ from-sip-external: " },
	{ "the dialplan, a number", OWN("Ext. +4681'--", "@ default", "a"),
	  "WARNING[12]: Ext. +4681'--:4 @ default: " },
	{ "a number that ends the head", OWN("Ext. 1: x", "@ default", "a"), NULL },
	{ "a number with a colon", OWN("Ext. 1:x", "@ default", "a"), NULL },
	{ "a number with an escape", OWN("Ext. 1\\u003ax", "@ default", "a"), NULL },
	{ "a number without end", OWN("Ext. 123456789012345678901234567890123", "@ default", "a"), NULL },
	{ "another's file", OWN("Exit. 1", "@ default", "a"), NULL },
	{ "no context", OWN("Ext. 1", "f g", "a"), NULL },
};

Test(log_text, json_of_asterisk)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		struct log_wrapping wrapping;
		bool found = log_text_unwrap_asterisk(slice_str(own[i].json), &wrapping);
		cr_expect_eq(found, own[i].head != NULL, "%s", own[i].name);
		if (!found || !own[i].head)
			continue;
		cr_expect(slice_eq(slice_of(wrapping.head, wrapping.head_len), slice_str(own[i].head)), "%s",
			  own[i].name);
		cr_expect(slice_eq(wrapping.text, SLICE("a")), "%s", own[i].name);
	}
}
