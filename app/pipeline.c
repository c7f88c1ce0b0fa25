/* SPDX-License-Identifier: MIT */
#include "app/pipeline_internal.h"

#include "analyze/sip/framing.h"
#include "app/pipeline_steps.h"

#include <errno.h>
#include <stdlib.h>

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
	if (bytes.len > 4 && memcmp(bytes.ptr, "SIP/", 4) == 0)
		origin->is_one_sided = one_sided_answer(&p->one_sided, &ends->destination, &ends->source);
	else
		one_sided_request(&p->one_sided, &ends->source, &ends->destination);
	reading_queue_put(p->queue, origin, bytes);
}

static void on_step(void *ctx, const void *step)
{
	struct pipeline *p = ctx;
	step_do(step, p->analyzer, p->vendors);
}

static void on_expect_step(void *ctx, const void *step, enum expect_step which)
{
	const struct pipeline *p = ctx;
	step_expect(step, p->analyzer, which);
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
	if (!(d->cut ? sip_looks_like_cut : sip_looks_like)(d->payload)) {
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

/* Where SIP servers listen; 8088 and 8089 are Asterisk's for telephones in web pages. */
static bool is_sip_port(uint16_t port)
{
	return (port >= 5060 && port <= 5091) || port == 8088 || port == 8089;
}

static void on_segment(void *ctx, const struct segment *s)
{
	struct pipeline *p = ctx;
	if ((s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && is_sip_port(s->ends.destination_port))
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
	TELL_SINKS(p, observation, o);
}

static void on_alert(void *ctx, const struct alert *a)
{
	struct pipeline *p = ctx;
	TELL_SINKS(p, alert, a);
}

static struct reading_queue *new_queue(struct pipeline *p, unsigned workers)
{
	return reading_queue_new(p->analyzer, workers,
				 &(struct reading_handlers){ on_reading, on_step, on_expect_step, p });
}

struct pipeline *pipeline_new(const struct pipeline_options *options, struct sink *const *sinks, size_t sink_count)
{
	struct pipeline *p = aligned_alloc(_Alignof(struct pipeline), sizeof *p);
	if (!p)
		return NULL;
	memset(p, 0, sizeof *p);
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

void pipeline_log_counts(struct pipeline *p, const struct dialects *dialects, struct log_reader *reader)
{
	size_t position = 0;
	p->has_log = true;
	p->lines += log_reader_lines(reader);
	p->log_regex_limits += log_reader_regex_limits(reader);
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
	p->lines = p->ambiguous = p->log_regex_limits = 0;
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
