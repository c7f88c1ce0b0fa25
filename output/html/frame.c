/* SPDX-License-Identifier: MIT */
#include "output/html/frame.h"

#include "output/html/live.h"
#include "output/sha256.h"

#include <inttypes.h>

static void put_policy(struct html *h, const struct html_frame *frame)
{
	char style[SHA256_SOURCE_MAX], script[SHA256_SOURCE_MAX];
	html_raw(
	    h, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s'; ",
	    sha256_source(html_style(), style));
	if (frame->is_live)
		html_raw(h, "script-src '%s'; connect-src 'self'; ",
			 sha256_source(html_live_script(), script));
	html_raw(h, "base-uri 'none'; form-action 'none'\">\n");
}

void html_frame_begin(struct html *h, const struct html_frame *frame)
{
	struct slice style = html_style();
	html_raw(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	put_policy(h, frame);
	html_raw(h, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"generator\" "
		    "content=\"siphound\">\n<title>");
	html_word(h, frame->title);
	html_raw(h, "</title>\n<style>");
	fwrite(style.ptr, 1, style.len, h->out);
	html_raw(h, "</style>\n</head>\n");
	if (frame->is_live)
		html_raw(h, "<body data-seq=\"%" PRIu64 "\">\n", frame->seq);
	else
		html_raw(h, "<body>\n");
	html_raw(h, "<a class=\"skip\" href=\"#main\">To the report</a>\n");
}

void html_frame_end(struct html *h, const struct html_frame *frame)
{
	html_raw(h,
		 "</main>\n<footer><p>Made by siphound. Times are UTC. %s Texts that came from the traffic "
		 "are shown as text, with control "
		 "characters as \\xNN.</p></footer>\n",
		 frame->is_live ? "This page speaks with the watch that served it, and with nobody else."
				: "This page is one file: it loads nothing and runs nothing.");
	if (frame->is_live) {
		struct slice script = html_live_script();
		html_raw(h, "<script>");
		fwrite(script.ptr, 1, script.len, h->out);
		html_raw(h, "</script>\n");
	}
	html_raw(h, "</body>\n</html>\n");
}
