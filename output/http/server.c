/* SPDX-License-Identifier: MIT */
#include "output/http/internal.h"

#include "capture/udp_listener.h"
#include "core/thread.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

/* Time is counted in ticks of a timer, so that a clock that is set changes no deadline. */
enum {
	TICK_MS = 250,
	REQUEST_TICKS = 5000 / TICK_MS,	   /* the whole request must be here */
	STALL_TICKS = 10000 / TICK_MS,	   /* a response must get on */
	RESPONSE_TICKS = 300000 / TICK_MS, /* and be through */
	LINGER_TICKS = 2000 / TICK_MS,
	MAY_CUT_TICKS = 10000 / TICK_MS, /* a response that took so long makes room for another, if it must */
	HEAD_MAX = 768,
	SEND_MAX = 256 * 1024, /* at a time, so that all get their turn */
	LINGER_BYTES = 256 * 1024,
	EVENT_TICKS = 1000 / TICK_MS,	 /* between two events of a stream */
	STREAM_TICKS = 600000 / TICK_MS, /* then its reader has to ask again */
};

enum connection_state {
	CONNECTION_FREE,
	CONNECTION_READING,
	CONNECTION_WRITING,
	CONNECTION_WAITING,   /* a stream whose next event is not due yet */
	CONNECTION_LINGERING, /* all is sent; what still comes is thrown away, or its sender might lose our
				 answer */
};

struct connection {
	enum connection_state state;
	int fd;
	uint64_t since, progress; /* ticks: when the state began, when something went through */
	size_t in_len, head_len, sent, thrown_away;
	bool is_head, is_stream;
	uint64_t opened; /* ticks: a stream */
	struct http_body *body;
	uint8_t in[HTTP_REQUEST_MAX];
	char head[HEAD_MAX];
};

struct http_server {
	struct http_service service;
	int listen_fd, wake_fd, timer_fd;
	unsigned port;
	bool is_running, must_end; /* must_end: the thread's own, set when wake_fd says so */
	bool is_deaf;		   /* no descriptor was left: until the next tick */
	bool is_ticking;
	pthread_t thread;
	uint64_t ticks;
	struct connection connections[HTTP_CONNECTIONS_MAX];
};

/* ---- one connection ---- */

static void end_stream(struct http_server *s, struct connection *c)
{
	s->service.streams -= c->is_stream;
	c->is_stream = false;
}

static void close_connection(struct http_server *s, struct connection *c)
{
	close(c->fd);
	http_body_drop(c->body);
	c->body = NULL;
	end_stream(s, c);
	c->state = CONNECTION_FREE;
}

static void enter(struct http_server *s, struct connection *c, enum connection_state state)
{
	c->state = state;
	c->since = c->progress = s->ticks;
}

static void linger(struct http_server *s, struct connection *c)
{
	http_body_drop(c->body);
	c->body = NULL;
	end_stream(s, c);
	c->thrown_away = 0;
	shutdown(c->fd, SHUT_WR);
	enter(s, c, CONNECTION_LINGERING);
}

static size_t body_len(const struct connection *c)
{
	return c->body && !c->is_head ? c->body->len : 0;
}

static void send_some(struct http_server *s, struct connection *c)
{
	size_t total = c->head_len + body_len(c);
	size_t in_head = c->sent < c->head_len ? c->head_len - c->sent : 0;
	size_t at = c->sent > c->head_len ? c->sent - c->head_len : 0;
	size_t left = body_len(c) - at;
	struct iovec parts[2] = { { c->head + (c->head_len - in_head), in_head },
				  { c->body ? c->body->bytes + at : NULL,
				    left < SEND_MAX ? left : SEND_MAX } };
	if (!in_head)
		parts[0] = parts[1];
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = in_head ? 2 : 1 };
	ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			close_connection(s, c);
		return;
	}
	c->sent += (size_t)n;
	c->progress = s->ticks;
	if (c->sent == total && c->is_stream)
		enter(s, c, CONNECTION_WAITING);
	else if (c->sent == total)
		linger(s, c);
}

static void respond(struct http_server *s, struct connection *c, struct http_response *r)
{
	bool has_body = r->status != 304;
	c->head_len = http_head(r, has_body, s->service.options.clock_us(), c->head, sizeof c->head);
	c->body = r->body;
	c->sent = 0;
	c->is_stream = r->is_stream;
	c->opened = s->ticks;
	s->service.streams += c->is_stream;
	s->service.responses[r->status < HTTP_CODES ? r->status : 500]++;
	enter(s, c, CONNECTION_WRITING);
	send_some(s, c);
}

static void refuse(struct http_server *s, struct connection *c, int status)
{
	struct http_response r;
	http_refuse(&s->service, status, &r);
	respond(s, c, &r);
}

static void look_at_request(struct http_server *s, struct connection *c)
{
	struct http_request request;
	struct http_response response;
	int status;
	switch (http_request_read(slice_of(c->in, c->in_len), &request, &status)) {
	case PARSE_OK:
		c->is_head = request.is_head;
		http_answer(&s->service, &request, &response);
		respond(s, c, &response);
		break;
	case PARSE_BAD:
		refuse(s, c, status);
		break;
	case PARSE_PARTIAL:
		if (c->in_len == sizeof c->in)
			refuse(s, c, status);
		break;
	}
}

static void read_some(struct http_server *s, struct connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - c->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_connection(s, c);
		return;
	}
	c->in_len += (size_t)n;
	look_at_request(s, c);
}

static void throw_away(struct http_server *s, struct connection *c)
{
	char waste[4096];
	ssize_t n = recv(c->fd, waste, sizeof waste, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->thrown_away += n > 0 ? (size_t)n : 0;
	if (n <= 0 || c->thrown_away > LINGER_BYTES)
		close_connection(s, c);
}

static void serve(struct http_server *s, struct connection *c)
{
	if (c->state == CONNECTION_READING)
		read_some(s, c);
	else if (c->state == CONNECTION_WRITING)
		send_some(s, c);
	else if (c->state == CONNECTION_LINGERING || c->state == CONNECTION_WAITING)
		throw_away(s, c);
}

/* ---- deadlines ---- */

static void cut(struct http_server *s, struct connection *c)
{
	s->service.timed_out++;
	close_connection(s, c);
}

static void check_deadline(struct http_server *s, struct connection *c)
{
	uint64_t age = s->ticks - c->since, idle = s->ticks - c->progress;
	if (c->state == CONNECTION_LINGERING && age > LINGER_TICKS) {
		close_connection(s, c);
	} else if (c->state == CONNECTION_WRITING && (idle > STALL_TICKS || age > RESPONSE_TICKS)) {
		cut(s, c);
	} else if (c->state == CONNECTION_READING && age > REQUEST_TICKS) {
		s->service.timed_out++;
		if (c->in_len)
			refuse(s, c, 408);
		else
			close_connection(s, c);
	}
}

/* ---- streams ---- */

/* The same event for all whose last one went through. */
static void feed_streams(struct http_server *s)
{
	struct http_body *event = NULL;
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX && s->service.streams; i++) {
		struct connection *c = &s->connections[i];
		if (c->state != CONNECTION_WAITING || s->ticks - c->since < EVENT_TICKS)
			continue;
		if (s->ticks - c->opened > STREAM_TICKS ||
		    (!event && !(event = http_live_event(&s->service)))) {
			linger(s, c);
			continue;
		}
		http_body_drop(c->body);
		c->body = http_body_share(event);
		c->head_len = c->sent = 0;
		enter(s, c, CONNECTION_WRITING);
		send_some(s, c);
	}
	http_body_drop(event);
}

static void set_timer(struct http_server *s, bool on)
{
	struct itimerspec when = { .it_interval = { .tv_nsec = on ? TICK_MS * 1000000L : 0 } };
	when.it_value = when.it_interval;
	if (on != s->is_ticking && timerfd_settime(s->timer_fd, 0, &when, NULL) == 0)
		s->is_ticking = on;
}

static void tick(struct http_server *s)
{
	uint64_t count;
	if (read(s->timer_fd, &count, sizeof count) != sizeof count)
		return;
	s->ticks += count;
	s->is_deaf = false;
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (s->connections[i].state != CONNECTION_FREE)
			check_deadline(s, &s->connections[i]);
	feed_streams(s);
}

/* ---- newcomers ---- */

/* Who is nearest to being cut anyway: who lingers, who did not send a request yet, who takes long to read the
 * response; the oldest of them. */
static struct connection *who_makes_room(struct http_server *s)
{
	static const enum connection_state order[] = { CONNECTION_LINGERING, CONNECTION_READING,
						       CONNECTION_WAITING, CONNECTION_WRITING };
	for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
		struct connection *oldest = NULL;
		for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
			struct connection *c = &s->connections[i];
			if (c->state == order[k] && (!oldest || c->since < oldest->since))
				oldest = c;
		}
		if (oldest && (order[k] != CONNECTION_WRITING || s->ticks - oldest->since > MAY_CUT_TICKS))
			return oldest;
	}
	return NULL;
}

static struct connection *free_connection(struct http_server *s)
{
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (s->connections[i].state == CONNECTION_FREE)
			return &s->connections[i];
	return NULL;
}

static bool has_place(struct http_server *s)
{
	return free_connection(s) || who_makes_room(s);
}

/* True: there may be more. */
static bool take_one(struct http_server *s)
{
	int on = 1;
	if (!has_place(s))
		return false;
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		/* No descriptor left: it stays readable, and would be asked again and again. */
		s->is_deaf = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
		return false;
	}
	struct connection *c = free_connection(s);
	if (!c) {
		c = who_makes_room(s);
		s->service.evicted += c->state != CONNECTION_LINGERING;
		close_connection(s, c);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c->fd = fd;
	c->in_len = c->sent = c->head_len = 0;
	c->thrown_away = 0;
	c->is_head = c->is_stream = false;
	enter(s, c, CONNECTION_READING);
	read_some(s, c); /* most send their request with the last packet of the handshake */
	return true;
}

static void take_newcomers(struct http_server *s)
{
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX / 2 && take_one(s); i++)
		;
}

/* ---- the loop ---- */

enum { POLL_WAKE, POLL_TIMER, POLL_LISTEN, POLL_FIRST };

static size_t fill_poll(struct http_server *s, struct pollfd *fds, struct connection **who)
{
	size_t count = POLL_FIRST;
	fds[POLL_WAKE] = (struct pollfd){ .fd = s->wake_fd, .events = POLLIN };
	fds[POLL_TIMER] = (struct pollfd){ .fd = s->timer_fd, .events = POLLIN };
	/* A negative descriptor is passed over. */
	fds[POLL_LISTEN] =
	    (struct pollfd){ .fd = !s->is_deaf && has_place(s) ? s->listen_fd : -1, .events = POLLIN };
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		struct connection *c = &s->connections[i];
		if (c->state == CONNECTION_FREE)
			continue;
		fds[count] = (struct pollfd){ .fd = c->fd,
					      .events = c->state == CONNECTION_WRITING ? POLLOUT : POLLIN };
		who[count++] = c;
	}
	set_timer(s, count > POLL_FIRST || s->is_deaf);
	return count;
}

static void turn(struct http_server *s)
{
	struct pollfd fds[POLL_FIRST + HTTP_CONNECTIONS_MAX];
	struct connection *who[POLL_FIRST + HTTP_CONNECTIONS_MAX];
	size_t count = fill_poll(s, fds, who);
	if (poll(fds, count, -1) < 0)
		return;
	s->must_end = fds[POLL_WAKE].revents != 0;
	for (size_t i = POLL_FIRST; i < count; i++)
		if (fds[i].revents)
			serve(s, who[i]);
	if (fds[POLL_TIMER].revents)
		tick(s);
	if (fds[POLL_LISTEN].revents)
		take_newcomers(s);
}

static void *run(void *ctx)
{
	struct http_server *s = ctx;
	while (!s->must_end)
		turn(s);
	return NULL;
}

int http_server_start(struct http_server *s, struct error *err)
{
	int bad = thread_start(&s->thread, run, s);
	s->is_running = bad == 0;
	return bad ? error_set(err, bad, "no thread for HTTP: %s", strerror(-bad)) : 0;
}

/* ---- start and end ---- */

static int open_helpers(struct http_server *s, const struct http_options *o, struct error *err)
{
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->wake_fd < 0 || s->timer_fd < 0)
		return error_set(err, -errno, "HTTP: %s", strerror(errno));
	if (!o->store_path)
		return 0;
	s->service.list = http_blocklist_new(o, &s->service.held);
	s->service.live = http_live_new();
	return s->service.list && s->service.live ? 0 : error_set(err, -ENOMEM, "no memory for HTTP");
}

int http_server_open(struct http_server **out, const struct http_options *options, struct error *err)
{
	struct http_server *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, -ENOMEM, "no memory for HTTP");
	s->listen_fd = s->wake_fd = s->timer_fd = -1;
	s->service.options = *options;
	int bad = options->token_file
		      ? http_token_read(options->token_file, s->service.token, &s->service.token_len, err)
		      : 0;
	bad = bad ? bad : http_listen(options, &s->listen_fd, &s->port, err);
	bad = bad ? bad : open_helpers(s, options, err);
	if (bad)
		http_server_stop(s);
	else
		*out = s;
	return bad;
}

unsigned http_server_port(const struct http_server *s)
{
	return s->port;
}

const char *http_server_place(const struct http_server *s, char out[HTTP_PLACE_MAX])
{
	struct sockaddr_storage at = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof at;
	char text[ADDR_TEXT_MAX];
	getsockname(s->listen_fd, (struct sockaddr *)&at, &len);
	struct addr address = addr_of_peer(&at);
	if (addr_is_none(&address))
		snprintf(out, HTTP_PLACE_MAX, "*:%u", s->port);
	else
		snprintf(out, HTTP_PLACE_MAX, addr_is_v4(&address) ? "%s:%u" : "[%s]:%u",
			 addr_text(&address, text), s->port);
	return out;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void http_server_stop(struct http_server *s)
{
	uint64_t one = 1;
	if (!s)
		return;
	if (s->is_running && write(s->wake_fd, &one, sizeof one) == sizeof one)
		pthread_join(s->thread, NULL);
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (s->connections[i].state != CONNECTION_FREE)
			close_connection(s, &s->connections[i]);
	close_fd(s->listen_fd);
	close_fd(s->wake_fd);
	close_fd(s->timer_fd);
	http_live_free(s->service.live);
	http_blocklist_free(s->service.list);
	free(s);
}
