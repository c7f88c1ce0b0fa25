/* SPDX-License-Identifier: MIT */
/* Paths and User-Agents of provisioning requests, with the shipped table: a piece for the path (two bytes of
 * length), the agent is the rest. */
#include "analyze/web/provisioning.h"
#include "core/shown_path.h"
#include "tests/fuzz/fuzz_input.h"

static const struct vendors *shipped(void)
{
	static struct vendors *v;
	struct error err = { "" };
	if (!v)
		v = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	FUZZ_CHECK(v);
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(slice_of(data, size));
	struct slice path = fuzz_exact(fuzz_piece(&in)), agent = fuzz_exact(cursor_rest(&in));
	struct provisioning_facts facts;
	struct provisioning_scratch scratch;
	struct observation o;
	char mac[MAC_TEXT_LEN];
	for (int is_tftp = 0; is_tftp < 2; is_tftp++)
		if (provisioning_read(shipped(), path, agent, is_tftp, &facts)) {
			observation_init(&o);
			provisioning_fill(&facts, &o, &scratch);
			FUZZ_CHECK(facts.mac < (uint64_t)1 << 48 && facts.kind < FILE_KIND_COUNT);
			fuzz_touch(
			    shown_path(path, facts.mac ? mac_text(facts.mac, mac) : slice_of(NULL, 0)));
		}
	observation_init(&o);
	o.choice[CHOICE_CATEGORY] = CATEGORY_PROVISIONING;
	observation_set_text(&o, TEXT_URL_PATH, path);
	observation_set_text(&o, TEXT_USER_AGENT, agent);
	if (provisioning_complete(shipped(), &o, &scratch))
		FUZZ_CHECK(fuzz_inside(observation_text(&o, TEXT_URL_PATH), path));
	fuzz_free(path);
	fuzz_free(agent);
	return 0;
}
