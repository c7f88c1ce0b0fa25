/* SPDX-License-Identifier: MIT */
#include "capture/live.h"

#include "core/clock.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	STEP_FRAMES = 4096, /* some milliseconds of work at most */
	FDS_MAX = 512,	    /* of all inputs; HEP over TCP has one a connection */
	CLOCK_STEP_S = 1,   /* a frame further in the future than this: the clock was set, and waiting for it would be wrong */
	DRAIN_STEP_MS = 10,
	DRAIN_SPARE_MS = 100,
	DRAIN_MESSAGES_S = 10, /* longer than what a socket holds takes: agents go on sending, and their
				  messages tell no arrival */
};

struct part {
	struct input_live *in;
	struct frame head; /* of an input that gives frames: the next one */
	bool has_head;
	bool has_failed;
	bool was_down;
	size_t fd_at, fd_count; /* its place in `fds` during a poll */
};

struct watch {
	int fd;
	void (*ready)(void *ctx);
	void *ctx;
};

struct live {
	struct live_handlers handlers;
	struct part parts[LIVE_INPUTS_MAX];
	size_t count;
	size_t frame_parts; /* how many give frames */
	struct watch watches[LIVE_WATCHES_MAX];
	size_t watch_count;
	int links_fd; /* netlink: what happens to the system's interfaces; -1 when there is none */
	int64_t latency_us;
	int64_t read_until_us;
	int64_t newest_us; /* time of the latest frame that was handed over */
	uint64_t frames;   /* how many were */
	bool is_cut;	   /* the last look at the inputs ended before they were empty */
	struct pollfd fds[FDS_MAX];
};

static void fail(struct live *l, struct part *p, const struct error *err)
{
	p->has_failed = true;
	p->has_head = false;
	if (l->handlers.failed)
		l->handlers.failed(l->handlers.ctx, p->in, err);
}

/* --- frames in order --- */

static void hand_over(struct live *l, const struct frame *frame)
{
	l->newest_us = frame->time_us;
	l->frames++;
	l->handlers.frame(l->handlers.ctx, frame);
}

/* The only input of frames: nothing to wait for. */
static size_t pump_one(struct live *l, struct part *p)
{
	struct frame frame;
	struct error err;
	size_t n = 0;
	while (n < STEP_FRAMES) {
		enum input_status status = input_next(&p->in->input, &frame, &err);
		if (status != INPUT_FRAME) {
			if (status != INPUT_IDLE)
				fail(l, p, &err);
			break;
		}
		hand_over(l, &frame);
		n++;
	}
	return n;
}

/* False: it has none now. */
static bool fill_head(struct live *l, struct part *p)
{
	struct error err;
	if (p->has_head || p->has_failed || !p->in->gives_frames)
		return p->has_head;
	enum input_status status = input_next(&p->in->input, &p->head, &err);
	p->has_head = status == INPUT_FRAME;
	if (!p->has_head && status != INPUT_IDLE)
		fail(l, p, &err);
	return p->has_head;
}

/* Up to what time no input can still come with something older. `now` must have been asked for before the inputs were found
 * empty. */
static int64_t horizon_of(struct live *l, int64_t now)
{
	int64_t horizon = INT64_MAX;
	for (size_t i = 0; i < l->count; i++) {
		struct part *p = &l->parts[i];
		if (p->in->gives_frames && !p->has_failed && !p->in->is_down && !fill_head(l, p) &&
		    now - p->in->latency_us < horizon)
			horizon = now - p->in->latency_us;
	}
	return horizon;
}

static struct part *oldest(struct live *l)
{
	struct part *best = NULL;
	for (size_t i = 0; i < l->count; i++) {
		struct part *p = &l->parts[i];
		if (fill_head(l, p) && (!best || p->head.time_us < best->head.time_us))
			best = p;
	}
	return best;
}

/* A linear look at the inputs for each frame: their number is that of network cards. *wait_us: how long the first frame that has to
 * wait must do so, 0 when none has to. */
static size_t pump_several(struct live *l, int64_t *wait_us)
{
	int64_t now = l->handlers.clock_us();
	int64_t horizon = horizon_of(l, now);
	size_t n = 0;
	*wait_us = 0;
	while (n < STEP_FRAMES) {
		struct part *p = oldest(l);
		if (!p)
			break;
		if (p->head.time_us > horizon && p->head.time_us - now < CLOCK_STEP_S * SECOND_US) {
			*wait_us = p->head.time_us - horizon;
			break;
		}
		hand_over(l, &p->head);
		p->has_head = false;
		n++;
		/* Who was not empty when the horizon was set and is now, may still get older frames than the others hold. */
		if (!fill_head(l, p) && !p->has_failed && now - p->in->latency_us < horizon)
			horizon = now - p->in->latency_us;
	}
	return n;
}

static size_t pump_messages(struct live *l)
{
	struct frame none;
	struct error err;
	size_t n = 0;
	for (size_t i = 0; i < l->count; i++) {
		struct part *p = &l->parts[i];
		if (p->in->gives_frames || p->has_failed)
			continue;
		uint64_t before = p->in->counters.received;
		if (input_next(&p->in->input, &none, &err) != INPUT_IDLE)
			fail(l, p, &err);
		n += p->in->counters.received - before;
	}
	return n;
}

static size_t pump(struct live *l, int64_t *wait_us)
{
	size_t messages = l->frame_parts < l->count ? pump_messages(l) : 0;
	size_t frames = 0;
	*wait_us = 0;
	if (l->frame_parts > 1)
		frames = pump_several(l, wait_us);
	for (size_t i = 0; i < l->count && l->frame_parts == 1; i++) {
		if (l->parts[i].in->gives_frames && !l->parts[i].has_failed)
			frames = pump_one(l, &l->parts[i]);
	}
	l->is_cut = frames == STEP_FRAMES;
	return messages + frames;
}

/* --- waiting --- */

/* An input whose frame waits is not listened to: it is readable all the time. */
static size_t gather(struct live *l)
{
	size_t n = 0;
	l->fds[n++] = (struct pollfd){ .fd = l->links_fd, .events = POLLIN };
	for (size_t i = 0; i < l->watch_count; i++)
		l->fds[n++] = (struct pollfd){ .fd = l->watches[i].fd, .events = POLLIN };
	for (size_t i = 0; i < l->count; i++) {
		struct part *p = &l->parts[i];
		p->fd_at = n;
		p->fd_count = p->has_failed || p->has_head ? 0 : p->in->ops->fds(p->in, l->fds + n, FDS_MAX - n);
		n += p->fd_count;
	}
	return n;
}

/* After a poll that did not wait: whether the look at the inputs before it left something. */
static bool has_more(const struct live *l)
{
	bool more = l->is_cut;
	for (size_t i = 0; i < l->count; i++) {
		const struct part *p = &l->parts[i];
		for (size_t f = 0; f < p->fd_count && !p->in->gives_frames; f++)
			more |= l->fds[p->fd_at + f].revents != 0;
	}
	return more;
}

static void tell_link(struct live *l, struct part *p)
{
	if (p->in->is_down == p->was_down)
		return;
	p->was_down = p->in->is_down;
	if (l->handlers.link)
		l->handlers.link(l->handlers.ctx, p->in);
}

static void read_links(struct live *l)
{
	uint8_t bytes[4096];
	/* What it says is not looked at, nor whether something was lost: each input looks for itself. */
	while (recv(l->links_fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		errno = 0;
	for (size_t i = 0; i < l->count; i++) {
		struct part *p = &l->parts[i];
		if (!p->has_failed && p->in->ops->links_changed)
			p->in->ops->links_changed(p->in);
	}
}

static void dispatch(struct live *l)
{
	if (l->fds[0].revents)
		read_links(l);
	for (size_t i = 0; i < l->watch_count; i++) {
		if (l->fds[1 + i].revents)
			l->watches[i].ready(l->watches[i].ctx);
	}
	for (size_t i = 0; i < l->count; i++) {
		struct part *p = &l->parts[i];
		bool is_woken = false;
		for (size_t f = 0; f < p->fd_count; f++)
			is_woken |= l->fds[p->fd_at + f].revents != 0;
		if (is_woken && p->in->ops->woken)
			p->in->ops->woken(p->in, l->fds + p->fd_at, p->fd_count);
		tell_link(l, p);
	}
}

static bool is_over(const struct live *l)
{
	for (size_t i = 0; i < l->count; i++) {
		if (!l->parts[i].has_failed)
			return false;
	}
	return l->watch_count == 0;
}

static int shorter(int timeout_ms, int64_t wait_us)
{
	int64_t wait_ms = wait_us / 1000 + 1;
	if (wait_us == 0)
		return timeout_ms;
	return timeout_ms < 0 || wait_ms < timeout_ms ? (int)wait_ms : timeout_ms;
}

enum live_status live_step(struct live *l, int timeout_ms)
{
	int64_t wait_us, begun_us = l->handlers.clock_us();
	size_t n = pump(l, &wait_us);
	/* Even when there is work: who watches and connects must not starve. */
	int ready = poll(l->fds, gather(l), n > 0 ? 0 : shorter(timeout_ms, wait_us));
	if (n == 0 || !has_more(l))
		l->read_until_us = begun_us - l->latency_us;
	if (ready > 0)
		dispatch(l);
	if (n == 0 && is_over(l))
		return LIVE_ENDED;
	return n > 0 || ready > 0 || wait_us > 0 ? LIVE_WORKED : LIVE_IDLE;
}

static void release_heads(struct live *l)
{
	for (struct part *p; (p = oldest(l)) != NULL; p->has_head = false)
		hand_over(l, &p->head);
}

int64_t live_read_until(const struct live *l)
{
	return l->read_until_us;
}

/* n: what the look at the inputs that began at now_us gave. */
static bool is_drained(const struct live *l, size_t n, uint64_t frames_before, int64_t now_us, int64_t end_us)
{
	if (now_us <= end_us)
		return false;
	if (n == 0 || l->frames == frames_before)
		return n == 0 || now_us > end_us + DRAIN_MESSAGES_S * SECOND_US;
	return l->newest_us > end_us; /* a ring that is full takes its time, and is full once */
}

void live_drain(struct live *l)
{
	int64_t wait_us, start_us = l->handlers.clock_us(), now_us = start_us;
	int64_t end_us = start_us + l->latency_us + DRAIN_SPARE_MS * (SECOND_US / 1000);
	for (bool is_done = false; !is_done; now_us = l->handlers.clock_us()) {
		uint64_t before = l->frames;
		size_t n = pump(l, &wait_us);
		is_done = is_drained(l, n, before, now_us, end_us) ||
			  now_us < start_us; /* the clock was set back */
		if (n == 0 && !is_done)
			poll(NULL, 0, DRAIN_STEP_MS);
	}
	/* What came since then is not ours any more, but a frame that was taken from its input is. */
	for (size_t i = 0; i < l->count; i++)
		l->parts[i].has_failed = true;
	release_heads(l);
}

/* --- life --- */

static int open_links(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void adopt(struct live *l, struct input_live **inputs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		inputs[i]->input.index = (uint16_t)i;
		l->parts[i] = (struct part){ .in = inputs[i], .was_down = inputs[i]->is_down };
		l->frame_parts += inputs[i]->gives_frames;
		if (inputs[i]->latency_us > l->latency_us)
			l->latency_us = inputs[i]->latency_us;
	}
	l->count = count;
}

int live_new(struct live **out, struct input_live **inputs, size_t count, const struct live_handlers *handlers, struct error *err)
{
	struct live *l = count <= LIVE_INPUTS_MAX ? calloc(1, sizeof *l) : NULL;
	if (!l) {
		for (size_t i = 0; i < count; i++)
			input_live_close(inputs[i]);
		return count > LIVE_INPUTS_MAX ? error_set(err, -EINVAL, "%zu inputs, at most %d can be watched", count, LIVE_INPUTS_MAX)
					       : error_set(err, -ENOMEM, "out of memory");
	}
	adopt(l, inputs, count);
	l->handlers = *handlers;
	l->read_until_us = INT64_MIN;
	l->links_fd = open_links();
	*out = l;
	return 0;
}

void live_free(struct live *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		input_live_close(l->parts[i].in);
	if (l->links_fd >= 0)
		close(l->links_fd);
	free(l);
}

int live_watch(struct live *l, int fd, void (*ready)(void *ctx), void *ctx)
{
	if (l->watch_count == LIVE_WATCHES_MAX)
		return -ENOSPC;
	l->watches[l->watch_count++] = (struct watch){ fd, ready, ctx };
	return 0;
}

const struct input_live *live_input(struct live *l, size_t i)
{
	if (i >= l->count)
		return NULL;
	if (l->parts[i].in->ops->count)
		l->parts[i].in->ops->count(l->parts[i].in);
	return l->parts[i].in;
}
