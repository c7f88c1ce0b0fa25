/* SPDX-License-Identifier: MIT */
#include "analyze/web/vendors.h"

#include "analyze/ruleset/file.h"
#include "analyze/ruleset/tree.h"

#include <stdlib.h>

#define PATTERN_SLASHES_MAX 2
#define TOKENS_MAX	    8
#define MAC_BROADCAST	    0xffffffffffffu

enum token_kind { TOKEN_TEXT, TOKEN_MAC, TOKEN_DIGITS, TOKEN_NAME };

struct token {
	enum token_kind kind;
	struct slice text; /* lower case */
};

struct file_pattern {
	struct token tokens[TOKENS_MAX];
	size_t count;
	unsigned slashes; /* folders in it */
	unsigned score;	  /* how much of it is fixed */
	unsigned vendor;
	enum file_kind kind;
	bool is_weak;
};

struct agent_start {
	struct slice text; /* lower case */
	unsigned vendor;
};

struct oui {
	uint32_t oui;
	unsigned vendor;
};

struct vendors {
	struct pool pool;
	const char *names[VENDORS_MAX];
	size_t count;
	struct file_pattern *patterns; /* sorted by bucket */
	size_t pattern_count;
	uint16_t first[257];	       /* patterns of bucket b are first[b] .. first[b + 1] - 1; bucket 0: begins with a token */
	struct agent_start *agents;
	size_t agent_count;
	struct oui *ouis; /* sorted */
	size_t oui_count;
	struct slice *folders;
	size_t folder_count;
};

/* ---- words ---- */

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
	size_t at = 0, group = group_of(text, &joint);
	for (size_t digits = 0; digits < 12; digits++) {
		if (digits && digits % group == 0 && (at >= text.len || text.ptr[at++] != joint))
			return 0;
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

/* ---- loading ---- */

struct loading {
	struct vendors *v;
	const char *name;
	struct slice yaml;
	struct error *err;
	bool failed;
};

static void complain(void *ctx, unsigned line, unsigned column, const char *what)
{
	struct loading *in = ctx;
	if (!in->failed)
		error_set(in->err, 0, "%s:%u:%u: %s", in->name, line, column, what);
	in->failed = true;
}

static void complain_at(struct loading *in, const struct node *where, const char *what)
{
	complain(in, where ? where->line : 1, where ? where->column : 1, what);
}

static struct slice lower_copy(struct pool *pool, struct slice text)
{
	uint8_t *copy = pool_alloc(pool, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		copy[i] = ascii_lower(text.ptr[i]);
	return slice_of(copy, text.len);
}

static bool add_token(struct file_pattern *p, enum token_kind kind, struct slice text)
{
	if (p->count == TOKENS_MAX)
		return false;
	p->tokens[p->count++] = (struct token){ kind, text };
	p->score += kind == TOKEN_TEXT ? (unsigned)text.len : kind == TOKEN_MAC ? 12 : kind == TOKEN_DIGITS ? 1 : 0;
	return true;
}

static bool placeholder_of(struct slice text, enum token_kind *kind)
{
	static const struct {
		const char *text;
		enum token_kind kind;
	} list[] = { { "mac", TOKEN_MAC }, { "n", TOKEN_DIGITS }, { "name", TOKEN_NAME } };
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (slice_eq(text, slice_str(list[i].text))) {
			*kind = list[i].kind;
			return true;
		}
	return false;
}

/* "cfg<mac>.xml" into its tokens. */
static bool compile_pattern(struct slice text, struct file_pattern *p)
{
	while (text.len) {
		size_t open = slice_find(text, '<');
		struct slice fixed = slice_first(text, open);
		enum token_kind kind;
		for (size_t i = 0; i < fixed.len; i++)
			p->slashes += fixed.ptr[i] == '/';
		if (fixed.len && !add_token(p, TOKEN_TEXT, fixed))
			return false;
		if (open == SLICE_NPOS)
			break;
		text = slice_from(text, open + 1);
		size_t close = slice_find(text, '>');
		if (close == SLICE_NPOS || !placeholder_of(slice_first(text, close), &kind) || !add_token(p, kind, slice_of(NULL, 0)))
			return false;
		text = slice_from(text, close + 1);
	}
	return p->count > 0 && p->slashes <= PATTERN_SLASHES_MAX;
}

static void read_file(struct loading *in, const struct node *item, unsigned vendor, enum file_kind kind)
{
	struct vendors *v = in->v;
	struct file_pattern p = { .vendor = vendor, .kind = kind };
	if (!node_is_text(item) || item->text.len == 0) {
		complain_at(in, item, "a file must be a name such as cfg<mac>.xml");
		return;
	}
	struct slice text = lower_copy(&v->pool, item->text);
	if (text.ptr[0] == '~') {
		p.is_weak = true;
		text = slice_from(text, 1);
	}
	if (!compile_pattern(text, &p)) {
		complain_at(in, item, "not a file pattern: text with <mac>, <n> (digits) or <name> in it, at most two slashes");
		return;
	}
	v->patterns = pool_room(&v->pool, v->patterns, v->pattern_count, sizeof *v->patterns);
	v->patterns[v->pattern_count++] = p;
}

static void read_files(struct loading *in, const struct node *files, unsigned vendor)
{
	if (!files || files->kind != NODE_MAP) {
		complain_at(in, files, "files must be a map of kinds (device, default, common ...) to lists of names");
		return;
	}
	for (size_t i = 0; i < files->count; i++) {
		const struct node *key = files->pairs[i].key, *list = files->pairs[i].value;
		enum file_kind kind = file_kind_of(key->text);
		if (kind == FILE_KIND_NONE)
			complain_at(in, key, "no such kind of file; kinds are device, default, common, firmware, directory, log, other");
		else if (list->kind != NODE_LIST)
			complain_at(in, list, "must be a list of file names");
		for (size_t f = 0; kind != FILE_KIND_NONE && list->kind == NODE_LIST && f < list->count; f++)
			read_file(in, list->items[f], vendor, kind);
	}
}

static void read_agent(struct loading *in, const struct node *item, unsigned vendor)
{
	struct vendors *v = in->v;
	if (!node_is_text(item) || item->text.len < 3) {
		complain_at(in, item, "an agent must be the start of a User-Agent, at least three letters");
		return;
	}
	v->agents = pool_room(&v->pool, v->agents, v->agent_count, sizeof *v->agents);
	v->agents[v->agent_count++] = (struct agent_start){ lower_copy(&v->pool, item->text), vendor };
}

static void read_oui(struct loading *in, const struct node *item, unsigned vendor)
{
	struct vendors *v = in->v;
	uint32_t oui = 0;
	bool is_good = item->kind == NODE_SCALAR && item->text.len == 6;
	for (size_t i = 0; is_good && i < 6; i++) {
		int digit = ascii_hex(item->text.ptr[i]);
		is_good = digit >= 0;
		oui = oui << 4 | (uint32_t)(digit & 15);
	}
	if (!is_good) {
		complain_at(in, item, "an OUI must be six hex digits, as in \"0004f2\"");
		return;
	}
	v->ouis = pool_room(&v->pool, v->ouis, v->oui_count, sizeof *v->ouis);
	v->ouis[v->oui_count++] = (struct oui){ oui, vendor };
}

typedef void (*read_item_fn)(struct loading *in, const struct node *item, unsigned vendor);

static void read_list(struct loading *in, const struct node *list, unsigned vendor, read_item_fn read)
{
	if (list && list->kind != NODE_LIST)
		complain_at(in, list, "must be a list");
	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++)
		read(in, list->items[i], vendor);
}

static void read_vendor(struct loading *in, const struct node *key, const struct node *map)
{
	static const char *const keys[] = { "files", "agents", "ouis" };
	struct vendors *v = in->v;
	if (map->kind != NODE_MAP || v->count == VENDORS_MAX) {
		complain_at(in, map, map->kind != NODE_MAP ? "a vendor must be a map with files, agents, ouis" : "too many vendors");
		return;
	}
	for (size_t i = 0; i < map->count; i++) {
		bool is_known = false;
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			is_known |= slice_eq(map->pairs[i].key->text, slice_str(keys[k]));
		if (!is_known)
			complain_at(in, map->pairs[i].key, "no such key; keys are files, agents, ouis");
	}
	unsigned vendor = (unsigned)v->count++;
	v->names[vendor] = pool_text(&v->pool, key->text);
	read_files(in, node_get(map, "files"), vendor);
	read_list(in, node_get(map, "agents"), vendor, read_agent);
	read_list(in, node_get(map, "ouis"), vendor, read_oui);
}

static void read_folder(struct loading *in, const struct node *item, unsigned vendor)
{
	struct vendors *v = in->v;
	(void)vendor;
	if (!node_is_text(item) || item->text.len == 0) {
		complain_at(in, item, "a folder must be a name");
		return;
	}
	v->folders = pool_room(&v->pool, v->folders, v->folder_count, sizeof *v->folders);
	v->folders[v->folder_count++] = lower_copy(&v->pool, item->text);
}

static unsigned bucket_of(const struct file_pattern *p)
{
	return p->tokens[0].kind == TOKEN_TEXT ? p->tokens[0].text.ptr[0] : 0;
}

/* Stable, so the order of the file decides among equals. */
static void sort_patterns(struct vendors *v)
{
	struct file_pattern *sorted = pool_alloc(&v->pool, (v->pattern_count + 1) * sizeof *sorted);
	size_t count = 0;
	for (unsigned b = 0; b < 256; b++) {
		v->first[b] = (uint16_t)count;
		for (size_t i = 0; i < v->pattern_count; i++)
			if (bucket_of(&v->patterns[i]) == b)
				sorted[count++] = v->patterns[i];
	}
	v->first[256] = (uint16_t)count;
	v->patterns = sorted;
}

static int compare_ouis(const void *x, const void *y)
{
	const struct oui *a = x, *b = y;
	return a->oui < b->oui ? -1 : a->oui > b->oui;
}

static void check_ouis(struct loading *in)
{
	struct vendors *v = in->v;
	if (v->oui_count)
		qsort(v->ouis, v->oui_count, sizeof *v->ouis, compare_ouis);
	for (size_t i = 1; i < v->oui_count; i++)
		if (v->ouis[i].oui == v->ouis[i - 1].oui && !in->failed) {
			error_set(in->err, 0, "%s: OUI %06x is listed twice (%s, %s)", in->name, v->ouis[i].oui,
				  v->names[v->ouis[i - 1].vendor], v->names[v->ouis[i].vendor]);
			in->failed = true;
		}
}

static int load(void *arg)
{
	struct loading *in = arg;
	struct tree tree;
	if (in->yaml.len > TREE_FILE_MAX) {
		complain(in, 1, 1, "longer than 1 MiB");
		return 0;
	}
	if (tree_read(&in->v->pool, in->yaml, &tree, complain, in) != 0)
		return 0;
	const struct node *root = tree.count ? tree.documents[0].root : NULL;
	const struct node *list = node_get(root, "vendors");
	if (!list || list->kind != NODE_MAP) {
		complain_at(in, list, "must have a map `vendors`");
		return 0;
	}
	for (size_t i = 0; i < list->count; i++)
		read_vendor(in, list->pairs[i].key, list->pairs[i].value);
	read_list(in, node_get(root, "folders"), 0, read_folder);
	if (in->v->pattern_count > UINT16_MAX)
		complain(in, 1, 1, "too many file patterns");
	else
		sort_patterns(in->v);
	check_ouis(in);
	return 0;
}

struct vendors *vendors_parse(struct slice yaml, const char *name, struct error *err)
{
	struct vendors *v = calloc(1, sizeof *v);
	struct loading in = { .v = v, .name = name, .yaml = yaml, .err = err };
	if (!v || pool_guard(&v->pool, load, &in) != 0) {
		if (!in.failed)
			error_set(err, 0, "%s: out of memory", name);
		in.failed = true;
	}
	if (!in.failed)
		return v;
	vendors_free(v);
	return NULL;
}

struct vendors *vendors_load(const char *path, struct error *err)
{
	struct slice yaml;
	int result = file_read(path, TREE_FILE_MAX, &yaml);
	if (result != 0) {
		error_set(err, result, "%s: %s", path, strerror(-result));
		return NULL;
	}
	struct vendors *v = vendors_parse(yaml, path, err);
	free((void *)(uintptr_t)yaml.ptr);
	return v;
}

void vendors_free(struct vendors *v)
{
	if (!v)
		return;
	pool_fini(&v->pool);
	free(v);
}

/* ---- look-ups ---- */

size_t vendors_count(const struct vendors *v)
{
	return v->count;
}

const char *vendors_name(const struct vendors *v, size_t index)
{
	return index < v->count ? v->names[index] : NULL;
}

int vendors_owner(const struct vendors *v, uint64_t mac)
{
	struct oui key = { (uint32_t)(mac >> 24), 0 };
	const struct oui *found = v->oui_count ? bsearch(&key, v->ouis, v->oui_count, sizeof key, compare_ouis) : NULL;
	return found ? (int)found->vendor : VENDOR_UNKNOWN;
}

int vendors_agent(const struct vendors *v, struct slice agent)
{
	size_t longest = 0;
	int vendor = VENDOR_UNKNOWN;
	if (agent.len == 0)
		return VENDOR_UNKNOWN;
	uint8_t first = ascii_lower(agent.ptr[0]);
	for (size_t i = 0; i < v->agent_count; i++) {
		const struct agent_start *a = &v->agents[i];
		if (a->text.ptr[0] == first && a->text.len > longest && slice_starts_nocase(agent, a->text)) {
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

/* As globs are matched: the last <name> takes one byte more each time that what follows it does not fit. */
static bool pattern_match(const struct file_pattern *p, struct slice text, uint64_t *mac)
{
	size_t at = 0, t = 0, name_token = SLICE_NPOS, name_end = 0;
	for (;;) {
		size_t len = 0;
		if (t == p->count && at == text.len)
			return true;
		if (t < p->count && p->tokens[t].kind == TOKEN_NAME) {
			name_token = t++;
			name_end = at + 1;
			len = at < text.len && text.ptr[at] != '/' ? 1 : SLICE_NPOS;
			if (len == SLICE_NPOS)
				return false;
			at = name_end;
			continue;
		}
		len = t < p->count ? token_match(&p->tokens[t], slice_from(text, at), mac) : SLICE_NPOS;
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

static void try_bucket(const struct vendors *v, unsigned bucket, unsigned slashes, struct slice text, unsigned *best, struct vendor_file *out)
{
	for (size_t i = v->first[bucket]; i < v->first[bucket + 1]; i++) {
		const struct file_pattern *p = &v->patterns[i];
		uint64_t mac = 0;
		if (p->slashes != slashes || p->score < *best || !pattern_match(p, text, &mac))
			continue;
		if (p->score > *best || out->vendors == 0) {
			*best = p->score;
			*out = (struct vendor_file){ .kind = p->kind, .mac = mac, .is_weak = true };
		}
		out->vendors |= (uint64_t)1 << p->vendor;
		out->is_weak &= p->is_weak;
	}
}

bool vendors_file(const struct vendors *v, struct slice path, struct vendor_file *out)
{
	unsigned best = 0;
	struct vendor_file found = { 0 };
	size_t start = path.len;
	for (unsigned slashes = 0; slashes <= PATTERN_SLASHES_MAX; slashes++) {
		while (start > 0 && path.ptr[start - 1] != '/')
			start--;
		struct slice text = slice_from(path, start);
		if (text.len) {
			try_bucket(v, text.ptr[0], slashes, text, &best, &found);
			try_bucket(v, 0, slashes, text, &best, &found);
		}
		if (start == 0)
			break;
		start--;
	}
	if (found.vendors)
		*out = found;
	return found.vendors != 0;
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
