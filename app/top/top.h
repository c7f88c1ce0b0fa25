/* SPDX-License-Identifier: MIT */
#ifndef APP_TOP_TOP_H
#define APP_TOP_TOP_H

#include "app/top/model.h"

/* app/top/top.h - what the keys of `siphound top` do. Knows neither store nor terminal: what has to be done
 * with the store comes out as a wish, which the caller fulfils and answers with top_say or top_open_page.
 *
 * Life: zero it; fill `store`, `can_color` and the rest that is the caller's; top_key for each key; top_fini. */

/* Keys besides those of ASCII. */
enum top_key {
	TOP_KEY_ENTER = 0x100,
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ESCAPE,
	TOP_KEY_ERASE
};

enum top_mode {
	TOP_LIST,
	TOP_PAGE,    /* looks into one address, or shows the keys */
	TOP_ASKING,  /* a filter is being typed */
	TOP_CONFIRM, /* shall it really be banned, unbanned, allowed? */
};

enum top_wish { TOP_NOTHING, TOP_QUIT, TOP_READ, TOP_HELP, TOP_LOOK, TOP_BAN, TOP_UNBAN, TOP_ALLOW };

enum top_page_kind { TOP_PAGE_HELP, TOP_PAGE_WHY };

struct top {
	struct top_model model;
	const char *store; /* its path; the caller's */
	enum top_mode mode, mode_before;
	bool is_paused;

	enum top_wish asked; /* TOP_CONFIRM: what is to be confirmed; else the last wish */
	struct addr address; /* whom it is about, and of the page */
	int64_t for_us;	     /* how long; 0: until taken back */

	char *page; /* lines with line ends; ours */
	enum top_page_kind page_kind;
	size_t page_lines, page_at; /* the first one that is shown */

	char typed[TOP_FILTER_MAX + 1], filter_before[TOP_FILTER_MAX + 1];
	char message[160]; /* shown instead of the keys until the next key */
	enum tint message_tint;
	size_t rows_shown; /* how many rows, or lines of the page, the view had room for: what "a page" is */
};

void top_fini(struct top *t);
/* What is to be done now. t->address and t->for_us tell of whom and for how long. */
enum top_wish top_key(struct top *t, int key);
/* A sentence of ours; texts in it that are not are already escaped. */
void top_say(struct top *t, enum tint tint, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Shows a text, which it takes over (malloc); again with another one when the width has changed. */
void top_open_page(struct top *t, enum top_page_kind kind, char *text);

/* The page that explains the keys, for a screen of that width. */
void top_help(struct top *t, size_t columns);

#endif
