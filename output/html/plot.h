/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_PLOT_H
#define OUTPUT_HTML_PLOT_H

#include "analyze/fields.h"
#include "output/html/span.h"
#include "output/html/writer.h"

/* output/html/plot.h - points over time, as inline SVG that needs neither script nor style attributes. A mark
 * is told by its shape as well as by its colour (after Okabe and Ito, who tell all kinds of colour blindness
 * apart). All points of one mark are one path, so that a thousand of them take some kilobytes. Life:
 * plot_begin, axes and points in any order, plot_end. */

/* X(ID, class, shape, name): the shape is drawn from the point on; "fill" shapes are closed. */
#define PLOT_MARKS(X)                                                                                        \
	X(NONE, "m-none", "h0", "no answer")                                                                 \
	X(UNKNOWN, "m-unknown", "m-3-3h6v6h-6z", "no such account or place")                                 \
	X(CHALLENGED, "m-challenged", "m0-4.5l4 7.5h-8z", "asked for a password")                            \
	X(REFUSED, "m-refused", "m-3.5-3.5l7 7m0-7l-7 7", "password refused")                                \
	X(FORBIDDEN, "m-forbidden", "m-4 0l4-4l4 4l-4 4z", "forbidden")                                      \
	X(RANG, "m-rang", "m-4 0h8m-4-4v8", "rang")                                                          \
	X(ERROR, "m-error", "m-3.5 0h7", "error")                                                            \
	X(SUCCESS, "m-success",                                                                              \
	  "m0-7l2.1 4.3l4.7.6l-3.4 3.3l.8 4.7l-4.2-2.2l-4.2 2.2l.8-4.7l-3.4-3.3l4.7-.6z",                    \
	  "accepted or answered")                                                                            \
	X(SERVED, "m-success", "m-4-4h8v8h-8z", "file given out")                                            \
	X(FOUND, "m-found", "m0-4.5a4.5 4.5 0 1 0 .01 0z", "answered: SIP is spoken there")                  \
	X(REVEALED, "m-ring", "m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0",                                         \
	  "real account, given away by our answers")                                                         \
	X(SERIES0, "s0", "h0", "")                                                                           \
	X(SERIES1, "s1", "m0-4l3.6 6.8h-7.2z", "")                                                           \
	X(SERIES2, "s2", "m-3-3h6v6h-6z", "")                                                                \
	X(SERIES3, "s3", "m-3.5-3.5l7 7m0-7l-7 7", "")                                                       \
	X(SERIES4, "s4", "m-4 0l4-4l4 4l-4 4z", "")                                                          \
	X(SERIES5, "s5", "m-4 0h8m-4-4v8", "")                                                               \
	X(SERIES6, "s6", "m0 4l3.6-6.8h-7.2z", "")                                                           \
	X(OTHERS, "s7", "h0", "")

#define X(id, class, shape, name) MARK_##id,
enum plot_mark { PLOT_MARKS(X) MARK_COUNT };
#undef X

enum { PLOT_SERIES = MARK_OTHERS - MARK_SERIES0 };

/* How the answer to a request is drawn. */
enum plot_mark plot_mark_of(enum outcome outcome);

struct plot_point {
	int64_t time_us;
	uint64_t y;
	uint8_t mark;
};

struct plot {
	struct html *h;		      /* where to; set before plot_times */
	int width, height;	      /* of the picture */
	int left, right, top, bottom; /* margins */
	struct span time;	      /* see plot_times */
	uint64_t low, high;	      /* of y */
};

/* `id` is unique in the page; title and description (what it shows, in words) are for who can not see it. */
void plot_begin(struct plot *p, struct html *h, const char *id, const char *title, const char *description);
/* Before plot_begin: what the axis of time has to show. Points, or one span that is not cut. */
void plot_times(struct plot *p, const struct plot_point *points, size_t count);
void plot_plain_time(struct plot *p, int64_t first_us, int64_t last_us);
/* Where something is drawn. */
int plot_x(const struct plot *p, int64_t time_us);
int plot_y(const struct plot *p, uint64_t y);
/* Lines and labels of time, below; dashes where the axis is cut. */
void plot_time_axis(struct plot *p);
/* A line and its label, on the left. */
void plot_label(struct plot *p, uint64_t y, struct slice text);
/* Labels at even distances, as many as do not overlap: asks for the text of y. */
typedef struct slice (*plot_text_fn)(void *ctx, uint64_t y, char *room, size_t room_size);
void plot_value_axis(struct plot *p, plot_text_fn text, void *ctx);
/* Sorts nothing and changes nothing; points that fall on the same spot are drawn once. */
void plot_points(struct plot *p, const struct plot_point *points, size_t count);
void plot_end(struct plot *p);

/* A frame that scrolls by itself where the screen is narrow, and can be reached by keyboard; the caption is
 * to be said by the caller between html_figure_caption and html_figure_end. */
void html_figure_begin(struct html *h, const char *label);
void html_figure_caption(struct html *h);
void html_figure_end(struct html *h);
/* The key to these marks. */
struct plot_key {
	enum plot_mark mark;
	struct slice name; /* absent: that of the mark */
};
void plot_keys(struct html *h, const struct plot_key *keys, size_t count);

#endif
