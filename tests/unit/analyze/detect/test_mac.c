/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_web.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* Harvests and booting fleets of every vendor in the tables, made here and judged by the shipped rules. */

#define START_US   (1795000000 * SECOND_US)
#define HARVEST_MAX 20

/* How phones of a vendor ask. %m: the MAC, %M: in capitals, %c: joined by colons. Agents as vendors document them. */
struct style {
	const char *name;
	const char *oui;
	const char *device;    /* what a harvester asks for */
	const char *agent;     /* NULL: TFTP */
	const char *files[7];  /* what one phone asks for when it starts, in order; '!' in front: not there */
	bool names_mac;
};

static const struct style styles[] = {
	{ "polycom", "0004f2", "/%m.cfg", "FileTransport PolycomVVX-VVX_410-UA/5.9.0.9373 (SN:%m) Type/Application",
	  { "/%m.cfg", "/sip.ver", "/phone1.cfg", "/%m-phone.cfg", "!/%m-web.cfg", "!/%m-license.cfg", "!/000000000000-directory.xml" }, true },
	{ "polycom, old", "0004f2", "/%m.cfg", "FileTransport PolycomSoundPointIP-SPIP_550-UA/3.2.2.0477",
	  { "/%m.cfg", "!/sip.ld", "/sip.cfg", "/phone1.cfg", "!/%m-phone.cfg", "!/%m-license.cfg" }, false },
	{ "yealink", "001565", "/%m.cfg", "Yealink SIP-T41P 36.83.0.35 %c", { "/y000000000036.cfg", "/%m.cfg", "!/%m-local.cfg" }, true },
	{ "cisco, call manager", "001873", "SEP%M.cnf.xml", NULL,
	  { "!CTLSEP%M.tlv", "!ITLSEP%M.tlv", "ITLFile.tlv", "SEP%M.cnf.xml", "RINGLIST.XML" }, false },
	{ "cisco, spa", "8843e1", "/%m.xml", "Cisco/SPA508G-7.4.4 (%m)(CBT123456AB)", { "/spa508G.cfg", "/%m.xml" }, true },
	{ "cisco, spa without MAC", "8843e1", "/spa%m.xml", "Cisco/SPA504G-7.6.2f", { "/spa504G.cfg", "/spa%m.xml" }, false },
	{ "cisco, multiplatform", "a44c11", "/Cisco/CP-8841-3PCC/%m.cfg", "Cisco-CP-8841-3PCC/11.0 (%m)", { "/Cisco/CP-8841-3PCC/%m.cfg" }, true },
	{ "grandstream", "000b82", "/cfg%m.xml", "Grandstream Model HW GXP2160 V1.3A SW 1.0.7.97 DevId %m",
	  { "/cfg%m.xml", "!/cfg%m", "!/cfggxp2160.xml", "/phonebook.xml" }, true },
	{ "snom", "000413", "/snom710-%M.htm", "Mozilla/4.0 (compatible; snom710-SIP 8.7.5.35 1.1.3-u %M)",
	  { "/snom710.htm", "/snom710-%M.htm", "!/snom710-firmware.htm" }, true },
	{ "aastra", "00085d", "/%M.cfg", "Aastra6739i MAC:%d V:3.3.1.4305-SIP", { "/aastra.cfg", "!/6739i.cfg", "/%M.cfg", "!/%M-directory.csv" }, true },
	{ "mitel", "1400e9", "/MN_%M.cfg", "Mitel6920 MAC:%d V:5.1.0.1024-SIP", { "/MN_Generic.cfg", "/MN_%M.cfg" }, true },
	{ "panasonic", "0080f0", "/Config%M.cfg", "Panasonic_KX-UT113/01.133 (%m)", { "/KX-UT113.cfg", "/Config%M.cfg" }, true },
	{ "gigaset", "7c2f80", "/%M.xml", "Gigaset N720 DM PRO/70.108.00.000.00;%M", { "/%M.xml" }, true },
	{ "fanvil", "0c383e", "/%m.cfg", "Fanvil X4 2.10.2.6887 %m", { "/f0X4hw1.0.cfg", "/%m.cfg" }, true },
	{ "htek", "001fc1", "/cfg%m.xml", "Htek UC903 2.0.4.2 %c", { "/cfg%m.xml", "!/cfg%m" }, true },
	{ "avaya", "b4b017", "/SIP%M.cfg", "AVAYA/J179-4.0.3.1.3 (MAC:%m)", { "/J100Supgrade.txt", "/46xxsettings.txt", "/SIP%M.cfg" }, true },
	{ "alcatel", "00809f", "/sipconfig-%m.txt", "Alcatel IP Touch 8018/2.13.38 %m", { "!/sipconfig.txt", "/sipconfig-%m.txt" }, true },
	{ "patton", "00a0ba", "/%m.cfg", "SmartNode (Model:SN4112/JO; Serial:%m)", { "/%m.cfg" }, true },
	{ "digium", "000fd3", "/Digium/%m.cfg", "Digium D40 2.1.1.0.66112 %m", { "/Digium/%m.cfg", "!/Digium/%m-contacts.xml" }, true },
	{ "algo", "0022ee", "/algom%M.conf", "Algo-8301/3.3.3 %m", { "/algop8301.conf", "/algom%M.conf" }, true },
	{ "escene", "00268b", "/%m.xml", "Escene ES410 V1.0 %m", { "/%m.xml", "!/%m_phonebook.xml" }, true },
};
#define STYLES (sizeof styles / sizeof *styles)

static void put_mac(char **at, uint64_t mac, char form)
{
	const char *digits = form == 'M' ? "0123456789ABCDEF" : form == 'd' ? "0123456789ABCDEF" : "0123456789abcdef";
	for (int i = 0; i < 12; i++) {
		if (i && i % 2 == 0 && (form == 'c' || form == 'd'))
			*(*at)++ = form == 'c' ? ':' : '-';
		*(*at)++ = digits[mac >> (44 - 4 * i) & 15];
	}
}

static const char *fill(const char *pattern, uint64_t mac, char out[200])
{
	char *at = out;
	for (const char *c = pattern; *c; c++) {
		if (*c == '%')
			put_mac(&at, mac, *++c);
		else
			*at++ = *c;
	}
	*at = 0;
	return out;
}

/* ---- the program under test ---- */

struct bench {
	struct ruleset *rules;
	struct vendors *vendors;
	struct analyzer *analyzer;
	unsigned alerts, strong;
	char fired[2000];
	uint64_t asked;
};

static void on_alert(void *ctx, const struct alert *a)
{
	struct bench *b = ctx;
	b->alerts++;
	b->strong += a->firing->rule->level >= LEVEL_MEDIUM;
	if (a->firing->rule->level >= LEVEL_MEDIUM && strlen(b->fired) + strlen(a->firing->rule->id) + 2 < sizeof b->fired)
		strcat(strcat(b->fired, a->firing->rule->id), " ");
}

static void bench_start(struct bench *b)
{
	if (b->analyzer)
		analyzer_free(b->analyzer);
	struct analyzer_options options = analyzer_defaults;
	options.rules = b->rules;
	options.max_actors = 2048;
	options.on_alert = on_alert;
	options.ctx = b;
	b->analyzer = analyzer_new(&options);
	b->alerts = b->strong = 0;
	b->fired[0] = 0;
	b->asked = 0;
}

static void bench_open(struct bench *b)
{
	struct error err = { "" };
	*b = (struct bench){ .rules = ruleset_new() };
	b->vendors = vendors_load(SIPHOUND_SOURCE_DIR "/rules/lists/provisioning.yaml", &err);
	cr_assert(b->vendors, "%s", err.text);
	cr_assert(ruleset_load(b->rules, SIPHOUND_SOURCE_DIR "/rules", &err) == 0, "%s", ruleset_problem(b->rules, 0));
	cr_assert(ruleset_compile(b->rules, &err) == 0, "%s", err.text);
	bench_start(b);
}

static void bench_close(struct bench *b)
{
	analyzer_free(b->analyzer);
	ruleset_free(b->rules);
	vendors_free(b->vendors);
}

static struct addr address(unsigned last)
{
	uint8_t bytes[4] = { 203, 0, (uint8_t)(113 + last / 256), (uint8_t)last };
	return addr_from_v4(bytes);
}

static void ask_with(struct bench *b, unsigned actor, int64_t at_us, const char *target, const char *agent, unsigned status, bool credentials)
{
	bool is_tftp = !agent && target[0] != '/';
	uint8_t server[4] = { 198, 51, 100, 13 };
	struct provisioning_request r = {
		.time_us = START_US + at_us,
		.ends = { address(actor), addr_from_v4(server), (uint16_t)(20000 + b->asked % 20000), is_tftp ? 69 : 80 },
		.place = { ++b->asked, 0 },
		.transport = is_tftp ? TRANSPORT_UDP : TRANSPORT_TCP,
		.proof = is_tftp ? PROOF_NONE : PROOF_HANDSHAKE,
		.method = is_tftp ? SLICE("RRQ") : SLICE("GET"),
		.target = slice_str(target),
		.agent = slice_str(agent),
		.has_credentials = credentials,
		.http_status = is_tftp ? 0 : status,
		.outcome = provisioning_outcome(status, credentials),
		.is_served = status == 200,
	};
	analyzer_provisioning(b->analyzer, b->vendors, &r);
}

static void ask(struct bench *b, unsigned actor, int64_t at_us, const char *target, const char *agent, unsigned status)
{
	ask_with(b, actor, at_us, target, agent, status, false);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static uint64_t mac_in(const char *oui, uint64_t low)
{
	return strtoull(oui, NULL, 16) << 24 | (low & 0xffffff);
}

/* ---- harvests ---- */

struct harvest {
	const char *name;
	int64_t step;	   /* 0: random */
	int64_t pace_us;
	const char *agent; /* NULL: the vendor's, without a MAC; "fixed": the vendor's, with one MAC for all */
	unsigned served;   /* the first so many are there */
	bool default_first;
};

static const struct harvest harvests[] = {
	{ "one by one", 1, 33000, NULL, 0, false },
	{ "in steps of sixteen", 16, 33000, NULL, 2, false },
	{ "downwards", -1, 33000, NULL, 2, false },
	{ "the first are there", 3, 33000, NULL, 40, true },
	{ "random", 0, 33000, NULL, 1, false },
	{ "random, as fast as it goes", 0, 1000, NULL, 1, false },
	{ "random, one in ten minutes", 0, 10 * MINUTE_US, NULL, 1, false },
	{ "one in ten minutes", 1, 10 * MINUTE_US, NULL, 1, false },
	{ "under one phone's name", 1, 33000, "fixed", 20, false },
	{ "under one phone's name, random", 0, 33000, "fixed", 20, false },
	{ "curl", 1, 33000, "curl/7.88.1", 40, false },
	{ "python, random", 0, 33000, "python-requests/2.31.0", 40, false },
	{ "another vendor's agent, random", 0, 33000, "Obscure", 2, false },
};
#define HARVESTS (sizeof harvests / sizeof *harvests)

/* The vendor's agent as a harvester writes it who leaves out what it does not know. */
static const char *blank_agent(const struct style *s, char out[200])
{
	char *at = out;
	for (const char *c = s->agent; *c; c++)
		if (*c == '%')
			c++;
		else
			*at++ = *c;
	*at = 0;
	return out;
}

static void run_harvest(struct bench *b, const struct style *s, const struct harvest *h)
{
	char target[200], agent_text[200];
	uint64_t random = 7;
	const char *agent = s->agent;
	if (s->agent && !h->agent)
		agent = blank_agent(s, agent_text);
	else if (s->agent && strcmp(h->agent, "fixed") == 0)
		agent = fill(s->agent, mac_in(s->oui, 0x123456), agent_text);
	else if (s->agent)
		agent = h->agent;
	bench_start(b);
	unsigned n = 0;
	if (h->default_first) {
		ask(b, 7, 0, s->agent ? "/000000000000.cfg" : "XMLDefault.cnf.xml", agent, 200);
		n++;
	}
	for (uint64_t i = 0; n < HARVEST_MAX; n++, i++) {
		uint64_t low = h->step ? 0x501000 + i * (uint64_t)h->step : next_random(&random);
		ask(b, 7, n * h->pace_us, fill(s->device, mac_in(s->oui, low), target), agent, i < h->served ? 200 : 404);
	}
}

Test(mac, harvest_of_each_vendor_is_seen_within_twenty_requests)
{
	struct bench b;
	bench_open(&b);
	for (size_t v = 0; v < STYLES; v++)
		for (size_t h = 0; h < HARVESTS; h++) {
			/* Without an agent there is nothing to tell a served file from a phone's own. */
			if (!styles[v].agent && harvests[h].agent && (harvests[h].served > 10))
				continue;
			/* Their agent names no MAC, so a random walk of one with all files given out looks like phones. */
			if (!styles[v].names_mac && harvests[h].agent && !strcmp(harvests[h].agent, "fixed") && harvests[h].step == 0)
				continue;
			run_harvest(&b, &styles[v], &harvests[h]);
			cr_expect(b.strong > 0, "%s, %s: nothing fired", styles[v].name, harvests[h].name);
		}
	bench_close(&b);
}

/* ---- fleets ---- */

struct visit {
	int64_t at_us;
	unsigned order;
	const char *pattern;
	uint64_t mac;
};

struct fleet {
	const char *name;
	unsigned phones;
	int64_t stagger_us;  /* from one phone to the next */
	int64_t gap_us;	     /* from one file to the next of the same phone */
	bool shuffled;
	bool consecutive;
	unsigned rounds;
	bool own_missing;    /* not one phone has a file of its own */
};

static const struct fleet fleets[] = {
	{ "two hundred at once, bought together", 200, 20000, 200000, true, true, 1, false },
	{ "two hundred at once, in order", 200, 20000, 200000, false, true, 1, false },
	{ "sixty in order, one after the other", 60, 2000000, 200000, false, true, 1, false },
	{ "sixty of many batches", 60, 100000, 300000, true, false, 1, false },
	{ "two hundred that come back every hour", 200, 200000, 300000, true, true, 3, false },
};
#define FLEETS (sizeof fleets / sizeof *fleets)

static int compare_visits(const void *x, const void *y)
{
	const struct visit *a = x, *b = y;
	if (a->at_us != b->at_us)
		return a->at_us < b->at_us ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static unsigned plan_fleet(const struct style *s, const struct fleet *f, struct visit *visits)
{
	uint64_t random = 99;
	unsigned count = 0;
	uint64_t *macs = malloc(f->phones * sizeof *macs);
	for (unsigned i = 0; i < f->phones; i++)
		macs[i] = mac_in(s->oui, f->consecutive ? 0x42aa00 + i : next_random(&random));
	for (unsigned i = f->phones - 1; f->shuffled && i > 0; i--) {
		unsigned j = (unsigned)(next_random(&random) % (i + 1));
		uint64_t swap = macs[i];
		macs[i] = macs[j];
		macs[j] = swap;
	}
	for (unsigned round = 0; round < f->rounds; round++)
		for (unsigned i = 0; i < f->phones; i++)
			for (unsigned n = 0; n < 7 && s->files[n]; n++, count++)
				visits[count] = (struct visit){ round * HOUR_US + i * f->stagger_us + n * f->gap_us, count, s->files[n], macs[i] };
	free(macs);
	qsort(visits, count, sizeof *visits, compare_visits);
	return count;
}

static void run_fleet(struct bench *b, const struct style *s, const struct fleet *f)
{
	char target[200], agent[200];
	struct visit *visits = malloc(sizeof *visits * f->phones * f->rounds * 7);
	unsigned count = plan_fleet(s, f, visits);
	bench_start(b);
	for (unsigned i = 0; i < count; i++) {
		bool is_missing = visits[i].pattern[0] == '!';
		const char *pattern = visits[i].pattern + is_missing;
		is_missing |= f->own_missing && strcmp(pattern, s->device) == 0;
		ask(b, 9, visits[i].at_us, fill(pattern, visits[i].mac, target), s->agent ? fill(s->agent, visits[i].mac, agent) : NULL,
		    is_missing ? 404 : 200);
	}
	free(visits);
}

Test(mac, booting_fleet_of_each_vendor_is_honest)
{
	struct bench b;
	bench_open(&b);
	for (size_t v = 0; v < STYLES; v++)
		for (size_t f = 0; f < FLEETS; f++) {
			run_fleet(&b, &styles[v], &fleets[f]);
			cr_expect(b.alerts == 0, "%s, %s: %s", styles[v].name, fleets[f].name, b.fired);
		}
	bench_close(&b);
}

static const struct style *style(const char *name)
{
	for (size_t i = 0; i < STYLES; i++)
		if (strcmp(styles[i].name, name) == 0)
			return &styles[i];
	cr_assert(false, "no style %s", name);
	return NULL;
}

/* Fifty phones that start one after the other, and nothing is where they look for it. */
Test(mac, a_fleet_whose_server_is_gone)
{
	static const char *const makers[] = { "yealink", "cisco, spa", "fanvil", "aastra" };
	struct bench b;
	char target[200], agent[200];
	bench_open(&b);
	for (size_t m = 0; m < sizeof makers / sizeof *makers; m++) {
		const struct style *s = style(makers[m]);
		bench_start(&b);
		for (unsigned i = 0; i < 50; i++)
			for (unsigned f = 0; f < 7 && s->files[f]; f++) {
				uint64_t mac = mac_in(s->oui, 0x9a0000 + i);
				fill(s->files[f] + (s->files[f][0] == '!'), mac, target);
				ask(&b, 145, START_US + i * SECOND_US + f, target, fill(s->agent, mac, agent), 404);
			}
		analyzer_finish(b.analyzer);
		cr_expect_eq(b.strong, 0, "%s: %s", makers[m], b.fired);
	}
	bench_close(&b);
}

Test(mac, polycoms_fall_back_to_the_default_file)
{
	static const struct style lost[] = {
		{ "named", "0004f2", "/%m.cfg", "FileTransport PolycomVVX-VVX_410-UA/5.9.0.9373 (SN:%m) Type/Application",
		  { "/%m.cfg", "/000000000000.cfg", "/sip.ver", "!/%m-phone.cfg" }, true },
		{ "nameless", "0004f2", "/%m.cfg", "FileTransport PolycomSoundPointIP-SPIP_550-UA/3.2.2.0477",
		  { "/%m.cfg", "/000000000000.cfg", "/sip.cfg", "!/%m-phone.cfg" }, false },
	};
	static const struct fleet boot[] = {
		{ "slowly", 40, 1000000, 200000, true, true, 1, true },
		{ "in order", 40, 500000, 200000, false, true, 1, true },
		{ "every hour", 40, 1000000, 200000, true, false, 3, true },
	};
	struct bench b;
	bench_open(&b);
	for (size_t s = 0; s < 2; s++)
		for (size_t f = 0; f < 3; f++) {
			run_fleet(&b, &lost[s], &boot[f]);
			cr_expect(b.alerts == 0, "%s, %s: %s", lost[s].name, boot[f].name, b.fired);
		}
	bench_close(&b);
}

Test(mac, a_password_protected_server)
{
	struct bench b;
	char target[200], agent[200];
	const struct style *s = style("yealink"), *nameless = style("cisco, spa without MAC");
	bench_open(&b);
	/* Each phone is challenged and comes back with its password. */
	for (unsigned i = 0; i < 60; i++) {
		fill(nameless->device, mac_in(nameless->oui, 0x1000 + i * 7), target);
		ask(&b, 9, i * SECOND_US, target, nameless->agent, 401);
		ask_with(&b, 9, i * SECOND_US + 50000, target, nameless->agent, 200, true);
	}
	cr_expect(b.alerts == 0, "challenged phones: %s", b.fired);
	/* A harvester is challenged and goes on. */
	bench_start(&b);
	for (unsigned i = 0; i < 20; i++)
		ask(&b, 9, i * 33000, fill(s->device, mac_in(s->oui, 0x1000 + i), target), "Yealink SIP-T41P 36.83.0.35", 401);
	cr_expect(b.strong > 0, "challenged harvester");
	/* A guesser has a password to try. */
	bench_start(&b);
	for (unsigned i = 0; i < 20; i++)
		ask_with(&b, 9, i * SECOND_US, fill(s->device, mac_in(s->oui, i * 977), target), "Yealink SIP-T41P 36.83.0.35", 401, true);
	cr_expect(strstr(b.fired, "provision.password"), "guesser: %s", b.fired);
	/* The office's shared password was changed. */
	bench_start(&b);
	for (unsigned i = 0; i < 60; i++)
		ask_with(&b, 9, i * SECOND_US, fill(s->device, mac_in(s->oui, 0x1000 + i * 3), target),
			 fill(s->agent, mac_in(s->oui, 0x1000 + i * 3), agent), 401, true);
	cr_expect(b.alerts == 0, "office with an old password: %s", b.fired);
	bench_close(&b);
}

Test(mac, many_makers_tried)
{
	struct bench b;
	char target[200];
	uint64_t random = 3;
	bench_open(&b);
	for (unsigned i = 0; i < 20; i++)
		ask(&b, 9, i * 200000, fill("/%m.cfg", mac_in(styles[i % STYLES].oui, next_random(&random)), target), "Mozilla/5.0", 404);
	cr_expect(strstr(b.fired, "provision.many-ouis"), "fired: %s", b.fired);
	bench_close(&b);
}

Test(mac, one_bad_guest_in_an_office_of_good_phones)
{
	struct bench b;
	char target[200];
	const struct style *s = style("yealink");
	bench_open(&b);
	run_fleet(&b, s, &fleets[0]);
	cr_assert(b.alerts == 0);
	for (unsigned i = 0; i < 20; i++)
		ask(&b, 9, HOUR_US + i * 33000, fill(s->device, mac_in(s->oui, 0x900000 + i), target), "Yealink SIP-T41P 36.83.0.35", 404);
	cr_expect(b.strong > 0, "a harvest behind a shared address");
	bench_close(&b);
}

Test(mac, shared_out_over_many_actors)
{
	struct bench b;
	char target[200];
	const struct style *s = style("polycom, old");
	bench_open(&b);
	/* Twelve actors take turns in one walk, three requests each. */
	for (unsigned i = 0; i < 36; i++)
		ask(&b, 10 + i % 12, i * MINUTE_US, fill(s->device, mac_in(s->oui, 0x3000 + i * 2), target), s->agent, 404);
	cr_expect(strstr(b.fired, "campaign.provision-walk"), "walk: %s", b.fired);
	/* Homes with one phone each, of one batch, that call every hour and were taken off the server. */
	bench_start(&b);
	uint64_t macs[36], random = 5;
	for (unsigned i = 0; i < 36; i++)
		macs[i] = mac_in(s->oui, 0x3000 + next_random(&random) % 200);
	for (unsigned hour = 0; hour < 3; hour++)
		for (unsigned i = 0; i < 36; i++) {
			ask(&b, 10 + i, hour * HOUR_US + i * MINUTE_US, fill(s->device, macs[i], target), s->agent, 404);
			ask(&b, 10 + i, hour * HOUR_US + i * MINUTE_US + 1, "/000000000000.cfg", s->agent, 200);
		}
	cr_expect(b.alerts == 0, "homes: %s", b.fired);
	bench_close(&b);
}

/* ---- what was given out ---- */

struct found {
	struct addr address;
	uint64_t requested, served;
	size_t shown, breaches;
	char first[64], account[64];
	enum verdict verdict;
};

struct finding {
	struct found items[8];
	size_t count;
};

static void copy(char *to, size_t size, struct slice from)
{
	size_t len = from.len < size - 1 ? from.len : size - 1;
	memcpy(to, from.ptr, len);
	to[len] = 0;
}

static void on_offender(void *ctx, const struct offender *o)
{
	struct finding *all = ctx;
	struct found *f = &all->items[all->count++];
	*f = (struct found){ .address = o->address, .requested = o->provisioning_requested, .served = o->served.count, .shown = o->served.shown,
			     .breaches = o->breach_count, .verdict = o->verdict };
	if (o->served.shown)
		copy(f->first, sizeof f->first, o->served.items[0]);
	if (o->breach_count)
		copy(f->account, sizeof f->account, o->breaches[0].account);
}

static void steal(struct bench *b)
{
	char target[200];
	for (unsigned i = 0; i < 20; i++)
		ask(b, 7, i * 500000, fill("/prov/%m.cfg", mac_in("0004f2", 0xaa0000 + i), target), "curl/7.88.1", i == 4 || i == 9 ? 200 : 404);
}

static void register_account(struct bench *b, unsigned actor, int64_t at_us, const char *account)
{
	struct observation o;
	observation_init(&o);
	uint8_t server[4] = { 198, 51, 100, 10 };
	o.time_us = START_US + at_us;
	o.address[ADDRESS_SOURCE_IP] = address(actor);
	o.address[ADDRESS_DESTINATION_IP] = addr_from_v4(server);
	o.place = (struct place){ ++b->asked, 1 };
	o.from_log = true;
	o.choice[CHOICE_CATEGORY] = CATEGORY_SIP;
	o.choice[CHOICE_OUTCOME] = OUTCOME_ACCEPTED;
	o.choice[CHOICE_CREDENTIALS] = CREDENTIALS_GIVEN;
	o.choice[CHOICE_PROOF] = PROOF_ECHOED;
	observation_set_text(&o, TEXT_METHOD, SLICE("REGISTER"));
	observation_set_text(&o, TEXT_ACCOUNT, slice_str(account));
	analyzer_log(b->analyzer, &o);
}

static struct finding report(struct bench *b)
{
	struct finding found = { .count = 0 };
	analyzer_finish(b->analyzer);
	cr_assert(analyzer_report(b->analyzer, &(struct report_handlers){ .offender = on_offender, .ctx = &found }) == 0);
	return found;
}

Test(mac, served_files_are_named)
{
	struct bench b;
	bench_open(&b);
	steal(&b);
	struct finding found = report(&b);
	cr_assert(found.count == 1);
	cr_expect(found.items[0].requested == 20 && found.items[0].served == 2 && found.items[0].shown == 2);
	cr_expect_str_eq(found.items[0].first, "0004f2aa0004.cfg");
	cr_expect(found.items[0].verdict == VERDICT_BLOCK);
	bench_close(&b);
}

/* A line of in.tftpd: what is asked for, or (path NULL) a refusal that does not say of what. */
static void tftp_line(struct bench *b, int64_t at_us, const char *path)
{
	struct observation o;
	struct provisioning_scratch scratch;
	observation_init(&o);
	o.time_us = START_US + at_us;
	o.place.number = ++b->asked;
	o.from_log = true;
	o.address[ADDRESS_SOURCE_IP] = address(7);
	o.choice[CHOICE_CATEGORY] = CATEGORY_PROVISIONING;
	o.choice[CHOICE_OUTCOME] = path ? OUTCOME_NONE : OUTCOME_UNKNOWN_TARGET;
	observation_set_text(&o, TEXT_HTTP_METHOD, SLICE("RRQ"));
	observation_set_text(&o, TEXT_DIALECT, SLICE("tftp"));
	if (path)
		observation_set_text(&o, TEXT_URL_PATH, slice_str(path));
	cr_assert(provisioning_complete(b->vendors, &o, &scratch));
	analyzer_log(b->analyzer, &o);
}

Test(mac, refusals_of_a_tftp_server_that_do_not_say_of_what)
{
	static const struct {
		const char *name;
		bool is_own_missing, has_other;
		bool is_harvest;
	} stories[] = {
		{ "nothing is there", true, false, true },
		{ "each phone finds its file", false, false, false },
		{ "each phone finds its file, and another not", false, true, false },
	};
	struct bench b;
	bench_open(&b);
	for (size_t s = 0; s < sizeof stories / sizeof *stories; s++) {
		uint64_t random = 7;
		char path[200];
		bench_start(&b);
		for (int i = 0; i < 40; i++) {
			uint64_t mac = mac_in("000413", next_random(&random));
			tftp_line(&b, i * SECOND_US, fill("snom710-%M.htm", mac, path));
			if (stories[s].is_own_missing)
				tftp_line(&b, i * SECOND_US, NULL);
			if (!stories[s].has_other)
				continue;
			tftp_line(&b, i * SECOND_US + 300000, fill("%M.xml", mac, path));
			tftp_line(&b, i * SECOND_US + 300000, NULL);
		}
		cr_expect_eq(strstr(b.fired, "provision.range") != NULL, stories[s].is_harvest, "%s: %s", stories[s].name, b.fired);
	}
	bench_close(&b);
}

Test(mac, stolen_account_used)
{
	static const struct {
		const char *name;
		unsigned home; /* where the phone registers before; 0: never seen */
		unsigned thief;
		const char *account;
		bool is_breach;
	} cases[] = {
		{ "by the harvester", 30, 7, "0004f2aa0004", true },
		{ "by the harvester, home never seen", 0, 7, "0004F2AA0004", true },
		{ "second line of the phone", 30, 7, "0004f2aa0004-2", true },
		{ "from elsewhere", 30, 300, "0004f2aa0009", true },
		{ "from home", 30, 30, "0004f2aa0009", false },
		{ "from elsewhere, home never seen: it may be the phone", 0, 300, "0004f2aa0009", false },
		{ "a file that was not given out", 30, 300, "0004f2aa0005", false },
		{ "no MAC", 30, 300, "1000", false },
	};
	struct bench b;
	bench_open(&b);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bench_start(&b);
		if (cases[i].home)
			register_account(&b, cases[i].home, -HOUR_US, cases[i].account);
		steal(&b);
		register_account(&b, cases[i].thief, HOUR_US, cases[i].account);
		struct finding found = report(&b);
		size_t breaches = 0;
		for (size_t f = 0; f < found.count; f++)
			breaches += found.items[f].breaches;
		cr_expect(breaches == cases[i].is_breach, "%s: %zu breaches", cases[i].name, breaches);
		cr_expect(!cases[i].is_breach || strstr(b.fired, "breach."), "%s: %s", cases[i].name, b.fired);
		for (size_t f = 0; f < found.count && cases[i].is_breach; f++)
			if (found.items[f].breaches)
				cr_expect_str_eq(found.items[f].account, cases[i].account, "%s", cases[i].name);
	}
	bench_close(&b);
}
