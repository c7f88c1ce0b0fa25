/* SPDX-License-Identifier: MIT */
#include "output/redis/layout.h"

#include "output/redis/client.h"

#include <stdio.h>
#include <stdlib.h>

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

void redis_meta_take(void *ctx, size_t command, const struct redis_reply *reply)
{
	struct redis_meta *m = ctx;
	(void)command;
	snprintf(m->epoch, sizeof m->epoch, "%s", redis_reply_text(redis_reply_at(reply, 0)));
	m->layout = strtoul(redis_reply_text(redis_reply_at(reply, 1)), NULL, 10);
	m->shards = strtoul(redis_reply_text(redis_reply_at(reply, 2)), NULL, 10);
}

bool redis_meta_is_known(const struct redis_meta *m)
{
	return m->layout == REDIS_LAYOUT && m->shards >= 1 && m->shards <= REDIS_SHARDS_MAX;
}
