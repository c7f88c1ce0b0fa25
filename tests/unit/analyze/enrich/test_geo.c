/* SPDX-License-Identifier: MIT */
#include "analyze/enrich/geo.h"

#include "support/mmdb_writer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/siphound-geo-XXXXXX";
static char path[256];
static struct mmdb_file file;

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/test.mmdb", folder);
	mmdb_init(&file);
	struct geo_db *g = geo_new();
	struct error err;
	if (geo_add(g, "/nowhere.mmdb", &err) == -ENOTSUP)
		cr_skip_test("built without libmaxminddb");
	geo_free(g);
}

static void tear_down(void)
{
	unlink(path);
	rmdir(folder);
}

TestSuite(geo, .init = set_up, .fini = tear_down);

static void write_file(void)
{
	cr_assert(mmdb_write(&file, path, slice_of(NULL, 0)));
}

static struct geo_db *open_file(void)
{
	struct geo_db *g = geo_new();
	struct error err = { "" };
	write_file();
	cr_assert_eq(geo_add(g, path, &err), 0, "%s", err.text);
	return g;
}

static struct geo look_up(const struct geo_db *g, const char *text)
{
	struct addr a;
	struct geo geo;
	cr_assert(addr_parse(slice_str(text), &a));
	geo_lookup(g, &a, &geo);
	return geo;
}

static void expect_geo(struct geo geo, const char *name, const char *country, const char *city,
		       const char *as_name, uint32_t number)
{
	cr_expect(slice_eq(geo.country, slice_str(country)), "%s: country %.*s", name, (int)geo.country.len,
		  (const char *)geo.country.ptr);
	cr_expect(slice_eq(geo.city, slice_str(city)), "%s: city %.*s", name, (int)geo.city.len,
		  (const char *)geo.city.ptr);
	cr_expect(slice_eq(geo.as_name, slice_str(as_name)), "%s: name %.*s", name, (int)geo.as_name.len,
		  (const char *)geo.as_name.ptr);
	cr_expect_eq(geo.as_number, number, "%s: AS %u", name, geo.as_number);
}

static void pair(const char *key, const char *value)
{
	mmdb_text(&file, key);
	mmdb_text(&file, value);
}

static void write_country(const char *key, const char *code)
{
	mmdb_text(&file, key);
	mmdb_map(&file, 2);
	mmdb_text(&file, "geoname_id");
	mmdb_u32(&file, 2750405);
	pair("iso_code", code);
}

Test(geo, layout_of_city_and_enterprise)
{
	mmdb_begin(&file);
	mmdb_map(&file, 4);
	mmdb_text(&file, "city");
	mmdb_map(&file, 1);
	mmdb_text(&file, "names");
	mmdb_map(&file, 2);
	pair("de", "Mailand");
	pair("en", "Milan");
	write_country("country", "IT");
	write_country("registered_country", "US");
	mmdb_text(&file, "traits");
	mmdb_map(&file, 2);
	mmdb_text(&file, "autonomous_system_number");
	mmdb_u32(&file, 64500);
	pair("autonomous_system_organization", "Example Org");
	mmdb_insert(&file, "203.0.113.0", 24);
	mmdb_insert(&file, "2001:db8::", 32);
	struct geo_db *g = open_file();
	expect_geo(look_up(g, "203.0.113.9"), "v4", "IT", "Milan", "Example Org", 64500);
	expect_geo(look_up(g, "2001:db8::9"), "v6", "IT", "Milan", "Example Org", 64500);
	expect_geo(look_up(g, "::ffff:203.0.113.9"), "mapped", "IT", "Milan", "Example Org", 64500);
	expect_geo(look_up(g, "192.0.2.1"), "unknown", "", "", "", 0);
	expect_geo(look_up(NULL, "203.0.113.9"), "no files", "", "", "", 0);
	geo_free(g);
}

Test(geo, registered_country_when_there_is_no_other)
{
	mmdb_begin(&file);
	mmdb_map(&file, 1);
	write_country("registered_country", "SE");
	mmdb_insert(&file, "203.0.113.0", 24);
	struct geo_db *g = open_file();
	expect_geo(look_up(g, "203.0.113.9"), "registered", "SE", "", "", 0);
	geo_free(g);
}

Test(geo, flat_layouts)
{
	static const struct {
		const char *name;
		const char *pairs[5][2];
		const char *country, *city, *as_name;
		uint32_t number;
	} cases[] = {
		{ "country_code", { { "country_code", "NL" } }, "NL", "", "", 0 },
		{ "country as a code", { { "country", "NL" } }, "NL", "", "", 0 },
		{ "country as a name",
		  { { "country", "Netherlands" }, { "country_code", "NL" } },
		  "NL",
		  "",
		  "",
		  0 },
		{ "asn as text",
		  { { "asn", "AS64500" }, { "as_name", "Example" } },
		  "",
		  "",
		  "Example",
		  64500 },
		{ "as_number as text",
		  { { "as_number", "64501" }, { "as_organization", "Org" } },
		  "",
		  "",
		  "Org",
		  64501 },
		{ "city as text",
		  { { "city", "Utrecht" }, { "organization", "Org" } },
		  "",
		  "Utrecht",
		  "Org",
		  0 },
		{ "the best name wins",
		  { { "isp", "I" }, { "organization", "O" }, { "as_name", "A" } },
		  "",
		  "",
		  "A",
		  0 },
		{ "no code", { { "country_code", "1\033" } }, "", "", "", 0 },
		{ "number too large", { { "asn", "AS99999999999" } }, "", "", "", 0 },
		{ "number with rubbish", { { "asn", "AS1x" } }, "", "", "", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t count = 0;
		while (count < 5 && cases[i].pairs[count][0])
			count++;
		mmdb_init(&file);
		mmdb_begin(&file);
		mmdb_map(&file, count);
		for (size_t p = 0; p < count; p++)
			pair(cases[i].pairs[p][0], cases[i].pairs[p][1]);
		mmdb_insert(&file, "203.0.113.0", 24);
		struct geo_db *g = open_file();
		expect_geo(look_up(g, "203.0.113.9"), cases[i].name, cases[i].country, cases[i].city,
			   cases[i].as_name, cases[i].number);
		geo_free(g);
	}
}

Test(geo, several_files_add_up)
{
	struct error err;
	mmdb_begin(&file);
	mmdb_map(&file, 1);
	pair("country_code", "NL");
	mmdb_insert(&file, "203.0.113.0", 24);
	struct geo_db *g = open_file();
	mmdb_init(&file);
	mmdb_begin(&file);
	mmdb_map(&file, 2);
	mmdb_text(&file, "autonomous_system_number");
	mmdb_u32(&file, 64500);
	pair("country_code", "US");
	mmdb_insert(&file, "203.0.113.0", 24);
	unlink(path); /* replaced by another file of that name, while the first is in use */
	write_file();
	cr_assert_eq(geo_add(g, path, &err), 0);
	expect_geo(look_up(g, "203.0.113.9"), "two files", "NL", "", "", 64500);
	geo_free(g);
}

Test(geo, pointers)
{
	mmdb_begin(&file);
	pair("country_code", "FR"); /* at 0: the key, at 13: the value; no record of its own */
	uint32_t shared = 13;
	mmdb_begin(&file);
	mmdb_map(&file, 1);
	mmdb_pointer(&file, 0);
	mmdb_pointer(&file, shared);
	mmdb_insert(&file, "203.0.113.0", 24);
	struct geo_db *g = open_file();
	expect_geo(look_up(g, "203.0.113.9"), "pointers", "FR", "", "", 0);
	geo_free(g);
}

Test(geo, broken_records_tell_what_they_can)
{
	mmdb_begin(&file);
	mmdb_map(&file, 9); /* of which one follows */
	pair("country_code", "FR");
	mmdb_text(&file, "deep");
	for (int i = 0; i < 20000; i++)
		mmdb_array(&file, 1);
	mmdb_insert(&file, "203.0.113.0", 24);
	mmdb_begin(&file);
	mmdb_map(&file, 2);
	pair("country_code", "DE");
	mmdb_text(&file, "circle");
	mmdb_pointer(&file, (uint32_t)file.data_len);
	mmdb_insert(&file, "192.0.2.0", 24);
	mmdb_begin(&file);
	mmdb_text(&file, "no map");
	mmdb_insert(&file, "198.51.100.0", 24);
	struct geo_db *g = open_file();
	expect_geo(look_up(g, "203.0.113.9"), "deep", "FR", "", "", 0);
	expect_geo(look_up(g, "192.0.2.9"), "circle", "DE", "", "", 0);
	expect_geo(look_up(g, "198.51.100.9"), "no map", "", "", "", 0);
	geo_free(g);
}

static int add_bytes(const void *bytes, size_t len, struct error *err)
{
	struct geo_db *g = geo_new();
	FILE *out = fopen(path, "wb");
	cr_assert_not_null(out);
	fwrite(bytes, 1, len, out);
	fclose(out);
	int code = geo_add(g, path, err);
	geo_free(g);
	return code;
}

Test(geo, files_that_are_none)
{
	struct geo_db *g = geo_new();
	struct error err;
	cr_expect_eq(geo_add(g, "/nowhere.mmdb", &err), -ENOENT);
	cr_expect_not_null(strstr(err.text, "/nowhere.mmdb"));
	cr_expect_eq(geo_add(g, folder, &err), -EINVAL);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_eq(geo_add(g, path, &err), -EINVAL, "a pipe must not make it wait");
	unlink(path);
	geo_free(g);
	cr_expect_eq(add_bytes("", 0, &err), -EINVAL);
	cr_expect_eq(add_bytes("network,country\n", 16, &err), -EINVAL);
	cr_expect_not_null(strstr(err.text, "GeoLite2"), "%s", err.text);
	cr_expect_eq(add_bytes("\x1f\x8b\x08\x00", 4, &err), -EINVAL);
	cr_expect_not_null(strstr(err.text, "unpack"), "%s", err.text);
	cr_expect_eq(add_bytes("\xab\xcd\xefMaxMind.com", 14, &err), -EINVAL);
}

/* Metadata that would make libmaxminddb recurse until its stack ends, or branch without end. */
Test(geo, hostile_metadata)
{
	struct geo_db *g = geo_new();
	struct error err;
	static struct mmdb_file meta;
	mmdb_init(&meta);
	mmdb_map(&meta, 1);
	mmdb_text(&meta, "deep");
	for (int i = 0; i < 30000; i++)
		mmdb_array(&meta, 1);
	cr_assert(mmdb_write(&file, path, slice_of(meta.data, meta.data_len)));
	cr_expect_eq(geo_add(g, path, &err), -EINVAL);
	cr_expect(strstr(err.text, "metadata"), "not by the library: %s", err.text);
	mmdb_init(&meta);
	mmdb_map(&meta, 2);
	mmdb_text(&meta, "a");
	mmdb_pointer(&meta, 0);
	mmdb_text(&meta, "b");
	mmdb_pointer(&meta, 0);
	cr_assert(mmdb_write(&file, path, slice_of(meta.data, meta.data_len)));
	cr_expect_eq(geo_add(g, path, &err), -EINVAL);
	cr_expect(strstr(err.text, "metadata"), "not by the library: %s", err.text);
	geo_free(g);
}

/* libmaxminddb loses memory over these; only a leak checker sees it. */
Test(geo, metadata_with_lists_of_other_things_than_texts)
{
	static const char *const names[] = { "languages", "description" };
	struct error err;
	static struct mmdb_file meta;
	for (int i = 0; i < 2; i++) {
		mmdb_init(&meta);
		mmdb_map(&meta, 2);
		for (int k = 0; k < 2; k++) {
			mmdb_text(&meta, names[k]);
			if (k == 0)
				mmdb_array(&meta, 1);
			else
				mmdb_map(&meta, 1);
			if (k == 1)
				mmdb_text(&meta, "en");
			if (k == i)
				mmdb_u32(&meta, 7);
			else
				mmdb_text(&meta, "en");
		}
		cr_assert(mmdb_write(&file, path, slice_of(meta.data, meta.data_len)));
		struct geo_db *g = geo_new();
		cr_expect_eq(geo_add(g, path, &err), -EINVAL, "%s", names[i]);
		cr_expect(strstr(err.text, "broken"), "%s", err.text);
		geo_free(g);
	}
}

/* Each byte of a file changed: an error or any answer, but nothing worse. */
Test(geo, damaged_anywhere)
{
	mmdb_begin(&file);
	mmdb_map(&file, 2);
	write_country("country", "IT");
	mmdb_text(&file, "traits");
	mmdb_map(&file, 1);
	mmdb_text(&file, "autonomous_system_number");
	mmdb_u32(&file, 64500);
	mmdb_insert(&file, "203.0.113.0", 24);
	write_file();
	static uint8_t good[MMDB_DATA_MAX], bad[MMDB_DATA_MAX];
	FILE *in = fopen(path, "rb");
	size_t len = fread(good, 1, sizeof good, in);
	fclose(in);
	for (size_t i = 0; i < len; i++) {
		static const uint8_t masks[] = { 0x01, 0x80, 0xff };
		memcpy(bad, good, len);
		bad[i] ^= masks[i % 3];
		FILE *out = fopen(path, "wb");
		fwrite(bad, 1, i % 5 ? len : i, out); /* every fifth is cut instead */
		fclose(out);
		struct geo_db *g = geo_new();
		struct error err;
		if (geo_add(g, path, &err) == 0)
			look_up(g, "203.0.113.9");
		geo_free(g);
	}
}

/* `cp new.mmdb used.mmdb` cuts the file and writes it anew, under who has it open. */
Test(geo, a_file_that_is_cut_or_overwritten_while_open)
{
	static const char zeros[4096];
	mmdb_begin(&file);
	mmdb_map(&file, 1);
	write_country("country", "IT");
	mmdb_insert(&file, "203.0.113.0", 24);
	struct geo_db *g = open_file();
	cr_assert_eq(truncate(path, 0), 0);
	expect_geo(look_up(g, "203.0.113.9"), "cut", "IT", "", "", 0);
	FILE *out = fopen(path, "wb");
	cr_assert_eq(fwrite(zeros, 1, sizeof zeros, out), sizeof zeros);
	fclose(out);
	expect_geo(look_up(g, "203.0.113.9"), "overwritten", "IT", "", "", 0);
	geo_free(g);
}
