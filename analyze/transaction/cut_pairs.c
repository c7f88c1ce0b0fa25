/* SPDX-License-Identifier: MIT */
#include "analyze/transaction/cut_pairs.h"

#include <stdlib.h>

#define WAITING_MAX 4 /* requests between one pair of ports at once; of more the oldest are taken for lost */

struct cut_pair {
	uint64_t id; /* of branch and addresses, or of addresses and ports */
	uint32_t count;
	struct transaction_key waiting[WAITING_MAX]; /* oldest first */
};

struct cut_pairs {
	struct table table;
};

struct cut_pairs *cut_pairs_new(size_t max_pending)
{
	struct cut_pairs *pairs = calloc(1, sizeof *pairs);
	struct table_config config = { .max_entries = max_pending,
				       .key_size = 8,
				       .entry_size = sizeof(struct cut_pair) };
	if (pairs && !table_init(&pairs->table, &config))
		return pairs;
	free(pairs);
	return NULL;
}

void cut_pairs_free(struct cut_pairs *pairs)
{
	if (pairs)
		table_fini(&pairs->table);
	free(pairs);
}

static uint64_t id_of(const struct addr *client, uint16_t client_port, const struct addr *server,
		      uint16_t server_port, uint64_t via_hash)
{
	/* Answers may go to another port than the request came from (18.2.2). */
	uint64_t ports = via_hash ? 0 : (uint64_t)client_port << 16 | server_port;
	return hash_addr(client, hash_addr(server, hash_u64(via_hash, ports)));
}

static uint64_t id_of_request(const struct endpoints *e, uint64_t via_hash)
{
	return id_of(&e->source, e->source_port, &e->destination, e->destination_port, via_hash);
}

static uint64_t id_of_answer(const struct endpoints *e, uint64_t via_hash)
{
	return id_of(&e->destination, e->destination_port, &e->source, e->source_port, via_hash);
}

static void drop(struct cut_pair *pair, uint32_t at)
{
	pair->count--;
	memmove(pair->waiting + at, pair->waiting + at + 1, (pair->count - at) * sizeof *pair->waiting);
}

static void add(struct cut_pairs *pairs, uint64_t id, uint32_t most, const struct transaction_key *key)
{
	struct cut_pair *pair = table_get(&pairs->table, &id, NULL);
	if (!pair)
		return;
	if (pair->count == most)
		drop(pair, 0);
	pair->waiting[pair->count++] = *key;
}

void cut_pairs_request(struct cut_pairs *pairs, const struct endpoints *ends, uint64_t via_hash,
		       const struct transaction_key *key)
{
	if (via_hash)
		add(pairs, id_of_request(ends, via_hash), 1, key); /* who never changes it means the latest */
	add(pairs, id_of_request(ends, 0), WAITING_MAX, key);
}

static struct cut_pair *find(const struct cut_pairs *pairs, uint64_t id)
{
	return table_find(&pairs->table, &id);
}

/* No further answer is for this request. */
static void take_out(struct cut_pairs *pairs, struct cut_pair *pair, const struct transaction_key *key)
{
	uint32_t i = 0;
	while (i < pair->count && memcmp(&pair->waiting[i], key, sizeof *key) != 0)
		i++;
	if (i < pair->count)
		drop(pair, i);
	if (pair->count == 0)
		table_remove(&pairs->table, pair);
}

bool cut_pairs_answer(struct cut_pairs *pairs, const struct endpoints *ends, uint64_t via_hash, bool is_final,
		      struct transaction_key *key)
{
	struct cut_pair *by_branch = via_hash ? find(pairs, id_of_answer(ends, via_hash)) : NULL,
			*by_ports = find(pairs, id_of_answer(ends, 0)),
			*found = by_branch ? by_branch : by_ports;
	if (!found)
		return false;
	*key = found->waiting[0];
	if (is_final && by_ports)
		take_out(pairs, by_ports, key); /* told by its branch it stays, for copies of the answer */
	return true;
}

void cut_pairs_image(struct cut_pairs *pairs, struct image *i)
{
	table_image(&pairs->table, i);
}
