/* SPDX-License-Identifier: MIT */
#include "analyze/web/provisioning.h"

#include "core/hash.h"
#include "core/shown_path.h"

#define PATH_MAX_LEN 8192 /* so much servers accept; longer paths are looked at from their end */

/* ---- paths ---- */

/* The path as a server would look it up, for comparing: %-escapes decoded once, lower case, backslashes turned. */
static struct slice plain_path(struct slice target, uint8_t out[PATH_MAX_LEN])
{
	size_t len = 0;
	if (target.len > PATH_MAX_LEN)
		target = slice_from(target, target.len - PATH_MAX_LEN);
	for (size_t i = 0; i < target.len; i++) {
		uint8_t c = target.ptr[i];
		if (c == '%' && i + 2 < target.len && ascii_hex(target.ptr[i + 1]) >= 0 && ascii_hex(target.ptr[i + 2]) >= 0) {
			c = (uint8_t)(ascii_hex(target.ptr[i + 1]) << 4 | ascii_hex(target.ptr[i + 2]));
			i += 2;
		}
		out[len++] = c == '\\' ? '/' : ascii_lower(c);
	}
	return slice_of(out, len);
}

/* The value of the first query parameter with one of these names; absent when there is none. */
static struct slice query_value(struct slice query, const char *const *names)
{
	while (query.len) {
		struct slice pair = slice_cut(&query, '&');
		struct slice name = slice_cut(&pair, '=');
		for (size_t i = 0; pair.ptr && names[i]; i++)
			if (slice_eq(name, slice_str(names[i])))
				return pair;
	}
	return slice_of(NULL, 0);
}

static bool is_hex_group(struct slice text, size_t from, size_t count)
{
	for (size_t i = from; i < from + count; i++)
		if (ascii_hex(text.ptr[i]) < 0)
			return false;
	return true;
}

static bool is_hex(uint8_t c)
{
	return ascii_is_digit(c) || (uint8_t)((c | 0x20) - 'a') < 6;
}

/* The last group of a UUID has twelve digits as well. */
static bool is_uuid_tail(struct slice text, size_t at)
{
	return at >= 5 && text.ptr[at - 1] == '-' && is_hex_group(text, at - 5, 4);
}

static size_t hex_run(struct slice text, size_t from)
{
	size_t end = from;
	while (end < text.len && is_hex(text.ptr[end]))
		end++;
	return end - from;
}

/* A MAC anywhere in `text` with no hex digit before it and none behind it; one of a known vendor is preferred. */
static uint64_t find_mac(const struct vendors *v, struct slice text)
{
	uint64_t found = 0, mac;
	for (size_t i = 0; i + MAC_TEXT_LEN <= text.len; i++) {
		size_t run = hex_run(text, i);
		/* Digits by twos, by fours, or all in one. */
		size_t len =
		    run == 2 || run == 4 || run >= MAC_TEXT_LEN ? mac_at_start(slice_from(text, i), &mac) : 0;
		bool is_joined = len > MAC_TEXT_LEN;
		/* "01-00-15-65-..." is no MAC, though its end looks like one. */
		bool goes_before = is_joined && i >= 3 && text.ptr[i - 1] == text.ptr[i + 2] && is_hex_group(text, i - 3, 2);
		if (len && !goes_before && !is_uuid_tail(text, i)) {
			if (vendors_owner(v, mac) != VENDOR_UNKNOWN)
				return mac;
			found = mac;
		}
		i += run;
	}
	return found;
}

/* ---- facts ---- */

static const char *name_of(const struct vendors *v, int vendor)
{
	return vendor == VENDOR_UNKNOWN ? NULL : vendors_name(v, (size_t)vendor);
}

static bool has_vendor(uint64_t set, int vendor)
{
	return vendor != VENDOR_UNKNOWN && (set >> vendor & 1);
}

struct path_parts {
	struct slice path, file; /* file: named by the query, or the path again */
	uint64_t query_mac;
};

/* Among the vendors whose phones ask for such a file. A plain name alone names nobody. */
static int choose_vendor(const struct vendor_file *file, int owner, int agent_vendor)
{
	bool is_one = file->vendors && (file->vendors & (file->vendors - 1)) == 0;
	if (has_vendor(file->vendors, owner))
		return owner;
	if (has_vendor(file->vendors, agent_vendor))
		return agent_vendor;
	return is_one && !file->is_weak ? __builtin_ctzll(file->vendors) : VENDOR_UNKNOWN;
}

static uint64_t path_mac(const struct vendors *v, const struct path_parts *parts, bool is_file, const struct vendor_file *file)
{
	if (parts->query_mac)
		return parts->query_mac;
	/* The digits of y000000000028.cfg are no MAC, though they are twelve. */
	return is_file && (file->mac || !file->is_weak) ? file->mac : find_mac(v, parts->file);
}

static struct path_parts split(const struct vendors *v, struct slice plain)
{
	static const char *const mac_names[] = { "mac", "macaddress", "mac_address", "devid", NULL };
	static const char *const file_names[] = { "file", "filename", "cfg", "path", NULL };
	struct slice rest = plain;
	struct path_parts parts = { .path = slice_cut(&rest, '?') };
	struct slice mac = query_value(rest, mac_names), file = query_value(rest, file_names);
	parts.file = file.len ? file : parts.path;
	if (mac.len)
		parts.query_mac = find_mac(v, mac);
	return parts;
}

/* The MAC that a phone's agent names. In other agents twelve digits are no MAC, unless a phone maker owns it. */
static uint64_t agent_mac_of(const struct vendors *v, struct slice agent, int agent_vendor)
{
	uint64_t mac = agent.len ? find_mac(v, agent) : 0;
	return mac && agent_vendor == VENDOR_UNKNOWN && vendors_owner(v, mac) == VENDOR_UNKNOWN ? 0 : mac;
}

bool provisioning_read(const struct vendors *v, struct slice target, struct slice agent, bool is_tftp, struct provisioning_facts *out)
{
	uint8_t buffer[PATH_MAX_LEN];
	struct vendor_file file = { 0 };
	struct path_parts parts = split(v, plain_path(target, buffer));
	int agent_vendor = vendors_agent(v, agent);
	bool is_file = vendors_file(v, parts.file, &file);
	uint64_t mac = path_mac(v, &parts, is_file, &file);
	int owner = mac ? vendors_owner(v, mac) : VENDOR_UNKNOWN;
	bool is_ours = (is_file && !file.is_weak) || agent_vendor != VENDOR_UNKNOWN || owner != VENDOR_UNKNOWN || parts.query_mac;
	if (!is_ours)
		is_ours = (is_file || mac) && (is_tftp || vendors_folder(v, parts.path));
	if (!is_ours)
		return false;
	*out = (struct provisioning_facts){
		.mac = mac,
		.agent_mac = agent_mac_of(v, agent, agent_vendor),
		.kind = is_file ? file.kind : mac ? FILE_KIND_DEVICE : FILE_KIND_OTHER,
		.vendor = name_of(v, choose_vendor(&file, owner, agent_vendor)),
		.agent_vendor = name_of(v, agent_vendor),
		.mac_vendor = name_of(v, owner),
	};
	return true;
}

/* ---- observations ---- */

struct slice mac_text(uint64_t mac, char out[MAC_TEXT_LEN])
{
	for (int i = 0; i < MAC_TEXT_LEN; i++)
		out[i] = "0123456789abcdef"[mac >> (44 - 4 * i) & 15];
	return slice_of(out, MAC_TEXT_LEN);
}

static void set_once(struct observation *o, enum text_field field, struct slice value)
{
	if (!(o->has_text >> field & 1))
		observation_set_text(o, field, value);
}

void provisioning_fill(const struct provisioning_facts *facts, struct observation *o, struct provisioning_scratch *scratch)
{
	if (facts->mac)
		set_once(o, TEXT_MAC, mac_text(facts->mac, scratch->mac));
	if (facts->agent_mac)
		set_once(o, TEXT_AGENT_MAC, mac_text(facts->agent_mac, scratch->agent_mac));
	set_once(o, TEXT_VENDOR, slice_str(facts->vendor));
	set_once(o, TEXT_AGENT_VENDOR, slice_str(facts->agent_vendor));
	set_once(o, TEXT_MAC_VENDOR, slice_str(facts->mac_vendor));
	set_once(o, TEXT_FILE_KIND, slice_str(file_kind_text(facts->kind)));
}

enum outcome provisioning_outcome(unsigned status, bool has_credentials)
{
	if (status == 0)
		return OUTCOME_NONE;
	if (status < 400)
		return OUTCOME_ACCEPTED; /* 304 and redirects too: the file is there */
	switch (status) {
	case 401:
	case 407:
		return has_credentials ? OUTCOME_REFUSED : OUTCOME_CHALLENGED;
	case 403:
		return OUTCOME_FORBIDDEN;
	case 404:
	case 410:
		return OUTCOME_UNKNOWN_TARGET;
	default:
		return OUTCOME_ERROR;
	}
}

/* A MAC that a dialect took from the line by itself ("bad password for 0004f2aabbcc") may be joined any way. */
static void mend_mac(struct observation *o, enum text_field field, char room[MAC_TEXT_LEN])
{
	uint64_t mac;
	struct slice text = observation_text(o, field);
	if (!text.ptr)
		return;
	if (mac_at_start(text, &mac) == text.len)
		o->text[field] = mac_text(mac, room);
	else
		o->has_text &= ~((uint64_t)1 << field);
}

bool provisioning_complete(const struct vendors *v, struct observation *o, struct provisioning_scratch *scratch)
{
	struct provisioning_facts facts = { 0 };
	struct slice method = observation_text(o, TEXT_HTTP_METHOD), path = observation_text(o, TEXT_URL_PATH);
	bool is_tftp = slice_eq_nocase(method, SLICE("RRQ")) || slice_eq_nocase(method, SLICE("WRQ"));
	mend_mac(o, TEXT_MAC, scratch->mac);
	mend_mac(o, TEXT_AGENT_MAC, scratch->agent_mac);
	if (is_tftp && !path.len && o->choice[CHOICE_OUTCOME] > OUTCOME_NONE) { /* in.tftpd refuses the request before without its name */
		o->choice[CHOICE_SERVED] = FLAG_FALSE;
		return true;
	}
	bool is_known = provisioning_read(v, path, observation_text(o, TEXT_USER_AGENT), is_tftp, &facts);
	if (!is_known && !(o->has_text >> TEXT_MAC & 1))
		return false;
	if (!is_known)
		facts.kind = FILE_KIND_DEVICE;
	provisioning_fill(&facts, o, scratch);
	if (path.ptr)
		o->text[TEXT_URL_PATH] = slice_cut(&path, '?');
	unsigned status = (unsigned)observation_number(o, NUMBER_HTTP_STATUS, 0);
	if (!o->choice[CHOICE_OUTCOME])
		o->choice[CHOICE_OUTCOME] = (uint8_t)provisioning_outcome(status, o->choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN);
	bool is_success = o->choice[CHOICE_OUTCOME] == OUTCOME_ACCEPTED;
	bool is_upload = slice_eq_nocase(method, SLICE("PUT")) || slice_eq_nocase(method, SLICE("POST")) || slice_eq_nocase(method, SLICE("WRQ"));
	if (!o->choice[CHOICE_SERVED])
		o->choice[CHOICE_SERVED] = is_success && !is_upload && status < 300 ? FLAG_TRUE : FLAG_FALSE;
	/* A web server writes a line for a request that came over TCP; a TFTP daemon needs no more than one datagram. */
	if (!o->choice[CHOICE_PROOF])
		o->choice[CHOICE_PROOF] = is_tftp ? PROOF_NONE : PROOF_HANDSHAKE;
	return true;
}

static uint64_t mac_of(const struct observation *o, enum text_field field)
{
	uint64_t mac = 0;
	mac_at_start(observation_text(o, field), &mac);
	return mac;
}

static bool is_read(struct slice method)
{
	return !slice_eq_nocase(method, SLICE("PUT")) && !slice_eq_nocase(method, SLICE("WRQ")) && !slice_eq_nocase(method, SLICE("POST"));
}

struct provisioning_ask provisioning_ask_of(const struct observation *o)
{
	struct slice path = observation_text(o, TEXT_URL_PATH), agent = observation_text(o, TEXT_USER_AGENT);
	return (struct provisioning_ask){
		.mac = mac_of(o, TEXT_MAC),
		.agent_mac = mac_of(o, TEXT_AGENT_MAC),
		.path_hash = path.len ? hash_bytes(path.ptr, path.len, 1) : 0,
		.kind = (uint8_t)file_kind_of(observation_text(o, TEXT_FILE_KIND)),
		.is_read = is_read(observation_text(o, TEXT_HTTP_METHOD)),
		.is_served = o->choice[CHOICE_SERVED] == FLAG_TRUE,
		.by_phone = agent.len == 0 || (o->has_text >> TEXT_AGENT_VENDOR & 1),
		.file = short_text_of(shown_path(path, observation_text(o, TEXT_MAC))),
	};
}
