/* SPDX-License-Identifier: MIT */
#include "unit/capture/tcp_bench.h"

Test(tcp_bounds, a_syn_flood_displaces_no_connection_that_carried_data)
{
	struct tcp_options options = { .max_connections = 1000 };
	struct bench *b = bench_new(&options);
	handshake(b);
	feed(b, true, A, 100, 500, "ab");
	struct endpoints good = b->client;
	b->log.log_calls = false;
	for (uint32_t i = 0; i < 1000000; i++) {
		b->client = client_ends(i, 1024);
		b->frame.time_us -= 9; /* the flood is over within the idle timeout */
		feed_bytes(b, true, TCP_SYN, i, 0, slice_of("", 0), 0);
	}
	cr_expect_eq(tcp_counters(b->tcp)->evicted, 999001);
	b->client = good;
	b->log.log_calls = true;
	feed(b, true, A, 102, 500, "cd");
	cr_expect_str_eq(b->log.text, "cab ccd ");
	bench_free(b);
}

Test(tcp_bounds, holds_no_more_than_the_budget)
{
	struct tcp_options options = { .max_buffered_bytes = 200000, .max_pending_bytes = 20000 };
	struct bench *b = bench_new(&options);
	b->log.read_max = 1;
	char bytes[1000];
	memset(bytes, 'x', sizeof bytes);
	for (uint32_t i = 0; i < 2000; i++) { /* data that is not read, and data behind a hole */
		b->client = client_ends(i % 500, 1024);
		if (i < 500)
			feed(b, true, TCP_SYN, 99, 0, "");
		feed_bytes(b, true, A, 100 + (i % 3) * 3000 + i / 500 * 1000, 0,
			   slice_of(bytes, sizeof bytes), 0);
		cr_assert_leq(tcp_counters(b->tcp)->buffered_bytes, options.max_buffered_bytes);
	}
	cr_expect_gt(tcp_counters(b->tcp)->buffered_bytes, options.max_buffered_bytes / 2);
	tcp_flush(b->tcp);
	cr_expect_eq(tcp_counters(b->tcp)->buffered_bytes, 0);
	bench_free(b);
}

Test(tcp_bounds, one_direction_holds_no_more_than_its_limit)
{
	struct tcp_options options = { .max_pending_bytes = 5000 };
	for (int behind_hole = 0; behind_hole < 2; behind_hole++) {
		struct bench *b = bench_new(&options);
		char bytes[1000];
		memset(bytes, 'x', sizeof bytes);
		handshake(b);
		b->log.read_max = behind_hole ? 0 : 1;
		for (uint32_t i = 0; i < 100; i++) {
			feed_bytes(b, true, A, 100 + (behind_hole ? 10 : 0) + i * 1000, 0,
				   slice_of(bytes, 1000), 0);
			cr_assert_leq(tcp_counters(b->tcp)->buffered_bytes, 12000);
		}
		cr_expect_leq(b->log.most_unread, 6000);
		if (behind_hole)
			cr_expect_eq(tcp_counters(b->tcp)->gaps, 1);
		bench_free(b);
	}
}

Test(tcp_bounds, small_pieces_behind_a_hole_are_bounded)
{
	struct bench *b = bench_new(NULL);
	handshake(b);
	for (uint32_t i = 100000; i > 200; i -= 2)
		feed(b, true, A, i, 0, "x");
	cr_expect_leq(tcp_counters(b->tcp)->buffered_bytes, 140000);
	bench_free(b);
}

Test(tcp_bounds, forgets_what_is_idle)
{
	struct tcp_options options = { .idle_timeout_us = 5000000 };
	struct bench *b = bench_new(&options);
	handshake(b);
	b->log.read_max = 1;
	feed(b, true, A, 100, 0, "abc");
	b->frame.time_us += 6000000;
	b->client = client_ends(9, 9);
	feed(b, true, TCP_SYN, 1, 0, "");
	cr_expect_str_eq(b->log.text, "cabc cbc. X ");
	bench_free(b);
}

/* The hole of a connection that fell silent is given up when time passes elsewhere. */
Test(tcp_bounds, gives_up_holes_by_the_time_of_others)
{
	struct bench *b = bench_new(NULL);
	handshake(b);
	feed(b, true, A, 102, 0, "cd");
	b->client = client_ends(9, 9);
	b->frame.time_us += 2000000;
	feed(b, true, TCP_SYN, 1, 0, "");
	cr_expect_str_eq(b->log.text, "c~cd ");
	bench_free(b);
}

Test(tcp_bounds, flushes_in_the_same_order_under_any_seed)
{
	char *first = NULL;
	for (uint64_t seed = 1; seed < 5; seed++) {
		struct tcp_options options = { .hash_seed = seed * 0x123456789abcdefu };
		struct bench *b = bench_new(&options);
		b->log.read_max = 1;
		for (uint32_t i = 0; i < 300; i++) {
			char text[20];
			sprintf(text, "x%u", i * 7919 % 1000);
			b->client = client_ends(i * 7919 % 1000, 1024);
			feed(b, true, A, 100, 0, text);
		}
		tcp_flush(b->tcp);
		if (first)
			cr_expect_str_eq(b->log.text, first);
		else
			first = strdup(b->log.text);
		bench_free(b);
	}
	free(first);
}

Test(tcp_bounds, survives_any_segment)
{
	uint64_t random = 42;
	struct tcp_options options = { .max_connections = 20,
				       .max_buffered_bytes = 50000,
				       .max_pending_bytes = 4000 };
	struct bench *b = bench_new(&options);
	b->log.log_calls = true;
	char bytes[300];
	memset(bytes, 'r', sizeof bytes);
	for (int i = 0; i < 200000; i++) {
		b->client = client_ends(random_below(&random, 30), 1024);
		b->log.len = 0;
		b->log.read_max = random_below(&random, 50);
		uint32_t base = random_below(&random, 50) ? 100 : 0x80000000u;
		uint32_t len = random_below(&random, 3) ? random_below(&random, 300) : 0;
		b->frame.time_us += random_below(&random, 100) ? 0 : 3000000;
		feed_bytes(b, random_below(&random, 2),
			   (uint8_t)random_below(&random, 8) | (random_below(&random, 4) ? A : 0),
			   base + random_below(&random, 3000), base + random_below(&random, 3000),
			   slice_of(bytes, len),
			   random_below(&random, 20) ? 0 : len + random_below(&random, 100));
		cr_assert_leq(tcp_counters(b->tcp)->buffered_bytes, options.max_buffered_bytes);
	}
	tcp_flush(b->tcp);
	cr_expect_eq(tcp_counters(b->tcp)->buffered_bytes, 0);
	bench_free(b);
}
