/* SPDX-License-Identifier: MIT */
#include "app/sightings.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#define START_US ((int64_t)1795000000 * 1000000)

static struct observation seen(int64_t at_s, const char *actor, const char *target, const char *account, enum outcome outcome)
{
	struct observation o;
	observation_init(&o);
	o.time_us = START_US + at_s * 1000000;
	cr_assert(addr_parse(slice_str(actor), &o.address[ADDRESS_SOURCE_IP]));
	cr_assert(addr_parse(slice_str(target), &o.address[ADDRESS_DESTINATION_IP]));
	o.choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	o.choice[CHOICE_PROOF] = PROOF_ANSWERED;
	o.choice[CHOICE_SOLICITED] = FLAG_FALSE;
	if (account)
		observation_set_text(&o, TEXT_ACCOUNT, slice_str(account));
	return o;
}

struct told {
	struct store_share items[64];
	size_t count;
};

static bool on_share(void *ctx, uint64_t id, const struct store_share *share)
{
	struct told *told = ctx;
	(void)id;
	if (told->count < 64)
		told->items[told->count++] = *share;
	return true;
}

Test(sightings, what_is_told)
{
	char path[] = "/tmp/siphound-sightings-XXXXXX";
	struct error err = { "" };
	struct store *store;
	struct told told = { .count = 0 };
	struct sightings *s = sightings_new();
	size_t count;
	int fd = mkstemp(path);
	cr_assert(s && fd >= 0);
	close(fd);
	cr_assert_eq(store_open(&store, path, STORE_WRITE, NULL, &err), 0, "%s", err.text);

	struct observation o = seen(0, "203.0.113.7", "198.51.100.1", "100", OUTCOME_CHALLENGED);
	sightings_observe(s, &o);
	o = seen(1, "203.0.113.7", "198.51.100.1", "100", OUTCOME_CHALLENGED); /* the same */
	sightings_observe(s, &o);
	o = seen(2, "203.0.113.7", "198.51.100.1", "101", OUTCOME_REFUSED); /* another account */
	sightings_observe(s, &o);
	o = seen(3, "192.0.2.1", "198.51.100.1", "200", OUTCOME_ACCEPTED); /* business */
	sightings_observe(s, &o);
	o = seen(4, "192.0.2.2", "198.51.100.1", "201", OUTCOME_REFUSED);
	o.choice[CHOICE_PEER] = FLAG_TRUE;
	sightings_observe(s, &o);
	o = seen(5, "192.0.2.3", "198.51.100.1", NULL, OUTCOME_NONE);
	o.choice[CHOICE_SOLICITED] = FLAG_TRUE;
	sightings_observe(s, &o);
	cr_assert_eq(sightings_flush(s, store, &count, &err), 0, "%s", err.text);
	cr_expect_eq(count, 3);
	cr_assert_eq(store_share_read(store, 0, 64, INT64_MIN, on_share, &told, &err), 0, "%s", err.text);
	cr_assert_eq(told.count, 3);
	size_t targets = 0;
	for (size_t i = 0; i < told.count; i++)
		targets += told.items[i].kind == STORE_SHARE_TARGET && told.items[i].member == store_share_member(SLICE("198.51.100.1"));
	cr_expect_eq(targets, 1);
	/* Half a day later it is told again. */
	o = seen(12 * 3600 + 2, "203.0.113.7", "198.51.100.1", "100", OUTCOME_CHALLENGED);
	sightings_observe(s, &o);
	cr_assert_eq(sightings_flush(s, store, &count, &err), 0);
	cr_expect_eq(count, 2);
	/* Never more at a time than there is room for. */
	for (int i = 0; i < 2000; i++) {
		char actor[32];
		snprintf(actor, sizeof actor, "203.0.%d.%d", i / 250, i % 250 + 1);
		o = seen(20, actor, "198.51.100.1", NULL, OUTCOME_NONE);
		sightings_observe(s, &o);
	}
	cr_assert_eq(sightings_flush(s, store, &count, &err), 0);
	cr_expect_eq(count, SIGHTINGS_AT_ONCE);
	sightings_free(s);
	store_close(store);
	unlink(path);
}
