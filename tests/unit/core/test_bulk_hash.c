/* SPDX-License-Identifier: MIT */
#include "core/bulk_hash.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define LONGEST (3 * BULK_TURN * BULK_BLOCK + 5)

static const size_t lengths[] = { 0, 1, 7, 8, 31, 32, 63, 64, 65, 127, 128, 129, 577, 1472, 2047, 2048, 2049, 2111, 2112, 2113, 4096, 4161, LONGEST };

#define EACH_LENGTH(i) size_t i = 0; i < sizeof lengths / sizeof *lengths; i++

/* Begins at an odd address and ends where the memory ends, so that a read past it is seen. */
static uint8_t *exact(size_t len, uint8_t **memory)
{
	*memory = malloc(len + 1);
	cr_assert_not_null(*memory);
	for (size_t i = 0; i <= len; i++)
		(*memory)[i] = (uint8_t)(i * 7 + i / 251);
	return *memory + 1;
}

Test(bulk_hash, same_with_vectors_and_without)
{
	struct bulk_key key, plain;
	bulk_key_init(&key, 5);
	plain = key;
	bulk_key_be_plain(&plain);
	for (EACH_LENGTH(i)) {
		uint8_t *memory, *bytes = exact(lengths[i], &memory);
		cr_assert_eq(bulk_hash(&key, bytes, lengths[i], 3), bulk_hash(&plain, bytes, lengths[i], 3), "%zu bytes", lengths[i]);
		free(memory);
	}
}

Test(bulk_hash, every_byte_counts)
{
	struct bulk_key key;
	bulk_key_init(&key, 0);
	for (EACH_LENGTH(i)) {
		uint8_t *memory, *bytes = exact(lengths[i], &memory);
		uint64_t whole = bulk_hash(&key, bytes, lengths[i], 0);
		for (size_t at = 0; at < lengths[i]; at++) {
			bytes[at] ^= 0x80;
			cr_assert_neq(bulk_hash(&key, bytes, lengths[i], 0), whole, "byte %zu of %zu", at, lengths[i]);
			bytes[at] ^= 0x80;
		}
		free(memory);
	}
}

Test(bulk_hash, length_key_and_seed_count)
{
	struct bulk_key one, two;
	uint8_t zeros[256] = { 0 };
	bulk_key_init(&one, 1);
	bulk_key_init(&two, 2);
	for (size_t len = 0; len < sizeof zeros; len++) {
		cr_assert_neq(bulk_hash(&one, zeros, len, 0), bulk_hash(&one, zeros, len + 1 < sizeof zeros ? len + 1 : 0, 0), "length %zu", len);
		cr_assert_neq(bulk_hash(&one, zeros, len, 0), bulk_hash(&two, zeros, len, 0), "key, length %zu", len);
		cr_assert_neq(bulk_hash(&one, zeros, len, 0), bulk_hash(&one, zeros, len, 1), "seed, length %zu", len);
	}
}

/* Sums do not know their order by themselves. */
Test(bulk_hash, order_of_blocks_counts)
{
	struct bulk_key key;
	bulk_key_init(&key, 0);
	uint8_t *memory, *bytes = exact(LONGEST, &memory);
	uint64_t whole = bulk_hash(&key, bytes, LONGEST, 0);
	for (size_t block = 8; block <= (size_t)2 * BULK_TURN * BULK_BLOCK; block *= 2) {
		uint8_t kept[2 * BULK_TURN * BULK_BLOCK];
		if (3 * block > LONGEST)
			break;
		memcpy(kept, bytes, block);
		memcpy(bytes, bytes + 2 * block, block);
		memcpy(bytes + 2 * block, kept, block);
		cr_assert_neq(bulk_hash(&key, bytes, LONGEST, 0), whole, "pieces of %zu bytes", block);
		memcpy(kept, bytes, block);
		memcpy(bytes, bytes + 2 * block, block);
		memcpy(bytes + 2 * block, kept, block);
	}
	cr_assert_eq(bulk_hash(&key, bytes, LONGEST, 0), whole);
	free(memory);
}
