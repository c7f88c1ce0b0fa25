/* SPDX-License-Identifier: MIT */
#include "app/top/top.h"

#include <stdio.h>

static const struct line {
	const char *what, *text; /* text NULL: a heading; what "": a paragraph */
} lines[] = {
	{ "Keys", NULL },
	{ "up, down", "choose an address; also k, j, PgUp, PgDn, Home, End" },
	{ "Enter", "look into it: what is held against it, and how that is known; Esc goes back" },
	{ "b", "ban it by hand: until taken back, or for a while" },
	{ "u", "take its ban back; nothing bans it again for 24 hours" },
	{ "a", "never ban it: onto the allow list, for ever or for a while" },
	{ "s, S", "sort by the next, the previous column" },
	{ "r", "the other way round" },
	{ "f, F", "show only: block, watch, victim, spared, banned, breached" },
	{ "/", "show only what has a text in it: address, verdict, stage, tool, country, AS number" },
	{ "Esc", "show all again" },
	{ "p", "pause: the list stands still; once more: it goes on" },
	{ "q", "quit, as Ctrl-C does; Ctrl-Z puts it to sleep" },
	{ "Columns", NULL },
	{ "!", "an account opened to it: change that password" },
	{ "verdict", "block; watch: not proven, or too little; victim: its address is forged; spared: ours, "
		     "allowed, or does real business" },
	{ "ban", "how long it lasts still; hand: until it is taken back; ended; -: there was none" },
	{ "last", "how long ago it was seen last" },
	{ "rate", "its requests a second or a minute now, as the running watch counts them" },
	{ "messages",
	  "its requests and log lines in all, as of the last change of its verdict, score or stages" },
	{ "stages", "how far it went, in order; .. stands for the first of them" },
	{ "", "" },
	{ "", "A ban, unban or allow made here is the same as by `siphound ban`, `unban` and `allow`: "
	      "firewalls and Redis follow. To take an address "
	      "off the allow list: `siphound allow --remove`." },
};

void top_help(struct top *t, size_t columns)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return;
	struct page p;
	page_init(&p, out, columns ? (unsigned)columns : 1, COLOR_NO);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const struct line *l = &lines[i];
		if (i && (!l->text || !*l->text))
			page_blank(&p);
		if (!l->text)
			page_say(&p, "%s", l->what);
		else if (*l->what)
			page_say(&p, "%-8s  %s", l->what, l->text);
		else
			page_say(&p, "%s", l->text);
		page_end(&p, l->text && *l->what ? 2 : 0, l->text && *l->what ? 12 : 0, TINT_NONE);
	}
	if (fclose(out) == 0)
		top_open_page(t, TOP_PAGE_HELP, text);
}
