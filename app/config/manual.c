/* SPDX-License-Identifier: MIT */
#include "app/config/config.h"

/* siphound.yaml(5), from the table of keys. */

static const char top[] =
    ".\\\" SPDX-License-Identifier: MIT\n"
    ".\\\" Made from app/config/keys.c by tests/unit/app/config/test_example.c: edit there, or "
    "app/config/manual.c.\n"
    ".TH SIPHOUND.YAML 5 2026-01-05 \"siphound " SIPHOUND_VERSION "\" \"File formats\"\n"
    ".SH NAME\n"
    "siphound.yaml \\- configuration of siphound\n"
    ".SH DESCRIPTION\n"
    ".B siphound watch\n"
    "reads\n"
    ".I /etc/siphound/siphound.yaml\n"
    "when it is there, or the file of\n"
    ".BR \\-\\-config ,\n"
    "with which the other commands read one too.\n"
    "It is one YAML document.\n"
    "Every key may be left out; a name with a dot in it, like\n"
    ".BR ban.first ,\n"
    "is the key\n"
    ".B first\n"
    "in the section\n"
    ".BR ban .\n"
    ".PP\n"
    "What the command line says goes first; lists that spare somebody\n"
    ".RB ( home_nets ,\n"
    ".BR allow )\n"
    "are added up.\n"
    "Mistakes are told with file, line and column, all of them, and stop the start: unknown keys, values out "
    "of bounds or without a unit, files\n"
    "that are not there.\n"
    ".B siphound watch \\-\\-check\n"
    "tells them, and listens nowhere.\n"
    ".PP\n"
    "Times are written like 90s, 5m, 1h, 30d or 2w; 64MB is 64,000,000 bytes and 64MiB is 67,108,864.\n"
    "Secrets are never in this file, but in files that it names.\n"
    ".PP\n"
    "SIGHUP\n"
    ".RB ( \"systemctl reload siphound\" )\n"
    "has a running watch take its file anew, all of it or, when something in it is wrong, nothing.\n"
    "Keys that are marked\n"
    ".I restart\n"
    "keep their value until the next start.\n"
    ".SH KEYS\n";

static const char bottom[] =
    ".SH FILES\n"
    ".TP\n"
    ".I /etc/siphound/siphound.yaml\n"
    "As it is installed, it has every key with its default, and changes nothing.\n"
    ".SH EXAMPLES\n"
    "A mirror port, the own networks, and a provider that is never to be blocked:\n"
    ".PP\n"
    ".nf\n"
    ".RS\n"
    "interfaces: [eth1]\n"
    "home_nets: [192.0.2.0/24, 2001:db8::/32]\n"
    "allow: [sip.example.com]\n"
    ".RE\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    ".BR siphound (1),\n"
    ".BR siphound\\-rules (5)\n"
    ".PP\n"
    "docs/configuration.md has more on reloading, docs/operations.md on running siphound.\n";

/* Text of the table in the language of the page: dashes that are typed stay dashes, nothing at the beginning
 * of a line is a request. */
static void print_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++)
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
}

static void print_key(FILE *out, const struct config_key *key)
{
	fprintf(out, ".TP\n.B ");
	print_text(out, key->name);
	fputc('\n', out);
	print_text(out, key->reason);
	fputs("\n.br\n", out);
	if (*key->fallback) {
		fputs("Default: ", out);
		print_text(out, key->fallback);
		fputs(". ", out);
	}
	fputs("Unit: ", out);
	print_text(out, key->unit);
	fputs(".\n", out);
	if (key->example) {
		fputs("Example: ", out);
		print_text(out, key->example);
		fputs(".\n", out);
	}
	if (key->option) {
		fputs("Option:\n.BR \\-\\-", out);
		print_text(out, key->option);
		fputs(" .\n", out);
	}
	if (!key->reloads)
		fputs(".I Restart.\n", out);
}

void config_print_manual(FILE *out)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	fputs(top, out);
	for (size_t i = 0; i < count; i++)
		print_key(out, &keys[i]);
	fputs(bottom, out);
}
