/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/fingerprint.h"
#include "analyze/recognize/stream_reader.h"
#include "app/commands/command.h"
#include "app/option_check.h"
#include "capture/decode.h"
#include "capture/input.h"
#include "core/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* `siphound fingerprint FILE...`: who writes how. One block a sender and way of writing, in the syntax of a
 * rule's selection. */

static const char help[] = "Usage: siphound fingerprint [--filter EXPRESSION] FILE...\n\n"
			   "Prints for each sender of requests how its software writes "
			   "(docs/fingerprints.md), as a selection to paste into a rule.\n"
			   "The text of the User-Agent plays no part in it and is printed beside it: a claim "
			   "to hold against the writing.\n\n"
			   "  --filter EXPRESSION   look only at packets that match, as in pcap-filter(7)\n"
			   "  --help\n\n"
			   "Example: siphound fingerprint capture.pcap\n";

#define AGENT_MAX 96

struct print_key {
	struct addr address;
	uint64_t hash;
};

struct print_entry {
	struct print_key key;
	uint64_t count;
	uint8_t method; /* of the first */
	uint8_t agent_len;
	char agent[AGENT_MAX];
	char text[FINGERPRINT_TEXT_MAX];
};

struct run {
	struct table prints;
	struct sip_message message;
	struct tcp *tcp;
};

static void add(struct run *r, const struct endpoints *ends, struct slice bytes)
{
	struct fingerprint print;
	bool is_new;
	if (sip_message_parse(bytes, &r->message) != PARSE_OK || !r->message.is_request)
		return;
	fingerprint_make(&r->message, &print);
	struct print_key key = { ends->source, fingerprint_hash(&print) };
	struct print_entry *entry = table_get(&r->prints, &key, &is_new);
	if (!entry)
		return;
	entry->count++;
	if (!is_new)
		return;
	struct slice agent = sip_value(&r->message, SIP_HEADER_USER_AGENT);
	fingerprint_text(&print, entry->text);
	entry->method = (uint8_t)r->message.method;
	for (size_t i = 0; i < agent.len && entry->agent_len < AGENT_MAX - 1; i++) /* printable ASCII only */
		entry->agent[entry->agent_len++] =
		    agent.ptr[i] >= ' ' && agent.ptr[i] < 0x7f ? (char)agent.ptr[i] : '?';
}

static void on_datagram(void *ctx, const struct datagram *d)
{
	if (sip_looks_like(d->payload))
		add(ctx, &d->ends, d->payload);
}

static void on_segment(void *ctx, const struct segment *s)
{
	tcp_feed(((struct run *)ctx)->tcp, s);
}

static void on_stream_message(void *ctx, const struct stream_message *m)
{
	add(ctx, &m->stream->ends, m->bytes);
}

static int by_address(const void *a, const void *b)
{
	const struct print_entry *x = *(const struct print_entry *const *)a,
				 *y = *(const struct print_entry *const *)b;
	int order = addr_cmp(&x->key.address, &y->key.address);
	if (order)
		return order;
	return x->count != y->count ? (x->count > y->count ? -1 : 1) : strcmp(x->text, y->text);
}

static int print_all(const struct run *r, struct error *err)
{
	const struct print_entry **sorted = malloc((r->prints.count + 1) * sizeof *sorted);
	size_t count = 0, at = 0;
	char address[ADDR_TEXT_MAX];
	if (!sorted)
		return error_set(err, -ENOMEM, "no memory");
	for (const struct print_entry *entry; (entry = table_at(&r->prints, &at));)
		sorted[count++] = entry;
	qsort(sorted, count, sizeof *sorted, by_address);
	for (size_t i = 0; i < count; i++) {
		const struct print_entry *e = sorted[i];
		printf(
		    "# %s: %llu %s, the first of them %s, User-Agent %s%.*s%s\nsiphound.fingerprint: '%s'\n",
		    addr_text(&e->key.address, address), (unsigned long long)e->count,
		    e->count == 1 ? "request" : "requests", sip_method_text(e->method),
		    e->agent_len ? "\"" : "absent", (int)e->agent_len, e->agent, e->agent_len ? "\"" : "",
		    e->text);
	}
	free(sorted);
	return 0;
}

static int read_all(struct run *r, struct input *input, struct error *err)
{
	struct stream_handlers on_stream = { .sip = on_stream_message, .ctx = r };
	struct stream_reader *streams = stream_reader_new(&on_stream);
	struct decoder_handlers handlers = { .datagram = on_datagram, .segment = on_segment, .ctx = r };
	struct decoder *decoder = decoder_new(NULL, &handlers);
	struct frame frame;
	enum input_status status;
	int bad = streams && decoder ? 0 : -ENOMEM;
	if (!bad) {
		struct tcp_handlers tcp = stream_reader_handlers(streams);
		r->tcp = tcp_new(NULL, &tcp);
		bad = r->tcp ? 0 : -ENOMEM;
	}
	if (bad) {
		error_set(err, bad, "no memory");
		goto out;
	}
	while ((status = input_next(input, &frame, err)) == INPUT_FRAME)
		decoder_feed(decoder, &frame);
	decoder_flush(decoder);
	tcp_flush(r->tcp);
	bad = status == INPUT_FAILED ? -EIO : print_all(r, err);
out:
	tcp_free(r->tcp);
	decoder_free(decoder);
	stream_reader_free(streams);
	return bad;
}

int command_fingerprint(int argc, char **argv)
{
	struct options options;
	struct error err = { "" };
	struct run r = { 0 };
	struct input *input = NULL;
	struct table_config config = { .max_entries = 65536,
				       .key_size = sizeof(struct print_key),
				       .entry_size = sizeof(struct print_entry) };
	if (options_parse(argc, argv, &options, &err)) {
		complain("%s", err.text);
		return EXIT_USAGE;
	}
	if (options.help) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (options.file_count == 0) {
		complain("fingerprint: which capture? See `siphound fingerprint --help`");
		return EXIT_USAGE;
	}
	int bad = option_check_fingerprint(&options, &err);
	if (bad) {
		complain("%s", err.text);
		return exit_of_check(bad);
	}
	struct input_options input_options = { .filter = options.filter };
	bad = input_files_open(&input, NULL, options.files, options.file_count, &input_options, &err);
	if (!bad && table_init(&r.prints, &config))
		bad = error_set(&err, -ENOMEM, "no memory");
	if (!bad)
		bad = read_all(&r, input, &err);
	if (bad)
		complain("%s", err.text);
	input_close(input);
	table_fini(&r.prints);
	return bad ? EXIT_FAILED : EXIT_DONE;
}
