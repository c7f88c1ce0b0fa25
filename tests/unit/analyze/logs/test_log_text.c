/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyze/logs/log_text.h"

struct envelope_case {
	const char *name, *json, *text, *time; /* text NULL: it is no envelope */
};

static const struct envelope_case envelopes[] = {
	{ "docker", "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-02-13T17:21:54.5Z\"}", "a\\n", "2026-02-13T17:21:54.5Z" },
	{ "Fluent Bit", "{\"date\":1790000000.123456,\"log\":\"a\"}", "a", "1790000000.123456" },
	{ "Filebeat", "{\"@timestamp\":\"2026-02-13T17:21:54.5Z\",\"message\":\"a\",\"log\":{\"offset\":1,\"file\":{\"path\":\"/var/log/full\"}}}", "a",
	  "2026-02-13T17:21:54.5Z" },
	{ "Filebeat, the agent only", "{\"@timestamp\":\"2026-02-13T17:21:54.5Z\",\"message\":\"a\",\"agent\":{\"type\":\"filebeat\"}}", "a", "2026-02-13T17:21:54.5Z" },
	{ "Filebeat 6", "{\"@timestamp\":\"2026-02-13T17:21:54.5Z\",\"message\":\"a\",\"beat\":{\"name\":\"pbx\"},\"source\":\"/var/log/full\"}", "a",
	  "2026-02-13T17:21:54.5Z" },
	{ "logcli", "{\"labels\":{\"job\":\"pbx\"},\"line\":\"a\",\"timestamp\":\"2026-02-13T17:21:54.5Z\"}", "a", "2026-02-13T17:21:54.5Z" },
	/* Somebody else may have written the message. */
	{ "an application's own", "{\"@timestamp\":\"2026-02-13T17:21:54.5Z\",\"@version\":\"1\",\"message\":\"a\"}", NULL, NULL },
	{ "another's", "{\"timestamp\":\"2026-02-13T17:21:54.5Z\",\"message\":\"a\",\"level\":\"info\"}", NULL, NULL },
	{ "a third's", "{\"time\":\"2026-02-13T17:21:54.5Z\",\"log\":\"a\"}", NULL, NULL },
	{ "a line without labels", "{\"timestamp\":\"2026-02-13T17:21:54.5Z\",\"line\":\"a\"}", NULL, NULL },
	{ "a text that imitates the mark", "{\"@timestamp\":\"1\",\"message\":\"\\\"agent\\\":{\\\"type\\\":\\\"filebeat\\\"}\"}", NULL, NULL },
	{ "two texts", "{\"date\":1790000000,\"log\":\"a\",\"log\":\"b\"}", NULL, NULL },
	{ "no text", "{\"date\":1790000000,\"log\":{\"a\":1}}", NULL, NULL },
	{ "cut", "{\"date\":1790000000,\"log\":\"a\"", NULL, NULL },
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
