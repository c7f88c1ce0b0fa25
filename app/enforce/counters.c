/* SPDX-License-Identifier: MIT */
#include "app/enforce/enforce.h"

#include "core/clock.h"

#include <inttypes.h>
#include <stdio.h>

enum { BUSIEST = 10 };

struct sums {
	uint64_t packets[BLOCK_KINDS], bytes[BLOCK_KINDS], elements[BLOCK_KINDS];
	struct block_element busiest[BUSIEST]; /* most packets first */
	size_t busiest_count;
};

static void keep_busiest(struct sums *s, const struct block_element *element)
{
	size_t at = s->busiest_count;
	if (element->packets == 0)
		return;
	while (at > 0 && s->busiest[at - 1].packets < element->packets)
		at--;
	if (at == BUSIEST)
		return;
	s->busiest_count += s->busiest_count < BUSIEST;
	memmove(&s->busiest[at + 1], &s->busiest[at], (s->busiest_count - at - 1) * sizeof *s->busiest);
	s->busiest[at] = *element;
}

static void add_up(void *ctx, const struct block_element *element)
{
	struct sums *s = ctx;
	enum block_kind kind = block_kind_of(&element->net);
	s->elements[kind]++;
	s->packets[kind] += element->packets;
	s->bytes[kind] += element->bytes;
	keep_busiest(s, element);
}

static void print_sets(const struct sums *s)
{
	for (int k = 0; k < BLOCK_KINDS; k++)
		fprintf(stderr,
			"%s\"%s\":{\"elements\":%" PRIu64 ",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
			k ? "," : "", block_set_names[k], s->elements[k], s->packets[k], s->bytes[k]);
}

static void print_busiest(const struct sums *s)
{
	char text[STORE_NET_TEXT_MAX];
	for (size_t i = 0; i < s->busiest_count; i++)
		fprintf(stderr, "%s{\"net\":\"%s\",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
			i ? "," : "", store_net_text(&s->busiest[i].net, text), s->busiest[i].packets,
			s->busiest[i].bytes);
}

void enforce_print_counters(struct enforce *e)
{
	const struct enforce_counters *c = &e->counters;
	struct sums sums = { 0 };
	struct error ignored;
	char when[CLOCK_TEXT_MAX];
	if (e->nft)
		block_nft_read(e->nft, add_up, &sums, &ignored);
	fprintf(stderr,
		"{\"@timestamp\":\"%s\",\"event\":{\"kind\":\"metric\",\"dataset\":\"siphound.enforce\"},"
		"\"siphound\":{\"table\":\"inet %s\","
		"\"source_is_there\":%s,\"lists\":%" PRIu64 ",\"added\":%" PRIu64 ",\"changed\":%" PRIu64
		",\"deleted\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"refused\":%" PRIu64
		",\"refusals\":%" PRIu64 ",\"beyond\":%" PRIu64 ",\"restored\":%" PRIu64
		",\"connections_ended\":%" PRIu64 ",\"sets\":{",
		clock_text(e->now_us, when), e->options.nft.table, e->is_away ? "false" : "true", c->lists,
		c->added, c->changed, c->deleted, c->failed, e->set.refused, c->refusals, e->set.beyond,
		c->restored, c->connections);
	print_sets(&sums);
	fputs("},\"busiest\":[", stderr);
	print_busiest(&sums);
	fputs("]}}\n", stderr);
}
