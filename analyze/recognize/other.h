/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RECOGNIZE_OTHER_H
#define ANALYZE_RECOGNIZE_OTHER_H

#include "analyze/summary.h"
#include "capture/frame.h"

/* analyze/recognize/other.h - what else is this? Datagrams on SIP ports that the own parser refuses are given to nDPI, so that the
 * summary can say "WireGuard on port 5060" instead of nothing. Asked once for each pair of endpoints, at most
 * OTHER_ASKED_MAX times a run: it costs microseconds. Built without nDPI it counts them as unknown. */

#define OTHER_ASKED_MAX 10000

struct other;
struct other *other_new(void);
void other_free(struct other *x);
/* May anything be asked yet? */
bool other_is_asking(const struct other *x);
static inline bool other_is_sip_port(uint16_t port)
{
	return (uint16_t)(port - 5060) < 4 || port == 5080;
}
/* Whether a datagram between these ports may be asked about: for who can then spare building it. */
static inline bool other_wants(const struct other *x, uint16_t source_port, uint16_t destination_port)
{
	return (other_is_sip_port(source_port) || other_is_sip_port(destination_port)) && other_is_asking(x);
}
void other_datagram(struct other *x, const struct datagram *d);
/* Appends protocol name -> datagrams asked about, most first. Names live as long as x. */
void other_list(const struct other *x, struct named_list *out);

#endif
