/* SPDX-License-Identifier: MIT */
#include "app/config/config.h"

/* The example file and the table in the documentation, from the table of keys. */

#define COLUMNS 100

/* In lines of comment. */
static void print_wrapped(FILE *out, const char *indent, const char *text)
{
	size_t column = 0;
	for (const char *word = text; *word;) {
		size_t len = strcspn(word, " ");
		if (column && column + 1 + len > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, column ? " " : "%s# ", column ? "" : indent);
		fwrite(word, 1, len, out);
		column += len;
		word += len + (word[len] == ' ');
	}
	fputc('\n', out);
}

void config_print_example(FILE *out)
{
	static const char *const intro = "# SPDX-License-Identifier: MIT\n"
					 "# /etc/siphound/siphound.yaml - every key with its default, its "
					 "unit and the reason for both. All may be left out.\n"
					 "# What the command line says goes first. `siphound watch --check` "
					 "tells what is wrong; `systemctl reload siphound` (SIGHUP)\n"
					 "# takes a change, except of keys marked \"restart\". Secrets "
					 "belong into the files that the keys *_file name.\n";
	size_t count;
	char section[32] = "";
	const struct config_key *keys = config_keys(&count);
	fputs(intro, out);
	for (size_t i = 0; i < count; i++) {
		const struct config_key *key = &keys[i];
		const char *dot = strchr(key->name, '.'), *name = dot ? dot + 1 : key->name,
			   *indent = dot ? "  " : "";
		size_t len = dot ? (size_t)(dot - key->name) : 0;
		char text[1200];
		fputc('\n', out);
		if (len && (strncmp(section, key->name, len) != 0 || section[len]))
			fprintf(out, "%.*s:\n", (int)len, key->name);
		snprintf(section, sizeof section, "%.*s", (int)len, key->name);
		snprintf(text, sizeof text, "%s%s", key->reason, key->reloads ? "" : " (restart)");
		print_wrapped(out, indent, text);
		snprintf(text, sizeof text, "Unit: %s.%s%s", key->unit, key->example ? " Example: " : "",
			 key->example ? key->example : "");
		print_wrapped(out, indent, text);
		fprintf(out, "%s%s:%s%s\n", indent, name, *key->fallback ? " " : "", key->fallback);
	}
}

void config_print_table(FILE *out)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	fputs("| key | default | unit | option | reload | what and why |\n|---|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < count; i++) {
		const struct config_key *key = &keys[i];
		fprintf(out, "| `%s` | %s | %s | %s%s%s | %s | %s%s%s%s |\n", key->name,
			*key->fallback ? key->fallback : "none", key->unit, key->option ? "`--" : "",
			key->option ? key->option : "", key->option ? "`" : "",
			key->reloads ? "yes" : "restart", key->reason, key->example ? " Example: `" : "",
			key->example ? key->example : "", key->example ? "`" : "");
	}
}
