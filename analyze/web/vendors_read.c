/* SPDX-License-Identifier: MIT */
#include "analyze/web/vendors_table.h"

#include "analyze/ruleset/file.h"
#include "analyze/ruleset/tree.h"

#include <stdlib.h>

/* The YAML file into tables. Every mistake is told with its place; the first one counts. */

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

static bool same_name(const struct file_pattern *a, const struct file_pattern *b)
{
	if (a->count != b->count || a->score != b->score)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->tokens[i].kind != b->tokens[i].kind || !slice_eq(a->tokens[i].text, b->tokens[i].text))
			return false;
	return true;
}

/* Many vendors have <mac>.cfg: one pattern for all of them. The first says what kind of file it is. */
static void add_pattern(struct vendors *v, const struct file_pattern *p)
{
	for (size_t i = 0; i < v->pattern_count; i++)
		if (same_name(&v->patterns[i], p)) {
			v->patterns[i].vendors |= p->vendors;
			v->patterns[i].is_weak &= p->is_weak;
			return;
		}
	v->patterns = pool_room(&v->pool, v->patterns, v->pattern_count, sizeof *v->patterns);
	struct file_pattern *kept = &v->patterns[v->pattern_count++];
	*kept = *p;
	kept->tokens = pool_alloc(&v->pool, p->count * sizeof *p->tokens);
	memcpy(kept->tokens, p->tokens, p->count * sizeof *p->tokens);
}

static void read_file(struct loading *in, const struct node *item, unsigned vendor, enum file_kind kind)
{
	struct vendors *v = in->v;
	struct token tokens[TOKENS_MAX];
	struct file_pattern p = { .tokens = tokens, .vendors = (uint64_t)1 << vendor, .kind = kind };
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
	const struct token *last = &p.tokens[p.count - 1];
	p.tail = last->kind == TOKEN_TEXT ? last->text : slice_of(NULL, 0);
	add_pattern(v, &p);
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

static void read_list(struct loading *in, const struct node *list, unsigned vendor, read_item_fn take)
{
	if (list && list->kind != NODE_LIST)
		complain_at(in, list, "must be a list");
	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++)
		take(in, list->items[i], vendor);
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
	switch (p->tokens[0].kind) {
	case TOKEN_MAC:
		return BUCKET_MAC;
	case TOKEN_DIGITS:
		return BUCKET_DIGITS;
	case TOKEN_NAME:
		return BUCKET_NAME;
	default:
		return p->tokens[0].text.ptr[0];
	}
}

/* Those with so many slashes, sorted by bucket, from sorted[first] on; how many are sorted now. Stable, so
 * the order of the file decides among equals. */
static size_t sort_by_start(struct vendors *v, unsigned slashes, struct file_pattern *sorted, size_t first)
{
	uint16_t *from = v->by_start[slashes].from, next[BUCKETS];
	from[0] = (uint16_t)first;
	for (size_t i = 0; i < v->pattern_count; i++)
		if (v->patterns[i].slashes == slashes)
			from[bucket_of(&v->patterns[i]) + 1]++;
	for (unsigned b = 0; b < BUCKETS; b++) {
		next[b] = from[b];
		from[b + 1] = (uint16_t)(from[b + 1] + from[b]);
	}
	for (size_t i = 0; i < v->pattern_count; i++)
		if (v->patterns[i].slashes == slashes)
			sorted[next[bucket_of(&v->patterns[i])]++] = v->patterns[i];
	return from[BUCKETS];
}

static void sort_patterns(struct vendors *v)
{
	struct file_pattern *sorted = pool_alloc(&v->pool, (v->pattern_count + 1) * sizeof *sorted);
	size_t count = 0;
	for (unsigned slashes = 0; slashes <= PATTERN_SLASHES_MAX; slashes++)
		count = sort_by_start(v, slashes, sorted, count);
	v->patterns = sorted;
}

static void sort_agents(struct vendors *v)
{
	struct agent_start *sorted = pool_alloc(&v->pool, (v->agent_count + 1) * sizeof *sorted);
	size_t count = 0;
	for (unsigned b = 0; b < BUCKETS; b++) {
		v->agents_by_start.from[b] = (uint16_t)count;
		for (size_t i = 0; i < v->agent_count; i++)
			if (v->agents[i].text.ptr[0] == b)
				sorted[count++] = v->agents[i];
	}
	v->agents_by_start.from[BUCKETS] = (uint16_t)count;
	v->agents = sorted;
}

static int compare_ouis(const void *x, const void *y)
{
	return oui_compare(x, y);
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
	if (in->v->pattern_count > UINT16_MAX || in->v->agent_count > UINT16_MAX) {
		complain(in, 1, 1, "too many files or agents");
		return 0;
	}
	sort_patterns(in->v);
	sort_agents(in->v);
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
