/* SPDX-License-Identifier: MIT */
#include "output/report/story.h"

#include "core/clock.h"

#include <inttypes.h>

/* Rules that are named in a paragraph; `why` and the other formats have all. */
enum { STORY_RULES_MAX = 6, STORY_BREACHES_MAX = 8 };

static void say_count(struct page *p, uint64_t count, const char *one, const char *many)
{
	char text[PHRASE_MAX];
	page_say(p, "%s", count_phrase(count, one, many, text));
}

static const char *guess_phrase(const char *guess)
{
	if (strcmp(guess, "same-as-account") == 0)
		return "the password is the account's own name";
	if (strcmp(guess, "digits") == 0)
		return "the password is digits only";
	if (strcmp(guess, "letters") == 0)
		return "the password is letters only";
	if (strcmp(guess, "empty") == 0)
		return "the password is empty";
	return "the password mixes letters and digits";
}

void story_say_breach(struct page *p, const struct addr *address, const struct breach *b)
{
	char ip[ADDR_TEXT_MAX], when[PHRASE_MAX];
	page_say(p, "account ");
	say_text(p, b->account);
	page_say(p, " - %s ", addr_text(address, ip));
	if (b->refusals_before) {
		page_say(p, "guessed its password after ");
		say_count(p, b->refusals_before, "wrong try", "wrong tries");
	} else {
		page_say(p, "got in with it");
	}
	page_say(p, " at %s", time_phrase(b->time_us, when));
	if (b->guess)
		page_say(p, " (%s)", guess_phrase(b->guess));
	if (b->calls_after) {
		page_say(p, ", then placed ");
		say_count(p, b->calls_after, "call", "calls");
	}
	page_say(p, ".");
}

void story_say_doubt(struct page *p, const struct addr *address, const struct breach *b)
{
	char ip[ADDR_TEXT_MAX], text[PHRASE_MAX], span[CLOCK_TEXT_MAX];
	page_say(p, "account ");
	say_text(p, b->account);
	page_say(p, " opened to %s at %s", addr_text(address, ip), time_phrase(b->time_us, text));
	page_say(p, ", after ");
	say_count(p, b->refusals_before, "refused password", "refused passwords");
	page_say(p, " in %s", clock_span_text(b->refused_us, span));
	if (b->calls_after) {
		page_say(p, ", then placed ");
		say_count(p, b->calls_after, "call", "calls");
	}
	page_say(p, ".");
}

static void say_title(struct page *p, const struct offender *o)
{
	char ip[ADDR_TEXT_MAX];
	page_say(p, "%s  %s, score %d", addr_text(&o->address, ip), verdict_text(o->verdict), o->score);
	if (o->geo.country.len || o->geo.city.len || o->geo.as_number || o->geo.as_name.len) {
		page_say(p, " (");
		say_geo(p, &o->geo);
		page_say(p, ")");
	}
}

static void say_tool(struct page *p, const struct offender *o)
{
	if (o->tool)
		page_say(p, " with the tool %s", o->tool);
	if (o->tool_module)
		page_say(p, " (%s)", o->tool_module);
	if (!o->user_agent.len)
		return;
	page_say(p, "%s calling itself \"", o->tool ? "," : "");
	say_text(p, o->user_agent);
	page_say(p, "\"");
	if (o->user_agents > 1) {
		page_say(p, " and ");
		say_count(p, o->user_agents - 1, "other name", "other names");
	}
	page_say(p, ",");
}

static void say_who(struct page *p, const struct offender *o)
{
	char text[PHRASE_MAX];
	if (!offender_was_seen(o)) {
		page_say(p, "Nothing was seen of it. ");
		return;
	}
	page_say(p, "It sent ");
	say_count(p, o->messages, "message", "messages");
	say_tool(p, o);
	page_say(p, " ");
	say_span(p, o->first_us, o->last_us);
	if (o->answered)
		page_say(p, "; our side answered %s of them. ", number_phrase(o->answered, text));
	else
		page_say(p, "; our side answered none of them. ");
}

/* What makes a stage more than its name: numbers and samples. Said once, with the first stage that they
 * belong to. */
struct told {
	bool targets, accounts, dialed, files;
};

static void say_targets(struct page *p, const struct offender *o, struct told *told)
{
	if (told->targets || !o->targets.count)
		return;
	told->targets = true;
	page_say(p, " (");
	say_count(p, o->targets.count, "address", "addresses");
	if (o->target_order > ORDER_NONE)
		page_say(p, ", %s", choice_text(CHOICE_SWEEP_ORDER, o->target_order));
	page_say(p, ")");
}

static void say_accounts(struct page *p, const struct offender *o, struct told *told)
{
	if (told->accounts || !o->accounts.count)
		return;
	told->accounts = true;
	page_say(p, " (");
	say_count(p, o->accounts.count, "account: ", "accounts: ");
	say_texts(p, &o->accounts);
	page_say(p, ")");
}

static void say_dialed(struct page *p, const struct offender *o, struct told *told)
{
	if (told->dialed || !o->dialed.count)
		return;
	told->dialed = true;
	page_say(p, " (");
	say_count(p, o->dialed.count, "number: ", "numbers: ");
	say_texts(p, &o->dialed);
	if (o->tails.count) {
		page_say(p, "; prefixes were tried before ");
		say_texts(p, &o->tails);
	}
	page_say(p, ")");
}

static void say_stage_detail(struct page *p, const struct offender *o, enum stage stage, struct told *told)
{
	char text[PHRASE_MAX];
	switch (stage) {
	case STAGE_PROBE:
	case STAGE_SWEEP:
	case STAGE_GHOST_CALL:
		say_targets(p, o, told);
		break;
	case STAGE_ENUMERATE:
	case STAGE_CRACK:
		say_accounts(p, o, told);
		break;
	case STAGE_TOLL_FRAUD:
		say_dialed(p, o, told);
		break;
	case STAGE_PROVISIONING:
		if (!told->files && o->provisioning_requested)
			page_say(p, " (%s)",
				 count_phrase(o->provisioning_requested, "request", "requests", text));
		told->files = true;
		break;
	default:
		break;
	}
}

/* What somebody may want to look at instead of the address that is not blocked. */
static void say_aims(struct page *p, const struct offender *o, const struct told *told)
{
	if (o->accounts.count && !told->accounts) {
		page_say(p, "It used or tried ");
		say_count(p, o->accounts.count, "account: ", "accounts: ");
		say_texts(p, &o->accounts);
		page_say(p, ". ");
	}
	if (o->dialed.count && !told->dialed) {
		page_say(p, "It dialled ");
		say_count(p, o->dialed.count, "number: ", "numbers: ");
		say_texts(p, &o->dialed);
		page_say(p, ". ");
	}
}

static void say_stages(struct page *p, const struct offender *o)
{
	struct told told = { 0 };
	for (size_t i = 0; i < o->stage_count; i++) {
		char when[PHRASE_MAX];
		page_say(p, i == 0 ? "It " : ", then ");
		page_say(p, "%s", stage_phrase(o->stages[i].stage));
		say_stage_detail(p, o, o->stages[i].stage, &told);
		page_say(p, " at %s", near_time_phrase(o->stages[i].first_us, o->first_us, when));
	}
	if (o->stage_count)
		page_say(p, ". ");
	if (o->verdict == VERDICT_SPARED)
		say_aims(p, o, &told);
}

static void say_known_by(struct page *p, const struct report_options *options, const struct offender *o)
{
	page_say(p, "How we know: %s", proof_phrase(o->proof));
	for (size_t i = 0; i < o->rule_count && i < STORY_RULES_MAX; i++) {
		const struct offender_rule *r = &o->rules[i];
		char times[PHRASE_MAX];
		page_say(p, "%s %s (%s, %s", i ? "," : "; rules", r->rule->id, level_text(r->rule->level),
			 count_phrase(r->count, "observation", "observations", times));
		if (i == 0 && r->evidence_count) {
			page_say(p, ", first in ");
			say_place(p, options, r->evidence[0].place);
		}
		page_say(p, ")");
	}
	if (o->rule_count > STORY_RULES_MAX)
		page_say(p, " and %zu more", o->rule_count - STORY_RULES_MAX);
	page_say(p, ". ");
	if (o->campaign)
		page_say(p, "It is part of campaign %s. ", o->campaign);
}

static void say_learned(struct page *p, const struct offender *o)
{
	if (!o->revealed.count)
		return;
	page_say(p, "It learned from our own answers that %s: ",
		 o->revealed.count == 1 ? "this account exists" : "these accounts exist");
	say_texts(p, &o->revealed);
	page_say(p, ".");
}

/* Answered calls are a loss when they were stolen; ghost calls and a provider's calls are answered too. */
static bool has_stolen_calls(const struct offender *o)
{
	bool is_thief = o->breach_count > 0;
	for (size_t i = 0; i < o->stage_count; i++)
		is_thief |= o->stages[i].stage == STAGE_TOLL_FRAUD;
	return is_thief && o->calls_answered && o->verdict != VERDICT_SPARED && o->verdict != VERDICT_VICTIM;
}

void story_say_lost(struct page *p, const struct offender *o)
{
	bool has_stolen = has_stolen_calls(o);
	for (size_t i = 0; i < o->breach_count && i < STORY_BREACHES_MAX; i++) {
		page_say(p, i == 0 ? "LOST: " : " And ");
		story_say_breach(p, &o->address, &o->breaches[i]);
	}
	if (o->breach_count > STORY_BREACHES_MAX) {
		page_say(p, " And ");
		say_count(p, o->breach_count - STORY_BREACHES_MAX, "more account.", "more accounts.");
	}
	if (has_stolen) {
		page_say(p, o->breach_count ? " " : "LOST: ");
		say_count(p, o->calls_answered, "of its calls was answered.", "of its calls were answered.");
	}
	if (o->served.count) {
		page_say(p, o->breach_count || has_stolen ? " " : "LOST: ");
		say_count(p, o->served.count, "file was given out: ", "files were given out: ");
		say_texts(p, &o->served);
		page_say(p, ".");
	}
}

void story_say_doubts(struct page *p, const struct offender *o)
{
	for (size_t i = 0; i < o->doubt_count && i < STORY_BREACHES_MAX; i++) {
		page_say(p, i == 0 ? "LOST, perhaps: " : " And ");
		story_say_doubt(p, &o->address, &o->doubts[i]);
	}
	if (o->doubt_count > STORY_BREACHES_MAX) {
		page_say(p, " And ");
		say_count(p, o->doubt_count - STORY_BREACHES_MAX, "more account.", "more accounts.");
	}
}

static void say_ban(struct page *p, const struct offender *o)
{
	char text[CLOCK_TEXT_MAX], until[PHRASE_MAX], whole[PHRASE_MAX];
	if (o->ban_ttl_s <= 0)
		return;
	uint64_t hours = (uint64_t)o->ban_ttl_s / 3600;
	if (o->ban_ttl_s % 86400 == 0)
		count_phrase(hours / 24, "day", "days", whole);
	else if (o->ban_ttl_s % 3600 == 0)
		count_phrase(hours, "hour", "hours", whole);
	else
		snprintf(whole, sizeof whole, "%s",
			 clock_span_text(o->ban_ttl_s > INT64_MAX / SECOND_US ? INT64_MAX
									      : o->ban_ttl_s * SECOND_US,
					 text));
	page_say(p, " for %s, until %s", whole, time_phrase(o->ban_until_us, until));
}

void story_say_advice(struct page *p, const struct offender *o)
{
	char ip[ADDR_TEXT_MAX];
	if (o->verdict == VERDICT_BLOCK) {
		page_say(p, "Block %s", addr_text(&o->address, ip));
		say_ban(p, o);
		page_say(p, ". ");
	} else if (o->verdict == VERDICT_VICTIM) {
		page_say(p, "Do not block it: it is the one that is attacked. ");
	}
	if (o->breach_count)
		page_say(p, "Change the %s of the accounts it got into and look at what was done with them. ",
			 o->breach_count == 1 ? "password" : "passwords");
	if (o->doubt_count)
		page_say(p, "Ask whether somebody corrected %s then; if not, change %s. ",
			 o->doubt_count == 1 ? "that password" : "those passwords",
			 o->doubt_count == 1 ? "it" : "them");
	if (o->served.count)
		page_say(p, "Change every secret in the files that were given out. ");
	if (has_stolen_calls(o))
		page_say(p, "Check the bill for the calls that were answered. ");
	if (o->avoid)
		page_say(p, "What would have avoided it: %s", o->avoid);
}

void story_say_deeds(struct page *p, const struct report_options *options, const struct offender *o)
{
	say_who(p, o);
	say_stages(p, o);
	say_known_by(p, options, o);
	say_learned(p, o);
}

void story_say_rule(struct page *p, const struct offender_rule *r)
{
	char span[CLOCK_TEXT_MAX];
	page_say(p, "%s (%s", r->rule->id, level_text(r->rule->level));
	if (r->rule->stage < STAGE_NONE)
		page_say(p, ", %s", stage_text(r->rule->stage));
	page_say(p, "): %s. %" PRIu64 " counted ", r->rule->title, r->count);
	say_span(p, r->first_us, r->last_us);
	if (r->last_us > r->first_us)
		page_say(p, ", within %s", clock_span_text(r->last_us - r->first_us, span));
	page_say(p, "; needs proof: %s.", r->rule->proof ? proof_text(r->rule->proof) : "none");
	if (r->rule->file)
		page_say(p, " (%s:%u)", r->rule->file, r->rule->line);
}

void story_say_evidence(struct page *p, const struct report_options *options, const struct evidence *e)
{
	char when[CLOCK_TEXT_MAX];
	say_place(p, options, e->place);
	page_say(p, " at %s", clock_text(e->time_us, when));
}

void story_print(struct page *p, const struct report_options *options, const struct offender *o)
{
	say_title(p, o);
	page_end(p, 0, 2, verdict_tint(o->verdict));
	story_say_deeds(p, options, o);
	page_end(p, 2, 2, TINT_NONE);
	story_say_lost(p, o);
	page_end(p, 2, 2, TINT_RED);
	story_say_doubts(p, o);
	page_end(p, 2, 2, TINT_YELLOW);
	if (o->reason)
		page_say(p, "%s ", o->reason);
	story_say_advice(p, o);
	page_end(p, 2, 2, TINT_NONE);
	page_blank(p);
}
