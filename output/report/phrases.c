/* SPDX-License-Identifier: MIT */
#include "output/report/phrases.h"

#include "core/clock.h"
#include "output/escape.h"

#include <inttypes.h>

const char *number_phrase(uint64_t number, char out[PHRASE_MAX])
{
	char reversed[PHRASE_MAX];
	size_t len = 0, digits = 0;
	do {
		if (digits && digits % 3 == 0)
			reversed[len++] = ',';
		reversed[len++] = (char)('0' + number % 10);
		digits++;
	} while (number /= 10);
	for (size_t i = 0; i < len; i++)
		out[i] = reversed[len - 1 - i];
	out[len] = '\0';
	return out;
}

const char *count_phrase(uint64_t count, const char *one, const char *many, char out[PHRASE_MAX])
{
	char number[PHRASE_MAX];
	snprintf(out, PHRASE_MAX, "%.30s %.30s", number_phrase(count, number), count == 1 ? one : many);
	return out;
}

const char *time_phrase(int64_t time_us, char out[PHRASE_MAX])
{
	char text[CLOCK_TEXT_MAX];
	clock_text(time_us, text);
	snprintf(out, PHRASE_MAX, "%.10s %.8s", text, text + 11);
	return out;
}

static int64_t day_of(int64_t time_us)
{
	return time_us / DAY_US - (time_us % DAY_US < 0);
}

const char *near_time_phrase(int64_t time_us, int64_t near_us, char out[PHRASE_MAX])
{
	char text[PHRASE_MAX];
	time_phrase(time_us, text);
	snprintf(out, PHRASE_MAX, "%s", day_of(time_us) == day_of(near_us) ? text + 11 : text);
	return out;
}

void say_text(struct page *p, struct slice text)
{
	char safe[ESCAPE_SIZE(PHRASE_TEXT_COLUMNS)];
	page_say(p, "%s", text.len ? escape_terminal(text, PHRASE_TEXT_COLUMNS, safe) : "\"\"");
}

void say_span(struct page *p, int64_t first_us, int64_t last_us)
{
	char first[PHRASE_MAX], last[PHRASE_MAX];
	time_phrase(first_us, first);
	near_time_phrase(last_us, first_us, last);
	if (first_us / SECOND_US == last_us / SECOND_US)
		page_say(p, "at %s", first);
	else
		page_say(p, "from %s to %s", first, last);
}

void say_place(struct page *p, const struct report_options *options, struct place place)
{
	bool is_known = place.input < options->input_count;
	bool is_line = is_known && options->input_is_log && options->input_is_log[place.input];
	page_say(p, "%s %" PRIu64, is_line ? "line" : "packet", (uint64_t)place.number);
	if (is_known && options->inputs[place.input]) {
		char name[ESCAPE_SIZE(PHRASE_NAME_COLUMNS)];
		page_say(p, " of %s",
			 escape_terminal(slice_str(options->inputs[place.input]), PHRASE_NAME_COLUMNS, name));
	}
}

bool say_geo(struct page *p, const struct geo *geo)
{
	const char *before = "";
	const struct slice places[] = { geo->country, geo->city };
	for (size_t i = 0; i < 2; i++)
		if (places[i].len) {
			page_say(p, "%s", before);
			say_text(p, places[i]);
			before = ", ";
		}
	if (geo->as_number || geo->as_name.len)
		page_say(p, "%s", before);
	if (geo->as_number)
		page_say(p, "AS%" PRIu32 "%s", geo->as_number, geo->as_name.len ? " " : "");
	if (geo->as_name.len)
		say_text(p, geo->as_name);
	return *before || geo->as_number || geo->as_name.len;
}

static void say_separator(struct page *p, size_t i, size_t shown, uint64_t count)
{
	if (i)
		page_say(p, i + 1 == shown && count <= shown ? " and " : ", ");
}

static void say_rest(struct page *p, uint64_t count, size_t shown)
{
	char number[PHRASE_MAX];
	if (count > shown && shown)
		page_say(p, " and %s more", number_phrase(count - shown, number));
}

void say_texts(struct page *p, const struct text_sample *sample)
{
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++) {
		say_separator(p, i, sample->shown, sample->count);
		say_text(p, sample->items[i]);
	}
	say_rest(p, sample->count, sample->shown);
}

void say_addresses(struct page *p, const struct addr_sample *sample)
{
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++) {
		char text[ADDR_TEXT_MAX];
		say_separator(p, i, sample->shown, sample->count);
		page_say(p, "%s", addr_text(&sample->items[i], text));
	}
	say_rest(p, sample->count, sample->shown);
}

const char *proof_phrase(enum proof proof)
{
	switch (proof) {
	case PROOF_ANSWERED:
		return "our side answered it";
	case PROOF_ECHOED:
		return "it used what only our answers carried, so it really holds this address";
	case PROOF_HANDSHAKE:
		return "it completed a TCP handshake, so it really holds this address";
	case PROOF_TLS:
		return "it set up a TLS connection, so it really holds this address";
	case PROOF_NONE:
	case PROOF_ABSENT:
		break;
	}
	return "nothing that it did shows that it holds this address, which may be forged";
}

const char *stage_phrase(enum stage stage)
{
	switch (stage) {
	case STAGE_PROBE:
		return "probed for SIP";
	case STAGE_SWEEP:
		return "swept addresses for phone systems";
	case STAGE_ENUMERATE:
		return "searched for accounts";
	case STAGE_FLOOD:
		return "flooded";
	case STAGE_EXPLOIT:
		return "sent messages made to break or abuse software";
	case STAGE_GHOST_CALL:
		return "made phones ring with ghost calls";
	case STAGE_PROVISIONING:
		return "collected phone configurations";
	case STAGE_CRACK:
		return "guessed passwords";
	case STAGE_TOLL_FRAUD:
		return "tried to call at your cost";
	case STAGE_BREACH:
		return "got in";
	case STAGE_COUNT:
		break;
	}
	return "attacked";
}

enum tint verdict_tint(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_BLOCK:
		return TINT_RED;
	case VERDICT_WATCH:
		return TINT_YELLOW;
	case VERDICT_VICTIM:
		return TINT_CYAN;
	case VERDICT_SPARED:
		return TINT_GREEN;
	case VERDICT_NONE:
		break;
	}
	return TINT_NONE;
}
