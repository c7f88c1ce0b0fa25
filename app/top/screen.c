/* SPDX-License-Identifier: MIT */
#include "app/top/screen.h"

#include "output/escape.h"

#include <errno.h>

#ifdef HAVE_NCURSES

/* Before everything else of ncurses: its names are many and short. */
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { ESCAPE_MS = 50 }; /* what comes so soon after an Escape belongs to it: an arrow key */

struct top_screen {
	SCREEN *screen;
	struct termios before;
	sigset_t mask_before;
	int signal_fd;
	size_t rows, columns;
	bool has_color, is_utf8;
};

/* ---- signals ---- */

static void end_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
}

static int take_signals(struct top_screen *s, struct error *err)
{
	sigset_t set;
	end_signals(&set);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGWINCH);
	signal(SIGPIPE, SIG_IGN);
	s->signal_fd = sigprocmask(SIG_BLOCK, &set, &s->mask_before)
			   ? -1
			   : signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signal_fd < 0 ? error_set(err, -errno, "no signals: %s", strerror(errno)) : 0;
}

/* ---- life ---- */

static void measure(struct top_screen *s)
{
	struct winsize size;
	bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col;
	s->rows = is_known ? size.ws_row : 24;
	s->columns = is_known ? size.ws_col : 80;
	if (is_known && (LINES != size.ws_row || COLS != size.ws_col))
		resizeterm(size.ws_row, size.ws_col);
}

static void take_colors(struct top_screen *s, bool has_color)
{
	s->has_color = has_color && has_colors() && start_color() == OK && use_default_colors() == OK;
	if (!s->has_color)
		return;
	init_pair(TINT_RED, COLOR_RED, -1);
	init_pair(TINT_YELLOW, COLOR_YELLOW, -1);
	init_pair(TINT_GREEN, COLOR_GREEN, -1);
	init_pair(TINT_CYAN, COLOR_CYAN, -1);
}

static int begin_screen(struct top_screen *s, bool has_color, struct error *err)
{
	const char *term = getenv("TERM");
	char safe[ESCAPE_SIZE(40)];
	s->screen = newterm(NULL, stdout, stdin);
	/* ncurses draws on a terminal that cannot place its cursor too, and nothing is to be seen. */
	const char *place = s->screen ? tigetstr("cup") : NULL;
	if (!place || place == (char *)-1)
		return error_set(err, -ENOTTY, "top: the terminal '%s' %s; set TERM, or use `siphound list`",
				 escape_terminal(slice_str(term ? term : ""), 40, safe),
				 s->screen ? "can place no cursor" : "is not known");
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	take_colors(s, has_color);
	measure(s);
	return 0;
}

int top_screen_open(struct top_screen **out, bool has_color, struct error *err)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(err, -ENOTTY,
				 "top: standard %s is no terminal; `siphound list` prints what a store holds",
				 isatty(STDIN_FILENO) ? "output" : "input");
	struct top_screen *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, -ENOMEM, "no memory for the screen");
	s->signal_fd = -1;
	setlocale(LC_CTYPE, "");
	s->is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	int bad = tcgetattr(STDIN_FILENO, &s->before)
		      ? error_set(err, -errno, "top: the terminal can not be asked: %s", strerror(errno))
		      : 0;
	bad = bad ? bad : take_signals(s, err);
	bad = bad ? bad : begin_screen(s, has_color, err);
	if (bad)
		top_screen_close(s);
	else
		*out = s;
	return bad;
}

void top_screen_close(struct top_screen *s)
{
	if (!s)
		return;
	if (s->screen) {
		endwin();
		delscreen(s->screen);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
	}
	if (s->signal_fd >= 0) {
		close(s->signal_fd);
		sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
	}
	free(s);
}

void top_screen_size(const struct top_screen *s, size_t *rows, size_t *columns)
{
	*rows = s->rows;
	*columns = s->columns;
}

bool top_screen_is_utf8(const struct top_screen *s)
{
	return s->is_utf8;
}

/* ---- drawing ---- */

static attr_t attributes(const struct top_screen *s, enum tint tint)
{
	if (tint == TINT_NONE || tint == TINT_DIM)
		return tint == TINT_DIM ? A_DIM : A_NORMAL;
	if (tint == TINT_BOLD)
		return A_BOLD;
	attr_t bold = tint == TINT_RED ? A_BOLD : A_NORMAL;
	return s->has_color ? bold | (attr_t)COLOR_PAIR(tint) : bold;
}

static void put(const struct top_line *l, size_t from, size_t until, attr_t attr)
{
	if (until <= from)
		return;
	attrset(attr | (l->is_reverse ? A_REVERSE : A_NORMAL));
	addnstr(l->text + from, (int)(until - from));
}

static void draw_line(const struct top_screen *s, const struct top_line *l)
{
	size_t at = 0;
	for (size_t i = 0; i < l->span_count; i++) {
		const struct top_span *span = &l->spans[i];
		put(l, at, span->from, A_NORMAL);
		put(l, span->from, span->from + span->len, attributes(s, span->tint));
		at = span->from + span->len;
	}
	put(l, at, l->len, A_NORMAL);
}

void top_screen_draw(struct top_screen *s, const struct top_view *v)
{
	attrset(A_NORMAL);
	erase();
	for (size_t i = 0; i < v->rows && i < s->rows; i++) {
		move((int)i, 0);
		draw_line(s, &v->lines[i]);
	}
	attrset(A_NORMAL);
	move((int)(s->rows - 1), 0);
	refresh();
}

/* ---- waiting ---- */

/* Sleeps as anybody else does on Ctrl-Z, with the terminal as the shell wants it. */
static void stop(struct top_screen *s)
{
	sigset_t stopping;
	sigemptyset(&stopping);
	sigaddset(&stopping, SIGTSTP);
	endwin();
	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stopping, NULL); /* here it stops, until SIGCONT */
	sigprocmask(SIG_BLOCK, &stopping, NULL);
	reset_prog_mode();
	clearok(curscr, TRUE);
	measure(s);
}

static int read_signal(struct top_screen *s)
{
	struct signalfd_siginfo info;
	sigset_t ends;
	int result = TOP_SCREEN_TIME;
	end_signals(&ends);
	while (read(s->signal_fd, &info, sizeof info) == sizeof info) {
		if (sigismember(&ends, (int)info.ssi_signo))
			return TOP_SCREEN_ENDED;
		if (info.ssi_signo == SIGTSTP)
			stop(s);
		else if (info.ssi_signo == SIGCONT) /* somebody may have changed its modes meanwhile */
			reset_prog_mode();
		measure(s);
		clearok(
		    curscr,
		    TRUE); /* terminals move what they show when their size changes, each in its own way */
		result = TOP_SCREEN_REDRAW;
	}
	return result;
}

static int key_of(int c)
{
	switch (c) {
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_LEFT:
		return TOP_KEY_LEFT;
	case KEY_RIGHT:
		return TOP_KEY_RIGHT;
	case KEY_PPAGE:
		return TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return TOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return TOP_KEY_HOME;
	case KEY_END:
		return TOP_KEY_END;
	case KEY_ENTER:
	case '\r':
	case '\n':
		return TOP_KEY_ENTER;
	case KEY_BACKSPACE:
	case 0x7f:
	case '\b':
		return TOP_KEY_ERASE;
	case 0x1b:
		return TOP_KEY_ESCAPE;
	case KEY_RESIZE:
	case 'L' - '@': /* Ctrl-L */
		return TOP_SCREEN_REDRAW;
	default:
		return c >= 0 && c < 0x80 ? c : TOP_SCREEN_TIME;
	}
}

int top_screen_wait(struct top_screen *s, int timeout_ms, int fd)
{
	struct pollfd ready[3] = { { .fd = STDIN_FILENO, .events = POLLIN },
				   { .fd = s->signal_fd, .events = POLLIN },
				   { .fd = fd, .events = POLLIN } };
	int c = getch(); /* one that came with the one before */
	if (c == ERR) {
		if (poll(ready, 3, timeout_ms) <= 0)
			return TOP_SCREEN_TIME;
		if (ready[1].revents)
			return read_signal(s);
		if (ready[2].revents)
			return TOP_SCREEN_NEWS;
		c = getch();
		if (c == ERR && (ready[0].revents & (POLLHUP | POLLERR | POLLNVAL)))
			return TOP_SCREEN_ENDED;
	}
	if (c == 'L' - '@')
		clearok(curscr, TRUE);
	return c == ERR ? TOP_SCREEN_TIME : key_of(c);
}

#else

int top_screen_open(struct top_screen **out, bool has_color, struct error *err)
{
	(void)out;
	(void)has_color;
	return error_set(
	    err, -ENOSYS,
	    "top: this siphound was built without ncurses; `siphound list` prints what a store holds");
}

void top_screen_close(struct top_screen *s)
{
	(void)s;
}

void top_screen_size(const struct top_screen *s, size_t *rows, size_t *columns)
{
	(void)s;
	*rows = *columns = 0;
}

bool top_screen_is_utf8(const struct top_screen *s)
{
	(void)s;
	return false;
}

void top_screen_draw(struct top_screen *s, const struct top_view *v)
{
	(void)s;
	(void)v;
}

int top_screen_wait(struct top_screen *s, int timeout_ms, int fd)
{
	(void)s;
	(void)timeout_ms;
	(void)fd;
	return TOP_SCREEN_ENDED;
}

#endif
