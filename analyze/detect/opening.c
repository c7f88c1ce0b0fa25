/* SPDX-License-Identifier: MIT */
#include "analyze/detect/opening.h"

#include "analyze/detect/abroad.h"
#include "core/hash.h"

#define RANGE_DIGITS 3 /* at the end of a number: who rents out expensive numbers has them by the thousand */

/* What was challenged or refused is no call yet; a retry of it has the same number. */
static bool is_call(const struct event *e)
{
	enum outcome outcome = event_outcome(e);
	return e->method == SIP_METHOD_INVITE && e->dialed_hash && e->choice[CHOICE_FOLLOWUP] != FLAG_TRUE &&
	       outcome != OUTCOME_CHALLENGED && outcome != OUTCOME_REFUSED;
}

static bool is_known(const struct opening *o, uint32_t number)
{
	for (unsigned i = 0; i < o->number_count; i++)
		if (o->numbers[i] == number)
			return true;
	return false;
}

bool opening_called(struct opening *o, const struct event *e)
{
	if (o->is_guessed || o->is_used || !is_call(e))
		return false;
	struct slice number = short_text_slice(&e->dialed);
	uint64_t range = number.len > RANGE_DIGITS ? hash_text(number.ptr, number.len - RANGE_DIGITS, 7) : 0;
	if (o->number_count == 0)
		o->range = range;
	o->is_used = !code_abroad(number) || range != o->range;
	if (o->is_used || is_known(o, (uint32_t)e->dialed_hash))
		return false;
	o->numbers[o->number_count++] = (uint32_t)e->dialed_hash;
	o->is_guessed = o->number_count == OPENING_CALLS;
	return o->is_guessed;
}
