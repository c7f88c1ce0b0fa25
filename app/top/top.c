/* SPDX-License-Identifier: MIT */
#include "app/top/top.h"

#include "core/clock.h"

#include <stdarg.h>
#include <stdlib.h>

void top_fini(struct top *t)
{
	top_model_fini(&t->model);
	free(t->page);
	t->page = NULL;
}

void top_say(struct top *t, enum tint tint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(t->message, sizeof t->message, format, args);
	va_end(args);
	t->message_tint = tint;
}

/* ---- the page ---- */

static size_t last_start(const struct top *t)
{
	return t->page_lines > t->rows_shown ? t->page_lines - t->rows_shown : 0;
}

void top_open_page(struct top *t, enum top_page_kind kind, char *text)
{
	bool is_again = t->mode == TOP_PAGE && t->page_kind == kind;
	free(t->page);
	t->page = text;
	t->page_kind = kind;
	t->page_lines = 0;
	for (const char *p = text; p && *p; p++)
		t->page_lines += *p == '\n';
	if (!is_again)
		t->page_at = 0;
	if (t->page_at > last_start(t))
		t->page_at = last_start(t);
	t->mode = TOP_PAGE;
}

static void move_page(struct top *t, long by)
{
	size_t last = last_start(t);
	if (by < 0)
		t->page_at = (size_t)-by > t->page_at ? 0 : t->page_at - (size_t)-by;
	else
		t->page_at = (size_t)by > last - (t->page_at < last ? t->page_at : last)
				 ? last
				 : t->page_at + (size_t)by;
}

/* ---- moving ---- */

static long page_of(const struct top *t)
{
	return t->rows_shown > 1 ? (long)t->rows_shown - 1 : 1;
}

/* How far a key goes; 0: it is none that moves. */
static long step_of(const struct top *t, int key)
{
	switch (key) {
	case TOP_KEY_UP:
	case 'k':
		return -1;
	case TOP_KEY_DOWN:
	case 'j':
		return 1;
	case TOP_KEY_PAGE_UP:
		return -page_of(t);
	case TOP_KEY_PAGE_DOWN:
	case ' ':
		return page_of(t);
	case TOP_KEY_HOME:
	case 'g':
		return -(long)TOP_ROWS_MAX * 100;
	case TOP_KEY_END:
	case 'G':
		return (long)TOP_ROWS_MAX * 100;
	default:
		return 0;
	}
}

/* ---- questions ---- */

static enum top_wish ask(struct top *t, enum top_wish what)
{
	const struct top_row *row = top_model_selected(&t->model);
	if (t->mode != TOP_PAGE || t->page_kind != TOP_PAGE_WHY) {
		if (!row) {
			top_say(t, TINT_NONE, "there is nobody in the list to choose");
			return TOP_NOTHING;
		}
		t->address = row->address;
	}
	t->mode_before = t->mode;
	t->mode = TOP_CONFIRM;
	t->asked = what;
	return TOP_NOTHING;
}

static enum top_wish answer(struct top *t, int key)
{
	enum top_wish wish = t->asked;
	t->mode = t->mode_before;
	t->for_us = 0;
	switch (key) {
	case 'y':
	case 'Y':
		return wish;
	case 'h':
		t->for_us = HOUR_US;
		break;
	case 'd':
		t->for_us = DAY_US;
		break;
	case 'w':
		t->for_us = 7 * DAY_US;
		break;
	default:
		break;
	}
	if (t->for_us && wish != TOP_UNBAN)
		return wish;
	top_say(t, TINT_NONE, "nothing was changed");
	return TOP_NOTHING;
}

static void set_filter(struct top *t, const char *text)
{
	snprintf(t->model.filter, sizeof t->model.filter, "%s", text);
	top_model_arrange(&t->model);
}

/* The list answers while it is typed. */
static enum top_wish type(struct top *t, int key)
{
	size_t len = strlen(t->typed);
	if (key == TOP_KEY_ENTER || key == TOP_KEY_ESCAPE) {
		t->mode = TOP_LIST;
		if (key == TOP_KEY_ESCAPE)
			set_filter(t, t->filter_before);
		return TOP_NOTHING;
	}
	if (key == TOP_KEY_ERASE && len)
		t->typed[len - 1] = '\0';
	else if (key == 'U' - '@') /* Ctrl-U: all of it */
		t->typed[0] = '\0';
	else if (key >= ' ' && key < 0x7f && len < TOP_FILTER_MAX) {
		t->typed[len] = (char)key;
		t->typed[len + 1] = '\0';
	}
	set_filter(t, t->typed);
	return TOP_NOTHING;
}

static void begin_typing(struct top *t)
{
	memcpy(t->filter_before, t->model.filter, sizeof t->filter_before);
	memcpy(t->typed, t->model.filter, sizeof t->typed);
	t->mode = TOP_ASKING;
}

/* ---- the list ---- */

static void change_sort(struct top *t, int by)
{
	t->model.sort = (enum top_sort)(((int)t->model.sort + by + TOP_SORTS) % TOP_SORTS);
	t->model.is_reversed = false;
	top_model_arrange(&t->model);
}

static void change_show(struct top *t, int by)
{
	t->model.show = (enum top_show)(((int)t->model.show + by + TOP_SHOWS) % TOP_SHOWS);
	top_model_arrange(&t->model);
}

static void show_all(struct top *t)
{
	t->model.show = TOP_ALL;
	set_filter(t, "");
}

static enum top_wish look(struct top *t)
{
	const struct top_row *row = top_model_selected(&t->model);
	if (!row)
		return TOP_NOTHING;
	t->address = row->address;
	return TOP_LOOK;
}

static enum top_wish key_of_list(struct top *t, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
		return TOP_QUIT;
	case TOP_KEY_ENTER:
	case TOP_KEY_RIGHT:
		return look(t);
	case 's':
	case 'S':
		change_sort(t, key == 's' ? 1 : -1);
		break;
	case 'r':
		t->model.is_reversed = !t->model.is_reversed;
		top_model_arrange(&t->model);
		break;
	case 'f':
	case 'F':
		change_show(t, key == 'f' ? 1 : -1);
		break;
	case '/':
		begin_typing(t);
		break;
	case TOP_KEY_ESCAPE:
		show_all(t);
		break;
	case 'p':
		t->is_paused = !t->is_paused;
		return t->is_paused ? TOP_NOTHING : TOP_READ;
	default:
		top_model_move(&t->model, step_of(t, key));
	}
	return TOP_NOTHING;
}

static enum top_wish key_of_page(struct top *t, int key)
{
	if (key == 'q' || key == 'Q' || key == TOP_KEY_ESCAPE || key == TOP_KEY_LEFT ||
	    key == TOP_KEY_ENTER || key == TOP_KEY_ERASE)
		t->mode = TOP_LIST;
	else
		move_page(t, step_of(t, key));
	return TOP_NOTHING;
}

static enum top_wish key_of_both(struct top *t, int key)
{
	if (t->mode == TOP_PAGE && t->page_kind == TOP_PAGE_HELP)
		return key_of_page(t, key);
	switch (key) {
	case 'b':
		return ask(t, TOP_BAN);
	case 'u':
		return ask(t, TOP_UNBAN);
	case 'a':
		return ask(t, TOP_ALLOW);
	case '?':
	case 'h':
		return TOP_HELP;
	default:
		return t->mode == TOP_PAGE ? key_of_page(t, key) : key_of_list(t, key);
	}
}

enum top_wish top_key(struct top *t, int key)
{
	t->message[0] = '\0';
	switch (t->mode) {
	case TOP_ASKING:
		return type(t, key);
	case TOP_CONFIRM:
		return answer(t, key);
	case TOP_LIST:
	case TOP_PAGE:
		break;
	}
	return key_of_both(t, key);
}
