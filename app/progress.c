/* SPDX-License-Identifier: MIT */
#include "app/progress.h"

#include "core/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FIRST_US (1 * SECOND_US) /* what is done by then needs no bar */
#define EVERY_US (SECOND_US / 4)

enum { BAR_MOST = 40, BAR_LEAST = 8, LINE_MAX_BYTES = 256 };

static int64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

void progress_init(struct progress *p, bool quiet, FILE *out, bool out_is_streamed)
{
	const char *term = getenv("TERM");
	bool can_erase = term && strcmp(term, "dumb") != 0;
	*p = (struct progress){ .begun_us = monotonic_us() };
	p->is_on = !quiet && can_erase && isatty(STDERR_FILENO) && !(out_is_streamed && isatty(fileno(out)));
	p->next_us = p->begun_us + FIRST_US;
}

/* "950 B", "1.2 kB", "35 MB", "2.9 GB" */
static const char *size_text(double bytes, char out[32])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t unit = 0;
	for (; bytes >= 999.5 && unit < 4; unit++)
		bytes /= 1000;
	snprintf(out, 32, bytes < 9.95 && unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return out;
}

/* "46 s", "12 min", "3 h 20 min" */
static const char *left_text(double left_s, char out[32])
{
	long long s = left_s < 1e7 ? (long long)left_s : 10000000;
	if (s < 100)
		snprintf(out, 32, "%lld s", s);
	else if (s < 7200)
		snprintf(out, 32, "%lld min", s / 60);
	else
		snprintf(out, 32, "%lld h %lld min", s / 3600, s / 60 % 60);
	return out;
}

static void add_bar(char *out, size_t size, double share, size_t cells)
{
	size_t full = (size_t)(share * (double)cells);
	if (cells + 4 > size)
		return;
	memcpy(out, " [", 2);
	for (size_t at = 0; at < cells; at++)
		out[2 + at] = at < full ? '#' : '.';
	memcpy(out + 2 + cells, "]", 2);
}

const char *progress_text(uint64_t done, uint64_t total, int64_t spent_us, size_t columns, char *out,
			  size_t size)
{
	char read[32], all[32], rate[32], left[32];
	double spent_s = (double)(spent_us > 0 ? spent_us : 1) / 1e6, per_s = (double)done / spent_s;
	size_text((double)done, read);
	size_text(per_s, rate);
	if (!total || done > total) { /* a file that grows while it is read is as good as a pipe */
		snprintf(out, size, "reading: %s, %s/s", read, rate);
	} else {
		double share = (double)done / (double)total;
		size_t len = (size_t)snprintf(out, size, "reading: %2d %%, %s of %s, %s/s",
					      (int)(share * 100), read, size_text((double)total, all), rate);
		if (per_s > 0 && len < size)
			len += (size_t)snprintf(out + len, size - len, ", %s left",
						left_text((double)(total - done) / per_s, left));
		size_t room = columns > len + 4 ? columns - len - 4 : 0;
		if (room >= BAR_LEAST && len < size)
			add_bar(out + len, size - len, share, room < BAR_MOST ? room : BAR_MOST);
	}
	if (columns &&
	    columns <=
		strlen(out)) /* one column stays free: some terminals begin a new line in the last one */
		out[columns - 1] = '\0';
	return out;
}

void progress_step(struct progress *p, uint64_t done, uint64_t total)
{
	char line[LINE_MAX_BYTES];
	struct winsize window;
	if (!p->is_on)
		return;
	int64_t now_us = monotonic_us();
	if (now_us < p->next_us)
		return;
	p->next_us = now_us + EVERY_US;
	size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col ? window.ws_col : 80;
	fprintf(stderr, "\r%s\033[K",
		progress_text(done, total, now_us - p->begun_us, columns, line, sizeof line));
	fflush(stderr);
	p->is_shown = true;
}

void progress_end(struct progress *p)
{
	if (p->is_shown)
		fputs("\r\033[K", stderr);
	p->is_shown = false;
}
