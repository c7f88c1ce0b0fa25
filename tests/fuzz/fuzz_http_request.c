/* SPDX-License-Identifier: MIT */
/* A request to the own HTTP server: the first byte says in what steps its bytes come. A head that was refused
 * stays refused, and one that was read is read the same. */
#include "output/http/request.h"
#include "tests/fuzz/fuzz_input.h"

static void read_parts(const struct http_request *r, struct slice bytes)
{
	struct slice rest = r->query, name;
	char value[64];
	uint8_t secret[HTTP_TOKEN_MAX];
	FUZZ_CHECK(r->path.len > 0 && (fuzz_inside(r->path, bytes) || slice_eq(r->path, SLICE("/"))));
	FUZZ_CHECK(fuzz_inside(r->query, bytes) && fuzz_inside(r->authorization, bytes));
	FUZZ_CHECK(fuzz_inside(r->if_none_match, bytes));
	for (int i = 0; i < 100 && http_query_next(&rest, &name, value, sizeof value) == PARSE_OK; i++)
		FUZZ_CHECK(memchr(value, 0, sizeof value) && fuzz_inside(name, bytes));
	http_etag_matches(r->if_none_match, "\"abc\"");
	size_t len = http_credentials(r->authorization, secret, sizeof secret);
	FUZZ_CHECK(len <= sizeof secret);
	http_token_equal(SLICE("token"), slice_of(secret, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	size_t step = 1 + (size_t)data[0] * 4;
	struct slice all = slice_first(slice_of(data + 1, size - 1), HTTP_REQUEST_MAX);
	for (size_t end = step < all.len ? step : all.len;;
	     end = all.len - end < step ? all.len : end + step) {
		struct slice bytes = fuzz_exact(slice_first(all, end));
		struct http_request r;
		int status = 0;
		enum parse_result result = http_request_read(bytes, &r, &status);
		if (result == PARSE_OK)
			read_parts(&r, bytes);
		else
			FUZZ_CHECK(status >= 400 && status < 600);
		fuzz_free(bytes);
		if (result != PARSE_PARTIAL || end == all.len)
			break;
	}
	return 0;
}
