/* SPDX-License-Identifier: MIT */
#include "output/json/record.h"

#include "core/clock.h"

static void put_stages(struct json_writer *w, const struct offender *o)
{
	json_key(w, "stages");
	json_open_array(w);
	for (size_t i = 0; i < o->stage_count; i++)
		json_words(w, stage_text(o->stages[i].stage));
	json_close_array(w);
	json_key(w, "timeline");
	json_open_array(w);
	for (size_t i = 0; i < o->stage_count; i++) {
		json_open_object(w);
		json_words_of(w, "stage", stage_text(o->stages[i].stage));
		json_time_of(w, "first", o->stages[i].first_us);
		json_time_of(w, "last", o->stages[i].last_us);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_terms(struct json_writer *w, const struct offender *o)
{
	json_key(w, "score_terms");
	json_open_array(w);
	for (size_t i = 0; i < o->term_count && i < SCORE_TERMS_MAX; i++) {
		json_open_object(w);
		json_key(w, "points");
		json_i64(w, o->terms[i].points);
		json_words_of(w, "text", o->terms[i].text);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_breaches(struct json_sink *s, const char *key, const struct breach *breaches, size_t count)
{
	struct json_writer *w = &s->w;
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < count; i++) {
		const struct breach *b = &breaches[i];
		json_open_object(w);
		json_text_of(w, "account", b->account);
		json_time_of(w, "time", b->time_us);
		json_number_of(w, "refusals_before", b->refusals_before);
		json_number_of(w, "refused_s", (uint64_t)(b->refused_us / SECOND_US));
		json_number_of(w, "calls_after", b->calls_after);
		json_words_of(w, "guess", b->guess);
		json_put_place(s, b->place);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_accounts(struct json_sink *s, const struct offender *o)
{
	struct json_writer *w = &s->w;
	json_open_of(w, "accounts");
	json_number_of(w, "tried", o->accounts.count);
	json_put_texts(w, "sample", &o->accounts);
	json_put_texts(w, "revealed", &o->revealed);
	json_number_of(w, "revealed_count", o->revealed.count);
	json_key(w, "breached");
	json_open_array(w);
	for (size_t i = 0; i < o->breach_count; i++)
		json_text(w, o->breaches[i].account);
	json_close_array(w);
	put_breaches(s, "breaches", o->breaches, o->breach_count);
	put_breaches(s, "perhaps", o->doubts, o->doubt_count);
	json_close_object(w);
}

static void put_rules(struct json_sink *s, const struct offender *o)
{
	struct json_writer *w = &s->w;
	json_key(w, "rules");
	json_open_array(w);
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct offender_rule *r = &o->rules[i];
		json_open_object(w);
		json_words_of(w, "id", r->rule->id);
		json_words_of(w, "title", r->rule->title);
		json_words_of(w, "level", level_text(r->rule->level));
		json_words_of(w, "stage", json_stage(r->rule->stage));
		json_number_of(w, "count", r->count);
		json_time_of(w, "first", r->first_us);
		json_time_of(w, "last", r->last_us);
		json_key(w, "evidence");
		json_open_array(w);
		for (size_t e = 0; e < r->evidence_count; e++) {
			json_open_object(w);
			json_time_of(w, "time", r->evidence[e].time_us);
			json_put_place(s, r->evidence[e].place);
			json_close_object(w);
		}
		json_close_array(w);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_what_it_did(struct json_sink *s, const struct offender *o)
{
	struct json_writer *w = &s->w;
	json_open_of(w, "tool");
	json_words_of(w, "name", o->tool);
	json_words_of(w, "module", o->tool_module);
	json_text_of(w, "user_agent", o->user_agent);
	json_number_of(w, "user_agents", o->user_agents);
	json_words_of(w, "fingerprint", o->fingerprint);
	json_close_object(w);
	json_open_of(w, "targets");
	json_number_of(w, "count", o->targets.count);
	json_words_of(w, "order",
		      o->target_order ? choice_text(CHOICE_SWEEP_ORDER, o->target_order) : "none");
	json_key(w, "sample");
	json_open_array(w);
	for (size_t i = 0; i < o->targets.shown && i < SAMPLE_MAX; i++)
		json_addr(w, &o->targets.items[i]);
	json_close_array(w);
	json_close_object(w);
	put_accounts(s, o);
	json_open_of(w, "dialed");
	json_number_of(w, "count", o->dialed.count);
	json_put_texts(w, "sample", &o->dialed);
	json_put_texts(w, "tails", &o->tails);
	json_number_of(w, "answered", o->calls_answered);
	json_close_object(w);
	json_open_of(w, "provisioning");
	json_number_of(w, "requested", o->provisioning_requested);
	json_put_texts(w, "served", &o->served);
	json_number_of(w, "served_count", o->served.count);
	json_close_object(w);
}

static void put_ban(struct json_writer *w, const struct offender *o)
{
	json_key(w, "ban");
	if (o->ban_ttl_s <= 0) {
		json_null(w);
		return;
	}
	json_open_object(w);
	json_key(w, "ttl_s");
	json_i64(w, o->ban_ttl_s);
	json_time_of(w, "until", o->ban_until_us);
	json_close_object(w);
}

static void put_seen(struct json_writer *w, const char *key, const struct offender *o, int64_t time_us)
{
	json_key(w, key);
	if (offender_was_seen(o))
		json_time(w, time_us);
	else
		json_null(w);
}

void json_offender(struct sink *sink, const struct offender *o)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	json_begin_record(s, "alert", "siphound.offender", &o->last_us);
	json_open_of(w, "source");
	json_key(w, "ip");
	json_addr(w, &o->address);
	json_put_geo(w, &o->geo);
	json_close_object(w);
	json_open_of(w, "siphound");
	json_words_of(w, "verdict", verdict_text(o->verdict));
	json_key(w, "score");
	json_i64(w, o->score);
	put_terms(w, o);
	json_words_of(w, "reason", o->reason);
	json_words_of(w, "avoid", o->avoid);
	put_stages(w, o);
	json_words_of(w, "proof", o->proof ? proof_text(o->proof) : "none");
	put_seen(w, "first_seen", o, o->first_us);
	put_seen(w, "last_seen", o, o->last_us);
	json_number_of(w, "messages", o->messages);
	json_number_of(w, "answered", o->answered);
	put_what_it_did(s, o);
	put_rules(s, o);
	put_ban(w, o);
	json_words_of(w, "campaign", o->campaign);
	json_close_object(w);
	json_end_record(s);
}
