/* SPDX-License-Identifier: MIT */
#include "app/command.h"
#include "app/options.h"
#include "app/pipeline.h"
#include "app/rules.h"
#include "output/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char help[] =
	"Usage: siphound read [OPTION...] FILE...\n\n"
	"Analyses pcap and pcapng captures (also .gz and .zst; - is standard input): who attacks, how far they got, how we know.\n\n"
	"  --format text|json|csv   form of the report (text)\n"
	"  --output FILE            where to write it (standard output)\n"
	"  --why ADDRESS            explain one address: rules, evidence by packet, score, what would have avoided it\n"
	"  --evidence DIR           write one small pcap per offender into DIR\n"
	"  --observations           json: also one record for each request\n"
	"  --rules PATH             rules instead of the shipped ones; +PATH: in addition to them (repeatable)\n"
	"  --geo FILE               country or AS database in MaxMind format (repeatable)\n"
	"  --home-net NETWORK       your own networks: never blocked (repeatable)\n"
	"  --allow NETWORK          others never to be blocked (repeatable)\n"
	"  --one-way                the capture shows one direction only: do not ask for proof by answers\n"
	"  --filter EXPRESSION      look only at packets that match, as in pcap-filter(7)\n"
	"  --max-actors N           addresses remembered (32768)\n"
	"  --color auto|always|never   --quiet   --help\n\n"
	"Example: siphound read --geo GeoLite2-ASN.mmdb monday.pcap tuesday.pcap.gz\n"
	"Exit status: 0 done, 1 could not read or write something, 2 wrong use.\n";

struct run {
	struct options options;
	struct ruleset *rules;
	struct vendors *vendors;
	struct geo_db *geo;
	struct input *input, **parts;
	struct pipeline *pipeline;
	struct sink *sink;
	FILE *out;
	const char **names;
	struct input_summary *summaries;
};

static int open_output(struct run *r, struct error *err)
{
	r->out = stdout;
	if (!r->options.output)
		return 0;
	r->out = fopen(r->options.output, "w");
	return r->out ? 0 : error_set(err, -errno, "%s: %s; name a file that can be written", r->options.output, strerror(errno));
}

static unsigned terminal_width(FILE *out)
{
	struct winsize size;
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int open_sink(struct run *r, struct error *err)
{
	const struct options *o = &r->options;
	bool color = o->color == 1 || (o->color == -1 && isatty(fileno(r->out)) && !getenv("NO_COLOR"));
	struct report_options report = { .out = r->out, .color = color ? COLOR_YES : COLOR_NO, .width = terminal_width(r->out),
					 .inputs = r->names, .input_count = o->file_count, .observations = o->observations };
	if (o->has_why && o->format == FORMAT_TEXT)
		r->sink = report_why_new(&report, &o->why);
	else if (o->format == FORMAT_JSON)
		r->sink = report_json_new(&report);
	else if (o->format == FORMAT_CSV)
		r->sink = report_csv_new(&report);
	else
		r->sink = report_text_new(&report);
	return r->sink ? 0 : error_set(err, -ENOMEM, "no memory for the report");
}

static int open_geo(struct run *r, struct error *err)
{
	int bad = 0;
	if (r->options.geo_count == 0)
		return 0;
	r->geo = geo_new();
	if (!r->geo)
		return error_set(err, -ENOMEM, "no memory for geo files");
	for (size_t i = 0; i < r->options.geo_count && !bad; i++)
		bad = geo_add(r->geo, r->options.geo[i], err);
	return bad;
}

static int open_pipeline(struct run *r, struct error *err)
{
	const struct options *o = &r->options;
	struct pipeline_options options = { .analyzer = analyzer_defaults, .decoder = decoder_defaults, .observations = o->observations };
	options.vendors = r->vendors;
	options.analyzer.rules = r->rules;
	options.analyzer.geo = r->geo;
	options.analyzer.allow = o->allow;
	options.analyzer.allow_count = o->allow_count;
	options.analyzer.home = o->home;
	options.analyzer.home_count = o->home_count;
	options.analyzer.one_way = o->one_way;
	if (o->max_actors)
		options.analyzer.max_actors = o->max_actors;
	r->pipeline = pipeline_new(&options, &r->sink, 1);
	return r->pipeline ? 0 : error_set(err, -ENOMEM, "no memory for %zu actors; try a smaller --max-actors", options.analyzer.max_actors);
}

static int open_inputs(struct run *r, struct error *err)
{
	const struct options *o = &r->options;
	struct input_options options = { .filter = o->filter };
	int bad = input_files_open(&r->input, &r->parts, o->files, o->file_count, &options, err);
	if (bad)
		return bad;
	r->names = calloc(o->file_count, sizeof *r->names);
	r->summaries = calloc(o->file_count, sizeof *r->summaries);
	if (!r->names || !r->summaries)
		return error_set(err, -ENOMEM, "no memory for %zu inputs", o->file_count);
	for (size_t i = 0; i < o->file_count; i++)
		r->names[i] = r->parts[i]->name;
	return 0;
}

/* Reads everything that can be read; an input that breaks is told of and left out from there on. */
static int read_frames(struct run *r)
{
	struct error err;
	struct frame frame;
	int status = EXIT_DONE;
	for (;;) {
		switch (input_next(r->input, &frame, &err)) {
		case INPUT_FRAME:
			pipeline_frame(r->pipeline, &frame);
			break;
		case INPUT_FAILED:
			complain("%s; what was read before it is reported", err.text);
			status = EXIT_FAILED;
			if (r->options.file_count == 1)
				return status;
			break;
		case INPUT_END:
			return status;
		}
	}
}

static void describe_inputs(struct run *r)
{
	for (size_t i = 0; i < r->options.file_count; i++) {
		const struct input *in = r->parts[i];
		r->summaries[i] = (struct input_summary){ .name = in->name, .packets = in->frames, .damaged = in->damaged,
							  .damage = in->damage.text[0] ? in->damage.text : NULL };
		if (in->damaged && !r->options.quiet)
			complain("warning: %s", in->damage.text);
	}
}

static int write_evidence(struct run *r, struct error *err)
{
	size_t count;
	const struct addr *offenders = pipeline_offenders(r->pipeline, &count);
	struct input_options options = { .filter = r->options.filter };
	struct evidence_result result = { 0 };
	int bad = 0;
	for (size_t i = 0; i < r->options.file_count; i++)
		if (!evidence_can_reread(r->options.files[i]))
			return error_set(err, -EINVAL, "--evidence needs files that can be read twice, and '%s' is none", r->options.files[i]);
	for (size_t from = 0; from < count && !bad; from += EVIDENCE_FILES_MAX) {
		struct evidence_actor actors[EVIDENCE_FILES_MAX];
		struct evidence_set *set;
		struct input *input;
		size_t n = count - from < EVIDENCE_FILES_MAX ? count - from : EVIDENCE_FILES_MAX;
		for (size_t i = 0; i < n; i++)
			actors[i] = (struct evidence_actor){ .address = offenders[from + i] };
		bad = evidence_open(&set, r->options.evidence, actors, n, NULL, err);
		if (bad)
			return bad;
		bad = input_files_open(&input, NULL, r->options.files, r->options.file_count, &options, err);
		if (!bad) {
			bad = evidence_read(set, input, err);
			input_close(input);
		}
		struct evidence_result part;
		int closed = evidence_close(set, &part, bad ? NULL : err);
		bad = bad ? bad : closed;
		result.files += part.files;
		result.packets += part.packets;
	}
	if (!bad && !r->options.quiet)
		complain("%llu packets of %zu offenders written to %s", (unsigned long long)result.packets, result.files, r->options.evidence);
	return bad;
}

static int finish(struct run *r, struct error *err)
{
	pipeline_finish(r->pipeline);
	describe_inputs(r);
	int bad = pipeline_report(r->pipeline, r->summaries, r->options.file_count);
	if (bad)
		return error_set(err, bad, "no memory for the report");
	bad = r->sink->ops->finish(r->sink, err);
	if (!bad && r->options.evidence)
		bad = write_evidence(r, err);
	return bad;
}

static void close_run(struct run *r)
{
	pipeline_free(r->pipeline);
	if (r->sink)
		r->sink->ops->free(r->sink);
	input_close(r->input);
	free(r->parts);
	free(r->names);
	free(r->summaries);
	geo_free(r->geo);
	vendors_free(r->vendors);
	ruleset_free(r->rules);
	if (r->out && r->out != stdout)
		fclose(r->out);
}

int command_read(int argc, char **argv)
{
	struct run r = { 0 };
	struct error err = { "" };
	int status = EXIT_FAILED;
	if (options_parse(argc, argv, &r.options, &err)) {
		complain("%s", err.text);
		return EXIT_USAGE;
	}
	if (r.options.help) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (r.options.file_count == 0) {
		complain("read: which capture? Name at least one file, or - for standard input; see `siphound read --help`");
		return EXIT_USAGE;
	}
	r.rules = rules_load(r.options.rules, r.options.rules_count);
	r.vendors = rules_vendors(r.options.rules, r.options.rules_count);
	if (!r.rules || !r.vendors)
		goto out;
	if (open_geo(&r, &err) || open_inputs(&r, &err) || open_output(&r, &err) || open_sink(&r, &err) || open_pipeline(&r, &err)) {
		complain("%s", err.text);
		goto out;
	}
	status = read_frames(&r);
	if (finish(&r, &err)) {
		complain("%s", err.text);
		status = EXIT_FAILED;
	}
out:
	close_run(&r);
	return status;
}
