/* SPDX-License-Identifier: MIT */
#include "analyze/dialog.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct addr a4(uint32_t v)
{
	uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	return addr_from_v4(bytes);
}

Test(dialog, key_is_the_same_both_ways)
{
	struct addr x = a4(1), y = a4(2), z = a4(3);
	uint64_t key = dialog_key(&x, &y, 77);
	cr_assert_eq(dialog_key(&y, &x, 77), key);
	cr_assert_neq(dialog_key(&x, &z, 77), key);
	cr_assert_neq(dialog_key(&x, &y, 78), key);
	cr_assert_neq(dialog_key(&x, &y, 0), key);
}

Test(dialog, found_again)
{
	struct dialogs d;
	struct addr x = a4(1), y = a4(2);
	cr_assert_eq(dialogs_init(&d, 16), 0);
	uint64_t key = dialog_key(&x, &y, 77);
	cr_assert_null(dialog_find(&d, key));
	struct dialog *dialog = dialog_get(&d, key);
	cr_assert_not_null(dialog);
	cr_assert(!dialog->is_answered && !dialog->is_acknowledged);
	dialog->is_answered = true;
	cr_assert_eq(dialog_get(&d, key), dialog);
	cr_assert_eq(dialog_find(&d, key), dialog);
	cr_assert(dialog->is_answered);
	dialogs_fini(&d);
}

Test(dialog, nonces)
{
	struct dialogs d;
	struct addr x = a4(1), y = a4(2);
	cr_assert_eq(dialogs_init(&d, 16), 0);
	cr_assert(!dialogs_nonce_known(&d, dialogs_nonce_key(&x, SLICE("n1"))));
	dialogs_nonce_sent(&d, dialogs_nonce_key(&x, SLICE("n1")));
	dialogs_nonce_sent(&d, dialogs_nonce_key(&x, SLICE("n2")));
	cr_assert(dialogs_nonce_known(&d, dialogs_nonce_key(&x, SLICE("n1"))));
	cr_assert(dialogs_nonce_known(&d, dialogs_nonce_key(&x, SLICE("n2"))));
	cr_assert(!dialogs_nonce_known(&d, dialogs_nonce_key(&y, SLICE("n1"))), "sent to another");
	cr_assert(!dialogs_nonce_known(&d, dialogs_nonce_key(&x, SLICE("n"))));
	dialogs_fini(&d);
}

/* `count` packets of an RTP stream that begins with this sequence number; what the last of them tells. */
static uint64_t rtp(struct dialogs *d, struct addr from, struct addr to, uint16_t port, uint16_t sequence, unsigned count, uint8_t source)
{
	uint64_t call = 0;
	for (unsigned i = 0; i < count; i++, sequence++) {
		uint8_t packet[12] = { 0x80, 0, (uint8_t)(sequence >> 8), (uint8_t)sequence, [11] = source };
		struct endpoints ends = { from, to, 40000, port };
		cr_assert_eq(call, 0, "told once, with the last packet");
		call = dialogs_media_came(d, &ends, slice_of(packet, sizeof packet));
	}
	return call;
}

Test(dialog, media)
{
	struct dialogs d;
	struct addr server = a4(10), client = a4(20), other = a4(30);
	cr_assert_eq(dialogs_init(&d, 16), 0);
	cr_assert(!dialogs_wait_for_media(&d, 12000));
	dialogs_media_offered(&d, &server, 12000, &client, 76);
	dialogs_media_offered(&d, &server, 12000, &client, 77);
	cr_assert(dialogs_wait_for_media(&d, 12000));
	cr_assert(!dialogs_wait_for_media(&d, 12002));
	cr_assert_eq(rtp(&d, client, server, 12001, 1, 20, 1), 0, "another port");
	cr_assert_eq(rtp(&d, client, other, 12000, 1, 20, 1), 0, "another host");
	cr_assert_eq(rtp(&d, other, server, 12000, 1, 20, 1), 0, "not offered to it");
	cr_assert_eq(rtp(&d, client, server, 12000, 1, DIALOG_MEDIA_MIN - 1, 1), 0, "not yet a stream");
	cr_assert_eq(rtp(&d, client, server, 12000, DIALOG_MEDIA_MIN, 1, 1), 77);
	cr_assert_eq(rtp(&d, client, server, 12000, 1, 20, 1), 0, "used up");
	cr_assert(!dialogs_wait_for_media(&d, 12000));
	/* The port is used again, for somebody else. */
	dialogs_media_offered(&d, &server, 12000, &client, 78);
	dialogs_media_offered(&d, &server, 12000, &other, 79);
	cr_assert_eq(rtp(&d, client, server, 12000, 1, 20, 1), 0);
	cr_assert_eq(rtp(&d, other, server, 12000, 65533, DIALOG_MEDIA_MIN, 1), 79, "sequence numbers turn over");
	dialogs_fini(&d);
}

/* The headers of RTP, and only whole ones, make a stream. */
Test(dialog, what_is_no_media)
{
	static const struct {
		const char *name;
		uint8_t version;
		size_t len;
		bool is_media;
	} cases[] = { { "RTP", 0x80, 12, true },
		      { "cut", 0x80, 11, false },
		      { "another version", 0x40, 12, false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dialogs d;
		struct addr server = a4(10), client = a4(20);
		uint64_t call = 0;
		cr_assert_eq(dialogs_init(&d, 16), 0);
		dialogs_media_offered(&d, &server, 12000, &client, 77);
		for (uint8_t n = 0; n < DIALOG_MEDIA_MIN; n++) {
			uint8_t packet[12] = { cases[i].version, 0, 0, n };
			struct endpoints ends = { client, server, 40000, 12000 };
			call = dialogs_media_came(&d, &ends, slice_of(packet, cases[i].len));
		}
		cr_expect_eq(call, cases[i].is_media ? 77 : 0, "%s", cases[i].name);
		dialogs_fini(&d);
	}
}

/* Packets that hit the port one by one prove nothing. */
Test(dialog, sprayed_media)
{
	struct dialogs d;
	struct addr server = a4(10), client = a4(20);
	struct endpoints ends = { client, server, 40000, 12000 };
	cr_assert_eq(dialogs_init(&d, 16), 0);
	dialogs_media_offered(&d, &server, 12000, &client, 77);
	for (uint8_t i = 1; i < 50; i++)
		cr_assert_eq(rtp(&d, client, server, 12000, i, 2, i), 0, "a stream of its own each time");
	for (int i = 0; i < 50; i++)
		cr_assert_eq(rtp(&d, client, server, 12000, 9, 1, 1), 0, "one and the same packet");
	for (size_t len = 0; len < 12; len++)
		cr_assert_eq(dialogs_media_came(&d, &ends, slice_of("\x80\0\0\0\0\0\0\0\0\0\0\0", len)), 0, "%zu bytes", len);
	for (int i = 0; i < 20; i++)
		cr_assert_eq(dialogs_media_came(&d, &ends, slice_of("\0\0\0\0\0\0\0\0\0\0\0\0", 12)), 0, "no RTP");
	dialogs_fini(&d);
}

/* Calls that fail, however many, do not make us forget those that were taken. */
Test(dialog, failed_calls_push_out_only_themselves)
{
	struct dialogs d;
	cr_assert_eq(dialogs_init(&d, 16), 0);
	for (uint64_t key = 1; key <= 4; key++)
		dialog_answered(&d, dialog_get(&d, key));
	for (uint64_t key = 100; key < 200; key++)
		cr_assert_not_null(dialog_get(&d, key));
	cr_expect_eq(d.calls.count, 4 + 16 / 4 + 1);
	for (uint64_t key = 1; key <= 4; key++)
		cr_expect(dialog_find(&d, key) && dialog_find(&d, key)->is_answered);
	cr_expect(dialog_find(&d, 199) && !dialog_find(&d, 199)->is_answered);
	cr_expect_null(dialog_find(&d, 100));
	dialogs_fini(&d);
}

Test(dialog, bounded)
{
	struct dialogs d;
	struct addr x = a4(1);
	cr_assert_eq(dialogs_init(&d, 32), 0);
	for (uint32_t i = 0; i < 2000; i++) {
		struct addr y = a4(i + 2);
		char text[16];
		snprintf(text, sizeof text, "n%u", i);
		cr_assert_not_null(dialog_get(&d, dialog_key(&x, &y, hash_bytes(text, strlen(text), 1))));
		dialogs_nonce_sent(&d, dialogs_nonce_key(&y, slice_str(text)));
		dialogs_media_offered(&d, &x, (uint16_t)i, &y, i + 1);
	}
	cr_assert(d.calls.count <= 32 && d.nonces.count <= 32 && d.media.count <= 32);
	struct addr last = a4(2001), first = a4(2);
	cr_assert(dialogs_nonce_known(&d, dialogs_nonce_key(&last, SLICE("n1999"))));
	cr_assert(!dialogs_nonce_known(&d, dialogs_nonce_key(&first, SLICE("n0"))), "a lost entry costs a proof, never makes one up");
	dialogs_fini(&d);
}
