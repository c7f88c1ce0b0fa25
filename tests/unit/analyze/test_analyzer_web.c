/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_web.h"

#include "analyze/web/vendors.h"

#include <criterion/criterion.h>

static void on_request(void *ctx, const struct provisioning_request *r)
{
	*(unsigned *)ctx += r->outcome == OUTCOME_NONE;
}

static void on_proved(void *ctx, const struct addr *actor, enum proof proof)
{
	(void)ctx, (void)actor, (void)proof;
}

/* More than 4096 requests that wait: the oldest ones are taken as unanswered, and that is counted. */
Test(analyzer_web, what_finds_no_room_is_counted)
{
	static const char bytes[] = "\0\1SEP001122AA0000.cnf.xml\0octet";
	struct error err = { "" };
	struct vendors *v = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	cr_assert_not_null(v, "%s", err.text);
	unsigned silent = 0;
	struct web *w = web_new(v, &(struct web_handlers){ on_request, on_proved, &silent });
	cr_assert_not_null(w);
	cr_expect_eq(web_given_up(w), 0);
	for (unsigned i = 0; i < 4100; i++) {
		struct frame frame = { .time_us = 1767600000000000 + i, .number = i + 1 };
		struct datagram d = { .frame = &frame, .payload = slice_of(bytes, sizeof bytes) };
		cr_assert(addr_parse(SLICE("192.0.2.1"), &d.ends.source) &&
			  addr_parse(SLICE("198.51.100.1"), &d.ends.destination));
		d.ends.source_port = (uint16_t)(10000 + i);
		d.ends.destination_port = 69;
		cr_assert(web_datagram(w, &d));
	}
	cr_expect_eq(web_given_up(w), 4);
	cr_expect_eq(silent, 4);
	web_finish(w);
	cr_expect_eq(silent, 4100);
	cr_expect_eq(web_given_up(w), 4, "an end is no lack of room");
	web_free(w);
	vendors_free(v);
}
