/* SPDX-License-Identifier: MIT */
#include "unit/app/top/fixtures.h"

#include "app/top/table.h"
#include "output/escape.h"

static struct top t;
static struct top_view v;

static void setup(void)
{
	struct top_row rows[] = { top_row_of("203.0.113.1", VERDICT_BLOCK, 70),
				  top_row_of("203.0.113.2", VERDICT_WATCH, 40),
				  top_row_of("2001:db8:1234:5678:9abc:def0:1234:5678", VERDICT_BLOCK, 100) };
	memset(&t, 0, sizeof t);
	memset(&v, 0, sizeof v);
	t.store = "/var/lib/siphound/siphound.db";
	rows[2].is_breached = true;
	rows[2].stages[rows[2].stage_count++] = STAGE_CRACK;
	rows[2].stages[rows[2].stage_count++] = STAGE_BREACH;
	snprintf(rows[0].tool, sizeof rows[0].tool, "sipvicious");
	top_give(&t.model, rows, 3, NOW);
}

static void teardown(void)
{
	top_view_fini(&v);
	top_fini(&t);
}

TestSuite(top_view, .init = setup, .fini = teardown);

static void make(size_t rows, size_t columns)
{
	cr_assert_eq(top_view_make(&v, &t, rows, columns, true, NOW), 0);
	for (size_t i = 0; i < v.rows; i++) {
		const struct top_line *l = &v.lines[i];
		cr_assert_leq(l->columns, v.columns, "%zux%zu, line %zu: '%s'", columns, rows, i, l->text);
		cr_assert_eq(text_columns(slice_of(l->text, l->len)), l->columns, "%zux%zu, line %zu: '%s'",
			     columns, rows, i, l->text);
		cr_assert_eq(strlen(l->text), l->len);
	}
}

static bool shows(const char *text)
{
	for (size_t i = 0; i < v.rows; i++)
		if (strstr(v.lines[i].text, text))
			return true;
	return false;
}

Test(top_view, every_size)
{
	for (size_t rows = 1; rows <= 45; rows++)
		for (size_t columns = 1; columns <= 200; columns += columns < 50 ? 1 : 13)
			for (int mode = 0; mode < 4; mode++) {
				t.mode = (enum top_mode)mode;
				t.mode_before = TOP_LIST;
				if (mode == TOP_PAGE)
					top_help(&t, columns);
				make(rows, columns);
			}
	t.mode = TOP_LIST;
	make(TOP_LINES_MAX + 10, TOP_COLUMNS_MAX + 10);
	cr_expect_eq(v.rows, (size_t)TOP_LINES_MAX);
}

Test(top_view, the_worst_first_and_a_breach_above_all)
{
	make(24, 120);
	cr_expect(shows("3 offenders: 2 block, 1 watch, 0 banned; by danger"));
	cr_expect(shows("GOT IN: 2001:db8:1234:5678:9abc:def0:1234:5678; Enter shows the account"));
	cr_expect(shows("! 2001:db8:1234:5678:9abc:def0:1234:5678"));
	cr_expect(shows("probe > crack > breach"));
	cr_expect(shows("no watch runs on this store"));
	cr_expect(shows("? help"));
	make(10, 40);
	cr_expect(shows("GOT IN"));
	cr_expect(shows("! 2001:db8:1234.."));
	cr_expect(shows(".. breach"));
	cr_expect(shows("? help"));
	make(4, 40);
	cr_expect(shows("203.0.113.1 "));
}

Test(top_view, the_selected_one_is_in_sight)
{
	struct top_row rows[100];
	for (unsigned i = 0; i < 100; i++) {
		rows[i] = top_row_of("203.0.113.0", VERDICT_BLOCK, 100 - (int)i);
		rows[i].address.bytes[15] = (uint8_t)i;
	}
	top_give(&t.model, rows, 100, NOW);
	for (size_t height = 1; height < 30; height += 3)
		for (unsigned i = 0; i < 100; i += 9) {
			char address[32];
			top_model_move(&t.model, -1000);
			top_model_move(&t.model, (long)i);
			snprintf(address, sizeof address, "203.0.113.%u ", i);
			make(height, 50);
			cr_expect(shows(address), "%u in %zu lines", i, height);
		}
}

Test(top_view, daemon)
{
	struct top_vitals d = top_vitals_at(NOW, 5000);
	make(24, 120);
	cr_expect_not(shows(" rate "), "nobody counts");
	top_model_vitals(&t.model, &d, NULL, 0);
	d = top_vitals_at(NOW + 2 * SECOND_US, 7000);
	d.drops = 1234;
	d.input_count = 2;
	d.inputs_down = 1;
	snprintf(d.inputs[0].name, sizeof d.inputs[0].name, "eth1");
	d.inputs[0].is_up = true;
	snprintf(d.inputs[1].name, sizeof d.inputs[1].name, "eth2");
	top_model_vitals(&t.model, &d, NULL, 0);
	cr_assert_eq(top_view_make(&v, &t, 24, 120, true, NOW + 3 * SECOND_US), 0);
	cr_expect(shows("watching eth1, eth2 (down): 100 requests/s, 1,000 packets/s, LOST 1,234 frames"),
		  "%s", v.lines[1].text);
	cr_expect(shows(" rate "));
	cr_assert_eq(top_view_make(&v, &t, 24, 120, true, NOW + MINUTE_US), 0);
	cr_expect(shows("the watch has been silent for 58 s: was it killed?"), "%s", v.lines[1].text);
	d.is_ended = true;
	top_model_vitals(&t.model, &d, NULL, 0);
	cr_assert_eq(top_view_make(&v, &t, 24, 120, true, NOW + MINUTE_US), 0);
	cr_expect(shows("no watch runs: the last one ended 58 s ago"), "%s", v.lines[1].text);
}

Test(top_view, nothing_to_show)
{
	snprintf(t.model.filter, sizeof t.model.filter, "xyz");
	top_model_arrange(&t.model);
	make(24, 80);
	cr_expect(shows("Esc shows all"));
	t.model.filter[0] = '\0';
	top_give(&t.model, NULL, 0, NOW);
	make(24, 80);
	cr_expect(shows("siphound watch -i eth0 --store /var/lib/siphound/siphound.db"));
	make(10, 40);
	cr_expect(shows("There is no offender in this store yet."));
}

/* Whatever comes into a line, what stands there is printable and as wide as is counted. */
Test(top_view, lines_take_anything)
{
	static const struct {
		const char *name, *text, *utf8, *ascii;
	} cases[] = {
		{ "escape", "a\x1b[2Jb", "a?[2Jb", "a?[2Jb" },
		{ "invalid", "\xff\xc3z", "??z", "??z" },
		{ "C1 control",
		  "\xc2\x9b"
		  "1m",
		  "?1m", "?1m" },
		{ "direction",
		  "\xe2\x80\xae"
		  "x",
		  "?x", "?x" },
		{ "wide", "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", "????" },
		{ "umlaut", "\xc3\xa9", "\xc3\xa9", "?" },
	};
	struct top_line l;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int utf8 = 0; utf8 < 2; utf8++) {
			top_line_init(&l, 20, utf8);
			top_line_put(&l, slice_str(cases[i].text), 20, TINT_RED);
			cr_expect_str_eq(l.text, utf8 ? cases[i].utf8 : cases[i].ascii, "%s: %s",
					 cases[i].name, l.text);
			top_line_init(&l, 1, utf8);
			top_line_put(&l, slice_str(cases[i].text), 20, TINT_RED);
			cr_expect_leq(l.columns, 1u, "%s", cases[i].name);
		}
}

Test(top_view, spans_and_rates)
{
	static const struct {
		int64_t us;
		const char *text;
	} spans[] = { { -5, "0 s" },
		      { 59 * SECOND_US, "59 s" },
		      { 61 * SECOND_US, "1 min" },
		      { 47 * HOUR_US, "47 h" },
		      { 49 * HOUR_US, "2 d" },
		      { INT64_MAX, "9999 d" } };
	static const struct {
		double rate;
		const char *text;
	} rates[] = { { 0, "-" },	{ 0.001, "-" },	    { 0.1, "6/min" },	 { 1, "1.0/s" },
		      { 9.96, "10/s" }, { 1234, "1234/s" }, { 250000, "250k/s" } };
	char out[32];
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
		cr_expect_str_eq(top_span_text(spans[i].us, out), spans[i].text, "%s", out);
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
		cr_expect_str_eq(top_rate_text(rates[i].rate, out), rates[i].text, "%s", out);
}
