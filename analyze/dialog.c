/* SPDX-License-Identifier: MIT */
#include "analyze/dialog.h"

#include "core/cursor.h"

struct media_key {
	struct addr address;
	uint64_t port;
};

struct media_offer {
	struct media_key key;
	struct addr client;
	uint64_t call;
	uint32_t ssrc;
	uint16_t sequence, packets; /* of the stream that came so far */
};

/* Only one thread changes them. */
static void count_offer(struct dialogs *d, const struct media_offer *offer, uint32_t change)
{
	_Atomic uint32_t *count = &d->offers[dialog_offer_slot(offer->key.port)];
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + change, memory_order_relaxed);
}

static void on_media_evict(void *ctx, void *entry)
{
	count_offer(ctx, entry, -1u);
}

static unsigned dialog_worth(void *ctx, const void *entry)
{
	(void)ctx;
	return ((const struct dialog *)entry)->is_answered;
}

int dialogs_init(struct dialogs *d, size_t max_entries)
{
	struct table_config calls = { .max_entries = max_entries,
				      .key_size = 8,
				      .entry_size = sizeof(struct dialog),
				      .worth = dialog_worth,
				      .max_lowest = max_entries / 4 + 1 };
	struct table_config nonces = { .max_entries = max_entries, .key_size = 8, .entry_size = 8 };
	struct table_config media = { .max_entries = max_entries / 4 + 1, .key_size = sizeof(struct media_key),
				      .entry_size = sizeof(struct media_offer), .evict = on_media_evict, .ctx = d };
	for (size_t i = 0; i < DIALOG_OFFER_SLOTS; i++)
		atomic_init(&d->offers[i], 0);
	int bad = table_init(&d->calls, &calls);
	bad = bad ? bad : table_init(&d->nonces, &nonces);
	return bad ? bad : table_init(&d->media, &media);
}

void dialogs_fini(struct dialogs *d)
{
	table_fini(&d->calls);
	table_fini(&d->nonces);
	table_fini(&d->media);
}

void dialogs_image(struct dialogs *d, struct image *i)
{
	size_t at = 0;
	table_image(&d->calls, i);
	table_image(&d->nonces, i);
	table_image(&d->media, i);
	if (i->is_loading)
		for (const struct media_offer *offer; (offer = table_at(&d->media, &at));)
			count_offer(d, offer, 1);
}

uint64_t dialog_key(const struct addr *a, const struct addr *b, uint64_t call_id_hash)
{
	return hash_u64(hash_addr(a, 0) + hash_addr(b, 0), call_id_hash);
}

struct dialog *dialog_get(struct dialogs *d, uint64_t key)
{
	return table_get(&d->calls, &key, NULL);
}

void dialog_answered(struct dialogs *d, struct dialog *dialog)
{
	if (dialog->is_answered)
		return;
	dialog->is_answered = true;
	table_touch(&d->calls, dialog);
}

struct dialog *dialog_find(const struct dialogs *d, uint64_t key)
{
	return table_find(&d->calls, &key);
}

void dialog_expect(const struct dialogs *d, uint64_t key, enum table_step step)
{
	table_expect(&d->calls, table_hash(&d->calls, &key), step);
}

void dialogs_nonce_expect(const struct dialogs *d, uint64_t nonce_key, enum table_step step)
{
	table_expect(&d->nonces, table_hash(&d->nonces, &nonce_key), step);
}

uint64_t dialogs_nonce_key(const struct addr *client, struct slice nonce)
{
	return hash_text(nonce.ptr, nonce.len, hash_addr(client, 0));
}

void dialogs_nonce_sent(struct dialogs *d, uint64_t nonce_key)
{
	table_get(&d->nonces, &nonce_key, NULL);
}

bool dialogs_nonce_known(const struct dialogs *d, uint64_t nonce_key)
{
	return table_find(&d->nonces, &nonce_key);
}

void dialogs_media_offered(struct dialogs *d, const struct addr *address, uint16_t port, const struct addr *client, uint64_t call)
{
	struct media_key key = { *address, port };
	bool is_new;
	struct media_offer *offer = table_get(&d->media, &key, &is_new);
	if (offer) {
		count_offer(d, offer, is_new);
		offer->client = *client;
		offer->call = call;
		offer->packets = 0;
	}
}

uint64_t dialogs_media_came(struct dialogs *d, const struct endpoints *ends, struct slice payload)
{
	struct media_key key = { ends->destination, ends->destination_port };
	struct media_offer *offer = payload.len >= 12 && payload.ptr[0] >> 6 == 2 ? table_find(&d->media, &key) : NULL;
	if (!offer || !addr_eq(&offer->client, &ends->source))
		return 0;
	uint16_t sequence = load_be16(payload.ptr + 2);
	uint32_t ssrc = load_be32(payload.ptr + 8);
	bool follows = offer->packets && ssrc == offer->ssrc && (uint16_t)(sequence - offer->sequence - 1) < 100;
	offer->packets = follows ? offer->packets + 1 : 1;
	offer->ssrc = ssrc;
	offer->sequence = sequence;
	if (offer->packets < DIALOG_MEDIA_MIN)
		return 0;
	uint64_t call = offer->call;
	count_offer(d, offer, -1u);
	table_remove(&d->media, offer);
	return call;
}
