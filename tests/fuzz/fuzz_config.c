/* SPDX-License-Identifier: MIT */
/* The configuration file in YAML, as each of the commands reads it. The first byte chooses the command, the
 * rest is the file. */
#include "app/config/config.h"
#include "tests/fuzz/fuzz_input.h"

static void on_problem(void *ctx, const char *sentence)
{
	FUZZ_CHECK(strlen(sentence) > 0);
	for (const char *c = sentence; *c; c++)
		FUZZ_CHECK((uint8_t)*c >= ' ' && *c != 0x7f);
	++*(size_t *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct slice text = fuzz_exact(slice_of(data + 1, size - 1));
	struct options options = options_default;
	struct config *config = NULL;
	struct error err = { "" };
	size_t problems = 0;
	int code = config_read(&config, text, "fuzz.yaml", data[0], &options, on_problem, &problems, &err);
	FUZZ_CHECK((code == 0) == (problems == 0) && (code == 0) == (config != NULL));
	if (code == 0) {
		FUZZ_CHECK(options.allow_count <= OPTION_ALLOW_MAX && options.home_count <= OPTION_LIST_MAX);
		for (size_t i = 0; i < options.allow_count; i++)
			FUZZ_CHECK(strlen(options.allow[i]) > 0);
	}
	config_free(config);
	fuzz_free(text);
	return 0;
}
