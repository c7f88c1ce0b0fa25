/* SPDX-License-Identifier: MIT */
#include "output/http/internal.h"

#include "core/clock.h"

/* What makes a watch of no use: it does not turn, it sees nothing, or nothing of it is kept. Redis away or a
 * ban log that can not be written lose nothing, so they are metrics and no reason to restart it. */

enum {
	MAX_TICK_AGE_US = 10 * 1000 * 1000, /* the loop turns several times a second */
	NAMED_MAX = 3,			    /* inputs in one line */
};

static bool sees_nothing(const struct metrics *m)
{
	for (size_t i = 0; i < m->input_count; i++)
		if (m->inputs[i].is_up)
			return false;
	return m->input_count > 0;
}

/* Names are files too: the text is put into a line and between quotes as it is. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == '"' || *text == '\\' || *text == 0x7f)
			*text = '?';
}

/* "no input is up: nothing can be seen on eth1, /var/log/asterisk/full" */
static void name_inputs(const struct metrics *m, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, "no input is up: nothing can be seen on");
	for (size_t i = 0; i < m->input_count && i < NAMED_MAX && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s %s", i ? "," : "", m->inputs[i].name);
	if (m->input_count > NAMED_MAX && len < size)
		snprintf(text + len, size - len, " and %zu more", m->input_count - NAMED_MAX);
	make_plain(text);
}

const char *http_health_problem(struct http_service *s, int64_t now_us, char *text, size_t size)
{
	const struct metrics *m = &s->scratch;
	if (!s->options.metrics)
		return NULL;
	if (!metrics_read(s->options.metrics, &s->scratch))
		snprintf(text, size, "the watch has not begun yet");
	else if (now_us - m->tick_us > MAX_TICK_AGE_US)
		snprintf(text, size, "the watching loop did not turn for %lld s",
			 (long long)((now_us - m->tick_us) / SECOND_US));
	else if (sees_nothing(m))
		name_inputs(m, text, size);
	else if (m->store.is_on && m->store.is_failing)
		snprintf(text, size, "the store can not be written: what is found is not kept");
	else
		return NULL;
	return text;
}
