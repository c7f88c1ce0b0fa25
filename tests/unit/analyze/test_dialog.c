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
	uint64_t key = dialog_key(&x, &y, SLICE("abc"));
	cr_assert_eq(dialog_key(&y, &x, SLICE("abc")), key);
	cr_assert_neq(dialog_key(&x, &z, SLICE("abc")), key);
	cr_assert_neq(dialog_key(&x, &y, SLICE("abd")), key);
	cr_assert_neq(dialog_key(&x, &y, slice_of(NULL, 0)), key);
}

Test(dialog, found_again)
{
	struct dialogs d;
	struct addr x = a4(1), y = a4(2);
	cr_assert_eq(dialogs_init(&d, 16), 0);
	uint64_t key = dialog_key(&x, &y, SLICE("abc"));
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
	cr_assert(!dialogs_nonce_known(&d, &x, SLICE("n1")));
	dialogs_nonce_sent(&d, &x, SLICE("n1"));
	dialogs_nonce_sent(&d, &x, SLICE("n2"));
	cr_assert(dialogs_nonce_known(&d, &x, SLICE("n1")));
	cr_assert(dialogs_nonce_known(&d, &x, SLICE("n2")));
	cr_assert(!dialogs_nonce_known(&d, &y, SLICE("n1")), "sent to another");
	cr_assert(!dialogs_nonce_known(&d, &x, SLICE("n")));
	dialogs_nonce_sent(&d, &y, slice_of("", 0));
	dialogs_nonce_sent(&d, &y, slice_of(NULL, 0));
	cr_assert(!dialogs_nonce_known(&d, &y, slice_of("", 0)), "an empty nonce proves nothing");
	cr_assert(!dialogs_nonce_known(&d, &y, slice_of(NULL, 0)));
	dialogs_fini(&d);
}

Test(dialog, media)
{
	struct dialogs d;
	struct addr server = a4(10), client = a4(20), other = a4(30);
	cr_assert_eq(dialogs_init(&d, 16), 0);
	cr_assert(!dialogs_wait_for_media(&d));
	dialogs_media_offered(&d, &server, 12000, &client, 77);
	cr_assert(dialogs_wait_for_media(&d));
	cr_assert_eq(dialogs_media_came(&d, &server, 12001, &client), 0);
	cr_assert_eq(dialogs_media_came(&d, &other, 12000, &client), 0);
	cr_assert_eq(dialogs_media_came(&d, &server, 12000, &other), 0, "not offered to it");
	cr_assert_eq(dialogs_media_came(&d, &server, 12000, &client), 77);
	cr_assert_eq(dialogs_media_came(&d, &server, 12000, &client), 0, "used up");
	cr_assert(!dialogs_wait_for_media(&d));
	/* The port is used again, for somebody else. */
	dialogs_media_offered(&d, &server, 12000, &client, 78);
	dialogs_media_offered(&d, &server, 12000, &other, 79);
	cr_assert_eq(dialogs_media_came(&d, &server, 12000, &client), 0);
	cr_assert_eq(dialogs_media_came(&d, &server, 12000, &other), 79);
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
		cr_assert_not_null(dialog_get(&d, dialog_key(&x, &y, slice_str(text))));
		dialogs_nonce_sent(&d, &y, slice_str(text));
		dialogs_media_offered(&d, &x, (uint16_t)i, &y, i + 1);
	}
	cr_assert(d.calls.count <= 32 && d.nonces.count <= 32 && d.media.count <= 32);
	struct addr last = a4(2001), first = a4(2);
	cr_assert(dialogs_nonce_known(&d, &last, SLICE("n1999")));
	cr_assert(!dialogs_nonce_known(&d, &first, SLICE("n0")), "a lost entry costs a proof, never makes one up");
	dialogs_fini(&d);
}
