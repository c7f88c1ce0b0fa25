/* SPDX-License-Identifier: MIT */
#include "analyze/logs/dialect.h"

#include <errno.h>
#include <stdio.h>

#include "core/clock.h"

/* Examples are read as lines of a log would be: with all dialects, prefix and all. */

#define VALUE_TEXT_MAX 256
#define CHECK_YEAR     2026 /* of examples whose time has no year */

/* A value of the observation as text; absent when it has none. `number` gives room for digits. */
static struct slice value_text(const struct observation *o, const struct field *field,
			       char number[VALUE_TEXT_MAX])
{
	switch (field->kind) {
	case FIELD_KIND_ADDRESS:
		if (addr_is_none(&o->address[field->index]))
			return slice_of(NULL, 0);
		return slice_str(addr_text(&o->address[field->index], number));
	case FIELD_KIND_TEXT:
		return observation_text(o, (enum text_field)field->index);
	case FIELD_KIND_NUMBER:
		if (!(o->has_number >> field->index & 1))
			return slice_of(NULL, 0);
		snprintf(number, VALUE_TEXT_MAX, "%lld", (long long)o->number[field->index]);
		return slice_str(number);
	case FIELD_KIND_CHOICE:
		if (!o->choice[field->index])
			return slice_of(NULL, 0);
		return slice_str(field->words[o->choice[field->index]]);
	default:
		return slice_of(NULL, 0);
	}
}

static void check_promises(struct dialects *d, const struct dialect *dialect, const struct example *example,
			   const struct observation *o)
{
	for (size_t i = 0; i < example->promise_count; i++) {
		const struct promise *promise = &example->promises[i];
		char text[VALUE_TEXT_MAX], moment[CLOCK_TEXT_MAX];
		struct slice got = promise->field ? value_text(o, promise->field, text)
						  : slice_str(clock_text(o->time_us, moment));
		if (slice_eq(got, promise->value))
			continue;
		dialects_add_problem(
		    d, (const char *)dialect->file.ptr, example->file_line, example->file_column,
		    "pattern %s: %s should be `%.*s` and is `%.*s`", (const char *)example->pattern->id.ptr,
		    promise->field ? promise->field->name : "time", (int)promise->value.len,
		    (const char *)promise->value.ptr, (int)got.len, got.ptr ? (const char *)got.ptr : "");
	}
}

static void check_example(struct dialects *d, const struct dialect *dialect, const struct example *example,
			  struct log_reader *reader)
{
	struct observation o;
	const char *file = (const char *)dialect->file.ptr, *id = (const char *)example->pattern->id.ptr;
	bool found = false;
	struct slice rest = example->line;
	while (!found && rest.ptr)
		found = log_reader_line(reader, slice_cut(&rest, '\n'), 1, 0, &o);
	if (found != example->matches) {
		dialects_add_problem(
		    d, file, example->file_line, example->file_column,
		    found ? "pattern %s: this line must not match" : "pattern %s: this line must match", id);
		return;
	}
	if (!found)
		return;
	if (!slice_eq(observation_text(&o, TEXT_DIALECT), dialect->name))
		dialects_add_problem(d, file, example->file_line, example->file_column,
				     "pattern %s: the line was read by dialect %.*s", id,
				     (int)observation_text(&o, TEXT_DIALECT).len,
				     (const char *)observation_text(&o, TEXT_DIALECT).ptr);
	check_promises(d, dialect, example, &o);
}

int dialects_check(struct dialects *d, struct error *err)
{
	size_t before = d->problem_count;
	const struct log_options options = { .year = CHECK_YEAR };
	for (size_t i = 0; i < d->count; i++) {
		const struct dialect *dialect = d->items[i];
		for (size_t k = 0; k < dialect->example_count; k++) {
			struct log_reader *reader = log_reader_new(d, &options, err);
			if (!reader)
				return -ENOMEM;
			check_example(d, dialect, &dialect->examples[k], reader);
			log_reader_free(reader);
		}
	}
	if (d->problem_count == before)
		return 0;
	return error_set(err, -EINVAL, "%s", d->problems[before]);
}
