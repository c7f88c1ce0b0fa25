/* SPDX-License-Identifier: MIT */
#include "app/completion/completion.h"

static const char head[] =
    "# SPDX-License-Identifier: MIT\n"
    "# Completion of siphound(1) for bash: written by `siphound completion bash`.\n"
    "_siphound() {\n"
    "	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}\n"
    "	local words= options= take= word list\n"
    "	COMPREPLY=()\n"
    "	# --format=json comes in three words.\n"
    "	if [ \"$cur\" = = ]; then\n"
    "		cur=\n"
    "	elif [ \"$prev\" = = ]; then\n"
    "		prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "	fi\n";

/* Not compgen -W, which takes words for shell text: an interface can be called nearly anything. */
static const char tail[] = "	case $take in\n"
			   "	file)\n"
			   "		compopt -o filenames 2>/dev/null\n"
			   "		# +PATH: rules in addition to those that are shipped\n"
			   "		case $cur in\n"
			   "		+*) mapfile -t COMPREPLY < <(compgen -f -P + -- \"${cur#+}\") ;;\n"
			   "		*) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
			   "		esac\n"
			   "		return\n"
			   "		;;\n"
			   "	folder)\n"
			   "		compopt -o filenames 2>/dev/null\n"
			   "		mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
			   "		return\n"
			   "		;;\n"
			   "	user)\n"
			   "		mapfile -t COMPREPLY < <(compgen -u -- \"$cur\")\n"
			   "		return\n"
			   "		;;\n"
			   "	interface) words=$(command ls /sys/class/net 2>/dev/null) ;;\n"
			   "	words | other) ;;\n"
			   "	*) case $cur in -*) words=$options ;; esac ;;\n"
			   "	esac\n"
			   "	read -r -d '' -a list <<<\"$words\"\n"
			   "	for word in \"${list[@]}\"; do\n"
			   "		[[ $word != \"$cur\"* ]] || COMPREPLY+=(\"$word\")\n"
			   "	done\n"
			   "}\n"
			   "complete -F _siphound siphound\n";

/* The pattern of a case: all options of a command that take this kind. */
static void print_pattern(FILE *out, const struct completion *c, const struct completion_command *command,
			  enum completion_kind kind)
{
	bool is_first = true;
	for (size_t i = 0; i < command->words.option_count; i++) {
		const struct help_option *o = &command->words.options[i];
		if (completion_kind_of(c, o) != kind)
			continue;
		fprintf(out, "%s--%.*s", is_first ? "\t\t" : " | ", (int)o->name.len,
			(const char *)o->name.ptr);
		if (o->letter)
			fprintf(out, " | -%c", o->letter);
		is_first = false;
	}
	static const char *const names[COMPLETE_KINDS] = { [COMPLETE_OTHER] = "other",
							   [COMPLETE_FILE] = "file",
							   [COMPLETE_FOLDER] = "folder",
							   [COMPLETE_INTERFACE] = "interface",
							   [COMPLETE_USER] = "user" };
	if (!is_first)
		fprintf(out, ") take=%s ;;\n", names[kind]);
}

/* The first one may be a word, all others files. */
static void print_arguments(FILE *out, const struct help_words *w)
{
	fputs("\t\t*)\n\t\t\tcase $cur in\n\t\t\t-*) ;;\n\t\t\t*)\n", out);
	if (w->takes_files)
		fputs("\t\t\t\ttake=file\n", out);
	if (w->word_count) {
		fputs("\t\t\t\t[ \"$COMP_CWORD\" -gt 2 ] || take=words words='", out);
		for (size_t i = 0; i < w->word_count; i++)
			fprintf(out, "%s%.*s", i ? " " : "", (int)w->words[i].len,
				(const char *)w->words[i].ptr);
		fputs("'\n", out);
	}
	fputs("\t\t\t\t;;\n\t\t\tesac\n\t\t\t;;\n", out);
}

static void print_command(FILE *out, const struct completion *c, const struct completion_command *command)
{
	const struct help_words *w = &command->words;
	fprintf(out, "\t%s)\n\t\toptions='", command->name);
	for (size_t i = 0; i < w->option_count; i++)
		fprintf(out, "%s--%.*s", i ? " " : "", (int)w->options[i].name.len,
			(const char *)w->options[i].name.ptr);
	fputs("'\n\t\tcase $prev in\n", out);
	for (size_t i = 0; i < w->option_count; i++) {
		const struct help_option *o = &w->options[i];
		if (completion_kind_of(c, o) != COMPLETE_WORDS)
			continue;
		fprintf(out, "\t\t--%.*s) take=words words='", (int)o->name.len, (const char *)o->name.ptr);
		completion_print_words(out, completion_value(c, o));
		fputs("' ;;\n", out);
	}
	for (int kind = COMPLETE_OTHER; kind < COMPLETE_KINDS; kind++)
		if (kind != COMPLETE_WORDS)
			print_pattern(out, c, command, (enum completion_kind)kind);
	if (w->word_count || w->takes_files)
		print_arguments(out, w);
	fputs("\t\tesac\n\t\t;;\n", out);
}

void completion_bash(FILE *out, const struct completion *c)
{
	fputs(head, out);
	fputs("	if [ \"$COMP_CWORD\" -eq 1 ]; then\n		mapfile -t COMPREPLY < <(compgen -W '", out);
	for (size_t i = 0; i < c->count; i++)
		fprintf(out, "%s ", c->commands[i].name);
	fputs("--help --version' -- \"$cur\")\n		return\n	fi\n	case $command in\n", out);
	for (size_t i = 0; i < c->count; i++)
		print_command(out, c, &c->commands[i]);
	fputs("	esac\n", out);
	fputs(tail, out);
}
