/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

#include "analyze/fingerprint/fingerprint.h"

/* How a request is written: its User-Agent, the fingerprint of its grammar, what is broken in its values. A look at all that costs as
 * much as the parse. A convicted actor sends thousands of them, all from one piece of software, and nothing that its grammar could
 * still show would change what becomes of it: a request laid out like its last one is taken to be written like it. What it aims at
 * and what it achieves is read in full all the same. */

#define CLOSE_LOOKS 32 /* the first so many of an actor, and one in so many after that */

static bool is_convicted(const struct source *s)
{
	return s->level > LEVEL_HIGH && s->proof >= PROOF_ANSWERED && s->messages > CLOSE_LOOKS; /* level is counted from 1 */
}

/* Which fields in which order and style, by which User-Agent, with which breaks of syntax. */
static uint64_t layout_of(const struct sip_message *m, uint64_t agent_hash)
{
	uint64_t layout = hash_u64(m->anomalies, agent_hash);
	for (size_t i = 0; i < m->field_count; i++)
		layout = (layout ^ m->fields[i].header ^ (uint64_t)m->fields[i].style << 8) * 0xe7037ed1a0b428dbu;
	return hash_u64(layout, m->field_count);
}

static void note_agent(struct analyzer *a, struct source *s, struct event *e, const struct sip_message *m)
{
	struct slice agent = sip_value(m, SIP_HEADER_USER_AGENT);
	if (!agent.ptr)
		return;
	e->agent_hash = hash_bytes(agent.ptr, agent.len, 1);
	if (e->agent_hash == s->agent_hash)
		return;
	s->agent_hash = e->agent_hash;
	s->agents += s->agents < UINT16_MAX;
	intern_put(&a->agents, e->agent_hash, agent);
}

static void look_closely(struct analyzer *a, struct sip_message *m, struct sip_parts *p, struct writing *out)
{
	struct fingerprint print;
	char text[FINGERPRINT_TEXT_MAX];
	if (!p->v.has_contact)
		sip_values_read_contact(m, &p->v);
	fingerprint_make_of(m, &p->v, &print);
	out->fingerprint_hash = fingerprint_hash(&print);
	if (!intern_get(&a->fingerprints, out->fingerprint_hash).ptr || !intern_get(&a->families, out->fingerprint_hash).ptr) {
		intern_put(&a->fingerprints, out->fingerprint_hash, slice_str(fingerprint_text(&print, text)));
		fingerprint_family(&print, &print);
		intern_put(&a->families, out->fingerprint_hash, slice_str(fingerprint_text(&print, text)));
	}
	uint64_t syntax = m->anomalies;
	sip_values_check(m, &p->v);
	out->anomalies = m->anomalies & ~syntax;
}

void analyzer_writing(struct analyzer *a, struct source *s, struct event *e, struct sip_message *m, struct sip_parts *p,
		      struct observation *o)
{
	struct writing *last = &s->writing[p->has_credentials];
	note_agent(a, s, e, m);
	uint64_t layout = layout_of(m, e->agent_hash);
	if (is_convicted(s) && layout == last->layout && s->messages % CLOSE_LOOKS) {
		/* A habit of writing stays; an injection is an act of the request that brought it. */
		e->anomalies |= sip_users_check(&p->v) | (last->anomalies & ~SIP_ANOMALY(INJECTION));
	} else {
		look_closely(a, m, p, last);
		e->anomalies |= last->anomalies;
	}
	last->layout = layout;
	e->fingerprint_hash = s->fingerprint_hash = last->fingerprint_hash;
	o->anomalies = e->anomalies;
	observation_set_text(o, TEXT_FINGERPRINT, intern_get(&a->fingerprints, e->fingerprint_hash));
	if (a->wants.text >> TEXT_FAMILY & 1)
		observation_set_text(o, TEXT_FAMILY, intern_get(&a->families, e->fingerprint_hash));
}
