/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

static struct fixture f;

/* A reader of RFC 4180: takes one cell off *at, unquoted, into out; the separator goes too and is returned.
 */
static char read_cell(const char **at, char *out, size_t size)
{
	size_t len = 0;
	bool is_quoted = **at == '"';
	const char *c = *at + is_quoted;
	for (; *c; c++) {
		if (is_quoted && *c == '"' && *++c != '"')
			break;
		if (!is_quoted && (*c == ',' || *c == '\r'))
			break;
		cr_assert_lt(len + 1, size);
		out[len++] = *c;
	}
	out[len] = '\0';
	char separator = *c;
	cr_assert(separator == ',' || strncmp(c, "\r\n", 2) == 0, "%s", c);
	*at = c + (separator == ',' ? 1 : 2);
	return separator;
}

static size_t count_cells(const char **at)
{
	static char cell[16384];
	size_t count = 1;
	while (read_cell(at, cell, sizeof cell) == ',')
		count++;
	return count;
}

static void write_csv(struct memory_file *m)
{
	memory_open(m);
	fixture_send(report_csv_new(&m->options), &f, m);
}

Test(report_csv, header_and_values)
{
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	f.offender.doubt_count = 1;
	write_csv(&m);
	cr_expect_eq(strncmp(m.text, "address,verdict,score,country,city,as_number,", 45), 0);
	cr_expect_not_null(
	    strstr(
		m.text,
		"\r\n203.0.113.41,block,87,NL,Amsterdam,64500,Example Hosting,sweep > crack > breach,echoed,"
		"2026-01-02T12:00:00.000000Z,2026-01-02T12:07:00.000000Z,21482,21000,sipvicious,svcrack,"
		"friendly-scanner,"),
	    "%s", m.text);
	cr_expect_not_null(strstr(m.text, ",accounts_breached,accounts_perhaps,numbers_dialed,"));
	cr_expect_not_null(strstr(m.text, ",1000,1004,"), "%s", m.text);
	const char *at = m.text;
	size_t columns = count_cells(&at);
	cr_expect_eq(count_cells(&at), columns);
	cr_expect_eq(*at, '\0');
	memory_close(&m);
}

Test(report_csv, header_without_offenders)
{
	struct memory_file m;
	struct error err;
	memory_open(&m);
	struct sink *s = report_csv_new(&m.options);
	cr_assert_eq(s->ops->finish(s, &err), 0);
	s->ops->free(s);
	fflush(m.file);
	cr_expect_eq(strncmp(m.text, "address,", 8), 0);
	memory_close(&m);
}

Test(report_csv, formulas_and_quotes)
{
	static const struct {
		const char *name;
		struct slice agent;
		const char *cell;
	} cases[] = {
		{ "formula", SLICE_INIT("=cmd|'/c calc'!A1"), ",'=cmd|'/c calc'!A1," },
		{ "plus", SLICE_INIT("+1"), ",'+1," },
		{ "minus", SLICE_INIT("-1"), ",'-1," },
		{ "at", SLICE_INIT("@SUM(A1)"), ",'@SUM(A1)," },
		{ "tab before a formula", SLICE_INIT("\t=1"), ",\\x09=1," },
		{ "comma", SLICE_INIT("a,b"), ",\"a,b\"," },
		{ "quote", SLICE_INIT("a\"b"), ",\"a\"\"b\"," },
		{ "nothing but quotes", SLICE_INIT("\"\""), ",\"\"\"\"\"\"," },
		{ "line break", SLICE_INIT("a\r\nb"), ",a\\x0d\\x0ab," },
		{ "escape", SLICE_INIT("\x1b[0m"), ",\\x1b[0m," },
		{ "semicolon, a separator elsewhere", SLICE_INIT("a;=1"), ",\"a;=1\"," },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct memory_file m;
		fixture_fill(&f, "203.0.113.41");
		f.offender.user_agent = cases[i].agent;
		write_csv(&m);
		cr_expect_not_null(strstr(m.text, cases[i].cell), "%s: %s", cases[i].name, m.text);
		memory_close(&m);
	}
}

Test(report_csv, hostile_texts_stay_in_their_cells)
{
	struct memory_file m;
	fixture_fill(&f, "203.0.113.41");
	fixture_make_hostile(&f);
	write_csv(&m);
	const char *at = m.text;
	size_t columns = count_cells(&at);
	cr_expect_eq(count_cells(&at), columns);
	cr_expect_eq(*at, '\0');
	for (size_t i = 0; i < m.len; i++)
		cr_assert((uint8_t)m.text[i] >= 0x20 || m.text[i] == '\r' || m.text[i] == '\n');
	memory_close(&m);
}
