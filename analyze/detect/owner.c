/* SPDX-License-Identifier: MIT */
#include "analyze/detect/owner.h"

#include "core/hash.h"

static uint64_t who(const struct event *e)
{
	return hash_addr(&e->actor, 3) | 1;
}

/* 403 and the like may be for another reason than the password: a limit of contacts, a network. */
static bool is_for_the_password(const struct event *e)
{
	return e->from_log || e->code == 401 || e->code == 407;
}

void owner_refused(struct owner *o, const struct event *e)
{
	if (o->who == who(e))
		*o = (struct owner){ 0 }; /* its password is no longer right */
	else if (o->who && is_for_the_password(e))
		o->refused++;
}

void owner_opened(struct owner *o, const struct event *e)
{
	if (o->who != who(e))
		*o = (struct owner){ .who = who(e) };
	o->confirmed = o->refused;
}

uint32_t owner_contradicts(const struct owner *o, const struct event *e)
{
	return o->who == who(e) ? 0 : o->confirmed;
}
