/* SPDX-License-Identifier: MIT */
#include "output/html/tally.h"

#include "output/report/phrases.h"

#include <stdlib.h>

struct tally_entry {
	char text[TALLY_TEXT_MAX]; /* zero behind its end */
	uint64_t offenders, messages;
};

int html_tally_init(struct html_tally *t)
{
	struct table_config config = { .max_entries = TALLY_MAX,
				       .key_size = TALLY_TEXT_MAX,
				       .entry_size = sizeof(struct tally_entry) };
	return table_init(&t->table, &config);
}

void html_tally_fini(struct html_tally *t)
{
	table_fini(&t->table);
}

void html_tally_add(struct html_tally *t, struct slice text, uint64_t messages)
{
	char key[TALLY_TEXT_MAX] = { 0 };
	if (text.len == 0)
		return;
	memcpy(key, text.ptr, text.len < sizeof key - 1 ? text.len : sizeof key - 1);
	struct tally_entry *e = table_get(&t->table, key, NULL);
	if (!e)
		return;
	e->offenders++;
	e->messages += messages;
}

static int compare(const void *x, const void *y)
{
	const struct tally_entry *a = *(const struct tally_entry *const *)x,
				 *b = *(const struct tally_entry *const *)y;
	if (a->offenders != b->offenders)
		return a->offenders > b->offenders ? -1 : 1;
	if (a->messages != b->messages)
		return a->messages > b->messages ? -1 : 1;
	return memcmp(a->text, b->text, sizeof a->text);
}

static void put_row(struct html *h, const struct tally_entry *e, uint64_t most)
{
	char text[PHRASE_MAX];
	size_t len = TALLY_TEXT_MAX - 1;
	while (len && !e->text[len - 1])
		len--;
	html_raw(h, "<tr><th scope=\"row\">");
	html_text(h, slice_of(e->text, len));
	html_raw(h, "</th><td class=\"n\">%s</td>", number_phrase(e->offenders, text));
	html_raw(h,
		 "<td class=\"n\">%s</td><td class=\"barcell\"><svg viewBox=\"0 0 100 10\" "
		 "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		 "<rect class=\"bar\" width=\"%u\" height=\"10\"/></svg></td></tr>\n",
		 number_phrase(e->messages, text), (unsigned)(e->offenders * 98 / most) + 2);
}

bool html_tally_print(struct html_tally *t, struct html *h, const char *caption, const char *what)
{
	size_t count = 0, at = 0;
	char text[PHRASE_MAX];
	if (!t->table.count)
		return false;
	const struct tally_entry **sorted = html_room(h, t->table.count, sizeof *sorted);
	if (!sorted)
		return false;
	for (const struct tally_entry *e; (e = table_at(&t->table, &at));)
		sorted[count++] = e;
	qsort(sorted, count, sizeof *sorted, compare);
	html_raw(h,
		 "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"%s\"><table "
		 "class=\"tally\"><caption>%s",
		 caption, caption);
	if (count > TALLY_ROWS)
		html_raw(h, ", the %d most frequent of %s", TALLY_ROWS, number_phrase(count, text));
	html_raw(
	    h,
	    "</caption>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\" class=\"n\">Offenders</th>"
	    "<th scope=\"col\" class=\"n\">Messages</th><td></td></tr></thead>\n<tbody>\n",
	    what);
	for (size_t i = 0; i < count && i < TALLY_ROWS; i++)
		put_row(h, sorted[i], sorted[0]->offenders);
	html_raw(h, "</tbody></table></div>\n");
	free(sorted);
	return true;
}
