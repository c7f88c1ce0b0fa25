/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

#include "analyze/fingerprint/sipvicious.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The end of a run: every actor for which a rule of level medium or above fired becomes an offender, worst first. The full view of
 * one (struct offender) is some kilobytes, so the order is found from verdict and score alone and each view is made when its
 * turn comes. */

#define CAMPAIGN_ID_MAX 24

struct ranked {
	const struct source *source;
	int score;
	uint8_t verdict;
};

struct reporter {
	struct analyzer *a;
	struct offender_rule rules[LEDGER_RULES_MAX];
	struct offender offender;
	char campaign_id[CAMPAIGN_ID_MAX];
	char fingerprint[INTERN_TEXT_MAX + 1];
};

static const char *campaign_id(uint64_t key, char out[CAMPAIGN_ID_MAX])
{
	snprintf(out, CAMPAIGN_ID_MAX, "c-%012llx", (unsigned long long)(key >> 16));
	return out;
}

static bool in_list(const struct addr_prefix *list, size_t count, const struct addr *address)
{
	for (size_t i = 0; i < count; i++)
		if (addr_prefix_has(&list[i], address))
			return true;
	return false;
}

static bool is_allowed_as(const struct analyzer *a, uint32_t number)
{
	for (size_t i = 0; number && i < a->options.allow_as_count; i++)
		if (a->options.allow_as[i] == number)
			return true;
	return false;
}

#define HALF_MESSAGES_MIN  20 /* fewer may all be to hosts that are not there */
#define SERVER_ANSWERS_MIN 3 /* requests of others that it answered */

static struct verdict_facts facts_of(const struct analyzer *a, const struct source *s, const struct offender *o)
{
	/* What a forger or a host without a socket can do by itself; who goes on with what our answers told is no victim. */
	const uint16_t blind = 1u << STAGE_PROBE | 1u << STAGE_FLOOD | 1u << STAGE_EXPLOIT;
	return (struct verdict_facts){
		.is_allowed = in_list(a->options.allow, a->options.allow_count, &s->address),
		.is_allowed_as = is_allowed_as(a, o->geo.as_number),
		.is_home = in_list(a->options.home, a->options.home_count, &s->address),
		.is_registered = source_is_registered(s, s->last_us) && !s->is_breached,
		.is_shared = s->has_accounts,
		.is_trunk = source_is_trunk(s),
		.is_server = s->answers >= SERVER_ANSWERS_MIN,
		.is_proven_crime = source_is_proven_criminal(s),
		.is_cut = source_is_cut(s),
		.is_half = a->counters.messages >= HALF_MESSAGES_MIN && a->counters.paired == 0,
		.is_presumed = source_is_presumed(s),
		.is_timeless = !s->wire_us && s->first_us == 0 && s->last_us == 0 && s->messages > 1,
		.is_unroutable = addr_is_unroutable(&s->address),
		.is_breached = s->is_breached || o->breach_count > 0,
		.is_bounced = s->bounced >= 10 && s->bounced * 2 >= s->answered && s->proof < PROOF_ECHOED &&
			      (s->stages & ~blind) == 0,
		.one_way = a->options.one_way,
		.need_echo = a->options.need_echo,
		.ban_first_s = a->options.ban_first_s,
	};
}

static void list_stages(const struct source *s, const struct source_record *record, struct offender *o)
{
	for (unsigned stage = 0; stage < STAGE_COUNT; stage++) {
		if (!record || !(s->stages >> stage & 1))
			continue;
		struct offender_stage entry = { (enum stage)stage, record->stage_first_us[stage],
						record->stage_last_us[stage] };
		size_t at = o->stage_count++;
		for (; at > 0 && o->stages[at - 1].first_us > entry.first_us; at--)
			o->stages[at] = o->stages[at - 1];
		o->stages[at] = entry;
	}
}

static void view(struct reporter *r, const struct source *s)
{
	struct analyzer *a = r->a;
	struct offender *o = &r->offender;
	const struct source_record *record = source_record(&a->sources, s);
	memset(o, 0, sizeof *o);
	o->address = s->address;
	o->proof = (enum proof)s->proof;
	o->first_us = s->first_us;
	o->last_us = s->last_us;
	o->messages = s->messages;
	o->answered = s->answered;
	o->tool = record ? record->tool : NULL;
	o->tool_module = s->module ? sipvicious_module_text((enum sipvicious_module)s->module) : NULL;
	o->user_agent = intern_get(&a->agents, s->agent_hash);
	o->user_agents = s->agents;
	struct slice print = intern_get(&a->fingerprints, s->fingerprint_hash);
	if (print.ptr) {
		memcpy(r->fingerprint, print.ptr, print.len);
		r->fingerprint[print.len] = 0;
		o->fingerprint = r->fingerprint;
	}
	list_stages(s, record, o);
	o->rules = r->rules;
	o->rule_count = ledger_rules(&a->ledger, a->options.rules, &s->address, r->rules, LEDGER_RULES_MAX);
	o->campaign = record && record->campaign ? campaign_id(record->campaign, r->campaign_id) : NULL;
	geo_lookup(a->options.geo, &s->address, &o->geo);
	detectors_describe(a->detectors, s->measured, o);
}

static void judge(struct reporter *r, const struct source *s)
{
	struct verdict_facts facts = facts_of(r->a, s, &r->offender);
	if (r->offender.rule_count)
		verdict_decide(&facts, &r->offender);
}

/* Levels of sources are counted from 1: medium fired is LEVEL_MEDIUM + 1. */
static bool is_suspect(const struct source *s)
{
	return s->level > LEVEL_MEDIUM;
}

/* Why there is no verdict. */
static const char *excuse(const struct source *s)
{
	if (is_suspect(s))
		return "What was held against it was forgotten to stay within --max-actors.";
	if (s->has_accounts && source_is_registered(s, s->last_us))
		return "Several accounts are registered from it, with passwords that were accepted.";
	if (source_is_registered(s, s->last_us))
		return "It is registered, with a password that was accepted.";
	return "It is not registered.";
}

static void tell_also(struct reporter *r, const struct report_handlers *handlers, const struct ranked *list, size_t count)
{
	const struct source *s = handlers->also ? source_find(&r->a->sources, handlers->also) : NULL;
	for (size_t i = 0; i < count; i++)
		if (list[i].source == s)
			return;
	if (!s)
		return;
	view(r, s);
	r->offender.reason = excuse(s);
	handlers->offender(handlers->ctx, &r->offender);
}

static int compare_ranked(const void *x, const void *y)
{
	static const int order[] = { [VERDICT_BLOCK] = 0, [VERDICT_WATCH] = 1, [VERDICT_SPARED] = 2, [VERDICT_VICTIM] = 3, [VERDICT_NONE] = 4 };
	const struct ranked *a = x, *b = y;
	if (a->verdict != b->verdict)
		return order[a->verdict] - order[b->verdict];
	if (a->score != b->score)
		return b->score - a->score;
	return addr_cmp(&a->source->address, &b->source->address);
}

static void rank(struct reporter *r, struct ranked *list, size_t *count)
{
	size_t at = 0;
	for (const struct source *s; (s = table_at(&r->a->sources.table, &at));) {
		if (!is_suspect(s))
			continue;
		view(r, s);
		judge(r, s);
		if (r->offender.rule_count)
			list[(*count)++] = (struct ranked){ s, r->offender.score, (uint8_t)r->offender.verdict };
	}
	qsort(list, *count, sizeof *list, compare_ranked);
}

static int compare_campaigns(const void *x, const void *y)
{
	const struct campaign_entry *a = *(const struct campaign_entry *const *)x, *b = *(const struct campaign_entry *const *)y;
	if (a->first_us != b->first_us)
		return a->first_us < b->first_us ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* An offender that took part in a campaign. */
struct member {
	uint64_t campaign; /* key */
	const struct source *source;
	size_t rank;
};

static int compare_members(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	if (a->campaign != b->campaign)
		return a->campaign < b->campaign ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* By campaign, worst first. */
static size_t sort_members(const struct analyzer *a, const struct ranked *list, size_t count,
			   struct member *out)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		const struct source_record *record = source_record(&a->sources, list[i].source);
		if (record && record->campaign)
			out[n++] = (struct member){ record->campaign, list[i].source, i };
	}
	qsort(out, n, sizeof *out, compare_members);
	return n;
}

static void campaign_actors(const struct member *members, size_t count, uint64_t key, struct addr_sample *out)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (members[middle].campaign < key)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && members[low].campaign == key; low++) {
		out->count++;
		if (out->shown < SAMPLE_MAX)
			out->items[out->shown++] = members[low].source->address;
	}
}

static int report_campaigns(struct reporter *r, const struct ranked *list, size_t count, const struct report_handlers *handlers)
{
	struct analyzer *a = r->a;
	const struct campaign_entry **sorted = malloc((a->campaigns.count + 1) * sizeof *sorted);
	struct member *members = malloc((count + 1) * sizeof *members);
	size_t n = 0, at = 0;
	if (!sorted || !members) {
		free(sorted);
		free(members);
		return -ENOMEM;
	}
	size_t member_count = sort_members(a, list, count, members);
	for (const struct campaign_entry *c; (c = table_at(&a->campaigns, &at));)
		sorted[n++] = c;
	qsort(sorted, n, sizeof *sorted, compare_campaigns);
	for (size_t i = 0; i < n; i++) {
		const struct campaign_entry *c = sorted[i];
		struct slice print = intern_get(&a->fingerprints, c->fingerprint_hash);
		char fingerprint[INTERN_TEXT_MAX + 1] = "";
		if (print.ptr)
			memcpy(fingerprint, print.ptr, print.len);
		struct campaign out = { .id = campaign_id(c->key, r->campaign_id), .rule = c->rule,
					.fingerprint = print.ptr ? fingerprint : NULL, .first_us = c->first_us, .last_us = c->last_us,
					.observations = c->observations };
		if (c->account_hash)
			out.account = short_text_slice(&c->account);
		campaign_actors(members, member_count, c->key, &out.actors);
		if (out.actors.count)
			handlers->campaign(handlers->ctx, &out);
	}
	free(sorted);
	free(members);
	return 0;
}

static uint8_t score_of(const struct ranked *r)
{
	return (uint8_t)r->score; /* 0 to 100 */
}

static bool is_told(const struct ranked *r)
{
	const struct source *s = r->source;
	return s->told_verdict == r->verdict && s->told_score == score_of(r) && s->told_stages == s->stages;
}

/* The suspect that changed, if its verdict did. */
static void rank_changed(struct reporter *r, struct source *s, struct ranked *list, size_t *count)
{
	if (!s || !s->is_changed)
		return;
	s->is_changed = false;
	view(r, s);
	judge(r, s);
	struct ranked entry = { s, r->offender.score, (uint8_t)r->offender.verdict };
	if (r->offender.rule_count && !is_told(&entry))
		list[(*count)++] = entry;
}

static void rank_all_changed(struct reporter *r, struct ranked *list, size_t *count)
{
	struct analyzer *a = r->a;
	size_t at = 0;
	if (a->changed_count <= CHANGED_MAX)
		for (size_t i = 0; i < a->changed_count; i++)
			rank_changed(r, source_find(&a->sources, &a->changed[i]), list, count);
	else
		for (struct source *s; (s = table_at(&a->sources.table, &at));)
			rank_changed(r, s, list, count);
	a->changed_count = 0;
	qsort(list, *count, sizeof *list, compare_ranked);
}

/* Each that changed, as far as there is room; the others when it is asked again. 1: there are others. */
static int tell_changed(struct reporter *r, struct ranked *list, const struct report_handlers *handlers)
{
	struct analyzer *a = r->a;
	size_t count = 0;
	rank_all_changed(r, list, &count);
	for (size_t i = 0; i < count; i++) {
		struct source *s = source_find(&a->sources, &list[i].source->address);
		if (i >= CHANGES_AT_ONCE) {
			analyzer_mark(a, s);
			continue;
		}
		s->told_verdict = list[i].verdict;
		s->told_score = score_of(&list[i]);
		s->told_stages = s->stages;
		view(r, s);
		judge(r, s);
		handlers->offender(handlers->ctx, &r->offender);
	}
	return count > CHANGES_AT_ONCE;
}

static int tell_all(struct reporter *r, struct ranked *list, const struct report_handlers *handlers)
{
	size_t count = 0;
	rank(r, list, &count);
	int result = handlers->campaign ? report_campaigns(r, list, count, handlers) : 0;
	if (result || !handlers->offender)
		return result;
	for (size_t i = 0; i < count; i++) {
		view(r, list[i].source);
		judge(r, list[i].source);
		handlers->offender(handlers->ctx, &r->offender);
	}
	tell_also(r, handlers, list, count);
	return 0;
}

typedef int (*tell_fn)(struct reporter *r, struct ranked *list, const struct report_handlers *handlers);

/* With a list that has `room`, and while ledger and detectors are laid out to be asked. */
static int report(struct analyzer *a, size_t room, tell_fn tell, const struct report_handlers *handlers)
{
	struct reporter *r = calloc(1, sizeof *r);
	struct ranked *list = malloc(room * sizeof *list);
	int result = r && list ? ledger_report_begin(&a->ledger) : -ENOMEM;
	if (result)
		goto out;
	result = detectors_report_begin(a->detectors);
	if (result)
		goto ledger;
	r->a = a;
	result = tell(r, list, handlers);
	int end = detectors_report_end(a->detectors);
	result = end ? end : result;
ledger:
	ledger_report_end(&a->ledger);
out:
	free(list);
	free(r);
	return result;
}

int analyzer_changes(struct analyzer *a, const struct report_handlers *handlers)
{
	size_t room = a->changed_count <= CHANGED_MAX ? a->changed_count : a->sources.table.count + 1;
	return a->changed_count ? report(a, room, tell_changed, handlers) : 0;
}

int analyzer_report(struct analyzer *a, const struct report_handlers *handlers)
{
	return report(a, a->sources.table.count + 1, tell_all, handlers);
}
