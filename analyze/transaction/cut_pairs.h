/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_TRANSACTION_CUT_PAIRS_H
#define ANALYZE_TRANSACTION_CUT_PAIRS_H

#include "analyze/transaction/transaction.h"
#include "capture/frame.h"

/* analyze/transaction/cut_pairs.h - which request an answer belongs to, where the capture holds the first bytes of messages only
 * (tcpdump -s 96), so that the fields a transaction_key is made of are missing from one of the two. By what RFC 3261 17.1.3 goes by,
 * the branch of the topmost Via; where that is cut off, too, by the ports at both ends: the oldest request between them that has
 * none yet. To be used from the first message on that was cut; who captures whole packets pays nothing.
 * Memory: at most max_pending entries of 96 bytes. */

struct cut_pairs;

struct cut_pairs *cut_pairs_new(size_t max_pending);
void cut_pairs_free(struct cut_pairs *pairs);
/* A new request; via_hash 0: its Via, or the branch in it, was cut off. */
void cut_pairs_request(struct cut_pairs *pairs, const struct endpoints *ends, uint64_t via_hash,
		       const struct transaction_key *key);
/* An answer: *key is that of its request. A final one takes its request out of those that are told by their ports. False: no request
 * is known that it could belong to. */
bool cut_pairs_answer(struct cut_pairs *pairs, const struct endpoints *ends, uint64_t via_hash, bool is_final,
		      struct transaction_key *key);
/* See core/image.h. */
void cut_pairs_image(struct cut_pairs *pairs, struct image *i);

#endif
