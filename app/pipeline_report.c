/* SPDX-License-Identifier: MIT */
#include "app/pipeline_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void pipeline_note(struct pipeline *p, const char *text)
{
	if (p->note_count == NOTES_MAX)
		return;
	for (size_t i = 0; i < p->note_count; i++)
		if (strncmp(p->notes[i], text, NOTE_LEN_MAX - 1) == 0)
			return;
	snprintf(p->notes[p->note_count], NOTE_LEN_MAX, "%s", text);
	p->note_list[p->note_count] = p->notes[p->note_count];
	p->note_count++;
}

void pipeline_count(struct pipeline *p, const char *name, uint64_t n)
{
	size_t i = 0;
	while (i < p->extra_count && strcmp(p->extra[i].name, name) != 0)
		i++;
	if (i == EXTRA_MAX)
		return;
	p->extra[i] = (struct named_count){ name, n };
	p->extra_count += i == p->extra_count;
}

static void count_campaign(void *ctx, const struct campaign *c)
{
	struct pipeline *p = ctx;
	(void)c;
	p->summary.campaigns++;
}

static void count_offender(void *ctx, const struct offender *o)
{
	struct pipeline *p = ctx;
	p->summary.offenders[o->verdict]++;
	p->summary.breaches += o->breach_count;
	p->summary.doubts += o->doubt_count;
}

static void on_campaign(void *ctx, const struct campaign *c)
{
	struct pipeline *p = ctx;
	count_campaign(p, c);
	TELL_SINKS(p, campaign, c);
}

/* For evidence. */
static void keep_address(struct pipeline *p, const struct offender *o)
{
	if (p->offender_count == p->offender_room) {
		size_t room = p->offender_room ? p->offender_room * 2 : 64;
		struct addr *grown = realloc(p->offenders, room * sizeof *grown);
		if (!grown) {
			p->offenders_lost = true;
			return;
		}
		p->offenders = grown;
		p->offender_room = room;
	}
	p->offenders[p->offender_count++] = o->address;
}

static void on_offender(void *ctx, const struct offender *o)
{
	struct pipeline *p = ctx;
	if (o->verdict == VERDICT_NONE) {
		TELL_SINKS(p, bystander, o);
		return;
	}
	count_offender(p, o);
	keep_address(p, o);
	TELL_SINKS(p, offender, o);
}

static void count(struct named_list *list, const char *name, uint64_t n)
{
	if (n && list->count < SUMMARY_LIST_MAX)
		list->items[list->count++] = (struct named_count){ name, n };
}

#define REFUSALS_TO_MISS 10

/* A log that tells nothing of what the wire shows is another server's, or its format has changed. */
static void note_silent_log(struct pipeline *p, const struct analyzer_counters *a)
{
	if (!p->has_log || p->packets == 0 || a->refusals < REFUSALS_TO_MISS || a->log_failures)
		return;
	/* Without their number: a watch that runs on says this once. */
	pipeline_note(p, "The captures show refused or unknown accounts, and the logs tell of none: has the log "
			 "format changed, or is it the log of another server or time?");
}

/* A log in local time that was taken for UTC, or in another zone than was said: what both tell is counted twice. */
static void note_log_apart(struct pipeline *p, const struct analyzer_counters *a)
{
	char note[NOTE_LEN_MAX];
	int offset_s;
	if (!p->has_log || p->packets == 0 || a->log_repeats)
		return;
	if (analyzer_log_offset(p->analyzer, &offset_s)) {
		int minutes = abs(offset_s) / 60;
		snprintf(note, sizeof note,
			 "The logs tell what the captures show, but %d h %02d min %s, so that all of it is "
			 "counted twice: their zone is another "
			 "one. If none was given, read again with --utc-offset %c%02d:%02d.",
			 minutes / 60, minutes % 60, offset_s < 0 ? "earlier" : "later",
			 offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
		pipeline_note(p, note);
	} else if (a->refusals >= REFUSALS_TO_MISS && a->log_failures >= REFUSALS_TO_MISS) {
		pipeline_note(p, "The captures and the logs show failed logins, and none at the same time: "
				 "is it the same server, and the right "
				 "zone (--utc-offset)? Both are counted, perhaps twice.");
	}
}

/* Without times all of it is one moment, and a year of mistyped passwords looks like a burst. */
static void note_timeless_log(struct pipeline *p)
{
	if (p->packets == 0 && p->lines_matched > 1 && p->first_us == 0 && p->last_us == 0)
		pipeline_note(
		    p, "No line of the logs tells its time, so all of them count as one moment: do not "
		       "believe what was judged by how fast or how often it came.");
}

/* Which is no match: the rule or dialect is blind there, and its author can mend that. */
static void note_regex_limits(struct pipeline *p, const struct analyzer_counters *a)
{
	if (a->regex_limits + p->log_regex_limits)
		pipeline_note(p, "A regular expression of a rule or dialect took too many steps and was "
				 "given up, which counts as no match: "
				 "write it without repeats inside repeats, as in (a+)+.");
}

#define PART_SHARE                                                                                           \
	10 /* one message in so many: a few are fragments whose rest was lost, or answers to what was before */

static bool is_cut(const struct analyzer_counters *a)
{
	return a->cut && a->cut * PART_SHARE >= a->messages;
}

static void note_cut(struct pipeline *p, const struct analyzer_counters *a)
{
	if (is_cut(a))
		pipeline_note(p, "The capture holds only the beginning of SIP messages, so passwords, names "
				 "and what would excuse "
				 "an honest sender may be missing: tools and sweeps are told by what is "
				 "there, the rest is only "
				 "watched. Capture whole packets: tcpdump -s 0.");
}

static void list_dialects(struct pipeline *p)
{
	struct run_summary *s = &p->summary;
	for (size_t i = 0; i < p->dialect_count; i++)
		if (p->dialects[i].matched || p->dialects[i].unmatched)
			p->seen_dialects[s->dialect_count++] = p->dialects[i];
	s->dialects = p->seen_dialects;
}

static void list_not_understood(struct pipeline *p, const struct analyzer_counters *a)
{
	struct named_list *list = &p->summary.not_understood;
	struct stream_counters streams = stream_reader_counters(p->streams);
	const struct decoder_counters *d = decoder_counters(p->decoder);
	for (unsigned drop = 0; drop < DECODER_DROP_COUNT; drop++)
		count(list, decoder_drop_text(drop), d->drops[drop]);
	count(list, "TCP connections left for newer ones, being too many", tcp_counters(p->tcp)->evicted);
	count(list, "holes in TCP streams (packets lost or cut)", tcp_counters(p->tcp)->gaps);
	count(list, "requests or lines a rule's regex gave up on", a->regex_limits);
	count(list, "lines a dialect's regex gave up on", p->log_regex_limits);
	count(list, "log lines that repeat what was told already", a->log_repeats);
	count(list, "log lines that could be read in two ways", p->ambiguous);
	count(list, "looked like SIP but is not", p->rejected);
	count(list, "responses to requests that were not seen", a->unpaired);
	count(list, "SIP messages cut by the capture", a->cut);
	count(list, "bytes between SIP messages of a stream", streams.garbage);
	count(list, "compressed or oversized WebSocket messages", streams.websocket_unread);
	count(list, "pieces of streams that memory ran out for", streams.unkept);
	count(list, "bytes of streams that memory ran out for", tcp_counters(p->tcp)->unkept_bytes);
	count(list, "web requests too many to wait for their answers", p->web ? web_given_up(p->web) : 0);
	for (size_t i = 0; i < p->extra_count; i++)
		count(list, p->extra[i].name, p->extra[i].count);
}

#define MESSAGES_TO_TELL 20 /* fewer may have begun before the capture, or been answered after it */

/* Half of a mirror: requests without answers, or answers without requests. */
static bool is_one_way(const struct analyzer_counters *a)
{
	return a->messages >= MESSAGES_TO_TELL && a->paired == 0;
}

static void note_direction(struct pipeline *p, const struct analyzer_counters *a)
{
	if (a->presumed * PART_SHARE > a->messages)
		pipeline_note(p, "Answers were captured whose requests were not. What was asked is read from "
				 "what they repeat, and only "
				 "watched, since they prove no address; sweeps and passwords do not show. "
				 "Mirror both directions.");
	else if (is_one_way(a))
		pipeline_note(p, "No answer to any request was captured. So nobody knows which passwords "
				 "were right, which accounts "
				 "are there, and who is real; an honest sender may look like a sweep. Mirror "
				 "both directions.");
}

static void sum_up(struct pipeline *p, const struct input_summary *inputs, size_t input_count)
{
	struct run_summary *s = &p->summary;
	struct analyzer_counters a = analyzer_counters(p->analyzer);
	note_silent_log(p, &a);
	note_timeless_log(p);
	note_log_apart(p, &a);
	note_regex_limits(p, &a);
	note_cut(p, &a);
	note_direction(p, &a);
	*s = (struct run_summary){
		.inputs = inputs,
		.input_count = input_count,
		.bytes = p->bytes,
		.packets = p->packets,
		.has_time = p->packets > 0 || p->lines_matched > 0,
		.first_us = p->first_us,
		.last_us = p->last_us,
		.has_log = p->has_log,
		.lines = p->lines,
		.lines_matched = p->lines_matched,
		.lines_forged = p->ambiguous,
		.notes = p->note_list,
		.note_count = p->note_count,
		.sip_messages = a.messages,
		.provisioning = a.provisioning,
		.actors = a.actors,
		.evicted = a.evicted,
		.dropped = a.dropped,
		.one_way = is_one_way(&a),
		.is_cut = is_cut(&a),
	};
	for (unsigned m = 0; m < SIP_METHOD_COUNT; m++)
		count(&s->requests, sip_method_text(m), a.requests[m]);
	memcpy(s->responses, a.responses, sizeof s->responses);
	list_dialects(p);
	list_not_understood(p, &a);
	other_list(p->other, &s->other_traffic);
}

static void on_change(void *ctx, const struct offender *o)
{
	struct pipeline *p = ctx;
	TELL_SINKS(p, offender, o);
}

int pipeline_changes(struct pipeline *p)
{
	struct report_handlers handlers = { .offender = on_change, .ctx = p };
	reading_queue_drain(p->queue);
	return analyzer_changes(p->analyzer, &handlers);
}

int pipeline_summary(struct pipeline *p, const struct input_summary *inputs, size_t input_count,
		     struct sink *to)
{
	struct report_handlers handlers = { count_campaign, count_offender, p, NULL };
	sum_up(p, inputs, input_count);
	int result = analyzer_report(p->analyzer, &handlers);
	if (!result)
		to->ops->summary(to, &p->summary);
	return result;
}

int pipeline_report(struct pipeline *p, const struct input_summary *inputs, size_t input_count)
{
	struct report_handlers handlers = { on_campaign, on_offender, p, p->also };
	p->offender_count = 0;
	p->offenders_lost = false;
	sum_up(p, inputs, input_count);
	int result = analyzer_report(p->analyzer, &handlers);
	if (!result && p->offenders_lost)
		result = -ENOMEM;
	if (!result)
		TELL_SINKS(p, summary, &p->summary);
	return result;
}

const struct addr *pipeline_offenders(const struct pipeline *p, size_t *n)
{
	*n = p->offender_count;
	return p->offenders;
}
