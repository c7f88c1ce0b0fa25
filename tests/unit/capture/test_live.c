/* SPDX-License-Identifier: MIT */
#include "capture/live.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

/* What a reader that is too slow for its inputs, or was held, still gets: inputs from memory, and a clock
 * that goes on with each frame. */

enum { MANY = 10000, STEP_US = 1000 };

struct fake {
	struct input_live live;
	size_t waits;	  /* frames, or messages, which are there at once */
	bool is_endless;  /* as many as are read come anew */
	int64_t time_us;  /* of the next frame */
	int64_t apart_us; /* and so much later the one after it */
	int readable[2];  /* a pipe that has a byte in it while something waits */
};

static struct {
	int64_t now_us, cost_us; /* the clock, and what handing over one frame or message takes */
	uint64_t frames, messages;
	int64_t last_us;
} world;

static int64_t clock_us(void)
{
	world.now_us += 1;
	return world.now_us;
}

static void on_frame(void *ctx, const struct frame *f)
{
	(void)ctx;
	world.frames++;
	world.last_us = f->time_us;
	world.now_us += world.cost_us;
}

static const struct live_handlers handlers = { .frame = on_frame, .clock_us = clock_us };

static void look_readable(struct fake *f)
{
	char byte;
	while (read(f->readable[0], &byte, 1) == 1)
		;
	if (f->waits)
		cr_assert_eq(write(f->readable[1], "x", 1), 1);
}

static enum input_status next_frame(struct input *in, struct frame *frame, struct error *err)
{
	struct fake *f = (struct fake *)in;
	(void)err;
	if (f->waits == 0)
		return INPUT_IDLE;
	f->waits -= !f->is_endless;
	int64_t time_us = f->is_endless ? world.now_us : f->time_us;
	f->time_us += f->apart_us;
	*frame = (struct frame){ .time_us = time_us, .link_type = 1, .input = in->index };
	f->live.counters.received++;
	return INPUT_FRAME;
}

/* As HEP does: some at once, and then it says that it is idle. */
static enum input_status next_messages(struct input *in, struct frame *frame, struct error *err)
{
	struct fake *f = (struct fake *)in;
	(void)frame;
	(void)err;
	for (unsigned i = 0; i < 100 && f->waits; i++) {
		f->waits -= !f->is_endless;
		f->live.counters.received++;
		world.messages++;
		world.now_us += world.cost_us;
	}
	look_readable(f);
	return INPUT_IDLE;
}

static void fake_close(struct input *in)
{
	struct fake *f = (struct fake *)in;
	close(f->readable[0]);
	close(f->readable[1]);
}

static size_t fake_fds(struct input_live *in, struct pollfd *fds, size_t room)
{
	struct fake *f = (struct fake *)in;
	cr_assert_gt(room, 0);
	fds[0] = (struct pollfd){ .fd = f->readable[0], .events = POLLIN };
	return 1;
}

static struct live *live_of(struct fake *f, bool gives_frames)
{
	static const struct input_ops frames = { next_frame, fake_close },
				      messages = { next_messages, fake_close };
	static const struct input_live_ops ops = { .fds = fake_fds };
	struct input_live *in = &f->live;
	struct live *l;
	struct error err;
	in->input.ops = gives_frames ? &frames : &messages;
	in->input.name = "fake";
	in->ops = &ops;
	in->gives_frames = gives_frames;
	cr_assert_eq(pipe2(f->readable, O_NONBLOCK), 0);
	look_readable(f);
	cr_assert_eq(live_new(&l, &in, 1, &handlers, &err), 0);
	return l;
}

/* What was in the ring before the end is handed over, however long that takes. */
Test(live, drains_a_full_ring, .timeout = 60)
{
	world.now_us = 1000 * SECOND_US;
	world.cost_us = STEP_US;
	struct fake f = { .waits = MANY, .time_us = 990 * SECOND_US, .apart_us = 1 };
	struct live *l = live_of(&f, true);
	live_drain(l);
	cr_assert_eq(world.frames, MANY);
	live_free(l);
}

/* What comes after the end is nobody's: who sends without a pause keeps nobody from ending. */
Test(live, drains_no_more_than_was_there, .timeout = 60)
{
	world.now_us = 1000 * SECOND_US;
	world.cost_us = STEP_US;
	struct fake f = { .waits = 1, .is_endless = true };
	struct live *l = live_of(&f, true);
	live_drain(l);
	cr_assert_lt(world.now_us, 1010 * SECOND_US);
	live_free(l);

	struct fake agent = { .waits = 1, .is_endless = true };
	world.now_us = 1000 * SECOND_US;
	l = live_of(&agent, false);
	live_drain(l);
	cr_assert_lt(world.now_us, 1020 * SECOND_US);
	live_free(l);
}

Test(live, drains_what_agents_sent, .timeout = 60)
{
	world.now_us = 1000 * SECOND_US;
	world.cost_us = 100;
	struct fake f = { .waits = MANY };
	struct live *l = live_of(&f, false);
	live_drain(l);
	cr_assert_eq(world.messages, MANY);
	live_free(l);
}

/* Nothing is said to be read before it is: neither while more waits than is taken at once, nor after a rest.
 */
Test(live, knows_until_when_it_has_read, .timeout = 60)
{
	world.now_us = 1000 * SECOND_US;
	struct fake f = { .waits = MANY, .time_us = 990 * SECOND_US, .apart_us = 1 };
	struct live *l = live_of(&f, true);
	cr_assert_eq(live_read_until(l), INT64_MIN);
	unsigned steps = 0;
	for (; live_step(l, 0) == LIVE_WORKED && f.waits; steps++)
		cr_assert_eq(live_read_until(l), INT64_MIN, "after %u steps", steps);
	cr_assert_gt(steps, 1);
	cr_assert_eq(world.frames, MANY);
	int64_t read_us = live_read_until(l);
	cr_assert_gt(read_us, 1000 * SECOND_US - 1);
	cr_assert_leq(read_us, world.now_us);

	/* Held for ten seconds, in which something came. */
	world.now_us += 10 * SECOND_US;
	f.waits = 1;
	cr_assert_eq(live_read_until(l), read_us);
	live_step(l, 0);
	cr_assert_eq(f.waits, 0);
	cr_assert_gt(live_read_until(l), 1010 * SECOND_US);
	live_free(l);
}

Test(live, knows_until_when_agents_were_heard, .timeout = 60)
{
	world.now_us = 1000 * SECOND_US;
	struct fake f = { .waits = 250 };
	struct live *l = live_of(&f, false);
	for (unsigned step = 0; step < 2; step++) {
		live_step(l, 0);
		cr_assert_eq(live_read_until(l), INT64_MIN);
	}
	live_step(l, 0);
	cr_assert_eq(world.messages, 250);
	cr_assert_gt(live_read_until(l), 1000 * SECOND_US - 1);
	live_free(l);
}
