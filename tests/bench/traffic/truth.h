/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TRUTH_H
#define BENCH_TRUTH_H

#include <stdint.h>

/* truth.h - what a file holds, counted while it is written: what a program that reads it has to find. */

enum sip_method { SIP_OPTIONS, SIP_REGISTER, SIP_INVITE, SIP_ACK, SIP_BYE, SIP_METHODS };

/* What a log line tells, in siphound's words. */
enum log_outcome {
	LOG_NOTHING,
	LOG_REFUSED,
	LOG_UNKNOWN_TARGET,
	LOG_FORBIDDEN,
	LOG_CHALLENGED,
	LOG_ACCEPTED,
	LOG_OUTCOMES
};

struct truth {
	uint64_t requests[SIP_METHODS];
	uint64_t responses[7];	  /* by the first digit of their code */
	uint64_t attack_messages; /* requests by attackers */
	uint64_t media_packets;	  /* RTP and RTCP */
	uint64_t other_packets;	  /* DNS, HTTP, TLS */
	uint64_t keepalives;	  /* CRLF between messages of a stream */
	uint64_t connections;
	uint64_t attack_lines;
	uint64_t outcomes[LOG_OUTCOMES];
	uint64_t sources; /* attackers who sent something */
};

extern const char *const sip_method_names[SIP_METHODS];

void truth_request(struct truth *t, enum sip_method method, int is_attack);
void truth_response(struct truth *t, unsigned status);

/* The members of a JSON object, without braces. */
void truth_print_capture(const struct truth *t);
void truth_print_log(const struct truth *t);

#endif
