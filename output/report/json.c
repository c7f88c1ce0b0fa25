/* SPDX-License-Identifier: MIT */
#include "output/json/record.h"

#include "core/shown_path.h"

#include <errno.h>
#include <stdlib.h>

/* JSON lines as docs/json.md describes and docs/siphound.schema.json checks: names of the Elastic Common
 * Schema where it has one, keys always in the order written here, absent values null rather than left out.
 * Only `geo`, `as` and the groups of an observation that does not have them (sip, url, http ...) are left out
 * as a whole, as ECS does. */

static void learn_words(struct json_sink *s)
{
	for (size_t i = 0; i < field_count; i++) {
		if (fields[i].kind != FIELD_KIND_CHOICE)
			continue;
		uint8_t count = 0;
		while (fields[i].words[count])
			count++;
		s->words[fields[i].index] = fields[i].words;
		s->word_counts[fields[i].index] = count;
	}
}

/* NULL when the field has no value. */
static const char *word_of(const struct json_sink *s, const struct observation *o, enum choice_field field)
{
	uint8_t word = o->choice[field];
	return word && word < s->word_counts[field] ? s->words[field][word] : NULL;
}

/* Observation */

static void put_end(struct json_writer *w, const char *key, const struct observation *o,
		    enum address_field address, enum number_field port, const struct geo *geo)
{
	int64_t number = observation_number(o, port, -1);
	if (addr_is_none(&o->address[address]) && number < 0)
		return;
	json_open_of(w, key);
	if (!addr_is_none(&o->address[address])) {
		json_key(w, "ip");
		json_addr(w, &o->address[address]);
	}
	if (number >= 0)
		json_number_of(w, "port", (uint64_t)number);
	if (geo)
		json_put_geo(w, geo);
	json_close_object(w);
}

static void put_ends(struct json_sink *s, const struct observation *o)
{
	struct json_writer *w = &s->w;
	const char *transport = word_of(s, o, CHOICE_TRANSPORT);
	struct geo geo = {
		.country = observation_text(o, TEXT_COUNTRY),
		.as_name = observation_text(o, TEXT_AS_NAME),
		.as_number = (uint32_t)observation_number(o, NUMBER_AS_NUMBER, 0),
	};
	put_end(w, "source", o, ADDRESS_SOURCE_IP, NUMBER_SOURCE_PORT, &geo);
	put_end(w, "destination", o, ADDRESS_DESTINATION_IP, NUMBER_DESTINATION_PORT, NULL);
	if (transport) {
		json_open_of(w, "network");
		json_words_of(w, "transport", transport);
		json_close_object(w);
	}
}

static void put_sip(struct json_writer *w, const struct observation *o)
{
	struct slice method = observation_text(o, TEXT_METHOD), agent = observation_text(o, TEXT_USER_AGENT);
	int64_t code = observation_number(o, NUMBER_CODE, -1);
	if (method.ptr || code >= 0) {
		json_open_of(w, "sip");
		if (method.ptr)
			json_text_of(w, "method", method);
		if (code >= 0)
			json_number_of(w, "code", (uint64_t)code);
		json_close_object(w);
	}
	if (agent.ptr) {
		json_open_of(w, "user_agent");
		json_text_of(w, "original", agent);
		json_close_object(w);
	}
}

static void put_http(struct json_writer *w, const struct observation *o)
{
	struct slice path = observation_text(o, TEXT_URL_PATH),
		     method = observation_text(o, TEXT_HTTP_METHOD);
	int64_t status = observation_number(o, NUMBER_HTTP_STATUS, -1);
	if (path.ptr) {
		json_open_of(w, "url");
		json_text_of(w, "path", shown_path(path, observation_text(o, TEXT_MAC)));
		json_close_object(w);
	}
	if (!method.ptr && status < 0)
		return;
	json_open_of(w, "http");
	if (method.ptr) {
		json_open_of(w, "request");
		json_text_of(w, "method", method);
		json_close_object(w);
	}
	if (status >= 0) {
		json_open_of(w, "response");
		json_number_of(w, "status_code", (uint64_t)status);
		json_close_object(w);
	}
	json_close_object(w);
}

static void put_anomalies(struct json_writer *w, const struct observation *o)
{
	json_key(w, "anomalies");
	json_open_array(w);
	for (uint64_t left = o->anomalies; left; left &= left - 1) {
		const char *text = anomaly_text((unsigned)__builtin_ctzll(left));
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
	json_begin_record(s, "event", "siphound.observation", &o->time_us);
	put_ends(s, o);
	put_sip(w, o);
	put_http(w, o);
	json_open_of(w, "siphound");
	json_open_of(w, "evidence");
	json_put_numbered(s, o->place, o->from_log);
	json_close_object(w);
	json_words_of(w, "category", word_of(s, o, CHOICE_CATEGORY));
	json_words_of(w, "outcome", word_of(s, o, CHOICE_OUTCOME));
	if (o->attack)
		json_words_of(w, "stage", stage_text((enum stage)(o->attack - 1)));
	json_text_of(w, "account", observation_text(o, TEXT_ACCOUNT));
	json_words_of(w, "proof", word_of(s, o, CHOICE_PROOF));
	json_open_of(w, "tool");
	json_text_of(w, "name", observation_text(o, TEXT_TOOL));
	json_text_of(w, "module", observation_text(o, TEXT_MODULE));
	json_text_of(w, "fingerprint", observation_text(o, TEXT_FINGERPRINT));
	json_close_object(w);
	json_text_of(w, "dialed", observation_text(o, TEXT_DIALED));
	json_text_of(w, "dialect", observation_text(o, TEXT_DIALECT));
	json_key(w, "solicited");
	o->choice[CHOICE_SOLICITED] ? json_bool(w, o->choice[CHOICE_SOLICITED] == FLAG_TRUE) : json_null(w);
	put_anomalies(w, o);
	json_close_object(w);
	json_end_record(s);
}

/* Alert and campaign */

static void put_rule(struct json_writer *w, const struct rule *rule)
{
	json_open_of(w, "rule");
	json_words_of(w, "id", rule->id);
	json_words_of(w, "name", rule->title);
	json_words_of(w, "uuid", rule->uuid && *rule->uuid ? rule->uuid : NULL);
	json_close_object(w);
}

static void json_alert(struct sink *sink, const struct alert *a)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	const struct firing *f = a->firing;
	const struct observation *o = a->observation;
	json_begin_record(s, "alert", "siphound.alert", &f->time_us);
	put_rule(w, f->rule);
	if (o && addr_eq(&o->address[ADDRESS_SOURCE_IP], &f->actor)) {
		put_ends(s, o);
	} else {
		json_open_of(w, "source");
		json_key(w, "ip");
		json_addr(w, &f->actor);
		json_close_object(w);
	}
	json_open_of(w, "siphound");
	json_words_of(w, "level", level_text(f->rule->level));
	json_words_of(w, "stage", json_stage(f->rule->stage));
	json_number_of(w, "count", f->count);
	json_time_of(w, "first_seen", f->first_us);
	json_key(w, "again");
	json_bool(w, f->again);
	json_key(w, "evidence");
	if (o) {
		json_open_object(w);
		json_put_numbered(s, o->place, o->from_log);
		json_close_object(w);
	} else {
		json_null(w);
	}
	json_words_of(w, "outcome", o ? word_of(s, o, CHOICE_OUTCOME) : NULL);
	json_words_of(w, "proof", o ? word_of(s, o, CHOICE_PROOF) : NULL);
	json_close_object(w);
	json_end_record(s);
}

static void json_campaign(struct sink *sink, const struct campaign *c)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	json_begin_record(s, "alert", "siphound.campaign", &c->last_us);
	put_rule(w, c->rule);
	json_open_of(w, "siphound");
	json_words_of(w, "campaign", c->id);
	json_words_of(w, "level", level_text(c->rule->level));
	json_words_of(w, "stage", json_stage(c->rule->stage));
	json_words_of(w, "fingerprint", c->fingerprint);
	json_text_of(w, "account", c->account);
	json_time_of(w, "first_seen", c->first_us);
	json_time_of(w, "last_seen", c->last_us);
	json_number_of(w, "observations", c->observations);
	json_open_of(w, "actors");
	json_put_addresses(w, &c->actors);
	json_close_object(w);
	json_close_object(w);
	json_end_record(s);
}

/* Summary */

static void put_counts(struct json_writer *w, const char *key, const struct named_list *list)
{
	json_open_of(w, key);
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
		json_words_of(w, "name", r->inputs[i].name);
		json_number_of(w, "packets", r->inputs[i].packets);
		json_number_of(w, "damaged", r->inputs[i].damaged);
		json_words_of(w, "damage", r->inputs[i].damage);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_protocols(struct json_writer *w, const struct run_summary *r)
{
	static const char *const classes[] = { "", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx" };
	json_open_of(w, "sip");
	json_number_of(w, "messages", r->sip_messages);
	put_counts(w, "requests", &r->requests);
	json_open_of(w, "responses");
	for (size_t i = 1; i < sizeof classes / sizeof *classes; i++)
		if (r->responses[i])
			json_number_of(w, classes[i], r->responses[i]);
	json_close_object(w);
	json_close_object(w);
	json_number_of(w, "provisioning", r->provisioning);
	json_open_of(w, "log");
	json_number_of(w, "lines", r->has_log ? r->lines : 0);
	json_number_of(w, "matched", r->has_log ? r->lines_matched : 0);
	json_open_of(w, "dialects");
	for (size_t i = 0; r->has_log && i < r->dialect_count; i++) {
		json_key_text(w, r->dialects[i].name);
		json_open_object(w);
		json_number_of(w, "matched", r->dialects[i].matched);
		json_number_of(w, "unmatched", r->dialects[i].unmatched);
		json_close_object(w);
	}
	json_close_object(w);
	json_close_object(w);
}

static void put_verdicts(struct json_writer *w, const struct run_summary *r)
{
	static const enum verdict order[] = { VERDICT_BLOCK, VERDICT_WATCH, VERDICT_VICTIM, VERDICT_SPARED };
	json_open_of(w, "offenders");
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		json_number_of(w, verdict_text(order[i]), r->offenders[order[i]]);
	json_close_object(w);
}

static void json_summary(struct sink *sink, const struct run_summary *r)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json_writer *w = &s->w;
	json_begin_record(s, "metric", "siphound.summary", NULL);
	json_open_of(w, "siphound");
	put_inputs(w, r);
	json_number_of(w, "bytes", r->bytes);
	json_number_of(w, "packets", r->packets);
	json_key(w, "first");
	r->has_time ? json_time(w, r->first_us) : json_null(w);
	json_key(w, "last");
	r->has_time ? json_time(w, r->last_us) : json_null(w);
	put_protocols(w, r);
	put_counts(w, "not_understood", &r->not_understood);
	put_counts(w, "other_traffic", &r->other_traffic);
	json_number_of(w, "actors", r->actors);
	json_number_of(w, "evicted", r->evicted);
	json_number_of(w, "dropped", r->dropped);
	put_verdicts(w, r);
	json_number_of(w, "campaigns", r->campaigns);
	json_number_of(w, "breaches", r->breaches);
	json_number_of(w, "perhaps", r->doubts);
	json_key(w, "one_way");
	json_bool(w, r->one_way);
	json_key(w, "cut");
	json_bool(w, r->is_cut);
	json_key(w, "notes");
	json_open_array(w);
	for (size_t i = 0; i < r->note_count; i++)
		json_words(w, r->notes[i]);
	json_close_array(w);
	json_close_object(w);
	json_end_record(s);
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
	struct json_sink *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->sink.ops = &json_ops;
	s->options = *options;
	learn_words(s);
	json_init(&s->w, options->out);
	return &s->sink;
}
