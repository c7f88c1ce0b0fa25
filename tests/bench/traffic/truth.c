/* SPDX-License-Identifier: MIT */
#include "truth.h"

#include <inttypes.h>
#include <stdio.h>

const char *const sip_method_names[SIP_METHODS] = { "OPTIONS", "REGISTER", "INVITE", "ACK", "BYE" };

static const char *const outcome_names[LOG_OUTCOMES] = { "",	      "refused",    "unknown-target",
							 "forbidden", "challenged", "accepted" };
static const char *const class_names[7] = { "", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx" };

void truth_request(struct truth *t, enum sip_method method, int is_attack)
{
	t->requests[method]++;
	t->attack_messages += is_attack != 0;
}

void truth_response(struct truth *t, unsigned status)
{
	t->responses[status / 100 % 7]++;
}

/* Those that are not zero, as an object of their own. */
static void print_counts(const char *name, const char *const *names, const uint64_t *counts, unsigned count)
{
	const char *comma = "";
	printf(",\"%s\":{", name);
	for (unsigned i = 0; i < count; i++) {
		if (!counts[i] || !*names[i])
			continue;
		printf("%s\"%s\":%" PRIu64, comma, names[i], counts[i]);
		comma = ",";
	}
	printf("}");
}

static uint64_t sum(const uint64_t *counts, unsigned count)
{
	uint64_t all = 0;
	for (unsigned i = 0; i < count; i++)
		all += counts[i];
	return all;
}

void truth_print_capture(const struct truth *t)
{
	printf(",\"messages\":%" PRIu64, sum(t->requests, SIP_METHODS) + sum(t->responses, 7));
	print_counts("requests", sip_method_names, t->requests, SIP_METHODS);
	print_counts("responses", class_names, t->responses, 7);
	printf(",\"attack_messages\":%" PRIu64 ",\"media_packets\":%" PRIu64 ",\"other_packets\":%" PRIu64,
	       t->attack_messages, t->media_packets, t->other_packets);
	printf(",\"keepalives\":%" PRIu64 ",\"connections\":%" PRIu64, t->keepalives, t->connections);
	printf(",\"sources\":%" PRIu64, t->sources);
}

void truth_print_log(const struct truth *t)
{
	printf(",\"attack_lines\":%" PRIu64, t->attack_lines);
	print_counts("outcomes", outcome_names, t->outcomes, LOG_OUTCOMES);
	printf(",\"sources\":%" PRIu64, t->sources);
}
