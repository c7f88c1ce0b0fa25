/* SPDX-License-Identifier: MIT */
#include "analyze/web/vendors_table.h"

#define MAC_BROADCAST 0xffffffffffffu

#define X(id, text) text,
static const char *const kind_words[] = { "", FILE_KINDS(X) };
#undef X

const char *file_kind_text(enum file_kind kind)
{
	return kind < FILE_KIND_COUNT ? kind_words[kind] : "";
}

enum file_kind file_kind_of(struct slice text)
{
	for (unsigned k = 1; k < FILE_KIND_COUNT; k++)
		if (slice_eq(text, slice_str(kind_words[k])))
			return (enum file_kind)k;
	return FILE_KIND_NONE;
}

/* How the digits are joined: groups of 12 (not at all), 2 or 4. */
static size_t group_of(struct slice text, uint8_t *joint)
{
	*joint = 0;
	if (text.len > 2 && (text.ptr[2] == ':' || text.ptr[2] == '-' || text.ptr[2] == '_')) {
		*joint = text.ptr[2];
		return 2;
	}
	if (text.len > 4 && text.ptr[4] == '.') {
		*joint = '.';
		return 4;
	}
	return 12;
}

size_t mac_at_start(struct slice text, uint64_t *mac)
{
	uint8_t joint;
	uint64_t value = 0;
	size_t at = 0, group = group_of(text, &joint), left = group;
	for (size_t digits = 0; digits < 12; digits++, left--) {
		if (left == 0) {
			if (at >= text.len || text.ptr[at++] != joint)
				return 0;
			left = group;
		}
		int digit = at < text.len ? ascii_hex(text.ptr[at]) : -1;
		if (digit < 0)
			return 0;
		value = value << 4 | (uint64_t)digit;
		at++;
	}
	size_t next = at < text.len && joint && text.ptr[at] == joint ? at + 1 : at;
	bool goes_on = next < text.len && ascii_hex(text.ptr[next]) >= 0;
	/* "-" and a hex digit may well follow ("<mac>-boot.log"); a seventh pair makes it something else. */
	if (goes_on && next > at)
		goes_on = next + 1 < text.len && ascii_hex(text.ptr[next + 1]) >= 0 &&
			  (next + 2 == text.len || ascii_hex(text.ptr[next + 2]) < 0);
	if (goes_on || value == 0 || value == MAC_BROADCAST)
		return 0;
	*mac = value;
	return at;
}

const char *vendors_name(const struct vendors *v, size_t index)
{
	return index < v->count ? v->names[index] : NULL;
}

int vendors_owner(const struct vendors *v, uint64_t mac)
{
	struct oui key = { (uint32_t)(mac >> 24), 0 };
	size_t low = 0, high = v->oui_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = oui_compare(&v->ouis[middle], &key);
		if (order == 0)
			return (int)v->ouis[middle].vendor;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return VENDOR_UNKNOWN;
}

int vendors_agent(const struct vendors *v, struct slice agent)
{
	size_t longest = 0;
	int vendor = VENDOR_UNKNOWN;
	if (agent.len == 0)
		return VENDOR_UNKNOWN;
	const uint16_t *from = &v->agents_by_start.from[ascii_lower(agent.ptr[0])];
	uint8_t second = agent.len > 1 ? ascii_lower(agent.ptr[1]) : 0;
	for (size_t i = from[0]; i < from[1]; i++) {
		const struct agent_start *a = &v->agents[i];
		bool may_be = a->text.len > longest && (a->text.len < 2 || a->text.ptr[1] == second);
		if (may_be && slice_starts_nocase(agent, a->text)) {
			longest = a->text.len;
			vendor = (int)a->vendor;
		}
	}
	return vendor;
}

/* One token at the start of `text`: its length there, or SLICE_NPOS. */
static size_t token_match(const struct token *t, struct slice text, uint64_t *mac)
{
	size_t len = 0;
	switch (t->kind) {
	case TOKEN_TEXT:
		return slice_starts(text, t->text) ? t->text.len : SLICE_NPOS;
	case TOKEN_MAC:
		len = mac_at_start(text, mac);
		return len ? len : SLICE_NPOS;
	case TOKEN_DIGITS:
		while (len < text.len && ascii_is_digit(text.ptr[len]))
			len++;
		return len ? len : SLICE_NPOS;
	default:
		return SLICE_NPOS;
	}
}

/* As globs are matched: the last <name> takes one byte more each time that what follows it does not fit. Begins at token `t` and
 * byte `at`. */
static bool pattern_match(const struct file_pattern *p, size_t t, struct slice text, size_t at, uint64_t *mac)
{
	size_t name_token = SLICE_NPOS, name_end = 0;
	for (;;) {
		if (t == p->count && at == text.len)
			return true;
		if (t < p->count && p->tokens[t].kind == TOKEN_NAME) {
			if (at >= text.len || text.ptr[at] == '/')
				return false;
			name_token = t++;
			name_end = ++at;
			continue;
		}
		size_t len = t < p->count ? token_match(&p->tokens[t], slice_from(text, at), mac) : SLICE_NPOS;
		if (len != SLICE_NPOS) {
			at += len;
			t++;
			continue;
		}
		if (name_token == SLICE_NPOS || name_end >= text.len || text.ptr[name_end] == '/')
			return false;
		at = ++name_end;
		t = name_token + 1;
	}
}

/* The end of a path that is looked up, and the best that was found. */
struct looking {
	const struct vendors *v;
	struct slice text;
	unsigned best;
	struct vendor_file found;
};

static bool has_tail(struct slice text, struct slice tail)
{
	return tail.len <= text.len && memcmp(text.ptr + text.len - tail.len, tail.ptr, tail.len) == 0;
}

/* Patterns of one bucket; their first `token` tokens are known to take `at` bytes. */
static void try_bucket(struct looking *in, const struct bucket_index *index, unsigned bucket, size_t token, size_t at, uint64_t mac)
{
	for (size_t i = index->from[bucket]; i < index->from[bucket + 1]; i++) {
		const struct file_pattern *p = &in->v->patterns[i];
		uint64_t own = mac;
		if ((p->tail.len && !has_tail(in->text, p->tail)) || p->score < in->best || !pattern_match(p, token, in->text, at, &own))
			continue;
		if (p->score > in->best || in->found.vendors == 0) {
			in->best = p->score;
			in->found = (struct vendor_file){ .kind = p->kind, .mac = own, .is_weak = true };
		}
		in->found.vendors |= p->vendors;
		in->found.is_weak &= p->is_weak;
	}
}

static void try_start(struct looking *in, const struct bucket_index *index)
{
	uint8_t first = in->text.ptr[0];
	uint64_t mac = 0;
	size_t mac_len = ascii_hex(first) >= 0 ? mac_at_start(in->text, &mac) : 0;
	if (first > BUCKET_NAME)
		try_bucket(in, index, first, 0, 0, 0);
	if (mac_len)
		try_bucket(in, index, BUCKET_MAC, 1, mac_len, mac);
	if (ascii_is_digit(first))
		try_bucket(in, index, BUCKET_DIGITS, 0, 0, 0);
	try_bucket(in, index, BUCKET_NAME, 0, 0, 0);
}

bool vendors_file(const struct vendors *v, struct slice path, struct vendor_file *out)
{
	struct looking in = { .v = v };
	size_t start = path.len;
	for (unsigned slashes = 0; slashes <= PATTERN_SLASHES_MAX; slashes++) {
		while (start > 0 && path.ptr[start - 1] != '/')
			start--;
		in.text = slice_from(path, start);
		if (in.text.len)
			try_start(&in, &v->by_start[slashes]);
		if (start == 0)
			break;
		start--;
	}
	if (in.found.vendors)
		*out = in.found;
	return in.found.vendors != 0;
}

bool vendors_folder(const struct vendors *v, struct slice path)
{
	struct slice rest = path;
	while (rest.len) {
		struct slice part = slice_cut(&rest, '/');
		if (!rest.ptr)
			return false; /* the file itself */
		for (size_t i = 0; i < v->folder_count; i++)
			if (slice_eq(part, v->folders[i]))
				return true;
	}
	return false;
}

void vendors_exchange(struct vendors *a, struct vendors *b)
{
	struct vendors kept = *a;
	*a = *b;
	*b = kept;
}
