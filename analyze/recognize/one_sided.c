/* SPDX-License-Identifier: MIT */
#include "analyze/recognize/one_sided.h"

#include "core/hash.h"

static uint8_t *slot_of(uint8_t *slots, const struct addr *address)
{
	uint64_t low;
	memcpy(&low, address->bytes + 8, sizeof low); /* hosts of one network differ in these */
	return &slots[hash_u64(low, 0) & (ONE_SIDED_SLOTS - 1)];
}

void one_sided_request(struct one_sided *o, const struct addr *client, const struct addr *server)
{
	*slot_of(o->servers, server) = *slot_of(o->clients, client) = UINT8_MAX;
}

static bool is_alone(uint8_t *answers)
{
	*answers += *answers < ONE_SIDED_ANSWERS_MIN;
	return *answers == ONE_SIDED_ANSWERS_MIN;
}

bool one_sided_answer(struct one_sided *o, const struct addr *client, const struct addr *server)
{
	bool is_of_server = is_alone(slot_of(o->servers, server)),
	     is_of_client = is_alone(slot_of(o->clients, client));
	return is_of_server || is_of_client;
}
