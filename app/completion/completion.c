/* SPDX-License-Identifier: MIT */
#include "app/completion/completion.h"

struct slice completion_value(const struct completion *c, const struct help_option *o)
{
	if (o->value.ptr)
		return o->value;
	for (size_t i = 0; i < c->count; i++) {
		const struct help_option *other = help_words_find(&c->commands[i].words, o->name);
		if (other && other->value.ptr)
			return other->value;
	}
	return (struct slice){ NULL, 0 };
}

struct slice completion_summary(const struct completion *c, const struct help_option *o)
{
	if (o->summary.ptr)
		return o->summary;
	for (size_t i = 0; i < c->count; i++) {
		const struct help_option *other = help_words_find(&c->commands[i].words, o->name);
		if (other && other->summary.ptr)
			return other->summary;
	}
	return SLICE("");
}

enum completion_kind completion_kind_of(const struct completion *c, const struct help_option *o)
{
	static const struct {
		struct slice word;
		enum completion_kind kind;
	} kinds[] = { { SLICE_INIT("FILE"), COMPLETE_FILE },
		      { SLICE_INIT("PATH"), COMPLETE_FILE },
		      { SLICE_INIT("LOG"), COMPLETE_FILE },
		      { SLICE_INIT("DIR"), COMPLETE_FOLDER } };
	struct slice value = completion_value(c, o);
	if (!value.ptr)
		return COMPLETE_SWITCH;
	if (slice_find(value, '|') != SLICE_NPOS)
		return COMPLETE_WORDS;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (slice_eq(value, kinds[i].word))
			return kinds[i].kind;
	if (slice_eq(o->name, SLICE("interface")))
		return COMPLETE_INTERFACE;
	return slice_eq(o->name, SLICE("user")) ? COMPLETE_USER : COMPLETE_OTHER;
}

void completion_print_words(FILE *out, struct slice value)
{
	bool is_first = true;
	while (value.ptr) {
		struct slice word = slice_cut(&value, '|');
		if (!word.len || (uint8_t)(word.ptr[0] - 'A') < 26)
			continue;
		fprintf(out, "%s%.*s", is_first ? "" : " ", (int)word.len, (const char *)word.ptr);
		is_first = false;
	}
}
