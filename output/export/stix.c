/* SPDX-License-Identifier: MIT */
#include "output/export/internal.h"

#include "core/clock.h"
#include "output/uuid.h"

/* A STIX 2.1 bundle (OASIS standard, 10 June 2021): who says it (identity), what to block (indicator), and
 * what that rests on (observed-data about an address, a relationship between them). Ids are UUIDs of names,
 * so that the same address has the same objects in every export, and a reader that knows it updates instead
 * of adding. */

/* Ours: uuid5(DNS, "siphound"). That of addresses is given by the standard (2.9). */
static const uint8_t our_space[16] = { 0x42, 0x6b, 0xff, 0xf0, 0xb4, 0xa2, 0x5f, 0xc3,
				       0xa0, 0x3e, 0xd6, 0xde, 0xed, 0x6a, 0x55, 0x51 };
static const uint8_t stix_space[16] = { 0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
					0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7 };

enum { ID_MAX = 80 };

struct bundle {
	struct sha1 hash; /* of all ids: the bundle's own */
	char identity[ID_MAX];
};

static const char *id_of(const char *type, const char *net, char out[ID_MAX])
{
	char name[128], uuid[UUID_TEXT_MAX];
	snprintf(name, sizeof name, "%s:%s", type, net);
	snprintf(out, ID_MAX, "%s--%s", type, uuid_named(our_space, slice_str(name), uuid));
	return out;
}

static const char *id_of_address(const char *type, const char *net, char out[ID_MAX])
{
	char name[128], uuid[UUID_TEXT_MAX];
	snprintf(name, sizeof name, "{\"value\":\"%s\"}", net);
	snprintf(out, ID_MAX, "%s--%s", type, uuid_named(stix_space, slice_str(name), uuid));
	return out;
}

static void put_words(struct json_writer *w, const char *key, const char *value)
{
	json_key(w, key);
	json_words(w, value);
}

static void put_time(struct json_writer *w, const char *key, int64_t time_us)
{
	json_key(w, key);
	json_time(w, time_us);
}

static void open_object(struct json_writer *w, const char *type, const char *id)
{
	json_open_object(w);
	put_words(w, "type", type);
	put_words(w, "spec_version", "2.1");
	put_words(w, "id", id);
}

static void put_made(struct json_writer *w, const struct bundle *b, int64_t created_us, int64_t modified_us)
{
	put_words(w, "created_by_ref", b->identity);
	put_time(w, "created", created_us);
	put_time(w, "modified", modified_us);
}

static void put_identity(struct export *x, struct bundle *b)
{
	struct json_writer *w = &x->w;
	int64_t born_us = clock_from_civil(2026, 1, 1, 0, 0, 0);
	open_object(w, "identity", id_of("identity", "siphound", b->identity));
	put_time(w, "created", born_us);
	put_time(w, "modified", born_us);
	put_words(w, "name", "siphound");
	put_words(w, "identity_class", "system");
	json_close_object(w);
}

static void put_pattern(struct json_writer *w, const struct export_item *item)
{
	char pattern[128];
	snprintf(pattern, sizeof pattern, "[%s:value %s '%s']", item->is_v4 ? "ipv4-addr" : "ipv6-addr",
		 item->is_single ? "=" : "ISSUBSET", item->net);
	put_words(w, "pattern", pattern);
	put_words(w, "pattern_type", "stix");
}

static void put_description(struct json_writer *w, const struct store_entry *e)
{
	char text[256];
	if (!e->rule)
		snprintf(text, sizeof text, "Blocked by hand.");
	else
		snprintf(text, sizeof text, "SIP attack (%s). Worst rule: %s.%s%s",
			 e->stages ? e->stages : "", export_word(e->rule),
			 *export_word(e->tool) ? " Tool: " : "", export_word(e->tool));
	put_words(w, "description", text);
}

static void put_indicator(struct export *x, const struct bundle *b, const struct export_item *item,
			  const char *id)
{
	const struct store_entry *e = item->entry;
	struct json_writer *w = &x->w;
	int64_t created_us = e->first_us && e->first_us < e->ban.first_us ? e->first_us : e->ban.first_us;
	int64_t modified_us = e->last_us > e->ban.first_us ? e->last_us : e->ban.first_us;
	open_object(w, "indicator", id);
	put_made(w, b, created_us, modified_us);
	put_words(w, "name", item->net);
	put_description(w, e);
	json_key(w, "indicator_types");
	json_open_array(w);
	json_words(w, "malicious-activity");
	json_close_array(w);
	put_pattern(w, item);
	put_time(w, "valid_from", e->ban.first_us);
	if (item->until_us > e->ban.first_us)
		put_time(w, "valid_until", item->until_us);
	if (e->score > 0) {
		json_key(w, "confidence");
		json_i64(w, e->score < 100 ? e->score : 100);
	}
	json_close_object(w);
}

static void put_observed(struct export *x, const struct bundle *b, const struct export_item *item,
			 const char *id, const char *address_id)
{
	const struct store_entry *e = item->entry;
	struct json_writer *w = &x->w;
	open_object(w, "observed-data", id);
	put_made(w, b, e->first_us, e->last_us);
	put_time(w, "first_observed", e->first_us);
	put_time(w, "last_observed", e->last_us);
	json_key(w, "number_observed");
	json_u64(w, e->messages < 999999999 ? e->messages : 999999999);
	json_key(w, "object_refs");
	json_open_array(w);
	json_words(w, address_id);
	json_close_array(w);
	json_close_object(w);
}

static void put_relationship(struct export *x, const struct bundle *b, const struct export_item *item,
			     const char *from, const char *to)
{
	const struct store_entry *e = item->entry;
	struct json_writer *w = &x->w;
	char id[ID_MAX];
	open_object(w, "relationship", id_of("relationship", item->net, id));
	put_made(w, b, e->first_us, e->last_us);
	put_words(w, "relationship_type", "based-on");
	put_words(w, "source_ref", from);
	put_words(w, "target_ref", to);
	json_close_object(w);
}

static void put_evidence(struct export *x, const struct bundle *b, const struct export_item *item,
			 const char *indicator)
{
	const char *type = item->is_v4 ? "ipv4-addr" : "ipv6-addr";
	char address[ID_MAX], observed[ID_MAX];
	id_of_address(type, item->net, address);
	id_of("observed-data", item->net, observed);
	open_object(&x->w, type, address);
	put_words(&x->w, "value", item->net);
	json_close_object(&x->w);
	put_observed(x, b, item, observed, address);
	put_relationship(x, b, item, indicator, observed);
}

static void stix_item(struct export *x, const struct export_item *item, void *ctx)
{
	struct bundle *b = ctx;
	char indicator[ID_MAX];
	if (addr_is_private(&item->entry->ban.net.base)) {
		x->tally.private ++;
		return;
	}
	id_of("indicator", item->net, indicator);
	sha1_add(&b->hash, slice_str(indicator));
	put_indicator(x, b, item, indicator);
	if (item->is_single && item->entry->messages)
		put_evidence(x, b, item, indicator);
	x->tally.written++;
}

void export_stix(struct export *x)
{
	struct json_writer *w = &x->w;
	struct bundle b;
	uint8_t digest[20];
	char uuid[UUID_TEXT_MAX], id[ID_MAX];
	sha1_init(&b.hash);
	sha1_add(&b.hash, slice_of(our_space, 16));
	json_open_object(w);
	put_words(w, "type", "bundle");
	json_key(w, "objects");
	json_open_array(w);
	put_identity(x, &b);
	export_each(x, true, stix_item, &b);
	json_close_array(w);
	sha1_end(&b.hash, digest);
	snprintf(id, sizeof id, "bundle--%s", uuid_of_digest(digest, uuid));
	put_words(w, "id", id);
	json_close_object(w);
	json_end_line(w);
}
