/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H

#include "capture/input_live.h"

/* capture/live.h - several live inputs read by one thread.
 *
 * Life: open the inputs (input_live.h), live_new takes them over; live_step again and again; live_drain when it is time to end;
 * live_free. Everything that has to be opened is open after live_new, so rights can be dropped then.
 *
 * Order: the two directions of a conversation may come by two interfaces (a tap has two ports), and each ring hands its frames over
 * in blocks. So with more than one input of frames a frame waits until no other input can have an older one: at most as long as the
 * slowest input's latency_us, some tens of milliseconds. The frames of one input keep their order. HEP messages do not wait.
 *
 * Memory: nothing but the inputs' own. */

enum { LIVE_INPUTS_MAX = 64, LIVE_WATCHES_MAX = 8 };

struct live_handlers {
	/* The frame's bytes are valid during the call. */
	void (*frame)(void *ctx, const struct frame *frame);
	/* An input came to its end; it is not asked any more. May be NULL. */
	void (*failed)(void *ctx, const struct input_live *in, const struct error *err);
	/* An interface went down or came up (in->is_down). May be NULL. */
	void (*link)(void *ctx, const struct input_live *in);
	int64_t (*clock_us)(void); /* microseconds since 1970, the clock by which the kernel stamps frames */
	void *ctx;
};

enum live_status {
	LIVE_WORKED, /* something came; there may be more */
	LIVE_IDLE,   /* nothing came within the time */
	LIVE_ENDED,  /* no input is left that could give something */
};

struct live;

/* Takes the inputs over, also on failure (not the array), and sets their `index` to their place. 0 or a negative errno. */
int live_new(struct live **out, struct input_live **inputs, size_t count, const struct live_handlers *handlers, struct error *err);
void live_free(struct live *l);

/* Hands over what is there, at most some thousand frames, else waits up to timeout_ms for it. So the caller is back often enough for
 * its own work: times, signals, counters. */
enum live_status live_step(struct live *l, int timeout_ms);

/* All that arrived before this moment, by clock_us, has been handed over; INT64_MIN while nothing is known.
 * It stands still while more waits than live_step takes at once, and while nobody calls that: who ends waits
 * for answers goes by it, not by the clock. */
int64_t live_read_until(const struct live *l);

/* Hands over what arrived until now: also what the kernel still holds back, and what waits for its order.
 * Takes as long as the slowest input's latency, and as reading it does. */
void live_drain(struct live *l);

/* Has live_step call `ready` when `fd` becomes readable. 0, or -ENOSPC after LIVE_WATCHES_MAX. The fd stays the caller's. */
int live_watch(struct live *l, int fd, void (*ready)(void *ctx), void *ctx);

/* Input i, its counters fresh from the kernel; NULL when there are fewer. */
const struct input_live *live_input(struct live *l, size_t i);

#endif
