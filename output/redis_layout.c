/* SPDX-License-Identifier: MIT */
#include "output/redis_layout.h"

#include <stdio.h>

unsigned redis_shard(const char *text, unsigned shards)
{
	uint32_t crc = 0xffffffff;
	if (shards < 2)
		return 0;
	for (const uint8_t *p = (const uint8_t *)text; *p; p++) {
		crc ^= *p;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc % shards;
}

const char *redis_key(char out[REDIS_KEY_MAX], unsigned shard, const char *name, const char *suffix)
{
	snprintf(out, REDIS_KEY_MAX, "{siphound:%u}:%d:%s%s", shard, REDIS_LAYOUT, name, suffix);
	return out;
}

bool redis_sensor_is_good(const char *sensor)
{
	size_t length = 0;
	for (const uint8_t *p = (const uint8_t *)sensor; *p; p++, length++)
		if (!ascii_is_alpha(*p) && !ascii_is_digit(*p) && !strchr("._-", *p))
			return false;
	return length > 0 && length <= REDIS_SENSOR_MAX;
}
