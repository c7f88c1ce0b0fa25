/* SPDX-License-Identifier: MIT */
#include "output/redis/url.h"

#include "core/slice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PORT = 6379, SENTINEL_PORT = 26379, DATABASES_MAX = 1 << 14 };

#define FORMS                                                                                                \
	"redis://HOST:PORT/DB, rediss://HOST:PORT, unix:///PATH?db=DB or "                                   \
	"redis+sentinel://HOST:PORT,HOST:PORT/MASTER"

/* Reads %XX; no control characters, so that nothing of it can end a line. */
static bool take_text(struct slice text, char *out, size_t room)
{
	size_t used = 0;
	for (size_t i = 0; i < text.len; i++) {
		int c = text.ptr[i];
		if (c == '%') {
			int high = i + 2 < text.len ? ascii_hex(text.ptr[i + 1]) : -1;
			int low = i + 2 < text.len ? ascii_hex(text.ptr[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = high << 4 | low;
			i += 2;
		}
		if (used + 1 >= room || c < 0x20 || c == 0x7f)
			return false;
		out[used++] = (char)c;
	}
	out[used] = '\0';
	return true;
}

static bool take_port(struct slice text, uint16_t *port)
{
	uint64_t number;
	if (!slice_u64(text, &number) || number < 1 || number > 65535)
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool take_host(struct slice text, uint16_t default_port, struct redis_host *out)
{
	struct slice name = text, port = { NULL, 0 };
	out->port = default_port;
	if (text.len && text.ptr[0] == '[') {
		size_t end = slice_find(text, ']');
		if (end == SLICE_NPOS)
			return false;
		name = slice_of(text.ptr + 1, end - 1);
		port = slice_from(text, end + 1);
		if (port.len && port.ptr[0] != ':')
			return false;
		port = port.len ? slice_from(port, 1) : slice_of(NULL, 0);
	} else if (slice_find(text, ':') != SLICE_NPOS) {
		port = text;
		name = slice_cut(&port, ':');
	}
	return name.len && take_text(name, out->name, sizeof out->name) &&
	       (!port.ptr || take_port(port, &out->port));
}

static bool take_hosts(struct slice text, uint16_t default_port, struct redis_url *url)
{
	struct slice rest = text;
	while (rest.ptr) {
		if (url->host_count == REDIS_HOSTS_MAX ||
		    !take_host(slice_cut(&rest, ','), default_port, &url->hosts[url->host_count]))
			return false;
		url->host_count++;
	}
	return url->host_count > 0;
}

static bool take_db(struct slice text, struct redis_url *url)
{
	uint64_t number = 0;
	if (text.len && (!slice_u64(text, &number) || number > DATABASES_MAX))
		return false;
	url->db = (unsigned)number;
	return true;
}

static int take_user(struct slice *rest, struct redis_url *url, struct error *err)
{
	/* The last one: a password may have an @ in it, and then must not be taken for a host. */
	size_t at = SLICE_NPOS, slash = slice_find(*rest, '/');
	for (size_t i = 0; i < rest->len; i++)
		if (rest->ptr[i] == '@')
			at = i;
	if (at == SLICE_NPOS)
		return 0;
	struct slice user = slice_first(*rest, at);
	size_t colon = slice_find(user, ':');
	if ((colon != SLICE_NPOS && colon + 1 < user.len) || (slash != SLICE_NPOS && slash < at))
		return error_set(
		    err, -EINVAL,
		    "the Redis URL has a password in it, which everybody on this machine could read; put "
		    "it into a file (redis.password_file) or into the environment as "
		    "SIPHOUND_REDIS_PASSWORD, and leave it out of the URL");
	if (colon != SLICE_NPOS)
		user.len = colon;
	*rest = slice_from(*rest, at + 1);
	if (!take_text(user, url->user, sizeof url->user))
		return error_set(err, -EINVAL, "the user in the Redis URL is too long or has odd characters");
	return 0;
}

static bool take_unix(struct slice rest, struct redis_url *url)
{
	struct slice path = slice_cut(&rest, '?');
	if (rest.ptr && (!slice_starts(rest, SLICE("db=")) || !take_db(slice_from(rest, 3), url)))
		return false;
	return path.len > 1 && path.ptr[0] == '/' && take_text(path, url->path, sizeof url->path);
}

static bool take_sentinel(struct slice rest, struct redis_url *url)
{
	struct slice hosts = slice_cut(&rest, '/');
	struct slice master = slice_cut(&rest, '/');
	return take_hosts(hosts, SENTINEL_PORT, url) && master.len &&
	       take_text(master, url->master, sizeof url->master) && take_db(rest, url);
}

static bool take_server(struct slice rest, struct redis_url *url)
{
	struct slice host = slice_cut(&rest, '/');
	return take_host(host, PORT, &url->hosts[0]) && (url->host_count = 1) && take_db(rest, url);
}

int redis_url_parse(const char *text, struct redis_url *out, struct error *err)
{
	static const struct {
		struct slice scheme;
		bool is_tls;
		bool (*take)(struct slice, struct redis_url *);
	} schemes[] = {
		{ SLICE_INIT("redis://"), false, take_server },
		{ SLICE_INIT("rediss://"), true, take_server },
		{ SLICE_INIT("redis+sentinel://"), false, take_sentinel },
		{ SLICE_INIT("unix://"), false, take_unix },
		{ SLICE_INIT("redis-unix://"), false, take_unix },
	};
	struct slice all = slice_str(text);
	struct redis_url url = { 0 };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		struct slice rest = slice_from(all, schemes[i].scheme.len);
		if (!slice_starts_nocase(all, schemes[i].scheme))
			continue;
		url.is_tls = schemes[i].is_tls;
		int bad = take_user(&rest, &url, err);
		if (bad)
			return bad;
		if (!schemes[i].take(rest, &url))
			break;
		*out = url;
		return 0;
	}
	return error_set(err, -EINVAL, "this is no URL of a Redis server; write it as " FORMS);
}

int redis_password(const char *file, char out[REDIS_PASSWORD_MAX], struct error *err)
{
	const char *given = file ? NULL : getenv("SIPHOUND_REDIS_PASSWORD");
	*out = '\0';
	if (given) {
		if (strlen(given) >= REDIS_PASSWORD_MAX)
			return error_set(err, -EINVAL, "SIPHOUND_REDIS_PASSWORD is longer than %d bytes",
					 REDIS_PASSWORD_MAX - 1);
		memcpy(out, given, strlen(given) + 1);
	}
	if (!file)
		return 0;
	FILE *in = fopen(file, "re");
	if (!in)
		return error_set(err, -errno, "%s: %s; it should hold the Redis password in its first line",
				 file, strerror(errno));
	bool is_read = fgets(out, REDIS_PASSWORD_MAX, in) != NULL;
	bool is_whole = feof(in) || strchr(out, '\n');
	fclose(in);
	out[strcspn(out, "\r\n")] = '\0';
	if (!is_read || !is_whole || !*out)
		return error_set(err, -EINVAL,
				 "%s: its first line should be the Redis password, 1 to %d bytes", file,
				 REDIS_PASSWORD_MAX - 2);
	return 0;
}
