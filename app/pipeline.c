/* SPDX-License-Identifier: MIT */
#include "app/pipeline.h"

#include "analyze/analyzer_web.h"
#include "analyze/recognize/other.h"
#include "analyze/recognize/stream_reader.h"
#include "analyze/sip/framing.h"
#include "app/pipeline_reload.h"
#include "app/pipeline_steps.h"
#include "app/reading_queue.h"
#include "capture/tcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NOTES_MAX 32
#define NOTE_LEN_MAX 256
#define EXTRA_MAX 16 /* counters of the caller */

struct pipeline {
	struct sink *const *sinks;
	size_t sink_count;
	struct analyzer *analyzer;
	struct decoder *decoder;
	struct tcp *tcp;
	struct stream_reader *streams;
	struct other *other;
	const struct addr *also;
	const struct vendors *vendors;
	struct web *web; /* NULL: provisioning is not looked for */
	uint64_t packets, bytes, rejected, cut;
	int64_t first_us, last_us;
	struct addr *offenders;
	size_t offender_count, offender_room;
	struct run_summary summary;
	struct dialect_count dialects[DIALECTS_MAX];
	struct dialect_count seen_dialects[DIALECTS_MAX];
	size_t dialect_count;
	uint64_t ambiguous, lines, lines_matched;
	bool has_log;
	char notes[NOTES_MAX][NOTE_LEN_MAX];
	const char *note_list[NOTES_MAX];
	size_t note_count;
	struct named_count extra[EXTRA_MAX];
	size_t extra_count;
	struct reading_queue *queue; /* drained before anything but messages and steps comes to the analyzer */
};

/* Most of what a mirror shows is RTP: nearly all of it goes to ports that nobody offered a moment ago. */
static bool is_offered(const struct pipeline *p, uint16_t port)
{
	return reading_queue_may_offer(p->queue, port) || analyzer_expects_media(p->analyzer, port);
}

static void message_in(struct pipeline *p, const struct frame *frame, const struct endpoints *ends, struct slice bytes,
		       struct sip_origin *origin)
{
	origin->time_us = frame->time_us;
	origin->ends = *ends;
	origin->place = (struct place){ frame->number, frame->input };
	reading_queue_put(p->queue, origin, bytes);
}

static void on_step(void *ctx, const void *step)
{
	struct pipeline *p = ctx;
	step_do(step, p->analyzer, p->vendors);
}

static void on_reading(void *ctx, const struct reading *r)
{
	struct pipeline *p = ctx;
	p->rejected += r->kind == READING_REFUSED;
	analyzer_sip(p->analyzer, r);
}

/* RTP on a port of SIP is worth telling. */
static bool wants_media(void *ctx, uint16_t source_port, uint16_t destination_port)
{
	const struct pipeline *p = ctx;
	return is_offered(p, destination_port) || other_wants(p->other, source_port, destination_port);
}

static void on_datagram(void *ctx, const struct datagram *d)
{
	struct pipeline *p = ctx;
	if (!sip_looks_like(d->payload)) {
		if (p->web && web_datagram(p->web, d))
			return;
		if (d->payload.len && d->payload.ptr[0] >> 6 == 2 && is_offered(p, d->ends.destination_port))
			step_put_media(p->queue, d);
		other_datagram(p->other, d);
		return;
	}
	struct sip_origin origin = { .transport = TRANSPORT_UDP, .proof = PROOF_NONE, .ttl = d->ttl,
				     .capture_anomalies = (uint8_t)d->anomalies, .cut = d->cut };
	message_in(p, d->frame, &d->ends, d->payload, &origin);
}

static void on_segment(void *ctx, const struct segment *s)
{
	struct pipeline *p = ctx;
	if ((s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && s->ends.destination_port >= 5060 && s->ends.destination_port <= 5091)
		step_put_knock(p->queue, s);
	tcp_feed(p->tcp, s);
}

static void on_icmp(void *ctx, const struct icmp_error *e)
{
	struct pipeline *p = ctx;
	step_put_icmp(p->queue, e);
}

static void on_stream_message(void *ctx, const struct stream_message *m)
{
	struct pipeline *p = ctx;
	/* The connection proves the addresses when its handshake was seen; both ways seen without it counts as an answer. */
	struct sip_origin origin = { .transport = m->over_websocket ? TRANSPORT_WS : TRANSPORT_TCP,
				     .proof = m->stream->handshake_seen ? PROOF_HANDSHAKE : PROOF_NONE,
				     .capture_anomalies = (uint8_t)m->anomalies };
	message_in(p, m->frame, &m->stream->ends, m->bytes, &origin);
}

static size_t on_http(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end, const struct frame *frame)
{
	struct pipeline *p = ctx;
	return web_http(p->web, stream, bytes, gap, at_end, frame);
}

static void on_http_closed(void *ctx, struct tcp_stream *stream)
{
	struct pipeline *p = ctx;
	web_http_closed(p->web, stream);
}

static void on_web_request(void *ctx, const struct provisioning_request *r)
{
	struct pipeline *p = ctx;
	step_put_request(p->queue, r);
}

static void on_web_proved(void *ctx, const struct addr *actor, enum proof proof)
{
	struct pipeline *p = ctx;
	step_put_proof(p->queue, actor, proof);
}

static void on_observation(void *ctx, const struct observation *o)
{
	struct pipeline *p = ctx;
	for (size_t i = 0; i < p->sink_count; i++)
		if (p->sinks[i]->ops->observation)
			p->sinks[i]->ops->observation(p->sinks[i], o);
}

static void on_alert(void *ctx, const struct alert *a)
{
	struct pipeline *p = ctx;
	for (size_t i = 0; i < p->sink_count; i++)
		if (p->sinks[i]->ops->alert)
			p->sinks[i]->ops->alert(p->sinks[i], a);
}

static struct reading_queue *new_queue(struct pipeline *p, unsigned workers)
{
	return reading_queue_new(p->analyzer, workers, &(struct reading_handlers){ on_reading, on_step, p });
}

struct pipeline *pipeline_new(const struct pipeline_options *options, struct sink *const *sinks, size_t sink_count)
{
	struct pipeline *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->sinks = sinks;
	p->sink_count = sink_count;
	p->also = options->also;
	struct analyzer_options analyzer = options->analyzer;
	analyzer.on_observation = options->observations ? on_observation : NULL;
	analyzer.on_alert = on_alert;
	analyzer.ctx = p;
	struct decoder_handlers decoder = { .datagram = on_datagram, .wants_media = wants_media, .segment = on_segment,
					    .icmp_error = on_icmp, .ctx = p };
	struct stream_handlers streams = { .sip = on_stream_message, .ctx = p };
	p->analyzer = analyzer_new(&analyzer);
	p->queue = p->analyzer ? new_queue(p, options->workers) : NULL;
	p->vendors = options->vendors;
	if (p->analyzer && options->vendors) {
		p->web = web_new(options->vendors, &(struct web_handlers){ on_web_request, on_web_proved, p });
		streams.http = on_http;
		streams.http_closed = on_http_closed;
	}
	p->decoder = decoder_new(&options->decoder, &decoder);
	p->streams = stream_reader_new(&streams);
	p->other = other_new();
	if (p->streams) {
		struct tcp_handlers tcp = stream_reader_handlers(p->streams);
		p->tcp = tcp_new(&tcp_defaults, &tcp);
	}
	if (!p->analyzer || !p->queue || !p->decoder || !p->tcp || !p->other || (options->vendors && !p->web)) {
		pipeline_free(p);
		return NULL;
	}
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	tcp_free(p->tcp);
	web_free(p->web);
	stream_reader_free(p->streams);
	decoder_free(p->decoder);
	reading_queue_free(p->queue);
	analyzer_free(p->analyzer);
	other_free(p->other);
	free(p->offenders);
	free(p);
}

static void count_frame(struct pipeline *p, const struct frame *frame)
{
	if (p->packets++ == 0)
		p->first_us = p->last_us = frame->time_us;
	p->bytes += frame->bytes.len;
	if (frame->time_us > p->last_us)
		p->last_us = frame->time_us;
	if (frame->time_us < p->first_us)
		p->first_us = frame->time_us;
}

void pipeline_frame(struct pipeline *p, const struct frame *frame)
{
	count_frame(p, frame);
	decoder_feed(p->decoder, frame);
}

void pipeline_hep(struct pipeline *p, const struct hep_message *m, bool is_trusted)
{
	static const struct {
		enum transport_word transport;
		enum proof proof;
	} by_transport[] = {
		[HEP_OTHER] = { TRANSPORT_UDP, PROOF_NONE }, [HEP_UDP] = { TRANSPORT_UDP, PROOF_NONE },
		[HEP_TCP] = { TRANSPORT_TCP, PROOF_HANDSHAKE }, [HEP_TLS] = { TRANSPORT_TLS, PROOF_TLS },
		[HEP_WS] = { TRANSPORT_WS, PROOF_HANDSHAKE }, [HEP_SCTP] = { TRANSPORT_SCTP, PROOF_HANDSHAKE },
	};
	struct sip_origin origin = { .transport = by_transport[m->transport].transport,
				     .proof = is_trusted ? by_transport[m->transport].proof : PROOF_NONE };
	struct frame frame = { .time_us = m->time_us, .number = m->number, .bytes = m->payload, .wire_len = (uint32_t)m->payload.len,
			       .input = m->input };
	count_frame(p, &frame);
	message_in(p, &frame, &m->ends, m->payload, &origin);
}

static void count_line(struct pipeline *p, const struct observation *o)
{
	if (p->packets == 0 && p->lines_matched == 0)
		p->first_us = p->last_us = o->time_us;
	p->lines_matched++;
	if (o->time_us > p->last_us)
		p->last_us = o->time_us;
	if (o->time_us < p->first_us)
		p->first_us = o->time_us;
	reading_queue_drain(p->queue);
}

/* Known only now that it is its turn. */
static bool complete(struct pipeline *p, struct observation *o, struct provisioning_scratch *scratch)
{
	return o->choice[CHOICE_CATEGORY] != CATEGORY_PROVISIONING || (p->vendors && provisioning_complete(p->vendors, o, scratch));
}

void pipeline_log(struct pipeline *p, struct observation *o)
{
	struct provisioning_scratch scratch;
	count_line(p, o);
	if (complete(p, o, &scratch))
		analyzer_log(p->analyzer, o);
}

struct log_reading_maker *pipeline_log_maker_new(const struct pipeline *p)
{
	return analyzer_log_maker_new(p->analyzer);
}

void pipeline_log_expect(const struct pipeline *p, const struct log_reading *r, enum expect_step step)
{
	analyzer_log_expect(p->analyzer, r, step);
}

void pipeline_log_read(struct pipeline *p, struct observation *o, struct log_reading *r)
{
	struct provisioning_scratch scratch;
	count_line(p, o);
	if (complete(p, o, &scratch))
		analyzer_log_read(p->analyzer, o, r);
}

void pipeline_log_message(struct pipeline *p, const struct log_message *m)
{
	struct sip_origin origin = { .time_us = m->time_us, .ends = m->ends, .place = m->place, .transport = m->transport,
				     .proof = m->transport == TRANSPORT_UDP ? PROOF_NONE : PROOF_HANDSHAKE };
	reading_queue_put(p->queue, &origin, m->bytes);
}

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

void pipeline_log_counts(struct pipeline *p, const struct dialects *dialects, struct log_reader *reader)
{
	size_t position = 0;
	p->has_log = true;
	p->lines += log_reader_lines(reader);
	p->dialect_count = dialects_count(dialects);
	for (size_t i = 0; i < p->dialect_count; i++) {
		struct log_counts c = log_reader_counts(reader, i);
		p->dialects[i].name = c.name;
		p->dialects[i].matched += c.matched;
		p->dialects[i].unmatched += c.unmatched;
		p->ambiguous += c.ambiguous + c.torn;
	}
	for (const char *note; (note = log_reader_note(reader, &position));)
		pipeline_note(p, note);
}

void pipeline_log_recount(struct pipeline *p)
{
	memset(p->dialects, 0, sizeof p->dialects);
	p->lines = p->ambiguous = 0;
}

void pipeline_catch_up(struct pipeline *p)
{
	reading_queue_drain(p->queue);
}

uint64_t pipeline_signature(const struct pipeline *p)
{
	return analyzer_signature(p->analyzer);
}

struct pipeline_seen pipeline_seen(const struct pipeline *p)
{
	struct analyzer_counters a = analyzer_counters(p->analyzer);
	return (struct pipeline_seen){ p->packets, p->lines_matched + a.messages, a.observations };
}

void pipeline_image(struct pipeline *p, struct image *i)
{
	reading_queue_drain(p->queue);
	image_bytes(i, &p->packets, sizeof p->packets);
	image_bytes(i, &p->bytes, sizeof p->bytes);
	image_bytes(i, &p->lines_matched, sizeof p->lines_matched);
	image_bytes(i, &p->first_us, sizeof p->first_us);
	image_bytes(i, &p->last_us, sizeof p->last_us);
	analyzer_image(p->analyzer, i);
}

void pipeline_tick(struct pipeline *p, int64_t now_us)
{
	reading_queue_drain(p->queue);
	analyzer_tick(p->analyzer, now_us);
	if (p->web)
		web_tick(p->web, now_us);
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

void pipeline_finish(struct pipeline *p)
{
	decoder_flush(p->decoder);
	tcp_flush(p->tcp);
	if (p->web)
		web_finish(p->web);
	reading_queue_drain(p->queue);
	analyzer_tick(p->analyzer, p->last_us);
	analyzer_finish(p->analyzer);
}

static void on_campaign(void *ctx, const struct campaign *c)
{
	struct pipeline *p = ctx;
	p->summary.campaigns++;
	for (size_t i = 0; i < p->sink_count; i++)
		if (p->sinks[i]->ops->campaign)
			p->sinks[i]->ops->campaign(p->sinks[i], c);
}

static void on_bystander(struct pipeline *p, const struct offender *o)
{
	for (size_t i = 0; i < p->sink_count; i++)
		if (p->sinks[i]->ops->bystander)
			p->sinks[i]->ops->bystander(p->sinks[i], o);
}

static void on_offender(void *ctx, const struct offender *o)
{
	struct pipeline *p = ctx;
	if (o->verdict == VERDICT_NONE) {
		on_bystander(p, o);
		return;
	}
	p->summary.offenders[o->verdict]++;
	p->summary.breaches += o->breach_count;
	if (p->offender_count == p->offender_room) {
		size_t room = p->offender_room ? p->offender_room * 2 : 64;
		struct addr *grown = realloc(p->offenders, room * sizeof *grown);
		if (grown) {
			p->offenders = grown;
			p->offender_room = room;
		}
	}
	if (p->offender_count < p->offender_room)
		p->offenders[p->offender_count++] = o->address;
	for (size_t i = 0; i < p->sink_count; i++)
		if (p->sinks[i]->ops->offender)
			p->sinks[i]->ops->offender(p->sinks[i], o);
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
	char text[NOTE_LEN_MAX];
	if (!p->has_log || p->packets == 0 || a->refusals < REFUSALS_TO_MISS || a->log_failures)
		return;
	snprintf(text, sizeof text,
		 "The captures show %llu refused or unknown accounts, and the logs tell of none: has the log format changed, or is it the log of "
		 "another server or time?",
		 (unsigned long long)a->refusals);
	pipeline_note(p, text);
}

/* Without times all of it is one moment, and a year of mistyped passwords looks like a burst. */
static void note_timeless_log(struct pipeline *p)
{
	if (p->packets == 0 && p->lines_matched > 1 && p->first_us == 0 && p->last_us == 0)
		pipeline_note(p, "No line of the logs tells its time, so all of them count as one moment: do not believe what was judged by how "
				 "fast or how often it came.");
}

static void sum_up(struct pipeline *p)
{
	struct run_summary *s = &p->summary;
	struct analyzer_counters a = analyzer_counters(p->analyzer);
	struct stream_counters streams = stream_reader_counters(p->streams);
	const struct decoder_counters *d = decoder_counters(p->decoder);
	note_silent_log(p, &a);
	note_timeless_log(p);
	s->bytes = p->bytes;
	s->packets = p->packets;
	s->has_time = p->packets > 0 || p->lines_matched > 0;
	s->has_log = p->has_log;
	s->lines = p->lines;
	s->lines_matched = p->lines_matched;
	for (size_t i = 0; i < p->dialect_count; i++)
		if (p->dialects[i].matched || p->dialects[i].unmatched)
			p->seen_dialects[s->dialect_count++] = p->dialects[i];
	s->dialects = p->seen_dialects;
	s->notes = p->note_list;
	s->note_count = p->note_count;
	s->first_us = p->first_us;
	s->last_us = p->last_us;
	s->sip_messages = a.messages;
	for (unsigned m = 0; m < SIP_METHOD_COUNT; m++)
		count(&s->requests, sip_method_text(m), a.requests[m]);
	memcpy(s->responses, a.responses, sizeof s->responses);
	s->provisioning = a.provisioning;
	s->actors = a.actors;
	s->evicted = a.evicted;
	s->dropped = a.dropped;
	for (unsigned drop = 0; drop < DECODER_DROP_COUNT; drop++)
		count(&s->not_understood, decoder_drop_text(drop), d->drops[drop]);
	count(&s->not_understood, "log lines that repeat what the captures show", a.log_repeats);
	count(&s->not_understood, "log lines that could be read in two ways", p->ambiguous);
	count(&s->not_understood, "looked like SIP but is not", p->rejected);
	count(&s->not_understood, "responses to requests that were not seen", a.unpaired);
	count(&s->not_understood, "bytes between SIP messages of a stream", streams.garbage);
	count(&s->not_understood, "compressed or oversized WebSocket messages", streams.websocket_unread);
	count(&s->not_understood, "web requests too many to wait for their answers",
	      p->web ? web_given_up(p->web) : 0);
	for (size_t i = 0; i < p->extra_count; i++)
		count(&s->not_understood, p->extra[i].name, p->extra[i].count);
	other_list(p->other, &s->other_traffic);
	uint64_t responses = 0, requests = 0;
	for (unsigned class = 0; class < 7; class ++)
		responses += a.responses[class];
	for (unsigned m = 0; m < SIP_METHOD_COUNT; m++)
		requests += a.requests[m];
	s->one_way = a.messages >= 20 && (responses == 0 || requests == 0);
}

static void on_change(void *ctx, const struct offender *o)
{
	struct pipeline *p = ctx;
	for (size_t i = 0; i < p->sink_count; i++)
		if (p->sinks[i]->ops->offender)
			p->sinks[i]->ops->offender(p->sinks[i], o);
}

int pipeline_changes(struct pipeline *p)
{
	struct report_handlers handlers = { .offender = on_change, .ctx = p };
	reading_queue_drain(p->queue);
	return analyzer_changes(p->analyzer, &handlers);
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
}

int pipeline_summary(struct pipeline *p, const struct input_summary *inputs, size_t input_count, struct sink *to)
{
	struct report_handlers handlers = { count_campaign, count_offender, p, NULL };
	memset(&p->summary, 0, sizeof p->summary);
	sum_up(p);
	p->summary.inputs = inputs;
	p->summary.input_count = input_count;
	int result = analyzer_report(p->analyzer, &handlers);
	if (!result)
		to->ops->summary(to, &p->summary);
	return result;
}

int pipeline_report(struct pipeline *p, const struct input_summary *inputs, size_t input_count)
{
	struct report_handlers handlers = { on_campaign, on_offender, p, p->also };
	memset(&p->summary, 0, sizeof p->summary);
	p->offender_count = 0;
	sum_up(p);
	p->summary.inputs = inputs;
	p->summary.input_count = input_count;
	int result = analyzer_report(p->analyzer, &handlers);
	for (size_t i = 0; i < p->sink_count && !result; i++)
		if (p->sinks[i]->ops->summary)
			p->sinks[i]->ops->summary(p->sinks[i], &p->summary);
	return result;
}

const struct addr *pipeline_offenders(const struct pipeline *p, size_t *n)
{
	*n = p->offender_count;
	return p->offenders;
}

int pipeline_reload(struct pipeline *p, const struct analyzer_options *options, unsigned workers)
{
	reading_queue_drain(p->queue);
	int bad = analyzer_reload(p->analyzer, options);
	if (bad)
		return bad;
	/* Its readers know the old rules. */
	struct reading_queue *queue = new_queue(p, workers);
	if (!queue)
		return -ENOTRECOVERABLE;
	reading_queue_free(p->queue);
	p->queue = queue;
	return 0;
}
