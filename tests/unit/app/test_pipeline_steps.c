/* SPDX-License-Identifier: MIT */
#include "app/pipeline_steps.h"

#include <criterion/criterion.h>

/* A step says the same when its turn comes as when it was put, though what it was made of is gone. */

struct scene {
	struct ruleset *rules;
	struct vendors *vendors;
	struct analyzer *analyzer;
	struct reading_queue *queue;
	unsigned observations;
	char method[16], path[512], agent[256];
	bool has_agent;
};

static void keep_text(char *to, size_t size, struct slice text)
{
	cr_assert(text.len < size);
	memset(to, 0, size);
	if (text.len)
		memcpy(to, text.ptr, text.len);
}

static void on_observation(void *ctx, const struct observation *o)
{
	struct scene *s = ctx;
	s->observations++;
	s->has_agent = o->has_text >> TEXT_USER_AGENT & 1;
	keep_text(s->method, sizeof s->method, observation_text(o, TEXT_HTTP_METHOD));
	keep_text(s->path, sizeof s->path, observation_text(o, TEXT_URL_PATH));
	keep_text(s->agent, sizeof s->agent, observation_text(o, TEXT_USER_AGENT));
}

static void on_reading(void *ctx, const struct reading *r)
{
	(void)ctx;
	(void)r;
	cr_assert_fail("no message was put");
}

static void on_step(void *ctx, const void *step)
{
	struct scene *s = ctx;
	step_do(step, s->analyzer, s->vendors);
}

static void scene_open(struct scene *s, unsigned workers)
{
	struct error err = { 0 };
	struct analyzer_options options = analyzer_defaults;
	memset(s, 0, sizeof *s);
	s->rules = ruleset_new();
	s->vendors = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	cr_assert(s->vendors && !ruleset_compile(s->rules, &err), "%s", err.text);
	options.rules = s->rules;
	options.on_observation = on_observation;
	options.ctx = s;
	s->analyzer = analyzer_new(&options);
	cr_assert(s->analyzer);
	s->queue =
	    reading_queue_new(s->analyzer, workers,
			      &(struct reading_handlers){ .reading = on_reading, .step = on_step, .ctx = s });
	cr_assert(s->queue);
}

static void scene_close(struct scene *s)
{
	reading_queue_free(s->queue);
	analyzer_free(s->analyzer);
	vendors_free(s->vendors);
	ruleset_free(s->rules);
}

static struct addr host(uint8_t last)
{
	return addr_from_v4((const uint8_t[4]){ 203, 0, 113, last });
}

static struct endpoints ends(void)
{
	return (struct endpoints){ .source = host(7), .destination = host(1), .source_port = 40000, .destination_port = 80 };
}

/* The texts live for this call only. */
static void put_request(struct scene *s, const char *target, const char *agent)
{
	char texts[3][1024];
	const char *from[] = { "GET", target, agent };
	struct slice text[3];
	memset(texts, 0, sizeof texts);
	for (size_t i = 0; i < 3; i++) {
		text[i] = slice_of(from[i] ? texts[i] : NULL, from[i] ? strlen(from[i]) : 0);
		memcpy(texts[i], from[i] ? from[i] : "", text[i].len);
	}
	struct provisioning_request r = { .time_us = 1795000000000000, .ends = ends(), .place = { 1, 0 }, .transport = TRANSPORT_TCP,
					  .method = text[0], .target = text[1], .agent = text[2], .http_status = 404,
					  .outcome = provisioning_outcome(404, false) };
	step_put_request(s->queue, &r);
	memset(texts, '!', sizeof texts);
}

Test(pipeline_steps, requests)
{
	for (unsigned workers = 0; workers < 2; workers++) {
		struct scene s;
		scene_open(&s, workers);
		put_request(&s, "/0004f2aabbcc.cfg", "Yealink SIP-T41P 36.83.0.35");
		cr_assert_eq(s.observations, 0, "it waits for its turn");
		reading_queue_drain(s.queue);
		cr_assert_eq(s.observations, 1);
		cr_assert_str_eq(s.method, "GET");
		cr_assert_str_eq(s.path, "/0004f2aabbcc.cfg");
		cr_assert_str_eq(s.agent, "Yealink SIP-T41P 36.83.0.35");
		put_request(&s, "/0004f2aabbcd.cfg", NULL);
		reading_queue_drain(s.queue);
		cr_assert_eq(s.observations, 2);
		cr_assert_str_eq(s.path, "/0004f2aabbcd.cfg");
		cr_assert(!s.has_agent, "absent stays absent");
		scene_close(&s);
	}
}

/* Longer texts than any reader gives are cut, not written past their room. */
Test(pipeline_steps, texts_are_bounded)
{
	struct scene s;
	char target[512] = "/0004f2aabbcc.cfg?";
	scene_open(&s, 0);
	memset(target + strlen(target), 'x', sizeof target - strlen(target) - 1);
	put_request(&s, target, "Yealink SIP-T41P 36.83.0.35");
	reading_queue_drain(s.queue);
	cr_assert_eq(s.observations, 1);
	cr_assert_str_eq(s.path, "/0004f2aabbcc.cfg");
	cr_assert_str_eq(s.agent, "", "no room was left");
	scene_close(&s);
}

/* What nobody knows of does nothing; what is too short to be RTP is not put. */
Test(pipeline_steps, strangers)
{
	for (unsigned workers = 0; workers < 2; workers++) {
		struct scene s;
		uint8_t rtp[12] = { 0x80 };
		struct frame frame = { .time_us = 1795000000000000, .number = 1, .bytes = slice_of(rtp, sizeof rtp) };
		struct datagram media = { .frame = &frame, .ends = ends() };
		struct segment knock = { .frame = &frame, .ends = ends(), .flags = TCP_SYN };
		struct icmp_error error = { .frame = &frame, .ends = ends(), .reporter = host(1), .is_unreachable = true };
		struct addr actor = host(7);
		scene_open(&s, workers);
		for (size_t len = 0; len <= sizeof rtp; len++) {
			media.payload = slice_of(rtp, len);
			step_put_media(s.queue, &media);
		}
		for (int i = 0; i < 300; i++) {
			step_put_knock(s.queue, &knock);
			step_put_icmp(s.queue, &error);
			step_put_proof(s.queue, &actor, PROOF_ECHOED);
		}
		reading_queue_drain(s.queue);
		cr_assert_eq(s.observations, 0);
		cr_assert_eq(analyzer_counters(s.analyzer).actors, 0);
		scene_close(&s);
	}
}
