/* SPDX-License-Identifier: MIT */
#include "app/redis_link.h"

#include "app/commands/command.h"
#include "app/moment.h"
#include "output/redis/client.h"
#include "output/redis/layout.h"
#include "output/redis/url.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int redis_link_check_server(const struct options *o, struct error *err)
{
	struct redis_url url;
	char password[REDIS_PASSWORD_MAX];
	int bad = redis_url_parse(o->redis, &url, err);
	bad = bad ? bad : redis_client_check(url.is_tls, err);
	if (bad)
		error_prefix(err, "redis.url (--redis)");
	bad = bad ? bad : redis_password(o->redis_password_file, password, err);
	explicit_bzero(password, sizeof password);
	return bad;
}

int redis_link_check_sensor(const struct options *o, struct error *err)
{
	if (!o->sensor || redis_sensor_is_good(o->sensor))
		return 0;
	return error_set(
	    err, -EINVAL,
	    "redis.sensor (--sensor): a name of 1 to %d letters, digits, '.', '_' or '-' is wanted",
	    REDIS_SENSOR_MAX);
}

/* The name of the host as far as a sensor may be called so: letters, digits, '.', '_', '-'. */
static void host_name(char out[SENSOR_NAME_MAX + 1])
{
	if (gethostname(out, SENSOR_NAME_MAX) || !*out)
		snprintf(out, SENSOR_NAME_MAX, "siphound");
	out[SENSOR_NAME_MAX] = 0;
	for (char *c = out; *c; c++)
		if (!ascii_is_alpha((uint8_t)*c) && !ascii_is_digit((uint8_t)*c) && *c != '.' && *c != '_' &&
		    *c != '-')
			*c = '-';
}

struct redis_feed_options redis_link_options(const struct options *o, char host[SENSOR_NAME_MAX + 1])
{
	host_name(host);
	return (struct redis_feed_options){ .url = o->redis,
					    .password_file = o->redis_password_file,
					    .store_path = o->store,
					    .sensor = o->sensor ? o->sensor : host,
					    .shards = (unsigned)o->redis_shards,
					    .clock_us = moment_now,
					    .version = SIPHOUND_VERSION,
					    .host = host };
}

int redis_link_once(const struct options *o, struct error *err)
{
	char host[SENSOR_NAME_MAX + 1];
	struct redis_feed_options options = redis_link_options(o, host);
	struct redis_feed_counters sent = { 0 };
	int bad = redis_feed_once(&options, &sent, err);
	if (!bad && !o->quiet)
		complain("%llu addresses told to Redis, %llu changes there", (unsigned long long)sent.sent,
			 (unsigned long long)sent.changes);
	if (!bad && sent.skipped)
		complain("Redis: %s; %llu addresses like it are left out there", sent.skip_text,
			 (unsigned long long)sent.skipped);
	if (!bad && sent.wide)
		complain("Redis: %s", sent.wide_text);
	return bad;
}
