/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_memory.h"

#include "analyze/logs/log_reader.h"
#include "analyze/logs/log_zone.h"
#include "core/hash.h"

_Static_assert(LOG_MEMORY_HEAD == HEAD_KEPT, "the head fits");

bool log_reader_is_between(const struct log_reader *r)
{
	return r->collecting == COLLECT_NOTHING && r->torn_left == 0;
}

void log_reader_recall(const struct log_reader *r, struct log_memory *out)
{
	*out = (struct log_memory){ .last_us = r->calendar.last_us,
				    .line_us = r->line_us,
				    .known_us = r->known_us,
				    .lines = r->lines,
				    .matched = r->matched,
				    .in_export = r->in_export,
				    .head_len = (uint32_t)r->head_len };
	struct log_zone_state zone = log_reader_zone(r);
	if (!zone.is_assumed && r->calendar.source != LOG_ZONE_GIVEN) {
		out->zone_source = (int32_t)r->calendar.source;
		out->offset_s = zone.offset_s;
	}
	if (r->head_len)
		memcpy(out->head, r->head, r->head_len);
}

void log_reader_resume(struct log_reader *r, const struct log_memory *m)
{
	r->calendar.last_us = m->last_us;
	r->line_us = m->line_us;
	r->known_us = m->known_us;
	r->lines = m->lines;
	r->matched = m->matched;
	r->in_export = m->in_export;
	if (m->zone_source == LOG_ZONE_TOLD || m->zone_source == LOG_ZONE_FOUND)
		log_reader_resume_zone(r, (enum log_zone_source)m->zone_source, m->offset_s);
	r->head_len = m->head_len < HEAD_KEPT ? m->head_len : HEAD_KEPT;
	memcpy(r->head, m->head, r->head_len);
}

struct kept_counts {
	uint64_t name, matched, unmatched, ambiguous, torn;
};

static uint64_t name_hash(const char *name)
{
	return hash_bytes(name, strlen(name), 0);
}

static void take_counts(struct log_reader *r, const struct kept_counts *kept)
{
	for (size_t n = 0; n < r->dialects->count; n++) {
		struct log_counts *c = &r->counts[n];
		if (name_hash(c->name) != kept->name)
			continue;
		c->matched = kept->matched;
		c->unmatched = kept->unmatched;
		c->ambiguous = kept->ambiguous;
		c->torn = kept->torn;
	}
}

void log_reader_counts_image(struct log_reader *r, struct image *i)
{
	uint64_t count = r->dialects->count;
	image_bytes(i, &count, sizeof count);
	for (uint64_t n = 0; n < count && !i->failed; n++) {
		struct kept_counts kept = { 0 };
		if (!i->is_loading) {
			const struct log_counts *c = &r->counts[n];
			kept = (struct kept_counts){ name_hash(c->name), c->matched, c->unmatched,
						     c->ambiguous, c->torn };
		}
		image_bytes(i, &kept, sizeof kept);
		if (i->is_loading && !i->failed)
			take_counts(r, &kept);
	}
}
