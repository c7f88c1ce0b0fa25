/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/moment.h"
#include "app/store_options.h"
#include "app/top/reader.h"
#include "app/top/screen.h"
#include "app/top/source.h"
#include "output/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* top: the store on a terminal, as it changes. */

static const char help[] =
    "Usage: siphound top [OPTION...]\n\n"
    "Shows the offenders of a store on the terminal, the most dangerous first, as they change: what a "
    "running watch writes\n"
    "into it, how busy that is, and whether it loses packets. Looks into one, bans, unbans, allows.\n\n"
    "  up, down, PgUp, PgDn   choose an address        Enter  why it stands there (Esc: back)\n"
    "  b  ban it by hand      u  take its ban back     a      never ban it\n"
    "  s  sort by the next    r  the other way round   f      show only: block, watch ... banned, breached\n"
    "  /  find a text         p  pause                 ?      all keys\n"
    "  q  quit\n\n"
    "  --store FILE    the store (" STORE_DEFAULT_PATH "); --config FILE: as it names it\n"
    "  --color auto|always|never   --help\n\n"
    "Example: siphound top --store s.db\n"
    "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

enum {
	READ_MS = 1000,	 /* between two readings of the store */
	READ_SHARE = 10, /* of the time, at most one part in so many goes to reading it */
};

struct run {
	struct top top;
	struct top_source source;  /* for what keys ask for */
	struct top_reader *reader; /* for the list */
	struct top_view view;
	struct top_screen *screen;
	size_t rows, columns;
	bool is_failing;		/* the store could not be read, and the message says so */
	int64_t asked_us, next_read_us; /* of the monotonic clock */
};

static int64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void complain_below(struct run *r, const struct error *err)
{
	char safe[ESCAPE_SIZE(140)];
	top_say(&r->top, TINT_YELLOW, "%s", escape_terminal(slice_str(err->text), 140, safe));
}

static void ask(struct run *r)
{
	r->asked_us = monotonic_us();
	r->next_read_us = INT64_MAX;
	top_reader_ask(r->reader);
}

/* What can not be read now may be there again in a moment: the list stays as it was. */
static void take_news(struct run *r)
{
	struct error err;
	int result = top_reader_take(r->reader, &r->top.model, &err);
	if (result < 0)
		complain_below(r, &err);
	else if (result && r->is_failing)
		r->top.message[0] = '\0';
	r->is_failing = result < 0 || (!result && r->is_failing);
	int64_t now_us = monotonic_us(), rest_us = (now_us - r->asked_us) * READ_SHARE;
	if (result)
		r->next_read_us = now_us + (rest_us > READ_MS * 1000 ? rest_us : READ_MS * 1000);
}

static void look(struct run *r)
{
	struct error err;
	if (top_source_look(&r->source, &r->top, r->columns, moment_now(), &err))
		complain_below(r, &err);
}

static void fulfil(struct run *r, enum top_wish wish)
{
	switch (wish) {
	case TOP_LOOK:
		look(r);
		break;
	case TOP_HELP:
		top_help(&r->top, r->columns);
		break;
	case TOP_READ:
		ask(r);
		break;
	case TOP_BAN:
	case TOP_UNBAN:
	case TOP_ALLOW:
		top_source_act(&r->source, &r->top, wish, moment_now());
		ask(r);
		if (r->top.mode == TOP_PAGE)
			look(r);
		break;
	case TOP_NOTHING:
	case TOP_QUIT:
		break;
	}
}

static int draw(struct run *r, struct error *err)
{
	size_t columns = r->columns;
	top_screen_size(r->screen, &r->rows, &r->columns);
	if (columns != r->columns && r->top.mode == TOP_PAGE)
		fulfil(r, r->top.page_kind == TOP_PAGE_WHY ? TOP_LOOK : TOP_HELP);
	int bad = top_view_make(&r->view, &r->top, r->rows, r->columns, top_screen_is_utf8(r->screen),
				moment_now());
	if (bad)
		return error_set(err, bad, "no memory for a screen of %zu lines", r->rows);
	top_screen_draw(r->screen, &r->view);
	return 0;
}

/* How long to wait: until the next reading, but the clock on the screen goes on. */
static int wait_ms(const struct run *r)
{
	int64_t wait_us = r->next_read_us - monotonic_us();
	if (r->top.is_paused || wait_us > READ_MS * 1000)
		return READ_MS;
	return wait_us < 0 ? 0 : (int)(wait_us / 1000) + 1;
}

static int loop(struct run *r, struct error *err)
{
	int bad = draw(r, err);
	while (!bad) {
		int event =
		    top_screen_wait(r->screen, wait_ms(r), r->top.is_paused ? -1 : top_reader_fd(r->reader));
		enum top_wish wish = event >= 0 ? top_key(&r->top, event) : TOP_NOTHING;
		if (event == TOP_SCREEN_ENDED || wish == TOP_QUIT)
			return 0;
		if (event == TOP_SCREEN_NEWS)
			take_news(r);
		fulfil(r, wish);
		if (!r->top.is_paused && monotonic_us() >= r->next_read_us)
			ask(r);
		bad = draw(r, err);
	}
	return bad;
}

static int show(struct run *r, bool has_color, struct error *err)
{
	r->asked_us = monotonic_us();
	int bad = top_reader_start(&r->reader, &r->source, err);
	if (!bad)
		take_news(r);
	bad = bad ? bad : top_screen_open(&r->screen, has_color, err);
	bad = bad ? bad : loop(r, err);
	top_screen_close(r->screen);
	top_reader_stop(r->reader);
	return bad;
}

int command_top(int argc, char **argv)
{
	struct store_command c;
	struct error err;
	int status = store_command_begin(argc, argv, STORE_TAKES_COLOR, help, &c);
	if (status >= 0)
		return status;
	if (c.argument_count) {
		complain("top takes no addresses; `siphound why %s` tells of one", c.arguments[0]);
		return EXIT_USAGE;
	}
	struct run *r = calloc(1, sizeof *r);
	if (!r) {
		complain("no memory");
		return EXIT_FAILED;
	}
	r->source.path = r->top.store = c.store;
	r->source.bounds = c.bounds;
	int bad = show(r, c.color == 1 || (c.color == -1 && !getenv("NO_COLOR")), &err);
	if (bad)
		complain("%s", err.text);
	top_view_fini(&r->view);
	top_source_close(&r->source);
	top_fini(&r->top);
	free(r);
	return bad ? EXIT_FAILED : EXIT_DONE;
}
