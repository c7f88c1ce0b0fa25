/* SPDX-License-Identifier: MIT */
#include "app/pipeline_steps.h"

#define MEDIA_START 12 /* the fixed header of RTP (RFC 3550 5.1), which is all that is asked for */
#define TEXTS_MAX (sizeof ((struct http_exchange *)0)->method + HTTP_TARGET_MAX + HTTP_AGENT_MAX)

enum step_kind { STEP_MEDIA, STEP_KNOCK, STEP_ICMP, STEP_REQUEST, STEP_PROOF };

/* Pointers in it are set when it is done. */
struct step {
	enum step_kind kind;
	struct frame frame; /* without its bytes */
	union {
		struct {
			struct datagram datagram;
			uint8_t start[MEDIA_START];
		} media;
		struct segment segment;
		struct icmp_error icmp;
		struct provisioning_request request; /* its texts stand behind the step */
		struct {
			struct addr actor;
			enum proof proof;
		} proof;
	};
};

static struct frame without_bytes(const struct frame *frame)
{
	struct frame f = *frame;
	f.bytes = slice_of(NULL, 0);
	return f;
}

void step_put_media(struct reading_queue *q, const struct datagram *d)
{
	struct step s = { .kind = STEP_MEDIA, .frame = without_bytes(d->frame), .media.datagram = *d };
	if (d->payload.len < MEDIA_START)
		return;
	memcpy(s.media.start, d->payload.ptr, MEDIA_START);
	s.media.datagram.payload.len = MEDIA_START;
	reading_queue_put_step(q, &s, sizeof s);
}

void step_put_knock(struct reading_queue *q, const struct segment *segment)
{
	struct step s = { .kind = STEP_KNOCK, .frame = without_bytes(segment->frame), .segment = *segment };
	s.segment.payload = slice_of(NULL, 0);
	reading_queue_put_step(q, &s, sizeof s);
}

void step_put_icmp(struct reading_queue *q, const struct icmp_error *e)
{
	struct step s = { .kind = STEP_ICMP, .frame = without_bytes(e->frame), .icmp = *e };
	reading_queue_put_step(q, &s, sizeof s);
}

void step_put_proof(struct reading_queue *q, const struct addr *actor, enum proof proof)
{
	struct step s = { .kind = STEP_PROOF, .proof = { *actor, proof } };
	reading_queue_put_step(q, &s, sizeof s);
}

void step_put_request(struct reading_queue *q, const struct provisioning_request *r)
{
	struct {
		struct step step;
		uint8_t texts[TEXTS_MAX];
	} s; /* texts are written as far as there are any */
	s.step = (struct step){ .kind = STEP_REQUEST, .request = *r };
	struct slice *texts[] = { &s.step.request.method, &s.step.request.target, &s.step.request.agent };
	size_t used = 0;
	for (size_t i = 0; i < 3; i++) {
		*texts[i] = slice_first(*texts[i], TEXTS_MAX - used);
		if (texts[i]->len)
			memcpy(s.texts + used, texts[i]->ptr, texts[i]->len);
		used += texts[i]->len;
	}
	reading_queue_put_step(q, &s, sizeof s.step + used);
}

static void do_request(const struct step *s, struct analyzer *a, const struct vendors *v)
{
	struct provisioning_request r = s->request;
	struct slice *texts[] = { &r.method, &r.target, &r.agent };
	const uint8_t *at = (const uint8_t *)(s + 1);
	for (size_t i = 0; i < 3; i++) {
		texts[i]->ptr = texts[i]->ptr ? at : NULL; /* absent stays absent */
		at += texts[i]->len;
	}
	analyzer_provisioning(a, v, &r);
}

void step_expect(const void *step, const struct analyzer *a, enum expect_step which)
{
	const struct step *s = step;
	if (s->kind == STEP_REQUEST)
		analyzer_provisioning_expect(a, &s->request, which);
}

void step_do(const void *step, struct analyzer *a, const struct vendors *v)
{
	struct step s;
	memcpy(&s, step, sizeof s);
	switch (s.kind) {
	case STEP_MEDIA:
		s.media.datagram.frame = &s.frame;
		s.media.datagram.payload.ptr = s.media.start;
		analyzer_media(a, &s.media.datagram);
		break;
	case STEP_KNOCK:
		s.segment.frame = &s.frame;
		analyzer_knock(a, &s.segment);
		break;
	case STEP_ICMP:
		s.icmp.frame = &s.frame;
		analyzer_icmp(a, &s.icmp);
		break;
	case STEP_REQUEST:
		do_request(step, a, v);
		break;
	case STEP_PROOF:
		analyzer_proved(a, &s.proof.actor, s.proof.proof);
		break;
	}
}
