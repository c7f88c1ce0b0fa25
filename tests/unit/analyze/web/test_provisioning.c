/* SPDX-License-Identifier: MIT */
#include "analyze/web/provisioning.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct vendors *load(void)
{
	struct error err = { "" };
	struct vendors *v = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	cr_assert(v, "%s", err.text);
	return v;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

Test(provisioning, requests)
{
	static const struct {
		const char *target, *agent;
		bool is_tftp;
		enum file_kind kind; /* none: ordinary traffic */
		uint64_t mac, agent_mac;
		const char *vendor, *agent_vendor, *mac_vendor;
	} cases[] = {
		/* vendors, as they write it */
		{ "/0004f2aa0007.cfg", "FileTransport PolycomVVX-VVX_410-UA/5.9.0.9373 (SN:0004f2aa0007) Type/Application", false, FILE_KIND_DEVICE,
		  0x0004f2aa0007, 0x0004f2aa0007, "polycom", "polycom", "polycom" },
		{ "/000000000000.cfg", "FileTransport PolycomSoundPointIP-SPIP_550-UA/3.2.2", false, FILE_KIND_DEFAULT, 0, 0, "polycom", "polycom", NULL },
		{ "/y000000000028.cfg", "Yealink SIP-T41P 36.83.0.35 00:15:65:AA:BB:CC", false, FILE_KIND_DEFAULT, 0, 0x001565aabbcc, "yealink", "yealink", NULL },
		{ "/cisco/001565aabbcc.cfg", "curl/7.88.1", false, FILE_KIND_DEVICE, 0x001565aabbcc, 0, "yealink", NULL, "yealink" },
		{ "SEP001873AABBCC.cnf.xml", NULL, true, FILE_KIND_DEVICE, 0x001873aabbcc, 0, "cisco", NULL, "cisco" },
		{ "ATA001122334455.cnf.xml", NULL, true, FILE_KIND_DEVICE, 0x001122334455, 0, "cisco", NULL, NULL },
		{ "CTLSEP001873AABBCC.tlv", NULL, true, FILE_KIND_OTHER, 0x001873aabbcc, 0, "cisco", NULL, "cisco" },
		{ "/Cisco/CP-8841-3PCC/a44c11aabbcc.cfg", "Cisco-CP-8841-3PCC/11.0 (a44c11aabbcc)", false, FILE_KIND_DEVICE, 0xa44c11aabbcc, 0xa44c11aabbcc,
		  "cisco", "cisco", "cisco" },
		{ "/spa504G.cfg", "Cisco/SPA504G-7.6.2f", false, FILE_KIND_COMMON, 0, 0, "cisco", "cisco", NULL },
		{ "/cfg000b82aabbcc.xml", "Grandstream Model HW HT801 V1.1A SW 1.0 DevId 000b82aabbcc", false, FILE_KIND_DEVICE, 0x000b82aabbcc, 0x000b82aabbcc,
		  "grandstream", "grandstream", "grandstream" },
		{ "/snom710-000413AABBCC.htm", "Mozilla/4.0 (compatible; snom710-SIP 8.7.5 000413AABBCC)", false, FILE_KIND_DEVICE, 0x000413aabbcc, 0x000413aabbcc,
		  "snom", "snom", "snom" },
		{ "/00085DAABBCC.cfg", "Aastra6739i MAC:00-08-5D-AA-BB-CC V:3.3.1.4305-SIP", false, FILE_KIND_DEVICE, 0x00085daabbcc, 0x00085daabbcc,
		  "mitel", "mitel", "mitel" },
		{ "/Config0080F0AABBCC.cfg", "Panasonic_KX-UT113/01.133 (0080f0aabbcc)", false, FILE_KIND_DEVICE, 0x0080f0aabbcc, 0x0080f0aabbcc, "panasonic",
		  "panasonic", "panasonic" },
		{ "/42/2/7C2F80AABBCC.xml", "Gigaset N720 DM PRO/70.108.00;7C2F80AABBCC", false, FILE_KIND_DEVICE, 0x7c2f80aabbcc, 0x7c2f80aabbcc, "gigaset",
		  "gigaset", "gigaset" },
		{ "/cfg001fc1aabbcc.xml", "Htek UC903 2.0.4.2 00:1f:c1:aa:bb:cc", false, FILE_KIND_DEVICE, 0x001fc1aabbcc, 0x001fc1aabbcc, "htek", "htek", "htek" },
		{ "/sipconfig-00809faabbcc.txt", "ALE M3 2.10 00809faabbcc", false, FILE_KIND_DEVICE, 0x00809faabbcc, 0x00809faabbcc, "alcatel", "alcatel", "alcatel" },
		{ "/algom0022EEAABBCC.conf", NULL, false, FILE_KIND_DEVICE, 0x0022eeaabbcc, 0, "algo", NULL, "algo" },
		{ "/0004f2aabbcc-boot.log", NULL, true, FILE_KIND_LOG, 0x0004f2aabbcc, 0, "polycom", NULL, "polycom" },
		/* told by a query */
		{ "/app/provision/?mac=00-15-65-AA-BB-CC", "x", false, FILE_KIND_DEVICE, 0x001565aabbcc, 0, NULL, NULL, "yealink" },
		{ "/app/provision/index.php?mac=deadbeef0001&file=y000000000028.cfg", "x", false, FILE_KIND_DEFAULT, 0xdeadbeef0001, 0, "yealink", NULL, NULL },
		/* disguises */
		{ "/%30004f2aa0007%2Ecfg", "x", false, FILE_KIND_DEVICE, 0x0004f2aa0007, 0, "polycom", NULL, "polycom" },
		{ "\\cfg\\SEP001873AABBCC.cnf.xml", NULL, true, FILE_KIND_DEVICE, 0x001873aabbcc, 0, "cisco", NULL, "cisco" },
		{ "/x/00:15:65:aa:bb:cc", "x", false, FILE_KIND_DEVICE, 0x001565aabbcc, 0, NULL, NULL, "yealink" },
		{ "/new-style-001565aabbcc.json", "x", false, FILE_KIND_DEVICE, 0x001565aabbcc, 0, NULL, NULL, "yealink" },
		/* plain names count where phones ask */
		{ "/deadbeef0001", "curl", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "/provision/deadbeef0001", "curl", false, FILE_KIND_DEVICE, 0xdeadbeef0001, 0, NULL, NULL, NULL },
		{ "deadbeef0001", NULL, true, FILE_KIND_DEVICE, 0xdeadbeef0001, 0, NULL, NULL, NULL },
		{ "/weather.xml", "Yealink SIP-T41P 36.83.0.35 00:15:65:aa:bb:cc", false, FILE_KIND_OTHER, 0, 0x001565aabbcc, NULL, "yealink", NULL },
		/* ordinary traffic */
		{ "/", "Mozilla/5.0", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "/index.html?file=a", "Mozilla/5.0", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "/static/app.3f2a1bc4d5e6.js", "Mozilla/5.0", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "/rev/3f2a1bc4d5e6", "Mozilla/5.0", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "/api/550e8400-e29b-41d4-a716-0004f2440000", "x", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "/data/202601020304.xml", "x", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "/pxelinux.0", "x", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "pxelinux.cfg/01-00-15-65-aa-bb-cc", NULL, true, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "undionly.kpxe", NULL, true, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "*", "x", false, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
		{ "", NULL, true, FILE_KIND_NONE, 0, 0, NULL, NULL, NULL },
	};
	struct vendors *v = load();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct provisioning_facts f = { 0 };
		bool found = provisioning_read(v, slice_str(cases[i].target), slice_str(cases[i].agent), cases[i].is_tftp, &f);
		cr_expect(found == (cases[i].kind != FILE_KIND_NONE), "%s", cases[i].target);
		cr_expect(f.kind == cases[i].kind, "%s: kind %s", cases[i].target, file_kind_text(f.kind));
		cr_expect(f.mac == cases[i].mac && f.agent_mac == cases[i].agent_mac, "%s: %llx %llx", cases[i].target, (unsigned long long)f.mac,
			  (unsigned long long)f.agent_mac);
		cr_expect(same(f.vendor, cases[i].vendor) && same(f.agent_vendor, cases[i].agent_vendor) && same(f.mac_vendor, cases[i].mac_vendor),
			  "%s: %s %s %s", cases[i].target, f.vendor, f.agent_vendor, f.mac_vendor);
	}
	vendors_free(v);
}

Test(provisioning, any_bytes)
{
	static const char *const seeds[] = { "/app/provision/index.php?mac=00-15-65-AA-BB-CC&file=SEP001873AABBCC.cnf.xml",
					     "Aastra6739i MAC:00-08-5D-AA-BB-CC V:3.3.1", "/42/2/7C2F80AABBCC.xml" };
	struct vendors *v = load();
	uint64_t random = 1;
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t text[700];
		const char *seed = seeds[round % 3];
		size_t len = round % 100 == 0 ? sizeof text : strlen(seed);
		for (size_t i = 0; i < len; i++)
			text[i] = (uint8_t)seed[i % strlen(seed)];
		for (unsigned n = 0; n < round % 8; n++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			text[(random >> 33) % len] = (uint8_t)(random >> 25);
		}
		len -= (random >> 40) % len;
		uint8_t *exact = malloc(len);
		memcpy(exact, text, len);
		struct provisioning_facts f;
		provisioning_read(v, slice_of(exact, len), slice_of(exact, len), round & 1, &f);
		free(exact);
	}
	vendors_free(v);
}

static void begin_line(struct observation *o, const char *path, const char *agent, unsigned status)
{
	observation_init(o);
	o->from_log = true;
	o->choice[CHOICE_CATEGORY] = CATEGORY_PROVISIONING;
	observation_set_text(o, TEXT_URL_PATH, slice_str(path));
	observation_set_text(o, TEXT_USER_AGENT, slice_str(agent));
	if (status)
		observation_set_number(o, NUMBER_HTTP_STATUS, status);
}

static bool text_is(const struct observation *o, enum text_field field, const char *text)
{
	return slice_eq(observation_text(o, field), slice_str(text));
}

Test(provisioning, log_lines_are_completed)
{
	struct vendors *v = load();
	struct observation o;
	struct provisioning_scratch scratch;
	begin_line(&o, "/provision/?mac=001565AABBCC&password=geheim", "Yealink SIP-T41P 36.83 00:15:65:aa:bb:cc", 200);
	cr_assert(provisioning_complete(v, &o, &scratch));
	cr_expect(text_is(&o, TEXT_URL_PATH, "/provision/"), "a query may hold a password");
	cr_expect(text_is(&o, TEXT_MAC, "001565aabbcc") && text_is(&o, TEXT_AGENT_MAC, "001565aabbcc"));
	cr_expect(text_is(&o, TEXT_MAC_VENDOR, "yealink") && text_is(&o, TEXT_AGENT_VENDOR, "yealink") && text_is(&o, TEXT_FILE_KIND, "device"));
	cr_expect(o.choice[CHOICE_OUTCOME] == OUTCOME_ACCEPTED && o.choice[CHOICE_SERVED] == FLAG_TRUE && o.choice[CHOICE_PROOF] == PROOF_HANDSHAKE);
	struct provisioning_ask ask = provisioning_ask_of(&o);
	cr_expect(ask.mac == 0x001565aabbcc && ask.agent_mac == ask.mac && ask.kind == FILE_KIND_DEVICE && ask.is_read && ask.is_served && ask.by_phone);
	cr_expect(slice_eq(short_text_slice(&ask.file), SLICE("001565aabbcc")), "no file name: the MAC stands for it");

	begin_line(&o, "/index.html", "Mozilla/5.0", 200);
	cr_expect(!provisioning_complete(v, &o, &scratch), "ordinary traffic");

	/* A dialect that knows the MAC but has no path, and says itself what happened. */
	observation_init(&o);
	observation_set_text(&o, TEXT_MAC, SLICE("00:15:65:AA:BB:CC"));
	o.choice[CHOICE_OUTCOME] = OUTCOME_REFUSED;
	cr_assert(provisioning_complete(v, &o, &scratch));
	cr_expect(text_is(&o, TEXT_MAC, "001565aabbcc") && o.choice[CHOICE_OUTCOME] == OUTCOME_REFUSED && o.choice[CHOICE_SERVED] == FLAG_FALSE);

	observation_init(&o);
	observation_set_text(&o, TEXT_MAC, SLICE("no MAC at all"));
	cr_expect(!provisioning_complete(v, &o, &scratch));

	begin_line(&o, "SEP001873AABBCC.cnf.xml", NULL, 0);
	observation_set_text(&o, TEXT_HTTP_METHOD, SLICE("RRQ"));
	cr_assert(provisioning_complete(v, &o, &scratch));
	cr_expect(o.choice[CHOICE_OUTCOME] == OUTCOME_NONE && o.choice[CHOICE_PROOF] == PROOF_NONE);

	/* in.tftpd refuses without a name. */
	observation_init(&o);
	observation_set_text(&o, TEXT_HTTP_METHOD, SLICE("RRQ"));
	o.choice[CHOICE_OUTCOME] = OUTCOME_UNKNOWN_TARGET;
	cr_assert(provisioning_complete(v, &o, &scratch));
	cr_expect(o.choice[CHOICE_SERVED] == FLAG_FALSE);
	ask = provisioning_ask_of(&o);
	cr_expect(ask.mac == 0 && ask.path_hash == 0);

	begin_line(&o, "/0004f2aa0001-phone.cfg", NULL, 201);
	observation_set_text(&o, TEXT_HTTP_METHOD, SLICE("PUT"));
	cr_assert(provisioning_complete(v, &o, &scratch));
	cr_expect(o.choice[CHOICE_SERVED] == FLAG_FALSE && !provisioning_ask_of(&o).is_read);
	ask = provisioning_ask_of(&o);
	cr_expect(slice_eq(short_text_slice(&ask.file), SLICE("0004f2aa0001-phone.cfg")));
	vendors_free(v);
}

Test(provisioning, outcomes)
{
	static const struct {
		unsigned status;
		bool credentials;
		enum outcome outcome;
	} cases[] = {
		{ 0, false, OUTCOME_NONE },	  { 200, false, OUTCOME_ACCEPTED }, { 304, true, OUTCOME_ACCEPTED },
		{ 401, false, OUTCOME_CHALLENGED }, { 401, true, OUTCOME_REFUSED }, { 403, false, OUTCOME_FORBIDDEN },
		{ 404, true, OUTCOME_UNKNOWN_TARGET }, { 500, false, OUTCOME_ERROR },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect(provisioning_outcome(cases[i].status, cases[i].credentials) == cases[i].outcome, "%u", cases[i].status);
}
