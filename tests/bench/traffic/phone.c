/* SPDX-License-Identifier: MIT */
#include "phone.h"

#include <stdio.h>
#include <stdlib.h>

static const char request[] = "{method} {uri} SIP/2.0\r\n"
			      "Via: SIP/2.0/{transport} {address}:{port};branch={branch};rport\r\n"
			      "Max-Forwards: 70\r\n"
			      "From: \"Ext {user}\" <sip:{user}@{server}>;tag={from_tag}\r\n";
static const char remaining[] =
    "Call-ID: {call_id}\r\n"
    "CSeq: {cseq} {method}\r\n"
    "Contact: <sip:{user}@{address}:{port};transport={transport}>\r\n"
    "User-Agent: {agent}\r\n"
    "Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE\r\n"
    "Supported: path, outbound\r\n";
static const char credentials[] =
    "Authorization: Digest username=\"{user}\", realm=\"asterisk\", nonce=\"{nonce}\", uri=\"{uri}\", "
    "response=\"{digest}\", algorithm=MD5\r\n";

enum step {
	REGISTERS,
	IS_CHALLENGED,
	REGISTERS_WITH_PASSWORD,
	IS_REGISTERED,
	KEEPS_ALIVE,
	IS_ALIVE,
	CALLS,
	HEARS_TRYING,
	HEARS_RINGING,
	IS_ANSWERED,
	CONFIRMS,
	HANGS_UP,
	HAS_HUNG_UP,
};

static const struct {
	enum sip_method method;
	uint16_t status; /* of an answer */
	bool is_new, has_password, has_media;
	enum step next;
} script[] = {
	[REGISTERS] = { SIP_REGISTER, 0, true, false, false, IS_CHALLENGED },
	[IS_CHALLENGED] = { SIP_REGISTER, 401, false, false, false, REGISTERS_WITH_PASSWORD },
	[REGISTERS_WITH_PASSWORD] = { SIP_REGISTER, 0, true, true, false, IS_REGISTERED },
	[IS_REGISTERED] = { SIP_REGISTER, 200, false, false, false, KEEPS_ALIVE },
	[KEEPS_ALIVE] = { SIP_OPTIONS, 0, true, false, false, IS_ALIVE },
	[IS_ALIVE] = { SIP_OPTIONS, 200, false, false, false, KEEPS_ALIVE },
	[CALLS] = { SIP_INVITE, 0, true, true, true, HEARS_TRYING },
	[HEARS_TRYING] = { SIP_INVITE, 100, false, false, false, HEARS_RINGING },
	[HEARS_RINGING] = { SIP_INVITE, 180, false, false, false, IS_ANSWERED },
	[IS_ANSWERED] = { SIP_INVITE, 200, false, false, true, CONFIRMS },
	[CONFIRMS] = { SIP_ACK, 0, false, false, false, HANGS_UP },
	[HANGS_UP] = { SIP_BYE, 0, true, false, false, HAS_HUNG_UP },
	[HAS_HUNG_UP] = { SIP_BYE, 200, false, false, false, KEEPS_ALIVE },
};

struct phone *phones_new(uint32_t count)
{
	struct phone *phones = calloc(count, sizeof *phones);
	if (!phones) {
		perror("traffic");
		exit(1);
	}
	for (uint32_t i = 0; i < count; i++)
		phones[i].step = (uint8_t)(i % 10 == 0 ? CALLS : i % 2 ? KEEPS_ALIVE : REGISTERS);
	return phones;
}

/* All that an answer repeats follows from the phone, its call and the number of the request. */
static void set_identity(struct words *w, uint32_t number, enum sip_method method, uint32_t call,
			 uint32_t cseq)
{
	uint64_t transaction =
	    random_mix((uint64_t)call << 32 | number) ^ (uint64_t)cseq << 8 ^ (method == SIP_ACK);
	word_text(w, WORD_BRANCH, "z9hG4bK");
	word_add_hex(w, WORD_BRANCH, random_mix(transaction), 16);
	word_hex(w, WORD_CALL_ID, random_mix(call ^ (uint64_t)number << 32), 16);
	word_add_text(w, WORD_CALL_ID, "@");
	word_add_address(w, WORD_CALL_ID, phone_address(number));
	word_hex(w, WORD_FROM_TAG, random_mix(call), 8);
	word_text(w, WORD_TO_TAG, ";tag=as");
	word_add_hex(w, WORD_TO_TAG, random_mix(call + 1), 8);
	word_number(w, WORD_CSEQ, cseq);
}

static void set_words(struct words *w, uint32_t number, uint32_t peer, enum sip_method method, uint32_t call,
		      uint32_t cseq, const char *transport, struct endpoint me)
{
	set_identity(w, number, method, call, cseq);
	word_text(w, WORD_TRANSPORT, transport);
	word_address(w, WORD_ADDRESS, me.address);
	word_number(w, WORD_PORT, me.port);
	word_address(w, WORD_SERVER, server_number(0).address);
	word_text(w, WORD_METHOD, sip_method_names[method]);
	word_text(w, WORD_AGENT, phone_agent(number));
	word_number(w, WORD_USER, phone_user(number));
	word_number(w, WORD_PEER,
		    phone_user(method == SIP_REGISTER || method == SIP_OPTIONS ? number : peer));
	word_text(w, WORD_URI, "sip:");
	if (method != SIP_REGISTER) {
		word_add_word(w, WORD_URI, WORD_PEER);
		word_add_text(w, WORD_URI, "@");
	}
	word_add_word(w, WORD_URI, WORD_SERVER);
}

static void add_request(struct text *out, struct words *w, enum sip_method method, bool has_password,
			bool has_media, struct recording *r)
{
	struct text body;
	w->of[WORD_MEDIA_ADDRESS] = w->of[WORD_ADDRESS];
	sip_body(&body, w, &r->random, has_media);
	text_add(out, request, w);
	text_add(out,
		 method == SIP_ACK || method == SIP_BYE ? "To: <sip:{peer}@{server}>{to_tag}\r\n"
							: "To: <sip:{peer}@{server}>\r\n",
		 w);
	text_add(out, remaining, w);
	if (method == SIP_REGISTER)
		text_add(out, "Expires: 3600\r\n", w);
	if (has_password) {
		word_hex(w, WORD_NONCE, random_next(&r->random), 16);
		word_hex(w, WORD_DIGEST, random_next(&r->random), 16);
		word_add_hex(w, WORD_DIGEST, random_next(&r->random), 16);
		text_add(out, credentials, w);
	}
	if (has_media)
		text_add(out, "Content-Type: application/sdp\r\n", w);
	text_add(out, "Content-Length: {length}\r\n\r\n", w);
	text_append(out, &body);
	truth_request(&r->truth, method, 0);
}

void phone_request(uint32_t number, enum sip_method method, uint32_t call, uint32_t cseq,
		   const char *transport, struct endpoint me, struct recording *r, struct words *w,
		   struct text *out)
{
	set_words(w, number, number, method, call, cseq, transport, me);
	add_request(out, w, method, true, false, r);
}

static enum step after(enum step step, uint32_t number, struct random *random)
{
	if (step == IS_REGISTERED && number % 10 == 0)
		return CALLS;
	if (step == IS_ALIVE && random_one_in(random, 8))
		return REGISTERS_WITH_PASSWORD;
	return script[step].next;
}

void phone_step(struct phone *p, uint32_t number, uint32_t count, struct recording *r)
{
	enum step step = (enum step)p->step;
	enum sip_method method = script[step].method;
	struct endpoint me = { phone_address(number), 5060 }, server = server_number(0);
	struct words w;
	struct text message = { .len = 0 };
	if (step == REGISTERS || step == CALLS)
		p->call = random_below(&r->random, UINT32_MAX);
	p->cseq = (uint16_t)(p->cseq + script[step].is_new);
	set_words(&w, number, (number * 31 + 17) % count, method, p->call, p->cseq, "UDP", me);
	if (script[step].status) {
		sip_answer(&message, &w, r, script[step].status, script[step].has_media);
		frame_udp(r, server, me, message.bytes, message.len);
	} else {
		add_request(&message, &w, method, script[step].has_password, script[step].has_media, r);
		frame_udp(r, me, server, message.bytes, message.len);
	}
	p->step = (uint8_t)after(step, number, &r->random);
}
