/* SPDX-License-Identifier: MIT */
#include "analyze/web/vendors.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(vendors, mac_at_start_of_text)
{
	static const struct {
		const char *text;
		size_t len;
		uint64_t mac;
	} cases[] = {
		{ "0004f2aabbcc", 12, 0x0004f2aabbcc },
		{ "0004F2AABBCC.cfg", 12, 0x0004f2aabbcc },
		{ "0004f2aabbcc-boot.log", 12, 0x0004f2aabbcc },
		{ "0004f2aabbcc-directory.xml", 12, 0x0004f2aabbcc },
		{ "00:04:f2:aa:bb:cc", 17, 0x0004f2aabbcc },
		{ "00-04-F2-AA-BB-CC V:", 17, 0x0004f2aabbcc },
		{ "00-04-F2-AA-BB-CC-boot", 17, 0x0004f2aabbcc },
		{ "0004.f2aa.bbcc", 14, 0x0004f2aabbcc },
		{ "0004f2aabbcc.dat", 12, 0x0004f2aabbcc },
		{ "00:04:f2:aa:bb:cc:dd", 0, 0 },
		{ "00:04:f2:aa:bb-cc", 0, 0 },
		{ "0004f2aabbccd", 0, 0 },
		{ "0004f2aabbc", 0, 0 },
		{ "0004f2aabbcg", 0, 0 },
		{ "00:04:f2:aa:bb:", 0, 0 },
		{ "0004.f2aa", 0, 0 },
		{ "000000000000", 0, 0 },
		{ "ffffffffffff", 0, 0 },
		{ "00", 0, 0 },
		{ "", 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t mac = 0;
		size_t len = strlen(cases[i].text);
		char *exact = malloc(len ? len : 1);
		memcpy(exact, cases[i].text, len);
		cr_expect(mac_at_start(slice_of(exact, len), &mac) == cases[i].len && mac == cases[i].mac, "%s", cases[i].text);
		free(exact);
	}
}

static const char small[] = "folders: [prov]\n"
			    "vendors:\n"
			    "  one:\n"
			    "    files:\n"
			    "      device: [<mac>.cfg, 'Sub/<mac>.xml', a<name>-<mac>.htm, ~<mac>]\n"
			    "      default: [y000000000<n>.cfg]\n"
			    "    agents: [One, One Plus]\n"
			    "    ouis: ['0004f2']\n"
			    "  two:\n"
			    "    files:\n"
			    "      device: [<mac>.cfg]\n"
			    "      firmware: [<name>.rom, ~<n>.bin]\n"
			    "    agents: [Two, OneTwo]\n"
			    "    ouis: ['001565', '805ec0']\n";

static struct vendors *parse(const char *yaml)
{
	struct error err = { "" };
	struct vendors *v = vendors_parse(slice_str(yaml), "test.yaml", &err);
	cr_assert(v, "%s", err.text);
	return v;
}

Test(vendors, files)
{
	static const struct {
		const char *path;
		uint64_t vendors; /* 0: no such file */
		enum file_kind kind;
		uint64_t mac;
		bool is_weak;
	} cases[] = {
		{ "/0004f2aabbcc.cfg", 3, FILE_KIND_DEVICE, 0x0004f2aabbcc, false },
		{ "0004f2aabbcc.cfg", 3, FILE_KIND_DEVICE, 0x0004f2aabbcc, false },
		{ "/any/where/0004f2aabbcc.cfg", 3, FILE_KIND_DEVICE, 0x0004f2aabbcc, false },
		{ "/sub/0004f2aabbcc.xml", 1, FILE_KIND_DEVICE, 0x0004f2aabbcc, false },
		{ "/x/sub/0004f2aabbcc.xml", 1, FILE_KIND_DEVICE, 0x0004f2aabbcc, false },
		{ "/asub/0004f2aabbcc.xml", 0, 0, 0, false },
		{ "/abc-0004f2aabbcc.htm", 1, FILE_KIND_DEVICE, 0x0004f2aabbcc, false },
		{ "/a-b-0004f2aabbcc.htm", 1, FILE_KIND_DEVICE, 0x0004f2aabbcc, false },
		{ "/a-0004f2aabbcc.htm", 0, 0, 0, false }, /* <name> is not empty */
		{ "/abc-0004f2aabbcc.html", 0, 0, 0, false },
		{ "/0004f2aabbcc", 1, FILE_KIND_DEVICE, 0x0004f2aabbcc, true },
		{ "/y000000000028.cfg", 1, FILE_KIND_DEFAULT, 0, false },
		{ "/y00000000000x.cfg", 0, 0, 0, false },
		{ "/000000000000.cfg", 0, 0, 0, false },
		{ "/t28.rom", 2, FILE_KIND_FIRMWARE, 0, false },
		{ "/.rom", 0, 0, 0, false },
		{ "/12.bin", 2, FILE_KIND_FIRMWARE, 0, true },
		{ "/index.html", 0, 0, 0, false },
		{ "/", 0, 0, 0, false },
		{ "", 0, 0, 0, false },
	};
	struct vendors *v = parse(small);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct vendor_file file = { 0 };
		bool found = vendors_file(v, slice_str(cases[i].path), &file);
		cr_expect(found == (cases[i].vendors != 0), "%s", cases[i].path);
		cr_expect(file.vendors == cases[i].vendors && file.kind == cases[i].kind && file.mac == cases[i].mac &&
				  file.is_weak == cases[i].is_weak, "%s", cases[i].path);
	}
	vendors_free(v);
}

Test(vendors, agents_owners_and_folders)
{
	struct vendors *v = parse(small);
	cr_expect(strcmp(vendors_name(v, 1), "two") == 0 && vendors_name(v, 2) == NULL);
	cr_expect(vendors_agent(v, SLICE("ONE plus 4")) == 0);
	cr_expect(vendors_agent(v, SLICE("onetwo/3")) == 1, "the longest start decides");
	cr_expect(vendors_agent(v, SLICE("Mozilla One")) == VENDOR_UNKNOWN);
	cr_expect(vendors_agent(v, SLICE("")) == VENDOR_UNKNOWN && vendors_agent(v, slice_of(NULL, 0)) == VENDOR_UNKNOWN);
	cr_expect(vendors_owner(v, 0x0004f2000001) == 0 && vendors_owner(v, 0x805ec0ffffff) == 1);
	cr_expect(vendors_owner(v, 0x0004f3000001) == VENDOR_UNKNOWN);
	cr_expect(vendors_folder(v, SLICE("/prov/x.cfg")) && vendors_folder(v, SLICE("prov/a/b")) && vendors_folder(v, SLICE("/a/prov/")));
	cr_expect(!vendors_folder(v, SLICE("/a/prov")) && !vendors_folder(v, SLICE("/provx/a")) && !vendors_folder(v, SLICE("")));
	vendors_free(v);
}

Test(vendors, mistakes_are_told_with_their_place)
{
	static const struct {
		const char *yaml, *said;
	} cases[] = {
		{ "a: b\n", "test.yaml:1:1: must have a map `vendors`" },
		{ "vendors:\n  one:\n    file: {}\n", "test.yaml:3:5: no such key" },
		{ "vendors:\n  one:\n    files:\n      devices: [a]\n", "test.yaml:4:7: no such kind of file" },
		{ "vendors:\n  one:\n    files:\n      device: [a<b>]\n", "test.yaml:4:16: not a file pattern" },
		{ "vendors:\n  one:\n    files:\n      device: [a/b/c/d]\n", "test.yaml:4:16: not a file pattern" },
		{ "vendors:\n  one:\n    files: {}\n    ouis: [000413]\n    agents: [x]\n", "an agent must be" },
		{ "vendors:\n  one:\n    files: {}\n    ouis: ['00041']\n", "test.yaml:4:12: an OUI must be six hex digits" },
		{ "vendors:\n  one:\n    files: {}\n    ouis: ['000413', '000413']\n", "OUI 000413 is listed twice" },
		{ "vendors: [\n", "test.yaml:2:1: YAML" },
		{ "", "must have a map `vendors`" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { "" };
		struct vendors *v = vendors_parse(slice_str(cases[i].yaml), "test.yaml", &err);
		cr_expect(v == NULL && strstr(err.text, cases[i].said), "%zu: %s", i, err.text);
		vendors_free(v);
	}
	struct error err;
	cr_expect(vendors_load("/nowhere/at/all", &err) == NULL && strstr(err.text, "/nowhere/at/all"));
}

Test(vendors, shipped_table)
{
	static const char *const wanted[] = { "polycom", "yealink", "cisco", "grandstream", "snom", "mitel", "panasonic", "gigaset", "fanvil",
					      "htek", "avaya", "alcatel", "patton", "digium", "algo", "escene" };
	struct error err = { "" };
	struct vendors *v = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	cr_assert(v, "%s", err.text);
	for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++) {
		bool found = false;
		for (size_t i = 0; vendors_name(v, i); i++)
			found |= strcmp(vendors_name(v, i), wanted[w]) == 0;
		cr_expect(found, "%s is missing", wanted[w]);
	}
	vendors_free(v);
}
