/* SPDX-License-Identifier: MIT */
/* Where Redis is, as a user writes it. The input is the URL. */
#include "output/redis/url.h"
#include "tests/fuzz/fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct redis_url url;
	struct error err = { "" };
	char *text = malloc(size + 1);
	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (redis_url_parse(text, &url, &err) == 0) {
		FUZZ_CHECK(url.path[0] || (url.host_count > 0 && url.host_count <= REDIS_HOSTS_MAX));
		for (size_t i = 0; i < url.host_count; i++)
			FUZZ_CHECK(memchr(url.hosts[i].name, 0, REDIS_HOST_MAX) && url.hosts[i].name[0] &&
				   url.hosts[i].port);
		FUZZ_CHECK(memchr(url.user, 0, sizeof url.user) && memchr(url.master, 0, sizeof url.master) &&
			   memchr(url.path, 0, sizeof url.path));
	} else {
		FUZZ_CHECK(err.text[0]);
	}
	free(text);
	return 0;
}
