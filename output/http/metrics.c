/* SPDX-License-Identifier: MIT */
#include "output/http/metrics.h"

#include "core/clock.h"
#include "output/escape.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

/* ---- from a summary ---- */

void metrics_list_add(struct metrics_list *list, const char *name, uint64_t count)
{
	if (list->count == METRICS_LIST_MAX)
		return;
	struct metrics_item *item = &list->items[list->count++];
	snprintf(item->name, sizeof item->name, "%s", name);
	item->count = count;
}

static void take_list(struct metrics_list *to, const struct named_list *from)
{
	to->count = 0;
	for (size_t i = 0; i < from->count; i++)
		metrics_list_add(to, from->items[i].name, from->items[i].count);
}

void metrics_take_summary(struct metrics *m, const struct run_summary *s)
{
	m->bytes = s->bytes;
	m->packets = s->packets;
	m->sip_messages = s->sip_messages;
	m->provisioning = s->provisioning;
	take_list(&m->requests, &s->requests);
	memcpy(m->responses, s->responses, sizeof m->responses);
	m->has_log = s->has_log;
	m->lines = s->lines;
	m->lines_matched = s->lines_matched;
	take_list(&m->not_understood, &s->not_understood);
	memcpy(m->offenders, s->offenders, sizeof m->offenders);
	m->campaigns = s->campaigns;
	m->breaches = s->breaches;
	m->dropped = s->dropped;
	m->evicted = s->evicted;
	m->actors = s->actors;
}

/* ---- Prometheus text ---- */

/* The type as Prometheus calls it follows from the name: what ends in _total is a counter. */
static void head(FILE *out, const char *name, const char *help)
{
	size_t len = strlen(name);
	bool is_counter = len > 6 && strcmp(name + len - 6, "_total") == 0;
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, is_counter ? "counter" : "gauge");
}

static void plain(FILE *out, const char *name, const char *help, uint64_t value)
{
	head(out, name, help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void seconds(FILE *out, const char *name, const char *help, int64_t time_us)
{
	int64_t us = time_us > 0 ? time_us : 0;
	head(out, name, help);
	fprintf(out, "%s %" PRId64 ".%06" PRId64 "\n", name, us / SECOND_US, us % SECOND_US);
}

void metrics_write_label(const char *value, FILE *out)
{
	struct slice rest = slice_str(value);
	fputc('"', out);
	while (rest.len) {
		uint32_t code;
		size_t len = utf8_decode(rest, &code);
		if (len > 1) { /* one byte that is no UTF-8 would cost the reader the whole page */
			fwrite(rest.ptr, 1, len, out);
		} else if (len && code == '\n') {
			fputs("\\n", out);
		} else {
			if (len && (code == '\\' || code == '"'))
				fputc('\\', out);
			fputc(!len || code < ' ' || code == 0x7f ? '?' : (int)code, out);
		}
		rest = slice_from(rest, len ? len : 1);
	}
	fputc('"', out);
}

static void labelled(FILE *out, const char *name, const char *label, const char *value, uint64_t count)
{
	fprintf(out, "%s{%s=", name, label);
	metrics_write_label(value, out);
	fprintf(out, "} %" PRIu64 "\n", count);
}

static void list(FILE *out, const char *name, const char *help, const char *label,
		 const struct metrics_list *l)
{
	if (!l->count)
		return; /* without a sample the name is better not there at all */
	head(out, name, help);
	for (size_t i = 0; i < l->count; i++)
		labelled(out, name, label, l->items[i].name, l->items[i].count);
}

static void write_program(const struct metrics *m, FILE *out)
{
	head(out, "siphound_build_info", "Version of the program; the value is always 1.");
	fputs("siphound_build_info{version=", out);
	metrics_write_label(m->version, out);
	fputs(",build=", out);
	metrics_write_label(m->build, out);
	fputs("} 1\n", out);
	seconds(out, "siphound_start_time_seconds", "When the watch began, since 1970.", m->started_us);
	seconds(out, "siphound_last_tick_time_seconds", "Last turn of the watching loop, since 1970.",
		m->tick_us);
	plain(out, "siphound_rules", "Rules that are loaded.", m->rules);
	head(out, "siphound_reloads_total", "Reloads of rules and configuration.");
	labelled(out, "siphound_reloads_total", "result", "ok", m->reloads);
	labelled(out, "siphound_reloads_total", "result", "failed", m->reloads_failed);
	if (m->reloaded_us)
		seconds(out, "siphound_last_reload_time_seconds", "Last reload that succeeded, since 1970.",
			m->reloaded_us);
}

static void write_traffic(const struct metrics *m, FILE *out)
{
	static const char *const classes[7] = { NULL, "1xx", "2xx", "3xx", "4xx", "5xx", "6xx" };
	plain(out, "siphound_packets_total", "Packets and log lines that were read.", m->packets);
	plain(out, "siphound_bytes_total", "Bytes of these.", m->bytes);
	plain(out, "siphound_dropped_total", "Frames that were lost before they could be read.", m->dropped);
	plain(out, "siphound_sip_messages_total", "SIP messages.", m->sip_messages);
	list(out, "siphound_sip_requests_total", "SIP requests by method.", "method", &m->requests);
	head(out, "siphound_sip_responses_total", "SIP responses by class.");
	for (size_t i = 1; i < 7; i++)
		labelled(out, "siphound_sip_responses_total", "class", classes[i], m->responses[i]);
	plain(out, "siphound_provisioning_requests_total", "Requests for phone configurations (HTTP, TFTP).",
	      m->provisioning);
	if (m->has_log) {
		plain(out, "siphound_log_lines_total", "Log lines that were read.", m->lines);
		plain(out, "siphound_log_lines_matched_total", "Those that a dialect understood.",
		      m->lines_matched);
	}
	list(out, "siphound_not_understood_total", "Packets and lines that were passed over, by reason.",
	     "reason", &m->not_understood);
}

static void write_inputs(const struct metrics *m, FILE *out)
{
	if (!m->input_count)
		return;
	head(out, "siphound_input_up", "1 when the interface is up, the listener bound, the log there.");
	for (size_t i = 0; i < m->input_count; i++)
		labelled(out, "siphound_input_up", "input", m->inputs[i].name, m->inputs[i].is_up);
	head(out, "siphound_input_packets_total", "Packets or lines by input.");
	for (size_t i = 0; i < m->input_count; i++)
		labelled(out, "siphound_input_packets_total", "input", m->inputs[i].name,
			 m->inputs[i].packets);
	head(out, "siphound_input_dropped_total", "Frames lost before they could be read, by input.");
	for (size_t i = 0; i < m->input_count; i++)
		labelled(out, "siphound_input_dropped_total", "input", m->inputs[i].name, m->inputs[i].drops);
}

static void write_findings(const struct metrics *m, FILE *out)
{
	static const char *const levels[LEVEL_COUNT] = { "informational", "low", "medium", "high",
							 "critical" };
	plain(out, "siphound_observations_total", "Observations that rules were held against.",
	      m->observations);
	head(out, "siphound_alerts_total", "Rules that fired, by their level.");
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		labelled(out, "siphound_alerts_total", "level", levels[i], m->alerts[i]);
	plain(out, "siphound_alerts_left_out_total", "Alerts not told, as there were too many in one second.",
	      m->alerts_left_out);
	head(out, "siphound_offenders", "Offenders in memory, by verdict.");
	for (int v = VERDICT_BLOCK; v <= VERDICT_SPARED; v++)
		labelled(out, "siphound_offenders", "verdict", verdict_text((enum verdict)v),
			 m->offenders[v]);
	plain(out, "siphound_campaigns", "Campaigns in memory.", m->campaigns);
	plain(out, "siphound_breaches", "Accounts that were broken into, as far as memory reaches.",
	      m->breaches);
	plain(out, "siphound_actors_total", "Different addresses that were seen, as far as memory reaches.",
	      m->actors);
	plain(out, "siphound_actors_evicted_total", "Addresses forgotten to make room.", m->evicted);
	plain(out, "siphound_actor_table_used", "Addresses that are remembered.", m->table_used);
	plain(out, "siphound_actor_table_limit", "Addresses that can be remembered.", m->table_limit);
}

static void write_store(const struct metrics_store *s, FILE *out)
{
	plain(out, "siphound_store_failing", "1 when the store could not be written last time.",
	      s->is_failing);
	plain(out, "siphound_store_bytes", "Size of the store's file.", s->bytes);
	plain(out, "siphound_store_outbox_rows", "Changes that the slowest feed has not taken.", s->lag);
	plain(out, "siphound_bans_total", "Bans that began or were renewed.", s->bans);
}

static void write_redis(const struct metrics_redis *r, FILE *out)
{
	plain(out, "siphound_redis_connected", "1 when Redis is connected.", r->is_connected);
	plain(out, "siphound_redis_lag", "Changes that Redis does not have yet.", r->lag);
	plain(out, "siphound_redis_sent_total", "Changes that Redis took.", r->sent);
	plain(out, "siphound_redis_failures_total", "Commands that Redis refused or that got no answer.",
	      r->failed);
	plain(out, "siphound_redis_reconnects_total", "Connections made anew.", r->reconnects);
	plain(out, "siphound_redis_skipped_total",
	      "Addresses left out, as keys of another type stand in their place.", r->skipped);
	plain(out, "siphound_redis_allow_too_wide",
	      "Entries of its allow list that are too wide to be heeded.", r->wide);
}

static void write_ban_log(const struct metrics_ban_log *b, FILE *out)
{
	plain(out, "siphound_ban_log_failing", "1 when the ban log could not be written last time.",
	      b->is_failing);
	plain(out, "siphound_ban_log_lag", "Changes that the ban log does not have yet.", b->lag);
	head(out, "siphound_ban_log_lines_total", "Lines of the ban log.");
	labelled(out, "siphound_ban_log_lines_total", "verdict", "block", b->bans);
	labelled(out, "siphound_ban_log_lines_total", "verdict", "unban", b->unbans);
	plain(out, "siphound_ban_log_failures_total", "Failed writes; what they held came later.",
	      b->failures);
	plain(out, "siphound_ban_log_reopened_total", "Rotations of the file.", b->reopened);
}

int metrics_write_prometheus(const struct metrics *m, FILE *out)
{
	write_program(m, out);
	write_traffic(m, out);
	write_inputs(m, out);
	write_findings(m, out);
	if (m->store.is_on)
		write_store(&m->store, out);
	if (m->redis.is_on)
		write_redis(&m->redis, out);
	if (m->ban_log.is_on)
		write_ban_log(&m->ban_log, out);
	return ferror(out) ? -EIO : 0;
}

/* ---- the board ---- */

struct metrics_board {
	pthread_mutex_t lock;
	bool is_published;
	struct metrics value;
};

struct metrics_board *metrics_board_new(void)
{
	struct metrics_board *board = calloc(1, sizeof *board);
	if (board && pthread_mutex_init(&board->lock, NULL)) {
		free(board);
		return NULL;
	}
	return board;
}

void metrics_board_free(struct metrics_board *board)
{
	if (!board)
		return;
	pthread_mutex_destroy(&board->lock);
	free(board);
}

void metrics_publish(struct metrics_board *board, const struct metrics *m)
{
	pthread_mutex_lock(&board->lock);
	board->value = *m;
	board->is_published = true;
	pthread_mutex_unlock(&board->lock);
}

bool metrics_read(struct metrics_board *board, struct metrics *out)
{
	pthread_mutex_lock(&board->lock);
	*out = board->value; /* zeroed by calloc as long as nothing was published */
	bool is_published = board->is_published;
	pthread_mutex_unlock(&board->lock);
	return is_published;
}
