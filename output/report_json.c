/* SPDX-License-Identifier: MIT */
#include "output/sink.h"

#include "output/json_writer.h"

#include <errno.h>
#include <stdlib.h>

/* JSON lines as docs/json.md describes and docs/siphound.schema.json checks: names of the Elastic Common Schema where it
 * has one, keys always in the order written here, absent values null rather than left out. Only `geo`, `as` and the groups of
 * an observation that does not have them (sip, url, http ...) are left out as a whole, as ECS does. */

struct json_sink {
	struct sink sink;
	struct report_options options;
	struct json_writer w;
};

static void text_of(struct json_writer *w, const char *key, struct slice value)
{
	json_key(w, key);
	json_text(w, value);
}

static void words_of(struct json_writer *w, const char *key, const char *value)
{
	json_key(w, key);
	json_words(w, value);
}

static void number_of(struct json_writer *w, const char *key, uint64_t value)
{
	json_key(w, key);
	json_u64(w, value);
}

static void time_of(struct json_writer *w, const char *key, int64_t value)
{
	json_key(w, key);
	json_time(w, value);
}

static void open_of(struct json_writer *w, const char *key)
{
	json_key(w, key);
	json_open_object(w);
}

static void begin_record(struct json_sink *s, const char *kind, const char *dataset, const int64_t *time_us)
{
	struct json_writer *w = &s->w;
	json_open_object(w);
	if (time_us)
		time_of(w, "@timestamp", *time_us);
	open_of(w, "event");
	words_of(w, "kind", kind);
	words_of(w, "dataset", dataset);
	json_close_object(w);
	if (s->options.sensor) {
		open_of(w, "observer");
		words_of(w, "name", s->options.sensor);
		json_close_object(w);
	}
}

static void end_record(struct json_sink *s)
{
	json_close_object(&s->w);
	json_end_line(&s->w);
}

/* Pieces that several records share. */

static void put_place(struct json_sink *s, struct place place, bool is_line)
{
	words_of(&s->w, "input", place.input < s->options.input_count ? s->options.inputs[place.input] : NULL);
	number_of(&s->w, is_line ? "line" : "packet", place.number);
}

static void put_place_of_input(struct json_sink *s, struct place place)
{
	const struct report_options *p = &s->options;
	put_place(s, place, p->input_is_log && place.input < p->input_count && p->input_is_log[place.input]);
}

static void put_geo(struct json_writer *w, const struct geo *geo)
{
	if (geo->country.ptr || geo->city.ptr) {
		open_of(w, "geo");
		if (geo->country.ptr)
			text_of(w, "country_iso_code", geo->country);
		if (geo->city.ptr)
			text_of(w, "city_name", geo->city);
		json_close_object(w);
	}
	if (geo->as_number || geo->as_name.ptr) {
		open_of(w, "as");
		if (geo->as_number)
			number_of(w, "number", geo->as_number);
		if (geo->as_name.ptr) {
			open_of(w, "organization");
			text_of(w, "name", geo->as_name);
			json_close_object(w);
		}
		json_close_object(w);
	}
}

static void put_texts(struct json_writer *w, const char *key, const struct text_sample *sample)
{
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++)
		json_text(w, sample->items[i]);
	json_close_array(w);
}

static void put_addresses(struct json_writer *w, const struct addr_sample *sample)
{
	number_of(w, "count", sample->count);
	json_key(w, "sample");
	json_open_array(w);
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++)
		json_addr(w, &sample->items[i]);
	json_close_array(w);
}

/* Observation */

static void put_end(struct json_writer *w, const char *key, const struct observation *o, enum address_field address,
		    enum number_field port, const struct geo *geo)
{
	int64_t number = observation_number(o, port, -1);
	if (addr_is_none(&o->address[address]) && number < 0)
		return;
	open_of(w, key);
	if (!addr_is_none(&o->address[address])) {
		json_key(w, "ip");
		json_addr(w, &o->address[address]);
	}
	if (number >= 0)
		number_of(w, "port", (uint64_t)number);
	if (geo)
		put_geo(w, geo);
	json_close_object(w);
}

static void put_ends(struct json_writer *w, const struct observation *o)
{
	struct geo geo = {
		.country = observation_text(o, TEXT_COUNTRY),
		.as_name = observation_text(o, TEXT_AS_NAME),
		.as_number = (uint32_t)observation_number(o, NUMBER_AS_NUMBER, 0),
	};
	put_end(w, "source", o, ADDRESS_SOURCE_IP, NUMBER_SOURCE_PORT, &geo);
	put_end(w, "destination", o, ADDRESS_DESTINATION_IP, NUMBER_DESTINATION_PORT, NULL);
	if (o->choice[CHOICE_TRANSPORT]) {
		open_of(w, "network");
		words_of(w, "transport", choice_text(CHOICE_TRANSPORT, o->choice[CHOICE_TRANSPORT]));
		json_close_object(w);
	}
}

static void put_sip(struct json_writer *w, const struct observation *o)
{
	struct slice method = observation_text(o, TEXT_METHOD), agent = observation_text(o, TEXT_USER_AGENT);
	int64_t code = observation_number(o, NUMBER_CODE, -1);
	if (method.ptr || code >= 0) {
		open_of(w, "sip");
		if (method.ptr)
			text_of(w, "method", method);
		if (code >= 0)
			number_of(w, "code", (uint64_t)code);
		json_close_object(w);
	}
	if (agent.ptr) {
		open_of(w, "user_agent");
		text_of(w, "original", agent);
		json_close_object(w);
	}
}

static void put_http(struct json_writer *w, const struct observation *o)
{
	struct slice path = observation_text(o, TEXT_URL_PATH), method = observation_text(o, TEXT_HTTP_METHOD);
	int64_t status = observation_number(o, NUMBER_HTTP_STATUS, -1);
	if (path.ptr) {
		open_of(w, "url");
		text_of(w, "path", path);
		json_close_object(w);
	}
	if (!method.ptr && status < 0)
		return;
	open_of(w, "http");
	if (method.ptr) {
		open_of(w, "request");
		text_of(w, "method", method);
		json_close_object(w);
	}
	if (status >= 0) {
		open_of(w, "response");
		number_of(w, "status_code", (uint64_t)status);
		json_close_object(w);
	}
	json_close_object(w);
}

static const char *word_or_null(enum choice_field field, unsigned word)
{
	return word ? choice_text(field, word) : NULL;
}

static void put_anomalies(struct json_writer *w, const struct observation *o)
{
	json_key(w, "anomalies");
	json_open_array(w);
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *text = o->anomalies >> bit & 1 ? anomaly_text(bit) : NULL;
		if (text)
			json_words(w, text);
	}
	json_close_array(w);
}

static void json_observation(struct sink *sink, const struct observation *o)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	if (!s->options.observations)
		return;
	begin_record(s, "event", "siphound.observation", &o->time_us);
	put_ends(w, o);
	put_sip(w, o);
	put_http(w, o);
	open_of(w, "siphound");
	open_of(w, "evidence");
	put_place(s, o->place, o->from_log);
	json_close_object(w);
	words_of(w, "category", word_or_null(CHOICE_CATEGORY, o->choice[CHOICE_CATEGORY]));
	words_of(w, "outcome", word_or_null(CHOICE_OUTCOME, o->choice[CHOICE_OUTCOME]));
	text_of(w, "account", observation_text(o, TEXT_ACCOUNT));
	words_of(w, "proof", word_or_null(CHOICE_PROOF, o->choice[CHOICE_PROOF]));
	open_of(w, "tool");
	text_of(w, "name", observation_text(o, TEXT_TOOL));
	text_of(w, "module", observation_text(o, TEXT_MODULE));
	text_of(w, "fingerprint", observation_text(o, TEXT_FINGERPRINT));
	json_close_object(w);
	text_of(w, "dialed", observation_text(o, TEXT_DIALED));
	text_of(w, "dialect", observation_text(o, TEXT_DIALECT));
	words_of(w, "solicited", word_or_null(CHOICE_SOLICITED, o->choice[CHOICE_SOLICITED]));
	put_anomalies(w, o);
	json_close_object(w);
	end_record(s);
}

/* Alert and campaign */

static void put_rule(struct json_writer *w, const struct rule *rule)
{
	open_of(w, "rule");
	words_of(w, "id", rule->id);
	words_of(w, "name", rule->title);
	words_of(w, "uuid", rule->uuid && *rule->uuid ? rule->uuid : NULL);
	json_close_object(w);
}

static const char *stage_or_null(enum stage stage)
{
	return stage < STAGE_NONE ? stage_text(stage) : NULL;
}

static void json_alert(struct sink *sink, const struct alert *a)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	const struct firing *f = a->firing;
	const struct observation *o = a->observation;
	begin_record(s, "alert", "siphound.alert", &f->time_us);
	put_rule(w, f->rule);
	if (o && addr_eq(&o->address[ADDRESS_SOURCE_IP], &f->actor)) {
		put_ends(w, o);
	} else {
		open_of(w, "source");
		json_key(w, "ip");
		json_addr(w, &f->actor);
		json_close_object(w);
	}
	open_of(w, "siphound");
	words_of(w, "level", level_text(f->rule->level));
	words_of(w, "stage", stage_or_null(f->rule->stage));
	number_of(w, "count", f->count);
	time_of(w, "first_seen", f->first_us);
	json_key(w, "again");
	json_bool(w, f->again);
	json_key(w, "evidence");
	if (o) {
		json_open_object(w);
		put_place(s, o->place, o->from_log);
		json_close_object(w);
	} else {
		json_null(w);
	}
	words_of(w, "outcome", o ? word_or_null(CHOICE_OUTCOME, o->choice[CHOICE_OUTCOME]) : NULL);
	words_of(w, "proof", o ? word_or_null(CHOICE_PROOF, o->choice[CHOICE_PROOF]) : NULL);
	json_close_object(w);
	end_record(s);
}

static void json_campaign(struct sink *sink, const struct campaign *c)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	begin_record(s, "alert", "siphound.campaign", &c->last_us);
	put_rule(w, c->rule);
	open_of(w, "siphound");
	words_of(w, "campaign", c->id);
	words_of(w, "level", level_text(c->rule->level));
	words_of(w, "stage", stage_or_null(c->rule->stage));
	words_of(w, "fingerprint", c->fingerprint);
	text_of(w, "account", c->account);
	time_of(w, "first_seen", c->first_us);
	time_of(w, "last_seen", c->last_us);
	number_of(w, "observations", c->observations);
	open_of(w, "actors");
	put_addresses(w, &c->actors);
	json_close_object(w);
	json_close_object(w);
	end_record(s);
}

/* Offender */

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
		words_of(w, "stage", stage_text(o->stages[i].stage));
		time_of(w, "first", o->stages[i].first_us);
		time_of(w, "last", o->stages[i].last_us);
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
		words_of(w, "text", o->terms[i].text);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_accounts(struct json_sink *s, const struct offender *o)
{
	struct json_writer *w = &s->w;
	open_of(w, "accounts");
	number_of(w, "tried", o->accounts.count);
	put_texts(w, "sample", &o->accounts);
	put_texts(w, "revealed", &o->revealed);
	number_of(w, "revealed_count", o->revealed.count);
	json_key(w, "breached");
	json_open_array(w);
	for (size_t i = 0; i < o->breach_count; i++) {
		const struct breach *b = &o->breaches[i];
		json_open_object(w);
		text_of(w, "account", b->account);
		time_of(w, "time", b->time_us);
		number_of(w, "refusals_before", b->refusals_before);
		number_of(w, "calls_after", b->calls_after);
		words_of(w, "guess", b->guess);
		put_place_of_input(s, b->place);
		json_close_object(w);
	}
	json_close_array(w);
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
		words_of(w, "id", r->rule->id);
		words_of(w, "title", r->rule->title);
		words_of(w, "level", level_text(r->rule->level));
		words_of(w, "stage", stage_or_null(r->rule->stage));
		number_of(w, "count", r->count);
		time_of(w, "first", r->first_us);
		time_of(w, "last", r->last_us);
		json_key(w, "evidence");
		json_open_array(w);
		for (size_t e = 0; e < r->evidence_count; e++) {
			json_open_object(w);
			time_of(w, "time", r->evidence[e].time_us);
			put_place_of_input(s, r->evidence[e].place);
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
	open_of(w, "tool");
	words_of(w, "name", o->tool);
	words_of(w, "module", o->tool_module);
	text_of(w, "user_agent", o->user_agent);
	number_of(w, "user_agents", o->user_agents);
	words_of(w, "fingerprint", o->fingerprint);
	json_close_object(w);
	open_of(w, "targets");
	number_of(w, "count", o->targets.count);
	words_of(w, "order", o->target_order ? choice_text(CHOICE_SWEEP_ORDER, o->target_order) : "none");
	json_key(w, "sample");
	json_open_array(w);
	for (size_t i = 0; i < o->targets.shown && i < SAMPLE_MAX; i++)
		json_addr(w, &o->targets.items[i]);
	json_close_array(w);
	json_close_object(w);
	put_accounts(s, o);
	open_of(w, "dialed");
	number_of(w, "count", o->dialed.count);
	put_texts(w, "sample", &o->dialed);
	put_texts(w, "tails", &o->tails);
	number_of(w, "answered", o->calls_answered);
	json_close_object(w);
	open_of(w, "provisioning");
	number_of(w, "requested", o->provisioning_requested);
	put_texts(w, "served", &o->served);
	number_of(w, "served_count", o->served.count);
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
	time_of(w, "until", o->ban_until_us);
	json_close_object(w);
}

static void json_offender(struct sink *sink, const struct offender *o)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	begin_record(s, "alert", "siphound.offender", &o->last_us);
	open_of(w, "source");
	json_key(w, "ip");
	json_addr(w, &o->address);
	put_geo(w, &o->geo);
	json_close_object(w);
	open_of(w, "siphound");
	words_of(w, "verdict", verdict_text(o->verdict));
	json_key(w, "score");
	json_i64(w, o->score);
	put_terms(w, o);
	words_of(w, "reason", o->reason);
	words_of(w, "avoid", o->avoid);
	put_stages(w, o);
	words_of(w, "proof", o->proof ? proof_text(o->proof) : "none");
	time_of(w, "first_seen", o->first_us);
	time_of(w, "last_seen", o->last_us);
	number_of(w, "messages", o->messages);
	number_of(w, "answered", o->answered);
	put_what_it_did(s, o);
	put_rules(s, o);
	put_ban(w, o);
	words_of(w, "campaign", o->campaign);
	json_close_object(w);
	end_record(s);
}

/* Summary */

static void put_counts(struct json_writer *w, const char *key, const struct named_list *list)
{
	open_of(w, key);
	for (size_t i = 0; i < list->count && i < SUMMARY_LIST_MAX; i++) {
		json_key_text(w, list->items[i].name);
		json_u64(w, list->items[i].count);
	}
	json_close_object(w);
}

static void put_inputs(struct json_writer *w, const struct run_summary *r)
{
	json_key(w, "inputs");
	json_open_array(w);
	for (size_t i = 0; i < r->input_count; i++) {
		json_open_object(w);
		words_of(w, "name", r->inputs[i].name);
		number_of(w, "packets", r->inputs[i].packets);
		number_of(w, "damaged", r->inputs[i].damaged);
		words_of(w, "damage", r->inputs[i].damage);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_protocols(struct json_writer *w, const struct run_summary *r)
{
	static const char *const classes[] = { "", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx" };
	open_of(w, "sip");
	number_of(w, "messages", r->sip_messages);
	put_counts(w, "requests", &r->requests);
	open_of(w, "responses");
	for (size_t i = 1; i < sizeof classes / sizeof *classes; i++)
		if (r->responses[i])
			number_of(w, classes[i], r->responses[i]);
	json_close_object(w);
	json_close_object(w);
	number_of(w, "provisioning", r->provisioning);
	open_of(w, "log");
	number_of(w, "lines", r->has_log ? r->lines : 0);
	number_of(w, "matched", r->has_log ? r->lines_matched : 0);
	open_of(w, "dialects");
	for (size_t i = 0; r->has_log && i < r->dialect_count; i++) {
		json_key_text(w, r->dialects[i].name);
		json_open_object(w);
		number_of(w, "matched", r->dialects[i].matched);
		number_of(w, "unmatched", r->dialects[i].unmatched);
		json_close_object(w);
	}
	json_close_object(w);
	json_close_object(w);
}

static void put_verdicts(struct json_writer *w, const struct run_summary *r)
{
	static const enum verdict order[] = { VERDICT_BLOCK, VERDICT_WATCH, VERDICT_VICTIM, VERDICT_SPARED };
	open_of(w, "offenders");
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		number_of(w, verdict_text(order[i]), r->offenders[order[i]]);
	json_close_object(w);
}

static void json_summary(struct sink *sink, const struct run_summary *r)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	begin_record(s, "metric", "siphound.summary", NULL);
	open_of(w, "siphound");
	put_inputs(w, r);
	number_of(w, "bytes", r->bytes);
	number_of(w, "packets", r->packets);
	json_key(w, "first");
	r->has_time ? json_time(w, r->first_us) : json_null(w);
	json_key(w, "last");
	r->has_time ? json_time(w, r->last_us) : json_null(w);
	put_protocols(w, r);
	put_counts(w, "not_understood", &r->not_understood);
	put_counts(w, "other_traffic", &r->other_traffic);
	number_of(w, "actors", r->actors);
	number_of(w, "evicted", r->evicted);
	number_of(w, "dropped", r->dropped);
	put_verdicts(w, r);
	number_of(w, "campaigns", r->campaigns);
	number_of(w, "breaches", r->breaches);
	json_key(w, "one_way");
	json_bool(w, r->one_way);
	json_key(w, "notes");
	json_open_array(w);
	for (size_t i = 0; i < r->note_count; i++)
		json_words(w, r->notes[i]);
	json_close_array(w);
	json_close_object(w);
	end_record(s);
}

static int json_sink_finish(struct sink *sink, struct error *err)
{
	struct json_sink *s = (struct json_sink *)sink;
	int code = json_finish(&s->w);
	return code ? error_set(err, code, "the JSON report could not be written: %s", strerror(-code)) : 0;
}

static void json_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops json_ops = {
	.observation = json_observation,
	.alert = json_alert,
	.campaign = json_campaign,
	.offender = json_offender,
	.summary = json_summary,
	.finish = json_sink_finish,
	.free = json_free,
};

struct sink *report_json_new(const struct report_options *options)
{
	struct json_sink *s = malloc(sizeof *s);
	if (!s)
		return NULL;
	s->sink.ops = &json_ops;
	s->options = *options;
	json_init(&s->w, options->out);
	return &s->sink;
}
