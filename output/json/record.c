/* SPDX-License-Identifier: MIT */
#include "output/json/record.h"

void json_text_of(struct json_writer *w, const char *key, struct slice value)
{
	json_key(w, key);
	json_text(w, value);
}

void json_words_of(struct json_writer *w, const char *key, const char *value)
{
	json_key(w, key);
	json_words(w, value);
}

void json_number_of(struct json_writer *w, const char *key, uint64_t value)
{
	json_key(w, key);
	json_u64(w, value);
}

void json_time_of(struct json_writer *w, const char *key, int64_t value)
{
	json_key(w, key);
	json_time(w, value);
}

void json_open_of(struct json_writer *w, const char *key)
{
	json_key(w, key);
	json_open_object(w);
}

void json_begin_record(struct json_sink *s, const char *kind, const char *dataset, const int64_t *time_us)
{
	struct json_writer *w = &s->w;
	json_open_object(w);
	if (time_us)
		json_time_of(w, "@timestamp", *time_us);
	json_open_of(w, "event");
	json_words_of(w, "kind", kind);
	json_words_of(w, "dataset", dataset);
	json_close_object(w);
	if (s->options.sensor) {
		json_open_of(w, "observer");
		json_words_of(w, "name", s->options.sensor);
		json_close_object(w);
	}
}

void json_end_record(struct json_sink *s)
{
	json_close_object(&s->w);
	json_end_line(&s->w);
}

void json_put_numbered(struct json_sink *s, struct place place, bool is_line)
{
	json_words_of(&s->w, "input",
		      place.input < s->options.input_count ? s->options.inputs[place.input] : NULL);
	json_number_of(&s->w, is_line ? "line" : "packet", place.number);
}

void json_put_place(struct json_sink *s, struct place place)
{
	const struct report_options *p = &s->options;
	json_put_numbered(s, place,
			  p->input_is_log && place.input < p->input_count && p->input_is_log[place.input]);
}

void json_put_geo(struct json_writer *w, const struct geo *geo)
{
	if (geo->country.ptr || geo->city.ptr) {
		json_open_of(w, "geo");
		if (geo->country.ptr)
			json_text_of(w, "country_iso_code", geo->country);
		if (geo->city.ptr)
			json_text_of(w, "city_name", geo->city);
		json_close_object(w);
	}
	if (geo->as_number || geo->as_name.ptr) {
		json_open_of(w, "as");
		if (geo->as_number)
			json_number_of(w, "number", geo->as_number);
		if (geo->as_name.ptr) {
			json_open_of(w, "organization");
			json_text_of(w, "name", geo->as_name);
			json_close_object(w);
		}
		json_close_object(w);
	}
}

void json_put_texts(struct json_writer *w, const char *key, const struct text_sample *sample)
{
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++)
		json_text(w, sample->items[i]);
	json_close_array(w);
}

void json_put_addresses(struct json_writer *w, const struct addr_sample *sample)
{
	json_number_of(w, "count", sample->count);
	json_key(w, "sample");
	json_open_array(w);
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++)
		json_addr(w, &sample->items[i]);
	json_close_array(w);
}

const char *json_stage(enum stage stage)
{
	return stage < STAGE_NONE ? stage_text(stage) : NULL;
}
