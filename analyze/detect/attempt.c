/* SPDX-License-Identifier: MIT */
#include "analyze/detect/attempt.h"

#include "core/clock.h"

#define CLOCK_MIN_S    4    /* between two beginnings by a clock: who guesses does not wait so long */
#define CLOCK_MAX_S    1800 /* the long retry of gateways is 20 minutes */
#define CLOCK_GAPS_MIN 2    /* equal pauses, so three tries */
#define CLOCK_GAPS_MAX 15
#define BEAT_SHARE     32 /* of a pause: what a script's pauses differ by */
#define PORT_BITS      4096u /* of 65,536: so two of some hundreds may fall on one */
#define HOUSEHOLD_MAX  4 /* devices of one account beside the one whose clock is watched */

/* A stack that has a wrong password stored keeps Call-ID and tag, and counts CSeq up, while it tries for
 * ever; some answer each challenge at once, fifteen times in a millisecond, with the nonce that the registrar
 * repeats. Who guesses begins anew or does not count. */
bool attempt_goes_on(struct attempt *a, const struct event *e)
{
	/* A log tells no CSeq. */
	uint32_t series = (uint32_t)e->series_hash;
	bool same = series && series == a->last_series && (e->cseq > a->last_cseq || e->from_log);
	a->last_series = series;
	a->last_cseq = e->cseq;
	return same;
}

/* Of a try that was not refused, as far as was seen. Nobody can tell where the capture cut off what tells it. */
bool attempt_begins_anew(struct attempt *a, const struct event *e)
{
	bool is_cut =
	    !e->series_hash || ((uint32_t)e->series_hash == a->last_series && e->is_cut && !e->cseq);
	return !attempt_goes_on(a, e) && !is_cut;
}

/* Some programs begin anew with each try of what they have stored: at equal pauses, give or take a quarter, or at ever longer ones, and
 * from one contact. A household has several of them, each with a clock of its own: that of the first is watched. */
void attempt_note_beginning(struct attempt *a, const struct event *e)
{
	uint32_t now_s = (uint32_t)(e->time_us / SECOND_US), gap_s = now_s - a->begun_s, before_s = a->gap_s;
	bool is_same = e->contact_hash && e->contact_hash == a->contact;
	if (is_same && e->contact_hash & CONTACT_IS_PORT && gap_s <= 1)
		return; /* the same try, told by another line */
	bool is_pause = is_same && gap_s >= CLOCK_MIN_S && gap_s <= CLOCK_MAX_S;
	if (!is_same && a->contact && gap_s <= CLOCK_MAX_S) {
		a->others += a->others < 511; /* as many as it holds */
		return;
	}
	a->others -= is_same && a->others > HOUSEHOLD_MAX ? HOUSEHOLD_MAX : a->others;
	if (!is_pause)
		a->gaps = 0;
	else if (a->gaps && gap_s + 1 + before_s / 4 < before_s)
		a->gaps = a->gaps > 1 ? a->gaps / 2 : 1;
	else if (a->gaps < CLOCK_GAPS_MAX)
		a->gaps++;
	a->gap_s = is_pause ? gap_s & 0xfff : 0;
	a->begun_s = now_s;
	a->contact = e->contact_hash;
}

bool attempt_keeps_time(const struct attempt *a, bool own_ports)
{
	return (own_ports || !(a->contact & CONTACT_IS_PORT)) && a->gaps >= CLOCK_GAPS_MIN &&
	       a->others <= (unsigned)2 * HOUSEHOLD_MAX && (a->refusals || a->gap_s >= CLOCK_BACK_MIN_S);
}

bool attempt_is_on_the_beat(const struct attempt *a, const struct event *e)
{
	if (a->refusals < 2)
		return false;
	/* Logs tell whole seconds. */
	uint32_t pause = (a->last_refusal - a->first_refusal) / (a->refusals - 1),
		 wait = attempt_tick(e) - a->last_refusal,
		 least = e->from_log ? ATTEMPT_TICKS : ATTEMPT_TICKS / 4,
		 slack = pause / BEAT_SHARE > least ? pause / BEAT_SHARE : least;
	return wait + slack >= pause && wait <= pause + slack;
}

bool attempts_have_own_ports(const struct actor_item *const *items, size_t count)
{
	uint64_t seen[PORT_BITS / 64] = { 0 };
	size_t tried = 0, ports = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t contact = ((const struct attempt *)items[i])->contact;
		if (!(contact & CONTACT_IS_PORT))
			continue;
		uint64_t *word = &seen[contact % PORT_BITS / 64], bit = (uint64_t)1 << contact % 64;
		ports += !(*word & bit);
		*word |= bit;
		tried++;
	}
	return ports >= tried - tried / 4;
}
