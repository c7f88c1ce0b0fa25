/* SPDX-License-Identifier: MIT */
#include "output/export/internal.h"

#include "core/clock.h"

#include <inttypes.h>

/* ---- CrowdSec ---- */

enum { CROWDSEC_FOR_EVER_S = 365 * 86400 }; /* a decision must end */

static void crowdsec_decision(struct export *x, const struct export_item *item, void *ctx)
{
	bool *is_first = ctx;
	const char *rule = export_word(item->entry->rule);
	fprintf(x->out,
		"%s\n{\"duration\":\"%" PRId64
		"s\",\"scope\":\"%s\",\"type\":\"ban\",\"value\":\"%s\",\"reason\":\"siphound%s%s\"}",
		*is_first ? "" : ",", item->ttl_s ? item->ttl_s : CROWDSEC_FOR_EVER_S,
		item->is_single ? "Ip" : "Range", item->net, *rule ? "/" : "", rule);
	*is_first = false;
	x->tally.written++;
}

/* Networks apart (--prefixes): `cscli decisions import` takes the scope of a file from its --scope (seen
 * with 1.4.6). */
void export_crowdsec(struct export *x)
{
	bool is_first = true;
	fputc('[', x->out);
	export_each(x, true, crowdsec_decision, &is_first);
	fputs("\n]\n", x->out);
}

/* ---- AbuseIPDB ---- */

enum { ABUSEIPDB_ROWS_MAX = 9999 }; /* 10,000 lines a file, header included */

/* Their numbers: 4 DDoS, 8 fraud VoIP, 14 port scan, 15 hacking, 18 brute force. */
static void categories(const char *stages, char out[32])
{
	static const struct {
		const char *stage;
		unsigned category;
	} map[] = { { "flood", 4 },  { "ghost-call", 8 }, { "toll-fraud", 8 },	  { "probe", 14 },
		    { "sweep", 14 }, { "exploit", 15 },	  { "provisioning", 15 }, { "enumerate", 18 },
		    { "crack", 18 }, { "breach", 18 } };
	unsigned last = 0;
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < sizeof map / sizeof *map; i++) {
		struct slice rest = slice_str(stages);
		while (rest.ptr && map[i].category != last)
			if (slice_eq(slice_cut(&rest, ','), slice_str(map[i].stage))) {
				used += (size_t)snprintf(out + used, 32 - used, "%s%u", used ? "," : "",
							 map[i].category);
				last = map[i].category;
			}
	}
	if (!used)
		snprintf(out, 32, "8");
}

static void abuseipdb_line(struct export *x, const struct export_item *item, void *ctx)
{
	const struct store_entry *e = item->entry;
	char numbers[32], when[CLOCK_TEXT_MAX];
	(void)ctx;
	/* A ban by hand shows nothing that could be reported, and a private address is nobody's. */
	if (!e->messages || !e->rule)
		return;
	if (addr_is_private(&e->ban.net.base)) {
		x->tally.private ++;
		return;
	}
	if (x->tally.written == ABUSEIPDB_ROWS_MAX) {
		x->tally.beyond++;
		return;
	}
	categories(e->stages, numbers);
	clock_text(e->last_us, when);
	fprintf(x->out, "%s,\"%s\",%.19s+00:00,\"SIP attack (%s), %" PRIu64 " messages", item->net, numbers,
		when, e->stages, e->messages);
	if (*export_word(e->tool))
		fprintf(x->out, ", tool %s", e->tool);
	fprintf(x->out, "; siphound rule %s\"\n", export_word(e->rule));
	x->tally.written++;
}

void export_abuseipdb(struct export *x)
{
	fputs("IP,Categories,ReportDate,Comment\n", x->out);
	export_each(x, true, abuseipdb_line, NULL);
}
