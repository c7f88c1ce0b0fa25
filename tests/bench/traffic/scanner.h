/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SCANNER_H
#define BENCH_SCANNER_H

#include "people.h"
#include "sip.h"

/* scanner.h - an attacker with his tool, who sweeps for servers (OPTIONS), tries accounts (REGISTER), guesses
 * a password (REGISTER with credentials) or dials for money (INVITE). */

enum activity { SWEEPING, ENUMERATING, CRACKING, DIALLING };

struct scanner {
	struct endpoint me;
	enum activity activity;
	uint32_t tool;
	uint32_t server;    /* the one attacked, unless sweeping */
	uint32_t extension; /* the account tried */
	uint32_t cseq;
	bool was_heard;
};

void scanner_init(struct scanner *s, struct random *random, uint32_t number);

/* His next request to `server`, and what has to be answered to it. Counts it, and him when it is his first.
 */
void scanner_request(struct scanner *s, struct recording *r, const char *transport, struct endpoint server,
		     struct words *w, struct text *out);
enum sip_method scanner_method(const struct scanner *s);

/* One request over UDP by one of `count` scanners, half of all by a twentieth of them; one in four is
 * answered. */
void scanner_step(struct scanner *scanners, uint32_t count, struct recording *r);
/* `count` of them, to be freed. */
struct scanner *scanners_new(struct random *random, uint32_t count);

#endif
