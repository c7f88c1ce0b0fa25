/* SPDX-License-Identifier: MIT */
/* Messages that are alike are not parsed but compared with a template (analyze/reading/template.h): that must change
 * nothing. The input is one message (two bytes of length, and its bytes), then changes of it: each two bytes
 * for the place, one for how many bytes go, one for how many come, and these. Every message so made is read
 * with and without templates. */
#include "analyze/reading/reading.h"
#include "tests/fuzz/fuzz_input.h"

enum { MESSAGE_MAX = 2048 };

struct pair {
	struct message_reader *fast, *plain;
	struct reading *a, *b;
	size_t size;
};

static struct pair *pair_new(void)
{
	static struct ruleset *rules;
	static struct engine *engine;
	struct error err = { "" };
	if (!rules) {
		fuzz_small_pages();
		rules = ruleset_new();
		FUZZ_CHECK(rules && ruleset_load(rules, SIPHOUND_SOURCE_DIR "/rules", &err) == 0 &&
			   ruleset_compile(rules, &err) == 0);
		engine = engine_new(rules, NULL);
	}
	struct pair *p = calloc(1, sizeof *p);
	FUZZ_CHECK(p && engine);
	p->fast = message_reader_new(rules, engine);
	p->plain = message_reader_new(rules, engine);
	FUZZ_CHECK(p->fast && p->plain);
	message_reader_be_plain(p->plain);
	p->size = message_reader_size(p->fast);
	p->a = calloc(1, p->size);
	p->b = calloc(1, p->size);
	FUZZ_CHECK(p->a && p->b);
	return p;
}

static void pair_free(struct pair *p)
{
	message_reader_free(p->fast);
	message_reader_free(p->plain);
	free(p->a);
	free(p->b);
	free(p);
}

#define SAME(field) FUZZ_CHECK(p->a->field == p->b->field)

static void compare(const struct pair *p)
{
	SAME(kind);
	if (p->a->kind == READING_REFUSED)
		return;
	SAME(method);
	SAME(status_code);
	SAME(is_observed);
	SAME(has_to_tag);
	SAME(has_credentials);
	SAME(is_stale);
	SAME(challenge_count);
	SAME(has_media);
	SAME(call_id_hash);
	SAME(call_hash);
	SAME(copy_hash);
	SAME(dialog_key);
	SAME(nonce_key);
	if (p->a->has_to_tag)
		FUZZ_CHECK(p->a->to_tag_hash == p->b->to_tag_hash &&
			   p->a->from_tag_hash == p->b->from_tag_hash);
	if (p->a->has_media)
		FUZZ_CHECK(p->a->media_port == p->b->media_port &&
			   addr_eq(&p->a->media_address, &p->b->media_address));
	for (unsigned i = 0; i < p->a->challenge_count && i < 2; i++)
		FUZZ_CHECK(p->a->challenge_keys[i] == p->b->challenge_keys[i]);
	FUZZ_CHECK(memcmp(&p->a->key, &p->b->key, sizeof p->a->key) == 0);
	if (!p->a->is_observed)
		return;
	FUZZ_CHECK(memcmp(&p->a->event, &p->b->event, sizeof p->a->event) == 0);
	FUZZ_CHECK(memcmp(&p->a->print, &p->b->print, sizeof p->a->print) == 0);
	FUZZ_CHECK(p->a->agent_len == p->b->agent_len &&
		   memcmp(p->a->agent, p->b->agent, p->a->agent_len) == 0);
	FUZZ_CHECK(memcmp(p->a->digest, p->b->digest, p->size - offsetof(struct reading, digest)) == 0);
}

static void give(struct pair *p, struct slice bytes, uint64_t number)
{
	struct sip_origin origin = { .time_us = 1795000000000000,
				     .place = { number, 0 },
				     .transport = TRANSPORT_UDP,
				     .proof = PROOF_NONE,
				     .ttl = 64 };
	origin.ends.source = addr_from_v4((uint8_t[4]){ 203, 0, 113, 7 });
	origin.ends.destination = addr_from_v4((uint8_t[4]){ 198, 51, 100, 10 });
	origin.ends.source_port = origin.ends.destination_port = 5060;
	struct slice copy = fuzz_exact(bytes);
	memset(p->a, 0, p->size);
	memset(p->b, 0, p->size);
	message_reader_read(p->fast, &origin, copy, p->a);
	message_reader_read(p->plain, &origin, copy, p->b);
	compare(p);
	fuzz_free(copy);
}

/* `message` with `gone` bytes at `at` replaced. */
static size_t change(struct slice message, size_t at, size_t gone, struct slice come,
		     uint8_t out[2 * MESSAGE_MAX])
{
	at = message.len ? at % (message.len + 1) : 0;
	struct slice behind = slice_from(message, at + gone);
	memcpy(out, message.ptr, at);
	if (come.len)
		memcpy(out + at, come.ptr, come.len);
	if (behind.len)
		memcpy(out + at + come.len, behind.ptr, behind.len);
	return at + come.len + behind.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(slice_of(data, size));
	struct slice message = slice_first(fuzz_piece(&in), MESSAGE_MAX);
	uint64_t number = 1;
	if (in.failed || message.len == 0)
		return 0;
	struct pair *p = pair_new();
	give(p, message, number++);
	give(p, message, number++);
	while (!in.failed && cursor_left(&in) >= 4) {
		uint8_t changed[2 * MESSAGE_MAX];
		size_t at = cursor_be16(&in), gone = cursor_u8(&in), come = cursor_u8(&in);
		size_t len =
		    change(message, at, gone,
			   cursor_take(&in, come < cursor_left(&in) ? come : cursor_left(&in)), changed);
		give(p, slice_of(changed, len), number++);
	}
	pair_free(p);
	return 0;
}
