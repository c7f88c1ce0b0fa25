/* SPDX-License-Identifier: MIT */
#include "output/http/internal.h"

#include "capture/udp_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 128, TOKEN_MIN = 16 };

int http_token_read(const char *path, uint8_t out[HTTP_TOKEN_MAX], size_t *len, struct error *err)
{
	char text[HTTP_TOKEN_MAX + 2];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t got = fd < 0 || fstat(fd, &st) ? -1 : read(fd, text, sizeof text);
	int code = got < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (code)
		return error_set(err, code, "HTTP token file %s: %s", path, strerror(-code));
	if (st.st_mode & S_IROTH)
		return error_set(err, -EPERM, "HTTP token file %s can be read by everybody: chmod o= %s",
				 path, path);
	struct slice token = slice_trim(slice_of(text, (size_t)got));
	for (size_t i = 0; i < token.len; i++)
		if (token.ptr[i] <= ' ' || token.ptr[i] >= 0x7f)
			token.len = 0;
	if (token.len < TOKEN_MIN || token.len > HTTP_TOKEN_MAX)
		return error_set(
		    err, -EINVAL,
		    "HTTP token file %s: one line of %d to %d letters, digits and signs is wanted; "
		    "`openssl rand -hex 24 >FILE` makes one",
		    path, TOKEN_MIN, HTTP_TOKEN_MAX);
	memcpy(out, token.ptr, token.len);
	*len = token.len;
	return 0;
}

static bool is_loopback(const struct listen_address *at)
{
	struct addr address = addr_of_peer(&at->bytes), one = { { 0 } };
	one.bytes[15] = 1;
	return addr_is_v4(&address) ? addr_v4(&address) >> 24 == 127 : addr_eq(&address, &one);
}

static int parse_listen(const struct http_options *o, struct listen_address *at, struct error *err)
{
	static const char local[] = "localhost";
	char text[64];
	bool is_name = strncmp(o->listen, local, sizeof local - 1) == 0;
	int n = snprintf(text, sizeof text, "%s%s", is_name ? "127.0.0.1" : "",
			 is_name ? o->listen + sizeof local - 1 : o->listen);
	if (n < 0 || (size_t)n >= sizeof text)
		return error_set(err, -EINVAL, "HTTP: '%.20s...' is no address to listen on", o->listen);
	int bad = listen_address_parse(text, HTTP_DEFAULT_PORT, at, err);
	if (bad) {
		error_prefix(err, "HTTP");
		return bad;
	}
	if (!o->token_file && !is_loopback(at))
		return error_set(
		    err, -EPERM,
		    "HTTP on %s would tell everybody there who is banned: listen on 127.0.0.1, or ask for "
		    "a token (--http-token-file FILE; `openssl rand -hex 24 >FILE` makes one)",
		    o->listen);
	return 0;
}

static void forget_port(struct listen_address *at)
{
	if (at->bytes.ss_family == AF_INET)
		((struct sockaddr_in *)&at->bytes)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&at->bytes)->sin6_port = 0;
}

/* 0, or a negative errno. */
static int bind_to(int fd, const struct listen_address *at, unsigned *port)
{
	int on = 1, off = 0;
	struct sockaddr_storage bound;
	socklen_t len = sizeof bound;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at->bytes.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, (const struct sockaddr *)&at->bytes, at->len) || listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&bound, &len))
		return -errno;
	*port = ntohs(bound.ss_family == AF_INET ? ((const struct sockaddr_in *)&bound)->sin_port
						 : ((const struct sockaddr_in6 *)&bound)->sin6_port);
	return 0;
}

int http_server_check(const struct http_options *o, struct error *err)
{
	struct listen_address at;
	uint8_t token[HTTP_TOKEN_MAX];
	size_t len;
	int bad = parse_listen(o, &at, err);
	bad = bad || !o->token_file ? bad : http_token_read(o->token_file, token, &len, err);
	explicit_bzero(token, sizeof token);
	return bad;
}

int http_listen(const struct http_options *o, int *fd, unsigned *port, struct error *err)
{
	struct listen_address at;
	int code = parse_listen(o, &at, err);
	if (code)
		return code;
	if (o->any_port)
		forget_port(&at);
	*fd = socket(at.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	code = *fd < 0 ? -errno : bind_to(*fd, &at, port);
	return code ? error_set(err, code, "HTTP can not listen on %s: %s%s", o->listen, strerror(-code),
				code == -EADDRINUSE ? "; `ss -ltnp` tells by whom it is used" : "")
		    : 0;
}
