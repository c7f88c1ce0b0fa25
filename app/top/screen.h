/* SPDX-License-Identifier: MIT */
#ifndef APP_TOP_SCREEN_H
#define APP_TOP_SCREEN_H

#include "app/top/view.h"
#include "core/error.h"

/* app/top/screen.h - the terminal of `siphound top`, by ncurses. The only file that knows it; built without
 * it, top_screen_open says so.
 *
 * Life: top_screen_open; top_screen_draw and top_screen_wait in turn; top_screen_close, after which the
 * terminal is as it was. Signals that end or stop the program, and the change of the window's size, are
 * blocked from open on and come out of top_screen_wait; a stop (Ctrl-Z) is done there, with the terminal as
 * it was meanwhile. There can be one only. */

enum {
	TOP_SCREEN_TIME = -1,	/* nothing happened */
	TOP_SCREEN_ENDED = -2,	/* a signal, or the terminal is gone */
	TOP_SCREEN_REDRAW = -3, /* another size, or back from a stop */
	TOP_SCREEN_NEWS = -4,	/* `fd` can be read */
};

struct top_screen;
/* -ENOTTY: input or output is none; -ENOSYS: not built in; *err tells. */
int top_screen_open(struct top_screen **out, bool has_color, struct error *err);
void top_screen_close(struct top_screen *s); /* NULL is fine */
void top_screen_size(const struct top_screen *s, size_t *rows, size_t *columns);
bool top_screen_is_utf8(const struct top_screen *s);
void top_screen_draw(struct top_screen *s, const struct top_view *v);
/* A key (top.h), or one of the above. */
int top_screen_wait(struct top_screen *s, int timeout_ms, int fd);

#endif
