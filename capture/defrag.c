/* SPDX-License-Identifier: MIT */
#include "capture/defrag.h"

#include "capture/decode.h"
#include "core/table.h"

#include <stdlib.h>

#define UNIT	       8u /* fragments are cut at multiples of eight bytes */
#define PAGE_UNITS     (DEFRAG_PAGE / UNIT)
#define DATAGRAM_MAX   65535u
#define PAGES_MAX      (65536u / DEFRAG_PAGE)
#define CHUNK_PAGES    64u
#define POOL_MAX       65535u /* page ids are 16 bits wide: 64 MiB */
#define NOTHING_CUT    UINT32_MAX
#define TINY_ROOM      8u
#define TABLE_OVERHEAD 24u /* of core/table.h for each entry */

_Static_assert(PAGE_UNITS == 128, "two words of bits for a page");

/* Bytes of one stretch of the datagram, a bit for each unit that has arrived. */
struct page {
	uint64_t have[2];
	uint8_t bytes[DEFRAG_PAGE];
};

struct datagram_key {
	struct addr source, destination;
	uint32_t id;
	uint8_t version;
	uint8_t protocol; /* IPv4 only: RFC 8200 leaves it out for IPv6 */
	uint8_t zero[2];
};

struct held {
	struct datagram_key key;
	int64_t first_us;
	int64_t head_us; /* the first fragment's frame */
	uint64_t head_number;
	uint64_t head_serial; /* which note is about it; 0: none */
	uint32_t total;	      /* 0: the last fragment has not arrived */
	uint32_t end;	      /* furthest byte that has arrived, and one */
	uint32_t received;    /* units */
	uint32_t cut_at;      /* the capture has no bytes from here on */
	capture_anomalies anomalies;
	uint8_t protocol; /* of the first fragment */
	uint8_t ttl;
	bool has_first;
	bool head_given;
	uint16_t head_input, head_link_type;
	uint16_t pages[PAGES_MAX]; /* page id + 1 */
};

/* A first fragment whose head is due at a time. */
struct head_note {
	struct datagram_key key;
	int64_t due_us;
	uint64_t serial;
};

struct defrag {
	struct defrag_config config;
	struct table table;
	struct page **chunks;
	uint32_t chunk_count, pages_max, pages_made;
	uint16_t free_page; /* chain through the first bytes of free pages, id + 1 */
	uint8_t *whole[DEFRAG_NEST_MAX];
	unsigned handed_out;
	uint64_t lost;
	uint64_t notes_written, notes_read; /* serials: the first note is 1 */
	struct head_note *notes;	    /* a ring of DEFRAG_HEADS_MAX, in order of arrival */
};

static struct page *page_at(const struct defrag *d, uint32_t link)
{
	return &d->chunks[(link - 1) / CHUNK_PAGES][(link - 1) % CHUNK_PAGES];
}

static void free_pages(struct defrag *d, struct held *h)
{
	for (unsigned i = 0; i < PAGES_MAX; i++) {
		if (!h->pages[i])
			continue;
		memcpy(page_at(d, h->pages[i])->bytes, &d->free_page, sizeof d->free_page);
		d->free_page = h->pages[i];
		h->pages[i] = 0;
	}
}

static void on_evict(void *ctx, void *entry)
{
	struct defrag *d = ctx;
	free_pages(d, entry);
	d->lost++;
}

static void give_up(struct defrag *d, struct held *h)
{
	on_evict(d, h);
	table_remove(&d->table, h);
}

struct defrag *defrag_new(const struct defrag_config *config)
{
	struct defrag *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	/* As many datagrams as pages: a flood of single small fragments then uses both up together. */
	size_t count = config->max_bytes / (sizeof(struct page) + sizeof(struct held) + TABLE_OVERHEAD);
	if (count < PAGES_MAX)
		count = PAGES_MAX; /* one datagram of full size always fits */
	if (count > POOL_MAX)
		count = POOL_MAX;
	d->config = *config;
	d->pages_max = (uint32_t)count;
	d->chunks = calloc(count / CHUNK_PAGES + 1, sizeof(struct page *));
	struct table_config table = { .max_entries = count,
				      .key_size = sizeof(struct datagram_key),
				      .entry_size = sizeof(struct held),
				      .seed = config->seed,
				      .evict = on_evict,
				      .ctx = d };
	d->notes = calloc(DEFRAG_HEADS_MAX, sizeof *d->notes);
	if (!d->chunks || !d->notes || table_init(&d->table, &table) != 0) {
		defrag_free(d);
		return NULL;
	}
	return d;
}

void defrag_free(struct defrag *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; i < d->chunk_count; i++)
		free(d->chunks[i]);
	for (unsigned i = 0; i < DEFRAG_NEST_MAX; i++)
		free(d->whole[i]);
	free(d->chunks);
	free(d->notes);
	table_fini(&d->table);
	free(d);
}

static uint16_t pop_free_page(struct defrag *d)
{
	uint16_t link = d->free_page;
	if (link)
		memcpy(&d->free_page, page_at(d, link)->bytes, sizeof d->free_page);
	return link;
}

static uint16_t new_page(struct defrag *d)
{
	if (d->pages_made == d->pages_max)
		return 0;
	if (d->pages_made / CHUNK_PAGES == d->chunk_count) {
		d->chunks[d->chunk_count] = malloc(CHUNK_PAGES * sizeof(struct page));
		if (!d->chunks[d->chunk_count])
			return 0;
		d->chunk_count++;
	}
	return (uint16_t)++d->pages_made;
}

/* The page of `h` with this number, made when needed: at the bound from the datagram that waited longest.
 * NULL: no memory at all. */
static struct page *page_for(struct defrag *d, struct held *h, unsigned number)
{
	if (h->pages[number])
		return page_at(d, h->pages[number]);
	uint16_t link = pop_free_page(d);
	if (!link)
		link = new_page(d);
	while (!link) {
		struct held *oldest = table_oldest(&d->table);
		if (oldest == h) /* the youngest: nothing else is left */
			return NULL;
		give_up(d, oldest);
		link = pop_free_page(d);
	}
	struct page *p = page_at(d, link);
	memset(p->have, 0, sizeof p->have);
	h->pages[number] = link;
	return p;
}

static bool has_unit(const struct page *p, unsigned unit)
{
	return p->have[unit / 64] >> (unit % 64) & 1;
}

static uint32_t lower(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* How many bytes from the start on are there. */
static uint32_t head_len(const struct defrag *d, const struct held *h)
{
	uint32_t unit = 0;
	while (unit * UNIT < h->end) {
		uint16_t link = h->pages[unit / PAGE_UNITS];
		if (!link || !has_unit(page_at(d, link), unit % PAGE_UNITS))
			break;
		unit++;
	}
	return lower(lower(unit * UNIT, h->end), h->cut_at);
}

/* Compares bytes with those that came first. A short unit exists only at the stated end, and what comes after
 * that was known is cut there, so both sides have `len` bytes. */
static void compare(struct held *h, const struct page *p, uint32_t offset, const uint8_t *bytes, uint32_t len)
{
	if (offset >= h->cut_at)
		return;
	if (len > h->cut_at - offset)
		len = h->cut_at - offset;
	if (memcmp(p->bytes + offset % DEFRAG_PAGE, bytes, len) != 0)
		h->anomalies |= CAPTURE_ANOMALY_FRAGMENT_OVERLAP;
}

/* The part of a fragment that falls on units which are partly there already. */
static void put_units(struct held *h, struct page *p, uint32_t offset, struct slice bytes, uint32_t len)
{
	for (uint32_t done = 0; done < len; done += UNIT) {
		unsigned unit = (offset + done) / UNIT % PAGE_UNITS;
		struct slice part = slice_first(slice_from(bytes, done), UNIT);
		if (has_unit(p, unit)) {
			compare(h, p, offset + done, part.ptr, (uint32_t)part.len);
			continue;
		}
		p->have[unit / 64] |= (uint64_t)1 << unit % 64;
		h->received++;
		memcpy(p->bytes + (offset + done) % DEFRAG_PAGE, part.ptr, part.len);
	}
}

/* Bits [first, last) of which those of one word of 64 are returned. */
static uint64_t bits_of_word(unsigned word, unsigned first, unsigned last)
{
	unsigned from = first > word * 64 ? first - word * 64 : 0;
	unsigned to = last > word * 64 ? last - word * 64 : 0;
	if (from >= 64 || to <= from)
		return 0;
	return (to >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << to) - 1) & ~(uint64_t)0 << from;
}

/* The part of a fragment that falls into one page. `bytes` may be shorter than `len`: cut by the capture. */
static void put_page(struct held *h, struct page *p, uint32_t offset, struct slice bytes, uint32_t len)
{
	unsigned first = offset / UNIT % PAGE_UNITS, last = first + (len + UNIT - 1) / UNIT;
	uint64_t low = bits_of_word(0, first, last), high = bits_of_word(1, first, last);
	if (p->have[0] & low || p->have[1] & high) {
		put_units(h, p, offset, bytes, len);
		return;
	}
	p->have[0] |= low;
	p->have[1] |= high;
	h->received += last - first;
	memcpy(p->bytes + offset % DEFRAG_PAGE, bytes.ptr, bytes.len);
}

/* False when memory ran out. */
static bool put(struct defrag *d, struct held *h, uint32_t offset, struct slice bytes, uint32_t len)
{
	for (uint32_t done = 0, part; done < len; done += part) {
		uint32_t at = offset + done;
		part = DEFRAG_PAGE - at % DEFRAG_PAGE;
		if (part > len - done)
			part = len - done;
		struct page *p = page_for(d, h, at / DEFRAG_PAGE);
		if (!p)
			return false;
		put_page(h, p, at, slice_first(slice_from(bytes, done), part), part);
	}
	if (bytes.len < len && offset + (uint32_t)bytes.len < h->cut_at)
		h->cut_at = offset + (uint32_t)bytes.len;
	if (offset + len > h->end)
		h->end = offset + len;
	return true;
}

/* What no packet can have. IPv4 parts in the middle are rounded down to whole units as Linux does; in IPv6
 * that is an error (RFC 8200 4.5). */
static bool check(const struct ip_packet *p, uint32_t *len)
{
	*len = p->wire_len;
	if (p->more_fragments && *len % UNIT) {
		if (p->version == 6)
			return false;
		*len -= *len % UNIT;
	}
	return *len > 0 && *len <= DATAGRAM_MAX && p->fragment_offset + *len <= DATAGRAM_MAX;
}

static void write_note(struct defrag *d, struct held *h, int64_t now_us)
{
	if (d->config.patience_us == 0 || d->notes_written - d->notes_read == DEFRAG_HEADS_MAX)
		return;
	h->head_serial = ++d->notes_written;
	d->notes[h->head_serial % DEFRAG_HEADS_MAX] =
	    (struct head_note){ h->key, now_us + d->config.patience_us, h->head_serial };
}

/* Only the first fragment has the ports, and only its next header counts (RFC 8200 4.5). */
static void note_first(struct defrag *d, struct held *h, const struct frame *frame, const struct ip_packet *p,
		       uint32_t len)
{
	uint32_t header = p->protocol == PROTO_TCP ? 20 : 8;
	if (p->more_fragments && len <= header + TINY_ROOM)
		h->anomalies |= CAPTURE_ANOMALY_FRAGMENT_TINY;
	if (h->has_first) {
		if (h->protocol != p->protocol)
			h->anomalies |= CAPTURE_ANOMALY_FRAGMENT_OVERLAP;
		return;
	}
	h->has_first = true;
	h->protocol = p->protocol;
	h->ttl = p->ttl;
	h->head_us = frame->time_us;
	h->head_number = frame->number;
	h->head_input = frame->input;
	h->head_link_type = frame->link_type;
	write_note(d, h, frame->time_us);
}

static struct datagram_key key_of(const struct ip_packet *p)
{
	return (struct datagram_key){ .source = p->source,
				      .destination = p->destination,
				      .id = p->id,
				      .version = p->version,
				      .protocol = p->version == 4 ? p->protocol : 0 };
}

static bool is_late(const struct defrag *d, const struct held *h, int64_t now_us)
{
	return now_us - h->first_us > d->config.timeout_us;
}

/* Is this the first fragment of another datagram than the one whose head was given? Identifications of IPv4
 * wrap within the timeout on a busy host. */
static bool is_other(const struct defrag *d, const struct held *h, const struct ip_packet *p)
{
	if (!h->head_given || p->fragment_offset != 0)
		return false;
	size_t len = lower(lower((uint32_t)p->payload.len, DEFRAG_PAGE), head_len(d, h));
	return memcmp(page_at(d, h->pages[0])->bytes, p->payload.ptr, len) != 0;
}

static struct held *find(struct defrag *d, int64_t now_us, const struct ip_packet *p)
{
	struct datagram_key key = key_of(p);
	bool is_new;
	for (struct held *h; (h = table_oldest(&d->table)) && is_late(d, h, now_us);)
		give_up(d, h);
	struct held *h = table_get(&d->table, &key, &is_new);
	if (h && !is_new && (is_late(d, h, now_us) || is_other(d, h, p))) {
		give_up(d, h);
		h = table_get(&d->table, &key, &is_new);
	}
	if (h && is_new) {
		h->first_us = now_us;
		h->cut_at = NOTHING_CUT;
	}
	return h;
}

/* Forgets what lies behind the end, so that `received` counts what is needed and nothing else. */
static void trim(struct defrag *d, struct held *h, uint32_t end)
{
	uint32_t first = (end + UNIT - 1) / UNIT;
	for (uint32_t unit = first; unit < (h->end + UNIT - 1) / UNIT; unit++) {
		uint16_t link = h->pages[unit / PAGE_UNITS];
		if (!link || !has_unit(page_at(d, link), unit % PAGE_UNITS))
			continue;
		page_at(d, link)->have[unit % PAGE_UNITS / 64] &= ~((uint64_t)1 << unit % 64);
		h->received--;
	}
	h->end = end;
}

/* The last fragment says where the datagram ends; the first that says so is believed. */
static void set_total(struct defrag *d, struct held *h, uint32_t end)
{
	if (h->total) {
		if (h->total != end)
			h->anomalies |= CAPTURE_ANOMALY_FRAGMENT_OVERLAP;
		return;
	}
	h->total = end;
	if (h->end <= end)
		return;
	h->anomalies |= CAPTURE_ANOMALY_FRAGMENT_OVERLAP;
	trim(d, h, end);
}

static bool is_whole(const struct held *h)
{
	return h->total && h->received == (h->total + UNIT - 1) / UNIT;
}

/* The first `len` bytes, which must all have arrived, in a buffer of their own. */
static bool hand_out(struct defrag *d, const struct held *h, uint32_t len, struct slice *out)
{
	if (d->handed_out == DEFRAG_NEST_MAX)
		return false;
	uint8_t **buffer = &d->whole[d->handed_out];
	if (!*buffer && !(*buffer = malloc(PAGES_MAX * DEFRAG_PAGE)))
		return false;
	d->handed_out++;
	for (uint32_t at = 0; at < len; at += DEFRAG_PAGE)
		memcpy(*buffer + at, page_at(d, h->pages[at / DEFRAG_PAGE])->bytes, DEFRAG_PAGE);
	*out = slice_of(*buffer, len);
	return true;
}

static bool make_whole(struct defrag *d, const struct held *h, struct ip_packet *packet)
{
	if (!hand_out(d, h, lower(h->total, h->cut_at), &packet->payload))
		return false;
	packet->wire_len = h->total;
	packet->protocol = h->protocol;
	packet->is_fragment = false;
	packet->more_fragments = false;
	packet->fragment_offset = 0;
	return true;
}

bool defrag_next_head(struct defrag *d, int64_t now_us, struct defrag_head *out)
{
	while (d->notes_read < d->notes_written) {
		const struct head_note *note = &d->notes[(d->notes_read + 1) % DEFRAG_HEADS_MAX];
		if (note->due_us > now_us)
			return false;
		d->notes_read++;
		struct held *h = table_find(&d->table, &note->key);
		if (!h || h->head_serial != note->serial)
			continue;
		struct slice bytes;
		if (!hand_out(d, h, head_len(d, h), &bytes))
			return false;
		h->head_given = true;
		out->packet = (struct ip_packet){ .source = h->key.source,
						  .destination = h->key.destination,
						  .payload = bytes,
						  .wire_len = h->total ? h->total : DATAGRAM_MAX,
						  .id = h->key.id,
						  .version = h->key.version,
						  .protocol = h->protocol,
						  .ttl = h->ttl };
		out->frame = (struct frame){ .time_us = h->head_us,
					     .number = h->head_number,
					     .bytes = slice_of(bytes.ptr, 0),
					     .link_type = h->head_link_type,
					     .input = h->head_input };
		out->anomalies = h->anomalies;
		return true;
	}
	return false;
}

enum defrag_result defrag_feed(struct defrag *d, const struct frame *frame, struct ip_packet *packet,
			       capture_anomalies *anomalies)
{
	uint32_t len;
	if (!check(packet, &len))
		return DEFRAG_BAD;
	struct held *h = find(d, frame->time_us, packet);
	if (!h) {
		d->lost++;
		return DEFRAG_HELD;
	}
	uint32_t offset = packet->fragment_offset;
	if (offset == 0)
		note_first(d, h, frame, packet, len);
	if (h->total && offset + len > h->total) {
		h->anomalies |= CAPTURE_ANOMALY_FRAGMENT_OVERLAP;
		len = offset < h->total ? h->total - offset : 0;
	} else if (!packet->more_fragments) {
		set_total(d, h, offset + len);
	}
	if (!put(d, h, offset, slice_first(packet->payload, len), len)) {
		give_up(d, h);
		return DEFRAG_HELD;
	}
	if (!is_whole(h))
		return DEFRAG_HELD;
	*anomalies |= h->anomalies;
	bool made = make_whole(d, h, packet);
	if (!made)
		d->lost++;
	free_pages(d, h);
	table_remove(&d->table, h);
	return made ? DEFRAG_WHOLE : DEFRAG_HELD;
}

void defrag_release(struct defrag *d)
{
	d->handed_out = 0;
}

void defrag_flush(struct defrag *d)
{
	for (struct held *h; (h = table_oldest(&d->table));)
		give_up(d, h);
}

uint64_t defrag_lost(const struct defrag *d)
{
	return d->lost;
}

size_t defrag_memory(const struct defrag *d)
{
	size_t bytes = (size_t)d->chunk_count * CHUNK_PAGES * sizeof(struct page) + table_memory(&d->table);
	for (unsigned i = 0; i < DEFRAG_NEST_MAX; i++)
		bytes += d->whole[i] ? PAGES_MAX * DEFRAG_PAGE : 0;
	return bytes;
}
