/* SPDX-License-Identifier: MIT */
#include "output/export/internal.h"

#include "core/clock.h"

const char *export_word(const char *text)
{
	for (const char *p = text; p && *p; p++)
		if (!ascii_is_alpha((uint8_t)*p) && !ascii_is_digit((uint8_t)*p) && *p != '.' && *p != '-' &&
		    *p != '_')
			return "";
	return text ? text : "";
}

const char *export_country(const struct store_entry *e)
{
	const char *cc = e->country;
	bool is_good = cc && cc[0] >= 'A' && cc[0] <= 'Z' && cc[1] >= 'A' && cc[1] <= 'Z' && cc[2] == '\0';
	return is_good ? cc : "";
}

struct walk {
	struct export *x;
	const struct store_filter *filter;
	bool counts;
	export_item_fn fn;
	void *ctx;
};

/* The tally's counter of why this entry is left out; NULL: it is not. */
static uint64_t *left_out(struct export *x, const struct store_entry *e, bool is_single, bool is_active)
{
	if (!is_active && !x->options->ended)
		return &x->tally.ended;
	if (!e->ban.is_manual && e->proof < PROOF_ANSWERED && !x->options->unproven)
		return &x->tally.unproven;
	if (is_single ? x->options->prefixes : !x->options->prefixes && !x->takes_prefixes)
		return &x->tally.prefixes;
	return NULL;
}

static bool take_entry(void *ctx, const struct store_entry *e)
{
	const struct walk *walk = ctx;
	struct export *x = walk->x;
	int64_t now_us = x->options->now_us;
	bool is_single = e->ban.net.bits >= 128, is_active = store_filter_is_active(walk->filter, &e->ban);
	uint64_t *reason = left_out(x, e, is_single, is_active);
	if (reason) {
		*reason += walk->counts && !(is_single && reason == &x->tally.prefixes);
		return true;
	}
	struct export_item item = { .entry = e,
				    .is_single = is_single,
				    .is_v4 = addr_is_v4(&e->ban.net.base),
				    .until_us = e->ban.until_us };
	if (!is_active)
		item.until_us = now_us + (e->ban.until_us - e->ban.first_us);
	if (item.until_us) {
		item.ttl_s = (item.until_us - now_us + SECOND_US - 1) / SECOND_US;
		item.ttl_s = item.ttl_s > 0 ? item.ttl_s : 1;
	}
	store_net_text(&e->ban.net, item.net);
	walk->fn(x, &item, walk->ctx);
	return true;
}

void export_each(struct export *x, bool counts, export_item_fn fn, void *ctx)
{
	struct store_filter filter = { .family = x->options->family,
				       .min_score = x->options->min_score,
				       .since_us = x->options->since_us,
				       .at_us = x->options->now_us,
				       .is_past = x->options->is_past };
	struct walk walk = { x, &filter, counts, fn, ctx };
	if (!x->code)
		x->code = store_each_entry(x->store, &filter, take_entry, &walk, &x->error);
}
