/* SPDX-License-Identifier: MIT */
#include "app/help_words.h"

const struct help_option *help_words_find(const struct help_words *w, struct slice name)
{
	for (size_t i = 0; i < w->option_count; i++)
		if (slice_eq(w->options[i].name, name))
			return &w->options[i];
	return NULL;
}

static struct help_option *find_or_add(struct help_words *w, struct slice name)
{
	for (size_t i = 0; i < w->option_count; i++)
		if (slice_eq(w->options[i].name, name))
			return &w->options[i];
	if (w->option_count == HELP_OPTIONS_MAX)
		return NULL;
	w->options[w->option_count] = (struct help_option){ .name = name };
	return &w->options[w->option_count++];
}

static void add_word(struct help_words *w, struct slice word)
{
	for (size_t i = 0; i < w->word_count; i++)
		if (slice_eq(w->words[i], word))
			return;
	if (word.len && w->word_count < HELP_WORDS_MAX)
		w->words[w->word_count++] = word;
}

static bool is_lower(uint8_t c)
{
	return (uint8_t)(c - 'a') < 26;
}

static size_t blanks(struct slice s)
{
	size_t n = 0;
	while (n < s.len && s.ptr[n] == ' ')
		n++;
	return n;
}

/* Up to the next blank. */
static struct slice first_word(struct slice s)
{
	size_t blank = slice_find(s, ' ');
	return blank == SLICE_NPOS ? s : slice_first(s, blank);
}

static bool is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

/* "FILE," of a sentence is FILE; the brackets of "[:PORT]" belong to it, that of "[--filter EXPRESSION]" does
 * not. */
static struct slice without_marks(struct slice word)
{
	while (word.len && (is_one_of(word.ptr[word.len - 1], ",;:.)") ||
			    (word.ptr[word.len - 1] == ']' && slice_find(word, '[') == SLICE_NPOS)))
		word.len--;
	return word;
}

static bool is_value(struct slice word)
{
	if (!word.len || slice_starts(word, SLICE("-")))
		return false;
	bool is_choice = slice_find(word, '|') != SLICE_NPOS;
	for (size_t i = 0; i < word.len && !is_choice; i++)
		if (is_lower(word.ptr[i]))
			return false;
	return is_choice || is_one_of(word.ptr[0], "+ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* ---- a line of options ---- */

/* `s` begins with an option. Returns what stands after it and what it takes. */
static struct slice read_option(struct help_words *w, struct slice s, struct help_option **out)
{
	size_t len = 2;
	while (len < s.len && (is_lower(s.ptr[len]) || s.ptr[len] == '-'))
		len++;
	*out = find_or_add(w, slice_from(slice_first(s, len), 2));
	s = slice_from(s, len);
	if (blanks(s) != 1)
		return s;
	struct slice value = without_marks(first_word(slice_from(s, 1)));
	if (!is_value(value))
		return s;
	if (*out && !(*out)->value.ptr)
		(*out)->value = value;
	return slice_from(s, 1 + value.len);
}

static bool is_option_at(struct slice line, size_t i)
{
	return i + 2 < line.len && line.ptr[i] == '-' && line.ptr[i + 1] == '-' &&
	       is_lower(line.ptr[i + 2]) && (i == 0 || is_one_of(line.ptr[i - 1], " ["));
}

/* *is_quoted: between ` and `, which may stand on different lines: another command is named there. */
static void read_options(struct help_words *w, struct slice line, bool *is_quoted)
{
	size_t indent = blanks(line);
	char letter = 0;
	/* "  -i, --interface NAME" */
	if (line.len > indent + 4 && line.ptr[indent] == '-' && line.ptr[indent + 2] == ',') {
		letter = (char)line.ptr[indent + 1];
		indent += 4;
	}
	bool leads = is_option_at(line, indent);
	for (size_t i = 0; i < line.len; i++) {
		struct help_option *option;
		*is_quoted ^= line.ptr[i] == '`';
		if (*is_quoted || !is_option_at(line, i))
			continue;
		struct slice rest = read_option(w, slice_from(line, i), &option);
		if (option && leads && i == indent) {
			struct slice summary = slice_trim(rest);
			if (summary.len && blanks(rest) && summary.ptr[0] != '-' && !option->summary.ptr)
				option->summary = summary;
			option->letter = letter ? letter : option->letter;
		}
		i = (size_t)(rest.ptr - line.ptr) - 1;
	}
}

/* ---- arguments ---- */

static void read_choices(struct help_words *w, struct slice word)
{
	while (word.ptr)
		add_word(w, slice_cut(&word, '|'));
}

/* "[OPTION...] FILE...", "check|list [PATH...]", "FORMAT [OPTION...]". True: the choices are a list of their
 * own below. */
static bool read_usage(struct help_words *w, struct slice rest)
{
	bool has_list = false;
	while (rest.len) {
		struct slice word = first_word(rest);
		rest = slice_from(rest, word.len + 1);
		if (slice_starts(word, SLICE("-")) || slice_starts(word, SLICE("[-"))) {
			rest = slice_from(rest, first_word(rest).len + 1);
			continue;
		}
		if (is_lower(word.ptr[0]))
			read_choices(w, word);
		has_list |= slice_eq(word, SLICE("FORMAT"));
		w->takes_files |= slice_find_slice(word, SLICE("FILE")) != SLICE_NPOS ||
				  slice_find_slice(word, SLICE("PATH")) != SLICE_NPOS;
	}
	return has_list;
}

/* "  plain            addresses, one a line" */
static void read_list(struct help_words *w, struct slice line)
{
	if (blanks(line) != 2 || line.len < 3 || !is_lower(line.ptr[2]))
		return;
	struct slice word = first_word(slice_from(line, 2));
	if (blanks(slice_from(line, 2 + word.len)) > 1)
		add_word(w, word);
}

void help_words_read(struct slice text, struct help_words *out)
{
	bool has_list = false, is_quoted = false;
	*out = (struct help_words){ 0 };
	while (text.ptr) {
		struct slice line = slice_cut(&text, '\n');
		if (slice_starts(line, SLICE("Example")))
			continue;
		if (slice_starts(line, SLICE("Usage: siphound "))) {
			struct slice rest = slice_from(line, sizeof "Usage: siphound " - 1);
			has_list |= read_usage(out, slice_from(rest, first_word(rest).len + 1));
		}
		read_options(out, line, &is_quoted);
		if (has_list)
			read_list(out, line);
	}
}
