/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/document.h"
#include "analyze/ruleset/map_keys.h"
#include "analyze/ruleset/rule_test.h"

#define TOOL_NAME_MAX 64

#define X(id, text) text,
static const char *const stage_words[] = { STAGES(X) NULL };
#undef X

const char *stage_text(enum stage stage)
{
	return stage < STAGE_COUNT ? stage_words[stage] : "";
}

static int word_of(struct reading *in, const struct node *value, const char *key, const char *const *words)
{
	int index = value->kind == NODE_SCALAR ? word_index(words, value->text) : -1;
	if (index < 0)
		problem_at(in, value, "siphound: %s has no word '%s'; words are %s", key,
			   value->kind == NODE_SCALAR ? shown(in, value->text) : "...",
			   word_list_text(&in->rules->pool, words));
	return index;
}

static void read_proof(struct reading *in, const struct node *value)
{
	const struct field *proof = field_find(SLICE("siphound.proof"));
	int index = word_of(in, value, "proof", proof->words + 1);
	if (index >= 0)
		in->document->rule.proof = (enum proof)(index + 1);
}

static void read_honest(struct reading *in, const struct node *value)
{
	static const char *const words[] = { "comes-back", "goes-round", "keeps-time", "corrected", NULL };
	in->document->rule.honest = (enum rule_honest)(word_of(in, value, "honest", words) + 1);
}

static void read_basis(struct reading *in, const struct node *value)
{
	static const char *const words[] = { "hearsay", NULL };
	in->document->rule.is_hearsay = word_of(in, value, "basis", words) >= 0;
}

static void read_doubt(struct reading *in, const struct node *value)
{
	static const char *const words[] = { "kept-out", "first-rounds", NULL };
	in->document->rule.doubt = (enum rule_doubt)(word_of(in, value, "doubt", words) + 1);
}

static void read_tool(struct reading *in, const struct node *value)
{
	bool is_good = node_is_text(value) && value->text.len > 0 && value->text.len <= TOOL_NAME_MAX;
	for (size_t i = 0; is_good && i < value->text.len; i++)
		is_good = value->text.ptr[i] > 0x20 && value->text.ptr[i] < 0x7f;
	if (is_good)
		in->document->rule.tool = (const char *)value->text.ptr;
	else
		problem_at(in, value, "siphound: tool must be a name without spaces, at most %d bytes",
			   TOOL_NAME_MAX);
}

void siphound_keys_read(struct reading *in, const struct node *map)
{
	static const char *const keys[] = { "stage", "proof", "tool",  "honest",
					    "basis", "doubt", "tests", NULL };
	if (map->kind != NODE_MAP) {
		problem_at(in, map, "siphound must be a map");
		return;
	}
	if (in->document->kind == DOCUMENT_FILTER) {
		problem_at(in, map, "a filter has no siphound: part");
		return;
	}
	map_keys_check(in, map, keys, "siphound");
	const struct node *stage = node_get(map, "stage"), *proof = node_get(map, "proof"),
			  *tool = node_get(map, "tool"), *honest = node_get(map, "honest"),
			  *basis = node_get(map, "basis"), *doubt = node_get(map, "doubt"),
			  *tests = node_get(map, "tests");
	int index = stage ? word_of(in, stage, "stage", stage_words) : -1;
	if (index >= 0)
		in->document->rule.stage = (enum stage)index;
	if (proof)
		read_proof(in, proof);
	if (tool)
		read_tool(in, tool);
	if (honest)
		read_honest(in, honest);
	if (basis)
		read_basis(in, basis);
	if (doubt)
		read_doubt(in, doubt);
	if (tests)
		rule_tests_read(in, tests);
}
