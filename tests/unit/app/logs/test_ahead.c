/* SPDX-License-Identifier: MIT */
#include "app/logs/ahead.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A log gives the same observations and SIP messages in the same order with a thread of its own and without.
 */

enum { RECORDS = 3000, ROOM = 4 * 1024 * 1024 };

struct story {
	char *text;
	size_t len;
	size_t observations, messages;
};

static void add(struct story *s, const char *kind, struct slice bytes)
{
	s->len += (size_t)snprintf(s->text + s->len, ROOM - s->len, "%s %.*s\n", kind,
				   (int)(bytes.len < 400 ? bytes.len : 400), (const char *)bytes.ptr);
	cr_assert_lt(s->len, (size_t)ROOM);
}

static void on_message(void *ctx, const struct log_message *m)
{
	struct story *s = ctx;
	s->messages++;
	add(s, "message", m->bytes);
}

static const char message[] =
    "OPTIONS sip:100@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4:5071;branch=z9hG4bK1\r\n\r\n";

/* Failures, noise, agents of many lengths, lines as long as they may be, and messages in runs that fill a
 * batch. Behind each message the program writes an empty line. */
static void write_log(const char *path)
{
	FILE *f = fopen(path, "w");
	cr_assert(f);
	for (unsigned i = 0; i < RECORDS; i++) {
		fprintf(f,
			"[2026-02-13 17:%02u:%02u] NOTICE[%u] chan_sip.c: Registration from '<sip:%u@x>' "
			"failed for '192.0.2.%u' - Wrong "
			"password\n",
			i / 60 % 60, i % 60, i, i, i % 200 + 1);
		fprintf(f, "[2026-02-13 17:%02u:%02u] VERBOSE[%u] pbx.c: -- Executing something\n",
			i / 60 % 60, i % 60, i);
		if (i % 50 == 0)
			fprintf(f,
				"192.0.2.9 - - [13/Feb/2026:17:%02u:%02u +0000] \"GET /0004f2aabbcc.cfg "
				"HTTP/1.1\" 200 5 \"-\" \"%0*u\"\n",
				i / 60 % 60, i % 60, (int)(i % 240 + 1), i);
		if (i % 100 == 0)
			fprintf(f,
				"[2026-02-13 17:%02u:%02u] NOTICE[1] chan_sip.c: Registration from "
				"'<sip:%0*u@x>' failed for '192.0.2.9' - Wrong "
				"password\n",
				i / 60 % 60, i % 60, 65000, i);
		for (unsigned k = 0; i % 400 == 7 && k < 40; k++)
			fprintf(f,
				"[2026-02-13 17:%02u:%02u] VERBOSE[1] res_pjsip_logger.c: <--- Received SIP "
				"request (%zu bytes) from "
				"UDP:192.0.2.%u:5071 --->\n%s\n",
				i / 60 % 60, i % 60, sizeof message - 1, k + 1, message);
	}
	fclose(f);
}

static char path[] = "/tmp/siphound_log_ahead_XXXXXX";
static struct dialects *dialects;
static struct ruleset *rules;
static struct engine *engine;

static void prepare(void)
{
	struct error err;
	int fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	close(fd);
	write_log(path);
	dialects = dialects_new();
	rules = ruleset_new();
	cr_assert_eq(dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_load(rules, SIPHOUND_SOURCE_DIR "/rules", &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	engine = engine_new(rules, NULL);
	cr_assert(engine);
}

static void finish(void)
{
	unlink(path);
	engine_free(engine);
	ruleset_free(rules);
	dialects_free(dialects);
}

static struct log_ahead *open_log(struct story *s, bool own_thread)
{
	struct error err;
	struct log_ahead *a;
	struct log_ahead_options options = { .reader = { .message = on_message, .context = s },
					     .dialects = dialects,
					     .input = 3,
					     .own_thread = own_thread };
	cr_assert_eq(log_ahead_open(&a, path, &options, &err), 0, "%s", err.text);
	cr_assert_eq(log_ahead_start(a, log_reading_maker_new(engine)), 0);
	return a;
}

static void read_log(struct story *s, bool own_thread, size_t most)
{
	struct log_ahead *a = open_log(s, own_thread);
	for (struct observation *o; s->observations < most && (o = log_ahead_peek(a)); log_ahead_next(a)) {
		const struct log_reading *r = log_ahead_reading(a, 0);
		char place[64];
		snprintf(place, sizeof place, "%llu %u", (unsigned long long)o->place.number, o->place.input);
		s->observations++;
		add(s, place, observation_text(o, TEXT_ACCOUNT));
		add(s, "agent", observation_text(o, TEXT_USER_AGENT));
		cr_assert_eq(r->is_made, o->choice[CHOICE_CATEGORY] != CATEGORY_PROVISIONING);
		if (r->is_made)
			cr_assert(addr_eq(&r->event.actor, &o->address[ADDRESS_SOURCE_IP]));
	}
	log_ahead_stop(a);
	if (most == SIZE_MAX) {
		cr_assert_null(log_ahead_peek(a));
		cr_assert_geq(log_ahead_lines(a)->lines, 2 * RECORDS);
		cr_assert_eq(log_reader_lines(log_ahead_reader(a)), log_ahead_lines(a)->lines);
	}
	log_ahead_close(a);
}

Test(log_ahead, a_thread_changes_nothing, .init = prepare, .fini = finish)
{
	struct story alone = { .text = malloc(ROOM) }, ahead = { .text = malloc(ROOM) };
	read_log(&alone, false, SIZE_MAX);
	read_log(&ahead, true, SIZE_MAX);
	cr_assert_eq(alone.observations, RECORDS + RECORDS / 50 + RECORDS / 100);
	cr_assert_eq(alone.messages, 8 * 40);
	cr_assert_eq(ahead.observations, alone.observations);
	cr_assert_eq(ahead.messages, alone.messages);
	cr_assert_eq(ahead.len, alone.len);
	cr_assert_eq(memcmp(ahead.text, alone.text, alone.len), 0);
	free(alone.text);
	free(ahead.text);
}

Test(log_ahead, may_be_left_at_any_time, .init = prepare, .fini = finish)
{
	static const size_t counts[] = { 0, 1, LOG_AHEAD_ITEMS, LOG_AHEAD_ITEMS * LOG_AHEAD_BATCHES + 1,
					 RECORDS };
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct story s = { .text = malloc(ROOM) };
		read_log(&s, true, counts[i]);
		cr_assert_eq(s.observations, counts[i]);
		free(s.text);
	}
}

Test(log_ahead, a_capture_is_no_log)
{
	static const uint8_t heads[][5] = {
		{ 0xd4, 0xc3, 0xb2, 0xa1, 2 },
		{ 0xa1, 0xb2, 0xc3, 0xd4, 0 },
		{ 0x4d, 0x3c, 0xb2, 0xa1, 2 },
		{ 0x0a, 0x0d, 0x0d, 0x0a, 28 },
	};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		char name[] = "/tmp/siphound-log-XXXXXX";
		struct log_ahead_options options = { .dialects = NULL };
		struct log_ahead *a = NULL;
		struct error err;
		int fd = mkstemp(name);
		cr_assert_geq(fd, 0);
		cr_assert_eq(write(fd, heads[i], 5), 5);
		close(fd);
		cr_expect_lt(log_ahead_open(&a, name, &options, &err), 0);
		cr_expect(strstr(err.text, "use `siphound read"), "%s", err.text);
		cr_expect_null(a);
		unlink(name);
	}
}

Test(log_ahead, a_missing_file_is_told)
{
	struct error err;
	struct log_ahead *a;
	struct log_ahead_options options = { .own_thread = true };
	cr_assert_lt(log_ahead_open(&a, "/nonexistent/full.log", &options, &err), 0);
	cr_assert(strstr(err.text, "/nonexistent/full.log"));
}
