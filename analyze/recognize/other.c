/* SPDX-License-Identifier: MIT */
#include "analyze/recognize/other.h"

#include "core/hash.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_NDPI
#include <ndpi_api.h>
#endif

#define NAMES_MAX 32
#define ASKED_SLOTS 4096

struct other {
	uint64_t asked_before[ASKED_SLOTS]; /* hashes of endpoints, overwritten by the next in the same slot */
	unsigned asked;
	struct {
		char name[40];
		uint64_t count;
	} names[NAMES_MAX];
	size_t name_count;
#ifdef HAVE_NDPI
	struct ndpi_detection_module_struct *module;
#endif
};

struct other *other_new(void)
{
	return calloc(1, sizeof(struct other));
}

void other_free(struct other *x)
{
	if (!x)
		return;
#ifdef HAVE_NDPI
	if (x->module)
		ndpi_exit_detection_module(x->module);
#endif
	free(x);
}

static void count_name(struct other *x, const char *name)
{
	for (size_t i = 0; i < x->name_count; i++)
		if (strcmp(x->names[i].name, name) == 0) {
			x->names[i].count++;
			return;
		}
	if (x->name_count == NAMES_MAX)
		return;
	snprintf(x->names[x->name_count].name, sizeof x->names[0].name, "%s", name);
	x->names[x->name_count++].count = 1;
}

#ifdef HAVE_NDPI
/* nDPI wants an IP packet: one is made around the payload, since the frame may have been a tunnel or fragments. */
static size_t make_packet(const struct datagram *d, uint8_t *packet, size_t size)
{
	size_t len = d->payload.len < size - 28 ? d->payload.len : size - 28;
	size_t total = len + 28;
	memset(packet, 0, 28);
	packet[0] = 0x45;
	packet[2] = (uint8_t)(total >> 8);
	packet[3] = (uint8_t)total;
	packet[8] = 64;
	packet[9] = PROTO_UDP;
	memcpy(packet + 12, d->ends.source.bytes + 12, 4);
	memcpy(packet + 16, d->ends.destination.bytes + 12, 4);
	packet[20] = (uint8_t)(d->ends.source_port >> 8);
	packet[21] = (uint8_t)d->ends.source_port;
	packet[22] = (uint8_t)(d->ends.destination_port >> 8);
	packet[23] = (uint8_t)d->ends.destination_port;
	packet[24] = (uint8_t)((len + 8) >> 8);
	packet[25] = (uint8_t)(len + 8);
	memcpy(packet + 28, d->payload.ptr, len);
	return total;
}

static bool ndpi_start(struct other *x)
{
	NDPI_PROTOCOL_BITMASK all;
	x->module = ndpi_init_detection_module(ndpi_no_prefs);
	if (!x->module)
		return false;
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(x->module, &all);
	ndpi_finalize_initialization(x->module);
	return true;
}

static void ask(struct other *x, const struct datagram *d)
{
	uint8_t packet[1500], guessed = 0;
	char name[40];
	if (!x->module && !ndpi_start(x)) {
		count_name(x, "unknown");
		return;
	}
	struct ndpi_flow_struct *flow = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT);
	if (!flow)
		return;
	memset(flow, 0, SIZEOF_FLOW_STRUCT);
	size_t len = make_packet(d, packet, sizeof packet);
	ndpi_protocol protocol = ndpi_detection_process_packet(x->module, flow, packet, (unsigned short)len,
							      (u_int64_t)(d->frame->time_us / 1000));
	if (protocol.app_protocol == NDPI_PROTOCOL_UNKNOWN && protocol.master_protocol == NDPI_PROTOCOL_UNKNOWN)
		protocol = ndpi_detection_giveup(x->module, flow, 0, &guessed);
	count_name(x, ndpi_protocol2name(x->module, protocol, name, sizeof name));
	ndpi_free_flow(flow);
}
#else
static void ask(struct other *x, const struct datagram *d)
{
	(void)d;
	count_name(x, "unknown (built without nDPI)");
}
#endif

/* Keep-alives of phones: line ends, NULs, or a few bytes. */
static bool is_keepalive(struct slice payload)
{
	for (size_t i = 0; i < payload.len; i++)
		if (payload.ptr[i] != '\r' && payload.ptr[i] != '\n' && payload.ptr[i] != 0)
			return false;
	return true;
}

bool other_is_asking(const struct other *x)
{
	return x->asked < OTHER_ASKED_MAX;
}

void other_datagram(struct other *x, const struct datagram *d)
{
	if (!other_wants(x, d->ends.source_port, d->ends.destination_port))
		return;
	if (is_keepalive(d->payload)) {
		count_name(x, "keep-alive");
		return;
	}
	uint64_t key = hash_addr(&d->ends.source, hash_addr(&d->ends.destination, (uint64_t)d->ends.source_port << 16 | d->ends.destination_port));
	uint64_t *slot = &x->asked_before[key % ASKED_SLOTS];
	if (*slot == key)
		return;
	*slot = key;
	x->asked++;
	ask(x, d);
}

static int compare_counts(const void *a, const void *b)
{
	const struct named_count *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

void other_list(const struct other *x, struct named_list *out)
{
	size_t from = out->count;
	for (size_t i = 0; i < x->name_count && out->count < SUMMARY_LIST_MAX; i++)
		out->items[out->count++] = (struct named_count){ x->names[i].name, x->names[i].count };
	qsort(out->items + from, out->count - from, sizeof *out->items, compare_counts);
}
