/* SPDX-License-Identifier: MIT */
#include "output/uuid.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void digest_of(struct slice text, size_t pieces, char out[41])
{
	struct sha1 h;
	uint8_t digest[20];
	sha1_init(&h);
	for (size_t i = 0; i < pieces; i++)
		sha1_add(&h, text);
	sha1_end(&h, digest);
	for (unsigned i = 0; i < 20; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* FIPS 180 examples */
Test(uuid, sha1)
{
	static const struct {
		struct slice text;
		size_t pieces;
		const char *digest;
	} cases[] = {
		{ SLICE_INIT("abc"), 1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ SLICE_INIT(""), 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ SLICE_INIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), 1,
		  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
		{ SLICE_INIT("aaaaaaaaaa"), 100000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char digest[41];
		digest_of(cases[i].text, cases[i].pieces, digest);
		cr_expect_str_eq(digest, cases[i].digest, "case %zu", i);
	}
}

/* RFC 9562, A.4: www.example.com in the namespace of DNS names */
Test(uuid, named)
{
	static const uint8_t dns[16] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
					 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
	char text[UUID_TEXT_MAX];
	cr_expect_str_eq(uuid_named(dns, SLICE("www.example.com"), text),
			 "2ed6657d-e927-568b-95e1-2665a8aea6a2");
	cr_expect_str_eq(uuid_named(dns, SLICE("siphound"), text), "426bfff0-b4a2-5fc3-a03e-d6deed6a5551");
}
