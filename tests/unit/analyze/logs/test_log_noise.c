/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/logs/log_reader.h"

/* Passing over lines that say nothing changes nothing: every way of doing it, on blocks of every length, gives what line by line gives. */

static struct dialects *dialects;

static void load(void)
{
	struct error err;
	dialects = dialects_new();
	cr_assert_eq(dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
}

static void unload(void)
{
	dialects_free(dialects);
}

TestSuite(log_noise, .init = load, .fini = unload);

#define TIME(second) "[2026-02-13 17:21:" second "] "
#define FAILED(second, address)                                                                                     \
	TIME(second) "NOTICE[12] chan_sip.c: Registration from '<sip:1@192.0.2.1>' failed for '" address ":5060' - Wrong " \
		     "password\n"

/* What a reader must not pass over stands between what it may: lines of other programs, short and long ones, announcements of
 * messages, records over several lines, a dump. */
static const char *const parts[] = {
	FAILED("01", "192.0.2.2"),
	TIME("02") "VERBOSE[12][C-00000000] pbx.c: -- Executing [1@from-internal:1] Dial(\"PJSIP/1\") in new stack\n",
	TIME("03") "VERBOSE[12][C-00000000] app_dial.c: -- PJSIP/1-00000000 is ringing, and this line is a good deal longer than the others "
		   "are, so that its end stands in another block than theirs, wherever it began; 0123456789 0123456789\n",
	TIME("04") "DEBUG[5] res_rtp_asterisk.c: Got  RTP packet from    192.0.2.3:14176 (type 00)\n",
	TIME("05") "DEBUG[123456] a: b\n",
	TIME("05") "DEBUG[1]: b\n",
	TIME("06") "DEBUG\n",
	TIME("07") "WARNING[12][C-00000000] func_channel.c: Unknown or unavailable item requested: 'rtpqos_75'\n",
	FAILED("08", "192.0.2.4"),
	TIME("09") "VERBOSE[12] logger.c: this announces nothing:\n",
	TIME("10") "VERBOSE[12] chan_sip.c: ends in CR, as lines of messages do\r\n",
	TIME("11") "VERBOSE[12] x.c: <--- SIP read from UDP:192.0.2.9:5060 --->\nREGISTER sip:a SIP/2.0\r\n" FAILED("11", "192.0.2.66")
	"Content-Length: 0\r\n\r\n<------------->\n",
	"\n",
	"no prefix at all\n",
	"NOTICE[12] chan_sip.c: Registration from '<sip:1@192.0.2.1>' failed for '192.0.2.5:5060' - Wrong password\n",
	"[2026/02/13 17:21:12] VERBOSE[12] pbx.c: slashes in its date\n",
	"[2026-02-13 17:21:13.123] VERBOSE[12] pbx.c: a fraction\n",
	"{\n\"a\": 1\n}\n",
	"__CURSOR=1\n" TIME("14") "VERBOSE[12] inside of an export\n\n",
	" 3(12) ERROR: <core> [core/parser/msg_parser.c:1]: parse_msg(): message=<REGISTER\n",
	FAILED("15", "192.0.2.6"),
};

#define PART_COUNT (sizeof parts / sizeof *parts)

struct text {
	char bytes[65536];
	size_t len;
};

static void add(struct text *t, const char *part)
{
	size_t len = strlen(part);
	cr_assert(t->len + len < sizeof t->bytes);
	memcpy(t->bytes + t->len, part, len);
	t->len += len;
}

/* Some observations and many lines; the order is another one for every number. */
static void make(struct text *t, uint32_t number)
{
	uint32_t random = number * 2654435761u + 1;
	t->len = 0;
	for (unsigned i = 0; i < 3; i++)
		for (size_t k = 0; k < 12; k++)
			add(t, parts[k]);
	for (unsigned i = 0; i < 200 && t->len < sizeof t->bytes - 1000; i++) {
		random = random * 1664525u + 1013904223u;
		uint32_t choice = random >> 16;
		add(t, parts[choice % 4 ? 1 + choice / 4 % 7 : choice / 4 % PART_COUNT]);
	}
}

struct seen {
	size_t count;
	struct {
		uint64_t number;
		int64_t time_us;
		struct addr source;
	} items[512];
	uint64_t lines, passed;
};

/* kind < 0: line by line. Blocks of `block` bytes are looked at, as if no more were there. */
static bool read_all(const struct text *t, int kind, size_t block, struct seen *out)
{
	struct error err;
	struct observation o;
	struct log_options options = { .year = 2026 };
	struct log_reader *r = log_reader_new(dialects, &options, &err);
	uint64_t number = 0, passed;
	size_t at = 0, len;
	bool can = true;
	memset(out, 0, sizeof *out);
	while (at < t->len && can) {
		size_t ahead = block - at % block < t->len - at ? block - at % block : t->len - at;
		uint8_t *exact = malloc(ahead); /* so that reading beyond it is seen */
		memcpy(exact, t->bytes + at, ahead);
		can = kind < 0 || log_noise_pass_by((enum log_noise_kind)kind, r, slice_of(exact, ahead), &passed, &len);
		free(exact);
		if (kind >= 0 && can && len) {
			at += len;
			number += passed;
			out->passed += passed;
			continue;
		}
		struct slice line = slice_of(t->bytes + at, t->len - at);
		line = slice_first(line, slice_find(line, '\n'));
		at += line.len + 1;
		if (log_reader_line(r, line, ++number, 0, &o) && out->count < 512) {
			out->items[out->count].number = number;
			out->items[out->count].time_us = o.time_us;
			out->items[out->count++].source = o.address[ADDRESS_SOURCE_IP];
		}
	}
	out->lines = log_reader_lines(r);
	log_reader_free(r);
	return can;
}

Test(log_noise, every_way_gives_the_same)
{
	static struct text text;
	static struct seen line_by_line, seen;
	static const size_t blocks[] = { 65536, 4096, 1000, 333, 130 };
	uint64_t passed = 0;
	for (uint32_t number = 0; number < 20; number++) {
		make(&text, number);
		cr_assert(read_all(&text, -1, 65536, &line_by_line));
		cr_assert_geq(line_by_line.count, 6);
		for (int kind = LOG_NOISE_PORTABLE; kind <= LOG_NOISE_AVX2; kind++) {
			for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
				if (!read_all(&text, kind, blocks[b], &seen))
					continue;
				passed += seen.passed;
				seen.passed = 0;
				cr_assert_eq(memcmp(&seen, &line_by_line, sizeof seen), 0, "text %u, way %d, blocks of %zu", number, kind,
					     blocks[b]);
			}
		}
	}
	cr_assert_gt(passed, 1000);
}

Test(log_noise, passes_over_most_lines)
{
	static struct text text;
	struct error err;
	struct observation o;
	uint64_t lines;
	struct log_reader *r = log_reader_new(dialects, NULL, &err);
	cr_assert(log_reader_line(r, slice_first(slice_str(parts[0]), strlen(parts[0]) - 1), 1, 0, &o));
	for (unsigned i = 0; i < 2; i++) { /* first the gate, then the word of noise */
		cr_assert_not(log_reader_line(r, slice_first(slice_str(parts[1]), strlen(parts[1]) - 1), 2 + i, 0, &o));
	}
	for (unsigned i = 0; i < 100; i++)
		add(&text, parts[1 + i % 2]);
	add(&text, parts[0]);
	size_t len = log_reader_pass(r, slice_of(text.bytes, text.len), &lines);
	cr_assert_eq(lines, 100);
	cr_assert_eq(len, text.len - strlen(parts[0]));
	cr_assert_eq(log_reader_lines(r), 103);
	log_reader_free(r);
}
