/* SPDX-License-Identifier: MIT */
#include "analyze/logs/dialect.h"

#include <stdio.h>

#define REGEX_MAX  8192
#define GROUPS_MAX PLAN_GROUPS_MAX

/* Written once here, because each dialect would get it wrong in its own way: an address without a port glued
 * to it, IPv6 in brackets or bare, with a zone or without. Whether it is an address is decided after the
 * match. */
#define IPV4	 "\\d{1,3}(?:\\.\\d{1,3}){3}"
#define IPV6	 "[0-9A-Fa-f:.]{2,45}(?:%[\\w.-]{1,16})?"
#define BRACKETS "\\[" IPV6 "\\]"
#define BARE	 "(?=[0-9A-Fa-f]*:[0-9A-Fa-f]*:)" IPV6

static const struct {
	struct slice name, text;
} macros[] = {
	{ SLICE_INIT("ip"), SLICE_INIT("(?<source_ip>" IPV4 "|" BRACKETS "|" BARE ")") },
	{ SLICE_INIT("port"), SLICE_INIT("(?<source_port>\\d{1,5})") },
	{ SLICE_INIT("peer"), SLICE_INIT("(?:{{ip}}:{{port}}|{{ip}})") },
	/* 2001:db8::5:10 is all address here, and port 10 of 2001:db8::5 above: only the program's source
	   tells. */
	{ SLICE_INIT("host"),
	  SLICE_INIT("(?:(?<source_ip>" IPV4 "|" BRACKETS ")(?::{{port}})?|(?<source_ip>" BARE "))") },
	{ SLICE_INIT("local_ip"), SLICE_INIT("(?<destination_ip>[0-9A-Fa-f:.\\[\\]]{2,47})") },
	{ SLICE_INIT("local_port"), SLICE_INIT("(?<destination_port>\\d{1,5})") },
};

/* The field that a group name stands for: source_ip is source.ip. NULL when none. */
static const struct field *field_of_group(struct slice group)
{
	for (size_t i = 0; i < field_count; i++) {
		struct slice name = field_name(&fields[i]);
		if (name.len != group.len)
			continue;
		size_t at = 0;
		while (at < name.len &&
		       (name.ptr[at] == group.ptr[at] || (name.ptr[at] == '.' && group.ptr[at] == '_')))
			at++;
		if (at == name.len)
			return &fields[i];
	}
	return NULL;
}

/* ---- macros ---- */

struct macro_list {
	const struct slice *names, *texts;
	size_t count;
};

static bool find_macro(const struct macro_list *own, struct slice name, struct slice *text)
{
	for (size_t i = 0; i < own->count; i++) {
		if (slice_eq(own->names[i], name)) {
			*text = own->texts[i];
			return true;
		}
	}
	for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
		if (slice_eq(macros[i].name, name)) {
			*text = macros[i].text;
			return true;
		}
	}
	return false;
}

/* Replaces {{name}} once through; SLICE_NPOS when it grows too long, *unknown set for a name nobody defined.
 */
static size_t expand_once(const struct macro_list *own, struct slice in, uint8_t *out, struct slice *unknown)
{
	size_t len = 0;
	for (size_t at = 0; at < in.len;) {
		size_t end = SLICE_NPOS;
		if (in.ptr[at] == '{' && at + 1 < in.len && in.ptr[at + 1] == '{')
			end = slice_find_slice(slice_from(in, at), SLICE("}}"));
		struct slice text = slice_of(in.ptr + at, 1);
		if (end != SLICE_NPOS) {
			struct slice name = slice_of(in.ptr + at + 2, end - 2);
			if (!find_macro(own, name, &text)) {
				*unknown = name;
				return SLICE_NPOS;
			}
			at += end + 2;
		} else {
			at++;
		}
		if (len + text.len > REGEX_MAX)
			return SLICE_NPOS;
		memcpy(out + len, text.ptr, text.len);
		len += text.len;
	}
	return len;
}

bool dialect_expand(struct dialects *dialects, struct dialect *dialect, const struct slice *names,
		    const struct slice *texts, size_t count, struct slice *regex, unsigned line,
		    unsigned column)
{
	const struct macro_list own = { names, texts, count };
	uint8_t out[REGEX_MAX];
	struct slice unknown = { 0 };
	for (int depth = 0; slice_find_slice(*regex, SLICE("{{")) != SLICE_NPOS; depth++) {
		size_t len = depth < 6 ? expand_once(&own, *regex, out, &unknown) : SLICE_NPOS;
		if (len == SLICE_NPOS) {
			const char *file = (const char *)dialect->file.ptr;
			if (unknown.ptr)
				dialects_add_problem(dialects, file, line, column,
						     "nothing defines {{%.*s}}; write it under `define:`",
						     (int)unknown.len, (const char *)unknown.ptr);
			else
				dialects_add_problem(
				    dialects, file, line, column,
				    "the regex grows beyond %d bytes; does a definition use itself?",
				    REGEX_MAX);
			return false;
		}
		*regex = dialect_copy(&dialect->arena, slice_of(out, len));
		if (!regex->ptr)
			return false;
	}
	return true;
}

/* ---- compiling ---- */

static pcre2_code *compile(struct dialects *dialects, const struct dialect *dialect, struct slice regex,
			   uint32_t more, unsigned line, unsigned column)
{
	int code;
	PCRE2_SIZE offset;
	uint32_t options = PCRE2_ANCHORED | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
			   PCRE2_NEVER_UTF | /* lines are any bytes, and are not checked before a match */
			   PCRE2_DUPNAMES | more;
	pcre2_code *compiled = pcre2_compile(regex.ptr, regex.len, options, &code, &offset, NULL);
	if (!compiled) {
		PCRE2_UCHAR text[160];
		pcre2_get_error_message(code, text, sizeof text);
		size_t from = offset > 24 ? offset - 24 : 0;
		dialects_add_problem(dialects, (const char *)dialect->file.ptr, line, column,
				     "the regex is wrong: %s, after `%.*s`", (const char *)text,
				     (int)(offset - from), (const char *)regex.ptr + from);
		return NULL;
	}
	return compiled;
}

static bool read_groups(struct dialects *dialects, struct dialect *dialect, struct pattern *pattern,
			unsigned line, unsigned column)
{
	const char *file = (const char *)dialect->file.ptr;
	uint32_t count = 0, size = 0;
	PCRE2_SPTR table = NULL;
	pcre2_pattern_info(pattern->matcher.code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(pattern->matcher.code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(pattern->matcher.code, PCRE2_INFO_NAMETABLE, &table);
	if (count > GROUPS_MAX) {
		dialects_add_problem(dialects, file, line, column, "more than %d named groups", GROUPS_MAX);
		return false;
	}
	pattern->captures = dialect_alloc(&dialect->arena, (count + 1) * sizeof *pattern->captures);
	if (!pattern->captures)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = table + (size_t)i * size;
		struct slice name = slice_str((const char *)entry + 2);
		const struct field *field = field_of_group(name);
		struct capture *capture = &pattern->captures[pattern->capture_count++];
		capture->field = field;
		capture->group = (uint16_t)(entry[0] << 8 | entry[1]);
		if (field && field->kind == FIELD_KIND_ANOMALY) {
			dialects_add_problem(dialects, file, line, column, "a group can not set %s",
					     field->name);
			return false;
		}
		capture->is_time = slice_eq(name, SLICE("time"));
		capture->is_source =
		    field && field->kind == FIELD_KIND_ADDRESS && field->index == ADDRESS_SOURCE_IP;
		if (capture->is_source &&
		    (pattern->source < 0 || capture->group < pattern->captures[pattern->source].group))
			pattern->source = (int)(pattern->capture_count - 1);
	}
	return true;
}

/* For what PCRE2 decides alone: where there is a plan it is asked seldom, and making machine code takes twice
 * as long as compiling. Where there is no JIT the interpreter does it. */
static void hasten(pcre2_code *code)
{
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
}

/* Can two readings of one line differ? Only when something of any length stands in it. `[^x]*` counts as
 * well: what matters is whether the program's own text in front of the address can also be written by a
 * stranger. */
static bool has_wildcard(struct slice regex)
{
	for (size_t i = 0; i + 1 < regex.len; i++) {
		if (regex.ptr[i] == '\\') {
			i++;
			continue;
		}
		if ((regex.ptr[i] == '.' || regex.ptr[i] == ']') &&
		    (regex.ptr[i + 1] == '*' || regex.ptr[i + 1] == '+'))
			return true;
	}
	return false;
}

bool dialect_compile_head(struct dialects *dialects, struct dialect *dialect, struct slice regex,
			  unsigned line, unsigned column)
{
	dialect->head.code = compile(dialects, dialect, regex, 0, line, column);
	if (!dialect->head.code)
		return false;
	dialect->head.plan = plan_new(regex, 0);
	if (!dialect->head.plan)
		hasten(dialect->head.code);
	int group = pcre2_substring_number_from_name(dialect->head.code, (PCRE2_SPTR) "module");
	dialect->module_group = group > 0 && group <= PLAN_GROUPS_MAX ? (unsigned)group : 0;
	return true;
}

pcre2_code *dialect_compile_like(struct dialects *dialects, struct dialect *dialect, struct slice regex,
				 unsigned line, unsigned column)
{
	pcre2_code *code = compile(dialects, dialect, regex, 0, line, column);
	if (code)
		hasten(code);
	return code;
}

bool dialect_compile(struct dialects *dialects, struct dialect *dialect, struct pattern *pattern,
		     struct slice regex, unsigned line, unsigned column)
{
	struct matcher *matcher = &pattern->matcher;
	matcher->code = compile(dialects, dialect, regex, 0, line, column);
	if (!matcher->code || !read_groups(dialects, dialect, pattern, line, column))
		return false;
	uint32_t groups = 0;
	pcre2_pattern_info(matcher->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (groups > PLAN_GROUPS_MAX) {
		dialects_add_problem(dialects, (const char *)dialect->file.ptr, line, column,
				     "more than %d groups that capture; write (?:...) where nothing is kept",
				     PLAN_GROUPS_MAX);
		return false;
	}
	if (pattern->source < 0)
		return true;
	matcher->plan = plan_new(regex, pattern->captures[pattern->source].group);
	if (!matcher->plan)
		hasten(matcher->code);
	if (has_wildcard(regex))
		pattern->reluctant = compile(dialects, dialect, regex, PCRE2_UNGREEDY, line, column);
	pattern->plan_has_anchors = matcher->plan != NULL;
	for (size_t i = 0; i < pattern->anchor_count; i++)
		pattern->plan_has_anchors &=
		    matcher->plan && plan_implies(matcher->plan, pattern->anchors[i]);
	return true;
}
