/* SPDX-License-Identifier: MIT */
#include "analyze/sip/inject.h"

#include "analyze/sip/find.h"
#include "analyze/sip/names.h"
#include "analyze/sip/uri.h"

#define LOOK_MAX 512 /* bytes of a text that are looked at; a longer one is an anomaly of its own */

static bool is_word(uint8_t c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_';
}

static bool has(struct slice s, size_t at, uint8_t c)
{
	return at < s.len && s.ptr[at] == c;
}

static size_t skip_blanks(struct slice s, size_t at)
{
	while (has(s, at, ' ') || has(s, at, '\t') || has(s, at, '+'))
		at++;
	return at;
}

/* Does one of the words stand at `at`, as a whole word? Returns its length or 0. */
static size_t word_at(struct slice s, size_t at, const char *const *words)
{
	struct slice rest = slice_from(s, at);
	for (; *words; words++) {
		struct slice word = slice_str(*words);
		if (slice_starts_nocase(rest, word) && (rest.len == word.len || !is_word(rest.ptr[word.len])))
			return word.len;
	}
	return 0;
}

static size_t find_nocase(struct slice s, struct slice needle)
{
	for (size_t i = 0; s.len - i >= needle.len && i < s.len; i++)
		if (slice_starts_nocase(slice_from(s, i), needle))
			return i;
	return SLICE_NPOS;
}

/* After a quote: a comment, an end of statement, or a condition that compares something. */
static bool is_sql_after_quote(struct slice s, size_t at)
{
	static const char *const joins[] = { "or", "and", "xor", "having", "where", "like", NULL };
	static const char *const others[] = { "order by", "group by", NULL };
	at = skip_blanks(s, at);
	while (has(s, at, ')'))
		at = skip_blanks(s, at + 1);
	struct slice rest = slice_from(s, at);
	if (slice_starts(rest, SLICE("--")) || slice_starts(rest, SLICE("/*")) || slice_starts(rest, SLICE("||")) ||
	    slice_eq(rest, SLICE("#")))
		return true;
	if (has(s, at, ';') && word_at(s, skip_blanks(s, at + 1),
				       (const char *const[]){ "drop", "delete", "insert", "update", "select", "exec",
							      "shutdown", "declare", "waitfor", NULL }))
		return true;
	if (has(s, at, ';') && slice_starts(slice_from(s, skip_blanks(s, at + 1)), SLICE("--")))
		return true;
	if (has(s, at, '=') && (has(s, at + 1, '\'') || has(s, at + 1, '"')))
		return true;
	size_t join = word_at(s, at, joins);
	struct slice condition = slice_from(s, at + join);
	if (join && (slice_find(condition, '=') != SLICE_NPOS || slice_find(condition, '(') != SLICE_NPOS ||
		     slice_find(condition, '<') != SLICE_NPOS || slice_find(condition, '>') != SLICE_NPOS ||
		     find_nocase(condition, SLICE(" like ")) != SLICE_NPOS))
		return true;
	return word_at(s, at, others) > 0;
}

static bool is_sql(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] == '\'' || s.ptr[i] == '"') && is_sql_after_quote(s, i + 1))
			return true;
	size_t joined = find_nocase(s, SLICE("union"));
	if (joined != SLICE_NPOS) {
		size_t select = find_nocase(slice_from(s, joined + 5), SLICE("select"));
		if (select != SLICE_NPOS && select && select < 16 && !is_word(s.ptr[joined + 5]))
			return true;
	}
	static const char *const always[] = { " or 1=1", " and 1=1", "waitfor delay", "pg_sleep(", "benchmark(", "xp_cmdshell",
					      "drop table", "information_schema", NULL };
	for (const char *const *text = always; *text; text++)
		if (find_nocase(s, slice_str(*text)) != SLICE_NPOS)
			return true;
	return false;
}

/* A separator, blanks, a command, and then not '=': `;transport=tcp` is a parameter, `;wget http` is not. */
static bool is_command_at(struct slice s, size_t at)
{
	static const char *const commands[] = { "wget", "curl",	 "nc",	   "ncat",   "bash",  "sh",   "cat",	"ping",
						"python", "perl", "php",   "busybox", "tftp", "rm",   "echo",	"sleep",
						"whoami", "uname", "chmod", "telnet", "nslookup", "reboot", NULL };
	at = skip_blanks(s, at);
	if (slice_starts(slice_from(s, at), SLICE("/bin/")) || slice_starts(slice_from(s, at), SLICE("/tmp/")))
		return true;
	size_t len = word_at(s, at, commands);
	if (len == 0)
		return false;
	uint8_t next = at + len < s.len ? s.ptr[at + len] : ' ';
	return next == ' ' || next == '\t' || next == '+' || next == ';' || next == '|' || next == '&' || next == '$' ||
	       next == '`' || next == '>' || next == '<';
}

static bool is_shell(struct slice s)
{
	size_t tick = slice_find(s, '`');
	if (tick != SLICE_NPOS) {
		size_t other = slice_find(slice_from(s, tick + 1), '`');
		if ((other != SLICE_NPOS && other > 1) || is_command_at(s, tick + 1))
			return true;
	}
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		if (c == '$' && (has(s, i + 1, '(') || has(s, i + 1, '{')))
			return true;
		if ((c == ';' || c == '|' || c == '&') && is_command_at(s, i + 1))
			return true;
	}
	return false;
}

static bool is_markup(struct slice s)
{
	static const char *const tags[] = { "script", "img", "svg", "iframe", "body", "object", "embed", NULL };
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (s.ptr[i] != '<')
			continue;
		size_t at = i + 1 + has(s, i + 1, '/');
		if (word_at(s, at, tags) || has(s, i + 1, '?') || has(s, i + 1, '!'))
			return true;
	}
	return find_nocase(s, SLICE("javascript:")) != SLICE_NPOS || find_nocase(s, SLICE("onerror=")) != SLICE_NPOS;
}

/* %s, %n, %x, %p, %08x, %5$n ... that a format function would obey. None of s, n, x, p, u is a hexadecimal digit, so %s is never
 * an escape; %d is one when a hexadecimal digit follows and is not counted. One alone may be "100%sure". */
static bool is_format(struct slice s)
{
	size_t count = 0;
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (s.ptr[i] != '%')
			continue;
		size_t at = i + 1;
		bool has_dollar = false;
		while (at < s.len && at - i < 8 &&
		       (ascii_is_digit(s.ptr[at]) || s.ptr[at] == '$' || s.ptr[at] == '.' || s.ptr[at] == '*'))
			has_dollar |= s.ptr[at++] == '$';
		if (at == s.len || !memchr("nxspudXN", s.ptr[at], 8))
			continue;
		if (has_dollar)
			return true;
		bool is_last = at + 1 == s.len;
		if (is_last || !is_word(s.ptr[at + 1]))
			count++;
	}
	return count > 1;
}

static bool is_path(struct slice s)
{
	for (size_t i = 0; (i = sip_find(s, i, '/', '\\', '/', '\\')) < s.len; i++)
		if ((i >= 2 && s.ptr[i - 1] == '.' && s.ptr[i - 2] == '.') ||
		    slice_starts(slice_from(s, i), SLICE("/etc/passwd")))
			return true;
	return false;
}

static bool look_closer(struct slice text)
{
	uint8_t buffer[LOOK_MAX];
	text = slice_first(text, LOOK_MAX);
	if (is_format(text))
		return true;
	text = sip_unescape(text, buffer, sizeof buffer);
	return is_sql(text) || is_shell(text) || is_markup(text) || is_path(text);
}

#define HINTS (SIP_CHAR_HINT | SIP_CHAR_SLASH | SIP_CHAR_BLANK)

static unsigned hints_plainly(struct slice text)
{
	unsigned all = 0;
	for (size_t i = 0; i < text.len; i++)
		all |= sip_char_class[text.ptr[i]];
	return all & HINTS;
}

#if defined(__SSE2__)
static inline __m128i in_range(__m128i v, char first, char last)
{
	__m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(first));
	return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8((char)(last - first))), offset);
}

static inline __m128i is_byte(__m128i v, char c)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

/* The same sixteen at a time: these bytes are the table's, and change with it. */
static unsigned hints_of(struct slice text)
{
	__m128i hint = _mm_setzero_si128(), slash = hint, blank = hint;
	if (text.len < 16)
		return hints_plainly(text);
	for (size_t i = 0; i < text.len; i += 16) {
		size_t at = i + 16 <= text.len ? i : text.len - 16;
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + at));
		__m128i few = _mm_or_si128(is_byte(v, '|'), _mm_or_si128(is_byte(v, '`'), is_byte(v, '\\')));
		hint = _mm_or_si128(hint, _mm_or_si128(few, _mm_or_si128(in_range(v, '$', '\''), in_range(v, ';', '<'))));
		slash = _mm_or_si128(slash, is_byte(v, '/'));
		blank = _mm_or_si128(blank, _mm_or_si128(in_range(v, '(', ')'), _mm_or_si128(is_byte(v, ' '), is_byte(v, '\t'))));
	}
	return (_mm_movemask_epi8(hint) ? SIP_CHAR_HINT : 0u) | (_mm_movemask_epi8(slash) ? SIP_CHAR_SLASH : 0u) |
	       (_mm_movemask_epi8(blank) ? SIP_CHAR_BLANK : 0u);
}
#else
static unsigned hints_of(struct slice text)
{
	return hints_plainly(text);
}
#endif

bool sip_is_injection(struct slice text)
{
	unsigned hints = hints_of(text);
	if (!(hints & (SIP_CHAR_HINT | SIP_CHAR_SLASH)))
		return false;
	return hints & SIP_CHAR_HINT ? look_closer(text) : is_path(text);
}

bool sip_is_user_injection(struct slice user)
{
	return hints_of(user) && look_closer(user);
}
