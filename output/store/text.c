/* SPDX-License-Identifier: MIT */
#include "output/escape.h"
#include "output/store/internal.h"

#include <stdio.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

size_t store_clean(struct slice text, char out[STORE_TEXT_MAX + 1])
{
	size_t used = 0;
	while (text.len) {
		uint32_t code;
		size_t len = utf8_decode(text, &code);
		bool is_good = len && !code_is_control(code);
		size_t width = is_good ? len : 3;
		if (used + width > STORE_TEXT_MAX)
			break;
		memcpy(out + used, is_good ? (const void *)text.ptr : replacement, width);
		used += width;
		text = slice_from(text, len ? len : 1);
	}
	out[used] = '\0';
	return used;
}

struct slice store_pack(const struct text_sample *sample, char *out)
{
	size_t used = 0;
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++) {
		if (i)
			out[used++] = '\n';
		used += store_clean(sample->items[i], out + used);
	}
	return slice_of(sample->shown ? out : NULL, used);
}

/* Position of `text` among the words that `word` gives from `from` to below `to`; `absent` when it is none of
 * them. */
static unsigned find_word(const char *text, const char *(*word)(unsigned), unsigned from, unsigned to,
			  unsigned absent)
{
	for (unsigned i = from; text && i < to; i++)
		if (strcmp(text, word(i)) == 0)
			return i;
	return absent;
}

static const char *verdict_word(unsigned i)
{
	return verdict_text((enum verdict)i);
}
static const char *proof_word(unsigned i)
{
	return proof_text((enum proof)i);
}
static const char *stage_word(unsigned i)
{
	return stage_text((enum stage)i);
}
static const char *level_word(unsigned i)
{
	return level_text((enum rule_level)i);
}
static const char *order_word(unsigned i)
{
	return choice_text(CHOICE_SWEEP_ORDER, i);
}

enum verdict store_verdict(const char *text)
{
	return (enum verdict)find_word(text, verdict_word, VERDICT_NONE, VERDICT_SPARED + 1, VERDICT_NONE);
}

enum proof store_proof(const char *text)
{
	return (enum proof)find_word(text, proof_word, PROOF_NONE, PROOF_TLS + 1, PROOF_NONE);
}

enum stage store_stage(const char *text)
{
	return (enum stage)find_word(text, stage_word, 0, STAGE_COUNT, STAGE_NONE);
}

enum rule_level store_level(const char *text)
{
	return (enum rule_level)find_word(text, level_word, 0, LEVEL_COUNT, LEVEL_MEDIUM);
}

enum order store_order(const char *text)
{
	return (enum order)find_word(text, order_word, ORDER_NONE, ORDER_PERMUTED + 1, ORDER_ABSENT);
}

const char *store_proof_text(enum proof proof)
{
	return proof ? proof_text(proof) : "none";
}

bool store_net_is_single(const struct addr_prefix *net)
{
	return net->bits >= 128;
}

void store_net_range(const struct addr_prefix *net, struct addr *low, struct addr *high)
{
	*low = *high = net->base;
	for (unsigned bit = net->bits; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);
		low->bytes[bit / 8] &= (uint8_t)~mask;
		high->bytes[bit / 8] |= mask;
	}
}

const char *store_net_text(const struct addr_prefix *net, char out[STORE_NET_TEXT_MAX])
{
	addr_text(&net->base, out);
	if (!store_net_is_single(net)) {
		bool is_v4 = addr_is_v4(&net->base) && net->bits >= 96;
		size_t len = strlen(out);
		snprintf(out + len, STORE_NET_TEXT_MAX - len, "/%u", is_v4 ? net->bits - 96u : net->bits);
	}
	return out;
}

const char *store_column(sqlite3_stmt *q, int column)
{
	return (const char *)sqlite3_column_text(q, column);
}
