/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_URL_H
#define OUTPUT_REDIS_URL_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* output/redis/url.h - where Redis is, as users write it:
 *   redis://[USER@]HOST[:PORT][/DATABASE]        rediss:// the same by TLS
 *   unix:///PATH[?db=DATABASE]                   also redis-unix:// and unix://USER@/PATH
 *   redis+sentinel://[USER@]HOST[:PORT][,HOST[:PORT]...]/MASTER[/DATABASE]
 * IPv6 addresses in brackets. %XX is read in user, path and names. The default port is 6379, of a Sentinel
 * 26379. A cluster needs no scheme of its own: one of its nodes is named, and says where the others are. */

enum { REDIS_HOSTS_MAX = 8, REDIS_HOST_MAX = 254, REDIS_PASSWORD_MAX = 512 };

struct redis_host {
	char name[REDIS_HOST_MAX]; /* without brackets */
	uint16_t port;
};

struct redis_url {
	bool is_tls;
	char path[108];	 /* of a unix socket; "" when it is none */
	char master[64]; /* the name that Sentinels know it by; "": the host is Redis itself */
	size_t host_count;
	struct redis_host hosts[REDIS_HOSTS_MAX];
	char user[128]; /* "" for the default user */
	unsigned db;
};

/* -EINVAL, also for a URL with a password in it: everybody who may list processes would read it. The sentence
 * never holds what might be a password. */
int redis_url_parse(const char *text, struct redis_url *out, struct error *err);

/* The password: the first line of `file`, or without a file what SIPHOUND_REDIS_PASSWORD in the environment
 * says, or "". */
int redis_password(const char *file, char out[REDIS_PASSWORD_MAX], struct error *err);

#endif
