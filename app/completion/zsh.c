/* SPDX-License-Identifier: MIT */
#include "app/completion/completion.h"

/* Within single quotes; what has a meaning in a specification of _arguments and _describe is escaped. */
static void print_text(FILE *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char byte = (char)text.ptr[i];
		if (byte == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", byte))
			fprintf(out, "\\%c", byte);
		else
			fputc(byte, out);
	}
}

static void print_option(FILE *out, const struct completion *c, const struct help_option *o)
{
	static const char *const actions[COMPLETE_KINDS] = { [COMPLETE_OTHER] = "",
							     [COMPLETE_FILE] = "_files",
							     [COMPLETE_FOLDER] = "_files -/",
							     [COMPLETE_INTERFACE] = "_net_interfaces",
							     [COMPLETE_USER] = "_users" };
	enum completion_kind kind = completion_kind_of(c, o);
	const char *name = (const char *)o->name.ptr;
	int len = (int)o->name.len;
	if (o->letter)
		fprintf(out, "\t\t\t'*'{-%c,--%.*s}'[", o->letter, len, name);
	else
		fprintf(out, "\t\t\t'*--%.*s[", len, name);
	print_text(out, completion_summary(c, o));
	fputc(']', out);
	if (kind != COMPLETE_SWITCH) {
		fputc(':', out);
		print_text(out, completion_value(c, o));
		fputc(':', out);
		if (kind == COMPLETE_WORDS) {
			fputc('(', out);
			completion_print_words(out, completion_value(c, o));
			fputc(')', out);
		} else {
			fputs(actions[kind], out);
		}
	}
	fputs("' \\\n", out);
}

void completion_zsh(FILE *out, const struct completion *c)
{
	fputs("#compdef siphound\n"
	      "# SPDX-License-Identifier: MIT\n"
	      "# Completion of siphound(1) for zsh: written by `siphound completion zsh`.\n"
	      "_siphound() {\n"
	      "	local -a commands\n"
	      "	commands=(\n",
	      out);
	for (size_t i = 0; i < c->count; i++) {
		fprintf(out, "\t\t'%s:", c->commands[i].name);
		print_text(out, slice_str(c->commands[i].summary));
		fputs("'\n", out);
	}
	fputs("	)\n"
	      "	if (( CURRENT == 2 )); then\n"
	      "		_describe -t commands 'command of siphound' commands\n"
	      "		[[ $PREFIX == -* ]] && compadd -- --help --version\n"
	      "		return\n"
	      "	fi\n"
	      "	shift words\n"
	      "	(( CURRENT-- ))\n"
	      "	case $words[1] in\n",
	      out);
	for (size_t i = 0; i < c->count; i++) {
		const struct help_words *w = &c->commands[i].words;
		fprintf(out, "\t%s)\n\t\t_arguments \\\n", c->commands[i].name);
		for (size_t j = 0; j < w->option_count; j++)
			print_option(out, c, &w->options[j]);
		if (w->word_count) {
			fputs("\t\t\t'1:what:(", out);
			for (size_t j = 0; j < w->word_count; j++)
				fprintf(out, "%s%.*s", j ? " " : "", (int)w->words[j].len,
					(const char *)w->words[j].ptr);
			fputs(")' \\\n", out);
		}
		fprintf(out, "\t\t\t'*: :%s'\n\t\t;;\n", w->takes_files ? "_files" : "");
	}
	fputs("	esac\n"
	      "}\n"
	      "if [ \"$funcstack[1]\" = _siphound ]; then\n"
	      "	_siphound \"$@\"\n"
	      "else\n"
	      "	compdef _siphound siphound\n"
	      "fi\n",
	      out);
}
