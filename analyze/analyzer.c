/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

#include "analyze/fingerprint/sipvicious.h"
#include "core/clock.h"

#include <stdlib.h>

const struct analyzer_options analyzer_defaults = { .max_actors = 32768, .ban_first_s = 3600 };

#define JUMP_US (30 * DAY_US) /* captures have gaps */

struct analyzer *analyzer_new(const struct analyzer_options *options)
{
	struct analyzer *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->options = *options;
	a->now_us = a->jump_us = a->log_line_us = a->log_clock_us = INT64_MIN;
	size_t actors = options->max_actors ? options->max_actors : analyzer_defaults.max_actors;
	struct detect_limits limits = { .max_items = actors * 2 };
	struct table_config campaigns = { .max_entries = 4096, .key_size = 8, .entry_size = sizeof(struct campaign_entry) };
	struct engine_options engine = engine_defaults;
	if (options->max_window_bytes)
		engine.max_window_bytes = options->max_window_bytes;
	a->engine = engine_new(options->rules, &engine);
	a->detectors = detectors_new(&limits);
	if (!a->engine || !a->detectors)
		goto out;
	a->digest_words = engine_digest_words(a->engine);
	a->digest = calloc(a->digest_words + 1, sizeof *a->digest);
	a->transactions = transactions_new(actors / 2 + 1, a->digest_words, analyzer_transaction_settled, a);
	a->cut_pairs = cut_pairs_new(actors / 2 + 1);
	if (!a->digest || !a->transactions || !a->cut_pairs ||
	    sources_init(&a->sources, actors, detectors_actor_bytes(a->detectors)) ||
	    relations_init(&a->relations, actors * 2, SOURCE_FRESH_US) || dialogs_init(&a->dialogs, actors) ||
	    ledger_init(&a->ledger, actors) || intern_init(&a->agents, 4096) ||
	    intern_init(&a->fingerprints, 4096) || table_init(&a->campaigns, &campaigns) ||
	    told_init(&a->told))
		goto out;
	a->wants_geo = ruleset_wants_geo(options->rules);
	return a;
out:
	analyzer_free(a);
	return NULL;
}

bool analyzer_expects_media(const struct analyzer *a, uint16_t port)
{
	return dialogs_wait_for_media(&a->dialogs, port);
}

struct message_reader *analyzer_reader_new(const struct analyzer *a)
{
	return message_reader_new(a->options.rules, a->engine);
}

void analyzer_free(struct analyzer *a)
{
	if (!a)
		return;
	transactions_free(a->transactions);
	cut_pairs_free(a->cut_pairs);
	engine_free(a->engine);
	detectors_free(a->detectors);
	sources_fini(&a->sources);
	relations_fini(&a->relations);
	dialogs_fini(&a->dialogs);
	ledger_fini(&a->ledger);
	intern_fini(&a->agents);
	intern_fini(&a->fingerprints);
	table_fini(&a->campaigns);
	told_fini(&a->told);
	free(a->digest);
	free(a);
}

/* A damaged time must not turn the clock for all that follows, since it never goes back: a jump of more than JUMP_US is believed when
 * the next message agrees. */
static bool is_believable(struct analyzer *a, int64_t time_us)
{
	bool is_far = a->now_us != INT64_MIN && time_us > a->now_us && (uint64_t)time_us - (uint64_t)a->now_us > JUMP_US;
	bool agrees = a->jump_us != INT64_MIN && time_us >= a->jump_us - JUMP_US;
	a->jump_us = is_far && !agrees ? time_us : INT64_MIN;
	return !is_far || agrees;
}

void analyzer_advance(struct analyzer *a, int64_t time_us)
{
	if (is_believable(a, time_us) && time_us > a->now_us)
		a->now_us = time_us;
	transactions_expire(a->transactions, a->now_us);
}

void analyzer_mark(struct analyzer *a, struct source *s)
{
	if (s->is_changed || s->level <= LEVEL_MEDIUM)
		return;
	s->is_changed = true;
	if (a->changed_count < CHANGED_MAX)
		a->changed[a->changed_count] = s->address;
	a->changed_count++;
}

void analyzer_tick(struct analyzer *a, int64_t now_us)
{
	analyzer_advance(a, now_us);
}

void analyzer_finish(struct analyzer *a)
{
	transactions_flush(a->transactions, a->now_us);
}

static void note_campaign(struct analyzer *a, struct source_record *record, const struct firing *f,
			  const struct event *e)
{
	/* By the rule's name, not its place: the id stays when there are other rules, in a store too. */
	uint64_t key = hash_bytes(f->rule->id, strlen(f->rule->id), f->group);
	bool is_new;
	struct campaign_entry *c = table_get(&a->campaigns, &key, &is_new);
	if (!c)
		return;
	if (is_new) {
		c->rule = f->rule;
		c->first_us = f->first_us;
		c->fingerprint_hash = e->fingerprint_hash;
		c->account_hash = e->account_hash;
		c->account = e->account;
	}
	if (e->fingerprint_hash != c->fingerprint_hash)
		c->fingerprint_hash = 0;
	if (e->account_hash != c->account_hash)
		c->account_hash = 0;
	if (f->first_us < c->first_us)
		c->first_us = f->first_us;
	if (f->time_us > c->last_us)
		c->last_us = f->time_us;
	c->observations += f->again ? 1 : f->count;
	if (record->campaign != key) {
		record->campaign = key;
		c->actors++;
	}
}

/* The texts of a request whose bytes are gone, as far as they were kept; lines of logs still have theirs. */
static void name_texts(const struct analyzer *a, const struct event *e, struct observation *o)
{
	if (e->from_log)
		return;
	observation_set_text(o, TEXT_METHOD, slice_str(sip_method_text(e->method)));
	if (e->account.len)
		observation_set_text(o, TEXT_ACCOUNT, short_text_slice(&e->account));
	if (e->dialed.len)
		observation_set_text(o, TEXT_DIALED, short_text_slice(&e->dialed));
	if (e->agent_hash)
		observation_set_text(o, TEXT_USER_AGENT, intern_get(&a->agents, e->agent_hash));
	if (e->module) {
		observation_set_text(o, TEXT_TOOL, SLICE("sipvicious"));
		observation_set_text(o, TEXT_MODULE, slice_str(sipvicious_module_text((enum sipvicious_module)e->module)));
	}
	if (e->fingerprint_hash)
		observation_set_text(o, TEXT_FINGERPRINT, intern_get(&a->fingerprints, e->fingerprint_hash));
}

struct fire_context {
	struct analyzer *a;
	const struct event *event;
	struct source *source; /* of the event's actor */
	const struct rule *worst; /* of the rules that this observation fulfils by itself */
};

static void note_stage(struct source *s, struct source_record *record, const struct rule *rule,
		       int64_t first_us, int64_t last_us)
{
	if (rule->stage == STAGE_NONE)
		return;
	if (!(s->stages >> rule->stage & 1)) {
		s->stages |= (uint16_t)(1u << rule->stage);
		record->stage_first_us[rule->stage] = first_us;
	}
	if (first_us < record->stage_first_us[rule->stage])
		record->stage_first_us[rule->stage] = first_us;
	record->stage_last_us[rule->stage] = last_us;
}

static void note_crime(struct source *s, enum proof proof)
{
	if (proof > s->crime_proof)
		s->crime_proof = (uint8_t)proof;
	if (s->crimes == UINT32_MAX)
		return;
	s->crimes++;
	s->crimes_proven += proof >= PROOF_ECHOED;
}

static void on_fire(void *ctx, const struct firing *f, const struct observation *o)
{
	struct fire_context *fire = ctx;
	struct analyzer *a = fire->a;
	struct source *s = source_recall(&a->sources, fire->source, &f->actor);
	struct source_record *record = s ? source_record_get(&a->sources, s) : NULL;
	if (!record)
		return;
	bool is_its_own = !f->rule->is_correlation && !f->rule->is_hearsay && f->rule->stage != STAGE_NONE;
	if (is_its_own && (!fire->worst || f->rule->level > fire->worst->level))
		fire->worst = f->rule;
	if (f->rule->level >= LEVEL_HIGH && !f->rule->is_hearsay) {
		s->is_cracker |= f->rule->stage == STAGE_CRACK;
		s->is_enumerator |= f->rule->stage == STAGE_ENUMERATE;
		/* What succeeds is its own business, whatever somebody else did in its name meanwhile. */
		bool is_business = outcome_is_success(event_outcome(fire->event)) && f->rule->stage != STAGE_BREACH &&
				   f->rule->stage != STAGE_TOLL_FRAUD;
		if (!f->rule->is_campaign && s == fire->source && !is_business)
			note_crime(s, (enum proof)fire->event->proof);
	}
	if (f->rule->level >= LEVEL_MEDIUM && s->fired < UINT32_MAX) {
		s->fired++;
		s->fired_cut += fire->event->is_cut;
		s->fired_presumed += fire->event->is_presumed;
	}
	bool is_new =
	    ledger_add(&a->ledger, f, (enum proof)s->proof, &record->fired[f->rule->index % SOURCE_FIRED]);
	if (f->rule->level >= LEVEL_MEDIUM && f->rule->honest != HONEST_CORRECTED)
		note_stage(s, record, f->rule, f->first_us, f->time_us);
	if (f->rule->tool && !record->tool)
		record->tool = f->rule->tool;
	if (f->rule->stage == STAGE_BREACH)
		s->is_breached = true;
	if (f->rule->is_campaign)
		note_campaign(a, record, f, fire->event);
	if (s->level <= f->rule->level) {
		s->level = (uint8_t)(f->rule->level + 1);
		source_touch(&a->sources, s);
	}
	analyzer_mark(a, s);
	if (is_new && a->options.on_alert) {
		struct observation named = *o;
		name_texts(a, fire->event, &named);
		struct alert alert = { .firing = f, .observation = &named };
		a->options.on_alert(a->options.ctx, &alert);
	}
}

static void add_geo(struct analyzer *a, const struct event *e, struct observation *o)
{
	struct geo geo;
	geo_lookup(a->options.geo, &e->actor, &geo);
	observation_set_text(o, TEXT_COUNTRY, geo.country);
	observation_set_text(o, TEXT_AS_NAME, geo.as_name);
	if (geo.as_number)
		observation_set_number(o, NUMBER_AS_NUMBER, geo.as_number);
}

#define OWN_ACCOUNTS_MAX 3

/* One account of one's own excuses the use of that, not that of dozens of others. */
static bool is_peer(const struct analyzer *a, const struct source *s, const struct observation *o)
{
	if (source_is_trunk(s))
		return true;
	return source_is_registered(s, a->now_us) &&
	       (s->has_accounts || observation_number(o, NUMBER_ACCOUNTS_TRIED, 0) <= OWN_ACCOUNTS_MAX);
}

static void learn(struct analyzer *a, struct source *s, const struct event *e, const struct observation *o)
{
	if (e->provisioning)
		return; /* a configuration file is no business: its password may be the one that was harvested */
	/* Of cut messages the refusals before are not seen, so who has attacked already may have guessed it. */
	bool is_presumed = e->is_cut && e->follows_challenge && s->level <= LEVEL_MEDIUM;
	bool by_password = (e->choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN || is_presumed) &&
			   o->choice[CHOICE_BREACHED] != FLAG_TRUE && !s->is_breached;
	/* A registrar that takes any credentials would make a friend of everybody: they must answer a challenge that we saw. */
	bool is_proven = e->from_log || e->proof >= PROOF_ECHOED || is_presumed;
	if (event_outcome(e) != OUTCOME_ACCEPTED || !by_password || !is_proven || e->is_removal ||
	    (e->method != SIP_METHOD_REGISTER && !e->from_log))
		return;
	if (s->registrations++ == 0)
		source_touch(&a->sources, s); /* worth more from now on */
	if (!s->account_hash)
		s->account_hash = e->account_hash;
	s->has_accounts |= e->account_hash != s->account_hash;
	s->business_us = e->time_us;
	if (!addr_is_none(&e->target))
		relation_registered(&a->relations, &e->actor, &e->target, e->time_us);
}

/* Asks the cache for the evidence that will be added to. */
static void expect_evidence(const struct analyzer *a, const struct source_record *record)
{
	for (unsigned i = 0; i < SOURCE_FIRED; i++)
		if (record->fired[i])
			table_prefetch_hint(table_at_place(&a->ledger.table, record->fired[i]));
}

void analyzer_settled(struct analyzer *a, struct source *hint, const struct event *e, uint64_t *digest, struct observation *o)
{
	struct source *s = source_recall(&a->sources, hint, &e->actor);
	if (!s)
		return; /* forgotten meanwhile for lack of room, and counted there */
	struct detect_context context = { .now_us = a->now_us, .relations = &a->relations,
					  .is_cracking = source_is_guessing(s), .is_enumerating = source_is_enumerating(s) };
	const struct source_record *record = source_record(&a->sources, s);
	if (record)
		table_prefetch_entry(&a->sources.records,
				     record); /* who made rules fire will do so again in a moment */
	bool solicited = !addr_is_none(&e->target) && relation_solicited_hinted(&a->relations, e->hint.relation, &e->actor, &e->target, a->now_us);
	o->choice[CHOICE_OUTCOME] = e->choice[CHOICE_OUTCOME];
	o->choice[CHOICE_ABANDONED] = e->choice[CHOICE_ABANDONED];
	o->choice[CHOICE_FOLLOWUP] = e->choice[CHOICE_FOLLOWUP];
	o->choice[CHOICE_SOLICITED] = solicited || e->in_dialog ? FLAG_TRUE : FLAG_FALSE;
	o->choice[CHOICE_BREACHED] = o->choice[CHOICE_ANEW] = FLAG_FALSE;
	if (e->choice[CHOICE_OUTCOME] != OUTCOME_NONE && !e->from_log && !e->is_presumed)
		source_prove(s, PROOF_ANSWERED);
	o->choice[CHOICE_PROOF] = s->proof;
	if (e->code)
		observation_set_number(o, NUMBER_CODE, e->code);
	detectors_settled(a->detectors, s->measured, e, &context, o);
	if (record)
		expect_evidence(a, record);
	o->choice[CHOICE_PEER] = is_peer(a, s, o) ? FLAG_TRUE : FLAG_FALSE;
	learn(a, s, e, o);
	observation_set_network(o);
	if (a->wants_geo)
		add_geo(a, e, o);
	engine_look(a->engine, o, FIELD_LATE, digest);
	struct fire_context fire = { a, e, s, NULL };
	engine_judge(a->engine, o, digest, on_fire, &fire);
	analyzer_mark(a, s); /* a suspect whose proof or business grew, without a rule that fired */
	/* What succeeds is no attack by itself, whatever its sender did before, unless it is the breach. */
	bool is_attack = fire.worst && (!outcome_is_success(event_outcome(e)) || fire.worst->stage == STAGE_BREACH);
	o->attack = is_attack ? (uint8_t)(fire.worst->stage + 1) : 0;
	a->counters.observations++;
	if (a->options.on_observation) {
		if (a->options.few_texts && !o->attack && !e->from_log)
			observation_set_text(o, TEXT_ACCOUNT, short_text_slice(&e->account));
		else
			name_texts(a, e, o);
		a->options.on_observation(a->options.ctx, o);
	}
}

static bool is_failure(enum outcome outcome)
{
	return outcome == OUTCOME_REFUSED || outcome == OUTCOME_UNKNOWN_TARGET || outcome == OUTCOME_FORBIDDEN;
}

void event_observation(const struct event *e, int64_t known_us, struct observation *o)
{
	observation_init(o);
	o->time_us = e->time_us;
	o->known_us = known_us;
	o->place = e->place;
	o->address[ADDRESS_SOURCE_IP] = e->actor;
	o->address[ADDRESS_DESTINATION_IP] = e->target;
	o->anomalies = e->anomalies;
	memcpy(o->choice, e->choice, sizeof o->choice);
	observation_set_number(o, NUMBER_SOURCE_PORT, e->actor_port);
	observation_set_number(o, NUMBER_DESTINATION_PORT, e->target_port);
}

void analyzer_transaction_settled(void *ctx, struct transaction *t, int64_t now_us)
{
	struct analyzer *a = ctx;
	struct observation o;
	(void)now_us;
	analyzer_expect_next(a, t);
	a->counters.refusals += is_failure(event_outcome(&t->event));
	event_observation(&t->event, a->now_us, &o);
	analyzer_settled(a, t->source, &t->event, t->digest, &o);
}

bool analyzer_log_offset(const struct analyzer *a, int *offset_s)
{
	return a->counters.log_repeats == 0 && log_fit_best(&a->log_fit, offset_s);
}

struct analyzer_counters analyzer_counters(const struct analyzer *a)
{
	struct analyzer_counters c = a->counters;
	c.evicted = a->sources.table.evicted;
	c.regex_limits = engine_regex_limits(a->engine);
	c.dropped += transactions_pressed(a->transactions) + engine_evicted(a->engine) + a->ledger.table.evicted +
		     a->campaigns.evicted;
	return c;
}
