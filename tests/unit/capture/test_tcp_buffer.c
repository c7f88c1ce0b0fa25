/* SPDX-License-Identifier: MIT */
#include "capture/tcp_buffer.h"

#include <criterion/criterion.h>

static struct tcp_buffer *keep(struct tcp_spares *spares, size_t len)
{
	static const uint8_t bytes[8192] = { 1, 2, 3 };
	struct tcp_buffer *b = tcp_buffer_new(NULL, spares);
	cr_assert(b && tcp_buffer_append(b, slice_of(bytes, len)));
	return b;
}

Test(tcp_buffer, room_is_used_again)
{
	struct tcp_spares spares = { 0 };
	struct tcp_buffer *b = keep(&spares, 100);
	const uint8_t *room = b->unread;
	size_t cost = b->cost;
	tcp_buffer_free(b);
	cr_expect_eq(spares.count, 1);
	b = keep(&spares, 3);
	cr_expect_eq(spares.count, 0);
	cr_expect_eq(b->unread, room);
	cr_expect_eq(b->cost, cost, "it costs what a new one does");
	cr_assert(tcp_buffer_append(b, slice_of((uint8_t[6000]){ 4 }, 6000)));
	cr_expect_eq(spares.count, 1, "it was too small, for others it is not");
	struct slice unread = tcp_buffer_unread(b);
	cr_expect_eq(unread.len, 6003);
	cr_expect_eq(memcmp(unread.ptr, "\1\2\3\4\0", 5), 0);
	tcp_buffer_free(b);
	cr_expect_eq(spares.count, 1, "large room goes back to the system");
	tcp_spares_fini(&spares);
	cr_expect_eq(spares.count, 0);
}

Test(tcp_buffer, not_many_are_spared)
{
	struct tcp_spares spares = { 0 };
	struct tcp_buffer *buffers[TCP_SPARES_MAX + 3];
	for (size_t i = 0; i < TCP_SPARES_MAX + 3; i++)
		buffers[i] = keep(&spares, 10);
	for (size_t i = 0; i < TCP_SPARES_MAX + 3; i++)
		tcp_buffer_free(buffers[i]);
	cr_expect_eq(spares.count, TCP_SPARES_MAX);
	tcp_buffer_free(tcp_buffer_new(NULL, &spares)); /* never held a byte: has no room to give */
	cr_expect_eq(spares.count, TCP_SPARES_MAX);
	tcp_spares_fini(&spares);
}
