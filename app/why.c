/* SPDX-License-Identifier: MIT */
#include "app/why.h"

#include "output/report/phrases.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct telling {
	struct store *store;
	const struct addr *address;
	int64_t now_us;
	FILE *out;
	struct sink *sink;
	struct page page;
	char *campaign;
	bool is_found;
};

static void say_ban(struct telling *t, const struct store_ban *ban)
{
	struct page *p = &t->page;
	char when[PHRASE_MAX];
	page_say(p, "Ban: ");
	if (!ban)
		page_say(p, "there never was one.");
	else if (store_ban_is_active(ban, t->now_us) && !ban->until_us)
		page_say(p, "by hand since %s, until it is taken back.", time_phrase(ban->first_us, when));
	else if (store_ban_is_active(ban, t->now_us))
		page_say(p, "in force until %s.", time_phrase(ban->until_us, when));
	else if (!ban->ended_by || strcmp(ban->ended_by, "expired") == 0)
		page_say(p, "ran out at %s.", time_phrase(ban->until_us, when));
	else if (strcmp(ban->ended_by, "unban") == 0)
		page_say(p, "taken back by hand at %s.", time_phrase(ban->ended_us, when));
	else
		page_say(p, "taken back at %s, because of %s.", time_phrase(ban->ended_us, when),
			 strcmp(ban->ended_by, "allow") == 0 ? "the allow list" : "what was seen later");
	if (ban && ban->times > 1)
		page_say(p, " It is the number %" PRIu64 " in a row.", ban->times);
	if (ban && ban->is_manual && ban->reason) {
		page_say(p, " Reason given: ");
		say_text(p, slice_str(ban->reason));
	}
	page_end(p, 0, 5, TINT_NONE);
}

static bool explain(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct telling *t = ctx;
	t->is_found = true;
	if (o->messages == 0 && o->rule_count == 0) {
		char address[ADDR_TEXT_MAX];
		fprintf(t->out, "%s: %s. Nothing was seen of it.\n", addr_text(&o->address, address),
			verdict_text(o->verdict));
		say_ban(t, ban);
		return false;
	}
	/* A ban without an end is told below, not as years. */
	struct offender shown = *o;
	if (ban && !ban->until_us)
		shown.ban_ttl_s = 0;
	t->sink->ops->offender(t->sink, &shown);
	page_blank(&t->page);
	say_ban(t, ban);
	return false;
}

static bool remember_campaign(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct telling *t = ctx;
	(void)ban;
	t->campaign = o->campaign ? strdup(o->campaign) : NULL;
	return false;
}

static bool tell_wider(void *ctx, const struct store_entry *e)
{
	struct telling *t = ctx;
	char text[STORE_NET_TEXT_MAX], address[ADDR_TEXT_MAX];
	if (e->ban.net.bits < 128 && addr_prefix_has(&e->ban.net, t->address))
		fprintf(t->out, "%s lies in %s, which is banned by hand.\n", addr_text(t->address, address),
			store_net_text(&e->ban.net, text));
	return true;
}

static bool tell_allowed(void *ctx, const struct store_allow *a)
{
	struct telling *t = ctx;
	char text[STORE_NET_TEXT_MAX], when[PHRASE_MAX];
	if (!addr_prefix_has(&a->net, t->address))
		return true;
	fprintf(t->out, "%s is %s", store_net_text(&a->net, text),
		a->is_soft ? "unbanned: nothing bans it"
		: a->file  ? "never to be banned by the configuration"
			   : "on the allow list");
	if (a->until_us)
		fprintf(t->out, " until %s", time_phrase(a->until_us, when));
	fputs(".\n", t->out);
	return true;
}

static int tell(struct telling *t, struct error *err)
{
	struct store_filter one = { .since_us = INT64_MIN, .address = t->address, .at_us = t->now_us };
	struct store_filter all = { .since_us = INT64_MIN, .active_only = true, .at_us = t->now_us };
	char address[ADDR_TEXT_MAX];
	int bad = store_each_offender(t->store, &one, false, remember_campaign, t, err);
	if (!bad && t->campaign)
		bad = store_campaign(t->store, t->campaign, t->sink, err);
	if (!bad)
		bad = store_each_offender(t->store, &one, true, explain, t, err);
	if (bad)
		return bad;
	if (!t->is_found)
		fprintf(t->out, "Nothing is held against %s in %s.\n", addr_text(t->address, address),
			store_path(t->store));
	bad = store_each_entry(t->store, &all, tell_wider, t, err);
	return bad ? bad : store_each_allow(t->store, t->now_us, tell_allowed, t, err);
}

int why_write(struct store *s, const struct addr *address, int64_t now_us, struct report_options *report,
	      struct error *err)
{
	struct telling t = { .store = s, .address = address, .now_us = now_us, .out = report->out };
	int bad = store_inputs(s, &report->inputs, &report->input_is_log, &report->input_count, err);
	if (bad)
		return bad;
	page_init(&t.page, report->out, report->width, report->color);
	t.sink = report_why_new(report, address);
	if (!t.sink)
		return error_set(err, -ENOMEM, "no memory for the report");
	bad = tell(&t, err);
	if (!bad)
		bad = t.sink->ops->finish(t.sink, err);
	t.sink->ops->free(t.sink);
	free(t.campaign);
	return bad;
}
