/* SPDX-License-Identifier: MIT */
#include "output/http/metrics.h"
#include "unit/output/fixtures.h"

/* A page as Prometheus reads it, made of one with something in every field. */
static char *page_of(const struct metrics *m)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	cr_assert(out);
	cr_assert_eq(metrics_write_prometheus(m, out), 0);
	fclose(out);
	return text;
}

static struct metrics *filled(void)
{
	static struct fixture f;
	struct metrics *m = calloc(1, sizeof *m);
	cr_assert(m);
	fixture_fill(&f, "203.0.113.7");
	metrics_take_summary(m, &f.summary);
	snprintf(m->version, sizeof m->version, "1.2.3");
	m->started_us = NOON;
	m->tick_us = NOON + 1500000;
	m->alerts[LEVEL_HIGH] = 7;
	m->rules = 99;
	m->reloads_failed = 1;
	m->input_count = 2;
	m->inputs[0] = (struct metrics_input){ "eth1", true, 21000, 3 };
	m->inputs[1] = (struct metrics_input){ "hep [::1]", false, 0, 0 };
	m->store.is_on = m->redis.is_on = m->ban_log.is_on = true;
	m->redis.lag = 12;
	m->ban_log.bans = 5;
	return m;
}

Test(metrics, says_what_was_counted)
{
	static const char *const lines[] = {
		"siphound_build_info{version=\"1.2.3\",build=\"\"} 1\n",
		"siphound_start_time_seconds 1767355200.000000\n",
		"siphound_last_tick_time_seconds 1767355201.500000\n",
		"siphound_packets_total 21482\n",
		"siphound_sip_requests_total{method=\"OPTIONS\"} 300\n",
		"siphound_sip_responses_total{class=\"4xx\"} 100\n",
		"siphound_not_understood_total{reason=\"broken IP header\"} 3\n",
		"siphound_input_up{input=\"eth1\"} 1\n",
		"siphound_input_up{input=\"hep [::1]\"} 0\n",
		"siphound_input_dropped_total{input=\"eth1\"} 3\n",
		"siphound_alerts_total{level=\"high\"} 7\n",
		"siphound_offenders{verdict=\"block\"} 1\n",
		"siphound_offenders{verdict=\"victim\"} 0\n",
		"siphound_offenders{verdict=\"spared\"} 1\n",
		"siphound_reloads_total{result=\"failed\"} 1\n",
		"siphound_redis_lag 12\n",
		"siphound_ban_log_lines_total{verdict=\"block\"} 5\n",
		"# TYPE siphound_packets_total counter\n",
		"# TYPE siphound_offenders gauge\n",
	};
	struct metrics *m = filled();
	char *text = page_of(m);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		cr_expect(strstr(text, lines[i]), "%s", lines[i]);
	free(text);
	free(m);
}

Test(metrics, leaves_out_what_is_off)
{
	static const char *const names[] = { "siphound_redis", "siphound_ban_log", "siphound_store",
					     "siphound_log_",  "siphound_input",   "siphound_sip_requests" };
	struct metrics *m = calloc(1, sizeof *m);
	cr_assert(m);
	char *text = page_of(m);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_not(strstr(text, names[i]), "%s", names[i]);
	free(text);
	free(m);
}

/* Grammar: each sample belongs to the HELP and TYPE right before it, and no name comes twice. */
Test(metrics, is_text_format_0_0_4)
{
	struct metrics *m = filled();
	char *text = page_of(m), *rest = text, *line;
	char name[128] = "", seen[8192] = "\n";
	cr_expect_eq(text[strlen(text) - 1], '\n');
	while ((line = strsep(&rest, "\n")) && *line) {
		char word[128];
		if (sscanf(line, "# HELP %127s", word) == 1) {
			char mark[132];
			snprintf(mark, sizeof mark, "\n%s\n", word);
			cr_expect_not(strstr(seen, mark), "%s comes twice", word);
			strcat(strcat(seen, word), "\n");
			snprintf(name, sizeof name, "%s", word);
			continue;
		}
		if (sscanf(line, "# TYPE %127s", word) == 1) {
			cr_expect_str_eq(word, name);
			continue;
		}
		size_t len = strcspn(line, "{ ");
		cr_expect(len == strlen(name) && strncmp(line, name, len) == 0, "%s under %s", line, name);
		char *value = strrchr(line, ' '), *end;
		strtod(value, &end);
		cr_expect(end > value + 1 && *end == '\0', "%s", line);
	}
	cr_expect_null(rest, "no empty line");
	free(text);
	free(m);
}

Test(metrics, labels_are_escaped)
{
	static const struct {
		const char *value, *expected;
	} cases[] = {
		{ "eth1", "\"eth1\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\tc\x7f", "\"a\\nb?c?\"" },
		{ "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
		{ "caf\xe9 \xc3", "\"caf? ?\"" },
		{ "", "\"\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		metrics_write_label(cases[i].value, out);
		fclose(out);
		cr_expect_str_eq(text, cases[i].expected);
		free(text);
	}
}

Test(metrics, board_gives_what_was_published)
{
	struct metrics_board *board = metrics_board_new();
	struct metrics *m = filled(), *copy = calloc(1, sizeof *copy);
	cr_assert(board && copy);
	cr_expect_not(metrics_read(board, copy));
	cr_expect_eq(copy->packets, 0);
	metrics_publish(board, m);
	cr_expect(metrics_read(board, copy));
	cr_expect_eq(memcmp(copy, m, sizeof *m), 0);
	metrics_board_free(board);
	metrics_board_free(NULL);
	free(m);
	free(copy);
}

Test(metrics, lists_are_bounded)
{
	struct metrics_list list = { .count = 0 };
	char name[200];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (size_t i = 0; i < 2 * METRICS_LIST_MAX; i++)
		metrics_list_add(&list, name, i);
	cr_expect_eq(list.count, METRICS_LIST_MAX);
	cr_expect_eq(strlen(list.items[0].name), METRICS_NAME_MAX - 1);
}
