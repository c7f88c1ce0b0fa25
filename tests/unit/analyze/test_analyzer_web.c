/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_web.h"

#include "analyze/web/vendors.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void on_request(void *ctx, const struct provisioning_request *r)
{
	*(unsigned *)ctx += r->outcome == OUTCOME_NONE;
}

static void on_proved(void *ctx, const struct addr *actor, enum proof proof)
{
	(void)ctx, (void)actor, (void)proof;
}

static void note_served(void *ctx, const struct provisioning_request *r)
{
	*(int *)ctx = r->is_served;
}

static void say(struct web *w, struct tcp_stream *stream, const char *text)
{
	struct frame frame = { .time_us = 1767600000000000, .number = 1 };
	size_t len = strlen(text);
	cr_assert_eq(web_http(w, stream, slice_str(text), false, false, &frame), len, "%s", text);
}

/* What was uploaded was not given out. */
Test(analyzer_web, only_what_was_given_out_is_served)
{
	static const struct {
		const char *method, *status;
		int is_served;
	} cases[] = { { "GET", "200 OK", true },    { "GET", "206 Partial", true },
		      { "GET", "304 Same", false }, { "GET", "404 Not Found", false },
		      { "PUT", "201 Made", false }, { "POST", "200 OK", false },
		      { "DELETE", "204 OK", false } };
	struct error err = { "" };
	struct vendors *v = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	cr_assert_not_null(v, "%s", err.text);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int served = -1;
		char text[256];
		struct web *w = web_new(v, &(struct web_handlers){ note_served, on_proved, &served });
		struct tcp_stream client = { .from_client = true }, server = { .peer = &client };
		client.peer = &server;
		snprintf(text, sizeof text,
			 "%s /0004f2aabbcc.cfg HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
			 cases[i].method);
		say(w, &client, text);
		snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", cases[i].status);
		say(w, &server, text);
		cr_expect_eq(served, cases[i].is_served, "%s %s: %d", cases[i].method, cases[i].status,
			     served);
		web_http_closed(w, &client);
		web_free(w);
	}
	vendors_free(v);
}

static void give(struct web *w, const char *from, uint16_t port, const char *to, uint16_t to_port,
		 struct slice bytes)
{
	struct frame frame = { .time_us = 1767600000000000, .number = 1 };
	struct datagram d = { .frame = &frame, .payload = bytes };
	cr_assert(addr_parse(slice_str(from), &d.ends.source) &&
		  addr_parse(slice_str(to), &d.ends.destination));
	d.ends.source_port = port;
	d.ends.destination_port = to_port;
	web_datagram(w, &d);
}

static void note_proof(void *ctx, const struct addr *actor, enum proof proof)
{
	char text[ADDR_TEXT_MAX];
	cr_expect_str_eq(addr_text(actor, text), "192.0.2.1");
	*(enum proof *)ctx = proof;
}

static void ignore(void *ctx, const struct provisioning_request *r)
{
	(void)ctx, (void)r;
}

/* Who sends on to the port that only the answer to a TFTP request told has read that answer. */
Test(analyzer_web, who_knows_the_port_of_the_answer_is_proved)
{
	static const char request[] = "\0\1SEP001122AA0000.cnf.xml\0octet", data[] = "\0\3\0\1<x/>",
			  got[] = "\0\4\0\1";
	struct error err = { "" };
	struct vendors *v = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	cr_assert_not_null(v, "%s", err.text);
	enum proof proof = PROOF_NONE;
	struct web *w = web_new(v, &(struct web_handlers){ ignore, note_proof, &proof });
	cr_assert_not_null(w);
	give(w, "192.0.2.1", 4000, "198.51.100.1", 69, slice_of(request, sizeof request));
	give(w, "198.51.100.1", 5000, "192.0.2.1", 4000, slice_of(data, sizeof data - 1));
	give(w, "192.0.2.1", 4000, "198.51.100.1", 5001, slice_of(got, sizeof got - 1));
	cr_expect_eq(proof, PROOF_NONE, "not that port");
	give(w, "192.0.2.1", 4000, "198.51.100.1", 5000, slice_of(got, sizeof got - 1));
	cr_expect_eq(proof, PROOF_ECHOED);
	web_free(w);
	vendors_free(v);
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
