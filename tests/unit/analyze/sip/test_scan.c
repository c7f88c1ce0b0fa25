/* SPDX-License-Identifier: MIT */
#include "analyze/sip/scan.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define LINES 4096

struct outcome {
	struct sip_scan scan;
	size_t count;
	uint32_t ends[LINES + SIP_LINES_MAX];
};

/* All lines, however many calls that takes. */
static bool scan_by(enum sip_scan_kind kind, struct slice bytes, struct outcome *out)
{
	memset(out, 0, sizeof *out);
	while (!out->scan.done && out->count < LINES) {
		size_t count;
		if (!sip_scan_lines_by(kind, bytes, &out->scan, out->ends + out->count, &count))
			return false;
		out->count += count;
	}
	return true;
}

static void assert_same(const struct outcome *a, const struct outcome *b, int kind, int round)
{
	cr_assert_eq(a->count, b->count, "kind %d, %d: %zu lines, %zu", kind, round, a->count, b->count);
	cr_assert_eq(a->scan.next, b->scan.next, "kind %d, %d: next %zu, %zu", kind, round, a->scan.next, b->scan.next);
	cr_assert_eq(a->scan.seen, b->scan.seen, "kind %d, %d: seen %x, %x", kind, round, a->scan.seen, b->scan.seen);
	cr_assert_eq(a->scan.has_empty_line, b->scan.has_empty_line, "kind %d, %d: empty line", kind, round);
	for (size_t i = 0; i < a->count; i++)
		cr_assert_eq(a->ends[i], b->ends[i], "kind %d, %d: end of %zu", kind, round, i);
}

/* What scan.h promises, a byte at a time. */
static void scan_plainly(struct slice s, struct outcome *out)
{
	size_t start = 0, at = 0;
	memset(out, 0, sizeof *out);
	for (; at < s.len && !out->scan.has_empty_line; at++) {
		uint8_t c = s.ptr[at];
		if (c == '\r' && (at + 1 == s.len || s.ptr[at + 1] != '\n'))
			out->scan.seen |= SIP_SEEN_BARE_CR;
		if (c == 0)
			out->scan.seen |= SIP_SEEN_NUL;
		else if (c >= 0x80)
			out->scan.seen |= SIP_SEEN_HIGH;
		else if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\r' && c != '\n'))
			out->scan.seen |= SIP_SEEN_CONTROL;
		if (c != '\n')
			continue;
		bool after_cr = at > 0 && s.ptr[at - 1] == '\r';
		out->scan.seen |= after_cr ? SIP_SEEN_CRLF : SIP_SEEN_BARE_LF;
		if (at == start || (at == start + 1 && after_cr))
			out->scan.has_empty_line = true;
		else
			out->ends[out->count++] = (uint32_t)at;
		start = at + 1;
	}
	if (!out->scan.has_empty_line && start < s.len)
		out->ends[out->count++] = (uint32_t)s.len;
	out->scan.next = out->scan.has_empty_line ? start : s.len;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static uint8_t nasty_byte(uint32_t *state)
{
	static const char pool[] = "\r\n\r\n\n:: \tab\0\x1f\x7f\x80\xff\x20\x21zzzzzzzzzzzzzzzz";
	return (uint8_t)pool[next_random(state) % (sizeof pool - 1)];
}

Test(sip_scan, all_versions_agree_on_nasty_bytes)
{
	static struct outcome plain, other;
	uint32_t state = 1;
	for (int round = 0; round < 6000; round++) {
		size_t len = next_random(&state) % 300;
		uint32_t spread = next_random(&state) % 40; /* from nothing but nasty bytes to hardly any */
		uint8_t *bytes = malloc(len ? len : 1); /* its own block: a read past the end is caught */
		cr_assert_not_null(bytes);
		for (size_t i = 0; i < len; i++)
			bytes[i] = next_random(&state) % (spread + 1) == 0 ? nasty_byte(&state) : 'x';
		struct slice s = slice_of(bytes, len);
		scan_plainly(s, &plain);
		for (int kind = 0; kind < SIP_SCAN_KINDS; kind++)
			if (scan_by((enum sip_scan_kind)kind, s, &other))
				assert_same(&plain, &other, kind, round);
		free(bytes);
	}
}

Test(sip_scan, line_ends_around_a_block_border)
{
	static struct outcome plain, other;
	for (size_t len = 60; len < 70; len++)
		for (size_t at = 0; at + 3 < len; at++) {
			uint8_t bytes[70];
			memset(bytes, 'a', sizeof bytes);
			memcpy(bytes + at, "\r\n:", 3);
			if (at > 5)
				memcpy(bytes + at - 4, "\r\n\r\n", 4);
			scan_plainly(slice_of(bytes, len), &plain);
			for (int kind = 0; kind < SIP_SCAN_KINDS; kind++)
				if (scan_by((enum sip_scan_kind)kind, slice_of(bytes, len), &other))
					assert_same(&plain, &other, kind, (int)(len * 100 + at));
		}
}

/* More lines than one call gives, some of them with nothing but nasty bytes. */
Test(sip_scan, goes_on_where_it_stopped)
{
	static struct outcome plain, other;
	static uint8_t bytes[6000];
	uint32_t state = 7;
	for (int round = 0; round < 300; round++) {
		size_t every = 1 + next_random(&state) % 12;
		for (size_t i = 0; i < sizeof bytes; i++) {
			bool is_end = i % (every + 1) == every;
			bytes[i] = is_end ? '\n' : next_random(&state) % 9 ? 'x' : nasty_byte(&state);
			if (!is_end && bytes[i] == '\n')
				bytes[i] = '\r';
			if (every < 3 && !is_end && bytes[i] == '\r')
				bytes[i] = 'y';
		}
		struct slice s = slice_of(bytes, sizeof bytes - next_random(&state) % 100);
		scan_plainly(s, &plain);
		for (int kind = 0; kind < SIP_SCAN_KINDS; kind++)
			if (scan_by((enum sip_scan_kind)kind, s, &other))
				assert_same(&plain, &other, kind, round);
	}
}
