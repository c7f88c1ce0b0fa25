/* SPDX-License-Identifier: MIT */
#include "output/sha256.h"

#include <criterion/criterion.h>

/* Examples of FIPS 180-4, and lengths around those at which the padding needs another block. */
Test(sha256, known_answers)
{
	static const struct {
		const char *name, *text, *source;
	} cases[] = {
		{ "empty", "", "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
		{ "abc", "abc", "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" },
		{ "56 bytes: the length needs a block of its own",
		  "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "sha256-JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE=" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[SHA256_SOURCE_MAX];
		cr_expect_str_eq(sha256_source(slice_str(cases[i].text), out), cases[i].source, "%s",
				 cases[i].name);
	}
}
