/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_DIALOG_H
#define ANALYZE_DIALOG_H

#include "capture/frame.h"
#include "core/table.h"

#include <stdatomic.h>

/* analyze/dialog.h - what only our answers carried, to recognise who has read them: nonces of challenges,
 * To-tags of answers, ports offered for media. The second step of the proof ladder (DESIGN section 2). And
 * the dialogs that these make. Memory: three bounded tables, oldest goes first; a lost entry costs a proof,
 * never makes one up. Of calls that nobody took, a quarter of the table at most: their ACK comes at once or
 * not at all, and scanners make them by the thousand. */

struct dialog {
	uint64_t key;	       /* Call-ID and the pair of addresses, either way round */
	struct addr caller, callee;
	uint64_t tag_hash;     /* To-tag of the latest answer to the INVITE */
	int64_t answered_us;   /* when it was acknowledged */
	bool is_answered;      /* 2xx */
	bool is_acknowledged;  /* ACK with that tag */
	bool is_counted;       /* among its caller's calls */
	bool is_business;      /* and it lasted, or media came */
};

/* Of 64 KiB. Ports for RTP are even as a rule (RFC 3550 11), so a port shares with its neighbour. Offers that are never taken up gather: a
 * tenth of the slots would let a tenth of all RTP pass. */
#define DIALOG_OFFER_SLOTS 16384

static inline size_t dialog_offer_slot(uint64_t port)
{
	return port / 2 % DIALOG_OFFER_SLOTS;
}

struct dialogs {
	struct table calls;  /* struct dialog */
	struct table nonces; /* hash of client and nonce */
	struct table media;  /* offered address and port -> who may send there */
	_Atomic uint32_t offers[DIALOG_OFFER_SLOTS]; /* entries of media, by port */
};

int dialogs_init(struct dialogs *d, size_t max_entries);
void dialogs_fini(struct dialogs *d);
void dialogs_image(struct dialogs *d, struct image *i); /* see core/image.h */

/* The same whoever of the two asks. */
uint64_t dialog_key(const struct addr *a, const struct addr *b, uint64_t call_id_hash);
struct dialog *dialog_get(struct dialogs *d, uint64_t key);
/* The call was taken. */
void dialog_answered(struct dialogs *d, struct dialog *dialog);
struct dialog *dialog_find(const struct dialogs *d, uint64_t key);

/* A nonce that was given to this client. Not of an empty one: that proves nothing. */
uint64_t dialogs_nonce_key(const struct addr *client, struct slice nonce);
void dialogs_nonce_sent(struct dialogs *d, uint64_t nonce_key);
bool dialogs_nonce_known(const struct dialogs *d, uint64_t nonce_key);

void dialogs_media_offered(struct dialogs *d, const struct addr *address, uint16_t port, const struct addr *client, uint64_t call);
/* `payload` came from a client to an offered port. The key of the dialog when it is the DIALOG_MEDIA_MIN-th packet of one RTP stream in
 * order, 0 before and otherwise: who sprays forged packets over all ports does not hit one so often. The offer is then used up. */
#define DIALOG_MEDIA_MIN 5
uint64_t dialogs_media_came(struct dialogs *d, const struct endpoints *ends, struct slice payload);
/* Asks the cache for what a call with this key will touch: dialog_get and dialog_find, dialogs_nonce_sent and dialogs_nonce_known. */
void dialog_expect(const struct dialogs *d, uint64_t key, enum table_step step);
void dialogs_nonce_expect(const struct dialogs *d, uint64_t nonce_key, enum table_step step);
/* Is any address waiting for media at this port? May say yes where none is, never the other way round. For any thread: what it did not see
 * happen it may not be told of yet. */
static inline bool dialogs_wait_for_media(const struct dialogs *d, uint16_t port)
{
	return atomic_load_explicit(&d->offers[dialog_offer_slot(port)], memory_order_relaxed) != 0;
}

#endif
